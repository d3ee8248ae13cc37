package queue

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Subjects of all that a stream keeps.
const (
	AllPages        = "raw.>"
	AllPublications = "ext.*"
	AllRemovals     = "indexed.removed.>"
)

// Subject is what a consumer takes in.
func (c Consumer) Subject() string {
	if c.filter != "" {
		return c.filter
	}
	return streams[slices.IndexFunc(streams, func(s jetstream.StreamConfig) bool { return s.Name == c.Stream })].Subjects[0]
}

// Kept is what a stream keeps on a subject, from a time on up to what was the newest when it was asked for.
type Kept struct {
	First, Last uint64 // sequence numbers in the stream; there is nothing where Last is less than First
	Whole       bool   // nothing of that time has been removed for age or room

	subject string
	stream  jetstream.Stream
}

// Size is how many messages there are at most.
func (k *Kept) Size() uint64 { return k.Last + 1 - min(k.First, k.Last+1) }

// Kept finds what is kept on a subject since a time. It reads messages one by one and needs no consumer: of each it asks for
// the next.
func (q *Queue) Kept(ctx context.Context, subject string, since time.Time) (*Kept, error) {
	stream, err := q.js.Stream(ctx, streamOf(subject))
	if err != nil {
		return nil, fmt.Errorf("what is kept on %s: %w", subject, err)
	}
	state := stream.CachedInfo().State
	k := &Kept{First: state.FirstSeq, Last: state.LastSeq, subject: subject, stream: stream}
	for low, high := state.FirstSeq, state.LastSeq+1; low < high; k.First = low { // the first that is not before since
		middle := low + (high-low)/2
		msg, err := stream.GetMsg(ctx, middle, jetstream.WithGetMsgSubject(">"))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			high = middle
		case err != nil:
			return nil, fmt.Errorf("what is kept on %s: %w", subject, err)
		case msg.Time.Before(since):
			low = msg.Sequence + 1
		default:
			high = middle
		}
	}
	k.Whole = state.FirstSeq <= 1 || k.First > state.FirstSeq
	return k, nil
}

// All is the messages in their order, and an error that ends them. What is removed from the stream meanwhile does not come.
func (k *Kept) All(ctx context.Context) iter.Seq2[*Delivery, error] {
	return func(yield func(*Delivery, error) bool) {
		for seq := k.First; seq <= k.Last; seq++ {
			msg, err := k.stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(k.subject))
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("read %s: %w", k.subject, err))
				return
			}
			if msg.Sequence > k.Last {
				return
			}
			seq = msg.Sequence
			if !yield(kept(msg), nil) {
				return
			}
		}
	}
}

// Delivered is a message as a consumer of its stream would be handed it, had it been stored then.
func Delivered(m Message, stored time.Time) *Delivery {
	return &Delivery{Subject: m.Subject, Stream: streamOf(m.Subject), Stored: stored, Attempt: 1, ID: m.ID, Header: m.Header, Body: m.Body}
}

// kept is a message as it is kept, not delivered to any consumer.
func kept(msg *jetstream.RawStreamMsg) *Delivery {
	d := &Delivery{
		Subject: msg.Subject, Stream: streamOf(msg.Subject), Sequence: msg.Sequence, Stored: msg.Time, Attempt: 1,
		ID: msg.Header.Get("Nats-Msg-Id"), Header: msg.Header, Body: msg.Data,
	}
	if d.Stream == streamExt {
		d.Header = foreign(d.Header)
	}
	return d
}
