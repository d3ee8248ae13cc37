package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A stream that keeps its messages for replay fills up in time. Above trimAbove of its limit what its consumers have
// settled goes, oldest first, down to trimTo: a stream is then full only of work that waits, and waiting slows the
// publishers down.
const (
	trimAbove = 0.8
	trimTo    = 0.6
	trimEvery = 2 * time.Second
)

// trim looks after the stream of a consumer until ctx ends. Only streams that refuse new messages need it, and dead
// letters are never removed.
func (q *Queue) trim(ctx context.Context, c Consumer) {
	if c.Stream != streamRaw && c.Stream != streamExt && c.Stream != streamArticles {
		return
	}
	tick := time.NewTicker(trimEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if n, err := q.trimOnce(ctx, c); err != nil && ctx.Err() == nil {
				slog.Warn("stream not trimmed", "service", q.name, "stream", c.Stream, "error", err)
			} else if n > 0 {
				slog.Info("stream trimmed of what was settled", "service", q.name, "stream", c.Stream, "messages", n)
			}
		}
	}
}

func (q *Queue) trimOnce(ctx context.Context, c Consumer) (removed uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	stream, err := q.js.Stream(ctx, c.Stream)
	if err != nil {
		return 0, err
	}
	info := stream.CachedInfo()
	bytes, limit := float64(info.State.Bytes), float64(info.Config.MaxBytes)
	if bytes <= trimAbove*limit {
		return 0, nil
	}
	share := 1 - trimTo*limit/bytes // of the messages, as if all were of one size
	upTo := info.State.FirstSeq + uint64(share*float64(info.State.Msgs)) + 1
	for _, c := range dividedConsumers(q.Partitions()) {
		if c.Stream != stream.CachedInfo().Config.Name {
			continue
		}
		first, err := firstUnsettled(ctx, stream, c, upTo)
		if err != nil {
			return 0, err
		}
		upTo = min(upTo, first)
	}
	if upTo <= info.State.FirstSeq {
		return 0, nil
	}
	if err := stream.Purge(ctx, jetstream.WithPurgeSequence(upTo)); err != nil {
		return 0, err
	}
	return upTo - info.State.FirstSeq, nil
}

// firstUnsettled is the sequence number of the first message that a consumer has not settled, or the given one where that is
// less. The consumer of a partition that gets few articles lags behind the stream without waiting for anything.
func firstUnsettled(ctx context.Context, stream jetstream.Stream, c Consumer, most uint64) (uint64, error) {
	cons, err := stream.Consumer(ctx, c.Name)
	if err != nil {
		return 0, err
	}
	floor := cons.CachedInfo().AckFloor.Stream
	if c.filter == "" || floor+1 >= most {
		return min(floor+1, most), nil
	}
	msg, err := stream.GetMsg(ctx, floor+1, jetstream.WithGetMsgSubject(c.filter))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return most, nil
	}
	if err != nil {
		return 0, err
	}
	return min(msg.Sequence, most), nil
}

// PurgeArticle removes what ARTICLES keeps of an article and its consumer, the one that is given, has settled.
func (q *Queue) PurgeArticle(ctx context.Context, c Consumer, id string) error {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	subject := "articles.*.*." + token(id)
	if c.filter != "" { // of a partition, whose number is the last token
		subject += ".*"
	}
	stream, err := q.js.Stream(ctx, streamArticles)
	if err == nil {
		var cons jetstream.Consumer
		if cons, err = stream.Consumer(ctx, c.Name); err == nil {
			err = stream.Purge(ctx, jetstream.WithPurgeSubject(subject), jetstream.WithPurgeSequence(cons.CachedInfo().AckFloor.Stream+1))
		}
	}
	if err != nil {
		return fmt.Errorf("purge article %s: %w", id, err)
	}
	return nil
}
