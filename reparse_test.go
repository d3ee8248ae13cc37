package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/services/fetcher/warc"
)

// kickerRule finds a headline where the parser, without it, finds another.
const kickerRule = `hosts: [alder.example]
rules:
  - fields:
      headline: .real
      section: .section
    examples:
      - url: https://alder.example/x
        captured: 2026-11-01T00:00:00Z
        html: <html lang="en"><body><article><h1>Seeming</h1><p class="real">Real</p><p class="section">Bridges</p><p>The bridge is open, said the mayor on Sunday.</p></article></body></html>
        expect: {headline: Real, section: Bridges}
`

func pageAt(url, version string, captured time.Time) *article.Page {
	text := strings.Repeat("The council met on Tuesday to talk about "+url+", which is old. ", 8)
	body := fmt.Sprintf("<html lang=en><head><title>Seeming %[1]s</title></head><body><article><h1>Seeming %[1]s</h1><p class=real>Real %[1]s</p><p class=section>Bridges</p><p>%[2]s</p><p>It is %[1]s.</p></article></body></html>", version, text)
	return &article.Page{URL: url, FinalURL: url, Status: http.StatusOK, ContentType: "text/html", Captured: captured, Body: []byte(body)}
}

// TestReparse parses kept pages again with a rule that was not there before: what differs is told field by field, sent, and
// becomes a revision, once.
func TestReparse(t *testing.T) {
	u := startUp(t, t.TempDir())
	q, err := queue.Connect(t.Context(), queue.Config{URL: "nats://" + u.nats}, "fetcher", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	day := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	put := func(p *article.Page) {
		t.Helper()
		m, err := queue.Page(p, "fetched")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		put(pageAt(fmt.Sprint("https://alder.example/", i), "one", day))
	}
	put(pageAt("https://birch.example/0", "birch", day))
	u.publish(t, "A dispatch that no rule is about.")
	wait(t, "five articles", func() bool { return strings.Contains(u.search(t), "5 of 5 found") })
	put(pageAt("https://alder.example/0", "two", day.Add(time.Hour))) // the kept page before is of a former state
	wait(t, "its revision", func() bool { return strings.Contains(u.search(t, "title:two"), "1 of 1 found") })

	elsewhere := pageAt("https://alder.example/1", "one", day.Add(time.Hour)) // the same at another address, which does not become the article's
	elsewhere.URL, elsewhere.FinalURL = "https://alder.example/1?page=all", "https://alder.example/1?page=all"
	put(elsewhere)
	wait(t, "the merge", func() bool {
		out, _, _ := command(t, "", "show", "--trace", "--api", "http://"+u.api, elsewhere.URL)
		return strings.Contains(out, "duplicate")
	})

	rules, report := t.TempDir(), filepath.Join(t.TempDir(), "report.jsonl")
	if err := os.WriteFile(filepath.Join(rules, "alder.yaml"), []byte(kickerRule), 0o600); err != nil {
		t.Fatal(err)
	}
	reparse := func(args ...string) string {
		t.Helper()
		out, errs, code := command(t, "", append([]string{"reparse", "--nats-url", "nats://" + u.nats, "--api", "http://" + u.api}, args...)...)
		if code != 0 {
			t.Fatalf("%q: exit %d, %s%s", args, code, out, errs)
		}
		return out
	}
	has := func(out string, wanted ...string) {
		t.Helper()
		for _, want := range wanted {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in:\n%s", want, out)
			}
		}
	}
	has(reparse(), "7  kept pages and publications\n", "5  unchanged\n", "2  superseded\n", "0  sent\n")
	out := reparse("--parser-rules", rules, "--dry-run", "--source", "alder.example")
	has(out, "3  changed\n", "2  superseded\n", "0  sent: --dry-run\n", "headline changes in 3\n", `- "Seeming one"`, `+ "Real one"`, "section changes in 3\n", "- (none)", `+ "Bridges"`)
	if strings.Contains(out, "parser_version") || strings.Contains(out, "content_fingerprint") {
		t.Errorf("what follows from other fields is told:\n%s", out)
	}
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	has(reparse("--parser-rules", rules, "--since", "1h", "--until", soon, "--report", report), "3  changed\n", "3  sent\n")
	lines, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(lines), "\n"); n != 3 {
		t.Errorf("the report has %d lines:\n%s", n, lines)
	}
	var line struct {
		ID      string
		Outcome string
		Fields  []struct{ Field, Old, New any }
	}
	first, _, _ := strings.Cut(string(lines), "\n")
	if err := json.Unmarshal([]byte(first), &line); err != nil || line.Outcome != "changed" || !article.ValidID(line.ID) || len(line.Fields) < 2 {
		t.Errorf("the report begins with %s, %v", first, err)
	}
	wait(t, "the revisions", func() bool { return strings.Contains(u.search(t, "title:real"), "3 of 3 found") })
	for what, args := range map[string][]string{"again": {"--parser-rules", rules}, "since a time to come": {"--since", "2126-01-01"}} {
		if out := reparse(args...); !strings.Contains(out, "0  sent\n") || strings.Contains(out, "  changed") {
			t.Errorf("%s: %s", what, out)
		}
	}
	out, _, _ = command(t, "", "show", "--api", "http://"+u.api, "--trace", line.ID)
	has(out, "reparsed", "of ")
	out, _, _ = command(t, "", "fsck", "--data", u.data, "--api", "http://"+u.api)
	has(out, "agree")

	// From evidence, without the rule: back to what it was. A page that the record does not have becomes an article.
	evidence := t.TempDir()
	w, err := warc.Open(warc.Config{WARCDir: evidence, WARCSize: 1e9, WARCAge: time.Hour}, warc.Info{Software: "test"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*article.Page{pageAt("https://alder.example/1", "one", day), pageAt("https://alder.example/new", "new", day), pageAt("https://birch.example/0", "birch", day)} {
		if err := w.Write(&warc.Capture{URL: p.URL, Protocol: "HTTP/1.1", StatusCode: 200, Status: "200 OK", Header: http.Header{"Content-Type": {"text/html"}}, Body: p.Body, Started: p.Captured}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(evidence, "*.warc.gz"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	has(reparse("--warc", files[0]), "3  kept pages and publications\n", "1  changed\n", "1  new\n", "1  unchanged\n", "2  sent\n", `- "Real one"`)
	wait(t, "what came of the evidence", func() bool {
		return strings.Contains(u.search(t, "title:real"), "2 of 2 found") && strings.Contains(u.search(t), "6 of 6 found")
	})

	// What was taken down stays so.
	if out, errs, code := command(t, "", "takedown", line.ID, "--reason", "order", "--by", "Ada", "--api", "http://"+u.api); code != 0 || !strings.Contains(out, "is taken down") {
		t.Fatalf("exit %d, %s%s", code, out, errs)
	}
	has(reparse(), "removed\n")
	for _, bad := range [][]string{{"--since", "soon"}, {"--since", "2026-01-02", "--until", "2026-01-01"}} {
		if _, errs, code := command(t, "", append([]string{"reparse"}, bad...)...); code != 2 || !strings.Contains(errs, "--since") {
			t.Errorf("%q: exit %d, %s", bad, code, errs)
		}
	}
}
