package capture

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"

	"golang.org/x/net/html"
)

// corpusPage is a line of the corpus's manifest, with the page.
type corpusPage struct {
	Dataset string `json:"dataset"`
	ID      string `json:"id"`
	File    string `json:"file"`
	URL     string `json:"url"`
	body    []byte
	digest  string
}

// readCorpus reads every nth page of ../shared/corpus (DATELINE_SHARED names another place than ../shared).
func readCorpus(t testing.TB, every int) []corpusPage {
	t.Helper()
	shared := os.Getenv("DATELINE_SHARED")
	if shared == "" {
		shared = "../../../../shared"
	}
	dir := filepath.Join(shared, "corpus")
	f, err := os.Open(filepath.Join(dir, "manifest.jsonl"))
	if err != nil {
		t.Skipf("the corpus is not here: %v", err)
	}
	defer f.Close()
	var pages []corpusPage
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for n := 0; lines.Scan(); n++ {
		if n%every != 0 {
			continue
		}
		var p corpusPage
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		p.body = gunzip(t, filepath.Join(dir, p.File))
		p.digest = article.Digest(p.body) // with which the fetcher hands it over
		pages = append(pages, p)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return pages
}

func gunzip(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tree only builds a page's tree: what everything else is measured by.
func (p *corpusPage) tree(tb testing.TB) {
	if _, err := html.Parse(strings.NewReader(string(p.body))); err != nil {
		tb.Fatal(err)
	}
}

// article is all that the parser does for a page.
func (p *corpusPage) article() {
	_, _, _ = Article(context.Background(), &article.Page{URL: p.URL, FinalURL: p.URL, ContentType: "text/html", Body: p.body, Digest: p.digest, Captured: captured}, nil, nil) // some have none
}

var captured = time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)

// BenchmarkCost makes articles of real pages and, in turn with that, only builds their trees, so that a noisy machine is
// noisy for both. of-tree-speed is how many pages the whole does in the time that trees take for one.
func BenchmarkCost(b *testing.B) {
	pages := readCorpus(b, 10)
	var tree, whole time.Duration
	for i := 0; b.Loop(); i++ {
		p := &pages[i%len(pages)]
		start := time.Now()
		p.tree(b)
		between := time.Now()
		p.article()
		tree, whole = tree+between.Sub(start), whole+time.Since(between)
	}
	b.ReportMetric(float64(b.N)/whole.Seconds(), "articles/s")
	b.ReportMetric(float64(b.N)/tree.Seconds(), "trees/s")
	b.ReportMetric(tree.Seconds()/whole.Seconds(), "of-tree-speed")
}

func BenchmarkArticle(b *testing.B) {
	pages := readCorpus(b, 10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		pages[i%len(pages)].article()
	}
}

func BenchmarkTree(b *testing.B) {
	pages := readCorpus(b, 10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		pages[i%len(pages)].tree(b)
	}
}

// TestMemory holds what an article allocates to twice what its page's tree does.
func TestMemory(t *testing.T) {
	pages := readCorpus(t, 10)
	pages[0].article() // what is built once
	allocated := func(f func(*corpusPage)) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range pages {
			f(&pages[i])
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	tree, whole := allocated(func(p *corpusPage) { p.tree(t) }), allocated((*corpusPage).article)
	if ratio := float64(whole) / float64(tree); ratio > 2 {
		t.Errorf("articles allocate %.2f times what trees do, %d bytes a page", ratio, whole/uint64(len(pages)))
	} else {
		t.Logf("articles allocate %.2f times what trees do, %d bytes a page", ratio, whole/uint64(len(pages)))
	}
}
