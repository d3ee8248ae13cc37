package revisit

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// polls counts those of a day at a theta: each source is polled as Next says, for ten days, and stays as it is.
func polls(sources []State, theta time.Duration) float64 {
	n := 0
	for i := range sources {
		s := sources[i]
		start := noon.Add(time.Duration(i%24) * time.Hour)
		for at := start; at.Before(start.Add(10 * day)); n++ {
			if s.Polled = at; s.Failing.Count > 0 {
				s.Failing.At = at
			}
			at = s.Next(at, Params{Theta: theta, Seed: uint64(i)})
		}
	}
	return float64(n) / 10
}

func TestThetaClosedForm(t *testing.T) {
	var (
		sources []State
		demand  Demand
		roots   float64
		r       = rand.New(rand.NewPCG(1, 1))
	)
	for range 500 {
		s := steady(3.7 * math.Exp(1.2*r.NormFloat64()))
		demand.Add(&s, Params{})
		sources = append(sources, s)
		roots += math.Sqrt(s.Rate())
	}
	for _, budget := range []float64{4000, 12_000, 20_000} {
		got := demand.Theta(budget)
		want := time.Duration(roots * roots / (2 * budget * budget) * float64(day))
		if !near(float64(got), float64(want), 0.02) {
			t.Errorf("%g polls: theta %s, by the formula %s", budget, got, want)
		}
		if n := polls(sources, got); !near(n, budget, 0.02) {
			t.Errorf("%g polls: %.0f at theta %s", budget, n, got)
		}
		if n := demand.at(got); !near(n, budget, 1e-6) {
			t.Errorf("%g polls: %.0f at theta %s by the curve", budget, n, got)
		}
	}
}

// The bounds and the hours count: where half of the sources are guarded, hinted, dead or have intervals of their own, and
// others sleep at night, the budget is still met.
func TestThetaWithBounds(t *testing.T) {
	var (
		sources []State
		demand  Demand
		own     = Params{Interval: 10 * time.Minute}
		fixed   float64
		r       = rand.New(rand.NewPCG(2, 2))
	)
	for i := range 800 {
		s := steady(3.7 * math.Exp(1.75*r.NormFloat64()))
		switch i % 8 {
		case 0:
			s.Window, s.Peak = 10, s.Rate()/3
		case 1:
			s.Hints.TTL = time.Hour
		case 2:
			fail(&s, noon, Gone)
		case 3:
			demand.Add(&s, own)
			fixed += day.Minutes() / 10
			continue
		case 4, 5, 6: // by day only
			for h := 6; h < 18; h++ {
				s.Hours[h] = 1000
			}
		}
		demand.Add(&s, Params{})
		sources = append(sources, s)
	}
	for _, budget := range []float64{2000, 10_000, 30_000} {
		theta := demand.Theta(fixed + budget)
		if n := polls(sources, theta); !near(n, budget, 0.05) {
			t.Errorf("%g polls: %.0f at theta %s", budget, n, theta)
		}
	}
}

// Jitter that leans one way counts too.
func TestThetaWithJitter(t *testing.T) {
	guarded, busy := steady(50), steady(20_000)
	guarded.Window, guarded.Peak = 10, 12
	for _, s := range []State{guarded, busy} {
		var demand Demand
		sources := make([]State, 100)
		for i := range sources {
			sources[i] = s
			demand.Add(&s, Params{})
		}
		theta := Longest
		if s == busy {
			theta = time.Second
		}
		if n, want := polls(sources, theta), demand.at(theta); !near(n, want, 0.01) {
			t.Errorf("%.0f polls, %.0f by the curve", n, want)
		}
	}
}

func TestThetaOfImpossibleBudgets(t *testing.T) {
	var demand Demand
	for range 100 {
		s := steady(10)
		demand.Add(&s, Params{})
	}
	if got := demand.Theta(1e9); got != thetaMin {
		t.Errorf("more than can be spent: %s", got)
	}
	for _, budget := range []float64{0, -1, 50} { // once a day is the least
		if got := demand.Theta(budget); got < 1000*day {
			t.Errorf("%g polls: %s", budget, got)
		}
	}
	if n := demand.at(math.MaxInt64); !near(n, 100, 0.06) {
		t.Errorf("at the greatest theta: %.1f polls", n)
	}
	var none Demand
	if got := none.Theta(1000); got != thetaMin || none.at(got) != 0 {
		t.Errorf("no sources: %s", got)
	}
}

// Replicas come to one theta, in whatever order they read, whole or by parts.
func TestThetaOfReplicas(t *testing.T) {
	const n = 3000
	r := rand.New(rand.NewPCG(3, 3))
	states := make([]State, n)
	for i := range states {
		states[i] = steady(3.7 * math.Exp(1.75*r.NormFloat64()))
	}
	var forward, backward Demand
	var parts [3]Demand
	for i := range states {
		forward.Add(&states[i], Params{})
		backward.Add(&states[n-1-i], Params{})
		parts[i%3].Add(&states[i], Params{})
	}
	const budget = 24 * n
	want := forward.Theta(budget)
	if got := backward.Theta(budget); !near(float64(got), float64(want), 1e-9) {
		t.Errorf("read backwards: %s, want %s", got, want)
	}
	for i := range parts {
		if got := parts[i].Theta(budget / 3); !near(float64(got), float64(want), 0.15) {
			t.Errorf("part %d alone: %s, want about %s", i, got, want)
		}
	}
}

// at is how many polls a day the sources take at a θ.
func (d *Demand) at(t time.Duration) float64 {
	step := within(math.Log2(float64(t)/float64(thetaMin)), 0, thetas-1)
	i := min(int(step), thetas-2)
	above, below := d.polls[i], d.polls[i+1]
	if above <= 0 {
		return 0
	}
	return above * math.Pow(below/above, step-float64(i))
}

func BenchmarkDemandAdd(b *testing.B) {
	s := learned()
	var d Demand
	b.ReportAllocs()
	for b.Loop() {
		d.Add(&s, Params{})
	}
}
