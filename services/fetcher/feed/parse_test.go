package feed

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
)

const rss = `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel>
<title>The Morning &amp; Evening</title><link>https://news.example/</link><description>All of it</description><language>de_AT</language>
<atom:link rel="self" href="all"/><atom:link rel="hub" href="https://hub.example/"/><atom:link rel="next" href="?page=2"/>
<ttl>30</ttl><skipHours><hour>0</hour><hour>24</hour><hour>13</hour></skipHours><skipDays><day>sunday</day></skipDays><sy:updatePeriod>Hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>
<itunes:new-feed-url>https://news.example/new</itunes:new-feed-url>
<image><url>/logo.png</url><title>Logo</title><link>https://logo.example/</link></image>
<item>
  <title>Bridge <![CDATA[<b>reopens</b>]]></title><link>/2024/bridge?utm_source=rss#top</link>
  <guid isPermaLink="false">n-17</guid><dc:creator>Ada Fields</dc:creator><author>desk@news.example (The Desk)</author>
  <pubDate>Wed, 06 Nov 2024 09:30:00 +0100</pubDate><category domain="urn:c">Roads</category>
  <description>&lt;p&gt;The bridge &lt;b&gt;re&lt;/b&gt;opens.&lt;/p&gt;&lt;p&gt;More&lt;br&gt;soon.&lt;script&gt;x()&lt;/script&gt;&lt;/p&gt;&lt;a href="/x" onclick="y()"&gt;x&lt;/a&gt;</description>
  <enclosure url="/a.mp3" type="audio/mpeg" length="17"/>
</item>
<item><title>A &lt; B, and no page</title><guid>n-18</guid></item>
<item><guid>https://news.example/2024/ferry</guid></item>
</channel></rss>`

const atom = `<?xml version="1.0"?><!-- made by hand --><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://news.example/feeds/"><title>Atoms</title>
<entry><title type="html">One &amp;amp; only</title><link rel="alternate" href="one.html"/><link rel="enclosure" href="one.pdf" type="application/pdf"/><id>tag:news.example,2024:1</id>
<published>2024-11-06T08:00:00Z</published><updated>2024-11-07T08:00:00Z</updated><author><name>B. Writer</name><email>b@news.example</email></author><category term="roads" label="Roads"/>
<summary>First &lt; last.</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">See <a href="two.html">two</a>.</div></content>
<source><title>Wire</title><link rel="self" href="https://wire.example/feed"/><id>urn:wire</id></source></entry></feed>`

const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://news.example/rdf"><title>R</title><link>https://news.example/</link></channel>
<item rdf:about="https://news.example/r1"><title>R one</title><link>https://news.example/r1</link><dc:date>2024-11-06</dc:date></item></rdf:RDF>`

const cdf = `<CHANNEL HREF="https://news.example/"><TITLE>C</TITLE><ITEM HREF="c1.html" LASTMOD="2024-11-06T08:00"><TITLE>C one</TITLE><ABSTRACT>Short</ABSTRACT></ITEM></CHANNEL>`

const jsonFeed = `{"version":"https://jsonfeed.org/version/1.1","title":"J","home_page_url":"https://news.example/","hubs":[{"type":"WebSub","url":"https://hub.example/"}],
"items":[{"id":7,"url":"/seven","title":"Seven","content_text":"Plain <words>","date_published":"2024-11-06T08:00:00Z","authors":[{"name":"J. Son"}],"tags":["a","b"]}]}`

const feedURL = "https://news.example/feeds/all"

func parse(t *testing.T, body string) *Feed {
	t.Helper()
	f, err := Parse(feedURL, nil, []byte(body))
	if err != nil {
		t.Fatalf("%.60s: %v", body, err)
	}
	return f
}

func equal(t *testing.T, name string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", name, got, want)
	}
}

func TestRSS(t *testing.T) {
	f := parse(t, rss)
	equal(t, "format", f.Format, "rss 2.0")
	equal(t, "title", f.Title.Plain(), "The Morning & Evening")
	equal(t, "subtitle", f.Subtitle.Plain(), "All of it")
	equal(t, "link", f.Link, "https://news.example/")
	equal(t, "language", f.Language, "de-AT")
	equal(t, "self", f.Self, "https://news.example/feeds/all")
	equal(t, "next", f.Next, "https://news.example/feeds/all?page=2")
	equal(t, "hubs", f.Hubs, []string{"https://hub.example/"})
	equal(t, "ttl", f.TTL, 30)
	equal(t, "skip hours", f.SkipHours, []int{0, 13})
	equal(t, "skip days", f.SkipDays, []string{"Sunday"})
	equal(t, "update period", f.UpdatePeriod, "hourly")
	equal(t, "update times", f.UpdateTimes, 2)
	equal(t, "new URL", f.NewFeedURL, "https://news.example/new")
	equal(t, "image", *f.Image, Image{URL: "https://news.example/logo.png", Title: "Logo", Link: "https://logo.example/"})
	equal(t, "entries", len(f.Entries), 3)
	e := f.Entries[0]
	equal(t, "link", e.Link, "https://news.example/2024/bridge?utm_source=rss#top")
	equal(t, "id", e.ID, "n-17")
	equal(t, "title", e.Title.Plain(), "Bridge reopens")
	equal(t, "summary", e.Summary.Plain(), "The bridge reopens. More soon. x")
	equal(t, "summary as HTML", e.Summary.HTML(), `<p>The bridge <b>re</b>opens.</p><p>More<br>soon.</p><a href="https://news.example/x">x</a>`)
	equal(t, "authors", e.Authors, []Person{{Name: "Ada Fields"}, {Name: "The Desk", Email: "desk@news.example"}})
	equal(t, "published", e.Published.Value.String(), "2024-11-06T09:30:00+01:00")
	equal(t, "categories", e.Categories, []Category{{Term: "Roads", Scheme: "urn:c"}})
	equal(t, "enclosures", e.Enclosures, []Enclosure{{URL: "https://news.example/a.mp3", Type: "audio/mpeg", Length: "17"}})
	equal(t, "a plain title", f.Entries[1].Title.Plain(), "A < B, and no page")
	equal(t, "a plain title as HTML", f.Entries[1].Title.HTML(), "A &lt; B, and no page")
	equal(t, "no link", f.Entries[1].Link, "")
	equal(t, "a guid's link", f.Entries[2].Link, "https://news.example/2024/ferry")
	equal(t, "truncated", f.Truncated, false)
}

func TestAtom(t *testing.T) {
	f := parse(t, atom)
	e := f.Entries[0]
	equal(t, "format", f.Format, "atom 1.0")
	equal(t, "language", f.Language, "en")
	equal(t, "title", e.Title.Plain(), "One & only")
	equal(t, "link", e.Link, "https://news.example/feeds/one.html")
	equal(t, "enclosure", e.Enclosures[0].URL, "https://news.example/feeds/one.pdf")
	equal(t, "id", e.ID, "tag:news.example,2024:1")
	equal(t, "authors", e.Authors, []Person{{Name: "B. Writer", Email: "b@news.example"}})
	equal(t, "category", e.Categories, []Category{{Term: "roads", Label: "Roads"}})
	equal(t, "summary", e.Summary.Plain(), "First < last.")
	equal(t, "content", e.Content[0].HTML(), `See <a href="https://news.example/feeds/two.html">two</a>.`)
	equal(t, "published", e.Published.Value.String(), "2024-11-06T08:00:00Z")
	equal(t, "updated", e.Updated.Raw, "2024-11-07T08:00:00Z")
	plain := parse(t, `<feed xmlns="http://www.w3.org/2005/Atom"><title>The &lt;b&gt;b&lt;/b&gt; tag</title></feed>`)
	equal(t, "what is no markup by its type", plain.Title.Plain(), "The <b>b</b> tag")
	equal(t, "source", []string{e.Source.Title.Plain(), e.Source.URL, e.Source.ID}, []string{"Wire", "https://wire.example/feed", "urn:wire"})
}

func TestOtherFormats(t *testing.T) {
	for _, c := range []struct{ body, format, title, link, id, date string }{
		{rdf, "rss 1.0", "R one", "https://news.example/r1", "https://news.example/r1", "2024-11-06"},
		{cdf, "cdf", "C one", "https://news.example/feeds/c1.html", "", "2024-11-06T08:00"},
		{jsonFeed, "json 1.1", "Seven", "https://news.example/seven", "7", "2024-11-06T08:00:00Z"},
		{`<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>A3</title><link rel="alternate" href="/a3"/><id>a3</id><issued>2024-11-06</issued></entry></feed>`, "atom 0.3", "A3", "https://news.example/a3", "a3", "2024-11-06"},
		{`<rss version="0.91"><channel><item><title>R091</title><link>http://news.example/1</link></item></channel></rss>`, "rss 0.91", "R091", "http://news.example/1", "", ""},
		{"\n<br />\n<b>Warning</b>: on line 3\n<rss version='2.0'><item><title>After a warning</title>", "rss 2.0", "After a warning", "", "", ""},
	} {
		f := parse(t, c.body)
		e := f.Entries[0]
		date := ""
		for _, d := range []Date{e.Published, e.Date, e.Updated} {
			if d.Raw != "" {
				date = d.Value.String()
			}
		}
		if got := []string{f.Format, e.Title.Plain(), e.Link, e.ID, date}; !reflect.DeepEqual(got, []string{c.format, c.title, c.link, c.id, c.date}) {
			t.Errorf("%.50s: %q", c.body, got)
		}
	}
}

func TestExtensions(t *testing.T) {
	f := parse(t, `<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:georss="http://www.georss.org/georss" xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#"
xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:psc="http://podlove.org/simple-chapters" xmlns:thr="http://purl.org/syndication/thread/1.0" xmlns:x="urn:x"><channel><item>
<media:group><media:title>Bridge</media:title><media:content url="/b.jpg" medium="image" width="800"/><media:content url="/b.mp4" type="video/mp4" duration="12"><media:title>Film</media:title></media:content><media:credit role="photographer">C. Amera</media:credit></media:group>
<itunes:explicit>no</itunes:explicit><itunes:duration>3:00</itunes:duration><itunes:keywords>a, b,a</itunes:keywords><georss:point>47.1 11.4</georss:point><slash:comments>4</slash:comments><feedburner:origLink>https://news.example/orig</feedburner:origLink>
<psc:chapters><psc:chapter start="01:02.5" title="One" href="/c"/></psc:chapters><thr:in-reply-to ref="urn:y" href="/y"/><x:Rank place="1">high</x:Rank></item>
<item><media:thumbnail url="/t.jpg" width="10"/><geo:lat>1.5</geo:lat><geo:long>-2.5</geo:long></item></channel></rss>`)
	e := f.Entries[0]
	equal(t, "media", len(e.Media), 2)
	equal(t, "title of all media", e.Media[0].Title.Plain(), "Bridge")
	equal(t, "title of one", e.Media[1].Title.Plain(), "Film")
	equal(t, "credit", e.Media[1].Credits, []Credit{{"C. Amera", "photographer"}})
	equal(t, "title", e.Title.Plain(), "Bridge")
	equal(t, "explicit", *e.Podcast.Explicit, false)
	equal(t, "duration", e.Podcast.Duration, "3:00")
	equal(t, "keywords", len(e.Categories), 2)
	equal(t, "place", *e.Place, Place{Type: "Point", Coordinates: [][2]float64{{11.4, 47.1}}})
	equal(t, "comments", e.CommentCount, 4)
	equal(t, "link behind the counter", e.OriginalLink, "https://news.example/orig")
	equal(t, "chapters", e.Chapters, []Chapter{{Start: "01:02.5", Seconds: 62.5, Title: "One", URL: "https://news.example/c"}})
	equal(t, "reply", e.InReplyTo, []Reply{{Ref: "urn:y", URL: "https://news.example/y"}})
	equal(t, "others", e.Extensions, []Extension{{Name: "x:rank", Value: "high", Attributes: map[string]string{"place": "1"}}})
	equal(t, "thumbnail alone", f.Entries[1].Media, []Media{{Thumbnails: []Image{{URL: "https://news.example/t.jpg", Width: 10}}}})
	gml := parse(t, `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml"><entry><georss:where><gml:Envelope><gml:lowerCorner>1 2</gml:lowerCorner><gml:upperCorner>3 4</gml:upperCorner></gml:Envelope></georss:where></entry></feed>`)
	equal(t, "GML place", *gml.Entries[0].Place, Place{Type: "Box", Coordinates: [][2]float64{{2, 1}, {4, 3}}})
	equal(t, "W3C place", f.Entries[1].Place.Coordinates, [][2]float64{{-2.5, 1.5}})
}

func TestPersons(t *testing.T) {
	for in, want := range map[string]Person{
		"Ann Writer":                       {Name: "Ann Writer"},
		"ann@news.example":                 {Email: "ann@news.example"},
		"ann@news.example (Ann Writer)":    {Name: "Ann Writer", Email: "ann@news.example"},
		"Ann Writer (ann@news.example)":    {Name: "Ann Writer", Email: "ann@news.example"},
		"Ann Writer <a.w+x@news.example>":  {Name: "Ann Writer", Email: "a.w+x@news.example"},
		"mailto:ann@news.example":          {Email: "ann@news.example"},
		`"Writer, Ann" <ann@news.example>`: {Name: "Writer, Ann", Email: "ann@news.example"},
		"Ann @annwrites":                   {Name: "Ann @annwrites"},
		"@":                                {Name: "@"},
		"":                                 {},
	} {
		equal(t, in, personOf(in), want)
	}
}

func TestHTMLGuess(t *testing.T) {
	for in, want := range map[string]bool{
		"Bridge <b>opens</b>": true, "A &amp; B": true, "caf&eacute;": true, "&#8217;": true, "1 < 2": false, "A & B": false, "AT&T; more": false, "<b>open": false,
		"the <vector> of</vector>": false, "x</y": false, "a;b & c; d": false, "": false, "<!-- </b> -->": true,
	} {
		if got := looksLikeHTML(in); got != want {
			t.Errorf("%q: %t", in, got)
		}
	}
}

func TestRepairs(t *testing.T) {
	for in, want := range map[string]string{
		"CafÃ©": "Café", "â€œtwelveâ€\u009d": "“twelve”", "pâte": "pâte", "Ã la carte": "Ã la carte", "Âge d’or": "Âge d’or", "Ελλάδα â": "Ελλάδα â", "â€¦": "…",
	} {
		equal(t, in, repaired(in), want)
	}
	equal(t, "C1", modern("don\u0092t \u0080"), "don’t €")
}

func TestEncodings(t *testing.T) {
	doc := func(declaration, title string) string {
		return declaration + `<rss version="2.0"><channel><title>` + title + `</title></channel></rss>`
	}
	wide := func(mark, s string) string {
		var b strings.Builder
		b.WriteString(mark)
		for _, u := range utf16.Encode([]rune(s)) {
			b.WriteByte(byte(u))
			b.WriteByte(byte(u >> 8))
		}
		return b.String()
	}
	for name, c := range map[string]struct{ contentType, body string }{
		"utf-8":                   {"", doc("", "Café")},
		"utf-8 with mark":         {"", "\ufeff" + doc("", "Café")},
		"utf-8 that says latin-1": {"text/xml; charset=iso-8859-1", doc(`<?xml version="1.0" encoding="iso-8859-1"?>`, "Café")},
		"latin-1 by declaration":  {"", doc(`<?xml version="1.0" encoding='ISO-8859-1'?>`, "Caf\xe9")},
		"latin-1 by header":       {"text/xml; charset=iso-8859-1", doc("", "Caf\xe9")},
		"windows-1252 by default": {"", doc("", "Caf\xe9")},
		"utf-16 with mark":        {"", wide("\xff\xfe", doc(`<?xml version="1.0" encoding="utf-16"?>`, "Café"))},
		"utf-16":                  {"", wide("", doc(``, "Café"))},
	} {
		f, err := Parse("https://news.example/", http.Header{"Content-Type": {c.contentType}}, []byte(c.body))
		if err != nil || f.Title.Plain() != "Café" {
			t.Errorf("%s: %v", name, err)
		}
		if !Looks(c.contentType, []byte(c.body)) {
			t.Errorf("%s: does not look like a feed", name)
		}
	}
}

func TestHeader(t *testing.T) {
	body := []byte(`<rss version="2.0"><channel><link>x</link><title>t</title></channel></rss>`)
	f, err := Parse(feedURL, http.Header{"Content-Location": {"/other/feed.xml"}, "Content-Language": {"fr, en"}}, body)
	if err != nil || f.Link != "https://news.example/other/x" || f.Language != "fr" || f.Title.Lang != "fr" {
		t.Errorf("%+v, %v", f, err)
	}
	f, err = Parse(feedURL, http.Header{"Content-Location": {"javascript:alert(1)"}}, body)
	if err != nil || f.Link != "https://news.example/feeds/x" {
		t.Errorf("%+v, %v", f, err)
	}
}

// A feed that broke off or is wrong in places gives what can be read.
func TestTolerance(t *testing.T) {
	for _, c := range []struct {
		name, body string
		entries    int
		truncated  bool
	}{
		{"cut in the second item", rss[:strings.Index(rss, "A &lt; B")], 2, true},
		{"cut in the channel", rss[:strings.Index(rss, "<ttl>")], 0, true},
		{"items not closed", strings.ReplaceAll(rss, "</item>", ""), 3, false},
		{"items after the channel", strings.ReplaceAll(rss, "<item>", "</channel><item>"), 3, false},
		{"a section that never ends", strings.Replace(rss, "]]>", "", 1), 3, false},
		{"no end at all", strings.NewReplacer("</channel>", "", "</rss>", "").Replace(rss), 3, true},
		{"JSON, cut", jsonFeed[:strings.Index(jsonFeed, `"tags"`)], 1, true},
		{"JSON with a mark", "\ufeff" + jsonFeed, 1, false},
		{"JSON of wrong types", `{"version":"https://jsonfeed.org/version/1","title":["x"],"author":"A","hubs":"no","items":[5,{"id":{},"url":"https://news.example/1","tags":"t","attachments":{"url":"/a"},"authors":[null]},[]],}`, 1, false},
		{"JSON without a version", `{"home_page_url":"https://news.example/","items":[{"id":"1"}]}`, 1, false},
	} {
		f := parse(t, c.body)
		if len(f.Entries) != c.entries || f.Truncated != c.truncated {
			t.Errorf("%s: %d entries, truncated: %t", c.name, len(f.Entries), f.Truncated)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "page": "<!doctype html><html><body><p>rss</p></body></html>", "json": `{"a":1}`, "sitemap": "<urlset><url/></urlset>", "text": "a <rss> of mine", "list": `[{"items":[]}]`,
	} {
		f, err := Parse(feedURL, nil, []byte(body))
		if f != nil || !errors.Is(err, ErrNoFeed) || !strings.Contains(err.Error(), feedURL) {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

func TestLooks(t *testing.T) {
	for body, want := range map[string]bool{
		rss: true, atom: true, rdf: true, cdf: true, jsonFeed: true,
		"\ufeff \n<?xml version='1.0'?><!DOCTYPE rss><?xml-stylesheet href='x'?><RSS>": true,
		"<rdf:RDF xmlns='x'>":                    true,
		"Notice: x in y\n<rss version='2.0'>":    true,
		"<html><rss version='2.0'></html>":       false,
		"<!doctype html><html>":                  false,
		"<?xml version='1.0'?><urlset></urlset>": false,
		`{"version":"1"}`:                        false,
		"":                                       false,
		"<rss":                                   false,
		"plain text about <rss> and so on":       false,
	} {
		if got := Looks("", []byte(body)); got != want {
			t.Errorf("Looks(%.60q) = %t", body, got)
		}
	}
}

// What is printed of a feed is JSON, and its markup safe.
func TestMarshal(t *testing.T) {
	for _, body := range []string{rss, atom, rdf, cdf, jsonFeed} {
		b, err := json.Marshal(parse(t, body))
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]any
		if err := json.Unmarshal(b, &back); err != nil || back["format"] == nil || len(back["entries"].([]any)) == 0 {
			t.Errorf("%v: %s", err, b)
		}
		if strings.Contains(string(b), "onclick") || strings.Contains(string(b), "script") {
			t.Errorf("%s", b)
		}
	}
}
