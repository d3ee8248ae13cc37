package hostiletest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

const (
	ok     = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	nobody = "Content-Length: 0\r\n\r\n"
)

// says is a behaviour that says one thing and hangs up.
func says(s string) func(*client) { return func(c *client) { c.say(s) } }

// sends says a whole answer with a coding and a body.
func sends(coding string, body func() []byte) func(*client) {
	return func(c *client) {
		b := body()
		c.say(ok + fmt.Sprintf("Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n", coding, len(b)))
		_, _ = c.Write(b)
	}
}

// Packed is a body under a content coding: gzip, br, deflate, zstd, or "" for as it is.
func Packed(coding string, body []byte) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "br":
		w = brotli.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "zstd":
		w, _ = zstd.NewWriter(&b) // fails for bad options only
	default:
		return body
	}
	_, _ = w.Write(body) // to memory
	_ = w.Close()
	return b.Bytes()
}

// Page is an HTML page of at least n bytes that compresses about as real ones do: gzip makes 60 KB of 250.
func Page(n int) []byte {
	var b bytes.Buffer
	b.WriteString("<html><title>Page</title>")
	for i := uint32(0); b.Len() < n; i++ {
		fmt.Fprintf(&b, "<p class=\"text\">Paragraph number %d says %x, and then %x of %x.</p>\n", i, i*2654435761, (i+7)*40503*i, i*i*2246822519>>8)
	}
	return b.Bytes()
}

func bomb(coding string, layers ...string) Behaviour {
	packed := append([]byte("<html>"), bytes.Repeat([]byte("a"), 16<<20)...)
	for _, l := range layers {
		packed = Packed(l, packed)
	}
	return Behaviour{Name: strings.Join(layers, " in ") + " bomb", Reason: "bomb", serve: sends(coding, func() []byte { return packed })}
}

// bombs take a moment to pack.
var bombs = sync.OnceValue(func() []Behaviour {
	return []Behaviour{
		bomb("gzip", "gzip"), bomb("br", "br"), bomb("zstd", "zstd"), bomb("deflate", "deflate"),
		bomb("gzip, gzip", "gzip", "gzip"), bomb("gzip, br", "gzip", "br"),
		{Name: "zstd that wants a window of a gigabyte", Reason: "decode", serve: sends("zstd", func() []byte {
			return []byte("\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00") // RFC 8878, 3.1.1.1.2: exponent 20, 1 GiB; then an empty raw block
		})},
		{Name: "gzip within gzip for ever", Reason: "unsupported_type", serve: sends("gzip", func() []byte {
			b := Page(1000)
			for range 20 {
				b = Packed("gzip", b)
			}
			return b
		})},
	}
})

func codings() []Behaviour {
	page := Page(40 << 10)
	cut := func(coding string, share int) func() []byte {
		return func() []byte {
			b := Packed(coding, page)
			return b[:len(b)*share/100]
		}
	}
	return []Behaviour{
		{Name: "gzip cut", Truncated: true, serve: sends("gzip", cut("gzip", 60))},
		{Name: "br cut", Truncated: true, serve: sends("br", cut("br", 60))},
		{Name: "deflate cut", Truncated: true, serve: sends("deflate", cut("deflate", 60))},
		{Name: "gzip without its end", Truncated: true, serve: sends("gzip", func() []byte {
			b := Packed("gzip", page)
			return b[:len(b)-8]
		})},
		{Name: "gzip with a wrong checksum", Truncated: true, serve: sends("gzip", func() []byte {
			b := Packed("gzip", page)
			b[len(b)-5] ^= 0xff
			return b
		})},
		{Name: "gzip and then junk", serve: sends("gzip", func() []byte {
			return append(Packed("gzip", page), "junk junk junk junk"...)
		})},
		{Name: "gzip that is none", serve: sends("gzip", func() []byte { return page })},
		{Name: "br that is none", serve: sends("br", func() []byte { return page })},
		{Name: "a coding nobody knows", serve: sends("rot13, x-zip", func() []byte { return page })},
		{Name: "gzip that breaks at once", Reason: "decode", serve: sends("gzip", func() []byte { return []byte("\x1f\x8b\x08nonsense and more of it") })},
		{Name: "br that breaks at once", Reason: "decode", serve: sends("br", func() []byte { return bytes.Repeat([]byte("\xff"), 100) })},
		{Name: "gzip without a body", Reason: "empty", serve: sends("gzip", func() []byte { return nil })},
		{Name: "gzip of nothing", Reason: "empty", serve: sends("gzip", func() []byte { return Packed("gzip", nil) })},
	}
}

func transfers() []Behaviour {
	const chunked = ok + "Transfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n"
	return []Behaviour{
		{Name: "a body without end", Truncated: true, serve: func(c *client) {
			c.say(ok + "\r\n<html>")
			c.drip(strings.Repeat("a", 32<<10), 0)
		}},
		{Name: "chunks without end", Truncated: true, serve: func(c *client) {
			c.say(chunked)
			c.drip("4000\r\n"+strings.Repeat("a", 0x4000)+"\r\n", 0)
		}},
		{Name: "chunks of a byte", Truncated: true, serve: func(c *client) {
			c.say(chunked)
			c.drip(strings.Repeat("1\r\na\r\n", 100), 0)
		}},
		{Name: "gzip without end", Truncated: true, serve: func(c *client) {
			c.say(ok + "Content-Encoding: gzip\r\n\r\n")
			member := string(Packed("gzip", Page(40<<10)))
			c.drip(member, 0)
		}},
		{Name: "more announced than sent", Truncated: true, serve: says(ok + "Content-Length: 5000\r\n\r\n<html>short")},
		{Name: "nothing of what was announced", Reason: "connect", Temporary: true, serve: says(ok + "Content-Length: 5000\r\n\r\n")},
		{Name: "more sent than announced", serve: says(ok + "Content-Length: 12\r\n\r\n<html>a page, and more of it")},
		{Name: "petabytes announced", Truncated: true, serve: says(ok + "Content-Length: 9007199254740992\r\n\r\n<html>")},
		{Name: "a length below zero", Reason: "protocol", serve: says(ok + "Content-Length: -1\r\n\r\n<html>")},
		{Name: "a length that is no number", Reason: "protocol", serve: says(ok + "Content-Length: many\r\n\r\n<html>")},
		{Name: "two lengths", Reason: "protocol", serve: says(ok + "Content-Length: 6\r\nContent-Length: 11\r\n\r\n<html>short")},
		{Name: "a length and chunks", serve: says(ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n0\r\n\r\n")},
		{Name: "a transfer coding nobody knows", Reason: "protocol", serve: says(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n6\r\n<html>\r\n0\r\n\r\n")},
		{Name: "a chunk cut", Truncated: true, serve: says(chunked + "1000\r\nshort")},
		{Name: "a chunk without a size", Truncated: true, serve: says(chunked + "size\r\nshort")},
		{Name: "a chunk of more than there is", Truncated: true, serve: says(chunked + "fffffffffffffffff\r\nshort")},
		{Name: "a chunk extension without end", Truncated: true, serve: func(c *client) {
			c.say(chunked + "6;")
			c.drip(strings.Repeat("a", 1000), 0)
		}},
		{Name: "trailers without end", Truncated: true, serve: func(c *client) {
			c.say(chunked + "0\r\n")
			c.drip("X-Filler: "+strings.Repeat("a", 1000)+"\r\n", 0)
		}},
		{Name: "a reset in the body", Truncated: true, serve: func(c *client) {
			c.say(ok + "Content-Length: 5000\r\n\r\n<html>" + strings.Repeat("a", 1000))
			time.Sleep(100 * time.Millisecond) // a reset takes back what was not read yet
			reset(c)
		}},
	}
}

// reset hangs up without a farewell.
func reset(c *client) {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

func slow() []Behaviour {
	return []Behaviour{
		{Name: "silence", Reason: "timeout", Temporary: true, serve: (*client).hang},
		{Name: "a header letter by letter", Reason: "timeout", Temporary: true, serve: func(c *client) { c.drip("H", 50*time.Millisecond) }},
		{Name: "a header line by line", Reason: "timeout", Temporary: true, serve: func(c *client) {
			c.say(ok)
			c.drip("X-Filler: a\r\n", 50*time.Millisecond)
		}},
		{Name: "a body letter by letter", Reason: "too_slow", Temporary: true, serve: func(c *client) {
			c.say(ok + "\r\n<html>")
			c.drip("a", 20*time.Millisecond)
		}},
		{Name: "chunks letter by letter", Reason: "too_slow", Temporary: true, serve: func(c *client) {
			c.say(ok + "Transfer-Encoding: chunked\r\n\r\n")
			c.drip("1\r\na\r\n", 20*time.Millisecond)
		}},
		{Name: "gzip letter by letter", Reason: "too_slow", Temporary: true, serve: func(c *client) {
			c.say(ok + "Content-Encoding: gzip\r\n\r\n")
			for _, b := range Packed("gzip", Page(40<<10)) {
				if !c.say(string([]byte{b})) {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}},
		{Name: "a body that stalls", Reason: "too_slow", Temporary: true, serve: func(c *client) {
			c.say(ok + "Content-Length: 5000\r\n\r\n<html>")
			c.hang()
		}},
		{Name: "a body that never begins", Reason: "too_slow", Temporary: true, serve: func(c *client) {
			c.say(ok + "Content-Length: 5000\r\n\r\n")
			c.hang()
		}},
		{Name: "a body just fast enough for ever", Reason: "timeout", Temporary: true, serve: func(c *client) {
			c.say(ok + "\r\n<html>")
			c.drip(strings.Repeat("a", 200), 10*time.Millisecond)
		}},
		{Name: "an error page for ever", Reason: "http_4xx", serve: func(c *client) {
			c.say("HTTP/1.1 404 Not Found\r\n\r\n")
			c.drip("a", 20*time.Millisecond)
		}},
	}
}
