package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"dateline/pkg/netguard"
	"dateline/pkg/weburl"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// quick are limits that tests can wait for.
var quick = Limits{
	Dial: time.Second, TLS: time.Second, Header: time.Second, Total: 3 * time.Second,
	MinRate: 1000, Grace: 300 * time.Millisecond, Redirects: 5,
	HeaderBytes: 64 << 10, PageBytes: 1 << 20, FeedBytes: 2 << 20, DecodedBytes: 3 << 20, Ratio: 100, RatioAfter: 256 << 10,
}

func client(t testing.TB, limits Limits) *Client {
	t.Helper()
	c := NewClient("DatelineBot/test", netguard.Guard{AllowLoopback: true}, limits)
	t.Cleanup(c.Close)
	return c
}

func page(n int) []byte {
	var b bytes.Buffer
	b.WriteString("<!doctype html><title>Page</title>")
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "<p>Paragraph %d with %x.</p>\n", i, uint32(i)*2654435761)
	}
	return b.Bytes()
}

func compress(t testing.TB, coding string, body []byte) []byte {
	t.Helper()
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
		z, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w = z
	default:
		return body
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// raw serves each connection with a function that writes what it likes, after the request was read.
func raw(t *testing.T, serve func(c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					serve(c)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/"
}

// drip writes s again and again until the client is gone.
func drip(c net.Conn, s string, pause time.Duration) {
	for {
		if _, err := io.WriteString(c, s); err != nil {
			return
		}
		time.Sleep(pause)
	}
}

func TestCodings(t *testing.T) {
	want := page(40 << 10)
	for _, c := range []struct {
		name, header string
		body         []byte
		truncated    bool
	}{
		{"plain", "", want, false},
		{"gzip", "gzip", compress(t, "gzip", want), false},
		{"x-gzip in capitals", "X-GZIP", compress(t, "gzip", want), false},
		{"br", "br", compress(t, "br", want), false},
		{"zstd", "zstd", compress(t, "zstd", want), false},
		{"deflate", "deflate", compress(t, "deflate", want), false},
		{"gzip unannounced", "", compress(t, "gzip", want), false},
		{"gzip twice", "gzip", compress(t, "gzip", compress(t, "gzip", want)), false},
		{"gzip announced, plain", "gzip", want, false},
		{"br announced, plain", "br", want, false},
		{"br announced, gzip", "br", compress(t, "gzip", want), false},
		{"br in gzip", "br, gzip", compress(t, "gzip", compress(t, "br", want)), false},
		{"gzip and junk", "gzip", append(compress(t, "gzip", want), "junk junk junk junk"...), false},
		{"gzip cut", "gzip", compress(t, "gzip", want)[:6000], true},
		{"br cut", "br", compress(t, "br", want)[:5000], true},
		{"zstd cut", "zstd", compress(t, "zstd", page(1<<20))[:200<<10], true},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				if c.header != "" {
					w.Header().Set("Content-Encoding", c.header)
				}
				_, _ = w.Write(c.body)
			}))
			defer srv.Close()
			cl := client(t, quick)
			for range 2 { // the second with decoders that were used before
				got, err := cl.Get(t.Context(), Request{URL: srv.URL})
				if err != nil {
					t.Fatal(err)
				}
				if got.Truncated != c.truncated || !c.truncated && !bytes.Equal(got.Body, want) || c.truncated && !bytes.HasPrefix(got.Body, want[:100]) {
					t.Errorf("%d bytes %.40q, truncated %t", len(got.Body), got.Body, got.Truncated)
				}
				if got.WireBytes == 0 || got.WireBytes > int64(len(c.body)) {
					t.Errorf("%d wire bytes of %d", got.WireBytes, len(c.body))
				}
			}
		})
	}
}

// Every hostile behaviour ends within its limit, with its reason.
func TestHostile(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	zeros := make([]byte, 64<<20)
	copy(zeros, "<html>")
	for i := 6; i < len(zeros); i++ {
		zeros[i] = 'a'
	}
	for _, c := range []struct {
		name      string
		serve     func(c net.Conn)
		reason    Reason // "" for a body that is kept
		temporary bool
	}{
		{"gzip bomb", bomb(t, "gzip", zeros), ReasonBomb, false},
		{"br bomb", bomb(t, "br", zeros), ReasonBomb, false},
		{"zstd bomb", bomb(t, "zstd", zeros), ReasonBomb, false},
		{"endless body", func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"\r\n<html>")
			drip(c, strings.Repeat("a", 32<<10), 0)
		}, "", false},
		{"endless chunks", func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n")
			drip(c, "4000\r\n"+strings.Repeat("a", 0x4000)+"\r\n", 0)
		}, "", false},
		{"more announced than sent", func(c net.Conn) { _, _ = io.WriteString(c, ok+"Content-Length: 5000\r\n\r\n<html>short") }, "", false},
		{"chunk cut", func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n1000\r\nshort")
		}, "", false},
		{"nothing of what was announced", func(c net.Conn) { _, _ = io.WriteString(c, ok+"Content-Length: 5000\r\n\r\n") }, ReasonConnect, true},
		{"silence", func(net.Conn) { time.Sleep(2 * time.Second) }, ReasonTimeout, true},
		{"slow header", func(c net.Conn) { drip(c, "H", 50*time.Millisecond) }, ReasonTimeout, true},
		{"slow body", func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"\r\n<html>")
			drip(c, "a", 20*time.Millisecond)
		}, ReasonTooSlow, true},
		{"stalled body", func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"Content-Length: 5000\r\n\r\n<html>")
			time.Sleep(3 * time.Second)
		}, ReasonTooSlow, true},
		{"body just fast enough for ever", func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"\r\n<html>")
			drip(c, strings.Repeat("a", 200), 10*time.Millisecond)
		}, ReasonTimeout, true},
		{"endless header", func(c net.Conn) {
			_, _ = io.WriteString(c, ok)
			drip(c, "X-Filler: "+strings.Repeat("a", 1000)+"\r\n", 0)
		}, ReasonHeaderTooLarge, false},
		{"one large header", func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"X-Filler: ")
			drip(c, strings.Repeat("a", 1000), 0)
		}, ReasonHeaderTooLarge, false},
		{"closed at once", func(net.Conn) {}, ReasonConnect, true},
		{"closed in the header", func(c net.Conn) { _, _ = io.WriteString(c, ok) }, ReasonConnect, true},
		{"no HTTP", func(c net.Conn) { _, _ = io.WriteString(c, "220 mail.example ESMTP\r\n") }, ReasonProtocol, false},
		{"header without colon", func(c net.Conn) { _, _ = io.WriteString(c, ok+"nonsense\r\n\r\n") }, ReasonProtocol, false},
		{"empty body", func(c net.Conn) { _, _ = io.WriteString(c, ok+"Content-Length: 0\r\n\r\n") }, ReasonEmpty, false},
		{"broken gzip", func(c net.Conn) { _, _ = io.WriteString(c, ok+"\r\n\x1f\x8b\x08nonsense and more of it") }, ReasonDecode, false},
		{"video as a page", func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"\r\n\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")
			drip(c, strings.Repeat("\x00", 1000), 0)
		}, ReasonUnsupportedType, false},
		{"PDF", func(c net.Conn) { _, _ = io.WriteString(c, ok+"\r\n%PDF-1.7\n") }, ReasonUnsupportedType, false},
		{"zip", func(c net.Conn) { _, _ = io.WriteString(c, ok+"\r\nPK\x03\x04....") }, ReasonUnsupportedType, false},
		{"redirect to itself", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
		}, ReasonRedirectLoop, false},
		{"redirect for ever", func(c net.Conn) {
			_, _ = fmt.Fprintf(c, "HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n", time.Now().UnixNano())
		}, ReasonRedirectLoop, false},
		{"redirect to nowhere", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n") }, ReasonBadRedirect, false},
		{"redirect to a file", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")
		}, ReasonBadRedirect, false},
		{"redirect to a private address", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 301 Moved\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n")
		}, ReasonBlocked, false},
		{"redirect to a private port", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 301 Moved\r\nLocation: https://news.example:22/\r\nContent-Length: 0\r\n\r\n")
		}, ReasonBlocked, false},
		{"304 unasked", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 304 Not Modified\r\n\r\n") }, ReasonBadRedirect, false},
		{"gone", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n") }, ReasonHTTP4xx, false},
		{"unavailable", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") }, ReasonHTTP5xx, true},
		{"status 999", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n") }, ReasonProtocol, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			got, err := client(t, quick).Get(t.Context(), Request{URL: raw(t, c.serve), Accept: AcceptPage})
			if took := time.Since(start); took > quick.Total+time.Second {
				t.Errorf("took %s", took)
			}
			if c.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				if !got.Truncated || !bytes.HasPrefix(got.Body, []byte("<html>")) || int64(len(got.Body)) > quick.PageBytes {
					t.Errorf("%d bytes %.20q, truncated %t", len(got.Body), got.Body, got.Truncated)
				}
				return
			}
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Reason != c.reason || e.Temporary != c.temporary {
				t.Errorf("%#v (%v), want %s, temporary %t", e, err, c.reason, c.temporary)
			}
		})
	}
}

func bomb(t *testing.T, coding string, body []byte) func(net.Conn) {
	packed := compress(t, coding, body)
	return func(c net.Conn) {
		_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", coding, len(packed), packed)
	}
}

func TestDecodedLimit(t *testing.T) {
	want := page(5 << 20)
	packed := compress(t, "gzip", want)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed)
	}))
	defer srv.Close()
	limits := quick
	limits.Total = 20 * time.Second // the race detector is slow
	got, err := client(t, limits).Get(t.Context(), Request{URL: srv.URL})
	if err != nil || !got.Truncated || !bytes.Equal(got.Body, want[:quick.DecodedBytes]) {
		t.Errorf("%v", err)
	}
}

// A body of exactly the limit is whole.
func TestWireLimit(t *testing.T) {
	limits := quick
	limits.PageBytes = 1000
	for size, truncated := range map[int]bool{999: false, 1000: false, 1001: true} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html>" + strings.Repeat("a", size-6)))
		}))
		got, err := client(t, limits).Get(t.Context(), Request{URL: srv.URL, Accept: AcceptPage})
		srv.Close()
		if err != nil || got.Truncated != truncated || len(got.Body) != min(size, 1000) {
			t.Errorf("%d: %+v, %v", size, got, err)
		}
	}
}

// A request target goes out as WHATWG's rules write it; net/http's own client would send a raw space, or refuse.
func TestRequestTarget(t *testing.T) {
	for in, want := range map[string]string{
		"http://news.example":                "/",
		"http://news.example/ok?a b":         "/ok?a%20b",
		`http://news.example\c/%zz#top`:      "/c/%zz",
		"http://news.example?x":              "/?x",
		"http://news.example//a":             "http://news.example//a",
		"http://news.example/a:b@c//d?//e?f": "/a:b@c//d?//e?f",
	} {
		at, err := weburl.Resolve("", in)
		if err != nil {
			t.Fatal(err)
		}
		u, err := requestURL(at)
		if err != nil || u.Host != "news.example" || u.RequestURI() != want {
			t.Errorf("%s: host %q, target %q, %v; want %q", in, u.Host, u.RequestURI(), err, want)
		}
	}
}

func TestRedirectIsFollowed(t *testing.T) {
	srv := httptest.NewServer(nil)
	defer srv.Close()
	srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/")); n < 5 {
			http.Redirect(w, r, fmt.Sprintf("//%s//%d", r.Host, n+1), http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "<html>here")
	})
	got, err := client(t, quick).Get(t.Context(), Request{URL: srv.URL + "/0"})
	if err != nil {
		t.Fatal(err)
	}
	if got.URL != srv.URL+"//5" || len(got.Redirects) != 5 || got.Redirects[0] != (Redirect{302, srv.URL + "/0"}) {
		t.Errorf("%+v", got)
	}
}

func TestRequestAndConditional(t *testing.T) {
	var header http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		w.Header().Set("ETag", `W/"2"`)
		if r.Header.Get("If-None-Match") == `W/"1"` && r.Header.Get("If-Modified-Since") == "yesterday" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, "<html>")
	}))
	defer srv.Close()
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	c := client(t, quick)
	got, err := c.Get(t.Context(), Request{URL: srv.URL, ETag: `W/"1"`, LastModified: "yesterday", Accept: AcceptFeed})
	if err != nil || !got.NotModified || got.Header.Get("ETag") != `W/"2"` || got.Status != 304 {
		t.Errorf("%+v, %v", got, err)
	}
	if header.Get("User-Agent") != "DatelineBot/test" || header.Get("Accept") != AcceptFeed.String() || header.Get("Accept-Encoding") != "gzip, br, zstd" {
		t.Errorf("sent %v", header)
	}
	if got, err = c.Get(t.Context(), Request{URL: srv.URL}); err != nil || got.NotModified || got.Status != 200 || time.Since(got.Captured) > time.Minute {
		t.Errorf("%+v, %v", got, err)
	}
	if _, sent := header["If-None-Match"]; sent {
		t.Errorf("sent %v", header)
	}
}

func TestGuard(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	c := NewClient("", netguard.Guard{}, quick)
	defer c.Close()
	for _, u := range []string{srv.URL, "http://localhost/", "http://10.0.0.1/", "http://metadata/", "https://news.example:22/"} {
		_, err := c.Get(t.Context(), Request{URL: u})
		if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonBlocked {
			t.Errorf("%s: %v", u, err)
		}
	}
	for _, u := range []string{"", "ftp://news.example/", "news.example"} {
		_, err := c.Get(t.Context(), Request{URL: u})
		if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonBadURL {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func TestTLSAndConnect(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	for u, want := range map[string]Reason{
		srv.URL:            ReasonTLS, // a certificate of nobody's
		"http://" + closed: ReasonConnect,
	} {
		_, err := client(t, quick).Get(t.Context(), Request{URL: u})
		if e, ok := errors.AsType[*Error](err); !ok || e.Reason != want {
			t.Errorf("%s: %v, want %s", u, err, want)
		}
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	u := raw(t, func(net.Conn) { cancel(); time.Sleep(time.Second) })
	_, err := client(t, quick).Get(ctx, Request{URL: u})
	if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonCanceled || !e.Temporary {
		t.Errorf("%v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 11, 6, 9, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"":                                  0,
		"120":                               2 * time.Minute,
		" 5 ":                               5 * time.Second,
		"-5":                                0,
		"soon":                              0,
		"999999999999999999999999":          MaxRetryAfter,
		"100000000":                         MaxRetryAfter,
		"Wed, 06 Nov 2024 09:10:00 GMT":     10 * time.Minute,
		"Wednesday, 06-Nov-24 09:10:00 GMT": 10 * time.Minute,
		"Wed Nov  6 09:10:00 2024":          10 * time.Minute,
		"Wed, 06 Nov 2024 08:10:00 GMT":     0,
		"Fri, 06 Nov 2026 08:10:00 GMT":     MaxRetryAfter,
	} {
		if got := retryAfter(in, now); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer srv.Close()
	_, err := client(t, quick).Get(t.Context(), Request{URL: srv.URL})
	if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonHTTP4xx || !e.Temporary || e.RetryAfter != 7*time.Second || e.Status != 429 {
		t.Errorf("%#v", err)
	}
}

// Decoding whatever bytes under whatever header ends, within the limits, in a body or an *Error.
func FuzzDecode(f *testing.F) {
	text := page(2 << 10)
	for _, coding := range []string{"", "gzip", "br", "zstd", "deflate"} {
		packed := compress(f, coding, text)
		f.Add(packed, coding)
		f.Add(packed[:len(packed)/2], coding)
		f.Add(append([]byte("junk"), packed...), coding)
	}
	f.Add([]byte("\x28\xb5\x2f\xfd\xa4\xff\xff\xff\xff"), "zstd")
	limits := quick
	limits.DecodedBytes, limits.RatioAfter = 64<<10, 16<<10
	c := NewClient("", netguard.Guard{}, limits)
	f.Fuzz(func(t *testing.T, body []byte, encoding string) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		got := &Response{Header: http.Header{"Content-Encoding": {encoding}}}
		err := c.read(ctx, cancel, got, bytes.NewReader(body), 32<<10)
		if err == nil && (len(got.Body) == 0 || len(got.Body) > limits.DecodedBytes) {
			t.Errorf("%d bytes", len(got.Body))
		}
		if _, ok := errors.AsType[*Error](err); err != nil && !ok {
			t.Errorf("%T %v", err, err)
		}
	})
}

// BenchmarkGet is client and server in one process: 250 KB of page, about 60 KB on the wire.
func BenchmarkGet(b *testing.B) {
	packed := compress(b, "gzip", page(250<<10))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"text/html"}
		w.Header()["Content-Encoding"] = []string{"gzip"}
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(packed))}
		_, _ = w.Write(packed)
	}))
	defer srv.Close()
	c := client(b, DefaultLimits)
	b.ReportMetric(float64(len(packed)), "wire-B/op")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Get(context.Background(), Request{URL: srv.URL + "/page", Accept: AcceptPage}); err != nil {
			b.Fatal(err)
		}
	}
}
