package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

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
	ReasonCanceled        Reason = "canceled" // by the caller
)

// Reasons is the whole set.
var Reasons = []Reason{
	ReasonBadURL, ReasonBlocked, ReasonDNS, ReasonConnect, ReasonTLS, ReasonTimeout, ReasonTooSlow, ReasonHeaderTooLarge,
	ReasonRedirectLoop, ReasonBadRedirect, ReasonHTTP4xx, ReasonHTTP5xx, ReasonProtocol, ReasonDecode, ReasonBomb,
	ReasonUnsupportedType, ReasonEmpty, ReasonCanceled,
}

// Error is a document that could not be had.
type Error struct {
	Reason     Reason
	URL        string        // of the hop that failed
	Status     int           // HTTP, zero where there was no answer
	Temporary  bool          // worth trying again
	RetryAfter time.Duration // as the server asks, at most MaxRetryAfter; zero where it does not
	Err        error         // may be nil
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
	case errors.As(err, &dns):
		e.Reason, e.Temporary = ReasonDNS, !dns.IsNotFound
	case isTLS(err):
		e.Reason = ReasonTLS
	case errors.As(err, &slow) && slow.Timeout():
		e.Reason, e.Temporary = ReasonTimeout, true
	case strings.Contains(err.Error(), "server response headers exceeded"): // net/http has no type for it
		e.Reason = ReasonHeaderTooLarge
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

func isTLS(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		unknown      x509.UnknownAuthorityError
		host         x509.HostnameError
		invalid      x509.CertificateInvalidError
		record       tls.RecordHeaderError
		alert        tls.AlertError
	)
	return errors.As(err, &verification) || errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &invalid) ||
		errors.As(err, &record) || errors.As(err, &alert)
}

// statusError tells what an HTTP status says of trying again.
func statusError(at string, resp *http.Response, now time.Time) *Error {
	e := &Error{URL: at, Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), now)}
	switch s := resp.StatusCode; {
	case s >= 500 && s <= 599:
		e.Reason, e.Temporary = ReasonHTTP5xx, true
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly, s == http.StatusTooManyRequests:
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

// MaxRetryAfter bounds what a server may ask for.
const MaxRetryAfter = 24 * time.Hour

// retryAfter reads Retry-After (RFC 9110, 10.2.3): seconds, or a date in one of HTTP's three forms. What cannot be read, or
// lies in the past, is zero.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(MaxRetryAfter/time.Second))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), MaxRetryAfter)
}
