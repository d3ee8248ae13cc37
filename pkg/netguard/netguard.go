// Package netguard keeps requests to addresses that strangers choose away from the networks that Dateline itself lives
// in (server-side request forgery).
//
// The address that is really dialled is what counts: Guard.Control goes into a net.Dialer, so that redirects, names that
// resolve differently the second time, and spellings such as 0x7f.1 need no care of their own. Host refuses early what
// Control would refuse anyway, for the sake of a better message and no DNS query.
package netguard

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
)

// Guard decides which addresses may be dialled: globally reachable unicast ones (IANA special-purpose address
// registries) on the usual web ports. The zero Guard is the strict one.
type Guard struct {
	// AllowLoopback lets loopback addresses through, on any port: for tests, never for the open web.
	AllowLoopback bool

	// Allow are networks that are let through as well, on any port, and by any name that resolves into one of them: those in
	// which the operator has receivers of its own.
	Allow []netip.Prefix

	// TrustedProxies are "host:port" of proxies that may be dialled wherever they are: those that the operator's own
	// network has. What is asked of them is checked all the same. Control and Check do not look at it.
	TrustedProxies []string
}

// BlockedError says what was refused and why.
type BlockedError struct {
	Addr string // address and port, or a host name
	Why  string // such as "private network" or "port 22 is no web port"
}

func (e *BlockedError) Error() string { return fmt.Sprintf("%s is blocked: %s", e.Addr, e.Why) }

// special are the IPv4 prefixes that are not globally reachable. 168.63.129.16 is Azure's host from inside.
var special = []struct {
	netip.Prefix
	why string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network (RFC 1122)"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private network (RFC 1918)"},
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier-grade NAT (RFC 6598)"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("168.63.129.16/32"), "cloud metadata"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local (RFC 3927)"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private network (RFC 1918)"},
	{netip.MustParsePrefix("192.0.0.0/24"), "IETF protocol assignments (RFC 6890)"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation (RFC 5737)"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relay (RFC 7526)"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private network (RFC 1918)"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking (RFC 2544)"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation (RFC 5737)"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation (RFC 5737)"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast (RFC 5771)"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved (RFC 1112)"},
}

// Of IPv6 only the global unicast block is let through, without these prefixes of it.
var (
	globalUnicast = netip.MustParsePrefix("2000::/3")
	special6      = []struct {
		netip.Prefix
		why string
	}{
		{netip.MustParsePrefix("2001::/23"), "IETF protocol assignments (RFC 2928)"},
		{netip.MustParsePrefix("2001:db8::/32"), "documentation (RFC 3849)"},
		{netip.MustParsePrefix("2002::/16"), "6to4 (RFC 3056)"},
		{netip.MustParsePrefix("3fff::/20"), "documentation (RFC 9637)"},
	}
	nat64 = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: the IPv4 address is in the last four bytes
)

// ports are those that web servers use. Anything else is more likely a service that takes HTTP for commands.
var ports = []uint16{80, 443, 8000, 8008, 8080, 8443, 8888}

// Names under these are local by standard (RFC 6761, 6762, 8375) or by habit (RFC 6762, appendix G; Kubernetes).
var localNames = []string{"localhost", "local", "internal", "home.arpa", "intranet", "private", "corp", "home", "lan", "svc"}

// Control is for net.Dialer.Control: it runs for each address before it is connected to. Its error is a *BlockedError.
func (g Guard) Control(network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return &BlockedError{address, "network " + network}
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &BlockedError{address, err.Error()}
	}
	return g.Check(ap)
}

// Check returns a *BlockedError where an address or its port may not be dialled. An IPv4 address inside an IPv6 one
// counts as itself.
func (g Guard) Check(ap netip.AddrPort) error {
	ip := ap.Addr().WithZone("").Unmap()
	if nat64.Contains(ip) {
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if g.AllowLoopback && ip.IsLoopback() || slices.ContainsFunc(g.Allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return nil
	}
	if why := unreachable(ip); why != "" {
		return &BlockedError{ap.String(), why}
	}
	return checkPort(ap.String(), ap.Port())
}

// unreachable says why an address is not globally reachable, "" where it is.
func unreachable(ip netip.Addr) string {
	if ip.Is4() {
		for _, s := range special {
			if s.Contains(ip) {
				return s.why
			}
		}
		return ""
	}
	if !globalUnicast.Contains(ip) {
		return "not a global unicast address (RFC 4291)"
	}
	for _, s := range special6 {
		if s.Contains(ip) {
			return s.why
		}
	}
	return ""
}

func checkPort(addr string, port uint16) error {
	if !slices.Contains(ports, port) {
		return &BlockedError{addr, fmt.Sprintf("port %d is no web port", port)}
	}
	return nil
}

// Host returns a *BlockedError for host names and address literals that cannot be of the open web. A name that passes
// may still resolve to an address that does not. host is as in a URL that the WHATWG rules have parsed: lower case, ASCII,
// an IPv6 address in brackets.
func (g Guard) Host(host string, port uint16) error {
	name := strings.TrimSuffix(host, ".")
	if ip, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return g.Check(netip.AddrPortFrom(ip, port))
	}
	if len(g.Allow) > 0 {
		return nil // the address is checked when it is dialled, and its port
	}
	for _, local := range localNames {
		if name != local && !strings.HasSuffix(name, "."+local) {
			continue
		}
		if local == "localhost" && g.AllowLoopback {
			return nil // on any port; the address is checked when it is dialled
		}
		return &BlockedError{host, "local name"}
	}
	if !strings.Contains(name, ".") {
		return &BlockedError{host, "name of a single label"}
	}
	return checkPort(host, port)
}
