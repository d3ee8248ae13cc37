package main

import (
	"context"

	"dateline/pkg/cli"
	"dateline/services/parser/inspect"
)

// parseCmd parses pages without any queue.
type parseCmd struct {
	Results string `help:"Parse the corpus in this directory, for a scorer." placeholder:"DIR" required:""`
}

func (c *parseCmd) Run(ctx context.Context, t *cli.Terminal) error {
	return inspect.Results(ctx, c.Results, t.Out)
}
