package dates

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind int

const (
	end kind = iota
	word
	number
	mark // one other character; two line breaks are one mark, a paragraph's end
)

// token is a piece of a text: text[start:end], without the white space before it.
type token struct {
	kind       kind
	start, end int
	text       string
	n          int // a number's value, as far as it has at most nine digits
}

// scan returns the token at or after a position.
func scan(s string, pos int) token {
	breaks := 0
	for pos < len(s) {
		r, size := utf8.DecodeRuneInString(s[pos:])
		if r == '\n' {
			breaks++
		}
		if breaks == 2 {
			return token{kind: mark, start: pos, end: pos + size, text: s[pos : pos+size]}
		}
		if !unicode.IsSpace(r) {
			break
		}
		pos += size
	}
	if pos >= len(s) {
		return token{start: len(s), end: len(s)}
	}
	t := token{start: pos}
	r, size := utf8.DecodeRuneInString(s[pos:])
	switch {
	case isDigit(r):
		t.kind, t.end = number, pos
		for t.end < len(s) && isDigit(rune(s[t.end])) {
			if t.end-pos < 9 {
				t.n = t.n*10 + int(s[t.end]-'0')
			}
			t.end++
		}
	case unicode.IsLetter(r):
		t.kind = word
		t.end = pos + strings.IndexFunc(s[pos:], func(r rune) bool { return !unicode.IsLetter(r) })
		if t.end < pos {
			t.end = len(s)
		}
	default:
		t.kind, t.end = mark, pos+size
	}
	t.text = s[t.start:t.end]
	return t
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
