package dates

import (
	"strings"
	"time"
	"unicode"

	"dateline/pkg/article"
)

// Mentions finds the days that a text in a language (BCP 47) mentions, in words or as 2024-11-06 and 06.11.2024, in their
// order, each once, and resolves them against the day of publication:
//
//	Wednesday, Nov. 6      the year nearest to publication in which that day is a Wednesday
//	November 6, 6 November the nearest year
//	November 6, 2024       that day; left out if a weekday is given that it is not
//	on Wednesday           the last one, publication's own day included; in the languages that say so with a word of their own
//
// published may be nil or coarser than a day: then only days with their year are found. Of a language that it does not
// know it finds none. It takes time linear in the text.
func Mentions(lang, text string, published *article.Date) []article.Date {
	c := Context{Lang: lang, Published: published}.lookups()
	if c.lang == 0 {
		return nil
	}
	f := finder{reader: reader{context: c, mode: mention, text: text}}
	own := c.lex.language(c.lang)
	seen := map[article.Date]bool{}
	var found []article.Date
	var prev token
	for pos := 0; len(found) < maxFound; {
		t := scan(text, pos)
		if t.kind == end {
			break
		}
		pos = t.end
		if own.capital && t.kind == word && !unicode.IsUpper(firstRune(t.text)) {
			prev = t
			continue
		}
		day, end, ok := f.mentioned(t, prev, own)
		if prev = t; !ok {
			continue
		}
		pos = end
		if day.IsZero() {
			continue
		}
		d := article.Date{Time: day, Precision: article.Day, Raw: words(text[f.first:end]), From: article.FromText}
		if !seen[d] {
			seen[d] = true
			found = append(found, d)
		}
	}
	return found
}

// mentioned reads the mention that starts with t. ok says that there is one, up to the byte end; day is zero where it cannot be
// resolved.
func (f *finder) mentioned(t, prev token, own *language) (day time.Time, end int, ok bool) {
	if !f.starts(t) {
		return day, 0, false
	}
	f.fresh()
	f.read(t.start)
	switch {
	case f.month != 0 && f.day != 0 && f.year == 0 && f.doubtful:
		return day, 0, false
	case f.month != 0 && f.day != 0:
		d, ok := f.date()
		if ok && f.weekday >= 0 && int(d.Time.Weekday()) != f.weekday {
			ok = false
		}
		if !ok {
			return day, f.end, true
		}
		return d.Time, f.end, true
	case f.month == 0 && f.weekday >= 0 && !f.weekdayShort && own.on != "" && oneOf(own.on, prev.text):
		if oneOf(own.ahead, scan(f.text, f.end).text) || f.published.IsZero() {
			return day, 0, false
		}
		back := (int(f.published.Weekday()) - f.weekday + 7) % 7
		return f.published.AddDate(0, 0, -back), f.end, true
	}
	return day, 0, false
}

// oneOf reports whether a word is one of some, parted by commas.
func oneOf(words, w string) bool {
	for one := range strings.SplitSeq(words, ",") {
		if strings.EqualFold(one, w) {
			return true
		}
	}
	return false
}

// IsDay reports whether s, all of it, is a day as English datelines write it: "Nov 6", "6 Nov. 2024", "Wednesday, Nov. 6".
func IsDay(s string) bool {
	f := finder{reader: reader{context: Context{Lang: "en"}.lookups(), mode: mention, text: s}}
	t := scan(s, 0)
	if !f.starts(t) {
		return false
	}
	f.read(t.start)
	return f.month != 0 && f.day != 0 && strings.Trim(s[f.end:], " .") == ""
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
