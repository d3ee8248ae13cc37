package extract

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// slugs are the parts of a URL's path that may have been made of a headline, as the words of each.
type slugs [][]string

// slugsOf reads a URL: "/news/2024/bridge-opens-after-nine-years-1.234.html".
func slugsOf(address string) slugs {
	const least = 3 // words
	_, path, _ := strings.Cut(address, "://")
	_, path, _ = strings.Cut(path, "/")
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	if plain, err := url.PathUnescape(path); err == nil {
		path = plain
	}
	var all slugs
	for part := range strings.SplitSeq(path, "/") {
		words := strings.FieldsFunc(part, func(r rune) bool { return !isLetter(r) })
		if len(words) < least {
			continue
		}
		for i := range words {
			words[i] = spell(words[i], spelledOut)
		}
		all = append(all, words)
	}
	return all
}

// name reports whether one of the slugs was made of a headline: it has its words, in one of the usual spellings, and after
// them no more than an identifier.
func (all slugs) name(headline string) bool {
	const least = 16 // letters
	for _, how := range [...]map[rune]string{spelledOut, dropped} {
		if len(all) == 0 {
			return false
		}
		h := spell(headline, how)
		if len(h) < least {
			return false
		}
		for _, words := range all {
			if made(words, h) {
				return true
			}
		}
	}
	return false
}

// made reports whether the words, run together, are h and an identifier.
func made(words []string, h string) bool {
	for i, w := range words {
		if len(h) == 0 {
			return identifier(words[i:])
		}
		if !strings.HasPrefix(h, w) {
			return false
		}
		h = h[len(w):]
	}
	return h == ""
}

// identifier reports whether words are none of a headline's: "1", "234", "html".
func identifier(words []string) bool {
	const short = 4 // letters of an ending, or of a mark such as "id"
	digits := false
	for _, w := range words {
		has := strings.ContainsAny(w, "0123456789")
		if digits = digits || has; !has && len(w) > short {
			return false
		}
	}
	return digits || len(words) == 1
}

// How letters with marks are written in URLs. What is in none of them loses its marks.
var (
	spelledOut = map[rune]string{'ä': "ae", 'ö': "oe", 'ü': "ue", 'ß': "ss", 'ø': "oe", 'å': "aa", 'æ': "ae", 'œ': "oe", 'ł': "l", 'đ': "d", 'ı': "i"}
	dropped    = map[rune]string{'ß': "ss", 'ø': "o", 'æ': "ae", 'œ': "oe", 'ł': "l", 'đ': "d", 'ı': "i"}
)

// latinMarks are the combining diacritical marks; those of other scripts are letters' equals.
var latinMarks = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x300, Hi: 0x36f, Stride: 1}}}

// spell is a text as URLs have it: its letters and digits in lower case.
func spell(s string, how map[rune]string) string {
	var b strings.Builder
	for _, r := range s {
		r = unicode.ToLower(r)
		if as, ok := how[r]; ok {
			b.WriteString(as)
			continue
		}
		if r < utf8.RuneSelf {
			if isLetter(r) {
				b.WriteByte(byte(r))
			}
			continue
		}
		for _, part := range norm.NFD.String(string(r)) {
			if isLetter(part) && !unicode.Is(latinMarks, part) {
				b.WriteRune(part)
			}
		}
	}
	return b.String()
}
