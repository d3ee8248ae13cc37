package feed

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"dateline/services/fetcher/markup"

	"golang.org/x/net/html"
)

// large is a feed as news sites with a lot to say have them: n entries with text, markup and the usual extensions.
func large(n int) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:media="http://search.yahoo.com/mrss/">
<channel>
	<title>The Alder Post</title>
	<atom:link href="https://alder.example/feed/" rel="self" type="application/rss+xml" />
	<link>https://alder.example/</link>
	<description>News of the valley</description>
	<lastBuildDate>Wed, 06 Nov 2024 09:30:00 +0000</lastBuildDate>
	<language>en-GB</language>
	<sy:updatePeriod>hourly</sy:updatePeriod>
	<sy:updateFrequency>1</sy:updateFrequency>
`)
	words := strings.Fields("bridge council river the a of minister said on Wednesday that families valley would by and ferry opened years after first stone was laid “twelve” million café — région über naïve")
	seed := uint32(1)
	word := func() string {
		seed = seed*1664525 + 1013904223
		return words[seed>>16%uint32(len(words))]
	}
	sentence := func(n int) string {
		var s []string
		for range n {
			s = append(s, word())
		}
		return strings.Join(s, " ")
	}
	for i := range n {
		fmt.Fprintf(&b, `	<item>
		<title>%s &amp; %s</title>
		<link>https://alder.example/2024/11/06/story-%d/</link>
		<comments>https://alder.example/2024/11/06/story-%[3]d/#respond</comments>
		<dc:creator><![CDATA[Ann Writer]]></dc:creator>
		<pubDate>Wed, 06 Nov 2024 09:%02[4]d:00 +0000</pubDate>
		<category><![CDATA[News]]></category>
		<category><![CDATA[%[5]s]]></category>
		<guid isPermaLink="false">https://alder.example/?p=%[3]d</guid>
		<media:content url="https://img.alder.example/%[3]d.jpg" medium="image" width="1200" height="675"><media:title type="html">%[5]s</media:title></media:content>
		<description>&lt;p&gt;%[6]s &lt;a href=&quot;/2024/%[3]d&quot;&gt;more&lt;/a&gt;&lt;/p&gt;</description>
		<content:encoded><![CDATA[`, sentence(5), sentence(2), i, i%60, word(), sentence(30))
		for range 6 {
			fmt.Fprintf(&b, "<p>%s <a href=\"https://alder.example/topic/%s\">%s</a>, %s.</p>\n", sentence(40), word(), sentence(2), sentence(12))
		}
		fmt.Fprintf(&b, "<figure><img src=\"/img/%d.jpg\" alt=\"%s\" width=\"800\" height=\"450\" /></figure>]]></content:encoded>\n\t</item>\n", i, sentence(4))
	}
	b.WriteString("</channel>\n</rss>\n")
	return []byte(b.String())
}

// largeAtom is the same as Atom, its markup escaped.
func largeAtom(n int) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Alder</title><id>tag:alder.example,2024:feed</id><link href="https://alder.example/"/><updated>2024-11-06T09:30:00Z</updated>`)
	text := html.EscapeString(strings.Repeat(`<p>The bridge over the <b>Alder</b> was opened on Wednesday, “nine years” after the <a href="/stone">first stone</a> was laid.</p>`, 12))
	for i := range n {
		fmt.Fprintf(&b, `
<entry><title type="html">Bridge &amp;amp; ferry, %d</title><link rel="alternate" type="text/html" href="https://alder.example/%[1]d"/><id>tag:alder.example,2024:%[1]d</id><author><name>Ann Writer</name><uri>https://alder.example/ann</uri></author><category term="news"/><published>2024-11-06T09:30:00Z</published><updated>2024-11-06T10:30:00+01:00</updated><summary type="text">The bridge was opened.</summary><content type="html">%s</content></entry>`, i, text)
	}
	b.WriteString("</feed>")
	return []byte(b.String())
}

// largeJSON is a JSON Feed of n entries.
func largeJSON(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"version": "https://jsonfeed.org/version/1.1", "title": "Alder", "home_page_url": "https://alder.example/", "items": [`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n  {\"id\": \"%d\", \"url\": \"https://alder.example/%[1]d\", \"title\": \"Bridge %[1]d\", \"date_published\": \"2024-11-06T09:30:00Z\", \"authors\": [{\"name\": \"Ann\"}], \"content_html\": \"%s\"}", i, strings.Repeat(`<p>The bridge over the <b>Alder</b> was \"opened\" on Wednesday.</p>\n`, 20))
	}
	b.WriteString("]}")
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct {
		name string
		body []byte
	}{{"rss", large(500)}, {"atom", largeAtom(500)}, {"json", largeJSON(1000)}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				f, err := Parse("https://alder.example/feed", nil, c.body)
				if err != nil || len(f.Entries) < 500 {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkYardstick is what reading the tokens alone costs others, and our own scanner.
func BenchmarkYardstick(b *testing.B) {
	body := large(500)
	for _, c := range []struct {
		name string
		read func()
	}{
		{"encoding-xml", func() { rawTokens(body) }},
		{"x-net-html", func() {
			z := html.NewTokenizer(strings.NewReader(string(body)))
			for z.Next() != html.ErrorToken {
				z.Token()
			}
		}},
		{"markup", func() {
			s := markup.NewScanner(string(body))
			for s.Next() != markup.EOF {
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				c.read()
			}
		})
	}
}

// BenchmarkTexts is what a job says of each entry, and all texts as safe HTML.
func BenchmarkTexts(b *testing.B) {
	body := large(500)
	f, err := Parse("https://alder.example/feed", nil, body)
	if err != nil {
		b.Fatal(err)
	}
	for name, read := range map[string]func(e *Entry){
		"plain": func(e *Entry) { e.Title.Plain(); e.Summary.Plain() },
		"html":  func(e *Entry) { e.Title.HTML(); e.Summary.HTML(); e.Content[0].HTML() },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				for i := range f.Entries {
					read(&f.Entries[i])
				}
			}
		})
	}
}

func rawTokens(body []byte) {
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		if _, err := d.RawToken(); err != nil {
			return
		}
	}
}
