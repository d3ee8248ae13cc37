package export

import (
	"context"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"dateline/pkg/article"
	"dateline/services/indexer/store"
)

// article4K has 4 KB of text, as an article has.
func article4K() *article.Article {
	a := whole()
	a.Body = nil
	for i := range 8 {
		a.Body = append(a.Body, article.Block{Type: article.Paragraph, Text: fmt.Sprintf("In paragraph %d the council said: ", i) + strings.Repeat("the price of flour is higher than last year, ", 10)})
	}
	a.Text = article.PlainText(a.Body)
	return a
}

// BenchmarkEncode is the encoders alone; rows/s and bytes of article JSON.
func BenchmarkEncode(b *testing.B) {
	r := record(b, 1, article4K())
	for _, f := range Formats {
		b.Run(string(f), func(b *testing.B) {
			e, err := New(io.Discard, Options{Format: f})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(r.Article)))
			for b.Loop() {
				if err := e.Encode(r); err != nil {
					b.Fatal(err)
				}
			}
			if err := e.Close(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

var rows = flag.Int("rows", 10_000, "articles that BenchmarkExport exports")

// BenchmarkExport is a whole export from a store and an index: what it takes to find the rows, and what each takes then.
// peak-MB is how much the heap grew at most; it has to be the same for ten times the rows.
func BenchmarkExport(b *testing.B) {
	w := begin(b)
	var batch []store.Arrival
	for i := range *rows {
		a := article4K()
		a.ID, a.Fingerprint = article.IDOfURL(fmt.Sprint(i)), article.IDOfURL(fmt.Sprint("fingerprint", i))
		r := record(b, 0, a)
		a.Fingerprint = article.Fingerprint(a)
		batch = append(batch, store.Arrival{Origin: article.IDOfURL(fmt.Sprint("origin", i)), Article: a, JSON: r.Article, Hops: []article.Hop{{Stage: "queue", Time: stored}}})
		if len(batch) == 1000 || i+1 == *rows {
			if _, err := w.store.Write(context.Background(), batch); err != nil {
				b.Fatal(err)
			}
			batch = nil
			w.settle()
		}
	}
	q := w.query("flour")
	b.Run("select", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if s, err := Select(context.Background(), w.store, w.index, q, w.index.Cursor()); err != nil || s.Count() != *rows {
				b.Fatal(s, err)
			}
		}
		b.ReportMetric(float64(b.N**rows)/b.Elapsed().Seconds(), "rows/s")
	})
	s, err := Select(context.Background(), w.store, w.index, q, w.index.Cursor())
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range Formats {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			var peak uint64
			for b.Loop() {
				runtime.GC()
				var before, now runtime.MemStats
				runtime.ReadMemStats(&before)
				e, err := New(io.Discard, Options{Format: f})
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				for seq := range s.From(0) {
					r, err := w.store.Record(seq)
					if err == nil {
						err = e.Encode(r)
					}
					if err != nil {
						b.Fatal(err)
					}
					if n++; n%1000 == 0 {
						if runtime.ReadMemStats(&now); now.HeapInuse > before.HeapInuse {
							peak = max(peak, now.HeapInuse-before.HeapInuse)
						}
					}
				}
				if err := e.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N**rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(peak)/1e6, "peak-MB")
		})
	}
}
