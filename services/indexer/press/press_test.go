package press

import (
	"slices"
	"strings"
	"testing"

	"dateline/pkg/article"
)

// Articles are the same whatever was made before, so that a run that ended early can go on, and are of the kind that is
// measured: different ones, some of them copies of others.
func TestArticles(t *testing.T) {
	const n = 2000
	p, again := New(), New()
	ids, texts, copies, words := map[string]bool{}, map[string]bool{}, 0, 0
	for i := range n {
		a := p.Article(i)
		if b := again.Article(n - 1 - i); i == n/2-1 && b.ID == a.ID {
			t.Fatal("two articles have one id")
		}
		ids[a.ID] = true
		if first := a.Body[0].Text; texts[first] {
			copies++
		} else {
			texts[first] = true
		}
		words += len(strings.Fields(a.Text))
	}
	if len(ids) != n {
		t.Errorf("%d ids of %d articles", len(ids), n)
	}
	if copies < n/5 || copies > n/3 {
		t.Errorf("%d of %d are copies, wanted about one in %d", copies, n, copyEvery)
	}
	if mean := words / n; mean < 300 || mean > 420 {
		t.Errorf("%d words an article", mean)
	}
	a, b := p.Article(77), New().Article(77)
	if a.Fingerprint != article.Fingerprint(&a) || a.Fingerprint != b.Fingerprint || a.ID != b.ID || a.Source != b.Source {
		t.Error("the 77th is another one each time")
	}
	if p.Query(5) != New().Query(5) || p.Query(5) == p.Query(6) || len(strings.Fields(p.Query(5))) != 2 {
		t.Errorf("queries are %q, %q", p.Query(5), p.Query(6))
	}
	if langs := []string{p.Article(0).InLanguage, p.Article(3).InLanguage, p.Article(4).InLanguage}; !slices.Contains(langs, "en") {
		t.Errorf("languages are %q", langs)
	}
}

func BenchmarkArticle(b *testing.B) {
	p := New()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Article(i)
	}
}
