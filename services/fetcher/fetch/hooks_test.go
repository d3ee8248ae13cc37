package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/services/fetcher/fetch/hostiletest"
)

// site answers by path; "/" + host:port are cut from what it logs.
func site(t *testing.T, answer http.HandlerFunc) (url string) {
	t.Helper()
	srv := httptest.NewServer(answer)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestHop(t *testing.T) {
	var log []string
	url := site(t, func(w http.ResponseWriter, r *http.Request) {
		log = append(log, "asked "+r.URL.Path)
		switch r.URL.Path {
		case "/":
			http.Redirect(w, r, "/b", http.StatusFound)
		case "/b":
			http.Redirect(w, r, "/c", http.StatusFound)
		default:
			_, _ = io.WriteString(w, "<html>")
		}
	})
	refuse := ""
	var refusal error
	r := Request{URL: url, Hop: func(ctx context.Context, at string) (func(int, time.Duration), error) {
		path := strings.TrimPrefix(at, url)
		if path == refuse {
			return nil, refusal
		}
		log = append(log, "turn "+path)
		return func(status int, _ time.Duration) { log = append(log, fmt.Sprintf("done %s %d", path, status)) }, nil
	}}
	c := client(t, quick)
	if _, err := c.Get(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	want := []string{"turn /", "asked /", "done / 302", "turn /b", "asked /b", "done /b 302", "turn /c", "asked /c", "done /c 200"}
	if !slices.Equal(log, want) {
		t.Errorf("%q, want %q", log, want)
	}

	for name, c := range map[string]struct {
		err  error
		want Error
	}{
		"an error of the hook's own": {&Error{Reason: ReasonRobots}, Error{Reason: ReasonRobots, URL: url + "/c"}},
		"an *Error in another":       {fmt.Errorf("turn: %w", &Error{Reason: ReasonBusy, Temporary: true, RetryAfter: time.Minute}), Error{Reason: ReasonBusy, URL: url + "/c", Temporary: true, RetryAfter: time.Minute}},
		"an error without a reason":  {errors.New("no queue"), Error{Reason: ReasonRefused, URL: url + "/c", Temporary: true}},
		"a context that ended in it": {context.Canceled, Error{Reason: ReasonRefused, URL: url + "/c", Temporary: true}},
	} {
		refuse, refusal, log = "/c", c.err, nil
		_, err := client(t, quick).Get(t.Context(), r)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Reason != c.want.Reason || e.URL != c.want.URL || e.Temporary != c.want.Temporary || e.RetryAfter != c.want.RetryAfter {
			t.Errorf("%s: %+v", name, err)
		}
		if !slices.Equal(log, want[:6]) {
			t.Errorf("%s: %q", name, log)
		}
	}
}

// What a hook takes is not the server's time, and a fetch that waits for its turn holds no memory that another needs.
func TestHopWaits(t *testing.T) {
	url := site(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "<html>") })
	limits := quick
	limits.Total, limits.InFlight = 300*time.Millisecond, 1
	c := client(t, limits)
	most := int(c.budget.half/costRequest) + 1 // more than there is room for, each in the hook of the one before
	var depth int
	var hop func(context.Context, string) (func(int, time.Duration), error)
	hop = func(ctx context.Context, _ string) (func(int, time.Duration), error) {
		if depth++; depth > most {
			time.Sleep(400 * time.Millisecond)
			return nil, nil
		}
		_, err := c.Get(ctx, Request{URL: url + "/robots.txt", Hop: hop})
		return nil, err
	}
	got, err := c.Get(t.Context(), Request{URL: url, Hop: hop})
	if err != nil || got.URL != url+"/" {
		t.Errorf("%+v, %v", got, err)
	}
	free(t, c)
}

func TestRefresh(t *testing.T) {
	url := site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/text":
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, "not a page")
		case "/moved":
			http.Redirect(w, r, "/1", http.StatusMovedPermanently)
		default:
			fmt.Fprintf(w, "<html>%s", r.URL.Path)
		}
	})
	for _, c := range []struct {
		from string
		next map[string]string
		want string
		hops int
	}{
		{"/1", nil, "/1", 0},
		{"/1", map[string]string{"/1": "2"}, "/2", 1},
		{"/moved", map[string]string{"/1": "2"}, "/2", 2},
		{"/1", map[string]string{"/1": "/2", "/2": "/3", "/3": "/4"}, "/3", 2}, // no third
		{"/1", map[string]string{"/1": "/1"}, "/1", 0},                         // reloads itself
		{"/1", map[string]string{"/1": "/2", "/2": "/1"}, "/2", 1},
		{"/1", map[string]string{"/1": "javascript:reload()"}, "/1", 0},
		{"/text", map[string]string{"/text": "/1"}, "/text", 0},
	} {
		got, err := client(t, quick).Get(t.Context(), Request{URL: url + c.from, Refresh: func(r *Response) string {
			if len(r.Body) == 0 {
				t.Error("no body yet")
			}
			return c.next[strings.TrimPrefix(r.URL, url)]
		}})
		if err != nil || got.URL != url+c.want || len(got.Redirects) != c.hops {
			t.Errorf("from %s by %v: %+v, %v", c.from, c.next, got, err)
		}
	}
	_, err := client(t, quick).Get(t.Context(), Request{URL: url + "/1", Refresh: func(*Response) string { return "http://169.254.169.254/" }})
	if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonBlocked {
		t.Errorf("to a private address: %v", err)
	}
}

func TestMovedTo(t *testing.T) {
	for _, c := range []struct {
		hops []Redirect
		want string
	}{
		{nil, ""},
		{[]Redirect{{302, "a"}}, ""},
		{[]Redirect{{301, "a"}}, "end"},
		{[]Redirect{{301, "a"}, {308, "b"}}, "end"},
		{[]Redirect{{301, "a"}, {302, "b"}, {301, "c"}}, "b"},
		{[]Redirect{{308, "a"}, {200, "b"}}, "b"},
	} {
		if got := (&Response{URL: "end", Redirects: c.hops}).MovedTo(); got != c.want {
			t.Errorf("%v: %q, want %q", c.hops, got, c.want)
		}
	}
}

func TestRecord(t *testing.T) {
	packed := hostiletest.Packed("gzip", hostiletest.Page(100_000))
	url := site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Location", "/page?a b")
			w.WriteHeader(http.StatusMovedPermanently)
			_, _ = io.WriteString(w, "over there")
		case "/page":
			if r.Header.Get("If-None-Match") != "" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed)
		case "/missing":
			http.Error(w, "not here", http.StatusNotFound)
		case "/long":
			_, _ = w.Write([]byte("<html>" + strings.Repeat("a", int(quick.PageBytes))))
		case "/cut":
			w.Header().Set("Content-Length", "5000")
			_, _ = io.WriteString(w, "<html>short")
		case "/slow":
			w.Header().Set("Content-Length", "5000")
			_, _ = io.WriteString(w, "<html>slow")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
	})
	get := func(r Request) (seen []Exchange) {
		r.Accept = AcceptPage
		r.Record = func(x Exchange) { seen = append(seen, x) }
		_, _ = client(t, quick).Get(t.Context(), r) // its error is looked at elsewhere
		return seen
	}
	seen := get(Request{URL: url})
	if len(seen) != 2 {
		t.Fatalf("%d exchanges", len(seen))
	}
	hop, doc := seen[0], seen[1]
	if hop.URL != url+"/" || hop.Status != 301 || hop.Reason != "Moved Permanently" || string(hop.Body) != "over there" || hop.Truncated != NotTruncated || hop.Header.Get("Location") != "/page?a b" {
		t.Errorf("%+v", hop)
	}
	if doc.URL != url+"/page?a%20b" || doc.Method != "GET" || doc.Target != "/page?a%20b" || doc.Proto != "HTTP/1.1" || doc.Status != 200 ||
		!bytes.Equal(doc.Body, packed) || doc.Truncated != NotTruncated || "http://"+doc.Peer.String() != url || time.Since(doc.Started) > time.Minute ||
		doc.RequestHeader.Get("User-Agent") != "DatelineBot/test" || doc.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("%+v", doc)
	}
	for _, c := range []struct {
		path, etag  string
		status      int
		body        string
		truncated   Truncation
		notModified bool
	}{
		{"/page", `"1"`, 304, "", NotTruncated, true},
		{"/missing", "", 404, "not here\n", NotTruncated, false},
		{"/long", "", 200, "<html>" + strings.Repeat("a", int(quick.PageBytes)-6), TruncatedLength, false},
		{"/cut", "", 200, "<html>short", TruncatedDisconnect, false},
		{"/slow", "", 200, "<html>slow", TruncatedTime, false},
	} {
		seen := get(Request{URL: url + c.path, ETag: c.etag})
		if len(seen) != 1 || seen[0].Status != c.status || string(seen[0].Body) != c.body || seen[0].Truncated != c.truncated || seen[0].NotModified != c.notModified {
			t.Errorf("%s: %.300s", c.path, fmt.Sprintf("%+v", seen))
		}
	}
}

func TestOverrides(t *testing.T) {
	var there http.Header
	other := site(t, func(w http.ResponseWriter, r *http.Request) {
		there = r.Header
		_, _ = io.WriteString(w, "<html>")
	})
	other = strings.Replace(other, "127.0.0.1", "localhost", 1)
	var here []http.Header
	url := site(t, func(w http.ResponseWriter, r *http.Request) {
		here = append(here, r.Header)
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/b", http.StatusFound)
			return
		}
		http.Redirect(w, r, other, http.StatusFound)
	})
	_, err := client(t, quick).Get(t.Context(), Request{URL: url, Overrides: Overrides{Agent: "Other/1", Header: http.Header{"authorization": {"Bearer x"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(here) != 2 || here[0].Get("Authorization") != "Bearer x" || here[1].Get("Authorization") != "Bearer x" || here[0].Get("User-Agent") != "Other/1" {
		t.Errorf("%v", here)
	}
	if there.Get("Authorization") != "" || there.Get("User-Agent") != "Other/1" {
		t.Errorf("another host was told %v", there)
	}

	if !sameHost("http://a.example/", "https://a.example/x") || sameHost("https://a.example/", "http://a.example/") || sameHost("https://a.example/", "https://b.a.example/") {
		t.Error("sameHost")
	}

	for name, o := range map[string]Overrides{
		"agent of two lines":  {Agent: "a\r\nb: c"},
		"header of two lines": {Header: http.Header{"A": {"b\r\nc: d"}}},
		"no header's name":    {Header: http.Header{"a b": {"c"}}},
		"host":                {Header: http.Header{"host": {"c"}}},
		"coding":              {Header: http.Header{"Accept-Encoding": {"identity"}}},
		"condition":           {Header: http.Header{"If-None-Match": {"x"}}},
		"too much":            {Header: http.Header{"A": {strings.Repeat("a", 9000)}}},
		"proxy of no kind":    {Proxy: "ftp://proxy.example:1"},
		"proxy without port":  {Proxy: "http://proxy.example"},
		"proxy with a path":   {Proxy: "http://proxy.example:1/a"},
		"no proxy":            {Proxy: "http://secret:word@[::1"},
	} {
		_, err := client(t, quick).Get(t.Context(), Request{URL: url, Overrides: o})
		if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonBadRequest || strings.Contains(e.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A misdirected request is sent once more, on a connection of its own.
func TestMisdirected(t *testing.T) {
	var peers []string
	url := site(t, func(w http.ResponseWriter, r *http.Request) {
		peers = append(peers, r.RemoteAddr)
		if len(peers) == 1 {
			w.WriteHeader(http.StatusMisdirectedRequest)
			return
		}
		_, _ = io.WriteString(w, "<html>")
	})
	got, err := client(t, quick).Get(t.Context(), Request{URL: url})
	if err != nil || got.Status != 200 || len(peers) != 2 || peers[0] == peers[1] {
		t.Errorf("%+v, %v, from %v", got, err, peers)
	}
}

// What a server sends before it is asked is not taken for the next answer.
func TestUnsolicited(t *testing.T) {
	url := site(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n<html>%sHTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n<html>forged", r.URL.Path[:6]) // in one piece
		time.Sleep(20 * time.Millisecond)
	})
	c := client(t, quick)
	for _, path := range []string{"/first", "/secnd", "/third"} {
		got, err := c.Get(t.Context(), Request{URL: url + path})
		if err != nil || string(got.Body) != "<html>"+path {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
}

func TestRobots(t *testing.T) {
	url := site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			return
		}
		_, _ = w.Write([]byte(strings.Repeat("Allow: /\n", int(quick.RobotsBytes))))
	})
	got, err := client(t, quick).Get(t.Context(), Request{URL: url + "/robots.txt", Accept: AcceptRobots})
	if err != nil || len(got.Body) != 0 || got.Status != 200 {
		t.Errorf("an empty file: %+v, %v", got, err)
	}
	got, err = client(t, quick).Get(t.Context(), Request{URL: url + "/long.txt", Accept: AcceptRobots})
	if err != nil || int64(len(got.Body)) != quick.RobotsBytes || !got.Truncated {
		t.Errorf("a long file: %v", err)
	}
}
