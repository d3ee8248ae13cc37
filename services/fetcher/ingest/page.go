package ingest

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"dateline/pkg/article"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/feed"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/warc"
)

// skip is why a response of a file is no page to publish.
type skip string

func (s skip) Error() string { return string(s) }

// The reasons, as the summary names them.
const (
	skipRevisit   skip = "revisit"       // the body is in another record
	skipTarget    skip = "not a web URL" // dns:, metadata of crawlers, and the like
	skipRobots    skip = "robots.txt"
	skipDate      skip = "no date"
	skipBroken    skip = "no HTTP response"
	skipStatus    skip = "status"
	skipUndecoded skip = "body not decodable"
	skipEmpty     skip = "empty"
	skipFeed      skip = "feed"
	skipNoHTML    skip = "not HTML"
	skipLarge     skip = "too large"
)

var errOther = errors.New("the record is about another, or about the file")

// pageOf reads a page out of a record, as it would have come from the web at the record's time. Its error is a skip, or
// errOther for records that hold no response.
func pageOf(rec *warc.Record) (*article.Page, error) {
	switch rec.Type {
	case warc.TypeResponse:
	case warc.TypeRevisit:
		return nil, skipRevisit
	default:
		return nil, errOther
	}
	target, err := weburl.Resolve("", rec.Target())
	if err != nil {
		return nil, skipTarget
	}
	url, err := weburl.Canonical(target)
	if err != nil {
		return nil, skipTarget
	}
	if isRobots(url) {
		return nil, skipRobots
	}
	captured, err := rec.Date()
	if err != nil {
		return nil, skipDate
	}
	resp, err := warc.ParseResponse(rec.Block)
	if err != nil {
		return nil, skipBroken
	}
	if resp.Status < 200 || resp.Status > 299 {
		return nil, skipStatus
	}
	body, cut, err := fetch.Decode(resp.Body, resp.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, skipUndecoded
	}
	p := &article.Page{
		URL: url, FinalURL: target, Status: resp.Status, ContentType: contentType(resp.Header), Captured: captured,
		Truncated: cut || rec.Cut || rec.Truncated() || resp.Truncated, Body: body,
	}
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return nil, skipEmpty
	case feed.Looks(p.ContentType, body):
		return nil, skipFeed
	case !isHTML(p.ContentType, body):
		return nil, skipNoHTML
	}
	return p, nil
}

func isRobots(url string) bool {
	_, rest, _ := strings.Cut(url, "://")
	_, path, _ := strings.Cut(rest, "/")
	return path == "robots.txt"
}

// maxContentType bounds what of a header goes on into those of a message.
const maxContentType = 1 << 10

func contentType(h http.Header) string {
	value := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, h.Get("Content-Type"))
	return value[:min(len(value), maxContentType)]
}

// isHTML tells by the first bytes, and by what the server said where these could be any text.
func isHTML(contentType string, body []byte) bool {
	declared := strings.Contains(strings.ToLower(contentType), "html")
	switch kind, _, _ := strings.Cut(http.DetectContentType(body), ";"); kind {
	case "text/html":
		return true
	case "text/xml":
		return declared || bytes.Contains(body[:min(len(body), 4<<10)], []byte("<html"))
	case "text/plain":
		return declared
	case "application/octet-stream": // such as UTF-16 without its mark
		return declared
	}
	return false
}
