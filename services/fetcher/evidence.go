package fetcher

import (
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/warc"
)

// exchanged is an exchange as it is kept. via is what led to it.
func exchanged(x fetch.Exchange, via string) *warc.Capture {
	return &warc.Capture{
		URL: x.URL, Method: x.Method, Request: x.RequestHeader, Protocol: x.Proto, StatusCode: x.Status, Status: x.Reason, Header: x.Header,
		Body: x.Body, Truncated: warc.Truncation(x.Truncated), Peer: x.Peer.Addr(), Started: x.Started, Via: via,
	}
}
