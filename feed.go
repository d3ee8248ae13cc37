package main

import (
	"context"

	"dateline/pkg/cli"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/inspect"
)

// feedCmd reads a feed without any queue.
type feedCmd struct {
	inspect.Feed `embed:""`
	Web          `embed:""`
}

func (c *feedCmd) Run(ctx context.Context, t *cli.Terminal) error {
	return c.Feed.Run(ctx, t.In, t.Out, func(ctx context.Context, url string) (*fetch.Response, error) {
		return c.get(ctx, url, fetch.AcceptFeed)
	})
}
