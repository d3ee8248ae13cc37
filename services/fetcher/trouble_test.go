package fetcher

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/revisit"
)

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func TestNoContentIsNoFailure(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	run(t, q, quiet())
	at := s.URL + "/feed"
	s.on("/feed", func(w http.ResponseWriter, _ *http.Request) {
		if s.times("/feed") == 1 {
			_, _ = fmt.Fprint(w, rss("/a"))
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	want(t, watchSource(t, q, at, registry.Wish{Kind: registry.Feed}), pollNew, 1)
	want(t, poll(t, q, at), pollUnchanged, 0)
}

// A feed that says that it is gone is believed the second time, and asked monthly from then on: it may come back.
func TestGoneFeed(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	at := s.URL + "/feed"
	s.feed("/feed", "/a")
	watchSource(t, q, at, registry.Wish{Kind: registry.Feed})
	s.on("/feed", status(http.StatusGone))
	poll(t, q, at)
	source := poll(t, q, at)
	if h := source.Revisit.Health(); h.Status != revisit.StatusFailing || h.Class != revisit.Gone || h.Failures != 2 {
		t.Errorf("%+v", h)
	}
	source = poll(t, q, at, func(s *registry.Source) { s.Revisit.Failing.Gone = time.Now().Add(-49 * time.Hour) })
	if h, in := source.Revisit.Health(), time.Until(source.Next); h.Status != revisit.StatusDead || in < 26*24*time.Hour || in > 34*24*time.Hour {
		t.Errorf("%+v, polled next in %s", h, in)
	}
	s.feed("/feed", "/b", "/a")
	source = poll(t, q, at)
	want(t, source, pollNew, 1)
	if h, in := source.Revisit.Health(), time.Until(source.Next); h.Status != revisit.StatusOK || in > 2*time.Hour {
		t.Errorf("%+v, polled next in %s", h, in)
	}
	o.fetched(t, "/a", "/b")
}

func TestRetryAfterOfAFeed(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	run(t, q, quiet())
	s.on("/feed", status(http.StatusForbidden, "Retry-After", "18000"))
	source := watchSource(t, q, s.URL+"/feed", registry.Wish{Kind: registry.Feed})
	if in := time.Until(source.Next); in < 299*time.Minute || in > 301*time.Minute {
		t.Errorf("it is polled next in %s: %s", in, source.Plan)
	}
}

// An answer of 429 has the whole site left alone, whatever else of it is asked for.
func TestTooManyRequests(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	s.on("/busy", func(w http.ResponseWriter, r *http.Request) {
		if s.times("/busy") == 1 {
			status(http.StatusTooManyRequests, "Retry-After", "2")(w, r)
		}
		_, _ = w.Write([]byte("<!doctype html><title>At last</title>"))
	})
	add(t, q, article.JobPage, s.URL+"/busy")
	eventually(t, "the busy page is asked for", 10*time.Second, func() bool { return s.times("/busy") == 1 })
	add(t, q, article.JobPage, s.URL+"/other", s.URL+"/more")
	o.fetched(t, "/busy", "/other", "/more")
	began := s.asked("/busy")[0].at
	for _, path := range []string{"/busy", "/other", "/more"} {
		all := s.asked(path)
		if pause := all[len(all)-1].at.Sub(began); pause < 1900*time.Millisecond {
			t.Errorf("%s was asked for after %s", path, pause)
		}
	}
}
