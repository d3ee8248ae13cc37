package headlines

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// words is a text of which one line is kept, as long as a headline.
type words struct {
	text  strings.Builder
	n     int  // characters
	space bool // before the next one
	more  bool // was left out
}

func (w *words) write(b []byte) {
	for len(b) > 0 && !w.more {
		c, size := utf8.DecodeRune(b)
		b = b[size:]
		switch {
		case unicode.IsSpace(c), unicode.IsControl(c):
			w.space = true
		case c == softHyphen:
		case w.n >= maxText:
			w.more = true
		default:
			if w.space && w.n > 0 {
				w.text.WriteByte(' ')
				w.n++
			}
			w.text.WriteRune(c)
			w.n++
			w.space = false
		}
	}
}

const softHyphen = '\u00ad'

func (w *words) empty() bool { return w.n == 0 }

// line is the text, or nothing where that is longer than a headline.
func (w *words) line() string {
	if w.more {
		return ""
	}
	return w.text.String()
}

func (w *words) reset() {
	w.text.Reset()
	w.n, w.space, w.more = 0, false, false
}

// count is the number of words, of which each has a letter or a digit. Where a script does not part them, two characters of
// Chinese, Japanese or Korean are a word, and four of the scripts of Southeast Asia and Tibet.
func (w *words) count() int {
	quarters := 0
	for _, word := range strings.Fields(w.text.String()) {
		n := 0
		for _, c := range word {
			switch {
			case unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
				n += 2
			case unicode.In(c, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan):
				n++
			case unicode.IsLetter(c), unicode.IsNumber(c):
				n = max(n, 4)
			}
		}
		quarters += n
	}
	return quarters / 4
}
