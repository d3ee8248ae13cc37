package robots

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// conformance reads a file of the data that lies beside the repository; DATELINE_SHARED says where if elsewhere.
func conformance[T any](t *testing.T, name string) []T {
	t.Helper()
	dir := os.Getenv("DATELINE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	b, err := os.ReadFile(filepath.Join(dir, "conformance", name))
	if err != nil {
		t.Skipf("conformance data not found (set DATELINE_SHARED): %v", err)
	}
	var all []T
	for line := range bytes.Lines(b) {
		var row T
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatalf("%s: %v\n%.200s", name, err, line)
		}
		all = append(all, row)
	}
	if len(all) == 0 {
		t.Fatalf("%s is empty", name)
	}
	return all
}

// row is one of robots.jsonl or robots-http.jsonl. Which fields are set depends on its kind.
type row struct {
	ID, Kind, Scope string

	Robots    string
	RobotsB64 []byte `json:"robots_b64"`
	UserAgent string `json:"user_agent"`
	URL       string

	Allowed           bool
	Valid             bool
	ValidDirectives   int  `json:"valid_directives"`
	UnknownDirectives *int `json:"unknown_directives"`
	LastLineSeen      *int `json:"last_line_seen"`
	Sitemaps          []string
	Base              string
	Path              string
	Pattern, Escaped  string

	Status             int
	Hops               int
	Effect             string
	UnreachableForDays int `json:"unreachable_for_days"`
	AgeS               int `json:"age_s"`
	Refetch            string
	Bytes              int
	RobotsURL          string `json:"robots_url"`
	Seconds            any
}

func (r row) body() []byte {
	if r.RobotsB64 != nil {
		return r.RobotsB64
	}
	return []byte(r.Robots)
}

func TestConformance(t *testing.T) {
	for _, r := range conformance[row](t, "robots.jsonl") {
		checkRow(t, r)
	}
}

func TestConformanceHTTP(t *testing.T) {
	for _, r := range conformance[row](t, "robots-http.jsonl") {
		checkRow(t, r)
	}
}

func checkRow(t *testing.T, r row) {
	t.Helper()
	base := r.Base
	if base == "" {
		base = "http://foo.bar/robots.txt"
	}
	switch r.Kind {
	case "allow":
		start := time.Now()
		if got, reason := Parse(r.UserAgent, base, r.body()).Allows(r.URL); got != r.Allowed {
			t.Errorf("%s: %q for %q by %.300q: %t (%.200s)", r.ID, r.URL, r.UserAgent, r.Robots, got, reason)
		}
		if took := time.Since(start); took > 500*time.Millisecond { // the row says 50 ms; this machine may be busy
			t.Errorf("%s took %s", r.ID, took)
		}
	case "valid_user_agent":
		if got := ValidToken(r.UserAgent); got != r.Valid {
			t.Errorf("%s: ValidToken(%q) = %t", r.ID, r.UserAgent, got)
		}
	case "stats":
		s := Parse("foo", base, r.body()).Stats
		if s.Directives != r.ValidDirectives || r.UnknownDirectives != nil && s.Unknown != *r.UnknownDirectives || r.LastLineSeen != nil && s.LastLine != *r.LastLineSeen {
			t.Errorf("%s: %+v", r.ID, s)
		}
	case "sitemap":
		if got := Parse("foo", base, r.body()).Sitemaps; !slices.Equal(got, r.Sitemaps) {
			t.Errorf("%s: %q, want %q", r.ID, got, r.Sitemaps)
		}
	case "path":
		if got := target(r.URL); got != r.Path {
			t.Errorf("%s: target(%q) = %q, want %q", r.ID, r.URL, got, r.Path)
		}
	case "escape":
		if got := escape(r.Pattern, true); got != r.Escaped {
			t.Errorf("%s: escape(%q) = %q, want %q", r.ID, r.Pattern, got, r.Escaped)
		}
	case "crawl_delay":
		want, _ := r.Seconds.(float64)
		if _, clamped := r.Seconds.(string); clamped {
			want = longestDelay.Seconds()
		}
		s := newSite(t, r.UserAgent, Response{Status: 200, Body: r.body()})
		if got := s.check("http://h/x").CrawlDelay.Seconds(); got != want {
			t.Errorf("%s: %g s, want %g", r.ID, got, want)
		}
	case "location":
		if got, err := Location(r.URL); err != nil || got != r.RobotsURL {
			t.Errorf("%s: Location(%q) = %q, %v", r.ID, r.URL, got, err)
		}
	case "size":
		checkSize(t, r)
	case "status", "redirects", "network_error", "cache":
		checkAnswers(t, r)
	default:
		t.Errorf("%s: unknown kind %q", r.ID, r.Kind)
	}
}

func checkSize(t *testing.T, r row) {
	t.Helper()
	const first, tail = "User-agent: *\nDisallow: /first\n", "Disallow: /tail\n"
	body := []byte(first + strings.Repeat("#", min(r.Bytes, MaxBytes)-len(first)-len(tail)-1) + "\n" + tail)
	body = append(body, bytes.Repeat([]byte("Disallow: /over\n"), (r.Bytes-len(body))/16)...)
	rules := Parse("newsbot", "http://h/robots.txt", body)
	for path, want := range map[string]bool{"first": false, "tail": false, "over": true} {
		if got, _ := rules.Allows("http://h/" + path); got != want {
			t.Errorf("%s: /%s allowed: %t", r.ID, path, got)
		}
	}
}

// checkAnswers plays the rows about answers with a site that disallows /p.
func checkAnswers(t *testing.T, r row) {
	t.Helper()
	rules := Response{Status: 200, Body: []byte("User-agent: *\nDisallow: /p\n")}
	s := newSite(t, "newsbot", rules)
	hop := Response{Status: 302, Header: http.Header{"Location": {"/robots.txt?"}}}
	switch r.Kind {
	case "status":
		s.answers = []Response{{Status: r.Status, Body: []byte(r.Robots)}}
		if r.Effect == "follow" {
			s.answers = []Response{{Status: r.Status, Header: hop.Header}, rules}
			r.Effect = "rules"
		}
	case "redirects":
		s.answers = append(slices.Repeat([]Response{hop}, r.Hops), rules)
	case "network_error":
		s.answers = []Response{{}}
		if days := r.UnreachableForDays; days > 0 {
			s.check("http://h/p")
			s.now = s.now.AddDate(0, 0, days)
		}
	case "cache":
		s.check("http://h/p")
		s.asked = 0
		s.now = s.now.Add(time.Duration(r.AgeS) * time.Second)
		if r.Refetch == "network_error" {
			s.answers = []Response{{}}
		}
	}
	p, other := s.check("http://h/p").Allowed, s.check("http://h/other").Allowed
	var ok bool
	switch r.Effect {
	case "rules":
		ok = !p && other
	case "allow_all":
		ok = p && other
	case "disallow_all":
		ok = !p && !other
	case "use_cached":
		ok = !p && other && (s.asked == 0 || r.Refetch != "")
	case "refetch":
		ok = !p && other && s.asked == 1
	}
	if !ok {
		t.Errorf("%s: want %s: /p allowed %t, /other allowed %t, asked %d times", r.ID, r.Effect, p, other, s.asked)
	}
}

// site is a site that answers with the responses in turn, with the last again and again. One of status zero is an error.
type site struct {
	t       *testing.T
	cache   *Cache
	now     time.Time
	answers []Response
	asked   int
}

func newSite(t *testing.T, token string, answers ...Response) *site {
	s := &site{t: t, now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), answers: answers}
	s.cache = NewCache(Config{Token: token, Now: func() time.Time { return s.now }, Fetch: func(context.Context, string) (Response, error) {
		a := s.answers[min(s.asked, len(s.answers)-1)]
		s.asked++
		if a.Status == 0 {
			return a, errors.New("connection refused")
		}
		return a, nil
	}})
	return s
}

func (s *site) check(url string) Verdict {
	s.t.Helper()
	v, err := s.cache.Check(s.t.Context(), url)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}
