package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Follow calls f, one after the other, with what appears on a subject from now on, without consuming it. stop ends that.
// Where the stream is not provisioned yet, it waits for that as long as ctx lives.
func (q *Queue) Follow(ctx context.Context, subject string, f func(*Delivery)) (stop func(), err error) {
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}, DeliverPolicy: jetstream.DeliverNewPolicy}
	cons, err := q.js.OrderedConsumer(ctx, streamOf(subject), cfg)
	for ; errors.Is(err, jetstream.ErrStreamNotFound); cons, err = q.js.OrderedConsumer(ctx, streamOf(subject), cfg) {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("follow %s: %w (last: %w)", subject, context.Cause(ctx), err)
		case <-time.After(200 * time.Millisecond):
		}
	}
	if err != nil {
		return nil, fmt.Errorf("follow %s: %w", subject, err)
	}
	cc, err := cons.Consume(func(msg jetstream.Msg) {
		if d, err := newDelivery(msg); err == nil {
			f(d)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("follow %s: %w", subject, err)
	}
	return func() { cc.Stop(); <-cc.Closed() }, nil
}

// Last returns the newest message on a subject, or ErrNotFound.
func (q *Queue) Last(ctx context.Context, subject string) (*Delivery, error) {
	stream, err := q.js.Stream(ctx, streamOf(subject))
	if err != nil {
		return nil, fmt.Errorf("last on %s: %w", subject, err)
	}
	msg, err := stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("last on %s: %w", subject, err)
	}
	return kept(msg), nil
}
