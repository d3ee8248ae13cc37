package fetcher

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/httprules"
	"dateline/pkg/queue"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/revisit"
	"dateline/services/fetcher/sitemap"
)

// errUndecided is the failure of a source whose kind was to be found out.
var errUndecided = errors.New("neither a feed nor a sitemap: `dateline discover` tells what its site offers, and --kind page follows the headlines of a page")

// due handles a delivery of a schedule: a source's next poll.
func (f *fetcher) due(ctx context.Context, d *queue.Delivery) queue.Outcome {
	j, err := decodeJob(d.Body)
	if err != nil {
		return queue.Dead(deadInvalid, err)
	}
	s, revision, err := f.registry.Load(ctx, registry.ID(j.URL))
	switch {
	case errors.Is(err, registry.ErrUnknown):
		return queue.Done()
	case err != nil:
		return queue.Retry(err, 0)
	case s.Paused:
		f.leave(ctx, s)
		return queue.Done()
	case time.Until(s.Next) > time.Second: // polled already: a schedule of before, or a delivery that comes again
		return f.scheduled(ctx, s)
	}
	a := ask{d: d, class: article.JobFresh, source: s, Request: fetch.Request{URL: s.URL, Accept: accepts[s.Kind]}}
	a.ETag, a.LastModified = s.Validators.Conditions(time.Now())
	resp, failed, later := f.get(ctx, a)
	if later != nil {
		return *later
	}
	return f.polled(ctx, a, revision, resp, failed)
}

var accepts = map[registry.Kind]fetch.Accept{registry.Feed: fetch.AcceptFeed, registry.Sitemap: fetch.AcceptSitemap, registry.Page: fetch.AcceptPage, registry.Auto: fetch.AcceptFeed}

// polled takes in what a poll brought, and has the next one scheduled. What can be done again comes first: the items' jobs,
// then what was seen, the source, and at last its schedule.
func (f *fetcher) polled(ctx context.Context, a ask, revision uint64, resp *fetch.Response, failed *fetch.Error) queue.Outcome {
	s, now := a.source, time.Now().UTC()
	p := registry.Poll{Time: now, Outcome: pollFailed}
	more, moved := false, ""
	switch {
	case failed == nil:
		var err error
		if p, more, err = f.read(ctx, a, resp, now); err != nil {
			return queue.Retry(err, 0)
		}
		if p.Outcome != pollFailed && s.Standing.Answered(resp.MovedTo(), now) == httprules.VerdictRewrite && canMove(s, resp.MovedTo()) {
			moved = elsewhere(s, resp.MovedTo())
		}
	case httprules.Judge(failed.Status) == httprules.VerdictEmpty: // there is nothing, says the server itself
		s.Revisit.Observe(revisit.Poll{At: now})
		p.Outcome = pollUnchanged
	default:
		s.Revisit.Fail(revisit.Failure{At: now, Class: failureClass(failed), Why: failed.Error(), RetryAfter: failed.RetryAfter})
		p.Error = failed.Error()
	}
	if p.Outcome == pollFailed {
		slog.Info("poll of a source failed", "url", s.URL, "failures", s.Revisit.Health().Failures, "error", p.Error)
	}
	s.Note(p)
	f.plan(s, p, more)
	f.metrics.polls.WithLabelValues(string(s.Kind), p.Outcome).Inc()
	if moved != "" {
		return f.move(ctx, s, moved)
	}
	if _, err := f.registry.Save(ctx, s, revision); err != nil {
		return queue.Retry(err, 0)
	}
	f.renew(ctx, s)
	return f.scheduled(ctx, s)
}

// scheduled ends a delivery with a source's next poll.
func (f *fetcher) scheduled(ctx context.Context, s *registry.Source) queue.Outcome {
	if err := f.schedule(ctx, s); err != nil {
		return queue.Retry(err, 0)
	}
	return queue.Done()
}

// schedule has a source's next poll delivered. A hub's ping may have brought it forward since s was read, so that it is
// looked at again: whoever publishes last has seen what the others have saved.
func (f *fetcher) schedule(ctx context.Context, s *registry.Source) error {
	for {
		at := s.Next
		if _, err := f.q.Publish(ctx, registry.Schedule(s, at)); err != nil {
			return fmt.Errorf("schedule %s: %w", s.URL, err)
		}
		var err error
		s, _, err = f.registry.Load(ctx, s.ID())
		if errors.Is(err, registry.ErrUnknown) {
			return nil
		}
		if err != nil || !s.Next.Before(at) {
			return err
		}
	}
}

// plan sets when a source is polled next; soon if there is more to read already.
func (f *fetcher) plan(s *registry.Source, p registry.Poll, more bool) {
	decision := s.Revisit.Explain(p.Time, f.params(s))
	s.Next, s.Plan = decision.At, decision.String()
	if p.Outcome == pollFailed {
		return
	}
	if soon := p.Time.Add(moreFilesIn); more && soon.Before(s.Next) {
		s.Next, s.Plan = soon, fmt.Sprintf("%s: there is more to read; else %s", soon.Format(time.RFC3339), s.Plan)
		return
	}
	s.Subscription.Polled(p.Time, p.New)
	if at := s.Subscription.NextPoll(p.Time, s.Next); at.After(s.Next) {
		s.Next, s.Plan = at, fmt.Sprintf("%s: its hub tells of news; else %s", at.Format(time.RFC3339), s.Plan)
	}
}

// elsewhere is an address as the registry has it, "" where that is the source's own, as with a parameter that only tracks.
func elsewhere(s *registry.Source, to string) string {
	canonical, err := weburl.Canonical(to)
	if err != nil || canonical == s.URL {
		return ""
	}
	return canonical
}

// canMove tells whether a source may have another address without its operator: not at another site, to which what was
// agreed with the publisher would go along. It is followed there all the same.
func canMove(s *registry.Source, to string) bool {
	agreed := s.NoRobots || s.Overrides.Unverified || len(s.Overrides.Header) > 0
	return !agreed || ofSite(s, to)
}

// move gives a source the address that it has moved to for good. Where there is such a source already, it goes on alone. What
// was seen goes first, so that a crash has nothing fetched again.
func (f *fetcher) move(ctx context.Context, s *registry.Source, to string) queue.Outcome {
	from := s.ID()
	slog.Info("source has moved for good", "from", s.URL, "to", to)
	s.Move(to)
	_, _, err := f.registry.Load(ctx, s.ID())
	if errors.Is(err, registry.ErrUnknown) {
		if err = f.registry.CopySeen(ctx, from, s.ID()); err == nil {
			_, err = f.registry.Save(ctx, s, 0)
		}
	}
	if err == nil {
		err = f.registry.Remove(ctx, from)
	}
	if err != nil {
		return queue.Retry(err, 0)
	}
	f.metrics.moves.Inc()
	return f.scheduled(ctx, s)
}

// read takes in an answer, and tells whether there is more to read already. Its error is the queue's, not the source's: that
// is an outcome.
func (f *fetcher) read(ctx context.Context, a ask, resp *fetch.Response, now time.Time) (p registry.Poll, more bool, err error) {
	s := a.source
	p = registry.Poll{Time: now, Outcome: pollUnchanged}
	if resp.NotModified {
		s.Validators.NotModified(resp.Header)
		s.Revisit.Observe(revisit.Poll{At: now})
		p.Outcome = pollNotModified
		return p, false, nil
	}
	content := article.Digest(resp.Body)
	if content == s.Validators.Content {
		f.whole(s, resp, content, now)
		s.Revisit.Observe(revisit.Poll{At: now})
		return p, false, nil
	}
	if s.Kind == registry.Auto {
		s.Kind = kindOf(resp)
		if s.Kind == registry.Sitemap && resp.Truncated { // at the limit of feeds: it is to be read whole, or what the rest lists were new
			return p, true, nil
		}
	}
	seen, err := f.registry.Seen(ctx, s.ID())
	if seen == nil {
		return p, false, err
	}
	if err != nil {
		slog.Warn("what a source has shown is not known any more, its items are fetched again", "url", s.URL, "error", err)
	}
	found := finding{Poll: revisit.Poll{At: now}}
	switch s.Kind {
	case registry.Feed:
		found, err = f.readFeed(s, resp, seen, found)
	case registry.Sitemap:
		found, err = f.readSitemap(ctx, a, resp, seen, found)
	case registry.Page:
		found, err = f.readPage(s, resp, seen, found)
	default:
		err = errUndecided
	}
	if err != nil { // the next answer is to be read, even if it is the same
		s.Validators.Drop()
		s.Revisit.Fail(revisit.Failure{At: now, Class: revisit.Soft, Why: err.Error()})
		p.Outcome, p.Error = pollFailed, err.Error()
		return p, false, nil
	}
	if _, err := f.q.Publish(ctx, found.jobs...); err != nil {
		return p, false, fmt.Errorf("items of %s: %w", s.URL, err)
	}
	found.RolledOver = s.Kind != registry.Sitemap && seen.RolledOver()
	if found.RolledOver {
		f.metrics.rollovers.Inc()
	}
	if err := f.registry.SaveSeen(ctx, s.ID(), seen); err != nil {
		return p, false, err
	}
	if resp.Truncated || found.unread { // the rest may come with the next answer
		s.Validators.Drop()
	} else {
		f.whole(s, resp, content, now)
	}
	found.New = len(found.jobs) - found.old
	s.Revisit.Observe(found.Poll)
	if p.New, p.Window = len(found.jobs), seen.Shown(); p.New > 0 {
		p.Outcome = pollNew
	}
	return p, found.more, nil
}

// finding is what was read from an answer.
type finding struct {
	revisit.Poll
	jobs   []queue.Message
	old    int  // of jobs: what is no news, and says nothing of the next poll
	unread bool // there is something that nobody read: the next answer is to be read, even if it is the same
	more   bool // and it could be read at once
}

// whole notes an answer that was read in full, and lies that it gives away.
func (f *fetcher) whole(s *registry.Source, resp *fetch.Response, content string, now time.Time) {
	switch finding := s.Validators.Whole(resp.Header, content, now); finding {
	case httprules.FindingFickle, httprules.FindingLying:
		f.metrics.lies.WithLabelValues(string(finding)).Inc()
		slog.Info("validators of a source do not tell the truth", "url", s.URL, "finding", finding)
	}
}

// kindOf finds out what a document is.
func kindOf(resp *fetch.Response) registry.Kind {
	if feed.Looks(resp.Header.Get("Content-Type"), resp.Body) {
		return registry.Feed
	}
	if sum, err := sitemap.Read(bytes.NewReader(resp.Body), resp.URL, func(sitemap.Entry) bool { return false }); err == nil && (sum.Kind == sitemap.URLSet || sum.Kind == sitemap.Index) {
		return registry.Sitemap
	}
	return registry.Auto
}

// failureClass is how bad a failed fetch is for a source.
func failureClass(e *fetch.Error) revisit.Class {
	switch {
	case e.Status != 0:
		return revisit.StatusClass(e.Status)
	case e.Temporary:
		return revisit.Temporary
	}
	switch e.Reason {
	case fetch.ReasonDNS, fetch.ReasonRobots, fetch.ReasonBlocked, fetch.ReasonUnsupportedType, fetch.ReasonBomb, fetch.ReasonBadURL:
		return revisit.Hard
	}
	return revisit.Soft
}
