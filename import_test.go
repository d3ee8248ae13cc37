package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dateline/services/fetcher/warc"
)

// What the fetcher kept is imported by the command and ends as articles, with its way here in the trace.
func TestImport(t *testing.T) {
	dir := t.TempDir()
	w, err := warc.Open(warc.Config{WARCDir: dir, WARCSize: 1e9, WARCAge: time.Hour}, warc.Info{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{"bridge", "harbour"} {
		err := w.Write(&warc.Capture{
			URL: "https://example.org/" + place, Protocol: "HTTP/2.0", StatusCode: 200, Header: http.Header{"Content-Type": {"text/html"}}, Started: time.Date(2024, 11, 6, 9, 30, 0, 0, time.UTC),
			Body: []byte("<html><body><article><h1>The " + place + "</h1><p>" + strings.Repeat("The council met on Tuesday to talk about the "+place+". ", 10) + "</p></article></body></html>"),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.warc.gz"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	u := startUp(t, t.TempDir())
	args := []string{"import", "--nats-url", "nats://" + u.nats, names[0]}
	out, errs, code := command(t, "", args...)
	if code != 0 || out != "5 records, 2 pages published: 2 accepted, 0 duplicate, 0 skipped\n" {
		t.Fatalf("%s%s exit %d", out, errs, code)
	}
	wait(t, "the articles to be searchable", func() bool { return strings.Contains(u.search(t, "harbour"), "1 of 1 found") })
	if out, _, _ := command(t, "", "show", "--api", "http://"+u.api, "--trace", "https://example.org/harbour"); !strings.Contains(out, "fetcher  imported") {
		t.Errorf("trace:\n%s", out)
	}
	if out, errs, code := command(t, "", args...); code != 0 || !strings.Contains(out, "0 accepted, 2 duplicate") {
		t.Errorf("a second time: %s%s exit %d", out, errs, code)
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	if out, errs, code := command(t, string(b[:len(b)-20]), append(args[:3:3], "-")...); code != 1 || !strings.Contains(out, "damaged    standard input at offset ") || !strings.Contains(out, "2 pages published") {
		t.Errorf("a damaged file: %s%s exit %d", out, errs, code)
	}
	if _, errs, code := command(t, "", append(args[:3:3], "none.warc.gz")...); code != 1 || !strings.Contains(errs, "none.warc.gz") {
		t.Errorf("a file that is not there: %s exit %d", errs, code)
	}
}
