package alerts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/netguard"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
	"dateline/services/indexer/search"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"golang.org/x/net/dns/dnsmessage"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

var loopback = Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, GiveUp: time.Hour}

// world is a store with alerts at work, whose waits are short.
type world struct {
	t      testing.TB
	cfg    Config
	dir    string
	queue  *queue.Queue
	store  *store.Store
	alerts *Alerts
	reg    *prometheus.Registry
	log    *bytes.Buffer
	stop   func()
	n      int
}

func begin(t testing.TB, cfg Config, dir string, q *queue.Queue) *world {
	t.Helper()
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, cfg: cfg, dir: dir, queue: q, store: st, reg: prometheus.NewRegistry(), log: new(bytes.Buffer)}
	w.alerts = New(cfg, st, q, "http://api.example", w.reg, slog.New(slog.NewTextHandler(w.log, nil)))
	w.alerts.gather = 2 * time.Millisecond
	w.alerts.backoff = func(int) time.Duration { return 20 * time.Millisecond }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.alerts.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-ended, st.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(w.stop)
	return w
}

// again is the world after a restart.
func (w *world) again() *world {
	w.t.Helper()
	w.stop()
	next := begin(w.t, w.cfg, w.dir, w.queue)
	next.n = w.n
	return next
}

func (w *world) save(name, definition string) (store.SavedQuery, string) {
	w.t.Helper()
	d, err := ParseDefinition([]byte(definition))
	if err != nil {
		w.t.Fatal(err)
	}
	q, secret, err := w.alerts.Save(context.Background(), name, d)
	if err != nil {
		w.t.Fatal(err)
	}
	return q, secret
}

// add stores articles of names with texts: a second text of a name is a revision.
func (w *world) add(pairs ...string) {
	w.t.Helper()
	var batch []store.Arrival
	for i := 0; i < len(pairs); i += 2 {
		w.n++
		a := &article.Article{
			SchemaVersion: 1, ID: article.IDOfURL(pairs[i]), URL: "https://news.example/" + pairs[i], Source: "news.example", InLanguage: "en",
			Headline: pairs[i], DisplayTitle: article.DisplayTitle{Text: pairs[i]}, Text: pairs[i+1], BodyState: article.BodyFull,
			Authors:       []article.Author{{Name: "A. Balkhi"}},
			DatePublished: &article.Date{Time: time.Date(2024, 11, 5, 10, 4, 0, 0, time.UTC), Precision: article.Minute, ZoneKnown: true},
		}
		a.Fingerprint = article.Fingerprint(a)
		b, err := json.Marshal(a)
		if err != nil {
			w.t.Fatal(err)
		}
		origin := article.Origin("EXT", fmt.Sprint(w.n, time.Now()), 0, time.Time{}, nil)
		batch = append(batch, store.Arrival{Origin: origin, Article: a, JSON: b, Hops: []article.Hop{{Stage: "queue", Time: time.Now()}}})
	}
	if _, err := w.store.Write(context.Background(), batch); err != nil {
		w.t.Fatal(err)
	}
}

// settled waits until all changes are matched.
func (w *world) settled() {
	w.t.Helper()
	w.eventually("all changes are matched", func() bool {
		at, err := w.store.Alerted()
		return err == nil && at == w.store.LastSeq()
	})
}

func (w *world) eventually(what string, f func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not in time: %s", what)
		}
	}
}

func (w *world) state(name string) store.QueryState {
	w.t.Helper()
	_, st, err := w.store.Query(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return st
}

// receiver is a webhook's server, which keeps what it gets.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer func(w http.ResponseWriter, n int) // to the nth request, from 1
}

type received struct {
	id     string
	header http.Header
	body   []byte
	hook   article.Webhook
}

func receive(t testing.TB, answer func(w http.ResponseWriter, n int)) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		got := received{id: req.Header.Get("webhook-id"), header: req.Header, body: body}
		if err := json.Unmarshal(body, &got.hook); err != nil {
			t.Errorf("body: %v", err)
		}
		r.mu.Lock()
		r.got = append(r.got, got)
		n, answer := len(r.got), r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(w, n)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *receiver) answers(f func(w http.ResponseWriter, n int)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

// titles are the outcomes and titles of all alerts, in their order.
func (r *receiver) titles() (titles []string) {
	for _, g := range r.all() {
		for _, a := range g.hook.Data.Alerts {
			title := "-"
			if a.Article != nil {
				title = a.Article.Title
			}
			titles = append(titles, string(a.Outcome)+" "+title)
		}
	}
	return titles
}

func status(code int) func(http.ResponseWriter, int) {
	return func(w http.ResponseWriter, _ int) { w.WriteHeader(code) }
}

// hook is a definition of a query for flour with a webhook.
func hook(url, more string) string {
	return fmt.Sprintf(`{"search": {"q": "flour"}, "webhook": {"url": %q}%s}`, url, more)
}

func TestWebhook(t *testing.T) {
	w := begin(t, loopback, t.TempDir(), nil)
	r := receive(t, nil)
	w.add("before", "Flour of before the query was saved.")
	q, secret := w.save("flour", hook(r.URL, ""))
	w.add("first", "Flour doubled.", "other", "Bread is scarce.", "second", "The price of flour <rose>.")
	w.eventually("two alerts", func() bool { return len(r.titles()) == 2 })
	if got := r.titles(); !slices.Equal(got, []string{"new first", "new second"}) {
		t.Errorf("told of %q", got)
	}
	got := r.all()[0]
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(got.body, got.header); err != nil {
		t.Errorf("signature: %v", err)
	}
	if err := verifier.Verify(append(got.body, ' '), got.header); err == nil {
		t.Error("the signature holds for another body")
	}
	d := got.hook.Data
	if got.hook.Type != article.TypeAlerts || d.Query != "flour" || d.API != "http://api.example/v1/queries/flour" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("webhook is %s", got.body)
	}
	a := d.Alerts[0]
	if a.API != "http://api.example/v1/articles/"+article.IDOfURL("first") || a.Article.URL != "https://news.example/first" || a.Change.Seq != 2 ||
		!strings.Contains(a.Article.Snippet, "<mark>Flour</mark>") || a.Article.Revision != 1 || a.Article.Authors[0] != "A. Balkhi" {
		t.Errorf("alert is %+v of %+v", a, a.Article)
	}
	w.eventually("the delivery is recorded", func() bool { return w.state("flour").Webhook.Delivered == 2 })
	if st := w.state("flour"); st.Webhook.Pending != 0 || st.Matched != 2 || q.Since != 1 {
		t.Errorf("state is %+v, since %d", st, q.Since)
	}
	families, err := w.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("metrics: %v, %v", problems, err)
	}
}

// An article is new to a query when it matches for the first time, whatever its revision; what else is told depends on what was
// asked for.
func TestChanges(t *testing.T) {
	w := begin(t, loopback, t.TempDir(), nil)
	news, all := receive(t, nil), receive(t, nil)
	w.save("news", hook(news.URL, ""))
	w.save("all", hook(all.URL, `, "changes": ["new", "revised", "merged", "removed"]`))
	w.add("a", "Bread.")
	w.settled()
	w.add("a", "Bread and flour.")
	w.settled()
	w.add("a", "Bread and more flour.", "a", "Bread and much more flour.")
	w.settled()
	w.add("a", "Bread alone.")
	w.settled()
	w.eventually("all alerts", func() bool { return len(all.titles()) == 3 && len(news.titles()) == 1 })
	if got := all.titles(); !slices.Equal(got, []string{"new a", "revised a", "revised a"}) {
		t.Errorf("all: told of %q", got)
	}
	if got := news.titles(); !slices.Equal(got, []string{"new a"}) {
		t.Errorf("news: told of %q", got)
	}
}

// A removal is told to the queries that told of the article before, and makes it new once more.
func TestRemoved(t *testing.T) {
	st, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ctx := context.Background()
	for name, changes := range map[string][]article.Outcome{"news": {"new"}, "all": {"new", "revised", "merged", "removed"}, "none": {"new", "removed"}} {
		if _, err := st.PutQuery(ctx, store.SavedQuery{Name: name, Search: map[string]string{"q": "x"}, Changes: changes}); err != nil {
			t.Fatal(err)
		}
	}
	id := article.IDOfURL("a")
	record := func(seq uint64, outcome article.Outcome, queries ...string) map[string]int {
		t.Helper()
		_, version, err := st.Queries()
		if err != nil {
			t.Fatal(err)
		}
		m := store.Matches{Version: version, UpTo: seq, Found: map[string][]article.Event{}}
		e := article.Event{Seq: seq, Outcome: outcome, ArticleID: id, Time: time.Now()}
		for _, q := range queries {
			m.Found[q] = []article.Event{e}
		}
		if len(queries) == 0 {
			m.Left = []article.Event{e}
		}
		alerts, err := st.RecordMatches(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		return alerts
	}
	if got := record(1, article.OutcomeNew, "news", "all"); got["news"] != 1 || got["all"] != 1 {
		t.Errorf("new: %v", got)
	}
	if got := record(2, article.OutcomeRemoved); len(got) != 1 || got["all"] != 1 {
		t.Errorf("removed: %v", got)
	}
	if got := record(3, article.OutcomeRemoved); len(got) != 0 {
		t.Errorf("removed twice: %v", got)
	}
	if got := record(4, article.OutcomeRevised, "news", "all"); got["news"] != 1 || got["all"] != 1 {
		t.Errorf("back: %v", got)
	}
	matches, err := st.LatestMatches("all", 10)
	if err != nil || len(matches) != 3 || matches[0].Outcome != article.OutcomeNew || matches[1].Outcome != article.OutcomeRemoved {
		t.Errorf("matches %+v, %v", matches, err)
	}
	if _, err := st.RecordMatches(ctx, store.Matches{Version: 77, UpTo: 9}); !errors.Is(err, store.ErrQueriesChanged) {
		t.Errorf("matches of other queries are recorded: %v", err)
	}
}

// A receiver that is down gets everything when it is back, once, in order.
func TestReceiverComesBack(t *testing.T) {
	w := begin(t, loopback, t.TempDir(), nil)
	r := receive(t, status(http.StatusInternalServerError))
	w.save("flour", hook(r.URL, ""))
	w.add("a", "Flour.")
	w.eventually("failures", func() bool { return w.state("flour").Webhook.Failures > 1 })
	w.add("b", "Flour.")
	w.settled()
	st := w.state("flour").Webhook
	if st.Error != "answered 500 Internal Server Error" || st.Since.IsZero() || st.Next.IsZero() || st.Pending != 2 {
		t.Errorf("state is %+v", st)
	}
	failed := len(r.all())
	r.answers(nil)
	w.eventually("delivery", func() bool { return w.state("flour").Webhook.Delivered == 2 })
	got := r.all()
	for _, g := range got[:failed] {
		if g.id != got[0].id || !bytes.Equal(g.body, got[0].body) {
			t.Errorf("attempts differ: %s and %s", g.id, got[0].id)
		}
	}
	if last := got[len(got)-1]; last.id == got[0].id || last.hook.Data.Alerts[0].Article.Title != "b" {
		t.Errorf("the last delivery is %s", last.body)
	}
	if st := w.state("flour").Webhook; st.Failures != 0 || st.Error != "" || !st.Since.IsZero() {
		t.Errorf("state is %+v", st)
	}
}

// A crash between a delivery and its recording has it delivered again under the same id.
func TestCrashAfterDelivery(t *testing.T) {
	dir := t.TempDir()
	w := begin(t, loopback, dir, nil)
	r := receive(t, nil)
	w.save("flour", hook(r.URL, ""))
	w.stop()
	// What a process writes that dies right after the receiver's answer.
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w.store = st
	w.add("a", "Flour.")
	a := New(loopback, st, nil, "http://api.example", prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	var s saved
	a.gather = 0
	if err := a.matchNext(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
	q, _, err := st.Query("flour")
	if err != nil {
		t.Fatal(err)
	}
	p := &posting{Alerts: a, client: &http.Client{Transport: a.guard.Transport()}}
	if got := p.attempt(t.Context(), &q, 0); got.Error != "" || got.delivery == nil {
		t.Fatalf("attempt: %+v", got)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	next := w.again()
	next.eventually("delivery", func() bool { return next.state("flour").Webhook.Delivered == 1 })
	got := r.all()
	if len(got) != 2 || got[0].id != got[1].id || !bytes.Equal(got[0].body, got[1].body) {
		t.Errorf("%d deliveries: %+v", len(got), got)
	}
}

// A slow receiver does not keep alerts from a fast one.
func TestSlowReceiver(t *testing.T) {
	w := begin(t, loopback, t.TempDir(), nil)
	release := make(chan struct{})
	slow := receive(t, func(http.ResponseWriter, int) { <-release })
	fast := receive(t, nil)
	defer close(release)
	for i := range maxPosts + 1 {
		w.save(fmt.Sprint("slow-", i), hook(slow.URL, ""))
	}
	w.save("z-fast", hook(fast.URL, ""))
	for i := range 5 {
		w.add(fmt.Sprint(i), "Flour.")
		w.eventually("the fast one is told", func() bool { return len(fast.titles()) == i+1 })
	}
	if n := len(slow.all()); n > maxHostPosts {
		t.Errorf("%d requests to the slow host at a time", n)
	}
}

func TestGoneDisables(t *testing.T) {
	w := begin(t, loopback, t.TempDir(), nil)
	r := receive(t, status(http.StatusGone))
	w.save("flour", hook(r.URL, ""))
	w.add("a", "Flour.")
	w.eventually("it is disabled", func() bool { return w.state("flour").Webhook.Disabled })
	w.add("b", "Flour.")
	w.settled()
	w = w.again()
	w.add("c", "Flour.")
	w.settled()
	time.Sleep(50 * time.Millisecond)
	if n := len(r.all()); n != 1 {
		t.Errorf("%d requests to one that is gone", n)
	}
	if st := w.state("flour").Webhook; st.Pending != 3 {
		t.Errorf("%d wait", st.Pending)
	}
	r.answers(nil)
	w.save("flour", hook(r.URL, "")) // again, which enables it
	w.eventually("all is delivered", func() bool { return w.state("flour").Webhook.Delivered == 3 })
	if got := r.titles(); !slices.Equal(got, []string{"new a", "new a", "new b", "new c"}) {
		t.Errorf("told of %q", got)
	}
}

func TestDeadLetters(t *testing.T) {
	cfg := loopback
	cfg.GiveUp = time.Nanosecond
	w := begin(t, cfg, t.TempDir(), nil)
	r := receive(t, status(http.StatusBadGateway))
	w.save("flour", hook(r.URL, ""))
	w.add("a", "Flour.")
	w.eventually("it is dead", func() bool { return w.state("flour").Webhook.Dead == 1 })
	dead, err := w.store.WebhookDeliveries("flour", true, 0, 10)
	if err != nil || len(dead) != 1 || dead[0].Error != "answered 502 Bad Gateway" || dead[0].Died.IsZero() || dead[0].Matches[0].ArticleID != article.IDOfURL("a") {
		t.Errorf("dead letters %+v, %v", dead, err)
	}
	if st := w.state("flour").Webhook; st.Pending != 0 {
		t.Errorf("state is %+v", st)
	}
	r.answers(nil)
	n, err := w.alerts.Retry(t.Context(), "flour")
	if err != nil || n != 1 {
		t.Errorf("retry: %d, %v", n, err)
	}
	w.eventually("it is delivered", func() bool { return w.state("flour").Webhook.Delivered == 1 })
	got := r.all()
	if first, last := got[0], got[len(got)-1]; first.id != last.id {
		t.Errorf("id %s became %s", first.id, last.id)
	}
	if st := w.state("flour").Webhook; st.Dead != 0 || st.Pending != 0 {
		t.Errorf("state is %+v", st)
	}
	if _, err := w.alerts.Retry(t.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("retry of none: %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	w := begin(t, loopback, t.TempDir(), nil)
	r := receive(t, func(w http.ResponseWriter, _ int) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	w.save("flour", hook(r.URL, ""))
	w.add("a", "Flour.")
	w.eventually("a failure", func() bool { return w.state("flour").Webhook.Failures == 1 })
	if wait := time.Until(w.state("flour").Webhook.Next); wait < 59*time.Minute || wait > time.Hour {
		t.Errorf("next attempt in %s", wait)
	}
	for failures := range 40 {
		d := backoff(failures)
		if want := min(firstRetry*time.Duration(1<<min(failures, 20)), lastRetry); d < want*8/10 || d > want*12/10 {
			t.Errorf("back-off after %d failures is %s", failures, d)
		}
	}
}

// Nothing inside can be reached: not by address, not by name, not by a redirect.
func TestWebhooksAreGuarded(t *testing.T) {
	w := begin(t, Config{GiveUp: time.Hour}, t.TempDir(), nil)
	for _, target := range []string{
		"http://169.254.169.254/latest/meta-data", "http://127.0.0.1:8080/v1/reindex", "https://[::1]/", "http://localhost/", "http://10.0.0.1/",
		"http://metadata.google.internal/", "https://example.org:22/", "ftp://example.org/", "https://user:secret@example.org/", "/relative", "http://0x7f.1/", "https://example.org/#x",
	} {
		_, _, err := w.alerts.Save(t.Context(), "x", Definition{Search: map[string]string{"q": "x"}, Webhook: &Webhook{URL: target}})
		if de := (*DefinitionError)(nil); !errors.As(err, &de) || de.Field != "webhook.url" {
			if target == "http://0x7f.1/" && err == nil { // a name that may resolve: the dialler refuses it
				continue
			}
			t.Errorf("%s: %v", target, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error has the password: %v", target, err)
		}
	}
	// A name of the open web that resolves inside is found out when it is dialled.
	resolveInside(t)
	r := receive(t, nil)
	for _, target := range []string{"http://inside.example.org:8080/", r.URL + "/"} {
		q := store.SavedQuery{Name: "x", Search: map[string]string{"q": "flour"}, Changes: changes, Webhook: &store.Webhook{URL: target, Secret: NewSecret()}}
		p := &posting{Alerts: w.alerts, client: &http.Client{Transport: w.alerts.guard.Transport()}}
		_, err := p.post(t.Context(), &q, &store.Delivery{Query: "x", Matches: []store.Match{{Seq: 1, ArticleID: article.IDOfURL("none")}}})
		if blocked := (*netguard.BlockedError)(nil); !errors.As(err, &blocked) || blocked.Why != "loopback" || strings.Contains(err.Error(), "http:") {
			t.Errorf("%s: %v", target, err)
		}
	}
	if n := len(r.all()); n != 0 {
		t.Errorf("%d requests came through", n)
	}
	if strings.Contains(w.log.String(), "whsec_") {
		t.Error("a secret is in the log")
	}
}

// resolveInside has every name resolve to a loopback address while the test runs.
func resolveInside(t *testing.T) {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for b := make([]byte, 512); ; {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if err := m.Unpack(b[:n]); err != nil {
				continue
			}
			reply := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true}, Questions: m.Questions[:1]}
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}
				reply.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
			}
			if packed, err := reply.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from)
			}
		}
	}()
	was := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() { net.DefaultResolver = was; conn.Close() })
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	w := begin(t, loopback, t.TempDir(), nil)
	other := receive(t, nil)
	r := receive(t, func(w http.ResponseWriter, _ int) {
		w.Header().Set("Location", other.URL)
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	w.save("flour", hook(r.URL, ""))
	w.add("a", "Flour.")
	w.eventually("a failure", func() bool { return w.state("flour").Webhook.Failures > 0 })
	if n := len(other.all()); n != 0 || !strings.Contains(w.state("flour").Webhook.Error, "redirects are not followed") {
		t.Errorf("%d requests; %s", n, w.state("flour").Webhook.Error)
	}
}

func TestNATS(t *testing.T) {
	q := queuetest.Start(t)
	w := begin(t, Config{GiveUp: time.Hour}, t.TempDir(), q)
	var mu sync.Mutex
	var got []*queue.Delivery
	stop, err := q.Follow(t.Context(), "alerts.flour.>", func(d *queue.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, d)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	w.save("flour", `{"search": {"q": "flour"}, "nats": true}`)
	w.add("a", "Flour.", "b", "Flour.")
	w.eventually("two messages", func() bool { mu.Lock(); defer mu.Unlock(); return len(got) == 2 })
	var alert article.Alert
	if err := json.Unmarshal(got[0].Body, &alert); err != nil {
		t.Fatal(err)
	}
	if alert.Article.Title != "a" || got[0].ID != alert.ID || got[0].Subject != "alerts.flour.new.news_example."+article.IDOfURL("a") || alert.ID == got[1].ID {
		t.Errorf("%s on %s under %s", got[0].Body, got[0].Subject, got[0].ID)
	}
	w.eventually("the delivery is recorded", func() bool { return w.state("flour").NATS.Delivered == 2 })

	// As after a crash before the recording: the stream keeps a message once.
	ms, err := w.alerts.messages(&store.Delivery{Query: "flour", Matches: must(w.store.LatestMatches("flour", 10))})
	if err != nil {
		t.Fatal(err)
	}
	acks, err := q.Publish(t.Context(), ms...)
	if err != nil || len(acks) != 2 || !acks[0].Duplicate || !acks[1].Duplicate {
		t.Errorf("published again: %+v, %v", acks, err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestDefinitions(t *testing.T) {
	w := begin(t, loopback, t.TempDir(), nil)
	for name, c := range map[string]struct{ name, definition, want string }{
		"no JSON":         {"x", ``, `body is empty; it should be JSON such as {"search": {"q": "flour"}}`},
		"broken":          {"x", `{"search": {`, `body broken JSON: it breaks off after 12 bytes`},
		"unknown field":   {"x", `{"query": "flour"}`, `body unknown field "query"`},
		"wrong type":      {"x", `{"search": {"q": 1}}`, `number where string is expected`},
		"more":            {"x", `{"search": {"q": "a"}} x`, `there is something after the JSON`},
		"nothing":         {"x", `{}`, `search is missing`},
		"unknown search":  {"x", `{"search": {"sort": "date"}}`, `search has no parameter "sort"; known are q, from, to`},
		"syntax":          {"x", `{"search": {"q": "(flour"}}`, `q: `},
		"date":            {"x", `{"search": {"from": "yesterday"}}`, `from: "yesterday" is neither a year`},
		"name":            {"Flour prices", `{"search": {"q": "flour"}}`, `name "Flour prices" is not 1 to 63 of a-z`},
		"unknown change":  {"x", `{"search": {"q": "flour"}, "changes": ["new", "duplicate"]}`, `changes has "duplicate"; known are`},
		"without new":     {"x", `{"search": {"q": "flour"}, "changes": ["removed"]}`, `changes has to have new`},
		"secret":          {"x", `{"search": {"q": "flour"}, "webhook": {"url": "https://example.org/", "secret": "whsec_dG9vIHNob3J0"}}`, `webhook.secret is not whsec_ and 24 to 64 bytes in base64`},
		"a long language": {"x", `{"search": {"lang": "` + strings.Repeat("x", 500) + `"}}`, `lang: is longer than 400 bytes`},
	} {
		d, err := ParseDefinition([]byte(c.definition))
		if err == nil {
			_, _, err = w.alerts.Save(t.Context(), c.name, d)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if pe := (*search.ParamError)(nil); name == "syntax" && (!errors.As(err, &pe) || pe.Syntax == nil) {
			t.Errorf("%s: no position in %v", name, err)
		}
	}
}

// Saving again changes what is asked for, keeps the secret that nobody gave anew, and what was matched.
func TestSaveAgain(t *testing.T) {
	w := begin(t, loopback, t.TempDir(), nil)
	r := receive(t, nil)
	first, secret := w.save("flour", hook(r.URL, ""))
	second, again := w.save("flour", hook(r.URL, ""))
	if secret == "" || again != "" || second.Webhook.Secret != secret || !second.Created.Equal(first.Created) {
		t.Errorf("secret %q, then %q; created %s, then %s", secret, again, first.Created, second.Created)
	}
	w.add("a", "Flour.")
	w.eventually("delivery", func() bool { return w.state("flour").Webhook.Delivered == 1 })
	w.save("flour", `{"search": {"q": "bread"}}`)
	w.add("b", "Flour.", "c", "Bread.")
	w.settled()
	if st := w.state("flour"); st.Matched != 2 || st.Webhook.Pending != 0 {
		t.Errorf("state is %+v", st)
	}
	given := "whsec_" + encodeSecret(bytes.Repeat([]byte{7}, 24))
	if q, made := w.save("flour", fmt.Sprintf(`{"search": {"q": "bread"}, "webhook": {"url": %q, "secret": %q}}`, r.URL, given)); made != "" || q.Webhook.Secret != given {
		t.Errorf("secret %q, made %q", q.Webhook.Secret, made)
	}

	r.answers(status(http.StatusInternalServerError))
	w.add("d", "Bread.")
	w.eventually("a failure", func() bool { return w.state("flour").Webhook.Failures > 0 })
	if err := w.store.RemoveQuery(t.Context(), "flour"); err != nil {
		t.Fatal(err)
	}
	if waiting := must(w.store.Waiting(store.ByWebhook, 10)); len(waiting) != 0 {
		t.Errorf("%d deliveries of a query that is removed", len(waiting))
	}
	if matches := must(w.store.LatestMatches("flour", 10)); len(matches) != 0 {
		t.Errorf("%d matches of a query that is removed", len(matches))
	}
	if err := w.store.RemoveQuery(t.Context(), "flour"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}
