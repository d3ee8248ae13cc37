// Package registry keeps the sources: what is watched for news, what its operator wants of that, and what its polls have
// taught. It is one bucket that all replicas share, and the truth about sources; the schedules of their polls only carry
// it, and are made again from it.
package registry

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dateline/pkg/httprules"
	"dateline/pkg/weburl"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/refetch"
	"dateline/services/fetcher/revisit"
	"dateline/services/fetcher/websub"

	"golang.org/x/text/language"
)

// Kind is what a source is.
type Kind string

// The kinds.
const (
	Auto    Kind = "auto" // to be found out by the first poll
	Feed    Kind = "feed"
	Sitemap Kind = "sitemap"
	Page    Kind = "page" // a page whose headlines are followed, for sites that have neither
)

// Kinds are all there are.
var Kinds = []Kind{Auto, Feed, Sitemap, Page}

// Wish is what the operator says of a source.
type Wish struct {
	Kind      Kind            `json:"kind"`
	Title     string          `json:"title,omitempty"` // the feed's own where the operator gives none
	Home      string          `json:"home,omitempty"`  // of the site, for people
	Language  string          `json:"language,omitempty"`
	Country   string          `json:"country,omitempty"` // ISO 3166-1, two letters
	Tags      []string        `json:"tags,omitempty"`
	Interval  Duration        `json:"interval,omitempty"`   // between polls; zero leaves it to the law
	HostDelay Duration        `json:"host_delay,omitempty"` // between requests to the site, where more than --fetch-host-delay
	Refetch   refetch.Policy  `json:"refetch,omitzero"`     // when its pages are fetched again; nil leaves it to --refetch
	Overrides fetch.Overrides `json:"overrides,omitzero"`
	Backfill  bool            `json:"backfill,omitempty"`  // of a sitemap: what is older than its first poll is fetched too
	NoRobots  bool            `json:"no_robots,omitempty"` // the publisher has agreed: robots.txt is not asked
	Paused    bool            `json:"paused,omitempty"`
}

// Check tells what is wrong with a wish.
func (w *Wish) Check() error {
	if !slices.Contains(Kinds, w.Kind) {
		return fmt.Errorf("kind %q is none of %v", w.Kind, Kinds)
	}
	if w.Language != "" {
		if _, err := language.Parse(w.Language); err != nil {
			return fmt.Errorf("language %q is no BCP 47 tag", w.Language)
		}
	}
	if w.Country != "" {
		if _, err := language.ParseRegion(w.Country); err != nil || len(w.Country) != 2 {
			return fmt.Errorf("country %q is no two-letter code of ISO 3166-1", w.Country)
		}
	}
	if w.Interval != 0 && (w.Interval < Duration(time.Second) || w.Interval > Duration(30*24*time.Hour)) {
		return fmt.Errorf("interval %s: 1s to 720h", w.Interval)
	}
	if w.HostDelay < 0 || w.HostDelay > Duration(time.Hour) {
		return fmt.Errorf("host delay %s: 0s to 1h", w.HostDelay)
	}
	if err := w.Refetch.Check(); err != nil {
		return fmt.Errorf("refetch: %w", err)
	}
	return w.Overrides.Check()
}

// Source is one, with its state.
type Source struct {
	URL string `json:"url"` // canonical, as weburl.Canonical gives it
	Wish
	Added time.Time `json:"added"`

	Validators   httprules.Validators `json:"validators,omitzero"`
	Standing     httprules.Standing   `json:"standing,omitzero"`
	Revisit      revisit.State        `json:"revisit,omitzero"`
	Newest       time.Time            `json:"newest,omitzero"`  // of a sitemap: the latest change that was seen
	Walked       bool                 `json:"walked,omitempty"` // of a sitemap: all that its index lists was read once
	Subscription websub.Subscription  `json:"subscription,omitzero"`
	Next         time.Time            `json:"next,omitzero"`
	Plan         string               `json:"plan,omitempty"`     // why then, for people
	History      []Poll               `json:"history,omitempty"`  // the latest last
	Formerly     []string             `json:"formerly,omitempty"` // addresses that it moved from
}

// Poll is what came of one.
type Poll struct {
	Time    time.Time `json:"time"`
	Outcome string    `json:"outcome"`
	New     int       `json:"new,omitempty"`
	Window  int       `json:"window,omitempty"` // items shown
	Error   string    `json:"error,omitempty"`
}

const (
	maxHistory  = 10
	maxFormerly = 5
	maxError    = 300 // bytes
)

// New makes a source of an address. Its error names what is wrong with that, or with the wish.
func New(url string, w Wish, now time.Time) (*Source, error) {
	canonical, err := weburl.Canonical(url)
	if err != nil {
		return nil, err
	}
	if err := w.Check(); err != nil {
		return nil, err
	}
	return &Source{URL: canonical, Wish: w, Added: now.UTC(), Next: now.UTC()}, nil
}

// ID is a source's key: 32 hex digits of its canonical URL.
func ID(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return hex.EncodeToString(sum[:16])
}

// isID tells ids from other text, and from the registry's other keys.
func isID(id string) bool {
	return len(id) == 32 && strings.Trim(id, "0123456789abcdef") == ""
}

// ID is the source's.
func (s *Source) ID() string { return ID(s.URL) }

// Params are what the next poll depends on beside the source's state.
func (s *Source) Params(theta time.Duration) revisit.Params {
	sum := sha256.Sum256([]byte(s.URL))
	return revisit.Params{Theta: theta, Interval: time.Duration(s.Interval), Seed: binary.BigEndian.Uint64(sum[:])}
}

// Note adds a poll to the history.
func (s *Source) Note(p Poll) {
	if len(p.Error) > maxError { // between runes
		p.Error = strings.ToValidUTF8(p.Error[:maxError], "")
	}
	s.History = append(s.History, p)
	s.History = s.History[max(0, len(s.History)-maxHistory):]
}

// Move gives a source another address.
func (s *Source) Move(to string) {
	s.Formerly = append(s.Formerly, s.URL)
	s.Formerly = s.Formerly[max(0, len(s.Formerly)-maxFormerly):]
	s.URL, s.Validators, s.Standing, s.Subscription = to, httprules.Validators{}, httprules.Standing{}, websub.Subscription{}
}

// Duration is one that JSON has as people write it: 15m.
type Duration time.Duration

func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return errors.New("no duration such as 15m or 24h")
	}
	*d = Duration(v)
	return nil
}
