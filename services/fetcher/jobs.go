package fetcher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/fetch"
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

var errBusy = errors.New("its host is being asked for other pages")

// job handles a delivery of JOBS: an article.Job.
func (f *fetcher) job(ctx context.Context, d *queue.Delivery) queue.Outcome {
	start := time.Now()
	j, err := decodeJob(d.Body)
	if err != nil {
		return f.dead(d, deadInvalid, err)
	}
	host := weburl.Host(j.URL)
	done, wait := f.turns.take(host, d.Subject)
	if wait > 0 {
		return queue.Retry(errBusy, wait)
	}
	accept := map[article.JobKind]fetch.Accept{article.JobPage: fetch.AcceptPage, article.JobFeed: fetch.AcceptFeed}[j.Kind]
	resp, failed := f.get(ctx, fetch.Request{URL: j.URL, Accept: accept})
	done()
	if failed != nil {
		return f.failed(d, host, failed)
	}
	defer func() { f.metrics.seconds.Observe(time.Since(start).Seconds()) }()
	isFeed := feed.Looks(resp.Header.Get("Content-Type"), resp.Body)
	switch {
	case isFeed && j.Kind == article.JobPage:
		return f.dead(d, deadNotPage, fmt.Errorf("%s is a feed", resp.URL))
	case isFeed:
		return f.register(ctx, d, j.URL, resp)
	case j.Kind == article.JobFeed:
		return f.dead(d, deadNotFeed, fmt.Errorf("%s: %w", resp.URL, feed.ErrNoFeed))
	}
	return f.page(d, j, resp)
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
	var err error
	if j.URL, err = weburl.Canonical(j.URL); err != nil {
		return j, fmt.Errorf("job: %w", err)
	}
	return j, nil
}

// page puts a captured page on the queue.
func (f *fetcher) page(d *queue.Delivery, j article.Job, resp *fetch.Response) queue.Outcome {
	p := article.Page{
		URL: j.URL, FinalURL: resp.URL, Status: resp.Status, ContentType: resp.Header.Get("Content-Type"),
		Captured: resp.Captured, Truncated: resp.Truncated, Item: j.Item, Body: resp.Body,
	}
	header, body, err := p.Encode()
	if err != nil {
		return f.dead(d, deadInvalid, err)
	}
	header[article.HeaderOrigin] = []string{d.Origin()}
	header[article.HeaderHops] = []string{article.FormatHops([]article.Hop{{Stage: string(article.StageFetcher), Time: time.Now().UTC(), Outcome: "fetched"}})}
	id := article.PageID(j.URL, article.Digest(resp.Body))
	f.failures.forget(d.Subject)
	f.metrics.articles.WithLabelValues("fetched").Inc()
	return queue.Done(queue.Message{Subject: queue.RawSubject(weburl.Host(j.URL), id), ID: id, Type: article.TypePage, Header: header, Body: body})
}

// failed decides whether a job is worth another try, and when.
func (f *fetcher) failed(d *queue.Delivery, host string, e *fetch.Error) queue.Outcome {
	if e.RetryAfter > 0 {
		f.turns.backOff(host, e.RetryAfter)
	}
	if e.Reason == fetch.ReasonCanceled { // by our own shutdown
		return queue.Retry(e, time.Second)
	}
	if !e.Temporary {
		return f.dead(d, string(e.Reason), e)
	}
	n := f.failures.add(d.Subject)
	if n >= maxFailures {
		return f.dead(d, deadExhausted, fmt.Errorf("after %d attempts: %w", n, e))
	}
	f.metrics.articles.WithLabelValues("retried").Inc()
	return queue.Retry(e, max(e.RetryAfter, min(f.cfg.FetchRetryDelay<<(n-1), maxBackoff)))
}

func (f *fetcher) dead(d *queue.Delivery, reason string, err error) queue.Outcome {
	f.failures.forget(d.Subject)
	f.metrics.articles.WithLabelValues("failed").Inc()
	return queue.Dead(reason, err)
}

// failures counts how often the jobs at hand have failed, in this process. A restart begins anew: a job is tried too
// often rather than given up too early.
type failures struct {
	mu    sync.Mutex
	count map[string]int // by subject
}

// maxFailing bounds the memory that jobs take which failed here and were finished by another replica.
const maxFailing = 100_000

func (f *failures) add(job string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.count) >= maxFailing {
		clear(f.count)
	}
	f.count[job]++
	return f.count[job]
}

func (f *failures) forget(job string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.count, job)
}
