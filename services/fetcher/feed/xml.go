package feed

import (
	"strings"

	"dateline/services/fetcher/markup"
)

// spaces are the namespaces that have a meaning here, in lower case, with the prefixes that this package knows them by.
var spaces = map[string]string{
	"http://www.w3.org/2005/atom": "", "http://purl.org/atom/ns#": "", "http://purl.org/atom/app#": "app", "http://www.w3.org/2007/app": "app",
	"http://example.com/newformat#": "", "http://example.com/necho": "", "http://purl.org/echo/": "", "uri/of/echo/namespace#": "", "http://purl.org/pie/": "",
	"http://purl.org/rss/1.0/": "", "http://purl.org/net/rss1.1#": "", "http://my.netscape.com/rdf/simple/0.9/": "", "http://channel.netscape.com/rdf/simple/0.9/": "",
	"http://backend.userland.com/rss": "", "http://backend.userland.com/rss2": "", "http://blogs.law.harvard.edu/tech/rss": "", "http://cyber.law.harvard.edu/rss": "",
	"http://backend.userland.com/rss2.1": "", "http://backend.userland.com/rss091": "", "http://backend.userland.com/rss092": "", "http://backend.userland.com/rss20": "",
	"http://my.netscape.com/publish/formats/rss-0.91.dtd": "",
	"http://www.w3.org/1999/02/22-rdf-syntax-ns#":         "rdf", "http://www.w3.org/xml/1998/namespace": "xml", "http://www.w3.org/1999/xhtml": "xhtml", "http://www.w3.org/1999/xlink": "xlink",
	"http://purl.org/dc/elements/1.1/": "dc", "http://purl.org/dc/elements/1.0/": "dc", "http://purl.org/dc/terms/": "dcterms",
	"http://purl.org/rss/1.0/modules/content/": "content", "http://purl.org/rss/1.0/modules/syndication/": "sy", "http://purl.org/rss/1.0/modules/slash/": "slash",
	"http://purl.org/rss/1.0/modules/link/": "l", "http://webns.net/mvcb/": "admin", "http://purl.org/syndication/thread/1.0": "thr", "http://purl.org/syndication/history/1.0": "fh",
	"http://wellformedweb.org/commentapi/": "wfw", "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
	"http://web.resource.org/cc/": "cc", "http://creativecommons.org/ns#": "cc", "http://backend.userland.com/creativecommonsrssmodule": "creativecommons", "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativecommons",
	"http://search.yahoo.com/mrss/": "media", "http://search.yahoo.com/mrss": "media", "http://video.search.yahoo.com/mrss": "media", "http://video.search.yahoo.com/mrss/": "media", "http://tools.search.yahoo.com/mrss/": "media",
	"http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes", "http://example.com/dtds/podcast-1.0.dtd": "itunes", "http://podlove.org/simple-chapters": "psc",
	"http://www.georss.org/georss": "georss", "http://www.opengis.net/gml": "gml", "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
}

// reader is a feed in XML as it is being read.
type reader struct {
	*markup.Reader
	feed *Feed
	atom bool // texts say of what type they are
}

// parseXML reads a feed of any XML format. Elements are taken for what they are called, whatever format the root element
// announces, as feeds mix them; so there is one reading of each name.
func parseXML(doc, base, lang string) *Feed {
	f := &Feed{Entries: []Entry{}}
	r := &reader{
		Reader: markup.NewReader(doc, markup.Options{Base: base, Lang: contentLanguage(lang), Spaces: spaces, Flat: []string{"item", "entry"}}), feed: f,
	}
	f.Language = contentLanguage(lang)
	for e := r.Next(); e != nil; e = r.Next() {
		local := e.Name
		if _, after, ok := strings.Cut(local, ":"); ok {
			local = after
		}
		switch {
		case f.Format == "" && roots[local]:
			r.root(e, local)
		case f.Format == "": // before the root
		case e.Name == "channel":
			r.channel(e)
		case e.Name == "redirect":
		case e.Name == "item" || e.Name == "entry":
			if len(f.Entries) == MaxEntries {
				f.Truncated = true
				r.finish()
				return f
			}
			r.Fill(e)
			f.Entries = append(f.Entries, r.entry(e))
		case e.Depth > 1:
			r.Fill(e)
			r.element(e)
		}
	}
	f.Truncated = r.Truncated()
	r.finish()
	return f
}

// contentLanguage is the first language of a Content-Language header.
func contentLanguage(header string) string {
	first, _, _ := strings.Cut(header, ",")
	return strings.TrimSpace(first)
}

func (r *reader) root(e *markup.Element, local string) {
	f := r.feed
	version := e.Attr("version")
	switch local {
	case "rss":
		f.Format = "rss"
		switch {
		case strings.HasPrefix(version, "2."), version == "2":
			f.Format = "rss 2.0"
		case strings.HasPrefix(version, "0.9"), version == "1.0":
			f.Format = "rss " + version[:min(len(version), 4)]
		}
	case "rdf":
		f.Format = "rss 1.0"
		switch {
		case declares(e, "/rdf/simple/0.9"):
			f.Format = "rss 0.90"
		case declares(e, "purl.org/net/rss1.1"):
			f.Format = "rss 1.1"
		}
	case "feed":
		r.atom = true
		f.Format = "atom"
		switch {
		case declares(e, "www.w3.org/2005/atom"):
			f.Format = "atom 1.0"
		case strings.HasPrefix(version, "0."):
			f.Format = "atom " + version[:min(len(version), 3)]
		case declares(e, "purl.org/atom/ns#"):
			f.Format = "atom 0.3"
		}
	case "channel":
		f.Format = "cdf"
		r.channel(e)
	}
	if e.Lang != "" {
		f.Language = e.Lang
	} else if lang := e.Attr("lang"); lang != "" {
		f.Language = lang
	}
}

// declares reports whether e declares a namespace that holds a piece of text.
func declares(e *markup.Element, piece string) bool {
	for _, a := range e.Attrs {
		if strings.HasPrefix(a.Name, "xmlns") && strings.Contains(strings.ToLower(a.Value), piece) {
			return true
		}
	}
	return false
}

// channel takes what a channel's tag says, as those of CDF and RDF do.
func (r *reader) channel(e *markup.Element) {
	r.cdf(&r.feed.About, e)
	if lang := e.Lang; lang != "" && r.feed.Language == "" {
		r.feed.Language = lang
	}
	if e.Attr("rdf:about") != "" && r.feed.ID == "" {
		r.feed.ID = e.Attr("rdf:about")
	}
}

// cdf takes the attributes that say in CDF what elements say elsewhere.
func (r *reader) cdf(a *About, e *markup.Element) {
	addLink(a, Link{URL: e.Resolve(e.Attr("href")), Rel: "alternate", Type: TypeHTML})
	if at := e.Attr("lastmod"); at != "" {
		a.Updated.read(at)
	}
}

// finish concludes from the whole what no element says alone.
func (r *reader) finish() {
	f := r.feed
	f.Link = alternate(f.Links)
	for _, l := range f.Links {
		switch l.Rel {
		case "self":
			f.Self = first(f.Self, l.URL)
		case "hub":
			if len(f.Hubs) < maxList {
				f.Hubs = append(f.Hubs, l.URL)
			}
		case "next":
			f.Next = first(f.Next, l.URL)
		case "prev-archive":
			f.PrevArchive = first(f.PrevArchive, l.URL)
		}
	}
}

// first is the first that is not empty.
func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// alternate is the first link to a page.
func alternate(links []Link) string {
	other := ""
	for _, l := range links {
		if l.Rel != "alternate" {
			continue
		}
		if l.Type == TypeHTML || l.Type == TypeXHTML {
			return l.URL
		}
		other = first(other, l.URL)
	}
	return other
}
