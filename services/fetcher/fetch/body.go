package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
)

var errWireLimit = errors.New("the body has more bytes than are read")

// wire reads a body as it is transferred: it counts, stops at a limit, remembers how the transfer ended, and keeps what
// came if it is told to.
type wire struct {
	r    io.Reader
	most int64
	n    atomic.Int64
	err  error
	keep bool
	kept []byte
	hold func(bytes int64) error // asks for memory
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
	if w.keep && n > 0 {
		if e := w.append(p[:n]); e != nil {
			n, err = 0, e
		}
	}
	if err != nil {
		w.err = err
	}
	return n, err
}

func (w *wire) append(p []byte) error {
	if more := len(w.kept) + len(p) - cap(w.kept); more > 0 {
		more = max(more, cap(w.kept), smallBuffer)
		if err := w.hold(int64(more)); err != nil {
			return err
		}
		w.kept = slices.Grow(w.kept, cap(w.kept)-len(w.kept)+more)
	}
	w.kept = append(w.kept, p...)
	return nil
}

// What is read of a body that nobody wants, so that its connection can be used again.
const (
	drainBytes = 64 << 10
	drainTime  = time.Second
)

// drain reads the rest if it is short; cancel ends the transfer.
func (w *wire) drain(cancel context.CancelFunc) {
	defer time.AfterFunc(drainTime, cancel).Stop()
	_, _ = io.CopyN(io.Discard, w, drainBytes) // what does not come is not missed
	if w.err == nil {                          // of just this size?
		_, _ = w.Read(make([]byte, 1))
	}
}

// Sizes of the buffers for decoded bodies. A body has a small one as long as that will do, so that those that do not come
// hold little.
const (
	smallBuffer = 32 << 10
	largeBuffer = 512 << 10
	keptBuffer  = 4 << 20 // a larger one is not kept: a rare giant should not stay
)

// buffers are kept for use again.
type buffers struct{ small, large sync.Pool } // of *[]byte

func (b *buffers) get(size int) []byte {
	pool := &b.small
	if size > smallBuffer {
		pool = &b.large
	}
	if kept, ok := pool.Get().(*[]byte); ok && cap(*kept) == size { // another size was not paid for
		return (*kept)[:0]
	}
	return make([]byte, 0, size)
}

func (b *buffers) put(buf []byte) {
	switch {
	case cap(buf) <= smallBuffer:
		b.small.Put(&buf)
	case cap(buf) <= keptBuffer:
		b.large.Put(&buf)
	}
}

// output is a decoded body that grows, by what memory it is given.
type output struct {
	buf     []byte
	buffers *buffers
	most    int
	hold    func(bytes int64) error
}

// room makes space for at least a byte, up to one more than the most.
func (o *output) room() error {
	if len(o.buf) < cap(o.buf) {
		return nil
	}
	size := smallBuffer
	if cap(o.buf) > 0 {
		size = max(largeBuffer, 2*cap(o.buf))
	}
	size = min(size, o.most+1)
	if err := o.hold(int64(size - cap(o.buf))); err != nil {
		return err
	}
	wider := append(o.buffers.get(size), o.buf...)
	o.release()
	o.buf = wider
	return nil
}

func (o *output) release() {
	if o.buf != nil {
		o.buffers.put(o.buf)
	}
}

// read decodes a body of at most so many bytes into got. What came before a body broke off, or before a limit of size, is
// kept and marked; running out of time is an error, since the same server may be faster later.
func (g *get) read(w *wire, got *Response, most int) error {
	r, release := g.decoders.open(w, got.Header.Get("Content-Encoding"), g.hold)
	defer release()
	out := &output{buffers: &g.buffers, most: most, hold: g.hold}
	defer out.release()
	if err := g.fill(out, r, w, got); err != nil {
		return err
	}
	if len(out.buf) == 0 && g.Request.Accept != AcceptRobots {
		return &Error{Reason: ReasonEmpty, URL: got.URL, Status: got.Status}
	}
	if w.err == nil { // the end of the coding, not of the body: the connection can be used again if that is near
		_, _ = io.CopyN(io.Discard, w, 4<<10)
	}
	got.WireBytes = w.n.Load()
	got.Body = bytes.Clone(out.buf)
	return nil
}

// fill copies the decoded body to out, up to where it ends, breaks off, or meets a limit.
func (g *get) fill(out *output, r *bufio.Reader, w *wire, got *Response) error {
	head, _ := r.Peek(512) // an error comes again below
	if kind, ok := unsupported(head, got.Header.Get("Content-Type")); ok {
		return &Error{Reason: ReasonUnsupportedType, URL: got.URL, Status: got.Status, Err: errors.New("the body is " + kind)}
	}
	for {
		if err := out.room(); err != nil {
			return err
		}
		n, err := r.Read(out.buf[len(out.buf):cap(out.buf)])
		out.buf = out.buf[:len(out.buf)+n]
		switch {
		case len(out.buf) > out.most:
			out.buf = out.buf[:out.most]
			got.Truncated = true
			return nil
		case len(out.buf) > g.limits.RatioAfter && int64(len(out.buf)) > int64(g.limits.Ratio)*w.n.Load():
			return &Error{Reason: ReasonBomb, URL: got.URL, Status: got.Status, Err: errors.New("the body expands more than it may")}
		case err == nil:
		case errors.Is(err, io.EOF) && (w.err == nil || errors.Is(w.err, io.EOF)):
			return nil
		default:
			if g.ctx.Err() != nil {
				return g.ctx.Err()
			}
			if errors.Is(err, errOverloaded) || errors.Is(w.err, errOverloaded) { // no fault of the body's
				return errOverloaded
			}
			return broken(out.buf, w, got, err)
		}
	}
}

// broken judges a body that ended with an error: of the transfer, or of what was transferred.
func broken(out []byte, w *wire, got *Response, err error) error {
	transfer := w.err != nil && !errors.Is(w.err, io.EOF)
	switch {
	case len(out) == 0 && transfer:
		return w.err
	case len(out) == 0:
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
