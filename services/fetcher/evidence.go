package fetcher

import (
	"context"
	"errors"
	"fmt"

	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/warc"
)

// errUnkept means that evidence could not be written. What was fetched is not used before it is kept.
var errUnkept = errors.New("evidence was not kept")

// keep fetches, and keeps each exchange as evidence where that is wanted. via is what led to the request.
func (f *fetcher) keep(ctx context.Context, r fetch.Request, via string) (*fetch.Response, error) {
	if f.evidence == nil {
		return f.client.Get(ctx, r)
	}
	var unkept error
	r.Record = func(x fetch.Exchange) { unkept = errors.Join(unkept, f.evidence.Write(exchanged(x, via))) }
	resp, err := f.client.Get(ctx, r)
	if unkept != nil {
		return nil, fmt.Errorf("%w of %s: %w", errUnkept, r.URL, unkept)
	}
	return resp, err
}

// exchanged is an exchange as it is kept. via is what led to it.
func exchanged(x fetch.Exchange, via string) *warc.Capture {
	return &warc.Capture{
		URL: x.URL, Method: x.Method, Request: x.RequestHeader, Protocol: x.Proto, StatusCode: x.Status, Status: x.Reason, Header: x.Header,
		Body: x.Body, Truncated: warc.Truncation(x.Truncated), Peer: x.Peer.Addr(), Started: x.Started, Via: via,
	}
}
