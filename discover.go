package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"dateline/pkg/cli"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/discover"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/robots"

	"github.com/schollz/progressbar/v3"
)

// discoverCmd tells what a site offers, without any queue.
type discoverCmd struct {
	URL            string `arg:"" name:"url" help:"Any page of the site, a feed or a sitemap."`
	Files          int    `help:"Most sitemap files that are read." default:"50"`
	JSON           bool   `help:"Print JSON."`
	Web            `embed:""`
	FetchHostDelay time.Duration `help:"Least time between two requests to one host; robots.txt may ask for more." default:"1s" env:"DATELINE_FETCH_HOST_DELAY"`
}

// Validate names what is wrong.
func (c *discoverCmd) Validate() error {
	switch {
	case c.Files < 1:
		return fmt.Errorf("--files %d: 1 or more", c.Files)
	case !robots.ValidToken(robots.Token(c.FetchUserAgent)):
		return fmt.Errorf("--fetch-user-agent %q: it has to begin with a name of letters, which robots.txt files can call it by", c.FetchUserAgent)
	}
	return nil
}

func (c *discoverCmd) Run(ctx context.Context, t *cli.Terminal) error {
	client := c.client()
	defer client.Close()
	v := &visit{client: client, delay: c.FetchHostDelay, next: map[string]time.Time{}}
	v.robots = robots.NewCache(robots.Config{Token: robots.Token(c.FetchUserAgent), Fetch: v.robotsTxt})
	w := discover.Walker{Fetch: v.document, Robots: v.robots, Files: c.Files}
	if t.Interactive {
		bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(t.Err), progressbar.OptionShowCount(), progressbar.OptionSetItsString("requests"), progressbar.OptionClearOnFinish())
		w.Progress = func(url string) {
			bar.Describe(url)
			_ = bar.Add(1)
		}
		defer func() { _ = bar.Finish() }()
	}
	site, err := w.Site(ctx, c.URL)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(t.Out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(site)
	}
	return site.Print(t.Out, time.Now())
}

// visit fetches one document at a time, with pauses.
type visit struct {
	client *fetch.Client
	robots *robots.Cache
	delay  time.Duration
	next   map[string]time.Time // earliest time of a request, by host
}

// accepts are what the walker's wants ask for.
var accepts = map[discover.Want]fetch.Accept{discover.WantFeed: fetch.AcceptFeed, discover.WantSitemap: fetch.AcceptSitemap}

// document fetches what robots.txt allows, wherever it redirects to.
func (v *visit) document(ctx context.Context, url string, want discover.Want) (*discover.Document, error) {
	r, err := v.client.Get(ctx, fetch.Request{URL: url, Accept: accepts[want], Hop: func(ctx context.Context, at string) (func(int, time.Duration), error) {
		verdict, err := v.robots.Check(ctx, at)
		switch {
		case err != nil:
			return nil, err
		case !verdict.Allowed && at != url: // the walker has asked for the first
			return nil, &fetch.Error{Reason: fetch.ReasonRobots, Err: &robots.Refused{URL: at, Verdict: verdict}}
		}
		return v.turn(ctx, at, max(v.delay, verdict.CrawlDelay))
	}})
	if err != nil {
		return nil, err
	}
	return &discover.Document{URL: r.URL, Header: r.Header, Body: r.Body, Truncated: r.Truncated}, nil
}

// robotsTxt fetches a robots.txt. The client follows redirects, and its failures are answers where their status says so.
func (v *visit) robotsTxt(ctx context.Context, url string) (robots.Response, error) {
	r, err := v.client.Get(ctx, fetch.Request{URL: url, Accept: fetch.AcceptRobots, Hop: func(ctx context.Context, at string) (func(int, time.Duration), error) {
		return v.turn(ctx, at, v.delay)
	}})
	if failed, ok := errors.AsType[*fetch.Error](err); ok && failed.Status >= 300 {
		return robots.Response{Status: failed.Status, Header: http.Header{"Retry-After": {strconv.Itoa(int(failed.RetryAfter.Seconds()))}}}, nil
	}
	if err != nil {
		return robots.Response{}, err
	}
	return robots.Response{Status: r.Status, Header: r.Header, Body: r.Body, Truncated: r.Truncated}, nil
}

// turn waits until a host may be asked again; done begins the next pause.
func (v *visit) turn(ctx context.Context, url string, delay time.Duration) (done func(int, time.Duration), err error) {
	host := weburl.Host(url)
	timer := time.NewTimer(time.Until(v.next[host]))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return func(int, time.Duration) { v.next[host] = time.Now().Add(delay) }, nil
}
