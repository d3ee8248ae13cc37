package fetcher

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/registry"
)

// urlset is a sitemap of pages, each given as its address and, after a blank, its lastmod.
func urlset(entries ...string) string { return listing("urlset", "url", entries) }

func sitemapIndex(entries ...string) string { return listing("sitemapindex", "sitemap", entries) }

func listing(root, element string, entries []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0"?><%s xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`, root)
	for _, e := range entries {
		loc, lastMod, dated := strings.Cut(e, " ")
		fmt.Fprintf(&b, "<%s><loc>%s</loc>", element, loc)
		if dated {
			fmt.Fprintf(&b, "<lastmod>%s</lastmod>", lastMod)
		}
		fmt.Fprintf(&b, "</%s>", element)
	}
	fmt.Fprintf(&b, "</%s>", root)
	return b.String()
}

// ago is a lastmod.
func ago(d time.Duration) string { return " " + time.Now().Add(-d).UTC().Format(time.RFC3339) }

func TestSitemapIsFollowed(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	at := s.URL + "/map.xml"
	s.text("/map.xml", urlset("%s/new"+ago(time.Hour), "%s/old"+ago(100*time.Hour), "%s/undated", "http://localhost:1/other"+ago(time.Hour)))
	source := watchSource(t, q, at, registry.Wish{Kind: registry.Auto})
	want(t, source, pollNew, 1)
	if source.Kind != registry.Sitemap {
		t.Errorf("the kind was found out to be %s", source.Kind)
	}
	s.text("/map.xml", urlset("%s/newer"+ago(time.Minute), "%s/new"+ago(time.Hour), "%s/old"+ago(100*time.Hour), "%s/undated", "%s/undated-too"))
	want(t, poll(t, q, at), pollNew, 2)
	want(t, poll(t, q, at), pollUnchanged, 0)
	o.fetched(t, "/new", "/newer", "/undated-too")
}

// A quiet site's last pages, which were there before its sitemap was watched, are no news at the second poll either.
func TestSitemapOfOldPages(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	at := s.URL + "/map.xml"
	s.text("/map.xml", urlset("%s/a"+ago(400*time.Hour), "%s/b"+ago(401*time.Hour)))
	want(t, watchSource(t, q, at, registry.Wish{Kind: registry.Sitemap}), pollUnchanged, 0)
	s.text("/map.xml", urlset("%s/late"+ago(399*time.Hour), "%s/a"+ago(400*time.Hour), "%s/b"+ago(401*time.Hour)))
	want(t, poll(t, q, at), pollNew, 1)
	o.fetched(t, "/late")
}

func TestSitemapBackfill(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	s.text("/map.xml", urlset("%s/new"+ago(time.Hour), "%s/old"+ago(1000*time.Hour), "%s/undated"))
	source := watchSource(t, q, s.URL+"/map.xml", registry.Wish{Kind: registry.Sitemap, Backfill: true})
	want(t, source, pollNew, 3)
	o.fetched(t, "/new", "/old", "/undated")

	seen, err := open(t, q).Seen(t.Context(), "none")
	if err != nil {
		t.Fatal(err)
	}
	w := sitemapWalk{source: source, seen: seen, first: true}
	if _, err := w.file(&fetch.Response{URL: s.URL + "/map.xml", Body: []byte(strings.ReplaceAll(urlset("%s/new"+ago(time.Hour), "%s/old"+ago(1000*time.Hour)), "%s", s.URL))}); err != nil {
		t.Fatal(err)
	}
	if len(w.jobs) != 2 || !strings.HasPrefix(w.jobs[0].Subject, "jobs.fresh.") || !strings.HasPrefix(w.jobs[1].Subject, "jobs.backfill.") || w.old != 1 {
		t.Errorf("%+v", w.jobs)
	}
}

// A sitemap speaks for all hosts of its site, wherever an index has it kept, and for another site that names it.
func TestSitemapOfSeveralHosts(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	s.text("/robots.txt", "Sitemap: "+s.elsewhere()+"/map.xml\n")
	s.text("/map.xml", urlset("%s/named"+ago(time.Hour), "http://127.0.0.2:1/no"+ago(time.Hour)))
	want(t, watchSource(t, q, s.elsewhere()+"/map.xml", registry.Wish{Kind: registry.Sitemap}), pollNew, 1)
	s.text("/index.xml", sitemapIndex(s.elsewhere()+"/kept.xml"+ago(time.Hour)))
	s.text("/kept.xml", urlset("%s/delegated"+ago(time.Hour)))
	want(t, watchSource(t, q, s.URL+"/index.xml", registry.Wish{Kind: registry.Sitemap}), pollNew, 1)
	o.fetched(t, "/named", "/delegated")

	seen, err := open(t, q).Seen(t.Context(), "none")
	if err != nil {
		t.Fatal(err)
	}
	w := sitemapWalk{source: &registry.Source{URL: "http://www.example.org/map.xml"}, seen: seen, first: true, named: func(string) bool { return false }}
	if _, err := w.file(&fetch.Response{URL: w.source.URL, Body: []byte(urlset("http://sport.example.org/a"+ago(time.Hour), "http://example.com/b"+ago(time.Hour)))}); err != nil || len(w.jobs) != 1 {
		t.Errorf("%+v, %v", w.jobs, err)
	}
}

// A site that dates all its pages today has more news than anybody waits for: most of it must not be in the way of others.
func TestSitemapOfOneDay(t *testing.T) {
	q := queuetest.Start(t)
	var entries []string
	for i := range maxFresh + 100 {
		entries = append(entries, fmt.Sprintf("http://example.org/%d%s", i, ago(time.Hour)))
	}
	seen, err := open(t, q).Seen(t.Context(), "none")
	if err != nil {
		t.Fatal(err)
	}
	w := sitemapWalk{source: &registry.Source{URL: "http://example.org/map.xml"}, seen: seen, first: true}
	if _, err := w.file(&fetch.Response{URL: w.source.URL, Body: []byte(urlset(entries...))}); err != nil {
		t.Fatal(err)
	}
	if len(w.jobs) != maxFresh+100 || w.old != 100 || !strings.HasPrefix(w.jobs[maxFresh-1].Subject, "jobs.fresh.") || !strings.HasPrefix(w.jobs[maxFresh].Subject, "jobs.backfill.") {
		t.Errorf("%d jobs, of which %d are no news", len(w.jobs), w.old)
	}
}

func TestSitemapIndex(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	at := s.URL + "/index.xml"
	old, later := ago(50*time.Hour), ago(2*time.Hour) // said once: it is a change when the second has passed
	s.text("/index.xml", sitemapIndex("%s/1.xml"+ago(time.Hour), "%s/2.xml"+old, "%s/3.xml"+later))
	s.text("/1.xml", urlset("%s/a"+ago(time.Hour)))
	s.text("/2.xml", urlset("%s/b"))
	s.on("/3.xml", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	source := watchSource(t, q, at, registry.Wish{Kind: registry.Auto})
	want(t, source, pollNew, 1)
	if source.Validators.Content != "" || source.Walked {
		t.Error("the index counts as read, though one of its sitemaps was not")
	}
	s.text("/3.xml", urlset("%s/c", "%s/d"+ago(3*time.Hour)))
	source = poll(t, q, at) // reads what failed, and nothing else; what has no date was there before
	want(t, source, pollNew, 1)
	if !source.Walked {
		t.Error("the index was not read to its end")
	}
	s.text("/1.xml", urlset("%s/e"+ago(time.Minute), "%s/a"+ago(time.Hour)))
	s.text("/index.xml", sitemapIndex("%s/1.xml"+ago(time.Minute), "%s/2.xml"+old, "%s/3.xml"+later))
	want(t, poll(t, q, at), pollNew, 1)
	o.fetched(t, "/a", "/d", "/e")
	for path, n := range map[string]int{"/1.xml": 2, "/2.xml": 1, "/3.xml": 2} {
		if s.times(path) != n {
			t.Errorf("%s was read %d times, want %d", path, s.times(path), n)
		}
	}
}

// Of a large index one poll reads a part, and the next soon the rest, which is as old as what was read first.
func TestSitemapIndexInParts(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	run(t, q, quiet())
	var files []string
	for i := range maxFiles + 5 {
		path := fmt.Sprintf("/%d.xml", i)
		files = append(files, s.URL+path+ago(time.Duration(100+i)*time.Hour))
		s.text(path, urlset(fmt.Sprintf("%%s/page-%d", i), fmt.Sprintf("%%s/dated-%d%s", i, ago(time.Duration(100+i)*time.Hour))))
	}
	s.text("/index.xml", sitemapIndex(files...))
	source := watchSource(t, q, s.URL+"/index.xml", registry.Wish{Kind: registry.Sitemap})
	want(t, source, pollUnchanged, 0)
	if in := time.Until(source.Next); in > moreFilesIn || !strings.Contains(source.Plan, "more to read") {
		t.Errorf("the rest is to be read in %s: %s", in, source.Plan)
	}
	source = poll(t, q, source.URL)
	want(t, source, pollUnchanged, 0)
	for i := range files {
		if n := s.times(fmt.Sprintf("/%d.xml", i)); n != 1 {
			t.Errorf("%d.xml was read %d times", i, n)
		}
	}
	if in := time.Until(source.Next); in < moreFilesIn || !source.Walked || source.Validators.Content == "" {
		t.Errorf("all was read, and the next poll is in %s: %s", in, source.Plan)
	}
}

// What a sitemap listed is remembered through polls in which it is not read again, however much that is.
func TestSitemapIndexRemembers(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	run(t, q, quiet())
	var entries []string
	for i := range 1000 {
		entries = append(entries, fmt.Sprintf("%%s/page-%d", i))
	}
	at, day := s.URL+"/index.xml", 24*time.Hour
	s.text("/index.xml", sitemapIndex("%s/1.xml"+ago(9*day)))
	s.text("/1.xml", urlset(entries...))
	want(t, watchSource(t, q, at, registry.Wish{Kind: registry.Sitemap}), pollUnchanged, 0)
	s.text("/index.xml", sitemapIndex("%s/1.xml"+ago(9*day), "%s/2.xml"+ago(2*day)))
	s.text("/2.xml", urlset("%s/another"))
	want(t, poll(t, q, at), pollNew, 1)
	s.text("/index.xml", sitemapIndex("%s/1.xml"+ago(day), "%s/2.xml"+ago(2*day)))
	s.text("/1.xml", urlset(append(entries, "%s/latest")...))
	want(t, poll(t, q, at), pollNew, 1)
}

// An index that does not say when its sitemaps change is the same for ever; they are read all the same.
func TestSitemapIndexWithoutDates(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	at := s.URL + "/index.xml"
	s.text("/index.xml", sitemapIndex("%s/1.xml"))
	s.text("/1.xml", urlset("%s/a"))
	want(t, watchSource(t, q, at, registry.Wish{Kind: registry.Sitemap}), pollUnchanged, 0)
	s.text("/1.xml", urlset("%s/a", "%s/b"))
	// An hour later, when what it was known by is another.
	r := open(t, q)
	seen, err := r.Seen(t.Context(), registry.ID(at))
	if err != nil {
		t.Fatal(err)
	}
	period := time.Now().UTC().Truncate(time.Hour).Format(time.RFC3339)
	if !seen.Known("sitemap " + s.URL + "/1.xml in " + period) {
		t.Error("the sitemap is not known by its hour")
	}
	seen, _ = r.Seen(t.Context(), "none")
	seen.Show(s.URL + "/a")
	seen.Show("sitemap " + s.URL + "/1.xml")
	if err := r.SaveSeen(t.Context(), registry.ID(at), seen); err != nil {
		t.Fatal(err)
	}
	want(t, poll(t, q, at), pollNew, 1)
	o.fetched(t, "/b")
}

func TestNewsSitemap(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	published := time.Now().Add(-3 * time.Hour).UTC().Truncate(time.Second)
	s.text("/robots.txt", "User-agent: *\nDisallow: /maps/\nSitemap: %s/maps/news.xml\n")
	s.text("/maps/news.xml", fmt.Sprintf(`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>%%s/story</loc><news:news><news:publication><news:name>Daily</news:name><news:language>en</news:language></news:publication>
<news:publication_date>%s</news:publication_date><news:title>Bridge opens &amp; closes</news:title></news:news></url></urlset>`, published.Format(time.RFC3339)))
	s.text("/maps/other.xml", urlset("%s/no"))
	want(t, watchSource(t, q, s.URL+"/maps/news.xml", registry.Wish{Kind: registry.Auto}), pollNew, 1)
	o.fetched(t, "/story")
	if i := o.pages["/story"][0].Item; i == nil || i.Title != "Bridge opens & closes" || i.Published == nil || !i.Published.Equal(published) || i.Feed != s.URL+"/maps/news.xml" {
		t.Errorf("%+v", i)
	}
	other := watchSource(t, q, s.URL+"/maps/other.xml", registry.Wish{Kind: registry.Sitemap})
	want(t, other, pollFailed, 0)
	if !strings.Contains(lastPoll(other).Error, "Disallow: /maps/") || s.times("/maps/other.xml") != 0 {
		t.Errorf("a sitemap that robots.txt does not name: %+v", lastPoll(other))
	}
	if !slices.ContainsFunc(s.asked("/maps/news.xml"), func(r request) bool { return strings.HasPrefix(r.header.Get("Accept"), "application/") }) {
		t.Error("the sitemap was not asked for as what it is")
	}
}
