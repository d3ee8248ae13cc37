package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-dns"
)

// route is what connections can be shared by: a transport each.
type route struct {
	proxy      string
	unverified bool
	single     bool // a new connection for each request
}

// HTTP/2 is left out. A polite client has one or two requests at a host at a time, so there is nothing to multiplex; it
// cost 7 % more CPU a page and 68 KB instead of 37 for a body that does not come; its control frames are one more thing to
// flood a client with; and evidence is to be written as HTTP/1.1.
var protocols = []string{"http/1.1"}

// Bounds of how long an answer of DNS counts, a negative one too.
const (
	minNameTTL = 30 * time.Second
	maxNameTTL = 10 * time.Minute
	maxNames   = 20_000
)

// newResolver asks parent (nil for the system's name servers) once for names that are wanted at the same time, and keeps
// the answers. It keeps names, not permissions: the guard sees each address that is dialled.
func newResolver(parent *net.Resolver) *net.Resolver {
	return dns.NewCachingResolver(parent, dns.MinCacheTTL(minNameTTL), dns.MaxCacheTTL(maxNameTTL), dns.MaxCacheEntries(maxNames))
}

// Resolve returns the addresses of a host, as a request would find them; for callers who are polite to addresses.
func (c *Client) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	host = strings.Trim(host, "[]")
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	return c.dialer.Resolver.LookupNetIP(ctx, "ip", rooted(host))
}

// rooted ends a name with a dot, so that no search domain of this machine is tried. A single label is left to the hosts
// file; the guard lets no other than localhost through.
func rooted(host string) string {
	if strings.Contains(host, ".") && !strings.HasSuffix(host, ".") {
		return host + "."
	}
	return host
}

// dial connects to an address that the guard lets through.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(host); err != nil {
		address = net.JoinHostPort(rooted(host), port)
	}
	return c.dialer.DialContext(ctx, network, address)
}

// transport returns that of a route, which lives as long as the client.
func (c *Client) transport(r route) (*http.Transport, error) {
	if r == (route{}) {
		return c.direct, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.routes[r]; t != nil {
		return t, nil
	}
	t := c.newTransport(r)
	if r.proxy != "" {
		o := Overrides{Proxy: r.proxy}
		u, err := o.proxy()
		if err != nil {
			return nil, err
		}
		t.Proxy = http.ProxyURL(u)
		if slices.Contains(c.guard.TrustedProxies, u.Host) {
			t.DialContext = (&net.Dialer{Timeout: c.limits.Dial, KeepAlive: keepAlive, Resolver: c.dialer.Resolver}).DialContext
		}
	}
	c.routes[r] = t
	return t, nil
}

const keepAlive = 30 * time.Second

func (c *Client) newTransport(r route) *http.Transport {
	t := &http.Transport{
		Proxy:                  nil, // those that the environment names would dial on our behalf, past the guard
		DialContext:            c.dial,
		TLSHandshakeTimeout:    c.limits.TLS,
		TLSClientConfig:        c.modernTLS(r.unverified),
		ResponseHeaderTimeout:  c.limits.Header,
		MaxResponseHeaderBytes: c.limits.HeaderBytes,
		DisableCompression:     true, // decoded here, where wire bytes can be counted
		DisableKeepAlives:      r.single,
		MaxIdleConns:           1000,
		MaxIdleConnsPerHost:    2,
		MaxConnsPerHost:        2,
		IdleConnTimeout:        30 * time.Second,
	}
	if r.proxy == "" {
		modern, old := t.TLSClientConfig, c.oldTLS(r.unverified)
		t.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			return c.dialTLS(ctx, network, address, modern, old)
		}
	}
	return t
}

func (c *Client) modernTLS(unverified bool) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: protocols, RootCAs: c.roots, InsecureSkipVerify: unverified,
		ClientSessionCache: tls.NewLRUClientSessionCache(256),
	}
}

// oldTLS is for servers that refuse what is safe today: TLS since 1.0, key exchange by RSA, triple DES, a short hello
// without post-quantum keys. Certificates are verified all the same.
func (c *Client) oldTLS(unverified bool) *tls.Config {
	config := &tls.Config{
		MinVersion: tls.VersionTLS10, NextProtos: protocols, RootCAs: c.roots, InsecureSkipVerify: unverified,
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
	}
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		config.CipherSuites = append(config.CipherSuites, suite.ID)
	}
	return config
}

// dialTLS connects, and where the handshake breaks off, once more as older servers like it. Response.OldTLS tells of what
// came of that.
func (c *Client) dialTLS(ctx context.Context, network, address string, modern, old *tls.Config) (net.Conn, error) {
	conn, err := c.handshake(ctx, network, address, modern)
	if err == nil || ctx.Err() != nil || !oldMayHelp(err) {
		return conn, err
	}
	switch conn, again := c.handshake(ctx, network, address, old); {
	case again == nil:
		return conn, nil
	case certificateFault(again) != "": // the version was not all that is wrong
		return nil, again
	}
	return nil, err
}

// handshakeError is what ended a handshake, so that it can be told from what kept a connection from being made.
type handshakeError struct{ error }

func (e handshakeError) Unwrap() error { return e.error }

func (c *Client) handshake(ctx context.Context, network, address string, config *tls.Config) (net.Conn, error) {
	conn, err := c.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	config = config.Clone()
	config.ServerName, _, _ = net.SplitHostPort(address) // as dial has split it
	ctx, cancel := context.WithTimeout(ctx, c.limits.TLS)
	defer cancel()
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, handshakeError{err}
	}
	return secured, nil
}

// oldMayHelp tells handshakes that a server has broken off from those that ended by our own judgment.
func oldMayHelp(err error) bool {
	if _, handshook := errors.AsType[handshakeError](err); !handshook {
		return false
	}
	if _, distrusted := errors.AsType[*tls.CertificateVerificationError](err); distrusted {
		return false
	}
	if _, noTLS := errors.AsType[tls.RecordHeaderError](err); noTLS {
		return false
	}
	timeout, ok := errors.AsType[net.Error](err)
	return !ok || !timeout.Timeout()
}

// outdated tells a connection that only a server of the past would have.
func outdated(state *tls.ConnectionState) bool {
	return state.Version < tls.VersionTLS12 ||
		slices.ContainsFunc(tls.InsecureCipherSuites(), func(s *tls.CipherSuite) bool { return s.ID == state.CipherSuite })
}

// CertificateFault is what is wrong with a server's certificate. The set is closed.
type CertificateFault string

// The faults.
const (
	FaultExpired   CertificateFault = "expired" // or not valid yet
	FaultAuthority CertificateFault = "unknown_authority"
	FaultHost      CertificateFault = "wrong_host"
	FaultInvalid   CertificateFault = "invalid" // anything else
)

// CertificateFaults is the whole set.
var CertificateFaults = []CertificateFault{FaultExpired, FaultAuthority, FaultHost, FaultInvalid}

// certificateFault classifies an error of verification, "" for other errors.
func certificateFault(err error) CertificateFault {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return FaultHost
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return FaultAuthority
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return FaultExpired
	} else if ok {
		return FaultInvalid
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return FaultInvalid
	}
	return ""
}

// verify says what would be wrong with the certificate of a connection that was not verified.
func (c *Client) verify(state *tls.ConnectionState, u *url.URL) CertificateFault {
	if len(state.PeerCertificates) == 0 {
		return FaultInvalid
	}
	options := x509.VerifyOptions{DNSName: u.Hostname(), Roots: c.roots, Intermediates: x509.NewCertPool()}
	for _, cert := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(cert)
	}
	_, err := state.PeerCertificates[0].Verify(options)
	if err == nil {
		return ""
	}
	if fault := certificateFault(err); fault != "" {
		return fault
	}
	return FaultInvalid
}
