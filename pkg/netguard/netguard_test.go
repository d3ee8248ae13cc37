package netguard

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dateline/pkg/weburl"
)

func TestConformance(t *testing.T) {
	dir := os.Getenv("DATELINE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "conformance", "ssrf.jsonl"))
	if err != nil {
		t.Skipf("conformance data not found (set DATELINE_SHARED): %v", err)
	}
	defer f.Close()
	n := map[string]int{}
	for s := bufio.NewScanner(f); s.Scan(); {
		var row struct {
			ID, Kind, Input, URL, Expect string
			AlsoOK                       []string `json:"also_ok"`
		}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		var denied error
		switch row.Kind {
		case "ip":
			denied = Guard{}.Control("tcp6", net.JoinHostPort(row.Input, "443"), nil)
			if netip.MustParseAddr(row.Input).Is4() {
				denied = Guard{}.Control("tcp4", net.JoinHostPort(row.Input, "443"), nil)
			}
		case "url":
			denied = target(row.URL)
		default: // what needs a client is in services/fetcher/fetch
			continue
		}
		n[row.Kind]++
		got := "allow"
		if denied != nil {
			got = "deny"
		}
		if !slices.Contains(append(row.AlsoOK, row.Expect), got) {
			t.Errorf("%s: %s%s: %s (%v), want %s", row.ID, row.Input, row.URL, got, denied, row.Expect)
		}
	}
	if n["ip"] == 0 || n["url"] == 0 {
		t.Errorf("read only %v", n)
	}
}

// target is what the fetcher does with a URL before it dials.
func target(raw string) error {
	s, err := weburl.Resolve("", raw)
	if err != nil {
		return err
	}
	u, err := url.Parse(s)
	if err != nil {
		return err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	p, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return err
	}
	return Guard{}.Host(weburl.Host(s), uint16(p))
}

func TestControl(t *testing.T) {
	for _, c := range []struct {
		network, address string
		loopback, ok     bool
	}{
		{"tcp4", "9.9.9.9:443", false, true},
		{"tcp4", "9.9.9.9:8888", false, true},
		{"tcp4", "9.9.9.9:22", false, false},
		{"udp4", "9.9.9.9:443", false, false},
		{"tcp4", "no address", false, false},
		{"tcp6", "[2620:fe::9%eth0]:443", false, true},
		{"tcp6", "[fe80::1%eth0]:443", false, false},
		{"tcp6", "[::1%lo]:80", false, false},
		{"tcp6", "[::ffff:192.168.1.1]:80", false, false},
		{"tcp6", "[64:ff9b::192.168.1.1]:80", false, false},
		{"tcp6", "[64:ff9b::9.9.9.9]:80", false, true},
		{"tcp4", "127.0.0.1:80", false, false},
		{"tcp4", "127.0.0.1:34567", true, true},
		{"tcp6", "[::1]:34567", true, true},
		{"tcp6", "[::ffff:127.0.0.1]:34567", true, true},
		{"tcp4", "10.0.0.1:80", true, false},
		{"tcp4", "9.9.9.9:22", true, false},
	} {
		err := Guard{AllowLoopback: c.loopback}.Control(c.network, c.address, nil)
		if (err == nil) != c.ok {
			t.Errorf("%s %s, loopback allowed: %t: %v, want ok: %t", c.network, c.address, c.loopback, err, c.ok)
		}
		var blocked *BlockedError
		if err != nil && !errors.As(err, &blocked) {
			t.Errorf("%v is no *BlockedError", err)
		}
	}
}

func TestHost(t *testing.T) {
	for _, c := range []struct {
		host         string
		port         uint16
		loopback, ok bool
	}{
		{"example.org", 443, false, true},
		{"example.org.", 443, false, true},
		{"example.org", 25, false, false},
		{"intranet", 80, false, false},
		{"printer.local", 80, false, false},
		{"metadata.google.internal", 80, false, false},
		{"mylocal", 80, false, false},
		{"my-local.example", 80, false, true},
		{"localhost", 8080, false, false},
		{"a.localhost.", 8080, false, false},
		{"localhost", 4444, true, true},
		{"a.local", 80, true, false},
		{"[::1]", 80, false, false},
		{"[2620:fe::9]", 80, false, true},
		{"192.168.0.1", 80, true, false},
		{"", 80, false, false},
	} {
		if err := (Guard{AllowLoopback: c.loopback}).Host(c.host, c.port); (err == nil) != c.ok {
			t.Errorf("%s port %d, loopback allowed: %t: %v, want ok: %t", c.host, c.port, c.loopback, err, c.ok)
		}
	}
}

// A network of the operator's own is let through, on any port and by any name; what else is inside is not.
func TestAllow(t *testing.T) {
	g := Guard{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32")}}
	for address, ok := range map[string]bool{
		"10.1.2.3:9000": true, "[::ffff:10.1.2.3]:9000": true, "[fd00:1::5]:22": true, "10.2.0.1:80": false, "127.0.0.1:80": false, "169.254.169.254:80": false, "9.9.9.9:22": false, "9.9.9.9:443": true,
	} {
		if err := g.Control("tcp4", address, nil); (err == nil) != ok {
			t.Errorf("%s: %v, want ok: %t", address, err, ok)
		}
	}
	for host, ok := range map[string]bool{"hooks": true, "hooks.internal": true, "10.1.2.3": true, "169.254.169.254": false, "[::1]": false} {
		if err := g.Host(host, 9000); (err == nil) != ok {
			t.Errorf("%s: %v, want ok: %t", host, err, ok)
		}
	}
}

// The guard sits where nothing gets past it: in the dialer, behind name resolution.
func TestDialer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		d := net.Dialer{Control: Guard{}.Control}
		_, err := d.Dial("tcp", net.JoinHostPort(host, port))
		var blocked *BlockedError
		if !errors.As(err, &blocked) || !strings.Contains(blocked.Why, "loopback") && !strings.Contains(blocked.Why, "unicast") {
			t.Errorf("dial %s: %v, want a *BlockedError", host, err)
		}
	}
	d := net.Dialer{Control: Guard{AllowLoopback: true}.Control}
	c, err := d.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}
