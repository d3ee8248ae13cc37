package feed

import (
	"strings"

	"dateline/services/fetcher/markup"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// policy is what markup of a feed may be: the elements of running text, pictures, tables, links. Nothing runs, has styles or
// is a form. It says nothing of how links are followed: that is up to who shows them.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.UGCPolicy()
	p.RequireNoFollowOnLinks(false)
	p.AllowElements("audio", "video", "source", "track", "picture", "center", "font", "tt", "big", "strike", "span", "menu", "dir", "address")
	p.AllowAttrs("src").OnElements("audio", "video", "source", "track")
	p.AllowAttrs("controls", "height", "width", "type", "kind", "label", "srclang").OnElements("audio", "video", "source", "track")
	p.AllowAttrs("poster").OnElements("video")
	p.AllowAttrs("title", "lang", "dir").Globally()
	p.AllowNoAttrs().OnElements("a", "span", "font", "img")
	p.AllowAttrs("alt").OnElements("img")                 // whatever is in it: it comes out escaped
	p.AllowElementsContent("frame", "frameset", "object") // what is shown in their stead, and the rest where they never end
	return p
}

// sanitize makes markup safe, and the URLs in it absolute.
func sanitize(s, base string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	s = undeclared(s)
	if base != "" {
		s = absolute(s, base)
	}
	return policy.Sanitize(s)
}

// undeclared keeps declarations that are none, and comments that never end, from hiding what comes after them, as they do in
// HTML: such a comment ends with its first ">", and any other "<!" is text.
func undeclared(s string) string {
	i := strings.Index(s, "<!")
	if i < 0 {
		return s
	}
	var b strings.Builder
	endless := false // there is no "-->" in what is left
	for ; i >= 0; i = strings.Index(s, "<!") {
		b.WriteString(s[:i])
		s = s[i:]
		if !strings.HasPrefix(s, "<!--") {
			end := -1
			if len(s) > 9 && strings.EqualFold(s[:9], "<!doctype") {
				end = strings.IndexByte(s[:min(len(s), 300)], '>')
			}
			if end < 0 {
				b.WriteString("&lt;!")
				s = s[2:]
				continue
			}
			s = s[end+1:]
			continue
		}
		end := -1
		if !endless {
			end = strings.Index(s, "-->")
			endless = end < 0
		}
		if end >= 0 {
			s = s[end+3:]
		} else if end = strings.IndexByte(s, '>'); end >= 0 {
			s = s[end+1:]
		} else {
			s = ""
		}
	}
	b.WriteString(s)
	return b.String()
}

// linking are the attributes that hold a URL.
var linking = map[string]bool{
	"href": true, "src": true, "cite": true, "poster": true, "longdesc": true, "action": true, "background": true, "data": true, "usemap": true, "classid": true, "codebase": true, "profile": true,
}

// absolute makes the URLs in markup absolute, and changes nothing else of it.
func absolute(s, base string) string {
	if !strings.Contains(s, "=") { // no attributes
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			b.Write(z.Raw())
			return b.String()
		case html.StartTagToken, html.SelfClosingTagToken:
			raw := string(z.Raw()) // the token's own bytes change as it is read
			token := z.Token()
			changed := false
			for i, a := range token.Attr {
				if !linking[a.Key] {
					continue
				}
				if resolved := markup.Resolve(base, a.Val); resolved != a.Val {
					token.Attr[i].Val = resolved
					changed = true
				}
			}
			if changed {
				raw = token.String()
			}
			b.WriteString(raw)
		default:
			b.Write(z.Raw())
		}
	}
}
