package fetcher

import (
	"errors"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/headlines"
	"dateline/services/fetcher/registry"
)

var errNoHeadlines = errors.New("the page has no link that reads like a headline of its site")

// readPage finds the headlines of a page that are new.
func (f *fetcher) readPage(s *registry.Source, resp *fetch.Response, seen *registry.Seen, found finding) (finding, error) {
	all := headlines.Read(resp.URL, resp.Header, resp.Body)
	if len(all) == 0 {
		return found, errNoHeadlines
	}
	for _, h := range all {
		m, err := queue.Job(article.Job{URL: h.URL, Kind: article.JobPage, Item: &article.FeedItem{Feed: s.URL, Title: feed.Clip(h.Text, maxItemTitle)}})
		if err == nil && len(h.URL) <= maxItemURL && seen.Show(m.ID) {
			found.jobs = append(found.jobs, m)
		}
	}
	found.Window = seen.Shown()
	return found, nil
}
