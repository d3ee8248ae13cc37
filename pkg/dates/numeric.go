package dates

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// numeric reads 06.11.2024, 11/26/2024, 2024. 11. 6. and 2024-11-06. used says that there are three numbers.
func (r *reader) numeric(a, sep token) (used, ok bool) {
	switch sep.text {
	case ".", "/", "-", "．", "／", "‑", "–", "|":
	default:
		return false, false
	}
	b := scan(r.text, sep.end)
	sep2 := scan(r.text, b.end)
	c := scan(r.text, sep2.end)
	if b.kind != number || b.digits > 2 || sep2.text != sep.text || c.kind != number {
		return false, false
	}
	if after := scan(r.text, c.end); after.start == c.end && r.mode != whole {
		if following := scan(r.text, after.end); after.kind == mark && following.kind == number && following.start == after.end && after.text == sep.text {
			return true, false // four numbers: an address or a version
		}
	}
	var year, month, day int
	switch {
	case a.digits == 4 && c.digits <= 2:
		year, month, day = a.n, b.n, c.n
	case a.digits <= 2 && c.digits == 4:
		year = c.n
		month, day = r.order(year, a.n, b.n, sep.text)
	case c.digits == 2 && a.digits <= 2 && (a.digits == 2 && b.digits == 2 || sep.text == "." && !r.version(a)):
		own := r.lex.language(r.lang)
		switch {
		case own == nil || own.solar: // whose year, or which calendar's?
		case own.yearFirst && a.digits == 1:
			return true, false
		case own.yearFirst:
			year, month, day = r.century(a.n), b.n, c.n
		default:
			year = r.century(c.n)
			month, day = r.order(year, a.n, b.n, sep.text)
		}
	}
	if year < 1 || month < 1 || month > 12 || day < 1 || day > 31 {
		return true, false
	}
	r.year, r.month, r.day = year, month, day
	return true, r.accept(c.end)
}

// version reports whether 8.5.12 from a number on may be a version or a chapter: in English, which writes no such dates, in a
// running text, and right after a word.
func (r *reader) version(from token) bool {
	before, _ := utf8.DecodeLastRuneInString(strings.TrimRight(r.text[:from.start], " \t\n\u00a0"))
	return r.mode == mention || strings.EqualFold(r.base, "en") || unicode.IsLetter(before) || unicode.IsDigit(before)
}

// order tells day and month apart by what is possible, by the separator (with dots the day comes first), by what does not
// lie after the capture, and by the language: only the English of the United States and the Philippines puts the month
// first. English that does not say whose it is leaves it open: the day is 0.
func (r *reader) order(year, a, b int, sep string) (month, day int) {
	dayFirst := false
	switch {
	case b > 12 && a <= 12:
	case sep == "." || a > 12 || a == b:
		dayFirst = true
	case r.later(year, a, b) && !r.later(year, b, a):
		dayFirst = true
	case r.later(year, b, a) && !r.later(year, a, b):
	case r.lang == 0:
		return 0, 0
	case !strings.EqualFold(r.base, "en"):
		dayFirst = true
	case strings.EqualFold(r.region, "US") || strings.EqualFold(r.region, "PH"):
	case r.region == "" || strings.EqualFold(r.region, "CA"):
		return 0, 0
	default:
		dayFirst = true
	}
	if dayFirst {
		return b, a
	}
	return a, b
}

// later reports whether a day lies after the capture or the publication, by more than the zones differ.
func (r *reader) later(year, month, day int) bool {
	bound := r.captured
	if !r.published.IsZero() {
		bound = r.published
	}
	return !bound.IsZero() && time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).After(bound.Add(24*time.Hour))
}
