package hostiletest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"
)

func headers() []Behaviour {
	line := "X-Filler: " + strings.Repeat("a", 1000) + "\r\n"
	return []Behaviour{
		{Name: "header lines without end", Reason: "too_large_headers", serve: func(c *client) {
			c.say(ok)
			c.drip(line, 0)
		}},
		{Name: "a header line without end", Reason: "too_large_headers", serve: func(c *client) {
			c.say(ok + "X-Filler: ")
			c.drip(strings.Repeat("a", 1000), 0)
		}},
		{Name: "a header name without end", Reason: "too_large_headers", serve: func(c *client) {
			c.say(ok)
			c.drip(strings.Repeat("a", 1000), 0)
		}},
		{Name: "a status line without end", Reason: "too_large_headers", serve: func(c *client) {
			c.say("HTTP/1.1 200 ")
			c.drip(strings.Repeat("a", 1000), 0)
		}},
		{Name: "ten thousand cookies", Reason: "too_large_headers", serve: says(ok + strings.Repeat("Set-Cookie: a=b\r\n", 10_000) + "\r\n<html>")},
		{Name: "continue for ever", Reason: "too_large_headers", serve: func(c *client) { c.drip("HTTP/1.1 100 Continue\r\n\r\n", 0) }},
		{Name: "early hints for ever", Reason: "too_large_headers", serve: func(c *client) {
			c.drip("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n", 0)
		}},
		{Name: "processing, now and then, for ever", Reason: "timeout", Temporary: true, serve: func(c *client) {
			c.drip("HTTP/1.1 102 Processing\r\n\r\n", 50*time.Millisecond)
		}},
		{Name: "a header line without a colon", Reason: "protocol", serve: says(ok + "nonsense\r\n\r\n<html>")},
		{Name: "a header name with a space", serve: says(ok + "X Filler: a\r\n\r\n<html>")},
		{Name: "a header with a NUL", Reason: "protocol", serve: says(ok + "X-Filler: a\x00b\r\n\r\n<html>")},
		{Name: "a header with a lone carriage return", Reason: "protocol", serve: says(ok + "X-Filler: a\rb\r\n\r\n<html>")},
		{Name: "a header that ends in the middle", Reason: "connect", Temporary: true, serve: says(ok)},
		{Name: "a type and a length without measure", serve: says("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=" + strings.Repeat("x", 8000) + "\r\n\r\n<html>")},
	}
}

func answers() []Behaviour {
	return []Behaviour{
		{Name: "a mail server", Reason: "protocol", serve: says("220 mail.example ESMTP\r\n")},
		{Name: "a radio station", Reason: "protocol", serve: says("ICY 200 OK\r\nicy-name: radio\r\n\r\n")},
		{Name: "HTTP/0.9", Reason: "protocol", serve: says("<html>no header\r\n")},
		{Name: "HTTP/2 unasked", Reason: "protocol", serve: says("\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\r\n\r\n")},
		{Name: "noise", Reason: "protocol", serve: says(strings.Repeat("\xff\x00\xfe\n", 1000))},
		{Name: "a status of two digits", Reason: "protocol", serve: says("HTTP/1.1 20 OK\r\n\r\n<html>")},
		{Name: "a status of zero", Reason: "protocol", serve: says("HTTP/1.1 000 None\r\n" + nobody)},
		{Name: "a status of 999", Reason: "protocol", serve: says("HTTP/1.1 999 Denied\r\n" + nobody)},
		{Name: "another protocol unasked", Reason: "protocol", serve: func(c *client) {
			c.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
			c.hang()
		}},
		{Name: "a part unasked", Reason: "protocol", serve: says("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-5/100\r\nContent-Length: 6\r\n\r\n<html>")},
		{Name: "not modified, unasked", Reason: "bad_redirect", serve: says("HTTP/1.1 304 Not Modified\r\n\r\n")},
		{Name: "nothing", Reason: "empty", serve: says(ok + nobody)},
		{Name: "no content", Reason: "empty", serve: says("HTTP/1.1 204 No Content\r\n\r\n")},
		{Name: "gone", Reason: "http_4xx", serve: says("HTTP/1.1 410 Gone\r\n" + nobody)},
		{Name: "misdirected", Reason: "http_4xx", Temporary: true, serve: says("HTTP/1.1 421 Misdirected Request\r\n" + nobody)},
		{Name: "too many requests, for a hundred years", Reason: "http_4xx", Temporary: true, serve: says("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3153600000\r\n" + nobody)},
		{Name: "unavailable", Reason: "http_5xx", Temporary: true, serve: says("HTTP/1.1 503 Service Unavailable\r\nRetry-After: soon\r\n" + nobody)},
	}
}

func connections() []Behaviour {
	return []Behaviour{
		{Name: "nobody there", Reason: "connect", Temporary: true, dead: true},
		{Name: "closed at once", Reason: "connect", Temporary: true, early: true, serve: func(*client) {}},
		{Name: "closed after the request", Reason: "connect", Temporary: true, serve: func(*client) {}},
		{Name: "reset at once", Reason: "connect", Temporary: true, early: true, serve: reset},
		{Name: "reset after the request", Reason: "connect", Temporary: true, serve: reset},
		{Name: "never reads", Reason: "timeout", Temporary: true, early: true, serve: func(c *client) { time.Sleep(3 * time.Second) }},
	}
}

func types() []Behaviour {
	unsupported := func(name, body string) Behaviour {
		return Behaviour{Name: name, Reason: "unsupported_type", serve: func(c *client) {
			c.say(ok + "\r\n" + body)
			c.drip(strings.Repeat("\x00", 1000), 0)
		}}
	}
	return []Behaviour{
		unsupported("video as a page", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"),
		unsupported("a picture as a page", "\x89PNG\r\n\x1a\n"),
		unsupported("PDF as a page", "%PDF-1.7\n"),
		unsupported("zip as a page", "PK\x03\x04...."),
	}
}

func redirects() []Behaviour {
	to := func(status int, location string) func(*client) {
		return says(fmt.Sprintf("HTTP/1.1 %d Moved\r\nLocation: %s\r\n%s", status, location, nobody))
	}
	return []Behaviour{
		{Name: "redirect to itself", Reason: "redirect_loop", serve: to(302, "/")},
		{Name: "redirect to and fro", Reason: "redirect_loop", serve: func(c *client) {
			to(307, map[string]string{"/": "/a", "/a": "/"}[c.request.URL.Path])(c)
		}},
		{Name: "redirect for ever", Reason: "redirect_loop", serve: func(c *client) { to(302, c.request.URL.Path+"a")(c) }},
		{Name: "redirect to nowhere", Reason: "bad_redirect", serve: says("HTTP/1.1 301 Moved\r\n" + nobody)},
		{Name: "redirect without a choice", Reason: "bad_redirect", serve: says("HTTP/1.1 300 Multiple Choices\r\n" + nobody)},
		{Name: "redirect to a file", Reason: "bad_redirect", serve: to(301, "file:///etc/passwd")},
		{Name: "redirect to a script", Reason: "bad_redirect", serve: to(302, "javascript:alert(1)")},
		{Name: "redirect to data", Reason: "bad_redirect", serve: to(302, "data:text/html,<html>")},
		{Name: "redirect to what cannot be a URL", Reason: "bad_redirect", serve: to(302, "http://[::1")},
		{Name: "redirect to a URL without measure", Reason: "bad_redirect", serve: to(302, "/"+strings.Repeat("a", 32<<10))},
		{Name: "redirect to cloud metadata", Reason: "blocked_address", serve: to(302, "http://169.254.169.254/latest/meta-data/")},
		{Name: "redirect to metadata in octal", Reason: "blocked_address", serve: to(302, "http://0251.0376.0251.0376/")},
		{Name: "redirect to metadata behind another name", Reason: "blocked_address", serve: to(302, `http://169.254.169.254\@news.example/`)},
		{Name: "redirect to a private network", Reason: "blocked_address", serve: to(302, "//10.0.0.1/")},
		{Name: "redirect to a private port", Reason: "blocked_address", serve: to(302, "https://news.example:22/")},
		{Name: "redirect to a local name", Reason: "blocked_address", serve: to(302, "http://printer.local/")},
		{Name: "redirect with a body for ever", serve: func(c *client) {
			if c.request.URL.Path == "/page" {
				c.say(ok + "\r\n<html>")
				return
			}
			c.say("HTTP/1.1 302 Found\r\nLocation: /page\r\n\r\n")
			c.drip("a", 20*time.Millisecond)
		}},
		{Name: "redirect to a URL with a space", serve: func(c *client) {
			if c.request.URL.RawQuery == "a%20b" {
				c.say(ok + "\r\n<html>")
				return
			}
			to(302, "/ok?a b")(c)
		}},
		{Name: "redirect and then silence", Reason: "timeout", Temporary: true, serve: func(c *client) {
			if c.request.URL.Path == "/" {
				to(302, "/silence")(c)
				return
			}
			c.hang()
		}},
	}
}

func overTLS() []Behaviour {
	now := time.Now()
	return []Behaviour{
		{Name: "a certificate of nobody's", Reason: "tls", tls: certificate(now.Add(time.Hour)), serve: says(ok + "\r\n<html>")},
		{Name: "a certificate of the past", Reason: "tls", tls: certificate(now.Add(-time.Hour)), serve: says(ok + "\r\n<html>")},
		{Name: "HTTP on the port of HTTPS", Reason: "tls", https: true, early: true, serve: says("HTTP/1.1 400 Bad Request\r\n" + nobody)},
		{Name: "silence instead of a handshake", Reason: "timeout", Temporary: true, https: true, early: true, serve: (*client).hang},
		{Name: "a handshake that breaks off", Reason: "connect", Temporary: true, https: true, early: true, serve: func(*client) {}},
		{Name: "a handshake that is refused", Reason: "tls", https: true, early: true, serve: func(c *client) {
			_, _ = c.Read(make([]byte, 1<<14))
			c.say("\x15\x03\x01\x00\x02\x02\x28") // RFC 8446, 6: a fatal alert, handshake_failure
		}},
	}
}

// certificate makes a server's configuration with a certificate that no authority has signed.
func certificate(until time.Time) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil { // no randomness: nothing works
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hostile"},
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}
