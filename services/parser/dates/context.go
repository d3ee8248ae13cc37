package dates

import (
	"strings"
	"time"

	"dateline/pkg/article"
)

// Context is what a written date is read against. The zero value knows nothing.
type Context struct {
	Lang      string        // BCP 47 of the text around, "" where not known; settles ambiguous words and the order of 05/06/2024
	Captured  time.Time     // for "2 hours ago", "yesterday"; zero: these are not read
	Published *article.Date // for days without a year or with only a weekday
}

// Parse reads s, all of it, as one date.
func (c Context) Parse(s string) (article.Date, error) { return Parse(s) }

// Find reads the first date in a short text such as a byline. Raw is its words.
func (c Context) Find(text string) (article.Date, bool) {
	all := c.find(text, 1)
	if len(all) == 0 {
		return article.Date{}, false
	}
	return all[0], true
}

// FindAll reads all dates in a short text, in their order.
func (c Context) FindAll(text string) []article.Date { return c.find(text, maxMentions) }

func (c Context) find(text string, most int) []article.Date {
	var all []article.Date
	for pos := 0; len(all) < most; {
		t := scan(text, pos)
		if t.kind == end {
			break
		}
		pos = t.end
		if t.kind == mark {
			continue
		}
		var ends [16]int
		n := 0
		for p := t.start; n < len(ends); n++ {
			next := scan(text, p)
			if next.kind == end {
				break
			}
			ends[n], p = next.end, next.end
		}
		for ; n > 1; n-- {
			if d, err := Parse(text[t.start:ends[n-1]]); err == nil && d.Precision != article.Year {
				d.Raw = strings.Trim(d.Raw, " ,.|")
				all, pos = append(all, d), ends[n-1]
				break
			}
		}
	}
	return all
}
