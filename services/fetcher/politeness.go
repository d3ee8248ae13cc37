package fetcher

import (
	"context"
	"sync"
	"time"
)

// turns keeps requests polite: one at a time to a host, and a pause in between. It is this process's view; several
// replicas are as impolite as they are many.
//
// A job that would have to wait long is not held: it is given a slot, and asked to come again then. So a feed's fifty
// items of one host come back once each, a second apart, and hold no worker meanwhile.
type turns struct {
	stop  context.Context // waiting ends with the service
	delay time.Duration

	mu    sync.Mutex
	hosts map[string]*host
	most  int // hosts before those at rest are forgotten; grows where too few are at rest
}

// host is the state of one.
type host struct {
	busy    bool
	ready   time.Time            // no request before
	next    time.Time            // first slot that is not given away
	spacing time.Duration        // of slots: the delay and what the last request took
	slots   map[string]time.Time // given away, by job
	changed chan struct{}        // closed when busy or ready change
}

const (
	maxWait  = 2 * time.Second // that a worker spends on its turn
	maxHosts = 10_000
	maxLapse = time.Minute // that a slot is kept for a job which does not come
)

func newTurns(stop context.Context, delay time.Duration) *turns {
	return &turns{stop: stop, delay: delay, hosts: map[string]*host{}, most: maxHosts}
}

// take waits for a job's turn at a host. It returns what to call when the request is over; or, where the turn is further
// off than a worker should wait, after which time the job should ask again.
func (t *turns) take(name, job string) (done func(), wait time.Duration) {
	patience := time.Now().Add(maxWait)
	for {
		t.mu.Lock()
		now := time.Now()
		h := t.host(name, now)
		slot, ok := h.slots[job]
		if !ok {
			slot = h.reserve(job, now)
		}
		at := latest(slot, h.ready)
		if !h.busy && !at.After(now) {
			delete(h.slots, job)
			h.busy = true
			t.mu.Unlock()
			return func() { t.end(h, now) }, 0
		}
		if at.After(patience) || !now.Before(patience) {
			if !at.After(now) { // its turn came and the host is still busy: at the end of the line
				at = h.reserve(job, now.Add(h.spacing))
			}
			t.mu.Unlock()
			return nil, max(at.Sub(now), time.Millisecond)
		}
		changed := h.changed
		t.mu.Unlock()
		until := patience
		if at.After(now) {
			until = at
		}
		timer := time.NewTimer(until.Sub(now))
		select {
		case <-timer.C:
		case <-changed:
		case <-t.stop.Done():
			timer.Stop()
			return nil, time.Second
		}
		timer.Stop()
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (h *host) reserve(job string, from time.Time) time.Time {
	slot := latest(from, h.next)
	h.slots[job] = slot
	h.next = slot.Add(h.spacing)
	return slot
}

func (t *turns) end(h *host, started time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	h.busy = false
	h.ready = latest(h.ready, now.Add(t.delay))
	h.spacing = t.delay + now.Sub(started)
	for job, slot := range h.slots {
		if now.Sub(slot) > maxLapse {
			delete(h.slots, job)
		}
	}
	h.signal()
}

// backOff leaves a host alone for a time, as it asked.
func (t *turns) backOff(name string, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	h := t.host(name, now)
	h.ready = latest(h.ready, now.Add(d))
	h.next = latest(h.next, h.ready)
	clear(h.slots) // so that those waiting line up again behind it, and do not come all at once
	h.signal()
}

func (h *host) signal() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// host finds or makes a host's state. t.mu is held.
func (t *turns) host(name string, now time.Time) *host {
	h := t.hosts[name]
	if h == nil {
		if len(t.hosts) >= t.most {
			t.forget(now)
			t.most = max(maxHosts, 2*len(t.hosts))
		}
		h = &host{spacing: t.delay, slots: map[string]time.Time{}, changed: make(chan struct{})}
		t.hosts[name] = h
	}
	return h
}

func (t *turns) forget(now time.Time) {
	for name, h := range t.hosts {
		if !h.busy && h.ready.Before(now) && h.next.Add(maxLapse).Before(now) {
			delete(t.hosts, name)
		}
	}
}
