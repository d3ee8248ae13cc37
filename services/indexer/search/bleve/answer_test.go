package bleve

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/press"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/searchtest"
	"dateline/services/indexer/store"

	bsearch "github.com/blevesearch/bleve/v2/search"
)

// asBleveFinds are the ids that bleve's own searchers find.
func (g *generation) asBleveFinds(t *testing.T, q *search.Query) (ids []string) {
	t.Helper()
	s, err := snapshotOf(g.Index)
	must(t, err)
	defer s.Close()
	searcher, err := matches(q).Searcher(t.Context(), s, g.Mapping(), bsearch.SearcherOptions{Score: "none"})
	must(t, err)
	defer searcher.Close()
	sc := &bsearch.SearchContext{DocumentMatchPool: bsearch.NewDocumentMatchPool(searcher.DocumentMatchPoolSize()+1, 0), IndexReader: s}
	for {
		match, err := searcher.Next(sc)
		must(t, err)
		if match == nil {
			return ids
		}
		id, err := s.ExternalID(match.IndexInternalID)
		must(t, err)
		ids = append(ids, id)
		sc.DocumentMatchPool.Put(match)
	}
}

// What bitmaps find is what bleve's searchers find, in each kind of query, and facets count all of it once.
func TestAnswerAgreesWithBleve(t *testing.T) {
	w := searchtest.Begin(t, open, t.TempDir())
	p := press.New()
	for round := range 4 { // several segments, and revisions, which leave deleted documents behind
		var batch []article.Article
		for n := range 150 {
			a := p.Article(100*round + n)
			if n%7 == 0 {
				a.BodyState = article.BodyList
			}
			if n%11 == 0 {
				a.DatePublished = nil
			}
			a.Text += fmt.Sprintf("\n\nRound %d of the talks.", round)
			batch = append(batch, a)
		}
		w.Add(batch...)
		w.Settle()
	}
	w.Stop()
	st, err := store.Open(w.Dir)
	must(t, err)
	defer st.Close()
	x := &backend{store: st, dir: filepath.Join(w.Dir, DirName)}
	x.cur, err = x.open(x.dir)
	must(t, err)
	defer x.Close()
	for _, ask := range [][]string{
		{"q", ""},
		{"q", "", "body_state", "any"},
		{"q", "talks"},
		{"q", strings.Join(strings.Fields(p.Article(2).Headline)[:2], " ")},
		{"q", strings.Replace(p.Query(3), " ", " OR ", 1)},
		{"q", strings.Replace(p.Query(4), " ", " OR ", 1) + " OR nothing"},
		{"q", "talks -3"},
		{"q", "-3"},
		{"q", "ro*"},
		{"q", "title:" + strings.Fields(p.Article(3).Headline)[1] + "*"},
		{"q", "talks", "source", p.Article(5).Source},
		{"q", "talks", "lang", "en", "agency", p.Article(0).Agency},
		{"q", "talks", "from", "2024-03-05", "to", "2025-02"},
		{"q", "talks", "from", "2024-03-05T10:11:12Z", "body_state", "any"},
		{"q", "published:2024 talks", "section", p.Article(1).Section},
		{"q", "nowhere"},
	} {
		for _, order := range []search.Sort{search.ByRelevance, search.ByDate} {
			q, err := search.ParseQuery(searchtest.Params(append(ask, "sort", string(order))...), 20)
			if err != nil {
				t.Fatal(err)
			}
			want := x.cur.asBleveFinds(t, q)
			a, err := x.cur.answer(t.Context(), matches(q), question{best: 1000, order: order, labels: true})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, m := range a.best {
				got = append(got, m.id)
				if i == 0 {
					continue
				}
				before := a.best[i-1]
				if m.score > before.score || m.score == before.score && (m.order > before.order || m.order == before.order && m.id < before.id) {
					t.Errorf("%q: %+v comes after %+v", ask, m, before)
				}
			}
			few, err := x.cur.answer(t.Context(), matches(q), question{best: 7, order: order})
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range few.best {
				if m.id != got[i] {
					t.Errorf("%q: of the best 7, %s is at %d, of all %s", ask, m.id, i, got[i])
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) || int(a.total) != len(want) {
				t.Errorf("%q: %d found, %d in all, bleve finds %d", ask, len(got), a.total, len(want))
			}
			if !slices.Contains(ask, "nowhere") && len(want) == 0 {
				t.Errorf("%q finds nothing: it tests nothing", ask)
			}
			days, dated := 0, 0
			for _, v := range a.facet(search.ByDay, 0).Values {
				days += v.Count
			}
			for _, m := range a.best {
				if m.order != 0 {
					dated++
				}
			}
			if days != dated {
				t.Errorf("%q: %d in days, %d have one", ask, days, dated)
			}
		}
	}
}

// Words stand where they were written, each time, and in no other value.
func TestPhrases(t *testing.T) {
	w := searchtest.Begin(t, open, t.TempDir())
	many := strings.Repeat("the talks went on and on, ", 40) + "and then the round ended."
	a := searchtest.Titled("The long talks", many)
	a.Keywords = []string{"peace talks", "round table"}
	b := searchtest.Titled("A round of talks", "Of the talks there is nothing to say. Peace is round.")
	w.Add(a, b)
	w.Settle()
	for _, c := range []struct {
		phrase string
		want   []string
	}{
		{`"talks went on and on the talks"`, []string{"The long talks"}},
		{`"on and then the round ended"`, []string{"The long talks"}},
		{`"on and on and then"`, []string{"The long talks"}},
		{`"on on"`, nil},
		{`"the talks"`, []string{"The long talks", "A round of talks"}},
		{`"round of talks"`, []string{"A round of talks"}},
		{`title:"long talks"`, []string{"The long talks"}},
		{`keyword:"peace talks"`, []string{"The long talks"}},
		{`keyword:"talks round"`, nil},
		{`"is round"`, []string{"A round of talks"}},
		{`"long talks the talks"`, []string{"The long talks"}},
		{`"round ended" OR "nothing to say"`, []string{"The long talks", "A round of talks"}},
		{`talks -"nothing to say"`, []string{"The long talks"}},
	} {
		got := searchtest.Titles(w.Find("q", c.phrase))
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s finds %q, wanted %q", c.phrase, got, c.want)
		}
	}
}

// A page by date begins after the last of the one before, whatever is alike.
func TestAnswerAfter(t *testing.T) {
	w := searchtest.Begin(t, open, t.TempDir())
	var batch []article.Article
	for n := range 50 {
		batch = append(batch, searchtest.Published(searchtest.Titled(fmt.Sprint("Talks ", n), "Same."), fmt.Sprintf("2024-11-%02d", 1+n/20)))
	}
	for n := range 10 {
		batch = append(batch, searchtest.Titled(fmt.Sprint("Undated ", n), "Same."))
	}
	w.Add(batch...)
	w.Settle()
	seen := map[string]bool{}
	cursor, last := "", time.Time{}
	for pages := 0; pages == 0 || cursor != ""; pages++ {
		r := w.Find("sort", "date", "cursor", cursor)
		for _, h := range r.Hits {
			if seen[h.Article.ID] {
				t.Fatalf("%s comes twice", h.Article.ID)
			}
			seen[h.Article.ID] = true
			var at time.Time
			if h.Article.DatePublished != nil {
				at = h.Article.DatePublished.Time
			}
			if !last.IsZero() && at.After(last) {
				t.Errorf("%s comes after %s", at, last)
			}
			last = at
		}
		cursor = r.Next
	}
	if len(seen) != len(batch) {
		t.Errorf("%d of %d on all pages", len(seen), len(batch))
	}
}

func TestPeriodTerms(t *testing.T) {
	day := time.Date(2024, 11, 6, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct{ from, before time.Time }{
		{day, day.AddDate(0, 0, 1)},
		{day, day.Add(time.Second)},
		{day.Add(1234567 * time.Second), day.AddDate(3, 2, 1)},
		{time.Time{}, day},
		{day, time.Time{}},
		{time.Time{}, time.Time{}},
		{day, day},
		{day.Add(time.Second / 2), day.Add(3 * time.Second / 2)},
	} {
		p := during(fieldPublished, c.from, c.before)
		runs := p.ranges()
		if len(runs) > 2*orderBytes {
			t.Errorf("%v: %d runs", c, len(runs))
		}
		for _, at := range []time.Time{
			day.AddDate(-300, 0, 0), day.Add(-time.Second), day, day.Add(time.Second), day.AddDate(0, 0, 1).Add(-time.Second), day.AddDate(0, 0, 1),
			day.Add(1234566 * time.Second), day.Add(1234567 * time.Second), day.AddDate(3, 2, 1), day.AddDate(3, 2, 1).Add(-time.Second), day.AddDate(200, 0, 0),
		} {
			found := 0
			for _, term := range spanTerms(at) {
				for _, run := range runs {
					if string(run[0]) <= term && term <= string(run[1]) && len(term) == len(run[0]) {
						found++
					}
				}
			}
			want := 0
			if (c.from.IsZero() || !at.Before(c.from)) && (c.before.IsZero() || at.Before(c.before)) {
				want = 1
			}
			if found != want {
				t.Errorf("%s is found %d times from %s to before %s", at, found, c.from, c.before)
			}
		}
	}
}
