package main

import (
	"context"
	"errors"
	"fmt"

	"dateline/pkg/cli"
	"dateline/services/indexer"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
)

// restoreCmd makes the record from a backup, in a data directory that nothing runs on.
type restoreCmd struct {
	dataConfig `embed:""`
	File       string `arg:"" help:"File that dateline backup wrote." type:"existingfile"`
	Force      bool   `help:"Replace the record that is there."`
}

func (c *restoreCmd) Run(ctx context.Context, t *cli.Terminal) error {
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	return errors.Join(c.run(ctx, t), unlock())
}

func (c *restoreCmd) run(ctx context.Context, t *cli.Terminal) error {
	var bar *progressbar.ProgressBar
	progress := func(done, total int64) {
		if bar == nil {
			bar = t.BytesBar(total, "restoring")
		}
		_ = bar.Set64(done)
	}
	m, err := indexer.Restore(ctx, c.File, c.Data, c.Force, progress)
	if bar != nil {
		_ = bar.Finish()
	}
	if errors.Is(err, indexer.ErrExists) {
		return fmt.Errorf("%w; --force replaces it", err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "%s articles, up to change %s, restored to %s as of %s; what came since is taken in again from the queue when the indexer runs\n",
		humanize.Comma(int64(m.Articles)), humanize.Comma(int64(m.LastSeq)), c.Data, m.Taken.Local().Format("2006-01-02 15:04:05"))
	return err
}
