package extract

import (
	"strings"

	"dateline/services/parser/jsonld"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// facts is what one walk over the untouched tree finds, uninterpreted and in document order.
type facts struct {
	parts      *apart
	lang       string // of <html>
	title      string // <title>
	metas      []meta
	canonical  string // <link rel=canonical>
	base       string // <base href>
	jsonLD     []string
	scripts    []string            // others with text
	ld         *jsonld.Page        // what they say; never nil once the facts are weighed
	ldArticle  *jsonld.NewsArticle // the article among it, likewise
	heading    *mark               // the heading over the article, nil where there is none
	headings   []mark              // h1, and what is marked as a headline
	bylines    []mark
	dates      []mark
	dated      []mark // short texts that may hold a date
	names      []mark // texts below a heading that may be names
	text       int    // bytes of text
	challenged string // what in the markup is a bot challenge's
}

// meta is one name of a meta element, in lower case.
type meta struct{ name, content string }

// meta is the content of the first meta element of a name, "" where there is none.
func (f *facts) meta(name string) string {
	for i := range f.metas {
		if f.metas[i].name == name {
			return f.metas[i].content
		}
	}
	return ""
}

// all are the contents of the meta elements of a name.
func (f *facts) all(name string) []string {
	var all []string
	for i := range f.metas {
		if f.metas[i].name == name {
			all = append(all, f.metas[i].content)
		}
	}
	return all
}

// mark is a node that may hold the value of a field.
type mark struct {
	node  *html.Node
	at    int // bytes of the page's text before it
	place place
	kind  markKind
	words words // of its classes and id
}

// markKind is how a node is marked, the clearest first.
type markKind uint8

const (
	markItem    markKind = iota // itemprop, property
	markRel                     // rel=author
	markElement                 // h1, time
	markClass                   // class or id
	markText                    // by its words only
)

// place is what part of the page a node stands in.
type place uint16

const (
	inComments place = 1 << iota
	inRelated        // lists and teasers of other articles
	inFooter
	inNav
	inAside
	inHeader
	inFigure
	inBio  // about the author
	inItem // of microdata that is no article: a comment, a person, a product
	inNow  // what shows the present time
)

// elsewhere are the places that never speak of the article.
const elsewhere = inComments | inRelated | inNav | inFigure | inItem | inNow

// maxMarks bounds the marks of each kind.
const maxMarks = 300

func survey(doc *html.Node, parts *apart) *facts {
	f := &facts{parts: parts, metas: make([]meta, 0, 64)}
	f.walk(doc, 0)
	return f
}

// walk goes at most as deep as html.Parse lets elements nest.
func (f *facts) walk(n *html.Node, in place) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.Type {
		case html.TextNode:
			f.textNode(c, in)
		case html.ElementNode:
			f.element(c, in)
		}
	}
}

// nearHeading is how many bytes of text after a heading names are noted.
const nearHeading = 500

// lineText is the most bytes of a text that may be a date or a byline, and no paragraph.
const lineText = 200

// firstWords is where a paragraph may have its dateline: its first words.
func firstWords(s string) string {
	const most = 60
	s = strings.TrimLeft(s[:min(len(s), most+60)], " \t\r\n")
	return s[:min(len(s), most)]
}

// textNode notes short texts that may hold a date or a byline, and paragraphs that may open with a date.
func (f *facts) textNode(n *html.Node, in place) {
	start := f.text
	f.text += len(n.Data)
	if len(n.Data) < 2 || in&inComments != 0 {
		return
	}
	if len(n.Data) > lineText {
		if len(f.dated) < maxMarks && looksDated(firstWords(n.Data)) {
			f.dated = append(f.dated, mark{node: n, at: start, place: in, kind: markText})
		}
		return
	}
	if blank(n.Data) {
		return
	}
	if last := len(f.headings) - 1; last >= 0 && f.text < f.headings[last].at+nearHeading && len(f.names) < maxMarks && isFullName(n.Data) {
		f.names = append(f.names, mark{node: n, at: f.text, place: in, kind: markText})
	}
	dated := looksDated(n.Data)
	if dated && len(f.dated) < maxMarks {
		f.dated = append(f.dated, mark{node: n, at: f.text, place: in, kind: markText})
	}
	if len(f.bylines) < maxMarks && (startsByline(n.Data) || dated && hasBy(n.Data)) {
		f.bylines = append(f.bylines, mark{node: n, at: f.text, place: in, kind: markText})
	}
}

// blank reports whether a text is white space alone, as most are between elements.
func blank(s string) bool {
	for i := range len(s) {
		if s[i] > ' ' {
			return false
		}
	}
	return true
}

// element notes what an element says, and walks its children where they are of interest.
func (f *facts) element(n *html.Node, in place) {
	var class words
	var id, item, rel, property string
	scoped, dated := "", false
	for i := range n.Attr {
		switch a := &n.Attr[i]; a.Key {
		case "class":
			class |= wordsOf(a.Val)
		case "id":
			id = a.Val
			class |= wordsOf(id)
		case "itemprop":
			item = a.Val
		case "property":
			property = a.Val
		case "rel":
			rel = a.Val
		case "data-date":
			dated = looksDated(a.Val)
		case "itemtype", "typeof":
			scoped = a.Val
		case "itemscope":
			if scoped == "" {
				scoped = "?"
			}
		}
	}
	switch n.DataAtom {
	case atom.Html:
		if f.lang = attr(n, "lang"); f.lang == "" {
			f.lang = attr(n, "xml:lang")
		}
		class = 0
	case atom.Body:
		class = 0
	case atom.Meta:
		f.addMeta(n, in)
		return
	case atom.Link:
		if f.canonical == "" && strings.EqualFold(rel, "canonical") {
			f.canonical = strings.TrimSpace(attr(n, "href"))
		}
		return
	case atom.Base:
		if f.base == "" {
			f.base = strings.TrimSpace(attr(n, "href"))
		}
		return
	case atom.Script:
		f.noteChallenge(attr(n, "src"), challengeScripts)
		if n.FirstChild == nil {
			return
		}
		into := &f.scripts
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(attr(n, "type"))), "application/ld+json") {
			into = &f.jsonLD
		}
		if len(*into) < maxFacts {
			*into = append(*into, f.parts.script(n.FirstChild.Data))
		}
		return
	case atom.Style, atom.Noscript, atom.Template, atom.Svg, atom.Iframe, atom.Select, atom.Textarea, atom.Button:
		return
	case atom.Title:
		if f.title == "" {
			f.title = flat(n)
		}
		return
	case atom.Form, atom.Div:
		f.noteChallenge(id, challengeElements)
	case atom.Nav:
		in |= inNav
	case atom.Aside:
		in |= inAside
	case atom.Footer:
		in |= inFooter
	case atom.Header:
		in |= inHeader
	case atom.Figure, atom.Figcaption:
		in |= inFigure
	}
	in |= class.places()
	m := mark{node: n, at: f.text, place: in, words: class}
	if item == "" {
		item = property[strings.LastIndexByte(property, ':')+1:]
	}
	if item != "" && f.item(item, m) {
		class &^= wordAuthor | wordDate | wordUpdated
	}
	if scoped != "" { // what an item is itself is said of the item around it
		in = in&^inItem | scope(scoped)
	}
	switch {
	case n.DataAtom == atom.H1, in&(inNav|inFooter|inComments) == 0 && (n.DataAtom == atom.H2 || n.DataAtom == atom.H3 || class&wordHeadline != 0):
		m.kind = markElement
		if n.DataAtom != atom.H1 {
			m.kind = markClass
		}
		f.headings = add(f.headings, m)
	case n.DataAtom == atom.Time, n.DataAtom == atom.Abbr && looksDated(attr(n, "title")):
		m.kind = markElement
		f.dates = add(f.dates, m)
	case class&(wordDate|wordUpdated) != 0 || dated:
		m.kind = markClass
		f.dates = add(f.dates, m)
	}
	switch {
	case rel != "" && hasToken(rel, "author"):
		m.kind = markRel
		f.bylines = add(f.bylines, m)
	case class&wordAuthor != 0:
		m.kind = markClass
		f.bylines = add(f.bylines, m)
	}
	f.walk(n, in)
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

// item notes a property of microdata or RDFa, and reports whether it is one that counts.
func (f *facts) item(item string, m mark) bool {
	m.kind = markItem
	for name := range strings.FieldsSeq(item) {
		switch strings.ToLower(name) {
		case "headline":
			f.headings = add(f.headings, m)
		case "author", "creator":
			f.bylines = add(f.bylines, m)
		case "datepublished", "datecreated", "uploaddate":
			f.dates = add(f.dates, m)
		case "datemodified", "dateupdated", "dateupdate":
			m.words |= wordUpdated
			f.dates = add(f.dates, m)
		default:
			continue
		}
		return true
	}
	return false
}

func add(marks []mark, m mark) []mark {
	if len(marks) < maxMarks {
		marks = append(marks, m)
	}
	return marks
}

// scope is the place that an item of microdata is.
func scope(itemtype string) place {
	name := itemtype[strings.LastIndexAny(itemtype, "/:#")+1:]
	switch {
	case strings.HasSuffix(name, "Article"), strings.HasSuffix(name, "Posting"), strings.HasSuffix(name, "Page"), name == "CreativeWork", name == "Blog", name == "Report",
		name == "Review", name == "Recipe", name == "VideoObject", name == "AudioObject", name == "PodcastEpisode", name == "WebSite", name == "?", name == "":
		return 0
	case name == "Comment", name == "UserComments", name == "Answer":
		return inComments
	}
	return inItem
}

func (f *facts) addMeta(n *html.Node, in place) {
	content := ""
	for i := range n.Attr {
		if n.Attr[i].Key == "content" {
			content = strings.TrimSpace(n.Attr[i].Val)
		}
	}
	if content == "" {
		return
	}
	for i := range n.Attr {
		switch n.Attr[i].Key {
		case "itemprop":
			if in&(inComments|inRelated|inItem) != 0 || f.item(n.Attr[i].Val, mark{node: n, at: f.text, place: in}) {
				continue
			}
			fallthrough
		case "property", "name", "http-equiv":
			if in&(inComments|inRelated|inItem) != 0 {
				continue
			}
			for name := range strings.FieldsSeq(n.Attr[i].Val) {
				if len(f.metas) < maxFacts {
					f.metas = append(f.metas, meta{strings.ToLower(name), content})
				}
			}
		}
	}
}
