package feed

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"dateline/pkg/charset"
	"dateline/pkg/dates"

	"golang.org/x/net/html"
)

// conformance is the directory of the suite (DATELINE_SHARED names another place than ../shared).
func conformance(t testing.TB) string {
	t.Helper()
	shared := os.Getenv("DATELINE_SHARED")
	if shared == "" {
		shared = "../../../../shared"
	}
	dir := filepath.Join(shared, "conformance", "feeds")
	if _, err := os.Stat(filepath.Join(dir, "cases.jsonl")); err != nil {
		t.Skipf("the conformance suite is not here: %v", err)
	}
	return dir
}

func jsonLines[T any](t testing.TB, path string) []T {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	for line := range bytes.Lines(b) {
		var row T
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, row)
	}
	return all
}

type conformanceCase struct {
	ID, File, Category, Tier string
	HTTPHeaders              map[string]string `json:"http_headers"`
	URL                      string
	Expect, Not              map[string]any
	Kinds                    map[string]string
	Absent, Present, Null    []string
	Len                      map[string]int
}

// least is what share of each tier must pass.
var least = map[string]float64{"core": .985, "ext": .98, "sanitize": 1}

func TestConformance(t *testing.T) {
	dir := conformance(t)
	passed, all := map[string]int{}, map[string]int{}
	var failures []string
	for _, c := range jsonLines[conformanceCase](t, filepath.Join(dir, "cases.jsonl")) {
		body, err := os.ReadFile(filepath.Join(dir, c.File))
		if err != nil {
			t.Fatal(err)
		}
		header := http.Header{}
		for name, v := range c.HTTPHeaders {
			header.Set(name, v)
		}
		all[c.Tier]++
		f, err := Parse(c.URL, header, body)
		if err != nil {
			failures = append(failures, fmt.Sprintf("%s %s: %v", c.Tier, c.ID, err))
			continue
		}
		if wrong := c.check(neutral(f, header)); wrong != "" {
			failures = append(failures, fmt.Sprintf("%s %s: %s", c.Tier, c.ID, wrong))
			continue
		}
		passed[c.Tier]++
	}
	for tier, share := range least {
		t.Logf("%s: %d of %d", tier, passed[tier], all[tier])
		if float64(passed[tier]) < share*float64(all[tier]) {
			t.Errorf("%s: %d of %d, below %.3f", tier, passed[tier], all[tier], share)
		}
	}
	sort.Strings(failures)
	t.Log(strings.Join(failures, "\n"))
}

// check returns what is wrong, or nothing.
func (c *conformanceCase) check(doc map[string]any) string {
	for path, want := range c.Expect {
		if path == "encoding" || path == "well_formed" { // labels that nothing depends on
			continue
		}
		got := at(doc, path)
		if c.Tier == "sanitize" {
			if wrong := unsafe(fmt.Sprint(got)); wrong != "" {
				return fmt.Sprintf("%s: %q keeps %s", path, got, wrong)
			}
			if strings.Contains(c.ID, "crazy") { // feedparser shows the source of a script there, and the page's title
				if !strings.HasSuffix(seen(fmt.Sprint(want)), seen(fmt.Sprint(got))) {
					return fmt.Sprintf("%s: %q", path, got)
				}
				continue
			}
			if seen(fmt.Sprint(got)) != seen(fmt.Sprint(want)) {
				return fmt.Sprintf("%s: %q reads otherwise than %q", path, got, want)
			}
			continue
		}
		if !same(c.Kinds[path], got, want) {
			return fmt.Sprintf("%s: got %q, want %q", path, fmt.Sprint(got), fmt.Sprint(want))
		}
	}
	for path, other := range c.Not {
		if reflect.DeepEqual(at(doc, path), other) {
			return fmt.Sprintf("%s is %v", path, other)
		}
	}
	for _, path := range append(c.Absent, c.Null...) {
		if got := at(doc, path); got != nil && got != "" {
			return fmt.Sprintf("%s is there: %v", path, got)
		}
	}
	for _, path := range c.Present {
		if at(doc, path) == nil {
			return path + " is not there"
		}
	}
	for path, n := range c.Len {
		if list, _ := at(doc, path).([]any); len(list) != n {
			return fmt.Sprintf("%s: %d, want %d", path, len(list), n)
		}
	}
	return ""
}

var step = regexp.MustCompile(`[^.\[\]]+`)

func at(v any, path string) any {
	for _, name := range step.FindAllString(path, -1) {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func same(kind string, got, want any) bool {
	if got == nil {
		got = ""
	}
	g, w := strings.TrimSpace(fmt.Sprint(got)), strings.TrimSpace(fmt.Sprint(want))
	switch {
	case g == w:
		return true
	case kind == "html":
		return reflect.DeepEqual(tokens(g), tokens(w))
	case kind == "date":
		a, err := time.Parse(time.RFC3339, g)
		b, err2 := time.Parse(time.RFC3339, w)
		return err == nil && err2 == nil && a.Equal(b)
	case kind == "bool":
		return truth(g) == truth(w)
	case kind == "object":
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		return bytes.Equal(a, b)
	}
	return false
}

func truth(s string) bool { return s == "1" || s == "true" }

// tokens are those of markup, without what does not matter: the order of attributes, how characters are written, white space
// between tags, and one <div> around all.
func tokens(s string) []string {
	var all []string
	z := html.NewTokenizer(strings.NewReader(s))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		sort.Slice(token.Attr, func(i, j int) bool { return token.Attr[i].Key < token.Attr[j].Key })
		switch token.Type {
		case html.TextToken:
			if text := strings.TrimSpace(token.Data); text != "" {
				all = append(all, text)
			}
		case html.SelfClosingTagToken:
			token.Type = html.StartTagToken
			all = append(all, token.String())
		case html.CommentToken, html.DoctypeToken:
		default:
			all = append(all, token.String())
		}
	}
	if len(all) > 1 && all[0] == "<div>" && all[len(all)-1] == "</div>" {
		all = all[1 : len(all)-1]
	}
	return all
}

// unsafe names what of markup must not be there.
func unsafe(s string) string {
	z := html.NewTokenizer(strings.NewReader(s))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		switch token.Data {
		case "script", "style", "object", "embed", "applet", "iframe", "frame", "frameset", "link", "meta", "form", "base":
			if token.Type != html.TextToken {
				return "<" + token.Data + ">"
			}
		}
		for _, a := range token.Attr {
			v := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(v, "javascript:") || strings.HasPrefix(v, "vbscript:") {
				return a.Key + "=" + a.Val
			}
		}
	}
	return ""
}

// seen is the text that a reader sees.
func seen(s string) string { return strings.Join(strings.Fields(visible(s)), "") }

// The encodings of the suite, as far as golang.org/x/text has them.
func TestConformanceEncodings(t *testing.T) {
	type row struct {
		Label, Title string
		DocB64       string `json:"doc_b64"`
	}
	passed, rows := 0, jsonLines[row](t, filepath.Join(conformance(t), "encodings.jsonl"))
	var failures []string
	for _, r := range rows {
		body, err := base64.StdEncoding.DecodeString(r.DocB64)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Parse("", nil, body)
		if err == nil && f.Title.Plain() == strings.TrimSpace(r.Title) {
			passed++
			continue
		}
		d, _ := charset.DecodeXML(body, "")
		failures = append(failures, fmt.Sprintf("%s, read as %s by %s: %v, want %q", r.Label, d.Charset, d.Source, err, r.Title))
	}
	t.Logf("%d of %d\n%s", passed, len(rows), strings.Join(failures, "\n"))
	if passed < 40 {
		t.Errorf("%d of %d", passed, len(rows))
	}
}

func TestConformanceDates(t *testing.T) {
	type row struct{ Family, Input, UTC string }
	passed, rows := 0, jsonLines[row](t, filepath.Join(conformance(t), "dates.jsonl"))
	for _, r := range rows {
		d, err := dates.Parse(r.Input)
		switch {
		case r.UTC == "", err == nil && d.Time.UTC().Format(time.RFC3339) == r.UTC:
			passed++
		default:
			t.Logf("%s %q: got %v, %v, want %s", r.Family, r.Input, d.Time, err, r.UTC)
		}
	}
	if passed < 20 {
		t.Errorf("%d of %d", passed, len(rows))
	}
	t.Logf("%d of %d", passed, len(rows))
}
