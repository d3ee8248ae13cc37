package dates

import (
	"time"

	"dateline/pkg/article"
)

// iso reads ISO 8601's calendar dates and times, from a year down to a fraction of a second, with the variants that pages
// have: a blank for the T, slashes for the hyphens, months of one digit, "UTC" for Z. It allocates nothing but the zone.
func iso(s string) (article.Date, bool) {
	var d article.Date
	digits, n := run(s)
	year, month, day := n, 1, 1
	rest := s[digits:]
	switch digits {
	case 8:
		year, month, day = n/10000, n/100%100, n%100
		d.Precision = article.Day
	case 4:
		d.Precision = article.Year
		if rest == "" {
			break
		}
		sep := rest[0]
		if sep != '-' && sep != '/' {
			return d, false
		}
		if digits, month = run(rest[1:]); digits < 1 || digits > 2 || digits == 1 && len(rest) == 2 {
			return d, false
		}
		d.Precision = article.Month
		if rest = rest[1+digits:]; rest == "" {
			break
		}
		if rest[0] != sep {
			return d, false
		}
		if digits, day = run(rest[1:]); digits < 1 || digits > 2 {
			return d, false
		}
		d.Precision = article.Day
		rest = rest[1+digits:]
	default:
		return d, false
	}
	if year < 1 || month > 12 || !validDay(year, time.Month(month), day) {
		return d, false
	}
	var c clock
	if rest != "" {
		var ok bool
		if c, ok = isoClock(rest, digits == 8); !ok {
			return d, false
		}
		d.Precision, d.ZoneKnown = c.precision(), c.zone
	}
	d.Time = c.on(year, time.Month(month), day)
	return d, true
}

// isoClock reads what follows a day: a T or a blank, the time, the zone. Only a basic date, without hyphens, has a basic
// time, without colons.
func isoClock(s string, basic bool) (clock, bool) {
	c := clock{known: true}
	if s[0] != 'T' && s[0] != 't' && s[0] != ' ' {
		return c, false
	}
	blank := s[0] == ' '
	s = trimLeft(s[1:])
	digits, n := run(s)
	switch {
	case digits == 2 && len(s) > 2 && s[2] == ':':
		c.hour = n
		if digits, c.minute = run(s[3:]); digits != 2 {
			return c, false
		}
		s = s[5:]
		if s != "" && s[0] == ':' {
			if digits, c.second = run(s[1:]); digits != 2 {
				return c, false
			}
			c.seconds = true
			s = s[3:]
		}
	case basic && !blank && digits == 6:
		c.hour, c.minute, c.second, c.seconds = n/10000, n/100%100, n%100, true
		s = s[6:]
	case basic && !blank && digits == 4:
		c.hour, c.minute = n/100, n%100
		s = s[4:]
	default:
		return c, false
	}
	if c.seconds && len(s) > 1 && (s[0] == '.' || s[0] == ',') && digit(s[1]) {
		i, unit := 1, 1_000_000_000
		for ; i < len(s) && digit(s[i]); i++ {
			unit /= 10
			c.nano += int(s[i]-'0') * unit
		}
		s = s[i:]
	}
	return c, c.isoZone(trimLeft(s)) && c.valid()
}

func (c *clock) isoZone(s string) bool {
	if s == "" {
		return true
	}
	c.zone = true
	switch s {
	case "Z", "z", "UTC", "GMT", "utc", "gmt":
		return true
	}
	if s[0] != '+' && s[0] != '-' {
		return false
	}
	digits, hours := run(s[1:])
	minutes := 0
	rest := s[1+digits:]
	switch {
	case digits == 4 && rest == "":
		hours, minutes = hours/100, hours%100
	case digits == 2 && rest == "":
	case digits == 2 && len(rest) == 3 && rest[0] == ':':
		if digits, minutes = run(rest[1:]); digits != 2 {
			return false
		}
	default:
		return false
	}
	c.offset = hours*3600 + minutes*60
	if s[0] == '-' {
		c.offset = -c.offset
	}
	return validOffset(c.offset) && minutes < 60
}

func trimLeft(s string) string {
	for s != "" && s[0] == ' ' {
		s = s[1:]
	}
	return s
}

// epoch reads seconds (10 digits, from 2001 on) and milliseconds (13 digits) since 1970.
func epoch(s string) (article.Date, bool) {
	if len(s) != 10 && len(s) != 13 || s[0] == '0' {
		return article.Date{}, false
	}
	var n int64
	for _, c := range []byte(s) {
		if !digit(c) {
			return article.Date{}, false
		}
		n = n*10 + int64(c-'0')
	}
	t := time.Unix(n, 0)
	if len(s) == 13 {
		t = time.UnixMilli(n)
	}
	return article.Date{Time: t.UTC(), Precision: article.Second, ZoneKnown: true}, true
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// run is the number of digits that s starts with and the value of the first eight of them.
func run(s string) (digits, value int) {
	for digits < len(s) && digit(s[digits]) {
		if digits < 8 {
			value = value*10 + int(s[digits]-'0')
		}
		digits++
	}
	return digits, value
}

// validDay reports whether a year has such a day.
func validDay(year int, month time.Month, day int) bool {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return t.Year() == year && t.Month() == month && t.Day() == day
}
