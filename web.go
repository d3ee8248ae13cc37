package main

import (
	"context"

	"dateline/pkg/netguard"
	"dateline/services/fetcher/fetch"
)

// Web is how commands without a queue get a document: as the fetcher does, with its guard and its limits.
type Web struct {
	FetchUserAgent     string `help:"User-Agent that a URL is fetched with; where robots.txt counts, it is obeyed under the first word." default:"DatelineBot/0.1" env:"DATELINE_FETCH_USER_AGENT"`
	FetchAllowLoopback bool   `help:"Fetch from this machine itself, on any port: for tests only." env:"DATELINE_FETCH_ALLOW_LOOPBACK"`
}

func (w Web) get(ctx context.Context, url string, accept fetch.Accept) (*fetch.Response, error) {
	client := w.client()
	defer client.Close()
	return client.Get(ctx, fetch.Request{URL: url, Accept: accept})
}

func (w Web) client() *fetch.Client {
	return fetch.NewClient(w.FetchUserAgent, netguard.Guard{AllowLoopback: w.FetchAllowLoopback}, fetch.DefaultLimits)
}
