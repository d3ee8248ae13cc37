package headlines

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"dateline/pkg/lineartest"
	"dateline/pkg/weburl"
)

const page = "https://news.example.org/front/index.html"

// read gives headlines as "path|text", with the host where it is not the page's.
func read(html string) []string {
	var all []string
	for _, h := range Read(page, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, []byte(html)) {
		all = append(all, strings.TrimPrefix(h.URL, "https://news.example.org")+"|"+h.Text)
	}
	return all
}

func TestRead(t *testing.T) {
	long := strings.Repeat("word ", 100)
	for _, c := range []struct {
		name, html string
		want       []string
	}{
		{"nothing", "", nil},
		{"no page", "\x00\xff{}", nil},
		{"a headline", "<a href=/a>Council votes for bridge</a>", []string{"/a|Council votes for bridge"}},
		{"in the page's order", "<a href=/b>The second comes here first</a><a href=/a>And the first one second</a>", []string{"/b|The second comes here first", "/a|And the first one second"}},
		{"too few words", "<a href=/a>Politics and economy</a><a href=/b>Sport</a><a href=/c></a>", nil},
		{"marks are no words", "<a href=/a>» Politics – and | more …</a>", nil},
		{"a heading is enough from two words", "<h2><a href=/a>Council resigns</a></h2><a href=/b>Council resigns</a><h4><a href=/c>Sport</a></h4>", []string{"/a|Council resigns"}},
		{"a teaser's heading is its headline", "<a href=/a><h3>Council resigns</h3><p>All of its members left the room.</p></a>", []string{"/a|Council resigns"}},
		{"and the first counts", "<a href=/a><h3>Council resigns</h3><h4>At night and all of it</h4></a>", []string{"/a|Council resigns"}},
		{"unless it names a section", "<a href=/a><h3>Town</h3><p>Council leaves the room.</p></a>", []string{"/a|Town Council leaves the room."}},
		{"a heading that has ended is none for what follows", "<h2>News</h2><a href=/a>Two words</a>", nil},
		{"a long teaser has no headline, and leads to an article", "<a href=/a>" + long + "</a>", []string{"/a|"}},
		{"nor has a heading that is a text", "<a href=/a><h2>" + long + "</h2></a>", []string{"/a|"}},
		{"indentation is not text", "<a href=/a>" + strings.Repeat("\n\t ", 500) + "Council votes\n\n\tfor bridge </a>", []string{"/a|Council votes for bridge"}},
		{"nav, footer, and what is not shown", "<nav><a href=/a>All of the news today</a></nav><footer><a href=/b>All of the terms here</a></footer>" +
			"<script>'<a href=/c>not at all a link</a>'</script><style><a href=/d>not at all a link</a></style><noscript><a href=/e>not at all a link</a></noscript>" +
			"<svg><a href=/f>not at all a link</a></svg><template><a href=/g>not at all a link</a></template><!-- <a href=/h>not at all a link</a> -->", nil},
		{"nested asides", "<nav><nav></nav><a href=/a>All of the news today</a></nav><a href=/b>Council votes for bridge</a>", []string{"/b|Council votes for bridge"}},
		{"an svg that closes itself", "<svg/><a href=/a>Council votes for bridge</a>", []string{"/a|Council votes for bridge"}},
		{"a nav that does not close ends before the main part", "<nav><a href=/a>All of the news today</a><main><a href=/b>Council votes for bridge</a></main>", []string{"/b|Council votes for bridge"}},
		{"an icon in a link is no text", "<a href=/a>Council <svg><title>an arrow that points right</title></svg> votes</a>", nil},
		{"other sites", "<a href=https://other.example/a>Council votes for bridge</a><a href=https://example.com/a>Council votes for bridge</a>", nil},
		{"other hosts of the site", "<a href=https://sport.example.org/a>Council votes for bridge</a><a href=//www.example.org/b>Council votes for bridge</a>", []string{"https://sport.example.org/a|Council votes for bridge", "https://www.example.org/b|Council votes for bridge"}},
		{"no web pages", "<a href='mailto:a@example.org'>Write to the editors here</a><a href='javascript:void(0)'>Open all of the menu</a><a>Council votes for bridge</a><a href='https://['>Council votes for bridge</a>", nil},
		{"the page itself", "<a href='#main'>Skip to the main content</a><a href=index.html?utm_source=x>Reload this page right now</a>", nil},
		{"each once, by key", "<a href=/a>Council votes for bridge</a><a href='/a?utm_source=front'>Council votes for bridge again</a><a href='/a#comments'>Comments on this one here</a>", []string{"/a|Council votes for bridge"}},
		{"the one with words counts", "<a href=/a><img src=a.jpg></a><a href=/a>More</a><a href=/a>Council votes for bridge</a>", []string{"/a|Council votes for bridge"}},
		{"images only", "<a href=/a><img src=a.jpg alt='Council votes for the new bridge'></a>", nil},
		{"markup parts words, and emphasis does not", "<a href=/a><span>Town</span>Council<br/>votes<div>f<b>o</b>r</div>it</a>", []string{"/a|Town Council votes for it"}},
		{"entities", "<a href='/a?b=1&amp;c=2'>Smith &amp; Sons win &#8222;Prize&ldquo;</a>", []string{"/a?b=1&c=2|Smith & Sons win „Prize“"}},
		{"soft hyphens", "<a href=/a>Ge&shy;mein&shy;de&shy;rat stimmt für Brücke</a>", []string{"/a|Gemeinderat stimmt für Brücke"}},
		{"a link ends where the next begins", "<a href=/a>Council votes for bridge<a href=/b>Mayor votes against it</a>", []string{"/a|Council votes for bridge", "/b|Mayor votes against it"}},
		{"or with the page", "<a href=/a>Council votes for bridge", []string{"/a|Council votes for bridge"}},
		{"relative", "<a href=a>Council votes for bridge</a><a href=../b>Mayor votes against it</a><a href='?id=3'>Nobody asked the people</a>", []string{"/front/a|Council votes for bridge", "/b|Mayor votes against it", "/front/index.html?id=3|Nobody asked the people"}},
		{"base", "<base href=/x/><a href=a>Council votes for bridge</a>", []string{"/x/a|Council votes for bridge"}},
		{"base that closes itself, and the first counts", "<base target=_top><base href='/x/'/><base href=/y/ /><a href=a>Council votes for bridge</a>", []string{"/x/a|Council votes for bridge"}},
		{"base of another site", "<base href=https://other.example/><a href=a>Council votes for bridge</a>", nil},
		{"a broken base", "<base href='https://['><a href=a>Council votes for bridge</a>", []string{"/front/a|Council votes for bridge"}},
		{"the first href", "<a class=x href=/a href=/b>Council votes for bridge</a>", []string{"/a|Council votes for bridge"}},
		{"Japanese", "<a href=/a>市議会が橋の新設を可決</a><a href=/b>政治経済</a><h2><a href=/c>議会解散</a></h2>", []string{"/a|市議会が橋の新設を可決", "/c|議会解散"}},
		{"Korean", "<a href=/a>시의회, 다리 건설안 가결</a><a href=/b>정치 경제</a>", []string{"/a|시의회, 다리 건설안 가결"}},
		{"Thai", "<a href=/a>สภาเมืองลงมติสร้างสะพานใหม่</a><a href=/b>ข่าวการเมือง</a>", []string{"/a|สภาเมืองลงมติสร้างสะพานใหม่"}},
		{"Hindi", "<a href=/a>परिषद ने पुल को मंज़ूरी दी</a><a href=/b>राज्य समाचार</a>", []string{"/a|परिषद ने पुल को मंज़ूरी दी"}},
		{"Arabic", "<a href=/a>المجلس يصوت لصالح الجسر</a><a href=/b>أخبار محلية</a>", []string{"/a|المجلس يصوت لصالح الجسر"}},
		{"Finnish", "<a href=/a>Valtuusto äänesti sillan puolesta</a><h3><a href=/b>Valtuusto erosi</a></h3>", []string{"/a|Valtuusto äänesti sillan puolesta", "/b|Valtuusto erosi"}},
	} {
		if got := read(c.html); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

// As long as a headline may be in any script: the bound counts characters.
func TestLongHeadlines(t *testing.T) {
	for _, word := range []string{"word", "слово", "शब्द", "言葉言葉"} {
		fits := strings.TrimSpace(strings.Repeat(word+" ", maxText/(utf8.RuneCountInString(word)+1)))
		if got := read("<a href=/a>" + fits + "</a>"); !slices.Equal(got, []string{"/a|" + fits}) {
			t.Errorf("%q", got)
		}
	}
}

func TestEncodingOfThePage(t *testing.T) {
	got := Read(page, http.Header{"Content-Type": {"text/html; charset=windows-1251"}}, []byte("<a href=/a>\xd1\xee\xe2\xe5\xf2 \xe7\xe0 \xed\xee\xe2\xfb\xe9 \xec\xee\xf1\xf2</a>"))
	if len(got) != 1 || got[0].Text != "Совет за новый мост" {
		t.Errorf("%+v", got)
	}
}

func TestBounds(t *testing.T) {
	var b strings.Builder
	for i := range 2 * maxHeadlines {
		fmt.Fprintf(&b, "<a href=/a%d>Council votes for bridge</a>", i)
	}
	if got := read(b.String()); len(got) != maxHeadlines {
		t.Errorf("%d headlines", len(got))
	}
	away := strings.Repeat("<a href=https://other.example/>Council votes for bridge</a>", maxLinks)
	if got := read(away + "<a href=/a>Council votes for bridge</a>"); got != nil {
		t.Errorf("more links were followed than %d: %q", maxLinks, got)
	}
}

// A base makes each link longer, and the time that parsing takes grows with the square of that.
func TestLongAddresses(t *testing.T) {
	far := "/" + strings.Repeat("a", maxBase)
	for name, html := range map[string]string{
		"base": "<base href='" + far + "/'><a href=b>Council votes for bridge</a>",
		"link": "<a href=/" + strings.Repeat("a", maxHref) + ">Council votes for bridge</a><a href=b>Council votes for bridge</a>",
	} {
		if got := read(html); !slices.Equal(got, []string{"/front/b|Council votes for bridge"}) {
			t.Errorf("%s: %.200q", name, got)
		}
	}
	if got := Read(page+far, nil, []byte("<a href=/a>Council votes for bridge</a>")); got != nil {
		t.Errorf("page: %.200q", got)
	}
}

func TestTimeIsLinear(t *testing.T) {
	for name, part := range map[string]func(n int) string{
		"links": func(n int) string {
			return strings.Repeat("<a href=https://other.example/>Council votes for it</a>", n/55)
		},
		"links in vain": func(n int) string { return strings.Repeat("<a href=/a>x ", n/13) },
		"open asides":   func(n int) string { return strings.Repeat("<nav><a href=/a>", n/16) },
		"a long link":   func(n int) string { return "<a href=/a>" + strings.Repeat("word ", n/5) },
		"headings":      func(n int) string { return "<a href=/a>" + strings.Repeat("<h2>a b</h2>", n/12) },
		"one tag":       func(n int) string { return "<a " + strings.Repeat("b=c ", n/4) + "href=/a>Council votes for it</a>" },
	} {
		lineartest.Check(t, name, 1<<20, func(n int) func() {
			body := []byte(part(n))
			return func() { Read(page, http.Header{"Content-Type": {"text/html"}}, body) }
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add("<base href=/x/><a href=a>Council votes for bridge</a><nav><a href=/b>All of the news today</a></nav>")
	f.Add("<h2><a href='//www.example.org/?a=%'>議会解散\xff</a></h2><svg/><main><a><h3>a&shy;b c")
	f.Fuzz(func(t *testing.T, html string) {
		seen := map[string]bool{}
		for _, h := range Read(page, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, []byte(html)) {
			key, err := weburl.Key(h.URL)
			if err != nil || seen[key] {
				t.Errorf("%q twice, or no address: %v", h.URL, err)
			}
			seen[key] = true
			if c, err := weburl.Canonical(h.URL); err != nil || c != h.URL {
				t.Errorf("%q is not canonical", h.URL)
			}
			if weburl.Site(weburl.Host(h.URL)) != "example.org" {
				t.Errorf("%q is not of the site", h.URL)
			}
			if !utf8.ValidString(h.Text) || utf8.RuneCountInString(h.Text) > maxText || h.Text != strings.Join(strings.Fields(h.Text), " ") {
				t.Errorf("%q is not one line", h.Text)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var s strings.Builder
	for i := range 200 {
		fmt.Fprintf(&s, "<article class=teaser><a href='/2026/11/25/story-%d'><img src=/i.jpg><h3>Council votes for bridge %[1]d</h3><p>%s</p></a></article>\n", i, strings.Repeat("All of its members left the room. ", 10))
	}
	body, header := []byte(s.String()), http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if got := Read(page, header, body); len(got) != 200 {
			b.Fatal(len(got))
		}
	}
}
