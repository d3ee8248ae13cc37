// Package dates reads dates: those that publishers and pages give as data (Parse), those that a page shows in the words of
// its language (Context), those of URLs (FromURL), and those that a text mentions (Mentions).
package dates

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"dateline/pkg/article"
)

// Accepted describes what Parse reads, for error messages.
const Accepted = "an instant as 2024-11-06T09:30:00+04:30 (RFC 3339), a day as 2024-11-06, an RFC 1123 date as Wed, 06 Nov 2024 09:30:00 GMT, or a written one as November 6, 2024"

const (
	// maxDate is the longest date in bytes: what is longer is a text.
	maxDate = 160
	// maxFound bounds how many dates are found in a text.
	maxFound = 200
)

// Context is what a written date is read against. The zero value knows nothing.
type Context struct {
	Lang      string        // BCP 47 of the text around, "" where not known; settles ambiguous words and the order of 05/06/2024
	Captured  time.Time     // for "2 hours ago", "yesterday"; zero: these are not read
	Published *article.Date // for days without a year or with only a weekday; nil or coarser than a day: these are not read
}

// Parse reads a date as publishers and pages give it: RFC 3339, ISO 8601 down to a month or a year, RFC 822 and 1123, the
// forms of asctime and of JavaScript's Date, epoch seconds and milliseconds, and written ones such as "Nov. 6, 2024, 9:30
// a.m. EST" or "۱۶ آبان ۱۴۰۳" in any language that the package knows. What is ambiguous (05/06/2024) is an error, and so is
// what is relative. The result says how precise it is and whether its zone is known; it is Gregorian; Raw is s, and From is
// left to the caller.
func Parse(s string) (article.Date, error) { return Context{}.Parse(s) }

// Parse reads s, all of it, as the function Parse does, and what only the context tells: the order of 05/06/2024, the
// calendar of 1403/08/16, words that mean different months in different languages, relative dates and days without a year.
func (c Context) Parse(s string) (article.Date, error) {
	raw := trimInvisible(s)
	if raw == "" {
		return article.Date{}, errors.New("the date is empty")
	}
	if len(raw) > maxDate {
		return article.Date{}, fmt.Errorf("%d bytes are no date", len(raw))
	}
	d, ok := article.Date{}, false
	if digit(raw[0]) {
		if d, ok = iso(raw); !ok {
			d, ok = epoch(raw)
		}
		if ok && (d.Time.Year() < 1600 || d.Time.Year() >= 2400) && d.Precision != article.Year {
			d, ok = c.foreign(d)
		}
	}
	if !ok {
		d, ok = rfc822(raw)
	}
	if !ok {
		d, ok = c.whole(raw)
	}
	if !ok {
		return article.Date{}, fmt.Errorf("%q is not a date that can be read without guessing", raw)
	}
	d.Raw = raw
	return d, nil
}

// foreign reads the year of an ISO date that no Gregorian one of the present has, such as 1403-08-16, in the calendar of the
// context's language.
func (c Context) foreign(d article.Date) (article.Date, bool) {
	l := lex()
	lang := l.set(c.Lang)
	year := d.Time.Year()
	if year >= 2400 {
		if lang != 0 && lang == l.set("th") {
			d.Time = d.Time.AddDate(-543, 0, 0)
		}
		return d, true
	}
	calendar, ok := calendarOf(l.language(lang), year, false)
	if !ok || d.Precision == article.Month {
		return d, false
	}
	days, ok := calendar.day(year, int(d.Time.Month()), d.Time.Day())
	t := dateOf(days)
	d.Time = time.Date(t.Year(), t.Month(), t.Day(), d.Time.Hour(), d.Time.Minute(), d.Time.Second(), d.Time.Nanosecond(), d.Time.Location())
	return d, ok
}

// whole reads a written date that is all of s.
func (c Context) whole(s string) (article.Date, bool) {
	f := finder{reader: reader{context: c.lookups(), mode: whole, text: s}}
	d, _, end, ok := f.at(scan(s, 0))
	if !ok {
		return article.Date{}, false
	}
	for pos := end; ; {
		t := scan(s, pos)
		switch {
		case t.kind == 0:
			return d, true
		case t.kind != mark || !strings.Contains(".,;|)）。", t.text):
			if f.pos > pos { // the reader passed over it
				pos = f.pos
				continue
			}
			return article.Date{}, false
		}
		pos = t.end
	}
}

// Find reads the first date in a short text such as a byline ("Veröffentlicht am 6. November 2024, 10:04 Uhr | Politik").
// Raw is its words, and From is left to the caller. It takes time linear in the text.
func (c Context) Find(text string) (article.Date, bool) {
	found := c.find(text, 1)
	if len(found) == 0 {
		return article.Date{}, false
	}
	return found[0], true
}

// find reads the first dates in a text.
func (c Context) find(text string, most int) []article.Date {
	var found []article.Date
	f := finder{reader: reader{context: c.lookups(), mode: inText, text: text}}
	for pos := 0; len(found) < most; {
		t := scan(text, pos)
		if t.kind == end {
			break
		}
		pos = t.end
		if d, start, end, ok := f.at(t); ok {
			d.Raw = words(text[start:end])
			found = append(found, d)
			pos = end
		}
	}
	return found
}

// words is a piece of text with single blanks between its words, and without what does not show; the joiners of Persian do.
func words(s string) string {
	plain, blank := true, false
	for _, r := range s {
		plain = plain && !(blank && r == ' ') && (r == ' ' || !unicode.IsSpace(r)) && !invisible(r)
		blank = r == ' '
	}
	if plain {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if invisible(r) && r != '\u200c' && r != '\u200d' {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
