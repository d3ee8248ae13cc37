package dates

import (
	"time"

	"dateline/pkg/article"
)

// clock is a time of day as written.
type clock struct {
	hour, minute, second, nano int
	known, seconds, zone       bool
	offset                     int // seconds east of UTC
}

func (c clock) valid() bool { return c.hour < 24 && c.minute < 60 && c.second < 60 }

func (c clock) precision() article.Precision {
	switch {
	case !c.known:
		return article.Day
	case c.seconds:
		return article.Second
	}
	return article.Minute
}

func (c clock) on(year int, month time.Month, day int) time.Time {
	zone := time.UTC
	if c.zone && c.offset != 0 {
		zone = time.FixedZone("", c.offset)
	}
	return time.Date(year, month, day, c.hour, c.minute, c.second, c.nano, zone)
}

// validOffset reports whether any zone is so far from UTC.
func validOffset(seconds int) bool { return seconds >= -12*3600 && seconds <= 15*3600 }

// setPart takes a part of the day: the hour's that has been read, or that of the one to come.
func (r *reader) setPart(value, upTo int) bool {
	if !r.time.known {
		if !r.hourAhead(upTo) {
			return false
		}
		r.part = value
		return r.lead(upTo)
	}
	r.parted = true
	return r.time.twelve(value, r.mode) && r.accept(upTo)
}

// hourAhead reports whether an hour is next.
func (r *reader) hourAhead(pos int) bool {
	t := scan(r.text, pos)
	if t.kind != number || t.digits > 2 {
		return false
	}
	next := scan(r.text, t.end)
	if next.text == ":" || next.text == "：" {
		return true
	}
	_, _, ok := r.pick(next, r.entry(next), hourWord)
	return ok
}

// twelve brings the hour into the half of the day that a dayPart's value says. 20:04 pm is nonsense, but running text has it.
func (c *clock) twelve(part int, m mode) bool {
	if c.hour < 1 || c.hour > 12 {
		return part >= loosePart || m != whole
	}
	c.hour = c.hour%12 + part%loosePart
	return true
}

// hours reads the hours of 10h04, 10 Uhr 4, 3시 5분 and what of the time follows them.
func (r *reader) hours(t token, upTo int) bool {
	c := clock{known: true, hour: t.n}
	m := scan(r.text, upTo)
	if m.kind == number && m.digits <= 2 && m.n < 60 {
		after := scan(r.text, m.end)
		_, minutes, ok := r.pick(after, r.entry(after), minuteWord)
		switch {
		case ok:
			c.minute, upTo = m.n, minutes
			s := scan(r.text, minutes)
			after = scan(r.text, s.end)
			if _, seconds, ok := r.pick(after, r.entry(after), secondWord); ok && s.kind == number && s.digits <= 2 && s.n < 60 {
				c.second, c.seconds, upTo = s.n, true, seconds
			}
		case m.digits == 2 && (m.start == upTo || r.day != 0 && r.year != 0):
			c.minute, upTo = m.n, m.end
		}
	}
	return r.setClock(c, upTo)
}

// setClock takes the time that has been read, in the part of the day that came before it.
func (r *reader) setClock(c clock, upTo int) bool {
	if !c.valid() {
		return false
	}
	if r.part >= 0 {
		r.parted = true
		if !c.twelve(r.part, r.mode) {
			return false
		}
	}
	r.time = c
	return r.accept(upTo)
}

// clock reads 10:04, 10:04:05 and 10:04:05.25.
func (r *reader) clock(h, colon token) bool {
	m := scan(r.text, colon.end)
	if h.digits > 2 || m.kind != number || m.digits != 2 {
		return false
	}
	c := clock{known: true, hour: h.n, minute: m.n}
	upTo := m.end
	next := scan(r.text, upTo)
	if s := scan(r.text, next.end); (next.text == ":" || next.text == "：") && s.kind == number && s.digits == 2 {
		c.second, c.seconds = s.n, true
		upTo = s.end
		point := scan(r.text, upTo)
		if f := scan(r.text, point.end); point.text == "." && f.kind == number && f.digits <= 9 && f.start == point.end && point.start == upTo {
			c.nano = f.n
			for range 9 - f.digits {
				c.nano *= 10
			}
			upTo = f.end
		}
	}
	return r.setClock(c, upTo)
}

// dotted reads 10.04 where it must be a time: after "klo" or a whole day, or before "Uhr", "WIB" or "pm".
func (r *reader) dotted(h, point token) bool {
	m := scan(r.text, point.end)
	if r.time.known || r.mode == mention || h.digits > 2 || h.n > 23 || m.kind != number || m.digits != 2 || m.n > 59 || m.start != point.end {
		return false
	}
	if !r.awaitTime && (r.day == 0 || r.year == 0) {
		after := scan(r.text, m.end)
		all := r.entry(after)
		_, _, hour := r.pick(after, all, hourWord)
		_, _, zone := r.pick(after, all, zoneName)
		_, _, part := r.pick(after, all, dayPart)
		if !hour && !zone && !part {
			return false
		}
	}
	upTo := m.end
	next := scan(r.text, upTo)
	if s := scan(r.text, next.end); next.text == "." && s.kind == number && s.digits != 2 && s.start == next.end {
		return false // 10.11.2024
	}
	c := clock{known: true, hour: h.n, minute: m.n}
	if s := scan(r.text, next.end); next.text == "." && next.start == upTo && s.kind == number && s.digits == 2 && s.start == next.end && s.n < 60 {
		c.second, c.seconds = s.n, true
		upTo = s.end
	}
	return r.setClock(c, upTo)
}

// offset reads the digits of +0430, +04:30, +04 at t.
func (r *reader) offset(t token, west bool) bool {
	hours, minutes, upTo := t.n, 0, t.end
	colon := scan(r.text, t.end)
	m := scan(r.text, colon.end)
	switch {
	case t.digits == 4:
		hours, minutes = t.n/100, t.n%100
	case t.digits <= 2 && colon.text == ":" && colon.start == t.end && m.kind == number && m.digits == 2:
		minutes, upTo = m.n, m.end
	case t.digits != 2:
		return false
	}
	seconds := hours*3600 + minutes*60
	if west {
		seconds = -seconds
	}
	if minutes > 59 || !validOffset(seconds) || west && r.mode != whole && minutes != 0 && minutes != 30 { // 10:04-10:45 are two times
		return false
	}
	r.time.zone, r.time.offset = true, seconds
	return r.accept(upTo)
}

// zoneSuffix reads what GMT and UTC may have after them: +4:30, +7, +0430.
func (r *reader) zoneSuffix(base int) {
	sign := scan(r.text, r.pos)
	if base != 0 || sign.text != "+" && sign.text != "-" && sign.text != "−" {
		return
	}
	t := scan(r.text, sign.end)
	if t.kind != number || t.start != sign.end || t.digits == 1 && t.n > 9 {
		return
	}
	if colon := scan(r.text, t.end); t.digits == 1 && colon.text != ":" {
		t.n, t.digits = t.n*100, 4
	}
	r.offset(t, sign.text != "+")
}
