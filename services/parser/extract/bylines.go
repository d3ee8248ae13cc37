package extract

import (
	"slices"
	"strings"
	"unicode"

	"dateline/pkg/article"
	"dateline/services/parser/byline"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// shownCredits reads the bylines that the page shows, the most trusted first.
func (f *facts) shownCredits(site []string) []credit {
	const (
		near  = 600 // bytes of text between the bylines of one article
		ranks = 2 * farRank
	)
	at, around := f.headlineAt()
	var byRank [ranks]credit
	var first [ranks]int
	var named []*html.Node                     // elements that hold a byline which was read
	for i := len(f.bylines) - 1; i >= 0; i-- { // from the end: what stands within another comes before it
		m := &f.bylines[i]
		rank := bylineRank(m, at, around)
		if rank < 0 || slices.Contains(named, m.node) || linksHome(m.node) {
			continue
		}
		s, url := bylineText(m)
		if s == "" || m.kind == markText && !telling(s, rank >= farRank) {
			continue
		}
		c := credit{evidence: evidence{from: article.FromHTML, detail: describe(m.node)}, labelled: m.kind == markText && labelled(s)}
		c.read(s, url, site)
		if len(c.people) == 0 && (len(c.bodies) == 0 || byRank[rank].people != nil) {
			continue
		}
		n := m.node
		for range 8 {
			if n = n.Parent; n == nil {
				break
			}
			named = append(named, n)
		}
		into := &byRank[rank]
		if into.people == nil || first[rank]-m.at > near { // the first on the page counts, with what stands by it
			*into = c
		} else {
			into.precede(c)
		}
		first[rank] = m.at
	}
	var credits []credit
	for rank, c := range byRank {
		c.far = rank >= farRank
		if c.far && len(c.people) > 3 { // a list
			continue
		}
		if c.people != nil || c.bodies != nil {
			credits = append(credits, c)
		}
	}
	return credits
}

// precede adds what stands before c's people.
func (c *credit) precede(d credit) {
	for _, author := range c.people {
		if !slices.ContainsFunc(d.people, func(a article.Author) bool { return letters(a.Name) == letters(author.Name) }) {
			d.people = append(d.people, author)
		}
	}
	d.value += "; " + c.value
	d.weak = d.weak && c.weak
	for _, agency := range c.agencies {
		d.agency(agency)
	}
	*c = d
}

// headlineAt is where in the text the headline stands, -1 where there is none, and the places around it: what they say of it
// they say of the whole article.
func (f *facts) headlineAt() (at int, around place) {
	if f.heading == nil || f.heading.node.DataAtom == atom.Meta {
		return -1, 0
	}
	return f.heading.at, f.heading.place
}

// hints are the places that right by the headline mean nothing: there they are but the names of boxes.
const hints = inNav | inRelated | inAside | inHeader

// byHeadline reports whether a place in the text is right by the headline.
func byHeadline(m, headline int) bool { return headline >= 0 && m > headline-120 && m < headline+400 }

// farRank is added to the rank of what does not stand by the headline.
const farRank = 3

// bylineRank is how much a marked byline is to be trusted, 0 the most; -1 where it is somebody else's.
func bylineRank(m *mark, at int, around place) int {
	in := m.place &^ around
	if byHeadline(m.at, at) {
		in &^= hints
	}
	if in&elsewhere != 0 {
		return -1
	}
	rank := 2
	switch m.kind {
	case markItem, markRel:
		rank = 0
	case markClass:
		rank = 1
	}
	far := at >= 0 && (m.at < at-400 || m.at > at+1500)
	if far || in&(inAside|inFooter|inBio) != 0 {
		rank += farRank
	}
	return rank
}

// bylineText is what a marked byline says, and its link.
func bylineText(m *mark) (s, url string) {
	n := m.node
	switch {
	case n.DataAtom == atom.Meta:
		return attr(n, "content"), ""
	case m.kind == markText:
		return textByline(n), ""
	}
	if v := attr(n, "content"); v != "" {
		return short(v), ""
	}
	if name := itemName(n, 0); name != "" {
		return short(name), link(n)
	}
	if s := authorLinks(n, 0); s != "" && n.DataAtom != atom.A {
		return short(s), ""
	}
	s = parted(n, maxByline+1)
	if strings.Count(s, "|") > 16 { // a box of many things
		return "", ""
	}
	return short(s), link(n)
}

// textByline is a byline that begins with this text; its names may stand in the elements after it.
func textByline(n *html.Node) string {
	const long = 120
	own := strings.Join(strings.Fields(n.Data), " ")
	if len(own) > long || strings.Count(own, " ") > 3 || byline.Read(own).People != nil {
		return sentenceless(own, long)
	}
	s, last := own, n
	for range 2 { // <b>Author:</b> Ann Weaver
		if last.NextSibling == nil && last.Parent != nil {
			last = last.Parent
		}
	}
	for c := last.NextSibling; c != nil && len(s) <= long; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			s += c.Data
		case c.Type != html.ElementNode:
			continue
		case s != own && (!inline(c) || c.DataAtom == atom.Br):
			return sentenceless(tidy(s), long)
		default:
			s += " " + parted(c, long)
		}
	}
	return sentenceless(tidy(s), long)
}

// sentenceless is s, or "" where it is too long for a byline or goes on like a sentence.
func sentenceless(s string, long int) string {
	if len(s) > long || strings.HasSuffix(s, ":") && strings.Count(s, " ") > 4 || strings.ContainsAny(s, "?!") || strings.Contains(s, ". ") && strings.HasSuffix(s, ".") {
		return ""
	}
	return s
}

// telling reports whether a text that begins like a byline goes on like one: with a capital, and far from the headline only
// where it is short and begins a line.
func telling(s string, far bool) bool {
	if far && (len(s) > 80 || !unicode.IsUpper([]rune(s)[0])) {
		return false
	}
	b := byline.Read(s)
	for _, p := range b.People {
		if c := []rune(p)[0]; unicode.IsLower(c) && len(s) > 25 || far && !strings.Contains(p, " ") && c < unicode.MaxLatin1 {
			return false
		}
	}
	return true
}

// authorLinks are the texts of the links to pages about authors.
func authorLinks(n *html.Node, depth int) string {
	const deep = 6
	if depth > deep {
		return ""
	}
	s := ""
	for c := n.FirstChild; c != nil && len(s) < maxByline; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		found := ""
		if c.DataAtom == atom.A && (hasToken(attr(c, "rel"), "author") || linksToAuthor(attr(c, "href"))) {
			found = parted(c, maxByline)
		} else {
			found = authorLinks(c, depth+1)
		}
		if found != "" {
			s += found + " | "
		}
	}
	return s
}

// linksToAuthor reports whether a URL has a part that names authors.
func linksToAuthor(url string) bool {
	for part := range strings.FieldsFuncSeq(url, func(r rune) bool {
		return r == '/' || r == '?' || r == '=' || r == '-' || r == '.' || r == '_' || r == '&'
	}) {
		switch strings.ToLower(part) {
		case "author", "authors", "autor", "autoren", "autores", "auteur", "auteurs", "autore", "autori", "writer", "writers", "profile", "profil", "people", "person", "journalist", "journalists", "reporter", "contributor",
			"contributors", "columnist", "byline", "verfasser", "redakteur", "correspondents", "autora", "autorin", "yazar", "firmas", "skribent", "staff":
			return true
		}
	}
	return false
}

// short is s where it is no longer than bylines are.
func short(s string) string {
	if len(s) > maxByline {
		return ""
	}
	return s
}

// itemName is the name property of an item of microdata.
func itemName(n *html.Node, depth int) string {
	const deep = 4
	if depth > deep {
		return ""
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		if attr(c, "itemprop") == "name" {
			if v := attr(c, "content"); v != "" {
				return v
			}
			return parted(c, maxByline)
		}
		if name := itemName(c, depth+1); name != "" {
			return name
		}
	}
	return ""
}

func link(n *html.Node) string {
	if n.DataAtom == atom.A {
		return attr(n, "href")
	}
	return ""
}

// describe says where an element stands, for explanations.
func describe(n *html.Node) string {
	if n.Type != html.ElementNode {
		return "text"
	}
	s := n.Data
	for _, key := range [...]string{"itemprop", "rel", "id", "class"} {
		if v := attr(n, key); v != "" {
			s += " " + key + "=" + v[:min(len(v), 60)]
			break
		}
	}
	return s
}

// labelled reports whether a byline opens with a label that can mean nothing else.
func labelled(s string) bool {
	label, _, ok := strings.Cut(s, ":")
	if !ok {
		label, _, _ = strings.Cut(s, " ")
	}
	label = strings.ToLower(label)
	switch opening[label] {
	case asLabel:
		return !by[label]
	case beforeBy:
		return ok
	case always:
		return strings.Contains(label, "/")
	}
	return false
}
