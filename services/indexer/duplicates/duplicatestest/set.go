// Package duplicatestest makes labelled news texts for tests of near-duplicates: originals, their syndicated copies, and
// texts that only look like copies. A grammar makes them of a seed, in eight languages and five scripts, two of them
// without spaces between words.
package duplicatestest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Text is an article. Those with the same Story are copies of each other; no others are.
type Text struct {
	Name     string // unique
	Kind     string // original, sibling, translation, brief, page, roundup, or the names of what made the copy, joined by +
	Language string
	Site     string
	Story    int
	Headline string
	Body     string
}

// Set makes a set of texts in the order in which they come in. Per language it has topics topics, each with an original, its
// copies, a translation of it, and siblings: other stories on the same topic, with the same people and places and with
// a part of the background that agencies repeat. Beside them stand short news of one pattern, short pages of one site of
// which more than half is boilerplate, and round-ups that hold several stories whole.
func Set(seed uint64, topics int) []Text {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0))}
	for i := range languages {
		g.language(&languages[i], topics)
	}
	g.Shuffle(len(g.texts), func(i, k int) { g.texts[i], g.texts[k] = g.texts[k], g.texts[i] })
	return g.texts
}

type generator struct {
	*rand.Rand
	texts []Text
	story int
}

// sentence is what a sentence says: its pattern and what fills the slots. In which words, the language tells.
type sentence struct {
	pattern int
	slots   map[string]int
	literal string // in place of all that
}

// topic is what the stories of one topic have in common.
type topic struct {
	nouns, places, people []int
	background            []sentence
}

var slotNames = []string{"n1", "n2", "n3", "a1", "a2", "v1", "t1", "p1", "p2", "w1", "q1", "q2"}

func (g *generator) topic() *topic {
	t := &topic{nouns: g.Perm(24)[:9], places: g.Perm(14)[:4], people: g.Perm(14)[:4]}
	t.background = g.sentences(t, 4)
	return t
}

func (g *generator) sentences(t *topic, n int) []sentence {
	s := make([]sentence, n)
	for i := range s {
		s[i] = sentence{pattern: g.IntN(6), slots: map[string]int{}}
		for _, name := range slotNames {
			s[i].slots[name] = g.slot(t, name)
		}
	}
	return s
}

func (g *generator) slot(t *topic, name string) int {
	pick := func(from []int) int { return from[g.IntN(len(from))] }
	switch name[0] {
	case 'n':
		return pick(t.nouns)
	case 'p':
		return pick(t.places)
	case 'w':
		return pick(t.people)
	case 'q':
		return 2 + g.IntN(9000)
	}
	return g.IntN(112) // a multiple of the lengths of the lists
}

func (l *language) sentence(s sentence, brief bool) string {
	if s.literal != "" {
		return s.literal
	}
	pattern := l.patterns[s.pattern]
	if brief {
		pattern = l.brief
	}
	pairs := make([]string, 0, 2*len(slotNames))
	for _, name := range slotNames {
		v := strconv.Itoa(s.slots[name])
		if list, ok := map[byte][]string{'n': l.n, 'a': l.a, 'v': l.v, 't': l.t, 'p': l.p, 'w': l.w}[name[0]]; ok {
			v = list[s.slots[name]%len(list)]
		}
		pairs = append(pairs, "{"+name+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(pattern)
}

// body sets sentences in paragraphs of three.
func (l *language) body(sentences []sentence, brief bool) string {
	var b strings.Builder
	for i, s := range sentences {
		switch {
		case i > 0 && i%3 == 0:
			b.WriteString("\n\n")
		case i > 0 && l.spaces:
			b.WriteByte(' ')
		}
		b.WriteString(l.sentence(s, brief))
	}
	return b.String()
}

func (g *generator) add(l *language, kind, site string, story int, body string) {
	g.texts = append(g.texts, Text{
		Name: fmt.Sprintf("%s-%d", l.code, len(g.texts)), Kind: kind, Language: l.code, Site: site, Story: story,
		Headline: l.sentence(g.sentences(g.topic(), 1)[0], false), Body: body,
	})
}

func (g *generator) next() int { g.story++; return g.story }

// site is one of twelve of a language. Those of copies are all different, as an agency's clients are.
func (l *language) site(n int) string { return fmt.Sprintf("site%d.%s.example", n, l.code) }

func (g *generator) language(l *language, topics int) {
	boilerplate := make([][]sentence, 12) // of each site
	for i := range boilerplate {
		boilerplate[i] = append(g.sentences(g.topic(), 2), sentence{literal: l.boilerplate[0]}, sentence{literal: l.boilerplate[1]})
	}
	var whole [][]sentence
	for range topics {
		t := g.topic()
		original := append(g.sentences(t, 8+g.IntN(30)), t.background[:g.IntN(3)]...)
		whole = append(whole, original)
		sites := g.Perm(12)
		story := g.next()
		g.add(l, "original", l.site(sites[0]), story, l.body(original, false))
		for i := range g.IntN(6) {
			c := copied{text: original, site: boilerplate[sites[i+1]], topic: t}
			var names []string
			for _, n := range g.Perm(len(transformations))[:1+g.IntN(2)] {
				transformations[n].apply(g, l, &c)
				names = append(names, transformations[n].name)
			}
			body := l.body(append(append(c.before, c.text...), c.after...), false)
			if c.retyped {
				body = l.retyped.Replace(body)
			}
			g.add(l, strings.Join(names, "+"), l.site(sites[i+1]), story, body)
		}
		for i := range 1 + g.IntN(2) {
			sibling := append(g.sentences(t, 8+g.IntN(20)), t.background[:2+g.IntN(3)]...)
			g.add(l, "sibling", l.site(sites[8+i]), g.next(), l.body(sibling, false))
		}
		other := &languages[g.IntN(len(languages))]
		if other != l {
			g.add(other, "translation", other.site(sites[11]), g.next(), other.body(original, false))
		}
	}
	desk := g.topic()
	for i := range topics {
		story, brief := g.next(), g.sentences(desk, 1+g.IntN(2))
		g.add(l, "brief", l.site(i%12), story, l.body(brief, true))
		if i%3 == 0 {
			g.add(l, "headline", l.site((i+1)%12), story, l.body(brief, true))
		}
	}
	for range topics { // of one site, half and more of each is boilerplate
		page := append(g.sentences(g.topic(), 4+g.IntN(3)), boilerplate[0]...)
		g.add(l, "page", l.site(0), g.next(), l.body(append(page, boilerplate[1]...), false))
	}
	for i := 0; i+3 <= len(whole); i += 6 {
		var all []sentence
		for _, s := range whole[i : i+3] {
			all = append(all, s...)
		}
		g.add(l, "roundup", l.site(11), g.next(), l.body(all, false))
	}
}

// copied is a copy in the making.
type copied struct {
	before, text, after []sentence
	site                []sentence // its boilerplate
	topic               *topic
	retyped             bool
}

// transformations are what sites do to the copy of an agency.
var transformations = []struct {
	name  string
	apply func(*generator, *language, *copied)
}{
	{"headline", func(*generator, *language, *copied) {}},
	{"cut", func(g *generator, _ *language, c *copied) { // the tail
		c.text = c.text[:max(4, len(c.text)*(35+g.IntN(50))/100)]
	}},
	{"boilerplate", func(g *generator, _ *language, c *copied) {
		c.after = append(c.after, c.site[g.IntN(2):]...)
		if g.IntN(2) == 0 {
			c.before = append(c.before, c.site[len(c.site)-1])
		}
	}},
	{"edits", func(g *generator, _ *language, c *copied) { // a word in one of four sentences, about one in forty
		text := append([]sentence(nil), c.text...)
		for i, s := range text {
			if g.IntN(4) != 0 {
				continue
			}
			edited := map[string]int{}
			for k, v := range s.slots {
				edited[k] = v
			}
			name := slotNames[g.IntN(len(slotNames))]
			edited[name] = g.slot(c.topic, name)
			text[i] = sentence{pattern: s.pattern, slots: edited}
		}
		c.text = text
	}},
	{"lead", func(g *generator, l *language, c *copied) { // a new one, after the agency's name
		c.before = append(c.before, sentence{literal: l.credit})
		c.text = append(g.sentences(c.topic, 1+g.IntN(2)), c.text[1:]...)
	}},
	{"dropped", func(g *generator, _ *language, c *copied) { // one sentence in five
		var kept []sentence
		for _, s := range c.text {
			if g.IntN(5) != 0 {
				kept = append(kept, s)
			}
		}
		if len(kept) >= 4 {
			c.text = kept
		}
	}},
	{"retyped", func(_ *generator, _ *language, c *copied) { c.retyped = true }},
}
