package content

import (
	"math"

	"dateline/pkg/article"

	"golang.org/x/net/html/atom"
)

// page is a segmentation with what is known of its elements and blocks.
type page struct {
	*segmentation
	weights     *Weights
	body, descr shingleSet
	heads       []uint64 // hashes of the title's forms
	headAt      int      // block that is the headline, -1 where there is none

	// by element
	zones     []zone  // its own and those of all around it
	articleOf []int32 // outermost article element around it, 0 where there is none
	up        []uint8 // how far above the headline the element is that holds both, from 1; 0 without a headline
	rows      []uint8 // whether it is one of a row of elements that look alike and hold links

	// by block
	marks  []mark
	cues   []cue
	tops   []uint8 // main headings since the headline
	repeat []bool  // the same text came before

	sight // what the first look leads to
}

// newPage gathers what the first look looks at.
func newPage(s *segmentation, h Hints) *page {
	p := &page{segmentation: s, headAt: -1}
	if len(h.ArticleBody) > minHint {
		p.body = shinglesOf(h.ArticleBody)
	}
	if len(h.Description) > minHint/10 {
		p.descr = shinglesOf(h.Description)
	}
	for _, t := range h.Headlines {
		if t != "" && len(p.heads) < maxHeadlines {
			p.heads = append(p.heads, count([]byte(t)).hash)
		}
	}
	p.setElements()
	p.setHeadline()
	p.setBlocks()
	return p
}

// maxHeadlines bounds the forms of a title.
const maxHeadlines = 20

// minHint is how many bytes a JSON-LD body needs to be held against the page.
const minHint = 200

func (p *page) setElements() {
	n := len(p.elements)
	p.zones, p.articleOf, p.rows = make([]zone, n), make([]int32, n), make([]uint8, n)
	alike, linking := make([]int32, n), make([]int32, n)
	for i := 1; i < n; i++ {
		if e := &p.elements[i]; e.text >= 20 {
			alike[e.run]++
			if e.linked > 0 {
				linking[e.run]++
			}
		}
	}
	for i := 1; i < n; i++ {
		e := &p.elements[i]
		p.zones[i] = p.zones[e.parent] | e.zone
		p.articleOf[i] = p.articleOf[e.parent]
		if e.zone&articleTag != 0 && p.articleOf[i] == 0 {
			p.articleOf[i] = int32(i)
		}
		p.rows[i] = p.rows[e.parent]
		if c := alike[e.run]; c >= 3 && linking[e.run]*3 > c*2 && e.node.DataAtom != atom.P {
			p.rows[i] = max(p.rows[i], 1)
			if c >= 6 {
				p.rows[i] = 2
			}
		}
	}
}

// setHeadline finds the headline: of the blocks that repeat the title the one that is most of a heading, or else the first
// main heading.
func (p *page) setHeadline() {
	best := 0
	for i := range p.blocks {
		b := &p.blocks[i]
		score := 0
		switch is := p.isTitle(b); {
		case is && b.kind == article.Heading:
			score = 10 - int(b.level)
		case is:
			score = 2
		case b.kind == article.Heading && b.level == 1 && b.stats.words >= 3:
			score = 3
		}
		if score > best {
			p.headAt, best = i, score
		}
	}
	p.up = make([]uint8, len(p.elements))
	if p.headAt < 0 {
		return
	}
	n := uint8(1)
	for e := p.blocks[p.headAt].at; e >= 0; e = p.elements[e].parent {
		p.up[e] = n
		n = min(n+1, maxUp)
	}
	for i := 1; i < len(p.elements); i++ {
		if p.up[i] == 0 {
			p.up[i] = p.up[p.elements[i].parent]
		}
	}
}

const maxUp = 9

func (p *page) isTitle(b *block) bool {
	for _, h := range p.heads {
		if h == b.stats.hash {
			return true
		}
	}
	return false
}

func (p *page) setBlocks() {
	n := len(p.blocks)
	p.marks, p.cues, p.tops, p.repeat = make([]mark, n), make([]cue, n), make([]uint8, n), make([]bool, n)
	seen := make(map[uint64]bool, n)
	tops := uint8(0)
	for i := range p.blocks {
		b := &p.blocks[i]
		p.marks[i] = p.markOf(b)
		p.cues[i] = cuesOf(p.textOf(i))
		p.repeat[i] = seen[b.stats.hash]
		seen[b.stats.hash] = true
		if i > p.headAt && b.kind == article.Heading && b.level == 1 && !p.isTitle(b) {
			tops = min(tops+1, 3)
		}
		p.tops[i] = tops
		if b.group >= 0 {
			g := &p.elements[b.group]
			if g.blocks == 0 {
				g.from = int32(i)
			}
			g.to = int32(i)
			g.blocks++
		}
	}
}

// mark is what a block looks like to its neighbours.
type mark uint8

const (
	markNone mark = iota // there is no block
	markStrong
	markText
	markHeading
	markLinks
	markShort
	markCaption
	markCount
)

var markNames = [markCount]string{"none", "strong", "text", "heading", "links", "short", "caption"}

func (p *page) markOf(b *block) mark {
	switch {
	case b.kind == article.Heading:
		return markHeading
	case b.kind == article.Caption || p.zones[b.at]&figure != 0:
		return markCaption
	case b.linked*3 > b.size()*2:
		return markLinks
	case b.stats.words >= 12 && b.linked*2 <= b.size() && b.stats.stops+b.stats.commas > 0:
		return markStrong
	case b.stats.words >= 6:
		return markText
	}
	return markShort
}

// markAt is markNone beyond the ends.
func (p *page) markAt(i int32) mark {
	if i < 0 || int(i) >= len(p.marks) {
		return markNone
	}
	return p.marks[i]
}

// sight is where the first look says that the article is.
type sight struct {
	features                []feature // of all blocks, as the first look sees them
	seen                    []int     // by block: where its features begin
	first, second           []float32 // scores by block
	chance                  []float32 // of being of the article, by the first score
	weight                  []int32   // by block: its words, as far as they are likely
	core                    int32     // innermost element with more than half of the weight
	near                    []zone    // by element: zones below the elements that hold most of the weight
	join                    []int32   // by element: the one of these that it hangs on
	shapes                  map[uint64]shapeWeight
	firstLikely, lastLikely int // blocks at the core, -1 without
}

type shapeWeight struct{ weight, words int32 }

// weightUnit makes weights whole numbers.
const weightUnit = 16

// readers are the zones of what is not the publisher's, or not about the news: however long, it is not the article where there
// is anything else.
const readers = comments | consent

// locate finds where the first look's likely blocks are.
func (p *page) locate() {
	n := len(p.blocks)
	p.chance, p.weight = make([]float32, n), make([]int32, n)
	rest := float32(0)
	for i := range p.blocks {
		c := float32(1 / (1 + math.Exp(-float64(p.first[i]))))
		p.chance[i] = c
		if p.zones[p.blocks[i].at]&readers == 0 {
			rest += c * float32(p.blocks[i].stats.words)
		}
	}
	p.shapes = make(map[uint64]shapeWeight, 64)
	for i := range p.blocks {
		b := &p.blocks[i]
		if c := p.chance[i]; c > .2 && (rest < fewWords || p.zones[b.at]&readers == 0) {
			p.weight[i] = int32(c * c * weightUnit * float32(b.stats.words))
		}
		p.elements[b.at].weight += p.weight[i]
		s := p.shapes[p.shapeOf(b)]
		s.weight += p.weight[i]
		s.words += weightUnit * b.stats.words
		p.shapes[p.shapeOf(b)] = s
	}
	for i := len(p.elements) - 1; i > 0; i-- {
		p.elements[p.elements[i].parent].weight += p.elements[i].weight
	}
	p.near, p.join = make([]zone, len(p.elements)), make([]int32, len(p.elements))
	for i := 1; i < len(p.elements); i++ {
		e := &p.elements[i]
		if p.isMost(int32(i)) {
			p.join[i], p.core = int32(i), int32(i)
			continue
		}
		p.near[i] = p.near[e.parent] | e.zone
		p.join[i] = p.join[e.parent]
	}
	p.firstLikely, p.lastLikely = -1, -1
	for i := range p.blocks {
		b := &p.blocks[i]
		common := p.shapes[p.shapeOf(b)].weight*3 > p.elements[0].weight // the form that paragraphs have here
		if b.stats.words >= 8 && (p.chance[i] > .5 && p.away(b.at) <= 1 || p.chance[i] > .1 && common) {
			if p.firstLikely < 0 {
				p.firstLikely = i
			}
			p.lastLikely = i
		}
	}
}

// isMost reports whether an element holds more than half of the weight.
func (p *page) isMost(e int32) bool { return p.elements[e].weight*2 > p.elements[0].weight }

// away is how many elements above the core an element hangs.
func (p *page) away(e int32) int32 { return p.elements[p.core].depth - p.elements[p.join[e]].depth }

// shapeOf names the form of a block's element and of the one around that.
func (p *page) shapeOf(b *block) uint64 {
	e := &p.elements[b.at]
	k := uint64(e.shape) << 32
	if e.parent >= 0 {
		k |= uint64(p.elements[e.parent].shape)
	}
	return k
}
