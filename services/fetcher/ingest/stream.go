package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"dateline/pkg/queue"
	"dateline/services/fetcher/warc"

	"golang.org/x/sync/errgroup"
)

// Pages go in batches: what is in memory stays bounded, and each batch is few atomic ones of the queue.
const (
	batchPages   = 200
	batchBytes   = 4 << 20
	batchRecords = 10_000 // of files that have few pages
	maxTold      = 20     // damaged places of a file that are told one by one
)

// batch is what was read from one position of a file to the next.
type batch struct {
	messages []queue.Message
	bytes    int
	counts   Counts
	damage   []error
	next     warc.Position
	last     bool
}

func (b *batch) full() bool {
	return len(b.messages) >= batchPages || b.bytes >= batchBytes || b.counts.Records >= batchRecords
}

// readError is of a file, and no reason not to import the others.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }

func (e *readError) Unwrap() error { return e.err }

// stream imports what in holds from the note's position on: one goroutine reads, this one publishes and takes note.
func (r *run) stream(ctx context.Context, n *note, in io.Reader) error {
	g, gctx := errgroup.WithContext(ctx)
	batches := make(chan *batch, 1)
	var unread error
	g.Go(func() error {
		defer close(batches)
		unread = read(gctx, warc.NewReader(&counted{in, r}, n.Next), batches)
		return nil
	})
	g.Go(func() error {
		for b := range batches {
			if err := r.publish(gctx, n, b); err != nil {
				return err
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return unread
}

// counted tells how much has been read.
type counted struct {
	io.Reader
	run *run
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.run.advance(int64(n))
	return n, err
}

// read makes batches of what the reader gives, until its end or ctx's.
func read(ctx context.Context, r *warc.Reader, batches chan<- *batch) error {
	b := new(batch)
	for {
		rec, err := r.Next()
		var damage *warc.Damage
		switch {
		case errors.As(err, &damage):
			b.counts.Damaged++
			b.damage = append(b.damage, damage)
		case err != nil:
			b.last = errors.Is(err, io.EOF)
			if serr := send(ctx, r, batches, b); serr != nil {
				return serr
			}
			if b.last {
				return nil
			}
			return &readError{err}
		}
		if rec != nil {
			b.record(rec, damage != nil)
		}
		if b.full() {
			if err := send(ctx, r, batches, b); err != nil {
				return err
			}
			b = new(batch)
		}
	}
}

func send(ctx context.Context, r *warc.Reader, batches chan<- *batch, b *batch) error {
	b.next = r.Position()
	select {
	case batches <- b:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// record adds a record's page. One of which the record is damaged may lack a part.
func (b *batch) record(rec *warc.Record, damaged bool) {
	b.counts.Records++
	p, err := pageOf(rec)
	if errors.Is(err, errOther) {
		return
	}
	var m queue.Message
	if err == nil {
		p.Truncated = p.Truncated || damaged
		m, err = queue.Page(p, "imported")
	}
	if err == nil && len(m.Body) > queue.MaxMessage-64<<10 { // with its headers
		err = skipLarge
	}
	if err != nil {
		b.counts.skip(err.Error())
		return
	}
	b.messages, b.bytes = append(b.messages, m), b.bytes+len(m.Body)
}

// publish puts a batch on the queue, waiting while that is full, and then notes that it is there.
func (r *run) publish(ctx context.Context, n *note, b *batch) error {
	acks, err := r.q.Publish(ctx, b.messages...)
	if err != nil {
		return err
	}
	for _, ack := range acks {
		if ack.Duplicate {
			b.counts.Duplicate++
		} else {
			b.counts.Accepted++
		}
	}
	for i, damage := range b.damage {
		switch told := n.Damaged + i; {
		case told < maxTold:
			fmt.Fprintf(r.out, "damaged    %s %v\n", n.File, damage)
		case told == maxTold:
			fmt.Fprintf(r.out, "damaged    %s at more places, which are only counted\n", n.File)
		}
	}
	n.add(&b.counts)
	n.Next, n.Done = b.next, b.last
	if n.path == "" { // standard input
		return nil
	}
	return n.save()
}
