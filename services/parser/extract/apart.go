package extract

import (
	"strconv"
	"strings"
)

// apart is a page's text in pieces, without what its tree has no use for: what is in comments, styles, scripts and drawings. Of
// real pages that is more than half of the bytes. Of a script its number in scripts is left.
type apart struct {
	pieces  []string
	scripts []string
}

// setApart reads tags as HTML's tokenizer does, which x/net/html follows. Where what is to be left out might mean something
// else (a script with a comment in it, anything in svg), or does not end, it stays.
func setApart(text string) apart {
	var a apart
	from := 0 // of the piece at hand
	leave := func(start, end int) {
		a.pieces = append(a.pieces, text[from:start])
		from = end
	}
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '<')
		if i < 0 {
			break
		}
		at += i
		rest := text[at:]
		if strings.HasPrefix(rest, "<!--") {
			n := commentEnd(rest)
			if n < 0 {
				break
			}
			if inside := rest[len("<!--"):n]; strings.HasSuffix(inside, "-->") {
				leave(at+len("<!--"), at+n-len("-->"))
			}
			at += n
			continue
		}
		closing := strings.HasPrefix(rest, "</")
		name := tagName(rest[1:])
		if closing {
			name = tagName(rest[2:])
		}
		if name == "" {
			if !closing && !strings.HasPrefix(rest, "<!") && !strings.HasPrefix(rest, "<?") {
				at++
				continue
			}
			n := strings.IndexByte(rest, '>') // of a declaration or what is taken for a comment
			if n < 0 {
				break
			}
			at += n
			continue
		}
		n := tagEnd(rest)
		if n < 0 {
			break
		}
		at += n
		if after := rest[1+len(name):]; closing || !blankByte(after[0]) && after[0] != '/' && after[0] != '>' { // its name goes on
			continue
		}
		name = strings.ToLower(name)
		if !opaque[name] {
			continue
		}
		n = endTag(text[at:], name)
		if n < 0 {
			break
		}
		if inside := text[at : at+n]; n > 0 && needless(name, inside) {
			leave(at, at+n)
			if name == "script" {
				a.pieces = append(a.pieces, strconv.Itoa(len(a.scripts)))
				a.scripts = append(a.scripts, inside)
			}
		}
		at += n
	}
	a.pieces = append(a.pieces, text[from:])
	return a
}

// needless reports whether what is in an opaque element can be left out, and the tree around it stays as it is.
func needless(name, inside string) bool {
	switch name {
	case "script", "style":
		return !strings.Contains(inside, "<!--") // in which a script may hold end tags of its own
	case "noscript", "iframe":
		return true
	case "svg":
		return draws(inside)
	}
	return false
}

// draws reports whether what is in an svg element is drawing alone: other elements may end it, or hold HTML.
func draws(inside string) bool {
	for at := 0; ; {
		i := strings.IndexByte(inside[at:], '<')
		if i < 0 {
			return true
		}
		at += i + 1
		rest := strings.TrimPrefix(inside[at:], "/")
		if name := tagName(rest); !drawing[name] || len(name) == len(rest) || !blankByte(rest[len(name)]) && rest[len(name)] != '/' && rest[len(name)] != '>' {
			return false
		}
		n := tagEnd(inside[at-1:])
		if n < 0 {
			return false
		}
		at += n - 1
	}
}

// drawing are elements of SVG that are in no other vocabulary.
var drawing = map[string]bool{
	"path": true, "g": true, "use": true, "circle": true, "rect": true, "polygon": true, "polyline": true, "line": true, "ellipse": true, "defs": true, "symbol": true,
	"clipPath": true, "mask": true, "linearGradient": true, "radialGradient": true, "stop": true, "filter": true, "feOffset": true, "animate": true, "pattern": true, "text": true, "tspan": true,
}

// script is what a script of the tree held.
func (a *apart) script(left string) string {
	if n, err := strconv.Atoi(left); err == nil && n >= 0 && n < len(a.scripts) {
		return a.scripts[n]
	}
	return left
}

// opaque are the elements in which tags are text, and svg and math, in which they may be.
var opaque = map[string]bool{
	"script": true, "style": true, "title": true, "textarea": true, "xmp": true, "iframe": true, "noembed": true, "noframes": true, "noscript": true, "plaintext": true,
	"svg": true, "math": true,
}

// commentEnd is the length of the comment that s starts with, negative where it does not end (WHATWG HTML, 13.2.5.43 to 52).
func commentEnd(s string) int {
	const open = len("<!--")
	if rest := s[open:]; strings.HasPrefix(rest, ">") {
		return open + 1
	} else if strings.HasPrefix(rest, "->") {
		return open + 2
	}
	for at := open; ; {
		i := strings.Index(s[at:], "--")
		if i < 0 {
			return -1
		}
		at += i
		if after := s[at+2:]; strings.HasPrefix(after, ">") {
			return at + 3
		} else if strings.HasPrefix(after, "!>") {
			return at + 4
		}
		at++
	}
}

// tagEnd is the length of the tag that s starts with, negative where it does not end (WHATWG HTML, 13.2.5.8 and 13.2.5.32 to 40).
func tagEnd(s string) int {
	i := 1
	for i < len(s) && !blankByte(s[i]) && s[i] != '>' && (s[i] != '/' || i == 1) {
		i++
	}
	for {
		for i < len(s) && (blankByte(s[i]) || s[i] == '/') {
			i++
		}
		if i == len(s) {
			return -1
		}
		if s[i] == '>' {
			return i + 1
		}
		for start := i; i < len(s) && !blankByte(s[i]) && s[i] != '/' && s[i] != '>' && (s[i] != '=' || i == start); i++ {
		}
		for i < len(s) && blankByte(s[i]) {
			i++
		}
		if i == len(s) || s[i] != '=' {
			continue
		}
		i++
		for i < len(s) && blankByte(s[i]) {
			i++
		}
		if i == len(s) {
			return -1
		}
		switch q := s[i]; q {
		case '"', '\'':
			n := strings.IndexByte(s[i+1:], q)
			if n < 0 {
				return -1
			}
			i += n + 2
		default:
			for i < len(s) && !blankByte(s[i]) && s[i] != '>' {
				i++
			}
		}
	}
}

// endTag is where the end tag of an element starts, negative where there is none.
func endTag(s, name string) int {
	for at := 0; ; {
		i := strings.Index(s[at:], "</")
		if i < 0 {
			return -1
		}
		at += i
		after := at + 2 + len(name)
		if after < len(s) && strings.EqualFold(s[at+2:after], name) && (blankByte(s[after]) || s[after] == '/' || s[after] == '>') {
			return at
		}
		at += 2
	}
}

func blankByte(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }
