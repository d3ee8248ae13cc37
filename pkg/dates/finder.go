package dates

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"
)

// finder finds where in a text dates are.
type finder struct{ reader }

// at reads the date that starts with t, with the same day in another calendar where that follows. [start, end) is where it is.
func (f *finder) at(t token) (d article.Date, start, end int, ok bool) {
	if f.mode != whole && !f.starts(t) {
		return d, 0, 0, false
	}
	if !f.captured.IsZero() {
		f.fresh()
		if d, ok := f.relative(t); ok {
			return d, t.start, f.end, true
		}
	}
	f.fresh()
	f.read(t.start)
	d, ok = f.date()
	if !ok || f.first < 0 {
		return d, 0, 0, false
	}
	start, end = f.first, f.end
	if pair, upTo, ok := f.pair(d); ok {
		d, end = pair, upTo
	}
	return d, start, end, true
}

// fresh forgets the date read last.
func (f *finder) fresh() {
	f.reader = reader{context: f.context, mode: f.mode, text: f.text}
}

// What a date may start with, by mode; relative ones need a capture.
const (
	startsMention  = classes(1)<<monthName | 1<<weekdayName | 1<<monthPrefix
	startsDate     = startsMention | 1<<dayPart | 1<<eraBefore
	startsRelative = classes(1)<<relativeDay | 1<<agoBefore | 1<<unitName | 1<<numberWord
)

// starts reports whether a date may start with a token: a word of such a class, or a number that continues nothing.
func (f *finder) starts(t token) bool {
	switch t.kind {
	case number:
		return t.digits <= 4 && !f.joined(t)
	case word:
		start := startsDate
		switch {
		case f.mode == mention:
			start = startsMention
		case !f.captured.IsZero():
			start |= startsRelative
		}
		return f.entry(t).classes&start != 0
	}
	return false
}

// joined reports whether a number continues what stands before it, as in 1.6, $6 or v6.
func (f *finder) joined(t token) bool {
	if t.start == 0 {
		return false
	}
	r, size := utf8.DecodeLastRuneInString(f.text[:t.start])
	switch {
	case unicode.IsSpace(r), invisible(r), unspaced(r), strings.ContainsRune("(\"'“‘—–[:|>（【،、，。：", r):
		return false
	case f.mode != mention && strings.ContainsRune(",;.", r):
		before, _ := utf8.DecodeLastRuneInString(f.text[:t.start-size])
		return digitOf(before) >= 0
	}
	return true
}

// pair reads a second date right after one: the same day in another calendar. The Gregorian one is believed, and a time is
// taken from whichever has one. f has read the first.
func (f *finder) pair(first article.Date) (d article.Date, upTo int, ok bool) {
	if f.month == 0 {
		return d, 0, false
	}
	second := reader{context: f.context, mode: f.mode, text: f.text}
	y, m, day := first.Time.Date()
	second.published = dateOf(dayNumber(y, int(m), day))
	pos := f.end
	for range maxFillers {
		t := scan(f.text, pos)
		switch {
		case t.kind == number:
			pos = t.start
		case t.kind == mark && strings.Contains(",-–—/|(=.،（", t.text):
			pos = t.end
			continue
		case t.kind == word:
			all := f.entry(t)
			if _, end, ok := f.pick(t, all, filler); ok {
				pos = end
				continue
			}
			if all.classes == 0 {
				return d, 0, false
			}
		default:
			return d, 0, false
		}
		break
	}
	second.read(pos)
	if second.month == 0 || second.calendar == f.calendar && second.year != 0 {
		return d, 0, false
	}
	d, ok = second.date()
	if !ok || second.calendar == f.calendar || d.Time.Sub(first.Time).Abs().Hours() > 72 {
		return d, 0, false
	}
	times := second.time
	if !times.known {
		times = f.time
	}
	if f.calendar == gregorian || second.calendar != gregorian {
		d = first
	}
	y, m, day = d.Time.Date()
	d.Time = times.on(y, m, day)
	d.Precision, d.ZoneKnown = times.precision(), times.zone
	if end := scan(f.text, second.end); end.text == ")" || end.text == "）" {
		second.end = end.end
	}
	f.pos = max(f.pos, second.pos)
	return d, second.end, true
}

func dayNumber(year, month, day int) int {
	days, _ := gregorian.day(year, month, day)
	return days
}
