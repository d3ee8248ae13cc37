package fetch

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dateline/pkg/netguard"
)

// The rows of the conformance data that need a client: what names resolve to, where redirects lead, and proxies. Those
// about addresses and URLs are pkg/netguard's. Nothing is dialled but loopback, where the tests' own servers are.
func TestConformanceSSRF(t *testing.T) {
	dir := os.Getenv("DATELINE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "conformance", "ssrf.jsonl"))
	if err != nil {
		t.Skipf("conformance data not found (set DATELINE_SHARED): %v", err)
	}
	defer f.Close()
	ran := map[string]int{}
	for s := bufio.NewScanner(f); s.Scan(); {
		var row struct {
			ID, Kind, Host, Expect string
			Answers                [][]string
			Chain                  []string
		}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		ran[row.Kind]++
		switch row.Kind {
		case "resolve":
			resolves(t, row.ID, row.Host, row.Answers, row.Expect)
		case "redirect":
			if err := chain(t, row.Chain); (err == nil) != (row.Expect == "allow") {
				t.Errorf("%s: %v: %v, want %s", row.ID, row.Chain, err, row.Expect)
			}
		case "ip", "url": // in pkg/netguard
		case "env", "keepalive": // TestEnvironmentProxyIsIgnored; nothing to expect
		default:
			t.Errorf("%s: unknown kind %s", row.ID, row.Kind)
		}
	}
	if ran["resolve"] == 0 || ran["redirect"] == 0 {
		t.Errorf("only %v", ran)
	}
}

// resolves asks a host as often as it has answers, each time by a client that does not know the one before, since a kept
// name would hide a rebinding.
func resolves(t *testing.T, id, host string, answers [][]string, expect string) {
	t.Helper()
	n := &names{queries: map[string]int{}, answers: map[string][][]string{host + ".": answers}}
	for round, addrs := range answers {
		c, allowed, _ := undialled(t, netguard.Guard{}, n)
		_, err := c.Get(t.Context(), Request{URL: "http://" + host + "/"})
		public := 0
		for _, a := range addrs {
			if (netguard.Guard{}).Check(netip.AddrPortFrom(netip.MustParseAddr(a), 80)) == nil {
				public++
			}
		}
		if count(allowed) > public || public > 0 && count(allowed) == 0 {
			t.Errorf("%s: round %d: %d addresses would be dialled of %v: %v", id, round, count(allowed), addrs, err)
		}
		if expect == "deny" && count(allowed) > 0 || expect == "allow" && count(allowed) == 0 {
			t.Errorf("%s: %s, but %d addresses would be dialled: %v", id, expect, count(allowed), err)
		}
	}
}

// chain follows redirects from host to host, all public, which a server on loopback plays.
func chain(t *testing.T, urls []string) error {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i, u := range urls {
			at, err := url.Parse(u)
			if err == nil && at.Host == r.Host && at.Path == r.URL.Path && i < len(urls)-1 {
				w.Header().Set("Location", urls[i+1])
				w.WriteHeader(http.StatusFound)
				return
			}
		}
		_, _ = io.WriteString(w, "<html>")
	}))
	defer srv.Close()
	c := NewClient("DatelineBot/test", netguard.Guard{}, quick)
	defer c.Close()
	play := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(host, ".test") {
			host = "93.184.216.34"
		}
		if err := c.guard.Control("tcp4", net.JoinHostPort(host, port), nil); err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
	}
	c.direct.DialContext, c.direct.DialTLSContext = play, play
	_, err := c.Get(t.Context(), Request{URL: urls[0]})
	return err
}
