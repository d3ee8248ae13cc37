package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"dateline/pkg/cli"
	"dateline/pkg/queue"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/ingest"
	"dateline/services/parser"
)

// reparseCmd makes articles anew of the pages and publications that the queue keeps, or of the evidence in WARC files.
type reparseCmd struct {
	cli.Connection `embed:""`
	cli.Client     `embed:""`
	parser.Reparse `embed:""`
	Since          string   `help:"Only what was kept at this time or later: a day, an RFC 3339 instant, or a duration such as 48h." placeholder:"TIME"`
	Until          string   `help:"Only what was kept before this time." placeholder:"TIME"`
	WARC           []string `name:"warc" help:"Take the pages of these WARC files instead of what the queue keeps." placeholder:"FILE" type:"existingfile" sep:"none"`

	since, until time.Time
}

// Validate finds what can be known to be wrong before anything is read.
func (c *reparseCmd) Validate() (err error) {
	if c.since, err = instant(c.Since); err != nil {
		return fmt.Errorf("--since: %w", err)
	}
	if c.until, err = instant(c.Until); err != nil {
		return fmt.Errorf("--until: %w", err)
	}
	if !c.until.IsZero() && !c.since.Before(c.until) {
		return errors.New("--since is not before --until")
	}
	return nil
}

// instant reads a day in UTC, an instant, or how long ago it was; zero for "".
func instant(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return time.Now().Add(-d), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither a day such as 2024-11-06 nor an instant such as 2024-11-06T09:30:00Z nor a duration such as 48h", s)
}

func (c *reparseCmd) Run(ctx context.Context, t *cli.Terminal) (err error) {
	q, err := c.Provisioned(ctx, "parser")
	if err != nil {
		return err
	}
	defer q.Close()
	var report io.Writer
	if c.Report != "" {
		f, err := os.Create(c.Report)
		if err != nil {
			return fmt.Errorf("--report: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		report = f
	}
	kept := c.captures(ctx, t)
	if len(c.WARC) == 0 {
		if kept, err = c.kept(ctx, t, q); err != nil {
			return err
		}
	}
	return c.Reparse.Run(ctx, kept, c.latest, q, t.Out, report)
}

// latest asks the record.
func (c *reparseCmd) latest(ctx context.Context, id string) (parser.Latest, error) {
	r, err := c.Latest(ctx, id)
	return parser.Latest{
		Seq: r.Seq, Origin: r.Origin, Received: r.Received, Removed: r.Removal != nil, Article: r.Article, TakenDown: r.TakenDown,
	}, err
}

// kept is what the queue keeps: pages, then publications.
func (c *reparseCmd) kept(ctx context.Context, t *cli.Terminal, q *queue.Queue) (iter.Seq2[*queue.Delivery, error], error) {
	pages := queue.AllPages
	if c.Source != "" {
		pages = queue.PagesOf(c.Source)
	}
	var parts []*queue.Kept
	for _, subject := range []string{pages, queue.AllPublications} {
		k, err := q.Kept(ctx, subject, c.since)
		if err != nil {
			return nil, err
		}
		if !k.Whole && !c.since.IsZero() {
			fmt.Fprintf(t.Err, "%s: the queue no longer keeps what is from %s; --warc takes it from evidence\n", subject, c.since.Format(time.RFC3339))
		}
		parts = append(parts, k)
	}
	var total, done uint64
	for _, k := range parts {
		total += k.Size()
	}
	return func(yield func(*queue.Delivery, error) bool) {
		bar := t.CountBar(int64(total), "reparsing")
		defer func() { _ = bar.Finish() }()
		for _, k := range parts {
			for d, err := range k.All(ctx) {
				if err == nil && !c.until.IsZero() && !d.Stored.Before(c.until) {
					break
				}
				if err == nil {
					_ = bar.Set64(int64(done + d.Sequence - k.First + 1))
				}
				if !yield(d, err) {
					return
				}
			}
			done += k.Size()
		}
	}, nil
}

// captures is the pages of WARC files, each as the fetcher would have handed it on.
func (c *reparseCmd) captures(ctx context.Context, t *cli.Terminal) iter.Seq2[*queue.Delivery, error] {
	return func(yield func(*queue.Delivery, error) bool) {
		var size int64
		for _, file := range c.WARC {
			if info, err := os.Stat(file); err == nil {
				size += info.Size()
			}
		}
		bar := t.BytesBar(size, "reparsing")
		defer func() { _ = bar.Finish() }()
		for p, err := range ingest.Pages(ctx, c.WARC, func(read int64) { _ = bar.Set64(read) }) {
			if err != nil {
				yield(nil, err)
				return
			}
			if p.Captured.Before(c.since) || !c.until.IsZero() && !p.Captured.Before(c.until) || c.Source != "" && weburl.Host(p.URL) != c.Source {
				continue
			}
			m, err := queue.Page(p, "imported")
			if err == nil && !yield(queue.Delivered(m, p.Captured), nil) {
				return
			}
		}
	}
}
