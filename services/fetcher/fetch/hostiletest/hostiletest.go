// Package hostiletest is a web server that does what web servers should not, for tests of whoever fetches.
//
// A Behaviour says how a client should come out of it, in terms that are package fetch's, written as strings so that
// fetch's own tests can use them.
package hostiletest

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Behaviour is one way to treat a client badly.
type Behaviour struct {
	Name string

	// What a client that defends itself makes of it: a reason to fail, and whether it is worth another try; or, where
	// Reason is empty, a body that begins with "<html>", whole or not.
	Reason    string
	Temporary bool
	Truncated bool

	serve func(*client)
	early bool        // serve before a request was read
	https bool        // the URL's scheme
	tls   *tls.Config // serve over TLS, and not only say so
	dead  bool        // nobody listens
}

// client is a connection with its request, to be written to.
type client struct {
	net.Conn
	request *http.Request // nil for an early behaviour
}

// say writes a string. A client that is gone ends the behaviour by itself: every pause looks at it.
func (c *client) say(s string) bool {
	_, err := io.WriteString(c, s)
	return err == nil
}

// drip says s again and again until the client is gone.
func (c *client) drip(s string, pause time.Duration) {
	for c.say(s) {
		if pause > 0 {
			time.Sleep(pause)
		}
	}
}

// hang says nothing more until the client is gone.
func (c *client) hang() {
	_, _ = io.Copy(io.Discard, c)
}

// Start serves a behaviour on loopback until the test is over, and returns its URL.
func (b *Behaviour) Start(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	scheme := "http://"
	if b.https || b.tls != nil {
		scheme = "https://"
	}
	url := scheme + l.Addr().String() + "/"
	if b.dead {
		_ = l.Close()
		return url
	}
	s := &server{open: map[net.Conn]bool{}}
	s.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if b.tls != nil {
				conn = tls.Server(conn, b.tls)
			}
			s.serve(b, conn)
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		s.close()
		s.Wait()
	})
	return url
}

// server waits for its connections, and can end them.
type server struct {
	sync.WaitGroup
	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
}

func (s *server) serve(b *Behaviour, conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close()
		return
	}
	s.open[conn] = true
	s.Go(func() {
		defer func() {
			_ = conn.Close()
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.open, conn)
		}()
		if b.early {
			b.serve(&client{Conn: conn})
			return
		}
		if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			b.serve(&client{Conn: conn, request: r})
		}
	})
}

func (s *server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for conn := range s.open {
		_ = conn.Close()
	}
}

// All are the behaviours.
func All() []Behaviour {
	var all []Behaviour
	for _, some := range [][]Behaviour{bombs(), codings(), transfers(), slow(), headers(), answers(), connections(), types(), redirects(), overTLS()} {
		all = append(all, some...)
	}
	return all
}

// Start serves the behaviour of a name.
func Start(t testing.TB, name string) string {
	t.Helper()
	for _, b := range All() {
		if b.Name == name {
			return b.Start(t)
		}
	}
	t.Fatalf("no behaviour is called %q", name)
	return ""
}
