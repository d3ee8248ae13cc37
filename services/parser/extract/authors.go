package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"
	"dateline/pkg/weburl"
	"dateline/services/parser/byline"
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
		c := credit{evidence: evidence{from: from, detail: detail}}
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
	weakenAccounts(credits)
	if !slices.ContainsFunc(credits, func(c credit) bool { return c.people != nil && !c.far && !c.weak }) {
		if c := f.unmarked(a, p.URL, site); c.people != nil {
			credits = append(credits, c)
		}
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
	if isSite(letters(s), site) { // which may look like two people: "Food & Drink"
		c.body(strings.Trim(s, " |"))
		return
	}
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

// weakenAccounts marks the credits of people whose page is that of an account under which nobody in particular writes
// (/author/admin/): what it is called is no name to go by.
func weakenAccounts(credits []credit) {
	var accounts []string
	for i := range credits {
		for _, author := range credits[i].people {
			url := strings.TrimRight(author.URL, "/")
			if byline.Account(url[strings.LastIndexByte(url, '/')+1:]) {
				accounts = append(accounts, letters(author.Name))
			}
		}
	}
	if accounts == nil {
		return
	}
	for i := range credits {
		c := &credits[i]
		c.weak = c.weak || c.people != nil && !slices.ContainsFunc(c.people, func(a article.Author) bool { return !slices.Contains(accounts, letters(a.Name)) })
	}
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
