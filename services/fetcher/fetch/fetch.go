// Package fetch gets one document from the web, whatever the server does: it bounds time, bytes and redirects, dials no
// address that its guard refuses, and tells its failures apart by a closed set of reasons. It knows nothing of queues,
// feeds or articles.
package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/netguard"
	"dateline/pkg/weburl"
)

// Limits bound what a server can make a Client spend.
type Limits struct {
	Dial         time.Duration // until connected, for each address
	TLS          time.Duration // for the handshake
	Header       time.Duration // from request to the whole of the answer's header
	Total        time.Duration // for a Get, with redirects and body
	MinRate      int           // bytes a second that a body has to come at, on the wire, after Grace
	Grace        time.Duration
	Redirects    int   // hops
	HeaderBytes  int64 // of one answer
	PageBytes    int64 // of a body on the wire
	FeedBytes    int64 // the same, where a feed may come
	DecodedBytes int   // of a body after decompression
	Ratio        int   // decoded to wire bytes; a body beyond it is a bomb once it has RatioAfter decoded bytes
	RatioAfter   int
}

// DefaultLimits suit the open web.
var DefaultLimits = Limits{
	Dial: 5 * time.Second, TLS: 5 * time.Second, Header: 10 * time.Second, Total: 30 * time.Second,
	MinRate: 1000, Grace: 10 * time.Second, Redirects: 5,
	HeaderBytes: 64 << 10, PageBytes: 4 << 20, FeedBytes: 10 << 20, DecodedBytes: article.MaxPage, Ratio: 100, RatioAfter: 1 << 20,
}

// Accept is what a request hopes for. It decides the Accept header and how many bytes may come.
type Accept int

// The expectations.
const (
	AcceptAny Accept = iota // a page or a feed
	AcceptPage
	AcceptFeed
)

func (a Accept) String() string {
	switch a {
	case AcceptPage:
		return "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
	case AcceptFeed:
		return "application/atom+xml,application/rss+xml,application/feed+json,application/xml;q=0.9,text/xml;q=0.9,*/*;q=0.1"
	}
	return "text/html,application/atom+xml,application/rss+xml,application/feed+json,application/xhtml+xml;q=0.9,application/xml;q=0.9,*/*;q=0.1"
}

// Request names a document. With an ETag or LastModified, both verbatim as a server gave them, the answer may be that
// nothing has changed.
type Request struct {
	URL          string // http or https, absolute
	ETag         string
	LastModified string
	Accept       Accept
}

func (r Request) conditional() bool { return r.ETag != "" || r.LastModified != "" }

// Response is a document, or, with NotModified, that it is as the validators say.
type Response struct {
	URL         string // after redirects
	Status      int    // 2xx, or 304
	Header      http.Header
	NotModified bool
	Captured    time.Time // when the header was there
	Body        []byte    // decoded, at most Limits.DecodedBytes
	Truncated   bool      // the body broke off or met a limit
	WireBytes   int64     // of the body, as transferred
	Redirects   []Redirect
}

// Redirect is a hop: the status and URL of the answer that redirected.
type Redirect struct {
	Status int
	URL    string
}

// Client gets documents. It is safe for concurrent use.
type Client struct {
	agent     string
	guard     netguard.Guard
	limits    Limits
	transport *http.Transport
	decoders  decoders
	buffers   sync.Pool // of *bytes.Buffer
}

// NewClient makes a client that names itself with a User-Agent and dials what guard lets it. Proxies that the
// environment names are not used: they would dial on our behalf, past the guard.
func NewClient(agent string, guard netguard.Guard, limits Limits) *Client {
	dialer := &net.Dialer{Timeout: limits.Dial, KeepAlive: 30 * time.Second, Control: guard.Control}
	return &Client{
		agent: agent, guard: guard, limits: limits,
		transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    limits.TLS,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ResponseHeaderTimeout:  limits.Header,
			MaxResponseHeaderBytes: limits.HeaderBytes,
			DisableCompression:     true, // decoded here, where wire bytes can be counted
			MaxIdleConns:           1000,
			MaxIdleConnsPerHost:    2,
			MaxConnsPerHost:        2,
			IdleConnTimeout:        30 * time.Second,
		},
	}
}

// Close drops idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Get fetches a document and follows redirects. Its error is an *Error always. The response is nil where there is an
// error.
func (c *Client) Get(ctx context.Context, r Request) (*Response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.limits.Total, errTotal)
	defer cancel()
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	at, err := weburl.Resolve("", r.URL)
	if err != nil {
		return nil, &Error{Reason: ReasonBadURL, URL: r.URL, Err: err}
	}
	var hops []Redirect
	seen := map[string]bool{at: true}
	for {
		resp, err := c.ask(ctx, at, r)
		if err != nil {
			return nil, failure(ctx, at, err)
		}
		to := resp.Header.Get("Location")
		if !redirects(resp.StatusCode) {
			got, err := c.answer(ctx, abort, at, r, resp)
			if err != nil {
				return nil, failure(ctx, at, err)
			}
			got.Redirects = hops
			return got, nil
		}
		discard(resp.Body)
		if to == "" {
			return nil, &Error{Reason: ReasonBadRedirect, URL: at, Status: resp.StatusCode, Err: errors.New("no location")}
		}
		next, err := weburl.Resolve(at, to)
		if err != nil {
			return nil, &Error{Reason: ReasonBadRedirect, URL: at, Status: resp.StatusCode, Err: err}
		}
		hops = append(hops, Redirect{resp.StatusCode, at})
		if len(hops) > c.limits.Redirects || seen[next] {
			return nil, &Error{Reason: ReasonRedirectLoop, URL: at, Status: resp.StatusCode, Err: fmt.Errorf("after %d hops, to %s", len(hops), next)}
		}
		seen[next] = true
		at = next
	}
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// ask sends one request and returns the answer with its header.
func (c *Client) ask(ctx context.Context, at string, r Request) (*http.Response, error) {
	u, err := requestURL(at)
	if err != nil {
		return nil, &Error{Reason: ReasonBadURL, URL: at, Err: err}
	}
	port := map[string]uint16{"http": 80, "https": 443}[u.Scheme]
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return nil, &Error{Reason: ReasonBadURL, URL: at, Err: err}
		}
		port = uint16(n)
	}
	if err := c.guard.Host(u.Hostname(), port); err != nil {
		return nil, err
	}
	req := (&http.Request{
		Method: http.MethodGet, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"User-Agent":      {c.agent},
			"Accept":          {r.Accept.String()},
			"Accept-Encoding": {"gzip, br, zstd"},
		},
	}).WithContext(ctx)
	if r.ETag != "" {
		req.Header["If-None-Match"] = []string{r.ETag}
	}
	if r.LastModified != "" {
		req.Header["If-Modified-Since"] = []string{r.LastModified}
	}
	return c.transport.RoundTrip(req)
}

// requestURL hands a URL that WHATWG's rules have serialised to net/http, whose own rules are others: the path goes out
// byte for byte, so that no second parser sees another meaning in it.
func requestURL(at string) (*url.URL, error) {
	scheme, rest, ok := strings.Cut(at, "://")
	if !ok {
		return nil, errors.New("no scheme")
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		return nil, errors.New("no path")
	}
	host := rest[:end]
	path, query, _ := strings.Cut(rest[end:], "?")
	if strings.HasPrefix(path, "//") { // net/url takes it for a host; the absolute form of the request line is clear
		path = "//" + host + path
	}
	return &url.URL{Scheme: scheme, Host: host, Opaque: path, RawQuery: query}, nil
}

// answer reads an answer that is no redirect.
func (c *Client) answer(ctx context.Context, abort context.CancelCauseFunc, at string, r Request, resp *http.Response) (*Response, error) {
	got := &Response{URL: at, Status: resp.StatusCode, Header: resp.Header, Captured: time.Now()}
	switch {
	case resp.StatusCode == http.StatusNotModified && r.conditional():
		discard(resp.Body)
		got.NotModified = true
		return got, nil
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		discard(resp.Body)
		return nil, statusError(at, resp, got.Captured)
	}
	defer resp.Body.Close()
	most := c.limits.FeedBytes
	if r.Accept == AcceptPage {
		most = c.limits.PageBytes
	}
	return got, c.read(ctx, abort, got, resp.Body, most)
}

// discard reads the little that lets a connection be used again, and closes.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 64<<10) // what does not come is not missed
	_ = body.Close()
}
