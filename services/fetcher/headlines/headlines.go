// Package headlines finds the links of a page that lead to articles: those whose words read like a headline, on the same site.
// It is for sites that have neither feeds nor sitemaps.
package headlines

import (
	"net/http"
	"strings"

	"dateline/pkg/charset"
	"dateline/pkg/weburl"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Headline is a link with its words.
type Headline struct {
	URL  string // absolute, canonical
	Text string // on one line; "" where the link has more words than a headline
}

// Bounds of a page.
const (
	maxHeadlines = 1000
	maxLinks     = 3000 // that are looked at for the site they lead to
	maxHref      = 2 << 10
	maxBase      = 1 << 10 // it makes each link longer, and parsing takes time that grows with the square of that
	maxText      = 300     // characters of a headline
)

// A link has to have some words, or it leads to a section: of links with three words most do, in all languages that
// were looked at. Two are enough in a heading, where many short ones are headlines, and the others cost a fetch each, once.
const (
	minWords        = 4
	minHeadingWords = 2
)

// Read finds the headlines of an HTML page that was found at a URL, each address once, in the page's order. It takes time linear
// in the page. What cannot be decoded has none, nor has a page whose own address is longer than a kilobyte.
func Read(pageURL string, header http.Header, body []byte) []Headline {
	page, err := charset.Decode(body, header.Get("Content-Type"))
	if err != nil || len(pageURL) > maxBase {
		return nil
	}
	r := reader{base: pageURL, site: weburl.Site(weburl.Host(pageURL)), seen: map[string]bool{}}
	if own, err := weburl.Key(pageURL); err == nil {
		r.seen[own] = true
	}
	z := html.NewTokenizer(strings.NewReader(page.Text))
	for len(r.found) < maxHeadlines && r.links < maxLinks {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			r.close()
			return r.found
		case html.StartTagToken, html.SelfClosingTagToken:
			r.start(z, kind == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := z.TagName()
			r.end(atom.Lookup(name))
		case html.TextToken:
			if r.linked && r.hidden == 0 {
				r.write(z.Text())
			}
		}
	}
	return r.found
}

type reader struct {
	base, site string
	based      bool // by the page's base element, of which only the first counts
	hidden     int  // open elements whose text is nobody's, or whose links lead nowhere new
	heading    bool // in one

	linked bool   // in a link
	href   string // its target, as written
	text   words  // all of its words
	title  words  // those that are in the first heading
	titled bool   // which has ended
	links  int
	seen   map[string]bool
	found  []Headline
}

// aside are the elements that hold no headlines.
func aside(a atom.Atom) bool {
	return a == atom.Nav || a == atom.Footer || a == atom.Script || a == atom.Style || a == atom.Noscript || a == atom.Svg || a == atom.Template
}

func heading(a atom.Atom) bool {
	return a == atom.H1 || a == atom.H2 || a == atom.H3 || a == atom.H4 || a == atom.H5 || a == atom.H6
}

// inline are the elements that do not part words. All others do, and so does span, which sites use for labels.
func inline(a atom.Atom) bool {
	switch a {
	case atom.B, atom.I, atom.Em, atom.Strong, atom.U, atom.S, atom.Small, atom.Mark, atom.Sub, atom.Sup, atom.Font, atom.Abbr, atom.Cite,
		atom.Code, atom.Q, atom.Bdi, atom.Bdo, atom.Wbr:
		return true
	}
	return false
}

func (r *reader) start(z *html.Tokenizer, closed bool) {
	name, more := z.TagName()
	tag := atom.Lookup(name)
	switch {
	case aside(tag) && !(closed && tag == atom.Svg): // of HTML's own elements only void ones close themselves
		r.hidden++
	case tag == atom.Main: // is never in any of them: one has not been closed
		r.hidden = 0
	case heading(tag):
		r.heading = true
	}
	if !inline(tag) {
		r.write([]byte{' '})
	}
	if tag != atom.A && tag != atom.Base {
		return
	}
	for more {
		var key, value []byte
		if key, value, more = z.TagAttr(); string(key) != "href" {
			continue
		}
		if tag == atom.A {
			r.close()
			r.linked, r.href = true, string(value)
		} else if to, err := weburl.Resolve(r.base, string(value)); err == nil && !r.based && len(to) <= maxBase {
			r.base, r.based = to, true
		}
		return
	}
}

func (r *reader) end(tag atom.Atom) {
	switch {
	case tag == atom.A:
		r.close()
	case aside(tag) && r.hidden > 0:
		r.hidden--
	case heading(tag):
		r.heading = false
		r.titled = !r.title.empty()
	}
	if !inline(tag) {
		r.write([]byte{' '})
	}
}

// write adds to the words of the link at hand.
func (r *reader) write(text []byte) {
	if !r.linked {
		return
	}
	r.text.write(text)
	if r.heading && !r.titled {
		r.title.write(text)
	}
}

// close ends the link at hand. Many hold all of a teaser, of which the heading is the headline, unless that only names a section.
func (r *reader) close() {
	switch {
	case !r.linked:
	case r.title.count() >= minHeadingWords:
		r.take(r.href, r.title.line())
	case r.text.count() >= minWords:
		r.take(r.href, r.text.line())
	}
	r.linked, r.titled = false, false
	r.text.reset()
	r.title.reset()
}

// take notes a link with words enough, if it leads to a page of the site that was not there yet.
func (r *reader) take(href, text string) {
	r.links++
	if len(href) > maxHref {
		return
	}
	to, err := weburl.Resolve(r.base, href)
	if err != nil {
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
