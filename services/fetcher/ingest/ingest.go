// Package ingest takes pages in from WARC files, Common Crawl's news and Dateline's own among them, and puts them on the
// queue exactly as the fetcher puts those that it gets: the pipeline sees no difference but the time of capture.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"dateline/pkg/queue"
)

// Command is `dateline import`.
type Command struct {
	State string   `help:"Directory for notes of how far each file is imported; by default they are beside the files until all are done." placeholder:"DIR" type:"existingdir"`
	Files []string `arg:"" name:"file" help:"WARC files, compressed with gzip or not; - is standard input."`
}

// Validate finds what can be known to be wrong before anything is published.
func (c *Command) Validate() error {
	for i, file := range c.Files {
		if slices.Contains(c.Files[:i], file) {
			return fmt.Errorf("%s is given twice", file)
		}
	}
	return nil
}

// ErrDamaged means that all that can be read of the files is on the queue, and that there was something that cannot.
var ErrDamaged = errors.New("not all of the files could be read")

// Counts tell what became of the records of a file.
type Counts struct {
	Records   int            `json:"records"`   // of any type
	Accepted  int            `json:"accepted"`  // pages that were put on the queue
	Duplicate int            `json:"duplicate"` // pages that it has already
	Skipped   map[string]int `json:"skipped"`   // responses that are no page, by reason
	Damaged   int            `json:"damaged"`   // places at which the file is not as it should be
}

func (c *Counts) skip(why string) {
	if c.Skipped == nil {
		c.Skipped = map[string]int{}
	}
	c.Skipped[why]++
}

func (c *Counts) add(o *Counts) {
	c.Records += o.Records
	c.Accepted += o.Accepted
	c.Duplicate += o.Duplicate
	c.Damaged += o.Damaged
	for why, n := range o.Skipped {
		if c.Skipped == nil {
			c.Skipped = map[string]int{}
		}
		c.Skipped[why] += n
	}
}

// String is the summary: 5 records, 2 pages published: 1 accepted, 1 duplicate, 1 skipped (1 status).
func (c *Counts) String() string {
	skipped := 0
	var why []string
	for _, reason := range slices.SortedFunc(maps.Keys(c.Skipped), func(a, b string) int {
		if d := c.Skipped[b] - c.Skipped[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	}) {
		skipped += c.Skipped[reason]
		why = append(why, fmt.Sprintf("%d %s", c.Skipped[reason], reason))
	}
	s := fmt.Sprintf("%d records, %d pages published: %d accepted, %d duplicate, %d skipped", c.Records, c.Accepted+c.Duplicate, c.Accepted, c.Duplicate, skipped)
	if skipped > 0 {
		s += " (" + strings.Join(why, ", ") + ")"
	}
	return s
}

// run is one import.
type run struct {
	cmd      *Command
	q        *queue.Queue
	out      io.Writer
	progress func(read, total int64)
	read     int64 // bytes of the files, those that are done included
	total    int64 // -1 where that is not known
	counts   Counts
}

// Run imports the files one by one and prints a summary. It waits while the queue is full, as long as ctx lives. After an
// interruption, the same command goes on where the queue had acknowledged all. Its error is ErrDamaged where what was
// wrong has been told. progress, which may be nil, hears how many bytes of how many are read; of -1 where that is not known.
func (c *Command) Run(ctx context.Context, q *queue.Queue, in io.Reader, out io.Writer, progress func(read, total int64)) error {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	r := &run{cmd: c, q: q, out: out, progress: progress}
	for _, file := range c.Files {
		if file == "-" {
			r.total = -1
			continue
		}
		info, err := os.Stat(file) // before anything is published
		if err == nil && !info.Mode().IsRegular() {
			err = fmt.Errorf("%s is not a file", file)
		}
		if err != nil {
			return err
		}
		if r.total >= 0 {
			r.total += info.Size()
		}
	}
	notes, unread, err := r.files(ctx, in)
	if _, perr := fmt.Fprintln(out, &r.counts); err == nil {
		err = perr
	}
	if err != nil {
		return err
	}
	if unread > 0 {
		return ErrDamaged
	}
	for _, n := range notes {
		if err := n.remove(); err != nil {
			return err
		}
	}
	if r.counts.Damaged > 0 {
		return ErrDamaged
	}
	return nil
}

// files imports each file, and says how many of them could not be read to the end.
func (r *run) files(ctx context.Context, in io.Reader) (notes []*note, unread int, err error) {
	for _, file := range r.cmd.Files {
		var n *note
		var err error
		if file == "-" {
			n = &note{File: "standard input"}
			err = r.stream(ctx, n, in)
		} else {
			n, err = r.file(ctx, file)
			if n != nil {
				notes = append(notes, n)
			}
		}
		if n != nil {
			r.counts.add(&n.Counts)
		}
		var unreadable *readError
		switch {
		case errors.As(err, &unreadable):
			unread++
			fmt.Fprintf(r.out, "unreadable %s: %v\n", file, unreadable.err)
		case err != nil && ctx.Err() != nil:
			return notes, unread, fmt.Errorf("%s: %w (the same command goes on from there)", file, err)
		case err != nil:
			return notes, unread, fmt.Errorf("%s: %w", file, err)
		}
	}
	return notes, unread, nil
}

// file imports a file from where its note says.
func (r *run) file(ctx context.Context, file string) (*note, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	n, err := readNote(r.cmd.State, file, info.Size())
	if err != nil {
		return nil, err
	}
	if n.Done {
		fmt.Fprintf(r.out, "done       %s, before the interruption\n", file)
		r.advance(info.Size())
		return n, nil
	}
	if err := n.save(); err != nil { // while nothing is published
		return nil, fmt.Errorf("note how far the import is: %w (--state names another place)", err)
	}
	if n.Next.Offset > 0 || n.Next.Within > 0 {
		fmt.Fprintf(r.out, "going on   %s at %s\n", file, n.Next)
	}
	if _, err := f.Seek(n.Next.Offset, io.SeekStart); err != nil {
		return n, &readError{err}
	}
	r.advance(n.Next.Offset)
	return n, r.stream(ctx, n, f)
}

func (r *run) advance(n int64) {
	r.read += n
	r.progress(r.read, r.total)
}
