package fetcher

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/sitemap"
)

const (
	recent       = 48 * time.Hour // how long a page in a sitemap counts as news
	lateBy       = 24 * time.Hour // that a lastmod may lie before one that was seen already
	maxFiles     = 50             // of an index, read in one poll; the rest is read by the next
	moreFilesIn  = time.Minute    // how soon
	maxJobsAPoll = 20_000         // or a little more: with them a poll reads no further file
	maxForeign   = 5              // other sites that a poll asks whether they name a sitemap
	maxFresh     = 1000           // pages of a poll that count as news, as many as a news sitemap has: some date all of a site's today
)

// readSitemap finds the pages of a sitemap that are new; of an index, those of the sitemaps that it lists as new or changed,
// the latest first.
func (f *fetcher) readSitemap(ctx context.Context, a ask, resp *fetch.Response, seen *registry.Seen, found finding) (finding, error) {
	s := a.source
	seen.KeepAll()
	w := &sitemapWalk{finding: found, source: s, seen: seen, first: seen.Empty(), newest: s.Newest, named: f.named(ctx, s.URL)}
	files, err := w.file(resp)
	if err != nil {
		return found, err
	}
	for i, file := range w.changed(files) {
		if i == maxFiles || len(w.jobs) > maxJobsAPoll {
			w.more = true
			break
		}
		a.Request, a.going = fetch.Request{URL: file.entry.Loc, Accept: fetch.AcceptSitemap}, true
		resp, failed, later := f.get(ctx, a)
		if later != nil {
			w.more = true
			break
		}
		if failed != nil && failed.Temporary {
			w.unread = true
			continue
		}
		known := "sitemap " + file.entry.Loc
		w.first = !s.Walked && !seen.Known(known)
		if failed == nil {
			_, err = w.file(resp)
		} else {
			err = failed
		}
		if err != nil { // it is tried again when the index says that it has changed
			slog.Info("sitemap of an index was not read", "index", s.URL, "error", err)
		}
		seen.Show(known)
		seen.Show(file.key)
	}
	w.unread = w.unread || w.more
	if !w.unread || s.Newest.IsZero() { // what was not read may be older than what was
		s.Newest = w.newest
	}
	s.Walked = s.Walked || !w.unread
	w.unread = w.unread || w.undated
	return w.finding, nil
}

// named tells whether the robots.txt of a page's host names a sitemap: then it speaks for that host too (the protocol's
// "cross submits").
func (f *fetcher) named(ctx context.Context, sitemap string) func(page string) bool {
	hosts := map[string]bool{}
	return func(page string) bool {
		host := weburl.Host(page)
		yes, asked := hosts[host]
		if !asked && len(hosts) < maxForeign {
			v, err := f.robots.by("").Check(ctx, page)
			yes = err == nil && slices.Contains(v.Sitemaps, sitemap)
			hosts[host] = yes
		}
		return yes
	}
}

// sitemapWalk is the reading of a sitemap, or of an index with what it lists.
type sitemapWalk struct {
	finding
	source  *registry.Source
	seen    *registry.Seen
	first   bool // the file at hand was never read before
	newest  time.Time
	named   func(page string) bool // by the page's own host, as speaking for it
	depth   int
	undated bool // the index lists sitemaps without a date: that it is the same says nothing of them
}

// file reads one file. It returns the sitemaps that it lists, if it is the first one.
func (w *sitemapWalk) file(resp *fetch.Response) (files []sitemap.Entry, err error) {
	sum, err := sitemap.Read(bytes.NewReader(resp.Body), resp.URL, func(e sitemap.Entry) bool {
		switch {
		case e.Sitemap:
			if w.depth == 0 {
				files = append(files, e)
			}
		case !e.CrossHost, ofSite(w.source, e.Loc), w.named(e.Loc):
			w.page(e)
		}
		return true
	})
	w.depth++
	switch {
	case err != nil:
		return nil, fmt.Errorf("sitemap %s: %w", resp.URL, err)
	case sum.Kind == sitemap.None:
		return nil, fmt.Errorf("%s is no sitemap", resp.URL)
	}
	w.unread = w.unread || sum.Truncated && resp.Truncated
	return files, nil
}

// listed is a sitemap of an index as it was at a time.
type listed struct {
	entry sitemap.Entry
	key   string
}

// changed are the sitemaps of an index that were not read as they are now, the latest change first. Those without a date are
// read again after as many hours as there are of them, and daily at the least: one request an hour.
func (w *sitemapWalk) changed(files []sitemap.Entry) (changed []listed) {
	undated := 0
	for _, e := range files {
		if e.LastMod.Time.IsZero() {
			undated++
		}
	}
	w.undated = undated > 0
	period := time.Now().UTC().Truncate(time.Duration(max(1, min(undated, 24))) * time.Hour).Format(time.RFC3339)
	for _, e := range files {
		at := e.LastMod.String()
		if e.LastMod.Time.IsZero() {
			at = "in " + period
		}
		file := listed{e, "sitemap " + e.Loc + " " + at}
		if w.seen.Known(file.key) {
			w.seen.Show(file.key)
		} else {
			changed = append(changed, file)
		}
	}
	slices.SortStableFunc(changed, func(a, b listed) int { return b.entry.LastMod.Time.Compare(a.entry.LastMod.Time) })
	return changed
}

// page decides on a page that a sitemap lists. What is older than what was seen, by its date, was seen too.
func (w *sitemapWalk) page(e sitemap.Entry) {
	at := e.LastMod.Time
	if e.News != nil && !e.News.Published.Time.IsZero() {
		at = e.News.Published.Time
	}
	now := time.Now()
	if !at.IsZero() && at.Before(now.Add(lateBy)) {
		if at.After(w.newest) {
			w.newest = at
		}
		if !w.first && at.Before(w.source.Newest.Add(-lateBy)) {
			return
		}
	}
	fresh := !at.IsZero() && now.Sub(at) < recent || at.IsZero() && !w.first
	if !fresh && !w.source.Backfill && w.first {
		if at.IsZero() || !at.Before(w.newest.Add(-lateBy)) { // it will be looked at again
			w.seen.Show(e.Loc)
		}
		return
	}
	if !w.seen.Show(e.Loc) {
		return
	}
	j := article.Job{URL: e.Loc, Kind: article.JobPage, Class: article.JobFresh, Item: &article.FeedItem{Feed: w.source.URL}}
	fresh = fresh && len(w.jobs)-w.old < maxFresh
	if !fresh {
		j.Class = article.JobBackfill
	}
	if n := e.News; n != nil {
		j.Item.Title = feed.Clip(n.Title, maxItemTitle)
		if t := n.Published.Time; !t.IsZero() {
			t = t.UTC()
			j.Item.Published = &t
		}
	}
	m, err := queue.Job(j)
	if err != nil || len(e.Loc) > maxItemURL {
		slog.Debug("page of a sitemap has no usable URL", "sitemap", w.source.URL, "url", e.Loc, "error", err)
		return
	}
	w.jobs = append(w.jobs, m)
	if !fresh {
		w.old++
	} else if !at.IsZero() {
		w.Dates = append(w.Dates, at)
	}
}
