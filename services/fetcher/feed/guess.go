package feed

import (
	"html"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// looksLikeHTML guesses whether a text that was not declared to be HTML is: it has an end tag or a reference, and all that
// look like tags and references are HTML's. RSS says nothing of the type of titles, and they come as both.
func looksLikeHTML(s string) bool {
	if strings.IndexByte(s, '&') < 0 && strings.IndexByte(s, '<') < 0 {
		return false
	}
	sign := false
	for {
		i := strings.IndexAny(s, "<&")
		if i < 0 {
			return sign
		}
		c := s[i]
		s = s[i+1:]
		if c == '&' {
			end := strings.IndexByte(s[:min(len(s), 40)], ';')
			if end <= 0 || strings.ContainsAny(s[:end], " \t\n<&") {
				continue
			}
			if value := html.UnescapeString("&" + s[:end+1]); strings.HasPrefix(value, "&") && value != "&" || strings.HasSuffix(value, ";") && value != ";" {
				return false
			}
			sign = true
			continue
		}
		closing := strings.HasPrefix(s, "/")
		s = strings.TrimPrefix(s, "/")
		end := 0
		for end < len(s) && (s[end]|0x20 >= 'a' && s[end]|0x20 <= 'z' || end > 0 && s[end] >= '0' && s[end] <= '9') {
			end++
		}
		if end == 0 {
			continue
		}
		if end > 10 || !inHTML[strings.ToLower(s[:end])] {
			return false
		}
		sign = sign || closing && strings.HasPrefix(s[end:], ">")
	}
}

var inHTML = set("a abbr acronym address area article aside audio b base basefont bdi bdo big blink blockquote body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins isindex kbd label legend li link listing main map mark marquee math menu menuitem meta meter nav nobr noframes noscript object ol optgroup option output p param picture plaintext pre progress q rp rt ruby s samp script section select slot small source span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr xmp")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// repaired undoes the common accident that UTF-8 was taken for Latin-1 or windows-1252 and encoded once more, so that "é" came
// out as "Ã©". Only a text that is UTF-8 as a whole when undone is believed to be such.
func repaired(s string) string {
	if !strings.Contains(s, "\u00c3") && !strings.Contains(s, "\u00c2") && !strings.Contains(s, "\u00e2") {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		c, ok := charmap.Windows1252.EncodeRune(r)
		switch {
		case ok:
			b.WriteByte(c)
		case r < 0x100:
			b.WriteByte(byte(r))
		default:
			return s
		}
	}
	if undone := b.String(); utf8.ValidString(undone) {
		return undone
	}
	return s
}

// modern replaces the C1 control characters, which nothing has a use for, by the characters that windows-1252 has in their
// places: a feed that was made of it without conversion has them.
func modern(s string) string {
	for i := 0; ; {
		j := strings.IndexByte(s[i:], 0xc2)
		if j < 0 {
			return s
		}
		i += j + 1
		if i < len(s) && s[i] < 0xa0 {
			return c1.Replace(s)
		}
	}
}

var c1 = newC1()

func newC1() *strings.Replacer {
	var pairs []string
	for c := 0x80; c < 0xa0; c++ {
		pairs = append(pairs, string(rune(c)), string(charmap.Windows1252.DecodeByte(byte(c))))
	}
	return strings.NewReplacer(pairs...)
}
