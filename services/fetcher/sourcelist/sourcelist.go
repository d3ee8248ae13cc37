// Package sourcelist reads and writes lists of sources: OPML, which feed readers exchange, and CSV, which people keep in
// spreadsheets. It knows nothing of where sources are kept.
package sourcelist

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"dateline/pkg/weburl"
	"dateline/services/fetcher/refetch"

	"golang.org/x/text/language"
)

// Kind is what a source is.
type Kind string

// The kinds.
const (
	Feed    Kind = "feed"
	Sitemap Kind = "sitemap"
	Page    Kind = "page"
)

// Source is something that is watched for news.
type Source struct {
	URL      string // in canonical form (weburl.Canonical); what tells sources apart
	Kind     Kind
	Title    string
	Home     string        // URL of the site for people; may be empty, as all below
	Language string        // BCP 47
	Country  string        // ISO 3166-1, two letters
	Tags     []string      // each once, without the characters , ; and |, and without / around
	Interval time.Duration // between polls; zero leaves it to the fetcher
	Agent    string        // User-Agent for this source

	HostDelay time.Duration  // between requests to its site, where that is more than usual
	Refetch   refetch.Policy // when its pages are fetched again; nil leaves it to the fetcher
	Paused    bool
}

// List is a list that was read.
type List struct {
	Sources  []Source
	Problems []Problem // what was left out, in order
}

// Problem is an entry that is no source, or a value of one that was left out.
type Problem struct {
	Line int // of the input, from 1
	Err  error
}

func (p Problem) Error() string { return fmt.Sprintf("line %d: %v", p.Line, p.Err) }

func (p Problem) Unwrap() error { return p.Err }

// Bounds of a list.
const (
	MaxBytes   = 64 << 20
	MaxSources = 1_000_000
	maxText    = 1 << 10 // bytes of a title, a tag, an agent
	maxTags    = 100     // of a source
	maxYears   = 366 * 24 * time.Hour
)

// ErrTooLarge means that a list goes beyond MaxBytes or MaxSources.
var ErrTooLarge = errors.New("the list is too large")

// collector makes a list of entries as they are read. An entry with a URL that is there already adds what it knows to the
// first: in OPML a feed stands in each of its folders.
type collector struct {
	list  List
	byURL map[string]int // index in list.Sources
}

func newCollector() *collector { return &collector{byURL: map[string]int{}} }

func (c *collector) problem(line int, format string, args ...any) {
	c.list.Problems = append(c.list.Problems, Problem{line, fmt.Errorf(format, args...)})
}

// entry is a source as written.
type entry struct {
	url, kind, title, home, language, country, interval, agent, hostDelay, refetch, paused string
	tags                                                                                   []string
}

// add takes an entry in. A value that cannot be read is told of and left out; one without a usable URL or kind is no source.
func (c *collector) add(line int, e entry) {
	url, err := weburl.Canonical(e.url)
	if err != nil {
		c.problem(line, "url: %w", err)
		return
	}
	s := Source{URL: url, Title: text(e.title), Agent: text(e.agent), Tags: tags(e.tags)}
	if s.Title == e.url || s.Title == url { // as those write it who must write something
		s.Title = ""
	}
	switch k := Kind(strings.ToLower(strings.TrimSpace(e.kind))); k {
	case "", "rss", "atom", Feed:
		s.Kind = Feed
	case Sitemap, Page:
		s.Kind = k
	default:
		c.problem(line, "kind %q: feed, sitemap or page", e.kind)
		return
	}
	if e.home != "" {
		if s.Home, err = weburl.Canonical(e.home); err != nil {
			c.problem(line, "home: %w", err)
		}
	}
	if l := strings.TrimSpace(e.language); l != "" {
		if tag, err := language.Parse(l); err == nil {
			s.Language = tag.String()
		} else {
			c.problem(line, "language %q: a tag such as en or pt-BR", l)
		}
	}
	if r := strings.TrimSpace(e.country); r != "" {
		if region, err := language.ParseRegion(r); err == nil && region.IsCountry() {
			s.Country = region.Canonicalize().String()
		} else {
			c.problem(line, "country %q: two letters such as DE", r)
		}
	}
	if i := strings.TrimSpace(e.interval); i != "" {
		if d, err := time.ParseDuration(i); err == nil && d >= time.Second && d <= maxYears {
			s.Interval = d
		} else {
			c.problem(line, "interval %q: a duration from 1s, such as 15m or 1h30m", i)
		}
	}
	if d := strings.TrimSpace(e.hostDelay); d != "" {
		if delay, err := time.ParseDuration(d); err == nil && delay > 0 && delay <= time.Hour {
			s.HostDelay = delay
		} else {
			c.problem(line, "host_delay %q: a duration up to 1h, such as 10s", d)
		}
	}
	if err := s.Refetch.UnmarshalText([]byte(e.refetch)); err != nil {
		c.problem(line, "refetch: %w", err)
	}
	switch p := strings.ToLower(strings.TrimSpace(e.paused)); p {
	case "", "false", "no", "0":
	case "true", "yes", "1":
		s.Paused = true
	default:
		c.problem(line, "paused %q: true or false", p)
	}
	if at, ok := c.byURL[url]; ok {
		c.list.Sources[at].merge(s)
		return
	}
	c.byURL[url] = len(c.list.Sources)
	c.list.Sources = append(c.list.Sources, s)
}

// full tells that no more entries are taken.
func (c *collector) full() bool {
	return len(c.list.Sources) > MaxSources || len(c.list.Problems) > MaxSources
}

// merge adds what s lacks.
func (s *Source) merge(other Source) {
	for _, f := range []struct{ to, from *string }{
		{&s.Title, &other.Title}, {&s.Home, &other.Home}, {&s.Language, &other.Language}, {&s.Country, &other.Country}, {&s.Agent, &other.Agent},
	} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	if s.Interval == 0 {
		s.Interval = other.Interval
	}
	s.HostDelay = max(s.HostDelay, other.HostDelay)
	if s.Refetch.IsZero() {
		s.Refetch = other.Refetch
	}
	s.Paused = s.Paused || other.Paused
	s.Tags = tags(append(s.Tags, other.Tags...))
}

// tags parts tags that were written as one, and drops those that are there already. OPML's categories begin with a slash:
// "/Boston/Weather,News".
func tags(all []string) []string {
	var kept []string
	for _, s := range all {
		for _, tag := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '|' }) {
			if tag = strings.Trim(text(tag), "/ "); tag != "" && !slices.Contains(kept, tag) && len(kept) < maxTags {
				kept = append(kept, tag)
			}
		}
	}
	return kept
}

// text is one line of text, of bounded length.
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxText {
		s = strings.TrimSpace(strings.ToValidUTF8(s[:maxText], ""))
	}
	return s
}

// policy writes what is not left to the fetcher.
func policy(p refetch.Policy) string {
	if p.IsZero() {
		return ""
	}
	return p.String()
}

// flag writes what is seldom so.
func flag(is bool) string {
	if is {
		return "true"
	}
	return ""
}

// interval writes a duration; none is nothing.
func interval(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return refetch.Short(d)
}
