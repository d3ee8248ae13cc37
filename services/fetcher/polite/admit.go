package polite

import (
	"context"
	"slices"
	"sync"
	"time"
)

// workers are the requests that a process makes at a time. Who waits for one is served by class. A quarter of them only
// fresh jobs have, for when all others wait for slow sites.
type workers struct {
	mu      sync.Mutex
	free    int
	others  int // that jobs of other classes than fresh may have, still
	waiting [classes][]chan struct{}
}

func newWorkers(n int) *workers { return &workers{free: n, others: n - n/4} }

func (w *workers) acquire(ctx context.Context, class int) error {
	granted := make(chan struct{})
	w.mu.Lock()
	w.waiting[class] = append(w.waiting[class], granted)
	w.serve()
	w.mu.Unlock()
	select {
	case <-granted:
		return nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.waiting[class], granted); i >= 0 {
		w.waiting[class] = slices.Delete(w.waiting[class], i, i+1)
	} else { // it came at the same time
		w.put(class)
	}
	return ctx.Err()
}

func (w *workers) release(class int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.put(class)
}

func (w *workers) put(class int) {
	w.free++
	if class > 0 {
		w.others++
	}
	w.serve()
}

// serve gives what is free to those who wait. w.mu is held.
func (w *workers) serve() {
	for class := range w.waiting {
		for len(w.waiting[class]) > 0 && w.free > 0 && (class == 0 || w.others > 0) {
			close(w.waiting[class][0])
			w.waiting[class] = slices.Delete(w.waiting[class], 0, 1)
			w.free--
			if class > 0 {
				w.others--
			}
		}
	}
}

// pace is a process's rate of one class: a request in each interval, none saved up.
type pace struct {
	every time.Duration // 0: at any time
	first chan struct{} // held by the first of those who wait; the others line up for it

	mu   sync.Mutex
	next time.Time
	back chan struct{} // closed when one was given back
}

func newPace(rate float64) *pace {
	return &pace{every: perSecond(rate), first: make(chan struct{}, 1), back: make(chan struct{})}
}

// perSecond is the interval of a rate; zero for no limit.
func perSecond(rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / rate)
}

func (p *pace) wait(ctx context.Context) error {
	if p.every == 0 {
		return nil
	}
	select {
	case p.first <- struct{}{}:
		defer func() { <-p.first }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		p.mu.Lock()
		now, at, back := time.Now(), p.next, p.back
		if !at.After(now) {
			p.next = now.Add(p.every)
		}
		p.mu.Unlock()
		if !at.After(now) {
			return nil
		}
		timer := time.NewTimer(at.Sub(now))
		select {
		case <-timer.C:
		case <-back:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// giveBack lets another have what no request was made with.
func (p *pace) giveBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = p.next.Add(-p.every)
	close(p.back)
	p.back = make(chan struct{})
}
