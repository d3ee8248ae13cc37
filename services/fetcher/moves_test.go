package fetcher

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"dateline/pkg/httprules"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/registry"
)

// aDayAgo has a move been seen for as long as it takes.
func aDayAgo(s *registry.Source) {
	if !s.Standing.MovedSince.IsZero() {
		s.Standing.MovedSince = time.Now().Add(-httprules.MoveTime)
	}
}

func load(t *testing.T, q *queue.Queue, url string) *registry.Source {
	t.Helper()
	s, _, err := open(t, q).Load(t.Context(), registry.ID(url))
	if errors.Is(err, registry.ErrUnknown) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// moved polls a source once more, after which it is there no longer.
func moved(t *testing.T, q *queue.Queue, url string) {
	t.Helper()
	change(t, q, url, func(s *registry.Source) { aDayAgo(s); s.Next = time.Now() })
	eventually(t, url+" is gone", 15*time.Second, func() bool { return load(t, q, url) == nil })
}

func TestMoveForGood(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	reg, _ := measured(t, q, quiet())
	s.feed("/feed", "/a")
	s.feed("/new-feed", "/b", "/a")
	old, there := s.URL+"/feed", s.URL+"/new-feed"
	watchSource(t, q, old, registry.Wish{Kind: registry.Feed, Title: "Mine", Tags: []string{"town"}})
	s.redirect("/feed", http.StatusMovedPermanently, "/new-feed")
	want(t, poll(t, q, old), pollNew, 1)
	for range 3 { // however often: not within a day
		poll(t, q, old)
	}
	moved(t, q, old)
	now := load(t, q, there)
	if now == nil || now.Title != "Mine" || len(now.Tags) != 1 || len(now.Formerly) != 1 || now.Formerly[0] != old || now.Kind != registry.Feed {
		t.Fatalf("%+v", now)
	}
	s.feed("/new-feed", "/c", "/b", "/a")
	want(t, poll(t, q, there), pollNew, 1)
	o.fetched(t, "/a", "/b", "/c")
	if n := gauge(t, reg, "dateline_source_moves_total"); n != 1 {
		t.Errorf("%g moves were counted", n)
	}
	if n := gauge(t, reg, "dateline_fetch_redirects_total", "kind=permanent"); n != 5 {
		t.Errorf("%g permanent redirects were counted", n)
	}
}

func TestMoveToAKnownSource(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	s.feed("/new-feed", "/a")
	old, there := s.URL+"/feed", s.URL+"/new-feed"
	watchSource(t, q, there, registry.Wish{Kind: registry.Feed, Title: "Known", Interval: registry.Duration(2 * time.Second)})
	s.redirect("/feed", http.StatusPermanentRedirect, "/new-feed")
	watchSource(t, q, old, registry.Wish{Kind: registry.Feed})
	poll(t, q, old)
	moved(t, q, old)
	if now := load(t, q, there); now == nil || now.Title != "Known" || len(now.Formerly) != 0 {
		t.Fatalf("%+v", now)
	}
	polls := s.times("/new-feed") // at its own time, and not at that of the one that is gone
	eventually(t, "the known source goes on", 10*time.Second, func() bool { return s.times("/new-feed") > polls })
	o.fetched(t, "/a")
}

func TestNoMove(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	run(t, q, quiet())
	s.feed("/new-feed", "/a")
	for what, c := range map[string]struct {
		path   string
		status int
		to     string
		wish   registry.Wish
	}{
		"for now":             {"/temporary", http.StatusFound, "/new-feed", registry.Wish{Kind: registry.Feed}},
		"to what is no feed":  {"/to-page", http.StatusMovedPermanently, "/page", registry.Wish{Kind: registry.Feed}},
		"with what is agreed": {"/agreed", http.StatusMovedPermanently, s.elsewhere() + "/new-feed", registry.Wish{Kind: registry.Feed, NoRobots: true, Overrides: fetch.Overrides{Header: http.Header{"Authorization": {"x"}}}}},
	} {
		s.redirect(c.path, c.status, c.to)
		watchSource(t, q, s.URL+c.path, c.wish)
		for range 3 {
			poll(t, q, s.URL+c.path, aDayAgo)
		}
		if load(t, q, s.URL+c.path) == nil {
			t.Errorf("%s: the source has moved", what)
		}
	}
	for _, r := range s.asked("/new-feed") {
		if r.header.Get("Authorization") != "" {
			t.Error("what was agreed with the publisher went to another site")
		}
	}
}

// A crash between the steps of a move repeats them, and has nothing fetched again.
func TestMoveIsRepeated(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	s.feed("/new-feed", "/a")
	s.redirect("/feed", http.StatusMovedPermanently, "/new-feed")
	old, there := s.URL+"/feed", s.URL+"/new-feed"
	o := collect(t, q)
	stop := run(t, q, quiet())
	watchSource(t, q, old, registry.Wish{Kind: registry.Feed})
	poll(t, q, old)
	o.fetched(t, "/a")
	stop()
	r := open(t, q)
	if err := r.CopySeen(t.Context(), registry.ID(old), registry.ID(there)); err != nil { // and the process died
		t.Fatal(err)
	}
	run(t, q, quiet())
	moved(t, q, old)
	seen, err := r.Seen(context.Background(), registry.ID(there))
	if err != nil || seen.Empty() {
		t.Errorf("what was seen was lost on the way: %v", err)
	}
	poll(t, q, there)
	o.fetched(t, "/a")
}
