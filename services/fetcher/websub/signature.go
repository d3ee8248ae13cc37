package websub

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // as HMAC, and because most hubs sign with it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
)

// methods are the recognised algorithm names (section 7.1 of the recommendation).
var methods = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}

// weakMethod is accepted, since most hubs have no other, and noted.
const weakMethod = "sha1"

var errUnsigned = errors.New("no X-Hub-Signature")

// signature is a parsed X-Hub-Signature header: method=hex.
type signature struct {
	method string
	sum    []byte
}

// parseSignature reads the header's value. Its sum is as long as the method's always is.
func parseSignature(header string) (signature, error) {
	if header == "" {
		return signature{}, errUnsigned
	}
	name, digits, ok := strings.Cut(header, "=")
	if !ok {
		return signature{}, errors.New("X-Hub-Signature is not method=signature")
	}
	method := strings.ToLower(strings.TrimSpace(name))
	newHash, ok := methods[method]
	if !ok {
		return signature{}, fmt.Errorf("X-Hub-Signature has the unknown method %.20q", method)
	}
	digits = strings.TrimSpace(digits)
	if n := newHash().Size(); len(digits) != 2*n {
		return signature{}, fmt.Errorf("X-Hub-Signature by %s has %d digits, not %d", method, len(digits), 2*n)
	}
	sum, err := hex.DecodeString(digits)
	if err != nil {
		return signature{}, fmt.Errorf("X-Hub-Signature: %w", err)
	}
	return signature{method, sum}, nil
}

// hash is what the body goes through.
func (s signature) hash(secret string) hash.Hash { return hmac.New(methods[s.method], []byte(secret)) }

// matches compares in constant time.
func (s signature) matches(h hash.Hash) bool { return hmac.Equal(s.sum, h.Sum(nil)) }
