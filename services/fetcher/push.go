package fetcher

import (
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/registry"
)

func (f *fetcher) subscribe(s *registry.Source, read *feed.Feed, resp *fetch.Response) {}
