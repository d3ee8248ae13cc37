package robots

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var disallowing = Response{Status: 200, Body: []byte("User-agent: *\nDisallow: /p\nCrawl-delay: 3\nSitemap: /s.xml\n")}

func TestVerdict(t *testing.T) {
	s := newSite(t, "bot", disallowing, Response{Status: 503}, Response{})
	v := s.check("http://h/p ツ")
	if v.Allowed || v.Unreachable || v.Reason != "Disallow: /p (line 2 of http://h/robots.txt)" || v.CrawlDelay != 3*time.Second || fmt.Sprint(v.Sitemaps) != "[http://h/s.xml]" || !v.Expires.Equal(s.now.Add(24*time.Hour)) {
		t.Errorf("%+v", v)
	}
	refused, ok := errors.AsType[*Refused](s.cache.Require(t.Context(), "http://h/p"))
	if !ok || refused.Error() != "http://h/p may not be fetched: "+v.Reason || s.cache.Require(t.Context(), "http://h/q") != nil {
		t.Errorf("%v", refused)
	}
	s.now = s.now.Add(25 * time.Hour)
	if v := s.check("http://h/p"); v.Allowed || v.Reason != "Disallow: /p (line 2 of http://h/robots.txt), as read at 2026-11-01T12:00:00Z, since it answers 503" {
		t.Errorf("%+v", v)
	}
	s.now = s.now.AddDate(0, 2, 0)
	if v := s.check("http://h/p"); v.Allowed || v.Unreachable || !s.check("http://h/q").Allowed {
		t.Errorf("the last good copy counts no more: %+v", v)
	}
}

func TestUnreachable(t *testing.T) {
	s := newSite(t, "bot", Response{})
	v := s.check("http://h/a")
	if v.Allowed || !v.Unreachable || v.Reason != "http://h/robots.txt cannot be had: connection refused" {
		t.Errorf("%+v", v)
	}
	if v := s.check("http://h/robots.txt"); !v.Allowed {
		t.Errorf("%+v", v)
	}
	var waits []time.Duration
	for range 6 {
		waits = append(waits, s.check("http://h/a").Expires.Sub(s.now))
		s.now = s.check("http://h/a").Expires
	}
	if got := fmt.Sprint(waits); got != "[5m0s 10m0s 20m0s 40m0s 1h0m0s 1h0m0s]" {
		t.Error(got)
	}
	s.answers = []Response{disallowing}
	if v := s.check("http://h/a"); !v.Allowed || v.Unreachable {
		t.Errorf("%+v", v)
	}
	s.answers = []Response{{}}
	s.now = s.now.Add(25 * time.Hour)
	if got := s.check("http://h/a").Expires.Sub(s.now); got != 5*time.Minute {
		t.Errorf("after an answer, failures begin anew, but the first costs %s", got)
	}
	s.answers = []Response{{Status: 429, Header: http.Header{"Retry-After": {"7200"}}}}
	s.now = s.now.Add(25 * time.Hour)
	if got := s.check("http://h/a").Expires.Sub(s.now); got != 2*time.Hour {
		t.Errorf("asked again after %s", got)
	}
}

func TestTruncated(t *testing.T) {
	for n, unreachable := range map[int]bool{20: true, MaxBytes: false} {
		body := append([]byte("User-agent: *\n"), make([]byte, n)...)
		v := newSite(t, "bot", Response{Status: 200, Body: body[:n], Truncated: true}).check("http://h/")
		if v.Unreachable != unreachable || unreachable && v.Reason != "http://h/robots.txt breaks off after 20 bytes" {
			t.Errorf("%d bytes: %+v", n, v)
		}
	}
}

func TestLifetimes(t *testing.T) {
	date := "Sun, 01 Nov 2026 12:00:00 GMT"
	for _, c := range []struct {
		header http.Header
		want   time.Duration
	}{
		{nil, 24 * time.Hour},
		{http.Header{"Cache-Control": {"public, Max-Age=3600"}}, time.Hour},
		{http.Header{"Cache-Control": {"max-age=3600"}, "Age": {"600"}}, 50 * time.Minute},
		{http.Header{"Cache-Control": {"max-age=1"}}, 5 * time.Minute},
		{http.Header{"Cache-Control": {"max-age=99999999999999999999999"}}, 24 * time.Hour},
		{http.Header{"Cache-Control": {"max-age=3600", "no-store"}}, 5 * time.Minute},
		{http.Header{"Cache-Control": {"max-age=soon"}}, 24 * time.Hour},
		{http.Header{"Expires": {"Sun, 01 Nov 2026 14:00:00 GMT"}, "Date": {date}}, 2 * time.Hour},
		{http.Header{"Expires": {"0"}}, 5 * time.Minute},
	} {
		for _, status := range []int{200, 404} {
			s := newSite(t, "bot", Response{Status: status, Header: c.header})
			if got := s.check("http://h/").Expires.Sub(s.now); got != c.want {
				t.Errorf("%d %v: %s, want %s", status, c.header, got, c.want)
			}
		}
	}
}

// TestOrigins: scheme, host and port make a site, and a redirect to another host changes nothing in that.
func TestOrigins(t *testing.T) {
	var asked []string
	c := NewCache(Config{Token: "bot", Fetch: func(_ context.Context, url string) (Response, error) {
		asked = append(asked, url)
		if url == "https://a.example/robots.txt" {
			return Response{Status: 301, Header: http.Header{"Location": {"//b.example/r"}}}, nil
		}
		return disallowing, nil
	}})
	for _, url := range []string{"https://a.example/p", "https://user@A.example:443/p", "http://a.example/p", "https://a.example:8443/p"} {
		if v, err := c.Check(t.Context(), url); err != nil || v.Allowed {
			t.Errorf("%s: %+v, %v", url, v, err)
		}
	}
	if got := strings.Join(asked, " "); got != "https://a.example/robots.txt https://b.example/r http://a.example/robots.txt https://a.example:8443/robots.txt" {
		t.Error(got)
	}
	if _, err := c.Check(t.Context(), "mailto:a@b.example"); err == nil {
		t.Error("no error for what is no web address")
	}
}

// TestSingleFlight: all who ask at once wait for one request; whoever leaves does not spoil it for the others.
func TestSingleFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		c := NewCache(Config{Token: "bot", Fetch: func(ctx context.Context, _ string) (Response, error) {
			asked.Add(1)
			select {
			case <-time.After(10 * time.Second):
				return disallowing, nil
			case <-ctx.Done():
				return Response{}, ctx.Err()
			}
		}})
		first, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		brief, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		var done sync.WaitGroup
		check := func(ctx context.Context, fails bool) {
			done.Go(func() {
				v, err := c.Check(ctx, "http://h/p")
				if (err != nil) != fails || err == nil && v.Allowed {
					t.Errorf("%+v, %v", v, err)
				}
			})
			synctest.Wait()
		}
		check(first, true) // asks, and is gone after a second
		check(brief, true)
		for range 100 {
			check(t.Context(), false)
		}
		done.Wait()
		if n := asked.Load(); n != 2 && n != 3 { // the brief one may have been the second to ask
			t.Errorf("the site was asked %d times", n)
		}
	})
}

func TestNotAsked(t *testing.T) {
	busy := true
	c := NewCache(Config{Token: "bot", Fetch: func(context.Context, string) (Response, error) {
		if busy {
			return Response{}, fmt.Errorf("in 3 s: %w", ErrNotAsked)
		}
		return disallowing, nil
	}})
	if _, err := c.Check(t.Context(), "http://h/q"); !errors.Is(err, ErrNotAsked) {
		t.Fatal(err)
	}
	busy = false
	if v, err := c.Check(t.Context(), "http://h/q"); err != nil || !v.Allowed {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestBounded(t *testing.T) {
	asked := map[string]int{}
	c := NewCache(Config{Token: "bot", Fetch: func(_ context.Context, url string) (Response, error) {
		asked[url]++
		return Response{Status: 200, Body: hostile(MaxBytes)}, nil
	}})
	for i := range 80 {
		if _, err := c.Check(t.Context(), fmt.Sprintf("http://h%d/", i)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Check(t.Context(), "http://often/"); err != nil {
			t.Fatal(err)
		}
	}
	sum := 0
	for _, el := range c.entries {
		sum += el.Value.(*entry).size
	}
	if c.size > maxSize || c.size != sum || len(c.entries) != c.recent.Len() || len(c.entries) > 60 {
		t.Errorf("%d entries, %d bytes, which are %d", len(c.entries), c.size, sum)
	}
	if asked["http://often/robots.txt"] != 1 {
		t.Errorf("what is used all the time was asked for %d times", asked["http://often/robots.txt"])
	}
}

func BenchmarkCheck(b *testing.B) {
	c := NewCache(Config{Token: "bot", Fetch: func(context.Context, string) (Response, error) { return disallowing, nil }})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Check(b.Context(), "https://news.example/2024/11/06/the-bridge-is-open-again"); err != nil {
			b.Fatal(err)
		}
	}
}
