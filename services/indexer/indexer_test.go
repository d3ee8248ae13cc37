package indexer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
)

var quiet = slog.New(slog.DiscardHandler)

// freeAddr is an address that nobody listens on just now.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// running is an indexer at work.
type running struct {
	t    *testing.T
	cfg  Config
	q    *queue.Queue
	adm  *admin.Server
	stop func()
}

func run(t *testing.T, q *queue.Queue, dir string) *running {
	t.Helper()
	r := start(t, q, dir)
	r.ready("indexer store", "indexer search")
	return r
}

func (r *running) ready(checks ...string) {
	r.t.Helper()
	ctx, done := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer done()
	if !r.adm.AwaitReady(ctx, checks...) {
		r.t.Fatal("indexer does not become ready")
	}
}

// start is run without the wait.
func start(t *testing.T, q *queue.Queue, dir string) *running {
	t.Helper()
	r := &running{t: t, cfg: Config{APIAddr: freeAddr(t), IndexBatch: 500, DataDir: dir}, q: q, adm: admin.New("")}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, r.cfg, q, r.adm) }()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

// get asks the API; ok is false for a status other than 200.
func (r *running) get(target string, v any) (ok bool) {
	resp, err := http.Get("http://" + r.cfg.APIAddr + target)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK && json.Unmarshal(b, v) == nil
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// message is an article message of a journey of its own.
func message(t *testing.T, url, text, journey string) queue.Message {
	t.Helper()
	a := &article.Article{
		SchemaVersion: 1, ID: article.IDOfURL(url), URL: "https://" + url, Source: "news.example", DisplayTitle: article.DisplayTitle{Text: "Title"},
		Text: text, BodyState: article.BodyFull,
	}
	a.Fingerprint = article.Fingerprint(a)
	body, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	origin := article.Origin("EXT", journey, 0, time.Time{}, nil)
	receipt, err := json.Marshal(article.ReceiptFor{Publisher: "agency", PublicationID: journey, Sequence: 7, Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	return queue.Message{
		Subject: queue.ArticleSubject("en", a.Source, a.ID), ID: journey, Type: article.TypeArticle, Body: body,
		Header: queue.Header{
			article.HeaderOrigin: {origin}, article.HeaderReceiptFor: {string(receipt)},
			article.HeaderHops: {article.FormatHops([]article.Hop{{Stage: "queue", Time: time.Now().Add(-time.Second), Outcome: "published"}})},
		},
	}
}

func publish(t *testing.T, q *queue.Queue, ms ...queue.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, err := q.Publish(ctx, ms...); err != nil {
		t.Fatal(err)
	}
}

func (r *running) receipt(id string) (article.Receipt, bool) {
	d, err := r.q.Last(context.Background(), queue.ReceiptSubject("agency", id))
	if err != nil {
		return article.Receipt{}, false
	}
	var receipt article.Receipt
	if err := json.Unmarshal(d.Body, &receipt); err != nil {
		r.t.Fatal(err)
	}
	return receipt, true
}

func TestFromQueueToSearch(t *testing.T) {
	q := queuetest.Start(t)
	r := run(t, q, t.TempDir())
	publish(t, q, message(t, "news.example/a", "Mr Balkhi spoke.", "p1"))
	id := article.IDOfURL("news.example/a")

	var found struct {
		Total int
		Hits  []struct {
			Article article.Article
			Snippet string
		}
	}
	eventually(t, "found", func() bool { return r.get("/v1/search?q=balkhi", &found) && found.Total == 1 })
	if h := found.Hits[0]; h.Article.ID != id || h.Snippet != "Mr <mark>Balkhi</mark> spoke." {
		t.Errorf("found %+v", h)
	}
	var receipt article.Receipt
	eventually(t, "receipt", func() (ok bool) { receipt, ok = r.receipt("p1"); return ok })
	if receipt.Outcome != article.Accepted || receipt.ArticleID != id || receipt.Sequence != 7 || receipt.Publisher != "agency" || receipt.PublicationID != "p1" {
		t.Errorf("receipt is %+v", receipt)
	}
	d, err := q.Last(context.Background(), queue.IndexedSubject("new", "news.example", id))
	if err != nil {
		t.Fatal(err)
	}
	var event article.Event
	if err := json.Unmarshal(d.Body, &event); err != nil || event.Seq != 1 || event.ArticleID != id || event.Outcome != article.OutcomeNew || event.Source != "news.example" {
		t.Errorf("event is %+v, %v", event, err)
	}
	if hops := article.Hops(d.Header); len(hops) != 2 || hops[1].Stage != "indexer" || hops[1].Outcome != "new" {
		t.Errorf("hops are %+v", hops)
	}

	publish(t, q, message(t, "news.example/a", "Mr Balkhi spoke.", "p2"))
	publish(t, q, message(t, "news.example/a", "Mr Balkhi spoke again.", "p3"))
	for id, want := range map[string]article.ReceiptOutcome{"p2": article.Duplicate, "p3": article.Accepted} {
		eventually(t, "receipt of "+id, func() (ok bool) { receipt, ok = r.receipt(id); return ok })
		if receipt.Outcome != want {
			t.Errorf("receipt of %s is %+v", id, receipt)
		}
	}
	var trace struct{ Journeys []store.Journey }
	eventually(t, "trace", func() bool {
		return r.get("/v1/trace?url=http://www.news.example/a", &trace) && len(trace.Journeys) == 3 && len(trace.Journeys[2].Hops) == 3
	})
	for i, want := range []article.Outcome{article.OutcomeNew, article.OutcomeDuplicate, article.OutcomeRevised} {
		if trace.Journeys[i].Outcome != want {
			t.Errorf("journey %d ended as %s", i, trace.Journeys[i].Outcome)
		}
	}
}

func TestDeadLetters(t *testing.T) {
	q := queuetest.Start(t)
	r := run(t, q, t.TempDir())
	type bad struct{ name, body, want string }
	for _, c := range []bad{
		{"broken", `{"id":`, "broken JSON"},
		{"version", `{"schema_version":9}`, "schema_version"},
		{"id", `{"schema_version":1,"id":"x","content_fingerprint":"` + article.IDOfURL("f") + `","source":"a"}`, `id: "x"`},
		{"removal", "", `neither "gone" nor "withdrawn"`},
		{"source", `{"schema_version":1,"id":"` + article.IDOfURL("a") + `","content_fingerprint":"` + article.IDOfURL("f") + `","source":"` + strings.Repeat("a", 300) + `"}`, "source"},
	} {
		m := message(t, "news.example/"+c.name, "text", c.name)
		m.Body = []byte(c.body)
		if c.name == "removal" {
			m = removal(t, "news.example/removal", "removal", "mislaid")
		}
		m.Header[article.HeaderURL] = []string{"https://news.example/" + c.name}
		good := message(t, "news.example/good"+c.name, "good", "good"+c.name)
		publish(t, q, m, good)
		var trace struct{ Journeys []store.Journey }
		eventually(t, c.name, func() bool { return r.get("/v1/trace?url=https://news.example/"+c.name, &trace) })
		j := trace.Journeys[0]
		if j.Outcome != article.OutcomeRejected || j.Reason != reasonInvalid || !strings.Contains(j.Error, c.want) || j.Hops[len(j.Hops)-1].Stage != "test" {
			t.Errorf("%s: journey is %+v", c.name, j)
		}
		eventually(t, "the good one beside "+c.name, func() bool {
			var record any
			return r.get("/v1/articles/"+article.IDOfURL("news.example/good"+c.name), &record)
		})
	}
}

// removal is a message that takes an article back.
func removal(t *testing.T, url, journey string, reason article.RemovalReason) queue.Message {
	t.Helper()
	m := message(t, url, "", journey)
	body, err := json.Marshal(article.Removal{SchemaVersion: 1, ID: article.IDOfURL(url), URL: "https://" + url, Source: "news.example", Reason: reason, Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	m.Type, m.Body = article.TypeRemoval, body
	return m
}

// All kinds of change reach followers over the change feed, as pages and as a stream, and on INDEXED; and one who was away
// finds what came meanwhile.
func TestFollowersHearOfAllChanges(t *testing.T) {
	q := queuetest.Start(t)
	dir := t.TempDir()
	r := run(t, q, dir)
	text := func(subject string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "Sentence %d about %s tells what nobody else has said of %s%d. ", i, subject, subject, i)
		}
		return b.String()
	}
	await := func(n uint64) {
		var page struct {
			LastSeq uint64 `json:"last_seq"`
		}
		eventually(t, fmt.Sprint(n, " changes"), func() bool { return r.get("/v1/changes", &page) && page.LastSeq >= n })
	}
	publish(t, q, message(t, "news.example/a", text("flour", 12), "p1"), message(t, "news.example/b", text("flour", 9), "p2"), message(t, "news.example/c", text("bread", 12), "p3"))
	await(3)
	publish(t, q, message(t, "news.example/b", text("flour", 12), "p4")) // which makes it equal to a
	await(4)
	r.stop() // and the follower is away
	publish(t, q, removal(t, "news.example/a", "p5", article.Gone), removal(t, "news.example/c", "p6", article.Withdrawn), removal(t, "news.example/unknown", "p7", article.Withdrawn))
	r = run(t, q, dir)
	await(6)

	want := []string{"new", "new", "new", "merged", "removed gone", "removed withdrawn"}
	kind := func(e article.Event) string { return strings.TrimSpace(string(e.Outcome) + " " + string(e.Reason)) }
	var page struct{ Changes []article.Event }
	if !r.get("/v1/changes", &page) {
		t.Fatal("no change feed")
	}
	var kinds []string
	for _, e := range page.Changes {
		kinds = append(kinds, kind(e))
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("change feed has %q, want %q", kinds, want)
	}
	if merged := page.Changes[3]; merged.ArticleID != article.IDOfURL("news.example/b") || merged.Into != article.IDOfURL("news.example/a") {
		t.Errorf("merged is %+v", merged)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.cfg.APIAddr+"/v1/changes", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Last-Event-ID", "3") // where it was
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	kinds = nil
	for lines := bufio.NewScanner(resp.Body); len(kinds) < 3 && lines.Scan(); {
		var e article.Event
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, kind(e))
		}
	}
	if !slices.Equal(kinds, want[3:]) {
		t.Errorf("stream has %q, want %q", kinds, want[3:])
	}

	for i, e := range page.Changes {
		subject := queue.IndexedSubject(string(e.Outcome), e.Source, e.ArticleID)
		eventually(t, subject, func() bool {
			d, err := q.Last(ctx, subject)
			var told article.Event
			return err == nil && json.Unmarshal(d.Body, &told) == nil && reflect.DeepEqual(told, page.Changes[i])
		})
	}
	for id, outcome := range map[string]article.ReceiptOutcome{"p4": article.Duplicate, "p5": article.Accepted, "p6": article.Accepted, "p7": article.Accepted} {
		var receipt article.Receipt
		eventually(t, "receipt of "+id, func() (ok bool) { receipt, ok = r.receipt(id); return ok })
		if receipt.Outcome != outcome {
			t.Errorf("receipt of %s is %+v", id, receipt)
		}
	}
	var found struct {
		Hits []struct{ Removal *article.Removal }
	}
	eventually(t, "searched", func() bool { return r.get("/v1/search?q=sentence", &found) && len(found.Hits) == 1 })
	if h := found.Hits[0]; h.Removal == nil || h.Removal.Reason != article.Gone {
		t.Errorf("found is %+v", h)
	}
	var status struct{ Articles, Documents int }
	if !r.get("/v1/status", &status) || status.Articles != 1 || status.Documents != 1 {
		t.Errorf("status is %+v", status)
	}
}

// A page that is shown at many addresses is refused from some number on: with a receipt, a count and one warning, and
// without a dead letter.
func TestRepeatedBodiesRaiseAnAlarm(t *testing.T) {
	q := queuetest.Start(t)
	r := run(t, q, t.TempDir())
	const text = "Sorry, this page does not exist any more."
	for i := range 13 {
		publish(t, q, message(t, fmt.Sprint("news.example/", i), text, fmt.Sprint("p", i)))
	}
	var receipt article.Receipt
	eventually(t, "the last receipt", func() (ok bool) { receipt, ok = r.receipt("p12"); return ok })
	if receipt.Outcome != article.Rejected || len(receipt.Errors) != 1 || receipt.Errors[0].Field != "text" {
		t.Errorf("receipt is %+v", receipt)
	}
	eventually(t, "receipt of the tenth", func() (ok bool) { receipt, ok = r.receipt("p9"); return ok })
	if receipt.Outcome != article.Accepted {
		t.Errorf("receipt of the tenth is %+v", receipt)
	}
	var trace struct{ Journeys []store.Journey }
	if !r.get("/v1/trace?url=https://news.example/12", &trace) || trace.Journeys[0].Outcome != article.OutcomeRejected || trace.Journeys[0].Reason != store.ReasonRepeated {
		t.Errorf("trace is %+v", trace)
	}
	var list struct{ Repeated []store.Repeated }
	if !r.get("/v1/repeated", &list) || len(list.Repeated) != 1 || list.Repeated[0].Refused != 3 || list.Repeated[0].Site != "news.example" {
		t.Errorf("list is %+v", list)
	}
	families, err := r.adm.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		want, ok := map[string]float64{"dateline_repeated_bodies_total": 1, "dateline_repeated_articles_total": 3}[f.GetName()]
		if ok && f.GetMetric()[0].GetCounter().GetValue() != want {
			t.Errorf("%s is %v, want %v", f.GetName(), f.GetMetric(), want)
		}
		if f.GetName() == "dateline_queue_dead_letters_total" && len(f.GetMetric()) > 0 {
			t.Errorf("there are dead letters: %v", f.GetMetric())
		}
	}
}

// What is delivered again, by another process, after the first wrote it and died before it acked, is told again alike.
func TestRedelivery(t *testing.T) {
	st, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	adm := admin.New("")
	x := &indexer{store: st, log: quiet, metrics: newMetrics(adm.Registry, st)}
	var batch []*queue.Delivery
	for i := range 10 {
		m := message(t, fmt.Sprint("news.example/", i%4), fmt.Sprint("text ", i%3), fmt.Sprint("p", i))
		batch = append(batch, &queue.Delivery{Stream: "ARTICLES", Sequence: uint64(i), Header: m.Header, Body: m.Body})
	}
	first := fmt.Sprintf("%+v", x.articles(context.Background(), batch))
	if again := fmt.Sprintf("%+v", x.articles(context.Background(), batch)); again != first {
		t.Errorf("told again as\n%s\nwas\n%s", again, first)
	}
	if changes, err := st.Changes(0, 100); err != nil || uint64(len(changes)) != st.LastSeq() || len(changes) != 10 {
		t.Errorf("%d changes, %v", len(changes), err)
	}
}

func TestStoreThatFails(t *testing.T) {
	st, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	adm := admin.New("")
	x := &indexer{store: st, log: quiet, metrics: newMetrics(adm.Registry, st)}
	m := message(t, "news.example/a", "text", "p")
	d := &queue.Delivery{Stream: "ARTICLES", Sequence: 1, Header: m.Header, Body: m.Body}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	for _, outcomes := range [][]queue.Outcome{x.articles(context.Background(), []*queue.Delivery{d}), x.failures(context.Background(), []*queue.Delivery{d})} {
		if s := fmt.Sprintf("%+v", outcomes[0]); !strings.Contains(s, fmt.Sprintf("after:%d", storeRetry)) {
			t.Errorf("outcome is %s", s)
		}
	}
	if err := x.checkStore(context.Background()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("readiness is %v", err)
	}
}

func TestStartErrors(t *testing.T) {
	q := queuetest.Start(t)
	r := run(t, q, t.TempDir())
	for what, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"port":      {Config{APIAddr: r.cfg.APIAddr, IndexBatch: 1, DataDir: t.TempDir()}, "--api-addr: "},
		"directory": {Config{APIAddr: "127.0.0.1:0", IndexBatch: 1, DataDir: r.cfg.DataDir}, r.cfg.DataDir + " is in use by another process"},
	} {
		if err := Run(context.Background(), c.cfg, q, admin.New("")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in use gives %v", what, err)
		}
	}
	for want, cfg := range map[string]Config{"--api-addr \"x\"": {APIAddr: "x", IndexBatch: 1}, "--index-batch 0": {APIAddr: ":1"}} {
		if err := cfg.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("validation gives %v, want %s", err, want)
		}
	}
}

// The index can be lost while the indexer is away; what was stored is searchable again by itself.
func TestRestart(t *testing.T) {
	q := queuetest.Start(t)
	dir := t.TempDir()
	r := run(t, q, dir)
	for i := range 20 {
		publish(t, q, message(t, fmt.Sprint("news.example/", i), "word", fmt.Sprint("p", i)))
	}
	var status struct{ Articles, Documents int }
	eventually(t, "indexed", func() bool { return r.get("/v1/status", &status) && status.Documents == 20 })
	r.stop()
	if err := os.RemoveAll(dir + "/search.bleve"); err != nil {
		t.Fatal(err)
	}
	publish(t, q, message(t, "news.example/later", "word", "later"))
	r = run(t, q, dir)
	eventually(t, "indexed again", func() bool { return r.get("/v1/status", &status) && status.Documents == 21 && status.Articles == 21 })
}

func TestMetrics(t *testing.T) {
	q := queuetest.Start(t)
	r := run(t, q, t.TempDir())
	publish(t, q, message(t, "news.example/a", "text", "p"))
	var status struct{ Documents int }
	eventually(t, "indexed", func() bool { return r.get("/v1/status", &status) && status.Documents == 1 })
	const measured = "dateline_published_to_searchable_seconds"
	eventually(t, "measured", func() bool { // a moment later
		families, err := r.adm.Registry.Gather()
		i := slices.IndexFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == measured })
		return err == nil && i >= 0 && families[i].GetMetric()[0].GetHistogram().GetSampleCount() == 1
	})
	families, err := r.adm.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "dateline_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	for _, f := range families {
		if f.GetName() == measured {
			if h := f.GetMetric()[0].GetHistogram(); h.GetSampleCount() != 1 || h.GetSampleSum() < 1 {
				t.Errorf("published to searchable is %v", h)
			}
			return
		}
	}
	t.Error("published to searchable is not measured")
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"schema_version":1,"id":"0123456789abcdef0123456789abcdef","content_fingerprint":"0123456789abcdef0123456789abcdef","source":"a"}`))
	f.Add([]byte(`{"date_published":{"time":"2024","precision":"year"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if a, err := decode(body); err == nil && (!article.ValidID(a.ID) || a.Source == "") {
			t.Errorf("%s was taken", body)
		}
	})
}

// A takedown is told on NATS, too, and what the queue keeps of the article goes; a late arrival is refused.
func TestTakedown(t *testing.T) {
	q := queuetest.Start(t)
	r := run(t, q, t.TempDir())
	secret := strings.Repeat("A secret of the mayor is told here. ", 8)
	publish(t, q, message(t, "news.example/a", secret, "p1"), message(t, "news.example/b", "None.", "p2"), message(t, "news.example/a-too", secret, "p0"))
	id := article.IDOfURL("news.example/a")
	var receipt article.Receipt
	for _, p := range []string{"p1", "p2", "p0"} {
		eventually(t, "receipt of "+p, func() (ok bool) { receipt, ok = r.receipt(p); return ok })
	}
	articles := func() (n int) {
		kept, err := q.Kept(t.Context(), queue.IndexerArticles.Subject(), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range kept.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	status, err := q.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := articles(); n != 3 || receipt.ArticleID != id {
		t.Fatalf("%+v, the queue keeps %d articles, %+v", receipt, n, status)
	}
	resp, err := http.Post("http://"+r.cfg.APIAddr+"/v1/articles/"+id+"/takedown?reason=order&by=Ada", "", nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	var event article.Event
	eventually(t, "the event", func() bool {
		d, err := q.Last(t.Context(), queue.IndexedSubject("removed", "news.example", id))
		return err == nil && json.Unmarshal(d.Body, &event) == nil
	})
	if event.Seq != 3 || event.Reason != article.Takedown || event.ArticleID != id || event.URL != "" {
		t.Errorf("event is %+v", event)
	}
	if n := articles(); n != 1 {
		t.Errorf("the queue keeps %d articles", n)
	}
	publish(t, q, message(t, "news.example/a", "A secret again.", "p3"))
	eventually(t, "receipt of p3", func() (ok bool) { receipt, ok = r.receipt("p3"); return ok })
	if receipt.Outcome != article.Rejected || len(receipt.Errors) != 1 || !strings.Contains(receipt.Errors[0].Message, "taken down") {
		t.Errorf("receipt is %+v", receipt)
	}
	var trace struct{ Journeys []store.Journey }
	eventually(t, "trace", func() bool { return r.get("/v1/trace?id="+id, &trace) && len(trace.Journeys) == 3 })
	if j := trace.Journeys[2]; j.Outcome != article.OutcomeRemoved || j.Reason != "takedown" || j.URL != "" {
		t.Errorf("its journey is %+v", j)
	}
}
