package search

import (
	"context"
	"fmt"
	"time"
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

// Days are articles by the day that they were published, in order.
type Days struct {
	Total  uint64 // with those of no known day
	Counts []DayCount
}

// DayCount is how many articles are of one day.
type DayCount struct {
	Day   time.Time
	Count int
}

// DaysOf is the days of what ByDay counts, out of a total.
func DaysOf(total uint64, byDay FacetCounts) (Days, error) {
	d := Days{Total: total}
	for _, v := range byDay.Values {
		day, err := time.Parse(time.DateOnly, v.Value)
		if err != nil {
			return d, err
		}
		d.Counts = append(d.Counts, DayCount{day, v.Count})
	}
	return d, nil
}

// Counts counts what matches a query by when it was published, and sets it against all articles that match its filters.
// Articles whose day is not known are in no period.
func (x *Index) Counts(ctx context.Context, q *Query, every Interval) (*Counts, error) {
	days, err := x.backend.Days(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("count %q: %w", q.Text, err)
	}
	c := &Counts{Total: days[0].Total, All: days[1].Total}
	for _, d := range days[1].Counts {
		begin := every.begin(d.Day)
		if n := len(c.Periods); n == 0 || c.Periods[n-1].Begin.Before(begin) {
			c.Periods = append(c.Periods, Period{Begin: begin})
		}
		c.Periods[len(c.Periods)-1].All += d.Count
	}
	// Of two searches one after the other, the second may know more articles, but hardly fewer periods.
	i := 0
	for _, d := range days[0].Counts {
		begin := every.begin(d.Day)
		for i < len(c.Periods) && c.Periods[i].Begin.Before(begin) {
			i++
		}
		if i < len(c.Periods) && c.Periods[i].Begin.Equal(begin) {
			c.Periods[i].Count = min(c.Periods[i].Count+d.Count, c.Periods[i].All)
		}
	}
	return c, nil
}
