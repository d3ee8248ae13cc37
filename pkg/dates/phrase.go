package dates

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// entry looks a token up, if it is a word.
func (r *reader) entry(t token) *entry {
	if t.kind != word {
		return &unknown
	}
	return r.lex.entry(t.text)
}

// pick finds what a word means as one class: the longest phrase, in the language of the context before others, and in the
// languages of the words before. It finds nothing where these leave different values; upTo then still tells where they end.
func (r *reader) pick(t token, all *entry, c class) (best meaning, upTo int, ok bool) {
	if all.classes&c.set() == 0 {
		return best, 0, false
	}
	rank, own := -1, all.langs&r.lang != 0
	for i := range all.meanings {
		m := &all.meanings[i]
		if m.class != c || own && m.langs != 0 && m.langs&r.lang == 0 {
			continue
		}
		this := 2 * len(m.rest)
		if m.langs == 0 || m.langs&r.langs != 0 {
			this++
		}
		if this < rank {
			continue
		}
		end := t.end
		if len(m.rest) > 0 {
			var matches bool
			if end, matches = r.follows(t.end, m.rest); !matches {
				continue
			}
		}
		switch {
		case this > rank:
			rank, best, upTo, ok = this, *m, end, true
		case m.value != best.value || m.calendar != best.calendar:
			ok = false
		default:
			best.langs |= m.langs
			best.short = best.short && m.short
		}
	}
	return best, upTo, ok
}

// follows reports whether words follow at a position, and where they end. Between them may stand a full stop, an apostrophe or
// a hyphen.
func (r *reader) follows(pos int, words []string) (int, bool) {
	first := &r.ahead
	if first.at != pos || first.end == 0 {
		first.at = pos
		first.end, first.size = r.phraseWord(pos, first.folded[:0])
	}
	if string(first.folded[:first.size]) != words[0] {
		return 0, false
	}
	pos = first.end
	var buf [2*maxFolded + 8]byte
	for _, w := range words[1:] {
		end, size := r.phraseWord(pos, buf[:0])
		if string(buf[:size]) != w {
			return 0, false
		}
		pos = end
	}
	return pos, true
}

// phraseWord folds the next word of a phrase into a buffer.
func (r *reader) phraseWord(pos int, into []byte) (end, size int) {
	t := scan(r.text, pos)
	if t.kind == mark {
		switch t.text {
		case ".", "'", "’", "-", "ʼ", "‑":
			t = scan(r.text, t.end)
		}
	}
	if t.kind != word && t.kind != number {
		return t.end, 0
	}
	return t.end, len(fold(into, t.text))
}

// fits reports whether a name may be one here. Prose must have it in its own language, with a capital where that has them,
// and an abbreviation with one or with its full stop: else it is another word.
func (r *reader) fits(t token, m meaning) bool {
	if r.mode == whole {
		return true
	}
	lower := unicode.IsLower(firstRune(t.text))
	own := r.lex.language(r.lang)
	capital := own != nil && own.capital && m.langs&r.lang != 0
	if r.mode == inText {
		r.doubtful = r.doubtful || capital && lower
		return true
	}
	return m.langs&r.lang != 0 && !(capital && lower) && (capital || !m.short || strings.HasPrefix(r.text[t.end:], "."))
}

// tooShort reports whether an abbreviation of a day is too short to be believed in running text: one or two letters of another
// language than the context's, or right before a digit.
func (r *reader) tooShort(t token, m meaning) bool {
	if r.mode == whole || !m.short {
		return false
	}
	next := scan(r.text, t.end)
	return r.lang != 0 && m.langs&r.lang == 0 && utf8.RuneCountInString(t.text) <= 2 || next.kind == number && next.start == t.end
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// narrow keeps the languages that a word leaves possible.
func (r *reader) narrow(m meaning) {
	if both := r.langs & m.langs; both != 0 {
		r.langs = both
	}
}

// monthAhead reports whether one of the next words is a month, so that "mar." before it is a Tuesday.
func (r *reader) monthAhead(pos int) bool {
	for range 4 {
		t := scan(r.text, pos)
		if t.kind == end {
			return false
		}
		if t.kind == word {
			if _, _, ok := r.pick(t, r.entry(t), monthName); ok {
				return true
			}
		}
		pos = t.end
	}
	return false
}
