package feed

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

const rss = `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>The Morning &amp; Evening</title><link>https://news.example/</link>
<item>
  <title>Bridge <![CDATA[<b>reopens</b>]]></title><link>/2024/bridge?utm_source=rss</link>
  <guid isPermaLink="false">n-17</guid><dc:creator>Ada Fields</dc:creator>
  <pubDate>Wed, 06 Nov 2024 09:30:00 +0100</pubDate>
  <description>&lt;p&gt;The bridge &lt;b&gt;re&lt;/b&gt;opens.&lt;/p&gt;&lt;p&gt;More&lt;br&gt;soon.&lt;script&gt;x()&lt;/script&gt;&lt;/p&gt;</description>
</item>
<item><title>No page of its own</title><guid>n-18</guid></item>
<item><guid>https://news.example/2024/ferry</guid></item>
<item><link>javascript:alert(1)</link></item>
</channel></rss>`

const atom = `<?xml version="1.0"?><!-- made by hand --><feed xmlns="http://www.w3.org/2005/Atom"><title>Atoms</title>
<entry><title type="html">One</title><link rel="alternate" href="one.html"/><id>tag:news.example,2024:1</id>
<published>2024-11-06T08:00:00Z</published><author><name>B. Writer</name></author><summary>First.</summary></entry></feed>`

const jsonFeed = `{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[{"id":"7","url":"https://news.example/seven","title":"Seven","content_text":"Plain words"}]}`

func TestParse(t *testing.T) {
	at := func(h, m int) *time.Time {
		t := time.Date(2024, 11, 6, h, m, 0, 0, time.UTC)
		return &t
	}
	for _, c := range []struct {
		name, body string
		want       Feed
	}{
		{"rss", rss, Feed{"The Morning & Evening", []Item{
			{URL: "https://news.example/2024/bridge?utm_source=rss", ID: "n-17", Title: "Bridge reopens", Summary: "The bridge reopens. More soon.", Authors: []string{"Ada Fields"}, Published: at(8, 30)},
			{URL: "https://news.example/2024/ferry", ID: "https://news.example/2024/ferry"},
		}}},
		{"atom", atom, Feed{"Atoms", []Item{
			{URL: "https://news.example/feeds/one.html", ID: "tag:news.example,2024:1", Title: "One", Summary: "First.", Authors: []string{"B. Writer"}, Published: at(8, 0)},
		}}},
		{"json", jsonFeed, Feed{"J", []Item{{URL: "https://news.example/seven", ID: "7", Title: "Seven", Summary: "Plain words"}}}},
	} {
		got, err := Parse("https://news.example/feeds/all", "", []byte(c.body))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if !reflect.DeepEqual(*got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, *got, c.want)
		}
	}
}

func TestParseEncodings(t *testing.T) {
	doc := func(declaration, title string) string {
		return declaration + `<rss version="2.0"><channel><title>` + title + `</title></channel></rss>`
	}
	wide := func(s string) string {
		var b strings.Builder
		b.WriteString("\xff\xfe")
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
		"utf-16":                  {"", wide(doc(`<?xml version="1.0" encoding="utf-16"?>`, "Café"))},
	} {
		f, err := Parse("https://news.example/", c.contentType, []byte(c.body))
		if err != nil || f.Title != "Café" {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "page": "<!doctype html><html><body><p>rss</p></body></html>", "json": `{"a":1}`, "cut": rss[:len(rss)/2],
		"deep": "<rss>" + strings.Repeat("<a>", 1e6),
	} {
		f, err := Parse("https://news.example/", "application/rss+xml", []byte(body))
		if err == nil {
			t.Errorf("%s: %+v", name, f)
		}
		if wantNoFeed := name == "empty" || name == "page" || name == "json"; errors.Is(err, ErrNoFeed) != wantNoFeed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseBounds(t *testing.T) {
	var b strings.Builder
	b.WriteString("<rss version='2.0'><channel>")
	for i := range MaxItems + 10 {
		fmt.Fprintf(&b, "<item><link>/%d</link><title>%s</title><description>%s</description><guid>%[2]s</guid></item>", i, strings.Repeat("é", 2000), strings.Repeat("word ", 1000))
	}
	b.WriteString("</channel></rss>")
	f, err := Parse("https://news.example/", "", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	i := f.Items[0]
	if len(f.Items) != MaxItems || len(i.Title) > maxTitle || len(i.Summary) > maxSummary || len(i.ID) > maxID || len(i.Title) < maxTitle-4 {
		t.Errorf("%d items, title %d, summary %d, id %d bytes", len(f.Items), len(i.Title), len(i.Summary), len(i.ID))
	}
}

func TestLooks(t *testing.T) {
	for body, want := range map[string]bool{
		rss: true, atom: true, jsonFeed: true,
		"\ufeff \n<?xml version='1.0'?><!DOCTYPE rss><?xml-stylesheet href='x'?><RSS>": true,
		"<rdf:RDF xmlns='x'>":                    true,
		"<html><rss></html>":                     false,
		"<!doctype html><html>":                  false,
		"<?xml version='1.0'?><urlset></urlset>": false,
		"<!-- never closed <rss>":                false,
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

func FuzzParse(f *testing.F) {
	for _, s := range []string{rss, atom, jsonFeed, rss[:300], "<rss><channel><item><link>//x</link></item></channel></rss>", "\xff\xfe<\x00r\x00", "<rdf:RDF><item rdf:about='x'/></rdf:RDF>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := Parse("https://news.example/feed", "text/xml", body)
		if (got == nil) == (err == nil) {
			t.Fatalf("%v, %v", got, err)
		}
		if err != nil {
			return
		}
		if len(got.Items) > MaxItems {
			t.Errorf("%d items", len(got.Items))
		}
		for _, i := range got.Items {
			if !strings.HasPrefix(i.URL, "http") || len(i.Title) > maxTitle || len(i.Summary) > maxSummary || len(i.ID) > maxID || len(i.Authors) > maxAuthors {
				t.Errorf("%+v", i)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	var doc strings.Builder
	doc.WriteString("<rss version='2.0'><channel><title>t</title>")
	for i := range 300 {
		fmt.Fprintf(&doc, "<item><title>Story number %d of the day</title><link>https://news.example/%[1]d</link><guid>%[1]d</guid><pubDate>Wed, 06 Nov 2024 09:30:00 +0100</pubDate><description><![CDATA[<p>%s</p>]]></description></item>", i, strings.Repeat("Some words of it. ", 20))
	}
	doc.WriteString("</channel></rss>")
	body := []byte(doc.String())
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("https://news.example/feed", "application/rss+xml", body); err != nil {
			b.Fatal(err)
		}
	}
}
