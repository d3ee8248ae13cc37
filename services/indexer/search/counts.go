package search

import (
	"context"
	"fmt"
	"time"

	bquery "github.com/blevesearch/bleve/v2/search/query"
)

// Interval is how long a period is that matches are counted in.
type Interval string

// The intervals. They begin at midnight UTC; a week on its Monday.
const (
	Day   Interval = "day"
	Week  Interval = "week"
	Month Interval = "month"
)

// begin is the first day of the interval that a day is in.
func (i Interval) begin(day time.Time) time.Time {
	switch i {
	case Week:
		return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case Month:
		return day.AddDate(0, 0, 1-day.Day())
	}
	return day
}

// ParseInterval reads an interval; by default it is a day. Errors are *ParamError.
func ParseInterval(s string) (Interval, error) {
	switch i := Interval(s); i {
	case "":
		return Day, nil
	case Day, Week, Month:
		return i, nil
	}
	return "", bad("interval", "%q is none of day, week, month", s)
}

// Period is how many articles of one interval match, out of all that the query's filters let through.
type Period struct {
	Begin time.Time
	Count int
	All   int
}

// Counts are matches over time.
type Counts struct {
	Total   uint64   // matches, with those of no known day
	All     uint64   // articles that the filters let through, likewise
	Periods []Period // in order; those without any article are left out
}

// Counts counts what matches a query by when it was published, and sets it against all articles that match its filters.
// Articles whose day is not known are in no period.
func (x *Index) Counts(ctx context.Context, q *Query, every Interval) (*Counts, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := &Counts{}
	count := func(what bquery.Query, total *uint64, add func(p *Period, n int)) error {
		t, err := x.cur.answer(ctx, what, question{labels: true})
		if err != nil {
			return fmt.Errorf("count %q: %w", q.Text, blame(err))
		}
		*total = t.total
		for _, v := range t.facet(byDay, 0).Values {
			day, err := time.Parse(time.DateOnly, v.Value)
			if err != nil {
				return fmt.Errorf("count %q: %w", q.Text, err)
			}
			begin := every.begin(day)
			if n := len(c.Periods); n == 0 || c.Periods[n-1].Begin.Before(begin) {
				c.Periods = append(c.Periods, Period{Begin: begin})
			}
			add(&c.Periods[len(c.Periods)-1], v.Count)
		}
		return nil
	}
	if err := count(q.all, &c.Total, func(p *Period, n int) { p.Count += n }); err != nil {
		return nil, err
	}
	matches := c.Periods
	c.Periods = nil
	if err := count(q.filters, &c.All, func(p *Period, n int) { p.All += n }); err != nil {
		return nil, err
	}
	// Of two searches one after the other, the second may know more articles, but hardly fewer periods.
	for i := range c.Periods {
		for len(matches) > 0 && matches[0].Begin.Before(c.Periods[i].Begin) {
			matches = matches[1:]
		}
		if len(matches) > 0 && matches[0].Begin.Equal(c.Periods[i].Begin) {
			c.Periods[i].Count = min(matches[0].Count, c.Periods[i].All)
		}
	}
	return c, nil
}
