package searchtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
)

// edition is some articles of two agencies over a few days.
func edition(w *World) {
	for i, c := range []struct{ title, day, agency, author, section, source, lang string }{
		{"flour one", "2024-11-04", "Example News", "Sara Ahmadi", "Economy", "a.example", "en"},
		{"flour two", "2024-11-06", "EXAMPLE NEWS", "SARA AHMADI", "economy", "a.example", "en-GB"},
		{"flour three", "2024-11-06", "Example-News", "Ada Brenn", "World", "b.example", "en"},
		{"salt", "2024-11-06", "Other", "Ada Brenn", "World", "b.example", "fa"},
		{"salt undated", "", "", "", "", "b.example", ""},
	} {
		a := Titled(c.title, "text")
		if c.day != "" {
			a = Published(a, c.day)
		}
		a.Agency, a.Section, a.Source, a.InLanguage = c.agency, c.section, c.source, c.lang
		if c.author != "" {
			a.Authors = []article.Author{{Name: c.author}}
		}
		a.ID = article.IDOfURL(fmt.Sprint("edition", i))
		w.Add(a)
	}
	month := Titled("flour of a month", "text")
	month.DatePublished = &article.Date{Time: time.Date(2024, 11, 1, 0, 0, 0, 0, time.UTC), Precision: article.Month}
	month.Source = "a.example"
	w.Add(month)
	w.Settle()
}

func testFacets(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	edition(w)
	for _, c := range []struct{ q, facets, limit, want string }{
		{"", "source", "", "map[source:{[{a.example 3} {b.example 3}] 0}]"},
		{"", "language", "", "map[language:{[{en 3} {fa 1}] 0}]"},
		{"", "day", "1", "map[day:{[{2024-11-04 1} {2024-11-06 3}] 0}]"},
		{"flour", "day,source", "1", "map[day:{[{2024-11-04 1} {2024-11-06 2}] 0} source:{[{a.example 3}] 1}]"},
		{"", "section", "", "map[section:{[{Economy 2} {World 2}] 0}]"},
		{"", "author", "1", "map[author:{[{Ada Brenn 2}] 2}]"},
		{"nothing", "agency", "", "map[agency:{[] 0}]"},
	} {
		r := w.Find("q", c.q, "facets", c.facets, "facet_limit", c.limit)
		if got := fmt.Sprint(r.Facets); got != c.want {
			t.Errorf("%q by %s: %s, want %s", c.q, c.facets, got, c.want)
		}
	}
	if r := w.Find("facets", "agency"); r.Facets["agency"].Values[0].Count != 3 || len(r.Facets["agency"].Values) != 2 {
		t.Errorf("agencies are %v", r.Facets)
	}
}

// What a facet tells, the filter of its name takes, and so does the query.
func testFilters(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	edition(w)
	for _, c := range []struct {
		ask  []string
		want int
	}{
		{[]string{"agency", "Example News"}, 3},
		{[]string{"agency", "example"}, 0},
		{[]string{"q", "agency:example"}, 3},
		{[]string{"author", "sara ahmadi"}, 2},
		{[]string{"q", `author:"sara ahmadi"`}, 2},
		{[]string{"q", "author:(sara OR brenn)"}, 4},
		{[]string{"section", "Economy", "author", "Ada Brenn"}, 0},
		{[]string{"section", "world", "q", "flour"}, 1},
		{[]string{"q", "source:B.example"}, 3},
		{[]string{"q", "source:b*"}, 3},
		{[]string{"q", "language:en"}, 3},
		{[]string{"q", "lang:en-gb"}, 1},
		{[]string{"q", "body_state:full"}, 6},
		{[]string{"q", "-body_state:full"}, 0},
		{[]string{"q", "published:2024-11-06"}, 3},
		{[]string{"q", "published:2024-11-05.."}, 3},
		{[]string{"q", "published:<2024-11-06"}, 2},
		{[]string{"q", "-published:2024"}, 1},
		{[]string{"q", "stored:>=2020"}, 6},
		{[]string{"q", "flour OR (salt -undated)"}, 5},
		{[]string{"q", "NOT (flour OR salt)"}, 0},
		{[]string{"q", "title:(flour OR salt) -two"}, 5},
		{[]string{"q", "fl*"}, 4},
		{[]string{"q", "flour —"}, 4},
		{[]string{"q", "—"}, 0},
		{[]string{"q", "*"}, 6},
		{[]string{"from", "2024-11", "to", "2024-11"}, 5},
	} {
		if r := w.Find(c.ask...); r.Total != uint64(c.want) {
			t.Errorf("%q finds %d: %q, want %d", c.ask, r.Total, Titles(r), c.want)
		}
	}
}

func testCounts(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	edition(w)
	for _, c := range []struct {
		interval search.Interval
		ask      []string
		want     string
	}{
		{search.Day, []string{"q", "salt"}, "2 of 6: 2024-11-04 0/1, 2024-11-06 1/3"},
		{search.Week, []string{"q", "flour"}, "4 of 6: 2024-11-04 3/4"},
		{search.Month, []string{"q", "flour", "source", "a.example"}, "3 of 3: 2024-11-01 2/2"},
		{search.Day, []string{"q", "flour", "from", "2024-11-05"}, "2 of 3: 2024-11-06 2/3"},
		{search.Day, []string{"source", "none"}, "0 of 0:"},
	} {
		q, err := search.ParseQuery(Params(c.ask...), 0)
		must(t, err)
		n, err := w.Index.Counts(t.Context(), q, c.interval)
		must(t, err)
		got := fmt.Sprintf("%d of %d:", n.Total, n.All)
		for i, p := range n.Periods {
			if i > 0 {
				got += ","
			}
			got += fmt.Sprintf(" %s %d/%d", p.Begin.Format(time.DateOnly), p.Count, p.All)
		}
		if got != c.want {
			t.Errorf("%q by %s: %s, want %s", c.ask, c.interval, got, c.want)
		}
	}
}

// most is how far pages by relevance go.
const most = 500

// While articles are added between pages, those that were there come exactly once, in both orders.
func testPagesWhileArticlesAreAdded(t *testing.T, open Open) {
	for _, order := range []search.Sort{search.ByDate, search.ByRelevance} {
		w := Begin(t, open, t.TempDir())
		some := func(from, n int) (names []string) {
			var all []article.Article
			for i := from; i < from+n; i++ {
				text := "word"
				for range i * 7 % 5 {
					text += " word rare other"
				}
				for range i * 3 % 11 {
					text += " filler"
				}
				a := Published(Titled(fmt.Sprintf("Title %03d", i), text), fmt.Sprintf("2024-11-%02d", i*13%28+1))
				all, names = append(all, a), append(names, a.DisplayTitle.Text)
			}
			w.Add(all...)
			w.Settle()
			return names
		}
		there := some(0, 60)
		var got []string
		cursor := ""
		for page := 0; ; page++ {
			r := w.Find("q", "word OR rare", "sort", string(order), "cursor", cursor)
			got = append(got, Titles(r)...)
			if cursor = r.Next; cursor == "" {
				break
			}
			if page < 5 { // many with the rare word, so that scores shift
				some(1000+20*page, 20)
			}
		}
		slices.Sort(got)
		if once := slices.Compact(slices.Clone(got)); len(once) != len(got) {
			t.Errorf("by %s, %d come again", order, len(got)-len(once))
		}
		for _, name := range there {
			if !slices.Contains(got, name) {
				t.Errorf("by %s, %s is missing", order, name)
			}
		}
	}
}

func testPagesByRelevanceEnd(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	var all []article.Article
	for i := range most + 100 {
		all = append(all, Titled(fmt.Sprint("Title ", i), "word"))
	}
	w.Add(all...)
	w.Settle()
	for order, want := range map[search.Sort]int{search.ByRelevance: most, search.ByDate: most + 100} {
		n, cursor := 0, ""
		for {
			r := w.Find("q", "word", "sort", string(order), "cursor", cursor)
			n += len(r.Hits)
			if cursor = r.Next; cursor == "" {
				break
			}
			if len(cursor) > 6000 {
				t.Fatalf("a cursor of %d bytes", len(cursor))
			}
		}
		if n != want {
			t.Errorf("by %s there are %d hits, want %d", order, n, want)
		}
	}
}

func testOldDatesSortLast(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	var want []string
	for _, day := range []string{"2261-12-31", "2024-11-06", "1969-12-31", "1900-01-01", "1678-01-01"} {
		w.Add(Published(Titled(day, "text"), day))
		want = append(want, day)
	}
	w.Settle()
	if got := Titles(w.Find("sort", "date")); !slices.Equal(got, want) {
		t.Errorf("the order is %q", got)
	}
	if got := Titles(w.Find("q", "published:1678..1969", "sort", "date")); !slices.Equal(got, want[2:]) {
		t.Errorf("before 1970 are %q", got)
	}
}
