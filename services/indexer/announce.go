package indexer

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
)

// announceBatch is how many changes are told of at a time.
const announceBatch = 100

// announce tells followers of the changes that no arrival's message tells of, until ctx ends: articles that were merged, and
// what somebody changed by hand or took down. They are taken off the list after they are told, so a crash has them told again, under the
// same id.
func (x *indexer) announce(ctx context.Context, q *queue.Queue) error {
	for {
		after := x.store.LastSeq()
		n, err := x.announceSome(ctx, q)
		if err == nil && n == 0 {
			err = x.store.Wait(ctx, after)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			x.log.Error("merges are not told of, trying on", "error", err)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(storeRetry):
			}
		}
	}
}

func (x *indexer) announceSome(ctx context.Context, q *queue.Queue) (int, error) {
	events, err := x.store.ByHand(announceBatch)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	out := make([]queue.Message, len(events))
	for i, e := range events {
		e.Partition = x.part.n
		if e.Reason == article.Takedown { // which is to leave nothing behind
			ids, err := x.store.TakenDown(e.ArticleID)
			if err != nil {
				return 0, err
			}
			for _, id := range ids {
				if err := q.PurgeArticle(ctx, x.part.of(queue.IndexerArticles), id); err != nil {
					return 0, err
				}
			}
		}
		body, err := json.Marshal(e)
		if err != nil {
			return 0, fmt.Errorf("event %d: %w", e.Seq, err)
		}
		out[i] = queue.Message{
			Subject: queue.IndexedSubject(string(e.Outcome), e.Source, e.ArticleID), ID: x.store.ID() + "-" + strconv.FormatUint(e.Seq, 10), Type: article.TypeIndexed,
			Header: queue.Header{article.HeaderContentType: {"application/json"}}, Body: body,
		}
	}
	if _, err := q.Publish(ctx, out...); err != nil {
		return 0, err
	}
	return len(events), x.store.Told(events)
}
