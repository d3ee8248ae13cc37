// Package discover finds what a site offers a reader of news: feeds, sitemaps and hubs. ReadPage reads what a page links;
// a Walker asks the site. It is given how to fetch, so it knows nothing of HTTP clients or of queues.
package discover

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"dateline/pkg/weburl"
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/robots"
)

// Document is what was found at a URL.
type Document struct {
	URL       string // after redirects
	Header    http.Header
	Body      []byte // decoded; of a sitemap up to sitemap.MaxBytes are of use
	Truncated bool   // Body is not all
}

// Want is what a document is hoped to be, by which a Fetch can choose its limits.
type Want int

// The hopes.
const (
	WantAny Want = iota
	WantFeed
	WantSitemap
)

// Fetch gets a document. It asks robots.txt before it follows a redirect. An error means that there is no document: a status
// of 404 is one too. One that wraps a *robots.Refused is told of as such.
type Fetch func(ctx context.Context, url string, want Want) (*Document, error)

// DefaultFiles is how many sitemap files a walk reads unless told otherwise.
const DefaultFiles = 50

// maxFeeds is how many feeds of a site are tried.
const maxFeeds = 30

// Walker asks sites. It asks one thing at a time; the delay between requests is Fetch's matter.
type Walker struct {
	Fetch    Fetch
	Robots   *robots.Cache    // asked before each request; what a redirect leads to is Fetch's to ask about
	Files    int              // that one walk of sitemaps reads at most; DefaultFiles by default
	Progress func(url string) // called before each request; may be nil
}

// Site is what a site offers.
type Site struct {
	URL        string    `json:"url"`                           // of the page that was asked for, after redirects
	RobotsTxt  string    `json:"robots_txt"`                    // URL
	CrawlDelay float64   `json:"crawl_delay_seconds,omitempty"` // as robots.txt asks, within bounds
	Feeds      []Feed    `json:"feeds"`                         // that were read
	Sitemaps   []Sitemap `json:"sitemaps"`                      // in the order they were read: an index, then what it lists, newest first
	Unread     int       `json:"sitemaps_unread,omitempty"`     // that an index lists and nobody read, for want of budget or for depth
	Hubs       []string  `json:"hubs"`                          // WebSub
	Refused    []Failure `json:"refused"`                       // by robots.txt
	Failed     []Failure `json:"failed"`                        // what the site names and could not be read
}

// Feed is a feed that was read.
type Feed struct {
	URL    string    `json:"url"`
	Title  string    `json:"title,omitempty"`
	Items  int       `json:"items"`
	Newest time.Time `json:"newest,omitzero"`
	Found  Found     `json:"found"`
}

// Found is how a feed or sitemap became known.
type Found string

// The ways.
const (
	Given     Found = "given"  // it is the address that was asked for
	Linked    Found = "link"   // the page declares it, in a link element or header
	Mentioned Found = "anchor" // the page has an ordinary link that looks like it
	Named     Found = "robots" // robots.txt names it
	Listed    Found = "index"  // an index of sitemaps lists it
	Guessed   Found = "guess"  // it is where many sites have one
)

// Failure is what was not read, and why.
type Failure struct {
	URL    string `json:"url"`
	Reason string `json:"reason"`
}

// feedPaths are where sites have feeds, the most usual first.
var feedPaths = []string{"/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json"}

// sitemapPaths are where sites have sitemaps.
var sitemapPaths = []string{"/sitemap.xml", "/sitemap_index.xml", "/news-sitemap.xml"}

// get fetches a document if robots.txt lets us.
func (w *Walker) get(ctx context.Context, url string, want Want, named bool) (*Document, error) {
	if !named { // a file that robots.txt itself points to is meant to be read, though a rule may cover it
		if err := w.Robots.Require(ctx, url); err != nil {
			return nil, err
		}
	}
	if w.Progress != nil {
		w.Progress(url)
	}
	return w.Fetch(ctx, url, want)
}

// Site asks a site, by the address of any of its pages, of a feed or of a sitemap. Its error is that the address is none, or
// that ctx is done; what the site does not give is told in the result.
func (w *Walker) Site(ctx context.Context, url string) (*Site, error) {
	url, err := weburl.Canonical(url)
	if err != nil {
		return nil, fmt.Errorf("discover: %w", err)
	}
	s := &Site{URL: url, Feeds: []Feed{}, Sitemaps: []Sitemap{}, Hubs: []string{}, Refused: []Failure{}, Failed: []Failure{}}
	var page Page
	var roots []root
	doc, err := w.get(ctx, url, WantAny, false)
	switch {
	case err != nil:
		s.failed(url, err)
	case feed.Looks(doc.Header.Get("Content-Type"), doc.Body):
		s.URL = doc.URL
		s.feed(doc, Given)
	case isSitemap(doc):
		s.URL = doc.URL
		roots = append(roots, root{url: doc.URL, found: Given, doc: doc})
	default:
		s.URL = doc.URL
		page = ReadPage(doc.URL, doc.Header, doc.Body)
		s.hubs(page.Hubs)
	}
	verdict, err := w.Robots.Check(ctx, s.URL)
	if err != nil {
		return nil, fmt.Errorf("discover %s: %w", url, err)
	}
	s.RobotsTxt, _ = robots.Location(s.URL)
	s.CrawlDelay = verdict.CrawlDelay.Seconds()
	if err := w.feeds(ctx, s, page.Feeds); err != nil {
		return nil, fmt.Errorf("discover %s: %w", url, err)
	}
	for _, at := range verdict.Sitemaps {
		roots = append(roots, root{url: at, found: Named})
	}
	for _, path := range sitemapPaths {
		if at, err := weburl.Resolve(s.URL, path); err == nil {
			roots = append(roots, root{url: at, found: Guessed})
		}
	}
	if err := w.sitemaps(ctx, s, roots); err != nil {
		return nil, fmt.Errorf("discover %s: %w", url, err)
	}
	return s, nil
}

// feeds reads those that the page links, and tries the usual places where there are none.
func (w *Walker) feeds(ctx context.Context, s *Site, links []Link) error {
	for _, l := range links[:min(len(links), maxFeeds)] {
		found := Linked
		if l.Weak {
			found = Mentioned
		}
		if err := w.tryFeed(ctx, s, l.URL, found); err != nil {
			return err
		}
	}
	for _, path := range feedPaths {
		if len(s.Feeds) > 0 {
			break
		}
		if at, err := weburl.Resolve(s.URL, path); err == nil {
			if err := w.tryFeed(ctx, s, at, Guessed); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Walker) tryFeed(ctx context.Context, s *Site, url string, found Found) error {
	doc, err := w.get(ctx, url, WantFeed, false)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil:
		s.feed(doc, found)
	case found != Guessed:
		s.failed(url, err)
	}
	return nil
}

// feed adds one that can be read. Two addresses may lead to the same.
func (s *Site) feed(doc *Document, found Found) {
	if slices.ContainsFunc(s.Feeds, func(f Feed) bool { return f.URL == doc.URL }) {
		return
	}
	f, err := readFeed(doc)
	if err != nil {
		if found != Guessed {
			s.failed(doc.URL, err)
		}
		return
	}
	f.Found = found
	s.Feeds = append(s.Feeds, f)
	s.hubs(ReadPage(doc.URL, doc.Header, nil).Hubs)
}

// readFeed is all that this package knows of feeds.
func readFeed(doc *Document) (Feed, error) {
	read, err := feed.Parse(doc.URL, doc.Header, doc.Body)
	if err != nil {
		return Feed{}, err
	}
	f := Feed{URL: doc.URL, Title: read.Title.Plain(), Items: len(read.Entries)}
	for i := range read.Entries {
		if d := read.Entries[i].Posted(); d != nil && d.After(f.Newest) {
			f.Newest = *d
		}
	}
	return f, nil
}

func (s *Site) hubs(all []string) {
	for _, h := range all {
		if !slices.Contains(s.Hubs, h) {
			s.Hubs = append(s.Hubs, h)
		}
	}
}

func (s *Site) failed(url string, err error) {
	if refused, ok := errors.AsType[*robots.Refused](err); ok {
		s.Refused = append(s.Refused, Failure{refused.URL, refused.Verdict.Reason})
		return
	}
	s.Failed = append(s.Failed, Failure{url, err.Error()})
}
