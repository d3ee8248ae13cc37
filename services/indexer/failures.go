package indexer

import (
	"context"
	"encoding/json"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/services/indexer/store"
)

// failures records how the journeys of dead letters ended, so that a trace can tell. The letters stay where they are.
func (x *indexer) failures(ctx context.Context, batch []*queue.Delivery) []queue.Outcome {
	begin := time.Now()
	failures := make([]store.Failure, len(batch))
	for i, d := range batch {
		failures[i] = failure(d)
	}
	outcomes := make([]queue.Outcome, len(batch))
	err := x.store.Fail(ctx, failures)
	x.noteStore(err)
	if err != nil {
		x.log.Error("record cannot be written, trying on", "failures", len(batch), "error", err)
	}
	for i := range batch {
		if outcomes[i] = queue.Done(); err != nil {
			outcomes[i] = queue.Retry(err, storeRetry)
		}
	}
	x.metrics.failureBatch.Observe(float64(len(batch)))
	x.metrics.stage.Observe(time.Since(begin).Seconds() / float64(len(batch)))
	return outcomes
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
	// Jobs, articles and publications as JSON name their article themselves. Of what is broken, this reads nothing.
	var named struct {
		ID  string `json:"id"`
		URL string `json:"url"`
	}
	if err := json.Unmarshal(d.Body, &named); err == nil {
		f.ArticleID = named.ID
		if f.URL == "" {
			f.URL = named.URL
		}
	}
	return f
}
