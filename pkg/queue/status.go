package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// StreamStatus is how full a stream is and how far its consumers are.
type StreamStatus struct {
	Name      string
	Messages  uint64
	Bytes     uint64
	Limit     int64
	Consumers []ConsumerStatus
}

// ConsumerStatus is how far a consumer is.
type ConsumerStatus struct {
	Name    string
	Waiting uint64        // not delivered yet
	Unacked int           // delivered and not settled
	Oldest  time.Duration // age of the oldest message not settled, 0 for none

	settled uint64 // every message up to this sequence is
}

// Status tells about all streams of the topology and their consumers.
func (q *Queue) Status(ctx context.Context) ([]StreamStatus, error) {
	partitions, err := q.readPartitions(ctx)
	if err != nil {
		return nil, fmt.Errorf("partitions: %w", err)
	}
	var all []StreamStatus
	for _, s := range streams {
		one, err := q.streamStatus(ctx, s.Name)
		if err != nil {
			return all, err
		}
		for _, c := range dividedConsumers(partitions) {
			if c.Stream == s.Name {
				if err := q.addConsumer(ctx, one, c); err != nil {
					return all, err
				}
			}
		}
		all = append(all, *one)
	}
	return all, nil
}

// status tells about the streams of the given consumers, each once, and of their consumers about those.
func (q *Queue) status(ctx context.Context, of []Consumer) ([]StreamStatus, error) {
	var all []StreamStatus
	var errs []error
	for _, c := range of {
		i := slices.IndexFunc(all, func(s StreamStatus) bool { return s.Name == c.Stream })
		if i < 0 {
			one, err := q.streamStatus(ctx, c.Stream)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			all, i = append(all, *one), len(all)
		}
		if err := q.addConsumer(ctx, &all[i], c); err != nil {
			errs = append(errs, err)
		}
	}
	return all, errors.Join(errs...)
}

func (q *Queue) streamStatus(ctx context.Context, name string) (*StreamStatus, error) {
	s, err := q.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, err)
	}
	info := s.CachedInfo()
	return &StreamStatus{Name: name, Messages: info.State.Msgs, Bytes: info.State.Bytes, Limit: info.Config.MaxBytes}, nil
}

func (q *Queue) addConsumer(ctx context.Context, s *StreamStatus, c Consumer) error {
	cons, err := q.js.Consumer(ctx, c.Stream, c.Name)
	if err != nil {
		return fmt.Errorf("consumer %s of %s: %w", c.Name, c.Stream, err)
	}
	info := cons.CachedInfo()
	k := ConsumerStatus{Name: c.Name, Waiting: info.NumPending, Unacked: info.NumAckPending, settled: info.AckFloor.Stream}
	if k.Waiting > 0 || k.Unacked > 0 {
		stream, err := q.js.Stream(ctx, c.Stream)
		if err != nil {
			return fmt.Errorf("stream %s: %w", c.Stream, err)
		}
		subject := c.filter
		if subject == "" {
			subject = ">"
		}
		msg, err := stream.GetMsg(ctx, k.settled+1, jetstream.WithGetMsgSubject(subject))
		if err == nil {
			k.Oldest = max(time.Since(msg.Time), 0)
		} else if !errors.Is(err, jetstream.ErrMsgNotFound) {
			return fmt.Errorf("oldest message for %s of %s: %w", c.Name, c.Stream, err)
		}
	}
	s.Consumers = append(s.Consumers, k)
	return nil
}
