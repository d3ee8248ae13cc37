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
	"dateline/services/fetcher/fetch/hostiletest"
)

// quick are limits that tests can wait for.
var quick = Limits{
	Dial: time.Second, TLS: time.Second, Header: time.Second, Total: 3 * time.Second,
	MinRate: 1000, Grace: 300 * time.Millisecond, Redirects: 5,
	HeaderBytes: 64 << 10, PageBytes: 1 << 20, FeedBytes: 2 << 20, RobotsBytes: 64 << 10, SitemapBytes: 2 << 20,
	DecodedBytes: 3 << 20, Ratio: 100, RatioAfter: 256 << 10, InFlight: 256 << 20,
}

func client(t testing.TB, limits Limits) *Client {
	t.Helper()
	c := NewClient("DatelineBot/test", netguard.Guard{AllowLoopback: true}, limits)
	t.Cleanup(c.Close)
	return c
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

func TestCodings(t *testing.T) {
	want := hostiletest.Page(40 << 10)
	for _, c := range []struct {
		name, header string
		body         []byte
		truncated    bool
	}{
		{"plain", "", want, false},
		{"gzip", "gzip", hostiletest.Packed("gzip", want), false},
		{"x-gzip in capitals", "X-GZIP", hostiletest.Packed("gzip", want), false},
		{"br", "br", hostiletest.Packed("br", want), false},
		{"zstd", "zstd", hostiletest.Packed("zstd", want), false},
		{"deflate", "deflate", hostiletest.Packed("deflate", want), false},
		{"gzip unannounced", "", hostiletest.Packed("gzip", want), false},
		{"gzip twice", "gzip", hostiletest.Packed("gzip", hostiletest.Packed("gzip", want)), false},
		{"gzip announced, plain", "gzip", want, false},
		{"br announced, plain", "br", want, false},
		{"br announced, gzip", "br", hostiletest.Packed("gzip", want), false},
		{"br in gzip", "br, gzip", hostiletest.Packed("gzip", hostiletest.Packed("br", want)), false},
		{"gzip and junk", "gzip", append(hostiletest.Packed("gzip", want), "junk junk junk junk"...), false},
		{"gzip cut", "gzip", hostiletest.Packed("gzip", want)[:6000], true},
		{"br cut", "br", hostiletest.Packed("br", want)[:5000], true},
		{"zstd cut", "zstd", hostiletest.Packed("zstd", hostiletest.Page(1<<20))[:100<<10], true},
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

func TestDecodedLimit(t *testing.T) {
	want := hostiletest.Page(5 << 20)
	packed := hostiletest.Packed("gzip", want)
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

func TestBackOff(t *testing.T) {
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
	text := hostiletest.Page(2 << 10)
	for _, coding := range []string{"", "gzip", "br", "zstd", "deflate"} {
		packed := hostiletest.Packed(coding, text)
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
		g := &get{Client: c, ctx: ctx, watch: newWatch(&c.limits, cancel), lease: lease{budget: c.budget}}
		if err := g.lease.begin(ctx); err != nil {
			t.Fatal(err)
		}
		defer g.lease.end()
		g.watch.run()
		defer g.watch.stand()
		err := g.read(&wire{r: bytes.NewReader(body), most: 32 << 10}, got, limits.DecodedBytes)
		if err == nil && (len(got.Body) == 0 || len(got.Body) > limits.DecodedBytes) {
			t.Errorf("%d bytes", len(got.Body))
		}
		if _, ok := errors.AsType[*Error](err); err != nil && !ok {
			t.Errorf("%T %v", err, err)
		}
	})
}
