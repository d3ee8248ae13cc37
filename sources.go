package main

import (
	"context"
	"errors"

	"dateline/pkg/cli"
	"dateline/services/fetcher/sources"

	"github.com/schollz/progressbar/v3"
)

// sourcesCmd is about the source registry.
type sourcesCmd struct {
	List    sourcesListCmd    `cmd:"" default:"withargs" help:"List sources, or with --health those that fail and those that are dead."`
	Add     sourcesAddCmd     `cmd:"" help:"Add sources, or change what is wished of them."`
	Pause   sourcesPauseCmd   `cmd:"" help:"Have sources not polled any more."`
	Resume  sourcesResumeCmd  `cmd:"" help:"Have paused sources polled again."`
	Remove  sourcesRemoveCmd  `cmd:"" help:"Take sources out of the registry."`
	Explain sourcesExplainCmd `cmd:"" help:"Tell all of a source, and why it is polled when it is."`
	Import  sourcesImportCmd  `cmd:"" help:"Add the sources of OPML or CSV files."`
	Export  sourcesExportCmd  `cmd:"" help:"Write sources as OPML or CSV."`
}

// registryCmd is a command over the registry.
type registryCmd struct {
	cli.Connection `embed:""`
}

// with runs f on the registry.
func (c registryCmd) with(ctx context.Context, f func(context.Context, *sources.Registry) error) error {
	q, err := c.Provisioned(ctx, "fetcher")
	if err != nil {
		return err
	}
	defer q.Close()
	r, err := sources.Open(ctx, q)
	if err != nil {
		return err
	}
	err = f(ctx, r)
	if errors.Is(err, sources.ErrRejected) {
		return cli.ErrRejected // told of already
	}
	return err
}

type sourcesListCmd struct {
	registryCmd    `embed:""`
	sources.Filter `embed:""`
	JSON           bool `help:"Print a line of JSON for each, secrets masked."`
	Bad            bool `name:"health" help:"Name those that fail and those that are dead, with what is wrong."`
}

func (c *sourcesListCmd) Run(ctx context.Context, t *cli.Terminal) error {
	return c.with(ctx, func(ctx context.Context, r *sources.Registry) error {
		if c.Bad {
			return r.Health(ctx, t.Out, c.Filter)
		}
		return r.List(ctx, t.Out, c.Filter, c.JSON)
	})
}

type sourcesAddCmd struct {
	registryCmd  `embed:""`
	sources.Wish `embed:""`
	URLs         []string `arg:"" name:"url" help:"Addresses of feeds, sitemaps or pages."`
}

func (c *sourcesAddCmd) Run(ctx context.Context, t *cli.Terminal) error {
	return c.with(ctx, func(ctx context.Context, r *sources.Registry) error { return r.Add(ctx, t.Out, c.URLs, c.Wish) })
}

// named are sources of the registry.
type named struct {
	Sources []string `arg:"" name:"source" help:"Addresses or ids."`
}

type sourcesPauseCmd struct {
	registryCmd `embed:""`
	named       `embed:""`
}

func (c *sourcesPauseCmd) Run(ctx context.Context, t *cli.Terminal) error {
	return c.with(ctx, func(ctx context.Context, r *sources.Registry) error { return r.Pause(ctx, t.Out, c.Sources, true) })
}

type sourcesResumeCmd struct {
	registryCmd `embed:""`
	named       `embed:""`
}

func (c *sourcesResumeCmd) Run(ctx context.Context, t *cli.Terminal) error {
	return c.with(ctx, func(ctx context.Context, r *sources.Registry) error { return r.Pause(ctx, t.Out, c.Sources, false) })
}

type sourcesRemoveCmd struct {
	registryCmd `embed:""`
	named       `embed:""`
}

func (c *sourcesRemoveCmd) Run(ctx context.Context, t *cli.Terminal) error {
	return c.with(ctx, func(ctx context.Context, r *sources.Registry) error { return r.Take(ctx, t.Out, c.Sources) })
}

type sourcesExplainCmd struct {
	registryCmd `embed:""`
	Source      string `arg:"" help:"Address or id."`
}

func (c *sourcesExplainCmd) Run(ctx context.Context, t *cli.Terminal) error {
	return c.with(ctx, func(ctx context.Context, r *sources.Registry) error { return r.Explain(ctx, t.Out, c.Source) })
}

type sourcesImportCmd struct {
	registryCmd `embed:""`
	Files       []string `arg:"" name:"file" help:"OPML or CSV files; - is standard input."`
}

func (c *sourcesImportCmd) Run(ctx context.Context, t *cli.Terminal) error {
	return c.with(ctx, func(ctx context.Context, r *sources.Registry) error {
		var rejected error
		for _, file := range c.Files {
			var progress func(done, all int)
			var bar *progressbar.ProgressBar
			if t.Interactive {
				progress = func(done, all int) {
					if bar == nil {
						bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(t.Err), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
							progressbar.OptionSetItsString("sources"), progressbar.OptionSetDescription(file), progressbar.OptionClearOnFinish())
					}
					_ = bar.Set(done)
				}
			}
			err := r.Import(ctx, t.In, t.Out, file, progress)
			if bar != nil {
				_ = bar.Clear()
			}
			if err != nil && !errors.Is(err, sources.ErrRejected) {
				return err
			}
			rejected = errors.Join(rejected, err)
		}
		return rejected
	})
}

type sourcesExportCmd struct {
	registryCmd    `embed:""`
	sources.Filter `embed:""`
	Format         string `help:"opml or csv." enum:"opml,csv" default:"opml"`
}

func (c *sourcesExportCmd) Run(ctx context.Context, t *cli.Terminal) error {
	return c.with(ctx, func(ctx context.Context, r *sources.Registry) error {
		return r.Export(ctx, t.Out, c.Filter, c.Format == "opml")
	})
}
