package fetcher

import (
	"log/slog"
	"strings"
	"time"

	"dateline/pkg/httprules"
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/revisit"
)

// readFeed finds the entries of a feed that are new.
func (f *fetcher) readFeed(s *registry.Source, resp *fetch.Response, seen *registry.Seen, found finding) (finding, error) {
	read, err := feed.Parse(resp.URL, resp.Header, resp.Body)
	if err != nil {
		return found, err
	}
	for i := range read.Entries {
		e := &read.Entries[i]
		m, err := itemJob(s.URL, e)
		if err != nil {
			slog.Debug("entry of a feed has no usable URL", "feed", s.URL, "url", e.Link, "error", err)
			continue
		}
		if !seen.Show(m.ID) {
			continue
		}
		found.jobs = append(found.jobs, m)
		if d := e.Posted(); d != nil {
			found.Dates = append(found.Dates, *d)
		}
	}
	found.Window = seen.Shown()
	found.Hints = hints(read, resp)
	if s.Title == "" {
		s.Title = feed.Clip(read.Title.Plain(), maxItemTitle)
	}
	if s.Language == "" {
		s.Language = feed.Clip(read.Language, 35) // the longest of RFC 5646, 4.4.1
	}
	f.offer(s, read, resp)
	return found, nil
}

// hints are what a feed asks of those who poll it.
func hints(read *feed.Feed, resp *fetch.Response) *revisit.Hints {
	h := revisit.Hints{TTL: time.Duration(read.TTL) * time.Minute, MaxAge: httprules.ReadFreshness(resp.Header, resp.Captured).Floor()}
	if period, ok := updatePeriods[strings.ToLower(read.UpdatePeriod)]; ok {
		h.Update = period / time.Duration(max(1, read.UpdateTimes))
	}
	for _, hour := range read.SkipHours {
		if hour >= 0 && hour < 24 {
			h.SkipHours |= 1 << hour
		}
	}
	for _, name := range read.SkipDays {
		for d := time.Sunday; d <= time.Saturday; d++ {
			if strings.EqualFold(name, d.String()) {
				h.SkipDays |= 1 << d
			}
		}
	}
	return &h
}

// updatePeriods are those of RSS's syndication module.
var updatePeriods = map[string]time.Duration{
	"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour, "monthly": 30 * 24 * time.Hour, "yearly": 365 * 24 * time.Hour,
}
