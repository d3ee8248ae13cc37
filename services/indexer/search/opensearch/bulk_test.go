package opensearch

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/searchtest"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

const prefix = "dateline"

// on opens indexes on a server that stands in for OpenSearch.
func on(s *server) searchtest.Open {
	return func(_ testing.TB, st *store.Store, _ string, reg prometheus.Registerer, log *slog.Logger) (*search.Index, error) {
		return Open(st, Config{URL: []string{s.URL}, Prefix: prefix}, 0, reg, log)
	}
}

func some(from, n int) (all []article.Article) {
	for i := from; i < from+n; i++ {
		a := searchtest.Titled(fmt.Sprint("Title ", i), "word")
		a.ID = article.IDOfURL(a.Headline)
		all = append(all, a)
	}
	return all
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// counter is the value of a metric of the backend's.
func counter(t *testing.T, w *searchtest.World, name string) float64 {
	t.Helper()
	families, err := w.Reg.Gather()
	must(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// An item that the server has no room for is sent again, and no other.
func TestItemsAreRetried(t *testing.T) {
	s := newServer(t)
	busy := article.IDOfURL("Title 7")
	s.fail = func(id string, attempt int) (int, any) {
		if id == busy && attempt < 3 {
			return []int{0, 429, 503}[attempt], object{"type": "rejected_execution_exception", "reason": "queue is full"}
		}
		return 0, nil
	}
	w := searchtest.Begin(t, on(s), t.TempDir())
	w.Add(some(0, 20)...)
	w.Settle()
	if got := s.state(); got != "dateline-articles+dateline-articles-0: 20, dateline-cursors: 1" {
		t.Errorf("on the server is %s", got)
	}
	for id, n := range s.attempts {
		if n != 1 && id != busy || id == busy && n != 3 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
	if n := counter(t, w, "dateline_opensearch_item_retries_total"); n != 2 {
		t.Errorf("%v retries are counted", n)
	}
	families, err := w.Reg.Gather()
	must(t, err)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	must(t, err)
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// An article that the server will never take is told of, and does not hold up the others, nor make the index be made anew.
func TestRefusedArticles(t *testing.T) {
	s := newServer(t)
	bad := article.IDOfURL("Title 7")
	s.fail = func(id string, _ int) (int, any) {
		if id == bad {
			return 400, object{"type": "mapper_parsing_exception", "reason": "failed to parse field [day]"}
		}
		return 0, nil
	}
	w := searchtest.Begin(t, on(s), t.TempDir())
	w.Add(some(0, 20)...)
	w.Settle()
	if n := counter(t, w, "dateline_opensearch_items_refused_total"); n != 1 || s.attempts[bad] != 1 {
		t.Errorf("%v articles are refused, after %d attempts", n, s.attempts[bad])
	}
	before := s.state()
	w.Stop()
	w = searchtest.Begin(t, on(s), w.Dir)
	w.Add(some(20, 1)...)
	w.Settle()
	if got := s.state(); before != "dateline-articles+dateline-articles-0: 19, dateline-cursors: 1" || got != strings.Replace(before, "19", "20", 1) {
		t.Errorf("on the server is %s, after a restart %s", before, got)
	}

	// Once it is one that the server takes, it is there as any other.
	s.mu.Lock()
	s.fail = nil
	s.mu.Unlock()
	mended := some(7, 1)
	mended[0].Text = "other"
	w.Add(mended...)
	w.Settle()
	w.Stop()
	w = searchtest.Begin(t, on(s), w.Dir)
	w.Settle()
	if got := s.state(); got != strings.Replace(before, "19", "21", 1) {
		t.Errorf("after it was mended, on the server is %s", got)
	}
}

// What comes late, or again, does not replace what is newer; deletions are of a version, too.
func TestVersions(t *testing.T) {
	s := newServer(t)
	w := searchtest.Begin(t, on(s), t.TempDir())
	a := some(0, 1)
	for _, text := range []string{"one", "two", "three"} {
		a[0].Text = text
		w.Add(a...)
	}
	w.Settle()
	w.Stop()

	st, err := store.Open(w.Dir)
	must(t, err)
	defer st.Close()
	changes, err := st.ChangesWithRecords(t.Context(), 0, 10, 1<<20)
	must(t, err)
	b := backendOf(t, st, s)
	current, err := b.Current(t.Context())
	must(t, err)
	g := current.(*generation)
	text := func() string {
		_, ix := s.at(prefix + "-articles-0")
		d := ix.live()[a[0].ID]
		var doc struct {
			Record struct{ Article article.Article }
		}
		_ = json.Unmarshal(d, &doc)
		return doc.Record.Article.Text
	}
	items := func(c store.Change) []item {
		it, err := g.item(c.ArticleID, &c)
		must(t, err)
		return []item{it}
	}
	must(t, g.send(t.Context(), items(changes[0])))
	if got := text(); got != "three" {
		t.Errorf("after an old revision came late, it is %q", got)
	}
	removal := func(seq uint64) store.Change {
		return store.Change{Event: article.Event{Seq: seq, ArticleID: a[0].ID, Outcome: article.OutcomeRemoved, Reason: article.Takedown}}
	}
	must(t, g.send(t.Context(), items(removal(2))))
	if got := text(); got != "three" {
		t.Errorf("after an old removal came late, it is %q", got)
	}
	must(t, g.send(t.Context(), items(removal(4))))
	must(t, g.send(t.Context(), items(changes[2])))
	if got := text(); got != "" {
		t.Errorf("after its removal, and its last revision again, it is %q", got)
	}
	withdrawn := changes[2]
	r := *withdrawn.Record
	r.Removal = &article.Removal{Reason: article.Withdrawn}
	withdrawn.Record, withdrawn.Seq = &r, 5
	if it := items(withdrawn); strings.Contains(string(it[0].lines), "three") {
		t.Errorf("a withdrawn article is sent: %s", it[0].lines)
	}
	if err := g.writeCursor(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "written by two") {
		t.Errorf("a cursor that goes back gives %v", err)
	}
}

// What was taken down, but is still on the server, is not shown.
func TestTakenDownMeanwhile(t *testing.T) {
	s := newServer(t)
	w := searchtest.Begin(t, on(s), t.TempDir())
	w.Add(some(0, 1)...)
	w.Settle()
	w.Stop()
	st, err := store.Open(w.Dir)
	must(t, err)
	defer st.Close()
	b := backendOf(t, st, s)
	_, ix := s.at(prefix + "-articles-0")
	kept, erased := article.IDOfURL("Title 0"), article.IDOfURL("erased")
	ix.docs[erased] = ix.docs[kept]
	records, err := b.Records(t.Context(), []search.Match{{ID: erased}, {ID: kept}, {ID: article.IDOfURL("not there")}})
	must(t, err)
	if records[0] != nil || records[1] == nil || records[1].Seq != 1 || records[2] != nil {
		t.Errorf("records are %v", records)
	}
}

// A rebuild fills an index beside the one that is searched, and puts it in its place in one request.
func TestAliasMoves(t *testing.T) {
	s := newServer(t)
	w := searchtest.Begin(t, on(s), t.TempDir())
	w.Add(some(0, 30)...)
	w.Settle()
	first, _ := s.at(prefix + "-articles-0")
	w.Index.Rebuild()
	w.Settle()
	second, _ := s.at(prefix + "-articles-0")
	if got := s.state(); first == second || got != "dateline-articles+dateline-articles-0: 30, dateline-cursors: 2" {
		t.Errorf("%s became %s: %s", first, second, got)
	}
	if !slices.Equal(s.actions, []string{"add add", "add add remove_index"}) {
		t.Errorf("aliases moved by %q", s.actions)
	}

	// One that fails leaves the old one, and nothing else.
	s.mu.Lock()
	s.fail = func(string, int) (int, any) {
		return 403, object{"type": "cluster_block_exception", "reason": "disk is full"}
	}
	s.mu.Unlock()
	w.Index.Rebuild()
	until(t, "the failure shows", func() bool {
		err := w.Index.Check(t.Context())
		return err != nil && strings.Contains(err.Error(), "disk is full")
	})
	w.Stop()
	if name, _ := s.at(prefix + "-articles-0"); name != second || s.state() != "dateline-articles+dateline-articles-0: 30, dateline-cursors: 2" {
		t.Errorf("after a rebuild that failed there is %s", s.state())
	}
}

func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come to be that %s", what)
		}
	}
}

// Two partitions have an index each: one is made anew, and the other's documents stay.
func TestPartitions(t *testing.T) {
	s := newServer(t)
	var worlds []*searchtest.World
	for partition := range 2 {
		open := func(_ testing.TB, st *store.Store, _ string, reg prometheus.Registerer, log *slog.Logger) (*search.Index, error) {
			return Open(st, Config{URL: []string{s.URL}, Prefix: prefix}, partition, reg, log)
		}
		w := searchtest.Begin(t, open, t.TempDir())
		w.Add(some(100*partition, 10+partition)...)
		w.Settle()
		worlds = append(worlds, w)
	}
	worlds[0].Index.Rebuild()
	worlds[0].Settle()
	if got := s.state(); got != "dateline-articles+dateline-articles-0: 10, dateline-articles+dateline-articles-1: 11, dateline-cursors: 3" {
		t.Errorf("on the server is %s", got)
	}
}

// A server that is away holds up nothing but searches, which say so; when it is back the index catches up, and one that
// was lost meanwhile is made anew.
func TestServerAway(t *testing.T) {
	s := newServer(t)
	s.down = 503
	w := searchtest.Begin(t, on(s), t.TempDir())
	w.Add(some(0, 5)...)
	until(t, "readiness tells of it", func() bool { return w.Index.Check(t.Context()) != nil })
	q, err := search.ParseQuery(searchtest.Params("q", "word"), 10)
	must(t, err)
	if _, err := w.Index.Search(t.Context(), q); err == nil || !strings.Contains(err.Error(), search.ErrUnavailable.Error()) {
		t.Errorf("a search gives %v", err)
	}
	s.mu.Lock()
	s.down = 0
	s.mu.Unlock()
	w.Settle()
	if err := w.Index.Check(t.Context()); err != nil || s.state() != "dateline-articles+dateline-articles-0: 5, dateline-cursors: 1" {
		t.Errorf("there is %s, %v", s.state(), err)
	}

	s.mu.Lock()
	name, _ := s.at(prefix + "-articles-0")
	delete(s.indexes, name)
	s.mu.Unlock()
	w.Add(some(5, 1)...)
	until(t, "all articles are there again", func() bool {
		return s.state() == "dateline-articles+dateline-articles-0: 6, dateline-cursors: 2"
	})
	if slices.Contains(s.requests, "PUT /"+prefix+"-articles-0") {
		t.Error("the alias was made an index")
	}
}

// An index of another record is left alone, with what there is to do.
func TestOtherRecord(t *testing.T) {
	s := newServer(t)
	w := searchtest.Begin(t, on(s), t.TempDir())
	w.Add(some(0, 5)...)
	w.Settle()
	w.Stop()
	before := s.state()
	w = searchtest.Begin(t, on(s), t.TempDir())
	until(t, "readiness tells of it", func() bool {
		err := w.Index.Check(t.Context())
		return err != nil && strings.Contains(err.Error(), "belongs to another record") && strings.Contains(err.Error(), "--opensearch-prefix")
	})
	if s.state() != before {
		t.Errorf("on the server is %s", s.state())
	}
}

// Requests that are too large for a server are cut in halves.
func TestRequestTooLarge(t *testing.T) {
	s := newServer(t)
	s.largest = 4000
	w := searchtest.Begin(t, on(s), t.TempDir())
	all := some(0, 20)
	all[3].Text = strings.Repeat("long ", 2000)
	w.Add(all...)
	w.Settle()
	if got := s.state(); got != "dateline-articles+dateline-articles-0: 19, dateline-cursors: 1" {
		t.Errorf("on the server is %s", got)
	}
	if n := counter(t, w, "dateline_opensearch_items_refused_total"); n != 1 {
		t.Errorf("%v are refused", n)
	}
}

func TestConfig(t *testing.T) {
	for want, c := range map[string]Config{
		"":                    {URL: []string{"https://a.example:9200", "http://b.example"}, Prefix: "news-1"},
		"is needed":           {Prefix: "a"},
		"has to be a URL":     {URL: []string{"search.example:9200"}, Prefix: "a"},
		"--opensearch-user":   {URL: []string{"https://me:secret@search.example"}, Prefix: "a"},
		"--opensearch-prefix": {URL: []string{"https://search.example"}, Prefix: "News*"},
	} {
		err := c.Check()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// backendOf is a backend without an index around it.
func backendOf(t *testing.T, st *store.Store, s *server) *backend {
	t.Helper()
	b, err := newBackend(st, Config{URL: []string{s.URL}, Prefix: prefix}, 0, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { _ = b.Close() })
	return b
}
