package dates

import "time"

// calendar is one that a date is written in. A day is counted in days since 1970-01-01.
type calendar uint8

const (
	gregorian calendar = iota
	jalali             // the solar Hijri calendar of Iran and Afghanistan
	hijri              // the lunar one
	ethiopic
)

// years that a date of the present may have, by calendar: those of 1850 to 2100.
var years = [...]struct{ first, last int }{
	gregorian: {1850, 2100},
	jalali:    {1229, 1479},
	hijri:     {1266, 1524},
	ethiopic:  {1842, 2092},
}

// day counts a date's days since 1970; ok is false where the calendar has no such day.
func (c calendar) day(year, month, day int) (days int, ok bool) {
	if month < 1 || day < 1 || year < years[c].first || year > years[c].last {
		if c != gregorian || year < 1 || year > 9999 || month < 1 || day < 1 {
			return 0, false
		}
	}
	switch c {
	case jalali:
		return jalaliDay(year, month, day)
	case hijri:
		return hijriDay(year, month, day)
	case ethiopic:
		return ethiopicDay(year, month, day)
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return int(t.Unix() / secondsPerDay), month <= 12 && t.Day() == day && t.Month() == time.Month(month)
}

// yearOf is about the year that a Gregorian year mostly overlaps.
func (c calendar) yearOf(gregorianYear int) int {
	switch c {
	case jalali:
		return gregorianYear - 621
	case hijri:
		return (gregorianYear - 622) * 33 / 32
	case ethiopic:
		return gregorianYear - 8
	}
	return gregorianYear
}

const secondsPerDay = 24 * 60 * 60

func dateOf(days int) time.Time { return time.Unix(int64(days)*secondsPerDay, 0).UTC() }

// julianDay1970 is the Julian day number of 1970-01-01.
const julianDay1970 = 2440588

// jalaliDay counts by the arithmetic 33-year cycle of eight leap years, which agrees with Iran's official calendar from 1206
// to 1498 (1827 to 2119): a year y is a leap year where (8y+29) mod 33 is below 8.
func jalaliDay(year, month, day int) (int, bool) {
	length := 30
	switch {
	case month > 12:
		return 0, false
	case month <= 6:
		length = 31
	case month == 12 && (8*year+29)%33 >= 8:
		length = 29
	}
	if day > length {
		return 0, false
	}
	const epoch = 1948320 - julianDay1970 // 1 Farvardin of the year 1 by that cycle
	before := 31*(month-1) - max(0, month-7)
	return epoch + 365*(year-1) + (8*year+21)/33 + before + day - 1, true
}

// ethiopicDay counts as the Coptic calendar does: twelve months of 30 days, a thirteenth of five, or six before the years that
// four divides.
func ethiopicDay(year, month, day int) (int, bool) {
	length := 30
	if month == 13 {
		length = 5
		if year%4 == 3 {
			length = 6
		}
	}
	if month > 13 || day > length {
		return 0, false
	}
	const epoch = 1724221 - julianDay1970 // 1 Mäskäräm of the year 1
	return epoch + 365*(year-1) + year/4 + 30*(month-1) + day - 1, true
}
