package sitemap

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"dateline/pkg/lineartest"
)

const news = `<?xml version='1.0' encoding='windows-1251'?><!DOCTYPE urlset [<!ENTITY x "y>">]>
<!-- <url><loc>https://news.example/commented</loc></url> -->
<sm:urlset xmlns:sm="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">
<sm:url><sm:loc>/a?x=1&copy=2&amp;y=%20</sm:loc>
 <news xmlns="http://www.google.com/schemas/sitemap-news/0.9"><publication><name>` + "\xcf\xf0\xe8\xe2\xe5\xf2" + `</name><language>ru</language></publication>
  <publication_date>2024-11-06T09:30:00+01:00</publication_date><title>Rock &#38; r&eacute;sum&#xE9; &unknown; & more</title><loc>https://news.example/no</loc></news>
 <sm:lastmod>2024-11-06</sm:lastmod>
 <xhtml:link rel="alternate" hreflang="EN" href="/en?a>b"/><xhtml:link rel="alternate" href="/nolang"/><xhtml:link rel="stylesheet" hreflang="de" href="/css"/>
</sm:url>
<image:image xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><image:loc>https://news.example/i.jpg</image:loc></image:image>
<sm:url><sm:loc>https://cdn.example/b</sm:loc><sm:loc>https://cdn.example/second</sm:loc><sm:priority>7</sm:priority><sm:url>
<sm:loc>https://news.example/c</sm:loc><sm:changefreq/></sm:url><sm:url/>
</sm:urlset> <trailing`

const newsWant = `{https://news.example/a?x=1&copy=2&y=%20 2024-11-06 "" 0 map[EN:https://news.example/en?a%3Eb] Привет/ru/2024-11-06T09:30:00+01:00/Rock & résumé &unknown; & more/[]}` +
	`{https://cdn.example/b "" 0 map[] cross}{https://news.example/c "" 0 map[]}`

const rss = `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<link>https://news.example/</link><atom:link rel="self" href="https://news.example/rss"/><item>
<title>A</title><atom:link rel="self" href="/self"/><link>https://news.example/a</link><guid>https://news.example/guid</guid><pubDate>Wed, 06 Nov 2024 09:30:00 GMT</pubDate><dc:date>2020-01-01</dc:date></item>
<item><guid isPermaLink="false">https://news.example/no</guid></item><item><guid>https://news.example/b</guid><atom:updated>2024-11-07</atom:updated><pubDate>2024-11-06</pubDate></item>
</channel></rss>`

const rssWant = `{https://news.example/a 2024-11-06T09:30:00Z "" 0 map[]}{https://news.example/b 2024-11-07 "" 0 map[]}`

const atomFeed = `<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:link href="/home"/><a:entry><a:link rel="enclosure" href="/e.mp3"/><a:link href="/a"/><a:published>2024-11-06</a:published></a:entry></a:feed>`

const atomWant = `{https://news.example/a 2024-11-06 "" 0 map[]}`

const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><link>/home</link></channel>
<item rdf:about="x"><link>/a</link><dc:date>2024-11-06T09:30:00Z</dc:date></item></rdf:RDF>`

const rdfWant = `{https://news.example/a 2024-11-06T09:30:00Z "" 0 map[]}`

func render(entries []Entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "{%s", e.Loc)
		if !e.LastMod.Time.IsZero() {
			fmt.Fprintf(&b, " %s", e.LastMod)
		}
		fmt.Fprintf(&b, " %q %g %v", e.ChangeFreq, e.Priority, e.Alternates)
		if n := e.News; n != nil {
			fmt.Fprintf(&b, " %s/%s/%s/%s/%v", n.Publication, n.Language, n.Published, n.Title, n.Keywords)
		}
		if e.CrossHost {
			b.WriteString(" cross")
		}
		b.WriteString("}")
	}
	return b.String()
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		body, want string
		kind       Kind
		truncated  bool
	}{
		"news":            {news, newsWant, URLSet, false},
		"rss":             {rss, rssWant, Feed, false},
		"atom":            {atomFeed, atomWant, Feed, false},
		"rdf":             {rdf, rdfWant, Feed, false},
		"empty set":       {"<urlset/>", "", URLSet, false},
		"page":            {"<!DOCTYPE html><html><p>see <urlset><url><loc>https://news.example/a</loc></url></urlset></html>", "", None, false},
		"json":            {`{"url": "https://news.example/a"}`, "", None, false},
		"text":            {"# list\rhttps://news.example/a\rHTTPS://news.example/b\nhttps://" + strings.Repeat("x", maxToken+9) + "\nhttp://news.example/c", `{https://news.example/a "" 0 map[]}{https://news.example/b "" 0 map[]}{http://news.example/c "" 0 map[]}`, Text, false},
		"warning first":   {"Warning: x in y on line 3\n" + rdf, rdfWant, Feed, false},
		"unclosed loc":    {"<urlset><url><loc>/a<lastmod>2024-11-06</lastmod></url><url><loc>/b</url></urlset>", `{https://news.example/a 2024-11-06 "" 0 map[]}{https://news.example/b "" 0 map[]}`, URLSet, false},
		"broken tags":     {"<urlset><url <url><loc>/a</loc>< x <3 </ ></url></urlset>", `{https://news.example/a "" 0 map[]}`, URLSet, false},
		"cut in a tag":    {"<urlset><url><loc>/a</loc></url><url><loc>/b</loc></url", `{https://news.example/a "" 0 map[]}`, URLSet, true},
		"cut in CDATA":    {"<urlset><url><loc>/a</loc></url><url><loc><![CDATA[/b", `{https://news.example/a "" 0 map[]}`, URLSet, true},
		"own default":     {`<urlset><url><image xmlns="http://www.google.com/schemas/sitemap-image/1.1"><loc>/i.jpg</loc></image><loc xmlns="http://example.org/mine">/a</loc><lastmod xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">2024</lastmod></url></urlset>`, `{https://news.example/a 2024 "" 0 map[]}`, URLSet, false},
		"index of itself": {"<sitemapindex><sitemap><loc>/sitemap.xml</loc></sitemap><sitemap><loc>/s</loc></sitemap></sitemapindex>", `{https://news.example/s "" 0 map[]}`, Index, false},
		"space before":    {strings.Repeat("\n \x00", peeked) + "<urlset><url><loc>/a</loc></url></urlset>", `{https://news.example/a "" 0 map[]}`, URLSet, false},
		"late prefix":     {`<urlset><url><n:loc>/no</n:loc><loc>/a</loc></url><url xmlns:n="http://www.sitemaps.org/schemas/sitemap/0.9"><n:loc>/b</n:loc></url></urlset>`, `{https://news.example/a "" 0 map[]}{https://news.example/b "" 0 map[]}`, URLSet, false},
		"huge text":       {"<urlset><url><title>" + strings.Repeat("a&amp;", maxToken/2) + "</title><loc>/a</loc></url></urlset>", `{https://news.example/a "" 0 map[]}`, URLSet, false},
		"huge loc":        {"<urlset><url><loc>/" + strings.Repeat("a", 2*maxToken) + "</loc></url><url><loc>/b</loc></url></urlset>", `{https://news.example/b "" 0 map[]}`, URLSet, false},
		"huge comment":    {"<urlset><!--" + strings.Repeat("->", maxToken) + "--><url><loc>/b</loc></url></urlset>", `{https://news.example/b "" 0 map[]}`, URLSet, false},
		"long entity":     {"<urlset><url><loc>/a</loc><changefreq>&nGt;&semi;&#0;&#x110000;&amp</changefreq></url></urlset>", `{https://news.example/a "&nGt;&semi;&#0;&#x110000;&amp" 0 map[]}`, URLSet, false},
		"nothing but <?":  {"<?", "", None, false},
	} {
		for how, wrap := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "data with error": iotest.DataErrReader} {
			var entries []Entry
			sum, err := Read(wrap(strings.NewReader(c.body)), "https://news.example/sitemap.xml", func(e Entry) bool {
				entries = append(entries, e)
				return true
			})
			if got := render(entries); got != c.want || err != nil || sum.Kind != c.kind || sum.Truncated != c.truncated {
				t.Errorf("%s, %s: %+v, %v\n got %s\nwant %s", name, how, sum, err, got, c.want)
			}
		}
	}
}

// TestCut: wherever a file breaks off, the entries before are given as they are, and the file counts as truncated.
func TestCut(t *testing.T) {
	doc := sample(3)
	whole, _ := readAll(t, "https://news.example/s.xml", []byte(doc))
	start, last := strings.Index(doc, "<url>"), strings.LastIndex(doc, ">")
	for n := start; n < last; n++ {
		entries, sum := readAll(t, "https://news.example/s.xml", []byte(doc[:n]))
		if want := strings.Count(doc[:n], "</url>"); render(entries) != render(whole[:want]) || !sum.Truncated {
			t.Fatalf("cut at %d: %d entries of %d, %+v", n, len(entries), want, sum)
		}
	}
}

// TestSkipped: what is passed over may be longer than what is held, wherever its end lies.
func TestSkipped(t *testing.T) {
	for n := 2*maxToken - 40; n < 2*maxToken+10; n++ {
		doc := "<urlset><!--" + strings.Repeat("x", n) + "--><url><loc>/a</loc></url></urlset>"
		if entries, sum := readAll(t, "https://news.example/s.xml", []byte(doc)); len(entries) != 1 || sum.Truncated {
			t.Fatalf("a comment of %d bytes: %d entries, %+v", n, len(entries), sum)
		}
	}
}

// TestListedTwice: entries that count for nothing cost time too.
func TestListedTwice(t *testing.T) {
	for n, truncated := range map[int]bool{maxListed: false, maxListed + 1: true} {
		entries, sum := readAll(t, "https://news.example/s.xml", []byte("<urlset>"+strings.Repeat("<url><loc>https://news.example/a</loc></url>", n)+"</urlset>"))
		if len(entries) != 1 || sum.Truncated != truncated {
			t.Errorf("%d times: %d entries, %+v", n, len(entries), sum)
		}
	}
}

func TestCompressed(t *testing.T) {
	pack := func(b []byte) []byte {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		_, _ = w.Write(b)
		_ = w.Close()
		return z.Bytes()
	}
	one := pack([]byte(sample(1000)))
	for name, c := range map[string]struct {
		body      []byte
		entries   int
		truncated bool
	}{
		"one": {one, 1000, false}, "two": {pack(one), 1000, false}, "three": {pack(pack(one)), 0, false},
		"junk after": {append(bytes.Clone(one), "junk"...), 1000, false}, "only magic": {one[:5], 0, true},
	} {
		entries, sum := readAll(t, "https://news.example/s.xml", c.body)
		if len(entries) != c.entries || sum.Truncated != c.truncated {
			t.Errorf("%s: %d entries, %+v", name, len(entries), sum)
		}
	}
	entries, sum := readAll(t, "https://news.example/s.xml", one[:len(one)/2])
	if len(entries) < 100 || len(entries) > 900 || !sum.Truncated {
		t.Errorf("half of it: %d entries, %+v", len(entries), sum)
	}
	bomb := pack(append([]byte("<urlset>"), bytes.Repeat([]byte("<url><loc>/a</loc></url>"), 8<<20)...))
	if entries, sum := readAll(t, "https://news.example/s.xml", bomb); len(entries) != 1 || !sum.Truncated {
		t.Errorf("a bomb: %d entries, %+v", len(entries), sum)
	}
}

func TestReadErrors(t *testing.T) {
	reset := errors.New("connection reset")
	for err, want := range map[error]error{reset: reset, io.ErrUnexpectedEOF: nil} {
		n := 0
		sum, got := Read(io.MultiReader(strings.NewReader(sample(2)[:700]), iotest.ErrReader(err)), "https://news.example/s.xml", func(Entry) bool { n++; return true })
		if !errors.Is(got, want) || n != 1 || !sum.Truncated {
			t.Errorf("%v: %d entries, %+v, %v", err, n, sum, got)
		}
	}
	n := 0
	sum, err := Read(strings.NewReader(sample(100)), "https://news.example/s.xml", func(Entry) bool { n++; return n < 5 })
	if n != 5 || err != nil || sum.Truncated || sum.Entries != 5 {
		t.Errorf("a reader who has enough gets %d, %+v, %v", n, sum, err)
	}
}

// TestLinear doubles documents that are made to be read again and again.
func TestLinear(t *testing.T) {
	for name, piece := range map[string]string{
		"open tags": "<a", "quotes": `<a ">`, "half quotes": `<a "> <b>`, "declarations": "<!", "cdata": "<![CDATA[", "comments": "<!--", "ends": "</url", "ampersands": "<loc>&&&&&;", "prefixes": "<url xmlns:a='b' xmlns:c='d'>",
		"entries": "<url><loc>/a", "attributes": "<url a=b a=b a=b ", "angles": "< ",
	} {
		lineartest.Check(t, name, 1<<20, func(n int) func() {
			body := []byte("<urlset>" + strings.Repeat(piece, n/len(piece)) + ">")
			return func() { readAll(t, "https://news.example/s.xml", body) }
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{news, rss, atomFeed, rdf, sample(2), "https://news.example/a\r\nx", "\xff\xfe<\x00", "\x1f\x8b\x08", "<urlset xmlns:=a><url <loc>&#x;</loc>", "<sitemapindex><sitemap><loc>/s</loc></sitemap>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		read := func(r io.Reader) (string, Summary) {
			var entries []Entry
			sum, err := Read(r, "https://news.example/sitemap.xml", func(e Entry) bool {
				entries = append(entries, e)
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if !isWeb(e.Loc) {
					t.Errorf("%q is no URL", e.Loc)
				}
			}
			return render(entries), sum
		}
		whole, sum := read(bytes.NewReader(body))
		if pieces, again := read(iotest.OneByteReader(bytes.NewReader(body))); pieces != whole || again != sum {
			t.Errorf("in pieces it is %s, %+v; as a whole %s, %+v", pieces, again, whole, sum)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	body := []byte(sample(MaxEntries))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if _, err := Read(bytes.NewReader(body), "https://news.example/s.xml", func(Entry) bool { n++; return true }); err != nil || n != MaxEntries {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkEncodingXML reads the same with encoding/xml, without resolving a URL or reading a date.
func BenchmarkEncodingXML(b *testing.B) {
	body := []byte(sample(MaxEntries))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		d := xml.NewDecoder(bytes.NewReader(body))
		n := 0
		for {
			t, err := d.Token()
			if err != nil {
				break
			}
			s, ok := t.(xml.StartElement)
			if !ok || s.Name.Local != "url" {
				continue
			}
			var e struct {
				Loc        string  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 loc"`
				LastMod    string  `xml:"lastmod"`
				ChangeFreq string  `xml:"changefreq"`
				Priority   float64 `xml:"priority"`
			}
			if err := d.DecodeElement(&e, &s); err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != MaxEntries {
			b.Fatal(n)
		}
	}
}
