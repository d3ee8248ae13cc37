package robots

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dateline/pkg/lineartest"
)

const sample = "\ufeffSitemap: /news.xml\r\n" +
	"User-agent: *\r\nDisallow: /\r\nCrawl-delay: 7\r\n\r\n" +
	"User-agent: DatelineBot/0.1\r\nuser agent: Other\r\n" +
	"Disallow: /private/  # not for you\r\nAllow: /private/press/\r\nDisalow: /*.pdf$\r\n" +
	"User-agent: other\r\nDisallow: /other\r\n\r\n" +
	"User-agent: datelinebot\r\nDisallow /café/$a b\r\nNoindex: /x\r\nCrawl-delay: 2.5\r\nDisallow:\r\nSitemap: https://cdn.example/all.xml#top\r\n"

func TestRules(t *testing.T) {
	r := Parse("DatelineBot", "https://news.example/robots.txt", []byte(strings.ReplaceAll(sample, "$a b", "")))
	for url, want := range map[string]string{
		"https://news.example/":                                  "true no rule of https://news.example/robots.txt is against it",
		"https://news.example/private/a":                         "false Disallow: /private/ (line 8 of https://news.example/robots.txt)",
		"https://news.example/private/press/a":                   "true Allow: /private/press/ (line 9 of https://news.example/robots.txt)",
		"https://news.example/a/b.pdf":                           "false Disallow: /*.pdf$ (line 10 of https://news.example/robots.txt)",
		"https://news.example/a/b.pdf?page=2":                    "true no rule of https://news.example/robots.txt is against it",
		"https://news.example/other":                             "true no rule of https://news.example/robots.txt is against it",
		"https://news.example/caf%c3%a9/":                        "false Disallow: /caf%C3%A9/ (line 15 of https://news.example/robots.txt)",
		"https://news.example/robots.txt":                        "true robots.txt itself may be read",
		"https://news.example?/private/":                         "true no rule of https://news.example/robots.txt is against it",
		"https://news.example/a?next=https://b.example/private/": "true no rule of https://news.example/robots.txt is against it",
	} {
		allowed, reason := r.Allows(url)
		if got := fmt.Sprintf("%t %s", allowed, reason); got != want {
			t.Errorf("%s:\n got %s\nwant %s", url, got, want)
		}
	}
	if got := fmt.Sprint(r.Sitemaps, r.Delay, r.Stats); got != "[https://news.example/news.xml https://cdn.example/all.xml] 2.5s {16 1 19}" {
		t.Error(got)
	}
	if allowed, _ := Parse("Third", "https://news.example/robots.txt", []byte(sample)).Allows("https://news.example/a"); allowed {
		t.Error("the group for all does not hold for a crawler that has none")
	}
}

// TestMerged: groups of one crawler are one; of rules that are there twice the first is named, of delays the longest counts.
func TestMerged(t *testing.T) {
	r := Parse("bot", "http://h/robots.txt", []byte("user-agent: bot\ndisallow: /a\ncrawl-delay: 9\n\nuser-agent: bot\ndisallow: /a\ndisallow: /b\ncrawl-delay: 2\n"))
	for path, want := range map[string]string{"/a": "Disallow: /a (line 2 of http://h/robots.txt)", "/b": "Disallow: /b (line 7 of http://h/robots.txt)"} {
		if allowed, reason := r.Allows("http://h" + path); allowed || reason != want {
			t.Errorf("%s: %t, %s", path, allowed, reason)
		}
	}
	if r.Delay != 9*time.Second || len(r.rules) != 2 {
		t.Errorf("%s, %v", r.Delay, r.rules)
	}
}

func TestEscaping(t *testing.T) {
	r := Parse("bot", "http://h/robots.txt", []byte("user-agent: *\ndisallow: /a b\ndisallow: /{id}\ndisallow: /%e3%83%84\ndisallow: /100%\n"))
	for path, want := range map[string]bool{
		"/a%20b": false, "/{id}": false, "/%7Bid%7D": false, "/%E3%83%84": false, "/100%": false, "/a": true, "/%7B": true,
	} {
		if got, reason := r.Allows("http://h" + path); got != want {
			t.Errorf("%s: %t, %s", path, got, reason)
		}
	}
}

func TestCut(t *testing.T) {
	line := "disallow: /private\n"
	body := []byte("user-agent: *\n" + strings.Repeat("#", MaxBytes-14-1-10) + "\n" + line) // the cut is after "disallow: "
	for n := range len(line) - 1 {
		b := body[n:] // and here n bytes further
		if len(b) <= MaxBytes {
			continue
		}
		b = append([]byte("user-agent: *\n"), b[14:]...)
		if allowed, reason := Parse("bot", "http://h/robots.txt", b).Allows("http://h/p"); !allowed {
			t.Errorf("half a line is a rule: %s", reason)
		}
	}
}

func TestDelays(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"1": time.Second, "1.5": 1500 * time.Millisecond, " 2 # s": 2 * time.Second, "": 0, "0": 0, "-3": 0, "1e3": 0, "NaN": 0, "Inf": 0, "0x1": 0, "5s": 0, "1.2.3": 0, ".": 0,
		"9" + strings.Repeat("9", 400): maxDelay,
	} {
		if got := Parse("bot", "", []byte("User-agent: *\nCrawl-delay: "+value)).Delay; got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func TestTokens(t *testing.T) {
	for agent, want := range map[string]string{"DatelineBot/0.1 (+https://x)": "DatelineBot", "a_b-c": "a_b-c", "": "", "7bot": "", "Mozilla/5.0 (compatible; bot)": "Mozilla", "ツ": ""} {
		if got := Token(agent); got != want {
			t.Errorf("Token(%q) = %q", agent, got)
		}
	}
}

// hostile is a file of a size of rules that all have to be tried, each along all of the URL.
func hostile(size int) []byte {
	var b strings.Builder
	b.WriteString("user-agent: *\n")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "disallow:*a*a*%x*b\n", i)
	}
	return []byte(b.String())
}

// TestLinear doubles rules and URL.
func TestLinear(t *testing.T) {
	match := func(size, url int) func() {
		body, u := hostile(size), "http://h/"+strings.Repeat("a", url)
		return func() { Parse("bot", "http://h/robots.txt", body).Allows(u) }
	}
	lineartest.Check(t, "rules", MaxBytes, func(n int) func() { return match(n, 1000) })
	lineartest.Check(t, "URL", 8000, func(n int) func() { return match(MaxBytes/8, n) })
}

func FuzzRules(f *testing.F) {
	f.Add([]byte(sample), "/private/a")
	f.Add([]byte("user-agent:*\rdisallow:*$\r\rallow:/a**b*$"), "/a?b=%zz")
	f.Add([]byte("\xef\xbbuser-agent bot\nallow /index.html\ndisallow /\n"), "/")
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		r := Parse("bot", "https://h.example/robots.txt", body)
		url := "https://h.example/" + path
		allowed, reason := r.Allows(url)
		if reason == "" {
			t.Error("no reason")
		}
		if !allowed && len(r.rules) == 0 {
			t.Errorf("refused without rules: %s", reason)
		}
		for _, rule := range r.rules { // the decision is that of the longest rule that matches, found the slow way
			if slow(string(rule.pattern), escape(target(url), false)) {
				if target(url) != "/robots.txt" && rule.allow != allowed {
					t.Errorf("%s decides, but %s", rule, reason)
				}
				return
			}
		}
		if !allowed {
			t.Errorf("no rule matches, but %s", reason)
		}
	})
}

// slow matches a pattern by the set of places that each of its characters can be at.
func slow(pattern, path string) bool {
	at := map[int]bool{0: true}
	for i, c := range []byte(pattern) {
		next := map[int]bool{}
		for pos := range at {
			switch {
			case c == '*':
				for p := pos; p <= len(path); p++ {
					next[p] = true
				}
			case c == '$' && i == len(pattern)-1:
				if pos == len(path) {
					next[pos] = true
				}
			case pos < len(path) && path[pos] == c:
				next[pos+1] = true
			}
		}
		at = next
	}
	return len(at) > 0
}

func BenchmarkParse(b *testing.B) {
	body := []byte(strings.Repeat(sample, 20))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		Parse("DatelineBot", "https://news.example/robots.txt", body)
	}
}

func BenchmarkAllows(b *testing.B) {
	r := Parse("DatelineBot", "https://news.example/robots.txt", []byte(sample))
	b.ReportAllocs()
	for b.Loop() {
		r.Allows("https://news.example/2024/11/06/the-bridge-is-open-again-after-nine-years")
	}
}

func BenchmarkHostile(b *testing.B) {
	r := Parse("bot", "https://news.example/robots.txt", hostile(MaxBytes))
	url := "http://h/" + strings.Repeat("a", 8000)
	b.ReportAllocs()
	for b.Loop() {
		r.Allows(url)
	}
}
