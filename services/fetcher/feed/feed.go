// Package feed reads web feeds: RSS 0.90 to 2.0 and RDF, Atom 0.3 and 1.0, CDF and JSON Feed, with the extensions that news
// feeds have. It reads what can be read: a feed is no feed only if nothing of it can be. It knows nothing of fetching or of
// queues.
package feed

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"dateline/pkg/charset"
	"dateline/services/fetcher/markup"
)

// Bounds of what is taken from a feed; Feed.Truncated tells that one was met. Package markup has those of a text and of depth.
const (
	MaxBytes   = 10 << 20
	MaxEntries = 5000
	maxList    = 200 // links, categories, persons, media and the like of one entry
)

// head is how much of a document shows whether it is a feed.
const head = 16 << 10

// ErrNoFeed means that a document is none.
var ErrNoFeed = errors.New("the document is no feed")

// Parse reads a feed that was fetched from a URL. Of the header, Content-Type, Content-Location (which relative URLs count
// from) and Content-Language matter; it may be nil. Its error is ErrNoFeed, wrapped, or one of package charset.
func Parse(feedURL string, header http.Header, body []byte) (*Feed, error) {
	d, err := charset.DecodeXML(body[:min(len(body), MaxBytes)], header.Get("Content-Type"))
	if err != nil {
		return nil, fmt.Errorf("feed %s: %w", feedURL, err)
	}
	doc := modern(d.Text)
	base := feedURL
	if at := markup.Resolve(base, header.Get("Content-Location")); header.Get("Content-Location") != "" && isWeb(at) {
		base = at
	}
	var f *Feed
	switch {
	case isJSON(doc, header.Get("Content-Type")):
		f = parseJSON(doc, base)
	case isXML(doc):
		f = parseXML(doc, base, header.Get("Content-Language"))
	}
	if f == nil {
		return nil, fmt.Errorf("feed %s: %w", feedURL, ErrNoFeed)
	}
	return f, nil
}

// Looks tells from a document's start whether it is a feed. What the server calls it does not count, unless it calls it a JSON
// Feed: feeds come as text/html, and pages as application/xml.
func Looks(contentType string, body []byte) bool {
	d, err := charset.DecodeXML(body[:min(len(body), head)], contentType)
	return err == nil && (isJSON(d.Text, contentType) || isXML(d.Text))
}

// isXML looks for a feed's root element. What stands before it, such as a script's warnings, does not matter, unless it is a
// page's beginning.
func isXML(doc string) bool {
	s := markup.NewScanner(doc[:min(len(doc), head)])
	first := true
	for {
		switch s.Next() {
		case markup.EOF:
			return false
		case markup.Text:
			first = first && strings.Trim(s.Text(), " \t\r\n\ufeff") == ""
		case markup.Start:
			name := strings.ToLower(s.Name())
			if _, local, ok := strings.Cut(name, ":"); ok {
				name = local
			}
			if roots[name] && (first || name != "channel" && announced(s.Attrs())) && !s.Broken() {
				return true
			}
			if name == "html" || name == "head" || name == "body" {
				return false
			}
			first = false
		}
	}
}

var roots = set("rss rdf feed channel")

// announced reports whether a root element says by its attributes that it is one.
func announced(attrs []markup.Attr) bool {
	return slices.ContainsFunc(attrs, func(a markup.Attr) bool {
		return strings.EqualFold(a.Name, "version") || len(a.Name) >= 5 && strings.EqualFold(a.Name[:5], "xmlns")
	})
}

// isWeb reports whether a URL is of the web.
func isWeb(url string) bool {
	return len(url) > 8 && (strings.EqualFold(url[:7], "http://") || strings.EqualFold(url[:8], "https://"))
}
