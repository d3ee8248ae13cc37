package fetcher

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/revisit"
)

// A crawl delay lengthens the pause. Redirects that lead to another site are held to the robots.txt of that, and to its turn.
func TestCrawlDelay(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	other := newPages(t)
	o := collect(t, q)
	run(t, q, quiet())
	other.text("/robots.txt", "User-agent: *\nCrawl-delay: 1\nDisallow: /secret\n")
	s.redirect("/1", http.StatusFound, other.elsewhere()+"/one")
	s.redirect("/2", http.StatusFound, other.elsewhere()+"/two")
	s.redirect("/3", http.StatusFound, other.elsewhere()+"/secret/three")
	add(t, q, article.JobPage, s.URL+"/1", s.URL+"/2", s.URL+"/3", other.elsewhere()+"/direct")
	eventually(t, "all jobs end", 15*time.Second, func() bool { p, dead := o.count(); return p+dead == 4 })
	o.mu.Lock()
	defer o.mu.Unlock()
	if d := o.dead[s.URL+"/3"]; d.Reason != "robots" || !strings.Contains(d.Error, "Disallow: /secret (line 3 of "+other.elsewhere()+"/robots.txt)") {
		t.Errorf("%+v", d)
	}
	if n := other.times("/robots.txt"); n != 1 {
		t.Errorf("robots.txt of the other site was asked for %d times", n)
	}
	var last time.Time
	for _, r := range other.requests {
		if r.path == "/robots.txt" { // whoever asks first does not know of the delay
			continue
		}
		if pause := r.at.Sub(last); pause < 900*time.Millisecond {
			t.Errorf("%s was asked for %s after the one before", r.path, pause)
		}
		last = r.at
	}
}

// A site whose robots.txt cannot be had is not asked for anything else, and is tried again later.
func TestUnreachableRobots(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	reg, _ := measured(t, q, quiet())
	s.on("/robots.txt", status(http.StatusInternalServerError))
	s.feed("/feed", "/a")
	source := watchSource(t, q, s.URL+"/feed", registry.Wish{Kind: registry.Feed})
	if h, in := source.Revisit.Health(), time.Until(source.Next); h.Status != revisit.StatusFailing || h.Class != revisit.Temporary || in < 4*time.Minute || in > time.Hour {
		t.Errorf("%+v, polled next in %s", h, in)
	}
	add(t, q, article.JobPage, s.URL+"/page")
	eventually(t, "the page is put off", 10*time.Second, func() bool {
		return gauge(t, reg, "dateline_articles_total", "stage=fetcher", "outcome=retried") == 1
	})
	if pages, dead := o.count(); pages+dead != 0 || s.times("/page")+s.times("/feed") != 0 {
		t.Errorf("%d pages, %d dead letters, %v", pages, dead, s.requests)
	}
	if n := gauge(t, reg, "dateline_robots_verdicts_total", "verdict=unreachable"); n != 2 {
		t.Errorf("%g unreachable robots.txt were counted", n)
	}
}

// A publisher that has agreed is not asked by robots.txt; others that its feed links to are.
func TestNoRobots(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	other := newPages(t)
	o := collect(t, q)
	reg, _ := measured(t, q, quiet())
	for _, p := range []*pages{s, other} {
		p.text("/robots.txt", "User-agent: *\nDisallow: /\n")
	}
	s.feed("/feed", "/a", other.elsewhere()+"/b")
	want(t, watchSource(t, q, s.URL+"/feed", registry.Wish{Kind: registry.Feed, NoRobots: true}), pollNew, 2)
	eventually(t, "both jobs end", 10*time.Second, func() bool { p, dead := o.count(); return p+dead == 2 })
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.pages["/a"]) != 1 || s.times("/robots.txt") != 0 {
		t.Errorf("%d pages of the one that has agreed, whose robots.txt was asked for %d times", len(o.pages["/a"]), s.times("/robots.txt"))
	}
	if d := o.dead[other.elsewhere()+"/b"]; d.Reason != "robots" || other.times("/b") != 0 {
		t.Errorf("the other site: %+v", d)
	}
	if n := gauge(t, reg, "dateline_robots_verdicts_total", "verdict=refused"); n != 1 {
		t.Errorf("%g refusals were counted", n)
	}
	if n := gauge(t, reg, "dateline_robots_verdicts_total", "verdict=allowed"); n != 0 {
		t.Errorf("%g requests were allowed by a robots.txt that nobody asked", n)
	}
}

// However many pages of a site are wanted at once, its robots.txt is fetched once.
func TestRobotsOnce(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	s.on("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(300 * time.Millisecond) // a slow site
		_, _ = fmt.Fprint(w, "User-agent: *\nAllow: /\n")
	})
	var paths, urls []string
	for i := range 12 {
		paths = append(paths, fmt.Sprintf("/page-%d", i))
		urls = append(urls, s.URL+paths[i])
	}
	add(t, q, article.JobPage, urls...)
	run(t, q, quiet())
	o.fetched(t, paths...)
	if n := s.times("/robots.txt"); n != 1 {
		t.Errorf("robots.txt was asked for %d times", n)
	}
}
