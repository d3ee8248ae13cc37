package revisit_test

import (
	"fmt"
	"time"

	"dateline/services/fetcher/revisit"
)

// A feed that shows 20 items is polled for the first time; its items' dates tell how busy it is.
func Example() {
	at := time.Date(2026, 11, 4, 12, 0, 0, 0, time.UTC)
	var dates []time.Time
	for i := range 20 {
		dates = append(dates, at.Add(-time.Duration(i)*2*time.Hour))
	}
	var s revisit.State
	s.Observe(revisit.Poll{At: at, New: 20, Dates: dates, Window: 20, Hints: &revisit.Hints{TTL: 30 * time.Minute}})

	var fleet revisit.Demand // of one source
	fleet.Add(&s, revisit.Params{Seed: 7})
	p := revisit.Params{Theta: fleet.Theta(24), Seed: 7} // 24 polls a day
	fmt.Println(s.Explain(at, p))

	s.Fail(revisit.Failure{At: s.Next(at, p), Class: revisit.StatusClass(503), Why: "status 503"})
	fmt.Println(s.Explain(at.Add(time.Hour), p))
	h := s.Health()
	fmt.Println(h.Status, h.Failures, h.Class, h.Why)
	// Output:
	// 2026-11-04T12:51:01Z: 47m39s by rate; 11 items/day, x1.5 in that hour, theta 12m56s: rate 47m39s, guard 14h24m53s, hint 30m0s
	// 2026-11-04T13:23:25Z: 30m42s by failing; 11 items/day, x0.7 in that hour, theta 12m56s: rate 1h1m23s, guard 14h24m53s, hint 30m0s, backoff x0.5
	// failing 1 temporary status 503
}
