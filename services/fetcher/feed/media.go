package feed

import (
	"strconv"
	"strings"

	"dateline/services/fetcher/markup"
)

// media takes an element of Media RSS; it is false of others. What is not about one of the entry's media is about all.
func (r *reader) media(n *Entry, of *Media, e *markup.Element) bool {
	switch e.Name {
	case "media:group":
		var group Media
		from := len(n.Media)
		for c := range e.Children {
			if !n.category(c) {
				r.media(n, &group, c)
			}
		}
		if len(n.Media) == from && group.hasAny() {
			n.Media = append(n.Media, Media{})
		}
		group.apply(n.Media[from:])
		if of.Title.IsZero() {
			of.Title = group.Title
		}
		if of.Description.IsZero() {
			of.Description = group.Description
		}
	case "media:content":
		m := Media{URL: e.Resolve(first(e.Attr("url"), e.Attr("href"))), Type: e.Attr("type"), Medium: e.Attr("medium"), Width: number(e.Attr("width")), Height: number(e.Attr("height")), Size: e.Attr("filesize"), Duration: e.Attr("duration")}
		for c := range e.Children {
			if !n.category(c) {
				r.mediaDetail(&m, c)
			}
		}
		if len(n.Media) < maxList {
			n.Media = append(n.Media, m)
		}
	default:
		return r.mediaDetail(of, e)
	}
	return true
}

func (r *reader) mediaDetail(m *Media, e *markup.Element) bool {
	switch e.Name {
	case "media:title":
		m.Title = r.text(e, TypePlain)
	case "media:description", "media:text":
		if m.Description.IsZero() {
			m.Description = r.text(e, TypePlain)
		}
	case "media:credit":
		if name := e.Text(); name != "" && len(m.Credits) < maxList {
			m.Credits = append(m.Credits, Credit{Name: name, Role: e.Attr("role")})
		}
	case "media:copyright":
		m.Copyright = e.Text()
	case "media:thumbnail":
		if at := url(e, "url", "href"); at != "" && len(m.Thumbnails) < maxList {
			m.Thumbnails = append(m.Thumbnails, Image{URL: at, Width: number(e.Attr("width")), Height: number(e.Attr("height"))})
		}
	case "media:player":
		m.Player = url(e, "url", "href")
	default:
		return false
	}
	return true
}

func (m *Media) hasAny() bool {
	return m.Player != "" || m.Copyright != "" || len(m.Thumbnails) > 0 || len(m.Credits) > 0 || !m.Title.IsZero() || !m.Description.IsZero()
}

// apply gives media what was said of all of them and not of each. Without any, pictures and players that stand alone are one.
func (m *Media) apply(media []Media) []Media {
	if len(media) == 0 && (m.Player != "" || len(m.Thumbnails) > 0) {
		return []Media{*m}
	}
	for i := range media {
		to := &media[i]
		if to.Title.IsZero() {
			to.Title = m.Title
		}
		if to.Description.IsZero() {
			to.Description = m.Description
		}
		if to.Credits == nil {
			to.Credits = m.Credits
		}
		if to.Thumbnails == nil {
			to.Thumbnails = m.Thumbnails
		}
		to.Copyright, to.Player = first(to.Copyright, m.Copyright), first(to.Player, m.Player)
	}
	return media
}

// podcast takes an element of Apple's; it is false of others.
func (a *About) podcast(e *markup.Element) bool {
	name, ok := strings.CutPrefix(e.Name, "itunes:")
	if !ok {
		return false
	}
	p := a.Podcast
	if p == nil {
		p = &Podcast{}
	}
	value := e.Text()
	switch name {
	case "block":
		p.Block = strings.EqualFold(value, "yes")
	case "explicit":
		switch strings.ToLower(value) {
		case "yes", "true", "explicit":
			p.Explicit = new(bool)
			*p.Explicit = true
		case "no", "false", "clean":
			p.Explicit = new(bool)
		}
	case "duration":
		p.Duration = value
	case "episode":
		p.Episode = value
	case "season":
		p.Season = value
	case "type", "episodetype":
		p.Type = value
	default:
		return false
	}
	a.Podcast = p
	return true
}

func (n *Entry) chapters(e *markup.Element) {
	for c := range e.Children {
		if c.Name != "psc:chapter" || len(n.Chapters) >= maxList {
			continue
		}
		start := c.Attr("start")
		n.Chapters = append(n.Chapters, Chapter{Start: start, Seconds: playTime(start), Title: c.Attr("title"), URL: c.Resolve(c.Attr("href")), Image: c.Resolve(c.Attr("image"))})
	}
}

// playTime is the seconds of a normal play time: 12.5, 02:24, 1:02:24.000 (RFC 2326, 3.6).
func playTime(s string) float64 {
	total := 0.0
	for part := range strings.SplitSeq(s, ":") {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || n < 0 || n > 1e9 {
			return 0
		}
		total = total*60 + n
	}
	return total
}
