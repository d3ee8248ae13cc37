package indexer

import (
	"context"
	"encoding/json"
	"slices"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/services/indexer/store"
)

// failures records how the journeys of dead letters ended, so that a trace can tell. The letters stay where they are.
func (x *indexer) failures(ctx context.Context, batch []*queue.Delivery) []queue.Outcome {
	failures := make([]store.Failure, len(batch))
	for i, d := range batch {
		failures[i] = failure(d)
	}
	outcome := queue.Done()
	err := x.store.Fail(ctx, failures)
	x.noteStore(err)
	if err != nil {
		x.log.Error("record cannot be written, trying on", "failures", len(batch), "error", err)
		outcome = queue.Retry(err, storeRetry)
	} else {
		x.metrics.failureBatch.Observe(float64(len(batch)))
	}
	return slices.Repeat([]queue.Outcome{outcome}, len(batch))
}

// failure reads a dead letter. One that says little still ends its journey.
func failure(d *queue.Delivery) store.Failure {
	letter := queue.DeadLetterOf(d)
	f := store.Failure{
		Origin: d.Origin(), URL: article.HeaderValue(d.Header, article.HeaderURL), Reason: letter.Reason, Error: letter.Error,
		Stage: letter.Service, Time: letter.Time, Hops: article.Hops(d.Header),
	}
	if f.Time.IsZero() {
		f.Time = d.Stored
	}
	if f.Reason == "" {
		f.Reason = "unknown"
	}
	// Jobs and articles name their URL, articles their id. Of what is broken, this reads nothing. A publisher's id is its own
	// affair: a refused publication shows in no other article's trace.
	var named struct {
		ID  string `json:"id"`
		URL string `json:"url"`
	}
	if err := json.Unmarshal(d.Body, &named); err == nil {
		if letter.Service == string(article.StageIndexer) {
			f.ArticleID = named.ID
		}
		if f.URL == "" {
			f.URL = named.URL
		}
	}
	return f
}
