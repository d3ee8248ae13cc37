package searchtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
)

// story is one of the copies of a text that some sites print, each with words of its own that move its place.
func story(n, copy int) article.Article {
	var b strings.Builder
	for i := range 80 {
		fmt.Fprintf(&b, "s%dw%d ", n, i*i)
	}
	b.WriteString(strings.Repeat("word ", copy*5%3+1))
	a := Published(Titled(fmt.Sprintf("Story %d copy %d", n, copy), b.String()), fmt.Sprintf("2024-11-%02d", (n*7+copy*3)%28+1))
	a.Source = fmt.Sprintf("site%d.example", copy)
	a.ID = article.IDOfURL(a.DisplayTitle.Text)
	return a
}

// pagesOf reads all pages, and calls between after each.
func (w *World) pagesOf(limit int, between func(), pairs ...string) []search.Hit {
	w.t.Helper()
	var hits []search.Hit
	cursor := ""
	for range 1000 {
		q, err := search.ParseQuery(Params(append(pairs, "cursor", cursor)...), limit)
		must(w.t, err)
		r, err := w.Index.Search(w.t.Context(), q)
		must(w.t, err)
		hits = append(hits, r.Hits...)
		if cursor = r.Next; cursor == "" {
			return hits
		}
		between()
	}
	w.t.Fatal("the pages do not end")
	return nil
}

// Of copies the first in the order asked for comes, over all pages; what has no copies comes as ever.
func testCollapse(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	for n := range 9 {
		for copy := range n%4 + 1 {
			w.Add(story(n, copy))
		}
	}
	w.Add(Published(Titled("Alone", "word"), "2024-11-15"))
	w.Settle()
	for _, order := range []string{"date", "relevance"} {
		var want []string // the first of each story
		all := w.pagesOf(4, func() {}, "q", "word", "sort", order)
		if len(all) != 22 {
			t.Fatalf("%d articles by %s", len(all), order)
		}
		stories := map[string]bool{}
		for _, h := range all {
			name, _, _ := strings.Cut(h.Article.DisplayTitle.Text, " copy")
			if !stories[name] {
				want = append(want, h.Article.DisplayTitle.Text)
			}
			stories[name] = true
		}
		for _, limit := range []int{1, 3, 100} {
			got := w.pagesOf(limit, func() {}, "q", "word", "sort", order, "collapse", "duplicates")
			if names := Titles(&search.Result{Hits: got}); !slices.Equal(names, want) {
				t.Errorf("by %s in pages of %d:\ngot  %q\nwant %q", order, limit, names, want)
			}
			for _, h := range got {
				var n int
				_, _ = fmt.Sscanf(h.Article.DisplayTitle.Text, "Story %d", &n)
				if copies := uint64(n%4 + 1); copies > 1 && h.Copies != copies || copies == 1 && h.Copies+h.Group != 0 {
					t.Errorf("%s has %d copies, in group %d", h.Article.DisplayTitle.Text, h.Copies, h.Group)
				}
			}
		}
	}
	if r := w.Find("q", "word", "collapse", "duplicates", "facets", "source"); r.Total != 22 || r.Facets["source"].Values[0].Count != 9 {
		t.Errorf("collapsed, there are %d: %v", r.Total, r.Facets)
	}
}

// While copies are added between pages, what was there comes once, or a copy of it does, and no story twice.
func testCollapseWhileArticlesAreAdded(t *testing.T, open Open) {
	const stories = 20
	for _, order := range []string{"date", "relevance"} {
		w := Begin(t, open, t.TempDir())
		print := func(copies ...int) {
			var all []article.Article
			for n := range stories {
				for _, copy := range copies {
					all = append(all, story(n, copy))
				}
			}
			w.Add(all...)
			w.Settle()
		}
		print(0, 1)
		page := 0
		hits := w.pagesOf(4, func() {
			if page++; page < 6 {
				print(page + 1)
			}
		}, "q", "word", "sort", order, "collapse", "duplicates")
		told := map[uint64]int{}
		for _, h := range hits {
			told[h.Group]++
		}
		if len(told) != stories || len(hits) != stories {
			t.Errorf("by %s, %d articles of %d stories came, of %d", order, len(hits), len(told), stories)
		}
	}
}

// One story that all sites print does not hide what is behind it.
func testCollapseOfMany(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	var many []article.Article
	for copy := range 600 {
		many = append(many, story(0, copy))
	}
	w.Add(many...)
	w.Add(Published(Titled("Alone", "word"), "1999-11-15"))
	w.Settle()
	for _, order := range []string{"date", "relevance"} {
		if got := w.pagesOf(1, func() {}, "q", "word", "sort", order, "collapse", "duplicates"); len(got) != 2 {
			t.Errorf("by %s: %q", order, Titles(&search.Result{Hits: got}))
		}
	}
}
