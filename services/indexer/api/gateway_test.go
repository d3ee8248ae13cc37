package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
)

// dividedWorld is a world behind a gateway, with a second partition beside it that has articles of its own.
type dividedWorld struct {
	*world
	parts   []*world
	gateway *Gateway
	away    atomic.Int32 // partition that no indexer has open, plus one
	mu      sync.Mutex   // of parts, as the gateway has them
}

func (d *dividedWorld) swap(n int, w *world) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.parts[n] = w
}

func beginDivided(t testing.TB) *dividedWorld {
	t.Helper()
	first, second := begin(t), beginEmpty(t)
	for i, name := range []string{"rye", "oats", "maize", "barley", "rice"} {
		second.add(name, fmt.Sprintf("Grain of %s, said Mr Balkhi %d times.", name, i))
	}
	second.settle()
	d := &dividedWorld{parts: []*world{first, second}}
	var addr string
	g := NewGateway(GatewayConfig{
		Partitions: 2, Secret: []byte("secret"),
		Here: func(n int) (http.Handler, func(), bool) {
			if n < 0 || n >= 2 || int(d.away.Load()) == n+1 {
				return nil, nil, false
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.parts[n].api.Handler(), func() {}, true
		},
		At: func(int) (string, bool) { return addr, true },
	}, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	server := httptest.NewServer(g.Handler())
	t.Cleanup(func() { g.Stop(); server.Close() })
	g.patience = time.Second
	addr = strings.TrimPrefix(server.URL, "http://")
	d.gateway = g
	whole := *first
	whole.asked = g.Handler()
	d.world = &whole
	return d
}

// Each operation says how it is answered where the record is divided.
func TestGatewayKnowsAllOperations(t *testing.T) {
	for _, rt := range (&Server{}).routes() {
		if rt.divided == nil {
			t.Errorf("%s %s has no answer of a divided record", rt.method, rt.path)
		}
	}
}

// What a partition answers for itself is asked of the one that is named.
func TestGatewayOfOnePartition(t *testing.T) {
	d := beginDivided(t)
	ask := func(partition string) (*http.Response, error) {
		rec := httptest.NewRecorder()
		err := d.gateway.ofOne(rec, httptest.NewRequest(http.MethodGet, "/v1/status?partition="+partition, nil))
		return rec.Result(), err
	}
	for partition, want := range map[string]uint64{"0": 3, "1": 5} {
		var st status
		if resp, err := ask(partition); err != nil || json.NewDecoder(resp.Body).Decode(&st) != nil || st.Articles != want || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("partition %s: %+v, %v", partition, st, err)
		}
	}
	for _, partition := range []string{"", "2", "-1", "x"} {
		if _, err := ask(partition); err == nil || !strings.Contains(err.Error(), "one of 0 to 1") {
			t.Errorf("partition %q: %v", partition, err)
		}
	}
}

// All pages together are the whole, in order, whatever the pages' length.
func TestGatewayPages(t *testing.T) {
	d := beginDivided(t)
	for target, want := range map[string]string{
		"/v1/articles?":                                     "rice barley maize oats rye flour salt bread",
		"/v1/search?sort=date&":                             "rice flour barley salt maize oats bread rye",
		"/v1/search?q=grain&sort=date&":                     "rice barley maize oats rye",
		"/v1/search?q=grain&sort=date&collapse=duplicates&": "rice barley maize oats rye",
		"/v1/search?q=balkhi&":                              "",
	} {
		for limit := 1; limit <= 9; limit++ {
			var names []string
			total := 0
			for cursor := ""; ; {
				var page struct {
					Total          int
					Articles, Hits []struct{ Article article.Article }
					Next           string `json:"next_cursor"`
				}
				d.get(fmt.Sprintf("%slimit=%d&cursor=%s", target, limit, cursor), &page)
				for _, r := range append(page.Articles, page.Hits...) {
					names = append(names, r.Article.Headline)
				}
				if total = page.Total; page.Next == "" {
					break
				}
				if got := len(page.Articles) + len(page.Hits); got != limit {
					t.Errorf("%s: a page of %d, not the last, has %d", target, limit, got)
				}
				cursor = page.Next
			}
			if want == "" { // of which scores are set against each other
				slices.Sort(names)
				if names = slices.Compact(names); len(names) != 6 || total != 6 {
					t.Errorf("%s limit %d: %v of %d", target, limit, names, total)
				}
			} else if got := strings.Join(names, " "); got != want || strings.HasPrefix(target, "/v1/search") && total != len(names) {
				t.Errorf("%s limit %d: %s of %d\nwant %s", target, limit, got, total, want)
			}
		}
	}
}

func TestGatewayAddsUp(t *testing.T) {
	d := beginDivided(t)
	var page struct {
		Total  int
		Facets map[string]facet
	}
	d.get("/v1/search?facets=source,day&limit=1&facet_limit=1", &page)
	if got := fmt.Sprint(page.Total, page.Facets); got != "8 map[day:{[{2024-11-06 1} {2024-11-07 2} {2024-11-08 2} {2024-11-09 2} {2024-11-10 1}] 0} source:{[{news.example 8}] 0}]" {
		t.Errorf("facets are %s", got)
	}
	var counts struct {
		Total, All int
		Periods    []period
	}
	d.get("/v1/counts?q=balkhi&interval=month", &counts)
	if got := fmt.Sprint(counts); got != "{6 8 [{2024-11-01 6 8 0.75}]}" {
		t.Errorf("counts are %s", got)
	}
	var st status
	d.get("/v1/status", &st)
	if st.Articles != 8 || st.LastSeq != 9 || len(st.Partitions) != 2 || st.Partitions[1].Articles != 5 {
		t.Errorf("status is %+v", st)
	}
	var trace struct{ Journeys []store.Journey }
	d.get("/v1/trace?id="+d.flour.ID, &trace)
	if len(trace.Journeys) != 2 || trace.Journeys[1].Outcome != article.OutcomeRevised {
		t.Errorf("trace is %+v", trace)
	}
}

// What is about one article reaches its partition; what is taken from this machine only is not taken from elsewhere.
func TestGatewayPassesOn(t *testing.T) {
	d := beginDivided(t)
	var record struct{ Article article.Article }
	d.get("/v1/articles/"+article.IDOfURL("rice"), &record)
	if record.Article.Headline != "rice" {
		t.Errorf("article is %+v", record)
	}
	for target, want := range map[string]int{
		"GET /v1/articles/" + article.IDOfURL("none"):               http.StatusNotFound,
		"GET /v1/search?q=(":                                        http.StatusBadRequest,
		"GET /v1/search?cursor=bad":                                 http.StatusBadRequest,
		"GET /v1/changes?after=7":                                   http.StatusBadRequest,
		"GET /v1/changes?after=1.2.3":                               http.StatusBadRequest,
		"GET /v1/export?snapshot=bad":                               http.StatusBadRequest,
		"DELETE /v1/articles/" + d.flour.ID + "/duplicates":         http.StatusOK,
		"POST /v1/articles/" + article.IDOfURL("x") + "/duplicates": http.StatusNotFound,
		"POST /v1/reindex":                                          http.StatusAccepted,
		"POST /v1/search":                                           http.StatusMethodNotAllowed,
		"GET /partitions/0/v1/status":                               http.StatusForbidden,
	} {
		method, target, _ := strings.Cut(target, " ")
		if resp := d.ask(method, target); resp.StatusCode != want {
			b, _ := io.ReadAll(resp.Body)
			t.Errorf("%s %s: %s %s", method, target, resp.Status, b)
		}
	}
	for _, target := range []string{"POST /v1/reindex", "DELETE /v1/articles/" + d.flour.ID + "/duplicates"} {
		method, target, _ := strings.Cut(target, " ")
		if resp := d.ask(method, target, "X-Forwarded-For", "192.0.2.1"); resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s from elsewhere: %s", method, target, resp.Status)
		}
	}
	for _, w := range d.parts {
		w.rebuilt()
	}
}

// A partition that nobody has open is told of, and nothing is answered without it.
func TestGatewayWithoutAPartition(t *testing.T) {
	d := beginDivided(t)
	d.away.Store(2)
	time.AfterFunc(200*time.Millisecond, func() { d.away.Store(0) })
	d.get("/v1/status", &status{}) // which waits for one that changes hands
	d.away.Store(2)
	resp := d.ask("GET", "/v1/articles")
	var p problem
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || !strings.HasPrefix(p.Detail, "partition 1 of 2 ") {
		t.Errorf("%s %q %+v", resp.Status, resp.Header.Get("Retry-After"), p)
	}
	d.get("/v1/articles/"+d.flour.ID, &struct{}{}) // is in the other one
}

func TestGatewayChanges(t *testing.T) {
	d := beginDivided(t)
	type page struct {
		Changes []article.Event
		Next    string
		LastSeq string `json:"last_seq"`
	}
	var all []string
	after := ""
	for {
		var p page
		d.get("/v1/changes?limit=2&after="+after, &p)
		if p.LastSeq != "4.5" {
			t.Errorf("the feed ends at %s", p.LastSeq)
		}
		if len(p.Changes) == 0 {
			break
		}
		for _, e := range p.Changes {
			all = append(all, fmt.Sprintf("%d/%d", e.Partition, e.Seq))
		}
		after = p.Next
	}
	if got := strings.Join(all, " "); got != "0/1 0/2 0/3 0/4 1/1 1/2 1/3 1/4 1/5" || after != "4.5" {
		t.Errorf("changes are %s, next %s", got, after)
	}

	// A long poll ends with the first change, wherever it is.
	time.AfterFunc(100*time.Millisecond, func() { d.parts[1].add("millet", "Millet.") })
	var p page
	begin := time.Now()
	d.get("/v1/changes?wait=20s&after="+after, &p)
	if len(p.Changes) != 1 || p.Next != "4.6" || time.Since(begin) > 10*time.Second {
		t.Errorf("%+v after %s", p, time.Since(begin))
	}

	// A stream goes on where another one ended.
	server := httptest.NewServer(d.asked)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/changes?after=0", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Last-Event-ID", "4.4")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var ids []string
	for lines := bufio.NewScanner(resp.Body); len(ids) < 3 && lines.Scan(); {
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			if ids = append(ids, id); len(ids) == 2 {
				d.parts[0].add("flour", "Flour is cheap.")
			}
		}
	}
	if got := strings.Join(ids, " "); got != "4.5 4.6 5.6" {
		t.Errorf("the stream's events are %s", got)
	}
}

// Who names the feed along with a position is refused where a partition's is another one, before a stream begins and while it lasts.
func TestGatewayFeed(t *testing.T) {
	d := beginDivided(t)
	var page struct{ Next, Feed string }
	d.get("/v1/changes?limit=1000", &page)
	feeds := strings.Split(page.Feed, ".")
	if len(feeds) != 2 || feeds[0] != d.parts[0].store.ID() || feeds[1] != d.parts[1].store.ID() {
		t.Fatalf("the feed is %q", page.Feed)
	}
	d.get("/v1/changes?after="+page.Next+"&feed="+page.Feed, &page)
	for query, want := range map[string]string{
		"after=4.5&feed=" + feeds[0]:                  "feed is not one that this API gave",
		"after=4.5&feed=" + feeds[1] + "." + feeds[0]: "of partition ",
		"after=4.5&feed=" + feeds[0] + ".OTHER":       "of partition 1, whose places are the 2. in after and in feed: this is not the feed OTHER; begin anew, with after=0&feed=" + feeds[1],
		"after=4.6&wait=20s&feed=" + page.Feed:        "of partition 1, whose places are the 2. in after and in feed: change 6 is not there yet",
		"after=5.5":                                   "of partition 0, whose places are the 1. in after and in feed: change 5 is not there yet",
	} {
		for _, accept := range []string{"application/json", "text/event-stream"} {
			resp := d.ask("GET", "/v1/changes?"+query, "Accept", accept)
			var p problem
			if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || resp.StatusCode != http.StatusConflict && resp.StatusCode != http.StatusBadRequest || !strings.Contains(p.Error(), want) {
				t.Errorf("%s as %s: %s %+v, %v", query, accept, resp.Status, p, err)
			}
		}
	}

	// A stream ends when a partition's feed becomes another one, so that its reader asks again, and is told.
	server := httptest.NewServer(d.asked)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/changes?after=4.4", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() && lines.Text() != "id: 4.5" {
	}
	restored := beginEmpty(t)
	restored.add("rye", "Rye.")
	restored.settle()
	d.swap(1, restored)
	d.parts[0].add("flour", "Flour is cheap.") // which has the stream look
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream does not end: %v", err)
	}
}

// An export of all partitions is one file, which can be continued at any row.
func TestGatewayExports(t *testing.T) {
	d := beginDivided(t)
	for _, format := range []string{"jsonl", "csv", "ninjs", "markdown", "parquet"} {
		whole := d.export("format=" + format)
		if whole.total != 8 {
			t.Errorf("%s: %d records", format, whole.total)
		}
		again := d.export("format=" + format + "&snapshot=" + whole.snapshot)
		if string(again.body) != string(whole.body) || again.snapshot != whole.snapshot {
			t.Errorf("%s: the same snapshot gives another file", format)
		}
		if format == "csv" && strings.Count(string(whole.body), "content_fingerprint") != 1 {
			t.Errorf("csv: header is not there once:\n%s", whole.body)
		}
		if format == "jsonl" || format == "csv" || format == "ninjs" {
			lines := strings.SplitAfter(string(whole.body), "\n")
			head := len(lines) - 1 - 8
			for skip := 1; skip <= 8; skip++ {
				rest := d.export(fmt.Sprintf("format=%s&snapshot=%s&skip=%d", format, whole.snapshot, skip))
				if want := strings.Join(lines[head+skip:], ""); string(rest.body) != want {
					t.Errorf("%s: without %d rows it is\n%s\nwant\n%s", format, skip, rest.body, want)
				}
			}
		}
		if resp := d.ask("GET", "/v1/export?format=jsonl&bom=&q=flour&snapshot="+whole.snapshot); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: its snapshot goes for another query: %s", format, resp.Status)
		}
	}
	if resp := d.ask("GET", "/v1/export?format=record"); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("records are exported: %s", resp.Status)
	}
}

// A saved query is put into all partitions with one secret; what is told of it is of all of them.
func TestGatewaySavedQueries(t *testing.T) {
	d := beginDivided(t)
	const definition = `{"search": {"q": "balkhi"}, "webhook": {"url": "https://example.org/"}}`
	put := func(path, body string) (q savedQuery) {
		t.Helper()
		resp, answer := d.send(http.MethodPut, path, body)
		if err := json.Unmarshal([]byte(answer), &q); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %s, %v", path, resp.Status, answer, err)
		}
		return q
	}
	secret := put("/v1/queries/balkhi", definition).Webhook.Secret
	if secret == "" {
		t.Error("a secret that was made is not told")
	}
	if err := d.parts[1].store.RemoveQuery(t.Context(), "balkhi"); err != nil { // as if it had been away
		t.Fatal(err)
	}
	if q := put("/v1/queries/balkhi", definition); q.Webhook.Secret != "" {
		t.Error("a secret is told again")
	}
	for n, w := range d.parts {
		if q, _, err := w.store.Query("balkhi"); err != nil || q.Webhook.Secret != secret {
			t.Errorf("partition %d has %+v, %v", n, q, err)
		}
	}
	put("/v1/queries/bread", `{"search": {"q": "bread"}, "nats": true}`)
	d.parts[0].add("cake", "Cake, said Mr Balkhi.")
	d.parts[1].add("pie", "Pie, said Mr Balkhi.")
	d.parts[1].add("tart", "Tart, said Mr Balkhi.")
	d.parts[0].match("balkhi", 5)
	d.parts[1].match("balkhi", 6, 7)
	var q savedQuery
	d.get("/v1/queries/balkhi", &q)
	if q.State.Matched != 3 || q.State.Webhook.Pending != 3 || q.Webhook.Secret != "" {
		t.Errorf("the query is %+v", q)
	}
	var names []string
	for cursor := ""; ; {
		var page struct {
			Queries []savedQuery
			Next    string `json:"next_cursor"`
		}
		d.get("/v1/queries?limit=1&cursor="+cursor, &page)
		for _, q := range page.Queries {
			names = append(names, fmt.Sprint(q.Name, q.State.Matched))
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if got := strings.Join(names, " "); got != "balkhi3 bread0" {
		t.Errorf("queries are %s", got)
	}
	var deliveries struct{ Deliveries []store.Delivery }
	d.get("/v1/queries/balkhi/deliveries?state=pending", &deliveries)
	if n := len(deliveries.Deliveries); n != 2 {
		t.Errorf("%d deliveries", n)
	}
	var feed struct{ Items []struct{ Title string } }
	d.get("/v1/queries/balkhi/feed.json", &feed)
	if got := fmt.Sprint(feed.Items); got != "[{tart} {pie} {cake}]" {
		t.Errorf("feed is %s", got)
	}
	for _, target := range []string{"POST /v1/queries/balkhi/retry", "DELETE /v1/queries/balkhi", "GET /v1/queries/bread/feed.atom"} {
		method, target, _ := strings.Cut(target, " ")
		if resp := d.ask(method, target); resp.StatusCode != http.StatusOK {
			t.Errorf("%s %s: %s", method, target, resp.Status)
		}
	}
	for _, target := range []string{"GET /v1/queries/balkhi", "DELETE /v1/queries/balkhi", "GET /v1/queries/balkhi/feed.json"} {
		method, target, _ := strings.Cut(target, " ")
		if resp := d.ask(method, target); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s %s of none: %s", method, target, resp.Status)
		}
	}
	if resp, answer := d.send(http.MethodPut, "/v1/queries/bad", `{"search": {"q": "("}}`); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a bad query: %s %s", resp.Status, answer)
	}
}

// A merge is undone in the partition of its article.
func TestGatewayMerges(t *testing.T) {
	d := beginDivided(t)
	for target, want := range map[string]int{
		"DELETE /v1/merges/1":                                        http.StatusBadRequest,
		"DELETE /v1/merges/1?article=" + d.flour.ID:                  http.StatusNotFound,
		"GET /v1/articles/" + d.flour.ID + "/diff":                   http.StatusOK,
		"GET /v1/articles/" + d.flour.ID + "/revisions":              http.StatusOK,
		"GET /v1/articles/" + article.IDOfURL("oats") + "/addresses": http.StatusOK,
		"GET /v1/repeated":                                           http.StatusOK,
		"DELETE /v1/repeated/" + d.flour.ID:                          http.StatusNotFound,
	} {
		method, target, _ := strings.Cut(target, " ")
		if resp := d.ask(method, target); resp.StatusCode != want {
			b, _ := io.ReadAll(resp.Body)
			t.Errorf("%s %s: %s %s", method, target, resp.Status, b)
		}
	}
}

// Only gateways of the same record may say where a request comes from, for a short time.
func TestGatewaySignature(t *testing.T) {
	g := &Gateway{GatewayConfig: GatewayConfig{Secret: []byte("secret")}}
	ask := func(change func(*http.Request)) error {
		r := httptest.NewRequest("DELETE", "http://indexer/partitions/0/v1/articles/1/duplicates?x=1", nil)
		g.sign(r, via{local: false})
		change(r)
		_, err := g.verify(r)
		return err
	}
	claims := func(f func([]string)) func(*http.Request) {
		return func(r *http.Request) {
			parts := strings.Split(r.Header.Get(headerGateway), " ")
			f(parts)
			r.Header.Set(headerGateway, strings.Join(parts, " "))
		}
	}
	if err := ask(func(*http.Request) {}); err != nil {
		t.Error(err)
	}
	for what, change := range map[string]func(*http.Request){
		"none":   func(r *http.Request) { r.Header.Del(headerGateway) },
		"local":  claims(func(p []string) { p[1] = "true" }),
		"later":  claims(func(p []string) { p[0] = fmt.Sprint(time.Now().Unix() + 1) }),
		"method": func(r *http.Request) { r.Method = "GET" },
		"path":   func(r *http.Request) { r.URL.Path = "/partitions/1/v1/articles/1/duplicates" },
		"query":  func(r *http.Request) { r.URL.RawQuery = "" },
		"old": func(r *http.Request) {
			claim := fmt.Sprint(time.Now().Add(-time.Hour).Unix(), " true")
			r.Header.Set(headerGateway, claim+" "+g.code(r.Method, r.URL.RequestURI(), claim))
		},
	} {
		if ask(change) == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}
