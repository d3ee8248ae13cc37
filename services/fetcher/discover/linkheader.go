package discover

import (
	"net/url"
	"strings"
)

// parseLinks reads the value of a Link header (RFC 8288, 3): <href>; rel="…"; type="…"; title="…", <href>; … What cannot be
// read is passed over.
func parseLinks(s string) []reference {
	var links []reference
	for {
		start := strings.IndexByte(s, '<')
		if start < 0 {
			return links
		}
		href, rest, ok := strings.Cut(s[start+1:], ">")
		if !ok {
			return links
		}
		l := reference{href: href}
		var extended, anchor string
		for {
			var name, value string
			if name, value, rest, ok = parameter(rest); !ok {
				break
			}
			set := func(to *string) {
				if *to == "" { // the first counts
					*to = value
				}
			}
			switch name {
			case "rel":
				set(&l.rel)
			case "type":
				set(&l.typ)
			case "title":
				set(&l.title)
			case "title*":
				set(&extended)
			case "anchor":
				set(&anchor)
			}
		}
		if _, encoded, ok := strings.Cut(extended, "''"); ok && len(extended) > 5 && strings.EqualFold(extended[:5], "utf-8") { // RFC 8187
			if title, err := url.PathUnescape(encoded); err == nil {
				l.title = title
			}
		}
		if anchor == "" { // with one, it is a link of another document
			links = append(links, l)
		}
		s = rest
	}
}

// parameter reads one that begins with a semicolon.
func parameter(s string) (name, value, rest string, ok bool) {
	const space = " \t"
	s = strings.TrimLeft(s, space)
	if !strings.HasPrefix(s, ";") {
		return "", "", s, false
	}
	s = strings.TrimLeft(s[1:], space+";")
	end := strings.IndexAny(s, "=;,")
	if end < 0 {
		end = len(s)
	}
	name, s = strings.ToLower(strings.TrimSpace(s[:end])), s[end:]
	if !strings.HasPrefix(s, "=") {
		return name, "", s, true
	}
	s = strings.TrimLeft(s[1:], space)
	if !strings.HasPrefix(s, `"`) {
		if end = strings.IndexAny(s, ";,"); end < 0 {
			end = len(s)
		}
		return name, strings.TrimSpace(s[:end]), s[end:], true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return name, b.String(), s[i+1:], true
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return name, b.String(), "", true
}
