package fetcher

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/websub"
)

// hub takes every request and verifies it.
type hub struct {
	*httptest.Server
	t    *testing.T
	work sync.WaitGroup

	mu        sync.Mutex
	callbacks map[string]string // by topic
	left      []string          // topics
}

func newHub(t *testing.T) *hub {
	h := &hub{t: t, callbacks: map[string]string{}}
	h.Server = httptest.NewServer(h)
	t.Cleanup(func() { h.work.Wait(); h.Close() })
	return h
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.t.Errorf("hub: %v", err)
	}
	form := r.PostForm
	w.WriteHeader(http.StatusAccepted)
	h.work.Go(func() {
		topic, callback := form.Get("hub.topic"), form.Get("hub.callback")
		q := url.Values{"hub.mode": {form.Get("hub.mode")}, "hub.topic": {topic}, "hub.challenge": {"x"}, "hub.lease_seconds": {"86400"}}
		resp, err := http.Get(callback + "?" + q.Encode())
		if err != nil {
			h.t.Error(err)
			return
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			h.t.Errorf("%s of %s is answered with %s", form.Get("hub.mode"), topic, resp.Status)
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if form.Get("hub.mode") == "subscribe" {
			h.callbacks[topic] = callback
		} else {
			h.left = append(h.left, topic)
		}
	})
}

func (h *hub) callback(topic string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.callbacks[topic]
}

// ping tells the subscriber of news.
func (h *hub) ping(topic string) {
	resp, err := http.Post(h.callback(topic), "application/rss+xml", strings.NewReader("<rss/>"))
	if err != nil {
		h.t.Error(err)
		return
	}
	_ = resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		h.t.Errorf("a ping is answered with %s", resp.Status)
	}
}

// A feed that names a hub is subscribed to; a ping has it polled within seconds, also one that comes while a slow poll is under
// way; and the hub is told when the feed is paused.
func TestWebSub(t *testing.T) {
	q, s, h := queuetest.Start(t), newPages(t), newHub(t)
	o := collect(t, q)
	cfg := quiet()
	cfg.FeedInterval = 24 * time.Hour
	cfg.WebSub = websub.Config{Addr: freeAddress(t)}
	cfg.WebSub.URL = "http://" + cfg.WebSub.Addr
	reg, _ := measured(t, q, cfg)
	named := func(path string, items ...string) string {
		links := fmt.Sprintf("<link>/</link><atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='hub' href='%s'/><atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='self' href='%s'/>", h.URL, s.URL+path)
		return strings.Replace(rss(items...), "</title>", "</title>"+links, 1)
	}
	fast, slow := s.URL+"/fast", s.URL+"/slow"
	s.text("/fast", named("/fast", "/a"))
	s.text("/slow", named("/slow", "/b"))
	watchSource(t, q, fast, registry.Wish{Kind: registry.Feed})
	watchSource(t, q, slow, registry.Wish{Kind: registry.Feed})
	eventually(t, "both are subscribed to", 10*time.Second, func() bool { return h.callback(fast) != "" && h.callback(slow) != "" })
	o.fetched(t, "/a", "/b")

	asked, release := make(chan struct{}, 10), make(chan struct{})
	before := named("/slow", "/c", "/b")
	s.on("/slow", func(w http.ResponseWriter, _ *http.Request) { // answers with what there was before the ping
		asked <- struct{}{}
		<-release
		_, _ = fmt.Fprint(w, before)
	})
	change(t, q, slow, func(s *registry.Source) { s.Next = time.Now() })
	<-asked
	s.text("/fast", named("/fast", "/d", "/a"))
	h.ping(slow)
	h.ping(fast)
	s.text("/slow", named("/slow", "/e", "/c", "/b"))
	close(release)
	o.fetched(t, "/a", "/b", "/c", "/d", "/e")

	change(t, q, fast, func(s *registry.Source) { s.Paused, s.Next = true, time.Now() })
	eventually(t, "the hub is told of the pause", 10*time.Second, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.left) == 1 && h.left[0] == fast
	})
	if status := load(t, q, slow).Subscription.Status(time.Now()); status != websub.StatusActive {
		t.Errorf("the other subscription is %s", status)
	}
	if n := gauge(t, reg, "dateline_websub_subscriptions", "status=active"); n != 0 { // of the registry as it was at the start
		t.Errorf("%g subscriptions were counted", n)
	}
}

// A ping puts a poll that is due off until what it tells of can be seen, and changes the record whatever it finds: or a poll
// under way could write over it.
func TestPingIsNotOverwritten(t *testing.T) {
	q := queuetest.Start(t)
	f := &fetcher{q: q, registry: open(t, q)}
	s, err := registry.New("http://example.org/feed", registry.Wish{Kind: registry.Feed}, time.Now().Add(-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(3 * time.Second)
	for _, c := range []struct {
		next time.Duration
		want time.Duration
	}{{-time.Minute, 3 * time.Second}, {time.Hour, 3 * time.Second}, {time.Second, time.Second}} {
		s.Next = at.Add(c.next - 3*time.Second)
		if _, err := f.registry.Change(t.Context(), s.ID(), func(there *registry.Source) error { there.Next = s.Next; return nil }); err != nil {
			if _, err := f.registry.Save(t.Context(), s, 0); err != nil {
				t.Fatal(err)
			}
		}
		_, before, _ := f.registry.Load(t.Context(), s.ID())
		if err := (subscriptions{f}).Ping(t.Context(), s.ID(), at); err != nil {
			t.Fatal(err)
		}
		now, after, err := f.registry.Load(t.Context(), s.ID())
		if err != nil || after == before || !now.Next.Equal(at.Add(c.want-3*time.Second)) {
			t.Errorf("of a poll in %s a ping makes one at %s, revision %d after %d: %v", c.next, now.Next, after, before, err)
		}
	}
}

// A ping that comes between the saving of a poll and its schedule is not lost.
func TestScheduleMindsPings(t *testing.T) {
	q := queuetest.Start(t)
	f := &fetcher{q: q, registry: open(t, q)}
	s, err := registry.New("http://example.org/feed", registry.Wish{Kind: registry.Feed}, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.registry.Save(t.Context(), s, 0); err != nil {
		t.Fatal(err)
	}
	if err := (subscriptions{f}).Ping(t.Context(), s.ID(), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := f.schedule(t.Context(), s); err != nil { // as it was before
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	due := false
	err = q.Consume(ctx, queue.Subscription{Consumer: queue.FetcherDue, Workers: 1, Batch: 1, Handle: each(func(context.Context, *queue.Delivery) queue.Outcome {
		due = true
		stop()
		return queue.Done()
	})})
	if err != nil || !due {
		t.Errorf("the ping's poll did not come: %v", err)
	}
}

// freeAddress is one that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
