package dates

import (
	"time"

	"dateline/pkg/article"
)

// date is what the parts say. ok is false where they are no date: none at all, a month too many, a day that no year has.
func (r *reader) date() (d article.Date, ok bool) {
	if !r.time.valid() {
		return d, false
	}
	d = article.Date{Precision: r.time.precision(), ZoneKnown: r.time.zone}
	var days int
	switch {
	case r.month == 0 && r.day == 0 && r.year == 0 && r.weekday >= 0 && !r.time.known && r.mode != mention:
		if r.published.IsZero() || r.weekdayShort && r.mode != whole {
			return d, false
		}
		back := (int(r.published.Weekday()) - r.weekday + 7) % 7
		d.Time = r.published.AddDate(0, 0, -back)
		return d, true
	case r.month == 0:
		return d, false
	case r.year == 0:
		if r.day == 0 || r.doubtful || r.mode != whole && r.stopped.kind == number && r.dayFirst && r.dayAhead() {
			return d, false
		}
		if days, ok = r.nearest(); !ok {
			return d, false
		}
	case !r.settleCalendar():
		return d, false
	case r.day == 0:
		if r.time.known || r.calendar != gregorian || r.mode == mention || r.weekday >= 0 {
			return d, false
		}
		d.Precision = article.Month
		d.Time = time.Date(r.year, time.Month(r.month), 1, 0, 0, 0, 0, time.UTC)
		return d, r.month <= 12
	default:
		if days, ok = r.calendar.day(r.year, r.month, r.day); !ok {
			return d, false
		}
		days = r.byWeekday(days)
	}
	t := dateOf(days)
	d.Time = r.time.on(t.Year(), t.Month(), t.Day())
	return d, true
}

// dayAhead reports whether the number after "3 November" is the real day: 3 November 6, 2024.
func (r *reader) dayAhead() bool {
	t := r.stopped
	if t.digits > 2 {
		return false
	}
	next := scan(r.text, t.end)
	if next.text == "," {
		next = scan(r.text, next.end)
	}
	return next.kind == number && next.digits == 4
}

// settleCalendar chooses the calendar of a year that is not the Gregorian one's, and reports whether it has one.
func (r *reader) settleCalendar() bool {
	if r.era && r.eraBase == 0 || r.year >= 1600 && r.calendar == gregorian {
		if r.year >= 2400 && r.year < 2700 && r.thai() {
			r.year -= 543
		}
		limits := years[gregorian]
		return r.mode == whole || r.year >= limits.first && r.year <= limits.last
	}
	if r.calendar != gregorian {
		return true
	}
	if r.named {
		return r.mode == whole
	}
	c, ok := calendarOf(r.lex.language(r.lang), r.year, r.persianDigits)
	r.calendar = c
	return ok
}

// calendarOf is the calendar of a year such as 1403 in a text: the solar one in Persian, Dari and Pashto, the lunar one in
// Arabic and Urdu. Where the language is not known, Persian digits stand for Persian.
func calendarOf(own *language, year int, persianDigits bool) (calendar, bool) {
	switch {
	case year < 1200 || year > 1550 || own == nil && !persianDigits:
		return gregorian, false
	case own == nil || own.solar:
		return jalali, true
	case own.lunar:
		return hijri, true
	}
	return gregorian, false
}

// byWeekday moves a lunar date by a day where only that makes it the weekday it is said to be: countries see the moon on
// different days.
func (r *reader) byWeekday(days int) int {
	if r.calendar != hijri || r.weekday < 0 {
		return days
	}
	for _, by := range []int{0, -1, 1} {
		if int(dateOf(days+by).Weekday()) == r.weekday {
			return days + by
		}
	}
	return days
}

// yearsAway is how far from the publication a day without a year may be: a writer who means one further away says so.
const yearsAway = 6

// nearest finds the year of a day without one: the nearest to publication in which the calendar has it and the weekday fits.
func (r *reader) nearest() (best int, ok bool) {
	if r.published.IsZero() {
		return 0, false
	}
	published := int(r.published.Unix() / secondsPerDay)
	base := r.calendar.yearOf(r.published.Year())
	try := func(year int) {
		days, valid := r.calendar.day(year, r.month, r.day)
		if !valid {
			return
		}
		if days = r.byWeekday(days); r.weekday >= 0 && int(dateOf(days).Weekday()) != r.weekday {
			return
		}
		if !ok || distance(days, published) < distance(best, published) {
			best, ok = days, true
		}
	}
	for away := range yearsAway + 1 { // the past first: at the same distance it wins
		try(base - away)
		try(base + away)
	}
	return best, ok
}

func distance(a, b int) int { return max(a-b, b-a) }
