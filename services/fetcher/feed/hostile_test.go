package feed

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"dateline/pkg/lineartest"
	"dateline/services/fetcher/markup"
)

func TestSanitize(t *testing.T) {
	for in, want := range map[string]string{
		`<a href="javascript:alert(1)">x</a>`:                      `<a>x</a>`,
		`<a href=" java&#10;script:alert(1)">x</a>`:                `<a>x</a>`,
		`<img src=x onerror=alert(1)>`:                             `<img src="https://a.example/x">`,
		`<svg><script>alert(1)</script></svg>`:                     `<svg xmlns="http://www.w3.org/2000/svg"></svg>`,
		`<p style="background:url(javascript:x)" class=y>z</p>`:    `<p>z</p>`,
		`<iframe src="https://b.example/"></iframe>after`:          `after`,
		`<object data="x">instead`:                                 `instead`,
		`<form action="/x"><input name=y>z</form>`:                 `z`,
		`<a href="data:text/html,<script>">x</a>`:                  `<a>x</a>`,
		`<meta http-equiv=refresh content="0;url=//b.example">x`:   `x`,
		`<b>never closed`:                                          `<b>never closed`,
		`sa<!-- -- >fe`:                                            `safe`,
		`<!' no declaration`:                                       `&lt;!&#39; no declaration`,
		`<video src="v.mp4" controls></video>`:                     `<video src="https://a.example/v.mp4" controls=""></video>`,
		`<a href="/y?a=1&amp;b=2#f">x</a>`:                         `<a href="https://a.example/y?a=1&amp;b=2#f">x</a>`,
		`<a href="/y>x</a> z`:                                      `<a href="https://a.example/y">x</a> z`,
		`<a href=/y">x</a> z`:                                      `<a href="https://a.example/y">x</a> z`,
		`<a title='x href="/y>z</a>`:                               `<a title="x href=&#34;/y">z</a>`,
		`<a x='1' href="/y>z</a>`:                                  `<a href="https://a.example/y">z</a>`,
		`<a href="/y`:                                              ``,
		`a < b & c`:                                                `a &lt; b &amp; c`,
		`<math><mtext><table><mglyph><style><img src=x onerror=y>`: `<math xmlns="http://www.w3.org/1998/Math/MathML"><mtext><table>`,
		`<svg viewBox="0 0 1 1" onload=x()><circle r="1" fill="red" style="x"/></svg>`:                                                            `<svg viewbox="0 0 1 1" xmlns="http://www.w3.org/2000/svg"><circle r="1" fill="red"/></svg>`,
		`<svg xmlns="urn:x"><path d="M0 0" fill="url(//b.example/x)"/></svg>`:                                                                     `<svg><path d="M0 0"/></svg>`,
		`<svg><a xlink:href="javascript:x()"><text>y</text></a><use href="//b.example#x"/><image href="//b.example/i"/><foreignObject><p>z</svg>`: `<svg xmlns="http://www.w3.org/2000/svg"><a><text>y</text></a><p>z</svg>`,
		`<svg></p><title><a id="</title><img src=x onerror=y>">`:                                                                                  `<svg xmlns="http://www.w3.org/2000/svg"></p><img src="https://a.example/x">&#34;&gt;`,
	} {
		if got := sanitize(in, "https://a.example/"); got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestBounds(t *testing.T) {
	var b strings.Builder
	b.WriteString("<rss version='2.0'><channel>")
	long := strings.Repeat("é", markup.MaxText)
	for i := range MaxEntries + 10 {
		fmt.Fprintf(&b, "<item><link>/%d</link><category>%[1]d</category></item>", i)
	}
	f := parse(t, b.String())
	if len(f.Entries) != MaxEntries || !f.Truncated {
		t.Errorf("%d entries, truncated: %t", len(f.Entries), f.Truncated)
	}
	f = parse(t, "<rss version='2.0'><item><title>"+long+"</title>"+strings.Repeat("<category>x</category><link>y</link><x>z</x><enclosure url='u'/>", 10_000))
	e := f.Entries[0]
	if n := len(e.Title.Value()); n > markup.MaxText || n < markup.MaxText-4 {
		t.Errorf("title of %d bytes", n)
	}
	if len(e.Links) > maxList || len(e.Extensions) > maxList || len(e.Enclosures) > maxList {
		t.Errorf("%d links, %d extensions, %d enclosures", len(e.Links), len(e.Extensions), len(e.Enclosures))
	}
	if f = parse(t, "<rss version='2.0'><title>"+strings.Repeat("x ", MaxBytes)); !f.Truncated {
		t.Error("all of a document too large")
	}
	deep := parse(t, "<rss version='2.0'>"+strings.Repeat("<a>", 1e6)+strings.Repeat("</a>", 1e6)+"<item><title>t</title></item>")
	if len(deep.Entries) != 1 {
		t.Errorf("%d entries after deep nesting", len(deep.Entries))
	}
}

// A long base and many links do not make gigabytes of a short document.
func TestResolvingIsBounded(t *testing.T) {
	long := "https://news.example/" + strings.Repeat("x", 100_000) + "/"
	links := strings.Repeat("<link>a</link>", 100)
	items := strings.Repeat("<item>"+links+"<description>"+strings.Repeat("&lt;a href=b>", 100)+"</description></item>", 100)
	for _, body := range []string{
		"<rss version='2.0'><channel xml:base='" + long + "'>" + items + "</channel></rss>",
		"<rss version='2.0'>" + strings.Repeat("<channel xml:base='"+strings.Repeat("x", 20_000)+"/'>", 300) + items + strings.Repeat("</channel>", 300) + "</rss>",
		`{"version":"https://jsonfeed.org/version/1","items":[` + strings.Repeat(`{"url":"a","attachments":[`+strings.Repeat(`{"url":"b"},`, 100)+`]},`, 100) + "]}",
	} {
		f, err := Parse(long, nil, []byte(body))
		if err != nil || len(f.Entries) != 100 || !f.Truncated {
			t.Fatalf("%.60s: %+v, %v", body, f, err)
		}
		total := 0
		for i := range f.Entries {
			e := &f.Entries[i]
			for _, l := range e.Links {
				total += len(l.URL)
			}
			for _, x := range e.Enclosures {
				total += len(x.URL)
			}
			if n := len(e.Summary.HTML()); n > 100_000 {
				t.Errorf("a text of %d bytes", n)
			}
		}
		if total > markup.MaxResolved+1<<20 {
			t.Errorf("%d bytes of URLs", total)
		}
	}
}

func TestParseIsLinear(t *testing.T) {
	for _, piece := range []string{
		"<item><title>x</title>", "<category>x</category>", "<content:encoded><![CDATA[<!--", "<description>&lt;!--", "<description>&lt;a href=x", "<description>&lt;a b=&quot;>&lt;a c='>", "<author>a@b (", "<link>../", "<media:group>", "<itunes:category text='x'>",
		"<title>Ã©", "<georss:polygon>1 2 ", "<pubDate>1 ", "<source><title>", "<title>&lt;b&gt;", "<item><guid>", "<content type='xhtml'><div>", "<content mode='base64'>",
	} {
		lineartest.Check(t, piece, 16_000, func(n int) func() {
			doc := []byte("<rss version='2.0'><channel><item>" + strings.Repeat(piece, n))
			return func() {
				f, err := Parse(feedURL, nil, doc)
				if err != nil {
					t.Fatal(err)
				}
				for i := range f.Entries {
					e := &f.Entries[i]
					e.Title.Plain()
					e.Summary.HTML()
				}
			}
		})
	}
}

func FuzzParseXML(f *testing.F) {
	for _, s := range []string{rss, atom, rdf, cdf, rss[:300], "<rss><channel><item><link>//x</link></item></channel></rss>", "\xff\xfe<\x00r\x00", "<rdf:RDF><item rdf:about='x'/></rdf:RDF>", "<feed><entry><content type='xhtml'><div><a href='b'>c", "<feed><entry><content type='image/svg+xml'>&lt;x>&lt;script>", "<feed><entry><summary type='xhtml'>&lt;x>&lt;script>", "<rss version='2'><item><description>&lt;svg>&lt;desc>&lt;title>&lt;style>&lt;math>&lt;mi>&lt;a href='javascript:x'>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(fuzzed)
}

func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{jsonFeed, jsonFeed[:200], `{"version":"https://jsonfeed.org/version/1","items":[{"id":1e400,"tags":[{}],"attachments":5}]}`, "\ufeff{\"items\":[],\"feed_url\":\"x\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(fuzzed)
}

func fuzzed(t *testing.T, body []byte) {
	f, err := Parse(feedURL, nil, body)
	if (f == nil) == (err == nil) {
		t.Fatalf("%v, %v", f, err)
	}
	if err != nil {
		return
	}
	if len(f.Entries) > MaxEntries {
		t.Errorf("%d entries", len(f.Entries))
	}
	if _, err := json.Marshal(f); err != nil {
		t.Error(err)
	}
	for i := range f.Entries {
		e := &f.Entries[i]
		for _, text := range append(e.Content, e.Title, e.Summary) {
			if wrong := unsafe(text.HTML()); wrong != "" {
				t.Errorf("%s is in %q", wrong, text.HTML())
			}
			if wrong := unsafe(text.Value()); wrong != "" && (strings.HasSuffix(text.Type, "html") || strings.HasSuffix(text.Type, "xml")) {
				t.Errorf("%s is in %q of type %s", wrong, text.Value(), text.Type)
			}
		}
	}
}
