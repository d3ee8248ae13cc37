package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const inspectedFeed = `<rss version="2.0"><channel><title>The Alder Post</title><link>/</link><ttl>15</ttl><skipHours><hour>3</hour></skipHours>
<item><title>Bridge opens&#27;[2J</title><link>/bridge</link><author>Ann Writer</author><pubDate>Wed, 06 Nov 2024 09:30:00 GMT</pubDate><description>&lt;p&gt;It &lt;b onclick=x()&gt;opens&lt;/b&gt;.&lt;/p&gt;</description></item>
<item><title>Ferry</title><pubDate>some day</pubDate>`

func TestFeed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "feed.xml")
	if err := os.WriteFile(file, []byte(inspectedFeed), 0o600); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/page" {
			_, _ = w.Write([]byte(parsedPage))
			return
		}
		_, _ = w.Write([]byte(inspectedFeed))
	}))
	defer web.Close()

	for _, args := range [][]string{{file, "--url", "https://alder.example/feed"}, {"-", "--url", "https://alder.example/feed"}, {web.URL + "/feed", "--fetch-allow-loopback"}} {
		out, errs, code := command(t, inspectedFeed, append([]string{"feed"}, args...)...)
		if code != 0 {
			t.Fatalf("%q: exit %d, %s", args, code, errs)
		}
		for _, want := range []string{"The Alder Post\n", "rss 2.0", "every 15 minutes", "not at 3 o'clock", "2; the document broke off", "Bridge opens [2J\n    2024-11-06T09:30:00Z, http", "/bridge, Ann Writer\n    It opens.\n", `"some day", which is no date`} {
			if !strings.Contains(out, want) {
				t.Errorf("%q: %q is not in\n%s", args, want, out)
			}
		}
		if strings.Contains(out, "\x1b") {
			t.Errorf("%q: an escape sequence is printed", args)
		}
	}

	out, errs, code := command(t, "", "feed", file, "--json", "--url", "https://alder.example/feed")
	var f struct {
		Format  string
		Entries []struct {
			Link    string
			Summary struct{ Type, Value string }
		}
	}
	if err := json.Unmarshal([]byte(out), &f); err != nil || code != 0 {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, errs)
	}
	if f.Format != "rss 2.0" || len(f.Entries) != 2 || f.Entries[0].Link != "https://alder.example/bridge" || f.Entries[0].Summary.Type != "text/html" || f.Entries[0].Summary.Value != "<p>It <b>opens</b>.</p>" {
		t.Errorf("%+v", f)
	}

	for _, c := range []struct {
		in   string
		args []string
		code int
		want string
	}{
		{parsedPage, []string{"-"}, 1, "no feed"},
		{"", []string{"-"}, 1, "no feed"},
		{"", []string{web.URL + "/page", "--fetch-allow-loopback"}, 1, web.URL + "/page: the document is no feed"},
		{"", []string{web.URL + "/feed"}, 1, "127.0.0.1"},
		{"", []string{file + ".none"}, 1, "feed.xml.none"},
		{strings.Repeat(" ", 11<<20), []string{"-"}, 1, "larger than"},
		{"", nil, 2, "feed"},
	} {
		if _, errs, code := command(t, c.in, append([]string{"feed"}, c.args...)...); code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit %d, want %d with %q: %s", c.args, code, c.code, c.want, errs)
		}
	}
}
