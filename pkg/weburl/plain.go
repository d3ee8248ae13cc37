package weburl

import "strings"

// plain tells that s is an absolute URL of which parsing and serialising would make nothing else: lower case scheme and host
// name, no port, no dot segments, no character that needs an escape, no fragment. Most URLs of feeds and sitemaps are, and
// telling so takes a hundredth of the time that parsing takes.
func plain(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(s, "http://"); !ok {
			return false
		}
	}
	slash := strings.IndexByte(rest, '/')
	if slash < 0 || len(s) > MaxLength || !plainHost(rest[:slash]) {
		return false
	}
	rest = rest[slash:]
	segment := true // at the start of a segment of the path
	query := false
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		if !unescaped[c] {
			return false
		}
		switch {
		case query:
		case c == '?':
			query = true
		case c == '/':
			segment = true
			continue
		case segment && (c == '.' || c == '%'): // perhaps a dot segment
			return false
		}
		segment = false
	}
	return true
}

// unescaped are bytes that stay as they are in paths and queries alike.
var unescaped = func() (t [256]bool) {
	for c := range t {
		t[c] = unreserved(byte(c)) || strings.IndexByte("!$&()*+,;=:@/%?", byte(c)) >= 0
	}
	return t
}()

// plainHost tells a host name of ASCII labels. One whose last label may be a number is an address, one with two hyphens
// perhaps Punycode, which has rules of its own.
func plainHost(host string) bool {
	const start, inner, hyphen = '.', 'a', '-'
	before, last := byte(start), byte(0) // last is what the label began with
	for i := 0; i < len(host); i++ {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			if before == start {
				last = c
			}
			before = inner
		case (c == hyphen || c == start) && before == inner:
			before = c
		default:
			return false
		}
	}
	return before == inner && last >= 'a' && len(host) <= 253
}
