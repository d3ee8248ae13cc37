// Package inspect is the fetcher at the command line: one feed, and no queue.
package inspect

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"dateline/pkg/input"
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/fetch"
)

// Fetch gets a document of the web.
type Fetch func(ctx context.Context, url string) (*fetch.Response, error)

// Feed is `dateline feed`.
type Feed struct {
	URL         string `name:"url" help:"Address of a feed that comes from a file: its links are resolved against it."`
	ContentType string `help:"Content-Type that the server gave with a feed that comes from a file."`
	JSON        bool   `name:"json" help:"Print all that the feed says, as JSON."`
	Document    string `arg:"" name:"feed" help:"Feed to read: a URL, a file (which may be gzipped), or - for standard input."`
}

// Run reads and prints. A document that is no feed is an error.
func (c *Feed) Run(ctx context.Context, in io.Reader, out io.Writer, get Fetch) error {
	address, header, body := c.URL, http.Header{}, []byte(nil)
	if strings.HasPrefix(c.Document, "http://") || strings.HasPrefix(c.Document, "https://") {
		r, err := get(ctx, c.Document)
		if err != nil {
			return err
		}
		address, header, body = r.URL, r.Header, r.Body
	} else {
		var err error
		if body, err = input.Read(c.Document, in, feed.MaxBytes); err != nil {
			return err
		}
		if c.ContentType != "" {
			header.Set("Content-Type", c.ContentType)
		}
	}
	name := address
	if name == "" {
		name = c.Document
	}
	f, err := feed.Parse(name, header, body)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(f)
	}
	_, err = io.WriteString(out, describe(f))
	return err
}
