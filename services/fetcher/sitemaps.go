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
	maxJobsAPoll = 20_000
)

// readSitemap finds the pages of a sitemap that are new; of an index, those of the sitemaps that it lists as new or changed.
func (f *fetcher) readSitemap(ctx context.Context, a ask, resp *fetch.Response, seen *registry.Seen, found finding) (finding, error) {
	w := &sitemapWalk{source: a.source, seen: seen, finding: found, first: seen.Empty(), newest: a.source.Newest}
	files, err := w.file(resp)
	if err != nil {
		return found, err
	}
	slices.SortStableFunc(files, func(a, b sitemap.Entry) int { return b.LastMod.Time.Compare(a.LastMod.Time) })
	for i, file := range files {
		if i == maxFiles || len(w.jobs) > maxJobsAPoll {
			w.partial = true
			break
		}
		a.Request, a.going = fetch.Request{URL: file.Loc, Accept: fetch.AcceptSitemap}, true
		resp, failed, later := f.get(ctx, a)
		if later != nil || failed != nil && failed.Temporary {
			w.partial = true
			continue
		}
		if failed == nil {
			_, err = w.file(resp)
		} else {
			err = failed
		}
		if err != nil { // it is tried again when the index says that it has changed
			slog.Info("sitemap of an index was not read", "index", a.source.URL, "error", err)
		}
		seen.Show(fileKey(file))
	}
	a.source.Newest = w.newest
	return w.finding, nil
}

// sitemapWalk is the reading of a sitemap, or of an index with what it lists.
type sitemapWalk struct {
	finding
	source *registry.Source
	seen   *registry.Seen
	first  bool // it was never read before
	newest time.Time
	depth  int
}

// file reads one file. It returns the sitemaps that it lists and that are to be read.
func (w *sitemapWalk) file(resp *fetch.Response) (files []sitemap.Entry, err error) {
	sum, err := sitemap.Read(bytes.NewReader(resp.Body), resp.URL, func(e sitemap.Entry) bool {
		switch {
		case e.CrossHost: // another site's to say
		case e.Sitemap && w.depth == 0:
			if !w.seen.Known(fileKey(e)) {
				files = append(files, e)
			} else {
				w.seen.Show(fileKey(e))
			}
		case !e.Sitemap:
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
	w.partial = w.partial || sum.Truncated && resp.Truncated
	return files, nil
}

// fileKey names a sitemap of an index as it was at a time. One without a date is read once a day.
func fileKey(e sitemap.Entry) string {
	at := e.LastMod.String()
	if e.LastMod.Time.IsZero() {
		at = time.Now().UTC().Format(time.DateOnly)
	}
	return "sitemap " + e.Loc + " " + at
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
		if at.IsZero() {
			w.seen.Show(e.Loc) // what has no date is known by its address
		}
		return
	}
	if !w.seen.Show(e.Loc) {
		return
	}
	j := article.Job{URL: e.Loc, Kind: article.JobPage, Class: article.JobFresh, Item: &article.FeedItem{Feed: w.source.URL}}
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
	if !at.IsZero() {
		w.Dates = append(w.Dates, at)
	}
}
