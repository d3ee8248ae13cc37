package dates

import (
	"time"

	"dateline/pkg/article"
)

// units of "2 hours ago", in the order of language.units.
const (
	seconds = iota
	minutes
	hours
	days
	weeks
	months
	yearsUnit
)

// withTimes packs a unit and how many of it a word says by itself: 1, or 2 for a dual.
func withTimes(unit, times int) int { return unit%16 + 16*times }

// maxAgo bounds the number before a unit, in digits.
const maxAgo = 4

// relative reads "2 hours ago", "vor einer Stunde", "منذ ساعتين", "yesterday at 10:04" at t against the capture.
func (r *reader) relative(t token) (d article.Date, ok bool) {
	if r.captured.IsZero() || t.kind == mark {
		return d, false
	}
	r.pos, r.end, r.langs, r.weekday, r.part = t.start, t.start, ^languages(0), -1, -1
	pos, before := t.start, false
	if t.kind == word {
		all := r.entry(t)
		if all.classes == 0 {
			return d, false
		}
		if m, upTo, ok := r.pick(t, all, relativeDay); ok {
			return r.relativeDay(m, upTo)
		}
		if _, upTo, ok := r.pick(t, all, agoBefore); ok {
			pos, before = upTo, true
		}
	}
	ago, finest, upTo, ok := r.amounts(pos)
	if !ok {
		return d, false
	}
	next := scan(r.text, upTo)
	_, after, ended := r.pick(next, r.entry(next), agoAfter)
	if !before && !ended {
		return d, false
	}
	if r.end = upTo; ended {
		r.end = after
	}
	return ago.before(r.captured, finest)
}

// span is an amount of time, in calendar units.
type span struct {
	years, months, days int
	clock               time.Duration
}

// amounts reads "2 hours 5 minutes", "an hour", "ساعتين", "saa 2" from a position on.
func (r *reader) amounts(pos int) (total span, finest, upTo int, ok bool) {
	finest = -1
	for range 3 {
		t := scan(r.text, pos)
		n := 0
		if t.kind == word {
			if _, end, ok := r.pick(t, r.entry(t), filler); ok && finest < 0 { // "about"
				if _, _, unit := r.pick(t, r.entry(t), unitName); !unit {
					t = scan(r.text, end)
				}
			}
		}
		switch t.kind {
		case number:
			if t.digits > maxAgo {
				return total, finest, upTo, ok
			}
			n, pos = t.n, t.end
		case word:
			if m, end, ok := r.pick(t, r.entry(t), numberWord); ok {
				n, pos = m.value, end
			} else {
				pos = t.start
			}
		default:
			return total, finest, upTo, ok
		}
		t = scan(r.text, pos)
		m, end, isUnit := r.pick(t, r.entry(t), unitName)
		if !isUnit || finest >= 0 && m.value%16 >= finest {
			return total, finest, upTo, ok
		}
		if n == 0 && t.kind == word { // the unit alone is one of it, or is before its number
			n = m.value / 16
			if after := scan(r.text, end); after.kind == number && after.digits <= maxAgo {
				n, end = after.n, after.end
			} else if m, numbered, ok := r.pick(after, r.entry(after), numberWord); ok && m.value > 1 {
				n, end = m.value, numbered
			}
		}
		finest, upTo, ok = m.value%16, end, true
		pos = end
		total.add(n, finest)
		if next := scan(r.text, pos); next.text == "," {
			pos = next.end
		}
	}
	return total, finest, upTo, ok
}

func (s *span) add(n, unit int) {
	switch unit {
	case seconds:
		s.clock += time.Duration(n) * time.Second
	case minutes:
		s.clock += time.Duration(n) * time.Minute
	case hours:
		s.clock += time.Duration(n) * time.Hour
	case days:
		s.days += n
	case weeks:
		s.days += 7 * n
	case months:
		s.months += n
	case yearsUnit:
		s.years += n
	}
}

// before is the time that long before the capture, as precise as the finest unit; an hour is precise to the minute and a week
// to the day, which are the nearest there are.
func (s span) before(captured time.Time, finest int) (d article.Date, ok bool) {
	t := captured.Add(-s.clock).AddDate(-s.years, -s.months, -s.days)
	y, m, day := t.Date()
	switch finest {
	case seconds:
		d = article.Date{Time: t.Truncate(time.Second), Precision: article.Second, ZoneKnown: true}
	case minutes, hours:
		d = article.Date{Time: t.Truncate(time.Minute), Precision: article.Minute, ZoneKnown: true}
	case days, weeks:
		d = article.Date{Time: time.Date(y, m, day, 0, 0, 0, 0, time.UTC), Precision: article.Day}
	case months:
		first := time.Date(captured.Year()-s.years, captured.Month()-time.Month(s.months), 1, 0, 0, 0, 0, time.UTC)
		d = article.Date{Time: first, Precision: article.Month}
	default:
		d = article.Date{Time: time.Date(captured.Year()-s.years, 1, 1, 0, 0, 0, 0, time.UTC), Precision: article.Year}
	}
	return d, d.Time.Year() >= years[gregorian].first
}

// relativeDay reads what may follow "yesterday": a time.
func (r *reader) relativeDay(m meaning, upTo int) (d article.Date, ok bool) {
	t := r.captured.AddDate(0, 0, -m.value)
	r.accept(upTo)
	probe := *r
	probe.year, probe.month, probe.day = t.Year(), int(t.Month()), t.Day()
	probe.named = true
	for range maxTokens {
		t := scan(r.text, probe.pos)
		if t.kind == end || !probe.step(t) {
			break
		}
	}
	if probe.time.known && probe.time.valid() {
		r.time, r.end = probe.time, probe.end
	}
	d = article.Date{Precision: r.time.precision(), ZoneKnown: r.time.zone}
	d.Time = r.time.on(t.Year(), t.Month(), t.Day())
	return d, true
}
