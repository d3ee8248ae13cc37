package polite

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
)

// literal is the address that a host is, where it is one.
func literal(host string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return a.Unmap(), err == nil
}

// machine is what stands for a host's addresses. It is the first in their order, IPv4 before IPv6: the names of one machine
// give the same, in whatever order DNS lists its addresses. Of an IPv6 address it is the /64, which one machine may
// have to itself.
func machine(addrs []netip.Addr) string {
	least := addrs[0].Unmap()
	for _, a := range addrs[1:] {
		if a = a.Unmap(); a.Compare(least) < 0 {
			least = a
		}
	}
	if least.Is6() {
		return netip.PrefixFrom(least.WithZone(""), 64).Masked().String()
	}
	return least.String()
}

// The two kinds of keys.
const (
	kindSite    = "site"
	kindAddress = "address"
)

// maxName bounds a key; no name in DNS is longer.
const maxName = 253

// key is the bucket's key for a site or an address: one token after its kind, of the characters that a key may have.
func key(kind, name string) string {
	if len(name) > maxName {
		sum := sha256.Sum256([]byte(name))
		name = hex.EncodeToString(sum[:])
	}
	var b strings.Builder
	b.WriteString(kind + ".")
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-':
			b.WriteByte(c)
		case c == '.':
			b.WriteByte('_')
		default:
			fmt.Fprintf(&b, "=%02x", c)
		}
	}
	return b.String()
}
