package dispatch

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// widest is the longest line, in characters, that a sender still breaks by hand; longer ones are paragraphs.
const widest = 120

// Paragraphs parts a text into paragraphs, each without line breaks and with single spaces. Where blank lines part them,
// the lines between are put together again unless a line ends a sentence though the next word had room on it; a text
// without blank lines has a paragraph a line.
func Paragraphs(text string) []string {
	text = lineEnds.Replace(text)
	var lines []string
	width := 0
	for line := range strings.SplitSeq(text, "\n") {
		line = clean(line)
		lines = append(lines, line)
		width = max(width, utf8.RuneCountInString(line))
	}
	var out []string
	var open strings.Builder
	last := ""
	flush := func() {
		if open.Len() > 0 {
			out = append(out, open.String())
			open.Reset()
		}
	}
	blank := blankBetween(lines)
	for _, line := range lines {
		if line == "" || !blank || open.Len() > 0 && ends(last, line, width) {
			flush()
		}
		if line == "" {
			continue
		}
		if open.Len() > 0 {
			open.WriteByte(' ')
		}
		open.WriteString(line)
		last = line
	}
	flush()
	return out
}

// lineEnds brings all ends of lines to \n: Windows, old Macs, the next line of EBCDIC, Unicode's own.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n\n", "\f", "\n\n")

// blankBetween reports whether a blank line stands between others.
func blankBetween(lines []string) bool {
	before, blank := false, false
	for _, l := range lines {
		if l != "" && blank {
			return true
		}
		blank = before && l == ""
		before = before || l != ""
	}
	return false
}

// ends reports whether a paragraph ends with a line though no blank line follows.
func ends(line, next string, width int) bool {
	if width > widest {
		return true
	}
	last, _ := utf8.DecodeLastRuneInString(line)
	if !strings.ContainsRune(".!?:…”\"»", last) {
		return false
	}
	word, _, _ := strings.Cut(next, " ")
	return utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width*3/4
}

// clean puts single spaces between words and drops control characters and byte order marks.
func clean(line string) string {
	return strings.Join(strings.FieldsFunc(line, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\ufeff'
	}), " ")
}
