package extract

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
)

// prescan is how many bytes are searched for a charset declaration: pages put it after kilobytes of scripts.
const prescan = 64 << 10

// decode brings a page to valid UTF-8. What says how it is encoded, in this order: a byte order mark; being valid UTF-8 as
// a whole, which is no accident and right more often than servers are; the HTTP header; the page's declaration; else it is
// windows-1252. What cannot be read becomes U+FFFD.
func decode(body []byte, contentType string) (string, error) {
	if err := checkType(body, contentType); err != nil {
		return "", err
	}
	whole := bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if utf8.Valid(whole[:completeRunes(whole)]) {
		return string(whole[:completeRunes(whole)]), nil
	}
	enc, name := declared(body, contentType)
	if name == "replacement" { // the WHATWG's name for encodings that browsers refuse
		return "", fail(BadEncoding, "charset %q is not read, for safety", name)
	}
	b, err := enc.NewDecoder().Bytes(body)
	if err != nil {
		return "", fail(BadEncoding, "charset %s: %w", name, err)
	}
	text := strings.ToValidUTF8(string(b), "\ufffd")
	if bad := strings.Count(text, "\ufffd"); bad > 16 && bad > len(text)/20 {
		return "", fail(BadEncoding, "%d of %d bytes cannot be read as %s", bad, len(body), name)
	}
	return strings.TrimPrefix(text, "\ufeff"), nil
}

// completeRunes is the length of b without a character that breaks off at its end, as it does in truncated pages.
func completeRunes(b []byte) int {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}

// declared is the encoding that a byte order mark, the header or the page gives.
func declared(body []byte, contentType string) (encoding.Encoding, string) {
	if _, params, err := mime.ParseMediaType(contentType); err != nil || params["charset"] == "" {
		head := bytes.ToLower(body[:min(len(body), prescan)])
		if _, after, ok := bytes.Cut(head, []byte("charset=")); ok {
			label := strings.Trim(string(after[:min(len(after), 40)]), `"' `)
			if i := strings.IndexAny(label, "\"'/> ;"); i >= 0 {
				label = label[:i]
			}
			if enc, name := charset.Lookup(label); enc != nil && !strings.HasPrefix(name, "utf-16") { // it was read as ASCII
				return enc, name
			}
		}
	}
	enc, name, _ := charset.DetermineEncoding(body, contentType)
	return enc, name
}

// checkType refuses what is no HTML: by its type, or where the server gave none by its first character.
func checkType(body []byte, contentType string) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return &Error{Reason: EmptyBody}
	}
	media, _, _ := strings.Cut(contentType, ";")
	switch media = strings.ToLower(strings.TrimSpace(media)); media {
	case "text/html", "application/xhtml+xml":
		return nil
	case "", "application/octet-stream", "text/xml", "application/xml", "text/plain":
		head := bytes.ToLower(body[:min(len(body), 1024)])
		for _, sign := range []string{"<!doctype html", "<html", "<head", "<body", "<article"} {
			if bytes.Contains(head, []byte(sign)) {
				return nil
			}
		}
	}
	if media == "" {
		return fail(NotHTML, "no content type, and it does not look like HTML")
	}
	return fail(NotHTML, "content type %q", media)
}
