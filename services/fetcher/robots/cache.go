package robots

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"dateline/pkg/httprules"
	"dateline/pkg/weburl"
)

// Bounds of the cache.
const (
	minLifetime  = 5 * time.Minute // of an answer, whatever its Cache-Control says
	maxLifetime  = 24 * time.Hour  // RFC 9309, 2.4
	maxFailure   = time.Hour       // between tries of a site that does not answer; they start at minLifetime and double
	patience     = 30 * 24 * time.Hour
	longestDelay = 120 * time.Second // the longest crawl delay that is honoured
	maxHops      = 5                 // redirects of a robots.txt; RFC 9309, 2.3.1.2
	maxEntries   = 100_000
	maxSize      = 64 << 20 // bytes of rules
)

// Response is an HTTP answer to the request for a robots.txt.
type Response struct {
	Status    int
	Header    http.Header // Location, Cache-Control, Age, Expires, Date and Retry-After count; may be nil
	Body      []byte      // decoded; what is beyond MaxBytes is not looked at
	Truncated bool        // Body is not all: the site did not answer, unless there are MaxBytes of it
}

// Fetch gets a robots.txt with one request. An error means that the site did not answer. Redirects are answers: the cache
// follows them. A Fetch that does follow redirects itself answers with the last status; one of 3xx without a Location then
// says that there were too many.
type Fetch func(ctx context.Context, url string) (Response, error)

// ErrNotAsked is wrapped by errors of a Fetch that did not get to ask the site, because its turn is yet to come, say. Check
// returns such errors, and nothing is remembered.
var ErrNotAsked = errors.New("the site was not asked")

// Config is what a Cache needs.
type Config struct {
	Token string // product token; see Token
	Fetch Fetch
	Now   func() time.Time // time.Now by default
}

// Cache answers for sites by their robots.txt, one for each scheme, host and port. It asks each at most once at a time, and
// remembers what it says for between five minutes and a day, as Cache-Control says. It is safe for concurrent use.
//
// Statuses count as RFC 9309 (2.3.1) has it: of 4xx but 429 follows that all is allowed; of 5xx, 429 and errors that nothing
// is, unless there is an earlier copy, which then goes on to count. Without one, all is allowed after 30 days of them.
type Cache struct {
	cfg Config

	mu      sync.Mutex
	entries map[string]*list.Element // of *entry, by the URL of the file
	recent  *list.List               // the entry used last in front
	size    int
}

// entry is what is known of a site.
type entry struct {
	location string
	rules    *Rules    // the last good copy, if any
	read     time.Time // when rules were
	open     string    // why all is allowed, where there is no file
	expires  time.Time
	failure  string // why the site did not answer the last time; "" where it did
	failures int    // in a row
	since    time.Time
	size     int
	flight   chan struct{} // closed when the request under way is over; nil while none is
}

// NewCache makes an empty cache. It panics on a token that no robots.txt could name.
func NewCache(cfg Config) *Cache {
	if !ValidToken(cfg.Token) {
		panic(fmt.Sprintf("robots: %q is no product token: letters, hyphens and underscores", cfg.Token))
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Cache{cfg: cfg, entries: map[string]*list.Element{}, recent: list.New()}
}

// Verdict is whether a URL may be fetched.
type Verdict struct {
	Allowed     bool
	Reason      string        // for people: the rule with its line and file, or how the site answers
	Unreachable bool          // refused not by a rule, but since the site does not tell its rules: the answer may soon be another
	CrawlDelay  time.Duration // between requests to the site, at most two minutes; zero where it does not ask for one
	Sitemaps    []string      // that the site names
	Expires     time.Time     // when the site will be asked again
}

// Refused is the error of a URL that may not be fetched.
type Refused struct {
	URL     string
	Verdict Verdict
}

func (r *Refused) Error() string { return r.URL + " may not be fetched: " + r.Verdict.Reason }

// Require is Check for those who need no more than an error: a *Refused where the URL may not be fetched.
func (c *Cache) Require(ctx context.Context, url string) error {
	v, err := c.Check(ctx, url)
	if err == nil && !v.Allowed {
		err = &Refused{url, v}
	}
	return err
}

// Location is the URL of the robots.txt that holds for a URL (RFC 9309, 2.3): of its scheme, host and port.
func Location(url string) (string, error) {
	at, err := weburl.Resolve("", url)
	if err != nil {
		return "", err
	}
	scheme, rest, _ := strings.Cut(at, "://")
	host, _, _ := strings.Cut(rest, "/") // which a URL that was parsed has always
	return scheme + "://" + host + "/robots.txt", nil
}

// Check tells whether a URL may be fetched. It is to be asked again for the target of each redirect. Its error is that url
// is no web address, that ctx is done, or that of a Fetch which did not ask.
func (c *Cache) Check(ctx context.Context, url string) (Verdict, error) {
	url, err := weburl.Resolve("", url)
	if err != nil {
		return Verdict{}, fmt.Errorf("robots.txt: %w", err)
	}
	location, err := Location(url)
	if err != nil {
		return Verdict{}, fmt.Errorf("robots.txt: %w", err)
	}
	for {
		c.mu.Lock()
		e := c.entry(location)
		if c.cfg.Now().Before(e.expires) {
			known := *e
			c.mu.Unlock()
			return c.verdict(&known, url), nil
		}
		flight := e.flight
		if flight == nil {
			e.flight = make(chan struct{})
			c.mu.Unlock()
			return c.refresh(ctx, e, url)
		}
		c.mu.Unlock()
		select {
		case <-flight: // if it came to nothing, one of those who waited is next
		case <-ctx.Done():
			return Verdict{}, fmt.Errorf("robots.txt %s: %w", location, context.Cause(ctx))
		}
	}
}

// refresh asks the site, in the caller's time and for all who wait.
func (c *Cache) refresh(ctx context.Context, e *entry, url string) (Verdict, error) {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		close(e.flight)
		e.flight = nil
	}()
	a, err := c.ask(ctx, e.location)
	if err != nil {
		return Verdict{}, fmt.Errorf("robots.txt %s: %w", e.location, err)
	}
	c.mu.Lock()
	c.settle(e, a)
	known := *e
	c.mu.Unlock()
	return c.verdict(&known, url), nil
}

// answer is what came of asking a site. One of its first three fields is set.
type answer struct {
	rules    *Rules
	open     string
	failure  string
	lifetime time.Duration // that the site asks for; zero where it does not
}

// ask gets a site's file. Its error is not the site's.
func (c *Cache) ask(ctx context.Context, location string) (answer, error) {
	at := location
	for hop := 0; ; hop++ {
		resp, err := c.cfg.Fetch(ctx, at)
		switch {
		case errors.Is(err, ErrNotAsked):
			return answer{}, err
		case ctx.Err() != nil:
			return answer{}, context.Cause(ctx)
		case err != nil:
			return answer{failure: fmt.Sprintf("%s cannot be had: %v", location, err)}, nil
		}
		said := location + " answers " + strconv.Itoa(resp.Status)
		now := c.cfg.Now()
		switch s := resp.Status; {
		case s >= 200 && s <= 299 && resp.Truncated && len(resp.Body) < MaxBytes: // what is missing may forbid
			return answer{failure: fmt.Sprintf("%s breaks off after %d bytes", location, len(resp.Body))}, nil
		case s >= 200 && s <= 299:
			return answer{rules: Parse(c.cfg.Token, location, resp.Body), lifetime: lifetime(resp.Header, now)}, nil
		case s >= 300 && s <= 399:
			next, err := weburl.Resolve(at, resp.Header.Get("Location"))
			if resp.Header.Get("Location") == "" || err != nil || hop == maxHops {
				return answer{open: said + ", and leads nowhere", lifetime: lifetime(resp.Header, now)}, nil
			}
			at = next
		case s >= 400 && s <= 499 && s != http.StatusTooManyRequests:
			return answer{open: said, lifetime: lifetime(resp.Header, now)}, nil
		default:
			wait, _ := httprules.RetryAfter(resp.Header.Get("Retry-After"), now)
			return answer{failure: said, lifetime: wait}, nil
		}
	}
}

// settle notes an answer. c.mu is held.
func (c *Cache) settle(e *entry, a answer) {
	now := c.cfg.Now()
	if a.failure != "" {
		if e.failures == 0 {
			e.since = now
		}
		e.open, e.failure = "", a.failure
		wait := min(minLifetime<<min(e.failures, 10), maxFailure)
		e.failures++
		e.expires = now.Add(max(wait, a.lifetime))
		return
	}
	e.rules, e.open, e.read = a.rules, a.open, now
	e.failure, e.failures = "", 0
	if a.lifetime == 0 {
		a.lifetime = maxLifetime
	}
	e.expires = now.Add(a.lifetime)
	c.resize(e)
}

// verdict answers by what is known: a copy of an entry, since many rules take milliseconds to match.
func (c *Cache) verdict(e *entry, url string) Verdict {
	v := Verdict{Expires: e.expires}
	switch {
	case e.rules != nil:
		v.Allowed, v.Reason = e.rules.Allows(url)
		v.CrawlDelay, v.Sitemaps = min(e.rules.Delay, longestDelay), e.rules.Sitemaps
		if e.failure != "" {
			v.Reason += fmt.Sprintf(", as read at %s, since it %s", e.read.UTC().Format(time.RFC3339), strings.TrimPrefix(e.failure, e.location+" "))
		}
	case e.failure == "":
		v.Allowed, v.Reason = true, e.open
	case c.cfg.Now().Sub(e.since) >= patience:
		v.Allowed, v.Reason = true, e.failure+", for 30 days and more"
	case url == e.location:
		v.Allowed, v.Reason = true, "robots.txt itself may be read"
	default:
		v.Reason, v.Unreachable = e.failure, true
	}
	return v
}

// entry finds or makes a site's. c.mu is held.
func (c *Cache) entry(location string) *entry {
	if el, ok := c.entries[location]; ok {
		c.recent.MoveToFront(el)
		return el.Value.(*entry)
	}
	e := &entry{location: location}
	c.entries[location] = c.recent.PushFront(e)
	c.resize(e)
	return e
}

// resize counts an entry anew and forgets those that were not used for longest, until the cache is within its bounds. c.mu
// is held.
func (c *Cache) resize(e *entry) {
	if el, ok := c.entries[e.location]; !ok || el.Value != e { // forgotten while its site was asked
		return
	}
	c.size -= e.size
	e.size = 300 + 2*len(e.location)
	if e.rules != nil {
		e.size += e.rules.size()
	}
	c.size += e.size
	for c.size > maxSize || len(c.entries) > maxEntries {
		el := c.recent.Back()
		last := el.Value.(*entry)
		if last == e { // the one just used stays, whatever it weighs
			return
		}
		c.recent.Remove(el)
		delete(c.entries, last.location)
		c.size -= last.size
	}
}

// lifetime is how long an answer may be used by its header (RFC 9111, 4.2), within bounds; zero where that says nothing.
func lifetime(h http.Header, now time.Time) time.Duration {
	bound := func(d time.Duration) time.Duration { return min(max(d, minLifetime), maxLifetime) }
	given := false
	var fresh time.Duration
	for _, line := range h.Values("Cache-Control") {
		for d := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(d), "=")
			switch strings.ToLower(name) {
			case "no-store", "no-cache":
				return minLifetime
			case "max-age":
				if s, ok := seconds(strings.Trim(value, `"`)); ok && !given {
					given, fresh = true, s
				}
			}
		}
	}
	if given {
		age, _ := seconds(h.Get("Age"))
		return bound(fresh - age)
	}
	if value := h.Get("Expires"); value != "" {
		at, err := http.ParseTime(value)
		if err != nil { // "0" and the like say that it has expired
			return minLifetime
		}
		if date, err := http.ParseTime(h.Get("Date")); err == nil {
			now = date
		}
		return bound(at.Sub(now))
	}
	return 0
}

// seconds reads a number of them, at most a year's.
func seconds(value string) (time.Duration, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return time.Duration(min(n, 365*24*3600)) * time.Second, true
}
