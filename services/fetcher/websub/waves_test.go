package websub

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What comes while a call runs is not served by it, but by one that begins later; all of it by one.
func TestWaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			ws    waves
			calls atomic.Int32
			now   atomic.Int32
			all   sync.WaitGroup
		)
		call := func() error {
			calls.Add(1)
			if now.Add(1) > 2 { // one for a, one for b
				t.Error("two calls for one key run at a time")
			}
			time.Sleep(time.Second)
			now.Add(-1)
			return nil
		}
		for i := range 50 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 50 * time.Millisecond)
				came := time.Now()
				if err := ws.do(t.Context(), "a", call); err != nil {
					t.Error(err)
				}
				if i > 0 && time.Since(came) < time.Second {
					t.Errorf("call %d came at %s and was served by one that ran already", i, came)
				}
			})
		}
		for range 5 {
			all.Go(func() { _ = ws.do(t.Context(), "b", call) })
		}
		all.Wait()
		if n := calls.Load(); n != 6 {
			t.Errorf("%d calls, want four for a and two for b", n)
		}
		if len(ws.running) != 0 {
			t.Errorf("%d keys are kept", len(ws.running))
		}
	})
}

func TestWavesFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			ws     waves
			all    sync.WaitGroup
			failed atomic.Int32
			broken = errors.New("broken")
		)
		for range 10 {
			all.Go(func() {
				if errors.Is(ws.do(t.Context(), "a", func() error { time.Sleep(time.Second); return broken }), broken) {
					failed.Add(1)
				}
			})
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		time.Sleep(time.Millisecond)
		if err := ws.do(ctx, "a", nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("one that cannot wait: %v", err)
		}
		all.Wait()
		if failed.Load() != 10 {
			t.Errorf("%d of 10 are told of the failure", failed.Load())
		}
	})
}
