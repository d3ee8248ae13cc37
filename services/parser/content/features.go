package content

import (
	"bytes"
	"slices"
	"strconv"

	"dateline/pkg/article"

	"golang.org/x/net/html/atom"
)

// A feature is a thing that is so of a block or not. Features come in families, of each of which a block has one or a few.
type feature = uint16

type family struct {
	name    string
	members []string
	from    feature
}

var (
	families     []*family
	featureCount feature
)

func newFamily(name string, members ...string) *family {
	f := &family{name: name, members: members, from: featureCount}
	featureCount += feature(len(members))
	families = append(families, f)
	return f
}

// FeatureNames are the names of all features, in their order: "family:member".
func FeatureNames() []string {
	var names []string
	for _, f := range families {
		for _, m := range f.members {
			names = append(names, f.name+":"+m)
		}
	}
	return names
}

func numbered(n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = strconv.Itoa(i)
	}
	return s
}

func cross(a, b []string) []string {
	var s []string
	for _, x := range a {
		for _, y := range b {
			s = append(s, x+"*"+y)
		}
	}
	return s
}

var (
	kinds     = []string{"paragraph", "div", "heading", "item", "cell", "quote", "caption", "pre"}
	words     = []string{"1-2", "3-5", "6-10", "11-20", "21-40", "41-80", "81-"}
	links     = []string{"0", "-.3", "-.7", "-.99", "1"}
	ends      = []string{"stop", "colon", "none"}
	shares    = []string{"0", "-.1", "-.3", "-.6", "-1"}
	chances   = []string{"-.03", "-.12", "-.3", "-.5", "-.7", "-.9", "-1", "none"}
	overlaps  = []string{"none", "0", "-.5", "-.9", "-1"}
	groups    = []string{"list", "table"}
	rows      = []string{"no", "3-5", "6-"}
	positions = []string{"before-5+", "before-2-4", "before-1", "first", "inside", "last", "after-1", "after-2-4", "after-5+", "none"}
	aways     = []string{"0", "1", "2", "3", "4", "5-"}
	marks     = markNames[:]
)

// The families of the first look.
var (
	fBias        = newFamily("bias", "1")
	fKind        = newFamily("kind", kinds...)
	fKindWords   = newFamily("kind*words", cross(kinds, words)...)
	fKindLinks   = newFamily("kind*links", cross(kinds, links)...)
	fEnds        = newFamily("ends", ends...)
	fEndsWords   = newFamily("ends*words", cross(ends, words)...)
	fText        = newFamily("text", "no-stops", "capitals", "digits", "lower-start", "bold", "breaks", "quoted", "long-no-commas", "pipe", "at", "url", "ellipsis", "link-first")
	fZone        = newFamily("zone", zoneNames[:]...)
	fOwn         = newFamily("own-zone", zoneNames[:]...)
	fPrev        = newFamily("previous", marks...)
	fNext        = newFamily("next", marks...)
	fMarkPrev    = newFamily("mark*previous", cross(marks, marks)...)
	fMarkNext    = newFamily("mark*next", cross(marks, marks)...)
	fBody        = newFamily("articleBody", overlaps...)
	fDescription = newFamily("description", overlaps...)
	fHeadline    = newFamily("headline", "is", "before", "after", "none")
	fUp          = newFamily("headline-up", numbered(maxUp+1)...)
	fUpMark      = newFamily("headline-up*mark", cross(numbered(maxUp+1), marks)...)
	fAfter       = newFamily("headline-distance", numbered(8)...)
	fAfterMark   = newFamily("headline-distance*mark", cross(numbered(8), marks)...)
	fTops        = newFamily("h1-since", numbered(4)...)
	fArticle     = newFamily("article-element", "none", "headline's", "another", "outside", "inside")
	fRow         = newFamily("row", rows...)
	fRowMark     = newFamily("row*mark", cross(rows, marks)...)
	fRepeat      = newFamily("repeat", "yes")
	fCue         = newFamily("cue", cueNames[:]...)
	fCuePrev     = newFamily("cue-before", cueNames[:]...)
	fGroup       = newFamily("group", cross(groups, cross(links, []string{"short", "long"}))...)
	fGroupAfter  = newFamily("group-after", cross(groups, append(slices.Clone(marks), "colon"))...)
	fGroupBefore = newFamily("group-before", cross(groups, marks)...)
	fGroupSize   = newFamily("group-size", cross(groups, []string{"1", "2-3", "4-10", "11-"})...)
	fAround      = newFamily("strong-around", numbered(7)...)
)

// The families that the second look has besides.
var (
	fNear         = newFamily("near-zone", zoneNames[:]...)
	fNearMark     = newFamily("near-zone*mark", cross(zoneNames[:], marks)...)
	fNearOwn      = newFamily("near-own-zone", zoneNames[:]...)
	fAway         = newFamily("away", aways...)
	fAwayMark     = newFamily("away*mark", cross(aways, marks)...)
	fShape        = newFamily("shape-share", shares...)
	fShapeChance  = newFamily("shape-chance", chances...)
	fParent       = newFamily("parent-share", shares...)
	fPosition     = newFamily("position", positions...)
	fPositionMark = newFamily("position*mark", cross(positions, marks)...)
	fChance       = newFamily("chance", chances...)
	fChancePrev   = newFamily("chance*previous", cross(chances, chances)...)
	fChanceNext   = newFamily("chance*next", cross(chances, chances)...)
	fChancePrev2  = newFamily("chance-2", chances...)
	fChanceNext2  = newFamily("chance+2", chances...)
	fChanceAround = newFamily("chance-around", chances...)
	fChanceGroup  = newFamily("chance-group", chances...)
)

// collector gathers a block's features.
type collector struct {
	has []feature
}

func (c *collector) add(f *family, member int) { c.has = append(c.has, f.from+feature(member)) }

func (c *collector) addSet(f *family, set uint32) {
	for n := feature(0); set != 0; n, set = n+1, set>>1 {
		if set&1 != 0 {
			c.has = append(c.has, f.from+n)
		}
	}
}

func bucket[N int32 | float32](v N, limits ...N) int {
	for i, l := range limits {
		if v <= l {
			return i
		}
	}
	return len(limits)
}

func wordBucket(n int32) int { return bucket(n, 2, 5, 10, 20, 40, 80) }
func linkBucket(linked, size int32) int {
	return bucket(float32(linked)/float32(max(size, 1)), 0, .3, .7, .99)
}

func shareBucket(part, all int32) int {
	return bucket(float32(part)/float32(max(all, 1)), 0, .1, .3, .6)
}
func chanceBucket(c float32) int { return bucket(c, .03, .12, .3, .5, .7, .9) }

const noChance = 7

func (p *page) firstLook() {
	p.first = make([]float32, len(p.blocks))
	p.seen = make([]int, len(p.blocks)+1)
	c := collector{has: make([]feature, 0, 40*len(p.blocks))}
	for i := range p.blocks {
		p.local(i, &c)
		p.seen[i+1] = len(c.has)
		p.first[i] = sum(p.weights.First, c.has[p.seen[i]:])
	}
	p.features = c.has
}

func (p *page) secondLook() {
	p.second = make([]float32, len(p.blocks))
	var c collector
	for i := range p.blocks {
		c.has = c.has[:0]
		p.placed(i, &c)
		p.second[i] = sum(p.weights.Second, p.features[p.seen[i]:p.seen[i+1]]) + sum(p.weights.Second, c.has)
	}
}

func sum(weights []float32, has []feature) float32 {
	var s float32
	for _, f := range has {
		s += weights[f]
	}
	return s
}

// local gathers what the first look sees.
func (p *page) local(i int, c *collector) {
	b := &p.blocks[i]
	t := p.textOf(i)
	st := &b.stats
	c.add(fBias, 0)
	kind, n, end := p.kindOf(b), wordBucket(st.words), endOf(t, st)
	c.add(fKind, kind)
	c.add(fKindWords, kind*len(words)+n)
	c.add(fKindLinks, kind*len(links)+linkBucket(b.linked, b.size()))
	c.add(fEnds, end)
	c.add(fEndsWords, end*len(words)+n)
	p.addText(b, t, c)
	c.addSet(fZone, uint32(p.zones[b.at]))
	c.addSet(fOwn, uint32(p.elements[b.at].zone))

	mark, prev, next := int(p.marks[i]), int(p.markAt(int32(i-1))), int(p.markAt(int32(i+1)))
	c.add(fPrev, prev)
	c.add(fNext, next)
	c.add(fMarkPrev, mark*len(marks)+prev)
	c.add(fMarkNext, mark*len(marks)+next)
	c.add(fBody, p.overlap(p.body, t))
	c.add(fDescription, p.overlap(p.descr, t))

	head, after := 3, 7
	switch {
	case p.isTitle(b):
		head = 0
	case p.headAt < 0:
	case i < p.headAt:
		head = 1
	default:
		head = 2
	}
	if p.headAt >= 0 {
		after = bucket(int32(i-p.headAt), -1, 0, 4, 12, 40, 100)
	}
	c.add(fHeadline, head)
	c.add(fUp, int(p.up[b.at]))
	c.add(fUpMark, int(p.up[b.at])*len(marks)+mark)
	c.add(fAfter, after)
	c.add(fAfterMark, after*len(marks)+mark)
	c.add(fTops, int(p.tops[i]))
	c.add(fArticle, p.articleElement(b))
	c.add(fRow, int(p.rows[b.at]))
	c.add(fRowMark, int(p.rows[b.at])*len(marks)+mark)
	if p.repeat[i] {
		c.add(fRepeat, 0)
	}
	c.addSet(fCue, uint32(p.cues[i]))
	if i > 0 {
		c.addSet(fCuePrev, uint32(p.cues[i-1]))
	}
	if b.group >= 0 {
		p.addGroup(b, c)
	}
	around := 0
	for k := max(0, i-3); k <= min(len(p.blocks)-1, i+3); k++ {
		if k != i && p.marks[k] == markStrong {
			around++
		}
	}
	c.add(fAround, around)
}

// addText gathers what letters and signs say.
func (p *page) addText(b *block, t []byte, c *collector) {
	st := &b.stats
	for n, is := range [...]bool{
		st.stops == 0,
		st.upper*2 > st.letters && st.letters > 3,
		st.digits*3 > st.letters,
		t[0] >= 'a' && t[0] <= 'z',
		b.bold*10 > b.size()*9,
		b.breaks > 0,
		quoted(t),
		st.words > 20 && st.commas == 0,
		st.words < 60 && bytes.IndexByte(t, '|') >= 0,
		st.words < 60 && bytes.IndexByte(t, '@') >= 0,
		st.words < 60 && (bytes.Contains(t, []byte("http")) || bytes.Contains(t, []byte("www."))),
		bytes.HasSuffix(t, []byte("...")) || bytes.HasSuffix(t, []byte("…")),
		b.linkFirst && b.linked*10 < b.size()*9,
	} {
		if is {
			c.add(fText, n)
		}
	}
}

func quoted(t []byte) bool {
	switch {
	case t[0] == '"':
		return true
	case len(t) < 3:
		return false
	}
	switch string(t[:3]) {
	case "“", "„", "‘":
		return true
	}
	return string(t[:2]) == "«"
}

func endOf(t []byte, st *stats) int {
	switch {
	case st.endsStop:
		return 0
	case t[len(t)-1] == ':':
		return 1
	}
	return 2
}

func (p *page) kindOf(b *block) int {
	switch b.kind {
	case article.Heading:
		return 2
	case article.Quote:
		return 5
	case article.Caption:
		return 6
	}
	if b.group >= 0 {
		if p.isTable(b.group) {
			return 4
		}
		return 3
	}
	switch p.elements[b.at].node.DataAtom {
	case atom.P:
		return 0
	case atom.Pre:
		return 7
	}
	return 1
}

func (p *page) isTable(e int32) bool { return p.elements[e].node.DataAtom == atom.Table }

// articleElement says whether a block is in the same article element as the headline.
func (p *page) articleElement(b *block) int {
	if p.headAt < 0 {
		return 0
	}
	switch headline, own := p.articleOf[p.blocks[p.headAt].at], p.articleOf[b.at]; {
	case headline == own && own != 0:
		return 1
	case headline != 0 && own != 0:
		return 2
	case headline != 0:
		return 3
	case own != 0:
		return 4
	}
	return 0
}

// addGroup gathers what the list or table that a block is in says.
func (p *page) addGroup(b *block, c *collector) {
	g := &p.elements[b.group]
	kind, long := 0, 0
	if p.isTable(b.group) {
		kind = 1
	}
	size := g.to - g.from + 1
	if g.text > size*60 {
		long = 1
	}
	after, before := int(p.markAt(g.from-1)), int(p.markAt(g.to+1))
	if g.from > 0 {
		if t := p.textOf(int(g.from - 1)); t[len(t)-1] == ':' {
			after = len(marks)
		}
	}
	c.add(fGroup, (kind*len(links)+linkBucket(g.linked, g.text))*2+long)
	c.add(fGroupAfter, kind*(len(marks)+1)+after)
	c.add(fGroupBefore, kind*len(marks)+before)
	c.add(fGroupSize, kind*4+bucket(size, 1, 3, 10))
}

func (p *page) overlap(s shingleSet, t []byte) int {
	if s == nil {
		return 0
	}
	return 1 + bucket(s.share(t), .05, .5, .9)
}
