package fetcher

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/refetch"
	"dateline/services/fetcher/registry"
)

// series answers each request for a path with the next of several statuses and bodies, the last again and again.
func (p *pages) series(path string, answers ...string) {
	var n atomic.Int64
	p.on(path, func(w http.ResponseWriter, _ *http.Request) {
		answer := answers[min(int(n.Add(1)), len(answers))-1]
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if status := map[string]int{"404": 404, "410": 410, "403": 403, "500": 500}[answer]; status != 0 {
			http.Error(w, answer, status)
			return
		}
		_, _ = fmt.Fprintf(w, "<!doctype html><title>%s</title>", answer)
	})
}

// came are the captures of a path, each by its status or its title.
func (o *outcomes) came(path string) (all []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range o.pages[path] {
		if p.Status != http.StatusOK {
			all = append(all, fmt.Sprint(p.Status))
			continue
		}
		_, title, _ := strings.Cut(string(p.Body), "<title>")
		all = append(all, strings.TrimSuffix(title, "</title>"))
	}
	return all
}

// A page is visited when its policy says, and what has changed since comes out, each time as a journey of its own. What is gone
// comes out once that is certain. What did not change, and what fails, is nothing.
func TestRefetch(t *testing.T) {
	t.Parallel()
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	cfg := quiet()
	cfg.Refetch, cfg.RefetchConfirm = refetch.Policy{time.Second, 2 * time.Second, 3 * time.Second}, 500*time.Millisecond
	reg, stop := measured(t, q, cfg)
	s.on("/same", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = fmt.Fprint(w, "<!doctype html><title>same</title>")
	})
	s.series("/plain", "a")
	s.series("/back", "a", "b", "a")
	s.series("/gone", "a", "410")
	s.series("/lost", "a", "404")
	s.series("/restored", "a", "410", "a")
	s.series("/failing", "a", "403", "500")
	s.series("/never", "404")
	s.redirect("/moved", http.StatusFound, "/target")
	s.series("/target", "a", "410")
	want := map[string][]string{
		"/same": {"same"}, "/plain": {"a"}, "/back": {"a", "b", "a"}, "/gone": {"a", "410"}, "/lost": {"a", "404"}, "/restored": {"a", "410", "a"},
		"/failing": {"a"}, "/moved": {"a", "410"},
	}
	begin := time.Now()
	for path := range want {
		add(t, q, article.JobPage, s.URL+path)
	}
	add(t, q, article.JobPage, s.URL+"/never")
	visited := func(outcome refetch.Outcome) int {
		return int(gauge(t, reg, "dateline_refetches_total", "outcome="+string(outcome)))
	}
	all := func() (n int) {
		for _, outcome := range refetch.Outcomes {
			n += visited(outcome)
		}
		return n
	}
	eventually(t, "all visits", 20*time.Second, func() bool { return all() >= 8*3 && all() == int(gauge(t, reg, "dateline_refetches_scheduled_total")) })
	eventually(t, "all captures", 10*time.Second, func() bool { p, dead := o.count(); return p == 15 && dead == 1 })
	for path, want := range want {
		if got := o.came(path); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if n := visited(refetch.Missing); n == 0 {
		t.Error("a 404 was not confirmed")
	}
	for outcome, n := range map[refetch.Outcome]int{refetch.Changed: 3, refetch.Gone: 4, refetch.Failed: 3} {
		if got := visited(outcome); got != n {
			t.Errorf("%d visits found %s, want %d", got, outcome, n)
		}
	}
	asked := s.asked("/same")
	if len(asked) != 4 || asked[0].header.Get("If-None-Match") != "" || asked[3].header.Get("If-None-Match") != `"1"` {
		t.Errorf("/same was asked for %d times: %v", len(asked), asked)
	}
	for i, step := range cfg.Refetch {
		if after := asked[i+1].at.Sub(asked[0].at); after < step-100*time.Millisecond || after > step+3*time.Second {
			t.Errorf("visit %d came after %s, not %s", i+1, after, step)
		}
	}
	o.mu.Lock()
	if p := o.pages["/moved"][1]; p.FinalURL != s.URL+"/target" || len(p.Body) > 0 || p.Captured.Before(begin) {
		t.Errorf("%+v", p)
	}
	if h := article.Hops(o.header["/gone"]); len(h) != 1 || h[0].Outcome != "gone" || article.HeaderValue(o.header["/gone"], article.HeaderOrigin) == "" {
		t.Errorf("%+v", h)
	}
	o.mu.Unlock()
	stop()
	if n := s.times("/gone"); n != 4 {
		t.Errorf("/gone was asked for %d times", n)
	}
}

// A source says when its pages are visited. Those of one that is paused or taken out are left alone, as are archives.
func TestRefetchBySource(t *testing.T) {
	t.Parallel()
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	cfg := quiet()
	cfg.Refetch = refetch.Policy{2 * time.Second}
	reg, _ := measured(t, q, cfg)
	for path, wish := range map[string]registry.Wish{
		"/usual":  {},
		"/own":    {Refetch: refetch.Policy{time.Second}},
		"/none":   {Refetch: refetch.Policy{}},
		"/paused": {},
		"/out":    {},
	} {
		wish.Kind = registry.Feed
		s.feed(path, path+"-page")
		watchSource(t, q, s.URL+path, wish)
	}
	old, err := queue.Job(article.Job{URL: s.URL + "/old-page", Kind: article.JobPage, Class: article.JobBackfill})
	if err != nil {
		t.Fatal(err)
	}
	s.series("/hard-page", "500", "a") // and so of one that was tried again
	hard, err := queue.Job(article.Job{URL: s.URL + "/hard-page", Kind: article.JobPage, Class: article.JobBackfill})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Publish(t.Context(), old, hard); err != nil {
		t.Fatal(err)
	}
	o.fetched(t, "/usual-page", "/own-page", "/none-page", "/paused-page", "/out-page", "/old-page", "/hard-page")
	change(t, q, s.URL+"/paused", func(s *registry.Source) { s.Paused = true })
	if err := open(t, q).Remove(t.Context(), registry.ID(s.URL+"/out")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the visits", 20*time.Second, func() bool {
		return gauge(t, reg, "dateline_refetches_total", "outcome=stopped") == 2 && gauge(t, reg, "dateline_refetches_total", "outcome=unchanged") == 2
	})
	for path, n := range map[string]int{"/usual-page": 2, "/own-page": 2, "/none-page": 1, "/paused-page": 1, "/out-page": 1, "/old-page": 1, "/hard-page": 2} {
		if got := s.times(path); got != n {
			t.Errorf("%s was asked for %d times, want %d", path, got, n)
		}
	}
	if n := gauge(t, reg, "dateline_refetches_scheduled_total"); n != 4 {
		t.Errorf("%g visits were scheduled", n)
	}
}

// A visit that falls due while no fetcher runs is made by the next, once.
func TestRefetchAfterRestart(t *testing.T) {
	t.Parallel()
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	cfg := quiet()
	cfg.Refetch = refetch.Policy{time.Second, 2 * time.Second, time.Hour}
	stop := run(t, q, cfg)
	s.series("/page", "a", "b")
	add(t, q, article.JobPage, s.URL+"/page")
	o.fetched(t, "/page")
	stop()
	time.Sleep(3 * time.Second)
	run(t, q, cfg)
	eventually(t, "the visit", 10*time.Second, func() bool { return len(o.came("/page")) == 2 })
	time.Sleep(500 * time.Millisecond)
	if n := s.times("/page"); n != 2 {
		t.Errorf("asked for %d times", n)
	}
}

// A visit that is made again, since its acknowledgement was lost, is the same capture and the same next visit.
func TestRefetchTwice(t *testing.T) {
	t.Parallel()
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	cfg := quiet()
	cfg.Refetch = refetch.Policy{time.Second, time.Hour}
	run(t, q, cfg)
	now := time.Now().UTC()
	body, err := json.Marshal(refetch.Page{URL: s.URL + "/page", FinalURL: s.URL + "/page", First: now.Add(-2 * time.Second), Due: now.Add(-time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	waiting := func() (n uint64) {
		status, err := q.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range status {
			if s.Name == "REFETCH" {
				n = s.Messages
			}
		}
		return n
	}
	for n := range 2 {
		if _, err := q.Publish(t.Context(), queue.Message{Subject: queue.RefetchDueSubject("page"), ID: fmt.Sprint(n), Body: body}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the visit is made, and one is ahead", 15*time.Second, func() bool { return s.times("/page") == n+1 && waiting() == 1 })
	}
	if got := o.came("/page"); len(got) != 1 || s.times("/page") != 2 {
		t.Errorf("%v came of %d requests", got, s.times("/page"))
	}
	if _, err := q.Publish(t.Context(), queue.Message{Subject: queue.RefetchDueSubject("page"), ID: "broken", Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a dead letter", 10*time.Second, func() bool { _, dead := o.count(); return dead == 1 })
}
