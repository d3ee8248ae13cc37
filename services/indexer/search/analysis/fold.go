package analysis

import (
	"sort"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalized is a text in NFKC, and where its parts come from.
type normalized struct {
	text string
	from []origin // of the segments that are not where they were, and of the first after each; nil if all are
}

// origin is that the segment at an offset of the normalized text stands at another one in the original.
type origin struct {
	at         int
	start, end int
}

// normalize makes a text NFKC. Trademark signs go: they would become letters of the word before.
func normalize(text string) normalized {
	if norm.NFKC.IsNormalString(text) {
		return normalized{text: text}
	}
	var n normalized
	out := make([]byte, 0, len(text)+16)
	for i := 0; i < len(text); {
		span := norm.NFKC.QuickSpanString(text[i:])
		if span > 0 {
			n.from = append(n.from, origin{len(out), i, i})
			out = append(out, text[i:i+span]...)
			i += span
			continue
		}
		size := norm.NFKC.NextBoundaryInString(text[i:], true)
		n.from = append(n.from, origin{len(out), i, i + size})
		if segment := text[i : i+size]; segment == "™" || segment == "℠" {
			out = append(out, ' ')
		} else {
			out = norm.NFKC.AppendString(out, segment)
		}
		i += size
	}
	n.text = string(out)
	return n
}

// original is the place in the original of a place in the normalized text. Within a segment that was changed it is the
// segment's end, or its start.
func (n normalized) original(at int, end bool) int {
	if end {
		at--
	}
	i := sort.Search(len(n.from), func(i int) bool { return n.from[i].at > at }) - 1
	o := n.from[i]
	switch {
	case o.start == o.end: // unchanged
		at = o.start + at - o.at
		if end {
			at++
		}
		return at
	case end:
		return o.end
	}
	return o.start
}

// restore makes the tokens' places those of the original.
func (n normalized) restore(tokens []Token) {
	if n.from == nil {
		return
	}
	for i := range tokens {
		t := &tokens[i]
		t.Start, t.End, t.FirstEnd = n.original(t.Start, false), n.original(t.End, true), n.original(t.FirstEnd, true)
	}
}

// class is what a character does to words.
type class uint8

const (
	separator class = iota
	letter          // or digit: makes words
	dense           // makes pairs
	mark            // belongs to the character before
	ignored         // as if it were not there
	joiner          // the zero-width non-joiner
	apostrophe
	dot
)

const (
	zwnj = '\u200C'
	zwsp = '\u200B' // parts words of scripts without spaces
)

// denseScripts are written without spaces, or with particles at words' ends.
var denseScripts = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan,
}

func classify(r rune) class {
	switch {
	case r == '\'' || r == '’' || r == 'ʼ' || r == '‘':
		return apostrophe
	case r == '.':
		return dot
	case r == zwnj:
		return joiner
	case r == 'ـ': // tatweel
		return ignored
	case r == zwsp:
		return separator
	case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Mc, r), unicode.Is(unicode.Me, r):
		return mark
	case unicode.Is(unicode.Nd, r):
		return letter
	case r == 'ー', unicode.IsLetter(r) && unicode.In(r, denseScripts...):
		return dense
	case unicode.IsLetter(r), unicode.IsNumber(r):
		return letter
	case unicode.Is(unicode.Cf, r):
		return ignored
	}
	return separator
}

// What fold makes of a character that does not become one other.
const (
	dropped = 0
	several = 1 // see expansions
)

var expansions = map[rune]string{'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'þ': "th", 'Þ': "th", 'Ǽ': "ae", 'ǽ': "ae"}

// plain are letters whose accent Unicode does not take for one, and Arabic letters that are written in several ways.
var plain = map[rune]rune{
	'ø': 'o', 'ł': 'l', 'đ': 'd', 'ð': 'd', 'ħ': 'h', 'ı': 'i', 'ŧ': 't', 'ς': 'σ', 'ё': 'е',
	'أ': 'ا', 'إ': 'ا', 'آ': 'ا', 'ٱ': 'ا', 'ٲ': 'ا', 'ٳ': 'ا', 'ؤ': 'و', 'ۇ': 'و',
	'ي': 'ی', 'ى': 'ی', 'ئ': 'ی', 'ې': 'ی', 'ۍ': 'ی', 'ێ': 'ی', 'ۓ': 'ے',
	'ك': 'ک', 'ڪ': 'ک', 'ګ': 'گ', 'ة': 'ه', 'ہ': 'ه', 'ۂ': 'ه', 'ۀ': 'ه', 'ۃ': 'ه', 'ە': 'ه', 'ھ': 'ه',
}

func foldRune(r rune) rune {
	if unicode.Is(unicode.Nd, r) {
		return digit(r)
	}
	if _, ok := expansions[r]; ok {
		return several
	}
	if classify(r) == mark {
		if unicode.In(r, unicode.Inherited, unicode.Arabic, unicode.Hebrew, unicode.Cyrillic, unicode.Latin, unicode.Greek, unicode.Syriac) {
			return dropped
		}
		return r
	}
	r = unicode.ToLower(r)
	if f, ok := plain[r]; ok {
		return f
	}
	if !unicode.In(r, unicode.Latin, unicode.Greek) {
		return r
	}
	d := norm.NFD.String(string(r))
	first, size := utf8.DecodeRuneInString(d)
	if strings.IndexFunc(d[size:], func(r rune) bool { return !unicode.Is(unicode.Mn, r) }) >= 0 {
		return r
	}
	if f, ok := plain[first]; ok {
		return f
	}
	return first
}

// digit is the ASCII digit of a decimal digit: each script has its ten in order.
func digit(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	return r
}

// bmp holds class and folded form of the characters that most text is made of.
type bmp struct {
	class [1 << 16]class
	fold  [1 << 16]uint16
}

var tables = sync.OnceValue(func() *bmp {
	t := new(bmp)
	for r := range rune(1 << 16) {
		t.class[r] = classify(r)
		t.fold[r] = uint16(foldRune(r))
	}
	return t
})

func (t *bmp) look(r rune) (class, rune) {
	if r < 1<<16 {
		return t.class[r], rune(t.fold[r])
	}
	return classify(r), foldRune(r)
}
