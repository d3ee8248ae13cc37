package fetch

import (
	"context"
	"sync"
	"time"
)

// watch ends a Get whose server takes too long: in all, or to send a body. It stands still while anything but the server
// is waited for, such as a turn at the host, or memory.
type watch struct {
	rate  int           // least bytes a second of a body,
	grace time.Duration // on average of each such time
	abort context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer
	since time.Time     // when it went on; zero while it stands
	left  time.Duration // of the whole time
	body  *wire         // that is being read, or nil
	taken time.Duration // by that body in this grace,
	had   int64         // and its bytes before
}

// newWatch makes a watch that stands.
func newWatch(limits *Limits, abort context.CancelCauseFunc) *watch {
	return &watch{rate: limits.MinRate, grace: limits.Grace, left: limits.Total, abort: abort}
}

// run lets it go on. Its use is run, then reading if there is a body, then stand; and again.
func (w *watch) run() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since = time.Now()
	w.arm()
}

// stand stops it. A body that was being read is so no more.
func (w *watch) stand() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.count()
	w.since, w.body = time.Time{}, nil
}

// reading sets the body that has to come fast enough from now on.
func (w *watch) reading(body *wire) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count()
	w.body, w.taken, w.had = body, 0, 0
	w.arm()
}

// during runs what does not count as the server's time.
func (w *watch) during(wait func() error) error {
	w.mu.Lock()
	w.timer.Stop()
	w.count()
	w.since = time.Time{}
	w.mu.Unlock()
	defer w.run()
	return wait()
}

// count takes what has passed off what is left. w.mu is held.
func (w *watch) count() {
	if w.since.IsZero() {
		return
	}
	now := time.Now()
	passed := now.Sub(w.since)
	w.since = now
	w.left -= passed
	w.taken += passed
}

// arm sets when to look again. w.mu is held.
func (w *watch) arm() {
	next := w.left
	if w.body != nil {
		next = min(next, w.grace-w.taken)
	}
	next = max(next, 0)
	if w.timer == nil {
		w.timer = time.AfterFunc(next, w.look)
		return
	}
	w.timer.Reset(next)
}

func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.since.IsZero() { // stopped a moment ago
		return
	}
	w.count()
	if w.left <= 0 {
		w.abort(errTotal)
		return
	}
	if w.body != nil && w.taken >= w.grace {
		n := w.body.n.Load()
		if float64(n-w.had) < float64(w.rate)*w.taken.Seconds() {
			w.abort(errTooSlow)
			return
		}
		w.taken, w.had = 0, n
	}
	w.arm()
}
