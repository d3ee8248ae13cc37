package analysis

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// gap is what parts a word from the one before.
type gap uint8

const (
	gapOther gap = iota // punctuation, more than one space, the text's beginning
	gapSpace            // one space
	gapHyphen
	gapZWNJ
)

// piece is a folded word, or a folded character of a script without spaces, and its place in the normalized text.
type piece struct {
	known
	start, end int
	gap        gap
}

// maxTerm is the most bytes of a term: what is longer is no word, and is found by its beginning.
const maxTerm = 120

// scanner parts normalized text into words and runs.
type scanner struct {
	a     *Analyzer
	table *bmp
	word  func(piece)
	pairs func([]piece)

	buf        []byte // of the word at hand
	start, end int
	letters    int  // of the word at hand
	dotted     bool // it is made of single letters and dots
	gap        gap  // before it
	arabic     bool
	run        []piece
}

func scan(text string, a *Analyzer, word func(piece), pairs func([]piece)) {
	s := scanner{a: a, table: tables(), word: word, pairs: pairs}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		c, f := s.table.look(r)
		next := i + size
		switch c {
		case letter:
			s.endRun()
			s.letter(r, f, i, next)
		case dense:
			s.endWord(gapOther)
			s.run = append(s.run, piece{known: known{text: string(f)}, start: i, end: next})
		case mark:
			s.mark(f, next)
		case ignored:
		case joiner:
			if len(s.buf) > 0 && s.arabic {
				s.endWord(gapZWNJ)
			}
		case apostrophe:
			if len(s.buf) > 0 && possessive(text[next:]) {
				next++
			}
			s.endAll(gapOther)
		case dot:
			// U.S. is us: single letters with a dot behind each are one word.
			if (s.letters == 1 || s.dotted) && lone(text[next:]) {
				s.dotted = true
			} else {
				s.endAll(gapOther)
			}
		default:
			switch {
			case (r == '-' || r == '\u2010') && len(s.buf) > 0:
				s.endAll(gapHyphen)
			case r != ' ':
				s.endAll(gapOther)
			case len(s.buf) > 0 || len(s.run) > 0:
				s.endAll(gapSpace)
			default:
				s.gap = gapOther
			}
		}
		i = next
	}
	s.endAll(gapOther)
}

// lone reports whether a text begins with one letter that is no part of a longer word.
func lone(rest string) bool {
	r, size := utf8.DecodeRuneInString(rest)
	if !unicode.IsLetter(r) {
		return false
	}
	r, _ = utf8.DecodeRuneInString(rest[size:])
	return !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// possessive reports whether a text begins with an s alone.
func possessive(rest string) bool {
	return rest != "" && (rest[0] == 's' || rest[0] == 'S') && lone(rest)
}

func (s *scanner) letter(r, folded rune, at, next int) {
	if len(s.buf) == 0 {
		s.start, s.letters, s.dotted = at, 0, false
	}
	s.end = next
	s.letters++
	s.arabic = unicode.Is(unicode.Arabic, r)
	switch {
	case len(s.buf) > maxTerm:
	case folded == several:
		s.buf = append(s.buf, expansions[r]...)
	case r == 'ھ' && s.a.twoHehs:
		s.buf = utf8.AppendRune(s.buf, r)
	case folded != dropped:
		s.buf = utf8.AppendRune(s.buf, folded)
	}
}

func (s *scanner) mark(folded rune, next int) {
	switch {
	case len(s.buf) > 0:
		s.end = next
		if folded != dropped && len(s.buf) <= maxTerm {
			s.buf = utf8.AppendRune(s.buf, folded)
		}
	case len(s.run) > 0:
		last := &s.run[len(s.run)-1]
		last.end = next
		switch stem, late := strings.CutSuffix(last.text, nikhahit); {
		case folded == dropped || len(last.text) > maxTerm/2:
		case late && isTone(folded): // น้ำ, and นํ้า as some write it
			last.text = stem + string(folded) + nikhahit
		default:
			last.text += string(folded)
		}
	}
}

const nikhahit = "ํ" // of which, and a vowel, NFKC makes Thai's ำ

func isTone(r rune) bool { return '่' <= r && r <= '๋' }

func (s *scanner) endAll(g gap) {
	s.endRun()
	s.endWord(g)
}

// endWord hands on the word at hand. g is what follows it.
func (s *scanner) endWord(g gap) {
	if len(s.buf) > 0 {
		if !s.a.finalHamza {
			s.buf = bytes.TrimSuffix(s.buf, []byte("ء"))
		}
		if len(s.buf) > 0 {
			s.word(piece{s.a.know(s.buf), s.start, s.end, s.gap})
		}
	}
	s.buf, s.gap, s.letters, s.dotted = s.buf[:0], g, 0, false
}

// endRun hands on the run at hand. A long vowel mark at the end of a long katakana word is not said: コンピューター is
// コンピュータ.
func (s *scanner) endRun() {
	if len(s.run) == 0 {
		return
	}
	const longWord = 4
	kana := 0
	run := s.run[:0]
	for i, p := range s.run {
		if p.text != "ー" && !isKatakana(p.text) {
			kana = 0
		} else if kana++; p.text == "ー" && kana >= longWord && (i+1 == len(s.run) || !isKatakana(s.run[i+1].text)) {
			run[len(run)-1].end = p.end
			kana = 0
			continue
		}
		run = append(run, p)
	}
	s.pairs(run)
	s.run, s.gap = s.run[:0], gapOther
}

func isKatakana(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.Is(unicode.Katakana, r)
}
