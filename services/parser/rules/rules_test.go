package rules

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"

	"golang.org/x/net/html"
)

const example = "\n    examples: [{url: 'https://e.example/a', html: '<p>x', contains: [x]}]\n"

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	for _, c := range []struct{ yaml, want string }{
		{"hosts: [e.example]\nrules:\n  - drop: [p]\n    feilds: {headline: h1}" + example, `line 4: unknown key "feilds"`},
		{"host: [e.example]\n", "field host not found"},
		{"hosts: [e.example]\nrules:\n  - fields: {headlne: h1}" + example, `line 3: no field "headlne"`},
		{"hosts: [e.example]\nrules:\n  - fields: {headline: 'h1['}" + example, `line 3: "h1[" is no CSS selector`},
		{"hosts: [e.example]\nrules:\n  - fields: {headline: {selct: h1}}" + example, `line 3: unknown key "selct"`},
		{"hosts: [e.example]\nrules:\n  - fields: {headline: {attr: a}}" + example, "select is missing"},
		{"hosts: [e.example]\nrules:\n  - fields: {date_published: {select: p, timezone: Mars}}" + example, `"Mars" is no time zone`},
		{"hosts: [e.example]\nrules:\n  - drop: [p]\n    valid_from: 6.11.2024" + example, `"6.11.2024" is no day`},
		{"hosts: [e.example]\nrules:\n  - drop: [p]\n    valid_from: 2024-11-06\n    valid_until: 2024-11-05" + example, "valid_until is before valid_from"},
		{"hosts: [e.example]\nrules:\n  - drop: [p]\n", "line 3: a rule needs an example"},
		{"hosts: [e.example]\nrules:\n  - path: /a" + example, "does nothing"},
		{"hosts: [E.example]\nrules:\n  - drop: [p]" + example, `"E.example" is no host name`},
		{"hosts: [e.example]\n", "hosts or rules are missing"},
		{"", "hosts or rules are missing"},
		{"hosts: [e.example]\nrules:\n  - drop: [p]" + example + "  - drop: [b]" + example, "are for the same path and time"},
		{"hosts: [e.example]\nrules:\n  - drop: [p]\n    examples: [{url: 'https://e.example/a', file: none.html, contains: [x]}]", "none.html"},
		{"hosts: [e.example]\nrules:\n  - drop: [p]\n    examples: [{url: 'https://e.example/a', html: x}]", "expects nothing"},
		{"hosts: [e.example]\nrules:\n  - drop: [p]\n    examples: [{url: 'https://e.example/a', html: x, expect: {headlne: x}}]", `expects "headlne"`},
		{"a: [", "yaml"},
		{"hosts: [e.example]\nrules:\n  -", "rule 1: is empty"},
		{"hosts: [e.example]\nrules:\n  - fields: {headline: }" + example, "line 3: headline has no selector"},
		{"hosts: [e.example]\nrules:\n  - fields: {headline: [h1, ~]}" + example, "is no CSS selector"},
		{"hosts: [.example]\nrules:\n  - drop: [p]" + example, `".example" is no host name`},
	} {
		dir := t.TempDir()
		write(t, dir, "e.yaml", c.yaml)
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "e.yaml") && !strings.Contains(err.Error(), "e.example") {
			t.Errorf("%q: %v, want %q", c.yaml, err, c.want)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a directory that is not there is read")
	}
}

func TestFor(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "e.yaml", "hosts: [e.example]\nrules:\n  - {path: /, drop: [a], valid_until: 2023-12-31"+inline+"}\n  - {path: /, drop: [b], valid_from: 2024-01-01"+inline+"}\n  - {path: /sport/, drop: [i]"+inline+"}\n")
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	on := func(day string) time.Time {
		c, err := time.Parse(time.RFC3339, day)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, c := range []struct {
		url, captured, want string
	}{
		{"https://e.example/a", "2023-12-31T23:59:59Z", "a"},
		{"https://e.example/a", "2024-01-01T00:00:00Z", "b"},
		{"https://www.e.example/a", "2024-01-01T00:00:00Z", "b"},
		{"https://e.example/sport/x", "2020-01-01T00:00:00Z", "i"},
		{"https://ee.example/a", "2024-01-01T00:00:00Z", ""},
		{"https://e.example.com/a", "2024-01-01T00:00:00Z", ""},
	} {
		got := ""
		if r := s.For(c.url, on(c.captured)); r != nil {
			got = r.Drop[0].text
		}
		if got != c.want {
			t.Errorf("%s at %s: %q, want %q", c.url, c.captured, got, c.want)
		}
	}
	if (*Set)(nil).For("https://e.example/a", time.Time{}) != nil {
		t.Error("no rules have one")
	}
}

const inline = ", examples: [{url: 'https://e.example/a', html: x, contains: [x]}]"

func TestSet(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "e.yaml", `hosts: [e.example]
rules:
  - drop: [.ad]
    fields:
      headline: [.none, h2]
      authors: .by b
      keywords: {select: "meta[name=k]", attr: content}
      image: {select: img, attr: src}
      date_published: {select: time, timezone: Asia/Kabul}
      date_modified: .none
      in_language: {select: html, attr: lang}
      canonical_url: {select: link, attr: href}
      dateline: .place
      is_accessible_for_free: {select: main, attr: data-free}
      body: main
`+example)
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(strings.NewReader(`<html lang="en"><meta name=k content=one><h2> The <i>headline</i> </h2><div class=by><b>Ann</b><b>Bob</b><b class=ad>Ad</b></div>
		<img src=/i.jpg><time>6 November 2024, 10:04</time><link href=/c?utm_source=x><i class=place>Kabul</i><main data-free=False><p>Text.</main>`))
	if err != nil {
		t.Fatal(err)
	}
	r := s.Rules()[0]
	r.Prune(doc)
	a := &article.Article{Provenance: map[string]article.From{}, DateModified: &article.Date{}}
	set := r.Set(doc, "https://e.example/x/", "en", time.Time{}, a)
	if a.Headline != "The headline" || len(a.Authors) != 2 || a.Keywords[0] != "one" || a.Image != "https://e.example/i.jpg" || a.Language.Declared != "en" ||
		a.DatePublished.String() != "2024-11-06T10:04+04:30" || a.DatePublished.From != article.FromRule || a.DatePublished.Future || a.DateModified == nil || a.CanonicalURL != "https://e.example/c" || a.Dateline.Place != "Kabul" || *a.IsAccessibleForFree {
		t.Errorf("%+v %+v", a, a.DatePublished)
	}
	if set["headline"] != "h2" || set["date_modified"] != "" || a.Provenance["headline"] != article.FromRule || a.Provenance["date_modified"] != "" {
		t.Errorf("%v %v", set, a.Provenance)
	}
	early := &article.Article{Provenance: map[string]article.From{}}
	r.Set(doc, "https://e.example/x/", "en", time.Date(2024, 11, 1, 0, 0, 0, 0, time.UTC), early)
	if early.DatePublished == nil || !early.DatePublished.Future {
		t.Errorf("a date after the capture: %+v", early.DatePublished)
	}
	if n := r.Body(doc); n == nil || n.Data != "main" {
		t.Errorf("%+v", n)
	}
}

func TestWatch(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "e.yaml", "hosts: [e.example]\nrules:\n  - drop: [a]"+example)
	w, err := Watch(dir)
	if err != nil {
		t.Fatal(err)
	}
	type event struct {
		rules int
		err   error
	}
	events := make(chan event, 10)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		w.Run(ctx, func(n int, err error) { events <- event{n, err} })
		close(done)
	}()
	next := func() event {
		select {
		case e := <-events:
			return e
		case <-time.After(time.Minute):
			t.Fatal("the change is not noticed")
		}
		return event{}
	}
	write(t, dir, "e.yaml", "hosts: [e.example]\nrules:\n  - drop: [broken[]"+example)
	if e := next(); e.err == nil || w.Set().For("https://e.example/a", time.Now()) == nil {
		t.Errorf("a broken file: %+v", e)
	}
	write(t, dir, "e.yaml", "hosts: [f.example]\nrules:\n  - drop: [a]"+example)
	if e := next(); e.err != nil || e.rules != 1 || w.Set().For("https://f.example/a", time.Now()) == nil || w.Set().For("https://e.example/a", time.Now()) != nil {
		t.Errorf("a changed file: %+v", e)
	}
	stop()
	<-done
	if w, err := Watch(""); err != nil || w.Set().For("https://e.example/a", time.Now()) != nil {
		t.Errorf("no directory: %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("hosts: [e.example]\nrules:\n  - drop: [a]" + example)
	f.Add("hosts: [e.example]\nrules:\n  - fields: {authors: [a, {select: b, attr: c}]}\n    valid_from: 2024-01-01" + example)
	f.Add("hosts: [e.example]\nrules:\n  -")
	f.Add("hosts: [e.example]\nrules:\n  - drop: [~]\n    fields: {headline: ~, section: [~]}" + example)
	f.Fuzz(func(t *testing.T, s string) {
		dir := t.TempDir()
		write(t, dir, "e.yaml", s)
		set, err := Load(dir)
		if err != nil {
			return
		}
		doc, _ := html.Parse(strings.NewReader("<a>b</a><b c=d>e</b>"))
		for _, r := range set.Rules() {
			r.Prune(doc)
			r.Set(doc, "https://e.example/", "", time.Time{}, &article.Article{Provenance: map[string]article.From{}})
		}
	})
}
