// Package robots tells what a site's robots.txt lets us fetch, by RFC 9309 with the extensions that Google documents.
//
// Parse reads a file once, for one product token, into rules that answer in time linear in path and rules. A Cache asks
// sites for their files, by a function that it is given, so that politeness and address guards hold for these requests too.
// The package knows nothing of queues or of HTTP clients.
package robots

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dateline/pkg/weburl"
)

const (
	// MaxBytes is how much of a file is read, as RFC 9309 (2.5) asks for at least. Callers need not fetch more.
	MaxBytes = 512_000
	// maxLine is how much of a line is read, as in Google's parser: eight times the longest URL of old browsers.
	maxLine = 8*2083 - 1
	// maxSitemaps bounds the sitemaps taken from a file.
	maxSitemaps = 1000
	// maxDelay bounds a crawl delay before anyone clamps it: a time.Duration holds no more than 292 years.
	maxDelay = 365 * 24 * time.Hour
)

// Rules are what a robots.txt says to one crawler.
type Rules struct {
	Sitemaps []string      // absolute, in the file's order, once each
	Delay    time.Duration // between requests, as the file asks (Crawl-delay is no part of RFC 9309); zero where it does not
	Stats    Stats

	location string // URL of the file, for messages and relative sitemaps
	rules    []rule // of the group that applies, the longest first, Allow before Disallow: the first that matches decides
}

// Stats count what was read.
type Stats struct {
	Directives int // that were understood
	Unknown    int // that were not
	LastLine   int // with a directive, counted from 1
}

// rule is an Allow or Disallow line.
type rule struct {
	pattern pattern
	allow   bool
	line    int
}

// String is the rule as a line of the file.
func (r rule) String() string {
	name := "Disallow"
	if r.allow {
		name = "Allow"
	}
	const most = 200
	p := string(r.pattern)
	if len(p) > most {
		p = p[:most] + "…"
	}
	return name + ": " + p
}

// Parse reads a robots.txt that was found at a URL, for a crawler that its User-agent lines call by token (see Token). It
// never fails: what cannot be read is no rule.
func Parse(token, location string, body []byte) *Rules {
	p := parser{token: token, rules: Rules{location: location}}
	if len(body) > MaxBytes { // a line that the cut goes through would say something else
		end := MaxBytes
		if next := body[MaxBytes]; next != '\n' && next != '\r' {
			end = bytes.LastIndexAny(body[:MaxBytes], "\r\n") + 1
		}
		body = body[:end]
	}
	for _, b := range []byte("\xef\xbb\xbf") { // a byte order mark, or what is left of one
		if len(body) == 0 || body[0] != b {
			break
		}
		body = body[1:]
	}
	for n := 1; len(body) > 0; n++ {
		end := bytes.IndexAny(body, "\r\n")
		line, rest := body, []byte(nil)
		if end >= 0 {
			line, rest = body[:end], body[end+1:]
			if body[end] == '\r' && len(rest) > 0 && rest[0] == '\n' {
				rest = rest[1:]
			}
		}
		p.line(n, line[:min(len(line), maxLine)])
		body = rest
	}
	return p.finish()
}

// group is what a file says to one crawler, or to all.
type group struct {
	rules []rule
	delay time.Duration
}

type parser struct {
	token    string
	rules    Rules
	own, any group // groups of the same crawler are one (RFC 9309, 2.2.1)
	hasOwn   bool

	toOwn, toAny bool // whom the group being read is for
	inRules      bool // a User-agent line would start another group
}

func (p *parser) line(n int, line []byte) {
	key, value, ok := directive(line)
	if !ok {
		return
	}
	p.rules.Stats.LastLine = n
	p.rules.Stats.Directives++
	switch key {
	case "user-agent":
		p.agent(value)
	case "allow":
		p.rule(n, true, value)
		// An index page stands for its directory, as in Google's parser.
		if slash := strings.LastIndexByte(value, '/'); slash >= 0 && strings.HasPrefix(value[slash:], "/index.htm") {
			p.rule(n, true, value[:slash+1]+"$")
		}
	case "disallow":
		p.rule(n, false, value)
	case "crawl-delay":
		d := delay(value)
		p.say(func(g *group) { g.delay = max(g.delay, d) })
	case "sitemap":
		p.sitemap(value)
	default:
		p.rules.Stats.Directives--
		p.rules.Stats.Unknown++
	}
}

// names are the ways in which directives are written, the misspellings that Google's parser takes included.
var names = map[string]string{
	"user-agent": "user-agent", "useragent": "user-agent", "user agent": "user-agent",
	"allow":    "allow",
	"disallow": "disallow", "dissallow": "disallow", "dissalow": "disallow", "disalow": "disallow", "diasllow": "disallow", "disallaw": "disallow",
	"sitemap": "sitemap", "site-map": "sitemap",
	"crawl-delay": "crawl-delay", "crawldelay": "crawl-delay",
}

// directive parts a line at its colon or, where that was forgotten, at the white space between its only two words.
func directive(line []byte) (key, value string, ok bool) {
	line, _, _ = bytes.Cut(line, []byte("#"))
	line = bytes.TrimSpace(line)
	before, after, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		words := bytes.Fields(line)
		if len(words) != 2 {
			return "", "", false
		}
		before, after = words[0], words[1]
	}
	key = strings.ToLower(string(bytes.TrimSpace(before)))
	if key == "" {
		return "", "", false
	}
	if name, known := names[key]; known {
		key = name
	}
	return key, string(bytes.TrimSpace(after)), true
}

func (p *parser) agent(value string) {
	if p.inRules {
		p.inRules, p.toOwn, p.toAny = false, false, false
	}
	switch {
	case value == "*" || strings.HasPrefix(value, "* ") || strings.HasPrefix(value, "*\t"):
		p.toAny = true
	case strings.EqualFold(Token(value), p.token) && p.token != "":
		p.toOwn, p.hasOwn = true, true
	}
}

// say adds to the groups that are being read. Lines of other kinds, such as Sitemap, leave a group open for more
// User-agent lines.
func (p *parser) say(add func(*group)) {
	p.inRules = true
	switch {
	case p.toOwn:
		add(&p.own)
	case p.toAny:
		add(&p.any)
	}
}

func (p *parser) rule(n int, allow bool, value string) {
	p.say(func(g *group) {
		if value != "" { // an empty rule matches nothing
			g.rules = append(g.rules, rule{pattern(escape(value, true)), allow, n})
		}
	})
}

func (p *parser) sitemap(value string) {
	if len(p.rules.Sitemaps) == maxSitemaps {
		return
	}
	if at, err := weburl.Resolve(p.rules.location, value); err == nil && value != "" && !slices.Contains(p.rules.Sitemaps, at) {
		p.rules.Sitemaps = append(p.rules.Sitemaps, at)
	}
}

// delay reads seconds. What is no number of them, or negative, asks for nothing.
func delay(value string) time.Duration {
	if strings.Trim(value, "0123456789.") != "" { // ParseFloat takes more forms
		return 0
	}
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil && seconds == 0 {
		return 0
	}
	return time.Duration(min(seconds, maxDelay.Seconds()) * float64(time.Second))
}

func (p *parser) finish() *Rules {
	g := p.any
	if p.hasOwn {
		g = p.own
	}
	slices.SortFunc(g.rules, func(a, b rule) int {
		if c := cmp.Compare(len(b.pattern), len(a.pattern)); c != 0 {
			return c
		}
		if a.allow != b.allow {
			if a.allow {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(string(a.pattern), string(b.pattern)), cmp.Compare(a.line, b.line))
	})
	g.rules = slices.CompactFunc(g.rules, func(a, b rule) bool { return a.pattern == b.pattern })
	p.rules.rules, p.rules.Delay = slices.Clip(g.rules), g.delay
	return &p.rules
}

// Allows tells whether a URL may be fetched, and why: the rule that says so, with its line. The URL is as weburl.Resolve
// gives it. The file itself may always be read.
func (r *Rules) Allows(url string) (allowed bool, reason string) {
	t := target(url)
	if t == "/robots.txt" {
		return true, "robots.txt itself may be read"
	}
	t = escape(t, false)
	for _, rule := range r.rules {
		if rule.pattern.matches(t) {
			return rule.allow, fmt.Sprintf("%s (line %d of %s)", rule, rule.line, r.location)
		}
	}
	return true, "no rule of " + r.location + " is against it"
}

// size is about how many bytes the rules take.
func (r *Rules) size() int {
	n := 0
	for _, rule := range r.rules {
		n += len(rule.pattern) + 40
	}
	for _, s := range r.Sitemaps {
		n += len(s) + 16
	}
	return n
}
