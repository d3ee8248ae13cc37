// Package feed reads web feeds: RSS, RDF, Atom and JSON Feed. It knows nothing of fetching or of queues, and hides which
// library reads.
package feed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"dateline/pkg/weburl"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// Feed is what a feed says.
type Feed struct {
	Title string
	Items []Item // in the feed's order; at most MaxItems
}

// Item is one entry that has the URL of a page. Texts are plain, with white space folded.
type Item struct {
	URL       string     // absolute
	ID        string     // guid, atom:id or the like; may be empty
	Title     string     // at most 1 KB
	Summary   string     // at most 2 KB
	Authors   []string   // names, at most 10
	Published *time.Time // nil where the feed gives no readable date
}

// Bounds of what is taken from a feed.
const (
	MaxItems   = 1000
	maxID      = 1 << 10 // bytes, as all below
	maxTitle   = 1 << 10
	maxSummary = 2 << 10
	maxAuthor  = 200
	maxAuthors = 10
	maxDepth   = 400 // of nested elements: the library reads them by recursion
)

// ErrNoFeed means that a document is none.
var ErrNoFeed = errors.New("the document is no feed")

// Parse reads a feed that was fetched from a URL, which relative URLs count from; contentType is the HTTP header's. Items
// without a URL are left out.
func Parse(feedURL, contentType string, body []byte) (f *Feed, err error) {
	text := decode(contentType, body)
	if !looks(text) {
		return nil, fmt.Errorf("feed %s: %w", feedURL, ErrNoFeed)
	}
	if tooDeep(text) {
		return nil, fmt.Errorf("feed %s: more than %d elements nested", feedURL, maxDepth)
	}
	read, err := gofeed.NewParser().Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("feed %s: %w", feedURL, err)
	}
	f = &Feed{Title: plain(read.Title, maxTitle)}
	for _, item := range read.Items {
		if len(f.Items) == MaxItems {
			break
		}
		link := address(feedURL, item)
		if link == "" {
			continue
		}
		f.Items = append(f.Items, Item{
			URL: link, ID: clip(strings.TrimSpace(item.GUID), maxID), Title: plain(item.Title, maxTitle),
			Summary: plain(firstText(item.Description, item.Content), maxSummary), Authors: authors(item), Published: published(item),
		})
	}
	return f, nil
}

// address is the item's page: its link, or an id that is one.
func address(base string, item *gofeed.Item) string {
	link := strings.TrimSpace(item.Link)
	if link == "" {
		if u, err := url.Parse(strings.TrimSpace(item.GUID)); err != nil || u.Host == "" {
			return ""
		}
		link = item.GUID
	}
	resolved, err := weburl.Resolve(base, link)
	if err != nil {
		return ""
	}
	return resolved
}

func firstText(a, b string) string {
	if strings.TrimSpace(a) != "" {
		return a
	}
	return b
}

func authors(item *gofeed.Item) []string {
	var names []string
	for _, a := range item.Authors {
		if a == nil {
			continue
		}
		name := plain(a.Name, maxAuthor)
		if name != "" && !slices.Contains(names, name) && len(names) < maxAuthors {
			names = append(names, name)
		}
	}
	return names
}

// published is when the item says it was published. A mere update is no publication.
func published(item *gofeed.Item) *time.Time {
	if item.PublishedParsed == nil || item.PublishedParsed.Year() < 1 || item.PublishedParsed.Year() > 9999 { // JSON has no others
		return nil
	}
	t := item.PublishedParsed.UTC()
	return &t
}

// plain is the text of a piece of HTML, or of plain text, at most a number of bytes.
func plain(s string, most int) string {
	if strings.ContainsAny(s, "<&") {
		s = textOf(s)
	}
	return clip(strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " "), most)
}

// textOf drops tags and what scripts and styles hold. A tag that parts lines parts words.
func textOf(s string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	skip := false
	for {
		switch token := z.Next(); token {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if !skip {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style":
				skip = token == html.StartTagToken
			case "a", "abbr", "b", "em", "i", "mark", "q", "small", "span", "strong", "sub", "sup", "u":
			default:
				b.WriteByte(' ')
			}
		}
	}
}

// clip cuts at a number of bytes, between runes.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.TrimSpace(s[:most])
}

// decode makes a document UTF-8, without byte order mark and XML declaration, whose say in the matter is then over. Bytes that
// are valid UTF-8 are taken for it, whatever is declared.
func decode(contentType string, body []byte) []byte {
	utf16 := bytes.HasPrefix(body, []byte{0xfe, 0xff}) || bytes.HasPrefix(body, []byte{0xff, 0xfe}) || bytes.IndexByte(body[:min(len(body), 64)], 0) >= 0
	if utf16 || !utf8.Valid(body) {
		e, _, certain := charset.DetermineEncoding(body[:min(len(body), 1024)], contentType)
		if name := declared(body); !certain && name != "" {
			if named, _ := charset.Lookup(name); named != nil {
				e = named
			}
		}
		if decoded, err := io.ReadAll(e.NewDecoder().Reader(bytes.NewReader(body))); err == nil {
			body = decoded
		}
	}
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	if bytes.HasPrefix(body, []byte("<?xml")) {
		if end := bytes.Index(body, []byte("?>")); end >= 0 {
			body = bytes.TrimLeft(body[end+2:], " \t\r\n")
		}
	}
	return body
}

// declared is the encoding that an XML declaration names.
func declared(body []byte) string {
	head := body[:min(len(body), 256)]
	end := bytes.Index(head, []byte("?>"))
	if !bytes.HasPrefix(head, []byte("<?xml")) || end < 0 {
		return ""
	}
	_, after, ok := bytes.Cut(head[:end], []byte("encoding="))
	if !ok || len(after) < 2 {
		return ""
	}
	name, _, _ := bytes.Cut(after[1:], after[:1])
	return string(name)
}

// Looks tells from a document's start whether it is a feed. What the server calls it does not count: feeds come as
// text/html, and pages as application/xml.
func Looks(contentType string, body []byte) bool {
	return looks(decode(contentType, body[:min(len(body), 8<<10)]))
}

func looks(text []byte) bool {
	if bytes.HasPrefix(text, []byte("{")) {
		return bytes.Contains(text[:min(len(text), 8<<10)], []byte("jsonfeed.org/version")) ||
			bytes.Contains(text[:min(len(text), 8<<10)], []byte(`jsonfeed.org\/version`))
	}
	for {
		text = bytes.TrimLeft(text, " \t\r\n")
		var end string
		switch {
		case bytes.HasPrefix(text, []byte("<!--")):
			end = "-->"
		case bytes.HasPrefix(text, []byte("<?")):
			end = "?>"
		case bytes.HasPrefix(text, []byte("<!")):
			end = ">"
		default:
			return isRoot(text)
		}
		_, after, ok := bytes.Cut(text, []byte(end))
		if !ok {
			return false
		}
		text = after
	}
}

// isRoot tells whether a feed's root element is next, under any prefix.
func isRoot(text []byte) bool {
	if len(text) == 0 || text[0] != '<' {
		return false
	}
	end := bytes.IndexAny(text, " \t\r\n/>")
	if end < 0 {
		return false
	}
	name := strings.ToLower(string(text[1:end]))
	if _, local, ok := strings.Cut(name, ":"); ok {
		name = local
	}
	return name == "rss" || name == "feed" || name == "rdf"
}

// tooDeep counts nested elements without reading them.
func tooDeep(text []byte) bool {
	depth := 0
	for {
		i := bytes.IndexByte(text, '<')
		if i < 0 {
			return false
		}
		text = text[i:]
		end := ">"
		switch {
		case bytes.HasPrefix(text, []byte("<![CDATA[")):
			end = "]]>"
		case bytes.HasPrefix(text, []byte("<!--")):
			end = "-->"
		}
		j := bytes.Index(text, []byte(end))
		if j < 0 {
			return false
		}
		tag := text[:j]
		text = text[j+len(end):]
		switch first := tag[min(1, len(tag)-1)]; {
		case first == '/':
			depth--
		case first == '!' || first == '?' || tag[len(tag)-1] == '/':
		default:
			depth++
		}
		if depth > maxDepth {
			return true
		}
	}
}
