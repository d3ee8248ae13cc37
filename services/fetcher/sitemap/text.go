package sitemap

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
)

// readText reads a list of URLs, one a line. Other lines are passed over.
func (d *document) readText(s *scanner) {
	for !d.stopped {
		if s.at == s.to && !s.fill() {
			break
		}
		i := s.find(0, "\n")
		whole := i >= 0 || s.failed != nil
		if i < 0 {
			i = s.to - s.at
		}
		lines := s.buf[s.at : s.at+i]
		s.at = min(s.at+i+1, s.to)
		if !whole { // longer than any URL
			s.skip("\n")
			continue
		}
		for line := range bytes.SplitSeq(lines, []byte("\r")) {
			if v := d.decode(line); isWeb(v) {
				d.Kind = Text
				if !d.add(Entry{Loc: v}) {
					break
				}
			}
		}
	}
	d.ended = true
}

func isWeb(s string) bool {
	return len(s) > 8 && (strings.EqualFold(s[:7], "http://") || strings.EqualFold(s[:8], "https://"))
}

// decode makes a string of a value. What is valid UTF-8 is taken for it; else the declared encoding counts, else
// windows-1252. So each value is decoded for itself, which works for all encodings that contain ASCII.
func (d *document) decode(b []byte) string {
	b = bytes.TrimSpace(b)
	if !utf8.Valid(b) {
		enc, _ := charset.Lookup(d.label)
		if enc == nil || strings.EqualFold(d.label, "utf-8") {
			enc = charmap.Windows1252
		}
		if decoded, err := enc.NewDecoder().Bytes(b); err == nil {
			return strings.TrimSpace(string(decoded))
		}
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return string(b)
}

// unescape replaces XML's entities and HTML's, in place. What is not one of them, such as a bare & or an entity that the
// document declares, stays: nothing is expanded.
func unescape(b []byte) []byte {
	i := bytes.IndexByte(b, '&')
	if i < 0 {
		return b
	}
	out := b[:i]
	for b = b[i:]; len(b) > 0; {
		if b[0] != '&' {
			n := bytes.IndexByte(b, '&')
			if n < 0 {
				n = len(b)
			}
			out = append(out, b[:n]...)
			b = b[n:]
			continue
		}
		semicolon := 1
		for semicolon < min(len(b), longestEntity) && (letter(b[semicolon]) || '0' <= b[semicolon] && b[semicolon] <= '9' || b[semicolon] == '#') {
			semicolon++
		}
		if semicolon == len(b) || b[semicolon] != ';' {
			out, b = append(out, '&'), b[1:]
			continue
		}
		if s, ok := entity(string(b[1:semicolon])); ok && len(s) <= semicolon+1 { // there is no room for more
			out = append(out, s...)
		} else {
			out = append(out, b[:semicolon+1]...)
		}
		b = b[semicolon+1:]
	}
	return out
}

const longestEntity = 33 // of HTML's names

func entity(name string) (string, bool) {
	switch name {
	case "amp":
		return "&", true
	case "lt":
		return "<", true
	case "gt":
		return ">", true
	case "quot":
		return `"`, true
	case "apos":
		return "'", true
	}
	if digits, ok := strings.CutPrefix(name, "#"); ok {
		base := 10
		if hex, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
			base, digits = 16, hex
		}
		n, err := strconv.ParseUint(digits, base, 32)
		if err != nil || n == 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
			return "", false
		}
		return string(rune(n)), true
	}
	whole := "&" + name + ";"
	s := html.UnescapeString(whole)
	return s, s != whole && !strings.HasSuffix(s, ";")
}
