package feed

import (
	"strings"

	"dateline/services/fetcher/markup"
)

// about takes an element that means the same in feeds, entries and sources; it is false of others.
func (r *reader) about(a *About, e *markup.Element) bool {
	switch e.Name {
	case "title", "dc:title":
		if a.Title.IsZero() {
			a.Title = r.text(e, TypePlain)
		}
	case "subtitle", "tagline", "itunes:subtitle":
		if e.Name != "itunes:subtitle" || a.Subtitle.IsZero() {
			a.Subtitle = r.text(e, TypePlain)
		}
	case "link":
		a.link(e)
	case "id":
		a.ID = first(a.ID, identifier(e))
	case "dc:identifier":
		a.ID = first(a.ID, e.Text())
	case "language", "dc:language":
		a.Language = first(strings.ReplaceAll(e.Text(), "_", "-"), a.Language)
	case "author", "dc:author", "dc:creator", "itunes:author", "managingeditor":
		a.Authors = addPerson(a.Authors, person(e))
	case "contributor", "dc:contributor":
		a.Contributors = addPerson(a.Contributors, person(e))
	case "dc:publisher", "publisher", "webmaster", "itunes:owner":
		a.Publishers = addPerson(a.Publishers, person(e))
	case "rights", "copyright", "dc:rights":
		if a.Rights.IsZero() {
			a.Rights = r.text(e, TypePlain)
		}
	case "cc:license", "creativecommons:license":
		a.License = first(a.License, url(e, "rdf:resource"))
	case "generator":
		a.Generator = Generator{Name: e.Text(), Version: e.Attr("version"), URL: e.Resolve(first(e.Attr("uri"), e.Attr("url")))}
	case "admin:generatoragent":
		a.Generator.URL = first(a.Generator.URL, e.Resolve(e.Attr("rdf:resource")))
	case "image", "itunes:image", "itunes:link":
		a.image(e)
	case "icon":
		a.Icon = first(a.Icon, url(e, "href"))
	case "logo":
		a.Logo = first(a.Logo, url(e, "href"))
	case "thr:in-reply-to":
		a.reply(e)
	default:
		return a.date(e) || a.category(e) || a.place(e) || a.podcast(e)
	}
	return true
}

// identifier is an id. It is opaque, but one that is a path only is no identifier elsewhere, and so made absolute.
func identifier(e *markup.Element) string {
	id := e.Text()
	if strings.HasPrefix(id, "/") {
		return e.Resolve(id)
	}
	return id
}

func (a *About) date(e *markup.Element) bool {
	switch e.Name {
	case "pubdate", "published", "issued", "dcterms:issued":
		a.Published.read(e.Text())
	case "updated", "modified", "lastbuilddate", "dcterms:modified":
		a.Updated.read(e.Text())
	case "dc:date":
		a.Date.read(e.Text())
	case "created", "dcterms:created":
		a.Created.read(e.Text())
	case "expirationdate", "dcterms:expires":
		a.Expires.read(e.Text())
	case "dcterms:valid":
		a.valid(e.Text())
	default:
		return false
	}
	return true
}

// valid reads a period (DCMI Period Encoding Scheme): start=...; end=...; scheme=W3C-DTF.
func (a *About) valid(period string) {
	for part := range strings.SplitSeq(period, ";") {
		name, value, _ := strings.Cut(part, "=")
		switch strings.TrimSpace(name) {
		case "start":
			a.ValidFrom.read(strings.TrimSpace(value))
		case "end":
			a.ValidTo.read(strings.TrimSpace(value))
		}
	}
}

// Schemes of categories that do not say theirs.
const (
	itunesScheme = "http://www.itunes.com/"
	mediaScheme  = "http://search.yahoo.com/mrss/category_schema"
)

func (a *About) category(e *markup.Element) bool {
	switch e.Name {
	case "category", "dc:subject", "tag":
		c := Category{Term: e.Attr("term"), Scheme: first(e.Attr("scheme"), e.Attr("domain")), Label: e.Attr("label")}
		if c.Term == "" {
			c.Term = e.Text()
		}
		addCategory(a, c)
	case "media:category":
		addCategory(a, Category{Term: e.Text(), Scheme: first(e.Attr("scheme"), mediaScheme), Label: e.Attr("label")})
	case "itunes:category":
		term := e.Attr("text")
		if term == "" && !e.HasElements() {
			term = e.Text()
		}
		addCategory(a, Category{Term: term, Scheme: itunesScheme})
		for c := range e.Children { // there are two levels of them
			if c.Name == e.Name {
				addCategory(a, Category{Term: c.Attr("text"), Scheme: itunesScheme})
			}
		}
	case "keywords", "tags", "media:keywords", "itunes:keywords":
		scheme := ""
		if e.Name == "itunes:keywords" {
			scheme = itunesScheme
		}
		for word := range strings.SplitSeq(e.Text(), ",") {
			addCategory(a, Category{Term: strings.TrimSpace(word), Scheme: scheme})
		}
	default:
		return false
	}
	return true
}

func (a *About) image(e *markup.Element) {
	if e.Name == "itunes:link" && e.Attr("rel") != "image" {
		return
	}
	i := Image{URL: e.Resolve(first(e.Attr("href"), e.Attr("url"), e.Attr("rdf:resource")))}
	for c := range e.Children {
		switch c.Name {
		case "url":
			i.URL = url(c)
		case "title":
			i.Title = c.Text()
		case "link":
			i.Link = url(c, "href")
		case "width":
			i.Width = number(c.Text())
		case "height":
			i.Height = number(c.Text())
		case "description":
			i.Description = c.Text()
		}
	}
	if i.URL == "" && !e.HasElements() && e.Text() != "" {
		i.URL = url(e)
	}
	if i != (Image{}) && (a.Image == nil || a.Image.URL == "" || e.Name == "itunes:image" && i.URL != "") {
		if a.Image != nil && i.Title == "" { // what the feed says elsewhere of its image
			i.Title, i.Link = a.Image.Title, a.Image.Link
		}
		a.Image = &i
	}
}

func (a *About) reply(e *markup.Element) {
	if len(a.InReplyTo) < maxList {
		a.InReplyTo = append(a.InReplyTo, Reply{Ref: e.Attr("ref"), URL: e.Resolve(e.Attr("href")), Type: e.Attr("type"), Source: e.Resolve(e.Attr("source"))})
	}
}

// extend keeps an element that has no meaning here.
func (a *About) extend(e *markup.Element) {
	x := Extension{Name: e.Name, Value: e.Text()}
	for _, attr := range e.Attrs {
		if strings.HasPrefix(attr.Name, "xml") { // of xml: itself, and declarations
			continue
		}
		if x.Attributes == nil {
			x.Attributes = map[string]string{}
		}
		x.Attributes[attr.Name] = strings.TrimSpace(attr.Value)
	}
	if len(a.Extensions) < maxList && (x.Value != "" || x.Attributes != nil) {
		a.Extensions = append(a.Extensions, x)
	}
}
