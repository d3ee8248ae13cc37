package main

import (
	"context"

	"dateline/pkg/article"
	"dateline/pkg/cli"
	"dateline/pkg/netguard"
	"dateline/services/fetcher/fetch"
	"dateline/services/parser/inspect"
)

// parseCmd parses a page without any queue.
type parseCmd struct {
	inspect.Command    `embed:""`
	FetchUserAgent     string `help:"User-Agent that a URL is fetched with." default:"DatelineBot/0.1" env:"DATELINE_FETCH_USER_AGENT"`
	FetchAllowLoopback bool   `help:"Fetch from this machine itself, on any port: for tests only." env:"DATELINE_FETCH_ALLOW_LOOPBACK"`
}

func (c *parseCmd) Run(ctx context.Context, t *cli.Terminal) error {
	return c.Command.Run(ctx, t.In, t.Out, c.fetch)
}

// fetch gets a page as the fetcher does, with its guard and its limits.
func (c *parseCmd) fetch(ctx context.Context, url string) (*article.Page, error) {
	client := fetch.NewClient(c.FetchUserAgent, netguard.Guard{AllowLoopback: c.FetchAllowLoopback}, fetch.DefaultLimits)
	defer client.Close()
	r, err := client.Get(ctx, fetch.Request{URL: url, Accept: fetch.AcceptPage})
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
