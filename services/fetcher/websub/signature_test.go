package websub

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// sign is what a hub sends.
func sign(method, secret, body string) string {
	h := signature{method: method}.hash(secret)
	_, _ = h.Write([]byte(body))
	return method + "=" + hex.EncodeToString(h.Sum(nil))
}

// The vector of RFC 4231, section 4.3, and of RFC 2202 for SHA-1.
func TestSignatureVectors(t *testing.T) {
	const key, data = "Jefe", "what do ya want for nothing?"
	for method, want := range map[string]string{
		"sha1":   "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
		"sha256": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		"sha384": "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
		"sha512": "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
	} {
		for _, header := range []string{method + "=" + want, strings.ToUpper(method) + "=" + strings.ToUpper(want), " " + method + " = " + want + " "} {
			s, err := parseSignature(header)
			if err != nil {
				t.Errorf("%s: %v", header, err)
				continue
			}
			h := s.hash(key)
			_, _ = h.Write([]byte(data))
			if !s.matches(h) {
				t.Errorf("%s does not match", header)
			}
			_, _ = h.Write([]byte("!"))
			if s.matches(h) {
				t.Errorf("%s matches another body", header)
			}
		}
	}
}

func TestSignatureRefused(t *testing.T) {
	for header, want := range map[string]string{
		"":                                   "no X-Hub-Signature",
		"sha256":                             "not method=signature",
		"=":                                  `unknown method ""`,
		"md5=" + strings.Repeat("0", 32):     `unknown method "md5"`,
		"sha256=":                            "has 0 digits, not 64",
		"sha256=" + strings.Repeat("0", 40):  "has 40 digits, not 64",
		"sha1=" + strings.Repeat("g", 40):    "invalid byte",
		strings.Repeat("x", 1<<16) + "=00":   "unknown method",
		"sha512=" + strings.Repeat("0", 130): "has 130 digits, not 128",
	} {
		if _, err := parseSignature(header); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > maxNote {
			t.Errorf("%.80q: %v, want %s", header, err, want)
		}
	}
}

func FuzzParseSignature(f *testing.F) {
	for method := range methods {
		f.Add(sign(method, "secret", "body"))
	}
	f.Add("sha256=")
	f.Add("sha256=sha1=00")
	f.Add(" SHA1 = " + strings.Repeat("aF", 20))
	f.Fuzz(func(t *testing.T, header string) {
		s, err := parseSignature(header)
		if err != nil {
			return
		}
		h := s.hash("key")
		if len(s.sum) != h.Size() {
			t.Errorf("%q: %d bytes for %s", header, len(s.sum), s.method)
		}
		again, err := parseSignature(fmt.Sprintf("%s=%x", s.method, s.sum))
		if err != nil || again.method != s.method || string(again.sum) != string(s.sum) {
			t.Errorf("%q: %+v, %v, not %+v", header, again, err, s)
		}
	})
}
