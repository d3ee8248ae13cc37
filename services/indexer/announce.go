package indexer

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
)

// announced is the name of the checkpoints up to which takedowns are announced.
const announced = "announced"

// What is read of the change feed at a time, and how many changes may pass without a checkpoint.
const (
	announceBatch = 1000
	announceEvery = 50 * announceBatch
)

// announce tells the followers of INDEXED of changes that no message brought, and so no answer tells of: takedowns. It also takes
// what the queue keeps of such an article out of ARTICLES. It follows the change feed, so that no crash loses any.
func (x *indexer) announce(ctx context.Context, q *queue.Queue) error {
	for {
		err := x.announceAll(ctx, q)
		if ctx.Err() != nil {
			return nil
		}
		x.log.Error("takedowns cannot be announced, trying on", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(storeRetry):
		}
	}
}

// announceAll goes on from the last checkpoint, until something fails.
func (x *indexer) announceAll(ctx context.Context, q *queue.Queue) error {
	at, err := x.store.LastCheckpoint(announced)
	if err != nil {
		return err
	}
	for checked := at; ; {
		events, err := x.store.Changes(at, announceBatch)
		if err != nil {
			return err
		}
		told := false
		for _, e := range events {
			at = e.Seq
			if e.Reason != article.Takedown {
				continue
			}
			told = true
			if err := x.announceTakedown(ctx, q, e); err != nil {
				return err
			}
		}
		if told || at >= checked+announceEvery {
			checked = at
			if err := x.store.Checkpoint(ctx, announced, at, time.Now()); err != nil {
				return err
			}
		}
		if err := x.store.Wait(ctx, at); err != nil {
			return err
		}
	}
}

func (x *indexer) announceTakedown(ctx context.Context, q *queue.Queue, e article.Event) error {
	if err := q.PurgeArticle(ctx, e.ArticleID); err != nil {
		return err
	}
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = q.Publish(ctx, queue.Message{
		Subject: queue.IndexedSubject(string(e.Outcome), e.Source, e.ArticleID), ID: fmt.Sprintf("takedown-%s-%d", x.store.ID(), e.Seq), Type: article.TypeIndexed,
		Header: queue.Header{article.HeaderContentType: {"application/json"}}, Body: body,
	})
	return err
}
