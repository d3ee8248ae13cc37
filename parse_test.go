package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dateline/pkg/article"
)

const parsedPage = `<html lang="en"><head><title>Bridge opens | Alder Post</title>
<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge opens","datePublished":"2024-11-06T09:30:00+01:00","author":{"@type":"Person","name":"Ann Writer"}}</script></head>
<body><nav><a href=/>Home</a></nav><article><h1>Bridge opens</h1>
<p>The bridge over the Alder was opened on Wednesday, nine years after the first stone was laid.</p>
<p>1. It is *not* a toll bridge &lt;script&gt;, said the council, and [never](javascript:alert(1)) will be one.</p>
<p>The ferry makes its last crossing on Sunday evening, and there are only forty places on board.</p></article></body></html>`

func TestParse(t *testing.T) {
	dir := t.TempDir()
	plain, zipped := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.html.gz")
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte(parsedPage))
	_ = w.Close()
	for path, content := range map[string][]byte{plain: []byte(parsedPage), zipped: z.Bytes()} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(parsedPage))
	}))
	defer web.Close()

	for _, args := range [][]string{
		{plain, "--url", "https://alder.example/a"}, {zipped, "--url", "https://alder.example/a"}, {"-", "--url", "https://alder.example/a"}, {web.URL + "/a", "--fetch-allow-loopback"},
	} {
		out, errs, code := command(t, parsedPage, append([]string{"parse"}, args...)...)
		if code != 0 {
			t.Fatalf("%q: exit %d, %s", args, code, errs)
		}
		a, err := article.Decode([]byte(out))
		if err != nil {
			t.Fatalf("%q prints no article of the contract: %v\n%s", args, err, out)
		}
		if a.Headline != "Bridge opens" || len(a.Body) != 3 || a.Authors[0].Name != "Ann Writer" || a.DatePublished.String() != "2024-11-06T09:30:00+01:00" || a.InLanguage != "en" || !article.ValidID(a.ID) {
			t.Errorf("%q: %s", args, out)
		}
	}

	out, _, _ := command(t, "", "parse", plain, "--text")
	if !strings.HasPrefix(out, "The bridge over the Alder") || strings.Contains(out, "Home") || strings.Count(out, "\n\n") != 2 {
		t.Errorf("text: %s", out)
	}
	out, _, _ = command(t, "", "parse", plain, "--markdown")
	for _, want := range []string{"# Bridge opens\n\n*Ann Writer, 2024-11-06T09:30:00+01:00*\n\nThe bridge", `1\. It is \*not\* a toll bridge \<script\>`, `\[never\](javascript:alert(1))`} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in the Markdown:\n%s", want, out)
		}
	}
	out, _, _ = command(t, "", "parse", plain, "--explain")
	for _, want := range []string{"* headline", "json-ld", "2024-11-06T09:30:00+01:00", "BODY STATE  ", "is the headline", "+     93"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in the explanation:\n%s", want, out)
		}
	}

	for _, c := range []struct {
		in   string
		args []string
		code int
		want string
	}{
		{"", []string{"-"}, 1, "empty_body"},
		{"<html><nav>a</nav></html>", []string{"-"}, 1, "no_article_text"},
		{"<title>Just a moment...</title><p>Wait", []string{"-"}, 1, "bot_challenge"},
		{"", []string{filepath.Join(dir, "none.html")}, 1, "none.html"},
		{"", []string{web.URL + "/gone", "--fetch-allow-loopback"}, 1, "404"},
		{"", []string{web.URL + "/a"}, 1, "127.0.0.1"},
		{parsedPage, []string{"-", "--url", "not a url"}, 1, "invalid_url"},
		{"", nil, 2, "a page to parse is missing"},
		{"", []string{plain, "--results", dir}, 2, "--results takes no page"},
		{"", []string{"--results", dir}, 1, "manifest.jsonl"},
	} {
		if _, errs, code := command(t, c.in, append([]string{"parse"}, c.args...)...); code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit %d, want %d with %q: %s", c.args, code, c.code, c.want, errs)
		}
	}
}

func TestParseResults(t *testing.T) {
	dir := t.TempDir()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte(parsedPage))
	_ = w.Close()
	manifest := `{"dataset":"own","id":"1","file":"1.html.gz","url":"https://alder.example/a"}` + "\n"
	for name, content := range map[string][]byte{"1.html.gz": z.Bytes(), "manifest.jsonl": []byte(manifest)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, errs, code := command(t, "", "parse", "--results", dir)
	var r struct {
		Dataset, ID, Title, Date, Body string
		Authors                        []string
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, errs)
	}
	if r.Dataset != "own" || r.ID != "1" || r.Title != "Bridge opens" || r.Date != "2024-11-06T09:30:00+01:00" || len(r.Authors) != 1 || !strings.HasPrefix(r.Body, "The bridge") {
		t.Errorf("%+v", r)
	}
}

func TestRules(t *testing.T) {
	out, errs, code := command(t, "", "rules", "test", "deploy/rules")
	if code != 0 || !strings.Contains(out, "2 examples of 2 rules, 0 failed") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	dir := t.TempDir()
	rule := "hosts: [alder.example]\nrules:\n  - fields: {headline: h2}\n    examples: [{url: 'https://alder.example/a', html: '<h2>Two</h2><p>The bridge over the Alder was opened on Wednesday, nine years after the first stone was laid.', expect: {headline: One}}]\n"
	if err := os.WriteFile(filepath.Join(dir, "alder.yaml"), []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, code = command(t, "", "rules", "test", dir)
	if code != 1 || !strings.Contains(out, `headline: got ["Two"], want ["One"]`) || !strings.Contains(out, "1 failed") {
		t.Errorf("exit %d: %s", code, out)
	}
	page := strings.Replace(parsedPage, "<h1>", "<h2>Mine</h2><h1>", 1)
	out, errs, code = command(t, page, "parse", "-", "--url", "https://www.alder.example/a", "--rules", dir)
	a, err := article.Decode([]byte(out))
	if err != nil || code != 0 || a.Headline != "Mine" || a.Provenance["headline"] != article.FromRule {
		t.Errorf("exit %d, %v: %s%s", code, err, out, errs)
	}
	if _, errs, code := command(t, "", "rules", "test", filepath.Join(dir, "none")); code != 1 || !strings.Contains(errs, "none") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
