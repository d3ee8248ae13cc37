package robots

import "strings"

// pattern is the escaped value of a rule: * stands for any characters, $ at the end for the end of the URL.
type pattern string

// matches tells whether the pattern matches the start of a path with its query. It takes the leftmost place for each piece
// between asterisks, which finds a match if there is one, in linear time.
func (p pattern) matches(path string) bool {
	rest, anchored := strings.CutSuffix(string(p), "$")
	piece, rest, wild := strings.Cut(rest, "*")
	path, ok := strings.CutPrefix(path, piece)
	if !ok {
		return false
	}
	if !wild {
		return !anchored || path == ""
	}
	for {
		piece, rest, wild = strings.Cut(rest, "*")
		if !wild {
			break
		}
		i := strings.Index(path, piece)
		if i < 0 {
			return false
		}
		path = path[i+len(piece):]
	}
	if anchored {
		return strings.HasSuffix(path, piece)
	}
	return strings.Contains(path, piece)
}

// escape gives patterns and paths one form: escapes in upper case, and escapes for what URLs have none of. Escapes are not
// undone: %2F is no slash, and Google's parser leaves %62 too. A path's bytes beyond ASCII stay as they are, since a URL that
// was parsed has none; patterns are often written with them.
func escape(s string, beyondASCII bool) string {
	const digits = "0123456789ABCDEF"
	var b []byte // nil while nothing differs
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%' && i+2 < len(s) && hex(s[i+1]) && hex(s[i+2]) && (s[i+1] >= 'a' || s[i+2] >= 'a'):
			if b == nil {
				b = append(make([]byte, 0, len(s)), s[:i]...)
			}
			b = append(b, '%', upper(s[i+1]), upper(s[i+2]))
			i += 2
		case c <= ' ' || c == 0x7f || strings.IndexByte("\"<>`{}^", c) >= 0 || c >= 0x80 && beyondASCII:
			if b == nil {
				b = append(make([]byte, 0, len(s)+16), s[:i]...)
			}
			b = append(b, '%', digits[c>>4], digits[c&15])
		case b != nil:
			b = append(b, c)
		}
	}
	if b == nil {
		return s
	}
	return string(b)
}

func hex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// target is the path and query of a URL, which rules are about; at least "/".
func target(url string) string {
	rest := url
	start := strings.IndexAny(rest, "/?#;")
	if start > 0 && strings.HasPrefix(rest[start-1:], "://") {
		rest = rest[start+2:]
	} else {
		rest = strings.TrimPrefix(rest, "//")
	}
	start = strings.IndexAny(rest, "/?#;")
	if start < 0 {
		return "/"
	}
	rest, _, _ = strings.Cut(rest[start:], "#")
	if !strings.HasPrefix(rest, "/") {
		return "/" + rest
	}
	return rest
}

// Token is the product token by which robots.txt files call a crawler: the start of its User-Agent, as DatelineBot of
// "DatelineBot/0.1 (+https://example.org/bot)". It is empty where that starts with none.
func Token(userAgent string) string {
	end := strings.IndexFunc(userAgent, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '-' || r == '_')
	})
	if end < 0 {
		return userAgent
	}
	return userAgent[:end]
}

// ValidToken tells whether s is a product token as RFC 9309 (2.2.1) has it: letters, hyphens and underscores.
func ValidToken(s string) bool { return s != "" && Token(s) == s }
