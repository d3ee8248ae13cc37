package revisit

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"dateline/pkg/httprules"
)

// fail has a source fail until it is dead, each time when it is polled next, and returns when that was.
func fail(s *State, from time.Time, class Class) (at time.Time, intervals []time.Duration) {
	at = from
	for range 1000 {
		s.Fail(Failure{At: at, Class: class, Why: "it fails"})
		if s.Health().Status == StatusDead {
			return at, intervals
		}
		next := s.Next(at, Params{})
		intervals = append(intervals, next.Sub(at))
		at = next
	}
	return at, intervals
}

func TestFailureGrowth(t *testing.T) {
	for _, c := range []struct {
		class Class
		first float64 // times the interval
		least int     // days until dead
		most  int
	}{
		{Temporary, 0.5, 28, 30},
		{Soft, 2, 14, 16},
		{Missing, 4, 30, 33},
		{Hard, 4, 7, 9},
		{Gone, 4, 2, 4},
	} {
		s := steady(10)
		well := s.Explain(noon, Params{}).Interval
		start := noon.Add(time.Hour)
		dead, intervals := fail(&s, start, c.class)
		if !within10(intervals[0], time.Duration(c.first*float64(well))) {
			t.Errorf("%s: first retry after %s, the interval was %s", c.class, intervals[0], well)
		}
		for i, d := range intervals[1:] {
			if before := intervals[i]; d < before && d < Longest*8/10 || d > Longest*11/10 {
				t.Errorf("%s: %s after %s", c.class, d, before)
			}
		}
		if days := int(dead.Sub(start) / day); days < c.least || days >= c.most {
			t.Errorf("%s: dead after %d days, want %d to %d", c.class, days, c.least, c.most)
		}

		// Probed monthly, and never given up.
		d := s.Explain(dead, Params{Interval: time.Hour})
		if d.Rule != RuleDead || !within10(d.At.Sub(dead), probeEvery) {
			t.Errorf("%s: dead, and next is %s", c.class, d)
		}
		s.Fail(Failure{At: d.At, Class: c.class})
		if again := s.Next(d.At, Params{}).Sub(d.At); !within10(again, probeEvery) {
			t.Errorf("%s: dead, and the probe after next is after %s", c.class, again)
		}
		if h := s.Health(); !h.Since.Equal(dead) {
			t.Errorf("%s: dead since %s, want %s", c.class, h.Since, dead)
		}

		// Back at once.
		back := d.At.Add(31 * day)
		s.Observe(Poll{At: back, New: 1, Window: 10})
		if d := s.Explain(back, Params{}); s.Health().Status != StatusOK || d.Interval > 12*time.Hour || d.Rule != RuleRate && d.Rule != RuleGuard {
			t.Errorf("%s: it answers, and next is %s", c.class, d)
		}
	}
}

func TestFailuresInMixture(t *testing.T) {
	var s State
	at := noon
	for i := range 40 {
		class := Temporary
		if i%2 == 1 {
			class = Hard
		}
		s.Fail(Failure{At: at, Class: class})
		if s.Health().Status == StatusDead {
			// (1/28 + 1/7) / 2 a day
			if i < 11 || i > 13 {
				t.Errorf("dead after %d days", i)
			}
			return
		}
		at = at.Add(day)
	}
	t.Error("never dead")
}

// Our own absence is not held against a source.
func TestAbsence(t *testing.T) {
	s := steady(10)
	s.Fail(Failure{At: noon, Class: Hard})
	s.Fail(Failure{At: noon.Add(100 * day), Class: Hard})
	if h := s.Health(); h.Status != StatusFailing || h.Failures != 2 {
		t.Errorf("%+v", h)
	}
}

func TestGoneTwice(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration
		class Class
		well  bool // in between
		want  Status
	}{
		{"too soon", 47 * time.Hour, Gone, false, StatusFailing},
		{"48 hours apart", 48 * time.Hour, Gone, false, StatusDead},
		{"then something else", 49 * time.Hour, Temporary, false, StatusFailing},
		{"answered in between", 49 * time.Hour, Gone, true, StatusFailing},
	} {
		s := steady(10)
		s.Fail(Failure{At: noon, Class: Gone})
		if c.well {
			s.Observe(Poll{At: noon.Add(time.Hour)})
		}
		s.Fail(Failure{At: noon.Add(c.after), Class: c.class})
		if got := s.Health().Status; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		name  string
		asked time.Duration
		rule  Rule
		want  time.Duration // exactly; zero: less than two hours
	}{
		{"honoured", 5 * time.Hour, RuleRetryAfter, 5 * time.Hour},
		{"at most a day", 1000 * time.Hour, RuleRetryAfter, httprules.MaxRetryAfter},
		{"sooner than we would come", time.Second, RuleFailing, 0},
		{"none", 0, RuleFailing, 0},
		{"nonsense", -time.Hour, RuleFailing, 0},
	} {
		s := steady(10)
		s.Fail(Failure{At: noon, Class: Temporary, RetryAfter: c.asked})
		d := s.Explain(noon, Params{})
		after := d.At.Sub(noon)
		if d.Rule != c.rule || c.want != 0 && after != c.want || c.want == 0 && after > 2*time.Hour {
			t.Errorf("%s: after %s: %s", c.name, after, d)
		}
		if own := s.Next(noon, Params{Interval: time.Minute}).Sub(noon); own < c.want {
			t.Errorf("%s: after %s with an interval of the operator's", c.name, own)
		}
	}
	s := steady(10)
	s.Fail(Failure{At: noon, Class: Temporary, RetryAfter: 5 * time.Hour})
	s.Observe(Poll{At: noon.Add(5 * time.Hour)})
	if d := s.Explain(s.Polled, Params{}); d.Rule != RuleRate {
		t.Errorf("it answers, and next is %s", d)
	}
}

func TestFailureOfOwnInterval(t *testing.T) {
	s := steady(10)
	s.Fail(Failure{At: noon, Class: Soft})
	if d := s.Explain(noon, Params{Interval: time.Hour}); d.Interval != 2*time.Hour {
		t.Errorf("hourly, and soft: %s", d)
	}
	if d := s.Explain(noon, Params{Interval: 7 * day}); d.Interval != 7*day {
		t.Errorf("weekly, and soft: %s", d)
	}
}

func TestHealth(t *testing.T) {
	s := steady(10)
	if h := s.Health(); h != (Health{Status: StatusOK, Since: noon}) {
		t.Errorf("well: %+v", h)
	}
	s.Fail(Failure{At: noon.Add(time.Hour), Class: Soft, Why: "status 403"})
	s.Fail(Failure{At: noon.Add(3 * time.Hour), Class: Temporary, Why: strings.Repeat("ü\xff", 200)})
	h := s.Health()
	if h.Status != StatusFailing || !h.Since.Equal(noon.Add(time.Hour)) || h.Failures != 2 || h.Class != Temporary {
		t.Errorf("failing: %+v", h)
	}
	if len(h.Why) > maxWhy || !utf8.ValidString(h.Why) {
		t.Errorf("why: %d bytes, %q", len(h.Why), h.Why)
	}
}

func TestStatusClass(t *testing.T) {
	for status, want := range map[int]Class{
		400: Soft, 401: Soft, 403: Soft, 404: Missing, 406: Soft, 408: Temporary, 410: Gone, 418: Soft, 421: Temporary, 425: Temporary, 429: Temporary, 451: Soft,
		500: Temporary, 502: Temporary, 503: Temporary, 504: Temporary, 522: Temporary, 301: Soft, 999: Soft,
	} {
		if got := StatusClass(status); got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
	}
}
