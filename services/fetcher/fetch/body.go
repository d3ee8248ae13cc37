package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
)

var errWireLimit = errors.New("the body has more bytes than are read")

// wire reads a body as it is transferred: it counts, stops at a limit, and remembers how the transfer ended.
type wire struct {
	r    io.Reader
	most int64
	n    atomic.Int64
	err  error
}

func (w *wire) Read(p []byte) (int, error) {
	left := w.most - w.n.Load()
	if left < 0 {
		w.err = errWireLimit
		return 0, w.err
	}
	if int64(len(p)) > left+1 { // one more, to tell a body of just this size from a longer one
		p = p[:left+1]
	}
	n, err := w.r.Read(p)
	if over := w.n.Add(int64(n)) - w.most; over > 0 {
		n, err = n-int(over), errWireLimit
	}
	if err != nil {
		w.err = err
	}
	return n, err
}

// hurry cancels a body that comes at less than rate bytes a second, once grace is over, until ctx ends.
func (w *wire) hurry(ctx context.Context, rate int, grace time.Duration, cancel context.CancelCauseFunc) {
	start := time.Now()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			if float64(w.n.Load()) < float64(rate)*time.Since(start).Seconds() {
				cancel(errTooSlow)
				return
			}
			timer.Reset(time.Second)
		}
	}
}

// read decodes a body into got. What came before a body broke off, or before a limit of size, is kept and marked;
// running out of time is an error, since the same server may be faster later. abort cancels the request of the body.
func (c *Client) read(ctx context.Context, abort context.CancelCauseFunc, got *Response, body io.Reader, most int64) error {
	w := &wire{r: body, most: most}
	go w.hurry(ctx, c.limits.MinRate, c.limits.Grace, abort)

	r, release := c.decoders.open(w, got.Header.Get("Content-Encoding"))
	defer release()
	out, ok := c.buffers.Get().(*bytes.Buffer)
	if !ok {
		out = new(bytes.Buffer)
	}
	out.Reset()
	defer func() {
		if out.Cap() <= 4<<20 { // a rare giant should not stay
			c.buffers.Put(out)
		}
	}()
	if err := c.fill(ctx, out, r, w, got); err != nil {
		return err
	}
	if out.Len() == 0 {
		return &Error{Reason: ReasonEmpty, URL: got.URL, Status: got.Status}
	}
	if w.err == nil { // the end of the coding, not of the body: the connection can be used again if that is near
		_, _ = io.CopyN(io.Discard, w, 4<<10)
	}
	got.WireBytes = w.n.Load()
	got.Body = bytes.Clone(out.Bytes())
	return nil
}

// fill copies the decoded body to out, up to where it ends, breaks off, or meets a limit.
func (c *Client) fill(ctx context.Context, out *bytes.Buffer, r *bufio.Reader, w *wire, got *Response) error {
	head, _ := r.Peek(512) // an error comes again below
	if kind, ok := unsupported(head, got.Header.Get("Content-Type")); ok {
		return &Error{Reason: ReasonUnsupportedType, URL: got.URL, Status: got.Status, Err: errors.New("the body is " + kind)}
	}
	for {
		out.Grow(bytes.MinRead)
		n, err := r.Read(out.AvailableBuffer()[:out.Available()])
		out.Write(out.AvailableBuffer()[:n])
		switch {
		case out.Len() > c.limits.DecodedBytes:
			out.Truncate(c.limits.DecodedBytes)
			got.Truncated = true
			return nil
		case out.Len() > c.limits.RatioAfter && int64(out.Len()) > int64(c.limits.Ratio)*w.n.Load():
			return &Error{Reason: ReasonBomb, URL: got.URL, Status: got.Status, Err: errors.New("the body expands more than it may")}
		case err == nil:
		case errors.Is(err, io.EOF) && (w.err == nil || errors.Is(w.err, io.EOF)):
			return nil
		default:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return broken(out, w, got, err)
		}
	}
}

// broken judges a body that ended with an error: of the transfer, or of what was transferred.
func broken(out *bytes.Buffer, w *wire, got *Response, err error) error {
	transfer := w.err != nil && !errors.Is(w.err, io.EOF)
	switch {
	case out.Len() == 0 && transfer:
		return w.err
	case out.Len() == 0:
		return &Error{Reason: ReasonDecode, URL: got.URL, Status: got.Status, Err: err}
	case !transfer && errors.Is(err, gzip.ErrHeader): // whole, with something after it that is no gzip
		return nil
	}
	got.Truncated = true
	return nil
}

// unsupported tells bodies that hold neither text nor markup from their first bytes. What the server calls them counts
// only where the bytes say nothing.
func unsupported(head []byte, contentType string) (kind string, ok bool) {
	kind, _, _ = strings.Cut(http.DetectContentType(head), ";")
	if strings.HasPrefix(kind, "text/") {
		return kind, false
	}
	if kind == "application/octet-stream" {
		declared := strings.ToLower(contentType)
		for _, text := range []string{"text/", "html", "xml", "json"} {
			if strings.Contains(declared, text) {
				return kind, false
			}
		}
	}
	return kind, len(head) > 0
}
