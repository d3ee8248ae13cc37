package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dateline/pkg/cli"
)

// A source's life at the command line: added, polled, listed, explained, paused, resumed, exported, removed, and imported again.
func TestSources(t *testing.T) {
	var polls atomic.Int64
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/feed":
			polls.Add(1)
			fmt.Fprint(w, `<rss version="2.0"><channel><title>The Courier</title><language>en-GB</language><item><title>Bridge opens</title><link>/bridge</link></item></channel></rss>`)
		case "/bridge":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<title>Bridge opens</title><article><h1>Bridge opens</h1><p>The bridge over the river was opened by the mayor on Monday, after nine years of work.</p></article>")
		case "/gone":
			w.WriteHeader(http.StatusGone)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer site.Close()
	feed, away := site.URL+"/feed", site.URL+"/gone"

	u := startUp(t, t.TempDir(), "--fetch-allow-loopback", "--fetch-host-delay", "1ms")
	sources := func(code int, in string, args ...string) string {
		t.Helper()
		out, errs, got := command(t, in, append([]string{"sources", args[0], "--nats-url", "nats://" + u.nats}, args[1:]...)...)
		if got != code {
			t.Fatalf("sources %q: exit %d, want %d: %s%s", args, got, code, out, errs)
		}
		return out
	}
	says := func(out string, all ...string) {
		t.Helper()
		for _, want := range all {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
	}

	says(sources(1, "", "add", "--interval", "1s", "--tag", "town", feed, "notaurl"), "added     ", feed, `rejected  notaurl: not a web address: "notaurl": it has no scheme such as https://`)
	says(sources(0, "", "add", away), "added     ")
	wait(t, "the article of a source", func() bool { return strings.Contains(u.search(t, "mayor"), "1 of 1 found") })
	wait(t, "polls in its interval", func() bool { return polls.Load() >= 3 })
	wait(t, "a source that is gone", func() bool { return strings.Contains(sources(0, "", "list", "--health"), "status 410") })

	out := sources(0, "", "list")
	says(out, "feed", "ok", feed, "The Courier", "failing", away)
	if out := sources(0, "", "list", "--tag", "town", "--language", "en"); !strings.Contains(out, feed) || strings.Contains(out, away) {
		t.Errorf("filtered:\n%s", out)
	}
	if out := sources(0, "", "list", "--health"); !strings.Contains(out, away) || strings.Contains(out, feed) || !strings.Contains(out, "gone") || !strings.Contains(out, "\n1 source\n") {
		t.Errorf("health:\n%s", out)
	}
	says(sources(0, "", "list", "--json"), `"url":"`+feed+`"`, `"interval":"1s"`)
	out = sources(0, "", "explain", feed)
	says(out, "The Courier", "polled every 1s", "last polls", "1 new of 1", "next poll")
	says(sources(0, "", "explain", away), "1 failures in a row since", "(gone): fetch "+away+": http_4xx: status 410")
	if _, errs, code := command(t, "", "sources", "explain", "--nats-url", "nats://"+u.nats, site.URL+"/none"); code != 1 || !strings.Contains(errs, "no such source") {
		t.Errorf("explain an unknown one: exit %d, %s", code, errs)
	}
	if _, errs, code := command(t, "", "sources", "--state", "well", "--nats-url", "nats://"+u.nats); code != 2 || !strings.Contains(errs, "--state must be one of") {
		t.Errorf("an unknown state: exit %d, %s", code, errs)
	}

	says(sources(1, "", "pause", feed, site.URL+"/none"), "paused  "+feed, "unknown  "+site.URL+"/none")
	time.Sleep(time.Second) // for a poll that was under way
	before := polls.Load()
	time.Sleep(3 * time.Second)
	if n := polls.Load() - before; n != 0 {
		t.Errorf("%d polls of a paused source", n)
	}
	says(sources(0, "", "list"), "paused")
	says(sources(0, "", "explain", feed), "none: it is paused")
	says(sources(0, "", "resume", feed), "resumed  ")
	wait(t, "polls after the pause", func() bool { return polls.Load() >= before+2 })

	lists := map[string]string{}
	for _, format := range []string{"opml", "csv"} {
		lists[format] = filepath.Join(t.TempDir(), "list."+format)
		out := sources(0, "", "export", "--tag", "town", "--format", format)
		says(out, feed, "The Courier", "town", "1s")
		if err := os.WriteFile(lists[format], []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	says(sources(0, "", "remove", feed, away), "removed  "+feed)
	if out := sources(0, "", "list", "--json"); out != "" {
		t.Errorf("removed, and there:\n%s", out)
	}
	time.Sleep(time.Second)
	before = polls.Load()
	time.Sleep(3 * time.Second)
	if n := polls.Load() - before; n != 0 {
		t.Errorf("%d polls of a source that was removed", n)
	}

	says(sources(0, "", "import", lists["opml"], lists["csv"]), "1 sources: 1 added, 0 changed", "1 sources: 0 added, 0 changed, 1 unchanged")
	wait(t, "polls of what was imported", func() bool { return polls.Load() > before })
	says(sources(0, "", "explain", feed), "The Courier", "town", "polled every 1s")
	says(sources(1, "url,interval\n"+feed+",soon\nnotaurl,\n", "import", "-"), `-: line 2: interval "soon"`, "-: line 3: url: not a web address", "0 added, 0 changed, 1 unchanged, 0 rejected, 2 problems")

	many := new(strings.Builder)
	for i := range 30 {
		fmt.Fprintf(many, "%s/%d\n", site.URL, i)
	}
	var shown, progress syncBuffer
	code := run(t.Context(), []string{"sources", "import", "--nats-url", "nats://" + u.nats, "-"}, &cli.Terminal{In: strings.NewReader("url\n" + many.String()), Out: &shown, Err: &progress, Interactive: true})
	if code != 0 || !strings.Contains(progress.String(), "15/30") || !strings.Contains(shown.String(), "30 sources: 30 added") {
		t.Errorf("exit %d, progress %q, %s", code, progress.String(), shown.String())
	}
	for _, args := range [][]string{{"list"}, {"add", "https://example.org/"}, {"export"}} {
		args = append([]string{"sources", args[0], "--nats-url", "nats://" + freeAddr(t), "--timeout", "200ms"}, args[1:]...)
		if _, errs, code := command(t, "", args...); code != 1 || !strings.Contains(errs, "no connection within --timeout 200ms") {
			t.Errorf("%q without a queue: exit %d, %s", args, code, errs)
		}
	}
}
