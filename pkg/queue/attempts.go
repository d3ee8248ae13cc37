package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// poisonAttempts is how often a message may be in hand when a process dies before it is held to be the cause.
const poisonAttempts = 5

// attemptLog keeps, durably and for all replicas to see, what each worker has in hand. JetStream counts deliveries too,
// but where the server dies with the worker, as in the all-in-one process, its count is lost (measured: it stays 1 for
// ever). A worker writes one small record a batch, before it begins; a record that a dead worker left names the
// suspects, with the number of times each was one.
type attemptLog struct {
	q      *Queue
	kv     jetstream.KeyValue
	prefix string // of the consumer's keys
	own    string // of this process's keys
	watch  jetstream.KeyWatcher
	done   sync.WaitGroup

	mu     sync.Mutex
	others map[string]map[uint64]int // by key of another process: stream sequence to attempts
}

// openAttempts reads what was left behind, and follows what others write.
func (q *Queue) openAttempts(ctx context.Context, c Consumer) (*attemptLog, error) {
	prefix := strings.ToLower(c.Stream) + "-" + c.Name + "."
	a := &attemptLog{q: q, prefix: prefix, own: prefix + q.instance + ".", others: map[string]map[uint64]int{}}
	fail := func(err error) (*attemptLog, error) {
		return nil, fmt.Errorf("attempt markers of %s: %w", prefix, err)
	}
	for {
		err := a.open(ctx)
		if err == nil {
			break
		}
		slog.Warn("waiting for the attempt markers", "service", q.name, "error", err)
		select {
		case <-ctx.Done():
			return fail(err)
		case <-time.After(500 * time.Millisecond):
		}
	}
	ready := make(chan struct{})
	a.done.Go(func() { a.follow(ready) })
	select {
	case <-ready:
	case <-ctx.Done():
		a.stop()
		return fail(ctx.Err())
	}
	return a, nil
}

func (a *attemptLog) open(ctx context.Context) (err error) {
	if a.kv, err = a.q.js.KeyValue(ctx, attempts); err != nil {
		return err
	}
	a.watch, err = a.kv.WatchFiltered(context.WithoutCancel(ctx), []string{a.prefix + ">"})
	return err
}

func (a *attemptLog) follow(ready chan struct{}) {
	for e := range a.watch.Updates() {
		if e == nil { // all that was there has been read
			close(ready)
			continue
		}
		if strings.HasPrefix(e.Key(), a.own) {
			continue
		}
		var hand map[uint64]int
		if e.Operation() == jetstream.KeyValuePut {
			if err := json.Unmarshal(e.Value(), &hand); err != nil {
				slog.Warn("attempt marker cannot be read", "key", e.Key(), "error", err)
			}
		}
		a.mu.Lock()
		if len(hand) > 0 {
			a.others[e.Key()] = hand
		} else {
			delete(a.others, e.Key())
		}
		a.mu.Unlock()
	}
}

// of is how often the message was in other processes' hands without being settled there, at least the last time.
func (a *attemptLog) of(d *Delivery) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	most := 0
	for _, hand := range a.others {
		most = max(most, hand[d.Sequence])
	}
	return most
}

// begin records what a worker takes in hand, before it does.
func (a *attemptLog) begin(ctx context.Context, worker int, batch []*Delivery) error {
	hand := make(map[uint64]int, len(batch))
	for _, d := range batch {
		hand[d.Sequence] = a.of(d) + 1
	}
	b, err := json.Marshal(hand)
	if err != nil {
		return fmt.Errorf("attempt marker: %w", err)
	}
	return a.q.persist(ctx, attempts, a.own+strconv.Itoa(worker), func(ctx context.Context) error {
		_, err := a.kv.Put(ctx, a.own+strconv.Itoa(worker), b)
		return err
	})
}

// close takes this process's records back: it stops in good order, with nothing in hand.
func (a *attemptLog) close(ctx context.Context) {
	a.stop()
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	keys, err := a.kv.ListKeysFiltered(ctx, a.own+">")
	if err != nil {
		slog.Warn("attempt markers not taken back", "error", err)
		return
	}
	for key := range keys.Keys() {
		if err := a.kv.Delete(ctx, key); err != nil {
			slog.Warn("attempt marker not taken back", "key", key, "error", err)
		}
	}
}

func (a *attemptLog) stop() {
	if err := a.watch.Stop(); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) { // gone with a restarted server
		slog.Warn("attempt markers still watched", "error", err)
	}
	a.done.Wait()
}
