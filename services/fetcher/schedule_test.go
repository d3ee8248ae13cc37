package fetcher

import (
	"fmt"
	"testing"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/revisit"
	"dateline/services/fetcher/websub"
)

func TestPausedSource(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	run(t, q, quiet())
	s.feed("/feed", "/a")
	s.feed("/other", "/b")
	at := s.URL + "/feed"
	watchSource(t, q, at, registry.Wish{Kind: registry.Feed})
	change(t, q, at, func(s *registry.Source) { s.Paused, s.Next = true, time.Now() })
	watchSource(t, q, s.URL+"/other", registry.Wish{Kind: registry.Feed}) // whose schedule is due later
	if n := s.times("/feed"); n != 1 {
		t.Errorf("a paused feed was polled %d times more", n-1)
	}
	poll(t, q, at, func(s *registry.Source) { s.Paused = false })
}

// All sources together are polled as often as the budget says, and those that bring more, more often.
func TestPollBudget(t *testing.T) {
	q := queuetest.Start(t)
	r := open(t, q)
	now := time.Now().UTC()
	for i := range 12 {
		kind := registry.Feed
		if i == 0 {
			kind = registry.Sitemap
		}
		s, err := registry.New(fmt.Sprintf("http://example.org/%d", i), registry.Wish{Kind: kind, Paused: i == 1}, now)
		if err != nil {
			t.Fatal(err)
		}
		for at := now.Add(-10 * 24 * time.Hour); at.Before(now); at = at.Add(6 * time.Hour) {
			s.Revisit.Observe(revisit.Poll{At: at, New: 1 + i, Window: 1000})
		}
		if i == 2 {
			s.Revisit.Fail(revisit.Failure{At: now, Class: revisit.Temporary, Why: "status 503"})
		}
		if i == 3 {
			s.Subscription.Offer([]string{"https://hub.example.org/"}, s.URL)
		}
		s.Next = now.Add(time.Hour)
		if _, err := r.Save(t.Context(), s, 0); err != nil {
			t.Fatal(err)
		}
	}
	polls := func(budget float64) (all float64, quietest, busiest time.Duration) {
		busiest = revisit.Longest
		cfg := config
		cfg.FeedInterval, cfg.PollBudget = 0, budget
		adm := admin.New("")
		f := &fetcher{cfg: cfg, q: q, registry: r, metrics: newMetrics(adm.Registry)}
		if err := f.reschedule(t.Context(), time.Time{}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name, label string
			want        float64
		}{
			{"dateline_sources", "health=ok", 9},
			{"dateline_sources", "health=failing", 1},
			{"dateline_sources", "health=paused", 1},
			{"dateline_websub_subscriptions", "status=" + string(websub.StatusWanted), 1},
			{"dateline_websub_subscriptions", "status=" + string(websub.StatusNone), 11},
		} {
			labels := []string{c.label}
			if c.name == "dateline_sources" {
				labels = append(labels, "kind=feed")
			}
			if n := gauge(t, adm.Registry, c.name, labels...); n != c.want {
				t.Errorf("%s of %s: %g, want %g", c.name, c.label, n, c.want)
			}
		}
		err := r.All(t.Context(), func(s *registry.Source) error {
			if s.Paused || s.Revisit.Health().Failures > 0 {
				return nil
			}
			aDay := 0. // each hour has an interval of its own
			for hour := range 24 {
				s.Revisit.Polled = now.Add(time.Duration(hour) * time.Hour)
				aDay += time.Hour.Hours() / s.Revisit.Explain(s.Revisit.Polled, f.params(s)).ByRate.Hours()
			}
			all += aDay
			every := time.Duration(24 / aDay * float64(time.Hour))
			quietest, busiest = max(quietest, every), min(busiest, every)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all, quietest, busiest
	}
	few, quietest, busiest := polls(60)
	many, _, _ := polls(600)
	usual, _, _ := polls(0)
	if few < 54 || few > 66 || many < 540 || many > 660 {
		t.Errorf("%.0f polls a day of 60, %.0f of 600", few, many)
	}
	if want := pollsADay * 11.; usual < .9*want || usual > 1.1*want {
		t.Errorf("without a budget %.0f polls a day, want %.0f", usual, want)
	}
	if quietest < 2*busiest {
		t.Errorf("the busiest is polled every %s, the quietest every %s", busiest, quietest)
	}
}
