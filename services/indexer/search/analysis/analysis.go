// Package analysis makes of a text the terms that it is found by, and of a query's words the terms to look for.
//
// All text is folded alike: NFKC, no case, no accents of Latin and Greek, one form of each Arabic letter, digits of all
// scripts as 0 to 9. Words are what letters and digits make; scripts without spaces (Chinese, Japanese, Thai and their
// neighbours), and Korean with its particles, become pairs of characters, so that every word is found within them. An
// article's language then adds other forms to its words, at the same place: English, German and Russian stems, Arabic,
// Persian, Pashto and Urdu words without their affixes. Words are found by all forms, phrases by the ones written.
package analysis

import (
	"slices"
	"strings"
	"sync"
)

// Token is a term at a place of a text.
type Token struct {
	Term       string
	Start, End int // bytes of the text
	FirstEnd   int // where the first character of a pair ends; otherwise End
	Position   int // counts words and pairs, from one
	Kind       Kind
}

// Kind is what a term is to its text.
type Kind uint8

// The kinds.
const (
	Written   Kind = iota // it stands there
	Inflected             // another form of what stands there, behind inflected
	Joined                // two words in one, as they may be written as well
	Part                  // an affix, which says little, but may be asked for as if it were a word
)

// inflected begins terms that are no written words, so that phrases do not meet them.
const inflected = "="

// IsInflected tells terms of the kind Inflected.
func IsInflected(term string) bool { return strings.HasPrefix(term, inflected) }

// Analyzer knows one language, or, as the common one, none.
type Analyzer struct {
	form       func(word string) string // a folded word without its inflection; nil for none
	lexicon    lexicon
	affixes    bool // Persian ones, which may stand apart
	twoHehs    bool // Urdu: ھ is another letter than ہ
	finalHamza bool // Arabic: ء at the end counts
}

var (
	common    = &Analyzer{}
	languages = map[string]*Analyzer{
		"ar": {form: arabicForm, finalHamza: true},
		"de": {form: germanForm},
		"en": {form: englishForm},
		"fa": {form: persianForm, affixes: true},
		"ps": {form: pashtoForm},
		"ru": {form: russianForm},
		"ur": {form: urduForm, twoHehs: true},
	}
	// all are the analyzers whose articles a query without a language may mean.
	all = []*Analyzer{common, languages["ar"], languages["de"], languages["en"], languages["fa"], languages["ps"], languages["ru"], languages["ur"]}
)

func init() {
	languages["prs"] = languages["fa"] // Dari
	languages["pbt"], languages["pbu"] = languages["ps"], languages["ps"]
	languages["arb"] = languages["ar"]
}

// For is the analyzer for texts in a language, a BCP 47 tag. Languages that need nothing special share the common one.
func For(tag string) *Analyzer {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if a, ok := languages[primary]; ok {
		return a
	}
	return common
}

// Tokens are the terms of a text in its order.
func (a *Analyzer) Tokens(text string) []Token {
	n := normalize(text)
	b := builder{Analyzer: a, tokens: make([]Token, 0, len(text)/4+8)}
	scan(n.text, a, b.word, b.pairs)
	n.restore(b.tokens)
	return b.tokens
}

// known is a folded word, and what its language makes of it.
type known struct {
	text  string
	form  string // behind inflected; empty where it is the word itself
	affix string // Persian, written onto it
}

// lexicon remembers words: a few thousand are most of every text. It also gives them the same string each time, which
// makes them cheap to compare further on.
type lexicon struct {
	mu    sync.RWMutex
	words map[string]known
}

const (
	maxLexicon = 1 << 16 // words, then it begins anew
	maxKnown   = 48      // bytes: a longer word hardly comes again
)

// know is what there is to know of a word.
func (a *Analyzer) know(word []byte) known {
	l := &a.lexicon
	l.mu.RLock()
	k, ok := l.words[string(word)]
	l.mu.RUnlock()
	if ok {
		return k
	}
	k = a.learn(string(word))
	if len(word) > maxKnown {
		return k
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.words == nil || len(l.words) >= maxLexicon {
		l.words = make(map[string]known)
	}
	l.words[k.text] = k
	return k
}

func (a *Analyzer) learn(word string) known {
	k := known{text: word}
	if a.form == nil {
		return k
	}
	if form := a.form(word); form != word {
		k.form = inflected + form
	}
	if a.affixes {
		k.affix = persianSuffix(word)
	}
	return k
}

// builder makes tokens of what scan finds.
type builder struct {
	*Analyzer
	tokens []Token
	pos    int
	last   int // the first token of the word before
}

func (b *builder) add(term string, start, end int, k Kind) {
	b.tokens = append(b.tokens, Token{term, start, end, end, b.pos, k})
}

// word takes in a word of letters and digits.
func (b *builder) word(p piece) {
	if len(b.tokens) == 0 {
		p.gap = gapOther
	}
	if b.affixes && (p.gap == gapSpace || p.gap == gapZWNJ) && b.affix(p) {
		return
	}
	if p.gap == gapHyphen || p.gap == gapZWNJ { // a compound, which may be written in one as well
		before := b.tokens[b.last]
		joined := b.know([]byte(before.Term + p.text))
		b.add(joined.text, before.Start, p.end, Joined)
		b.others(joined, before.Start, p.end)
	}
	b.pos++
	b.last = len(b.tokens)
	b.add(p.text, p.start, p.end, Written)
	b.others(p.known, p.start, p.end)
}

// others adds the other forms of a word.
func (b *builder) others(k known, start, end int) {
	b.other(k.form, start, end, Inflected)
	b.other(k.affix, start, end, Part)
}

// other adds a term to the last word, unless it is there.
func (b *builder) other(term string, start, end int, k Kind) {
	if term != "" && !slices.ContainsFunc(b.tokens[b.last:], func(t Token) bool { return t.Term == term }) {
		b.add(term, start, end, k)
	}
}

// affix joins a Persian affix that stands apart, or behind a zero-width non-joiner, with its word: کتاب‌ها, کتاب ها and
// کتابها are one word, and so are می‌رود and می رود.
func (b *builder) affix(p piece) bool {
	before := b.tokens[b.last]
	suffix := isSuffix(p.text, p.gap)
	if !suffix && !isVerbPrefix(before.Term) {
		return false
	}
	for i := range b.tokens[b.last:] {
		t := &b.tokens[b.last+i]
		t.End, t.FirstEnd = p.end, p.end
	}
	b.tokens[b.last].Term = before.Term + p.text
	if suffix {
		b.other(inflected+before.Term, before.Start, p.end, Inflected)
		b.other(p.text, before.Start, p.end, Part)
		return true
	}
	b.other(inflected+p.text, before.Start, p.end, Inflected)
	b.others(p.known, before.Start, p.end)
	b.other(before.Term, before.Start, p.end, Part)
	return true
}

// pairs takes in a run of characters of a script without spaces. The last character is a term of its own, so that each
// character begins a term.
func (b *builder) pairs(run []piece) {
	for i, p := range run {
		b.pos++
		b.last = len(b.tokens)
		if i+1 < len(run) {
			next := run[i+1]
			b.tokens = append(b.tokens, Token{p.text + next.text, p.start, next.end, p.end, b.pos, Written})
		} else {
			b.add(p.text, p.start, p.end, Written)
		}
	}
}
