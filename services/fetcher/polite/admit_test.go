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
		var served []int
		work := func(class int) {
			if err := w.acquire(t.Context(), class); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			served = append(served, class)
			mu.Unlock()
			time.Sleep(time.Second)
			w.release(class)
		}
		for range 20 {
			go work(2)
		}
		synctest.Wait()
		if len(served) != 6 {
			t.Errorf("%d of 8 workers do backfill, want 6", len(served))
		}
		for range 4 {
			go work(0)
			go work(1)
		}
		synctest.Wait()
		if len(served) != 8 || served[6] != 0 || served[7] != 0 {
			t.Errorf("fresh jobs wait: %v", served)
		}
		time.Sleep(time.Second + 1)
		synctest.Wait()
		if got := served[8:]; len(got) != 8 || got[0] != 0 || got[1] != 0 || got[2] != 1 || got[5] != 1 || got[6] != 2 {
			t.Errorf("not fresh, retry, backfill: %v", got)
		}
		time.Sleep(time.Minute)
		if len(served) != 28 || w.free != 8 || w.others != 6 {
			t.Errorf("%d served, %d workers free, %d for others", len(served), w.free, w.others)
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
