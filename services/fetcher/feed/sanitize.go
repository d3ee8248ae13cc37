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
	room := markup.Room(4<<10 + 4*len(s))
	return policy.Sanitize(absolute(undeclared(s), base, &room, forgotten))
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

// absolute makes the URLs in markup absolute, and changes nothing else of it, except that a tag which never ends, as a
// quotation mark was forgotten, ends with its first ">".
func absolute(s, base string, room *markup.Room, forgotten int) string {
	if !strings.Contains(s, "=") { // no attributes
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	read := 0 // bytes of s
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		kind := z.Next()
		raw := string(z.Raw()) // the token's own bytes change as it is read
		switch kind {
		case html.ErrorToken:
			b.WriteString(mended(s[read:], base, room, forgotten))
			return b.String()
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			changed := false
			for i, a := range token.Attr {
				if !linking[a.Key] {
					continue
				}
				if resolved := room.Resolve(base, strings.TrimRight(a.Val, "\"'")); resolved != a.Val {
					token.Attr[i].Val = resolved
					changed = true
				}
			}
			read += len(raw)
			if changed {
				raw = token.String()
			}
			b.WriteString(raw)
		default:
			read += len(raw)
			b.WriteString(raw)
		}
	}
}

// forgotten is how many quotation marks are put back: there are two kinds, and a tag that lacks one runs into all that follow.
const forgotten = 2

// mended is the end of markup, which begins with a tag that never ends, with a quotation mark before its first ">".
func mended(rest, base string, room *markup.Room, forgotten int) string {
	end := strings.IndexByte(rest, '>')
	if end < 0 || forgotten == 0 {
		return ""
	}
	quote := byte(0)
	for _, c := range []byte(rest[:end]) {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	if quote == 0 {
		return ""
	}
	return absolute(rest[:end]+string(quote)+rest[end:], base, room, forgotten-1)
}
