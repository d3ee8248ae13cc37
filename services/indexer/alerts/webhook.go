package alerts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"dateline/pkg/httprules"
	"dateline/services/indexer/store"
)

// Limits of posting.
const (
	maxPosts     = 64 // at a time
	maxHostPosts = 4  // of them to one host, so that a slow one leaves room for others; a query has one at a time
	postTimeout  = 15 * time.Second
	maxAnswer    = 4 << 10 // bytes of an answer that are read
	settleEvery  = 50 * time.Millisecond
	drainTimeout = 5 * time.Second
)

// A webhook that fails is tried again after firstRetry, then after twice as long each time, up to lastRetry.
const (
	firstRetry = time.Second
	lastRetry  = time.Hour
)

const webhookAgent = "Dateline-Webhook/1.0"

// posting is the webhooks at work; only postWebhooks' goroutine has it.
type posting struct {
	*Alerts
	client  *http.Client
	flying  map[string]string // query -> host
	hosts   map[string]int    // how many of them are in flight
	results chan result
}

// result is an attempt that is over.
type result struct {
	store.Attempt
	delivery *store.Delivery // nil where nothing was sent
}

// postWebhooks delivers to webhooks until ctx ends. What is in flight then has a moment to end.
func (a *Alerts) postWebhooks(ctx context.Context) {
	p := &posting{
		Alerts: a, flying: map[string]string{}, hosts: map[string]int{}, results: make(chan result, maxPosts),
		client: &http.Client{
			Transport: a.guard.Transport(), Timeout: postTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	defer p.client.CloseIdleConnections()
	posts, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	for ctx.Err() == nil {
		next := p.start(posts)
		select {
		case <-ctx.Done():
		case <-a.mail.changed:
		case <-time.After(next):
		case r := <-p.results:
			sleep(ctx, settleEvery) // others end meanwhile, and one transaction does for all
			p.settle(ctx, p.collect(r))
		}
	}
	late := time.AfterFunc(drainTimeout, stop)
	defer late.Stop()
	for len(p.flying) > 0 {
		p.settle(context.WithoutCancel(ctx), p.collect(<-p.results))
	}
}

// start sends what may be sent, and returns how long until more may.
func (p *posting) start(ctx context.Context) time.Duration {
	ready, next := p.mail.ready(time.Now())
	for _, w := range ready {
		if len(p.flying) == maxPosts {
			break // until one of them ends
		}
		if _, ok := p.flying[w.name]; ok || p.hosts[w.host] >= maxHostPosts {
			continue
		}
		q, st, ok, err := p.mail.look(w.name)
		if err != nil {
			p.log.Error("webhook is not looked at, trying on", "query", w.name, "error", err)
		}
		if !ok || st.Webhook.Next.After(time.Now()) {
			continue
		}
		host := hostOf(q.Webhook.URL)
		if p.hosts[host] >= maxHostPosts {
			continue
		}
		p.flying[w.name] = host
		p.hosts[host]++
		go func() { p.results <- p.attempt(ctx, &q, st.Webhook.Failures) }()
	}
	return next
}

// collect takes in all results that there are beside one.
func (p *posting) collect(first result) []result {
	all := []result{first}
	for {
		select {
		case r := <-p.results:
			all = append(all, r)
			continue
		default:
		}
		break
	}
	return all
}

// settle records results, trying again until that works or ctx ends.
func (p *posting) settle(ctx context.Context, results []result) {
	attempts := make([]store.Attempt, 0, len(results))
	for _, r := range results {
		if r.delivery != nil {
			attempts = append(attempts, r.Attempt)
		}
	}
	err := p.store.Settle(ctx, attempts)
	for err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrClosed) {
		p.log.Error("deliveries are not recorded, trying on", "deliveries", len(attempts), "error", err)
		sleep(ctx, time.Second)
		err = p.store.Settle(ctx, attempts)
	}
	for _, r := range results {
		if host, ok := p.flying[r.Query]; ok {
			if p.hosts[host]--; p.hosts[host] == 0 {
				delete(p.hosts, host)
			}
			delete(p.flying, r.Query)
		}
		if _, _, _, err := p.mail.look(r.Query); err != nil {
			p.log.Error("webhook is not looked at, trying on", "query", r.Query, "error", err)
		}
		if r.delivery == nil {
			continue
		}
		if r.Error == "" {
			p.metrics.attempts.WithLabelValues("delivered").Inc()
			p.metrics.delivered(store.ByWebhook, r.delivery, r.At)
			continue
		}
		p.metrics.attempts.WithLabelValues("failed").Inc()
		p.log.Warn("webhook failed", "query", r.Query, "error", r.Error, "retry_after", r.Retry, "disabled", r.Gone)
	}
}

// attempt sends the oldest delivery that waits for a query's webhook.
func (p *posting) attempt(ctx context.Context, q *store.SavedQuery, failures int) result {
	r := result{Attempt: store.Attempt{Outlet: store.ByWebhook, Query: q.Name}}
	d, err := p.store.NextDelivery(store.ByWebhook, q.Name)
	if err != nil {
		if !errors.Is(err, store.ErrNotFound) { // that is cleared since
			p.log.Error("delivery cannot be read, trying on", "query", q.Name, "error", err)
			sleep(ctx, lookAfter)
		}
		return r
	}
	answered, err := p.post(ctx, q, d)
	if err != nil && ctx.Err() != nil { // by our own shutdown: it comes again
		return r
	}
	r.First = d.First()
	r.delivery, r.At, r.Gone = d, time.Now().UTC(), answered.gone
	if err != nil {
		r.Error, r.Retry, r.GiveUp = err.Error(), max(p.backoff(failures), answered.retryAfter), r.At.Add(-p.giveUp)
	}
	return r
}

// backoff is how long to wait after a number of failures before another: a fifth more or less, so that those who failed together do not
// come back together.
func backoff(failures int) time.Duration {
	d := lastRetry
	if failures < 12 {
		d = min(firstRetry<<failures, lastRetry)
	}
	return d - d/5 + rand.N(2*d/5)
}

// answer is what of a receiver's answer counts for the next attempt.
type answer struct {
	retryAfter time.Duration
	gone       bool
}

// post sends a delivery. Everything but a status of 2xx is an error.
func (p *posting) post(ctx context.Context, q *store.SavedQuery, d *store.Delivery) (answer, error) {
	parsed, err := ParseQuery(q.Search)
	if err != nil {
		return answer{}, err
	}
	alerts, err := p.alerts(d, parsed)
	if err != nil {
		return answer{}, err
	}
	body, err := p.body(d, alerts)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, q.Webhook.URL, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	id, now := webhookID(alerts), time.Now()
	signature, err := sign(q.Webhook.Secret, id, now, body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", webhookAgent)
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("webhook-signature", signature)
	resp, err := p.client.Do(req)
	if err != nil {
		if ue := (*url.Error)(nil); errors.As(err, &ue) { // whose text has the URL, which may have a token in it
			err = ue.Err
		}
		return answer{}, err
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer) // so that the connection can be used again
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode <= 299:
		return answer{}, nil
	case resp.StatusCode >= 300 && resp.StatusCode <= 399:
		return answer{}, fmt.Errorf("answered %s: redirects are not followed", resp.Status)
	}
	wait, _ := httprules.RetryAfter(resp.Header.Get("Retry-After"), now)
	return answer{wait, resp.StatusCode == http.StatusGone}, fmt.Errorf("answered %s", resp.Status)
}
