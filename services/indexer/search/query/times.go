package query

import (
	"strings"
	"time"
	"unicode/utf8"
)

const expectedTime = `a year, month, day or instant, such as 2024-11-06 or 2024-11-06T10:00:00+04:30, or two of them with ".." between`

// times reads a time, a comparison with one, or a range of two. A day, a month and a year count whole, in UTC.
func (p *parser) times(f Field) (Node, error) {
	comparison := ""
	for _, c := range []string{">=", "<=", ">", "<", "="} {
		if p.take(c) {
			comparison = c
			break
		}
	}
	begin := p.at
	text, err := p.timeText()
	if err != nil {
		return nil, err
	}
	first, second, isRange := strings.Cut(text, "..")
	if isRange && comparison != "" {
		return nil, p.error(begin, "one time after "+comparison, quoted(text))
	}
	if !isRange {
		from, before, err := p.span(begin, text)
		if err != nil {
			return nil, err
		}
		switch comparison {
		case ">=":
			before = time.Time{}
		case ">":
			from, before = before, time.Time{}
		case "<=":
			from = time.Time{}
		case "<":
			from, before = time.Time{}, from
		}
		return Range{f, from, before}, nil
	}
	if first == "" && second == "" {
		return nil, p.error(begin, expectedTime, quoted(text))
	}
	r := Range{Field: f}
	if first != "" {
		if r.From, _, err = p.span(begin, first); err != nil {
			return nil, err
		}
	}
	if second != "" {
		at := begin + strings.Index(p.text[begin:], "..") + len("..")
		if _, r.Before, err = p.span(at, second); err != nil {
			return nil, err
		}
		if first != "" && !r.From.Before(r.Before) {
			return nil, p.error(at, "a time after "+first, quoted(second))
		}
	}
	return r, nil
}

// timeText is what stands for a time, perhaps in quotes.
func (p *parser) timeText() (string, error) {
	if r, _ := utf8.DecodeRuneInString(p.rest()); p.at < len(p.text) && isQuote(r) {
		return p.phrase()
	}
	begin := p.at
	text, star, err := p.word()
	if err == nil && (star || text == "") {
		err = p.error(begin, expectedTime, quoted(p.text[begin:p.at]))
	}
	return text, err
}

// span is the time that a text stands for, from its beginning to before its end. An instant ends with its second, or with
// its fraction of one.
func (p *parser) span(at int, text string) (from, before time.Time, err error) {
	from, before, ok := ParseTime(text)
	if !ok {
		return from, before, p.error(at, expectedTime, quoted(text))
	}
	return from, before, nil
}

// ParseTime reads a year, a month, a day (all in UTC) or an RFC 3339 instant, whose seconds may be left out, as the span
// from its beginning to before its end. An instant without a fraction ends with its second.
func ParseTime(s string) (from, before time.Time, ok bool) {
	for _, c := range []struct {
		layout string
		end    func(time.Time) time.Time
	}{
		{time.DateOnly, func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
		{"2006-01", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
		{"2006", func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
		{"2006-01-02T15:04Z07:00", func(t time.Time) time.Time { return t.Add(time.Minute) }},
		{time.RFC3339, func(t time.Time) time.Time {
			if t.Nanosecond() != 0 {
				return t.Add(1)
			}
			return t.Add(time.Second)
		}},
	} {
		if t, err := time.Parse(c.layout, s); err == nil {
			// The index counts nanoseconds from 1970 in 64 bits; years are a matter of people.
			if t.Year() < 1678 || t.Year() > 2261 {
				return from, before, false
			}
			return t, c.end(t), true
		}
	}
	return from, before, false
}
