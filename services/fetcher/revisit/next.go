package revisit

import (
	"fmt"
	"math"
	"time"

	"dateline/pkg/httprules"
)

// Bounds of the time between two polls.
const (
	Shortest = 5 * time.Minute // but guardLeast where the window would roll over
	Longest  = 24 * time.Hour
)

// DefaultTheta serves until the budget has set one: a source of 3.7 items a day is polled every 80 minutes.
const DefaultTheta = 8 * time.Minute

const (
	guardLeast = 2 * time.Minute
	guardFill  = 0.6 // of the window may be new at the next poll
	guardSpan  = 2 * time.Hour
	jitter     = 0.1
)

// Params are what the next poll depends on beside the source's State.
type Params struct {
	Theta    time.Duration // that unseen items may wait together; zero is DefaultTheta
	Interval time.Duration // the operator's own for this source; zero for none. It wins over rate, window, hints and bounds
	Seed     uint64        // any hash of the source's id: it sets jitter, the same in every replica
}

// Rule names what has decided on a poll's time.
type Rule string

// The rules.
const (
	RuleFirst      Rule = "first"       // never polled: now
	RuleRate       Rule = "rate"        // the square-root law
	RuleGuard      Rule = "guard"       // the window could roll over
	RuleHint       Rule = "hint"        // the feed asks for no more
	RuleShortest   Rule = "shortest"    // Shortest
	RuleLongest    Rule = "longest"     // Longest
	RuleInterval   Rule = "interval"    // the operator's
	RuleFailing    Rule = "failing"     // any of those above, times the backoff
	RuleDead       Rule = "dead"        // monthly
	RuleRetryAfter Rule = "retry_after" // the server's
)

// Decision is when a source is polled next, and why.
type Decision struct {
	At       time.Time     `json:"at"`
	Rule     Rule          `json:"rule"`
	Interval time.Duration `json:"interval"`          // that the rule gives, without jitter
	Rate     float64       `json:"rate"`              // items a day
	Hour     float64       `json:"hour"`              // At's hour brings so many times the average hour's items
	Theta    time.Duration `json:"theta"`             // as it was in Params
	ByRate   time.Duration `json:"by_rate"`           // what the square-root law gives, at most Longest
	Guard    time.Duration `json:"guard,omitempty"`   // the most that the window allows; zero where it sets none
	Hint     time.Duration `json:"hint,omitempty"`    // the least that the feed asks for
	Backoff  float64       `json:"backoff,omitempty"` // that failures have grown to; zero where there are none
}

// String says it in a line, for people.
func (d Decision) String() string {
	at := d.At.UTC().Format(time.RFC3339)
	if d.Rule == RuleFirst {
		return at + ": never polled"
	}
	short := func(d time.Duration) string { return d.Round(time.Second).String() }
	places := 0
	if d.Rate < 10 {
		places = 2
	}
	s := fmt.Sprintf("%s: %s by %s; %.*f items/day, x%.1f in that hour, theta %s: rate %s", at, short(d.Interval), d.Rule, places, d.Rate, d.Hour, short(d.Theta), short(d.ByRate))
	if d.Guard > 0 {
		s += ", guard " + short(d.Guard)
	}
	if d.Hint > 0 {
		s += ", hint " + short(d.Hint)
	}
	if d.Backoff > 0 {
		s += fmt.Sprintf(", backoff x%.3g", d.Backoff)
	}
	return s
}

// Next is the time of the next poll, never before now.
func (s *State) Next(now time.Time, p Params) time.Time { return s.Explain(now, p).At }

// Explain is Next with its reasons.
func (s *State) Explain(now time.Time, p Params) Decision {
	if p.Theta <= 0 {
		p.Theta = DefaultTheta
	}
	profile := s.profile()
	d := Decision{At: now, Rule: RuleFirst, Rate: s.Rate(), Hour: profile[now.UTC().Hour()], Theta: p.Theta}
	last := s.Polled
	if s.Failing.Count > 0 {
		last = s.Failing.At
	}
	if last.IsZero() {
		return d
	}
	if last.After(now) { // by a clock that was ahead
		last = now
	}
	d.ByRate = wait(last, d.Rate/24, &profile, p.Theta)
	d.Guard = s.guard()
	d.Hint = s.hint(last.Add(d.ByRate))
	d.Interval, d.Rule = d.bounded()
	if p.Interval > 0 {
		d.Interval, d.Rule = p.Interval, RuleInterval
	}
	s.backOff(&d)
	d.At = last.Add(spread(d.Interval, d.Rule, p.Seed^uint64(last.Unix()))).Truncate(time.Second)
	asked := s.Failing.RetryAt
	if most := last.Add(httprules.MaxRetryAfter); asked.After(most) {
		asked = most
	}
	if asked.After(d.At) {
		d.At, d.Rule = asked, RuleRetryAfter
	}
	if d.At.Before(now) {
		d.At = now
	}
	d.Hour = profile[d.At.UTC().Hour()]
	return d
}

// bounded is the interval by rate within its bounds.
func (d *Decision) bounded() (time.Duration, Rule) {
	interval, rule := d.ByRate, RuleRate
	if interval < Shortest {
		interval, rule = Shortest, RuleShortest
	}
	if interval < d.Hint {
		interval, rule = d.Hint, RuleHint
	}
	if interval >= Longest {
		interval, rule = Longest, RuleLongest
	}
	if d.Guard > 0 && d.Guard < interval {
		interval, rule = d.Guard, RuleGuard
	}
	return interval, rule
}

// wait is the time after a poll in which unseen items are expected to have waited theta together; at most Longest.
func wait(from time.Time, perHour float64, profile *[24]float64, theta time.Duration) time.Duration {
	from = from.UTC()
	var (
		hour    = from.Hour()
		dt      = 1 - float64(from.Minute()*60+from.Second())/3600 // hours until the profile changes
		left    = theta.Hours()
		unseen  float64 // items
		elapsed float64 // hours
	)
	for elapsed < Longest.Hours() {
		rate := perHour * profile[hour]
		waited := (unseen + rate*dt/2) * dt
		if waited >= left {
			// The root of rate x²/2 + unseen x = left that does not cancel.
			x := 2 * left / (unseen + math.Sqrt(unseen*unseen+2*rate*left))
			return min(time.Duration((elapsed+x)*float64(time.Hour)), Longest)
		}
		left -= waited
		unseen += rate * dt
		elapsed += dt
		dt = 1
		hour = (hour + 1) % 24
	}
	return Longest
}

// guard is the time in which what may be filled of the window could be: by two hours as the peak was, and from then on by
// twice the average rate, since no peak goes on all day. Zero is no guard.
func (s *State) guard() time.Duration {
	if s.Window <= 0 || !(s.Peak > 0) {
		return 0
	}
	items := guardFill * float64(s.Window)
	d := items / s.Peak * float64(guardSpan)
	if rest := items - s.Peak; rest > 0 {
		d = float64(guardSpan) + rest/(2*s.Rate())*float64(day)
	}
	return time.Duration(within(d, float64(guardLeast), float64(Longest)))
}

func (s *State) hint(at time.Time) time.Duration {
	return s.Hints.floor(at, time.Duration(float64(day)/s.Rate()))
}

// spread varies an interval by a tenth, so that sources added together do not stay together.
func spread(d time.Duration, rule Rule, seed uint64) time.Duration {
	x := unit(seed)
	if lean := lean(rule); lean == 0 {
		x = 2*x - 1
	} else {
		x *= lean
	}
	return d + time.Duration(jitter*x*float64(d))
}

// lean is the way that an interval may vary: not to more than the window allows, nor to less than the feed asks for.
func lean(rule Rule) float64 {
	switch rule {
	case RuleGuard, RuleLongest:
		return -1
	case RuleHint, RuleShortest:
		return 1
	}
	return 0
}

// unit makes a number in [0, 1) of a seed (SplitMix64: Steele, Lea and Flood, 2014).
func unit(x uint64) float64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}
