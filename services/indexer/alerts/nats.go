package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/services/indexer/store"
)

// publishDeliveries is how many deliveries are published at a time.
const publishDeliveries = 20

// publish publishes what waits for NATS until ctx ends. What was published and not recorded as that is published again under the
// same ids, which the stream keeps once.
func (a *Alerts) publish(ctx context.Context) {
	for backoff := minBackoff; ctx.Err() == nil; {
		n, err := a.publishNext(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			a.log.Error("alerts are not published, trying on", "error", err, "after", backoff)
			sleep(ctx, backoff)
			backoff = min(2*backoff, maxBackoff)
		case n == 0:
			select {
			case <-ctx.Done():
			case <-a.posted:
			}
		}
		if err == nil {
			backoff = minBackoff
		}
	}
}

// publishNext publishes the next deliveries, and returns how many there were.
func (a *Alerts) publishNext(ctx context.Context) (int, error) {
	waiting, err := a.store.Waiting(store.ByNATS, publishDeliveries)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	var messages []queue.Message
	attempts := make([]store.Attempt, len(waiting))
	for i, d := range waiting {
		attempts[i] = store.Attempt{Outlet: store.ByNATS, Query: d.Query, First: d.First()}
		ms, err := a.messages(d)
		if err != nil {
			return 0, err
		}
		messages = append(messages, ms...)
	}
	if _, err := a.queue.Publish(ctx, messages...); err != nil {
		return 0, err
	}
	now := time.Now().UTC()
	for i := range attempts {
		attempts[i].At = now
	}
	if err := a.store.Settle(ctx, attempts); err != nil {
		return 0, err
	}
	for _, d := range waiting {
		a.metrics.delivered(store.ByNATS, d, now)
	}
	return len(waiting), nil
}

// messages are those of a delivery, none where its query is gone.
func (a *Alerts) messages(d *store.Delivery) ([]queue.Message, error) {
	q, _, err := a.store.Query(d.Query)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	parsed, err := ParseQuery(q.Search)
	if err != nil {
		return nil, fmt.Errorf("saved query %s: %w", q.Name, err)
	}
	alerts, err := a.alerts(d, parsed)
	if err != nil {
		return nil, err
	}
	messages := make([]queue.Message, len(alerts))
	for i := range alerts {
		alert := &alerts[i]
		body, err := json.Marshal(alert)
		if err != nil {
			return nil, err
		}
		messages[i] = queue.Message{
			Subject: queue.AlertSubject(q.Name, string(alert.Outcome), alert.Change.Source, alert.Change.ArticleID), ID: alert.ID, Type: article.TypeAlert,
			Header: queue.Header{article.HeaderContentType: {"application/json"}}, Body: body,
		}
	}
	return messages, nil
}
