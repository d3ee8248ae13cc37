// Package fetcher gets pages and feeds from the web and puts pages on the queue.
//
//	JOBS --job--> fetch --page--> RAW <--what has changed, what is gone-- visit
//	  ^             |                                                    ^   |
//	  |             +--when the page is looked at again--> REFETCH --due-+   |
//	  |             |                                         ^---and again--+
//	  |             +--feed--> sources (a bucket: what each feed showed last, and when its next poll is)
//	  |                            |
//	  +------- new items ----------+--> SCHED --due--> poll: fetch if changed, and round again
//
// Before each request stands a turn, out of a budget of all fetchers (package polite): a job that is not at its turn goes
// back to its stream until it is.
//
// The bucket is the truth about feeds; schedules only carry it, and are made again from it. A job or a poll is finished
// when everything that it led to is acknowledged, in the order: items' jobs, the feed's state, its schedule. A crash in
// between repeats work, and loses none.
package fetcher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/article"
	"dateline/pkg/netguard"
	"dateline/pkg/queue"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/polite"
	"dateline/services/fetcher/refetch"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/revisit"
	"dateline/services/fetcher/robots"
	"dateline/services/fetcher/warc"
	"dateline/services/fetcher/websub"

	"golang.org/x/sync/errgroup"
)

// Config is the fetcher's part of the configuration.
type Config struct {
	FetchWorkers        int           `help:"Pages fetched at the same time." default:"32" env:"DATELINE_FETCH_WORKERS"`
	FetchTimeout        time.Duration `help:"Most time for one page or feed, redirects included." default:"30s" env:"DATELINE_FETCH_TIMEOUT"`
	FetchHostDelay      time.Duration `help:"Least time from the end of a request to a site (a registrable domain) to the start of the next, over all fetchers." default:"1s" env:"DATELINE_FETCH_HOST_DELAY"`
	FetchAddressRate    float64       `help:"Most requests a second to one IP address, over all fetchers; 0 for any number." default:"10" env:"DATELINE_FETCH_ADDRESS_RATE"`
	FetchRateFresh      float64       `help:"Most requests a second of this fetcher for news, polls of feeds included; 0 for any number." default:"0" env:"DATELINE_FETCH_RATE_FRESH"`
	FetchRateRetry      float64       `help:"The same for retries." default:"0" env:"DATELINE_FETCH_RATE_RETRY"`
	FetchRateBackfill   float64       `help:"The same for backfill, and for pages that are fetched again." default:"0" env:"DATELINE_FETCH_RATE_BACKFILL"`
	FetchRetryDelay     time.Duration `help:"Time before the first retry of a page; doubles with each, up to 1h." default:"15s" env:"DATELINE_FETCH_RETRY_DELAY"`
	FetchPageBytes      queue.Size    `help:"Most bytes of a page, as transferred; the rest is cut off." default:"4MiB" env:"DATELINE_FETCH_PAGE_BYTES"`
	FetchFeedBytes      queue.Size    `help:"Most bytes of a feed, as transferred; the rest is cut off." default:"10MiB" env:"DATELINE_FETCH_FEED_BYTES"`
	FetchUserAgent      string        `help:"Name that web servers are given." default:"DatelineBot/0.1" env:"DATELINE_FETCH_USER_AGENT"`
	FetchContact        string        `help:"Web address where the people behind web servers learn who fetches and why; part of the User-Agent." env:"DATELINE_FETCH_CONTACT"`
	FetchAllowLoopback  bool          `help:"Fetch from this machine itself, on any port: for tests only." env:"DATELINE_FETCH_ALLOW_LOOPBACK"`
	FetchTrustedProxies []string      `help:"Proxies, as HOST:PORT, that sources may name though they are in a network of ours or on an unusual port." placeholder:"HOST:PORT" env:"DATELINE_FETCH_TRUSTED_PROXIES"`
	FeedInterval        time.Duration `help:"Time between two polls of every source that has no interval of its own; 0 to poll each as often as it pays." default:"0s" env:"DATELINE_FEED_INTERVAL"`
	PollBudget          float64       `help:"Polls of sources a day that all fetchers make together; 0 for 24 for each source, more for busy ones and fewer for quiet ones." default:"0" env:"DATELINE_POLL_BUDGET"`

	Refetch        refetch.Policy `help:"How long after its first fetch a page is fetched again, each time, unless its source says otherwise; none for never." default:"15m,1h,6h,1d,7d" env:"DATELINE_REFETCH"`
	RefetchConfirm time.Duration  `help:"Time after which a page that answered 404 when it was fetched again is asked once more, and is gone if it still does." default:"1h" env:"DATELINE_REFETCH_CONFIRM"`

	Evidence warc.Config   `embed:""`
	WebSub   websub.Config `embed:""`
}

// Validate names what is wrong.
func (c *Config) Validate() error {
	switch {
	case c.FetchWorkers < 1 || c.FetchWorkers > 10000:
		return fmt.Errorf("--fetch-workers %d: 1 to 10000", c.FetchWorkers)
	case c.FetchTimeout < time.Second || c.FetchTimeout > 10*time.Minute:
		return fmt.Errorf("--fetch-timeout %s: 1s to 10m", c.FetchTimeout)
	case c.FetchHostDelay < 0 || c.FetchHostDelay > time.Hour:
		return fmt.Errorf("--fetch-host-delay %s: 0s to 1h", c.FetchHostDelay)
	case !validRate(c.FetchAddressRate):
		return fmt.Errorf("--fetch-address-rate %g: 0, or 0.001 to 1000000 a second", c.FetchAddressRate)
	case !validRate(c.FetchRateFresh):
		return fmt.Errorf("--fetch-rate-fresh %g: 0, or 0.001 to 1000000 a second", c.FetchRateFresh)
	case !validRate(c.FetchRateRetry):
		return fmt.Errorf("--fetch-rate-retry %g: 0, or 0.001 to 1000000 a second", c.FetchRateRetry)
	case !validRate(c.FetchRateBackfill):
		return fmt.Errorf("--fetch-rate-backfill %g: 0, or 0.001 to 1000000 a second", c.FetchRateBackfill)
	case c.FetchRetryDelay < time.Millisecond || c.FetchRetryDelay > maxBackoff:
		return fmt.Errorf("--fetch-retry-delay %s: 1ms to %s", c.FetchRetryDelay, maxBackoff)
	case c.FetchPageBytes < 1<<10 || c.FetchPageBytes > article.MaxPage:
		return fmt.Errorf("--fetch-page-bytes %s: 1KiB to %s", c.FetchPageBytes, queue.Size(article.MaxPage))
	case c.FetchFeedBytes < 1<<10 || c.FetchFeedBytes > article.MaxPage:
		return fmt.Errorf("--fetch-feed-bytes %s: 1KiB to %s", c.FetchFeedBytes, queue.Size(article.MaxPage))
	case strings.TrimSpace(c.FetchUserAgent) == "" || strings.ContainsFunc(c.FetchUserAgent, notPrintable), robots.Token(c.FetchUserAgent) == "":
		return fmt.Errorf("--fetch-user-agent %q: printable ASCII that begins with the name by which robots.txt calls it, such as DatelineBot/0.1", c.FetchUserAgent)
	case c.FeedInterval != 0 && (c.FeedInterval < time.Second || c.FeedInterval > revisit.Longest):
		return fmt.Errorf("--feed-interval %s: 1s to %s, or 0", c.FeedInterval, revisit.Longest)
	case c.RefetchConfirm < 0 || c.RefetchConfirm > 7*24*time.Hour:
		return fmt.Errorf("--refetch-confirm %s: 0s to 168h", c.RefetchConfirm)
	case c.PollBudget < 0 || c.PollBudget != c.PollBudget:
		return fmt.Errorf("--poll-budget %g: a number of polls a day, or 0", c.PollBudget)
	}
	if err := c.Refetch.Check(); err != nil {
		return fmt.Errorf("--refetch: %w", err)
	}
	for _, proxy := range c.FetchTrustedProxies {
		if host, port, err := net.SplitHostPort(proxy); err != nil || host == "" || port == "" {
			return fmt.Errorf("--fetch-trusted-proxies %q: HOST:PORT, such as proxy.example.org:3128", proxy)
		}
	}
	if err := c.Evidence.Validate(); err != nil {
		return err
	}
	if err := c.WebSub.Validate(); err != nil {
		return err
	}
	if u, err := url.Parse(c.FetchContact); c.FetchContact != "" && (err != nil || u.Host == "" || strings.ContainsFunc(c.FetchContact, notPrintable)) {
		return fmt.Errorf("--fetch-contact %q: a web address such as https://example.org/bot", c.FetchContact)
	}
	return nil
}

func validRate(r float64) bool { return r == 0 || r >= .001 && r <= 1e6 }

func notPrintable(r rune) bool { return r < ' ' || r > '~' }

func (c *Config) userAgent() string {
	if c.FetchContact == "" {
		return c.FetchUserAgent
	}
	return fmt.Sprintf("%s (+%s)", c.FetchUserAgent, c.FetchContact)
}

// fetcher is one Run.
type fetcher struct {
	cfg        Config
	q          *queue.Queue
	client     *fetch.Client
	gate       *polite.Gate
	robots     *robotsRules
	registry   *registry.Registry
	evidence   *warc.Writer       // nil where none is kept
	subscriber *websub.Subscriber // nil where there is no WebSub
	metrics    *metrics
	shared     atomic.Int64 // theta, see reconcile
}

// Run fetches until ctx ends, then finishes what is in hand and returns nil.
func Run(ctx context.Context, cfg Config, q *queue.Queue, adm *admin.Server) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if cfg.FetchAllowLoopback {
		slog.Warn("--fetch-allow-loopback is on: whoever names a URL can make this process talk to services of this machine")
	}
	if cfg.FetchContact == "" {
		slog.Info("no --fetch-contact: web servers are not told whom to ask about these requests")
	}
	sources, err := registry.Open(ctx, q)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	sites, err := q.Bucket(ctx, queue.Politeness)
	if err != nil {
		return fmt.Errorf("politeness: %w", err)
	}
	guard := netguard.Guard{AllowLoopback: cfg.FetchAllowLoopback, TrustedProxies: cfg.FetchTrustedProxies}
	limits := fetch.DefaultLimits
	limits.Total, limits.PageBytes, limits.FeedBytes = cfg.FetchTimeout, int64(cfg.FetchPageBytes), int64(cfg.FetchFeedBytes)
	f := &fetcher{
		cfg: cfg, q: q, registry: sources,
		client:  fetch.NewClient(cfg.userAgent(), guard, limits),
		metrics: newMetrics(adm.Registry),
	}
	defer f.client.Close()
	f.gate = polite.New(polite.Config{
		Pause: cfg.FetchHostDelay, AddressRate: cfg.FetchAddressRate, Timeout: cfg.FetchTimeout, Workers: cfg.FetchWorkers,
		Rates:   [3]float64{cfg.FetchRateFresh, cfg.FetchRateRetry, cfg.FetchRateBackfill},
		Resolve: f.client.Resolve,
	}, sites, adm.Registry)
	f.robots = &robotsRules{token: robots.Token(cfg.FetchUserAgent), fetch: f.robotsTxt}
	if cfg.Evidence.WARCDir != "" {
		f.evidence, err = warc.Open(cfg.Evidence, warc.Info{Software: "dateline", Operator: cfg.FetchContact, UserAgent: cfg.userAgent(), Robots: "classic"}, adm.Registry)
		if err != nil {
			return err
		}
	}

	var callbacks net.Listener
	if cfg.WebSub.On() {
		if callbacks, err = f.listen(ctx); err != nil {
			return err
		}
		f.subscriber = websub.New(cfg.WebSub, guard, cfg.userAgent(), subscriptions{f}, adm.Registry)
	}

	g, ctx := errgroup.WithContext(ctx)
	if f.subscriber != nil {
		g.Go(func() error { return f.subscriber.Serve(ctx, callbacks) })
	}
	g.Go(func() error { f.gate.Run(ctx); return nil })
	// The gate admits as many requests as there are workers. The queue has more jobs in hand than that, of each class, so
	// that none is missing while others wait a little for their site. Attempts are counted in jobs and not by the queue:
	// waiting for one's turn is no failure.
	for _, c := range []queue.Consumer{queue.FetcherFresh, queue.FetcherRetry, queue.FetcherBackfill} {
		g.Go(func() error {
			return q.Consume(ctx, queue.Subscription{Consumer: c, Workers: 2 * cfg.FetchWorkers, Batch: 1, Waits: true, Handle: each(f.job)})
		})
	}
	g.Go(func() error {
		return q.Consume(ctx, queue.Subscription{Consumer: queue.FetcherDue, Workers: cfg.FetchWorkers, Batch: 1, Waits: true, Handle: each(f.due)})
	})
	g.Go(func() error {
		return q.Consume(ctx, queue.Subscription{Consumer: queue.FetcherRefetch, Workers: cfg.FetchWorkers, Batch: 1, Waits: true, Handle: each(f.visit)})
	})
	g.Go(func() error { f.reconcile(ctx); return nil })
	err = g.Wait()
	if f.evidence != nil {
		err = errors.Join(err, f.evidence.Close())
	}
	return err
}

// each handles deliveries one by one.
func each(handle func(context.Context, *queue.Delivery) queue.Outcome) queue.Handler {
	return func(ctx context.Context, batch []*queue.Delivery) []queue.Outcome {
		out := make([]queue.Outcome, len(batch))
		for i, d := range batch {
			out[i] = handle(ctx, d)
		}
		return out
	}
}
