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

	"dateline/pkg/article"

	"golang.org/x/net/html"
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
		case i == p.headAt && p.isTitle(b):
			c.rules[i] = "is the headline"
			continue
		case p.second[i] > Threshold:
			c.keep[i] = true
			words += b.stats.words
		}
	}
	if words < fewWords {
		c.rescue()
	}
	c.keepTables()
	c.dropRepeats()
}

// keepTables keeps tables of data whole, cells without words too, where they stand in the midst of the text.
func (c *Content) keepTables() {
	p := c.page
	first, last := slices.Index(c.keep, true), len(c.keep)-1
	for last >= 0 && !c.keep[last] {
		last--
	}
	for i := max(first, 0); i < last; i++ {
		g := p.blocks[i].group
		if g < 0 || !p.isTable(g) || int(p.elements[g].from) != i {
			continue
		}
		if e := &p.elements[g]; int(e.to) < last && p.isData(g) {
			for k := e.from; k <= e.to; k++ {
				if !c.keep[k] {
					c.keep[k] = true
					c.rules[int(k)] = "is in a table of the text"
				}
			}
		}
	}
}

// isData reports whether a table holds data: rows and columns of short texts that are no links.
func (p *page) isData(g int32) bool {
	e := &p.elements[g]
	if e.linked*2 > e.text || e.text > 60*e.blocks || p.near[g]&elsewhere != 0 || p.away(g) > 1 {
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
	return rows > 1 && most > 1
}

// elsewhere are the zones that hold no part of the text.
const elsewhere = navigation | sidebar | footer | hidden | comments | related | consent | teaser | promotion

const fewWords = 12

// rescue keeps the best of a page that has little or nothing above the threshold: short articles are articles.
func (c *Content) rescue() {
	p := c.page
	best := -1
	for i := range p.blocks {
		if p.blocks[i].stats.words >= fewWords && p.second[i] > hopeless && (best < 0 || p.second[i] > p.second[best]) {
			best = i
		}
	}
	if best < 0 {
		return
	}
	for i := range p.blocks {
		if b := &p.blocks[i]; c.rules[i] == "" && p.second[i] > p.second[best]-1 && p.elements[b.at].parent == p.elements[p.blocks[best].at].parent {
			c.keep[i] = true
			c.rules[i] = "nothing better"
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
		if j, ok := first[b.stats.hash]; ok && p.elements[b.at].parent != p.elements[p.blocks[j].at].parent {
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

// copyWords is how long a block has to be to be looked through for others.
const copyWords = 250

// wordsIn is how many words of a block are those of other kept ones.
func (c *Content) wordsIn(i int) int32 {
	p, n := c.page, int32(0)
	for j, keep := range c.keep {
		if keep && j != i && p.blocks[j].stats.words >= 6 && bytes.Contains(p.textOf(i), p.textOf(j)) {
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
