package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"

	"github.com/dustin/go-humanize"
)

// Add queues URLs for the fetcher.
type Add struct {
	Connection
	Kind     string   `help:"What the URLs are: page, feed, or auto to find out." enum:"auto,page,feed" default:"auto"`
	Backfill bool     `help:"Fetch them when no news wait for it: for archives."`
	URLs     []string `arg:"" name:"url" help:"Pages or feeds; a feed's items are followed."`
}

// Run queues each URL, and names those that cannot be.
func (a *Add) Run(ctx context.Context, term *Terminal) error {
	var messages []queue.Message
	var urls []string
	var failed error
	for _, raw := range a.URLs {
		m, err := a.job(raw)
		if err != nil {
			fmt.Fprintf(term.Out, "rejected   %s: %v\n", raw, err)
			failed = ErrRejected
			continue
		}
		messages, urls = append(messages, m), append(urls, raw)
	}
	if len(messages) == 0 {
		return failed
	}
	q, err := a.open(ctx, "publisher")
	if err != nil {
		return err
	}
	defer q.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, a.Timeout, fmt.Errorf("not acknowledged within --timeout %s", a.Timeout))
	defer cancel()
	acks, err := q.Publish(ctx, messages...)
	if err != nil {
		return err
	}
	for i, ack := range acks {
		what := "queued"
		if ack.Duplicate {
			what = "waiting" // it is in the queue already
		}
		fmt.Fprintf(term.Out, "%-9s  %s\n", what, urls[i])
	}
	return failed
}

func (a *Add) job(raw string) (queue.Message, error) {
	class := article.JobFresh
	if a.Backfill {
		class = article.JobBackfill
	}
	m, err := queue.Job(article.Job{URL: raw, Kind: article.JobKind(a.Kind), Class: class})
	m.ID += fmt.Sprintf("-%d", time.Now().UnixNano()) // asked for by a person: fetched again even if just fetched
	return m, err
}

// Provision creates the streams, buckets and consumers.
type Provision struct {
	Connection
	queue.Limits `embed:"" group:"Queue"`
}

// Run is idempotent.
func (p *Provision) Run(ctx context.Context, term *Terminal) error {
	q, err := p.open(ctx, "admin")
	if err != nil {
		return err
	}
	defer q.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, p.Timeout, fmt.Errorf("not done within --timeout %s", p.Timeout))
	defer cancel()
	if err := q.Provision(ctx, p.Limits); err != nil {
		return err
	}
	_, err = fmt.Fprintf(term.Out, "streams, buckets and consumers are as this version wants them, %s in all, %d replicas\n", p.MaxStore, p.Replicas)
	return err
}

// Status tells how full the queue is, how far each consumer has come, and what the indexer holds.
type Status struct {
	Connection
	Client
}

// Run prints tables. A part that does not answer is an error after the other has been printed.
func (s *Status) Run(ctx context.Context, term *Terminal) error {
	return errors.Join(s.queue(ctx, term), s.index(ctx, term))
}

func (s *Status) queue(ctx context.Context, term *Terminal) error {
	q, err := s.open(ctx, "admin")
	if err != nil {
		return err
	}
	defer q.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, s.Timeout, fmt.Errorf("no answer within --timeout %s", s.Timeout))
	defer cancel()
	status, err := q.Status(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(term.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STREAM\tMESSAGES\tSIZE\tLIMIT\tCONSUMER\tWAITING\tIN HAND\tOLDEST")
	for _, stream := range status {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s", stream.Name, humanize.Comma(int64(stream.Messages)), humanize.Bytes(stream.Bytes), humanize.Bytes(uint64(stream.Limit)))
		for i, c := range stream.Consumers {
			if i > 0 {
				fmt.Fprint(w, "\n\t\t\t")
			}
			fmt.Fprintf(w, "\t%s\t%s\t%d\t%s", c.Name, humanize.Comma(int64(c.Waiting)), c.Unacked, c.Oldest.Round(time.Millisecond))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
