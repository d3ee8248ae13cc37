package extract

import (
	"bytes"
	"errors"
	"strings"

	"dateline/pkg/article"
	"dateline/pkg/charset"
)

// decode brings a page to valid UTF-8, in which what cannot be read is U+FFFD. A page of which much cannot be read is refused.
func decode(body []byte, contentType string) (charset.Decoded, error) {
	if len(body) > article.MaxPage {
		return charset.Decoded{}, fail(TooLarge, "%d bytes, more than %d", len(body), article.MaxPage)
	}
	if err := checkType(body, contentType); err != nil {
		return charset.Decoded{}, err
	}
	d, err := charset.Decode(body, contentType)
	if errors.Is(err, charset.ErrForbidden) {
		return d, fail(BadEncoding, "%w", err)
	}
	if err != nil {
		return d, &Error{BadEncoding, err}
	}
	if d.Replaced > 16 && d.Replaced > len(d.Text)/20 {
		return d, fail(BadEncoding, "%d of %d bytes cannot be read as %s", d.Replaced, len(body), d.Charset)
	}
	head := d.Text[:min(len(d.Text), controlsIn)]
	if n := controls(head); n*50 > len(head) {
		return d, fail(BadEncoding, "%d control characters: it is no text", n)
	}
	return d, nil
}

// controlsIn is how many bytes of a page are looked through for control characters.
const controlsIn = 32 << 10

// controls counts the characters that text has no use for.
func controls(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' && c != '\r' && c != '\f' {
			n++
		}
	}
	return n
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
