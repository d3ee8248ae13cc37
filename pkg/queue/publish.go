package queue

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
	"golang.org/x/sync/errgroup"
)

// ErrTooLarge means that a message exceeds what NATS takes, and always will.
var ErrTooLarge = errors.New("message is larger than the queue takes")

// An atomic batch costs the server a staging store, which takes as long as some forty single messages (measured, with
// fsync always: BenchmarkPublish), and then one fsync. So small ones do not pay; and these bound what one holds.
const (
	batchPays     = 40
	batchMessages = 1000
	batchBytes    = 4 << 20
)

// ackTimeout is how long one attempt at publishing waits.
const ackTimeout = 5 * time.Second

const (
	headerTraceparent = "traceparent" // W3C Trace Context; NATS header names are case-sensitive
	headerCEType      = "ce-type"
	cloudEvents       = "1.0"
)

// Publish publishes messages and returns when each is acknowledged, trying again under the same ids as long as ctx
// lives: while the server is away, while a stream is full, after a lost acknowledgement. Acks are in the order of the
// messages. Several messages for one stream go as atomic batches. A message that can never be taken gives ErrTooLarge
// and no acks.
func (q *Queue) Publish(ctx context.Context, messages ...Message) ([]Ack, error) {
	acks := make([]Ack, len(messages))
	groups := map[string][]int{}
	var order []string
	for i, m := range messages {
		stream := streamOf(m.Subject)
		if stream == "" {
			return nil, fmt.Errorf("publish to %s: no stream takes this subject", m.Subject)
		}
		limit := MaxMessage - 1024 // the queue's own headers need room
		if stream == streamDead {
			limit = MaxPayload - 1024
		}
		if size := headerSize(m.Header) + len(m.Body); size > limit {
			return nil, fmt.Errorf("publish to %s: %w: %d bytes of at most %d", m.Subject, ErrTooLarge, size, limit)
		}
		if groups[stream] == nil {
			order = append(order, stream)
		}
		groups[stream] = append(groups[stream], i)
	}
	g, ctx := errgroup.WithContext(ctx) // each stream has a disk write of its own to wait for
	for _, stream := range order {
		g.Go(func() error { return q.publishTo(ctx, stream, messages, groups[stream], acks) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return acks, nil
}

// publishTo publishes the messages at the given indexes, all of one stream, and fills in their acks.
func (q *Queue) publishTo(ctx context.Context, stream string, messages []Message, at []int, acks []Ack) error {
	atomic := stream != streamJobs && stream != streamSched && stream != streamRefetch
	for len(at) > 0 {
		n, bytes := 0, 0
		for n < len(at) && n < batchMessages && (n == 0 || bytes < batchBytes) {
			bytes += len(messages[at[n]].Body)
			n++
		}
		if !atomic {
			n = 1
		}
		chunk := at[:n]
		at = at[n:]
		if len(chunk) >= batchPays {
			stored, err := q.publishBatch(ctx, stream, messages, chunk, acks)
			if err != nil {
				return err
			}
			if stored {
				continue
			}
		}
		for _, i := range chunk {
			ack, err := q.publishOne(ctx, stream, messages[i])
			if err != nil {
				return err
			}
			acks[i] = ack
		}
	}
	return nil
}

// publishBatch publishes a chunk as one atomic batch. It reports false where the chunk has to go message by message,
// because the stream holds one of them already: an atomic batch with a duplicate is refused whole.
func (q *Queue) publishBatch(ctx context.Context, stream string, messages []Message, chunk []int, acks []Ack) (stored bool, err error) {
	err = q.persist(ctx, stream, messages[chunk[0]].Subject, func(ctx context.Context) error {
		batch := make([]*nats.Msg, len(chunk))
		for n, i := range chunk {
			batch[n] = q.natsMessage(messages[i])
		}
		ack, err := jetstreamext.PublishMsgBatch(ctx, q.js, batch, jetstreamext.BatchFlowControl{}) // one answer, at the end
		if hasCode(err, codeBatchDuplicate) {
			return nil
		}
		if err != nil {
			return err
		}
		stored = true
		for n, i := range chunk {
			acks[i] = Ack{Stream: stream, Sequence: ack.Sequence - uint64(len(chunk)-1-n)}
		}
		return nil
	})
	if stored {
		q.metrics.published.WithLabelValues(stream, "stored").Add(float64(len(chunk)))
	}
	return stored, err
}

func (q *Queue) publishOne(ctx context.Context, stream string, m Message) (Ack, error) {
	var ack Ack
	err := q.persist(ctx, stream, m.Subject, func(ctx context.Context) error {
		var opts []jetstream.PublishOpt
		if m.schedule != nil {
			opts = append(opts, jetstream.WithScheduleAt(m.schedule.at), jetstream.WithScheduleTarget(m.schedule.target))
		}
		a, err := q.js.PublishMsg(ctx, q.natsMessage(m), opts...)
		switch {
		case err == nil:
			ack = Ack{stream, a.Sequence, a.Duplicate}
		case isSubjectFull(err): // a job for the URL is outstanding
			ack = Ack{Stream: stream, Duplicate: true}
		default:
			return err
		}
		return nil
	})
	if err == nil {
		outcome := "stored"
		if ack.Duplicate {
			outcome = "duplicate"
		}
		q.metrics.published.WithLabelValues(stream, outcome).Inc()
	}
	return ack, err
}

// Why publishing is tried again, in metrics and logs.
const (
	retryFull        = "full"
	retryUnavailable = "unavailable"
)

// persist tries to publish until it works, ctx ends, or it never can.
func (q *Queue) persist(ctx context.Context, stream, subject string, try func(context.Context) error) error {
	wait := 50 * time.Millisecond
	for attempt := 1; ; attempt++ {
		actx, cancel := context.WithTimeout(ctx, ackTimeout)
		unlink := context.AfterFunc(q.link(), cancel) // no acknowledgement comes over a connection that is gone
		err := try(actx)
		unlink()
		cancel()
		if err == nil {
			q.unstall(stream)
			return nil
		}
		if errors.Is(err, nats.ErrMaxPayload) || hasCode(err, 10054, 10097) { // larger than max_msg_size; header too large
			return fmt.Errorf("publish to %s: %w: %w", subject, ErrTooLarge, err)
		}
		q.stall(stream, err)
		if ctx.Err() != nil {
			return fmt.Errorf("publish to %s: %w (last: %w)", subject, context.Cause(ctx), err)
		}
		reason := retryUnavailable
		if isStreamFull(err) {
			reason = retryFull
		}
		q.metrics.publishRetries.WithLabelValues(stream, reason).Inc()
		if attempt == 3 {
			slog.Warn("stream does not take messages, trying on", "service", q.name, "stream", stream, "reason", reason, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, 500*time.Millisecond)
	}
}

// Error codes of the JetStream API.
const (
	codeStoreFailed    = 10077 // a full stream, or with discard_new_per_subject a full subject
	codeBatchDuplicate = 10201 // an atomic batch holds an id that the stream has
)

func isSubjectFull(err error) bool {
	return hasCode(err, codeStoreFailed) && strings.Contains(err.Error(), "per subject")
}

func isStreamFull(err error) bool {
	return hasCode(err, codeStoreFailed, 10023, 10047) && !isSubjectFull(err)
}

func (q *Queue) natsMessage(m Message) *nats.Msg {
	h := make(nats.Header, len(m.Header)+7)
	for k, v := range m.Header {
		h[k] = v
	}
	h["Nats-Msg-Id"] = []string{m.ID}
	h["ce-specversion"] = []string{cloudEvents}
	h["ce-id"] = []string{m.ID}
	h["ce-source"] = []string{"dateline/" + q.name}
	h[headerCEType] = []string{m.Type}
	h["ce-time"] = []string{time.Now().UTC().Format(time.RFC3339Nano)}
	if len(h[headerTraceparent]) == 0 {
		h[headerTraceparent] = []string{newTraceparent()}
	}
	return &nats.Msg{Subject: q.subject(&m), Header: h, Data: m.Body}
}

// newTraceparent starts a trace, unsampled: Dateline passes traces on and leaves recording them to others.
func newTraceparent() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	return "00-" + hex.EncodeToString(b[:16]) + "-" + hex.EncodeToString(b[16:]) + "-00"
}

func headerSize(h Header) int {
	n := 0
	for k, vs := range h {
		for _, v := range vs {
			n += len(k) + len(v) + 4
		}
	}
	return n
}
