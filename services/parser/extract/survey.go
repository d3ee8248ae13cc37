package extract

import (
	"strings"

	"dateline/services/parser/jsonld"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// facts is what one walk over the untouched tree finds, uninterpreted and in document order.
type facts struct {
	lang       string              // of <html>
	title      string              // <title>
	meta       map[string][]string // content by lower-case name, property, itemprop or http-equiv
	canonical  string              // <link rel=canonical>
	base       string              // <base href>
	jsonLD     []string
	ld         *jsonld.NewsArticle // the article among them, never nil
	headings   []string            // h1
	items      map[string][]string // microdata outside of meta: value by itemprop, of those in wantedItems
	bylines    []string            // rel=author
	times      []string            // <time datetime>
	text       int                 // bytes of text
	challenged string              // what in the markup is a bot challenge's
}

var wantedItems = map[string]bool{"headline": true, "datepublished": true, "datemodified": true, "author": true}

func survey(doc *html.Node) *facts {
	f := &facts{meta: map[string][]string{}, items: map[string][]string{}}
	f.walk(doc)
	f.ld = structured(f.jsonLD)
	return f
}

// walk goes at most as deep as html.Parse lets elements nest.
func (f *facts) walk(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.Type {
		case html.TextNode:
			f.text += len(c.Data)
		case html.ElementNode:
			if f.element(c) {
				f.walk(c)
			}
		}
	}
}

// element notes what an element says, and reports whether its children are of interest.
func (f *facts) element(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Html:
		if f.lang = attr(n, "lang"); f.lang == "" {
			f.lang = attr(n, "xml:lang")
		}
	case atom.Meta:
		f.addMeta(n)
		return false
	case atom.Link:
		if f.canonical == "" && strings.EqualFold(attr(n, "rel"), "canonical") {
			f.canonical = strings.TrimSpace(attr(n, "href"))
		}
		return false
	case atom.Base:
		if f.base == "" {
			f.base = strings.TrimSpace(attr(n, "href"))
		}
		return false
	case atom.Script:
		f.noteChallenge(attr(n, "src"), challengeScripts)
		if n.FirstChild != nil && len(f.jsonLD) < maxFacts && strings.HasPrefix(strings.ToLower(strings.TrimSpace(attr(n, "type"))), "application/ld+json") {
			f.jsonLD = append(f.jsonLD, n.FirstChild.Data)
		}
		return false
	case atom.Style, atom.Noscript, atom.Template, atom.Svg, atom.Iframe:
		return false
	case atom.Form, atom.Div:
		f.noteChallenge(attr(n, "id"), challengeElements)
	case atom.Title:
		if f.title == "" {
			f.title = flat(n)
		}
		return false
	case atom.H1:
		if len(f.headings) < maxFacts {
			f.headings = append(f.headings, flat(n))
		}
	case atom.Time:
		if v := attr(n, "datetime"); v != "" && len(f.times) < maxFacts {
			f.times = append(f.times, v)
		}
	case atom.A:
		if strings.EqualFold(attr(n, "rel"), "author") && len(f.bylines) < maxFacts {
			f.bylines = append(f.bylines, flat(n))
		}
	}
	if item := strings.ToLower(attr(n, "itemprop")); item != "" && wantedItems[item] && len(f.items[item]) < maxFacts {
		f.items[item] = append(f.items[item], itemValue(n))
	}
	return true
}

// Scripts and elements that bot challenges bring. Pages that are none may have some of them as well, so they count only where
// there is hardly any text.
var (
	challengeScripts  = []string{"/cdn-cgi/challenge-platform/", "captcha-delivery.com", "_Incapsula_Resource", "px-cloud.net", "perimeterx", "awswaf.com"}
	challengeElements = []string{"challenge-form", "cf-wrapper", "cf-challenge", "px-captcha", "challenge-running"}
)

func (f *facts) noteChallenge(value string, signs []string) {
	if value == "" || f.challenged != "" {
		return
	}
	for _, s := range signs {
		if strings.Contains(value, s) {
			f.challenged = s
			return
		}
	}
}

// itemValue is a microdata property's value (HTML, 5.2.4), of an item its name.
func itemValue(n *html.Node) string {
	for _, key := range []string{"content", "datetime"} {
		if v := attr(n, key); v != "" {
			return v
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if attr(c, "itemprop") == "name" {
			if v := attr(c, "content"); v != "" {
				return v
			}
			return flat(c)
		}
	}
	return flat(n)
}

func (f *facts) addMeta(n *html.Node) {
	content := strings.TrimSpace(attr(n, "content"))
	if content == "" {
		return
	}
	for _, key := range []string{"property", "name", "itemprop", "http-equiv"} {
		for name := range strings.FieldsSeq(attr(n, key)) {
			name = strings.ToLower(name)
			if len(f.meta[name]) < maxFacts {
				f.meta[name] = append(f.meta[name], content)
			}
		}
	}
}

func attr(n *html.Node, key string) string {
	for i := range n.Attr {
		if n.Attr[i].Key == key && n.Attr[i].Namespace == "" {
			return n.Attr[i].Val
		}
	}
	return ""
}

// maxFlat bounds the text that flat takes from an element: names and titles are short.
const maxFlat = 2000

// flat is the start of the text of an element, white space collapsed.
func flat(n *html.Node) string {
	var b strings.Builder
	flatten(&b, n)
	return strings.Join(strings.Fields(strings.ToValidUTF8(b.String(), "")), " ") // the cut may be inside a character
}

func flatten(b *strings.Builder, n *html.Node) {
	for c := n.FirstChild; c != nil && b.Len() < maxFlat; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			b.WriteString(c.Data[:min(len(c.Data), maxFlat)])
		case c.DataAtom == atom.Script || c.DataAtom == atom.Style || c.DataAtom == atom.Svg:
		case c.DataAtom == atom.Br:
			b.WriteByte(' ')
		default:
			flatten(b, c)
		}
	}
}
