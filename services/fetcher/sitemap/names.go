package sitemap

import (
	"bytes"
	"strings"
)

// space is a namespace as far as it matters here.
type space byte

const (
	own space = iota // that of the root, whatever it is called: there are several versions, and many misspellings
	unknown
	foreign // images, videos and the like, whose <loc> is no page
	newsNS
	xhtml
	atom
	dublin // Dublin Core
)

func spaceOf(uri string) space {
	switch uri = strings.ToLower(uri); {
	case strings.Contains(uri, "schemas/sitemap/"):
		return own
	case strings.Contains(uri, "sitemap-news"):
		return newsNS
	case strings.Contains(uri, "schemas/sitemap-"):
		return foreign
	case strings.Contains(uri, "1999/xhtml"):
		return xhtml
	case strings.Contains(uri, "2005/atom"):
		return atom
	case strings.Contains(uri, "purl.org/dc/"):
		return dublin
	}
	return unknown
}

// usual are the prefixes that count where they are not declared.
var usual = map[string]space{"news": newsNS, "xhtml": xhtml, "atom": atom, "dc": dublin}

// element is a name in lower case.
type element struct {
	space space
	local string
}

// field is a part of an entry.
type field byte

const (
	none field = iota
	loc
	lastMod
	changeFreq
	priority
	newsName
	newsLanguage
	newsDate
	newsTitle
	newsKeywords
	guid
	published
)

var fields = map[element]field{
	{own, "loc"}: loc, {own, "lastmod"}: lastMod, {own, "changefreq"}: changeFreq, {own, "priority"}: priority,
	{newsNS, "name"}: newsName, {newsNS, "language"}: newsLanguage, {newsNS, "publication_date"}: newsDate, {newsNS, "title"}: newsTitle, {newsNS, "keywords"}: newsKeywords,
}

var feedFields = map[element]field{
	{own, "link"}: loc, {own, "guid"}: guid, {own, "pubdate"}: published, {own, "published"}: published, {own, "issued"}: published, {dublin, "date"}: published,
	{own, "updated"}: lastMod, {own, "modified"}: lastMod, {atom, "updated"}: lastMod,
}

// split parts a name at its prefix, both in lower case.
func split(name []byte) (prefix, local string) {
	s := strings.ToLower(string(name))
	if prefix, local, ok := strings.Cut(s, ":"); ok {
		return prefix, local
	}
	return "", s
}

// declare notes the namespaces that a tag declares, and returns its default one, if it does.
func (d *document) declare(attrs []byte) (byDefault space, ok bool) {
	if !bytes.Contains(attrs, []byte("xmlns")) {
		return own, false
	}
	for key, value := range attributes(attrs) {
		name := string(key)
		if name == "xmlns" {
			byDefault, ok = spaceOf(string(value)), true
		}
		if prefix, is := strings.CutPrefix(strings.ToLower(name), "xmlns:"); is && prefix != d.prefix && len(d.prefixes) < maxPrefixes {
			d.prefixes[prefix] = spaceOf(string(value))
			clear(d.elements)
		}
	}
	return byDefault, ok
}

// element is what a tag's name means.
func (d *document) element(name []byte) element {
	if d.inner.local != "" && bytes.IndexByte(name, ':') < 0 {
		_, local := split(name)
		return element{d.innerNS, local}
	}
	if e, ok := d.elements[string(name)]; ok {
		return e
	}
	prefix, local := split(name)
	ns, ok := d.prefixes[prefix]
	if !ok {
		if ns, ok = usual[prefix]; !ok {
			ns = unknown
		}
	}
	e := element{ns, local}
	if len(d.elements) < maxElements {
		d.elements[string(name)] = e
	}
	return e
}
