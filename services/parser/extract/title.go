package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"
	"dateline/pkg/weburl"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxTitle is the longest headline in bytes.
const maxTitle = 600

// siteNames are the names that a page gives its site.
func (f *facts) siteNames(a *article.Article, p Page) []string {
	names := []string{a.Publisher, f.meta("og:site_name"), f.meta("application-name"), f.meta("apple-mobile-web-app-title"), f.meta("publisher"), f.meta("dc.publisher")}
	names = append(names, f.ld.Sites...)
	host := strings.TrimPrefix(weburl.Host(p.URL), "www.")
	for label := range strings.SplitSeq(host, ".") {
		if len(label) > 3 {
			names = append(names, label)
		}
	}
	names = append(names, host)
	var known []string
	for _, n := range names[:min(len(names), 40)] {
		if k := letters(n); len(k) > 1 && len(k) < 80 {
			known = append(known, k)
		}
	}
	return known
}

// headline chooses among what a page calls its headline.
//
// No source is right everywhere: JSON-LD and OpenGraph are written for machines, sometimes for other readers than those of
// the page ("You won't believe ..."), and <title> names the site too; the heading may be the section's or have a kicker. So
// sources are held against each other, and what two of JSON-LD, OpenGraph and the heading agree on wins; where none agree
// the order is heading, JSON-LD, OpenGraph, the rest.
func (f *facts) headline(w *weigher, a *article.Article, p Page, site []string) {
	clean := func(s string) string { return withoutSite(tidy(s), site) }
	ld, og, tw := clean(f.ldArticle.Headline), clean(f.meta("og:title")), clean(f.meta("twitter:title"))
	title := clean(f.title)
	h1, main := "", ""
	f.heading = f.chooseHeading(site, ld, og, title)
	if f.heading != nil {
		h1, main = heading(f.heading.node)
		h1, main = clean(h1), clean(main)
	}
	kl, ko, kt, kh := letters(ld), letters(og), letters(title), letters(h1)
	if main != "" && main != h1 { // of a heading with a kicker the part that others know
		if km := letters(main); km == kl || km == ko || km == kt {
			h1, kh = main, km
		}
	}
	var (
		eLD    = evidence{ld, article.FromJSONLD, "headline"}
		eOG    = evidence{og, article.FromOpenGraph, "og:title"}
		eTitle = evidence{title, article.FromHTML, "title"}
		eTW    = evidence{tw, article.FromMeta, "twitter:title"}
		eH     = evidence{h1, article.FromHTML, "heading"}
	)
	order := []evidence{eH, eLD, eOG}
	switch {
	case kl != "" && kl == kh:
		order = []evidence{eLD, eH, eOG}
	case ko != "" && ko == kh:
		order = []evidence{eOG, eH, eLD}
	case kl != "" && kl == ko:
		order = []evidence{eLD, eOG, eH}
	}
	if kh == "" && kt != "" && kt == letters(tw) && kl == "" && kt != ko {
		order = append([]evidence{eTitle}, order...)
	}
	if p.Item != nil {
		order = append(order, evidence{p.Item.Title, article.FromFeed, "title of the feed's item"})
	}
	order = append(order, eTW,
		evidence{clean(f.meta("parsely-title")), article.FromMeta, "meta parsely-title"}, evidence{clean(f.meta("sailthru.title")), article.FromMeta, "meta sailthru.title"},
		evidence{clean(f.meta("citation_title")), article.FromMeta, "meta citation_title"}, evidence{clean(f.meta("dc.title")), article.FromMeta, "meta dc.title"}, eTitle)
	w.text("headline", &a.Headline, order...)
}

// heading is the text of a heading, and that of its longest part: a kicker often stands in the same element.
func heading(n *html.Node) (all, main string) {
	if n.DataAtom == atom.Meta {
		s := attr(n, "content")
		return s, s
	}
	all = flat(n)
	if len(all) > maxTitle {
		return "", ""
	}
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
	return all, main
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
		if k == "" || utf8.RuneCountInString(text) < 2 || isSite(k, site) {
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
		if score > bestScore {
			best, bestScore = m, score
		}
	}
	return best
}

// isSite reports whether letters are a name of the site.
func isSite(k string, site []string) bool {
	for _, s := range site {
		if k == s || strings.TrimPrefix(k, "the") == strings.TrimPrefix(s, "the") {
			return true
		}
	}
	return false
}

// separators part a headline from the name of the site or section.
var separators = []string{" | ", " - ", " – ", " — ", " · ", " » ", " « ", " :: ", " • ", " │ ", " ｜ ", "｜", " * ", " / ", " > ", " ~ ", " -- ", ": ", "：", "|", " _ ", "_", "│", " ‹ ", " › ", "» ", ", "}

// withoutSite drops a site's name from either end of a title: "Headline | Section | The Paper".
func withoutSite(title string, site []string) string {
	if len(title) > maxTitle {
		return ""
	}
	for range 3 {
		before := title
		for _, sep := range separators {
			i := strings.Index(title, sep)
			if i <= 0 {
				continue
			}
			if last := strings.LastIndex(title, sep); named(title[last+len(sep):], site) {
				title = strings.TrimSpace(title[:last])
			}
			if sep != ", " && i < len(title) && named(title[:i], site) {
				title = strings.TrimSpace(title[min(i+len(sep), len(title)):])
			}
		}
		if title == before {
			break
		}
	}
	return strings.Trim(title, " |·•│｜")
}

// named reports whether s is a name of the site: just so, with its domain's ending, or as more of it.
func named(s string, site []string) bool {
	k := letters(s)
	if k == "" || len(k) > 80 {
		return false
	}
	for _, name := range site {
		if k == name || "the"+k == name || k == "the"+name {
			return true
		}
		if short, long := min(len(k), len(name)), max(len(k), len(name)); short > 5 && short*2 > long && (strings.HasPrefix(k, name) || strings.HasPrefix(name, k) || strings.HasSuffix(k, name)) {
			return true
		}
	}
	return false
}

// letters is s in lower case with letters and digits only.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
