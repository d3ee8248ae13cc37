package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Overrides are how the requests for one source differ from the others. The zero Overrides change nothing.
type Overrides struct {
	Agent      string      `json:"agent,omitempty"`      // instead of the client's User-Agent
	Header     http.Header `json:"header,omitempty"`     // sent too; only to the host of the URL that was asked for
	Proxy      string      `json:"proxy,omitempty"`      // http, https or socks5 URL
	Unverified bool        `json:"unverified,omitempty"` // whatever certificate the server has will do
}

// maxExtraHeader bounds the bytes of Overrides.Header.
const maxExtraHeader = 8 << 10

// ours are the headers that the client sets itself, or that are about the connection.
var ours = []string{
	"Accept-Encoding", "Connection", "Content-Length", "Expect", "Host", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
	"If-Unmodified-Since", "Keep-Alive", "Range", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent",
}

// Check tells what of them cannot be sent.
func (o *Overrides) Check() error {
	if !httpguts.ValidHeaderFieldValue(o.Agent) {
		return fmt.Errorf("agent %q cannot be a header's value", o.Agent)
	}
	size := 0
	for name, values := range o.Header {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			return fmt.Errorf("header %q has no valid name", name)
		case slices.Contains(ours, canonical), strings.HasPrefix(canonical, "Proxy-"):
			return fmt.Errorf("header %s is not for a source to set", canonical)
		}
		for _, v := range values {
			if size += len(name) + len(v); !httpguts.ValidHeaderFieldValue(v) {
				return fmt.Errorf("header %s has the value %q, which cannot be sent", canonical, v)
			}
		}
	}
	if size > maxExtraHeader {
		return fmt.Errorf("headers have %d bytes, more than %d", size, maxExtraHeader)
	}
	_, err := o.proxy()
	return err
}

// proxy is the address of the proxy, nil for none.
func (o *Overrides) proxy() (*url.URL, error) {
	if o.Proxy == "" {
		return nil, nil
	}
	u, err := url.Parse(o.Proxy)
	if err == nil {
		switch {
		case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5":
			err = errors.New("its scheme is none of http, https, socks5")
		case u.Hostname() == "":
			err = errors.New("no host")
		case u.Port() == "":
			err = errors.New("no port")
		case u.RequestURI() != "/" || u.Fragment != "":
			err = errors.New("more than scheme, host and port")
		}
	}
	if err != nil { // without the URL, which may hold a password
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return nil, fmt.Errorf("proxy: %w", err)
	}
	return u, nil
}
