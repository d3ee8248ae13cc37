package warc

import (
	"errors"
	"testing"
)

func TestParseResponse(t *testing.T) {
	const chunked = "Transfer-Encoding: chunked\r\n"
	for _, tt := range []struct {
		name, in  string
		status    int
		body      string
		truncated bool
	}{
		{"plain", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", 200, "body", false},
		{"without reason", "HTTP/2 404\r\n\r\nbody", 404, "body", false},
		{"LF alone", "HTTP/1.0 200 OK\nA: b\n\nbody\n\nmore", 200, "body\n\nmore", false},
		{"no empty line", "HTTP/1.1 304 Not Modified\r\nA: b\r\n", 304, "", false},
		{"chunks", "HTTP/1.1 200 OK\r\n" + chunked + "\r\n4\r\nbody\r\n6;x=y\r\n, more\r\n0\r\nTrailer: 1\r\n\r\n", 200, "body, more", false},
		{"chunks with LF alone", "HTTP/1.1 200 OK\n" + chunked + "\n4 \nbody\n0\n\n", 200, "body", false},
		{"chunks that have been undone", "HTTP/1.1 200 OK\r\n" + chunked + "\r\n<p>body</p>", 200, "<p>body</p>", false},
		{"chunks that break off", "HTTP/1.1 200 OK\r\n" + chunked + "\r\n4\r\nbody\r\nff\r\nmore", 200, "bodymore", true},
		{"no last chunk", "HTTP/1.1 200 OK\r\n" + chunked + "\r\n4\r\nbody\r\n", 200, "body", true},
		{"a chunk beyond all", "HTTP/1.1 200 OK\r\n" + chunked + "\r\n4\r\nbody\r\nffffffffffffffff\r\nx", 200, "body", true},
		{"Common Crawl's", "HTTP/1.1 200 OK\r\nX-Crawl-Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n4\r\nbod", 200, "4\r\nbod", false},
		{"a folded header", "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\tchunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 200, "x", false},
	} {
		resp, err := ParseResponse([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if resp.Status != tt.status || string(resp.Body) != tt.body || resp.Truncated != tt.truncated {
			t.Errorf("%s: %d, %q, truncated %v", tt.name, resp.Status, resp.Body, resp.Truncated)
		}
	}
	for _, in := range []string{"", "hello", "HTTP/1.1", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"} {
		if _, err := ParseResponse([]byte(in)); !errors.Is(err, ErrNoResponse) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func FuzzParseResponse(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\nbody", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4\nbody\n0\n\n", "HTTP/2 200\n\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\nx",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		resp, err := ParseResponse(in)
		if err == nil && (len(resp.Body) > len(in) || resp.Status < 100) {
			t.Fatalf("%+v", resp)
		}
	})
}
