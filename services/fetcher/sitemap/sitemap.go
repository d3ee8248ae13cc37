// Package sitemap reads sitemaps (sitemaps.org, with Google's extension for news) as they stream in: XML sitemaps and
// indexes of them, lists of URLs as text, and RSS and Atom feeds that serve as sitemaps, compressed or not.
//
// It reads what can be read: files that are not well-formed, lie about their encoding, or break off give the entries that
// were whole. It knows nothing of fetching.
package sitemap

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"dateline/pkg/article"
	"dateline/pkg/weburl"
)

// Limits of one file, by the protocol. What is beyond them is not read, and the file counts as truncated.
const (
	MaxEntries = 50_000
	MaxBytes   = 50 << 20 // uncompressed
)

// Bounds of the work that a file can make, within MaxBytes.
const (
	maxListed  = 2 * MaxEntries  // entries, with those that are listed twice or are no web address
	maxRelated = 10 * MaxEntries // translations of all entries
)

// Kind is what a file is.
type Kind string

// The kinds.
const (
	URLSet Kind = "urlset"
	Index  Kind = "index"
	Text   Kind = "text"
	Feed   Kind = "feed" // RSS or Atom
	None   Kind = "none" // no sitemap: a page that says "not found", say
)

// Entry is a page, or a further sitemap.
type Entry struct {
	Loc        string            // absolute
	Sitemap    bool              // it is a further sitemap
	CrossHost  bool              // of another host than the file: to be believed only if that host's robots.txt names the file
	LastMod    article.Date      // zero where it is not given or cannot be read; in a feed, when the item was updated or else published
	ChangeFreq string            // as given; "" where it is not
	Priority   float64           // 0 to 1; zero where it is not given
	News       *News             // nil where the entry is not from a news sitemap
	Alternates map[string]string // URLs of translations by hreflang; nil where there are none
}

// News is what a news sitemap says about an article.
type News struct {
	Publication string
	Language    string
	Published   article.Date
	Title       string
	Keywords    []string
}

// Summary is what was read.
type Summary struct {
	Kind      Kind
	Entries   int  // as handed out: without what is listed twice and what is no web address
	Truncated bool // the file breaks off, or meets a limit
}

// Read reads the sitemap that was found at a URL, and hands its entries to each, in their order, until that returns false.
// A file that breaks off is no error; only that of r is, apart from io.ErrUnexpectedEOF. What was read before it counts.
func Read(r io.Reader, url string, each func(Entry) bool) (Summary, error) {
	src := newSource(r)
	d := &document{base: url, host: host(url), each: each, seen: map[string]struct{}{}}
	d.Kind = None
	s := &scanner{src: src}
	if src.isXML() {
		d.label = src.label()
		d.read(s)
	} else {
		d.readText(s)
	}
	if !d.stopped {
		src.drain()
	}
	d.Truncated = d.Truncated || src.cut || s.failed != nil && !d.ended && !d.stopped && d.Kind != None
	if src.err != nil && !errors.Is(src.err, io.ErrUnexpectedEOF) {
		d.Truncated = true
		return d.Summary, fmt.Errorf("sitemap %s: %w", url, src.err)
	}
	return d.Summary, nil
}

// add hands out an entry. It returns false if the reading is over.
func (d *document) add(e Entry) bool {
	if d.listed++; d.listed > maxListed {
		d.Truncated, d.stopped = true, true
		return false
	}
	loc, err := weburl.Resolve(d.base, e.Loc)
	if err != nil || e.Sitemap && loc == d.base {
		return true
	}
	if _, ok := d.seen[loc]; ok {
		return true
	}
	if d.Entries == MaxEntries {
		d.Truncated, d.stopped = true, true
		return false
	}
	d.seen[loc] = struct{}{}
	e.Loc, e.CrossHost = loc, host(loc) != d.host
	d.Entries++
	d.stopped = !d.each(e)
	return !d.stopped
}

// host is the host with its port of a URL that weburl.Resolve has made.
func host(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest
}
