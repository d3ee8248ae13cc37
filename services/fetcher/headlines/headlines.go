// Package headlines finds the links of a page that lead to articles: those whose words read like a headline, on the same site.
// It is for sites that have neither feeds nor sitemaps.
package headlines

import (
	"net/http"
	"strings"
	"unicode"

	"dateline/pkg/charset"
	"dateline/pkg/weburl"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Headline is a link with its words.
type Headline struct {
	URL  string // absolute, canonical
	Text string
}

// Bounds of a page.
const (
	maxHeadlines = 1000
	maxText      = 300 // bytes of a headline; what is longer is a text
	minWords     = 4   // or twice as many characters of a script without spaces
)

// Read finds the headlines of an HTML page that was found at a URL, each address once, in the page's order. It takes time linear
// in the page. What cannot be decoded has none.
func Read(pageURL string, header http.Header, body []byte) []Headline {
	page, err := charset.Decode(body, header.Get("Content-Type"))
	if err != nil {
		return nil
	}
	r := reader{base: pageURL, site: weburl.Site(weburl.Host(pageURL)), seen: map[string]bool{}}
	if own, err := weburl.Key(pageURL); err == nil {
		r.seen[own] = true
	}
	z := html.NewTokenizer(strings.NewReader(page.Text))
	for len(r.found) < maxHeadlines {
		switch z.Next() {
		case html.ErrorToken:
			return r.found
		case html.StartTagToken:
			r.start(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			r.end(atom.Lookup(name))
		case html.TextToken:
			if r.link != "" && r.hidden == 0 && r.text.Len() <= maxText {
				r.text.Write(z.Text())
			}
		}
	}
	return r.found
}

type reader struct {
	base, site string
	hidden     int // open elements whose text is nobody's, or whose links lead nowhere new
	link       string
	text       strings.Builder
	seen       map[string]bool
	found      []Headline
}

// aside are the elements that hold no headlines.
func aside(a atom.Atom) bool {
	return a == atom.Nav || a == atom.Footer || a == atom.Script || a == atom.Style || a == atom.Noscript || a == atom.Svg
}

func (r *reader) start(z *html.Tokenizer) {
	name, more := z.TagName()
	tag := atom.Lookup(name)
	if aside(tag) {
		r.hidden++
	}
	if tag == atom.Br || tag == atom.Span || tag == atom.Div || tag == atom.P {
		r.text.WriteByte(' ')
	}
	if tag != atom.A && tag != atom.Base {
		return
	}
	for more {
		var key, value []byte
		if key, value, more = z.TagAttr(); string(key) != "href" {
			continue
		}
		to, err := weburl.Resolve(r.base, string(value))
		switch {
		case err != nil:
		case tag == atom.Base:
			r.base = to
		default:
			r.close()
			r.link = to
		}
	}
}

func (r *reader) end(tag atom.Atom) {
	switch {
	case tag == atom.A:
		r.close()
	case aside(tag) && r.hidden > 0:
		r.hidden--
	}
}

// close ends the link at hand.
func (r *reader) close() {
	to, text := r.link, strings.Join(strings.Fields(r.text.String()), " ")
	r.link = ""
	r.text.Reset()
	if to == "" || len(text) > maxText || !reads(text) {
		return
	}
	canonical, err := weburl.Canonical(to)
	if err != nil || weburl.Site(weburl.Host(canonical)) != r.site {
		return
	}
	key, err := weburl.Key(canonical)
	if err != nil || r.seen[key] {
		return
	}
	r.seen[key] = true
	r.found = append(r.found, Headline{canonical, text})
}

// reads reports whether words read like a headline: there are enough of them.
func reads(text string) bool {
	words, wide := len(strings.Fields(text)), 0
	for _, c := range text {
		if unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai) {
			wide++
		}
	}
	return words >= minWords || wide >= 2*minWords
}
