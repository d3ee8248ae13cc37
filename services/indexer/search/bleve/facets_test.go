package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
)

// edition is some articles of two agencies over a few days.
func edition(w *world) {
	for i, c := range []struct{ title, day, agency, author, section, source, lang string }{
		{"flour one", "2024-11-04", "Example News", "Sara Ahmadi", "Economy", "a.example", "en"},
		{"flour two", "2024-11-06", "EXAMPLE NEWS", "SARA AHMADI", "economy", "a.example", "en-GB"},
		{"flour three", "2024-11-06", "Example-News", "Ada Brenn", "World", "b.example", "en"},
		{"salt", "2024-11-06", "Other", "Ada Brenn", "World", "b.example", "fa"},
		{"salt undated", "", "", "", "", "b.example", ""},
	} {
		a := titled(c.title, "text")
		if c.day != "" {
			a = published(a, c.day)
		}
		a.Agency, a.Section, a.Source, a.InLanguage = c.agency, c.section, c.source, c.lang
		if c.author != "" {
			a.Authors = []article.Author{{Name: c.author}}
		}
		a.ID = article.IDOfURL(fmt.Sprint("edition", i))
		w.add(a)
	}
	month := titled("flour of a month", "text")
	month.DatePublished = &article.Date{Time: time.Date(2024, 11, 1, 0, 0, 0, 0, time.UTC), Precision: article.Month}
	month.Source = "a.example"
	w.add(month)
	w.settle()
}

func TestFacets(t *testing.T) {
	w := begin(t, t.TempDir())
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
		r := w.find("q", c.q, "facets", c.facets, "facet_limit", c.limit)
		if got := fmt.Sprint(r.Facets); got != c.want {
			t.Errorf("%q by %s: %s, want %s", c.q, c.facets, got, c.want)
		}
	}
	if r := w.find("facets", "agency"); r.Facets["agency"].Values[0].Count != 3 || len(r.Facets["agency"].Values) != 2 {
		t.Errorf("agencies are %v", r.Facets)
	}
}

// What a facet tells, the filter of its name takes, and so does the query.
func TestFilters(t *testing.T) {
	w := begin(t, t.TempDir())
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
		if r := w.find(c.ask...); r.Total != uint64(c.want) {
			t.Errorf("%q finds %d: %q, want %d", c.ask, r.Total, titles(r), c.want)
		}
	}
}

func TestCounts(t *testing.T) {
	w := begin(t, t.TempDir())
	edition(w)
	for _, c := range []struct {
		interval Interval
		ask      []string
		want     string
	}{
		{Day, []string{"q", "salt"}, "2 of 6: 2024-11-04 0/1, 2024-11-06 1/3"},
		{Week, []string{"q", "flour"}, "4 of 6: 2024-11-04 3/4"},
		{Month, []string{"q", "flour", "source", "a.example"}, "3 of 3: 2024-11-01 2/2"},
		{Day, []string{"q", "flour", "from", "2024-11-05"}, "2 of 3: 2024-11-06 2/3"},
		{Day, []string{"source", "none"}, "0 of 0:"},
	} {
		q, err := ParseQuery(params(c.ask...), 0)
		must(t, err)
		n, err := w.index.Counts(context.Background(), q, c.interval)
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

func TestWeeksBeginOnMonday(t *testing.T) {
	for day, want := range map[string]string{"2024-11-04": "2024-11-04", "2024-11-10": "2024-11-04", "2024-11-11": "2024-11-11"} {
		d, err := time.Parse(time.DateOnly, day)
		must(t, err)
		if got := Week.begin(d).Format(time.DateOnly); got != want {
			t.Errorf("the week of %s begins %s", day, got)
		}
	}
}

// While articles are added between pages, those that were there come exactly once, in both orders.
func TestPagesWhileArticlesAreAdded(t *testing.T) {
	for _, order := range []Sort{ByDate, ByRelevance} {
		w := begin(t, t.TempDir())
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
				a := published(titled(fmt.Sprintf("Title %03d", i), text), fmt.Sprintf("2024-11-%02d", i*13%28+1))
				all, names = append(all, a), append(names, a.DisplayTitle.Text)
			}
			w.add(all...)
			w.settle()
			return names
		}
		there := some(0, 60)
		var got []string
		cursor := ""
		for page := 0; ; page++ {
			r := w.find("q", "word OR rare", "sort", string(order), "cursor", cursor)
			got = append(got, titles(r)...)
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

func TestPagesByRelevanceEnd(t *testing.T) {
	w := begin(t, t.TempDir())
	var all []article.Article
	for i := range maxSeen + 100 {
		all = append(all, titled(fmt.Sprint("Title ", i), "word"))
	}
	w.add(all...)
	w.settle()
	for order, want := range map[Sort]int{ByRelevance: maxSeen, ByDate: maxSeen + 100} {
		n, cursor := 0, ""
		for {
			r := w.find("q", "word", "sort", string(order), "cursor", cursor)
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

func TestOldDatesSortLast(t *testing.T) {
	w := begin(t, t.TempDir())
	var want []string
	for _, day := range []string{"2261-12-31", "2024-11-06", "1969-12-31", "1900-01-01", "1678-01-01"} {
		w.add(published(titled(day, "text"), day))
		want = append(want, day)
	}
	w.settle()
	if got := titles(w.find("sort", "date")); !slices.Equal(got, want) {
		t.Errorf("the order is %q", got)
	}
	if got := titles(w.find("q", "published:1678..1969", "sort", "date")); !slices.Equal(got, want[2:]) {
		t.Errorf("before 1970 are %q", got)
	}
}

// A beginning that too many words have is refused, rather than looked up at any price.
func TestBroadBeginnings(t *testing.T) {
	w := begin(t, t.TempDir())
	var text strings.Builder
	for n := range maxBeginnings + 1 {
		fmt.Fprintf(&text, "x%d ", n)
	}
	w.add(titled("many words", text.String()))
	w.settle()
	for q, bad := range map[string]bool{"x*": true, "x1*": false, "many -x*": true} {
		parsed, err := ParseQuery(params("q", q), 10)
		must(t, err)
		_, err = w.index.Search(context.Background(), parsed)
		if pe := (*ParamError)(nil); errors.As(err, &pe) != bad || (err != nil) != bad {
			t.Errorf("%s gives %v", q, err)
		}
		_, err = w.index.Counts(context.Background(), parsed, Day)
		if pe := (*ParamError)(nil); errors.As(err, &pe) != bad {
			t.Errorf("counting %s gives %v", q, err)
		}
	}
}
