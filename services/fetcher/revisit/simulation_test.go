package revisit

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	simFeeds = flag.Int("simulation.feeds", 400, "feeds of the simulation; the full form has 2000")
	simSeeds = flag.Int("simulation.seeds", 2, "seeds that the simulation is run with")
	simAll   = flag.Bool("simulation.all", false, "simulate also budgets of 12 and 6 polls a day and feed, and our policy without its parts")
)

const (
	simWarmUp = 7 // days
	simScored = 14
)

var simStart = time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC) // a Monday

// simFeed is a synthetic feed: when its items appear, and what it shows of them.
type simFeed struct {
	items  []time.Time // in order; the first ones are from before simStart
	window int
	dating int // 0: items have dates; 1: only the day; 2: none
	broken bool
	seed   uint64
}

// simFleet makes feeds: lognormal rates, days and nights by time zone, weekends, days with more news than others, items in
// batches on the half hour, items that follow up on others, windows of 10 to 100 items. Of eight, one is dead: silent, or not
// even there.
func simFleet(feeds int, seed uint64) []simFeed {
	r := rand.New(rand.NewPCG(seed, 1))
	const before = 21 // days that the first windows can show
	days := before + simWarmUp + simScored
	news := make([]float64, days)
	for d := range news {
		news[d] = math.Exp(0.25*r.NormFloat64() - 0.03)
		if r.IntN(10) == 0 {
			news[d] *= 2
		}
	}
	zones := []int{-8, -6, -5, -5, -3, 0, 0, 1, 1, 1, 2, 3, 5, 8, 9, 10}
	windows := []int{10, 10, 10, 15, 20, 20, 20, 25, 30, 50, 50, 100}
	fleet := make([]simFeed, feeds)
	for i := range fleet {
		f := &fleet[i]
		f.seed = r.Uint64()
		f.window = windows[r.IntN(len(windows))]
		f.dating = []int{0, 0, 0, 0, 0, 0, 0, 1, 2, 2}[r.IntN(10)]
		perDay := 3.7 * math.Exp(1.753*r.NormFloat64())
		perDay = min(perDay, 1500)
		zone := zones[r.IntN(len(zones))]
		weekend := 0.3 + 0.6*r.Float64()
		night := 0.02 + 0.2*r.Float64()
		follow := 0.3 * r.Float64()
		batched := r.IntN(4) == 0 && perDay/24 < float64(f.window)/4
		if i%8 == 0 { // dead; but it has a past
			f.broken = i%16 == 0
			for n := range f.window {
				f.items = append(f.items, simStart.AddDate(0, 0, -400-n))
			}
			slices.Reverse(f.items)
			continue
		}
		begin := simStart.AddDate(0, 0, -before)
		for h := range days * 24 {
			at := begin.Add(time.Duration(h) * time.Hour)
			local := at.Add(time.Duration(zone) * time.Hour)
			x := night
			if l := float64(local.Hour()); l >= 6 && l < 23 { // two humps: late morning, and early evening
				x += math.Exp(-(l-10)*(l-10)/18) + 0.8*math.Exp(-(l-17)*(l-17)/14)
			}
			x *= 2.2 // about one on average
			if d := local.Weekday(); d == time.Saturday || d == time.Sunday {
				x *= weekend
			}
			for range poisson(r, (1-follow)*perDay/24*x*news[h/24]) {
				t := at.Add(time.Duration(r.Float64() * float64(time.Hour)))
				for { // and those that follow it
					f.items = append(f.items, t)
					if r.Float64() >= follow {
						break
					}
					t = t.Add(time.Duration(r.ExpFloat64() * float64(20*time.Minute)))
				}
			}
		}
		if batched {
			for j, t := range f.items {
				f.items[j] = t.Truncate(30 * time.Minute).Add(30 * time.Minute)
			}
		}
		slices.SortFunc(f.items, time.Time.Compare)
	}
	return fleet
}

func poisson(r *rand.Rand, mean float64) (n int) {
	for t := r.ExpFloat64(); t < mean; t += r.ExpFloat64() {
		n++
	}
	return n
}

// simPolicy is what is compared.
type simPolicy struct {
	name  string
	every time.Duration // fixed, if not zero
	daily float64       // polls a feed, otherwise
	blind func(*State)  // forgets something after each poll; may be nil
}

// simScore is how a policy did in the scored days.
type simScore struct {
	polls   int
	delays  []float64 // minutes, of the items found
	perFeed float64   // mean of feeds' means
	missed  int
	burst   int // of those missed: pushed out within guardLeast of their appearance
	unlucky int // of those missed: after a poll that failed
	theta   time.Duration
	planned float64 // polls a day at the end, by Demand
}

func (s *simScore) mean() float64 {
	sum := 0.0
	for _, d := range s.delays {
		sum += d
	}
	return sum / float64(max(len(s.delays), 1))
}

func (s *simScore) quantile(q float64) float64 {
	slices.Sort(s.delays)
	return s.delays[int(q*float64(len(s.delays)-1))]
}

// percent of the items there were.
func (s *simScore) percent(n int) float64 {
	return 100 * float64(n) / float64(max(s.missed+len(s.delays), 1))
}

// simulate runs the fleet under a policy, an hour at a time: θ is set by the registry each hour, as it is by reconcile.
func simulate(fleet []simFeed, policy simPolicy, seed uint64) *simScore {
	type source struct {
		State
		next  time.Time
		shown int // items before this one have been seen, or missed
		sum   float64
		found int
	}
	r := rand.New(rand.NewPCG(seed, 2))
	sources := make([]source, len(fleet))
	for i := range sources {
		span := time.Hour
		if policy.every > 0 {
			span = policy.every
		}
		sources[i].next = simStart.Add(time.Duration(r.Int64N(int64(span))))
	}
	score := &simScore{}
	scoredFrom := simStart.AddDate(0, 0, simWarmUp)
	end := scoredFrom.AddDate(0, 0, simScored)
	var dates []time.Time
	for hour := simStart; hour.Before(end); hour = hour.Add(time.Hour) {
		if policy.every == 0 {
			var demand Demand
			for i := range sources {
				demand.Add(&sources[i].State, Params{})
			}
			budget := policy.daily * float64(len(fleet))
			score.theta = demand.Theta(budget)
			score.planned = demand.at(score.theta)
		}
		for i := range sources {
			s, f := &sources[i], &fleet[i]
			for s.next.Before(hour.Add(time.Hour)) {
				at := s.next
				scored := !at.Before(scoredFrom)
				if scored {
					score.polls++
				}
				p := Params{Theta: score.theta, Seed: f.seed}
				switch {
				case f.broken:
					s.Fail(Failure{At: at, Class: Hard, Why: "status 404"})
				case r.IntN(100) == 0:
					s.Fail(Failure{At: at, Class: Temporary, Why: "status 503"})
				default:
					upTo := s.shown
					for upTo < len(f.items) && !f.items[upTo].After(at) {
						upTo++
					}
					first := max(0, upTo-f.window)
					dates = dates[:0]
					for j := s.shown; j < upTo; j++ {
						t := f.items[j]
						switch {
						case j < first: // missed
							if scored && !s.Polled.IsZero() && !t.Before(scoredFrom) {
								score.missed++
								if f.items[j+f.window].Sub(t) <= guardLeast {
									score.burst++
								} else if s.Failing.Count > 0 {
									score.unlucky++
								}
							}
							continue
						case scored && !t.Before(scoredFrom):
							delay := at.Sub(t).Minutes()
							score.delays = append(score.delays, delay)
							s.sum += delay
							s.found++
						}
						switch f.dating {
						case 0:
							dates = append(dates, t)
						case 1:
							dates = append(dates, t.Truncate(day))
						}
					}
					s.Observe(Poll{
						At: at, New: upTo - max(s.shown, first), Dates: dates, Window: upTo - first,
						RolledOver: !s.Polled.IsZero() && s.shown > 0 && first >= s.shown,
					})
					s.shown = upTo
				}
				if policy.blind != nil {
					policy.blind(&s.State)
				}
				if policy.every > 0 {
					s.next = at.Add(policy.every)
				} else {
					s.next = s.Next(at, p)
				}
			}
		}
	}
	feeds := 0
	for i := range sources {
		if s := &sources[i]; s.found > 0 {
			feeds++
			score.perFeed += s.sum / float64(s.found)
		}
	}
	score.perFeed /= float64(max(feeds, 1))
	return score
}

// TestSimulation compares the policy with fixed intervals of the same budget. The full form:
//
//	go test ./services/fetcher/revisit -run Simulation -v -simulation.feeds 2000 -simulation.all
func TestSimulation(t *testing.T) {
	type pair struct {
		fixed, ours simPolicy
		ratio       float64 // of mean delays, at most
		missed      float64 // per cent, at most
	}
	pairs := []pair{{simPolicy{name: "fixed 1h", every: time.Hour}, simPolicy{name: "ours, 24 a day", daily: 24}, 0.5, 0.1}}
	var parts []simPolicy
	if *simAll {
		pairs = append(pairs,
			pair{simPolicy{name: "fixed 2h", every: 2 * time.Hour}, simPolicy{name: "ours, 12 a day", daily: 12}, 0.5, 0.2},
			// So few polls that the guards of busy feeds with small windows take half of them.
			pair{simPolicy{name: "fixed 4h", every: 4 * time.Hour}, simPolicy{name: "ours, 6 a day", daily: 6}, 0.8, 0.4})
		parts = []simPolicy{
			{name: "24, no hours", daily: 24, blind: func(s *State) { s.Hours = [24]float64{} }},
			{name: "24, no guard", daily: 24, blind: func(s *State) { s.Window = 0 }},
		}
	}
	for seed := range uint64(*simSeeds) {
		fleet := simFleet(*simFeeds, seed)
		var table strings.Builder
		fmt.Fprintf(&table, "seed %d: %s; delays in minutes; missed: fell out of the window unseen, of these burst: within %s of appearing, unlucky: after a failed poll\n", seed, describe(fleet), guardLeast)
		fmt.Fprintf(&table, "%-16s %9s %9s %7s %7s %7s %9s %9s %8s %10s %9s\n", "policy", "polls/day", "planned", "mean", "p50", "p90", "per feed", "missed %", "burst %", "unlucky %", "theta")
		run := func(p simPolicy) *simScore {
			s := simulate(fleet, p, seed)
			fmt.Fprintf(&table, "%-16s %9d %9.0f %7.1f %7.1f %7.1f %9.1f %9.3f %8.3f %10.3f %9s\n", p.name, s.polls/simScored, s.planned, s.mean(),
				s.quantile(0.5), s.quantile(0.9), s.perFeed, s.percent(s.missed), s.percent(s.burst), s.percent(s.unlucky), s.theta.Round(time.Second))
			return s
		}
		for _, p := range pairs {
			fixed, ours := run(p.fixed), run(p.ours)
			if most := 1.02 * float64(fixed.polls); float64(ours.polls) > most {
				t.Errorf("seed %d, %s: %d polls, %s has %d", seed, p.ours.name, ours.polls, p.fixed.name, fixed.polls)
			}
			if ours.mean() > p.ratio*fixed.mean() {
				t.Errorf("seed %d, %s: mean delay %.1f minutes, more than %.1f of the %.1f of %s", seed, p.ours.name, ours.mean(), p.ratio, fixed.mean(), p.fixed.name)
			}
			if lost := ours.percent(ours.missed); lost > p.missed {
				t.Errorf("seed %d, %s: %.3f %% of items missed", seed, p.ours.name, lost)
			}
		}
		for _, p := range parts {
			run(p)
		}
		t.Log(table.String())
	}
}

func describe(fleet []simFeed) string {
	perDay := make([]float64, 0, len(fleet))
	for _, f := range fleet {
		n := 0
		for _, at := range f.items {
			if !at.Before(simStart) {
				n++
			}
		}
		if n > 0 {
			perDay = append(perDay, float64(n)/(simWarmUp+simScored))
		}
	}
	slices.Sort(perDay)
	at := func(q float64) float64 { return perDay[int(q*float64(len(perDay)-1))] }
	return fmt.Sprintf("%d feeds, items a day: p50 %.1f, p90 %.0f, p99 %.0f", len(fleet), at(0.5), at(0.9), at(0.99))
}
