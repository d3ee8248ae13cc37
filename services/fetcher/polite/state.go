package polite

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/httprules"
)

const (
	maxFactor = 60 // of the pause, after many answers of 429 or 503
	easeAfter = 20 // other answers, the factor halves
)

const classes = 3

// rank is a class's place; those with a lower rank go first.
func rank(c article.JobClass) int { return max(0, slices.Index(article.JobClasses, c)) }

// state is what is known of a site or an address. The zero state is that of one which nobody has asked yet.
type state struct {
	holder string             // whose request is in flight; empty: none is
	over   time.Time          // when that is over at the latest; with none, when the last one was
	rests  time.Time          // no request before
	next   [classes]time.Time // where the line of each class ends: its first slot that nobody was given
	took   time.Duration      // a request, on average
	factor int                // of the pause
	good   int                // answers since the factor changed
}

// place is what someone in line is judged by.
type place struct {
	class int
	again bool          // had a slot before
	pause time.Duration // wanted before the request, from the end of the last
}

func (s *state) busy(now time.Time) bool { return s.holder != "" && s.over.After(now) }

func (s *state) pause(p place) time.Duration { return time.Duration(max(1, s.factor)) * p.pause }

func (s *state) spacing(p place) time.Duration { return s.pause(p) + s.took }

// spacingAt is the spacing after so long, if all answers until then are good and the factor eases as it does then. Slots are
// given out far ahead, and who has one comes no sooner: at the spacing of now a line would stay as slow as it was when the
// site was overloaded. Who comes too early is only sent to the end once more.
func (s *state) spacingAt(p place, ahead time.Duration) time.Duration {
	for eased, good := *s, s.good; ; good = 0 {
		spacing := eased.spacing(p)
		span := time.Duration(max(1, easeAfter-good)) * spacing
		if eased.factor <= 1 || ahead < span {
			return spacing
		}
		ahead -= span
		eased.factor /= 2
	}
}

// ready is when the site is free for a request, where none is in flight.
func (s *state) ready(p place) time.Time { return latest(s.rests, s.over.Add(s.pause(p))) }

// turn is when someone's turn is; while a request is in flight, when it may be at the earliest.
func (s *state) turn(p place, now time.Time) time.Time {
	var at time.Time
	if !s.busy(now) {
		at = s.ready(p)
	}
	for _, end := range s.next[:p.class] {
		at = latest(at, end)
	}
	if !p.again {
		at = latest(at, s.next[p.class])
	}
	return at
}

// reserve gives out the next slot of a line.
func (s *state) reserve(p place, now time.Time) time.Time {
	slot := now.Add(s.spacing(p))
	if !s.busy(now) {
		slot = s.ready(p)
	}
	for _, end := range s.next[:p.class+1] {
		slot = latest(slot, end)
	}
	s.next[p.class] = slot.Add(s.spacingAt(p, slot.Sub(now)))
	return slot
}

// begin notes a request that is over at a time at the latest.
func (s *state) begin(p place, holder string, now, over time.Time) {
	s.holder, s.over = holder, over
	s.next[p.class] = latest(s.next[p.class], now.Add(s.spacing(p)))
}

// end notes what came of a request. status is zero where there was no answer.
func (s *state) end(p place, began, ended time.Time, status int, retryAfter time.Duration) {
	s.holder, s.over = "", ended
	if took := ended.Sub(began); s.took == 0 {
		s.took = took
	} else {
		s.took += (took - s.took) / 4
	}
	switch {
	case overloaded(status):
		s.factor, s.good = min(2*max(1, s.factor), maxFactor), 0
	case status != 0:
		if s.good++; s.good >= easeAfter {
			s.factor, s.good = s.factor/2, 0
		}
	}
	// The pause is that of whoever wants the longer one: of the request before it, or of the one after it.
	s.rests = latest(latest(s.rests, ended.Add(s.pause(p))), ended.Add(min(retryAfter, httprules.MaxRetryAfter)))
}

// atRest tells that nothing would be lost if the state were forgotten, a pause apart.
func (s *state) atRest(now time.Time) bool {
	last := latest(s.over, s.rests)
	for _, end := range s.next {
		last = latest(last, end)
	}
	return !last.After(now) && s.factor <= 1
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// record is a state as it is kept: times are milliseconds from the moment of writing, negative before it.
type record struct {
	Holder string         `json:"holder,omitempty"`
	Over   int64          `json:"over"`
	Rests  int64          `json:"rests,omitempty"`
	Next   [classes]int64 `json:"next"`
	Took   int64          `json:"took,omitempty"`
	Factor int            `json:"factor,omitempty"`
	Good   int            `json:"good,omitempty"`
}

func (s *state) encode(now time.Time) []byte {
	from := func(t time.Time) int64 { return int64((t.Sub(now) + time.Millisecond - 1) / time.Millisecond) } // not too short
	r := record{Holder: s.holder, Over: from(s.over), Rests: max(0, from(s.rests)), Took: s.took.Milliseconds(), Factor: s.factor, Good: s.good}
	for i, end := range s.next {
		r.Next[i] = max(0, from(end))
	}
	b, err := json.Marshal(r)
	if err != nil { // a string and numbers
		panic(err)
	}
	return b
}

// decode reads a state that was written at a time, or before it.
func decode(b []byte, written time.Time) (state, error) {
	var r record
	if err := json.Unmarshal(b, &r); err != nil {
		return state{}, fmt.Errorf("turns: %w", article.JSONError(err))
	}
	at := func(ms int64) time.Time { return written.Add(time.Duration(ms) * time.Millisecond) }
	s := state{holder: r.Holder, over: at(r.Over), rests: at(r.Rests), took: time.Duration(r.Took) * time.Millisecond, factor: r.Factor, good: r.Good}
	for i, ms := range r.Next {
		s.next[i] = at(ms)
	}
	return s, nil
}
