package extract

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

func attr(n *html.Node, key string) string {
	for i := range n.Attr {
		if n.Attr[i].Key == key && n.Attr[i].Namespace == "" {
			return n.Attr[i].Val
		}
	}
	return ""
}

func hasToken(s, token string) bool {
	for t := range strings.FieldsSeq(s) {
		if strings.EqualFold(t, token) {
			return true
		}
	}
	return false
}

// maxFlat bounds the text that flat takes from an element: names and titles are short.
const maxFlat = 2000

// flat is the start of the text of an element, white space collapsed.
func flat(n *html.Node) string {
	var b strings.Builder
	flatten(&b, n, maxFlat, false)
	return strings.Join(strings.Fields(strings.ToValidUTF8(b.String(), "")), " ") // the cut may be inside a character
}

// parted is flat with a vertical bar between blocks, links, and elements that no white space parts, at most most bytes.
func parted(n *html.Node, most int) string {
	var b strings.Builder
	flatten(&b, n, most, true)
	return strings.Join(strings.Fields(strings.ToValidUTF8(b.String(), "")), " ")
}

func flatten(b *strings.Builder, n *html.Node, most int, parted bool) {
	for c := n.FirstChild; c != nil && b.Len() < most; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			b.WriteString(c.Data[:min(len(c.Data), most)])
		case c.Type != html.ElementNode, c.DataAtom == atom.Script, c.DataAtom == atom.Style, c.DataAtom == atom.Svg, c.DataAtom == atom.Noscript, c.DataAtom == atom.Button:
		case c.DataAtom == atom.Br:
			b.WriteString(bar(parted, true))
		default:
			b.WriteString(bar(parted, glued(b) || !inline(c)))
			before := b.Len()
			flatten(b, c, most, parted)
			if b.Len() > before {
				b.WriteString(bar(parted, c.DataAtom == atom.A && c.NextSibling != nil && c.NextSibling.Type == html.TextNode && strings.TrimSpace(c.NextSibling.Data) == "" || !inline(c)))
			}
		}
	}
}

// bar is what to put between elements.
func bar(parted, apart bool) string {
	switch {
	case parted && apart:
		return " | "
	case apart:
		return " "
	}
	return ""
}

// glued reports whether text ends without white space after it.
func glued(b *strings.Builder) bool {
	s := b.String() // no copy
	return s != "" && s[len(s)-1] > ' '
}

// inline reports whether an element stands within a line.
func inline(n *html.Node) bool {
	switch n.DataAtom {
	case atom.A, atom.Span, atom.B, atom.I, atom.Em, atom.Strong, atom.Small, atom.Abbr, atom.Time, atom.Font, atom.U, atom.Sup, atom.Sub, atom.Cite, atom.Mark, atom.Q, atom.Bdi, atom.Address:
		return true
	}
	return false
}
