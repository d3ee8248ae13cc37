package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestDiscover(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
		switch r.URL.Path {
		case "/":
			fmt.Fprint(w, `<link rel=alternate type=application/rss+xml href=/feed><link rel=alternate type=application/rss+xml href=/secret><link rel=alternate type=application/rss+xml href=/moved><link rel=hub href=https://hub.example/>`)
		case "/moved":
			http.Redirect(w, r, "/secret/2", http.StatusFound)
		case "/robots.txt":
			fmt.Fprint(w, "User-agent: DatelineBot\nDisallow: /secret\nSitemap: /s.xml\n")
		case "/feed":
			fmt.Fprintf(w, "<rss version='2.0'><channel><title>Alder\x1b[31m Post</title><item><link>/a</link><pubDate>%s</pubDate></item></channel></rss>", time.Now().Add(-2*time.Hour).Format(time.RFC1123Z))
		case "/s.xml":
			fmt.Fprint(w, "<urlset><url><loc>/a</loc></url><url><loc>/b</loc></url></urlset>")
		default:
			http.NotFound(w, r)
		}
	}))
	defer site.Close()

	out, errs, code := command(t, "", "discover", site.URL, "--fetch-allow-loopback", "--fetch-host-delay", "0s")
	if code != 0 {
		t.Fatalf("exit %d, %s", code, errs)
	}
	for _, want := range []string{site.URL + "/feed  1 item  newest 2 hours ago  linked by the page", "/s.xml  2 pages  no dates  named by robots.txt", "https://hub.example/", "/secret    Disallow: /secret (line 2 of " + site.URL + "/robots.txt)", "/secret/2  Disallow: /secret (line 2"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "\x1b") || !strings.Contains(out, `"Alder`) {
		t.Errorf("the title is not there, or steers the terminal:\n%q", out)
	}
	if asked["/robots.txt"] != 1 || asked["/secret"]+asked["/secret/2"] != 0 {
		t.Errorf("asked for %v", asked)
	}

	out, errs, code = command(t, "", "discover", site.URL, "--fetch-allow-loopback", "--fetch-host-delay", "0s", "--json")
	var got struct {
		Feeds    []struct{ URL string }
		Sitemaps []struct {
			Kind  string
			Pages int
		}
		Refused []struct{ URL, Reason string }
	}
	if err := json.Unmarshal([]byte(out), &got); code != 0 || err != nil || len(got.Feeds) != 1 || len(got.Sitemaps) != 1 || got.Sitemaps[0].Pages != 2 || len(got.Refused) != 2 {
		t.Errorf("exit %d, %s, %v\n%s", code, errs, err, out)
	}

	for _, args := range [][]string{{"discover"}, {"discover", "https://a.example/", "--files", "0"}, {"discover", "https://a.example/", "--fetch-user-agent", "7"}} {
		if _, _, code := command(t, "", args...); code != 2 {
			t.Errorf("%q: exit %d", args, code)
		}
	}
	if _, errs, code := command(t, "", "discover", "mailto:a@b.example"); code != 1 || !strings.Contains(errs, "mailto:a@b.example") {
		t.Errorf("exit %d, %s", code, errs)
	}
}
