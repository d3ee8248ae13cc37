package fetcher

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// simulate has jobs for one host come again as they are told, and returns when each had its request.
func simulate(t *turns, jobs int, takes time.Duration) (starts []time.Time, again int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range jobs {
		wg.Go(func() {
			for {
				done, wait := t.take("news.example", fmt.Sprint(i))
				if wait == 0 {
					mu.Lock()
					starts = append(starts, time.Now())
					mu.Unlock()
					time.Sleep(takes)
					done()
					return
				}
				mu.Lock()
				again++
				mu.Unlock()
				time.Sleep(wait)
			}
		})
	}
	wg.Wait()
	return starts, again
}

func TestTurns(t *testing.T) {
	for _, c := range []struct{ delay, takes time.Duration }{{time.Second, 0}, {time.Second, 100 * time.Millisecond}, {time.Second, 10 * time.Second}, {0, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			starts, again := simulate(newTurns(t.Context(), c.delay), 50, c.takes)
			for i := 1; i < len(starts); i++ {
				if pause := starts[i].Sub(starts[i-1]); pause < c.delay+c.takes {
					t.Errorf("%+v: requests %s apart", c, pause)
				}
			}
			if took, least := time.Since(begin), 49*(c.delay+c.takes); took > 2*least+time.Minute || again > 50*8 {
				t.Errorf("%+v: took %s, at best %s, and %d deferrals", c, took, least, again)
			}
			t.Logf("%+v: %s, %d deferrals", c, time.Since(begin), again)
		})
	}
}

func TestTurnsOfOtherHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(t.Context(), time.Hour)
		for i := range 2 * maxHosts {
			if _, wait := turns.take(fmt.Sprint(i), "job"); wait != 0 {
				t.Fatalf("host %d has to wait %s", i, wait)
			}
		}
	})
}

func TestTurnsForgetHostsAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(t.Context(), time.Second)
		for i := range 2 * maxHosts {
			done, _ := turns.take(fmt.Sprint(i), "job")
			done()
			time.Sleep(time.Second)
		}
		if len(turns.hosts) > maxHosts+int(maxLapse/time.Second)+2 {
			t.Errorf("%d hosts are kept", len(turns.hosts))
		}
	})
}

func TestTurnsBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(t.Context(), time.Second)
		begin := time.Now()
		turns.backOff("news.example", time.Hour)
		starts, _ := simulate(turns, 10, 0)
		if got := starts[0].Sub(begin); got < time.Hour {
			t.Errorf("asked after %s", got)
		}
		if got := starts[9].Sub(begin); got > time.Hour+time.Minute {
			t.Errorf("the last was asked for after %s", got)
		}
	})
}

func TestTurnsStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		turns := newTurns(ctx, time.Second)
		if _, wait := turns.take("news.example", "a"); wait != 0 {
			t.Fatal(wait)
		}
		cancel()
		if done, wait := turns.take("news.example", "b"); done != nil || wait == 0 {
			t.Error("a turn was given after the end")
		}
	})
}
