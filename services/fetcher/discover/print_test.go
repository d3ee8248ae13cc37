package discover

import (
	"strings"
	"testing"
	"time"

	"dateline/services/fetcher/sitemap"
)

func TestPrint(t *testing.T) {
	now := time.Date(2024, 11, 6, 12, 0, 0, 0, time.UTC)
	s := &Site{
		URL: "https://a.example/", CrawlDelay: 2.5, Unread: 3,
		Feeds: []Feed{{URL: "https://a.example/f", Title: "A\x1b[31m\t\u202eB", Items: 1200, Newest: now.Add(-3 * time.Hour), Found: Guessed}},
		Sitemaps: []Sitemap{
			{URL: "https://a.example/i", Kind: sitemap.Index, Sitemaps: 4, Found: Named},
			{URL: "https://a.example/s", Kind: sitemap.URLSet, Pages: 1, News: 1, Foreign: 2, Depth: 1, Truncated: true, Found: Listed},
		},
		Failed: []Failure{{"https://a.example/x", "status\n404"}},
	}
	var b strings.Builder
	if err := s.Print(&b, now); err != nil {
		t.Fatal(err)
	}
	want := `https://a.example/
robots.txt asks for 2.5 s between requests

Feeds
  https://a.example/f  1,200 items  newest 3 hours ago  at the usual place  "A [31m  B"

Sitemaps
  https://a.example/i    4 sitemaps                                                no dates  named by robots.txt
    https://a.example/s  1 page, 1 with news data, 2 of other sites left out, not all  no dates  
  and 3 more that an index lists, not read

Not read
  https://a.example/x  status 404
`
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	if got := b.String(); squeeze(got) != squeeze(want) || strings.ContainsAny(got, "\x1b\u202e") {
		t.Errorf("%s", got)
	}
}
