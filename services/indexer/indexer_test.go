package indexer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
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
		{"source", `{"schema_version":1,"id":"` + article.IDOfURL("a") + `","content_fingerprint":"` + article.IDOfURL("f") + `","source":"` + strings.Repeat("a", 300) + `"}`, "source"},
	} {
		m := message(t, "news.example/"+c.name, "text", c.name)
		m.Body = []byte(c.body)
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
