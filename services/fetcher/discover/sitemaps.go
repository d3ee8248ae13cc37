package discover

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"dateline/services/fetcher/sitemap"
)

const (
	maxDepth = 3  // of indexes in indexes
	maxHosts = 20 // whose robots.txt one walk asks whether they know of a sitemap
)

// Sitemap is a sitemap file that was read.
type Sitemap struct {
	URL       string       `json:"url"`
	Kind      sitemap.Kind `json:"kind"`
	Pages     int          `json:"pages"`              // that are to be believed
	News      int          `json:"news,omitempty"`     // of these, with what news sitemaps say
	Sitemaps  int          `json:"sitemaps,omitempty"` // that it lists
	Foreign   int          `json:"foreign,omitempty"`  // pages of other sites, which do not name this file in their robots.txt
	Newest    time.Time    `json:"newest,omitzero"`    // of lastmod and of the dates of news
	Depth     int          `json:"depth,omitempty"`    // of indexes above it
	Truncated bool         `json:"truncated,omitempty"`
	Found     Found        `json:"found"`
}

// root is where a walk starts.
type root struct {
	url   string
	found Found
	doc   *Document // if it is there already
}

// file is a sitemap to be read.
type file struct {
	root
	above []string // the indexes that led here, outermost first
}

// walk is the state of reading a site's sitemaps.
type walk struct {
	*Walker
	site    *Site
	queue   []file
	seen    map[string]bool
	budget  int             // of files
	trusted map[string]bool // by host and file; see believes
}

// sitemaps walks a site's sitemaps and those that they list, the latest changed first, down to three levels and as many files
// as the budget lets it. A page of another host than its file's counts only if that host's robots.txt, or an index on that
// host, names the file (the protocol's "cross submits"). The error is that ctx is done.
func (w *Walker) sitemaps(ctx context.Context, s *Site, roots []root) error {
	k := &walk{Walker: w, site: s, seen: map[string]bool{}, trusted: map[string]bool{}, budget: w.Files}
	if k.budget <= 0 {
		k.budget = DefaultFiles
	}
	for _, r := range roots {
		if !k.seen[r.url] {
			k.seen[r.url] = true
			k.queue = append(k.queue, file{root: r})
		}
	}
	for ; len(k.queue) > 0; k.queue = k.queue[1:] {
		f := k.queue[0]
		if k.budget == 0 || len(f.above) > maxDepth {
			s.Unread++
			continue
		}
		if f.found != Guessed {
			k.budget--
		}
		if err := k.read(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// read reads one file, and puts those that it lists in front of the queue.
func (k *walk) read(ctx context.Context, f file) error {
	doc := f.doc
	if doc == nil {
		var err error
		doc, err = k.get(ctx, f.url, WantSitemap, f.found == Named)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			if f.found != Guessed {
				k.site.failed(f.url, err)
			}
			return nil
		}
	}
	if doc.URL != f.url && k.seen[doc.URL] {
		return nil
	}
	k.seen[doc.URL] = true
	m := Sitemap{URL: doc.URL, Depth: len(f.above), Found: f.found}
	chain := append(slices.Clone(f.above), f.url)
	if doc.URL != f.url {
		chain = append(chain, doc.URL)
	}
	var below []sitemap.Entry
	sum, err := sitemap.Read(bytes.NewReader(doc.Body), doc.URL, func(e sitemap.Entry) bool {
		latest(&m.Newest, e.LastMod.Time)
		if e.Sitemap {
			m.Sitemaps++
			below = append(below, e)
			return true
		}
		if e.CrossHost && !k.believes(ctx, e.Loc, chain) {
			m.Foreign++
			return ctx.Err() == nil
		}
		m.Pages++
		if e.News != nil {
			m.News++
			latest(&m.Newest, e.News.Published.Time)
		}
		return true
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		k.site.failed(doc.URL, err)
	}
	m.Kind, m.Truncated = sum.Kind, sum.Truncated || doc.Truncated
	if sum.Kind == sitemap.None {
		if f.found != Guessed {
			k.site.failed(doc.URL, fmt.Errorf("%s is no sitemap", doc.URL))
		}
		return nil
	}
	k.site.Sitemaps = append(k.site.Sitemaps, m)
	k.push(below, chain)
	return nil
}

// push puts what an index lists in front of the queue, the latest changed first, since the budget may not suffice.
func (k *walk) push(below []sitemap.Entry, chain []string) {
	slices.SortStableFunc(below, func(a, b sitemap.Entry) int { return b.LastMod.Time.Compare(a.LastMod.Time) })
	var files []file
	for _, e := range below {
		switch {
		case k.seen[e.Loc]:
		case len(files) == k.budget:
			k.site.Unread++
		default:
			k.seen[e.Loc] = true
			files = append(files, file{root: root{url: e.Loc, found: Listed}, above: chain})
		}
	}
	k.queue = slices.Insert(k.queue, 1, files...) // the first is the one being read
}

// believes tells whether a page of another host may stand in a sitemap: an index above it is of that host, or the host's
// robots.txt names one of the files that led here.
func (k *walk) believes(ctx context.Context, page string, chain []string) bool {
	host := hostOf(page)
	if slices.ContainsFunc(chain[:len(chain)-1], func(index string) bool { return hostOf(index) == host }) {
		return true
	}
	key := host + " " + chain[len(chain)-1]
	known, ok := k.trusted[key]
	if !ok && len(k.trusted) < maxHosts {
		v, err := k.Robots.Check(ctx, page)
		known = err == nil && slices.ContainsFunc(v.Sitemaps, func(named string) bool { return slices.Contains(chain, named) })
		k.trusted[key] = known
	}
	return known
}

// hostOf is the host with its port.
func hostOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

func latest(to *time.Time, t time.Time) {
	if t.After(*to) {
		*to = t
	}
}

// isSitemap tells a sitemap or an index of them, by no more than its first entry. Other texts may hold a URL too, so that
// a list of them has to be called plain text.
func isSitemap(doc *Document) bool {
	sum, err := sitemap.Read(bytes.NewReader(doc.Body), doc.URL, func(sitemap.Entry) bool { return false })
	switch sum.Kind {
	case sitemap.URLSet, sitemap.Index:
		return err == nil
	case sitemap.Text:
		return err == nil && mediaType(doc.Header.Get("Content-Type")) == "text/plain"
	}
	return false
}
