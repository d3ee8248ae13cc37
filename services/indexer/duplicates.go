package indexer

import (
	"context"
	"time"
)

// groupBacklog groups near-duplicates among the articles of a store that an older Dateline wrote. Where there are none
// left, the store groups what it is given as it writes it, and this ends.
func (x *indexer) groupBacklog(ctx context.Context) error {
	return x.catchUp(ctx, "near-duplicates", x.store.Group)
}

// addressBacklog makes the articles of such a store known by all their addresses.
func (x *indexer) addressBacklog(ctx context.Context) error {
	return x.catchUp(ctx, "addresses", x.store.Address)
}

// catchUp takes one step after the other until there are none left.
func (x *indexer) catchUp(ctx context.Context, what string, step func(context.Context) (int, error)) error {
	begin, total := time.Now(), 0
	for {
		n, err := step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			x.log.Error("an older store cannot be caught up with, trying on", "what", what, "error", err)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(storeRetry):
			}
		case n == 0:
			if total > 0 {
				x.log.Info("an older store is caught up with", "what", what, "records", total, "took", time.Since(begin).Round(time.Millisecond))
			}
			return nil
		}
		if total == 0 && n > 0 {
			x.log.Info("an older store is being caught up with", "what", what, "records", x.store.LastSeq())
		}
		total += n
	}
}
