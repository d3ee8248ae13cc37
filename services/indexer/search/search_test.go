package search

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/services/indexer/store"
)

func params(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestBadParameters(t *testing.T) {
	other, err := page{Query: "other", Seen: []byte("123456")}.encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ param, value string }{
		{"q", `"open`},
		{"q", "title:"},
		{"q", "a^2"},
		{"q", "\xff"},
		{"q", "/[/"},
		{"q", "word~3"},
		{"q", strings.Repeat("a ", 200)},
		{"q", strings.Repeat("x", MaxText+1)},
		{"from", "yesterday"},
		{"from", "2024-13-01"},
		{"to", "0001-01-01"},
		{"sort", "size"},
		{"collapse", "yes"},
		{"cursor", "???"},
		{"cursor", "e30"},
		{"cursor", other},
	} {
		_, err := ParseQuery(params(c.param, c.value), 10)
		var pe *ParamError
		if !errors.As(err, &pe) || pe.Param != c.param || pe.Detail == "" {
			t.Errorf("%s=%q gives %v", c.param, c.value, err)
		}
	}
	if _, err := ParseQuery(params("from", "2024-11-07", "to", "2024-11-06"), 10); err == nil || !strings.HasPrefix(err.Error(), "to: ") {
		t.Errorf("to before from gives %v", err)
	}
}

// A cursor by date does not grow beyond a URL: it forgets the groups that were told first.
func TestGroupsOfACursor(t *testing.T) {
	p := page{Query: "id", After: [][]byte{{1}, {2}}}
	for n := range uint64(maxSeen + 7) {
		p.Groups = append(p.Groups, groupKey(store.Membership{Group: n + 1})...)
	}
	if !p.fits() {
		t.Error("a page by date has no cursor")
	}
	c, err := p.encode()
	must(t, err)
	got, err := decodePage(c, "id", ByDate)
	must(t, err)
	told := slices.Collect(maps.Keys(keys(got.Groups)))
	if len(told) != maxSeen || !slices.Contains(told, groupKey(store.Membership{Group: maxSeen + 7})) || len(c) > 6000 {
		t.Errorf("a cursor of %d bytes names %d groups", len(c), len(told))
	}
}

func TestSnippet(t *testing.T) {
	long := strings.Repeat("filler ", 100)
	for _, c := range []struct {
		name, text string
		body       int
		words      string
		want       string
	}{
		{"none", "Title\n\nBody text", 7, "", "Body text"},
		{"escaped", "a <b> & c", 0, "<b>", "a <mark>&lt;b&gt;</mark> &amp; c"},
		{"body before title", "word\n\nthe word", 6, "word", "the <mark>word</mark>"},
		{"only in the title", "word here\n\nbody", 11, "word", "<mark>word</mark> here body"},
		{"white space", "one\n\n two\tthree", 0, "two", "one <mark>two</mark> three"},
		{"far in", long + "the needle", 0, "needle", "… " + strings.TrimSpace(strings.Repeat("filler ", 8)) + " the <mark>needle</mark>"},
		{"more terms win", "one " + long + "one two", 0, "one two", "… " + strings.TrimSpace(strings.Repeat("filler ", 8)) + " <mark>one</mark> <mark>two</mark>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var hits []span
			for n, word := range strings.Fields(c.words) {
				for at := 0; ; {
					i := strings.Index(c.text[at:], word)
					if i < 0 {
						break
					}
					hits = append(hits, span{at + i, at + i + len(word), n})
					at += i + len(word)
				}
			}
			if got := snippet(c.text, c.body, hits); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
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
