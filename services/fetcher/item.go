package fetcher

import (
	"fmt"
	"slices"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/feed"
)

// Bounds of what a job says of a feed's entry, in bytes: with them a job stays below the 64 KB of its stream.
const (
	maxItemURL     = 2 << 10
	maxItemID      = 1 << 10
	maxItemTitle   = 1 << 10
	maxItemSummary = 2 << 10
	maxItemAuthor  = 200
	maxItemAuthors = 10 // how many
)

// itemJob is the job to fetch the page of a feed's entry.
func itemJob(feedURL string, e *feed.Entry) (queue.Message, error) {
	page, err := entryPage(e)
	if err != nil {
		return queue.Message{}, err
	}
	summary := e.Summary.Plain()
	if summary == "" && len(e.Content) > 0 {
		summary = e.Content[0].Plain()
	}
	m, err := queue.Job(article.Job{URL: page, Kind: article.JobPage, Item: &article.FeedItem{
		Feed: feedURL, ID: feed.Clip(e.ID, maxItemID), Title: feed.Clip(e.Title.Plain(), maxItemTitle),
		Summary: feed.Clip(summary, maxItemSummary), Authors: entryAuthors(e), Published: e.Posted(),
	}})
	if err != nil {
		return queue.Message{}, err
	}
	if n := len(article.HeaderValue(m.Header, article.HeaderURL)); n > maxItemURL {
		return queue.Message{}, fmt.Errorf("its URL has %d bytes, more than %d", n, maxItemURL)
	}
	return m, nil
}

// entryPage is the canonical URL of an entry's page: its link, or else an id that is one.
func entryPage(e *feed.Entry) (string, error) {
	var failed error
	for _, at := range []string{e.OriginalLink, e.Link, e.ExternalURL, e.ID} {
		if at == "" {
			continue
		}
		page, err := weburl.Canonical(at)
		if err == nil {
			return page, nil
		}
		if failed == nil {
			failed = err
		}
	}
	if failed == nil {
		failed = fmt.Errorf("it has no link")
	}
	return "", failed
}

func entryAuthors(e *feed.Entry) []string {
	var names []string
	for _, a := range e.Authors {
		name := feed.Clip(a.Name, maxItemAuthor)
		if name != "" && !slices.Contains(names, name) && len(names) < maxItemAuthors {
			names = append(names, name)
		}
	}
	return names
}
