package main

import (
	"context"

	"dateline/pkg/article"
	"dateline/pkg/cli"
	"dateline/services/fetcher/fetch"
	"dateline/services/parser/inspect"
)

// parseCmd parses a page without any queue.
type parseCmd struct {
	inspect.Command `embed:""`
	Web             `embed:""`
}

func (c *parseCmd) Run(ctx context.Context, t *cli.Terminal) error {
	return c.Command.Run(ctx, t.In, t.Out, c.page)
}

func (c *parseCmd) page(ctx context.Context, url string) (*article.Page, error) {
	r, err := c.get(ctx, url, fetch.AcceptPage)
	if err != nil {
		return nil, err
	}
	return &article.Page{
		URL: url, FinalURL: r.URL, Status: r.Status, ContentType: r.Header.Get("Content-Type"), Captured: r.Captured, Truncated: r.Truncated, Body: r.Body,
	}, nil
}

// rulesCmd is about publishers' rules.
type rulesCmd struct {
	Test rulesTestCmd `cmd:"" help:"Run the examples of publishers' rules."`
}

type rulesTestCmd struct {
	Dir string `arg:"" optional:"" help:"Directory of rules; by default that of --parser-rules." env:"DATELINE_PARSER_RULES" default:"rules"`
}

func (c *rulesTestCmd) Run(ctx context.Context, t *cli.Terminal) error {
	failed, err := inspect.TestRules(ctx, c.Dir, t.Out)
	if err == nil && failed > 0 {
		err = cli.ErrRejected // told of already
	}
	return err
}
