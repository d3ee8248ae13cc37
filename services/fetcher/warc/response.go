package warc

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// Response is the HTTP message in the block of a response record.
type Response struct {
	Status    int
	Header    http.Header
	Body      []byte // without transfer coding, with content coding
	Truncated bool   // the body's last chunk is missing
}

// ErrNoResponse means that a block holds no HTTP response.
var ErrNoResponse = errors.New("the block is no HTTP response")

// ParseResponse reads the block of a response record: of any version of HTTP, with lines that end in LF alone, and with
// or without the chunks that its header tells of. The body is a part of the block where it has no chunks. Common
// Crawl's X-Crawl-Content-Encoding and the like are of the message as it was sent, and so are left aside.
func ParseResponse(block []byte) (*Response, error) {
	end := emptyLine(block)
	if end < 0 { // without a body, or cut off in the header
		end = len(block)
	}
	if end > maxHTTPHeader {
		return nil, fmt.Errorf("%w: its header has more than %d bytes", ErrNoResponse, maxHTTPHeader)
	}
	first, lines, _ := strings.Cut(unfold(block[:end]), "\n")
	status, err := parseStatus(first)
	if err != nil {
		return nil, err
	}
	resp := &Response{Status: status, Header: http.Header{}, Body: block[end:]}
	n := 0
	for line := range strings.Lines(lines) {
		name, value, ok := strings.Cut(line, ":")
		if ok && n < maxHTTPLines {
			name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
			resp.Header[name] = append(resp.Header[name], strings.TrimSpace(value))
			n++
		}
	}
	if strings.Contains(strings.ToLower(strings.Join(resp.Header["Transfer-Encoding"], ",")), "chunked") {
		if body, whole, ok := dechunk(resp.Body); ok {
			resp.Body, resp.Truncated = body, !whole
		}
	}
	return resp, nil
}

const (
	maxHTTPHeader = 1 << 20
	maxHTTPLines  = 1000
)

// parseStatus reads a status line: HTTP/1.1 200 OK.
func parseStatus(line string) (int, error) {
	version, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if len(version) < 5 || !strings.EqualFold(version[:5], "HTTP/") {
		return 0, fmt.Errorf("%w: it begins with %.40q", ErrNoResponse, line)
	}
	code, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	status, err := strconv.Atoi(code)
	if err != nil || status < 100 || status > 999 {
		return 0, fmt.Errorf("%w: status %.40q", ErrNoResponse, code)
	}
	return status, nil
}

// dechunk undoes the chunked transfer coding (RFC 9112, 7.1). It is not ok where there is none: many keep the header that
// tells of chunks with a body from which they have been taken. whole is that the last chunk came.
func dechunk(b []byte) (body []byte, whole, ok bool) {
	body = make([]byte, 0, len(b))
	for first := true; ; first = false {
		line, rest, found := bytes.Cut(b, []byte("\n"))
		if !found || len(line) > maxChunkLine {
			return body, false, !first
		}
		hex, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(hex)), 16, 31)
		if err != nil {
			return body, false, !first
		}
		if n == 0 {
			return body, true, true
		}
		if uint64(len(rest)) < n {
			return append(body, rest...), false, true
		}
		body = append(body, rest[:n]...)
		b = rest[n:]
		b = bytes.TrimPrefix(b, []byte("\r"))
		b = bytes.TrimPrefix(b, []byte("\n"))
	}
}

const maxChunkLine = 4 << 10
