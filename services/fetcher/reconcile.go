package fetcher

import (
	"context"
	"log/slog"
	"time"

	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/revisit"
	"dateline/services/fetcher/websub"
)

const (
	reconcileEvery = time.Hour
	overdue        = 5 * time.Minute // by which a schedule must have been lost
	pollsADay      = 24              // of a source, on average, where no budget is given
)

// reconcile looks through the registry: it sets how often sources are polled, so that all polls together keep the budget, and
// makes schedules; of all sources at the start, and from then on of those whose time has passed, which must have been
// lost. One schedule too many does no harm.
func (f *fetcher) reconcile(ctx context.Context) {
	tick := time.NewTicker(reconcileEvery)
	defer tick.Stop()
	var before time.Time
	for {
		if err := f.reschedule(ctx, before); err != nil && ctx.Err() == nil {
			slog.Warn("source registry was not read to its end", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			before = now.Add(-overdue)
		}
	}
}

// reschedule schedules the sources whose next poll was to be before a time; the zero time stands for all.
func (f *fetcher) reschedule(ctx context.Context, before time.Time) error {
	var demand revisit.Demand
	counts := census{sources: map[[2]string]int{}, websub: map[websub.Status]int{}}
	now := time.Now()
	broken := f.registry.All(ctx, func(s *registry.Source) error {
		counts.add(s, now)
		if s.Paused {
			return nil
		}
		demand.Add(&s.Revisit, f.params(s))
		if !before.IsZero() && s.Next.After(before) {
			return nil
		}
		at := s.Next
		if at.Before(now) {
			at = now
		}
		_, err := f.q.Publish(ctx, registry.Schedule(s, at))
		return err
	})
	f.metrics.setSources(counts)
	budget := f.cfg.PollBudget
	if budget == 0 {
		budget = pollsADay * float64(counts.active)
	}
	if counts.active > 0 {
		f.shared.Store(int64(demand.Theta(budget)))
	}
	return broken
}

// theta is what the sources' unseen items may wait together, as the registry last gave it.
func (f *fetcher) theta() time.Duration { return time.Duration(f.shared.Load()) }

// params are a source's, where --feed-interval stands for the law.
func (f *fetcher) params(s *registry.Source) revisit.Params {
	p := s.Params(f.theta())
	if p.Interval == 0 {
		p.Interval = f.cfg.FeedInterval
	}
	return p
}
