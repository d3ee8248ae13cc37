package indexer

import (
	"context"
	"time"
)

// pruneEvery is how often what is old enough is removed.
const pruneEvery = time.Hour

// minTraceDays is how long the queue may keep an article's message. A message that comes again has to find its journey.
const (
	minTraceDays = 90
	maxTraceDays = 36500
)

// retain removes the journeys that are older than they are kept, until ctx ends.
func (x *indexer) retain(ctx context.Context, days int) error {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		p, err := x.store.Prune(ctx, time.Now().AddDate(0, 0, -max(days, minTraceDays)))
		x.metrics.pruned.WithLabelValues(prunedJourneys).Add(float64(p.Journeys))
		x.metrics.pruned.WithLabelValues(prunedCheckpoints).Add(float64(p.Checkpoints))
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			x.log.Error("old journeys cannot be removed, trying again in an hour", "error", err)
		case p.Journeys > 0:
			x.log.Info("old journeys are removed", "journeys", p.Journeys, "checkpoints", p.Checkpoints, "days", days)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
