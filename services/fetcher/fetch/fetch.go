// Package fetch gets one document from the web, whatever the server does: it bounds time, bytes and redirects, dials no
// address that its guard refuses, and tells its failures apart by a closed set of reasons. It knows nothing of queues,
// feeds or articles; who may be asked when is its caller's business, by Request.Hop.
package fetch

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"sync"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/netguard"
)

// Limits bound what a server can make a Client spend.
type Limits struct {
	Dial         time.Duration // until connected, with the name resolved
	TLS          time.Duration // for the handshake
	Header       time.Duration // from request to the whole of the answer's header
	Total        time.Duration // for a Get, with redirects and body, without what its hooks take
	MinRate      int           // bytes a second that a body has to come at, on the wire,
	Grace        time.Duration // on average of each such time
	Redirects    int           // hops
	HeaderBytes  int64         // of one answer
	PageBytes    int64         // of a body on the wire
	FeedBytes    int64         // the same, where a feed may come
	RobotsBytes  int64         // the same of a robots.txt, also decoded (RFC 9309, 2.5: at least 500 KiB)
	SitemapBytes int64         // the same of a sitemap, also decoded (sitemaps.org: 50 MB)
	DecodedBytes int           // of a page or feed after decompression
	Ratio        int           // decoded to wire bytes; a body beyond it is a bomb once it has RatioAfter decoded bytes
	RatioAfter   int
	InFlight     int64 // bytes of memory for all requests under way, at most; what is returned is the caller's
}

// DefaultLimits suit the open web.
var DefaultLimits = Limits{
	Dial: 5 * time.Second, TLS: 5 * time.Second, Header: 10 * time.Second, Total: 30 * time.Second,
	MinRate: 1000, Grace: 10 * time.Second, Redirects: 5,
	HeaderBytes: 64 << 10, PageBytes: 4 << 20, FeedBytes: 10 << 20, RobotsBytes: 512 << 10, SitemapBytes: 50 << 20,
	DecodedBytes: article.MaxPage, Ratio: 100, RatioAfter: 1 << 20, InFlight: 256 << 20,
}

// body says how many bytes a body may have, on the wire and decoded.
func (l *Limits) body(a Accept) (wire int64, decoded int) {
	switch a {
	case AcceptPage:
		return l.PageBytes, l.DecodedBytes
	case AcceptRobots:
		return l.RobotsBytes, int(l.RobotsBytes)
	case AcceptSitemap:
		return l.SitemapBytes, int(l.SitemapBytes)
	}
	return l.FeedBytes, l.DecodedBytes
}

// Accept is what a request hopes for. It decides the Accept header and how many bytes may come.
type Accept int

// The expectations.
const (
	AcceptAny Accept = iota // a page or a feed
	AcceptPage
	AcceptFeed
	AcceptRobots // may be empty
	AcceptSitemap
)

func (a Accept) String() string {
	switch a {
	case AcceptPage:
		return "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
	case AcceptFeed:
		return "application/atom+xml,application/rss+xml,application/feed+json,application/xml;q=0.9,text/xml;q=0.9,*/*;q=0.1"
	case AcceptRobots:
		return "text/plain,*/*;q=0.1"
	case AcceptSitemap:
		return "application/xml,text/xml,text/plain;q=0.9,*/*;q=0.1"
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
	Overrides

	// Hop, where set, is called before every request that the Get takes, of redirects too, and may wait. done, where
	// not nil, is called when that request is answered and read, with the answer's status and Retry-After, or has failed
	// without one. An error ends the Get with ReasonRefused, unless it is an *Error, which decides its own reason.
	Hop func(ctx context.Context, url string) (done func(status int, retryAfter time.Duration), err error)

	// Refresh, where set, is called with HTML whose status is 2xx, and returns where its meta refresh leads, "" if
	// nowhere. What it returns may be relative to the response's URL.
	Refresh func(*Response) (next string)

	// Record, where set, is given each hop as it went over the wire. It may keep what it is given.
	Record func(Exchange)
}

func (r *Request) conditional() bool { return r.ETag != "" || r.LastModified != "" }

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
	OldTLS      bool             // on a hop, by a version or cipher that is not safe any more
	Certificate CertificateFault // the first that Overrides.Unverified let pass
}

// Redirect is a hop: the status and URL of the answer that redirected. A status of 2xx is a meta refresh.
type Redirect struct {
	Status int
	URL    string
}

// MovedTo is where the permanent redirects that a Get began with lead, "" if it began with none.
func (r *Response) MovedTo() string {
	for i, hop := range r.Redirects {
		if hop.Status == http.StatusMovedPermanently || hop.Status == http.StatusPermanentRedirect {
			continue
		}
		if i == 0 {
			return ""
		}
		return hop.URL
	}
	if len(r.Redirects) == 0 {
		return ""
	}
	return r.URL
}

// Client gets documents. It is safe for concurrent use.
type Client struct {
	agent    string
	guard    netguard.Guard
	limits   Limits
	dialer   *net.Dialer
	roots    *x509.CertPool // nil for the system's
	budget   *budget
	decoders decoders
	buffers  buffers
	direct   *http.Transport // of the route that nearly all requests take

	mu     sync.Mutex
	routes map[route]*http.Transport // the others
}

// NewClient makes a client that names itself with a User-Agent and dials what guard lets it. Proxies that the
// environment names are not used: they would dial on our behalf, past the guard.
func NewClient(agent string, guard netguard.Guard, limits Limits) *Client {
	c := &Client{
		agent: agent, guard: guard, limits: limits, budget: newBudget(limits.InFlight), routes: map[route]*http.Transport{},
		dialer: &net.Dialer{Timeout: limits.Dial, KeepAlive: keepAlive, Control: guard.Control, Resolver: newResolver(nil)},
	}
	c.direct = c.newTransport(route{})
	return c
}

// Close drops idle connections.
func (c *Client) Close() {
	c.direct.CloseIdleConnections()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.routes {
		t.CloseIdleConnections()
	}
}
