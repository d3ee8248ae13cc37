package feed

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// The types of most texts; others are media types as the feed gives them.
const (
	TypePlain = "text/plain"
	TypeHTML  = "text/html"
	TypeXHTML = "application/xhtml+xml"
)

// Text is a text of a feed. As it may be hostile markup, it is given as plain text and as safe HTML, and in no other way.
type Text struct {
	Type string // TypePlain, TypeHTML, TypeXHTML, or another media type
	Lang string // BCP 47; empty where not said
	Base string // what relative URLs in it count from
	Src  string // where the text is, if not here

	value  string
	markup bool // value is HTML
}

// IsZero reports whether there is no text, and no address of one.
func (t Text) IsZero() bool { return t.value == "" && t.Src == "" }

// Plain is the text that a reader sees, with white space folded.
func (t Text) Plain() string {
	s := t.value
	if t.markup && strings.ContainsAny(s, "<&") {
		s = visible(s)
	}
	return strings.Join(strings.Fields(s), " ")
}

// HTML is the text as HTML without anything that runs, styles or sends, and with absolute URLs.
func (t Text) HTML() string {
	if !t.markup {
		return html.EscapeString(t.value)
	}
	return sanitize(t.value, t.Base)
}

// Value is HTML of what is markup, and the text itself of what is none.
func (t Text) Value() string {
	if t.markup {
		return t.HTML()
	}
	return t.value
}

// MarshalJSON gives Value with its type.
func (t Text) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Type  string `json:"type"`
		Value string `json:"value,omitempty"`
		Lang  string `json:"lang,omitempty"`
		Base  string `json:"base,omitempty"`
		Src   string `json:"src,omitempty"`
	}{t.Type, t.Value(), t.Lang, t.Base, t.Src})
}

// visible drops tags and what scripts and styles hold. A tag that parts lines parts words.
func visible(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	z := html.NewTokenizer(strings.NewReader(undeclared(s)))
	skip := false
	for {
		switch token := z.Next(); token {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if !skip {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style":
				skip = token == html.StartTagToken
			case "a", "abbr", "b", "em", "i", "mark", "q", "small", "span", "strong", "sub", "sup", "u":
			default:
				b.WriteByte(' ')
			}
		}
	}
}

// Clip cuts a text at a number of bytes, between runes.
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.TrimSpace(s[:most])
}
