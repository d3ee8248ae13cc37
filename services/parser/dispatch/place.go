package dispatch

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"
	"dateline/pkg/dates"
)

// cutDay parts "KABUL, Nov. 6, 2024" into place and day.
func cutDay(s string) (place, day string) {
	for i, c := range s {
		if c != ',' && c != '،' {
			continue
		}
		if rest := strings.TrimSpace(s[i+utf8.RuneLen(c):]); isDay(rest) {
			return strings.TrimSpace(s[:i]), rest
		}
	}
	if i := strings.IndexFunc(s, unicode.IsDigit); i > 1 && s[i-1] == ' ' && isDay(s[i:]) { // "MADRID 6 Nov."
		return strings.TrimSpace(s[:i]), s[i:]
	}
	return s, ""
}

// isDay reports whether s, all of it, is a day in any language, with or without its year.
func isDay(s string) bool {
	if dates.IsDay(s) {
		return true
	}
	near := &article.Date{Time: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), Precision: article.Day} // any will do
	d, err := dates.Context{Published: near}.Parse(s)
	return err == nil && d.Precision == article.Day && strings.ContainsFunc(s, unicode.IsLetter) && strings.ContainsFunc(s, unicode.IsDigit)
}

// isPlace reports whether s may be a dateline's place: up to six words that begin with capitals, or where sure are of a script
// that has none; unless sure, the first is all capitals and of at least three letters.
func isPlace(s string, sure bool) bool {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '/' })
	if len(words) == 0 || len(words) > 6 {
		return false
	}
	for i, w := range words {
		letters, capitals := 0, 0
		for _, r := range w {
			switch {
			case unicode.IsLetter(r):
				letters++
				if unicode.IsUpper(r) {
					capitals++
				}
			case !strings.ContainsRune(".-'’\u200c", r) && !unicode.IsMark(r):
				return false
			}
		}
		if letters == 0 {
			return false
		}
		if first, _ := utf8.DecodeRuneInString(w); !unicode.IsUpper(first) && !particles[w] && !(sure && unicode.Is(unicode.Lo, first)) {
			return false
		}
		if i == 0 && !sure && (letters < 3 || capitals < letters) {
			return false
		}
	}
	return true
}

// particles are the small words inside names of places.
var particles = map[string]bool{"of": true, "the": true, "de": true, "del": true, "la": true, "al": true, "am": true, "an": true, "der": true, "and": true, "sur": true}
