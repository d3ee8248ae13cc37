package websub

import (
	"strings"
	"testing"
)

func TestConfig(t *testing.T) {
	for _, c := range []struct{ url, addr, wrong, base, path string }{
		{url: "", addr: "nonsense"}, // off
		{url: "https://push.example", addr: ":8081", base: "https://push.example/websub/", path: "/websub/"},
		{url: "https://example.org:8443/in/", addr: ":8081", base: "https://example.org:8443/in/websub/", path: "/in/websub/"},
		{url: "http://127.0.0.1:99", addr: ":99", base: "http://127.0.0.1:99/websub/", path: "/websub/"},
		{url: "http://[::1]:99", addr: ":99", base: "http://[::1]:99/websub/", path: "/websub/"},
		{url: "http://localhost:99", addr: ":99", base: "http://localhost:99/websub/", path: "/websub/"},
		{url: "http://push.example", addr: ":8081", wrong: "not https"},
		{url: "http://10.0.0.1", addr: ":8081", wrong: "not https"},
		{url: "push.example", addr: ":8081", wrong: "not an absolute"},
		{url: "https:push.example", addr: ":8081", wrong: "not an absolute"},
		{url: "https://", addr: ":8081", wrong: "not an absolute"},
		{url: "https://u:p@push.example", addr: ":8081", wrong: "only a host"},
		{url: "https://push.example/?a=1", addr: ":8081", wrong: "only a host"},
		{url: "https://push.example/?", addr: ":8081", wrong: "only a host"},
		{url: "https://push.example/#a", addr: ":8081", wrong: "only a host"},
		{url: "https://push.example/%zz", addr: ":8081", wrong: "--websub-url"},
		{url: "https://push.example", addr: "8081", wrong: "--websub-addr"},
	} {
		cfg := Config{URL: c.url, Addr: c.addr}
		err := cfg.Validate()
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%q %q: %v, want %q", c.url, c.addr, err, c.wrong)
		}
		if c.wrong != "" || !cfg.On() {
			continue
		}
		if base, path := cfg.callbackBase(); base != c.base || path != c.path {
			t.Errorf("%q: %s %s, want %s %s", c.url, base, path, c.base, c.path)
		}
	}
}
