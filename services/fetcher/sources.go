package fetcher

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/fetch"
)

const (
	maxInterval    = 24 * time.Hour // between polls, whatever fails; feeds are never given up
	reconcileEvery = time.Hour
	overdue        = 5 * time.Minute // by which a schedule must have been lost
	keptKeys       = 1000            // of items that have left a feed, should they come back
	maxValidator   = 1 << 10         // bytes of an ETag or Last-Modified that is sent back
)

// source is what is known of a feed: a value of the bucket, under the id of its URL.
type source struct {
	URL          string    `json:"url"` // canonical
	Title        string    `json:"title,omitempty"`
	ETag         string    `json:"etag,omitempty"` // verbatim, as is LastModified
	LastModified string    `json:"last_modified,omitempty"`
	Digest       string    `json:"digest,omitempty"` // of the body read last
	Seen         []string  `json:"seen,omitempty"`   // job ids of the items that have jobs: those in the feed first, then older ones
	Added        time.Time `json:"added"`
	Polled       time.Time `json:"polled"`
	Next         time.Time `json:"next"`
	Failures     int       `json:"failures,omitempty"` // in a row
	LastError    string    `json:"last_error,omitempty"`
}

// sourceID is a source's key: 32 hex digits of its canonical URL.
func sourceID(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return hex.EncodeToString(sum[:16])
}

// registry is the bucket of sources.
type registry struct{ bucket *queue.Bucket }

// openRegistry waits a little for a queue that is not ready.
func openRegistry(ctx context.Context, q *queue.Queue) (*registry, error) {
	for try := 0; ; try++ {
		b, err := q.Bucket(ctx, queue.Sources)
		if err == nil {
			return &registry{b}, nil
		}
		if try == 60 || ctx.Err() != nil {
			return nil, fmt.Errorf("source registry: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// load returns a source and its revision; a source that is not there is nil, with revision zero.
func (r *registry) load(ctx context.Context, id string) (*source, uint64, error) {
	b, revision, err := r.bucket.Get(ctx, id)
	if errors.Is(err, queue.ErrNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("source %s: %w", id, err)
	}
	s := new(source)
	if err := json.Unmarshal(b, s); err != nil {
		return nil, 0, fmt.Errorf("source %s: %w", id, article.JSONError(err))
	}
	return s, revision, nil
}

// save fails with queue.ErrConflict where another has saved since load.
func (r *registry) save(ctx context.Context, s *source, revision uint64) error {
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("source %s: %w", s.URL, err)
	}
	if _, err := r.bucket.Update(ctx, sourceID(s.URL), b, revision); err != nil {
		return fmt.Errorf("source %s: %w", s.URL, err)
	}
	return nil
}

// register takes in a feed that a job asked for: a new source, or a known one read out of turn.
func (f *fetcher) register(ctx context.Context, d *queue.Delivery, feedURL string, resp *fetch.Response) queue.Outcome {
	read, err := feed.Parse(resp.URL, resp.Header, resp.Body)
	if err != nil {
		return f.dead(d, deadFeed, err)
	}
	s, revision, err := f.registry.load(ctx, sourceID(feedURL))
	if err != nil {
		return queue.Retry(err, 0)
	}
	if s == nil {
		s = &source{URL: feedURL, Added: time.Now().UTC()}
	}
	items, err := f.absorb(ctx, s, read, resp)
	if err == nil {
		err = f.registry.save(ctx, s, revision)
	}
	if err != nil {
		return queue.Retry(err, 0)
	}
	if revision == 0 {
		f.metrics.sources.Inc()
		slog.Info("feed is followed", "url", s.URL, "title", s.Title, "items", items, "next", s.Next)
	}
	f.metrics.articles.WithLabelValues("feed").Inc()
	return queue.Done(schedule(s, s.Next))
}

// due handles a delivery of a schedule: the feed's next poll.
func (f *fetcher) due(ctx context.Context, d *queue.Delivery) queue.Outcome {
	j, err := decodeJob(d.Body)
	if err != nil {
		return queue.Dead(deadInvalid, err)
	}
	s, revision, err := f.registry.load(ctx, sourceID(j.URL))
	switch {
	case err != nil:
		return queue.Retry(err, 0)
	case s == nil: // taken out of the registry
		return queue.Done()
	case time.Until(s.Next) > time.Second: // polled already: a schedule of before, or a delivery that comes again
		return queue.Done(schedule(s, s.Next))
	}
	turn, later := f.turn(ctx, d, article.JobFresh, s.URL)
	if turn == nil {
		return later
	}
	resp, failed := f.get(ctx, turn, fetch.Request{URL: s.URL, ETag: s.ETag, LastModified: s.LastModified, Accept: fetch.AcceptFeed})
	outcome := pollFailed
	if failed != nil {
		if failed.Reason == fetch.ReasonCanceled { // by our own shutdown
			return queue.Retry(failed, time.Second)
		}
		f.postpone(s, failed, failed.RetryAfter)
	} else if outcome, err = f.poll(ctx, s, resp); err != nil {
		return queue.Retry(err, 0)
	}
	if err := f.registry.save(ctx, s, revision); err != nil {
		return queue.Retry(err, 0)
	}
	f.metrics.polls.WithLabelValues(outcome).Inc()
	return queue.Done(schedule(s, s.Next))
}

// poll takes in the answer to a poll. An error is the queue's, not the feed's.
func (f *fetcher) poll(ctx context.Context, s *source, resp *fetch.Response) (outcome string, err error) {
	if resp.NotModified {
		validators(s, resp)
		f.polled(s)
		return pollNotModified, nil
	}
	if article.Digest(resp.Body) == s.Digest { // whatever the validators say
		validators(s, resp)
		f.polled(s)
		return pollUnchanged, nil
	}
	read, err := feed.Parse(resp.URL, resp.Header, resp.Body)
	if err != nil {
		s.ETag, s.LastModified, s.Digest = "", "", "" // the next answer is to be read, even if it is the same
		f.postpone(s, err, 0)
		return pollFailed, nil
	}
	items, err := f.absorb(ctx, s, read, resp)
	if err != nil {
		return "", err
	}
	if items == 0 {
		return pollUnchanged, nil
	}
	return pollNew, nil
}

// absorb queues a job for each item that has none yet, and notes that in s once the jobs are acknowledged. The caller
// saves s.
func (f *fetcher) absorb(ctx context.Context, s *source, read *feed.Feed, resp *fetch.Response) (items int, err error) {
	before := make(map[string]bool, len(s.Seen))
	for _, id := range s.Seen {
		before[id] = true
	}
	var (
		seen []string
		here = map[string]bool{}
		jobs []queue.Message
	)
	for i := range read.Entries {
		m, err := itemJob(s.URL, &read.Entries[i])
		if err != nil {
			slog.Debug("feed item has no usable URL", "feed", s.URL, "url", read.Entries[i].Link, "error", err)
			continue
		}
		if here[m.ID] {
			continue
		}
		here[m.ID] = true
		seen = append(seen, m.ID)
		if !before[m.ID] {
			jobs = append(jobs, m)
		}
	}
	if _, err := f.q.Publish(ctx, jobs...); err != nil {
		return 0, fmt.Errorf("items of %s: %w", s.URL, err)
	}
	for _, id := range s.Seen {
		if !here[id] && len(seen) < len(here)+keptKeys {
			seen = append(seen, id)
		}
	}
	s.Seen = seen
	s.Title = feed.Clip(read.Title.Plain(), maxItemTitle)
	validators(s, resp)
	s.Digest = article.Digest(resp.Body)
	if resp.Truncated { // the rest may come with the next answer
		s.ETag, s.LastModified, s.Digest = "", "", ""
	}
	f.polled(s)
	return len(jobs), nil
}

// validators keeps what the next conditional request sends. A 304 that does not repeat them leaves them as they are.
func validators(s *source, resp *fetch.Response) {
	etag, modified := validator(resp, "ETag"), validator(resp, "Last-Modified")
	if resp.NotModified {
		if etag != "" {
			s.ETag = etag
		}
		if modified != "" {
			s.LastModified = modified
		}
		return
	}
	s.ETag, s.LastModified = etag, modified
}

func validator(resp *fetch.Response, name string) string {
	v := resp.Header.Get(name)
	if len(v) > maxValidator {
		return ""
	}
	return v
}

// polled notes a poll that went well.
func (f *fetcher) polled(s *source) {
	s.Polled = time.Now().UTC()
	s.Failures, s.LastError = 0, ""
	s.Next = s.Polled.Add(spread(f.cfg.FeedInterval))
}

// postpone notes a poll that failed: the next comes after twice the time, at most a day, and not before the server
// wants it.
func (f *fetcher) postpone(s *source, cause error, retryAfter time.Duration) {
	s.Polled = time.Now().UTC()
	s.Failures++
	s.LastError = cause.Error()
	backoff := f.cfg.FeedInterval
	for range min(s.Failures, 20) {
		backoff = min(2*backoff, maxInterval)
	}
	s.Next = s.Polled.Add(max(spread(backoff), retryAfter))
	slog.Warn("poll of a feed failed", "url", s.URL, "failures", s.Failures, "next", s.Next, "error", cause)
}

// spread varies an interval by a tenth, so that feeds added together do not stay together.
func spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.95 + 0.1*rand.Float64()))
}

// schedule is the message that brings a source's next poll. It replaces the schedule there was; its id differs each time,
// since one that was replaced may have to come back.
func schedule(s *source, at time.Time) queue.Message {
	id := sourceID(s.URL)
	body, err := json.Marshal(article.Job{URL: s.URL, Kind: article.JobFeed})
	if err != nil { // two strings
		panic(err)
	}
	m := queue.Message{
		Subject: queue.SchedSubject(id), ID: fmt.Sprintf("%s@%d/%d", id, at.Unix(), time.Now().UnixNano()), Type: article.TypeJob,
		Header: queue.Header{article.HeaderContentType: {"application/json"}, article.HeaderURL: {s.URL}}, Body: body,
	}
	return queue.Scheduled(m, at, queue.DueSubject(id))
}

// reconcile makes schedules from the registry: all of them at the start, and from then on those whose time has passed,
// which must have been lost. One too many does no harm.
func (f *fetcher) reconcile(ctx context.Context) {
	tick := time.NewTicker(reconcileEvery)
	defer tick.Stop()
	var before time.Time
	for {
		if err := f.reschedule(ctx, before); err != nil && ctx.Err() == nil {
			slog.Warn("source registry was not read to its end", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			before = now.Add(-overdue)
		}
	}
}

// reschedule schedules the sources whose next poll was to be before a time; the zero time stands for all.
func (f *fetcher) reschedule(ctx context.Context, before time.Time) error {
	ids, err := f.registry.bucket.Keys(ctx)
	if err != nil {
		return fmt.Errorf("source registry: %w", err)
	}
	f.metrics.sources.Set(float64(len(ids)))
	var broken error
	for _, id := range ids {
		s, _, err := f.registry.load(ctx, id)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			broken = err
			continue
		case s == nil || !before.IsZero() && s.Next.After(before):
			continue
		}
		at := s.Next
		if now := time.Now(); at.Before(now) {
			at = now
		}
		if _, err := f.q.Publish(ctx, schedule(s, at)); err != nil {
			return err
		}
	}
	return broken
}
