package feed

import (
	"strings"
	"time"

	"dateline/services/fetcher/markup"
)

// entry reads an item or entry.
func (r *reader) entry(e *markup.Element) Entry {
	n := Entry{}
	n.Language = e.Lang
	n.ID = strings.TrimSpace(e.Attr("rdf:about"))
	r.cdf(&n.About, e)
	var (
		permalink string
		of        Media // what is said of the entry's media as a whole
	)
	for c := range e.Children {
		switch c.Name {
		case "guid":
			if n.ID = guid(c); !strings.EqualFold(c.Attr("ispermalink"), "false") && isWeb(n.ID) {
				permalink = n.ID
			}
		case "description", "abstract", "dc:description", "itunes:summary":
			n.summary(r.text(c, TypeHTML))
		case "summary":
			n.summary(r.text(c, TypePlain))
		case "content:encoded", "fullitem", "prodlink", "body":
			n.content(r.text(c, TypeHTML))
		case "xhtml:body":
			n.content(r.text(c, TypeXHTML))
		case "content":
			n.content(r.text(c, TypePlain))
		case "enclosure":
			n.enclose(Enclosure{URL: url(c, "url", "href"), Type: c.Attr("type"), Length: c.Attr("length")})
		case "source":
			n.Source = r.source(c)
		case "comments":
			n.Comments = url(c)
		case "wfw:comment":
			n.CommentsAPI = url(c)
		case "wfw:commentrss":
			n.CommentsFeed = url(c)
		case "slash:comments", "thr:total":
			n.CommentCount = number(c.Text())
		case "feedburner:origlink":
			n.OriginalLink = url(c)
		case "psc:chapters":
			n.chapters(c)
		default:
			if !r.about(&n.About, c) && !r.media(&n, &of, c) {
				n.extend(c)
			}
		}
	}
	n.Media = of.apply(n.Media)
	n.conclude(permalink, of)
	return n
}

// conclude fills what the entry says in other places.
func (n *Entry) conclude(permalink string, of Media) {
	for _, l := range n.Links {
		switch {
		case l.Rel == "enclosure":
			n.enclose(Enclosure{URL: l.URL, Type: l.Type, Length: l.Length, Title: l.Title})
		case l.Rel == "license":
			n.License = first(n.License, l.URL)
		case l.Rel == "replies":
			n.CommentsFeed = first(n.CommentsFeed, l.URL)
		}
	}
	n.Link = alternate(n.Links)
	if n.Link == "" && permalink != "" {
		n.Link, n.IDIsLink = permalink, true
	}
	if n.Title.IsZero() {
		n.Title = of.Title
	}
	if n.Summary.IsZero() {
		n.Summary = of.Description
	}
}

// guid is an RSS item's identifier, which is a URL unless it says otherwise.
func guid(e *markup.Element) string {
	if strings.EqualFold(e.Attr("ispermalink"), "false") {
		return e.Text()
	}
	return identifier(e)
}

// summary takes a summary; a second one that says something else is content.
func (n *Entry) summary(t Text) {
	switch {
	case n.Summary.IsZero():
		n.Summary = t
	case n.Summary.value != t.value:
		n.content(t)
	}
}

func (n *Entry) content(t Text) {
	if !t.IsZero() && len(n.Content) < maxList {
		n.Content = append(n.Content, t)
	}
}

func (n *Entry) enclose(x Enclosure) {
	if x.URL != "" && len(n.Enclosures) < maxList {
		n.Enclosures = append(n.Enclosures, x)
	}
}

// source reads Atom's source, which is about a feed as a feed is, and RSS's, which is a name with a URL.
func (r *reader) source(e *markup.Element) *Source {
	s := &Source{URL: e.Resolve(first(e.Attr("url"), e.Attr("href")))}
	if !e.HasElements() {
		s.Title = r.text(e, TypePlain)
		return s
	}
	for c := range e.Children {
		if !r.about(&s.About, c) {
			s.extend(c)
		}
	}
	s.Link = alternate(s.Links)
	for _, l := range s.Links {
		if l.Rel == "self" {
			s.URL = first(s.URL, l.URL)
		}
	}
	return s
}

// Posted is when the entry says that it was published, in UTC; nil where it does not. A mere update is no publication.
func (n *Entry) Posted() *time.Time {
	for _, d := range []Date{n.Published, n.Date} {
		if t := d.Value.Time; !t.IsZero() && t.Year() >= 1 && t.Year() <= 9999 { // JSON has no others
			t = t.UTC()
			return &t
		}
	}
	return nil
}
