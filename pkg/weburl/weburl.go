// Package weburl gives web addresses two forms, which must never be mixed up.
//
// The canonical form is what is fetched and shown: parsed as browsers parse (the WHATWG URL standard), changed only
// where the answer cannot change. The key is what articles are told apart by: it drops all that usually does not
// matter, is never fetched, and is not a URL.
package weburl

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	whatwgerrors "github.com/nlnwa/whatwg-url/errors"
	whatwg "github.com/nlnwa/whatwg-url/url"
)

// ErrInvalid is wrapped by all errors of this package: the input is no address of a web page.
var ErrInvalid = errors.New("not a web address")

// MaxLength is the most bytes of a URL. No page needs more, and parsing takes time that grows with its square.
const MaxLength = 8 << 10

// parser is safe for concurrent use.
var parser = whatwg.NewParser()

// Canonical returns the fetchable canonical form of an absolute http or https URL: WHATWG-parsed, without user
// information, fragment, default port, the host's final dot, and tracking and session parameters; percent escapes in
// upper case and only where needed. White space around it and a missing or doubled scheme, as people paste them, are
// repaired. Canonical of its own result changes nothing.
func Canonical(raw string) (string, error) {
	s := raw
	for { // a change can give the rest another meaning; then it takes another round
		u, err := parse(repair(trim(s)), "")
		if err != nil {
			return "", fmt.Errorf("%w: %q: %w", ErrInvalid, clip(raw), err)
		}
		c := canonical(u)
		if c == s {
			return c, nil
		}
		s = c
	}
}

// Resolve parses ref, as found in a document or a Location header at base, as browsers do, and returns an absolute http
// or https URL without user information and fragment. Unlike Canonical it leaves the query as the server wrote it.
func Resolve(base, ref string) (string, error) {
	if plain(ref) {
		return ref, nil
	}
	u, err := parse(ref, base)
	if err != nil {
		return "", fmt.Errorf("%w: %q: %w", ErrInvalid, clip(ref), err)
	}
	return u.Href(true), nil
}

// Host is the host name of a URL in lower case and ASCII, without port and final dot, an IPv6 address in brackets; ""
// for what Canonical refuses.
func Host(raw string) string {
	c, err := Canonical(raw)
	if err != nil {
		return ""
	}
	u, err := parse(c, "")
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// parse is the WHATWG parser held to web pages: http or https, a host, nothing secret.
func parse(ref, base string) (*whatwg.Url, error) {
	if len(ref) > MaxLength {
		return nil, fmt.Errorf("it has %d bytes, more than %d", len(ref), MaxLength)
	}
	var u *whatwg.Url
	var err error
	if base == "" {
		u, err = parser.Parse(ref)
	} else {
		u, err = parser.ParseRef(base, ref)
	}
	if err != nil {
		return nil, reason(err)
	}
	if s := u.Scheme(); s != "http" && s != "https" {
		return nil, fmt.Errorf("scheme %q is not http or https", s)
	}
	if u.Hostname() == "" {
		return nil, errors.New("it has no host")
	}
	u.SetUsername("")
	u.SetPassword("")
	return u, nil
}

// reason is the parser's error without what it says around it: that it is one, and the address.
func reason(err error) error {
	invalid, ok := errors.AsType[*whatwgerrors.ValidationError](err)
	switch {
	case !ok:
		return err
	case invalid.Type() == whatwgerrors.MissingSchemeNonRelativeURL:
		return errors.New("it has no scheme such as https://")
	}
	s := string(invalid.Type())
	return errors.New(strings.ToLower(s[:1]) + s[1:])
}

// canonical serialises u in canonical form.
func canonical(u *whatwg.Url) string {
	var b strings.Builder
	b.WriteString(u.Scheme())
	b.WriteString("://")
	b.WriteString(strings.TrimRight(u.Hostname(), "."))
	if port := u.Port(); port != "" {
		b.WriteByte(':')
		b.WriteString(port)
	}
	b.WriteString(escapes(withoutSession(u.Pathname())))
	sep := byte('?')
	for _, p := range params(escapes(u.Query())) {
		if !p.tracks() {
			b.WriteByte(sep)
			b.WriteString(p.raw)
			sep = '&'
		}
	}
	return b.String()
}

// withoutSession drops ;jsessionid=… from the path's segments.
func withoutSession(path string) string {
	const mark = ";jsessionid="
	for {
		i := strings.Index(strings.ToLower(path), mark)
		if i < 0 {
			return path
		}
		end := strings.IndexAny(path[i+1:], "/;")
		if end < 0 {
			return path[:i]
		}
		path = path[:i] + path[i+1+end:]
	}
}

// escapes writes percent escapes in upper case, and undoes those of unreserved characters (RFC 3986, 6.2.2.2). A percent
// sign that starts no escape stays.
func escapes(s string) string {
	for strings.Contains(s, "%") {
		b := make([]byte, 0, len(s))
		undone := false
		for i := 0; i < len(s); i++ {
			if s[i] != '%' || i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
				b = append(b, s[i])
				continue
			}
			c := byte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			if unreserved(c) {
				b = append(b, c)
				undone = true
			} else {
				const digits = "0123456789ABCDEF"
				b = append(b, '%', digits[c>>4], digits[c&15])
			}
			i += 2
		}
		s = string(b)
		if !undone { // what was undone may have completed another escape, as in %%34%31
			break
		}
	}
	return s
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c - 'a' + 10)
	case 'A' <= c && c <= 'F':
		return int(c - 'A' + 10)
	}
	return -1
}

// trim removes what sticks to an address that was copied: white space of any kind, byte order marks, zero-width spaces.
// Tabs and line ends inside are the parser's to remove; they go here so that repair sees the same text.
func trim(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\ufeff' || '\u200b' <= r && r <= '\u200d' || r == '\u2060'
	})
	return strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
}

// repair mends the ways in which people and feeds get the start of a URL wrong.
func repair(s string) string {
	switch m := schemes.FindStringSubmatch(s); {
	case m != nil:
		return strings.ToLower(m[1]) + "://" + s[len(m[0]):]
	case strings.HasPrefix(s, "//"):
		return repair("https:" + s)
	case startsWithHost(s):
		return repair("https://" + s)
	}
	return s
}

// schemes matches what stands before the host: a scheme given several times, the last one counts, its colon or slashes
// perhaps missing.
var schemes = regexp.MustCompile(`^(?i)(?:https?(?::[/\\]+|//+))*(https?)(?::[/\\]+|//+)`)

// startsWithHost tells "example.com/a" and "example.com:8080/a" from other text: labels parted by dots, perhaps a port.
func startsWithHost(s string) bool {
	host := s
	if i := strings.IndexAny(s, `/\?#`); i >= 0 {
		host = s[:i]
	}
	if name, port, ok := strings.Cut(host, ":"); ok {
		if strings.Trim(port, "0123456789") != "" {
			return false
		}
		host = name
	}
	first, rest, ok := strings.Cut(host, ".")
	if !ok || first == "" || rest == "" {
		return false
	}
	return !strings.ContainsFunc(host, func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// clip keeps error messages short.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
