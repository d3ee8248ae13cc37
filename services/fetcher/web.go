package fetcher

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/discover"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/polite"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/robots"
)

// ask is a request to the web on behalf of a delivery.
type ask struct {
	d      *queue.Delivery
	class  article.JobClass
	source *registry.Source // whose wishes count; may be nil
	going  bool             // it goes on with what has begun, and is not put off for a little
	fetch.Request
}

// putOff is the error of a request whose turn is yet to come.
type putOff struct{ wait time.Duration }

func (p *putOff) Error() string {
	return fmt.Sprintf("its site is being asked for other pages, for another %s", p.wait.Round(time.Millisecond))
}

const (
	hopPatience   = 10 * time.Second // that a redirect waits for its turn, with what came before it done
	robotsRetry   = time.Minute      // until a page is tried again whose robots.txt could not be had
	refreshWithin = 5                // seconds: a page that refreshes later is there to be read
)

// get fetches a document, if robots.txt lets it, and in the turn of each site on the way. Where the turn is yet to come, later
// has the delivery come again, and that is no failure. Of resp, failed and later one is set.
//
//	hop: robots.txt of its site? -- turn at its site -- request -- evidence -- redirect or refresh: next hop
func (f *fetcher) get(ctx context.Context, a ask) (resp *fetch.Response, failed *fetch.Error, later *queue.Outcome) {
	begun := a.going
	if ofSite(a.source, a.URL) {
		a.Overrides = a.source.Overrides
	}
	a.Hop = func(ctx context.Context, url string) (func(int, time.Duration), error) {
		own := ofSite(a.source, url)
		var crawlDelay time.Duration
		if !own || !a.source.NoRobots {
			verdict, err := f.allowed(ctx, url, a.Proxy)
			if err != nil {
				return nil, err
			}
			crawlDelay = verdict.CrawlDelay
		}
		turn := polite.Ask{URL: url, Class: a.class, Again: begun || a.d.Attempt > 1, Pause: crawlDelay}
		if own {
			turn.Pause = max(turn.Pause, time.Duration(a.source.HostDelay))
		}
		if begun {
			turn.Patience = hopPatience + 2*turn.Pause
		}
		done, err := f.turn(ctx, turn)
		if err != nil || begun {
			return done, err
		}
		begun = true
		if err := a.d.Begin(ctx); err != nil {
			done(0, 0)
			return nil, err
		}
		return done, nil
	}
	a.Refresh = refresh
	resp, err := f.keep(ctx, a.Request, a.via())
	if errors.Is(err, errUnkept) {
		again := queue.Retry(err, 0)
		return nil, nil, &again
	}
	if p, ok := errors.AsType[*putOff](err); ok {
		again := queue.Retry(nil, p.wait)
		return nil, nil, &again
	}
	if err != nil {
		failed, ok := errors.AsType[*fetch.Error](err)
		if !ok { // Get promises otherwise
			failed = &fetch.Error{Reason: fetch.ReasonProtocol, URL: a.URL, Err: err}
		}
		if failed.Reason == fetch.ReasonCanceled { // by our own shutdown
			again := queue.Retry(failed, time.Second)
			return nil, nil, &again
		}
		f.metrics.failed(failed)
		return nil, failed, nil
	}
	f.metrics.got(resp)
	return resp, nil, nil
}

// ofSite tells whether a URL is of a source's site. What its operator wishes, and has agreed on with the publisher, holds
// there: a feed may link to any other.
func ofSite(s *registry.Source, url string) bool {
	return s != nil && weburl.Site(weburl.Host(url)) == weburl.Site(weburl.Host(s.URL))
}

// robotsRules are what sites' robots.txt say, by the proxy that they were asked through: one way may lead where another does not.
type robotsRules struct {
	token string
	fetch func(ctx context.Context, url, proxy string) (robots.Response, error)

	mu     sync.Mutex
	caches map[string]*robots.Cache
}

func (r *robotsRules) by(proxy string) *robots.Cache {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.caches[proxy]
	if c == nil {
		if r.caches == nil {
			r.caches = map[string]*robots.Cache{}
		}
		c = robots.NewCache(robots.Config{Token: r.token, Fetch: func(ctx context.Context, url string) (robots.Response, error) { return r.fetch(ctx, url, proxy) }})
		r.caches[proxy] = c
	}
	return c
}

// allowed asks a site's robots.txt about a URL that is to be fetched through a proxy, "" for none. Its error is a *fetch.Error where that refuses.
func (f *fetcher) allowed(ctx context.Context, url, proxy string) (robots.Verdict, error) {
	v, err := f.robots.by(proxy).Check(ctx, url)
	switch {
	case err != nil:
		return v, err
	case v.Allowed, slices.Contains(v.Sitemaps, url): // what the file names as a sitemap, it allows
		f.metrics.robots.WithLabelValues(robotsAllowed).Inc()
		return v, nil
	case v.Unreachable:
		f.metrics.robots.WithLabelValues(robotsUnreachable).Inc()
	default:
		f.metrics.robots.WithLabelValues(robotsRefused).Inc()
	}
	return v, refused(v)
}

// via is what led to the request, for its evidence.
func (a *ask) via() string {
	if a.source != nil && a.source.URL != a.URL {
		return a.source.URL
	}
	return ""
}

// turn waits for a turn; its error is a *putOff where that is yet to come. done ends it.
func (f *fetcher) turn(ctx context.Context, a polite.Ask) (done func(status int, retryAfter time.Duration), err error) {
	turn, wait, err := f.gate.Take(ctx, a)
	switch {
	case err != nil:
		return nil, err
	case turn == nil:
		return nil, &putOff{wait}
	}
	f.metrics.inFlight.Inc()
	return func(status int, retryAfter time.Duration) {
		f.metrics.inFlight.Dec()
		turn.Done(ctx, status, retryAfter)
	}, nil
}

// refused is the failure of a request that robots.txt does not allow.
func refused(v robots.Verdict) *fetch.Error {
	e := &fetch.Error{Reason: fetch.ReasonRobots, Temporary: v.Unreachable, Err: errors.New(v.Reason)}
	if v.Unreachable {
		e.RetryAfter = max(time.Until(v.Expires), robotsRetry)
	}
	return e
}

// robotsTxt gets a robots.txt, in the turn of its site; also from a server whose certificate is bad, since a source may have
// an exception for that, and its publisher's rules hold all the same.
func (f *fetcher) robotsTxt(ctx context.Context, url, proxy string) (robots.Response, error) {
	r := fetch.Request{
		URL: url, Accept: fetch.AcceptRobots, Overrides: fetch.Overrides{Proxy: proxy},
		Hop: func(ctx context.Context, url string) (func(int, time.Duration), error) {
			return f.turn(ctx, polite.Ask{URL: url, Class: article.JobFresh, Again: true, Patience: hopPatience})
		},
	}
	resp, err := f.keep(ctx, r, "")
	failed, ok := errors.AsType[*fetch.Error](err)
	if ok && failed.Certificate != "" {
		r.Unverified = true
		resp, err = f.keep(ctx, r, "")
		failed, ok = errors.AsType[*fetch.Error](err)
	}
	if err == nil {
		return robots.Response{Status: resp.Status, Header: resp.Header, Body: resp.Body, Truncated: resp.Truncated}, nil
	}
	_, waits := errors.AsType[*putOff](err)
	switch {
	case waits, ctx.Err() != nil, errors.Is(err, errUnkept):
		return robots.Response{}, fmt.Errorf("%w: %w", robots.ErrNotAsked, err)
	case ok && slices.Contains(unaskable, failed.Reason): // the request itself will fail, and say why
		return robots.Response{Status: http.StatusNotFound}, nil
	case ok && failed.Status != 0:
		header := http.Header{}
		if failed.RetryAfter > 0 {
			header.Set("Retry-After", strconv.Itoa(int(failed.RetryAfter.Seconds())))
		}
		return robots.Response{Status: failed.Status, Header: header}, nil
	}
	return robots.Response{}, err
}

// unaskable are the reasons for which a host can be asked nothing at all.
var unaskable = []fetch.Reason{fetch.ReasonBlocked, fetch.ReasonDNS, fetch.ReasonBadURL, fetch.ReasonTLS}

// refresh is where a page sends its readers at once, "" if nowhere.
func refresh(resp *fetch.Response) string {
	if r := discover.ReadPage(resp.URL, resp.Header, resp.Body).Refresh; r != nil && r.Seconds <= refreshWithin {
		return r.URL
	}
	return ""
}
