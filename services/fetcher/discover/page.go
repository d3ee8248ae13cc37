package discover

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"dateline/pkg/charset"
	"dateline/pkg/weburl"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds of what is taken from a page.
const (
	maxScan  = 1 << 20 // bytes that are looked at: what matters stands in the head
	maxLinks = 100     // of a kind
	maxTitle = 300     // bytes
)

// Page is what a page says about itself and its feeds. URLs are absolute.
type Page struct {
	Feeds     []Link // those of comments last
	Hubs      []string
	Self      string
	Canonical string // as the page has it: one that leads to the home page is a mistake of many templates
	AMP       string
	Refresh   *Refresh
}

// Link is a feed that a page links.
type Link struct {
	URL   string
	Type  string // as declared, in lower case and without parameters; may be empty
	Title string
	Weak  bool // it only looks like one, by the address or the words of an ordinary link
}

// Refresh is a meta refresh, or the header of that name.
type Refresh struct {
	Seconds int
	URL     string // "" for the same page again, which is no redirect
}

// ReadPage reads what an HTML page that was found at a URL, and its header, say: Link (RFC 8288) and Refresh headers, link
// and meta elements wherever they stand, and ordinary links to feeds where there are no others. Whether a feed is one, its
// document tells.
func ReadPage(pageURL string, header http.Header, body []byte) Page {
	p := reader{base: pageURL}
	p.header(header)
	d, err := charset.Decode(body[:min(len(body), maxScan)], header.Get("Content-Type"))
	if err == nil { // nothing can be said of a page in an encoding that is not read
		p.html(d.Text)
	}
	p.resolve()
	return p.page
}

// reader collects references, which wait for the page's base to be known.
type reader struct {
	page  Page
	base  string
	based bool
	links []reference

	anchor *reference // being read
	weak   []reference
}

// reference is a link or an ordinary one, not resolved.
type reference struct {
	rel, typ, href, title string
	base                  string // "" for the page's
}

func (p *reader) header(h http.Header) {
	for _, line := range h.Values("Link") {
		for _, l := range parseLinks(line) {
			l.base = p.base // that of the page itself does not count (RFC 8288, 3.2)
			p.link(l)
		}
	}
	if v := h.Get("Refresh"); v != "" {
		p.refresh(v)
	}
}

func (p *reader) html(text string) {
	z := html.NewTokenizer(strings.NewReader(text))
	z.SetMaxBuf(maxScan)
	for {
		switch z.Next() {
		case html.ErrorToken:
			p.anchored()
			return
		case html.TextToken:
			if p.anchor != nil && p.anchor.title == "" {
				p.anchor.title = strings.TrimSpace(string(z.Text()))
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); atom.Lookup(name) == atom.A {
				p.anchored()
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			switch tag := atom.Lookup(name); tag {
			case atom.Noscript: // read as markup: nobody here runs scripts
				z.NextIsNotRawText()
			case atom.Base, atom.Link, atom.Meta, atom.A:
				attrs := map[string]string{}
				for more {
					var key, value []byte
					key, value, more = z.TagAttr()
					if k := string(key); attrs[k] == "" {
						attrs[k] = string(value)
					}
				}
				p.element(tag, attrs)
			}
		}
	}
}

func (p *reader) element(tag atom.Atom, attrs map[string]string) {
	switch tag {
	case atom.Base:
		if href, ok := attrs["href"]; ok && !p.based {
			if at, err := weburl.Resolve(p.base, href); err == nil {
				p.base, p.based = at, true
			}
		}
	case atom.Link:
		p.link(reference{rel: attrs["rel"], typ: attrs["type"], href: attrs["href"], title: attrs["title"]})
	case atom.Meta:
		if strings.EqualFold(strings.TrimSpace(attrs["http-equiv"]), "refresh") {
			p.refresh(attrs["content"])
		}
	case atom.A:
		p.anchored()
		if href := attrs["href"]; href != "" {
			p.anchor = &reference{href: href, title: strings.TrimSpace(attrs["title"])}
		}
	}
}

// anchored ends an ordinary link, whose address and words are now known.
func (p *reader) anchored() {
	if a := p.anchor; a != nil && len(p.weak) < maxLinks && (feedPath(a.href) || feedWords(a.title)) {
		p.weak = append(p.weak, *a)
	}
	p.anchor = nil
}

func (p *reader) link(l reference) {
	if len(p.links) < 10*maxLinks && strings.TrimSpace(l.href) != "" {
		p.links = append(p.links, l)
	}
}

// resolve sorts the references, whose base is now known.
func (p *reader) resolve() {
	at := func(l reference) string {
		base := l.base
		if base == "" {
			base = p.base
		}
		s, err := weburl.Resolve(base, feedScheme(strings.TrimSpace(l.href)))
		if err != nil {
			return ""
		}
		return s
	}
	first := func(to *string, l reference) {
		if *to == "" {
			*to = at(l)
		}
	}
	feed := func(l reference, weak bool) {
		to := at(l)
		if to == "" || len(p.page.Feeds) == maxLinks || slices.ContainsFunc(p.page.Feeds, func(f Link) bool { return f.URL == to }) {
			return
		}
		p.page.Feeds = append(p.page.Feeds, Link{URL: to, Type: mediaType(l.typ), Title: clip(strings.Join(strings.Fields(l.title), " ")), Weak: weak})
	}
	for _, l := range p.links {
		rels := strings.Fields(strings.ToLower(l.rel))
		has := func(rel string) bool { return slices.Contains(rels, rel) }
		switch {
		case has("hub"):
			if to := at(l); to != "" && len(p.page.Hubs) < maxLinks && !slices.Contains(p.page.Hubs, to) {
				p.page.Hubs = append(p.page.Hubs, to)
			}
		case has("self"):
			first(&p.page.Self, l)
		case has("canonical"):
			first(&p.page.Canonical, l)
		case has("amphtml"):
			first(&p.page.AMP, l)
		case has("feed"), has("alternate") && !has("stylesheet") && feedTypes[mediaType(l.typ)]:
			feed(l, false)
		}
	}
	if len(p.page.Feeds) == 0 {
		for _, l := range p.weak {
			feed(l, true)
		}
	}
	slices.SortStableFunc(p.page.Feeds, func(a, b Link) int { return a.comments() - b.comments() })
}

// comments is 1 for feeds of readers' comments, else 0.
func (l Link) comments() int {
	u, err := url.Parse(l.URL)
	if err == nil && strings.Contains(u.Path, "/comments/") || strings.Contains(strings.ToLower(l.Title), "comments feed") {
		return 1
	}
	return 0
}

// feedTypes are the types by which feeds are declared. Those that say no more than XML or JSON are used for other things
// too: the document has to be looked at.
var feedTypes = map[string]bool{
	"application/rss+xml": true, "application/atom+xml": true, "application/rdf+xml": true, "application/feed+json": true,
	"application/x-rss+xml": true, "application/rss": true, "application/atom": true, "text/rss+xml": true, "text/rss": true, "text/atom+xml": true,
	"application/xml": true, "text/xml": true, "application/json": true,
}

func mediaType(s string) string {
	s, _, _ = strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(s))
}

// feedScheme replaces the pseudo-scheme of feed://example.com/f and feed:https://example.com/f.
func feedScheme(href string) string {
	if len(href) < 5 || !strings.EqualFold(href[:5], "feed:") {
		return href
	}
	rest := href[5:]
	if strings.HasPrefix(rest, "//") {
		return "http:" + rest
	}
	return rest
}

// feedPath tells an address that feeds have by convention.
func feedPath(href string) bool {
	path, _, _ := strings.Cut(strings.ToLower(href), "#")
	path, _, _ = strings.Cut(path, "?")
	path = strings.TrimSuffix(path, "/")
	name := path[strings.LastIndexByte(path, '/')+1:]
	switch name {
	case "feed", "feeds", "rss", "atom", "rss.php", "feed.json":
		return strings.Contains(path, "/")
	}
	stem, isXML := strings.CutSuffix(name, ".xml")
	return strings.HasSuffix(name, ".rss") || strings.HasSuffix(name, ".atom") || strings.HasSuffix(name, ".rdf") ||
		isXML && (strings.Contains(stem, "rss") || strings.Contains(stem, "feed") || strings.Contains(stem, "atom"))
}

// feedWords tells words that links to feeds have.
func feedWords(words string) bool {
	switch strings.ToLower(words) {
	case "rss", "rss feed", "rss-feed", "atom", "atom feed", "feed", "xml feed", "rss 2.0":
		return true
	}
	return false
}

// refresh reads "5; url='/new'" and the other forms that browsers take (HTML, shared declarative refresh steps). The first
// that can be read counts.
func (p *reader) refresh(s string) {
	s = strings.TrimLeft(s, " \t\r\n\f")
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(s)
	}
	seconds, err := strconv.Atoi(s[:end])
	if p.page.Refresh != nil || err != nil && !strings.HasPrefix(s, ".") {
		return
	}
	s = strings.TrimLeft(s[end:], "0123456789.")
	r := &Refresh{Seconds: seconds}
	if rest := strings.TrimLeft(s, " \t\r\n\f"); rest != "" {
		if rest == s && rest[0] != ';' && rest[0] != ',' {
			return
		}
		if rest[0] == ';' || rest[0] == ',' {
			rest = strings.TrimLeft(rest[1:], " \t\r\n\f")
		}
		if len(rest) >= 3 && strings.EqualFold(rest[:3], "url") {
			if after, ok := strings.CutPrefix(strings.TrimLeft(rest[3:], " \t\r\n\f"), "="); ok {
				rest = strings.TrimLeft(after, " \t\r\n\f")
			}
		}
		if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
			rest, _, _ = strings.Cut(rest[1:], rest[:1])
		}
		if rest = strings.TrimSpace(rest); rest != "" {
			to, err := weburl.Resolve(p.base, rest)
			if err != nil {
				return
			}
			r.URL = to
		}
	}
	p.page.Refresh = r
}

// clip cuts a title between runes.
func clip(s string) string {
	if len(s) <= maxTitle {
		return s
	}
	return string(bytes.ToValidUTF8([]byte(s[:maxTitle]), nil))
}
