package revisit

import (
	"math"
	"time"
)

const (
	thetas   = 40               // of the curve, each twice the one before
	thetaMin = time.Millisecond // up to 17 item-years
)

// Demand is how many polls a day sources want, as a curve over θ: what sets the fleet's θ from its fetch budget.
//
// With no bounds there is a closed form. A source of λ items a day is polled √(λ/2θ) times a day, so a budget of B polls a
// day is spent where B = Σ√(λ/2θ), which is
//
//	θ = (Σ√λ)² / 2B²
//
// An hour profile f (mean 1) makes λ vary; the square-root law then spends √(λ/2θ) times the mean of √f over the day. Bounds
// (window guards, hints, Shortest and Longest, failures, dead sources, the operator's intervals) make each source's polls
// level off at both ends, so the sum is kept at a ladder of θ and inverted by interpolation on logarithms, which is exact
// for the square root. Simulated fleets keep within 2 % of their budgets.
//
// θ is a function of the registry alone: replicas that each read all of it come to the same θ and need not talk, and no
// poll made or missed feeds back into it.
//
// The zero Demand is that of no sources.
type Demand struct {
	polls [thetas]float64 // a day, by θ
}

func theta(step float64) time.Duration { return time.Duration(math.Exp2(step) * float64(thetaMin)) }

// Add counts a source in. Params are those that Next will have; their Theta plays no part.
func (d *Demand) Add(s *State, p Params) {
	least, most := s.bounds(p)
	fewest, mostPolls := day.Hours()/most.Hours(), day.Hours()/least.Hours()
	if least == most {
		for i := range d.polls {
			d.polls[i] += fewest
		}
		return
	}
	root := 0.0
	for _, f := range s.profile() {
		root += math.Sqrt(f)
	}
	polls := root / 24 * math.Sqrt(s.Rate()/2*day.Hours()/thetaMin.Hours()) // at thetaMin
	for i := range d.polls {
		d.polls[i] += min(max(polls, fewest), mostPolls)
		polls /= math.Sqrt2
	}
}

// bounds are the least and the most that the source's interval can be, whatever theta is, with the jitter to be expected.
func (s *State) bounds(p Params) (least, most time.Duration) {
	at := func(byRate time.Duration) time.Duration {
		d := Decision{ByRate: byRate, Guard: s.guard(), Hint: s.hint(s.Polled)}
		d.Interval, d.Rule = d.bounded()
		if p.Interval > 0 {
			d.Interval, d.Rule = p.Interval, RuleInterval
		}
		s.backOff(&d)
		return d.Interval + time.Duration(jitter/2*lean(d.Rule)*float64(d.Interval))
	}
	return at(0), at(Longest)
}

// Theta is the θ at which the sources take a budget of polls a day. A budget that is more than they can use gives the
// least θ, one that is less than their bounds allow (most sources are polled daily at least) the greatest.
func (d *Demand) Theta(budget float64) time.Duration {
	for i := 1; i < thetas; i++ {
		above, below := d.polls[i-1], d.polls[i]
		if budget < below {
			continue
		}
		if budget >= above {
			return theta(float64(i - 1))
		}
		return theta(float64(i-1) + math.Log(above/budget)/math.Log(above/below))
	}
	return theta(thetas - 1)
}
