package fetcher

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/revisit"
)

func TestPageIsFollowed(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	at := s.URL + "/"
	front := func(headlines ...string) string {
		var b strings.Builder
		b.WriteString("<!doctype html><title>Front</title><nav><a href=/nav>All the news of our town</a></nav>")
		for _, h := range headlines {
			fmt.Fprintf(&b, "<a href=/%s>The long story of %[1]s today</a>", h)
		}
		return b.String()
	}
	s.text("/", front("a", "b"))
	want(t, watchSource(t, q, at, registry.Wish{Kind: registry.Page}), pollNew, 2)
	want(t, poll(t, q, at), pollUnchanged, 0)
	s.text("/", front("c", "a"))
	want(t, poll(t, q, at), pollNew, 1)
	o.fetched(t, "/a", "/b", "/c")
	if i := o.pages["/c"][0].Item; i == nil || i.Title != "The long story of c today" || i.Feed != at {
		t.Errorf("%+v", i)
	}
	s.text("/", front())
	source := poll(t, q, at)
	want(t, source, pollFailed, 0)
	if h := source.Revisit.Health(); h.Class != revisit.Soft || h.Why != errNoHeadlines.Error() {
		t.Errorf("a page without headlines: %+v", h)
	}
	s.text("/", front("d", "c", "a"))
	source = poll(t, q, at)
	want(t, source, pollNew, 1)
	if h := source.Revisit.Health(); h.Status != revisit.StatusOK {
		t.Errorf("%+v", h)
	}
}

func TestKindIsFoundOut(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	run(t, q, quiet())
	undecided := watchSource(t, q, s.URL+"/page", registry.Wish{Kind: registry.Auto})
	want(t, undecided, pollFailed, 0)
	if undecided.Kind != registry.Auto || !strings.Contains(lastPoll(undecided).Error, "`dateline discover`") {
		t.Errorf("%s: %+v", undecided.Kind, lastPoll(undecided))
	}
	s.feed("/page", "/a")
	if later := poll(t, q, undecided.URL); later.Kind != registry.Feed {
		t.Errorf("%s: %+v", later.Kind, lastPoll(later))
	}
	for path, kind := range map[string]registry.Kind{"/feed": registry.Feed, "/map": registry.Sitemap, "/index": registry.Sitemap} {
		s.text(path, map[string]string{"/feed": rss("/a"), "/map": urlset("%s/a"), "/index": sitemapIndex("%s/map")}[path])
		if got := watchSource(t, q, s.URL+path, registry.Wish{Kind: registry.Auto}); got.Kind != kind {
			t.Errorf("%s is of kind %s, want %s", path, got.Kind, kind)
		}
	}
}

// A sitemap of unknown kind is asked for as a feed, which may be less than the whole: what the rest lists was there too.
func TestLargeSitemapIsFoundOut(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	cfg := quiet()
	cfg.FetchFeedBytes = 2 << 10
	run(t, q, cfg)
	var entries []string
	for i := range 100 {
		entries = append(entries, fmt.Sprintf("%%s/page-%d", i))
	}
	s.text("/map.xml", urlset(entries...))
	source := watchSource(t, q, s.URL+"/map.xml", registry.Wish{Kind: registry.Auto})
	if time.Until(source.Next) > moreFilesIn || source.Kind != registry.Sitemap {
		t.Errorf("it is a %s, polled at %s", source.Kind, source.Plan)
	}
	source = poll(t, q, source.URL)
	want(t, source, pollUnchanged, 0)
	if lastPoll(source).Window != 100 {
		t.Errorf("%+v", lastPoll(source))
	}
}

// An error page in a feed's place is a failure, and takes nothing of what is known of the feed.
func TestFeedBecomesAnErrorPage(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	at := s.URL + "/feed"
	tagged := func(body string) {
		s.on("/feed", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"1"`)
			if r.Header.Get("If-None-Match") != "" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			_, _ = fmt.Fprint(w, body)
		})
	}
	tagged(rss("/a", "/b"))
	want(t, watchSource(t, q, at, registry.Wish{Kind: registry.Feed}), pollNew, 2)
	want(t, poll(t, q, at), pollNotModified, 0)
	s.on("/feed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, "<!doctype html><title>Down</title><p>We are back soon.")
	})
	want(t, poll(t, q, at), pollFailed, 0)
	want(t, poll(t, q, at), pollFailed, 0) // the same again is no unchanged feed
	tagged(rss("/c", "/a", "/b"))
	source := poll(t, q, at)
	want(t, source, pollNew, 1)
	if source.Kind != registry.Feed || source.Title != "The Feed" || source.Revisit.Health().Status != revisit.StatusOK {
		t.Errorf("%+v", source)
	}
	o.fetched(t, "/a", "/b", "/c")
}
