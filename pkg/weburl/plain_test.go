package weburl

import (
	"strings"
	"testing"
)

var plainURLs = map[string]bool{
	"https://news.example/2024/11/06/the-bridge?id=7&x=/../a?b": true,
	"http://a-b.c1.example/":                                    true,
	"https://example.com/a:b@c;d=e,~!":                          true,
	"https://example.com/a.html/b%2fc":                          true,
	"https://example.com":                                       false,
	"https://example.com?a":                                     false,
	"HTTPS://example.com/":                                      false,
	"https://Example.com/":                                      false,
	"https://example.com:443/":                                  false,
	"https://u@example.com/":                                    false,
	"https://example.com./":                                     false,
	"https://xn--bcher-kva.example/":                            false,
	"https://-a.example/":                                       false,
	"https://1.2.3/":                                            false,
	"https://a.0x1/":                                            false,
	"https://[::1]/":                                            false,
	"https:///a":                                                false,
	"https://example.com/../a":                                  false,
	"https://example.com/a/%2e%2E/b":                            false,
	"https://example.com/a/.":                                   false,
	"https://example.com/a#b":                                   false,
	"https://example.com/é":                                     false,
	"https://example.com/a b":                                   false,
	"https://example.com/a\\b":                                  false,
	"https://example.com/?'":                                    false,
	"ftp://example.com/":                                        false,
	"/a":                                                        false,
	"":                                                          false,
}

func TestPlain(t *testing.T) {
	for s, want := range plainURLs {
		if got := plain(s); got != want {
			t.Errorf("plain(%q) = %t", s, got)
		}
	}
	if plain("https://example.com/" + strings.Repeat("a", MaxLength)) {
		t.Error("what is too long is plain")
	}
}

// FuzzPlain holds that parsing changes nothing in a plain URL.
func FuzzPlain(f *testing.F) {
	for s := range plainURLs {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !plain(s) {
			return
		}
		u, err := parse(s, "")
		if err != nil || u.Href(true) != s {
			t.Errorf("%q is parsed as %v, %v", s, u, err)
		}
	})
}

func BenchmarkResolve(b *testing.B) {
	for name, s := range map[string]string{"plain": "https://news.example/2024/11/06/the-bridge?id=7", "parsed": "https://news.example:443/2024/11/06/the-bridge?id=7"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Resolve("", s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
