package weburl

import (
	"bufio"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shared opens a file of the conformance data that lies beside the repository; DATELINE_SHARED says where if elsewhere.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("DATELINE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	b, err := os.ReadFile(filepath.Join(dir, "conformance", name))
	if err != nil {
		t.Skipf("conformance data not found (set DATELINE_SHARED): %v", err)
	}
	return b
}

func rows[T any](t *testing.T, name string) []T {
	t.Helper()
	var all []T
	s := bufio.NewScanner(strings.NewReader(string(shared(t, name))))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var row T
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if len(all) == 0 {
		t.Fatalf("%s is empty", name)
	}
	return all
}

func TestConformanceCanonical(t *testing.T) {
	for _, row := range rows[struct {
		ID, Group, Input string
		Base             string
		Canonical, Key   *string
		AlsoOK           []*string `json:"also_ok"`
		Inputs           []string
	}](t, "url-canonical.jsonl") {
		if len(row.Inputs) > 0 {
			seen := map[string]bool{}
			for _, in := range row.Inputs {
				k, err := Key(in)
				if err != nil {
					t.Errorf("%s: Key(%q): %v", row.ID, in, err)
				}
				seen[k] = true
			}
			want := 1
			if row.Group == "different-key" {
				want = len(row.Inputs)
			}
			if len(seen) != want {
				t.Errorf("%s: %d keys, want %d: %q", row.ID, len(seen), want, slices.Collect(maps.Keys(seen)))
			}
			continue
		}
		in := row.Input
		if row.Base != "" {
			var err error
			if in, err = Resolve(row.Base, row.Input); err != nil {
				in = "invalid:"
			}
		}
		check := func(what, got string, err error, want *string) {
			ok := slices.ContainsFunc(append(row.AlsoOK, want), func(w *string) bool {
				return w == nil && err != nil || w != nil && err == nil && *w == got
			})
			if !ok {
				w := "an error"
				if want != nil {
					w = *want
				}
				t.Errorf("%s: %s of %q is %q (%v), want %s", row.ID, what, in, got, err, w)
			}
		}
		c, err := Canonical(in)
		check("canonical", c, err, row.Canonical)
		k, err := Key(in)
		check("key", k, err, row.Key)
	}
}

// All rows of the web platform's tests: those that end in http or https resolve to what browsers make of them, the others
// are not for fetching.
func TestConformanceParsing(t *testing.T) {
	for _, row := range rows[struct {
		Input   string
		Base    *string
		Href    string
		Failure bool
	}](t, "url-wpt.jsonl") {
		base := ""
		if row.Base != nil {
			base = *row.Base
		}
		got, err := Resolve(base, row.Input)
		if row.Failure || !strings.HasPrefix(row.Href, "http:") && !strings.HasPrefix(row.Href, "https:") {
			if err == nil {
				t.Errorf("Resolve(%q, %q) = %q, want an error", base, row.Input, got)
			}
			continue
		}
		want, perr := parser.Parse(row.Href)
		if perr != nil {
			t.Fatal(perr)
		}
		want.SetUsername("")
		want.SetPassword("")
		if err != nil || got != want.Href(true) {
			t.Errorf("Resolve(%q, %q) = %q, %v; want %q", base, row.Input, got, err, want.Href(true))
		}
	}
}

func TestTrackingNamesAreThoseOfTheData(t *testing.T) {
	var data struct {
		Exact, Prefix []string
		Session       []string                          `json:"session_if_long"`
		Referral      struct{ Params, Values []string } `json:"referral_value_only"`
	}
	if err := json.Unmarshal(shared(t, "tracking-params.json"), &data); err != nil {
		t.Fatal(err)
	}
	sessions := append(slices.Collect(maps.Keys(sessionNames)), sessionPrefix+"*")
	for _, c := range []struct {
		name      string
		got, want []string
	}{
		{"exact", slices.Collect(maps.Keys(trackingNames)), data.Exact},
		{"prefix", trackingPrefixes, data.Prefix},
		{"session", sessions, data.Session},
		{"referral params", slices.Collect(maps.Keys(referralNames)), data.Referral.Params},
		{"referral values", slices.Collect(maps.Keys(referralValues)), data.Referral.Values},
	} {
		if got, want := slices.Sorted(slices.Values(c.got)), slices.Sorted(slices.Values(c.want)); !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, want)
		}
	}
}

func TestCanonicalAndKey(t *testing.T) {
	for _, c := range []struct{ in, canonical, key string }{
		{"HTTPS://User:secret@WWW.Example.org.:443/%7ea/?utm_source=x&b=2&a=1#frag", "https://www.example.org/~a/?b=2&a=1", "example.org/~a?a=1&b=2"},
		{"example.org/story", "https://example.org/story", "example.org/story"},
		{"https://example.org/a;jsessionid=1;b=2/c", "https://example.org/a;b=2/c", "example.org/a;b=2/c"},
		{"https://example.org/%%34%31", "https://example.org/A", "example.org/A"},
		{"https://web.archive.org/web/20240101000000/https://www.google.com/url?q=https://example.org/x", "https://web.archive.org/web/20240101000000/https://www.google.com/url?q=https://example.org/x", "example.org/x"},
		{"ftp://example.org/", "", ""},
		{"just words", "", ""},
		{"https://./", "", ""},
		{"https://example.org/" + strings.Repeat("a", MaxLength), "", ""},
	} {
		if got, err := Canonical(c.in); got != c.canonical || (err != nil) != (c.canonical == "") {
			t.Errorf("Canonical(%q) = %q, %v; want %q", c.in, got, err, c.canonical)
		}
		if got, err := Key(c.in); got != c.key || (err != nil) != (c.key == "") {
			t.Errorf("Key(%q) = %q, %v; want %q", c.in, got, err, c.key)
		}
	}
}

func TestHost(t *testing.T) {
	for in, want := range map[string]string{
		"https://User@WWW.Example.ORG:8080/a": "www.example.org",
		"https://bücher.example./":            "xn--bcher-kva.example",
		"http://[2001:DB8::1]:80/":            "[2001:db8::1]",
		"http://0x7f.1/":                      "127.0.0.1",
		"mailto:a@example.org":                "",
		"":                                    "",
	} {
		if got := Host(in); got != want {
			t.Errorf("Host(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestResolve(t *testing.T) {
	const base = "https://example.org/a/b?c#d"
	for in, want := range map[string]string{
		"/ok?a b":                    "https://example.org/ok?a%20b",
		"../x?utm_source=y#z":        "https://example.org/x?utm_source=y",
		"//other.example/":           "https://other.example/",
		"http://u:p@example.net":     "http://example.net/",
		"https://a@b@c.example/":     "https://c.example/",
		"javascript:alert(1)":        "",
		"file:///etc/passwd":         "",
		"http://example.org:70000/x": "",
	} {
		got, err := Resolve(base, in)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("Resolve(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func seeds(f *testing.F) {
	for _, s := range []string{
		"https://example.com/a", "example.com", "//x.example/", "http://http://a.example", "https//a.example", "http://[::1%25lo]/",
		"http://①②⑦.⓪.⓪.①/", "https://a.example/%%34%31?%61=%2&&b", "https://a.example/amp/index.html//amp/?amp", "https://a.example../x",
		"https://www.google.com/url?q=http%3A%2F%2Fwww.google.com%2Furl%3Fq%3Da", "https://x.cdn.ampproject.org/c/s/a.example/b",
		"https://a.example/;jsessionid=;jsessionid=/..;/", "https://1.2.3.4../", "\u200bhttps://a.example/\xff\xfe", "https://m.www.co.uk/?a=&a==",
	} {
		f.Add(s)
	}
}

func FuzzCanonical(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := Canonical(raw)
		if err != nil {
			return
		}
		if again, err := Canonical(c); err != nil || again != c {
			t.Errorf("Canonical(%q) = %q, and of that %q, %v", raw, c, again, err)
		}
		if Host(c) == "" {
			t.Errorf("Canonical(%q) = %q has no host", raw, c)
		}
	})
}

// wrapper tells keys of the sites whose URLs may hold others: cleaning can make such a URL of one that was none.
func wrapper(key string) bool {
	return strings.Contains(key, "ampproject.org") || strings.HasPrefix(key, "google.") || strings.HasPrefix(key, "web.archive.org")
}

func FuzzKey(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw string) {
		k, err := Key(raw)
		if err != nil {
			return
		}
		if again, err := Key("https://" + k); !wrapper(k) && (err != nil || again != k) {
			t.Errorf("Key(%q) = %q, and of that %q, %v", raw, k, again, err)
		}
		c, err := Canonical(raw)
		if err != nil {
			t.Fatalf("Key takes %q, Canonical does not: %v", raw, err)
		}
		if of, err := Key(c); err != nil || of != k {
			t.Errorf("Key(%q) = %q, but of its canonical form %q it is %q, %v", raw, k, c, of, err)
		}
	})
}

func BenchmarkKey(b *testing.B) {
	for b.Loop() {
		if _, err := Key("https://www.example.com/2024/05/01/story/?utm_source=rss&id=3"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	for raw, want := range map[string]string{
		"notaurl":                       `not a web address: "notaurl": it has no scheme such as https://`,
		"":                              `not a web address: "": it has no scheme such as https://`,
		"ftp://example.org/":            `not a web address: "ftp://example.org/": scheme "ftp" is not http or https`,
		"http://":                       `not a web address: "http://": the input has a special scheme, but does not contain a host`,
		"https://example.org:99999/":    `not a web address: "https://example.org:99999/": the input's port is outside the range [0-65535]`,
		"https://[::1/":                 `not a web address: "https://[::1/": an IPv6 address is missing the closing U+005D (])`,
		strings.Repeat("ü", MaxLength):  `: it has 16384 bytes, more than 8192`,
		strings.Repeat("x", 201) + "ü":  `x…": it has no scheme such as https://`,
		strings.Repeat("x", 199) + "üb": `x…": it has no scheme such as https://`,
	} {
		if _, err := Canonical(raw); !errors.Is(err, ErrInvalid) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%.50q: %v, want %s", raw, err, want)
		}
	}
	if _, err := Resolve("", "a"); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "no scheme such as") {
		t.Errorf("no base: %v", err)
	}
}

func TestSource(t *testing.T) {
	for raw, want := range map[string]string{
		"https://www.alder.example/a":                                            "www.alder.example",
		"https://www-alder-example.cdn.ampproject.org/c/s/www.alder.example/a":   "www.alder.example",
		"https://web.archive.org/web/20240102030405/https://www.alder.example/a": "www.alder.example",
		"https://www.google.com/url?q=https%3A%2F%2Falder.example%2Fa&sa=D":      "alder.example",
		"https://web.archive.org/about":                                          "web.archive.org",
		"mailto:someone@alder.example":                                           "",
	} {
		if got := Source(raw); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
		key, err := Key(raw)
		if err == nil && Site(Source(raw)) != Site(Host("https://"+key)) {
			t.Errorf("%s: source %q and key %q are of two sites", raw, want, key)
		}
	}
}
