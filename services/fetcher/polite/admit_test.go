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
		p := pace{every: perSecond(10)}
		begin := time.Now()
		var wg sync.WaitGroup
		for range 21 {
			wg.Go(func() {
				if err := p.wait(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := time.Since(begin); got != 2*time.Second {
			t.Errorf("21 requests at 10 a second took %s", got)
		}
		p.giveBack() // the last of them made no request
		begin = time.Now()
		if err := p.wait(t.Context()); err != nil || time.Since(begin) != 0 {
			t.Errorf("what was given back is had after %s, %v", time.Since(begin), err)
		}
		time.Sleep(time.Hour) // saves nothing up
		begin = time.Now()
		for range 3 {
			_ = p.wait(t.Context())
		}
		if got := time.Since(begin); got != 200*time.Millisecond {
			t.Errorf("three requests after an hour took %s", got)
		}
	})
}
