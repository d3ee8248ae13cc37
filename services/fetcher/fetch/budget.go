package fetch

import (
	"context"
	"errors"

	"golang.org/x/sync/semaphore"
)

// What a fetch costs in memory.
const (
	costConnection = 64 << 10 // measured: 37 KB for one whose body does not come, 59 KB with TLS
	costReader     = 16 << 10 // of a buffered reader
	costInflate    = 48 << 10 // of gzip's and deflate's window and tables

	// costRequest is what each request has from the start: two readers, gzip, and small buffers for a body as transferred
	// and decoded. It is enough for a small page, and for a large one that does not come.
	costRequest = costConnection + 2*costReader + costInflate + 2*smallBuffer

	// growth is the least that a request takes beyond that: enough for nine pages of ten (407 KB decoded at the 90th
	// percentile), so that few have to ask again.
	growth = largeBuffer + 8*smallBuffer
)

var errOverloaded = errors.New("too many bodies are being read for the memory that they may take")

// budget bounds the memory of all fetches that are under way, however many those are; those beyond it wait.
//
// One half is for requests, the other for bodies that grow. So a body waits for other bodies only, and those end: they
// are read, or too slow, or they are given up because they wait for a second piece while they hold a first.
type budget struct {
	half             int64
	requests, bodies *semaphore.Weighted
}

func newBudget(bytes int64) *budget {
	half := max(bytes/2, costRequest, growth)
	return &budget{half: half, requests: semaphore.NewWeighted(half), bodies: semaphore.NewWeighted(half)}
}

// lease is what one request holds of a budget.
type lease struct {
	budget *budget
	body   int64 // bytes of the half for bodies
	spare  int64 // bytes that were taken and are not in use yet
}

// begin waits for what a request needs.
func (l *lease) begin(ctx context.Context) error {
	if err := l.budget.requests.Acquire(ctx, costRequest); err != nil {
		return err
	}
	l.spare = costRequest - costConnection
	return nil
}

// end gives everything back.
func (l *lease) end() {
	l.budget.requests.Release(costRequest)
	l.budget.bodies.Release(l.body)
	l.body, l.spare = 0, 0
}

// hold takes n bytes more for the body of the request at hand.
func (g *get) hold(n int64) error {
	l := &g.lease
	if n <= l.spare {
		l.spare -= n
		return nil
	}
	more := max(n-l.spare, growth)
	if more > l.budget.half-l.body {
		return errOverloaded
	}
	if !l.budget.bodies.TryAcquire(more) {
		err := g.watch.during(func() error {
			ctx := g.ctx
			if l.body > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeoutCause(ctx, g.limits.Grace, errOverloaded)
				defer cancel()
			}
			if l.budget.bodies.Acquire(ctx, more) != nil {
				return context.Cause(ctx)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	l.body += more
	l.spare += more - n
	return nil
}
