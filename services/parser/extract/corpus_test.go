package extract

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// corpusPage is a line of the corpus's manifest, with the page.
type corpusPage struct {
	Dataset string `json:"dataset"`
	ID      string `json:"id"`
	File    string `json:"file"`
	URL     string `json:"url"`
	body    []byte
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

// BenchmarkArticle reads real pages; BenchmarkTree only builds their trees, for comparison.
func BenchmarkArticle(b *testing.B) {
	pages := readCorpus(b, 10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := pages[i%len(pages)]
		_, _ = Article(context.Background(), Page{URL: p.URL, ContentType: "text/html", Body: p.body}) // some have no article
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}

func BenchmarkTree(b *testing.B) {
	pages := readCorpus(b, 10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := html.Parse(strings.NewReader(string(pages[i%len(pages)].body))); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}

// BenchmarkMetadata builds their trees and reads the metadata from these.
func BenchmarkMetadata(b *testing.B) {
	pages := readCorpus(b, 10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := pages[i%len(pages)]
		doc, err := html.Parse(strings.NewReader(string(p.body)))
		if err != nil {
			b.Fatal(err)
		}
		survey(doc).article(Page{URL: p.URL})
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}
