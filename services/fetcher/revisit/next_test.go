package revisit

import (
	"math"
	"strings"
	"testing"
	"time"
)

// steady is a source that has long had so many items a day, at all hours, and was polled at noon.
func steady(perDay float64) State {
	return State{Polled: noon, Items: perDay*(priorDays+5.77) - priorItems, Days: 5.77}
}

// within10 allows for jitter.
func within10(got, want time.Duration) bool { return near(float64(got), float64(want), jitter+0.001) }

func TestSquareRootLaw(t *testing.T) {
	for _, c := range []struct {
		perDay float64
		theta  time.Duration
		want   time.Duration
	}{
		{3.7, 8 * time.Minute, 79 * time.Minute}, // √(2 x 8 min / 3.7 a day)
		{3.7 / 4, 8 * time.Minute, 158 * time.Minute},
		{3.7 * 4, 8 * time.Minute, 39*time.Minute + 30*time.Second},
		{3.7, 32 * time.Minute, 158 * time.Minute},
		{100, 8 * time.Minute, 15*time.Minute + 11*time.Second},
	} {
		s := steady(c.perDay)
		d := s.Explain(noon, Params{Theta: c.theta})
		if d.Rule != RuleRate || !near(float64(d.Interval), float64(c.want), 0.01) {
			t.Errorf("%g a day, theta %s: %s, want %s", c.perDay, c.theta, d, c.want)
		}
		if !within10(d.At.Sub(noon), c.want) {
			t.Errorf("%g a day, theta %s: next after %s, want %s", c.perDay, c.theta, d.At.Sub(noon), c.want)
		}
	}
}

// The waiting time of the items that the profile lets one expect is theta when the poll comes: integrated here minute by
// minute.
func TestProfileMovesThePoll(t *testing.T) {
	s := steady(10)
	for h := 6; h < 18; h++ {
		s.Hours[h] = 60
	}
	profile := s.profile()
	for _, start := range []time.Duration{0, 5*time.Hour + 40*time.Minute, 12 * time.Hour, 17*time.Hour + 59*time.Minute, 23*time.Hour + 30*time.Minute} {
		s.Polled = noon.Truncate(day).Add(start)
		theta := 90 * time.Minute
		d := s.Explain(s.Polled, Params{Theta: theta})
		unseen, waited := 0.0, 0.0
		for at := s.Polled; at.Before(s.Polled.Add(d.ByRate)); at = at.Add(time.Minute) {
			unseen += s.Rate() / (24 * 60) * profile[at.Hour()]
			waited += unseen
		}
		if !near(waited, theta.Minutes(), 0.02) {
			t.Errorf("polled at %s: %.1f minutes have been waited after %s, want %s", start, waited, d.ByRate, theta)
		}
	}
	s.Polled = noon.Truncate(day).Add(20 * time.Hour)
	night := s.Explain(s.Polled, Params{}).ByRate
	s.Polled = noon.Truncate(day).Add(8 * time.Hour)
	if morning := s.Explain(s.Polled, Params{}).ByRate; night < 2*morning {
		t.Errorf("%s at night, %s in the morning", night, morning)
	}
}

func TestRules(t *testing.T) {
	guarded := func(perDay float64, window int, peak float64) State {
		s := steady(perDay)
		s.Window, s.Peak = window, peak
		return s
	}
	hinted := func(perDay float64, h Hints) State {
		s := steady(perDay)
		s.Hints = h.bounded()
		return s
	}
	skipNoon, skipWednesday := Hints{SkipHours: 1<<12 | 1<<13}, Hints{SkipDays: 1 << time.Wednesday}
	for _, c := range []struct {
		name     string
		state    State
		interval time.Duration // Params'
		theta    time.Duration
		rule     Rule
		want     time.Duration
	}{
		{"never polled", State{}, 0, 0, RuleFirst, 0},
		{"never polled, own interval", State{}, time.Hour, 0, RuleFirst, 0},
		{"busiest", steady(20_000), 0, 0, RuleShortest, Shortest},
		{"silent", steady(0.26), 0, 100 * time.Hour, RuleLongest, Longest},

		{"guard: half a peak fills it", guarded(50, 10, 12), 0, 10 * time.Hour, RuleGuard, time.Hour},
		{"guard: below the shortest", guarded(1000, 10, 240), 0, 0, RuleGuard, 3 * time.Minute},
		{"guard: two minutes at least", guarded(1000, 10, 24_000), 0, 0, RuleGuard, guardLeast},
		{"guard: a peak does not last", guarded(12, 20, 6), 0, 100 * time.Hour, RuleGuard, 8 * time.Hour},
		{"guard: large window", guarded(12, 100, 6), 0, time.Hour, RuleRate, 2 * time.Hour},
		{"guard: not for what keeps its items", guarded(12, 0, 6), 0, 100 * time.Hour, RuleRate, 20 * time.Hour},

		{"hint: ttl", hinted(24, Hints{TTL: 45 * time.Minute}), 0, 0, RuleHint, 45 * time.Minute},
		{"hint: sy", hinted(24, Hints{Update: 50 * time.Minute}), 0, 0, RuleHint, 50 * time.Minute},
		{"hint: max-age", hinted(24, Hints{MaxAge: 55 * time.Minute}), 0, 0, RuleHint, 55 * time.Minute},
		{"hint: the longest of them", hinted(24, Hints{MaxAge: 35 * time.Minute, TTL: 40 * time.Minute}), 0, 0, RuleHint, 40 * time.Minute},
		{"hint: an hour at most", hinted(12, Hints{TTL: 7 * day}), 0, time.Minute, RuleHint, time.Hour},
		{"hint: shorter than the rate's", hinted(24, Hints{TTL: 5 * time.Minute}), 0, 0, RuleRate, 31 * time.Minute},
		{"hint: yields to a feed that breaks it", hinted(240, Hints{TTL: time.Hour}), 0, time.Minute, RuleHint, 6 * time.Minute},
		{"hint: negative", hinted(24, Hints{TTL: -time.Hour}), 0, 0, RuleRate, 31 * time.Minute},
		{"hint: skipHours", hinted(20, skipNoon), 0, 0, RuleHint, time.Hour},
		{"hint: other skipHours", hinted(24, Hints{SkipHours: 1 << 3}), 0, 0, RuleRate, 31 * time.Minute},
		{"hint: skipDays", hinted(20, skipWednesday), 0, 0, RuleHint, time.Hour},
		{"hint: other skipDays", hinted(24, Hints{SkipDays: 1 << time.Sunday}), 0, 0, RuleRate, 31 * time.Minute},

		{"own interval: longer", guarded(50, 10, 12), 3 * 24 * time.Hour, 0, RuleInterval, 3 * 24 * time.Hour},
		{"own interval: shorter", hinted(1, Hints{TTL: time.Hour}), time.Minute, 0, RuleInterval, time.Minute},
	} {
		d := c.state.Explain(noon, Params{Theta: c.theta, Interval: c.interval})
		if d.Rule != c.rule || !near(float64(d.Interval), float64(c.want), 0.02) {
			t.Errorf("%s: %s, want %s by %s", c.name, d, c.want, c.rule)
		}
		if !within10(d.At.Sub(noon), c.want) {
			t.Errorf("%s: at %s, want after %s", c.name, d.At, c.want)
		}
	}
	s := guarded(50, 10, 48)
	s.Hints = Hints{TTL: time.Hour}
	if d := s.Explain(noon, Params{Theta: day}); d.Rule != RuleGuard || d.Interval != 15*time.Minute || d.Hint <= d.Interval {
		t.Errorf("a hint against the guard: %s", d)
	}
}

func TestJitter(t *testing.T) {
	s := steady(10)
	seen := map[time.Time]bool{}
	sum := 0.0
	for seed := range uint64(1000) {
		d := s.Explain(noon, Params{Seed: seed})
		if again := s.Next(noon.Add(time.Minute), Params{Seed: seed}); !again.Equal(d.At) {
			t.Fatalf("seed %d: %s, then %s", seed, d.At, again)
		}
		after := d.At.Sub(noon)
		if !within10(after, d.Interval) {
			t.Fatalf("seed %d: after %s, of %s", seed, after, d.Interval)
		}
		seen[d.At] = true
		sum += after.Minutes() / d.Interval.Minutes()
	}
	if len(seen) < 400 || // of 576 seconds
		math.Abs(sum/1000-1) > 0.01 {
		t.Errorf("%d times of 1000, on average %.3f of the interval", len(seen), sum/1000)
	}

	// The window allows no more, and the bounds are bounds.
	s.Window, s.Peak = 10, 12
	silent, busy := steady(0.26), steady(20_000)
	for seed := range uint64(1000) {
		if after := s.Next(noon, Params{Theta: day, Seed: seed}).Sub(noon); after > time.Hour {
			t.Fatalf("guarded: after %s", after)
		}
		if after := silent.Next(noon, Params{Theta: 100 * day, Seed: seed}).Sub(noon); after > Longest {
			t.Fatalf("silent: after %s", after)
		}
		if after := busy.Next(noon, Params{Seed: seed}).Sub(noon); after < Shortest {
			t.Fatalf("busy: after %s", after)
		}
	}
}

func TestNextIsNotInThePast(t *testing.T) {
	s := steady(10)
	late := noon.Add(100 * day)
	if next := s.Next(late, Params{}); !next.Equal(late) {
		t.Errorf("next %s, want %s", next, late)
	}
}

func TestDecisionString(t *testing.T) {
	s := steady(37)
	s.Window, s.Peak, s.Hints = 10, 12, Hints{TTL: 10 * time.Minute}
	s.Fail(Failure{At: noon.Add(time.Hour), Class: Soft})
	got := s.Explain(noon.Add(time.Hour), Params{}).String()
	for _, part := range []string{"2026-11-04T", "by failing", "37 items/day", "theta 8m0s", "guard 1h0m0s", "hint 10m0s", "backoff x2"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not in %q", part, got)
		}
	}
	t.Log(got)
	if got := new(State).Explain(noon, Params{}).String(); got != "2026-11-04T12:00:00Z: never polled" {
		t.Error(got)
	}
}

// learned is a State that has all there is.
func learned() State {
	var s State
	s.Observe(Poll{At: noon, New: 50, Dates: every(17*time.Minute, 50, noon), Window: 50, Hints: &Hints{TTL: time.Minute}})
	follow(&s, noon, 10, 20*time.Minute, 7*time.Minute, 50, true)
	return s
}

func BenchmarkNext(b *testing.B) {
	s := learned()
	b.ReportAllocs()
	for i := range b.N {
		s.Next(s.Polled, Params{Seed: uint64(i)})
	}
}

func BenchmarkObserve(b *testing.B) {
	b.Run("unchanged", func(b *testing.B) {
		s := learned()
		b.ReportAllocs()
		for b.Loop() {
			s.Observe(Poll{At: s.Polled.Add(5 * time.Minute)})
		}
	})
	b.Run("3new", func(b *testing.B) {
		s := learned()
		dates := make([]time.Time, 3)
		b.ReportAllocs()
		for b.Loop() {
			at := s.Polled.Add(20 * time.Minute)
			for i := range dates {
				dates[i] = at.Add(-5 * time.Minute * time.Duration(i+1))
			}
			s.Observe(Poll{At: at, New: 3, Dates: dates, Window: 50})
		}
	})
	b.Run("first", func(b *testing.B) {
		dates := every(17*time.Minute, 50, noon)
		b.ReportAllocs()
		for b.Loop() {
			var s State
			s.Observe(Poll{At: noon, New: 50, Dates: dates, Window: 50})
		}
	})
}
