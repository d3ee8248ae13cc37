package revisit

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 4, 12, 0, 0, 0, time.UTC) // a Wednesday

// every makes n dates, a step apart, the newest one step before at.
func every(step time.Duration, n int, at time.Time) []time.Time {
	dates := make([]time.Time, n)
	for i := range dates {
		dates[i] = at.Add(-step * time.Duration(i+1))
	}
	return dates
}

func near(got, want, part float64) bool { return math.Abs(got-want) <= part*want }

func TestFirstPollSeedsTheRate(t *testing.T) {
	pinned := append(every(time.Hour, 19, noon), noon.AddDate(-5, 0, 0))
	sameDay := make([]time.Time, 20)
	for i := range sameDay {
		sameDay[i] = noon.Truncate(day).AddDate(0, 0, -i/5)
	}
	for _, c := range []struct {
		name  string
		dates []time.Time
		shown int
		rate  float64 // a day
		part  float64
	}{
		{"hourly for a day", every(time.Hour, 24, noon), 24, 24, 0.25}, // the prior holds back
		{"20 in 20 minutes", every(time.Minute, 20, noon), 20, 86, 0.1},
		{"hourly for weeks", every(time.Hour, 500, noon), 500, 24, 0.16},
		{"daily", every(day, 30, noon), 30, 1, 0.16},
		{"yearly", every(365*day, 10, noon), 10, 0.05, 0.2},
		{"one pinned item", pinned, 20, 19, 0.2},
		{"days without times", sameDay, 20, 5, 0.25},
		{"no dates", nil, 20, 1.5, 0},
		{"one date", every(time.Hour, 1, noon), 1, 1.5, 0},
		{"all of now", []time.Time{noon, noon, noon, noon}, 4, 1.5, 0},
		{"of the future", every(-time.Hour, 10, noon), 10, 1.5, 0},
		{"nothing shown", nil, 0, 1.5, 0},
	} {
		var s State
		s.Observe(Poll{At: noon, New: c.shown, Dates: c.dates, Window: c.shown})
		if !near(s.Rate(), c.rate, c.part+1e-9) {
			t.Errorf("%s: %.2f items a day, want %.2f", c.name, s.Rate(), c.rate)
		}
		if c.name == "days without times" && s.Hours != [24]float64{} {
			t.Errorf("%s: hours %v", c.name, s.Hours)
		}
	}
}

// follow polls at an interval a source that has an item each step.
func follow(s *State, from time.Time, days int, interval, step time.Duration, window int, dated bool) time.Time {
	at := from
	for ; at.Before(from.Add(time.Duration(days) * day)); at = at.Add(interval) {
		last := s.Polled
		if last.IsZero() {
			s.Observe(Poll{At: at, Window: window})
			continue
		}
		var dates []time.Time
		n := 0
		for t := last.Truncate(step).Add(step); !t.After(at); t = t.Add(step) {
			if n++; dated {
				dates = append(dates, t)
			}
		}
		s.Observe(Poll{At: at, New: n, Dates: dates, Window: window})
	}
	return at
}

func TestRateFollows(t *testing.T) {
	for _, dated := range []bool{true, false} {
		var s State
		at := follow(&s, noon, 30, time.Hour, 30*time.Minute, 20, dated)
		if !near(s.Rate(), 48, 0.16) {
			t.Errorf("dated %t: %.1f items a day, want about 48", dated, s.Rate())
		}
		for range 8 { // two half-lives without an item
			at = at.Add(day)
			s.Observe(Poll{At: at})
		}
		if !near(s.Rate(), 48.0/4, 0.25) {
			t.Errorf("dated %t: %.1f items a day after 8 silent days, want about 12", dated, s.Rate())
		}
	}
}

func TestHoursAreLearned(t *testing.T) {
	var s State
	for h := range 40 * 24 {
		at := noon.Add(time.Duration(h) * time.Hour)
		n := 0
		if hour := at.Hour(); hour > 8 && hour <= 12 { // items from 8 to 12
			n = 3
		}
		s.Observe(Poll{At: at, New: n, Window: 50})
	}
	w := s.profile()
	total := 0.0
	for h, x := range w {
		total += x
		if busy := h >= 8 && h < 12; busy != (x > 1) {
			t.Errorf("hour %d has %.2f times the average", h, x)
		}
	}
	if !near(total, 24, 1e-9) || w[9] < 4 {
		t.Errorf("profile %.2f, sum %.2f", w, total)
	}

	// It has moved to the evening.
	for h := range 60 * 24 {
		at := s.Polled.Add(time.Hour)
		n := 0
		if h%24 < 4 {
			n = 3
		}
		s.Observe(Poll{At: at, New: n, Window: 50})
	}
	if w := s.profile(); slices.Max(w[:]) < 3*w[9] {
		t.Errorf("two months after it moved from the morning the profile is %.2f", w)
	}

	// Eight items are no reason to believe in hours.
	var young State
	young.Observe(Poll{At: noon, New: 8, Dates: every(time.Minute, 8, noon), Window: 8})
	if w := young.profile(); w[11] > 5 {
		t.Errorf("after 8 items the profile is %.2f", w)
	}
}

func TestPeakSpansPolls(t *testing.T) {
	var s State
	s.Observe(Poll{At: noon, Window: 20})
	at := noon
	for range 6 { // six items in each of six polls, 10 minutes apart
		at = at.Add(10 * time.Minute)
		s.Observe(Poll{At: at, New: 6, Window: 20})
	}
	if !near(s.Peak, 36, 0.01) {
		t.Errorf("peak %.1f, want 36 in an hour", s.Peak)
	}
	for range 7 {
		at = at.Add(day)
		s.Observe(Poll{At: at})
	}
	if !near(s.Peak, 18, 0.05) {
		t.Errorf("peak %.1f a week later, want half", s.Peak)
	}
}

func TestWindowIsLearned(t *testing.T) {
	var s State
	poll := func(window int, rolledOver bool) int {
		s.Observe(Poll{At: s.Polled.Add(time.Hour), New: 1, Window: window, RolledOver: rolledOver})
		return s.Window
	}
	s.Observe(Poll{At: noon, New: 20, Window: 20})
	for _, c := range []struct {
		name       string
		window     int
		rolledOver bool
		want       int
	}{
		{"not read", 0, false, 20},
		{"grows at once", 50, false, 50},
		{"a quiet day of a feed that shows a day", 10, false, 45},
		{"too small, as has been seen", 10, true, 10},
	} {
		if got := poll(c.window, c.rolledOver); got != c.want {
			t.Errorf("%s: window of %d, want %d", c.name, got, c.want)
		}
	}
}

func TestRollOver(t *testing.T) {
	// Ten items in 20 minutes, after a month of silence: the month says nothing of the rate, the dates do.
	var s State
	s.Observe(Poll{At: noon, New: 10, Dates: every(10*day, 10, noon), Window: 10})
	later := noon.Add(30 * day)
	s.Observe(Poll{At: later, New: 10, Dates: every(2*time.Minute, 10, later), Window: 10, RolledOver: true})
	if s.Rate() < 5 {
		t.Errorf("dated: %.2f items a day", s.Rate())
	}
	if g := s.guard(); g > 2*time.Hour {
		t.Errorf("dated: guard %s", g)
	}

	// Without dates the window is guarded more closely each time, until it holds.
	s = State{}
	s.Observe(Poll{At: noon, New: 10, Window: 10})
	guard := Longest
	for range 30 {
		next := s.Next(s.Polled, Params{Theta: 1000 * time.Hour})
		s.Observe(Poll{At: next, New: 10, Window: 10, RolledOver: true})
		if g := s.guard(); g > guard+guard/100 {
			t.Fatalf("guard %s after %s", g, guard)
		}
		guard = s.guard()
	}
	if guard > 5*time.Minute {
		t.Errorf("after 30 roll-overs the guard is %s", guard)
	}
}

// A page whose body changes and a sitemap that keeps its URLs are sources too: nothing rolls over.
func TestPagesAndSitemaps(t *testing.T) {
	var page State
	page.Observe(Poll{At: noon, New: 1})
	for at := noon; at.Before(noon.Add(20 * day)); at = at.Add(6 * time.Hour) {
		page.Observe(Poll{At: at.Add(6 * time.Hour), New: 1})
	}
	if !near(page.Rate(), 4, 0.2) {
		t.Errorf("page: %.2f changes a day, want about 4", page.Rate())
	}
	if d := page.Explain(page.Polled, Params{}); d.Guard != 0 || d.Rule != RuleRate {
		t.Errorf("page: %s", d)
	}

	var sitemap State
	sitemap.Observe(Poll{At: noon, New: 50_000, Dates: every(time.Hour, 50_000, noon)})
	if !near(sitemap.Rate(), 24, 0.16) {
		t.Errorf("sitemap: %.2f URLs a day, want about 24", sitemap.Rate())
	}
}

func TestClockBehind(t *testing.T) {
	var s State
	follow(&s, noon, 10, time.Hour, time.Hour, 20, true)
	want := s.Rate()
	s.Observe(Poll{At: s.Polled.Add(-5 * time.Hour), New: 1, Window: 20})
	if !near(s.Rate(), want, 0.1) || s.Polled.Before(noon.Add(9*day)) {
		t.Errorf("rate %.2f was %.2f, polled %s", s.Rate(), want, s.Polled)
	}
	early := s.Polled.Add(-time.Hour)
	if next := s.Next(early, Params{}); next.After(early.Add(Longest + 3*time.Hour)) {
		t.Errorf("next %s, an hour before the last poll", next)
	}
}

func TestJSON(t *testing.T) {
	var s State
	s.Observe(Poll{At: noon, New: 50, Dates: every(17*time.Minute, 50, noon), Window: 50, Hints: &Hints{TTL: time.Hour, SkipHours: 0x3f}})
	follow(&s, noon, 30, 13*time.Minute, 7*time.Minute, 50, true)
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) >= 600 {
		t.Errorf("%d bytes: %s", len(b), b)
	}
	t.Logf("%d bytes: %s", len(b), b)
	s.Fail(Failure{At: s.Polled.Add(time.Hour), Class: Soft, Why: "status 403", RetryAfter: time.Hour})
	if b, err = json.Marshal(s); err != nil {
		t.Fatal(err)
	}
	if len(b) >= 900 {
		t.Errorf("failing: %d bytes: %s", len(b), b)
	}
	var back State
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back != s {
		t.Errorf("came back as\n%+v, was\n%+v", back, s)
	}

	if b, err := json.Marshal(State{}); err != nil || string(b) != "{}" {
		t.Errorf("zero: %s, %v", b, err)
	}
	var old State
	if err := json.Unmarshal([]byte(`{"polled":"2026-11-04T12:00:00Z","window":20,"gone_field":1}`), &old); err != nil {
		t.Fatal(err)
	}
	if d := old.Explain(noon, Params{}); d.Rule != RuleRate || !near(d.Rate, 1.5, 1e-9) {
		t.Errorf("old record: %s", d)
	}
}

// Whatever a record holds and whatever a source tells, the next poll is within its bounds and the record can be written.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{}`), int64(0), 5, int64(-3600), 10, true)
	f.Add([]byte(`{"polled":"2026-11-04T12:00:00Z","items":1e308,"days":-5,"window":-3,"peak":1e300,"hours":[-1,1e308,1e308]}`), int64(100), 2000, int64(7), -1, false)
	f.Add([]byte(`{"polled":"0001-01-02T12:00:00Z","recent":{"hour":-9223372036854775808,"items":[-1,9223372036854775807]}}`), int64(1e6), 3, int64(1), 1<<40, true)
	f.Add([]byte(`{"polled":"9998-01-02T12:00:00Z","failing":{"at":"9999-01-01T00:00:00Z","count":-4,"backoff":-1e300}}`), int64(1e6), 3, int64(-1e10), 9, true)
	f.Add([]byte(`{"failing":{"at":"1960-01-01T00:00:00Z","count":3,"backoff":1e300,"score":1e308,"retry_at":"9999-01-01T00:00:00Z"}}`), int64(1e6), 3, int64(1e10), 9, true)
	f.Fuzz(func(t *testing.T, record []byte, after int64, items int, ago int64, window int, rolledOver bool) {
		var s State
		if json.Unmarshal(record, &s) != nil {
			return
		}
		now := noon.Add(time.Duration(after%1e7) * time.Second)
		check := func() {
			t.Helper()
			d := s.Explain(now, Params{Seed: uint64(after)})
			if d.At.Before(now) || d.At.After(now.Add(probeEvery*11/10)) {
				t.Fatalf("at %s: %s", now, d)
			}
			if s.Health().Status == StatusOK && d.At.After(now.Add(Longest)) {
				t.Fatalf("at %s, and it is well: %s", now, d)
			}
			var demand Demand
			demand.Add(&s, Params{})
			if theta := demand.Theta(24); theta <= 0 {
				t.Fatalf("theta %s of %v", theta, demand)
			}
		}
		check()
		dates := []time.Time{now.Add(time.Duration(ago%1e9) * time.Second), time.Unix(ago, 0), now}
		s.Observe(Poll{At: now, New: max(items, 0) % 5000, Dates: dates, Window: window, RolledOver: rolledOver})
		check()
		s.Fail(Failure{At: now, Class: Class(record), Why: string(record), RetryAfter: time.Duration(ago)})
		check()
		if _, err := json.Marshal(s); err != nil {
			t.Fatal(err)
		}
	})
}
