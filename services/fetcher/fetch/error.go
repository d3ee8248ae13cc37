package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"dateline/pkg/httprules"
	"dateline/pkg/netguard"
)

// Reason is why a document could not be had. The set is closed: reasons are metric labels and subject tokens.
type Reason string

// The reasons.
const (
	ReasonBadURL          Reason = "bad_url"
	ReasonBlocked         Reason = "blocked_address"
	ReasonDNS             Reason = "dns"
	ReasonConnect         Reason = "connect" // refused, reset, closed without an answer
	ReasonTLS             Reason = "tls"
	ReasonTimeout         Reason = "timeout"
	ReasonTooSlow         Reason = "too_slow" // below the minimum rate
	ReasonHeaderTooLarge  Reason = "too_large_headers"
	ReasonRedirectLoop    Reason = "redirect_loop"
	ReasonBadRedirect     Reason = "bad_redirect"
	ReasonHTTP4xx         Reason = "http_4xx"
	ReasonHTTP5xx         Reason = "http_5xx"
	ReasonProtocol        Reason = "protocol" // no HTTP, or a status that has no place here
	ReasonDecode          Reason = "decode"   // nothing readable in the compressed body
	ReasonBomb            Reason = "bomb"     // expands beyond reason
	ReasonUnsupportedType Reason = "unsupported_type"
	ReasonEmpty           Reason = "empty"
	ReasonCanceled        Reason = "canceled"    // by the caller
	ReasonOverloaded      Reason = "overloaded"  // no memory for the body: see Limits.InFlight
	ReasonBadRequest      Reason = "bad_request" // its overrides cannot be sent
	ReasonRefused         Reason = "refused"     // by Request.Hop, which may also give one of the next two
	ReasonRobots          Reason = "robots"      // by the site's robots.txt
	ReasonBusy            Reason = "host_busy"   // the host's turn is further off than the request should wait
)

// Reasons is the whole set.
var Reasons = []Reason{
	ReasonBadURL, ReasonBlocked, ReasonDNS, ReasonConnect, ReasonTLS, ReasonTimeout, ReasonTooSlow, ReasonHeaderTooLarge,
	ReasonRedirectLoop, ReasonBadRedirect, ReasonHTTP4xx, ReasonHTTP5xx, ReasonProtocol, ReasonDecode, ReasonBomb,
	ReasonUnsupportedType, ReasonEmpty, ReasonCanceled, ReasonOverloaded, ReasonBadRequest, ReasonRefused, ReasonRobots, ReasonBusy,
}

// Error is a document that could not be had.
type Error struct {
	Reason      Reason
	URL         string           // of the hop that failed
	Status      int              // HTTP, zero where there was no answer
	Temporary   bool             // worth trying again
	RetryAfter  time.Duration    // as the server asks, at most httprules.MaxRetryAfter; zero where it does not
	Certificate CertificateFault // with ReasonTLS, where it was that
	Err         error            // may be nil
}

func (e *Error) Error() string {
	s := fmt.Sprintf("fetch %s: %s", e.URL, e.Reason)
	if e.Status != 0 {
		s += ": status " + strconv.Itoa(e.Status)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

var (
	errTotal   = errors.New("the time for one fetch is over")
	errTooSlow = errors.New("the body comes too slowly")
)

// failure makes an *Error of whatever went wrong.
func failure(ctx context.Context, at string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	e := &Error{URL: at, Err: err}
	var (
		dns  *net.DNSError
		op   *net.OpError
		slow interface{ Timeout() bool }
	)
	switch {
	case isBlocked(err):
		e.Reason = ReasonBlocked
	case errors.Is(context.Cause(ctx), errTotal):
		e.Reason, e.Temporary, e.Err = ReasonTimeout, true, errTotal
	case errors.Is(context.Cause(ctx), errTooSlow):
		e.Reason, e.Temporary, e.Err = ReasonTooSlow, true, errTooSlow
	case ctx.Err() != nil:
		e.Reason, e.Temporary, e.Err = ReasonCanceled, true, context.Cause(ctx)
	case errors.Is(err, errOverloaded):
		e.Reason, e.Temporary = ReasonOverloaded, true
	case errors.As(err, &dns):
		e.Reason, e.Temporary = ReasonDNS, !dns.IsNotFound
	case isTLS(err):
		e.Reason, e.Certificate = ReasonTLS, certificateFault(err)
	case errors.As(err, &slow) && slow.Timeout():
		e.Reason, e.Temporary = ReasonTimeout, true
	case strings.Contains(err.Error(), "server response headers exceeded"): // net/http has no type for it
		e.Reason = ReasonHeaderTooLarge
	case strings.Contains(err.Error(), "server closed idle connection"): // nor for this: closed just when it was to be used
		e.Reason, e.Temporary = ReasonConnect, true
	case errors.As(err, &op), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		e.Reason, e.Temporary = ReasonConnect, true
	default:
		e.Reason = ReasonProtocol
	}
	return e
}

func isBlocked(err error) bool {
	_, ok := errors.AsType[*netguard.BlockedError](err)
	return ok
}

// isTLS tells errors of the handshake and of the records after it. An alert has no type of its own (crypto/tls's is
// unexported), and the handshake with a server behind a proxy is net/http's.
func isTLS(err error) bool {
	if certificateFault(err) != "" {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Op == "remote error" || op.Op == "local error"
	}
	return strings.HasPrefix(err.Error(), "tls: ")
}

// refusal makes an *Error of what Request.Hop said.
func refusal(ctx context.Context, at string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		if e.URL == "" {
			e.URL = at
		}
		return e
	}
	if ctx.Err() != nil {
		return failure(ctx, at, err)
	}
	return &Error{Reason: ReasonRefused, URL: at, Temporary: true, Err: err}
}

// statusError tells what an HTTP status says of trying again.
func statusError(at string, resp *http.Response, now time.Time) *Error {
	e := &Error{URL: at, Status: resp.StatusCode}
	e.RetryAfter, _ = httprules.RetryAfter(resp.Header.Get("Retry-After"), now)
	switch s := resp.StatusCode; {
	case s >= 500 && s <= 599:
		e.Reason, e.Temporary = ReasonHTTP5xx, true
	case s == http.StatusRequestTimeout, s == http.StatusMisdirectedRequest, s == http.StatusTooEarly, httprules.Judge(s) == httprules.VerdictBackOff:
		e.Reason, e.Temporary = ReasonHTTP4xx, true
	case s >= 400 && s <= 499:
		e.Reason = ReasonHTTP4xx
	case s >= 300 && s <= 399:
		e.Reason = ReasonBadRedirect
	default:
		e.Reason = ReasonProtocol
	}
	return e
}
