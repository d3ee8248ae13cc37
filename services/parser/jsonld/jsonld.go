// Package jsonld finds the article in schema.org JSON-LD, as pages and publishers write it.
//
// It reads the shapes that occur, not the JSON-LD standard: a node, an array of nodes, @graph, mainEntity, hasPart; values
// given as a string, a node or an array of these; nodes given by @id alone and written elsewhere in the document, or in
// another script of the page.
package jsonld

import (
	"fmt"
	"strconv"
	"strings"

	"dateline/pkg/article"
	"dateline/pkg/loosejson"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// NewsArticle is what a document says of its article. Dates and URLs are as written; what is not said is empty.
type NewsArticle struct {
	ID                  string // @id, or identifier
	URL                 string
	Headline            string
	AlternativeHeadline string
	Authors             []article.Author // people
	Organizations       []string         // named as authors
	Publisher           string
	Published           string
	Created             string // or uploaded
	Modified            string
	Section             string
	Keywords            []string
	Description         string
	Image               string
	Language            string
	Body                string
	Free                *bool // isAccessibleForFree
}

// kind is what a node is to a page.
type kind int

const (
	other kind = iota
	anArticle
	aPage // the page around an article
	aWork // another work, which may be all that a page holds
	aSite // who publishes it
)

// kinds are by lower-case type: the articles are schema.org's CreativeWork > Article and below.
var kinds = map[string]kind{
	"newsarticle": anArticle, "article": anArticle, "reportagenewsarticle": anArticle, "analysisnewsarticle": anArticle, "opinionnewsarticle": anArticle,
	"backgroundnewsarticle": anArticle, "reviewnewsarticle": anArticle, "askpublicnewsarticle": anArticle, "blogposting": anArticle, "liveblogposting": anArticle,
	"socialmediaposting": anArticle, "discussionforumposting": anArticle, "techarticle": anArticle, "scholarlyarticle": anArticle, "medicalscholarlyarticle": anArticle,
	"satiricalarticle": anArticle, "advertisercontentarticle": anArticle, "report": anArticle,
	"webpage": aPage, "itempage": aPage, "medicalwebpage": aPage, "faqpage": aPage, "qapage": aPage, "aboutpage": aPage,
	"creativework": aWork, "review": aWork, "claimreview": aWork, "recipe": aWork, "howto": aWork, "videoobject": aWork, "audioobject": aWork,
	"podcastepisode": aWork, "imagegallery": aWork, "photograph": aWork, "question": aWork, "event": aWork,
	"website": aSite, "organization": aSite, "newsmediaorganization": aSite, "corporation": aSite,
}

func kindOf(typeName string) kind {
	return kinds[strings.ToLower(typeName[strings.LastIndexAny(typeName, "/:#")+1:])]
}

// maxDepth is how far nodes are followed into each other.
const maxDepth = 8

// Find returns the first article of a document that encoding/json has read into an any: the first that has a headline, a date
// or a body; nil where there is none.
func Find(v any) *NewsArticle {
	f := finder{byID: map[string]node{}}
	f.index(v, 0)
	for _, n := range f.nodes[anArticle] {
		if a := f.article(n); a.says() {
			return a
		}
	}
	return nil
}

func (a *NewsArticle) says() bool { return a.Headline != "" || a.Published != "" || a.Body != "" }

// Page is what the scripts of a page say, each in document order.
type Page struct {
	Articles []*NewsArticle // its article; also, on some pages, teasers of others
	Pages    []*NewsArticle // the page itself, as a WebPage
	Works    []*NewsArticle // other works on it: a video, a recipe
	Sites    []string       // names of sites and organizations
}

// InPage reads a page's scripts of type application/ld+json together, for they refer to each other. Broken JSON is read as
// far as it can be understood.
func InPage(scripts []string) *Page {
	p := &Page{}
	f := finder{byID: map[string]node{}}
	for _, s := range scripts {
		for _, v := range loosejson.Read(s) {
			f.index(v, 0)
		}
	}
	for k, into := range map[kind]*[]*NewsArticle{anArticle: &p.Articles, aPage: &p.Pages, aWork: &p.Works} {
		for _, n := range f.nodes[k] {
			if a := f.article(n); a.says() || a.Authors != nil || a.Created != "" {
				*into = append(*into, a)
			}
		}
	}
	for _, n := range f.nodes[aSite] {
		if name := f.text(n["name"]); name != "" {
			p.Sites = append(p.Sites, name)
		}
	}
	return p
}

type node map[string]any

// maxSteps bounds the values looked at in one document: nodes that refer to each other could be followed without end.
const maxSteps = 100_000

// finder holds the nodes of one document.
type finder struct {
	byID  map[string]node
	nodes [aSite + 1][]node
	steps int
}

// maxNodes bounds the nodes of each kind.
const maxNodes = 50

// index walks the places in which a document's own article stands. Lists of other articles (itemListElement) it leaves out.
func (f *finder) index(v any, depth int) {
	if depth > maxDepth {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			f.index(e, depth+1)
		}
	case map[string]any:
		if id, ok := v["@id"].(string); ok && len(v) > 1 {
			if _, known := f.byID[id]; !known {
				f.byID[id] = v
			}
		}
		for _, t := range list(v["@type"]) {
			if s, ok := t.(string); ok {
				if k := kindOf(s); k != other && len(f.nodes[k]) < maxNodes {
					f.nodes[k] = append(f.nodes[k], v)
					break
				}
			}
		}
		for _, key := range [...]string{"@graph", "mainEntity", "mainEntityOfPage", "hasPart", "blogPost", "publisher"} {
			f.index(v[key], depth+1)
		}
	}
}

func (f *finder) article(n node) *NewsArticle {
	a := &NewsArticle{
		ID:                  f.text(n["@id"], "identifier", "@id"),
		URL:                 f.text(n["url"], "@id", "url"),
		Headline:            f.text(n["headline"]),
		AlternativeHeadline: f.text(n["alternativeHeadline"]),
		Publisher:           f.text(n["publisher"], "name"),
		Published:           f.text(n["datePublished"], "@value"),
		Modified:            f.text(n["dateModified"], "@value"),
		Created:             f.text(n["dateCreated"], "@value"),
		Section:             f.text(n["articleSection"], "name"),
		Description:         f.text(n["description"]),
		Image:               f.text(n["image"], "url", "contentUrl", "@id"),
		Language:            f.text(n["inLanguage"], "alternateName", "name"),
		Body:                f.body(n),
	}
	if strings.HasPrefix(a.ID, "#") || strings.HasPrefix(a.ID, "_:") { // a name within the document only
		a.ID = ""
	}
	if id := f.text(n["identifier"], "value", "@id"); id != "" {
		a.ID = id
	}
	if a.Headline == "" {
		a.Headline = f.text(n["name"])
	}
	if a.Image == "" {
		a.Image = f.text(n["thumbnailUrl"])
	}
	if a.URL == "" {
		a.URL = f.text(n["mainEntityOfPage"], "@id", "url")
	}
	if a.Created == "" {
		a.Created = f.text(n["uploadDate"], "@value")
	}
	for _, key := range [...]string{"author", "creator"} {
		if a.Authors == nil && a.Organizations == nil {
			a.Authors, a.Organizations = f.people(n[key])
		}
	}
	a.Keywords = f.keywords(n["keywords"])
	switch v := n["isAccessibleForFree"].(type) {
	case bool:
		a.Free = &v
	case string:
		a.Free = Bool(v)
	case nil: // of a page that says it of the part behind the wall only
		for _, part := range list(n["hasPart"]) {
			if part, ok := part.(map[string]any); ok && a.Free == nil {
				if free := Bool(fmt.Sprint(part["isAccessibleForFree"])); free != nil && !*free {
					a.Free = free
				}
			}
		}
	}
	return a
}

// Bool reads schema.org's Boolean, "False" or "http://schema.org/False"; nil where it is none.
func Bool(s string) *bool {
	switch b := true; strings.ToLower(s[strings.LastIndexByte(s, '/')+1:]) {
	case "false":
		b = false
		fallthrough
	case "true":
		return &b
	}
	return nil
}

// body keeps line breaks, which text does not.
func (f *finder) body(n node) string {
	for _, key := range [...]string{"articleBody", "text"} {
		if s, ok := n[key].(string); ok && strings.TrimSpace(s) != "" {
			return html.UnescapeString(s)
		}
	}
	return ""
}

// text reads a string: of a node the first of some properties, of an array the first that has one.
func (f *finder) text(v any, properties ...string) string { return f.textIn(v, properties, 0) }

func (f *finder) textIn(v any, properties []string, depth int) string {
	if f.steps++; depth > maxDepth || f.steps > maxSteps {
		return ""
	}
	switch v := v.(type) {
	case string:
		return plain(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		for _, e := range v {
			if s := f.textIn(e, properties, depth+1); s != "" {
				return s
			}
		}
	case map[string]any:
		n := f.node(v)
		for _, p := range properties {
			if s := f.textIn(n[p], properties, depth+1); s != "" {
				return s
			}
		}
	}
	return ""
}

// node follows a node that is its @id alone.
func (f *finder) node(v map[string]any) node {
	if id, ok := v["@id"].(string); ok && len(v) <= 2 && v["name"] == nil {
		if full, ok := f.byID[id]; ok {
			return full
		}
	}
	return v
}

// maxPeople bounds the authors of one article.
const maxPeople = 100

func (f *finder) people(v any) (people []article.Author, organizations []string) {
	var all []any
	for _, e := range list(v) {
		all = append(all, list(e)...) // [[{"name": ...}]]
	}
	for _, e := range all {
		if len(people)+len(organizations) >= maxPeople {
			break
		}
		switch e := e.(type) {
		case string:
			if s := plain(e); s != "" && !strings.Contains(s, "://") {
				people = append(people, article.Author{Name: s})
			}
		case map[string]any:
			n := f.node(e)
			kind := f.text(n["@type"])
			isBody := strings.HasSuffix(kind, "Organization") || kind == "Corporation"
			url := f.text(n["url"])
			names := list(n["name"])
			if len(names) == 0 {
				names = []any{strings.TrimSpace(f.text(n["givenName"]) + " " + f.text(n["familyName"]))}
			}
			if len(names) > 1 {
				url = ""
			}
			for _, name := range names[:min(len(names), maxPeople)] {
				switch s := f.text(name, "@value", "name"); {
				case s == "":
				case isBody:
					organizations = append(organizations, s)
				default:
					people = append(people, article.Author{Name: s, URL: url})
				}
			}
		}
	}
	return people, organizations
}

// maxKeywords bounds the keywords of one article.
const maxKeywords = 200

func (f *finder) keywords(v any) []string {
	var words []string
	for _, e := range list(v) {
		for s := range strings.SplitSeq(f.text(e, "name", "termCode"), ",") {
			if s = strings.TrimSpace(s); s != "" && len(words) < maxKeywords {
				words = append(words, s)
			}
		}
	}
	return words
}

// list is v as an array: itself, or of one.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// plain is a string without entities, tags and needless white space: many sites write HTML into their JSON.
func plain(s string) string {
	if strings.Contains(s, "&") {
		s = html.UnescapeString(s)
	}
	if strings.Contains(s, "</") || strings.Contains(s, "<br") { // and not "the <b> tag"
		s = untagged(s)
	}
	return strings.Join(strings.Fields(s), " ")
}

// untagged is the text of HTML, in which tags other than those within a line part words.
func untagged(s string) string {
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(s)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			b.Write(z.Raw())
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch atom.Lookup(name) {
			case atom.A, atom.Abbr, atom.B, atom.Cite, atom.Em, atom.Font, atom.I, atom.Mark, atom.Q, atom.Small, atom.Span, atom.Strong, atom.Sub, atom.Sup, atom.U:
			default:
				b.WriteByte(' ')
			}
		}
	}
}
