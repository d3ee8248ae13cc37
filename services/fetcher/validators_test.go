package fetcher

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"dateline/pkg/httprules"
	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/registry"
)

// tomorrow has the daily full answer be due.
func tomorrow(s *registry.Source) { s.Validators.Full = time.Now().Add(-httprules.FullEvery) }

func TestLyingETag(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	reg, _ := measured(t, q, quiet())
	at := s.URL + "/feed"
	body := make(chan string, 1)
	body <- rss("/a")
	s.on("/feed", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"always"`)
		if r.Header.Get("If-None-Match") == `"always"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		text := <-body
		body <- text
		_, _ = fmt.Fprint(w, text)
	})
	want(t, watchSource(t, q, at, registry.Wish{Kind: registry.Feed}), pollNew, 1)
	<-body
	body <- rss("/b", "/a")
	want(t, poll(t, q, at), pollNotModified, 0)
	want(t, poll(t, q, at, tomorrow), pollNew, 1)
	if n := gauge(t, reg, "dateline_source_lies_total", "finding=lying"); n != 1 {
		t.Errorf("%g lies were counted", n)
	}
	for outcome, want := range map[string]float64{pollNew: 2, pollNotModified: 1, pollUnchanged: 0, pollFailed: 0} {
		if n := gauge(t, reg, "dateline_source_polls_total", "kind=feed", "outcome="+outcome); n != want {
			t.Errorf("%g polls were %s, want %g", n, outcome, want)
		}
	}
	<-body
	body <- rss("/c", "/b", "/a")
	want(t, poll(t, q, at), pollNew, 1) // it is not believed any more
	o.fetched(t, "/a", "/b", "/c")
}

func TestFickleETag(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	reg, _ := measured(t, q, quiet())
	at := s.URL + "/feed"
	s.on("/feed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, s.times("/feed")))
		_, _ = fmt.Fprint(w, rss("/a"))
	})
	watchSource(t, q, at, registry.Wish{Kind: registry.Feed})
	want(t, poll(t, q, at), pollUnchanged, 0)
	want(t, poll(t, q, at), pollUnchanged, 0)
	if n := gauge(t, reg, "dateline_source_lies_total", "finding=fickle_etag"); n < 1 {
		t.Errorf("%g fickle ETags were counted", n)
	}
	if all := s.asked("/feed"); all[1].header.Get("If-None-Match") != `"1"` || all[2].header.Get("If-None-Match") != "" {
		t.Errorf("conditions %q and then %q", all[1].header.Get("If-None-Match"), all[2].header.Get("If-None-Match"))
	}
}

// What breaks off is used as far as it came, and asked for again without conditions.
func TestTruncatedFeed(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	reg, _ := measured(t, q, quiet())
	at := s.URL + "/feed"
	whole := rss("/a", "/b")
	s.on("/feed", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
		if s.times("/feed") > 1 {
			_, _ = fmt.Fprint(w, whole)
			return
		}
		_, _ = fmt.Fprint(w, whole[:len(whole)-60])
	})
	want(t, watchSource(t, q, at, registry.Wish{Kind: registry.Feed}), pollNew, 1)
	want(t, poll(t, q, at), pollNew, 1)
	want(t, poll(t, q, at), pollNotModified, 0)
	o.fetched(t, "/a", "/b")
	if n := gauge(t, reg, "dateline_fetch_truncated_total"); n != 1 {
		t.Errorf("%g truncated answers were counted", n)
	}
}
