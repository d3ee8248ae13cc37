package fetch

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Exchange is one request and its answer as they went over the wire: the evidence for a WARC record. Each hop of a Get
// is one, also where the Get fails afterwards; a request without an answer is none.
type Exchange struct {
	URL           string
	Started       time.Time      // when the request was about to be sent
	Peer          netip.AddrPort // that answered: the server, or a proxy
	Method        string
	Target        string      // of the request line
	RequestHeader http.Header // without Host, which URL tells
	Proto         string      // such as HTTP/1.1
	Status        int
	Reason        string // phrase of the status line
	Header        http.Header
	Body          []byte // with its content coding, without its transfer coding
	Truncated     Truncation
	NotModified   bool // a 304 to a conditional request
}

// Truncation is why a recorded body is not whole, in the words of WARC-Truncated (WARC 1.1, 5.13).
type Truncation string

// The reasons for truncation.
const (
	NotTruncated        Truncation = ""
	TruncatedLength     Truncation = "length"
	TruncatedTime       Truncation = "time"
	TruncatedDisconnect Truncation = "disconnect"
)

// truncation tells how a transfer ended under ctx.
func (w *wire) truncation(ctx context.Context) Truncation {
	timeout, ok := errors.AsType[net.Error](w.err)
	switch {
	case errors.Is(w.err, io.EOF):
		return NotTruncated
	case w.err == nil, errors.Is(w.err, errWireLimit), errors.Is(w.err, errOverloaded): // nobody wanted the rest
		return TruncatedLength
	case ctx.Err() != nil, ok && timeout.Timeout():
		return TruncatedTime
	}
	return TruncatedDisconnect
}
