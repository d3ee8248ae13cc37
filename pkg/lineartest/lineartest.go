// Package lineartest is for tests that show that work grows no faster than its input.
package lineartest

import (
	"runtime"
	"testing"
	"time"
)

// An input 16 times as large takes linear work 16 times as long, and rather more where it no longer fits into caches;
// quadratic work takes 256 times as long.
const (
	factor = 16
	most   = 80
	rounds = 20
	tick   = 100 * time.Microsecond // what is shorter is not told apart
)

// Check fails where work on an input of size n takes far more than 16 times as long as on one of size n/16. prepare makes the
// input and is not timed. The shortest of some runs of each counts, as many as it takes on a noisy machine.
func Check(t *testing.T, name string, n int, prepare func(n int) (work func())) {
	t.Helper()
	if testing.Short() { // as with the race detector, which takes its own time
		t.Skip("a measurement, left out with -short")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	small, large := time.Hour, time.Hour
	once := func(size int, best *time.Duration) {
		work := prepare(size)
		start := clock()
		work()
		*best = min(*best, max(clock()-start, tick))
	}
	for range rounds {
		once(n/factor, &small)
		once(n, &large)
		if large <= most*small {
			return
		}
	}
	t.Errorf("%s: %v for %d, and %v for %d times as much: more than linear", name, small, n/factor, large, factor)
}
