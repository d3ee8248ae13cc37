package derive

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTitle is how many characters a title taken from the text has at most, the ellipsis included.
const maxTitle = 110

// Title is a title to show for a text that has none: its first sentence, without the full stop, cut between words where it
// is long.
func Title(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	head, cut := line, false
	if n := byteOf(line, maxTitle); n < len(line) {
		head, cut = line[:n], true
	}
	if end := sentence(head); end > 0 {
		return strings.TrimRight(head[:end], ".。 ")
	}
	if !cut {
		return strings.TrimRight(head, ".。 ")
	}
	head = line[:byteOf(line, maxTitle-1)]
	if i := strings.LastIndexFunc(head, unicode.IsSpace); i > len(head)/2 { // a script without spaces is cut anywhere
		head = head[:i]
	}
	return strings.TrimRightFunc(head, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsPunct(r) && !strings.ContainsRune("”’\")»", r)
	}) + "…"
}

// byteOf is the offset of the nth character, or the length of s.
func byteOf(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// sentence is the offset of the first sentence's end, or 0. A full stop ends one only before white space and a capital,
// and not after an abbreviation.
func sentence(s string) int {
	for i, r := range s {
		switch r {
		case '。', '！', '？', '۔', '।':
			return i + utf8.RuneLen(r)
		case '!', '?', '؟', '.':
		default:
			continue
		}
		end := i + utf8.RuneLen(r)
		for end < len(s) { // quotation marks belong to their sentence
			q, size := utf8.DecodeRuneInString(s[end:])
			if !strings.ContainsRune("\"”’»)", q) {
				break
			}
			end += size
		}
		next, size := utf8.DecodeRuneInString(s[end:])
		if size == 0 || !unicode.IsSpace(next) {
			continue
		}
		first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s[end:], func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Pi, r) || r == '"' || r == '(' }))
		if unicode.IsLower(first) || r == '.' && abbreviates(s[:i]) {
			continue
		}
		return end
	}
	return 0
}

// abbreviates reports whether the last word of s is one that a full stop follows without ending the sentence.
func abbreviates(s string) bool {
	w := s[strings.LastIndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '(' })+1:]
	if strings.Contains(w, ".") || utf8.RuneCountInString(w) == 1 { // U.S., e.g., J. Smith
		return true
	}
	switch strings.ToLower(w) {
	case "mr", "mrs", "ms", "dr", "prof", "gen", "col", "lt", "sgt", "capt", "gov", "sen", "rep", "rev", "st", "no", "vs", "jr", "sr", "inc", "co", "corp",
		"jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec":
		return true
	}
	return false
}
