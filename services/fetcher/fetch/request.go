package fetch

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"dateline/pkg/weburl"
)

// request makes the request for a URL, and picks the transport to send it by. Its error is an *Error or the guard's.
func (g *get) request(ctx context.Context, at string) (*http.Request, *http.Transport, error) {
	u, err := requestURL(at)
	if err != nil {
		return nil, nil, &Error{Reason: ReasonBadURL, URL: at, Err: err}
	}
	port := map[string]uint16{"http": 80, "https": 443}[u.Scheme]
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return nil, nil, &Error{Reason: ReasonBadURL, URL: at, Err: err}
		}
		port = uint16(n)
	}
	if err := g.guard.Host(u.Hostname(), port); err != nil {
		return nil, nil, err
	}
	if g.Proxy != "" {
		if err := g.guardBehindProxy(ctx, u.Hostname(), port); err != nil {
			return nil, nil, err
		}
		if u.Scheme == "http" && strings.HasPrefix(g.Proxy, "http") && !strings.HasPrefix(u.Opaque, "//") {
			u.Opaque = "//" + u.Host + u.Opaque // the absolute form (RFC 9112, 3.2.2), which net/http leaves to who sets Opaque
		}
	}
	transport, err := g.transport(route{proxy: g.Proxy, unverified: g.Unverified, single: g.single})
	if err != nil {
		return nil, nil, &Error{Reason: ReasonBadRequest, URL: at, Err: err}
	}
	header := http.Header{
		"User-Agent":      {g.agent},
		"Accept":          {g.Request.Accept.String()},
		"Accept-Encoding": {"gzip, br, zstd"},
	}
	if g.Agent != "" {
		header["User-Agent"] = []string{g.Agent}
	}
	if g.ETag != "" {
		header["If-None-Match"] = []string{g.ETag}
	}
	if g.LastModified != "" {
		header["If-Modified-Since"] = []string{g.LastModified}
	}
	if len(g.Header) > 0 && sameHost(g.start, at) {
		for name, values := range g.Header {
			header[http.CanonicalHeaderKey(name)] = values
		}
	}
	req := &http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header}
	return req.WithContext(ctx), transport, nil
}

// guardBehindProxy checks what a proxy would dial, as far as can be known from here: it may resolve the name otherwise, or
// know names that this machine does not.
func (g *get) guardBehindProxy(ctx context.Context, host string, port uint16) error {
	addrs, err := g.Resolve(ctx, host)
	if err != nil {
		return nil //nolint:nilerr // left to the proxy
	}
	for _, a := range addrs {
		if err := g.guard.Check(netip.AddrPortFrom(a, port)); err != nil {
			return err
		}
	}
	return nil
}

// sameHost tells whether what is secret to the host of one URL may be sent to the other: the same host, not in the clear
// where the first was not.
func sameHost(first, at string) bool {
	return weburl.Host(first) == weburl.Host(at) && (strings.HasPrefix(at, "https:") || strings.HasPrefix(first, "http:"))
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

// trace makes a request tell x which peer it is sent to.
func (x *Exchange) trace(req *http.Request) *http.Request {
	return req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			x.Peer, _ = netip.ParseAddrPort(info.Conn.RemoteAddr().String()) // zero for what is no IP address
		},
	}))
}

// end hands x over, with the answer as far as it was read.
func (x *Exchange) end(g *get, ctx context.Context, resp *http.Response, w *wire) {
	x.Proto, x.Status, x.Header = resp.Proto, resp.StatusCode, resp.Header.Clone()
	_, x.Reason, _ = strings.Cut(resp.Status, " ")
	x.Body, x.Truncated = w.kept, w.truncation(ctx)
	x.NotModified = resp.StatusCode == http.StatusNotModified && g.conditional()
	g.Record(*x)
}
