// Package dates reads dates: those that publishers and pages give as data (Parse), and those that a text mentions in
// words (Mentions).
package dates

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"dateline/pkg/article"
)

// Accepted describes what Parse reads, for error messages.
const Accepted = "an instant as 2024-11-06T09:30:00+04:30 (RFC 3339), a day as 2024-11-06, an RFC 1123 date as Wed, 06 Nov 2024 09:30:00 GMT, or a written one as November 6, 2024"

// maxDate is the longest date in bytes: what is longer is a text.
const maxDate = 100

// Parse reads a date as publishers and pages give it: RFC 3339, ISO 8601 down to a month or a year, RFC 822 and 1123, the
// forms of asctime and of JavaScript's Date, epoch seconds and milliseconds, and English ones such as "Nov. 6, 2024, 9:30
// a.m. EST". What is ambiguous (05/06/2024) is an error. The result says how precise it is and whether its zone is known;
// Raw is s, and From is left to the caller.
func Parse(s string) (article.Date, error) {
	raw := strings.TrimSpace(s)
	if raw == "" {
		return article.Date{}, errors.New("the date is empty")
	}
	if len(raw) > maxDate {
		return article.Date{}, fmt.Errorf("%d bytes are no date", len(raw))
	}
	for _, read := range []func(string) (article.Date, bool){iso, epoch, written} {
		if d, ok := read(raw); ok {
			d.Raw = raw
			if !d.ZoneKnown {
				d.Time = time.Date(d.Time.Year(), d.Time.Month(), d.Time.Day(), d.Time.Hour(), d.Time.Minute(), d.Time.Second(), d.Time.Nanosecond(), time.UTC)
			}
			return d, nil
		}
	}
	return article.Date{}, fmt.Errorf("%q is not a date that can be read without guessing", raw)
}

// isoForms are ISO 8601's, after iso has brought its variants to these. Go reads a fraction of a second wherever seconds stand.
var isoForms = []struct {
	layout    string
	precision article.Precision
	zone      bool
}{
	{"2006-01-02T15:04:05Z07:00", article.Second, true},
	{"2006-01-02T15:04:05Z0700", article.Second, true},
	{"2006-01-02T15:04:05Z07", article.Second, true},
	{"2006-01-02T15:04:05", article.Second, false},
	{"2006-01-02T15:04Z07:00", article.Minute, true},
	{"2006-01-02T15:04Z0700", article.Minute, true},
	{"2006-01-02T15:04Z07", article.Minute, true},
	{"2006-01-02T15:04", article.Minute, false},
	{"2006-01-02", article.Day, false},
	{"2006-1-2", article.Day, false},
	{"2006-01", article.Month, false},
	{"2006", article.Year, false},
	{"20060102T150405Z07", article.Second, true},
	{"20060102T150405", article.Second, false},
	{"20060102", article.Day, false},
}

func iso(s string) (article.Date, bool) {
	if s[0] < '0' || s[0] > '9' {
		return article.Date{}, false
	}
	s = strings.ToUpper(s)
	if len(s) >= 8 && s[4] == '/' {
		s = strings.Replace(s, "/", "-", 2)
	}
	if day, clock, ok := strings.Cut(s, " "); ok && strings.Contains(clock, ":") && !strings.Contains(day, "T") {
		s = day + "T" + clock
	}
	if day, clock, ok := strings.Cut(s, "T"); ok {
		clock = strings.ReplaceAll(clock, " ", "")
		for _, utc := range []string{"UTC", "GMT"} {
			if c, ok := strings.CutSuffix(clock, utc); ok {
				clock = c + "Z"
			}
		}
		s = day + "T" + clock
	}
	for _, f := range isoForms {
		if t, err := time.Parse(f.layout, s); err == nil {
			return article.Date{Time: t, Precision: f.precision, ZoneKnown: f.zone}, t.Year() > 0
		}
	}
	return article.Date{}, false
}

// epoch reads seconds (10 digits, from 2001 on) and milliseconds (13 digits) since 1970.
func epoch(s string) (article.Date, bool) {
	if len(s) != 10 && len(s) != 13 {
		return article.Date{}, false
	}
	var n int64
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return article.Date{}, false
		}
		n = n*10 + int64(c-'0')
	}
	t := time.Unix(n, 0)
	if len(s) == 13 {
		t = time.UnixMilli(n)
	}
	return article.Date{Time: t.UTC(), Precision: article.Second, ZoneKnown: true}, s[0] != '0'
}

// zones are the names whose offset is not in doubt: RFC 822's. Others, such as IST, name several.
var zones = map[string]int{
	"z": 0, "ut": 0, "utc": 0, "gmt": 0,
	"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
	"cet": 1, "cest": 2,
}

// written reads a date with a month's name or with numbers in an order that cannot be mistaken.
func written(s string) (article.Date, bool) {
	if i := strings.IndexByte(s, '('); i > 0 { // JavaScript names the zone in brackets after its offset
		s = s[:i]
	}
	r := reader{}
	for pos := 0; ; {
		t := scan(s, pos)
		if t.kind == end {
			break
		}
		r.tokens = append(r.tokens, t)
		pos = t.end
	}
	for r.at < len(r.tokens) {
		if !r.step() {
			return article.Date{}, false
		}
	}
	return r.date()
}

// reader collects the parts of one written date.
type reader struct {
	tokens []token
	at     int

	year, day, hour, minute, second, nano int
	month                                 time.Month
	clock, seconds, named, zone           bool
	offset                                int // seconds east of UTC
}

func (r *reader) peek(ahead int) token {
	if i := r.at + ahead; i < len(r.tokens) {
		return r.tokens[i]
	}
	return token{}
}

func (r *reader) step() bool {
	t := r.peek(0)
	switch t.kind {
	case word:
		return r.word(strings.ToLower(t.text))
	case number:
		return r.number(t)
	}
	r.at++
	switch t.text {
	case ",", ".", "|", "/":
		return true
	case "-", "+":
		if n := r.peek(0); r.clock && n.kind == number && n.start == t.end {
			return r.zoneOffset(t.text == "-")
		}
		return t.text == "-"
	}
	return false
}

func (r *reader) word(w string) bool {
	r.at++
	if m, ok := english.months[w]; ok {
		if r.month != 0 {
			return false
		}
		r.month, r.named = m, true
		return true
	}
	if _, ok := english.weekdays[w]; ok {
		return true
	}
	if hours, ok := zones[w]; ok {
		r.zone, r.offset = true, hours*3600
		return r.clock
	}
	switch w {
	case "st", "nd", "rd", "th", "of", "at", "on", "the", "t":
		return true
	}
	return r.clock && len(w) <= 5 // a zone that is not known for sure: it stays unknown
}

func (r *reader) number(t token) bool {
	next := r.peek(1)
	if !r.clock && next.text == ":" {
		return r.time()
	}
	if hours, ok := r.meridiem(1); ok && !r.clock && r.day != 0 {
		r.clock = true
		r.hour = t.n
		return r.twelve(hours, 1)
	}
	if r.day == 0 && r.month == 0 && r.year == 0 && (next.text == "." || next.text == "/") && r.peek(2).kind == number {
		return r.numeric(next.text)
	}
	r.at++
	switch {
	case len(t.text) == 4 && r.year == 0:
		r.year = t.n
	case len(t.text) <= 2 && r.day == 0 && t.n > 0:
		r.day = t.n
	case len(t.text) == 2 && r.year == 0 && r.month != 0: // RFC 822's year, as RFC 2822 section 4.3 reads it
		r.year = 2000 + t.n
		if t.n >= 50 {
			r.year = 1900 + t.n
		}
	default:
		return false
	}
	return true
}

// numeric reads 06.11.2024 (day first wherever dots are written) and 11/26/2024 (where only one order is possible).
func (r *reader) numeric(sep string) bool {
	a, b, y := r.peek(0), r.peek(2), r.peek(4)
	if r.peek(3).text != sep || y.kind != number || len(y.text) != 4 || len(a.text) > 2 || len(b.text) > 2 {
		return false
	}
	day, month := a.n, b.n
	if sep == "/" && a.n != b.n {
		switch {
		case a.n <= 12 && b.n <= 12:
			return false
		case a.n <= 12:
			day, month = b.n, a.n
		}
	}
	r.at += 5
	r.day, r.month, r.year = day, time.Month(month), y.n
	return true
}

func (r *reader) time() bool {
	h, m := r.peek(0), r.peek(2)
	if len(h.text) > 2 || m.kind != number || len(m.text) != 2 {
		return false
	}
	r.clock, r.hour, r.minute = true, h.n, m.n
	r.at += 3
	if s := r.peek(1); r.peek(0).text == ":" && s.kind == number && len(s.text) == 2 {
		r.seconds, r.second = true, s.n
		r.at += 2
		if f := r.peek(1); r.peek(0).text == "." && f.kind == number && len(f.text) <= 9 && f.start == r.peek(0).end {
			r.nano = f.n
			for range 9 - len(f.text) {
				r.nano *= 10
			}
			r.at += 2
		}
	}
	if hours, ok := r.meridiem(0); ok {
		return r.twelve(hours, 0)
	}
	return true
}

// meridiem reports whether am, pm, a.m. or p.m. stands ahead, and the hours that it adds.
func (r *reader) meridiem(ahead int) (hours int, ok bool) {
	w := strings.ToLower(r.peek(ahead).text)
	if (w == "a" || w == "p") && r.peek(ahead+1).text == "." {
		w += strings.ToLower(r.peek(ahead + 2).text)
	}
	switch w {
	case "am":
		return 0, true
	case "pm":
		return 12, true
	}
	return 0, false
}

// twelve takes the am or pm that stands ahead into the hour.
func (r *reader) twelve(hours, ahead int) bool {
	if r.hour < 1 || r.hour > 12 {
		return false
	}
	r.hour = r.hour%12 + hours
	r.at += ahead
	if len(r.peek(0).text) == 1 {
		r.at += 2
	}
	r.at++
	return true
}

func (r *reader) zoneOffset(west bool) bool {
	t := r.peek(0)
	r.at++
	hours, minutes := t.n, 0
	switch {
	case len(t.text) == 4:
		hours, minutes = t.n/100, t.n%100
	case len(t.text) == 2 && r.peek(0).text == ":" && r.peek(1).kind == number:
		minutes = r.peek(1).n
		r.at += 2
	case len(t.text) != 2:
		return false
	}
	r.zone, r.offset = true, hours*3600+minutes*60
	if west {
		r.offset = -r.offset
	}
	return hours < 16 && minutes < 60
}

func (r *reader) date() (article.Date, bool) {
	if r.year == 0 || r.month == 0 {
		return article.Date{}, false
	}
	d := article.Date{Precision: article.Day, ZoneKnown: r.zone}
	switch {
	case r.day == 0:
		if r.clock {
			return d, false
		}
		d.Precision = article.Month
		d.Time = time.Date(r.year, r.month, 1, 0, 0, 0, 0, time.UTC)
		return d, true
	case r.clock && r.seconds:
		d.Precision = article.Second
	case r.clock:
		d.Precision = article.Minute
	}
	if !validDay(r.year, r.month, r.day) || r.hour > 23 || r.minute > 59 || r.second > 59 {
		return d, false
	}
	zone := time.UTC
	if r.zone && r.offset != 0 {
		zone = time.FixedZone("", r.offset)
	}
	d.Time = time.Date(r.year, r.month, r.day, r.hour, r.minute, r.second, r.nano, zone)
	return d, true
}

// validDay reports whether a year has such a day.
func validDay(year int, month time.Month, day int) bool {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return t.Year() == year && t.Month() == month && t.Day() == day
}
