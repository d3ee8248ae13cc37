// Package revisit decides when a source is polled next: a feed, a sitemap, a watched page. It is policy alone: no clock, no
// network, no queue. A State goes into the source's record, and the same State and Params give the same answer in every
// replica.
//
//	poll --Observe/Fail--> State --Next/Explain(now, Params)--> time of the next poll, and why
//	                         |                      ^
//	                         +--Demand--Theta(budget)
//
// An item that is found after d has waited d. A source that brings λ items a day and is polled every d days makes its
// items wait λd/2 item-days a day. The least sum of that over all sources, for a number of polls Σ1/d, has d ~ 1/√λ: the
// square-root law. As an index, which takes any λ(t): poll when the items that are expected to be there unseen have waited
// θ together,
//
//	∫∫ λ = θ, which is λd²/2 = θ for a constant λ, and d = √(2θ/λ).
//
// All sources share one θ, and the fetch budget sets it (see Demand). Optima of freshness (Cho and Garcia-Molina) are not
// used: they give up on the busiest feeds, which are what news is about.
package revisit

import (
	"math"
	"slices"
	"time"
)

const (
	halfLife   = 4 * day  // of what is known of the rate
	peakLife   = 7 * day  // half-life of the peak
	hoursLife  = 28 * day // half-life of the profile
	priorItems = 0.3      // the Gamma prior of the rate, 1.5 a day: as if so many items had come
	priorDays  = 0.2      // in so many days. Little, so that a first window that spans minutes has its say
	flat       = 40       // items of no particular hour, that the profile is shrunk with
	peakHours  = 7 * 24   // that are searched for a peak
	maxCount   = 1e9      // of anything, should a record be garbled
	day        = 24 * time.Hour
)

// State is what the polls of one source have taught. The zero State is a source that was never polled. It is JSON in the
// source's record, below 600 bytes; fields that an older record lacks are as good as zero.
type State struct {
	Polled  time.Time   `json:"polled,omitzero"`  // last poll that was answered
	Items   float64     `json:"items,omitempty"`  // new ones, each halved every halfLife
	Days    float64     `json:"days,omitempty"`   // in which they came, halved as they are
	Hours   [24]float64 `json:"hours,omitzero"`   // new items by hour of the day (UTC), halved every hoursLife
	Window  int         `json:"window,omitempty"` // items that the source shows at once; zero where it does not drop old ones
	Peak    float64     `json:"peak,omitempty"`   // most items in two successive hours, halved every peakLife
	Recent  recent      `json:"recent,omitzero"`
	Hints   Hints       `json:"hints,omitzero"`
	Failing failing     `json:"failing,omitzero"`
}

// recent are the items of the last hour that brought any, and of the one before it: a peak begins in one poll and ends in
// another.
type recent struct {
	Hour  int64  `json:"hour"`  // hours since 1970
	Items [2]int `json:"items"` // in that hour and in the one before
}

// Poll is a poll that was answered.
type Poll struct {
	At time.Time

	// New counts items that were never seen before: entries of a feed, URLs of a sitemap, a page's changed body. Zero for
	// a 304 or a body as before.
	New int

	// Dates say when new items were published, in any order. Those that cannot be (before the poll before, after this one)
	// count as not known. On the first poll, or when RolledOver, they are where the rate comes from.
	Dates []time.Time

	// Window is the number of items shown; zero where the body was not read, or the source keeps all its items.
	Window int

	// RolledOver tells that no item of the poll before is shown any more: there may have been others in between.
	RolledOver bool

	// Hints are the feed's wishes; nil leaves those known.
	Hints *Hints
}

// Observe takes in a poll that was answered. A source that had failed, or was dead, is well again.
func (s *State) Observe(p Poll) {
	at := p.At.UTC().Truncate(time.Second)
	first := s.Polled.IsZero()
	if at.Before(s.Polled) { // by a clock that is behind
		at = s.Polled
	}
	if first {
		s.Polled = at
	}
	s.decay(at)
	from, dated := s.Polled, false
	if first || p.RolledOver {
		if start, ok := coverage(p.Dates, at); ok && (first || start.After(from)) {
			from, dated = start, true
		}
	}
	s.Days = round(s.Days+decayedDays(at.Sub(from)), 1e-4)
	if p.New > 0 && from.Before(at) {
		s.count(p, from, at, dated)
	}
	s.window(p)
	if p.Hints != nil {
		s.Hints = p.Hints.bounded()
	}
	s.Polled = at
	s.Failing = failing{}
}

// decay halves what was learned before, as far as its time has come.
func (s *State) decay(at time.Time) {
	gone := at.Sub(s.Polled)
	k := halved(gone, halfLife)
	s.Items = round(within(s.Items*k, 0, maxCount), 1e-4)
	s.Days = within(s.Days*k, 0, maxCount)
	s.Peak = round(within(s.Peak*halved(gone, peakLife), 0, maxCount), 1e-3)
	// Once a day: the little that goes between two polls would be lost in rounding.
	if days := at.Unix()/86400 - s.Polled.Unix()/86400; days > 0 {
		k := halved(time.Duration(min(days, 1000))*day, hoursLife)
		for h := range s.Hours {
			s.Hours[h] = round(within(s.Hours[h]*k, 0, maxCount), 1e-2)
		}
	}
}

// count adds new items that came after from: where they say when, then; the others evenly. Where from is taken from the
// dates, the others are from before it, or it cannot be known.
func (s *State) count(p Poll, from, at time.Time, dated bool) {
	var (
		hours [peakHours + 1]int // items by hours before at's
		hour  = at.Unix() / 3600
		timed = !dated || haveTimes(p.Dates)
		add   = func(t time.Time) {
			s.Items += halved(at.Sub(t), halfLife)
			if !timed {
				return
			}
			s.Hours[t.UTC().Hour()]++
			if ago := hour - t.Unix()/3600; ago < peakHours {
				hours[ago]++
			}
		}
		others = p.New
	)
	for _, t := range p.Dates[:min(len(p.Dates), p.New)] {
		if t.After(from) && !t.After(at) {
			add(t)
			others--
		}
	}
	if !dated {
		step := at.Sub(from) / time.Duration(others+1)
		for i := range others {
			add(from.Add(step * time.Duration(i+1)))
		}
	}
	s.Items = round(s.Items, 1e-4)
	s.peak(&hours, hour)
}

// peak finds the busiest two hours.
func (s *State) peak(hours *[peakHours + 1]int, hour int64) {
	if ago := hour - s.Recent.Hour; ago >= 0 && ago < peakHours {
		hours[ago] += s.Recent.Items[0]
		hours[ago+1] += s.Recent.Items[1]
	}
	for ago := range hours[1:] {
		if n := float64(hours[ago] + hours[ago+1]); n > s.Peak {
			s.Peak = max(s.Peak, round(n*halved(time.Duration(ago)*time.Hour, peakLife), 1e-3))
		}
	}
	for ago := range hours[1:] {
		if hours[ago] > 0 {
			s.Recent = recent{Hour: hour - int64(ago), Items: [2]int{hours[ago], hours[ago+1]}}
			return
		}
	}
}

// window learns how many items the source shows. Some show those of a day, however many: the most of late counts, unless
// the window has just been seen to be too small.
func (s *State) window(p Poll) {
	switch {
	case p.Window <= 0:
	case p.Window > s.Window || p.RolledOver:
		s.Window = p.Window
	default:
		s.Window -= (s.Window - p.Window + 7) / 8
	}
}

// Rate is the number of new items expected a day, on average over the day's hours.
func (s *State) Rate() float64 {
	return within((priorItems+s.Items)/(priorDays+s.Days), 1e-3, 1e6)
}

// profile is each hour's share of a day's items, in parts of the average hour's.
func (s *State) profile() (w [24]float64) {
	total := 0.0
	for h, n := range s.Hours {
		w[h] = within(n, 0, maxCount)
		total += w[h]
	}
	for h := range w {
		w[h] = (24*w[h] + flat) / (total + flat)
	}
	return w
}

// coverage tells since when dates are those of all the items there were, for a source that shows the last so many. A tenth
// of them may be older: items that are pinned, or were taken up from an archive.
func coverage(dates []time.Time, at time.Time) (from time.Time, ok bool) {
	if len(dates) < 2 {
		return time.Time{}, false
	}
	sorted := slices.Clone(dates)
	slices.SortFunc(sorted, time.Time.Compare)
	from = sorted[len(sorted)/10].UTC()
	return from, from.Before(at)
}

// haveTimes tells whether dates have a time of day: not if it is always the same.
func haveTimes(dates []time.Time) bool {
	for _, t := range dates {
		if t.Unix()%86400 != dates[0].Unix()%86400 {
			return true
		}
	}
	return len(dates) < 3
}

// halved is what is left of one after a time.
func halved(d, life time.Duration) float64 { return math.Exp2(-float64(d) / float64(life)) }

// decayedDays are the days of a time up to now, each halved as the items are that came in it.
func decayedDays(d time.Duration) float64 {
	return (1 - halved(d, halfLife)) * halfLife.Hours() / 24 / math.Ln2
}

// round keeps numbers short in JSON.
func round(x, unit float64) float64 { return math.Round(x/unit) / math.Round(1/unit) }

// within bounds x, which may be no number.
func within(x, least, most float64) float64 {
	if !(x > least) {
		return least
	}
	return min(x, most)
}
