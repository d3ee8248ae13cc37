package publication

import (
	"bytes"
	"context"
	"errors"

	"dateline/pkg/article"
	"dateline/services/parser/extract"
)

// declaration is how far into a page a charset may be declared.
const declaration = 64 << 10

// html reads a page. Unlike a fetched page a publisher's has to be valid in its charset: UTF-8, unless it declares another.
func (r *reader) html(ctx context.Context, label, url string) *article.Article {
	contentType := "text/html"
	if label != "" {
		contentType += "; charset=" + label
	}
	head := bytes.ToLower(r.p.Body[:min(len(r.p.Body), declaration)])
	utf16 := bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff})
	if label == "" && !bytes.Contains(head, []byte("charset=")) && !utf16 && !r.validUTF8() {
		return nil
	}
	if label != "" {
		if _, ok := r.decode(label); !ok {
			return nil
		}
	}
	// No capture time: a publication date ahead of it would be left out, but a publisher is to be told.
	a, err := extract.Article(ctx, extract.Page{URL: url, ContentType: contentType, Body: r.p.Body, Given: true})
	if err == nil {
		if m := a.DateModified; m != nil && article.IsFuture(m.Time, r.p.Stored) { // pages put expiry dates there: no reason to refuse one
			a.DateModified = nil
			delete(a.Provenance, "date_modified")
		}
		return a
	}
	var why *extract.Error
	if !errors.As(err, &why) {
		r.wrong("body", "%v", err)
		return nil
	}
	switch why.Reason {
	case extract.NoText:
		r.wrong("body", "holds no article text")
	case extract.EmptyBody:
		r.wrong("body", "is empty")
	default:
		r.wrong("body", "%v", why)
	}
	return nil
}
