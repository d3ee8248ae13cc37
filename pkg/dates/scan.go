package dates

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
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
	digits     int // how many a number has
}

// scan returns the token at or after a position. Scripts that put no space between words (Chinese, Japanese, Korean, Thai)
// make a word of each character, numerals such as 十一 before 月 apart: they are a number.
func scan(s string, pos int) token {
	breaks := 0
	var r rune
	size := 1
	for ; pos < len(s); pos += size {
		if r, size = rune(s[pos]), 1; r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[pos:])
		}
		if r == '\n' {
			if breaks++; breaks == 2 {
				return token{kind: mark, start: pos, end: pos + size, text: s[pos : pos+size]}
			}
			continue
		}
		if !unicode.IsSpace(r) && !invisible(r) {
			break
		}
	}
	if pos >= len(s) {
		return token{start: len(s), end: len(s)}
	}
	t := token{start: pos, end: pos + size}
	switch {
	case digitOf(r) >= 0:
		t.kind, t.end = number, pos
		for t.end < len(s) {
			r, size := utf8.DecodeRuneInString(s[t.end:])
			d := digitOf(r)
			if d < 0 {
				break
			}
			if t.digits++; t.digits <= 9 {
				t.n = t.n*10 + d
			}
			t.end += size
		}
	case unspaced(r):
		t.kind = word
		if hanDigit(r) >= 0 {
			hanNumber(s, &t)
		}
		for t.kind == word && t.end < len(s) {
			r, size := utf8.DecodeRuneInString(s[t.end:])
			if !unicode.Is(unicode.Mn, r) {
				break
			}
			t.end += size
		}
	case unicode.IsLetter(r):
		t.kind = word
		for t.end < len(s) {
			r, size := rune(s[t.end]), 1
			if r >= utf8.RuneSelf {
				r, size = utf8.DecodeRuneInString(s[t.end:])
			}
			if !(r < utf8.RuneSelf && (r|0x20 >= 'a' && r|0x20 <= 'z') ||
				r >= utf8.RuneSelf && (unicode.IsLetter(r) && !unspaced(r) || unicode.IsMark(r) || r == '\u00ad' || r == '\u200d')) {
				break
			}
			t.end += size
		}
	default:
		t.kind = mark
	}
	t.text = s[t.start:t.end]
	return t
}

// invisible are the characters between words that show nothing: soft hyphens, joiners, marks of direction, byte order marks.
func invisible(r rune) bool {
	switch {
	case r < 0xad:
		return false
	case r == 0xad, r == 0x61c, r == 0xfeff:
		return true
	}
	return r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069
}

// unspaced reports whether a letter's script puts no space between words: Thai and Lao, Burmese, Khmer, kana, Han, Hangul.
func unspaced(r rune) bool {
	switch {
	case r < 0xe01:
		return false
	case r <= 0xeff, r >= 0x1000 && r <= 0x109f, r >= 0x1780 && r <= 0x17ff:
		return unicode.IsLetter(r)
	}
	return r >= 0x3040 && r <= 0x30ff || r >= 0x3400 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3
}

// zeros are the digits zero of the scripts that write decimal numbers, in their order; nine more follow each.
var zeros = []rune{
	'0', 0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0x1040, 0x17e0, 0xff10,
}

// digitOf returns the value of a decimal digit, or -1.
func digitOf(r rune) int {
	if r < utf8.RuneSelf {
		if r >= '0' && r <= '9' {
			return int(r - '0')
		}
		return -1
	}
	i := sort.Search(len(zeros), func(i int) bool { return zeros[i] > r }) - 1
	if d := int(r - zeros[i]); d <= 9 {
		return d
	}
	return -1
}

const ten, twenty, thirty = 10, 20, 30

// hanDigit returns the value of a Chinese numeral that days and years are written with, or -1.
func hanDigit(r rune) int {
	switch r {
	case '〇', '零', '○':
		return 0
	case '元': // a Japanese era's first year
		return 1
	case '十':
		return ten
	case '廿':
		return twenty
	case '卅':
		return thirty
	}
	for d, c := range [...]rune{'一', '二', '三', '四', '五', '六', '七', '八', '九'} {
		if r == c {
			return d + 1
		}
	}
	return -1
}

// hanNumber makes a number of t if the numerals at its start are a year, month, day or time: 二〇二四年, 十一月, 二十六日.
func hanNumber(s string, t *token) {
	n, digits, pos := 0, 0, t.start
	tens := false // 十一 adds up, 二四 stands in places
	for ; pos < len(s) && digits < 5; digits++ {
		r, size := utf8.DecodeRuneInString(s[pos:])
		d := hanDigit(r)
		if d < 0 {
			break
		}
		switch {
		case d < ten && !tens:
			n = n*10 + d
		case d == ten && n > 0 && !tens:
			n, tens = n*ten, true
		default:
			n, tens = n+d, true
		}
		pos += size
	}
	if pos == len(s) {
		return
	}
	switch r, _ := utf8.DecodeRuneInString(s[pos:]); r {
	case '年', '月', '日', '号', '號', '时', '時', '点', '點', '分', '秒':
		t.kind, t.end, t.n, t.digits = number, pos, n, 2
		if n > 99 {
			t.digits = 4
		}
	}
}

// maxFolded is the longest word that is looked up, in bytes once folded.
const maxFolded = 48

// fold appends a word as lexicons have it: lower case, without accents, soft hyphens and tatweel, Arabic letters in one of
// their forms. Letters that only differ in that are never what tells two months apart. It gives up, with nothing, on a
// word that is too long for any lexicon.
func fold(dst []byte, s string) []byte {
	if len(s) > 2*maxFolded {
		return dst[:0]
	}
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r >= 0xac00 && r <= 0xd7a3 || r >= 0x3040 && r <= 0x9fff {
			dst = append(dst, s[i:i+size]...)
			i += size
			continue
		}
		decomposed := norm.NFD.PropertiesString(s[i:]).Decomposition()
		if decomposed == nil {
			dst = appendFolded(dst, r)
		}
		for len(decomposed) > 0 {
			r, n := utf8.DecodeRune(decomposed)
			dst = appendFolded(dst, r)
			decomposed = decomposed[n:]
		}
		i += size
	}
	if len(dst) > maxFolded {
		return dst[:0]
	}
	return dst
}

func appendFolded(dst []byte, r rune) []byte {
	switch {
	case r >= 0x300 && r <= 0x36f, r >= 0x591 && r <= 0x5c7, r >= 0x64b && r <= 0x65f, r == 0x670, r == 0x640, // accents, vowel points
		r == 0x93c, r == 0x9bc, r == 0xa3c, invisible(r):
		return dst
	}
	switch r {
	case 'ß':
		return append(dst, "ss"...)
	case 'æ', 'Æ':
		return append(dst, "ae"...)
	case 'œ', 'Œ':
		return append(dst, "oe"...)
	case 'ø', 'Ø':
		return append(dst, 'o')
	case 'đ', 'Đ', 'ð', 'Ð':
		return append(dst, 'd')
	case 'ł', 'Ł':
		return append(dst, 'l')
	case 'ı':
		return append(dst, 'i')
	case 'ħ', 'Ħ':
		return append(dst, 'h')
	case 'ς':
		r = 'σ'
	case 'ي', 'ى', 'ۍ':
		r = 'ی'
	case 'ك':
		r = 'ک'
	case 'ة', 'ہ', 'ھ', 'ە', 'ۀ':
		r = 'ه'
	}
	return utf8.AppendRune(dst, unicode.ToLower(r))
}

// trimMarks is s without the white space and invisible characters around it.
func trimInvisible(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || invisible(r) })
}
