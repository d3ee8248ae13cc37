package searchtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
)

// Run runs all of them.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"Search", testSearch},
		{"ListPagesAreNotSearchedByDefault", testListPagesAreNotSearchedByDefault},
		{"Languages", testLanguages},
		{"Filters", testFilters},
		{"Facets", testFacets},
		{"Counts", testCounts},
		{"OldDatesSortLast", testOldDatesSortLast},
		{"SyntaxErrors", testSyntaxErrors},
		{"Pages", testPages},
		{"PagesWhileArticlesAreAdded", testPagesWhileArticlesAreAdded},
		{"PagesByRelevanceEnd", testPagesByRelevanceEnd},
		{"Collapse", testCollapse},
		{"CollapseWhileArticlesAreAdded", testCollapseWhileArticlesAreAdded},
		{"CollapseOfMany", testCollapseOfMany},
		{"RevisionReplaces", testRevisionReplaces},
		{"Removals", testRemovals},
		{"Matching", testMatching},
		{"Rebuild", testRebuild},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

func testSearch(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	balkhi := Published(Titled("Flour prices in Mazar", "The head of the bakers, Mr Balkhi, said on Wednesday that flour had doubled."), "2024-11-06")
	balkhi.InLanguage, balkhi.Agency, balkhi.Authors = "en-GB", "Example News Agency", []article.Author{{Name: "Sara Writer"}}
	beijing := Published(Titled("北京市的天气", "今天北京市天气很好。"), "2024-11-05")
	beijing.InLanguage, beijing.Source = "zh", "Xin.example"
	wide := Titled("Ｆｕｌｌ ｗｉｄｔｈ", "No date here. Café society, ÉCOLE.")
	w.Add(balkhi, beijing, wide)
	w.Settle()

	for _, c := range []struct {
		name string
		ask  []string
		want []string
	}{
		{"word", []string{"q", "balkhi"}, []string{"Flour prices in Mazar"}},
		{"word of the title", []string{"q", "MAZAR"}, []string{"Flour prices in Mazar"}},
		{"phrase", []string{"q", `"flour had doubled"`}, []string{"Flour prices in Mazar"}},
		{"phrase in another order", []string{"q", `"doubled had flour"`}, []string{}},
		{"field", []string{"q", `agency:"example news"`}, []string{"Flour prices in Mazar"}},
		{"author", []string{"q", "authors:sara"}, []string{"Flour prices in Mazar"}},
		{"field of another's word", []string{"q", "title:balkhi"}, []string{}},
		{"not", []string{"q", "-balkhi", "sort", "date"}, []string{"北京市的天气", "Ｆｕｌｌ ｗｉｄｔｈ"}},
		{"Chinese", []string{"q", "北京"}, []string{"北京市的天气"}},
		{"width and case", []string{"q", "full width"}, []string{"Ｆｕｌｌ ｗｉｄｔｈ"}},
		{"accents and case do not count", []string{"q", "ecole"}, []string{"Ｆｕｌｌ ｗｉｄｔｈ"}},
		{"all, by date, undated last", nil, []string{"Flour prices in Mazar", "北京市的天气", "Ｆｕｌｌ ｗｉｄｔｈ"}},
		{"from", []string{"from", "2024-11-06"}, []string{"Flour prices in Mazar"}},
		{"to counts the day", []string{"to", "2024-11-06"}, []string{"Flour prices in Mazar", "北京市的天气"}},
		{"to as an instant does not", []string{"to", "2024-11-06T00:00:00Z"}, []string{"北京市的天气"}},
		{"one day", []string{"from", "2024-11-05", "to", "2024-11-05"}, []string{"北京市的天气"}},
		{"source in any case", []string{"source", "xin.EXAMPLE"}, []string{"北京市的天气"}},
		{"language alone", []string{"lang", "en"}, []string{"Flour prices in Mazar"}},
		{"language tag", []string{"lang", "EN-gb"}, []string{"Flour prices in Mazar"}},
		{"all together", []string{"q", "flour", "lang", "en", "source", "news.example", "from", "2024-01-01", "to", "2024-12-31"}, []string{"Flour prices in Mazar"}},
		{"nothing", []string{"q", "xyzzy"}, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.Find(c.ask...)
			if got := Titles(r); !slices.Equal(got, c.want) || r.Total != uint64(len(c.want)) {
				t.Errorf("found %d: %q, want %q", r.Total, got, c.want)
			}
		})
	}

	if got, want := w.Find("q", "balkhi flour").Hits[0].Snippet, "The head of the bakers, Mr <mark>Balkhi</mark>, said on Wednesday that <mark>flour</mark> had doubled."; got != want {
		t.Errorf("snippet is %q, want %q", got, want)
	}
	if got, want := w.Find("q", "北京市").Hits[0].Snippet, "今天<mark>北京市</mark>天气很好。"; got != want {
		t.Errorf("snippet is %q, want %q", got, want)
	}
}

func testListPagesAreNotSearchedByDefault(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	whole, list := Titled("Whole", "flour and salt"), Titled("List", "flour and bread")
	whole.BodyState, list.BodyState = article.BodyFull, article.BodyList
	w.Add(whole, list)
	w.Settle()
	for _, c := range []struct {
		ask  []string
		want []string
	}{
		{[]string{"q", "flour"}, []string{"Whole"}},
		{[]string{"q", "flour", "body_state", "list"}, []string{"List"}},
		{[]string{"q", "flour", "body_state", "any", "sort", "date"}, []string{"List", "Whole"}},
		{nil, []string{"Whole"}},
	} {
		got := Titles(w.Find(c.ask...))
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.ask, got, c.want)
		}
	}
	if _, err := search.ParseQuery(Params("body_state", "most"), 10); err == nil {
		t.Error("an unknown state is taken")
	}
}

func testRevisionReplaces(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	a := Titled("Title", "before")
	a.ID = article.IDOfURL("a")
	w.Add(a)
	w.Settle()
	a.Text = "after"
	w.Add(a)
	w.Settle()
	if n := w.Find("q", "before").Total; n != 0 {
		t.Errorf("the old revision is found %d times", n)
	}
	if r := w.Find("q", "after"); r.Total != 1 || r.Hits[0].Record.Revision != 2 || r.Hits[0].Snippet != "<mark>after</mark>" {
		t.Errorf("the new revision gives %+v", r)
	}
}

func testPages(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	var want []string
	for i := range 25 {
		a := Titled(fmt.Sprintf("Title %02d", i), strings.Repeat("word ", i%4+1)+strings.Repeat("other ", i%3))
		if i%5 > 0 {
			a = Published(a, fmt.Sprintf("2024-11-%02d", i%5))
		}
		w.Add(a)
		want = append(want, a.DisplayTitle.Text)
	}
	w.Settle()
	for _, order := range []search.Sort{search.ByDate, search.ByRelevance} {
		var got []string
		cursor := ""
		for range 10 {
			r := w.Find("q", "word", "sort", string(order), "cursor", cursor)
			if r.Total != 25 {
				t.Errorf("total is %d", r.Total)
			}
			got = append(got, Titles(r)...)
			if cursor = r.Next; cursor == "" {
				break
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("pages by %s hold %q", order, got)
		}
	}
}

func testRebuild(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	for i := range 300 {
		w.Add(Titled(fmt.Sprint("Title ", i), "word"))
	}
	w.Settle()
	w.Index.Rebuild()
	w.Index.Rebuild()
	for w.Index.Rebuilding() {
		if n := w.Find("q", "word").Total; n != 300 {
			t.Fatalf("%d of 300 articles are found meanwhile", n)
		}
	}
	w.Add(Titled("Later", "word"))
	w.Settle()
	if n := w.Find("q", "word").Total; n != 301 {
		t.Errorf("%d of 301 articles are found", n)
	}
	if err := w.Index.Check(t.Context()); err != nil {
		t.Error(err)
	}
	w.Stop()
	w = Begin(t, open, w.Dir)
	if n := w.Find("q", "word").Total; n != 301 {
		t.Errorf("%d of 301 articles are found at once after a restart", n)
	}
}

// An error in a query says where it is, whatever the backend.
func testSyntaxErrors(t *testing.T, open Open) {
	for q, at := range map[string]int{`flour "bread`: 12, "(flour": 6, "flour OR": 8, "size:3": 0, "published:soon": 10} {
		_, err := search.ParseQuery(Params("q", q), 10)
		if pe := (*search.ParamError)(nil); !errors.As(err, &pe) || pe.Syntax == nil || pe.Syntax.Byte != at {
			t.Errorf("%s gives %v", q, err)
		}
	}
}

// What its publisher withdraws leaves the index; what is gone from its page stays, and what comes back is found again.
func testRemovals(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	var all []article.Article
	for _, name := range []string{"stays", "gone", "withdrawn"} {
		a := Titled(name, "word")
		a.URL = "https://news.example/" + name
		a.ID = article.IDOfURL(a.URL)
		all = append(all, a)
	}
	w.Add(all...)
	w.Settle()
	w.Remove(&all[1], article.Gone)
	w.Remove(&all[2], article.Withdrawn)
	w.Settle()
	got := Titles(w.Find("q", "word"))
	if slices.Sort(got); !slices.Equal(got, []string{"gone", "stays"}) {
		t.Errorf("found %q", got)
	}
	all[2].Text = "word again"
	w.Add(all[2])
	w.Settle()
	if r := w.Find("q", "again"); r.Total != 1 {
		t.Errorf("what came back is found %d times", r.Total)
	}
}

// Matching is what an export asks: all ids that match, once each, and up to which change.
func testMatching(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	var all []article.Article
	want := map[string]bool{}
	for i := range 60 {
		a := Titled(fmt.Sprint("Title ", i), []string{"word", "other"}[i%2])
		a.ID = article.IDOfURL(a.Headline)
		all, want[a.ID] = append(all, a), i%2 == 0
	}
	w.Add(all...)
	w.Settle()
	q, err := search.ParseQuery(Params("q", "word"), 1)
	must(t, err)
	got := map[string]int{}
	cursor, err := w.Index.Matching(t.Context(), q, func(id string) error { got[id]++; return nil })
	must(t, err)
	if cursor != w.Store.LastSeq() || len(got) != 30 {
		t.Errorf("%d match as of %d", len(got), cursor)
	}
	for id, n := range got {
		if n != 1 || !want[id] {
			t.Errorf("%s comes %d times", id, n)
		}
	}
	at, err := w.Index.Searchable()
	if err != nil || at != cursor {
		t.Errorf("searchable is %d, %v", at, err)
	}
	stop := errors.New("enough")
	if _, err := w.Index.Matching(t.Context(), q, func(string) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of visit gives %v", err)
	}
}
