package feed

import (
	"regexp"
	"slices"
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
	p.AllowAttrs("alt").OnElements("img") // whatever is in it: it comes out escaped
	allowDrawings(p)
	p.AllowElementsContent("frame", "frameset", "object") // what is shown in their stead, and the rest where they never end
	return p
}

// foreign are the namespaces of the two languages that HTML takes in, whose tags carry them here, so that the markup is the same
// to those who read it as XML.
var foreign = map[string]string{"svg": "http://www.w3.org/2000/svg", "math": "http://www.w3.org/1998/Math/MathML"}

var (
	drawn   = strings.Fields("svg g path circle ellipse rect line polyline polygon text tspan desc defs")
	formula = strings.Fields("math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mtd mstyle mpadded mphantom menclose mfenced semantics")
	shapes  = strings.Fields("width height viewbox preserveaspectratio version baseprofile x y x1 y1 x2 y2 dx dy cx cy r rx ry d points transform opacity fill-opacity fill-rule stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-dasharray font-size font-weight text-anchor")
	layout  = strings.Fields("display displaystyle mathvariant stretchy fence separator separators open close lspace rspace accent accentunder linethickness columnalign rowspan columnspan notation width")
)

// allowDrawings allows the inert part of SVG and MathML: shapes and formulas, which link to nothing and hold no HTML. As no
// element is allowed anywhere whose content is not markup, text cannot become markup by being read in the other language.
func allowDrawings(p *bluemonday.Policy) {
	p.AllowNoAttrs().OnElements(slices.Concat(drawn, formula)...)
	p.AllowAttrs("xmlns").Matching(regexp.MustCompile("^("+foreign["svg"]+"|"+foreign["math"]+")$")).OnElements("svg", "math")
	p.AllowAttrs(shapes...).Matching(regexp.MustCompile(`^[\w\s.,%()+-]*$`)).OnElements(drawn...)
	p.AllowAttrs("fill", "stroke").Matching(regexp.MustCompile(`^(#?[\w-]+|rgba?\([\d\s.,%]+\))$`)).OnElements(drawn...)
	p.AllowAttrs(layout...).Matching(regexp.MustCompile(`^[\w\s.,%(){}|\[\];+-]*$`)).OnElements(formula...)
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

// absolute makes the URLs in markup absolute and its drawings say what they are. It changes nothing else, except that a tag
// which never ends, as a quotation mark was forgotten, ends with its first ">".
func absolute(s, base string, room *markup.Room, forgotten int) string {
	if !strings.Contains(s, "=") && !strings.Contains(s, "<svg") && !strings.Contains(s, "<math") { // neither attributes nor drawings
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
			changed, space := false, foreign[token.Data]
			for i, a := range token.Attr {
				if a.Key == "xmlns" {
					space = ""
				}
				if !linking[a.Key] {
					continue
				}
				if resolved := room.Resolve(base, strings.TrimRight(a.Val, "\"'")); resolved != a.Val {
					token.Attr[i].Val = resolved
					changed = true
				}
			}
			if space != "" {
				token.Attr = append(token.Attr, html.Attribute{Key: "xmlns", Val: space})
				changed = true
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
