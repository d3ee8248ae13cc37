package indexer

import (
	"context"
	"time"
)

// groupBacklog groups near-duplicates among the articles of a store that an older Dateline wrote. Where there are none
// left, the store groups what it is given as it writes it, and this ends.
func (x *indexer) groupBacklog(ctx context.Context) error {
	begin, total := time.Now(), 0
	for {
		n, err := x.store.Group(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			x.log.Error("near-duplicates cannot be grouped, trying on", "error", err)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(storeRetry):
			}
		case n == 0:
			if total > 0 {
				x.log.Info("near-duplicates are grouped", "records", total, "took", time.Since(begin).Round(time.Millisecond))
			}
			return nil
		}
		if total == 0 && n > 0 {
			x.log.Info("near-duplicates of an older store are being grouped", "records", x.store.LastSeq())
		}
		total += n
	}
}
