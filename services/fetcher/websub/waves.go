package websub

import (
	"context"
	"sync"
)

// waves turns many calls for the same thing at the same time into few. A call that comes while another runs may not share
// that one's result, since what it is about may have come too late for it; all that come meanwhile share the one after.
type waves struct {
	mu      sync.Mutex
	running map[string]*wave
}

type wave struct {
	done chan struct{} // closed when err is set
	err  error
	next *wave
}

// do calls f, or waits for a call of another that begins no earlier than now.
func (ws *waves) do(ctx context.Context, key string, f func() error) error {
	ws.mu.Lock()
	before := ws.running[key]
	if before == nil {
		w := &wave{done: make(chan struct{})}
		if ws.running == nil {
			ws.running = map[string]*wave{}
		}
		ws.running[key] = w
		ws.mu.Unlock()
		return ws.run(key, w, f)
	}
	if w := before.next; w != nil {
		ws.mu.Unlock()
		select {
		case <-w.done:
			return w.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	w := &wave{done: make(chan struct{})}
	before.next = w
	ws.mu.Unlock()
	<-before.done // others wait for this call: it does not give up
	return ws.run(key, w, f)
}

func (ws *waves) run(key string, w *wave, f func() error) error {
	w.err = f()
	ws.mu.Lock()
	if w.next != nil {
		ws.running[key] = w.next
	} else {
		delete(ws.running, key)
	}
	ws.mu.Unlock()
	close(w.done)
	return w.err
}
