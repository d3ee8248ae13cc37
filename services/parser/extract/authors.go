package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"
	"dateline/pkg/weburl"
	"dateline/services/parser/byline"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxPeople bounds the authors of one article.
const maxPeople = 50

// maxByline is the longest text, in bytes, that is read as a byline.
const maxByline = 300

// credit is whom one source names as authors.
type credit struct {
	evidence
	people   []article.Author
	bodies   []article.Author // organizations
	agencies []string
	weak     bool // account names and the like: any other source is better
	firm     bool // structured, so that names in it are names
	far      bool // not by the headline: perhaps another article's
	labelled bool // a text that says "author"
}

// authors chooses who wrote the article: the first source that names people, in the order of trust. One that names the same
// people and more is better, and so is one that gives full names where the first has account names. Where no source names
// people, the first that names organizations counts.
func (f *facts) authors(w *weigher, a *article.Article, p Page, site []string) {
	var credits []credit
	structured := func(from article.From, detail string, people []article.Author, organizations []string) {
		if people == nil && organizations == nil {
			return
		}
		c := credit{evidence: evidence{from: from, detail: detail}, firm: true}
		for _, author := range people {
			c.read(author.Name, author.URL, site)
		}
		for _, name := range organizations {
			c.organization(tidy(name))
		}
		credits = append(credits, c)
	}
	values := func(from article.From, detail string, values []string) {
		var people []article.Author
		for _, v := range values {
			people = append(people, article.Author{Name: v})
		}
		structured(from, detail, people, nil)
	}
	structured(article.FromJSONLD, "author", f.ldArticle.Authors, f.ldArticle.Organizations)
	for _, name := range authorMetas {
		from := article.FromMeta
		if strings.HasPrefix(name, "article:") || strings.HasPrefix(name, "og:") {
			from = article.FromOpenGraph
		}
		values(from, "meta "+name, f.all(name))
	}
	for _, page := range f.ld.Pages {
		structured(article.FromJSONLD, "author of the page", page.Authors, page.Organizations)
	}
	credits = append(credits, f.shownCredits(site)...)
	if p.Item != nil {
		values(article.FromFeed, "author of the feed's item", p.Item.Authors)
	}

	best, agency := -1, -1
	for i := range credits {
		c := &credits[i]
		switch {
		case len(c.people) == 0 || c.far:
		case best < 0, credits[best].weak && !c.weak, c.extends(credits[best]):
			best = i
		}
		if agency < 0 && len(c.agencies) > 0 && !c.far {
			agency = i
		}
	}
	for _, ok := range [...]func(c credit) bool{
		func(c credit) bool { return c.labelled && c.people != nil },
		func(c credit) bool { return !c.far && c.bodies != nil },
		func(c credit) bool { return c.people != nil },
		func(c credit) bool { return c.bodies != nil },
	} {
		if best < 0 {
			best = slices.IndexFunc(credits, ok)
		}
	}
	if best >= 0 {
		if a.Authors = credits[best].people; a.Authors == nil {
			a.Authors = credits[best].bodies
		}
		a.Authors = a.Authors[:min(len(a.Authors), maxPeople)]
		for i := range a.Authors {
			if author := &a.Authors[i]; author.URL != "" {
				author.URL, _ = weburl.Resolve(p.URL, author.URL) // "" where it is none
			}
		}
		a.Provenance["authors"] = credits[best].from
	}
	if agency >= 0 {
		a.Agency = strings.Join(credits[agency].agencies, "/")
		a.Provenance["agency"] = credits[agency].from
	}
	if w.explain == nil {
		return
	}
	for i, c := range credits {
		why := "after better evidence"
		switch {
		case len(c.people) == 0 && len(c.bodies) == 0:
			why = "names nobody"
		case len(c.people) == 0:
			why = "names no person"
		case i < best:
			why = "another names more, or in full"
		}
		w.note("authors", c.evidence, i == best, why)
		if len(c.agencies) > 0 {
			w.note("agency", evidence{strings.Join(c.agencies, "/"), c.from, c.detail}, i == agency, "after better evidence")
		}
	}
}

// authorMetas are the names of meta elements for authors, in the order of trust.
var authorMetas = []string{
	"author", "article:author", "article:author_name", "parsely-author", "sailthru.author", "citation_author", "dc.creator", "dcterms.creator", "dc:creator", "dc.author", "byl", "byline", "cxenseparse:author",
	"og:article:author", "og:author", "article_author", "article.author", "authors", "creator", "dc.creator.name", "article:byline", "content-author", "rbauthors", "autor",
}

// read adds whom a byline names, but not the site itself.
func (c *credit) read(s, url string, site []string) {
	s = tidy(s)
	if c.value != "" {
		c.value += "; "
	}
	c.value += s
	b := byline.Read(s)
	for _, name := range b.People {
		if named(name, site) {
			c.body(name)
			continue
		}
		if slices.ContainsFunc(c.people, func(a article.Author) bool { return letters(a.Name) == letters(name) }) {
			continue
		}
		author := article.Author{Name: name}
		if len(b.People) == 1 {
			author.URL = url
		}
		c.people = append(c.people, author)
	}
	for _, name := range b.Organizations {
		c.body(name)
	}
	for _, agency := range b.Agencies {
		c.agency(agency)
	}
	c.weak = len(c.people) > 0 && !slices.ContainsFunc(c.people, func(a article.Author) bool { return !account(a.Name) })
}

// organization adds one that a source says is one.
func (c *credit) organization(name string) {
	if c.value != "" {
		c.value += "; "
	}
	c.value += name
	c.body(name)
	c.agency(byline.Agency(name))
}

func (c *credit) body(name string) {
	if !slices.ContainsFunc(c.bodies, func(a article.Author) bool { return a.Name == name }) {
		c.bodies = append(c.bodies, article.Author{Name: name, Organization: true})
	}
}

func (c *credit) agency(name string) {
	if name != "" && !slices.Contains(c.agencies, name) {
		c.agencies = append(c.agencies, name)
	}
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

// account reports whether a name looks like that of an account: one word in lower case.
func account(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsUpper(r) || r > unicode.MaxLatin1 })
}

// extends reports whether c has all people of another credit and more, but not so many more that it is a list of its own.
func (c *credit) extends(other credit) bool {
	if len(c.people) <= len(other.people) || len(c.people) > 3*len(other.people) {
		return false
	}
	for _, o := range other.people {
		if !slices.ContainsFunc(c.people, func(a article.Author) bool { return letters(a.Name) == letters(o.Name) }) {
			return false
		}
	}
	return !slices.ContainsFunc(c.people, func(a article.Author) bool { // a word alone is rather a box's
		return !strings.Contains(a.Name, " ") && a.Name[0] < utf8.RuneSelf
	})
}

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
		if rank < 0 || slices.Contains(named, m.node) {
			continue
		}
		s, url := bylineText(m)
		if s == "" || m.kind == markText && !telling(s, rank >= farRank) {
			continue
		}
		c := credit{evidence: evidence{from: article.FromHTML, detail: describe(m.node)}, firm: m.kind == markItem, labelled: m.kind == markText && labelled(s)}
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
