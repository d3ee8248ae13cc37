// Package websub has hubs tell when a feed has news: a subscriber of the W3C WebSub recommendation (23 January 2018),
// which also gets on with hubs of PubSubHubbub 0.3 and 0.4.
//
//	feed --Offer(hubs, topic)--> Subscription --Next--> Renew --POST--> hub
//	                                  ^                                  |
//	                                  +---- Handler <--verify, deny------+
//	               poll <----Ping---- Handler <--content distribution----+
//
// A Subscription is state and policy without a clock. A Subscriber moves it: it asks hubs, and answers their callbacks.
//
// What a hub sends is never taken for content. It makes the source be polled, so what counts comes from the publisher. A
// notification is answered with 2xx once that poll is safely queued; before, the hub is to send it again.
package websub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dateline/pkg/netguard"
	"dateline/pkg/queue"

	"github.com/prometheus/client_golang/prometheus"
)

// Sources is where subscriptions are kept, by the id of their source: 1 to 64 letters, digits, - and _.
type Sources interface {
	// Load returns a source's subscription and the revision of its record, or an error that wraps queue.ErrNotFound.
	Load(ctx context.Context, id string) (s Subscription, revision uint64, err error)

	// Save fails with an error that wraps queue.ErrConflict where the record no longer has that revision.
	Save(ctx context.Context, id string, s Subscription, revision uint64) error

	// Ping has the source polled at a time, which is at most a minute off. It returns nil once nothing can prevent that
	// poll: a poll that is under way meanwhile must not overwrite it.
	Ping(ctx context.Context, id string, at time.Time) error
}

// Limits of a request to a hub.
const (
	askTimeout  = 20 * time.Second
	maxHops     = 3
	maxAnswer   = 1 << 10 // bytes of what a hub says to a request
	saveTries   = 20
	saveTimeout = 10 * time.Second
)

// Subscriber asks hubs, and answers them. It is safe for concurrent use; several replicas may share the Sources.
type Subscriber struct {
	sources Sources
	client  *http.Client
	agent   string
	base    string // of callback URLs
	path    string // of base
	metrics *metrics
	pings   waves
	now     func() time.Time
}

// New makes a subscriber for a valid Config that is on. It names itself to hubs with a User-Agent.
func New(cfg Config, guard netguard.Guard, agent string, sources Sources, reg prometheus.Registerer) *Subscriber {
	s := &Subscriber{sources: sources, agent: agent, metrics: newMetrics(reg), now: time.Now}
	s.base, s.path = cfg.callbackBase()
	s.client = &http.Client{Transport: guard.Transport(), Timeout: askTimeout, CheckRedirect: redirect}
	return s
}

// redirect lets hubs send a request on, as section 5.1.2 says: by 307 and 308, and not out of https.
func redirect(next *http.Request, via []*http.Request) error {
	switch status := next.Response.StatusCode; {
	case status != http.StatusTemporaryRedirect && status != http.StatusPermanentRedirect:
		return http.ErrUseLastResponse
	case len(via) > maxHops:
		return fmt.Errorf("more than %d redirects", maxHops)
	case via[0].URL.Scheme == "https" && next.URL.Scheme != "https":
		return errors.New("redirect out of https")
	}
	return nil
}

// Renew asks the hub of a source where that is due: to subscribe, to renew the lease, to try again. What the hub does wrong
// is noted in the subscription, and is no error. The record is written before the hub is asked, since a hub may
// verify while it is.
func (s *Subscriber) Renew(ctx context.Context, id string) error {
	return s.ask(ctx, id, "subscribe", func(sub *Subscription, now time.Time) bool {
		at := sub.Next(now)
		if at.IsZero() || at.After(now) {
			return false
		}
		sub.request(now)
		return true
	})
}

// Unsubscribe asks the hub of a source to end the subscription. It is not repeated: what the hub does not hear ends with the
// lease. Until the hub has verified it, the record has to stay; notifications are answered with 410 from now on.
func (s *Subscriber) Unsubscribe(ctx context.Context, id string) error {
	return s.ask(ctx, id, "unsubscribe", func(sub *Subscription, now time.Time) bool {
		if len(sub.Hubs) == 0 || sub.Leaving {
			return false
		}
		if sub.Token == "" { // nobody was asked
			*sub = Subscription{}
			return true
		}
		sub.Leaving, sub.Requested = true, stamp(now)
		return true
	})
}

func (s *Subscriber) ask(ctx context.Context, id, mode string, begin func(*Subscription, time.Time) bool) error {
	now := s.now()
	begun, sub, err := s.change(ctx, id, func(sub *Subscription) bool { return begin(sub, now) })
	if err != nil || !begun || sub.hub() == "" {
		return err
	}
	retryAfter, err := s.post(ctx, mode, id, &sub)
	if err == nil {
		s.metrics.requests.WithLabelValues(mode, "accepted").Inc()
		return nil
	}
	if ctx.Err() != nil { // by our own shutdown; the back-off brings it again
		return ctx.Err()
	}
	s.metrics.requests.WithLabelValues(mode, "failed").Inc()
	slog.Debug("hub did not take a request", "hub", sub.hub(), "topic", sub.Topic, "mode", mode, "error", err)
	_, _, saveErr := s.change(ctx, id, func(saved *Subscription) bool {
		if !saved.Requested.Equal(sub.Requested) || !saved.Verified.Before(sub.Requested) { // the hub has called back all the same
			return false
		}
		saved.failed(s.now(), err.Error(), retryAfter)
		return true
	})
	return saveErr
}

// post sends a request (section 5.1). hub.verify is what PubSubHubbub 0.3 wanted; others ignore it.
func (s *Subscriber) post(ctx context.Context, mode, id string, sub *Subscription) (retryAfter time.Duration, err error) {
	form := url.Values{
		"hub.mode": {mode}, "hub.topic": {sub.Topic}, "hub.callback": {s.base + id + "/" + sub.Token},
		"hub.lease_seconds": {strconv.Itoa(int(wantedLease / time.Second))}, "hub.verify": {"async"},
	}
	if sub.Secret != "" {
		form.Set("hub.secret", sub.Secret)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.hub(), strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", s.agent)
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	said, readErr := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode >= 200 && resp.StatusCode <= 299 {
		return 0, nil // 202, or 204 of a hub that has verified already
	}
	if readErr != nil || !plainText(resp.Header) {
		said = nil
	}
	return wait(resp.Header.Get("Retry-After"), s.now()), fmt.Errorf("%s: %s %s", sub.hub(), resp.Status, said)
}

func plainText(h http.Header) bool {
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && media == "text/plain"
}

// wait reads Retry-After (RFC 9110, section 10.2.3).
func wait(v string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}

// change loads a subscription, has f change it, and saves it; and all of it again where another was faster. It reports what
// f said last, and the subscription as f left it.
func (s *Subscriber) change(ctx context.Context, id string, f func(*Subscription) bool) (changed bool, sub Subscription, err error) {
	for try := range saveTries {
		var revision uint64
		sub, revision, err = s.sources.Load(ctx, id)
		if err != nil {
			return false, sub, fmt.Errorf("subscription of %s: %w", id, err)
		}
		if !f(&sub) {
			return false, sub, nil
		}
		err = s.sources.Save(ctx, id, sub, revision)
		if err == nil {
			return true, sub, nil
		}
		if !errors.Is(err, queue.ErrConflict) {
			break
		}
		select {
		case <-ctx.Done():
			return false, sub, fmt.Errorf("subscription of %s: %w", id, ctx.Err())
		case <-time.After(rand.N(time.Duration(try+1) * 5 * time.Millisecond)):
		}
	}
	return false, sub, fmt.Errorf("subscription of %s: %w", id, err)
}
