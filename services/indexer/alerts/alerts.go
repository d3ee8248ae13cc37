// Package alerts tells of articles that match saved queries, as they are indexed: by webhook, on a NATS subject, and as feeds.
//
//	change feed --> matching --> store: matches, deliveries --+--> webhooks: POST, signed, retried
//	                                                          +--> NATS: alerts.<query>.<outcome>.<source>.<id>
//	                                                          +--> Atom and JSON Feed
//
// A batch of changes is indexed in memory once, and every saved query is run on it. What matches is written together with
// how far the feed is matched, so that a crash neither loses an alert nor makes it twice; a delivery goes when its receiver has
// acknowledged it, so that it comes at least once, each time under the same id.
package alerts

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/netguard"
	"dateline/pkg/queue"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// Config is how alerts are delivered.
type Config struct {
	Allow  []netip.Prefix `name:"webhook-allow" help:"Networks within which webhooks may be on any port, such as 10.1.0.0/16; by default only the open web may be called." env:"DATELINE_WEBHOOK_ALLOW" placeholder:"CIDR"`
	GiveUp time.Duration  `name:"webhook-give-up" help:"How long a delivery to a webhook is tried before it is a dead letter." default:"24h" env:"DATELINE_WEBHOOK_GIVE_UP"`
	APIURL string         `name:"api-url" help:"Address under which others reach the API, for links in alerts and feeds; by default http and the API's address." env:"DATELINE_API_URL"`
}

// Validate names what is wrong.
func (c *Config) Validate() error {
	if c.GiveUp < time.Minute {
		return fmt.Errorf("--webhook-give-up %s: at least a minute", c.GiveUp)
	}
	return nil
}

// Alerts is the saved queries at work.
type Alerts struct {
	store   *store.Store
	queue   *queue.Queue
	guard   netguard.Guard
	giveUp  time.Duration
	gather  time.Duration                    // see the constant
	backoff func(failures int) time.Duration // see the function
	api     string
	log     *slog.Logger
	metrics *metrics

	saving sync.Mutex // held while a query is saved: its secret may be the one it had

	mail     *mailbox
	posted   chan struct{} // has one where there is something for NATS
	progress atomic.Int64  // UnixNano of when the matching last was where it should be

	errMu sync.Mutex
	err   error // of the last attempt at matching
}

// New makes the alerts of a store, whose links lead to the API at a URL. They are matched and delivered while Run runs.
func New(cfg Config, st *store.Store, q *queue.Queue, api string, reg prometheus.Registerer, log *slog.Logger) *Alerts {
	if cfg.APIURL != "" {
		api = cfg.APIURL
	}
	a := &Alerts{
		store: st, queue: q, guard: netguard.Guard{Allow: cfg.Allow}, giveUp: cfg.GiveUp, gather: gather, backoff: backoff, api: trimSlash(api), log: log,
		posted: make(chan struct{}, 1), mail: newMailbox(st),
	}
	a.progress.Store(time.Now().UnixNano())
	a.metrics = newMetrics(reg, st)
	return a
}

// Run matches and delivers until ctx ends, and returns when what is under way is done.
func (a *Alerts) Run(ctx context.Context) error {
	if err := a.resume(); err != nil {
		return err
	}
	var g errgroup.Group
	g.Go(func() error { a.match(ctx); return nil })
	g.Go(func() error { a.postWebhooks(ctx); return nil })
	g.Go(func() error { a.publish(ctx); return nil })
	return g.Wait()
}

// resume has what waits since before this process delivered.
func (a *Alerts) resume() error {
	states, err := a.store.QueryStates()
	if err != nil {
		return fmt.Errorf("alerts: %w", err)
	}
	for name := range states {
		if _, _, _, err := a.mail.look(name); err != nil {
			return fmt.Errorf("alerts: %w", err)
		}
	}
	a.wakeNATS()
	return nil
}

func (a *Alerts) wakeNATS() {
	select {
	case a.posted <- struct{}{}:
	default:
	}
}

// Save stores a saved query in place of one of its name. secret is that of the webhook where it was made here, "" where the
// query or the one before gave it: it is not told again. Errors that the definition is to blame for are
// *DefinitionError or *search.ParamError.
func (a *Alerts) Save(ctx context.Context, name string, d Definition) (q store.SavedQuery, secret string, err error) {
	if err := a.validate(name, &d); err != nil {
		return store.SavedQuery{}, "", err
	}
	a.saving.Lock()
	defer a.saving.Unlock()
	q = store.SavedQuery{Name: name, Search: d.Search, Changes: d.Changes, NATS: d.NATS}
	if d.Webhook != nil {
		q.Webhook = &store.Webhook{URL: d.Webhook.URL, Secret: d.Webhook.Secret}
	}
	if q.Webhook != nil && q.Webhook.Secret == "" {
		switch old, _, err := a.store.Query(name); {
		case err == nil && old.Webhook != nil:
			q.Webhook.Secret = old.Webhook.Secret
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return store.SavedQuery{}, "", err
		default:
			secret = NewSecret()
			q.Webhook.Secret = secret
		}
	}
	if q, err = a.store.PutQuery(ctx, q); err != nil {
		return store.SavedQuery{}, "", err
	}
	_, _, _, err = a.mail.look(name)
	return q, secret, err
}

// Retry has the dead letters of a saved query delivered again, and a webhook that failed or was disabled tried at once. It
// returns how many alerts the dead letters have.
func (a *Alerts) Retry(ctx context.Context, name string) (alerts int, err error) {
	if alerts, err = a.store.Revive(ctx, name); err != nil {
		return alerts, err
	}
	_, _, _, err = a.mail.look(name)
	return alerts, err
}

// stuckAfter is how long matching may stand still after an error before Check tells.
const stuckAfter = 10 * time.Second

// Check tells why changes are not matched, or nil.
func (a *Alerts) Check(context.Context) error {
	a.errMu.Lock()
	defer a.errMu.Unlock()
	if a.err != nil && time.Since(time.Unix(0, a.progress.Load())) > stuckAfter {
		return a.err
	}
	return nil
}

// note keeps what matching ended with, for Check.
func (a *Alerts) note(err error) {
	a.errMu.Lock()
	defer a.errMu.Unlock()
	if a.err = err; err == nil {
		a.progress.Store(time.Now().UnixNano())
	}
}

// NewSecret is a key as Standard Webhooks has it: 24 to 64 random bytes.
func NewSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return secretPrefix + encodeSecret(b)
}

// changes that a saved query can tell of.
var changes = []article.Outcome{article.OutcomeNew, article.OutcomeRevised, article.OutcomeMerged, article.OutcomeRemoved}
