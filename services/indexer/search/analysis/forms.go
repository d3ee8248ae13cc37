package analysis

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Form is one way in which a query's words can stand in a text: terms in consecutive positions, with those that may stand
// in each. A form of more than one position has its terms as they are written.
type Form struct {
	Terms  [][]string
	Prefix bool // the last position has terms that begin so
}

// Word is what a word of a query may look like in a text of a language; of any, without a tag. It is nothing where the word
// has neither letters nor digits.
func Word(text, tag string) []Form {
	forms := read(text, tag, false)
	if bare := uninflected(text); bare != "" {
		forms = merge(forms, read(bare, tag, false)...)
	}
	return forms
}

// Phrase is what words look like that have to stand as they are given, one after the other.
func Phrase(text, tag string) []Form { return read(text, tag, true) }

// Prefix is what words look like that begin so. Where the prefix is more than one word itself, its last one counts as a
// beginning.
func Prefix(text, tag string) []Form {
	forms := read(text, tag, true)
	for i, f := range forms {
		forms[i].Prefix = f.Prefix || !isDense(f.Terms[len(f.Terms)-1][0])
	}
	return forms
}

func read(text, tag string, written bool) []Form {
	analyzers := all
	if tag != "" {
		analyzers = []*Analyzer{For(tag)}
	}
	var forms []Form
	for _, a := range analyzers {
		forms = merge(forms, a.read(text, written)...)
	}
	return forms
}

// read is what a text looks like to one analyzer: one form, or two where it may be written in one.
func (a *Analyzer) read(text string, written bool) (forms []Form) {
	tokens := a.Tokens(text)
	if len(tokens) == 0 {
		return nil
	}
	last := tokens[len(tokens)-1]
	f := Form{Terms: make([][]string, last.Position)}
	for _, t := range tokens {
		terms := &f.Terms[t.Position-1]
		switch several := last.Position > 1; {
		case t.Kind == Written && (written || several || isDense(t.Term)):
			*terms = append(*terms, t.Term)
		case t.Kind == Written: // and what is inflected from it
			*terms = append(*terms, t.Term, inflected+t.Term)
		case t.Kind == Inflected && !written && !several:
			*terms = append(*terms, t.Term, strings.TrimPrefix(t.Term, inflected))
		case t.Kind == Joined && last.Position == 2: // it is all there is
			forms = a.read(t.Term, written)
		}
	}
	// A run's last character is a term of its own. In a text the run may go on: it says nothing beside the pair before it,
	// and alone it is the beginning of a pair.
	if isDense(last.Term) {
		if n := len(tokens); n > 1 && tokens[n-2].End == last.End {
			f.Terms = f.Terms[:len(f.Terms)-1]
		} else {
			f.Prefix = true
		}
	}
	return merge(forms, f)
}

// merge adds forms, those as long as one that is there to it.
func merge(forms []Form, more ...Form) []Form {
	for _, f := range more {
		i := slices.IndexFunc(forms, func(g Form) bool { return len(g.Terms) == len(f.Terms) && g.Prefix == f.Prefix })
		if i < 0 {
			forms = append(forms, f)
			continue
		}
		for n, terms := range f.Terms {
			for _, t := range terms {
				if !slices.Contains(forms[i].Terms[n], t) {
					forms[i].Terms[n] = append(forms[i].Terms[n], t)
				}
			}
		}
	}
	return forms
}

// isDense reports whether a term is of a script without spaces.
func isDense(term string) bool {
	r, _ := utf8.DecodeRuneInString(term)
	c, _ := tables().look(r)
	return c == dense
}

// koreanParticles follow nouns, the longer before what they end with.
var koreanParticles = []string{
	"으로부터", "에게서", "에서는", "으로는", "이라고", "으로", "에서", "에게", "부터", "까지", "에는", "에도", "라고", "처럼", "보다", "은", "는", "이", "가", "을", "를", "의", "에", "도", "로", "와", "과", "만",
}

// uninflected is a Korean word without its particle, or a Japanese one without the end of its inflection, if it is long
// enough that it means something then. As pairs are found within words, it finds all inflections.
func uninflected(text string) string {
	text = strings.TrimSpace(text)
	n := utf8.RuneCountInString(text)
	if n < 3 {
		return ""
	}
	last, size := utf8.DecodeLastRuneInString(text)
	first, _ := utf8.DecodeRuneInString(text)
	switch {
	case unicode.Is(unicode.Hangul, last):
		for _, p := range koreanParticles {
			if w, ok := strings.CutSuffix(text, p); ok && utf8.RuneCountInString(w) >= 2 {
				return w
			}
		}
	case unicode.Is(unicode.Han, first) && strings.ContainsRune("るくうすつぬむぶぐいただてで", last):
		return text[:len(text)-size]
	}
	return ""
}
