package fetch

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// maxCodings is how often a body may be compressed over: servers do it twice by mistake, never more.
const maxCodings = 2

// maxWindow bounds a zstd decoder's memory (RFC 8878, 3.1.1.1.2; RFC 9659 asks servers for no more).
const maxWindow = 8 << 20

// decoders are kept for use again: their tables cost more than decoding a page.
type decoders struct {
	gzip, brotli, zstd, buffer sync.Pool
}

// open undoes what the body's first bytes show, and for codings without a signature what the header says, unless the
// body is plain to see. hold is asked for the memory that this takes. release gives the decoders back. Errors, of hold
// too, come with reading.
func (d *decoders) open(r io.Reader, encoding string, hold func(bytes int64) error) (_ *bufio.Reader, release func()) {
	var returns []func()
	buffered := func(r io.Reader) *bufio.Reader {
		if err := hold(costReader); err != nil {
			r = failed{err}
		}
		b, ok := d.buffer.Get().(*bufio.Reader)
		if !ok {
			b = bufio.NewReaderSize(nil, costReader)
		}
		b.Reset(r)
		returns = append(returns, func() {
			b.Reset(nil)
			d.buffer.Put(b)
		})
		return b
	}
	encoding = strings.ToLower(encoding)
	in := buffered(r)
	for range maxCodings {
		head, _ := in.Peek(64) // an error comes again with reading
		var open func(io.Reader, []byte) (io.Reader, func())
		var cost int64
		switch {
		case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}):
			open, cost = d.openGzip, costInflate
		case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
			open, cost = d.openZstd, zstdWindow(head)
		case strings.Contains(encoding, "br") && !plain(head):
			open, cost = d.openBrotli, brotliWindow(head[0])
			encoding = strings.Replace(encoding, "br", "", 1)
		case strings.Contains(encoding, "deflate") && !plain(head):
			open, cost = openDeflate, costInflate
			encoding = strings.Replace(encoding, "deflate", "", 1)
		}
		if open == nil {
			break
		}
		if err := hold(cost); err != nil {
			in = buffered(failed{err})
			break
		}
		next, back := open(in, head)
		returns = append(returns, back)
		in = buffered(next)
	}
	return in, func() {
		for _, back := range returns {
			back()
		}
	}
}

// plain tells text that a server calls compressed and is not.
func plain(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	for _, start := range []string{"<!doctype", "<html", "<head", "<?xml", "<rss", "<feed", "<rdf", "<!--", "{\""} {
		if len(head) >= len(start) && strings.EqualFold(string(head[:len(start)]), start) {
			return true
		}
	}
	return len(head) == 0
}

// brotliWindow is how far back a stream may refer, by its first byte (RFC 7932, 9.1): what its decoder may come to hold.
func brotliWindow(first byte) int64 {
	bits := 16
	switch n := first >> 1 & 7; {
	case first&1 == 0:
	case n != 0:
		bits = 17 + int(n)
	case first>>4&7 == 0:
		bits = 17
	default:
		bits = 8 + int(first>>4&7)
	}
	return 1 << bits
}

// zstdWindow is the same of a frame of zstd. What follows in further frames is not known yet; maxWindow bounds those.
func zstdWindow(head []byte) int64 {
	var h zstd.Header
	if err := h.Decode(head); err != nil { // the decoder will say so
		return 0
	}
	if h.SingleSegment {
		return int64(min(h.FrameContentSize, maxWindow))
	}
	return int64(min(h.WindowSize, maxWindow))
}

func (d *decoders) openGzip(r io.Reader, _ []byte) (io.Reader, func()) {
	z, ok := d.gzip.Get().(*gzip.Reader)
	if !ok {
		z = new(gzip.Reader)
	}
	back := func() { d.gzip.Put(z) }
	if err := z.Reset(r); err != nil {
		return failed{err}, back
	}
	return z, back
}

func (d *decoders) openBrotli(r io.Reader, _ []byte) (io.Reader, func()) {
	b, ok := d.brotli.Get().(*brotli.Reader)
	if !ok {
		b = brotli.NewReader(nil)
	}
	back := func() { d.brotli.Put(b) }
	if err := b.Reset(r); err != nil {
		return failed{err}, back
	}
	return b, back
}

func (d *decoders) openZstd(r io.Reader, _ []byte) (io.Reader, func()) {
	z, ok := d.zstd.Get().(*zstd.Decoder)
	if !ok {
		var err error
		z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil { // the options are constant
			panic(err)
		}
	}
	back := func() {
		_ = z.Reset(nil) // lets go of the body
		d.zstd.Put(z)
	}
	if err := z.Reset(r); err != nil {
		return failed{err}, back
	}
	return z, back
}

// openDeflate reads "deflate": zlib's format by the standard, bare deflate by some servers. Too rare to pool.
func openDeflate(r io.Reader, head []byte) (io.Reader, func()) {
	if len(head) >= 2 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 { // RFC 1950, 2.2
		z, err := zlib.NewReader(r)
		if err != nil {
			return failed{err}, func() {}
		}
		return z, func() {}
	}
	return flate.NewReader(r), func() {}
}

type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }
