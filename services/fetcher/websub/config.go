package websub

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Config is the part of the configuration that WebSub needs. Without a URL it is off.
type Config struct {
	URL  string `name:"websub-url" help:"Public https address under which hubs reach --websub-addr, for example https://push.example.org; without it there is no WebSub." env:"DATELINE_WEBSUB_URL"`
	Addr string `name:"websub-addr" help:"Address that WebSub callbacks are answered at, in plain HTTP: a proxy in front of it ends TLS and leaves the path as it is." default:"127.0.0.1:8081" env:"DATELINE_WEBSUB_ADDR"`
}

// On tells whether feeds are subscribed to.
func (c *Config) On() bool { return c.URL != "" }

// Validate names what is wrong.
func (c *Config) Validate() error {
	if !c.On() {
		return nil
	}
	u, err := url.Parse(c.URL)
	if err == nil {
		err = public(u)
	}
	if err != nil {
		return fmt.Errorf("--websub-url %q: %w", c.URL, err)
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return fmt.Errorf("--websub-addr %q: %w", c.Addr, err)
	}
	return nil
}

// public refuses what a hub could not reach, or only in the clear. Callbacks are capabilities: who sees one can use it.
func public(u *url.URL) error {
	ip, _ := netip.ParseAddr(u.Hostname())
	loopback := ip.IsLoopback() || u.Hostname() == "localhost"
	switch {
	case u.Hostname() == "" || u.Opaque != "":
		return errors.New("not an absolute web address")
	case u.Scheme != "https" && !(u.Scheme == "http" && loopback):
		return errors.New("not https")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("only a host, a port and a path, please")
	}
	return nil
}

// callbackBase is what callback URLs begin with, and its path.
func (c *Config) callbackBase() (base, path string) {
	base = strings.TrimRight(c.URL, "/") + "/websub/"
	u, err := url.Parse(base)
	if err != nil { // Validate has parsed it
		panic(err)
	}
	return base, u.Path
}
