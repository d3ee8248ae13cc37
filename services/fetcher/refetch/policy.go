// Package refetch decides when a page that was fetched is visited again, and what the answer to a visit means: that the page
// changed, that it is gone, or nothing. It is pure: no clock, no network, and states that are values to store.
package refetch

import (
	"fmt"
	"strings"
	"time"
)

// Policy says how long after its first fetch a page is visited again, each time, the shortest first. A nil Policy says
// nothing; an empty one says never.
type Policy []time.Duration

// Bounds of a policy. Schedules are to the second.
const (
	minStep  = time.Second
	maxStep  = 30 * 24 * time.Hour
	maxSteps = 10
)

const (
	day    = 24 * time.Hour
	never  = "none"
	nobody = "default"
)

// Check tells what is wrong with a policy.
func (p Policy) Check() error {
	if len(p) > maxSteps {
		return fmt.Errorf("%d visits, more than %d", len(p), maxSteps)
	}
	for i, step := range p {
		switch {
		case step < minStep || step > maxStep:
			return fmt.Errorf("%s: 1s to 30d", format(step))
		case i > 0 && step <= p[i-1]:
			return fmt.Errorf("%s is not after %s", format(step), format(p[i-1]))
		}
	}
	return nil
}

// IsZero tells that the policy says nothing.
func (p Policy) IsZero() bool { return p == nil }

// String is the policy as UnmarshalText reads it: 15m,1h,1d.
func (p Policy) String() string {
	switch {
	case p == nil:
		return nobody
	case len(p) == 0:
		return never
	}
	steps := make([]string, len(p))
	for i, step := range p {
		steps[i] = format(step)
	}
	return strings.Join(steps, ",")
}

// MarshalText writes it.
func (p Policy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a list of durations such as 15m,1h,7d, or none, or default for what says nothing. Its error names what
// is wrong.
func (p *Policy) UnmarshalText(b []byte) error {
	switch text := strings.TrimSpace(string(b)); text {
	case "", nobody:
		*p = nil
		return nil
	case never:
		*p = Policy{}
		return nil
	default:
		var read Policy
		for s := range strings.SplitSeq(text, ",") {
			step, err := parse(strings.TrimSpace(s))
			if err != nil {
				return err
			}
			read = append(read, step)
		}
		if err := read.Check(); err != nil {
			return err
		}
		*p = read
		return nil
	}
}

// parse reads a duration, of which d stands for 24 hours.
func parse(s string) (time.Duration, error) {
	wrong := fmt.Errorf("%q is no duration such as 15m, 6h or 7d, nor none", s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := time.ParseDuration(days + "h")
		if err != nil || n > maxStep {
			return 0, wrong
		}
		return 24 * n, nil
	}
	step, err := time.ParseDuration(s)
	if err != nil {
		return 0, wrong
	}
	return step, nil
}

// format is a duration as short as it can be read: 1d rather than 24h0m0s.
func format(d time.Duration) string {
	if d >= day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return Short(d)
}

// Short is a duration as time.ParseDuration reads it, without the units at its end that are zero: 15m rather than 15m0s.
func Short(d time.Duration) string {
	s := d.String()
	if rest, ok := strings.CutSuffix(s, "m0s"); ok {
		s = rest + "m"
	}
	if rest, ok := strings.CutSuffix(s, "h0m"); ok {
		s = rest + "h"
	}
	return s
}

// After is when a page that was fetched first at one time is visited next, after another; false where it is not any more. What
// was missed is not made up for: one visit sees all that has changed.
func (p Policy) After(first, now time.Time) (time.Time, bool) {
	for _, step := range p {
		if at := whole(first.Add(step)); at.After(now) {
			return at, true
		}
	}
	return time.Time{}, false
}

// whole is the second that a time lies in the past of: schedules are to the second, and are not to come early.
func whole(t time.Time) time.Time {
	if s := t.Truncate(time.Second); s.Before(t) {
		return s.Add(time.Second)
	}
	return t
}
