package main

import (
	"context"
	"errors"
	"time"

	"dateline/pkg/cli"
	"dateline/services/fetcher/ingest"

	"github.com/schollz/progressbar/v3"
)

// importCmd puts the pages of WARC files on the queue, in the fetcher's name.
type importCmd struct {
	cli.Connection `embed:""`
	ingest.Command `embed:""`
}

// Run waits for the queue no longer than --timeout to be there, and then as long as it is full.
func (c *importCmd) Run(ctx context.Context, t *cli.Terminal) error {
	q, err := c.Provisioned(ctx, "fetcher")
	if err != nil {
		return err
	}
	defer q.Close()
	var bar *progressbar.ProgressBar
	progress := func(read, total int64) {
		if bar == nil {
			bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(t.Err), progressbar.OptionShowBytes(true), progressbar.OptionShowCount(),
				progressbar.OptionSetDescription("importing"), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
		}
		_ = bar.Set64(read)
	}
	if !t.Interactive {
		progress = nil
	}
	err = c.Command.Run(ctx, q, t.In, t.Out, progress)
	if bar != nil {
		_ = bar.Clear()
	}
	if errors.Is(err, ingest.ErrDamaged) {
		return cli.ErrRejected // told of already
	}
	return err
}
