package fetcher

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/warc"

	"github.com/alecthomas/kong"
)

// site is a web site with a feed.
type site struct {
	*httptest.Server
	mu      sync.Mutex
	items   []string
	etag    string
	fail    int // answers of 503 that are still to be given
	asked   map[string]int
	open    int // requests being answered
	crowded bool
	last    time.Time
	closest time.Duration // between the end of a request and the start of the next
}

func newSite(t *testing.T, items ...string) *site {
	s := &site{items: items, asked: map[string]int{}, closest: time.Hour}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked[r.URL.Path]++
	s.open++
	s.crowded = s.crowded || s.open > 1
	if !s.last.IsZero() {
		s.closest = min(s.closest, time.Since(s.last))
	}
	fail := s.fail > 0 && r.URL.Path != "/robots.txt"
	if fail {
		s.fail--
	}
	items, etag := slices.Clone(s.items), s.etag
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open--
		s.last = time.Now()
	}()
	switch {
	case r.URL.Path == "/robots.txt":
		_, _ = fmt.Fprint(w, "User-agent: *\nDisallow: /secret\n")
	case fail:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.URL.Path == "/feed":
		if etag != "" {
			w.Header().Set("ETag", etag)
			if r.Header.Get("If-None-Match") == etag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		_, _ = fmt.Fprint(w, "<rss version='2.0'><channel><title>The Feed</title>")
		for _, i := range items {
			_, _ = fmt.Fprintf(w, "<item><title>About %s</title><link>/%[1]s?utm_source=rss</link><guid>%[1]s</guid></item>", i)
		}
		_, _ = fmt.Fprint(w, "</channel></rss>")
	case r.URL.Path == "/moved":
		http.Redirect(w, r, "/there", http.StatusFound)
	case r.URL.Path == "/to-secret":
		http.Redirect(w, r, "/secret", http.StatusFound)
	case r.URL.Path == "/gone":
		w.WriteHeader(http.StatusGone)
	case r.URL.Path == "/private":
		http.Redirect(w, r, "http://169.254.169.254/latest/", http.StatusFound)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, "<!doctype html><title>%s</title>", r.URL.Path)
	}
}

func (s *site) times(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

func (s *site) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

var config = Config{
	FetchWorkers: 8, FetchTimeout: 5 * time.Second, FetchHostDelay: time.Millisecond, FetchRetryDelay: 100 * time.Millisecond, FetchPageBytes: 1 << 20, FetchFeedBytes: 1 << 20,
	FetchUserAgent: "DatelineBot/test", FetchAllowLoopback: true, FeedInterval: time.Second,
	Evidence: warc.Config{WARCSize: 1e9, WARCAge: time.Hour},
}

// run starts a fetcher; stop ends it and waits.
func run(t *testing.T, q *queue.Queue, cfg Config) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, cfg, q, admin.New("127.0.0.1:0")) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func add(t *testing.T, q *queue.Queue, kind article.JobKind, urls ...string) {
	t.Helper()
	for _, u := range urls {
		body, err := json.Marshal(article.Job{URL: u, Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		id := article.JobID(u)
		m := queue.Message{Subject: queue.JobSubject(article.JobFresh, weburl.Host(u), id), ID: fmt.Sprint(id, time.Now().UnixNano()), Type: article.TypeJob, Header: queue.Header{article.HeaderURL: {u}}, Body: body}
		if _, err := q.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
}

// outcomes collects what comes out: pages by path, dead letters by URL.
type outcomes struct {
	mu     sync.Mutex
	pages  map[string][]*article.Page
	header map[string]queue.Header
	dead   map[string]queue.DeadLetter
}

func collect(t *testing.T, q *queue.Queue) *outcomes {
	t.Helper()
	o := &outcomes{pages: map[string][]*article.Page{}, header: map[string]queue.Header{}, dead: map[string]queue.DeadLetter{}}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	consume := func(c queue.Consumer, take func(*queue.Delivery)) {
		wg.Go(func() {
			err := q.Consume(ctx, queue.Subscription{Consumer: c, Workers: 1, Batch: 1, Handle: func(_ context.Context, batch []*queue.Delivery) []queue.Outcome {
				o.mu.Lock()
				defer o.mu.Unlock()
				take(batch[0])
				return []queue.Outcome{queue.Done()}
			}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	consume(queue.ParserRaw, func(d *queue.Delivery) {
		p, err := article.DecodePage(d.Header, d.Body)
		if err != nil {
			t.Error(err)
			return
		}
		path := p.URL[strings.LastIndex(p.URL, "/"):]
		o.pages[path] = append(o.pages[path], p)
		o.header[path] = d.Header
	})
	consume(queue.IndexerDLQ, func(d *queue.Delivery) {
		o.dead[article.HeaderValue(d.Header, article.HeaderURL)] = queue.DeadLetterOf(d)
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return o
}

func (o *outcomes) count() (pages, dead int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range o.pages {
		pages += len(p)
	}
	return pages, len(o.dead)
}

func eventually(t *testing.T, what string, within time.Duration, f func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !f(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

func TestPages(t *testing.T) {
	q, s := queuetest.Start(t), newSite(t)
	o := collect(t, q)
	run(t, q, config)
	add(t, q, article.JobAuto, s.URL+"/one", s.URL+"/moved", s.URL+"/gone", s.URL+"/private", s.URL+"/secret/page", s.URL+"/to-secret")
	add(t, q, article.JobFeed, s.URL+"/no-feed")
	add(t, q, article.JobPage, s.URL+"/feed")
	eventually(t, "all jobs end", 20*time.Second, func() bool { p, d := o.count(); return p == 2 && d == 6 })

	o.mu.Lock()
	defer o.mu.Unlock()
	p, h := o.pages["/one"][0], o.header["/one"]
	if p.URL != s.URL+"/one" || p.FinalURL != p.URL || p.Status != 200 || !strings.Contains(string(p.Body), "/one") || p.Truncated || p.ContentType != "text/html; charset=utf-8" || time.Since(p.Captured) > time.Minute {
		t.Errorf("%+v", p)
	}
	hops := article.Hops(h)
	if len(hops) != 1 || hops[0].Stage != string(article.StageFetcher) || hops[0].Outcome != "fetched" || !article.ValidID(article.HeaderValue(h, article.HeaderOrigin)) {
		t.Errorf("%v", h)
	}
	if p := o.pages["/moved"][0]; p.FinalURL != s.URL+"/there" {
		t.Errorf("%+v", p)
	}
	for path, reason := range map[string]string{"/gone": "http_4xx", "/private": "blocked_address", "/no-feed": deadNotFeed, "/feed": deadNotPage, "/secret/page": "robots", "/to-secret": "robots"} {
		if d := o.dead[s.URL+path]; d.Reason != reason || d.Service == "" {
			t.Errorf("%s: %+v, want %s", path, d, reason)
		}
	}
	if d := o.dead[s.URL+"/to-secret"]; !strings.Contains(d.Error, "Disallow: /secret (line 2 of "+s.URL+"/robots.txt)") {
		t.Errorf("the refusal is not explained: %q", d.Error)
	}
	if n := s.times("/secret") + s.times("/secret/page"); n != 0 {
		t.Errorf("what robots.txt forbids was asked for %d times", n)
	}
	if n := s.times("/robots.txt"); n != 1 {
		t.Errorf("robots.txt was asked for %d times", n)
	}
}

func TestFeedIsFollowed(t *testing.T) {
	q, s := queuetest.Start(t), newSite(t, "a", "b")
	o := collect(t, q)
	stop := run(t, q, config)
	add(t, q, article.JobAuto, s.URL+"/feed")
	eventually(t, "the feed's items come", 20*time.Second, func() bool { p, _ := o.count(); return p == 2 })
	o.mu.Lock()
	if i := o.pages["/a"][0].Item; i == nil || i.Title != "About a" || i.ID != "a" || i.Feed != s.URL+"/feed" {
		t.Errorf("%+v", i)
	}
	o.mu.Unlock()

	polls := s.times("/feed")
	eventually(t, "an unchanged feed is polled", 20*time.Second, func() bool { return s.times("/feed") >= polls+2 })
	s.set(func() { s.items, s.etag = []string{"c", "b"}, `"v2"` })
	eventually(t, "the new item comes", 20*time.Second, func() bool { p, _ := o.count(); return p == 3 })
	polls = s.times("/feed")
	eventually(t, "a feed with a validator is polled", 20*time.Second, func() bool { return s.times("/feed") >= polls+2 })

	// Failures put polls off and end nothing.
	s.set(func() { s.fail = 2 })
	eventually(t, "a failing feed is polled again", 30*time.Second, func() bool {
		hurry(t, q, s.URL+"/feed")
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.fail == 0
	})
	hurry(t, q, s.URL+"/feed")
	s.set(func() { s.items, s.etag = []string{"d", "c", "b"}, `"v3"` })
	eventually(t, "items come after failures", 30*time.Second, func() bool { p, _ := o.count(); return p == 4 })

	// A feed is followed by the next process too, from where the last one was.
	stop()
	s.set(func() { s.items, s.etag = []string{"e", "d", "c"}, `"v4"` })
	run(t, q, config)
	eventually(t, "the next process goes on", 20*time.Second, func() bool { p, _ := o.count(); return p == 5 })
	for _, path := range []string{"/a", "/b", "/c", "/d", "/e"} {
		if n := s.times(path); n != 1 {
			t.Errorf("%s was asked for %d times", path, n)
		}
	}
	if _, dead := o.count(); dead != 0 {
		t.Errorf("%d dead letters", dead)
	}
}

// hurry has a source polled now that failures have put off.
func hurry(t *testing.T, q *queue.Queue, url string) {
	t.Helper()
	r, err := registry.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Change(t.Context(), registry.ID(url), func(s *registry.Source) error {
		if s.Revisit.Health().Failures > 0 {
			s.Next = time.Now()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Publish(t.Context(), registry.Schedule(s, s.Next)); err != nil {
		t.Fatal(err)
	}
}

// What a crash leaves: the registry without a schedule; a poll that has come again after its state was saved; jobs
// published whose feed was not saved.
func TestCrashesLoseNothing(t *testing.T) {
	q, s := queuetest.Start(t), newSite(t, "a", "b")
	o := collect(t, q)
	r, err := registry.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	lost, err := registry.New(s.URL+"/feed", registry.Wish{Kind: registry.Feed}, time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	seen, err := r.Seen(t.Context(), lost.ID())
	if err != nil {
		t.Fatal(err)
	}
	seen.Show(itemID(t, s.URL+"/a"))
	if err := r.SaveSeen(t.Context(), lost.ID(), seen); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Save(t.Context(), lost, 0); err != nil {
		t.Fatal(err)
	}
	run(t, q, config)
	eventually(t, "a source without a schedule is polled", 20*time.Second, func() bool { p, _ := o.count(); return p == 1 })

	m := registry.Schedule(lost, time.Now())
	if _, err := q.Publish(t.Context(), m); err != nil { // in place of the right one
		t.Fatal(err)
	}
	polls := s.times("/feed")
	eventually(t, "polls go on after a wrong schedule", 20*time.Second, func() bool { return s.times("/feed") >= polls+2 })
	if s.times("/a") != 0 || s.times("/b") != 1 {
		t.Errorf("asked for %v", s.asked)
	}
}

func itemID(t *testing.T, u string) string {
	t.Helper()
	key, err := weburl.Key(u)
	if err != nil {
		t.Fatal(err)
	}
	return article.JobID(key)
}

// Fifty items of one host are all fetched, one at a time with a pause, and waiting costs none of them its attempts.
func TestOneHost(t *testing.T) {
	var items []string
	for i := range 50 {
		items = append(items, fmt.Sprintf("item-%d", i))
	}
	q, s := queuetest.Start(t), newSite(t, items...)
	o := collect(t, q)
	cfg := config
	cfg.FetchHostDelay, cfg.FeedInterval = 100*time.Millisecond, time.Hour
	s.fail = 1 // the feed's own job fails at first
	add(t, q, article.JobAuto, s.URL+"/feed")
	run(t, q, cfg)
	eventually(t, "every item is fetched", 2*time.Minute, func() bool { p, d := o.count(); return p+d == 50 })
	if pages, dead := o.count(); pages != 50 || dead != 0 {
		t.Errorf("%d pages, %d dead letters: %+v", pages, dead, o.dead)
	}
	if s.crowded || s.closest < cfg.FetchHostDelay/2 {
		t.Errorf("two requests at once: %t; shortest pause %s", s.crowded, s.closest)
	}
}

func TestConfigValidate(t *testing.T) {
	if err := config.Validate(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*Config){
		"--fetch-workers":         func(c *Config) { c.FetchWorkers = 0 },
		"--fetch-timeout":         func(c *Config) { c.FetchTimeout = 0 },
		"--fetch-host-delay":      func(c *Config) { c.FetchHostDelay = -1 },
		"--fetch-address-rate":    func(c *Config) { c.FetchAddressRate = -1 },
		"--fetch-rate-fresh":      func(c *Config) { c.FetchRateFresh = 1e9 },
		"--fetch-rate-retry":      func(c *Config) { c.FetchRateRetry = 1e-9 },
		"--fetch-rate-backfill":   func(c *Config) { c.FetchRateBackfill = math.NaN() },
		"--fetch-retry-delay":     func(c *Config) { c.FetchRetryDelay = 0 },
		"--fetch-page-bytes":      func(c *Config) { c.FetchPageBytes = 1 << 40 },
		"--fetch-feed-bytes":      func(c *Config) { c.FetchFeedBytes = 0 },
		"--fetch-user-agent":      func(c *Config) { c.FetchUserAgent = "a\r\nb" },
		"--fetch-contact":         func(c *Config) { c.FetchContact = "me" },
		"--fetch-trusted-proxies": func(c *Config) { c.FetchTrustedProxies = []string{"http://proxy:3128"} },
		"--feed-interval":         func(c *Config) { c.FeedInterval = 48 * time.Hour },
		"--poll-budget":           func(c *Config) { c.PollBudget = -1 },
		"--warc-size":             func(c *Config) { c.Evidence.WARCSize = 1 },
	} {
		c := config
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFlagDefaults(t *testing.T) {
	var flags Config
	parser, err := kong.New(&flags)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
}

func TestUserAgent(t *testing.T) {
	c := config
	c.FetchContact = "https://example.org/bot"
	if got := c.userAgent(); got != "DatelineBot/test (+https://example.org/bot)" {
		t.Error(got)
	}
}
