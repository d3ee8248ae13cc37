package dates

import (
	"testing"
	"time"
)

func TestCalendarsAtKnownDays(t *testing.T) {
	for _, c := range []struct {
		calendar         calendar
		year, month, day int
		want             string
	}{
		{jalali, 1403, 1, 1, "2024-03-20"},
		{jalali, 1403, 8, 16, "2024-11-06"},
		{jalali, 1403, 12, 30, "2025-03-20"}, // a leap year's last day
		{jalali, 1404, 1, 1, "2025-03-21"},
		{jalali, 1400, 1, 1, "2021-03-21"},
		{jalali, 1399, 12, 30, "2021-03-20"},
		{jalali, 1375, 1, 1, "1996-03-20"},
		{jalali, 1357, 11, 22, "1979-02-11"},
		{hijri, 1445, 9, 1, "2024-03-11"},
		{hijri, 1446, 1, 1, "2024-07-07"},
		{hijri, 1446, 5, 4, "2024-11-06"},
		{hijri, 1444, 12, 10, "2023-06-28"}, // the Feast of Sacrifice
		{hijri, 1400, 1, 1, "1979-11-21"},
		{hijri, 1399, 12, 29, "1979-11-20"}, // the tabular year before
		{ethiopic, 2017, 1, 1, "2024-09-11"},
		{ethiopic, 2016, 1, 1, "2023-09-12"}, // after a leap year
		{ethiopic, 2015, 13, 6, "2023-09-11"},
		{gregorian, 1970, 1, 1, "1970-01-01"},
		{gregorian, 1969, 12, 31, "1969-12-31"},
		{gregorian, 2024, 2, 29, "2024-02-29"},
	} {
		days, ok := c.calendar.day(c.year, c.month, c.day)
		if got := dateOf(days).Format(time.DateOnly); !ok || got != c.want {
			t.Errorf("%d: %d-%d-%d = %s, %t; want %s", c.calendar, c.year, c.month, c.day, got, ok, c.want)
		}
	}
	for _, c := range []struct {
		calendar         calendar
		year, month, day int
	}{
		{jalali, 1404, 12, 30},
		{jalali, 1403, 7, 31},
		{jalali, 1403, 13, 1},
		{hijri, 1446, 13, 1},
		{hijri, 1446, 1, 31},
		{ethiopic, 2016, 13, 6},
		{ethiopic, 2016, 14, 1},
		{gregorian, 2023, 2, 29},
		{gregorian, 2023, 0, 1},
		{jalali, 403, 1, 1},
	} {
		if days, ok := c.calendar.day(c.year, c.month, c.day); ok {
			t.Errorf("%d: %d-%d-%d = %s", c.calendar, c.year, c.month, c.day, dateOf(days))
		}
	}
}

// Each calendar counts on: the day after the last of a month or year is the first of the next, for two centuries.
func TestCalendarsHaveNoGaps(t *testing.T) {
	for c, months := range map[calendar]int{jalali: 12, ethiopic: 13, gregorian: 12} {
		first, _ := c.day(years[c].first, 1, 1)
		expect := first
		for y := years[c].first; y <= years[c].last; y++ {
			for m := 1; m <= months; m++ {
				for d := 1; d <= 31; d++ {
					days, ok := c.day(y, m, d)
					if !ok {
						continue
					}
					if days != expect {
						t.Fatalf("%d: %d-%d-%d is day %d, want %d", c, y, m, d, days, expect)
					}
					expect++
				}
			}
		}
	}
	last := 0 // the lunar one has months of 29 or 30 days, but for the day where its table ends
	for y := years[hijri].first; y <= years[hijri].last; y++ {
		for m := 1; m <= 12; m++ {
			days, ok := hijri.day(y, m, 1)
			if length := days - last; !ok || last != 0 && length != 29 && length != 30 && (m != 1 || y != ummAlQuraFirst && y != ummAlQuraFirst+len(ummAlQura)) {
				t.Errorf("the month before %d-%d has %d days (%t)", y, m, length, ok)
			}
			last = days
		}
	}
}
