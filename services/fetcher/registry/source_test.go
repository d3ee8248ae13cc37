package registry

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"dateline/pkg/httprules"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/revisit"
	"dateline/services/fetcher/websub"
)

var now = time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)

func newSource(t testing.TB, url string) *Source {
	t.Helper()
	s, err := New(url, Wish{Kind: Feed}, now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWishIsChecked(t *testing.T) {
	for _, c := range []struct {
		name string
		wish Wish
		want string // in the error; none where it is empty
	}{
		{"all of it", Wish{Kind: Sitemap, Language: "pt-BR", Country: "BR", Interval: Duration(time.Second), HostDelay: Duration(time.Hour), Overrides: fetch.Overrides{Agent: "Bot/1", Proxy: "http://proxy.example:3128"}}, ""},
		{"the longest interval", Wish{Kind: Page, Interval: Duration(30 * 24 * time.Hour)}, ""},
		{"to be found out", Wish{Kind: Auto}, ""},
		{"no kind", Wish{}, `kind "" is none of [auto feed sitemap page]`},
		{"kind", Wish{Kind: "blog"}, `kind "blog"`},
		{"language", Wish{Kind: Feed, Language: "English!"}, `language "English!" is no BCP 47 tag`},
		{"country", Wish{Kind: Feed, Country: "Germany"}, `country "Germany" is no two-letter code`},
		{"three letters", Wish{Kind: Feed, Country: "DEU"}, `country "DEU"`},
		{"a code of a continent", Wish{Kind: Feed, Country: "419"}, `country "419"`},
		{"interval", Wish{Kind: Feed, Interval: Duration(time.Second - 1)}, "interval 999.999999ms: 1s to 720h"},
		{"no interval back in time", Wish{Kind: Feed, Interval: -1}, "interval -1ns"},
		{"long interval", Wish{Kind: Feed, Interval: Duration(30*24*time.Hour + 1)}, "1s to 720h"},
		{"host delay", Wish{Kind: Feed, HostDelay: -1}, "host delay -1ns: 0s to 1h"},
		{"long host delay", Wish{Kind: Feed, HostDelay: Duration(time.Hour + 1)}, "0s to 1h"},
		{"header", Wish{Kind: Feed, Overrides: fetch.Overrides{Header: http.Header{"Host": {"x"}}}}, "Host"},
		{"proxy", Wish{Kind: Feed, Overrides: fetch.Overrides{Proxy: "ftp://x:1"}}, "proxy: its scheme is none of http, https, socks5"},
	} {
		err := c.wish.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestNew(t *testing.T) {
	s, err := New(" HTTP://Example.org:80/feed?utm_source=x#top", Wish{Kind: Feed}, now.In(time.FixedZone("", 3600)))
	if err != nil {
		t.Fatal(err)
	}
	if s.URL != "http://example.org/feed" || !s.Added.Equal(now) || s.Added.Location() != time.UTC || !s.Next.Equal(now) {
		t.Errorf("%+v", s)
	}
	if s.ID() != ID("http://example.org/feed") || !isID(s.ID()) || s.ID() == ID("http://example.org/feed/") {
		t.Errorf("id %s", s.ID())
	}
	if _, err := New("nothing", Wish{Kind: Feed}, now); err == nil || !strings.Contains(err.Error(), "no scheme") {
		t.Errorf("no address: %v", err)
	}
	if _, err := New("https://example.org/", Wish{}, now); err == nil || !strings.Contains(err.Error(), "kind") {
		t.Errorf("no kind: %v", err)
	}
	for _, bad := range []string{"", s.ID()[1:], s.ID() + "0", s.ID() + seenKey, strings.ToUpper(s.ID()[:31]) + "A", strings.Repeat("g", 32)} {
		if isID(bad) {
			t.Errorf("%q passes for an id", bad)
		}
	}
}

// Each source has its own seed, and the same in every replica.
func TestParams(t *testing.T) {
	a, b := newSource(t, "https://a.example/"), newSource(t, "https://b.example/")
	a.Interval = Duration(time.Hour)
	p := a.Params(time.Minute)
	if p != a.Params(time.Minute) || p.Theta != time.Minute || p.Interval != time.Hour || p.Seed == b.Params(time.Minute).Seed {
		t.Errorf("%+v", p)
	}
}

func TestSourceAsJSON(t *testing.T) {
	s := newSource(t, "https://example.org/feed")
	s.Wish = Wish{
		Kind: Feed, Title: "The “Feed”", Home: "https://example.org/", Language: "de", Country: "AT", Tags: []string{"a", "b"}, Interval: Duration(90 * time.Minute),
		HostDelay: Duration(1500 * time.Millisecond), Backfill: true, NoRobots: true, Paused: true,
		Overrides: fetch.Overrides{Agent: "Bot/1", Header: http.Header{"X-Key": {"k"}}, Proxy: "http://proxy.example:1", Unverified: true},
	}
	s.Validators = httprules.Validators{ETag: `W/"1"`, LastModified: "yesterday", Content: "c", Full: now}
	s.Standing.Answered("https://example.org/new", now)
	s.Revisit.Observe(revisit.Poll{At: now, New: 3, Window: 10})
	s.Revisit.Fail(revisit.Failure{At: now, Class: revisit.Soft, Why: "why"})
	s.Subscription = websub.Subscription{Hubs: []string{"https://hub.example/"}}
	s.Newest, s.Plan, s.Formerly = now, "a plan", []string{"https://example.com/feed"}
	s.Note(Poll{Time: now, Outcome: "new", New: 3, Window: 10, Error: "e"})

	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"interval":"1h30m0s"`, `"host_delay":"1.5s"`, `"kind":"feed"`, `"url":"https://example.org/feed"`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
	back, err := parse(b)
	if err != nil || !reflect.DeepEqual(back, s) {
		t.Errorf("%v\n got %+v\nwant %+v", err, back, s)
	}

	// A new source is short, and what an older record lacks is as good as zero.
	b, err = json.Marshal(newSource(t, "https://example.org/feed"))
	if want := `{"url":"https://example.org/feed","kind":"feed","added":"2026-11-25T09:30:00Z","next":"2026-11-25T09:30:00Z"}`; err != nil || string(b) != want {
		t.Errorf("%v\n got %s\nwant %s", err, b, want)
	}
	old, err := parse([]byte(`{"url":"https://example.org/feed","kind":"page","of":"a later version"}`))
	if err != nil || old.Kind != Page || !old.Next.IsZero() || old.Interval != 0 || old.Revisit.Health().Status != revisit.StatusOK {
		t.Errorf("%v, %+v", err, old)
	}
	for broken, want := range map[string]string{
		"":                         "broken JSON at byte 0",
		`{"url":`:                  "broken JSON at byte 7",
		`{"url":1}`:                `JSON field "url"`,
		`{"interval":"quarterly"}`: "no duration such as 15m or 24h",
		`{"interval":900}`:         `interval" at byte 15: number where`,
	} {
		if _, err := parse([]byte(broken)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", broken, err, want)
		}
	}
}

func TestHistoryIsBounded(t *testing.T) {
	s := newSource(t, "https://example.org/feed")
	for i := range 3 * maxHistory {
		s.Note(Poll{New: i})
	}
	if len(s.History) != maxHistory || s.History[0].New != 2*maxHistory || s.History[maxHistory-1].New != 3*maxHistory-1 {
		t.Errorf("%+v", s.History)
	}
	for shift := range 4 {
		s.Note(Poll{Error: strings.Repeat("x", shift) + strings.Repeat("𝄞", maxError)})
		if e := s.History[maxHistory-1].Error; !utf8.ValidString(e) || len(e) > maxError || len(e) <= maxError-utf8.UTFMax || strings.ContainsRune(e, utf8.RuneError) {
			t.Errorf("%d bytes: %q", len(e), e)
		}
	}
	s.Note(Poll{Error: strings.Repeat("x", maxError)})
	if e := s.History[maxHistory-1].Error; len(e) != maxError {
		t.Errorf("%d bytes of an error that fits", len(e))
	}
}

// What was about the old address is forgotten; what was learned of the source, and wished of it, stays.
func TestMove(t *testing.T) {
	s := newSource(t, "https://example.org/0")
	s.Title = "The Feed"
	for i := range 2 * maxFormerly {
		s.Validators.ETag, s.Validators.Content = `"1"`, "c"
		s.Standing.Answered("https://example.org/new", now)
		s.Subscription.Hubs = []string{"https://hub.example/"}
		s.Revisit.Polled = now
		s.Move(fmt.Sprintf("https://example.org/%d", i+1))
	}
	if s.URL != "https://example.org/10" || s.ID() != ID(s.URL) || s.Title != "The Feed" || !s.Revisit.Polled.Equal(now) {
		t.Errorf("%+v", s)
	}
	if len(s.Formerly) != maxFormerly || s.Formerly[0] != "https://example.org/5" || s.Formerly[maxFormerly-1] != "https://example.org/9" {
		t.Errorf("formerly %q", s.Formerly)
	}
	if !reflect.DeepEqual(s.Validators, httprules.Validators{}) || !reflect.DeepEqual(s.Standing, httprules.Standing{}) || !reflect.DeepEqual(s.Subscription, websub.Subscription{}) {
		t.Errorf("of the old address there is left %+v %+v %+v", s.Validators, s.Standing, s.Subscription)
	}
}
