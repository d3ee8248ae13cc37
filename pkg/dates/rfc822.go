package dates

import (
	"strings"
	"time"

	"dateline/pkg/article"
)

// rfc822 reads what feeds and mail have: "Wed, 06 Nov 2024 09:30:00 +0430", with or without the weekday, commas and seconds,
// and the month's name in full. It is the written date that is read most, and so has a reader of its own, which knows beside
// the zones of RFC 822 those that stand for whichever of two is in force, ET, CT, MT, PT and the Atlantic's AT, and MET. What it
// does not know is left to the reader of all written dates. It allocates nothing but the zone.
func rfc822(s string) (article.Date, bool) {
	var d article.Date
	if n := letters(s); n > 0 {
		if n < 3 || !isWeekday(s[:3]) {
			return d, false
		}
		s = after(s[n:])
	}
	digits, day := run(s)
	if digits < 1 || digits > 2 {
		return d, false
	}
	s = after(s[digits:])
	n := letters(s)
	month, ok := monthNamed(s[:n])
	if !ok {
		return d, false
	}
	s = after(s[n:])
	digits, year := run(s)
	if digits != 4 || !validDay(year, month, day) {
		return d, false
	}
	s = after(s[digits:])
	c := clock{known: true}
	if digits, c.hour = run(s); digits < 1 || digits > 2 || len(s) < digits+3 || s[digits] != ':' {
		return d, false
	}
	s = s[digits+1:]
	if digits, c.minute = run(s); digits != 2 {
		return d, false
	}
	s = s[2:]
	if strings.HasPrefix(s, ":") {
		if digits, c.second = run(s[1:]); digits != 2 {
			return d, false
		}
		c.seconds = true
		s = s[3:]
	}
	if s != "" && s[0] != ' ' && s[0] != '+' && s[0] != '-' {
		return d, false
	}
	if s = trimLeft(s); !c.isoZone(s) {
		if c.offset, ok = zone822(s, year, month, day); !ok {
			return d, false
		}
	}
	if !c.valid() {
		return d, false
	}
	d.Time, d.Precision, d.ZoneKnown = c.on(year, month, day), c.precision(), c.zone
	return d, true
}

// letters is how many of ASCII's letters s begins with.
func letters(s string) int {
	n := 0
	for n < len(s) && s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z' {
		n++
	}
	return n
}

// after is s without the marks between the parts of a date.
func after(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == ',' || s[0] == '-' || s[0] == '.') {
		s = s[1:]
	}
	return s
}

func isWeekday(short string) bool {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(short, d.String()[:3]) {
			return true
		}
	}
	return false
}

func monthNamed(name string) (time.Month, bool) {
	if len(name) < 3 {
		return 0, false
	}
	for m := time.January; m <= time.December; m++ {
		if full := m.String(); strings.EqualFold(name, full) || strings.EqualFold(name, full[:3]) || m == time.September && strings.EqualFold(name, "Sept") {
			return m, true
		}
	}
	return 0, false
}

// zone822 is the offset, in seconds, of a zone that has a name in such dates.
func zone822(name string, year int, month time.Month, day int) (int, bool) {
	hours, ok := zones822[name]
	if len(name) == 2 && americanSummer(year, month, day) {
		hours++
	}
	return hours * 3600, ok
}

// zones822 are hours east of UTC; the names of two letters are those of North America that do not say whether it is summer.
var zones822 = map[string]int{
	"AT": -4, "AST": -4, "ADT": -3, "ET": -5, "EST": -5, "EDT": -4, "CT": -6, "CST": -6, "CDT": -5, "MT": -7, "MST": -7, "MDT": -6, "PT": -8, "PST": -8, "PDT": -7,
	"MET": 1, "MEST": 2, // words of prose, which is why only this reader knows them
}

// americanSummer reports whether daylight saving time is in force on a day, by the rules of the United States since 1987.
func americanSummer(year int, month time.Month, day int) bool {
	sunday := func(month time.Month, from int) int { // the first from a day on
		return from + (7-int(time.Date(year, month, from, 0, 0, 0, 0, time.UTC).Weekday()))%7
	}
	startMonth, start, endMonth, end := time.March, 8, time.November, 1
	if year < 2007 {
		startMonth, start, endMonth, end = time.April, 1, time.October, 25
	}
	start, end = sunday(startMonth, start), sunday(endMonth, end)
	return (month > startMonth || month == startMonth && day >= start) && (month < endMonth || month == endMonth && day < end)
}
