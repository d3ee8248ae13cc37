package sources

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/refetch"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/revisit"
)

func open(t *testing.T) *Registry {
	t.Helper()
	r, err := Open(t.Context(), queuetest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// says runs a command, and returns what it printed.
func says(t *testing.T, want error, f func(out io.Writer) error) string {
	t.Helper()
	var b strings.Builder
	if err := f(&b); !errors.Is(err, want) {
		t.Errorf("%v, want %v: %s", err, want, &b)
	}
	return b.String()
}

func add(t *testing.T, r *Registry, w Wish, urls ...string) {
	t.Helper()
	says(t, nil, func(out io.Writer) error { return r.Add(t.Context(), out, urls, w) })
}

func load(t *testing.T, r *Registry, url string) *registry.Source {
	t.Helper()
	s, _, err := r.Load(t.Context(), registry.ID(url))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func change(t *testing.T, r *Registry, url string, f func(*registry.Source)) {
	t.Helper()
	if _, err := r.Change(t.Context(), registry.ID(url), func(s *registry.Source) error { f(s); return nil }); err != nil {
		t.Fatal(err)
	}
}

// breakRecord makes a source's record unreadable.
func breakRecord(t *testing.T, r *Registry, url string) {
	t.Helper()
	b, err := r.Queue.Bucket(t.Context(), queue.Sources)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), registry.ID(url), []byte("{")); err != nil {
		t.Fatal(err)
	}
}

const (
	feedURL = "https://example.org/feed"
	mapURL  = "https://example.org/map.xml"
)

func TestAdd(t *testing.T) {
	r := open(t)
	out := says(t, ErrRejected, func(out io.Writer) error {
		return r.Add(t.Context(), out, []string{"notaurl", "HTTPS://Example.org/feed#x", "ftp://example.org/", mapURL}, Wish{Kind: "auto", Country: "de", Tag: []string{"a"}})
	})
	for _, want := range []string{
		"rejected  notaurl: not a web address: \"notaurl\": it has no scheme such as https://\n", "added     " + registry.ID(feedURL) + "  " + feedURL + "\n",
		"rejected  ftp://example.org/: ", "added     " + registry.ID(mapURL),
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if s := load(t, r, feedURL); s.Country != "DE" || s.Kind != registry.Auto || !slices.Equal(s.Tags, []string{"a"}) {
		t.Errorf("%+v", s)
	}
	out = says(t, ErrRejected, func(out io.Writer) error {
		return r.Add(t.Context(), out, []string{feedURL}, Wish{Kind: "auto", Interval: time.Millisecond})
	})
	if !strings.Contains(out, "rejected  "+feedURL+": interval 1ms: 1s to 720h") {
		t.Error(out)
	}
}

// What the polls have taught stays; so does what the feed says of itself, and a pause.
func TestAddingAgainChangesTheWish(t *testing.T) {
	r := open(t)
	add(t, r, Wish{Kind: "auto", Agent: "Old/1", NoRobots: true}, feedURL)
	polled := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	change(t, r, feedURL, func(s *registry.Source) {
		s.Kind, s.Title, s.Home, s.Language, s.Paused, s.Plan = registry.Feed, "Own title", "https://example.org/", "en", true, "a plan"
		s.Validators.ETag, s.Validators.Content, s.Next = "e", "c", time.Now().Add(time.Hour)
		s.Revisit.Observe(revisit.Poll{At: polled, New: 1})
		s.Note(registry.Poll{Time: polled, Outcome: "new"})
	})
	out := says(t, nil, func(out io.Writer) error {
		return r.Add(t.Context(), out, []string{feedURL}, Wish{Kind: "auto", Agent: "New/1", Language: "de"})
	})
	if want := "changed   " + registry.ID(feedURL) + "  " + feedURL + ", which is paused\n"; out != want {
		t.Errorf("%q, want %q", out, want)
	}
	s := load(t, r, feedURL)
	if s.Overrides.Agent != "New/1" || s.NoRobots || s.Language != "de" {
		t.Errorf("the wish is as before: %+v", s.Wish)
	}
	if s.Kind != registry.Feed || s.Title != "Own title" || s.Home == "" || !s.Paused || s.Validators.ETag != "e" || len(s.History) != 1 || !s.Revisit.Polled.Equal(polled) {
		t.Errorf("something is lost: %+v", s)
	}
	if time.Until(s.Next) > time.Second || s.Plan != "" {
		t.Errorf("it is not polled at once: %s, %q", s.Next, s.Plan)
	}
	add(t, r, Wish{Kind: "page"}, feedURL)
	if s := load(t, r, feedURL); s.Kind != registry.Page || s.Validators.ETag != "" || s.Validators.Content != "" {
		t.Errorf("as another kind it is to be read whatever it answers: %+v", s)
	}
}

func TestPauseAndResume(t *testing.T) {
	r := open(t)
	add(t, r, Wish{Kind: "feed"}, feedURL, "https://example.net")
	change(t, r, feedURL, func(s *registry.Source) { s.Next, s.Plan = time.Now().Add(time.Hour), "a plan" })
	out := says(t, ErrRejected, func(out io.Writer) error {
		return r.Pause(t.Context(), out, []string{"https://example.com/", feedURL, "not an id", "example.net"}, true)
	})
	if want := "unknown  https://example.com/\npaused  " + feedURL + "\nunknown  not an id\npaused  example.net\n"; out != want {
		t.Errorf("%q, want %q", out, want)
	}
	if s := load(t, r, feedURL); !s.Paused || time.Until(s.Next) > time.Second || s.Plan != "" { // at once, for the fetcher to tell its hub
		t.Errorf("%+v", s)
	}
	out = says(t, nil, func(out io.Writer) error {
		return r.Pause(t.Context(), out, []string{registry.ID(feedURL)}, false)
	})
	if s := load(t, r, feedURL); s.Paused || time.Until(s.Next) > time.Second || s.Plan != "" || !strings.HasPrefix(out, "resumed  ") {
		t.Errorf("%s%+v", out, s)
	}
}

func TestTake(t *testing.T) {
	r := open(t)
	add(t, r, Wish{Kind: "feed"}, feedURL, mapURL)
	breakRecord(t, r, mapURL)
	for _, url := range []string{feedURL, mapURL} { // what cannot be read can be taken out
		out := says(t, ErrRejected, func(out io.Writer) error {
			return r.Take(t.Context(), out, []string{url, url, registry.ID(url) + ".seen"})
		})
		if want := "removed  " + url + "\nunknown  " + url + "\nunknown  " + registry.ID(url) + ".seen\n"; out != want {
			t.Errorf("%q, want %q", out, want)
		}
	}
	if out := says(t, nil, func(out io.Writer) error { return r.List(t.Context(), out, Filter{}, true) }); out != "" {
		t.Error(out)
	}
}

// A record that cannot be read is named, and keeps nobody from the others.
func TestBrokenRecords(t *testing.T) {
	r := open(t)
	add(t, r, Wish{Kind: "feed"}, feedURL, mapURL)
	change(t, r, feedURL, func(s *registry.Source) {
		s.Revisit.Fail(revisit.Failure{At: time.Now(), Class: revisit.Hard, Why: "status 404"})
	})
	breakRecord(t, r, mapURL)
	for name, f := range map[string]func(io.Writer) error{
		"list":   func(out io.Writer) error { return r.List(t.Context(), out, Filter{}, false) },
		"json":   func(out io.Writer) error { return r.List(t.Context(), out, Filter{}, true) },
		"health": func(out io.Writer) error { return r.Health(t.Context(), out, Filter{}) },
		"opml":   func(out io.Writer) error { return r.Export(t.Context(), out, Filter{}, true) },
		"csv":    func(out io.Writer) error { return r.Export(t.Context(), out, Filter{}, false) },
	} {
		if out := says(t, registry.ErrBroken, f); !strings.Contains(out, feedURL) {
			t.Errorf("%s: %s", name, out)
		}
	}
	says(t, registry.ErrBroken, func(out io.Writer) error { return r.Explain(t.Context(), out, mapURL) })
	if out := says(t, ErrRejected, func(out io.Writer) error { return r.Add(t.Context(), out, []string{mapURL}, Wish{Kind: "feed"}) }); !strings.Contains(out, "rejected  "+mapURL+": source "+registry.ID(mapURL)+": broken record") {
		t.Error(out)
	}
}

func TestListAndFilter(t *testing.T) {
	r := open(t)
	add(t, r, Wish{Kind: "feed", Language: "en-GB", Country: "gb", Tag: []string{"a", "b"}}, "https://a.example/", "https://c.example/")
	add(t, r, Wish{Kind: "sitemap", Language: "de", Title: "Map"}, "https://b.example/")
	add(t, r, Wish{Kind: "page", Language: "eng"}, "https://d.example/")
	change(t, r, "https://c.example/", func(s *registry.Source) {
		s.Revisit.Fail(revisit.Failure{At: time.Now(), Class: revisit.Temporary, Why: "status 503"})
		s.Title = "Evil\x1b[2J\n\ttitle"
		s.Note(registry.Poll{Time: time.Now().Add(-2 * time.Hour), Outcome: "failed"})
	})
	change(t, r, "https://d.example/", func(s *registry.Source) { s.Paused = true })
	listed := func(f Filter) string {
		var all []string
		out := says(t, nil, func(out io.Writer) error { return r.List(t.Context(), out, f, false) })
		for _, m := range regexp.MustCompile(`https://(\w)\.example/`).FindAllStringSubmatch(out, -1) {
			all = append(all, m[1])
		}
		return strings.Join(all, "")
	}
	for _, c := range []struct {
		filter Filter
		want   string
	}{
		{Filter{}, "abcd"},
		{Filter{Kind: "feed"}, "ac"},
		{Filter{Tag: "b"}, "ac"},
		{Filter{Tag: "B"}, ""},
		{Filter{Language: "EN"}, "ac"},
		{Filter{Language: "en-GB"}, "ac"},
		{Filter{Language: "en-US"}, ""},
		{Filter{Country: "GB"}, "ac"},
		{Filter{State: "ok"}, "ab"},
		{Filter{State: "failing"}, "c"},
		{Filter{State: "paused"}, "d"},
		{Filter{State: "dead"}, ""},
		{Filter{Kind: "feed", State: "ok"}, "a"},
	} {
		if got := listed(c.filter); got != c.want {
			t.Errorf("%+v: %q, want %q", c.filter, got, c.want)
		}
	}
	out := says(t, nil, func(out io.Writer) error { return r.List(t.Context(), out, Filter{}, false) })
	for _, want := range []string{`feed +failing +\d+\.\d +failed 2 hours ago +due +https://c\.example/ +Evil \[2J  title\n`, `sitemap +ok .* never +due +https://b\.example/ +Map\n`, `page +paused .* - +https://d`} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestSecretsAreMasked(t *testing.T) {
	r := open(t)
	add(t, r, Wish{Kind: "feed", Header: map[string]string{"X-Api-Key": "s3cret"}, Proxy: "http://user:s3cret@proxy.example:3128"}, feedURL)
	change(t, r, feedURL, func(s *registry.Source) {
		s.Subscription.Hubs, s.Subscription.Secret, s.Subscription.Token = []string{"https://hub.example/"}, "s3cret", "s3cret"
	})
	out := says(t, nil, func(out io.Writer) error { return r.List(t.Context(), out, Filter{}, true) })
	var s registry.Source
	if err := json.Unmarshal([]byte(out), &s); err != nil || s.URL != feedURL || s.Overrides.Header.Get("X-Api-Key") != "********" || strings.Count(out, "********") != 4 {
		t.Errorf("%v: %s", err, out)
	}
	out += says(t, nil, func(out io.Writer) error { return r.List(t.Context(), out, Filter{}, false) })
	explained := says(t, nil, func(out io.Writer) error { return r.Explain(t.Context(), out, feedURL) })
	out += explained
	out += says(t, nil, func(out io.Writer) error { return r.Export(t.Context(), out, Filter{}, true) })
	if strings.Contains(out, "s3cret") {
		t.Errorf("a secret is printed:\n%s", out)
	}
	if !strings.Contains(explained, "a proxy, header X-Api-Key\n") {
		t.Error(explained)
	}
	kept := load(t, r, feedURL)
	masked(kept)
	if kept.Overrides.Header.Get("X-Api-Key") != "s3cret" || kept.Subscription.Secret != "s3cret" {
		t.Errorf("masking has changed the source: %+v", kept)
	}
}

// The longest first.
func TestHealthNamesWhatIsWrong(t *testing.T) {
	r := open(t)
	add(t, r, Wish{Kind: "feed"}, "https://a.example/", "https://b.example/", "https://dead.example/", "https://ok.example/", "https://paused.example/")
	fail := func(url string, days int, class revisit.Class, why string) {
		change(t, r, url, func(s *registry.Source) {
			for d := days; d >= 0; d-- {
				s.Revisit.Fail(revisit.Failure{At: time.Now().Add(-time.Duration(d) * 24 * time.Hour), Class: class, Why: why})
			}
		})
	}
	fail("https://a.example/", 1, revisit.Temporary, "status 503\x1b[31m")
	fail("https://b.example/", 3, revisit.Soft, "no feed")
	fail("https://dead.example/", 20, revisit.Hard, "status 404")
	fail("https://paused.example/", 3, revisit.Soft, "no feed")
	change(t, r, "https://paused.example/", func(s *registry.Source) { s.Paused = true })
	change(t, r, "https://dead.example/", func(s *registry.Source) { s.Next = time.Now().Add(20*24*time.Hour + time.Hour) })
	out := says(t, nil, func(out io.Writer) error { return r.Health(t.Context(), out, Filter{}) })
	if !regexp.MustCompile(`(?s)^HEALTH.*dead +\S+ +21 +hard +2 weeks from now +https://dead\.example/ +status 404\nfailing +\S+ +4 +soft +due +https://b\.example/ +no feed\nfailing +\S+ +2 +temporary +due +https://a\.example/ +status 503 \[31m\n3 sources\n$`).MatchString(out) {
		t.Error(out)
	}
	out = says(t, nil, func(out io.Writer) error { return r.Health(t.Context(), out, Filter{State: "dead"}) })
	if strings.Contains(out, "b.example") || !strings.Contains(out, "dead.example") {
		t.Error(out)
	}
	out = says(t, nil, func(out io.Writer) error { return r.Health(t.Context(), out, Filter{State: "ok"}) })
	if !regexp.MustCompile(`ok +- +0 +due +https://ok\.example/`).MatchString(out) {
		t.Error(out)
	}
}

func TestExplain(t *testing.T) {
	r := open(t)
	says(t, registry.ErrUnknown, func(out io.Writer) error { return r.Explain(t.Context(), out, feedURL) })
	add(t, r, Wish{Kind: "feed", Title: "The Feed", Language: "en", Country: "GB", Tag: []string{"a", "b"}, Interval: time.Hour, HostDelay: 5 * time.Second, Agent: "Bot/1", NoRobots: true, Backfill: true, Unverified: true}, feedURL)
	explain := func() string {
		return says(t, nil, func(out io.Writer) error { return r.Explain(t.Context(), out, feedURL) })
	}
	contains := func(out string, all ...string) {
		t.Helper()
		for _, want := range all {
			if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(out) {
				t.Errorf("no %s in\n%s", want, out)
			}
		}
	}
	contains(explain(), "url +"+feedURL, "id +"+registry.ID(feedURL), "kind +feed", "title +The Feed", "language +en", "country +GB", "tags +a, b", `next poll +20\S+: as soon as it may be`,
		"wishes +no robots.txt, backfill, any certificate, polled every 1h0m0s, requests 5s apart, agent Bot/1", "health +ok", "validators +none: the whole is asked for", "fetched again +each page as --refetch of the fetcher says")
	change(t, r, feedURL, func(s *registry.Source) {
		now := time.Now()
		s.Plan = "tomorrow: 24h0m0s by rate"
		s.Validators.ETag, s.Validators.LastModified, s.Validators.Content, s.Validators.Full = `"1"`, "Tue", "c", now
		s.Standing.Answered("https://example.org/new", now)
		s.Formerly = []string{"https://example.com/feed"}
		s.Revisit.Fail(revisit.Failure{At: now, Class: revisit.Hard, Why: "status 404"})
		s.Note(registry.Poll{Time: now, Outcome: "new", New: 2, Window: 30})
		s.Note(registry.Poll{Time: now, Outcome: "failed", Error: "status\n404"})
		s.Subscription.Hubs = []string{"https://hub.example/"}
	})
	contains(explain(), "next poll +tomorrow: 24h0m0s by rate", `validators +ETag "1", Last-Modified Tue`, `moved +to https://example.org/new, seen 1 times since 20\S+`, "formerly +https://example.com/feed",
		`health +failing, 1 failures in a row since 20\S+ \(hard\): status 404`, `push +.* at https://hub.example/.*`, "last polls", `  20\S+ +new +2 new of 30 *`, `  20\S+ +failed +0 new of 0 +status 404`)
	change(t, r, feedURL, func(s *registry.Source) { s.Refetch = refetch.Policy{time.Hour, 48 * time.Hour} })
	contains(explain(), "fetched again +each page 1h,2d after its first fetch")
	change(t, r, feedURL, func(s *registry.Source) { s.Refetch = refetch.Policy{} })
	contains(explain(), "fetched again +no page")
	change(t, r, feedURL, func(s *registry.Source) { s.Paused = true })
	contains(explain(), "health +paused.*", "next poll +none: it is paused", "fetched again +no page, while it is paused")
}

func TestImportAndExport(t *testing.T) {
	r := open(t)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	csv := file("list.csv", "url,kind,title,interval,tags,color\n"+feedURL+",,The Feed,15m,x;y,red\nnot a url,,,,,\n"+mapURL+",sitemap,,8000h,,\nhttps://example.org/news/,page,,soon,,\n")
	calls := []int{}
	out := says(t, ErrRejected, func(out io.Writer) error {
		return r.Import(t.Context(), nil, out, csv, func(done, all int) { calls = append(calls, done, all) })
	})
	for _, want := range []string{
		csv + `: line 1: column "color" is not read`, csv + ": line 3: url: not a web address", csv + `: line 5: interval "soon"`, "rejected  " + mapURL + ": interval ", ": 1s to 720h\n",
		"3 sources: 2 added, 0 changed, 0 unchanged, 1 rejected, 3 problems\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if !slices.Equal(calls, []int{1, 3, 2, 3, 3, 3}) {
		t.Errorf("progress %v", calls)
	}
	if s := load(t, r, feedURL); s.Kind != registry.Feed || s.Title != "The Feed" || s.Interval != registry.Duration(15*time.Minute) || !slices.Equal(s.Tags, []string{"x", "y"}) {
		t.Errorf("%+v", s)
	}

	// What a list does not say, or cannot, stays as it is.
	add(t, r, Wish{Kind: "page", Title: "The Page", Header: map[string]string{"X-Key": "k"}, NoRobots: true, Tag: []string{"z"}, Agent: "Bot/1"}, "https://example.org/news/")
	change(t, r, "https://example.org/news/", func(s *registry.Source) { s.Paused = true })
	out = says(t, nil, func(out io.Writer) error {
		return r.Import(t.Context(), strings.NewReader("url,language\nhttps://example.org/news/,de\n"), out, "-", nil)
	})
	if out != "1 sources: 0 added, 1 changed, 0 unchanged, 0 rejected, 0 problems\n" {
		t.Error(out)
	}
	if s := load(t, r, "https://example.org/news/"); s.Kind != registry.Page || s.Title != "The Page" || s.Overrides.Header.Get("X-Key") != "k" || !s.NoRobots || !s.Paused || s.Language != "de" || !slices.Equal(s.Tags, []string{"z"}) || s.Overrides.Agent != "Bot/1" {
		t.Errorf("%+v", s)
	}

	// What a list says already has nobody asked before the time.
	tomorrow := time.Now().UTC().Truncate(time.Second).Add(24 * time.Hour)
	change(t, r, feedURL, func(s *registry.Source) { s.Next = tomorrow })
	list := "url,title,tags\n" + feedURL + ",The Feed,x;y\n"
	out = says(t, nil, func(out io.Writer) error { return r.Import(t.Context(), strings.NewReader(list), out, "-", nil) })
	if s := load(t, r, feedURL); out != "1 sources: 0 added, 0 changed, 1 unchanged, 0 rejected, 0 problems\n" || !s.Next.Equal(tomorrow) {
		t.Errorf("%snext %s", out, s.Next)
	}

	// Both forms carry all that lists can say into another registry.
	add(t, r, Wish{Kind: "sitemap", Country: "at", Interval: time.Hour, HostDelay: 7 * time.Second, Refetch: refetch.Policy{}}, mapURL)
	for _, opml := range []bool{true, false} {
		list := says(t, nil, func(out io.Writer) error { return r.Export(t.Context(), out, Filter{}, opml) })
		other := open(t)
		says(t, nil, func(out io.Writer) error { return other.Import(t.Context(), strings.NewReader(list), out, "-", nil) })
		if again := says(t, nil, func(out io.Writer) error { return other.Export(t.Context(), out, Filter{}, opml) }); again != list {
			t.Errorf("%s\nbecomes\n%s", list, again)
		}
		if s := load(t, other, mapURL); s.Kind != registry.Sitemap || s.Country != "AT" || s.Interval != registry.Duration(time.Hour) || s.HostDelay != registry.Duration(7*time.Second) || s.Refetch.String() != "none" || !load(t, other, "https://example.org/news/").Paused {
			t.Errorf("%+v", s.Wish)
		}
		if list := says(t, nil, func(out io.Writer) error { return r.Export(t.Context(), out, Filter{Kind: "page"}, opml) }); strings.Contains(list, feedURL) || !strings.Contains(list, "/news/") {
			t.Errorf("filtered: %s", list)
		}
	}
}

func TestImportOfWhatIsNoList(t *testing.T) {
	r := open(t)
	for name, c := range map[string]struct {
		file, in string
		want     string
	}{
		"no file":   {filepath.Join(t.TempDir(), "none.opml"), "", "none.opml"},
		"empty":     {"-", "", "-: CSV: it is empty"},
		"no OPML":   {"-", "<html><p>x</p></html>", "-: OPML: no outline"},
		"no column": {"-", "a,b\n1,2\n", "no column url"},
	} {
		if err := r.Import(t.Context(), strings.NewReader(c.in), io.Discard, c.file, nil); err == nil || errors.Is(err, ErrRejected) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	for name, want := range map[string]bool{"a.OPML": true, "a.xml": true, "a.csv": false, "a.tsv": false, "-": true} {
		if got := isOPML(name, []byte("\ufeff \n<opml>")); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if isOPML("-", []byte("url\n")) {
		t.Error("a table passes for OPML")
	}
}
