package bleve

import (
	"context"
	"flag"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/press"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/searchtest"
)

var benchArticles = flag.Int("articles", 10_000, "how many articles BenchmarkSearch has in its index")

// BenchmarkSearch measures how fast articles become searchable, how large the index is, and how long searches of several
// kinds take: go test -bench Search -benchtime 1x ./services/indexer/search/bleve -args -articles 100000
func BenchmarkSearch(b *testing.B) {
	p, asked := press.New(), 0
	query := func() string { asked++; return p.Query(asked) }
	w := searchtest.Begin(b, open, b.TempDir())
	text, indexing := 0, time.Duration(0)
	for n := 0; n < *benchArticles; {
		batch := make([]article.Article, min(1000, *benchArticles-n))
		for i := range batch {
			batch[i] = p.Article(n + i)
			text += len(batch[i].Text) + len(batch[i].DisplayTitle.Text)
		}
		n += len(batch)
		w.Add(batch...)
		begun := time.Now()
		for w.Index.Cursor() < w.Store.LastSeq() {
			time.Sleep(time.Millisecond)
		}
		indexing += time.Since(begun)
	}
	time.Sleep(2 * time.Second) // merges come to an end
	st, err := w.Index.Stats()
	if err != nil {
		b.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	indexed := float64(*benchArticles) / indexing.Seconds()
	for _, c := range []struct {
		name   string
		query  func() string
		params []string
	}{
		{"two words", query, nil},
		{"two words, facets", query, []string{"facets", "source,language,day,author,agency,section"}},
		{"two words or, facets", func() string { return strings.Replace(query(), " ", " OR ", 1) }, []string{"facets", "source,language,day,author,agency,section"}},
		{"two words, by date, facets", query, []string{"sort", "date", "facets", "source,day"}},
		{"phrase", func() string { return `"` + query() + `"` }, nil},
		{"all, facets", func() string { return "" }, []string{"facets", "source,language,day,author,agency,section"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				n := 300
				if c.name[0] == 'a' {
					n = 3
				}
				for range n {
					q, err := search.ParseQuery(searchtest.Params(append(c.params, "q", c.query())...), 20)
					if err != nil {
						b.Fatal(err)
					}
					begun := time.Now()
					if _, err := w.Index.Search(context.Background(), q); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begun))
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(indexed, "articles-indexed/s")
			b.ReportMetric(float64(st.Bytes)/float64(text), "index/text")
			b.ReportMetric(float64(text)/float64(*benchArticles), "text-B/article")
			b.ReportMetric(float64(m.Sys)/1e6, "MB-from-OS")
		})
	}
}
