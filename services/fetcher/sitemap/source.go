package sitemap

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding/unicode"
)

// source is a file without its wrappings: compression, whatever its name and header say, and UTF-16. It ends after MaxBytes.
type source struct {
	*bufio.Reader
	err  error // of the reader beneath
	left int64 // bytes until the limit
	cut  bool  // the limit was met, or what is compressed breaks off
}

const (
	maxGzip = 2 // layers: a .gz file that is served with Content-Encoding
	peeked  = 4 << 10
)

func newSource(r io.Reader) *source {
	s := &source{left: MaxBytes}
	b := bufio.NewReaderSize(readerFunc(func(p []byte) (int, error) {
		n, err := r.Read(p)
		if err != nil && !errors.Is(err, io.EOF) {
			s.err = err
		}
		return n, err
	}), 32<<10)
	for range maxGzip {
		if magic, _ := b.Peek(2); string(magic) != "\x1f\x8b" {
			break
		}
		z, err := gzip.NewReader(b)
		if err != nil {
			s.cut = true
			b = bufio.NewReader(bytes.NewReader(nil))
			break
		}
		b = bufio.NewReaderSize(z, 32<<10)
	}
	b = bufio.NewReaderSize(s.limited(b), 32<<10)
	head, _ := b.Peek(4)
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = b.Discard(3)
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00<\x00")):
		b = bufio.NewReaderSize(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(b), 32<<10)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("<\x00")):
		b = bufio.NewReaderSize(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(b), 32<<10)
	}
	s.Reader = b
	return s
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// limited ends after MaxBytes.
func (s *source) limited(r io.Reader) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if s.left == 0 {
			if n, _ := io.ReadFull(r, p[:min(1, len(p))]); n > 0 {
				s.cut = true
			}
			return 0, io.EOF
		}
		n, err := r.Read(p[:min(int64(len(p)), s.left)])
		s.left -= int64(n)
		return n, err
	})
}

// drain reads to the end, which tells whether there is more than the limit, and lets a connection be used again.
func (s *source) drain() { _, _ = s.WriteTo(io.Discard) } // what follows a sitemap may be broken

// isXML tells XML, which may come after a warning of the program that made it, from a list of URLs.
func (s *source) isXML() bool {
	for c, _ := s.Peek(1); len(c) > 0 && bytes.IndexByte([]byte(" \t\r\n\x00"), c[0]) >= 0; c, _ = s.Peek(1) {
		_, _ = s.Discard(1)
	}
	head, _ := s.Peek(peeked)
	head = bytes.ToLower(head)
	if bytes.HasPrefix(head, []byte("<")) {
		return true
	}
	for _, mark := range []string{"<?xml", "<urlset", "<sitemapindex", "<rss", "<feed", "<rdf"} {
		if bytes.Contains(head, []byte(mark)) {
			return true
		}
	}
	return false
}

// label is the encoding that the XML declaration names, or "".
func (s *source) label() string {
	head, _ := s.Peek(peeked)
	_, head, ok := bytes.Cut(head, []byte("<?xml"))
	if !ok {
		return ""
	}
	head, _, _ = bytes.Cut(head, []byte("?>"))
	_, head, _ = bytes.Cut(head, []byte("encoding"))
	head = bytes.TrimLeft(head, " \t\r\n=")
	if len(head) == 0 || head[0] != '"' && head[0] != '\'' {
		return ""
	}
	name, _, _ := bytes.Cut(head[1:], head[:1])
	return string(name)
}
