package search

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"dateline/pkg/article"
)

// BenchmarkProject measures how fast articles of about 1 KB of words are stored and become searchable.
func BenchmarkProject(b *testing.B) {
	const total, batch = 20_000, 500
	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 2, 50_000)
	var bytes int64
	for b.Loop() {
		b.StopTimer()
		w := begin(b, b.TempDir())
		var batches [total / batch][]article.Article
		for n := range batches {
			for range batch {
				var text strings.Builder
				for range 160 {
					fmt.Fprintf(&text, "w%x ", zipf.Uint64())
				}
				batches[n] = append(batches[n], titled("Title", text.String()))
			}
		}
		b.StartTimer()
		for _, articles := range batches {
			w.add(articles...)
		}
		w.settle()
		b.StopTimer()
		st, err := w.index.Stats()
		if err != nil {
			b.Fatal(err)
		}
		bytes = st.Bytes
		w.stop()
		b.StartTimer()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/1e6, "MB-from-OS")
	b.ReportMetric(float64(bytes)/total, "index-B/article")
	b.ReportMetric(float64(total*b.N)/b.Elapsed().Seconds(), "articles/s")
}
