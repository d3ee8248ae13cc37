package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// unmarked reads the name that stands between headline and text without any mark, as a paragraph of its own. It may as well be
// whom or what the article is about, so it is asked only of pages that name no person otherwise. (Names in one line with the
// date are left out: half of them were places and sections.)
func (f *facts) unmarked(a *article.Article, url string, site []string) credit {
	at, around := f.headlineAt()
	if at < 0 {
		return credit{}
	}
	for i := range f.names {
		m := &f.names[i]
		if m.at <= at || !byHeadline(m.at, at) || m.place&^around&^hints&elsewhere != 0 || !paragraph(m.node) {
			continue
		}
		name := strings.TrimRight(tidy(m.node.Data), ",")
		if k := letters(name); strings.Contains(letters(a.Headline), k) || strings.Contains(letters(a.Section), k) || strings.Contains(letters(url), k) {
			continue
		}
		c := credit{evidence: evidence{from: article.FromHTML, detail: "name by the headline"}}
		if c.read(name, "", site); len(c.people) == 1 && c.people[0].Name == name {
			return c
		}
	}
	return credit{}
}

// isFullName reports whether a text is two to four words with capitals, and nothing else.
func isFullName(s string) bool {
	const short, long = 5, 60
	if len(s) > 2*long { // white space included
		return false
	}
	words, length := 0, 0
	for w := range strings.FieldsSeq(s) {
		first, _ := utf8.DecodeRuneInString(w)
		if !unicode.IsUpper(first) || strings.ContainsFunc(strings.TrimRight(w, ","), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(".-'’", r)
		}) {
			return false
		}
		words++
		length += len(w) + 1
	}
	return words >= 2 && words <= 4 && length >= short && length <= long
}

// paragraph reports whether a text node is all of a paragraph, but for elements within the line.
func paragraph(n *html.Node) bool {
	const high = 4 // elements around it
	for range high {
		for c := n.Parent.FirstChild; c != nil; c = c.NextSibling {
			if c != n && (c.Type == html.ElementNode && c.DataAtom != atom.Br || c.Type == html.TextNode && !blank(c.Data)) {
				return false
			}
		}
		switch n = n.Parent; {
		case n.DataAtom == atom.P:
			return true
		case n.Parent == nil || n.DataAtom == atom.A || !inline(n):
			return false
		}
	}
	return false
}
