package fetcher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/registry"
)

const (
	maxFailures = 8 // of a job; then it is a dead letter
	maxBackoff  = time.Hour
)

// The reasons for dead letters, beside those of package fetch.
const (
	deadInvalid   = "invalid_job"
	deadNotFeed   = "not_a_feed"
	deadNotPage   = "not_a_page"
	deadFeed      = "feed_parse"
	deadExhausted = "retries_exhausted"
)

// job handles a delivery of JOBS: an article.Job.
func (f *fetcher) job(ctx context.Context, d *queue.Delivery) queue.Outcome {
	j, err := decodeJob(d.Body)
	if err != nil {
		return f.dead(d, deadInvalid, err)
	}
	if j.Due != nil {
		if wait := time.Until(*j.Due); wait > 0 {
			return queue.Retry(nil, wait)
		}
	}
	accept := map[article.JobKind]fetch.Accept{article.JobPage: fetch.AcceptPage, article.JobFeed: fetch.AcceptFeed}[j.Kind]
	a := ask{d: d, class: j.Class, Request: fetch.Request{URL: j.URL, Accept: accept}}
	if a.source, err = f.sourceOf(ctx, j.Item); err != nil {
		return queue.Retry(err, 0)
	}
	start := time.Now()
	resp, failed, later := f.get(ctx, a)
	switch {
	case later != nil:
		return *later
	case failed != nil:
		return f.failed(d, j, failed)
	}
	defer func() { f.metrics.seconds.Observe(time.Since(start).Seconds()) }()
	isFeed := feed.Looks(resp.Header.Get("Content-Type"), resp.Body)
	switch {
	case isFeed && j.Kind == article.JobPage:
		return f.dead(d, deadNotPage, fmt.Errorf("%s is a feed", resp.URL))
	case isFeed:
		return f.register(ctx, a, resp)
	case j.Kind == article.JobFeed:
		return f.dead(d, deadNotFeed, fmt.Errorf("%s: %w", resp.URL, feed.ErrNoFeed))
	}
	return f.page(a, j, resp)
}

// decodeJob reads a job; its URL comes out canonical.
func decodeJob(body []byte) (article.Job, error) {
	var j article.Job
	if err := json.Unmarshal(body, &j); err != nil {
		return j, fmt.Errorf("job: %w", article.JSONError(err))
	}
	switch j.Kind {
	case article.JobAuto, article.JobPage, article.JobFeed:
	case "":
		j.Kind = article.JobAuto
	default:
		return j, fmt.Errorf("job: kind %q is none of auto, page, feed", j.Kind)
	}
	switch j.Class {
	case article.JobFresh, article.JobRetry, article.JobBackfill:
	case "":
		j.Class = article.JobFresh
	default:
		return j, fmt.Errorf("job: class %q is none of fresh, retry, backfill", j.Class)
	}
	if j.Attempts < 0 {
		return j, fmt.Errorf("job: %d attempts", j.Attempts)
	}
	var err error
	if j.URL, err = weburl.Canonical(j.URL); err != nil {
		return j, fmt.Errorf("job: %w", err)
	}
	return j, nil
}

// register takes in a feed that a job asked for: a new source, or a known one read out of turn.
func (f *fetcher) register(ctx context.Context, a ask, resp *fetch.Response) queue.Outcome {
	id := registry.ID(a.URL)
	s, revision, err := f.registry.Load(ctx, id)
	if errors.Is(err, registry.ErrUnknown) {
		s, err = registry.New(a.URL, registry.Wish{Kind: registry.Feed}, time.Now())
	}
	if err != nil {
		return queue.Retry(err, 0)
	}
	a.source = s
	if revision == 0 {
		slog.Info("feed is followed", "url", s.URL)
	}
	f.metrics.articles.WithLabelValues("feed").Inc()
	return f.polled(ctx, a, revision, resp, nil)
}

// page puts a captured page on the queue, and has it visited again.
func (f *fetcher) page(a ask, j article.Job, resp *fetch.Response) queue.Outcome {
	p := pageOf(j.URL, j.Item, resp)
	m, err := queue.Page(p, "fetched")
	if err != nil {
		return f.dead(a.d, deadInvalid, err)
	}
	m.Header[article.HeaderOrigin] = []string{a.d.Origin()}
	f.metrics.articles.WithLabelValues("fetched").Inc()
	return queue.Done(append(f.firstVisit(j, a.source, resp, p.Digest), m)...)
}

// pageOf is the page that an answer brought.
func pageOf(url string, item *article.FeedItem, resp *fetch.Response) *article.Page {
	return &article.Page{
		URL: url, FinalURL: resp.URL, Status: resp.Status, ContentType: resp.Header.Get("Content-Type"),
		Captured: resp.Captured, Truncated: resp.Truncated, Item: item, Body: resp.Body, Digest: article.Digest(resp.Body),
	}
}

// failed decides whether a job is worth another try, and when: then that is a job of its own, which knows how often it
// failed, whoever takes it up.
func (f *fetcher) failed(d *queue.Delivery, j article.Job, e *fetch.Error) queue.Outcome {
	switch {
	case !e.Temporary:
		return f.dead(d, string(e.Reason), e)
	case j.Attempts+1 >= maxFailures:
		return f.dead(d, deadExhausted, fmt.Errorf("after %d attempts: %w", j.Attempts+1, e))
	}
	due := time.Now().UTC().Add(max(e.RetryAfter, min(f.cfg.FetchRetryDelay<<j.Attempts, maxBackoff)))
	j.Due = &due
	again, err := queue.RetryJob(d, j)
	if err != nil {
		return f.dead(d, deadInvalid, err)
	}
	f.metrics.articles.WithLabelValues("retried").Inc()
	slog.Info("fetch will be retried", "url", j.URL, "failures", j.Attempts+1, "due", due, "error", e)
	return queue.Done(again)
}

func (f *fetcher) dead(d *queue.Delivery, reason string, err error) queue.Outcome {
	f.metrics.articles.WithLabelValues("failed").Inc()
	return queue.Dead(reason, err)
}
