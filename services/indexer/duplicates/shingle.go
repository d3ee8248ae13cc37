package duplicates

import (
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A shingle is a run of tokens of a certain weight: four words, eight Han or Kana characters, or sixteen Thai ones, each
// about as long as the others. The weights make one rule of what the scripts count in.
const (
	wordWeight      = 8
	ideographWeight = 4
	syllabicWeight  = 2 // Thai, Lao, Khmer, Burmese: letters and marks each count
	shingleWeight   = 32
	maxTokens       = shingleWeight / syllabicWeight

	minWords = 16 // a text with fewer has no sketch: what it says may be said by chance
)

// Of makes the sketch of a text. It takes time in proportion to the text, and no more memory than the sketch, except for
// text that is not in Unicode's form C.
func Of(text string) Sketch {
	text = composed(text)
	var sm smallest
	var r run
	for tokens := (tokens{text: text}); ; {
		hash, weight := tokens.next()
		if weight == 0 {
			break
		}
		if h, ok := r.add(hash, weight); ok {
			sm.add(h)
		}
	}
	words := r.total / wordWeight
	if words < minWords {
		return Sketch{Words: words}
	}
	return Sketch{Words: words, hashes: slices.Clone(sm.sorted())}
}

// tokens walks through a text. Case, punctuation, vowel signs that a writer may leave out, and the forms in which one
// letter or digit may be typed do not count.
type tokens struct {
	text string
	pos  int
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// next is the hash and weight of the next token, weight zero at the end.
func (t *tokens) next() (hash uint64, weight int) {
	hash = fnvOffset
	table := characters()
	for t.pos < len(t.text) {
		c, size := rune(t.text[t.pos]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(t.text[t.pos:])
		}
		var folded rune
		var kind runeKind
		if int(c) < len(table) {
			folded, kind = table[c].form, table[c].kind
		} else {
			folded, kind = classify(c)
		}
		switch kind {
		case skipped:
			t.pos += size
			continue
		case separator:
			t.pos += size
			if weight == 0 {
				continue
			}
			return hash, weight
		case letter:
			t.pos += size
			weight = wordWeight
			hash = (hash ^ uint64(folded)) * fnvPrime
			continue
		}
		if weight != 0 { // a word ends where a script begins that does not part them
			return hash, weight
		}
		t.pos += size
		weight = syllabicWeight
		if kind == ideograph {
			weight = ideographWeight
		}
		return (hash ^ uint64(folded)) * fnvPrime, weight
	}
	return hash, weight
}

type runeKind uint8

const (
	separator runeKind = iota
	skipped            // within a word: of no meaning
	letter             // of a word
	ideograph          // a token of its own
	syllabic           // likewise
)

// characters is what there is to know of the characters of Unicode's first plane. Looking each up in unicode's and norm's
// tables takes nine tenths of the time otherwise.
var characters = sync.OnceValue(func() *[1 << 16]character {
	var t [1 << 16]character
	for c := range t {
		t[c].form, t[c].kind = classify(rune(c))
		s := "a" + string(rune(c))
		t[c].composes = norm.NFC.QuickSpanString(s) != len(s)
	}
	return &t
})

type character struct {
	form     rune
	kind     runeKind
	composes bool // has another form, or may have one with the character before
}

// composed is a text in form C. Marks that have no letter in common may stay in the order they have.
func composed(text string) string {
	table := characters()
	for _, c := range text {
		if int(c) < len(table) && table[c].composes {
			return norm.NFC.String(text)
		}
	}
	return text
}

// classify is the form and kind of a character.
func classify(c rune) (rune, runeKind) {
	switch {
	case c == '\'' || c == '’' || c == 'ʼ' || c == '\u00ad' || c == '\u0640': // apostrophes, soft hyphen, tatweel
		return c, skipped
	case 0x591 <= c && c <= 0x5c7 || 0x64b <= c && c <= 0x65f || c == 0x670: // Hebrew and Arabic vowel signs
		return c, skipped
	case 0x660 <= c && c <= 0x669: // digits
		return c - 0x660 + '0', letter
	case 0x6f0 <= c && c <= 0x6f9:
		return c - 0x6f0 + '0', letter
	case 0xff01 <= c && c <= 0xff5e: // full width
		return classify(c - 0xff01 + '!')
	}
	switch c {
	case 'ي', 'ى':
		return 'ی', letter
	case 'ك':
		return 'ک', letter
	case 'أ', 'إ', 'آ':
		return 'ا', letter
	case '々', 'ー':
		return c, ideograph
	}
	switch {
	case unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana):
		return c, ideograph
	case 0xe00 <= c && c <= 0x109f && unicode.In(c, unicode.Thai, unicode.Lao, unicode.Myanmar),
		0x1780 <= c && c <= 0x17ff:
		if !unicode.In(c, unicode.Letter, unicode.Mark, unicode.Digit) {
			return c, separator
		}
		return c, syllabic
	case unicode.In(c, unicode.Letter, unicode.Mark, unicode.Digit):
		return unicode.ToLower(c), letter
	case unicode.Is(unicode.Cf, c): // joiners, marks of direction
		return c, skipped
	}
	return c, separator
}

// run is the window over a text's tokens: the last ones that weigh as much as a shingle, with a rolling hash over them.
type run struct {
	hashes  [maxTokens]uint64 // a ring
	weights [maxTokens]int
	first   int // token in the window, counted from the text's begin
	end     int // of the window
	weight  int
	hash    uint64
	total   int // weight of all tokens so far
}

// powers of the rolling hash's base.
var powers = func() (p [maxTokens + 1]uint64) {
	p[0] = 1
	for i := range maxTokens {
		p[i+1] = p[i] * 0x9e3779b97f4a7c15
	}
	return p
}()

// add takes in a token. It returns the hash of the shortest run up to it that weighs a shingle, if there is one.
func (r *run) add(hash uint64, weight int) (uint64, bool) {
	r.total += weight
	for r.end > r.first && r.weight-r.weights[r.first%maxTokens]+weight >= shingleWeight {
		i := r.first % maxTokens
		r.hash -= r.hashes[i] * powers[r.end-r.first-1]
		r.weight -= r.weights[i]
		r.first++
	}
	i := r.end % maxTokens
	r.hashes[i], r.weights[i] = hash, weight
	r.hash = r.hash*powers[1] + hash
	r.weight += weight
	r.end++
	return mixed(r.hash) >> (64 - 8*hashBytes), r.weight >= shingleWeight
}

// mixed spreads what differs over all bits: the finalizer of MurmurHash3 (Appleby, public domain).
func mixed(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// smallest keeps the sketchSize smallest of the hashes that it is given.
type smallest struct {
	kept [4 * sketchSize]uint64
	n    int
	most uint64 // of the smallest, once there are sketchSize; else zero
}

func (s *smallest) add(h uint64) {
	if s.most != 0 && h >= s.most {
		return
	}
	if s.n == len(s.kept) {
		s.tidy()
	}
	s.kept[s.n] = h
	s.n++
}

// tidy leaves the smallest ones, each once, ascending.
func (s *smallest) tidy() {
	slices.Sort(s.kept[:s.n])
	s.n = min(len(slices.Compact(s.kept[:s.n])), sketchSize)
	if s.n == sketchSize {
		s.most = s.kept[sketchSize-1]
	}
}

func (s *smallest) sorted() []uint64 {
	s.tidy()
	return s.kept[:s.n]
}
