package netguard

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// Transport makes an http.Transport that dials nothing the guard refuses. It is for small exchanges with servers that
// strangers name, such as hubs and webhooks: header and handshakes are bounded in time and bytes, the body is the caller's
// to bound. Proxies of the environment are not used: they would dial on our behalf, past the guard.
func (g Guard) Transport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, Control: g.Control}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		ResponseHeaderTimeout:  10 * time.Second,
		MaxResponseHeaderBytes: 32 << 10,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    2,
		MaxConnsPerHost:        4,
		IdleConnTimeout:        30 * time.Second,
	}
}
