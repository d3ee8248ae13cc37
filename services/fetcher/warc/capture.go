package warc

import (
	"bytes"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dateline/pkg/weburl"
)

// Capture is one request and its answer. Its byte slices and headers are read while it is written, and never kept.
//
// net/http undoes the transfer coding and keeps neither the order nor the case of header names, so the header is written
// anew: sorted, without what concerned only the connection, and with the Content-Length of the body that follows it, so
// that the block is a whole message that says what it holds. What the server said where that differs stands beside, by
// Common Crawl's custom, as X-Crawl-Content-Length and X-Crawl-Transfer-Encoding. The content coding is left as it came.
type Capture struct {
	URL     string      // absolute, http or https, as it was asked for
	Method  string      // "" is GET
	Request http.Header // as sent; Host is that of the URL

	Protocol         string // as in http.Response.Proto: HTTP/1.1, HTTP/2.0
	StatusCode       int    // 304 is a revisit of what the server gave before
	Status           string // as in http.Response: 200 OK
	Header           http.Header
	TransferEncoding []string // as in http.Response
	Body             []byte   // as transferred, with its content coding
	Truncated        Truncation

	Peer    netip.Addr    // that answered
	Started time.Time     // when the request was sent
	Took    time.Duration // until the body's end
	Via     string        // URL of the feed, sitemap or redirect that led here; may be empty
}

// Truncation is why a body was not taken in whole (ISO 28500, 5.13).
type Truncation string

// The reasons.
const (
	Whole      Truncation = ""
	Length     Truncation = "length" // a limit of bytes
	Time       Truncation = "time"   // a limit of time, or of its rate
	Disconnect Truncation = "disconnect"
)

func (c *Capture) notModified() bool { return c.StatusCode == http.StatusNotModified }

// valid names what could not be written, or not be read again.
func (c *Capture) valid() error {
	switch {
	case len(c.URL) > weburl.MaxLength || strings.ContainsFunc(c.URL, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return fmt.Errorf("capture of %.200q: not the URL of a request", c.URL)
	case c.StatusCode < 100 || c.StatusCode > 999:
		return fmt.Errorf("capture of %s: %d is no status of HTTP", c.URL, c.StatusCode)
	case c.Started.IsZero():
		return fmt.Errorf("capture of %s: it has no time", c.URL)
	}
	return nil
}

// request writes the request as a message.
func (c *Capture) request(b *bytes.Buffer) error {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" {
		return fmt.Errorf("capture of %.200q: not the URL of a request", c.URL)
	}
	_, target, _ := strings.Cut(c.URL, "://")
	target = target[strings.IndexAny(target+"/", "/?#"):]
	target, _, _ = strings.Cut(target, "#")
	if !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	method := c.Method
	if method == "" {
		method = http.MethodGet
	}
	fmt.Fprintf(b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, target, u.Host)
	err = c.Request.WriteSubset(b, map[string]bool{"Host": true})
	b.WriteString("\r\n")
	return err
}

// hopByHop are the fields of a connection and not of the answer (RFC 9110, 7.6.1), and those that are written anew.
var hopByHop = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Transfer-Encoding": true, "Trailer": true,
	"Content-Length": true, "X-Crawl-Content-Length": true, "X-Crawl-Transfer-Encoding": true,
}

// response writes the answer as a message, without its body.
func (c *Capture) response(b *bytes.Buffer) error {
	status := strings.TrimSpace(strings.TrimPrefix(c.Status, strconv.Itoa(c.StatusCode)))
	if status == "" {
		status = http.StatusText(c.StatusCode)
	}
	fmt.Fprintf(b, "HTTP/1.1 %d %s\r\n", c.StatusCode, oneLine(status))
	if err := c.Header.WriteSubset(b, hopByHop); err != nil {
		return err
	}
	told := c.Header.Get("Content-Length")
	if c.notModified() { // tells of the body that is not there
		if told != "" {
			fmt.Fprintf(b, "Content-Length: %s\r\n", oneLine(told))
		}
	} else {
		length := strconv.Itoa(len(c.Body))
		fmt.Fprintf(b, "Content-Length: %s\r\n", length)
		if told != "" && told != length {
			fmt.Fprintf(b, "X-Crawl-Content-Length: %s\r\n", oneLine(told))
		}
		if len(c.TransferEncoding) > 0 {
			fmt.Fprintf(b, "X-Crawl-Transfer-Encoding: %s\r\n", oneLine(strings.Join(c.TransferEncoding, ", ")))
		}
	}
	b.WriteString("\r\n")
	return nil
}

// protocol is what the exchange was spoken in where that is not HTTP/1: there is no textual form of the others, and
// readers know none.
func (c *Capture) protocol() string {
	switch c.Protocol {
	case "HTTP/2.0":
		return "h2"
	case "HTTP/3.0":
		return "h3"
	}
	return ""
}

// oneLine keeps what a server sent from beginning a line of its own.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
