package fetcher

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"dateline/pkg/queue"
	"dateline/services/fetcher/discover"
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/websub"
)

// subscriptions are those in the registry's records.
type subscriptions struct{ *fetcher }

var _ websub.Sources = subscriptions{}

func (p subscriptions) Load(ctx context.Context, id string) (websub.Subscription, uint64, error) {
	s, revision, err := p.registry.Load(ctx, id)
	if err != nil {
		return websub.Subscription{}, 0, err
	}
	return s.Subscription, revision, nil
}

func (p subscriptions) Save(ctx context.Context, id string, subscription websub.Subscription, revision uint64) error {
	s, now, err := p.registry.Load(ctx, id)
	switch {
	case err != nil:
		return err
	case now != revision:
		return fmt.Errorf("source %s: %w", id, queue.ErrConflict)
	}
	s.Subscription = subscription
	_, err = p.registry.Save(ctx, s, revision)
	return err
}

// Ping brings the next poll forward, or has one that is due wait until then, when what the hub tells of can be seen. The
// record is written in any case: a poll that is under way cannot save its state any more, and is made again.
func (p subscriptions) Ping(ctx context.Context, id string, at time.Time) error {
	s, err := p.registry.Change(ctx, id, func(s *registry.Source) error {
		if at.Before(s.Next) || s.Next.Before(time.Now()) {
			s.Next = at
		}
		return nil
	})
	if err != nil || s.Paused {
		return err
	}
	return p.schedule(ctx, s)
}

// listen opens the address that hubs call back at.
func (f *fetcher) listen(ctx context.Context) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", f.cfg.WebSub.Addr)
	if err != nil {
		return nil, fmt.Errorf("--websub-addr: %w", err)
	}
	return l, nil
}

// offer notes the hubs that a feed names, in itself or in its header.
func (f *fetcher) offer(s *registry.Source, read *feed.Feed, resp *fetch.Response) {
	if f.subscriber == nil {
		return
	}
	links := discover.ReadPage(resp.URL, resp.Header, nil)
	topic := resp.URL
	for _, self := range []string{links.Self, read.Self} { // the feed's own word counts more
		if self != "" {
			topic = self
		}
	}
	if s.Subscription.Offer(append(links.Hubs, read.Hubs...), topic) {
		slog.Info("feed names hubs", "url", s.URL, "hubs", s.Subscription.Hubs, "topic", s.Subscription.Topic)
	}
}

// leave asks the hub of a source that is not polled any more to be silent. What it does not hear ends with the lease.
func (f *fetcher) leave(ctx context.Context, s *registry.Source) {
	if f.subscriber == nil || len(s.Subscription.Hubs) == 0 || s.Subscription.Leaving {
		return
	}
	if err := f.subscriber.Unsubscribe(ctx, s.ID()); err != nil {
		slog.Warn("hub of a feed was not told that it is paused", "url", s.URL, "error", err)
	}
}

// renew asks a source's hub where that is due. What fails here is tried again with the next poll.
func (f *fetcher) renew(ctx context.Context, s *registry.Source) {
	if f.subscriber == nil {
		return
	}
	if at := s.Subscription.Next(time.Now()); at.IsZero() || at.After(time.Now()) {
		return
	}
	if err := f.subscriber.Renew(ctx, s.ID()); err != nil {
		slog.Warn("hub of a feed was not asked", "url", s.URL, "error", err)
	}
}
