package feed

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"dateline/pkg/dates"
	"dateline/services/fetcher/markup"
)

// text reads a text construct (RFC 4287, 3.1) whose type is standard where the element does not say.
func (r *reader) text(e *markup.Element, standard string) Text {
	t := Text{Type: textType(e.Attr("type"), standard), Lang: e.Lang, Base: e.Base, Src: e.Resolve(e.Attr("src"))}
	if e.HasElements() {
		r.inline(&t, e)
		return t
	}
	t.value = e.Text()
	if strings.EqualFold(e.Attr("mode"), "base64") || isBinary(t.Type) {
		if decoded, ok := fromBase64(t.value); ok {
			t.value = decoded
			if looksLikeHTML(decoded) && t.Type != TypePlain {
				t.Type = TypeHTML
			}
		}
	}
	t.value = repaired(t.value)
	switch t.Type {
	case TypeHTML:
		t.markup = true
	case TypeXHTML: // escaped, or text alone
		if t.markup = strings.Contains(t.value, "<"); !t.markup {
			t.Type = TypePlain
		}
	case TypePlain:
		if !r.atom && looksLikeHTML(t.value) {
			t.Type, t.markup = TypeHTML, true
		}
	default: // whoever takes XML for markup must not be misled
		t.markup = strings.Contains(t.value, "<") && (!strings.HasPrefix(t.Type, "text/") || strings.HasSuffix(t.Type, "xml"))
	}
	return t
}

// inline reads a text that has elements in it, which makes it markup whatever it says.
func (r *reader) inline(t *Text, e *markup.Element) {
	t.markup = true
	only := soleDiv(e)
	switch {
	case only != nil && t.Type == TypeHTML && !only.HasElements(): // escaped, in a wrapper
		t.value = only.Text()
		return
	case only != nil && r.atom && t.Type == TypeXHTML: // the wrapper is no part of the text (RFC 4287, 3.1.1.3)
		t.value = strings.TrimSpace(only.Inner())
		t.Base, t.Lang = only.Base, only.Lang
		return
	case t.Type == TypePlain || t.Type == TypeHTML:
		t.Type = TypeXHTML
	}
	t.value = strings.TrimSpace(e.Inner())
}

// soleDiv is the <div> that holds all there is in e, or nil.
func soleDiv(e *markup.Element) *markup.Element {
	var div *markup.Element
	for c := range e.Children {
		if div != nil || c.Name != "xhtml:div" && c.Name != "div" {
			return nil
		}
		div = c
	}
	if div == nil || len(e.Text()) != len(div.Text()) { // text beside it
		return nil
	}
	return div
}

func textType(declared, standard string) string {
	declared, _, _ = strings.Cut(strings.ToLower(declared), ";")
	switch declared = strings.TrimSpace(declared); declared {
	case "":
		return standard
	case "text", "plain":
		return TypePlain
	case "html":
		return TypeHTML
	case "xhtml":
		return TypeXHTML
	}
	return declared
}

// isBinary reports whether content of a media type is in base64 (RFC 4287, 4.1.3.3).
func isBinary(mediaType string) bool {
	kind, sub, ok := strings.Cut(mediaType, "/")
	return ok && kind != "text" && kind != "message" && sub != "xml" && !strings.HasSuffix(sub, "+xml") && !strings.HasSuffix(sub, "/xml") && !strings.HasSuffix(sub, "json")
}

func fromBase64(s string) (string, bool) {
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil || !utf8.Valid(b) {
		return "", false
	}
	return strings.TrimSpace(string(b)), true
}

// url is the absolute URL that an attribute holds, or else the element's text.
func url(e *markup.Element, attrs ...string) string {
	for _, name := range attrs {
		if v := e.Attr(name); v != "" {
			return e.Resolve(v)
		}
	}
	return e.Resolve(e.Text())
}

// read takes a date; one that cannot be read does not take the place of one that could.
func (d *Date) read(raw string) {
	if raw == "" {
		return
	}
	value, err := dates.Parse(raw)
	if err != nil && d.Raw != "" {
		return
	}
	value.Raw = ""
	*d = Date{Raw: raw, Value: value}
}

// number is a whole number, or 0.
func number(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// link reads a link of any format.
func (a *About) link(e *markup.Element) {
	l := Link{
		URL: url(e, "href", "rdf:resource"), Rel: strings.ToLower(e.Attr("rel")), Type: strings.ToLower(e.Attr("type")),
		Title: e.Attr("title"), Language: e.Attr("hreflang"), Length: e.Attr("length"),
	}
	l.Rel = strings.TrimPrefix(first(l.Rel, "alternate"), "http://www.iana.org/assignments/relation/")
	if l.Type == "" {
		l.Type = TypeHTML
		if l.Rel == "self" || l.Rel == "next" || l.Rel == "prev-archive" {
			l.Type = "application/atom+xml"
		}
	}
	addLink(a, l)
}

func addLink(a *About, l Link) {
	if l.URL != "" && len(a.Links) < maxList {
		a.Links = append(a.Links, l)
	}
}

// person reads a person construct (RFC 4287, 3.2), or a name and an address in one text.
func person(e *markup.Element) Person {
	if !e.HasElements() {
		p := personOf(e.Text())
		p.URL = e.Resolve(e.Attr("uri"))
		return p
	}
	var p Person
	for c := range e.Children {
		switch c.Name {
		case "name", "itunes:name", "foaf:name":
			p.Name = first(p.Name, c.Text())
		case "email", "itunes:email":
			p.Email = first(p.Email, c.Text())
		case "uri", "url", "homepage":
			p.URL = first(p.URL, url(c))
		}
	}
	if p == (Person{}) {
		return personOf(e.Text())
	}
	if p.Email == "" && strings.Contains(p.Name, "@") {
		named := personOf(p.Name)
		named.URL = p.URL
		return named
	}
	return p
}

// personOf takes "Name (address)", "address (Name)" and "Name <address>" apart.
func personOf(s string) Person {
	at := strings.IndexByte(s, '@')
	if at < 0 {
		return Person{Name: s}
	}
	start, end := at, at+1
	for start > 0 && isAddress(s[start-1]) {
		start--
	}
	for end < len(s) && isAddress(s[end]) && s[end] != '+' {
		end++
	}
	email := strings.Trim(s[start:end], ".")
	if host := email[strings.IndexByte(email, '@')+1:]; email[0] == '@' || !strings.Contains(host, ".") {
		return Person{Name: s}
	}
	before, after := strings.TrimSpace(s[:start]), strings.TrimSpace(s[end:])
	before = strings.TrimSuffix(before, "mailto:")
	name := strings.TrimSpace(strings.Trim(strings.TrimRight(before, "(<[")+" "+strings.TrimLeft(after, ")>]"), " \t\n"))
	if strings.HasPrefix(name, "(") && strings.HasSuffix(name, ")") {
		name = name[1 : len(name)-1]
	}
	return Person{Name: strings.TrimSpace(strings.Trim(name, `"`)), Email: email}
}

func isAddress(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte(".-_+%", c) >= 0
}

func addPerson(persons []Person, p Person) []Person {
	if p == (Person{}) || len(persons) >= maxList {
		return persons
	}
	for _, known := range persons {
		if known == p {
			return persons
		}
	}
	return append(persons, p)
}

func addCategory(a *About, c Category) {
	if c.Term == "" && c.Label == "" || len(a.Categories) >= maxList {
		return
	}
	for _, known := range a.Categories {
		if known == c || known.Term == c.Term && known.Scheme == c.Scheme {
			return
		}
	}
	a.Categories = append(a.Categories, c)
}
