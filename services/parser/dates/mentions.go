package dates

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"
)

// lexicon is what Mentions knows of a language. The order of words is English's; a language that differs will need more
// than names here.
type lexicon struct {
	months   map[string]time.Month // lower case
	weekdays map[string]time.Weekday
}

var english = lexicon{
	months: map[string]time.Month{
		"january": time.January, "jan": time.January, "february": time.February, "feb": time.February,
		"march": time.March, "mar": time.March, "april": time.April, "apr": time.April, "may": time.May,
		"june": time.June, "jun": time.June, "july": time.July, "jul": time.July, "august": time.August, "aug": time.August,
		"september": time.September, "sept": time.September, "sep": time.September, "october": time.October, "oct": time.October,
		"november": time.November, "nov": time.November, "december": time.December, "dec": time.December,
	},
	weekdays: map[string]time.Weekday{
		"monday": time.Monday, "mon": time.Monday, "tuesday": time.Tuesday, "tues": time.Tuesday, "tue": time.Tuesday,
		"wednesday": time.Wednesday, "wed": time.Wednesday, "thursday": time.Thursday, "thurs": time.Thursday, "thur": time.Thursday, "thu": time.Thursday,
		"friday": time.Friday, "fri": time.Friday, "saturday": time.Saturday, "sat": time.Saturday, "sunday": time.Sunday, "sun": time.Sunday,
	},
}

// lexicons by base language.
var lexicons = map[string]*lexicon{"en": &english}

const (
	maxMentions = 200
	// maxWord bounds what is looked up: longer words are no names of months or days.
	maxWord = len("september")
	// maxShort is the longest abbreviation.
	maxShort = len("sept")
	// yearsAway is how far from the publication a day without a year may be: a writer who means one further away says so.
	yearsAway = 6
)

// Mentions finds the days that a text in a language (BCP 47, of which the first part counts) mentions in words, in their
// order, each once, and resolves them against the day of publication:
//
//	Wednesday, Nov. 6      the year nearest to publication in which that day is a Wednesday
//	November 6, 6 November the nearest year
//	November 6, 2024       that day; left out if a weekday is given that it is not
//	on Wednesday           the last one, publication's own day included
//
// published may be nil or coarser than a day: then only days with their year are found. Of a language that it does not
// know it finds none. It takes time linear in the text.
func Mentions(lang, text string, published *article.Date) []article.Date {
	base, _, _ := strings.Cut(lang, "-")
	l := lexicons[strings.ToLower(base)]
	if l == nil {
		return nil
	}
	f := finder{text: text, lexicon: l}
	if published != nil && published.Precision != article.Year && published.Precision != article.Month {
		y, m, d := published.Time.Date()
		f.published = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	seen := map[article.Date]bool{}
	var found []article.Date
	prev := token{}
	for pos := 0; len(found) < maxMentions; {
		t := scan(text, pos)
		if t.kind == end {
			break
		}
		pos = t.end
		if day, upTo, ok := f.at(t, prev); ok {
			pos = upTo
			if !day.IsZero() {
				d := article.Date{Time: day, Precision: article.Day, Raw: strings.Join(strings.Fields(text[t.start:upTo]), " "), From: article.FromText}
				if !seen[d] {
					seen[d] = true
					found = append(found, d)
				}
			}
		}
		prev = t
	}
	return found
}

// finder reads mentions of one text.
type finder struct {
	text      string
	lexicon   *lexicon
	published time.Time // midnight UTC of its day; zero where not known
}

// at reads the mention that starts with t. ok says that there is one, up to the byte upTo; day is zero where it cannot be
// resolved.
func (f *finder) at(t, prev token) (day time.Time, upTo int, ok bool) {
	switch t.kind {
	case number:
		if f.joined(t) {
			return day, 0, false
		}
	case word:
		if first, _ := utf8.DecodeRuneInString(t.text); len(t.text) > maxWord || !unicode.IsUpper(first) {
			return day, 0, false
		}
		if weekday, ok := f.lexicon.weekdays[strings.ToLower(t.text)]; ok {
			return f.weekday(t, prev, weekday)
		}
	default:
		return day, 0, false
	}
	m, ok := f.monthDay(t)
	if !ok {
		return day, 0, false
	}
	return f.resolve(m, nil), m.end, true
}

// joined reports whether a number continues what stands before it, as in 1.6 or $6.
func (f *finder) joined(t token) bool {
	if t.start == 0 {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(f.text[:t.start])
	return !unicode.IsSpace(r) && !strings.ContainsRune("(\"'“‘—–[", r)
}

func (f *finder) weekday(t, prev token, weekday time.Weekday) (day time.Time, upTo int, ok bool) {
	next := f.skip(scan(f.text, t.end), ".", ",", "the")
	if m, ok := f.monthDay(next); ok {
		return f.resolve(m, &weekday), m.end, true
	}
	if len(t.text) <= 3 || !strings.EqualFold(prev.text, "on") {
		return day, 0, false
	}
	switch strings.ToLower(scan(f.text, t.end).text) {
	case "next", "week": // ahead of the publication, not before it
		return day, 0, false
	}
	if f.published.IsZero() {
		return day, t.end, true
	}
	back := (int(f.published.Weekday()) - int(weekday) + 7) % 7
	return f.published.AddDate(0, 0, -back), t.end, true
}

// skip passes over any of some tokens, each at most once, in their order.
func (f *finder) skip(t token, over ...string) token {
	for _, s := range over {
		if t.text == s {
			t = scan(f.text, t.end)
		}
	}
	return t
}

// calendarDay is a day as written; year is 0 where none is.
type calendarDay struct {
	year  int
	month time.Month
	day   int
	end   int // byte after it
}

// monthDay reads "November 6", "Nov. 6th, 2024", "6 November" or "6th of November 2024" at t.
func (f *finder) monthDay(t token) (calendarDay, bool) {
	var c calendarDay
	var ok, dotted bool // dotted: a full stop may belong to the month
	switch t.kind {
	case word:
		if c.month, ok = f.month(t); !ok {
			return c, false
		}
		n := f.skip(scan(f.text, t.end), ".")
		if c.day, c.end, ok = f.day(n); !ok {
			return c, false
		}
	case number:
		if c.day, c.end, ok = f.day(t); !ok {
			return c, false
		}
		m := f.skip(scan(f.text, c.end), "of")
		if c.month, ok = f.month(m); !ok {
			return c, false
		}
		c.end = m.end
		if len(m.text) <= maxShort {
			dotted = true
		}
	default:
		return c, false
	}
	y := scan(f.text, c.end)
	if dotted {
		y = f.skip(y, ".")
	}
	y = f.skip(y, ",")
	if y.kind == number && len(y.text) == 4 && y.n >= 1900 && y.n < 2100 {
		c.year, c.end = y.n, y.end
	}
	return c, true
}

func (f *finder) month(t token) (time.Month, bool) {
	if t.kind != word || len(t.text) > maxWord {
		return 0, false
	}
	if first, _ := utf8.DecodeRuneInString(t.text); !unicode.IsUpper(first) {
		return 0, false
	}
	m, ok := f.lexicon.months[strings.ToLower(t.text)]
	return m, ok
}

// day reads a day of the month with or without its ordinal ending, and refuses numbers that go on: 6,000, 6.5, 6%, 6:30, 6km.
func (f *finder) day(t token) (day, upTo int, ok bool) {
	if t.kind != number || len(t.text) > 2 || t.n < 1 || t.n > 31 {
		return 0, 0, false
	}
	next := scan(f.text, t.end)
	if next.start != t.end {
		return t.n, t.end, true
	}
	switch {
	case next.kind == word:
		switch strings.ToLower(next.text) {
		case "st", "nd", "rd", "th":
			return t.n, next.end, true
		}
		return 0, 0, false
	case next.text == "%":
		return 0, 0, false
	case next.text == "," || next.text == "." || next.text == ":":
		if after := scan(f.text, next.end); after.kind == number && after.start == next.end {
			return 0, 0, false
		}
	}
	return t.n, t.end, true
}

// resolve finds the year of a day: the nearest to publication in which the calendar has the day and the weekday fits.
func (f *finder) resolve(c calendarDay, weekday *time.Weekday) (best time.Time) {
	try := func(year int) {
		day := time.Date(year, c.month, c.day, 0, 0, 0, 0, time.UTC)
		if !validDay(year, c.month, c.day) || weekday != nil && day.Weekday() != *weekday {
			return
		}
		if best.IsZero() || day.Sub(f.published).Abs() < best.Sub(f.published).Abs() {
			best = day
		}
	}
	if c.year != 0 {
		try(c.year)
		return best
	}
	if f.published.IsZero() {
		return best
	}
	for away := range yearsAway + 1 { // the past first: at the same distance it wins
		try(f.published.Year() - away)
		try(f.published.Year() + away)
	}
	return best
}

// IsDay reports whether s, all of it, is a day as English datelines write it: "Nov 6", "6 Nov. 2024", "Wednesday, Nov. 6".
func IsDay(s string) bool {
	f := finder{text: s, lexicon: &english}
	t := scan(s, 0)
	if _, ok := english.weekdays[strings.ToLower(t.text)]; ok {
		t = f.skip(scan(s, t.end), ".", ",")
	}
	c, ok := f.monthDay(t)
	return ok && strings.Trim(s[c.end:], " .") == ""
}

// Resolve reads the one day that s is, as IsDay knows it, against the day of publication as Mentions does.
func Resolve(s string, published *article.Date) (article.Date, bool) {
	if !IsDay(s) {
		return article.Date{}, false
	}
	found := Mentions("en", s, published)
	if len(found) != 1 {
		return article.Date{}, false
	}
	return found[0], true
}
