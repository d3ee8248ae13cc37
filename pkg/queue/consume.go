package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"dateline/pkg/article"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// Handler does the work of a batch of deliveries and returns one outcome for each, in their order. It may be handed a
// message that it was handed before. A panic is caught: the batch is handed on one by one, and what panics alone is a
// dead letter.
type Handler func(ctx context.Context, batch []*Delivery) []Outcome

// Subscription is a service's work on one consumer.
type Subscription struct {
	Consumer    Consumer
	Workers     int  // batches in hand at a time
	Ordered     bool // Handle is called for one batch at a time, in the stream's order; only settling overlaps
	Batch       int  // most deliveries in a call
	MaxAttempts int  // a delivery that Handle wants to retry as often is a dead letter; 0: retry for ever
	Waits       bool // Handle may wait, or put deliveries off; it calls Begin on each before it works on it
	Handle      Handler
}

// workBytes bounds a batch by what is in it: many short texts are stored with one disk write, and a few large pages do not
// wait for each other.
const workBytes = 2 << 20

// drainGrace is how long in-flight work may take to finish once a service is told to stop.
const drainGrace = 30 * time.Second

// The reasons for dead letters that the queue itself gives.
const (
	reasonPoison    = "poison"
	reasonPanic     = "panic"
	reasonExhausted = "retries_exhausted"
	reasonTooLarge  = "too_large"
)

// Consume works on a consumer until ctx ends; then it finishes what is in hand, hands back what was only fetched ahead,
// and returns. It survives the server's absence and the consumer's.
func (q *Queue) Consume(ctx context.Context, s Subscription) error {
	c := &consumption{q: q, s: s, feed: make(chan *Delivery, min(2*s.Workers*s.Batch, maxPull)), taken: make(chan struct{}, 1), held: map[*Delivery]time.Time{}}
	q.metrics.redelivered.WithLabelValues(s.Consumer.Stream, s.Consumer.Name)
	q.mu.Lock()
	q.consumed = append(q.consumed, s.Consumer)
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		i := slices.Index(q.consumed, s.Consumer)
		q.consumed = slices.Delete(q.consumed, i, i+1)
	}()

	var err error
	if c.attempts, err = q.openAttempts(ctx, s.Consumer); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(drainGrace, stop) })()

	var workers errgroup.Group
	for n := range s.Workers {
		workers.Go(func() error { c.work(ctx, work, n); return nil })
	}
	beats, stopBeats := context.WithCancel(work)
	var beating sync.WaitGroup
	beating.Go(func() { c.heartbeat(beats) })
	beating.Go(func() { c.q.trim(beats, s.Consumer) })

	c.pull(ctx)
	close(c.feed)
	_ = workers.Wait() // workers return no errors
	stopBeats()
	beating.Wait()
	c.attempts.close(work)
	c.flush(work)
	return nil
}

// flush has the server know what was acknowledged and handed back before another process begins: otherwise that one could be
// given later messages first.
func (c *consumption) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	if err := c.q.nc.FlushWithContext(ctx); err != nil {
		slog.Warn("acknowledgements may not have reached the server", "service", c.q.name, "error", err)
	}
}

// consumption is one Consume.
type consumption struct {
	q        *Queue
	s        Subscription
	feed     chan *Delivery // from pull to the workers
	taken    chan struct{}  // tells pull that workers took something from it
	attempts *attemptLog
	turn     sync.Mutex // held while taking, and where the order matters while handling

	mu   sync.Mutex
	held map[*Delivery]time.Time // delivered and not settled, with the time of the last sign of life
}

// pull feeds the workers until ctx ends.
func (c *consumption) pull(ctx context.Context) {
	for ctx.Err() == nil {
		err := c.pullOn(ctx)
		if ctx.Err() != nil {
			return
		}
		slog.Warn("consumer is interrupted, resuming", "service", c.q.name, "stream", c.s.Consumer.Stream, "consumer", c.s.Consumer.Name, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// A request for messages stays open for pullWait. A server that is gone is noticed within two heartbeats.
const (
	pullWait  = 10 * time.Second
	pullBeats = time.Second
)

// pullOn asks for as many messages as the feed has room for, again and again. It never asks for more: what NATS sends
// to a client that does not read is dropped, and comes again only after AckWait.
func (c *consumption) pullOn(ctx context.Context) error {
	cons, err := c.q.js.Consumer(ctx, c.s.Consumer.Stream, c.s.Consumer.Name)
	if err != nil {
		return fmt.Errorf("bind consumer: %w", err)
	}
	for {
		if err := c.pullOnce(ctx, cons); err != nil {
			return err
		}
	}
}

func (c *consumption) pullOnce(ctx context.Context, cons jetstream.Consumer) error {
	room := cap(c.feed) - len(c.feed)
	for ; room < (cap(c.feed)+1)/2; room = cap(c.feed) - len(c.feed) { // few large requests are cheaper than many small ones
		select {
		case <-c.taken:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	wait, cancel := context.WithTimeout(ctx, pullWait)
	defer cancel()
	batch, err := cons.Fetch(room, jetstream.FetchContext(wait), jetstream.FetchHeartbeat(pullBeats), jetstream.FetchMaxBytes(pullBytes))
	if err != nil {
		return fmt.Errorf("pull: %w", err)
	}
	for msg := range batch.Messages() {
		d, err := newDelivery(msg)
		if err != nil {
			return err
		}
		c.q.metrics.delivered.WithLabelValues(c.s.Consumer.Stream, c.s.Consumer.Name).Inc()
		if d.Attempt > 1 {
			c.q.metrics.redelivered.WithLabelValues(c.s.Consumer.Stream, c.s.Consumer.Name).Inc()
		}
		c.hold(d)
		c.feed <- d // there is room
	}
	switch err := batch.Error(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil, errors.Is(err, nats.ErrTimeout), errors.Is(err, context.DeadlineExceeded), errors.Is(err, jetstream.ErrNoHeartbeat),
		errors.Is(err, jetstream.ErrMaxBytesExceeded), errors.Is(err, jetstream.ErrBatchCompleted):
		return nil
	default:
		return fmt.Errorf("pull: %w", err)
	}
}

func newDelivery(msg jetstream.Msg) (*Delivery, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, fmt.Errorf("delivery on %s: %w", msg.Subject(), err)
	}
	h := msg.Headers()
	if meta.Stream == streamExt {
		h = foreign(h)
	}
	d := &Delivery{
		Subject: msg.Subject(), Stream: meta.Stream, Sequence: meta.Sequence.Stream, Stored: meta.Timestamp,
		Attempt: int(meta.NumDelivered), ID: h.Get("Nats-Msg-Id"), Header: h, Body: msg.Data(), msg: msg,
	}
	return d, nil
}

// foreign is a publisher's headers without those by which Dateline's services trust each other.
func foreign(h Header) Header {
	own := Header{}
	for name, v := range h {
		switch {
		case strings.HasPrefix(strings.ToLower(name), "dlq-"):
		case strings.EqualFold(name, article.HeaderOrigin), strings.EqualFold(name, article.HeaderHops), strings.EqualFold(name, article.HeaderReceiptFor), strings.EqualFold(name, article.HeaderReplaces):
		default:
			own[name] = v
		}
	}
	return own
}

func (c *consumption) hold(d *Delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held[d] = time.Now()
}

func (c *consumption) release(d *Delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.held, d)
}

// handBack gives a delivery that nothing was done with to the next process at once.
func (c *consumption) handBack(d *Delivery) {
	c.release(d)
	c.log(d, "handed back", d.msg.Nak())
}

// heartbeat tells the server of the deliveries in hand, so that it does not hand them to others, until ctx ends.
func (c *consumption) heartbeat(ctx context.Context) {
	tick := time.NewTicker(c.s.Consumer.ackWait / 6)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			var due []*Delivery
			c.mu.Lock()
			for d, last := range c.held {
				if now.Sub(last) > c.s.Consumer.ackWait/4 {
					due = append(due, d)
					c.held[d] = now
				}
			}
			c.mu.Unlock()
			for _, d := range due {
				if err := d.msg.InProgress(); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
					c.log(d, "in progress", err)
				}
			}
		}
	}
}

// work takes batches until the feed is closed. ctx tells that the service stops; work is what the work itself runs under.
func (c *consumption) work(ctx, work context.Context, n int) {
	for {
		c.turn.Lock()
		batch := c.take(ctx)
		if batch == nil {
			c.turn.Unlock()
			return
		}
		if !c.s.Ordered {
			c.turn.Unlock()
		}
		// What may have killed a process goes last and alone, so that no more than itself is suspected the next time.
		var calm, suspects []*Delivery
		for _, d := range batch {
			if c.attempts.of(d) == 0 {
				calm = append(calm, d)
			} else {
				suspects = append(suspects, d)
			}
		}
		settle := func() {}
		if len(calm) > 0 {
			settle = c.do(work, n, calm)
		}
		for _, d := range suspects {
			settle()
			if tries := c.attempts.of(d); tries >= poisonAttempts {
				settle = func() {
					c.settle(work, []*Delivery{d}, []Outcome{Dead(reasonPoison, fmt.Errorf("was in hand when the process died, %d times", tries))})
				}
			} else {
				settle = c.do(work, n, []*Delivery{d})
			}
		}
		if c.s.Ordered {
			c.turn.Unlock()
		}
		settle()
	}
}

// take waits for a delivery and takes what else is there, up to a batch; it returns nil when the feed is closed.
func (c *consumption) take(ctx context.Context) []*Delivery {
	var batch []*Delivery
	for d := range c.feed {
		if ctx.Err() != nil {
			c.handBack(d)
			continue
		}
		batch = append(batch, d)
		break
	}
	if batch == nil {
		return nil
	}
	size := len(batch[0].Body)
	for more := true; more && len(batch) < c.s.Batch && size < workBytes; {
		select {
		case d, ok := <-c.feed:
			if more = ok; ok {
				batch, size = append(batch, d), size+len(d.Body)
			}
		default:
			more = false
		}
	}
	select {
	case c.taken <- struct{}{}:
	default:
	}
	return batch
}

// do handles a batch, and returns what is left to do: to settle it.
func (c *consumption) do(ctx context.Context, worker int, batch []*Delivery) (settle func()) {
	if c.s.Waits {
		for _, d := range batch {
			d.begin = func(ctx context.Context) error { return c.attempts.begin(ctx, worker, []*Delivery{d}) }
		}
	} else if err := c.attempts.begin(ctx, worker, batch); err != nil {
		for _, d := range batch {
			c.handBack(d)
		}
		return func() {}
	}
	outcomes, err := c.handle(ctx, batch)
	switch {
	case err == nil:
		return func() { c.settle(ctx, batch, outcomes) }
	case len(batch) == 1:
		slog.Error("handler panicked", "service", c.q.name, "stream", batch[0].Stream, "sequence", batch[0].Sequence, "error", err)
		return func() { c.settle(ctx, batch, []Outcome{Dead(reasonPanic, err)}) }
	default:
		for _, d := range batch {
			c.do(ctx, worker, []*Delivery{d})()
		}
		return func() {}
	}
}

func (c *consumption) handle(ctx context.Context, batch []*Delivery) (outcomes []Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v at %s", r, debug.Stack())
		}
	}()
	outcomes = c.s.Handle(ctx, batch)
	if len(outcomes) != len(batch) {
		return nil, fmt.Errorf("%d outcomes for %d deliveries", len(outcomes), len(batch))
	}
	return outcomes, nil
}

// settle publishes what came of a batch, waits for the acknowledgements, and only then acks the batch. A crash at any
// point has the batch delivered again and published again, under the same ids.
func (c *consumption) settle(ctx context.Context, batch []*Delivery, outcomes []Outcome) {
	var out []Message
	for i, d := range batch {
		out = append(out, c.outgoing(d, &outcomes[i])...)
	}
	_, err := c.q.Publish(ctx, out...)
	if err != nil && errors.Is(err, ErrTooLarge) && ctx.Err() == nil {
		c.settleLarge(ctx, batch, outcomes, err)
		return
	}
	for i, d := range batch {
		c.release(d)
		if err != nil { // the service is stopping: another process takes it
			c.log(d, "handed back", d.msg.Nak())
			continue
		}
		c.acknowledge(d, outcomes[i])
	}
}

// settleLarge settles a batch of which something can never be published: one by one, so that only what is too large
// becomes a dead letter.
func (c *consumption) settleLarge(ctx context.Context, batch []*Delivery, outcomes []Outcome, cause error) {
	if len(batch) > 1 {
		for i, d := range batch {
			c.settle(ctx, []*Delivery{d}, []Outcome{outcomes[i]})
		}
		return
	}
	d := batch[0]
	if _, err := c.q.Publish(ctx, deadLetter(c.q.name, d, reasonTooLarge, cause, true)); err != nil {
		c.handBack(d)
		return
	}
	c.release(d)
	c.acknowledge(d, Dead(reasonTooLarge, cause))
}

// outgoing lists what is to be published before a delivery may be acked. A retry that has been tried often enough
// becomes a dead letter here.
func (c *consumption) outgoing(d *Delivery, o *Outcome) []Message {
	if o.verdict == retry && c.s.MaxAttempts > 0 && d.Attempt >= c.s.MaxAttempts {
		*o = Dead(reasonExhausted, fmt.Errorf("after %d attempts: %w", d.Attempt, o.err), o.out...)
	}
	out := o.out
	if o.verdict == dead {
		out = append(out, deadLetter(c.q.name, d, o.reason, o.err, false))
	}
	if trace := d.Header[headerTraceparent]; len(trace) > 0 {
		for i := range out {
			h := Header{headerTraceparent: trace}
			for k, v := range out[i].Header {
				h[k] = v
			}
			out[i].Header = h
		}
	}
	return out
}

func (c *consumption) acknowledge(d *Delivery, o Outcome) {
	c.q.metrics.settled.WithLabelValues(d.Stream, c.s.Consumer.Name, o.verdict.String()).Inc()
	switch o.verdict {
	case done:
		c.log(d, "ack", d.msg.Ack())
	case dead:
		c.q.metrics.deadLetters.WithLabelValues(o.reason).Inc()
		slog.Warn("message is a dead letter", "service", c.q.name, "reason", o.reason, "subject", d.Subject, "sequence", d.Sequence, "origin", d.Origin(), "error", o.err)
		c.log(d, "term", d.msg.Term())
	case retry:
		after := o.after
		if after <= 0 {
			after = min(time.Second<<min(d.Attempt-1, 10), 5*time.Minute)
		}
		level := slog.LevelInfo
		if o.err == nil { // it only has to wait
			level = slog.LevelDebug
		}
		slog.Log(context.Background(), level, "message will be retried", "service", c.q.name, "subject", d.Subject, "attempt", d.Attempt, "after", after, "error", o.err)
		c.log(d, "nak", d.msg.NakWithDelay(after))
	}
}

// log tells of an acknowledgement that could not be sent; the server will deliver the message again.
func (c *consumption) log(d *Delivery, what string, err error) {
	if err != nil {
		slog.Warn("acknowledgement not sent", "service", c.q.name, "kind", what, "stream", d.Stream, "sequence", d.Sequence, "error", err)
	}
}
