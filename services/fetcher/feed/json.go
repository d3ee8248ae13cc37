package feed

import (
	"strconv"
	"strings"

	"dateline/pkg/loosejson"
	"dateline/services/fetcher/markup"
)

const jsonType = "application/feed+json"

// isJSON tells a JSON Feed by its version or its media type, or by what else of it is in hardly any other JSON.
func isJSON(doc, contentType string) bool {
	doc = strings.TrimLeft(doc, " \t\r\n\ufeff")
	if !strings.HasPrefix(doc, "{") {
		return false
	}
	doc = doc[:min(len(doc), head)]
	if strings.Contains(doc, "jsonfeed.org/version") || strings.Contains(doc, `jsonfeed.org\/version`) || strings.Contains(contentType, jsonType) {
		return true
	}
	if !strings.Contains(doc, `"items"`) {
		return false
	}
	for _, member := range []string{`"home_page_url"`, `"feed_url"`, `"content_html"`, `"content_text"`} {
		if strings.Contains(doc, member) {
			return true
		}
	}
	return false
}

// object is an object of JSON. Where a member has a wrong type, it is taken for what it can be, or is not there.
type object map[string]any

func asObject(v any) object {
	m, _ := v.(map[string]any)
	return m
}

func (o object) objects(name string) []object {
	switch v := o[name].(type) {
	case map[string]any: // one, and the list was forgotten
		return []object{v}
	case []any:
		var all []object
		for _, e := range v {
			if m := asObject(e); m != nil {
				all = append(all, m)
			}
		}
		return all
	}
	return nil
}

func (o object) str(name string) string { return str(o[name]) }

func str(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func (o object) url(name string, from *origin) string {
	return from.room.Resolve(from.base, o.str(name))
}

// origin is what relative URLs count from.
type origin struct {
	base string
	room markup.Room
}

// parseJSON reads a JSON Feed 1.0 or 1.1 (jsonfeed.org/version/1.1). It is nil where the document is no object.
func parseJSON(doc, base string) *Feed {
	values := loosejson.Read(doc)
	if len(values) == 0 {
		return nil
	}
	o := asObject(values[0])
	if o == nil {
		return nil
	}
	f := &Feed{Format: "json", Entries: []Entry{}, Truncated: !strings.HasSuffix(strings.TrimSpace(doc), "}")}
	if _, version, ok := strings.Cut(o.str("version"), "jsonfeed.org/version/"); ok {
		f.Format = "json " + version[:min(len(version), 3)]
		if !strings.Contains(version, ".") { // 1.0 calls itself 1
			f.Format = "json 1.0"
		}
	}
	from := &origin{base, markup.MaxResolved}
	home := o.url("home_page_url", from)
	f.Self, f.Next = o.url("feed_url", from), o.url("next_url", from)
	if at := first(f.Self, home); isWeb(at) && !isWeb(base) {
		from.base = at
	}
	f.Language = o.str("language")
	f.Title = Text{Type: TypePlain, value: o.str("title"), Base: from.base, Lang: f.Language}
	f.Subtitle = Text{Type: TypePlain, value: o.str("description"), Base: from.base, Lang: f.Language}
	f.Info = Text{Type: TypePlain, value: o.str("user_comment"), Base: from.base, Lang: f.Language}
	addLink(&f.About, Link{URL: home, Rel: "alternate", Type: TypeHTML})
	addLink(&f.About, Link{URL: f.Self, Rel: "self", Type: jsonType})
	addLink(&f.About, Link{URL: f.Next, Rel: "next", Type: jsonType})
	f.Link = home
	f.Authors = authors(o, from)
	f.Icon = o.url("favicon", from)
	if at := o.url("icon", from); at != "" {
		f.Image = &Image{URL: at}
	}
	f.Ended, _ = o["expired"].(bool)
	for _, hub := range o.objects("hubs") {
		if at := hub.url("url", from); at != "" && len(f.Hubs) < maxList {
			f.Hubs = append(f.Hubs, at)
		}
	}
	for _, item := range o.objects("items") {
		if len(f.Entries) == MaxEntries {
			f.Truncated = true
			break
		}
		f.Entries = append(f.Entries, jsonEntry(item, from, f.Language))
	}
	f.Truncated = f.Truncated || from.room == 0
	return f
}

// authors reads version 1.1's list and version 1's single author, which writers mix.
func authors(o object, from *origin) []Person {
	var all []Person
	for _, name := range []string{"authors", "author"} {
		if s, ok := o[name].(string); ok {
			all = addPerson(all, Person{Name: strings.TrimSpace(s)})
		}
		for _, a := range o.objects(name) {
			all = addPerson(all, Person{Name: a.str("name"), URL: a.url("url", from), Image: a.url("avatar", from)})
		}
		if all != nil {
			break
		}
	}
	return all
}

func jsonEntry(o object, from *origin, lang string) Entry {
	n := Entry{}
	n.Language = first(o.str("language"), lang)
	text := func(kind, value string) Text {
		return Text{Type: kind, Lang: n.Language, Base: from.base, value: clipText(value), markup: kind == TypeHTML}
	}
	n.ID = o.str("id")
	if at := o.url("url", from); at != "" {
		n.Link = at
		addLink(&n.About, Link{URL: at, Rel: "alternate", Type: TypeHTML})
	}
	n.ExternalURL = o.url("external_url", from)
	if n.Link == "" && isWeb(n.ID) {
		n.Link, n.IDIsLink = n.ID, true
	}
	n.Title = text(TypePlain, o.str("title"))
	n.Summary = text(TypePlain, o.str("summary"))
	n.content(text(TypeHTML, o.str("content_html")))
	n.content(text(TypePlain, o.str("content_text")))
	if at := o.url("image", from); at != "" {
		n.Image = &Image{URL: at}
	}
	if at := o.url("banner_image", from); at != "" {
		n.Media = append(n.Media, Media{URL: at, Medium: "image"})
	}
	n.Published.read(o.str("date_published"))
	n.Updated.read(o.str("date_modified"))
	n.Authors = authors(o, from)
	tags, _ := o["tags"].([]any)
	for _, tag := range tags {
		addCategory(&n.About, Category{Term: str(tag)})
	}
	if s, ok := o["tags"].(string); ok {
		addCategory(&n.About, Category{Term: s})
	}
	for _, a := range o.objects("attachments") {
		n.enclose(Enclosure{URL: a.url("url", from), Type: a.str("mime_type"), Length: a.str("size_in_bytes"), Title: a.str("title"), Duration: a.str("duration_in_seconds")})
	}
	return n
}

func clipText(s string) string {
	if len(s) <= markup.MaxText {
		return s
	}
	return Clip(s, markup.MaxText)
}
