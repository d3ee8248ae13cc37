package indexer

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/services/indexer/store"
)

// replayMargin is how much earlier than a backup the replay begins: clocks of the machines differ, and articles wait between
// the queue and the record.
const replayMargin = time.Hour

// replayEvery is how often a long replay says how far it is.
const replayEvery = 5 * time.Second

// replay takes in again what arrived since the backup that the record was restored from, from the queue, which keeps it: the
// consumers have settled it, and will not bring it. It comes before anything new, so that of two revisions the later one stays
// the latest. What the record has is not written again, and no publisher is told again.
func (x *indexer) replay(ctx context.Context, q *queue.Queue) error {
	from, err := x.store.ReplayFrom()
	if err != nil || from.IsZero() {
		return err
	}
	begin := time.Now()
	x.log.Info("record was restored: what arrived since is taken in again", "since", from, "margin", replayMargin)
	for _, r := range []struct {
		consumer queue.Consumer
		handle   queue.Handler
	}{{queue.IndexerArticles, x.articles}, {queue.IndexerDLQ, x.failures}} {
		if err := x.replayAll(ctx, q, x.part.of(r.consumer).Subject(), from.Add(-replayMargin), r.handle); err != nil {
			return err
		}
	}
	if err := x.takeDownAgain(ctx, q, from.Add(-replayMargin)); err != nil {
		return err
	}
	if err := x.store.ReplayDone(); err != nil {
		return err
	}
	x.log.Info("record is whole again", "last change", x.store.LastSeq(), "took", time.Since(begin).Round(time.Millisecond))
	return nil
}

// takeDownAgain takes down what was taken down since the backup, as far back as INDEXED tells. What was decided, and by whom, is
// lost with the record of then.
func (x *indexer) takeDownAgain(ctx context.Context, q *queue.Queue, since time.Time) error {
	kept, err := q.Kept(ctx, queue.AllRemovals, since)
	if err != nil {
		return err
	}
	if !kept.Whole {
		x.log.Warn("the queue no longer tells of all takedowns since the backup: repeat them by hand", "since", since)
	}
	for d, err := range kept.All(ctx) {
		if err != nil {
			return err
		}
		var e article.Event
		if err := json.Unmarshal(d.Body, &e); err != nil || e.Reason != article.Takedown || e.Partition != x.part.n {
			continue
		}
		_, _, err = x.store.Takedown(ctx, e.ArticleID, store.Decision{Reason: "taken down before the record was restored", By: "dateline restore"})
		switch {
		case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrHeld):
			x.log.Warn("an article that was taken down since the backup is not taken down again", "article", e.ArticleID, "error", err)
		case err != nil:
			return err
		}
	}
	return nil
}

func (x *indexer) replayAll(ctx context.Context, q *queue.Queue, subject string, since time.Time, handle queue.Handler) error {
	kept, err := q.Kept(ctx, subject, since)
	if err != nil {
		return err
	}
	if !kept.Whole {
		x.log.Warn("the queue no longer keeps all that arrived since the backup: the oldest of it is lost", "subject", subject, "since", since)
	}
	var batch []*queue.Delivery
	size, said := 0, time.Now()
	flush := func() error {
		for len(batch) > 0 {
			outcomes := handle(ctx, batch)
			again := batch[:0]
			for i, o := range outcomes {
				if o.Again() {
					again = append(again, batch[i])
				}
			}
			if batch = again; len(batch) == 0 {
				break
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(storeRetry):
			}
		}
		size = 0
		return nil
	}
	for d, err := range kept.All(ctx) {
		if err != nil {
			return err
		}
		batch, size = append(batch, d), size+len(d.Body)
		if len(batch) < replayBatch && size < replayBytes {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
		if time.Since(said) > replayEvery {
			said = time.Now()
			x.log.Info("articles are taken in again", "subject", subject, "at", d.Sequence, "of", kept.Last)
		}
	}
	return flush()
}

// What one transaction of a replay takes in at most.
const (
	replayBatch = 200
	replayBytes = 2 << 20
)
