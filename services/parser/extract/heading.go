package extract

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// headingText is what a heading says. Of one with a kicker, which often stands in the same element, it is the rest: the part
// that is not marked as kicker, or that others know; but where JSON-LD has the whole it is the whole.
func headingText(n *html.Node, ld, og, title string) string {
	if n.DataAtom == atom.Meta {
		return attr(n, "content")
	}
	all := flat(n)
	switch {
	case len(all) > maxTitle:
		return ""
	case letters(all) == ld:
		return all
	}
	if rest := withoutKicker(n); rest != "" {
		return rest
	}
	main := mainPart(n, all)
	if k := letters(main); k != "" && (k == ld || k == og || k == title) {
		return main
	}
	return all
}

// withoutKicker is a heading without the elements that are marked as its kicker, "" where none is.
func withoutKicker(n *html.Node) string {
	var rest []string
	found := false
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			rest = append(rest, c.Data)
		case c.Type == html.ElementNode && isKicker(c):
			found = true
		case c.Type == html.ElementNode:
			rest = append(rest, flat(c))
		}
	}
	if !found {
		return ""
	}
	return strings.TrimLeft(tidy(strings.Join(rest, " ")), ": |-–—")
}

// isKicker reports whether an element's classes, or the name of one of its data attributes, say that it is a kicker.
func isKicker(n *html.Node) bool {
	for i := range n.Attr {
		a := &n.Attr[i]
		switch {
		case a.Key == "class" && wordsOf(a.Val)&wordKicker != 0, strings.HasPrefix(a.Key, "data-") && wordsOf(a.Key)&wordKicker != 0:
			return true
		}
	}
	return false
}

// mainPart is the longest part of a heading.
func mainPart(n *html.Node, all string) (main string) {
	for part := range strings.SplitSeq(parted(n, maxTitle), " | ") {
		if len(part) > len(main) {
			main = part
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling { // a part that white space parts
		if c.Type == html.ElementNode || c.Type == html.TextNode && strings.TrimSpace(c.Data) != "" {
			part := c.Data
			if c.Type == html.ElementNode {
				part = flat(c)
			}
			if len(part) > len(all)/2 && len(part) < len(main) {
				main = tidy(part)
			}
		}
	}
	return main
}

// mainHeadings are the texts of the page's h1 elements.
func (f *facts) mainHeadings() []string {
	const most = 20
	var all []string
	for i := range f.headings {
		if n := f.headings[i].node; n.DataAtom == atom.H1 && len(all) < most {
			all = append(all, flat(n))
		}
	}
	return all
}

// chooseHeading is the heading of the article: one that says what <title> or the metadata say; else the first that is not
// the site's name and stands where articles do.
func (f *facts) chooseHeading(site []string, others ...string) *mark {
	var keys []string
	for _, o := range others {
		if k := letters(o); k != "" {
			keys = append(keys, k)
		}
	}
	page := letters(tidy(f.title))
	var best *mark
	bestScore := 0
	const certain = 60 // it says just what another source says
	for i := range 2 * len(f.headings) {
		m := &f.headings[i%len(f.headings)]
		if first := i < len(f.headings); first != (m.node.DataAtom == atom.H1) { // those that are no h1 come second
			continue
		}
		if bestScore > certain+15 {
			break
		}
		text := flat(m.node)
		if m.node.DataAtom == atom.Meta {
			text = attr(m.node, "content")
		}
		k := letters(text)
		if k == "" || utf8.RuneCountInString(text) < 2 || isSite(k, site) || linksHome(m.node) {
			continue
		}
		score := 0
		for _, o := range keys {
			switch {
			case o == k:
				score = max(score, certain)
			case len(k) > 12 && (strings.HasPrefix(o, k) || strings.HasSuffix(o, k)), len(o) > 12 && strings.HasSuffix(k, o):
				score = max(score, 50)
			}
		}
		if len(k) > 6 && strings.Contains(page, k) {
			score = max(score, 40)
		}
		switch {
		case m.node.DataAtom == atom.H1:
			score += 20
		case m.kind == markItem:
			score += 12
		case score == 0: // no more than the title of a box
			continue
		default:
			score += 5
		}
		if m.words&wordHeadline != 0 {
			score += 4
		}
		if m.words&wordLogo != 0 || m.place&(inNav|inFooter|inComments) != 0 {
			score -= 30
		}
		if m.place&(inRelated|inAside|inBio) != 0 {
			score -= 12
		}
		if endsTrail(m.node) {
			score -= 30
		}
		if score > bestScore {
			best, bestScore = m, score
		}
	}
	return best
}

// endsTrail reports whether a heading is the last step of a trail of links, as in home > section > page: sites that show
// the headline further down name the page there for search engines.
func endsTrail(n *html.Node) bool {
	const (
		least = 2  // links
		far   = 12 // nodes to look at
	)
	if n.Parent != nil && n.Parent.DataAtom == atom.Li {
		n = n.Parent
	}
	links := 0
	s := n
	for range far {
		if s = s.PrevSibling; s == nil || links == least {
			break
		}
		switch {
		case s.Type == html.ElementNode && linkIn(s, 0):
			links++
		case s.Type == html.ElementNode && utf8.RuneCountInString(flat(s)) > 1, s.Type == html.TextNode && utf8.RuneCountInString(strings.TrimSpace(s.Data)) > 1:
			return false // more than an arrow between the links
		}
	}
	return links == least
}

// linkIn reports whether an element is a link or has one near its top.
func linkIn(n *html.Node, depth int) bool {
	const deep = 3
	if n.DataAtom == atom.A {
		return true
	}
	for c := n.FirstChild; c != nil && depth < deep; c = c.NextSibling {
		if linkIn(c, depth+1) {
			return true
		}
	}
	return false
}

// linksHome reports whether a heading is one link to the front page: then it is the site's name.
func linksHome(n *html.Node) bool {
	for n.DataAtom != atom.A {
		var only *html.Node
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch {
			case c.Type == html.ElementNode && only == nil:
				only = c
			case c.Type == html.ElementNode, c.Type == html.TextNode && !blank(c.Data):
				return false
			}
		}
		if only == nil {
			return false
		}
		n = only
	}
	url := attr(n, "href")
	if i := strings.LastIndex(url, "://"); i > 0 { // the last: archives put their own before it
		return isHome("x" + url[i:])
	}
	return url == "/" || hasToken(attr(n, "rel"), "home")
}
