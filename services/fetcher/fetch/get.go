package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"dateline/pkg/httprules"
	"dateline/pkg/weburl"
)

// maxRefreshes is how many meta refreshes are followed: a second is seen, a third is a trap.
const maxRefreshes = 2

// get is a Get under way.
type get struct {
	*Client
	Request
	ctx    context.Context
	start  string // the URL that was asked for
	watch  *watch
	lease  lease // of the request at hand
	single bool  // on a new connection

	// Of all hops so far.
	oldTLS      bool
	certificate CertificateFault
}

// Get fetches a document and follows redirects. Its error is an *Error always. The response is nil where there is an
// error.
func (c *Client) Get(ctx context.Context, r Request) (*Response, error) {
	at, err := weburl.Resolve("", r.URL)
	if err != nil {
		return nil, &Error{Reason: ReasonBadURL, URL: r.URL, Err: err}
	}
	if err := r.Check(); err != nil {
		return nil, &Error{Reason: ReasonBadRequest, URL: at, Err: err}
	}
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	g := &get{Client: c, Request: r, ctx: ctx, start: at, watch: newWatch(&c.limits, abort), lease: lease{budget: c.budget}}
	return g.follow(at)
}

// follow asks at one URL after another until a document comes.
func (g *get) follow(at string) (*Response, error) {
	var hops []Redirect
	refreshes := 0
	seen := map[string]bool{at: true}
	for {
		got, err := g.step(at)
		if err != nil {
			e := failure(g.ctx, at, err)
			if e.Status == http.StatusMisdirectedRequest && !g.single { // RFC 9110, 15.5.20
				g.single = true
				continue
			}
			return nil, e
		}
		if !redirects(got.Status) {
			got.Redirects = hops
			next := ""
			if refreshes < maxRefreshes && len(hops) < g.limits.Redirects {
				next = g.refreshed(got)
			}
			if next == "" || seen[next] { // a page that reloads itself is a page
				got.OldTLS, got.Certificate = g.oldTLS, g.certificate
				return got, nil
			}
			refreshes++
			seen[next] = true
			hops = append(hops, Redirect{got.Status, at})
			at = next
			continue
		}
		to := got.Header.Get("Location")
		if to == "" {
			return nil, &Error{Reason: ReasonBadRedirect, URL: at, Status: got.Status, Err: errors.New("no location")}
		}
		next, err := weburl.Resolve(at, to)
		if err != nil {
			return nil, &Error{Reason: ReasonBadRedirect, URL: at, Status: got.Status, Err: err}
		}
		hops = append(hops, Redirect{got.Status, at})
		if len(hops) > g.limits.Redirects || seen[next] {
			return nil, &Error{Reason: ReasonRedirectLoop, URL: at, Status: got.Status, Err: fmt.Errorf("after %d hops, to %s", len(hops), next)}
		}
		seen[next] = true
		at = next
	}
}

// refreshed is where a document sends browsers by meta refresh, "" if nowhere that can be asked.
func (g *get) refreshed(got *Response) string {
	if g.Refresh == nil || got.NotModified || !isHTML(got) {
		return ""
	}
	to := g.Refresh(got)
	if to == "" {
		return ""
	}
	next, err := weburl.Resolve(got.URL, to)
	if err != nil { // the page stays a page
		return ""
	}
	return next
}

func isHTML(got *Response) bool {
	return strings.Contains(strings.ToLower(got.Header.Get("Content-Type")), "html") ||
		strings.HasPrefix(http.DetectContentType(got.Body), "text/html")
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// step sends one request and reads its answer, be that a document or a redirect. Its error is for failure.
func (g *get) step(at string) (*Response, error) {
	status, retryAfter := 0, time.Duration(0)
	if g.Hop != nil {
		done, err := g.Hop(g.ctx, at)
		if err != nil {
			return nil, refusal(g.ctx, at, err)
		}
		if done != nil {
			defer func() { done(status, retryAfter) }()
		}
	}
	if err := g.lease.begin(g.ctx); err != nil {
		return nil, err
	}
	defer g.lease.end()
	g.watch.run()
	defer g.watch.stand()
	ctx, end := context.WithCancel(g.ctx)
	defer end()

	req, transport, err := g.request(ctx, at)
	if err != nil {
		return nil, err
	}
	var x *Exchange
	if g.Record != nil {
		x = &Exchange{URL: at, Method: req.Method, Target: req.URL.RequestURI(), RequestHeader: req.Header.Clone(), Started: time.Now()}
		req = x.trace(req)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	got := &Response{URL: at, Status: resp.StatusCode, Header: resp.Header, Captured: time.Now()}
	status = resp.StatusCode
	retryAfter, _ = httprules.RetryAfter(resp.Header.Get("Retry-After"), got.Captured)
	if resp.TLS != nil {
		g.oldTLS = g.oldTLS || outdated(resp.TLS)
		if g.Unverified && g.certificate == "" {
			g.certificate = g.verify(resp.TLS, req.URL)
		}
	}
	most, decoded := g.limits.body(g.Accept)
	w := &wire{r: resp.Body, most: most, keep: x != nil, hold: g.hold}
	if x != nil {
		defer func() { x.end(g, ctx, resp, w) }()
	}
	switch {
	case resp.StatusCode == http.StatusNotModified && g.conditional():
		got.NotModified = true
		w.drain(end)
		return got, nil
	case redirects(resp.StatusCode):
		w.drain(end)
		return got, nil
	case resp.StatusCode < 200: // 101: its body is the connection itself, which no context ends
		return nil, statusError(at, resp, got.Captured)
	case resp.StatusCode > 299 || resp.StatusCode == http.StatusPartialContent:
		w.drain(end)
		return nil, statusError(at, resp, got.Captured)
	}
	g.watch.reading(w)
	return got, g.read(w, got, decoded)
}
