package discover

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"dateline/services/fetcher/robots"
)

// web is a made-up web: bodies by URL. A body of "-> url" is a redirect.
type web struct {
	t     *testing.T
	pages map[string]string
	asked []string
}

func (w *web) get(url string) (at, body string, ok bool) {
	for {
		w.asked = append(w.asked, url)
		body, ok = w.pages[url]
		to, moved := strings.CutPrefix(body, "-> ")
		if !moved {
			return url, body, ok
		}
		url = to
	}
}

func (w *web) walker() *Walker {
	walker := &Walker{
		Robots: robots.NewCache(robots.Config{Token: "bot", Fetch: func(_ context.Context, url string) (robots.Response, error) {
			_, body, ok := w.get(url)
			if !ok {
				return robots.Response{Status: 404}, nil
			}
			return robots.Response{Status: 200, Body: []byte(body)}, nil
		}}),
	}
	walker.Fetch = func(ctx context.Context, url string, _ Want) (*Document, error) {
		at, body, ok := w.get(url)
		if at != url {
			if err := walker.Robots.Require(ctx, at); err != nil {
				return nil, err
			}
		}
		if !ok {
			return nil, errors.New("status 404")
		}
		return &Document{URL: at, Header: http.Header{}, Body: []byte(body)}, nil
	}
	return walker
}

func (w *web) site(url string) *Site {
	w.t.Helper()
	s, err := w.walker().Site(w.t.Context(), url)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func rss(title string, links ...string) string {
	s := "<rss version='2.0'><channel><title>" + title + "</title>"
	for i, l := range links {
		s += fmt.Sprintf("<item><title>x</title><link>%s</link><pubDate>2024-11-%02dT09:30:00Z</pubDate></item>", l, i+1)
	}
	return s + "</channel></rss>"
}

func urlset(locs ...string) string {
	s := "<urlset>"
	for i, l := range locs {
		s += fmt.Sprintf("<url><loc>%s</loc><lastmod>2024-11-%02d</lastmod></url>", l, i+1)
	}
	return s + "</urlset>"
}

func index(locs ...string) string {
	return strings.NewReplacer("urlset", "sitemapindex", "url>", "sitemap>").Replace(urlset(locs...))
}

func TestSite(t *testing.T) {
	w := &web{t: t, pages: map[string]string{
		"https://news.example/": "-> https://www.news.example/start",
		"https://www.news.example/start": `<link rel=alternate type=application/rss+xml href=/comments/feed/><link rel=alternate type=application/rss+xml href=/feed><link rel=alternate type=application/atom+xml href=/old>
			<link rel=alternate type=application/json href=/wp-json><link rel=alternate type=application/rss+xml href=/private/feed><link rel=hub href=https://hub.example/>`,
		"https://www.news.example/robots.txt":       "User-agent: bot\nDisallow: /private\nDisallow: /maps\nCrawl-delay: 4\nSitemap: /maps/all.xml\nSitemap: https://cdn.example/n.xml",
		"https://www.news.example/feed":             rss("News", "/a", "/b"),
		"https://www.news.example/old":              "-> https://www.news.example/feed",
		"https://www.news.example/comments/feed/":   rss("Comments"),
		"https://www.news.example/wp-json":          `{"id": 1}`,
		"https://www.news.example/private/feed":     rss("Secret"),
		"https://www.news.example/maps/all.xml":     index("/1.xml", "/2.xml", "/private/3.xml", "/4.xml", "https://www.news.example/maps/all.xml"),
		"https://www.news.example/1.xml":            urlset("/a", "/b", "https://other.example/c", "https://friend.example/d"),
		"https://www.news.example/2.xml":            "<html>gone</html>",
		"https://cdn.example/n.xml":                 urlset("https://www.news.example/a", "https://other.example/b"),
		"https://friend.example/robots.txt":         "Sitemap: https://www.news.example/1.xml",
		"https://www.news.example/news-sitemap.xml": `<urlset><url><loc>/n</loc><news:news><news:publication_date>2024-12-01T10:00:00Z</news:publication_date></news:news></url></urlset>`,
	}}
	s := w.site("news.example")
	got := fmt.Sprintf("%s %s %g\n", s.URL, s.RobotsTxt, s.CrawlDelay)
	for _, f := range s.Feeds {
		got += fmt.Sprintf("feed %s %q %d %s %s\n", f.URL, f.Title, f.Items, f.Newest.Format(time.DateOnly), f.Found)
	}
	for _, m := range s.Sitemaps {
		got += fmt.Sprintf("sitemap %s %s %d pages %d news %d sitemaps %d foreign %s %d %s\n", m.URL, m.Kind, m.Pages, m.News, m.Sitemaps, m.Foreign, m.Newest.Format(time.DateOnly), m.Depth, m.Found)
	}
	got += fmt.Sprintf("hubs %v unread %d\nrefused %v\nfailed %v", s.Hubs, s.Unread, s.Refused, s.Failed)
	want := `https://www.news.example/start https://www.news.example/robots.txt 4
feed https://www.news.example/feed "News" 2 2024-11-02 link
feed https://www.news.example/comments/feed/ "Comments" 0 0001-01-01 link
sitemap https://www.news.example/maps/all.xml index 0 pages 0 news 4 sitemaps 0 foreign 2024-11-04 0 robots
sitemap https://www.news.example/1.xml urlset 3 pages 0 news 0 sitemaps 1 foreign 2024-11-04 1 index
sitemap https://cdn.example/n.xml urlset 1 pages 0 news 0 sitemaps 1 foreign 2024-11-02 0 robots
sitemap https://www.news.example/news-sitemap.xml urlset 1 pages 1 news 0 sitemaps 0 foreign 2024-12-01 0 guess
hubs [https://hub.example/] unread 0
refused [{https://www.news.example/private/feed Disallow: /private (line 2 of https://www.news.example/robots.txt)} {https://www.news.example/private/3.xml Disallow: /private (line 2 of https://www.news.example/robots.txt)}]
failed [{https://www.news.example/wp-json feed https://www.news.example/wp-json: the document is no feed} {https://www.news.example/4.xml status 404} {https://www.news.example/2.xml https://www.news.example/2.xml is no sitemap}]`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSiteByWhatIsGiven(t *testing.T) {
	pages := map[string]string{
		"https://a.example/any": rss("A", "/a"), "https://b.example/map": urlset("/a"), "https://c.example/": "<p>no links</p>", "https://c.example/rss.xml": rss("C", "/c"),
		"https://d.example/robots.txt": "User-agent: *\nDisallow: /", "https://d.example/": "<p>secret</p>",
		"https://e.example/": "-> https://d.example/", "https://f.example/": "<a href=/x>RSS</a>", "https://f.example/x": rss("F"),
	}
	for url, want := range map[string]string{
		"https://a.example/any": "feeds [https://a.example/any given] sitemaps [] refused 0 failed 0",
		"https://b.example/map": "feeds [] sitemaps [https://b.example/map given] refused 0 failed 0",
		"https://c.example/":    "feeds [https://c.example/rss.xml guess] sitemaps [] refused 0 failed 0",
		"https://d.example/":    "feeds [] sitemaps [] refused 1 failed 0",
		"https://e.example/":    "feeds [] sitemaps [] refused 1 failed 0",
		"https://f.example/":    "feeds [https://f.example/x anchor] sitemaps [] refused 0 failed 0",
		"https://g.example/":    "feeds [] sitemaps [] refused 0 failed 1",
	} {
		w := &web{t: t, pages: pages}
		s := w.site(url)
		var feeds, maps []string
		for _, f := range s.Feeds {
			feeds = append(feeds, f.URL+" "+string(f.Found))
		}
		for _, m := range s.Sitemaps {
			maps = append(maps, m.URL+" "+string(m.Found))
		}
		if got := fmt.Sprintf("feeds %v sitemaps %v refused %d failed %d", feeds, maps, len(s.Refused), len(s.Failed)); got != want {
			t.Errorf("%s:\n got %s\nwant %s\n%v %v", url, got, want, s.Refused, s.Failed)
		}
	}
	if _, err := (&web{t: t}).walker().Site(t.Context(), "mailto:x"); err == nil {
		t.Error("no error for what is no web address")
	}
}

// sitemaps walks one sitemap.
func (w *web) sitemaps(by *Walker, url string) *Site {
	w.t.Helper()
	s := &Site{URL: url}
	if err := by.sitemaps(w.t.Context(), s, []root{{url: url, found: Given}}); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// read names the files that were read, in order, with their pages.
func read(s *Site) string {
	var all []string
	for _, m := range s.Sitemaps {
		all = append(all, fmt.Sprintf("%s %d", m.URL[strings.LastIndex(m.URL, "/"):], m.Pages))
	}
	return strings.Join(all, ", ")
}

// TestSitemapsBudget: loops end, depth and files are bounded, and what is left out is counted.
func TestSitemapsBudget(t *testing.T) {
	w := &web{t: t, pages: map[string]string{
		"https://a.example/0": index("/1", "/0"), "https://a.example/1": index("/2", "/0"), "https://a.example/2": index("/3"), "https://a.example/3": index("/4"), "https://a.example/4": urlset("/deep"),
		"https://a.example/many": index("/m1", "/m2", "/m3", "/m4"), "https://a.example/m1": urlset("/1"), "https://a.example/m2": urlset("/2"), "https://a.example/m3": urlset("/3"), "https://a.example/m4": urlset("/4"),
	}}
	if s := w.sitemaps(w.walker(), "https://a.example/0"); len(s.Sitemaps) != 4 || s.Unread != 1 {
		t.Errorf("%+v", s)
	}
	walker := w.walker()
	walker.Files = 3
	if s := w.sitemaps(walker, "https://a.example/many"); read(s) != "/many 0, /m4 1, /m3 1" || s.Unread != 2 {
		t.Errorf("%s, %+v", read(s), s)
	}
}

// TestCancelled: whoever leaves gets an error, not a site that offers nothing.
func TestCancelled(t *testing.T) {
	w := &web{t: t, pages: map[string]string{"https://a.example/": "<link rel=feed href=/f>"}}
	ctx, cancel := context.WithCancel(t.Context())
	walker := w.walker()
	fetch := walker.Fetch
	walker.Fetch = func(ctx context.Context, url string, want Want) (*Document, error) {
		if url == "https://a.example/f" {
			cancel()
			return nil, ctx.Err()
		}
		return fetch(ctx, url, want)
	}
	if s, err := walker.Site(ctx, "https://a.example/"); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestDelegated: an index vouches for files elsewhere that list its own host's pages; what leads to one file is read once.
func TestDelegated(t *testing.T) {
	w := &web{t: t, pages: map[string]string{
		"https://a.example/i":   index("https://cdn.example/1", "https://cdn.example/2", "https://cdn.example/3"),
		"https://cdn.example/1": urlset("https://a.example/p", "https://b.example/q", "https://cdn.example/r"),
		"https://cdn.example/2": "-> https://cdn.example/4", "https://cdn.example/3": "-> https://cdn.example/4", "https://cdn.example/4": urlset("https://a.example/s"),
	}}
	if s := w.sitemaps(w.walker(), "https://a.example/i"); read(s) != "/i 0, /4 1, /1 2" || s.Sitemaps[2].Foreign != 1 {
		t.Errorf("%s, %+v", read(s), s)
	}
}

func TestForeignHostsAreBounded(t *testing.T) {
	var locs []string
	for i := range 1000 {
		locs = append(locs, fmt.Sprintf("https://h%d.example/", i))
	}
	w := &web{t: t, pages: map[string]string{"https://a.example/s": urlset(locs...)}}
	s := w.sitemaps(w.walker(), "https://a.example/s")
	if len(s.Sitemaps) != 1 || s.Sitemaps[0].Foreign != 1000 || len(w.asked) > maxHosts+5 {
		t.Errorf("%d requests, %+v", len(w.asked), s)
	}
}
