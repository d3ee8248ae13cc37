package api

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
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/alerts"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/bleve"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// world is an API over a store and an index with three articles, one of them in two revisions, and a failed journey.
type world struct {
	t      testing.TB
	api    *Server
	store  *store.Store
	index  *search.Index
	flour  *article.Article
	origin string // of flour's first revision
	n      int
	reg    *prometheus.Registry

	asked http.Handler // a gateway before the API
}

func begin(t testing.TB) *world {
	t.Helper()
	w := beginEmpty(t)
	w.flour, w.origin = w.add("flour", "Flour doubled, said Mr Balkhi.")
	w.add("bread", "Bread is scarce.")
	w.add("salt", "Salt is not.")
	w.add("flour", "Flour trebled, said Mr Balkhi.")
	err := w.store.Fail(context.Background(), []store.Failure{{Origin: article.IDOfURL("failed"), URL: "https://news.example/failed", Reason: "no_body", Error: "nothing in it", Stage: "parser", Time: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(0); seq < 4; time.Sleep(time.Millisecond) { // until the record knows that all of it is searchable
		if seq, err = w.store.LastCheckpoint(search.Projection); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func beginEmpty(t testing.TB) *world {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	ix, err := bleve.Open(st, dir, reg, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ix.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, ix.Close(), st.Close()); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, api: New(st, ix, alerts.New(alerts.Config{GiveUp: time.Hour}, st, nil, "http://dateline.example", reg, log), reg, log), store: st, index: ix, reg: reg}
	return w
}

func (w *world) add(name, text string) (*article.Article, string) {
	w.t.Helper()
	w.n++
	a := &article.Article{
		SchemaVersion: 1, ID: article.IDOfURL(name), URL: "https://news.example/" + name, Source: "news.example", InLanguage: "en", Headline: name,
		DisplayTitle: article.DisplayTitle{Text: name}, Text: text, BodyState: article.BodyFull,
		DatePublished: &article.Date{Time: time.Date(2024, 11, 5+w.n, 0, 0, 0, 0, time.UTC), Precision: article.Day},
	}
	a.Fingerprint = article.Fingerprint(a)
	b, err := json.Marshal(a)
	if err != nil {
		w.t.Fatal(err)
	}
	origin := article.Origin("EXT", fmt.Sprint(w.n), 0, time.Time{}, nil)
	_, err = w.store.Write(context.Background(), []store.Arrival{{Origin: origin, Article: a, JSON: b, Hops: []article.Hop{{Stage: "queue", Time: time.Now(), Outcome: "published"}}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return a, origin
}

// ask sends a request from this machine.
func (w *world) ask(method, target string, header ...string) *http.Response {
	w.t.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr, r.Host = "127.0.0.1:1234", "127.0.0.1:8080"
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler().ServeHTTP(rec, r)
	return rec.Result()
}

func (w *world) handler() http.Handler {
	if w.asked != nil {
		return w.asked
	}
	return w.api.Handler()
}

func (w *world) get(target string, v any) {
	w.t.Helper()
	resp := w.ask("GET", target)
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(resp.Body)
		w.t.Fatalf("%s: %s %s", target, resp.Status, b)
	}
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		w.t.Fatalf("%s: %v", target, err)
	}
}

func TestArticles(t *testing.T) {
	w := begin(t)
	var seqs []uint64
	cursor := ""
	for {
		var page struct {
			Articles []store.Record
			Next     string `json:"next_cursor"`
		}
		w.get("/v1/articles?limit=2&source=news.example&cursor="+cursor, &page)
		for _, r := range page.Articles {
			seqs = append(seqs, r.Seq)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if fmt.Sprint(seqs) != "[4 3 2]" {
		t.Errorf("articles are %v", seqs)
	}
	var r struct {
		Revision int
		Previous uint64 `json:"previous_seq"`
		Article  article.Article
	}
	w.get("/v1/articles/"+w.flour.ID, &r)
	if r.Revision != 2 || r.Previous != 1 || r.Article.Text != "Flour trebled, said Mr Balkhi." {
		t.Errorf("article is %+v", r)
	}
}

func TestSearch(t *testing.T) {
	w := begin(t)
	var page struct {
		Total int
		Hits  []struct {
			Article article.Article
			Snippet string
			Score   float64
		}
	}
	w.get("/v1/search?q=balkhi&from=2024-11-01&lang=en&source=news.example", &page)
	if page.Total != 1 || page.Hits[0].Article.ID != w.flour.ID || page.Hits[0].Snippet != "Flour trebled, said Mr <mark>Balkhi</mark>." || page.Hits[0].Score == 0 {
		t.Errorf("found %+v", page)
	}
}

func TestFacets(t *testing.T) {
	w := begin(t)
	var page struct {
		Total  int
		Facets map[string]facet
	}
	w.get("/v1/search?facets=source,day&limit=1", &page)
	if got := fmt.Sprint(page.Total, page.Facets); got != "3 map[day:{[{2024-11-07 1} {2024-11-08 1} {2024-11-09 1}] 0} source:{[{news.example 3}] 0}]" {
		t.Errorf("facets are %s", got)
	}
}

func TestCounts(t *testing.T) {
	w := begin(t)
	var counts struct {
		Total, All int
		Periods    []period
	}
	w.get("/v1/counts?q=bread+OR+salt&interval=month", &counts)
	if got := fmt.Sprint(counts); got != "{2 3 [{2024-11-01 2 3 0.6666666666666666}]}" {
		t.Errorf("counts are %s", got)
	}
}

// An error in a query says where it is, for people and for programs.
func TestSyntaxProblem(t *testing.T) {
	resp := begin(t).ask("GET", "/v1/search?q="+url.QueryEscape(`آرد (گران`))
	var p problem
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	if p.Detail != `q: at character 10: expected ")" for the "(" at character 5, found the end` || p.Syntax == nil || p.Syntax.Byte != 16 || p.Syntax.Character != 9 {
		t.Errorf("%+v %+v", p, p.Syntax)
	}
}

func TestTrace(t *testing.T) {
	w := begin(t)
	type trace struct {
		Journeys []store.Journey
	}
	for target, want := range map[string]string{
		"url=https://news.example/flour":  "[new queue published, indexer new, search searchable] [revised queue published, indexer revised, search searchable]",
		"id=" + w.flour.ID:                "[new queue published, indexer new, search searchable] [revised queue published, indexer revised, search searchable]",
		"id=" + w.origin:                  "[new queue published, indexer new, search searchable]",
		"url=https://news.example/failed": "[rejected parser rejected]",
		"id=" + article.IDOfURL("failed"): "[rejected parser rejected]",
	} {
		var got trace
		w.get("/v1/trace?"+target, &got)
		var all []string
		for _, j := range got.Journeys {
			var hops []string
			for i, h := range j.Hops {
				if h.Time.IsZero() || i > 0 && h.Time.Before(j.Hops[i-1].Time) {
					t.Errorf("%s: hop %d is at %s", target, i, h.Time)
				}
				hops = append(hops, h.Stage+" "+h.Outcome)
			}
			all = append(all, fmt.Sprintf("[%s %s]", j.Outcome, strings.Join(hops, ", ")))
		}
		if got := strings.Join(all, " "); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", target, got, want)
		}
	}
}

func TestProblems(t *testing.T) {
	w := begin(t)
	for _, c := range []struct {
		ask       string
		status    int
		parameter string
	}{
		{"GET /v1/articles?limit=0", 400, "limit"},
		{"GET /v1/articles?limit=101", 400, "limit"},
		{"GET /v1/articles?limit=2&limit=3", 400, "limit"},
		{"GET /v1/articles?cursor=zzz", 400, "cursor"},
		{"GET /v1/articles?sort=date", 400, "sort"},
		{"GET /v1/articles/unknown", 404, ""},
		{"GET /v1/articles/" + article.IDOfURL("unknown"), 404, ""},
		{"GET /v1/articles/" + w.flour.ID + "?x=1", 400, "x"},
		{"GET /v1/search?query=a", 400, "query"},
		{"GET /v1/search?q=%22a", 400, "q"},
		{"GET /v1/search?q=/[/", 400, "q"},
		{"GET /v1/search?from=soon", 400, "from"},
		{"GET /v1/search?to=2024-02-30", 400, "to"},
		{"GET /v1/search?sort=size", 400, "sort"},
		{"GET /v1/search?cursor=a", 400, "cursor"},
		{"GET /v1/search?facets=day,size", 400, "facets"},
		{"GET /v1/search?facet_limit=0", 400, "facet_limit"},
		{"GET /v1/search?author=-", 400, "author"},
		{"GET /v1/counts?interval=hour", 400, "interval"},
		{"GET /v1/counts?limit=1", 400, "limit"},
		{"GET /v1/search?q=a%zz", 400, ""},
		{"GET /v1/changes?after=-1", 400, "after"},
		{"GET /v1/changes?wait=1h", 400, "wait"},
		{"GET /v1/changes?limit=1001", 400, "limit"},
		{"GET /v1/trace", 400, ""},
		{"GET /v1/trace?id=x", 400, "id"},
		{"GET /v1/trace?id=" + w.flour.ID + "&url=x", 400, "url"},
		{"GET /v1/trace?url=https://news.example/unknown", 404, ""},
		{"GET /schemas/none", 404, ""},
		{"GET /schemas/..%2fopenapi.yaml", 404, ""},
		{"GET /v2", 404, ""},
		{"GET /", 404, ""},
		{"DELETE /v1/articles", 405, ""},
		{"GET /v1/reindex", 405, ""},
	} {
		method, target, _ := strings.Cut(c.ask, " ")
		resp := w.ask(method, target)
		var p problem
		if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
			t.Errorf("%s: %v", c.ask, err)
			continue
		}
		if resp.StatusCode != c.status || p.Status != c.status || p.Parameter != c.parameter || p.Title != http.StatusText(c.status) || p.Detail == "" || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s %+v", c.ask, resp.Status, p)
		}
		if c.status == 405 && resp.Header.Get("Allow") == "" {
			t.Errorf("%s: does not tell what is allowed", c.ask)
		}
	}
}

func TestReindexIsForLocals(t *testing.T) {
	w := begin(t)
	if resp := w.ask("POST", "/v1/reindex"); resp.StatusCode != http.StatusAccepted {
		t.Errorf("from this machine: %s", resp.Status)
	}
	for _, header := range [][]string{{"X-Forwarded-For", "198.51.100.1"}, {"Sec-Fetch-Site", "cross-site"}} {
		if resp := w.ask("POST", "/v1/reindex", header...); resp.StatusCode != http.StatusForbidden {
			t.Errorf("with %s: %s", header, resp.Status)
		}
	}
	r := httptest.NewRequest("POST", "/v1/reindex", nil) // from 192.0.2.1
	rec := httptest.NewRecorder()
	w.api.Handler().ServeHTTP(rec, r)
	if rec.Code != http.StatusForbidden {
		t.Errorf("from elsewhere: %d", rec.Code)
	}
	for w.index.Rebuilding() {
		time.Sleep(time.Millisecond)
	}
}

// served is the API on a real port until stop is called.
func (w *world) served() (base string, stop func() error) {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.api.Serve(ctx, l) }()
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	w.t.Cleanup(func() { _ = stop() })
	return "http://" + l.Addr().String(), stop
}

func TestLongPoll(t *testing.T) {
	w := begin(t)
	base, stop := w.served()
	type page struct {
		Changes []article.Event
		Next    uint64
	}
	poll := func(query string) (p page, took time.Duration) {
		begin := time.Now()
		resp, err := http.Get(base + "/v1/changes?" + query)
		if err != nil {
			t.Error(err)
			return p, 0
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
			t.Error(err)
		}
		return p, time.Since(begin)
	}
	if p, _ := poll("after=1&limit=2&wait=30s"); len(p.Changes) != 2 || p.Next != 3 {
		t.Errorf("changes that are there: %+v", p)
	}
	if p, took := poll("after=4&wait=50ms"); len(p.Changes) != 0 || p.Next != 4 || took < 50*time.Millisecond {
		t.Errorf("no changes: %+v after %s", p, took)
	}
	got := make(chan page, 1)
	go func() { p, _ := poll("after=4&wait=30s"); got <- p }()
	time.Sleep(50 * time.Millisecond)
	w.add("pepper", "New.")
	if p := <-got; len(p.Changes) != 1 || p.Next != 5 {
		t.Errorf("a change that came: %+v", p)
	}
	go func() { p, _ := poll("after=5&wait=30s"); got <- p }()
	time.Sleep(50 * time.Millisecond)
	begin := time.Now()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if p := <-got; len(p.Changes) != 0 || p.Next != 5 || time.Since(begin) > 5*time.Second {
		t.Errorf("shutdown: %+v after %s", p, time.Since(begin))
	}
}

func TestStream(t *testing.T) {
	w := begin(t)
	base, stop := w.served()
	req, err := http.NewRequest("GET", base+"/v1/changes?after=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Last-Event-ID", "3")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if ct := resp.Header.Get("Content-Type"); ct != "text/event-stream" {
		t.Errorf("content type is %s", ct)
	}
	lines := bufio.NewScanner(resp.Body)
	next := func() string {
		for lines.Scan() {
			if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				lines.Scan()
				event := lines.Text()
				lines.Scan()
				var e article.Event
				if err := json.Unmarshal([]byte(strings.TrimPrefix(lines.Text(), "data: ")), &e); err != nil {
					t.Fatal(err)
				}
				return fmt.Sprintf("%s %s %d", id, event, e.Seq)
			}
		}
		return "end"
	}
	if got := next(); got != "4 event: revised 4" {
		t.Errorf("first event is %s", got)
	}
	w.add("pepper", "New.")
	if got := next(); got != "5 event: new 5" {
		t.Errorf("second event is %s", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := next(); got != "end" {
		t.Errorf("after shutdown comes %s", got)
	}
}

func TestMetrics(t *testing.T) {
	w := begin(t)
	w.ask("GET", "/v1/status")
	w.ask("GET", "/nowhere/in/particular")
	families, err := w.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	routes := map[string]bool{}
	for _, f := range families {
		if f.GetName() == "dateline_http_requests_total" {
			for _, m := range f.GetMetric() {
				routes[m.GetLabel()[1].GetValue()+" "+m.GetLabel()[0].GetValue()] = true
			}
		}
	}
	if !routes["/v1/status 200"] || !routes["other 404"] || len(routes) != 2 {
		t.Errorf("requests are counted as %v", routes)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func FuzzParams(f *testing.F) {
	f.Add("limit=3&cursor=AQAAAAAAAAAF&source=a")
	f.Add("after=9223372036854775808&wait=-1s")
	f.Add("%zz;a=b&&=&limit=1e3")
	w := begin(f)
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"/v1/articles", "/v1/changes", "/v1/search", "/v1/counts", "/v1/trace"} {
			r := httptest.NewRequest("GET", path, nil)
			r.URL.RawQuery = query
			if strings.Contains(query, "wait") {
				continue
			}
			rec := httptest.NewRecorder()
			w.api.Handler().ServeHTTP(rec, r)
			if rec.Code >= 500 || !json.Valid(rec.Body.Bytes()) {
				t.Errorf("%s?%s: %d %s", path, query, rec.Code, rec.Body)
			}
		}
	})
}
