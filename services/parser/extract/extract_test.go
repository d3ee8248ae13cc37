package extract

import (
	"context"
	"errors"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"dateline/pkg/lineartest"

	"dateline/pkg/article"
	"dateline/services/parser/content"
)

var captured = time.Date(2024, 11, 7, 8, 0, 0, 0, time.UTC)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestArticle(t *testing.T) {
	a, err := Article(context.Background(), Page{
		URL: "https://www.alder.example/news/2024/bridge-opens?utm_source=x", ContentType: "text/html", Body: fixture(t, "news.html"), Captured: captured,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ field, got, want string }{
		{"headline", a.Headline, "Bridge over the Alder opens after nine years"},
		{"publisher", a.Publisher, "The Alder Post"},
		{"url", a.URL, "https://www.alder.example/news/2024/bridge-opens?utm_source=x"},
		{"canonical_url", a.CanonicalURL, "https://www.alder.example/news/2024/bridge-opens"},
		{"image", a.Image, "https://www.alder.example/img/bridge.jpg"},
		{"section", a.Section, "Local"},
		{"description", a.Description, "A teaser with a raw line break in it"},
		{"date_published", a.DatePublished.String(), "2024-11-06T09:30:00+01:00"},
		{"date_modified", a.DateModified.String(), "2024-11-06T12:00:00+01:00"},
		{"language", a.Language.Declared, "en-GB"},
		{"keywords", strings.Join(a.Keywords, "|"), "bridge|Alder"},
		{"body_state", string(a.BodyState), "full"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.field, c.got, c.want)
		}
	}
	if want := []article.Author{{Name: "Ann Writer"}, {Name: "Bob Reporter"}}; !reflect.DeepEqual(a.Authors, want) {
		t.Errorf("authors %v", a.Authors)
	}
	if a.IsAccessibleForFree == nil || !*a.IsAccessibleForFree {
		t.Error("is_accessible_for_free is lost")
	}
	wantFrom := map[string]article.From{
		"headline": article.FromJSONLD, "publisher": article.FromJSONLD, "authors": article.FromJSONLD, "date_published": article.FromJSONLD,
		"date_modified": article.FromJSONLD, "description": article.FromJSONLD, "is_accessible_for_free": article.FromJSONLD, "image": article.FromOpenGraph,
		"section": article.FromOpenGraph, "keywords": article.FromMeta, "in_language": article.FromHTML, "canonical_url": article.FromHTML,
		"body": article.FromHTML, "body_state": article.FromText,
	}
	if !reflect.DeepEqual(a.Provenance, wantFrom) {
		t.Errorf("provenance %v", a.Provenance)
	}
	var types []string
	for _, b := range a.Body {
		types = append(types, string(b.Type))
	}
	if got := strings.Join(types, " "); got != "caption paragraph paragraph heading paragraph list quote table paragraph" {
		t.Errorf("blocks: %s\n%s", got, article.PlainText(a.Body))
	}
	text := article.PlainText(a.Body)
	for _, want := range []string{"in the rain,\nmany of them", "Steel: 4 million\nStone: 2 million", "Year\tCost\n2015\t3 million", "\n\nWhat it cost\n\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the text", want)
		}
	}
	for _, not := range []string{"Sport", "Copyright"} {
		if strings.Contains(text, not) {
			t.Errorf("%q is in the text", not)
		}
	}
}

// page is a page with a body long enough to be an article.
func page(head, more string) string {
	return "<html><head>" + head + "</head><body><article>" + more + strings.Repeat("<p>The ministry said on Wednesday that the talks would go on, and that nobody, whatever had been written, had left them.</p>", 8) + "</article></body></html>"
}

func read1(t *testing.T, url, html string, item *article.FeedItem) *article.Article {
	t.Helper()
	a, err := Article(context.Background(), Page{URL: url, ContentType: "text/html; charset=utf-8", Body: []byte(html), Captured: captured, Item: item})
	if err != nil {
		t.Fatalf("%s: %v", html[:min(len(html), 200)], err)
	}
	return a
}

func TestEvidence(t *testing.T) {
	const url = "https://www.paper.example/a/b"
	published := time.Date(2024, 11, 5, 8, 0, 0, 0, time.UTC)
	item := &article.FeedItem{Title: "Feed's", Summary: "In short.", Authors: []string{"Feed Author"}, Published: &published}
	for _, c := range []struct {
		name, head, more string
		item             *article.FeedItem
		got              func(*article.Article) string
		want             string
	}{
		{"title without the site", `<title>Headline - Paper</title>`, "", nil, headline, "Headline html"},
		{"title without the site's host", `<title>Headline | paper.example</title>`, "", nil, headline, "Headline html"},
		{"title that has a dash", `<title>War - and peace</title>`, "", nil, headline, "War - and peace html"},
		{"h1 before og, which other readers see", `<meta property=og:title content="OG">`, "<h1>H1</h1>", nil, headline, "H1 html"},
		{"h1 before feed", "", "<h1>H1</h1>", item, headline, "H1 html"},
		{"feed before title", "<title>T</title>", "", item, headline, "Feed's feed"},
		{"none", "", "", nil, headline, " "},
		{"feed's summary", "", "", item, description, "In short. feed"},
		{"description before the feed's summary", "<meta name=description content=Described>", "", item, description, "Described meta"},
		{"feed's date", "", "", item, date, "2024-11-05T08:00:00Z feed"},
		{"time element", "", `<time datetime="2024-11-06">x</time>`, nil, date, "2024-11-06 html"},
		{"microdata", "", `<span itemprop="datePublished" content="2024-11-06">x</span>`, nil, date, "2024-11-06 html"},
		{"og date", `<meta property="article:published_time" content="2024-11-06T10:00:00Z">`, "", item, date, "2024-11-06T10:00:00Z opengraph"},
		{"unreadable date is passed over", `<meta property="article:published_time" content="someday"><meta name=date content="2024-11-06">`, "", nil, date, "2024-11-06 meta"},
		{"future date alone is flagged", `<meta property="article:published_time" content="2034-11-06">`, "", nil, date, "2034-11-06 opengraph future"},
		{"future date loses to any other", `<meta property="article:published_time" content="2034-11-06">`, "", item, date, "2024-11-05T08:00:00Z feed"},
		{"out of the archive", ld(`{"@type":"NewsArticle","headline":"H","datePublished":"1947-06-02"}`), "", nil, date, "1947-06-02 json-ld"},
		{"a date for none", ld(`{"@type":"NewsArticle","headline":"H","datePublished":"0001-01-01T00:00:00Z"}`) + `<meta name=date content="1970-01-01"><meta name=pubdate content="1969-12-31T19:00:00-05:00">`, `<time datetime="1947-06-02">x</time>`, nil, date, "none"},
		{"no date is no date", "", "", nil, date, "none"},
		{"author meta", `<meta name=author content="By Ann Writer and Bob Reporter">`, "", item, authors, "Ann Writer|Bob Reporter meta"},
		{"author URL is no name", `<meta property=article:author content="https://f.example/ann">`, "", item, authors, "Feed Author feed"},
		{"broken JSON-LD", `<script type="application/ld+json">{"@type":</script>`, "", item, headline, "Feed's feed"},
		{"JSON-LD in a comment", `<script type="application/ld+json"><!-- {"@type":"NewsArticle","headline":"LD"}; --></script>`, "", item, headline, "LD json-ld"},
		{"free", ld(`{"@type":"NewsArticle","headline":"H","isAccessibleForFree":"http://schema.org/True"}`) + `<meta property=article:content_tier content=locked>`, "", nil, free, "true json-ld"},
		{"not free by microdata", `<meta itemprop=isAccessibleForFree content=False>`, "", nil, free, "false meta"},
		{"locked", `<meta property=article:content_tier content=locked>`, "", nil, free, "false opengraph"},
		{"metered", `<meta property=article:content_tier content=metered>`, "", nil, free, "unknown"},
		{"section by microdata", `<meta itemprop=articleSection content=Local>`, "", nil, func(a *article.Article) string { return a.Section }, "Local"},
		{"language by microdata", `<meta itemprop=inLanguage content=sv>`, "", nil, func(a *article.Article) string { return a.Language.Declared }, "sv"},
		{"canonical elsewhere", `<link rel=canonical href="https://other.example/x">`, "", nil, canonical, url + " "},
		{"canonical of the same site", `<link rel=canonical href="https://amp.paper.example/x?utm_source=y">`, "", nil, canonical, "https://amp.paper.example/x html"},
		{"canonical is the home page", `<link rel=canonical href="/">`, "", nil, canonical, url + " "},
		{"canonical by base", `<base href="/c/"><link rel=canonical href="d">`, "", nil, canonical, "https://www.paper.example/c/d html"},
	} {
		if got := c.got(read1(t, url, page(c.head, c.more), c.item)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func headline(a *article.Article) string { return a.Headline + " " + string(a.Provenance["headline"]) }

func canonical(a *article.Article) string {
	return a.CanonicalURL + " " + string(a.Provenance["canonical_url"])
}

func description(a *article.Article) string {
	return a.Description + " " + string(a.Provenance["description"])
}

func free(a *article.Article) string {
	if a.IsAccessibleForFree == nil {
		return "unknown"
	}
	return strconv.FormatBool(*a.IsAccessibleForFree) + " " + string(a.Provenance["is_accessible_for_free"])
}

func date(a *article.Article) string {
	if a.DatePublished == nil {
		return "none"
	}
	if a.DatePublished.Future {
		return a.DatePublished.String() + " " + string(a.DatePublished.From) + " future"
	}
	return a.DatePublished.String() + " " + string(a.DatePublished.From)
}

func authors(a *article.Article) string {
	var names []string
	for _, x := range a.Authors {
		names = append(names, x.Name)
	}
	return strings.Join(names, "|") + " " + string(a.Provenance["authors"])
}

// JSON-LD's body stands in for a page whose text is put there by scripts, and never for a page that has more itself.
func TestStructuredBody(t *testing.T) {
	long := strings.Repeat("The ministry said on Wednesday that the talks would go on. ", 20)
	a := read1(t, "https://e.example/a", `<html><head><script type="application/ld+json">{"@type":"NewsArticle","headline":"H","articleBody":"`+long+`\n\nEnd."}</script></head><body><div id=app><p>Please wait while it is loading</p></div></body></html>`, nil)
	if a.Provenance["body"] != article.FromJSONLD || len(a.Body) != 2 || a.Body[1].Text != "End." {
		t.Errorf("%+v", a)
	}
	a = read1(t, "https://e.example/a", page(`<script type="application/ld+json">{"@type":"NewsArticle","headline":"H","articleBody":"A teaser."}</script>`, ""), nil)
	if a.Provenance["body"] != article.FromHTML {
		t.Errorf("a teaser won: %+v", a.Body)
	}
	a = read1(t, "https://e.example/a", `<html><head>`+ld(`{"@type":"NewsArticle","headline":"H","articleBody":"<h2>Talks<\/h2><p>`+long+`<\/p>&lt;ul&gt;&lt;li&gt;One&lt;/li&gt;&lt;/ul&gt;"}`)+`</head><body><div id=app></div></body></html>`, nil)
	if a.Provenance["body"] != article.FromJSONLD || len(a.Body) != 3 || a.Body[0].Type != article.Heading || a.Body[2].Type != article.List {
		t.Errorf("HTML in articleBody: %+v", a)
	}
	deep, err := Article(context.Background(), Page{URL: "https://e.example/a", ContentType: "text/html", Body: []byte(ld(`{"@type":"NewsArticle","headline":"H","articleBody":"` + strings.Repeat("<div>", 10_000) + `x</div>"}`))})
	if err == nil || deep.Body != nil {
		t.Errorf("deep HTML in articleBody: %v, %+v", err, deep)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name, contentType, body string
		want                    Reason
	}{
		{"empty", "text/html", "", EmptyBody},
		{"blank", "text/html", " \n\t ", EmptyBody},
		{"image", "image/png", "\x89PNG", NotHTML},
		{"unknown type", "", "just text", NotHTML},
		{"text", "text/plain", "just text", NotHTML},
		{"nothing to read", "text/html", "<html><body><nav></nav></body></html>", NoText},
		{"binary", "text/html; charset=utf-8", "<html>" + strings.Repeat("\xff\x00<a>\x01\xfd", 100), BadEncoding},
		{"forbidden charset", "text/html; charset=hz-gb-2312", "<html>\xff" + page("", ""), BadEncoding},
		{"deep", "text/html", strings.Repeat("<div>", 100_000), TooDeep},
		{"many", "text/html", strings.Repeat("<p>a", 300_000), TooLarge},
		{"long", "text/html", "<p>" + strings.Repeat("word ", 1<<20), TooLarge},
		{"reopened", "text/html", manyFonts(400) + strings.Repeat("<p>a</p>", 5000), TooLarge},
	} {
		a, err := Article(context.Background(), Page{URL: "https://e.example/a", ContentType: c.contentType, Body: []byte(c.body), Captured: captured})
		var why *Error
		if !errors.As(err, &why) || why.Reason != c.want {
			t.Errorf("%s: %v, want %s (%v)", c.name, err, c.want, a != nil)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var why *Error
	if _, err := Article(ctx, Page{ContentType: "text/html", Body: []byte(page("", ""))}); !errors.As(err, &why) || why.Reason != Timeout && !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context: %v", err)
	}
}

// manyFonts opens formatting elements that differ, all of which HTML opens again in every paragraph.
func manyFonts(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("<font color=" + strings.Repeat("x", i%16+1) + strings.Repeat("y", i/16+1) + ">")
	}
	return b.String()
}

func TestElements(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int
	}{
		{"", 0}, {"a < b", 0}, {"<p>a</p><br/>", 2}, {"<b><i><p></p></i></b><p>", 1 + 2 + 3 + 1}, {"<b><b><b><b><b>", 1 + 2 + 3 + 4 + 4}, {"</b></b><p>", 1}, {"<", 0}, {"<!-- x --><!doctype html>", 0},
	} {
		var got counter
		if got.count(c.in); got.n != c.want {
			t.Errorf("%q: %d, want %d", c.in, got.n, c.want)
		}
	}
}

// Hostile pages end, well or with an error, within the budget, and leave no work behind for long.
func TestHostilePages(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	before := runtime.NumGoroutine()
	for name, body := range map[string]string{
		"a million attributes":   "<p " + strings.Repeat("a=b ", 1_000_000) + ">" + page("", ""),
		"attributes that differ": page("", "<div "+differing(100_000)+">x</div>"),
		"deep and long":          strings.Repeat("<div>", 400) + strings.Repeat("<p>The ministry, said, on Wednesday, that the talks would go on.</p>", 20_000),
		"nested lists":           strings.Repeat("<ul><li>a", 200) + page("", ""),
		"nested tables":          strings.Repeat("<table><tr><td>a", 100) + page("", ""),
		"nested quotes":          strings.Repeat("<blockquote>a", 400) + page("", ""),
		"line breaks":            page("", strings.Repeat("a<br>", 100_000)),
		"entities":               page("", strings.Repeat("&amp;lt;&#x0;&#55296;&notanentity", 100_000)),
		"one script":             page("<script type=\"application/ld+json\">"+strings.Repeat("[", 2_000_000)+"</script>", ""),
		"metas":                  page(strings.Repeat("<meta property=og:title content=x>", 100_000), ""),
		"unclosed tag":           "<p " + strings.Repeat("<", 5_000_000),
		"spaces":                 page("", "<p>"+strings.Repeat(" ", 8_000_000)+"</p>"),
		"mis-nested formatting":  strings.Repeat("<b><i><u></b></i></u>", 10_000) + page("", ""),
	} {
		began := time.Now()
		_, err := Article(context.Background(), Page{URL: "https://e.example/a", ContentType: "text/html", Body: []byte(body), Captured: captured})
		took := time.Since(began)
		t.Logf("%-24s %8s %v", name, took.Round(time.Millisecond), err)
		if took > Budget+time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
	for deadline := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before+2; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("abandoned pages are still being worked on")
		}
	}
}

func differing(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("a" + strings.Repeat("x", i%50) + string(rune('a'+i%26)) + "=1 ")
	}
	return b.String()
}

// What is this package's own takes twice the time for twice the page.
func TestOwnWorkIsLinear(t *testing.T) {
	for name, piece := range map[string]string{
		"paragraphs": "<p>The ministry said.</p>", "breaks": "a<br>", "lists": "<ul><li>a<li>b</ul>", "tables": "<table><tr><td>a<td>b</table>",
		"metas": "<meta name=a content=b>", "links": `<a rel=author href=x>A B</a>`, "text": "word ", "times": "<time datetime=2024>x</time>",
		"items": "<span itemprop=author>A<b itemprop=name>B</b></span>", "tags": "<b><i></i></b>",
		"bylines": "<div class=byline>By <a>A B</a></div>", "nested bylines": "<div class=author>by <i class=author>A B</i></div>", "dates": "<p class=date>May 3, 2020</p>", "dated texts": "<p>May 3, 2020, by A B</p>",
		"headings": "<h1>A heading</h1>", "trails": "<i></i><a href=/>x</a><h1>A heading</h1>", "names": "<h1>A heading</h1><p><b></b>Ann Weaver</p>", "classes": "<i class='a-date b-author c_comment dE fG'></i>", "labels": "<b>Author:</b>", "scripts": "<script>{\"publishedAt\":1}</script>",
		"data": "<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"headline\":\"H\",\"author\":\"A B\"}</script>",
	} {
		lineartest.Check(t, name, 32_000, func(n int) func() {
			text := strings.Repeat(piece, n)
			doc, err := parse(context.Background(), setApart(text).pieces)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return func() {
				parts := setApart(text)
				new(counter).count(text)
				f := survey(doc, &parts)
				a := f.article(Page{URL: "https://e.example/a"})
				found := content.Find(doc, f.hints(a))
				f.chooseBody(t.Context(), a, found.Body, nil)
				f.setState(a, Page{}, found)
			}
		})
	}
}

func FuzzArticle(f *testing.F) {
	f.Add(fixture(f, "news.html"), "text/html")
	f.Add([]byte("<table><tr><td>a<td><ul><li><p>x<blockquote>y</table>"), "text/html; charset=utf-8")
	f.Add([]byte("\xff\xfe<\x00p\x00>\x00"), "")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		a, err := Article(context.Background(), Page{URL: "https://e.example/a", ContentType: contentType, Body: body, Captured: captured})
		var why *Error
		if err != nil && (!errors.As(err, &why) || why.Reason == Panic) {
			t.Fatal(err)
		}
		if err == nil && (a.BodyState == article.BodyEmpty || article.PlainText(a.Body) == "") {
			t.Fatalf("an article without text: %+v", a)
		}
	})
}
