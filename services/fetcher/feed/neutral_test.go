package feed

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// neutral brings a feed into the form that ../shared/conformance/feeds/README.md describes.
func neutral(f *Feed, header http.Header) map[string]any {
	feed := neutralAbout(f.About)
	put(feed, "subtitle", f.Subtitle)
	put(feed, "info", f.Info)
	for name, v := range map[string]string{"docs": f.Docs, "self": f.Self, "next": f.Next, "newlocation": f.NewFeedURL} {
		put(feed, name, v)
	}
	if f.TTL > 0 {
		feed["ttl"] = fmt.Sprint(f.TTL)
	}
	if c := f.Cloud; c != nil {
		feed["cloud"] = map[string]any{"domain": c.Domain, "port": c.Port, "path": c.Path, "registerprocedure": c.Procedure, "protocol": c.Protocol}
	}
	if i := f.TextInput; i != nil {
		feed["text_input"] = map[string]any{"title": i.Title, "description": i.Description, "name": i.Name, "link": i.Link}
	}
	if f.Hubs != nil {
		var hubs []any
		for _, h := range f.Hubs {
			hubs = append(hubs, h)
		}
		feed["hubs"] = hubs
	}
	if f.Ended {
		feed["expired"] = true
	}
	entries := []any{}
	for _, e := range f.Entries {
		entries = append(entries, neutralEntry(e))
	}
	doc := map[string]any{"parses": true, "format": f.Format, "feed": feed, "entries": entries}
	h := map[string]any{}
	put(h, "etag", header.Get("ETag"))
	put(h, "last_modified", header.Get("Last-Modified"))
	doc["http"] = h
	return doc
}

func neutralEntry(e Entry) map[string]any {
	m := neutralAbout(e.About)
	put(m, "summary", e.Summary)
	m["id_is_link"] = e.IDIsLink
	var content []any
	for _, t := range e.Content {
		c := map[string]any{"value": t.Value(), "type": t.Type}
		put(c, "lang", t.Lang)
		put(c, "base", t.Base)
		put(c, "src", t.Src)
		content = append(content, c)
	}
	m["content"] = content
	if e.Summary.IsZero() && len(content) > 0 { // feedparser's rule
		put(m, "summary", e.Content[0])
	}
	var enclosures []any
	for _, x := range e.Enclosures {
		enclosures = append(enclosures, map[string]any{"url": x.URL, "type": x.Type, "length": x.Length})
	}
	m["enclosures"] = enclosures
	put(m, "comments", e.Comments)
	ext := m["ext"].(map[string]any)
	put(ext, "wfw_comment", e.CommentsAPI)
	put(ext, "wfw_commentrss", e.CommentsFeed)
	if s := e.Source; s != nil {
		source := neutralAbout(s.About)
		put(source, "href", s.URL)
		m["source"] = source
	}
	var media, thumbnails []any
	for _, x := range e.Media {
		if x.URL != "" {
			media = append(media, map[string]any{"url": x.URL, "type": x.Type, "medium": x.Medium})
		}
		for _, t := range x.Thumbnails {
			thumbnails = append(thumbnails, map[string]any{"url": t.URL})
		}
		if x.Player != "" {
			ext["media_player"] = map[string]any{"url": x.Player}
		}
		if len(x.Credits) > 0 {
			var credits []any
			for _, c := range x.Credits {
				credits = append(credits, map[string]any{"content": c.Name, "role": c.Role})
			}
			ext["media_credit"] = credits
		}
	}
	ext["media_content"], ext["media_thumbnail"] = media, thumbnails
	if e.Chapters != nil {
		var chapters []any
		for _, c := range e.Chapters {
			chapters = append(chapters, map[string]any{"start": c.Start, "start_parsed": c.Seconds, "title": c.Title, "href": c.URL})
		}
		ext["psc_chapters"] = map[string]any{"chapters": chapters}
	}
	return m
}

func neutralAbout(a About) map[string]any {
	m := map[string]any{}
	for name, t := range map[string]Text{"title": a.Title, "subtitle": a.Subtitle, "rights": a.Rights} {
		put(m, name, t)
	}
	for name, v := range map[string]string{"link": a.Link, "id": a.ID, "language": a.Language, "license": a.License, "icon": a.Icon, "logo": a.Logo, "generator": a.Generator.Name, "generator_name": a.Generator.Name, "generator_url": a.Generator.URL, "generator_version": a.Generator.Version} {
		put(m, name, v)
	}
	updated := a.Updated
	if updated.Raw == "" {
		updated = a.Date
	}
	for name, d := range map[string]Date{"updated": updated, "published": a.Published, "created": a.Created, "expired": a.Expires, "validity_start": a.ValidFrom, "validity_end": a.ValidTo} {
		put(m, name+"_raw", d.Raw)
		if !d.Value.Time.IsZero() {
			m[name] = d.Value.Time.UTC().Format(time.RFC3339)
		}
	}
	links := []any{}
	for _, l := range a.Links {
		links = append(links, map[string]any{"href": l.URL, "rel": l.Rel, "type": l.Type, "title": l.Title, "hreflang": l.Language, "length": l.Length})
	}
	m["links"] = links
	for name, persons := range map[string][]Person{"author": a.Authors, "contributor": a.Contributors, "publisher": a.Publishers} {
		all := []any{}
		for _, p := range persons {
			person := map[string]any{}
			put(person, "name", p.Name)
			put(person, "email", p.Email)
			put(person, "url", p.URL)
			all = append(all, person)
		}
		m[name+"s"] = all
		if len(persons) > 0 {
			p := persons[len(persons)-1]
			display := p.Name
			if p.Email != "" && display != "" {
				display += " (" + p.Email + ")"
			}
			put(m, name, first(display, p.Email))
		}
	}
	tags := []any{}
	for _, c := range a.Categories {
		tags = append(tags, map[string]any{"term": c.Term, "scheme": c.Scheme, "label": c.Label})
	}
	m["tags"] = tags
	if i := a.Image; i != nil {
		image := map[string]any{"url": i.URL, "title": i.Title, "link": i.Link, "description": i.Description}
		if i.Width > 0 {
			image["width"], image["height"] = i.Width, i.Height
		}
		m["image"] = image
	}
	ext := map[string]any{}
	for _, x := range a.Extensions {
		ext[strings.ReplaceAll(x.Name, ":", "_")] = x.Value
	}
	if p := a.Podcast; p != nil {
		ext["itunes_block"] = 0
		if p.Block {
			ext["itunes_block"] = 1
		}
		if p.Explicit != nil {
			ext["itunes_explicit"] = false
			if *p.Explicit {
				ext["itunes_explicit"] = 1
			}
		}
		put(ext, "itunes_duration", p.Duration)
	}
	if a.InReplyTo != nil {
		r := a.InReplyTo[0]
		ext["thr_in-reply-to"] = map[string]any{"ref": r.Ref, "href": r.URL, "type": r.Type, "source": r.Source}
	}
	if p := a.Place; p != nil {
		var coordinates any = p.Coordinates
		switch p.Type {
		case "Point":
			coordinates = p.Coordinates[0]
		case "Polygon":
			coordinates = [][][2]float64{p.Coordinates}
		}
		ext["where"] = map[string]any{"type": p.Type, "coordinates": coordinates}
	}
	m["ext"] = ext
	return m
}

func put(m map[string]any, name string, v any) {
	switch v := v.(type) {
	case string:
		if v != "" {
			m[name] = v
		}
	case Text:
		if v.IsZero() {
			return
		}
		m[name], m[name+"_type"] = v.Value(), v.Type
		put(m, name+"_lang", v.Lang)
		put(m, name+"_base", v.Base)
	}
}
