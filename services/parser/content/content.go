// Package content finds an article's text in the tree of its page.
//
//	tree --segment--> blocks --first look--> where most of the article is --second look--> kept blocks --compose--> body
//
// The tree is taken apart into blocks (segment.go). Two looks at each block decide. The first knows its text, the markup
// around it and its neighbours; its scores tell in which element most of the article stands. The second knows that as
// well. A look is a sum of weights over the features that a block has (features.go, place.go), so that every decision can
// be explained; the weights are learned from pages whose text is known (weights.tsv, made by package learn).
package content

import (
	"bytes"
	"slices"
	"strings"

	"dateline/pkg/article"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Hints is what a page's metadata say, to hold its text against. All may be empty.
type Hints struct {
	Headlines   []string // all forms of the title
	Description string
	ArticleBody string // of JSON-LD
}

// Content is what a page holds beside its metadata.
type Content struct {
	Body  []article.Block
	page  *page
	keep  []bool
	rules map[int]string // why a block was kept or dropped whatever its score
}

// Threshold is the score from which on a block is kept.
const Threshold = -0.2

// Find finds the text. It leaves the tree as it is, and takes time linear in it.
func Find(doc *html.Node, h Hints) *Content { return shipped().Find(doc, h) }

// Find is Find with weights other than those that are shipped.
func (w *Weights) Find(doc *html.Node, h Hints) *Content {
	p := newPage(segment(doc), h)
	p.weights = w
	p.firstLook()
	p.locate()
	p.secondLook()
	c := &Content{page: p, keep: make([]bool, len(p.blocks)), rules: map[int]string{}}
	c.choose()
	c.Body = c.compose()
	return c
}

func (c *Content) choose() {
	p := c.page
	words := int32(0)
	for i := range p.blocks {
		b := &p.blocks[i]
		switch {
		case p.isTitle(b) && (i == p.headAt || b.kind == article.Heading):
			c.rules[i] = "is the headline"
		case p.near[b.at]&readers != 0:
			c.rules[i] = "is among comments or a consent notice"
		case p.near[b.at]&newsletter != 0:
			c.rules[i] = "is of a newsletter box"
		case p.headAt >= 0 && i > p.headAt && i <= p.headAt+3 && p.isByline(i):
			c.rules[i] = "is a byline under the headline"
		case p.near[b.at]&linked != 0 && p.marks[i] == markLinks:
			c.rules[i] = "is of a row of links"
		case p.second[i] > Threshold:
			c.keep[i] = true
			words += b.stats.words
		}
	}
	if words < thinWords {
		c.rescue(words)
	}
	if words < shortWords {
		c.keepAlike()
	}
	if !slices.Contains(c.keep, true) {
		c.keepCaptions()
	}
	c.keepHeadings()
	c.keepWhole()
	c.dropRepeats()
}

// isByline reports whether a block is a line that begins as bylines do ("By ...", "Stand: ...") and is no sentence.
func (p *page) isByline(i int) bool {
	st := &p.blocks[i].stats
	return p.blocks[i].kind == article.Paragraph && p.cues[i]&cueByline != 0 && st.words <= 16 && !st.endsStop && st.upper+st.digits >= 3
}

// linked are the zones whose links lead away from the text.
const linked = related | share | tags | navigation

// keepHeadings keeps those between kept texts of one element, as far as they announce nothing else.
func (c *Content) keepHeadings() {
	p := c.page
	begun := false
	for i := range p.blocks {
		b := &p.blocks[i]
		if begun && b.kind == article.Heading && !c.keep[i] && c.rules[i] == "" && i+1 < len(p.blocks) && c.keep[i+1] &&
			p.elements[b.at].parent == p.elements[p.blocks[i+1].at].parent && p.near[b.at]&(elsewhere|furniture|newsletter) == 0 && p.cues[i] == 0 {
			c.keep[i] = true
			c.rules[i] = "is a heading within the text"
		}
		begun = begun || c.keep[i]
	}
}

// keepWhole keeps lists and tables of data whole, items of a word or a number too, where they stand in the midst of the text.
func (c *Content) keepWhole() {
	p := c.page
	first, last := slices.Index(c.keep, true), len(c.keep)-1
	for last >= 0 && !c.keep[last] {
		last--
	}
	for i := max(first, 0); i < last; i++ {
		g := p.blocks[i].group
		if g < 0 || int(p.elements[g].from) != i {
			continue
		}
		if e := &p.elements[g]; int(e.to) < last && p.isData(g) {
			for k := int(e.from); k <= int(e.to); k++ {
				if !c.keep[k] && c.rules[k] == "" {
					c.keep[k] = true
					c.rules[k] = "is in a list or table of the text"
				}
			}
		}
	}
}

// isData reports whether a group is a list of lines, or a table with rows and columns of short texts, and not of links.
func (p *page) isData(g int32) bool {
	e := &p.elements[g]
	table := p.isTable(g)
	if e.linked*3 > e.text || table && e.text > 60*e.blocks || p.near[g]&(elsewhere|furniture) != 0 || p.away(g) > 1 {
		return false
	}
	rows, columns, most := 0, 0, 0
	row, item := int32(-1), int32(-1)
	for k := e.from; k <= e.to; k++ {
		b := &p.blocks[k]
		if b.group != g || b.item == item {
			return false
		}
		if b.row != row {
			row, columns = b.row, 0
			rows++
		}
		item = b.item
		columns++
		most = max(most, columns)
	}
	return !table || rows > 1 && most > 1
}

// furniture are the zones of what belongs to an article, and is not its text.
const furniture = share | byline | bio | tags | form | poll | embed | figure

// elsewhere are the zones that hold no part of the text.
const elsewhere = navigation | sidebar | footer | hidden | comments | related | consent | teaser | promotion

// A page whose kept blocks have fewer words than thinWords together may have a longer text that scores less, and one of fewer
// than shortWords more of the same.
const (
	fewWords   = 12
	thinWords  = 40
	shortWords = 100
)

// rescue keeps the best of a page that has little or nothing above the threshold: short articles are articles.
func (c *Content) rescue(kept int32) {
	p := c.page
	best := -1
	for i := range p.blocks {
		if b := &p.blocks[i]; c.rules[i] == "" && (b.stats.words >= max(fewWords, kept) || kept == 0 && p.isBrief(i)) && p.second[i] > hopeless && (best < 0 || p.second[i] > p.second[best]) {
			best = i
		}
	}
	if best < 0 || c.keep[best] {
		return
	}
	for i := range p.blocks {
		if b := &p.blocks[i]; c.rules[i] == "" && p.second[i] > p.second[best]-1 && p.elements[b.at].parent == p.elements[p.blocks[best].at].parent {
			c.keep[i] = true
			c.rules[i] = "nothing better"
		}
	}
}

// isBrief reports whether a block may be a whole article of a few words: a sentence below the headline.
func (p *page) isBrief(i int) bool {
	b := &p.blocks[i]
	return p.headAt >= 0 && i > p.headAt && b.kind == article.Paragraph && b.links == 0 && b.stats.words >= 3 && b.stats.endsStop && p.near[b.at]&(elsewhere|furniture|newsletter) == 0
}

// keepAlike keeps the paragraphs of a short text that stand beside one that is kept: of a few paragraphs alone the looks know
// little, and less where the script has no full stops.
func (c *Content) keepAlike() {
	p := c.page
	for i := 1; i < len(p.blocks); i++ {
		b, before := &p.blocks[i], &p.blocks[i-1]
		if c.keep[i-1] && !c.keep[i] && c.rules[i] == "" && b.stats.words >= fewWords && b.links == 0 && p.second[i] > hopeless && p.cues[i] == 0 && p.near[b.at]&(elsewhere|furniture|newsletter) == 0 &&
			p.elements[b.at].node.DataAtom == atom.P && p.shapeOf(b) == p.shapeOf(before) && p.elements[b.at].parent == p.elements[before.at].parent {
			c.keep[i] = true
			c.rules[i] = "is beside the text, and like it"
		}
	}
}

// keepCaptions takes the captions of a page without any other text, a gallery's, for its text.
func (c *Content) keepCaptions() {
	p := c.page
	for i := max(p.headAt, 0); i < len(p.blocks); i++ {
		if b := &p.blocks[i]; c.rules[i] == "" && p.isCaption(b) {
			c.keep[i], b.kind = true, article.Paragraph
			c.rules[i] = "is a caption, and there is no other text"
		}
	}
}

// hopeless is the score below which a block is no article whatever else the page holds.
const hopeless = -4

// dropRepeats drops what the page shows twice: copies for other screens, in one piece or in the same pieces, and quotations
// pulled out of the text. In one element everything stays, for songs have refrains.
func (c *Content) dropRepeats() {
	p := c.page
	first := map[uint64]int{} // kept block by hash
	for i, keep := range c.keep {
		b := &p.blocks[i]
		if !keep || b.stats.words < 6 {
			continue
		}
		if j, ok := first[b.stats.hash]; ok && (p.near[b.at]&figure != 0 || p.elements[b.at].parent != p.elements[p.blocks[j].at].parent) {
			worse := i
			if p.second[i] > p.second[j] {
				worse, first[b.stats.hash] = j, i
			}
			c.drop(worse, "is on the page twice")
			continue
		}
		first[b.stats.hash] = i
	}
	for i, keep := range c.keep {
		b := &p.blocks[i]
		if keep && b.stats.words > copyWords && c.wordsIn(i)*10 > b.stats.words*8 {
			c.drop(i, "is on the page in pieces too")
		}
		if keep && (b.kind == article.Quote || p.near[b.at]&pullQuote != 0) && c.pulled(i) {
			c.drop(i, "is pulled out of the text")
		}
	}
}

func (c *Content) drop(i int, why string) {
	c.keep[i] = false
	c.rules[i] = why
}

// A block of more than copyWords is looked through for those up to copyFrom before and after it.
const (
	copyWords = 250
	copyFrom  = 200
)

// wordsIn is how many words of a block are those of other kept ones.
func (c *Content) wordsIn(i int) int32 {
	p, n := c.page, int32(0)
	for j := max(0, i-copyFrom); j < min(len(c.keep), i+copyFrom); j++ {
		if c.keep[j] && j != i && p.blocks[j].stats.words >= 6 && p.blocks[j].size() <= p.blocks[i].size() && bytes.Contains(p.textOf(i), p.textOf(j)) {
			n += p.blocks[j].stats.words
		}
	}
	return n
}

// pulled reports whether a quotation is a part of a kept block near it.
func (c *Content) pulled(i int) bool {
	p := c.page
	t := bytes.Trim(p.textOf(i), "\"“”„«»‘’…. \n")
	for j := max(0, i-pulledFrom); j < min(len(c.keep), i+pulledFrom); j++ {
		if c.keep[j] && j != i && len(t) > 20 && bytes.Contains(p.textOf(j), t) {
			return true
		}
	}
	return false
}

// pulledFrom is how many blocks away a quotation's place in the text is looked for.
const pulledFrom = 40

// AllText is the start of the page's text, kept or not.
func (c *Content) AllText(bytes int) string {
	t := c.page.text
	return strings.ToValidUTF8(string(t[:min(len(t), bytes)]), "")
}

// maxTeasers bounds the teasers of a page.
const maxTeasers = 500

// Teasers are the texts of elements that make up the longest row of such as look alike, are short, and begin with a link or
// hold a heading that is one: a list of articles. apart is how many words of the body stand outside of them.
func (c *Content) Teasers() (texts []string, apart int) {
	p := c.page
	count := make([]int32, len(p.elements))
	longest := int32(0)
	for i := 1; i < len(p.elements); i++ {
		if e := &p.elements[i]; p.isTeaser(e) {
			if count[e.run]++; count[e.run] > count[longest] {
				longest = e.run
			}
		}
	}
	open := int32(-1) // the teaser that the block before was in
	for i := range p.blocks {
		e := p.blocks[i].at
		for e > 0 && !(p.elements[e].run == longest && p.isTeaser(&p.elements[e])) {
			e = p.elements[e].parent
		}
		switch t := string(p.textOf(i)); {
		case e == 0 || count[longest] < 2:
			if c.keep[i] {
				apart += int(p.blocks[i].stats.words)
			}
		case e == open:
			texts[len(texts)-1] += " " + t
		case len(texts) < maxTeasers:
			texts = append(texts, t)
			open = e
		}
	}
	return texts, apart
}

// isTeaser reports whether an element may be one of a list of articles: a title of some words, linked, and little else.
func (p *page) isTeaser(e *element) bool {
	return e.text >= 30 && e.text <= 700 && e.linked >= 20 && e.linked*10 >= e.text && e.zone&(navigation|tableTag) == 0
}

// Evidence is a block of the page, and why it was kept or dropped.
type Evidence struct {
	Text string
	Kept bool
	Why  string
}

// Explain tells of every block of the page, in its order.
func (c *Content) Explain() []Evidence {
	out := make([]Evidence, len(c.page.blocks))
	for i := range c.page.blocks {
		why := c.rules[i]
		if why == "" {
			why = c.page.why(i)
		}
		out[i] = Evidence{Text: string(c.page.textOf(i)), Kept: c.keep[i], Why: why}
	}
	return out
}

// Whole is all text in a node as a body, whatever it looks like.
func Whole(n *html.Node) []article.Block {
	c := &Content{page: newPage(segment(n), Hints{}), rules: map[int]string{}}
	c.page.sight.near = make([]zone, len(c.page.elements))
	c.keep = make([]bool, len(c.page.blocks))
	for i := range c.keep {
		c.keep[i] = true
	}
	return c.compose()
}
