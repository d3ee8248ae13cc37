package fetcher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/refetch"
	"dateline/services/fetcher/registry"
)

// maxVisit bounds the bytes of a schedule's body. A page that would need more, which its address must be to blame for, is not
// visited again.
const maxVisit = 16 << 10

// sourceOf is the source that led to a page, nil where none did or it is no more: it was taken out, or has moved.
func (f *fetcher) sourceOf(ctx context.Context, item *article.FeedItem) (*registry.Source, error) {
	if item == nil || item.Feed == "" {
		return nil, nil
	}
	s, _, err := f.registry.Load(ctx, registry.ID(item.Feed))
	if errors.Is(err, registry.ErrUnknown) {
		return nil, nil
	}
	return s, err
}

// policy says how often a page is visited again.
func (f *fetcher) policy(item *article.FeedItem, s *registry.Source) refetch.Policy {
	switch {
	case s == nil && item != nil && item.Feed != "", s != nil && s.Paused:
		return nil
	case s != nil && !s.Refetch.IsZero():
		return s.Refetch
	}
	return f.cfg.Refetch
}

// firstVisit is the schedule of the first visit to a page that was just fetched, none where it is not to be visited again.
func (f *fetcher) firstVisit(j article.Job, s *registry.Source, resp *fetch.Response, digest string) []queue.Message {
	if j.Once || j.Class == article.JobBackfill {
		return nil
	}
	p := &refetch.Page{URL: j.URL, Item: j.Item, First: resp.Captured.UTC()}
	p.Answered(resp.Header, digest, resp.URL, resp.Truncated, p.First)
	return f.nextVisit(p, f.policy(j.Item, s), p.First)
}

// nextVisit is the schedule of the next visit to a page. Its id is the same whenever the visit before is done again.
func (f *fetcher) nextVisit(p *refetch.Page, policy refetch.Policy, now time.Time) []queue.Message {
	if !p.Next(policy, f.cfg.RefetchConfirm, now) {
		return nil
	}
	key, err := weburl.Key(p.URL)
	if err != nil { // it was fetched
		return nil
	}
	body, err := json.Marshal(p)
	if err != nil || len(body) > maxVisit {
		slog.Debug("page is not visited again, its schedule is too large", "url", p.URL, "bytes", len(body), "error", err)
		return nil
	}
	id := article.JobID(key)
	f.metrics.visits.Inc()
	return []queue.Message{queue.Scheduled(queue.Message{
		Subject: queue.RefetchSubject(id), ID: fmt.Sprintf("%s@%d/%d", id, p.First.UnixNano(), p.Due.Unix()), Type: article.TypeVisit,
		Header: queue.Header{article.HeaderContentType: {"application/json"}, article.HeaderURL: {p.URL}}, Body: body,
	}, p.Due, queue.RefetchDueSubject(id))}
}

// visit handles a delivery of REFETCH: a visit to a page that was fetched before. What comes of it and the schedule of the next
// are published before it is acked. A visit that fails is left out; the next will tell.
func (f *fetcher) visit(ctx context.Context, d *queue.Delivery) queue.Outcome {
	p, err := refetch.Decode(d.Body)
	if err != nil {
		return queue.Dead(deadInvalid, err)
	}
	s, err := f.sourceOf(ctx, p.Item)
	if err != nil {
		return queue.Retry(err, 0)
	}
	policy := f.policy(p.Item, s)
	if len(policy) == 0 {
		f.metrics.refetches.WithLabelValues(string(refetch.Stopped)).Inc()
		return queue.Done()
	}
	a := ask{d: d, class: article.JobBackfill, source: s, Request: fetch.Request{URL: p.URL, Accept: fetch.AcceptPage}}
	a.ETag, a.LastModified = p.Validators.Conditions(time.Now())
	resp, failed, later := f.get(ctx, a)
	if later != nil {
		return *later
	}
	now, due := time.Now().UTC(), p.Due
	outcome := refetch.Failed
	var page *article.Page
	switch {
	case failed != nil && (failed.Status == http.StatusNotFound || failed.Status == http.StatusGone):
		if outcome = p.Lost(failed.Status, f.cfg.RefetchConfirm, now); outcome == refetch.Gone {
			page = &article.Page{URL: p.URL, FinalURL: p.FinalURL, Status: failed.Status, Captured: now}
		}
	case failed != nil:
		slog.Debug("visit to a page failed", "url", p.URL, "error", failed)
	case resp.NotModified:
		outcome = p.NotModified(resp.Header)
	case feed.Looks(resp.Header.Get("Content-Type"), resp.Body):
		slog.Debug("visit to a page failed", "url", p.URL, "error", "it is a feed")
	default:
		page = pageOf(p.URL, p.Item, resp)
		if outcome = p.Answered(resp.Header, page.Digest, resp.URL, resp.Truncated, now); outcome == refetch.Unchanged {
			page = nil
		}
	}
	f.metrics.refetches.WithLabelValues(string(outcome)).Inc()
	out := f.nextVisit(p, policy, now)
	if page != nil {
		m, err := queue.Page(page, string(outcome))
		if err != nil {
			return queue.Dead(deadInvalid, err)
		}
		// What a page said before, it may say again within the day in which RAW keeps an id once.
		m.ID = fmt.Sprintf("%s-%d", m.ID, due.Unix())
		m.Header[article.HeaderOrigin] = []string{d.Origin()}
		f.metrics.articles.WithLabelValues("refetched").Inc()
		out = append(out, m)
	}
	return queue.Done(out...)
}
