package sitemap

import (
	"bytes"
	"strconv"
	"strings"

	"dateline/pkg/article"
	"dateline/pkg/dates"
	"dateline/pkg/weburl"
)

// document is the reading of one file.
type document struct {
	Summary
	base, host string
	each       func(Entry) bool
	seen       map[string]struct{} // locs
	listed     int
	related    int
	label      string // declared encoding
	stopped    bool   // by each, or by the limit of entries
	ended      bool   // the root element did, so nothing is missing

	root     element
	prefix   string // of root
	prefixes map[string]space
	elements map[string]element // by name as written, as far as prefixes tell
	inner    element            // of an entry, with a default namespace of its own, as <news xmlns="…">
	innerNS  space

	open       bool // an entry is
	entry      Entry
	guid       string // of a feed's item, where it is a URL
	published  article.Date
	field      field // that text goes to
	fieldOf    element
	value      []byte
	lastRaw    string // entries often have the same date
	lastParsed article.Date
}

const (
	maxValue     = 8 << 10 // bytes of a field
	maxProlog    = 1 << 10 // tags before the root; warnings of programs have a few
	maxPrefixes  = 32      // declared by one file
	maxElements  = 100     // names that are remembered
	maxLanguages = 100     // of an entry
	maxKeywords  = 100     // of an entry
)

// read reads XML.
func (d *document) read(s *scanner) {
	if !d.findRoot(s) {
		return
	}
	for {
		switch t := s.next(); t.kind {
		case end:
			return
		case text:
			d.take(unescape(t.text))
		case cdata:
			d.take(t.text)
		case startTag:
			d.start(t)
		case emptyTag:
			d.start(t)
			d.close(d.element(t.name))
		case endTag:
			d.close(d.element(t.name))
		}
		if d.ended || d.stopped {
			return
		}
	}
}

// findRoot passes over what comes before the root element, and tells whether there is one of a sitemap.
func (d *document) findRoot(s *scanner) bool {
	for range maxProlog {
		t := s.next()
		if t.kind == end {
			return false
		}
		if t.kind != startTag && t.kind != emptyTag {
			continue
		}
		prefix, local := split(t.name)
		switch local {
		case "urlset":
			d.Kind = URLSet
		case "sitemapindex":
			d.Kind = Index
		case "rss", "feed", "rdf":
			d.Kind = Feed
		case "html", "head", "body":
			return false
		default:
			continue
		}
		d.prefixes, d.prefix = map[string]space{"": own, prefix: own}, prefix
		d.elements = map[string]element{}
		d.declare(t.attrs)
		d.root = element{own, local}
		d.ended = t.kind == emptyTag
		return !d.ended
	}
	return false
}

func (d *document) start(t token) {
	byDefault, declares := d.declare(t.attrs)
	e := d.element(t.name)
	if declares && byDefault != unknown && d.open && d.inner.local == "" && bytes.IndexByte(t.name, ':') < 0 {
		d.innerNS, d.inner = byDefault, element{byDefault, e.local}
		e = d.inner
	}
	if e.space == own && d.begins(e.local) {
		d.emit() // whose end was forgotten
		d.begin(e.local == "sitemap")
		return
	}
	if !d.open {
		return
	}
	if e.local == "link" {
		switch {
		case e.space == xhtml:
			d.alternate(t.attrs)
			return
		case d.Kind == Feed && (e.space == own || e.space == atom) && attr(t.attrs, "href") != nil:
			d.feedLink(t.attrs)
			return
		}
	}
	known := fields
	if d.Kind == Feed {
		known = feedFields
	}
	f := known[e]
	if f == guid && bytes.EqualFold(attr(t.attrs, "isPermaLink"), []byte("false")) {
		f = none
	}
	if f == none {
		return
	}
	d.finish(d.fieldOf) // whose end was forgotten
	d.field, d.fieldOf, d.value = f, e, d.value[:0]
}

// begins tells whether an entry does with an element.
func (d *document) begins(local string) bool {
	if d.Kind == Feed {
		return local == "item" || local == "entry"
	}
	return local == "url" || local == "sitemap"
}

func (d *document) begin(isSitemap bool) {
	d.open, d.field, d.inner = true, none, element{}
	d.entry, d.guid, d.published = Entry{Sitemap: isSitemap}, "", article.Date{}
}

func (d *document) close(e element) {
	if e == d.inner {
		d.inner = element{}
	}
	switch {
	case e.space == own && d.begins(e.local):
		d.emit()
	case e == d.root:
		d.emit()
		d.ended = true
	default:
		d.finish(e)
	}
}

// take adds text to the field that is open.
func (d *document) take(b []byte) {
	if d.field != none && len(d.value) <= maxValue {
		d.value = append(d.value, b[:min(len(b), maxValue+1)]...)
	}
}

// finish ends a field. The first of a kind counts.
func (d *document) finish(e element) {
	f := d.field
	if f == none || e != d.fieldOf {
		return
	}
	d.field = none
	v := d.decode(d.value)
	if v == "" || len(v) > maxValue {
		return
	}
	set := func(s *string) {
		if *s == "" {
			*s = v
		}
	}
	if f >= newsName && f <= newsKeywords && d.entry.News == nil {
		d.entry.News = &News{}
	}
	switch f {
	case loc:
		set(&d.entry.Loc)
	case guid:
		set(&d.guid)
	case lastMod:
		d.date(&d.entry.LastMod, v)
	case published:
		d.date(&d.published, v)
	case changeFreq:
		set(&d.entry.ChangeFreq)
	case priority:
		if p, err := strconv.ParseFloat(v, 64); err == nil && p >= 0 && p <= 1 {
			d.entry.Priority = p
		}
	case newsName:
		set(&d.entry.News.Publication)
	case newsLanguage:
		set(&d.entry.News.Language)
	case newsTitle:
		set(&d.entry.News.Title)
	case newsDate:
		d.date(&d.entry.News.Published, v)
	case newsKeywords:
		for word := range strings.SplitSeq(v, ",") {
			if word = strings.TrimSpace(word); word != "" && len(d.entry.News.Keywords) < maxKeywords {
				d.entry.News.Keywords = append(d.entry.News.Keywords, word)
			}
		}
	}
}

// date reads one. What cannot be read is left out.
func (d *document) date(to *article.Date, v string) {
	if !to.Time.IsZero() {
		return
	}
	if v != d.lastRaw {
		d.lastRaw = v
		d.lastParsed, _ = dates.Parse(v)
	}
	*to = d.lastParsed
}

// alternate takes <xhtml:link rel="alternate" hreflang="de" href="…"/>.
func (d *document) alternate(attrs []byte) {
	lang := d.decode(attr(attrs, "hreflang"))
	if d.related++; d.related > maxRelated || lang == "" || !bytes.EqualFold(attr(attrs, "rel"), []byte("alternate")) || len(d.entry.Alternates) == maxLanguages {
		return
	}
	href, err := weburl.Resolve(d.base, d.decode(unescape(attr(attrs, "href"))))
	if err != nil {
		return
	}
	if d.entry.Alternates == nil {
		d.entry.Alternates = map[string]string{}
	}
	if _, ok := d.entry.Alternates[lang]; !ok {
		d.entry.Alternates[lang] = href
	}
}

// feedLink takes <link href="…"/>, as Atom has it.
func (d *document) feedLink(attrs []byte) {
	if rel := attr(attrs, "rel"); d.entry.Loc == "" && (rel == nil || bytes.EqualFold(rel, []byte("alternate"))) {
		d.entry.Loc = d.decode(unescape(attr(attrs, "href")))
	}
}

// emit hands out the entry that is open.
func (d *document) emit() {
	if !d.open {
		return
	}
	d.finish(d.fieldOf)
	d.open, d.inner = false, element{}
	if d.Kind == Feed {
		if d.entry.Loc == "" && isWeb(d.guid) {
			d.entry.Loc = d.guid
		}
		if d.entry.LastMod.Time.IsZero() {
			d.entry.LastMod = d.published
		}
	}
	if d.entry.Loc != "" {
		d.add(d.entry)
	}
}
