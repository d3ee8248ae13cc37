// Package searchtest holds what every backend of the search index has to do, as tests that run against any of them.
package searchtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
)

// Open opens the index of a store. The same directory gives the same index again.
type Open func(t testing.TB, st *store.Store, dir string, reg prometheus.Registerer, log *slog.Logger) (*search.Index, error)

// World is a store and the index that follows it.
type World struct {
	Dir   string
	Store *store.Store
	Index *search.Index
	Reg   *prometheus.Registry
	Stop  func() // closes both; it is called at the end of the test, too

	t testing.TB
	n int
}

// Begin opens a store in a directory, and its index.
func Begin(t testing.TB, open Open, dir string) *World {
	t.Helper()
	return BeginApart(t, open, dir, dir)
}

// BeginApart is Begin with the index in another directory than the store.
func BeginApart(t testing.TB, open Open, dir, indexDir string) *World {
	t.Helper()
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := &World{t: t, Dir: dir, Store: st, Reg: prometheus.NewRegistry()}
	if w.Index, err = open(t, st, indexDir, w.Reg, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(errors.Join(err, st.Close()))
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Index.Run(ctx) }()
	stopped := false
	w.Stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := errors.Join(<-ended, w.Index.Close(), st.Close()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(w.Stop)
	return w
}

// Add stores articles, each with an id of its own if it has none.
func (w *World) Add(articles ...article.Article) {
	w.t.Helper()
	batch := make([]store.Arrival, len(articles))
	for i := range articles {
		a := &articles[i]
		w.n++
		a.SchemaVersion = 1
		if a.ID == "" {
			a.ID = article.IDOfURL(fmt.Sprint(w.n))
		}
		if a.Source == "" {
			a.Source = "news.example"
		}
		a.BodyState = cmp.Or(a.BodyState, article.BodyFull)
		a.Fingerprint = article.Fingerprint(a)
		b, err := json.Marshal(a)
		if err != nil {
			w.t.Fatal(err)
		}
		batch[i] = store.Arrival{Origin: article.Origin("EXT", fmt.Sprint(w.n, time.Now()), 0, time.Time{}, nil), Article: a, JSON: b, Hops: []article.Hop{{Stage: "queue", Time: time.Now()}}}
	}
	if _, err := w.Store.Write(context.Background(), batch); err != nil {
		w.t.Fatal(err)
	}
}

// Remove stores that an article is gone or withdrawn.
func (w *World) Remove(a *article.Article, why article.RemovalReason) {
	w.t.Helper()
	w.n++
	removal := &article.Removal{SchemaVersion: 1, ID: a.ID, URL: a.URL, Source: a.Source, Reason: why, Time: time.Now()}
	if _, err := w.Store.Write(context.Background(), []store.Arrival{{Origin: article.Origin("EXT", fmt.Sprint(w.n, time.Now()), 0, time.Time{}, nil), Removal: removal}}); err != nil {
		w.t.Fatal(err)
	}
}

// Settle waits until everything stored is searchable.
func (w *World) Settle() {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); w.Index.Cursor() < w.Store.LastSeq() || w.Index.Rebuilding(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("index is at %d of %d: %v", w.Index.Cursor(), w.Store.LastSeq(), w.Index.Check(context.Background()))
		}
	}
}

// Params are a search's parameters, given as names and values.
func Params(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// Find searches by parameters, and returns the first page.
func (w *World) Find(pairs ...string) *search.Result {
	w.t.Helper()
	q, err := search.ParseQuery(Params(pairs...), 10)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := w.Index.Search(context.Background(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// Titles are the titles of hits.
func Titles(r *search.Result) []string {
	got := []string{}
	for _, h := range r.Hits {
		got = append(got, h.Article.DisplayTitle.Text)
	}
	return got
}

// Titled is an article.
func Titled(title, text string) article.Article {
	return article.Article{Headline: title, DisplayTitle: article.DisplayTitle{Text: title}, Text: text}
}

// Published is an article of a day.
func Published(a article.Article, day string) article.Article {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	a.DatePublished = &article.Date{Time: t, Precision: article.Day}
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
