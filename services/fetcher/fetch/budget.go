package fetch

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// What a fetch costs in memory, beside the buffers that grow with its body. Measured: 37 KB for a connection whose body
// does not come, 59 KB with TLS.
const (
	costRequest = 64 << 10
	costReader  = 16 << 10 // of a buffered reader
	costInflate = 48 << 10 // of gzip's and deflate's window and tables
)

// budget bounds the memory of all fetches that are under way, however many those are: a fetch whose server is slow costs
// little, and those beyond the budget wait.
//
// A fetch asks for more while it holds some, so all could come to wait for each other. Therefore one at a time may go
// beyond the budget: it ends, within its own limits, and lets the others on.
type budget struct {
	bytes *semaphore.Weighted
	over  chan struct{} // holds one token while a fetch is beyond the budget
}

func newBudget(bytes int64) *budget {
	return &budget{bytes: semaphore.NewWeighted(bytes), over: make(chan struct{}, 1)}
}

// lease is what one request holds of a budget.
type lease struct {
	budget *budget
	bytes  int64
	over   bool // holds the token, and is not counted any more
}

// begin waits for the first bytes, which are nothing that others could wait for.
func (l *lease) begin(ctx context.Context, n int64) error {
	if err := l.budget.bytes.Acquire(ctx, n); err != nil {
		return err
	}
	l.bytes += n
	return nil
}

// tryMore takes n bytes more if they are there.
func (l *lease) tryMore(n int64) bool {
	if l.over {
		return true
	}
	if !l.budget.bytes.TryAcquire(n) {
		return false
	}
	l.bytes += n
	return true
}

// more waits for n bytes more, or for the token.
func (l *lease) more(ctx context.Context, n int64) error {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	acquired := make(chan error, 1)
	go func() { acquired <- l.budget.bytes.Acquire(waiting, n) }()
	select {
	case err := <-acquired:
		if err == nil {
			l.bytes += n
		}
		return err
	case l.budget.over <- struct{}{}:
		cancel()
		if <-acquired == nil { // both at once
			l.bytes += n
		}
		l.over = true
		return nil
	}
}

// end gives everything back.
func (l *lease) end() {
	l.budget.bytes.Release(l.bytes)
	l.bytes = 0
	if l.over {
		l.over = false
		<-l.budget.over
	}
}
