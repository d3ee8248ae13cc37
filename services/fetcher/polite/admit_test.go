package polite

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// With more backfill than there are workers, a fresh job is served at once, and before all others that wait.
func TestBackfillDoesNotStarveFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkers(8)
		var mu sync.Mutex
		var served [classes]int
		work := func(class int) {
			if err := w.acquire(t.Context(), class); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			served[class]++
			mu.Unlock()
			time.Sleep(time.Second)
			w.release(class)
		}
		soon := func(what string, want [classes]int) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if served != want {
				t.Errorf("%s: %v of fresh, retry and backfill are served, want %v", what, served, want)
			}
		}
		for range 20 {
			go work(2)
		}
		soon("eight workers", [classes]int{0, 0, 6})
		for range 10 {
			go work(0)
			go work(1)
		}
		soon("those kept for fresh", [classes]int{2, 0, 6})
		time.Sleep(time.Second + 1)
		soon("eight are free again", [classes]int{10, 0, 6})
		time.Sleep(time.Second)
		soon("then retries", [classes]int{10, 6, 6})
		time.Sleep(time.Second)
		soon("and the rest of them before backfill", [classes]int{10, 10, 8})
		time.Sleep(time.Minute)
		soon("all", [classes]int{10, 10, 20})
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.free != 8 || w.others != 6 {
			t.Errorf("%d workers free, %d for others", w.free, w.others)
		}
	})
}

func TestOneWorkerServesAll(t *testing.T) {
	w := newWorkers(1)
	for class := range classes {
		if err := w.acquire(t.Context(), class); err != nil {
			t.Fatal(err)
		}
		w.release(class)
	}
}

func TestWhoStopsWaitingTakesNoWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkers(1)
		if err := w.acquire(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.acquire(ctx, 0); err == nil {
			t.Error("a worker that another has")
		}
		w.release(0)
		if w.free != 1 || len(w.waiting[0]) != 0 {
			t.Errorf("%d free, %d waiting", w.free, len(w.waiting[0]))
		}
	})
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(10)
		took := func(n int, early time.Duration) time.Duration {
			begin := time.Now()
			var wg sync.WaitGroup
			for range n {
				wg.Go(func() {
					if err := p.wait(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			if early > 0 {
				time.Sleep(early)
				p.giveBack()
			}
			wg.Wait()
			return time.Since(begin)
		}
		if got := took(21, 0); got != 2*time.Second {
			t.Errorf("21 requests at 10 a second took %s", got)
		}
		if got := took(1, 10*time.Millisecond); got != 10*time.Millisecond {
			t.Errorf("what was given back after 10ms is had after %s", got)
		}
		if got := took(4, 110*time.Millisecond); got != 310*time.Millisecond {
			t.Errorf("four requests, one of them with what was given back, took %s", got)
		}
		time.Sleep(time.Hour) // saves nothing up
		if got := took(3, 0); got != 200*time.Millisecond {
			t.Errorf("three requests after an hour took %s", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := p.wait(ctx); err == nil {
			t.Error("a fourth, at once")
		}
		if got := took(1, 0); got != 99*time.Millisecond {
			t.Errorf("who stopped waiting has the next wait for %s", got)
		}
	})
}
