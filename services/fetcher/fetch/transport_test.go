package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"dateline/pkg/netguard"
	"dateline/services/fetcher/fetch/hostiletest"

	"golang.org/x/net/dns/dnsmessage"
)

// secure serves a page over TLS, and makes a client that trusts the server.
func secure(t *testing.T, config *tls.Config) (*httptest.Server, *Client) {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLS = config
	srv.StartTLS()
	t.Cleanup(srv.Close)
	c := client(t, quick)
	c.roots = x509.NewCertPool()
	c.roots.AddCert(srv.Certificate())
	c.direct = c.newTransport(route{})
	return srv, c
}

func TestOldTLS(t *testing.T) {
	for name, config := range map[string]*tls.Config{
		"TLS 1.0":          {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10},
		"RSA key exchange": {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}},
		"triple DES":       {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}},
	} {
		srv, c := secure(t, config)
		for range 2 { // the second on the same connection
			got, err := c.Get(t.Context(), Request{URL: srv.URL})
			if err != nil || !got.OldTLS {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
	srv, c := secure(t, nil)
	if got, err := c.Get(t.Context(), Request{URL: srv.URL}); err != nil || got.OldTLS || got.Certificate != "" {
		t.Errorf("today's: %+v, %v", got, err)
	}
}

// The second handshake is no way around the certificate.
func TestOldTLSIsVerified(t *testing.T) {
	srv, _ := secure(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10})
	_, err := client(t, quick).Get(t.Context(), Request{URL: srv.URL})
	if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonTLS {
		t.Errorf("%v", err)
	}
}

func TestCertificates(t *testing.T) {
	srv, trusting := secure(t, nil)
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	expired := hostiletest.Start(t, "a certificate of the past")
	for _, c := range []struct {
		client *Client
		url    string
		want   CertificateFault
	}{
		{trusting, srv.URL, ""},
		{trusting, "https://localhost:" + port, FaultHost},
		{client(t, quick), srv.URL, FaultAuthority},
		{client(t, quick), expired, FaultExpired},
	} {
		_, err := c.client.Get(t.Context(), Request{URL: c.url})
		e, failed := errors.AsType[*Error](err)
		if failed != (c.want != "") || failed && (e.Reason != ReasonTLS || e.Certificate != c.want || e.Temporary) {
			t.Errorf("%s: %+v, want %q", c.url, e, c.want)
		}
		got, err := c.client.Get(t.Context(), Request{URL: c.url, Overrides: Overrides{Unverified: true}})
		if err != nil || got.Certificate != c.want {
			t.Errorf("%s unverified: %+v, %v, want %q", c.url, got, err, c.want)
		}
		if _, err := c.client.Get(t.Context(), Request{URL: c.url}); (err != nil) != (c.want != "") {
			t.Errorf("%s: after an exception for one request: %v", c.url, err)
		}
	}
}

// names is a name server that answers look-ups of a name from a list, the last for ever.
type names struct {
	mu      sync.Mutex
	answers map[string][][]string // addresses by name; no such name where it is missing
	queries map[string]int
	delay   time.Duration
}

// resolver makes a resolver that asks it.
func (n *names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			time.Sleep(n.delay)
			if answer := n.answer(buf[:size]); answer != nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	addr := conn.LocalAddr().String()
	return newResolver(&net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", addr)
	}})
}

func (n *names) answer(query []byte) []byte {
	var p dnsmessage.Parser
	h, err := p.Start(query)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key := q.Name.String() + q.Type.String()
	rounds, known := n.answers[q.Name.String()]
	round := min(n.queries[key], len(rounds)-1)
	n.queries[key]++
	reply := dnsmessage.Message{Header: dnsmessage.Header{ID: h.ID, Response: true, RecursionAvailable: true}, Questions: []dnsmessage.Question{q}}
	if !known {
		reply.RCode = dnsmessage.RCodeNameError
	} else {
		for _, a := range rounds[round] {
			ip := net.ParseIP(a)
			head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: dnsmessage.ClassINET, TTL: 1}
			v4 := ip.To4()
			switch {
			case q.Type == dnsmessage.TypeA && v4 != nil && ip.String() == a:
				reply.Answers = append(reply.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: [4]byte(v4)}})
			case q.Type == dnsmessage.TypeAAAA && (v4 == nil || ip.String() != a): // a mapped address too
				reply.Answers = append(reply.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: [16]byte(ip.To16())}})
			}
		}
	}
	packed, err := reply.Pack()
	if err != nil {
		return nil
	}
	return packed
}

func TestNamesAreKept(t *testing.T) {
	n := &names{queries: map[string]int{}, delay: 20 * time.Millisecond, answers: map[string][][]string{"a.test.": {{"93.184.216.34", "2606:2800::1"}, {"127.0.0.1"}}}}
	c := client(t, quick)
	c.dialer.Resolver = n.resolver(t)
	for range 2 { // at the same time, and again, though the answer is for a second
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				addrs, err := c.Resolve(t.Context(), "a.test")
				if err != nil || len(addrs) != 2 {
					t.Errorf("%v, %v", addrs, err)
				}
				if _, err := c.Resolve(t.Context(), "none.test"); err == nil {
					t.Error("a name that there is not")
				}
			})
		}
		all.Wait()
		time.Sleep(1100 * time.Millisecond)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, q := range []string{"a.test.TypeA", "a.test.TypeAAAA", "none.test.TypeA", "none.test.TypeAAAA"} {
		if n.queries[q] != 1 {
			t.Errorf("%s was asked %d times", q, n.queries[q])
		}
	}
	if len(n.queries) != 4 {
		t.Errorf("asked for %v: search domains?", n.queries)
	}
	for _, literal := range []string{"[::1]", "127.0.0.1"} {
		if addrs, err := c.Resolve(t.Context(), literal); err != nil || len(addrs) != 1 {
			t.Errorf("%s: %v, %v", literal, addrs, err)
		}
	}
}

func TestRooted(t *testing.T) {
	for in, want := range map[string]string{"a.example": "a.example.", "a.example.": "a.example.", "localhost": "localhost"} {
		if got := rooted(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

var errNotDialled = errors.New("allowed, but this is a test")

// undialled makes a client whose guard is asked for every address, and that connects to none.
func undialled(t *testing.T, guard netguard.Guard, n *names) (c *Client, allowed, denied *sync.Map) {
	t.Helper()
	c = NewClient("DatelineBot/test", guard, quick)
	t.Cleanup(c.Close)
	allowed, denied = new(sync.Map), new(sync.Map)
	c.dialer.Resolver = n.resolver(t)
	c.dialer.Control = func(network, address string, conn syscall.RawConn) error {
		if err := guard.Control(network, address, conn); err != nil {
			denied.Store(address, true)
			return err
		}
		allowed.Store(address, true)
		return errNotDialled
	}
	return c, allowed, denied
}

func count(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}

func TestProxy(t *testing.T) {
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.RequestURI)
		_, _ = io.WriteString(w, "<html>")
	}))
	defer proxy.Close()
	n := &names{queries: map[string]int{}, answers: map[string][][]string{"a.test.": {{"93.184.216.34"}}, "b.test.": {{"10.0.0.1"}}}}
	for _, c := range []struct {
		url     string
		trusted bool
		want    Reason
	}{
		{"http://a.test/x?y", true, ""},
		{"http://unknown.test/x?y", true, ""}, // the proxy may know it
		{"http://a.test/x?y", false, ReasonBlocked},
		{"http://b.test/", true, ReasonBlocked},
		{"http://127.0.0.1/", true, ReasonBlocked},
		{"http://a.test:22/", true, ReasonBlocked},
		{"http://metadata.internal/", true, ReasonBlocked},
	} {
		guard := netguard.Guard{}
		if c.trusted {
			guard.TrustedProxies = []string{proxy.Listener.Addr().String()}
		}
		cl, _, _ := undialled(t, guard, n)
		asked.Store("")
		_, err := cl.Get(t.Context(), Request{URL: c.url, Overrides: Overrides{Proxy: proxy.URL}})
		e, failed := errors.AsType[*Error](err)
		switch {
		case c.want == "" && (err != nil || asked.Load() != c.url):
			t.Errorf("%s: %v, asked for %v", c.url, err, asked.Load())
		case c.want != "" && (!failed || e.Reason != c.want || asked.Load() != ""):
			t.Errorf("%s: %v, asked for %v", c.url, err, asked.Load())
		}
	}
	// What is trusted is the proxy, and as a proxy only.
	cl, _, _ := undialled(t, netguard.Guard{TrustedProxies: []string{proxy.Listener.Addr().String()}}, n)
	if _, err := cl.Get(t.Context(), Request{URL: proxy.URL}); !isBlocked(err) {
		t.Errorf("a trusted proxy as a server: %v", err)
	}
}

// Without a proxy of its own, a request is dialled from here, whatever the environment says.
func TestEnvironmentProxyIsIgnored(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, "http://9.9.9.9:8080")
	}
	n := &names{queries: map[string]int{}, answers: map[string][][]string{"a.test.": {{"93.184.216.34"}}}}
	for _, scheme := range []string{"http", "https"} {
		c, allowed, _ := undialled(t, netguard.Guard{}, n)
		_, err := c.Get(t.Context(), Request{URL: scheme + "://a.test/"})
		if !errors.Is(err, errNotDialled) || count(allowed) != 1 {
			t.Errorf("%v", err)
		}
		if _, ok := allowed.Load(fmt.Sprintf("93.184.216.34:%d", map[string]int{"http": 80, "https": 443}[scheme])); !ok || c.direct.Proxy != nil {
			t.Errorf("%s goes elsewhere", scheme)
		}
	}
}
