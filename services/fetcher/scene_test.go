package fetcher

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/queue"
	"dateline/services/fetcher/registry"

	"github.com/prometheus/client_golang/prometheus"
)

// pages is a web site whose answers a test sets by path. What was not set is an HTML page, and there is no robots.txt.
type pages struct {
	*httptest.Server
	mu       sync.Mutex
	answers  map[string]http.HandlerFunc
	requests []request
}

// request is one that came.
type request struct {
	path   string
	at     time.Time
	header http.Header
}

func newPages(t *testing.T) *pages {
	p := &pages{answers: map[string]http.HandlerFunc{"/robots.txt": http.NotFound}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.requests = append(p.requests, request{r.URL.Path, time.Now(), r.Header.Clone()})
	answer := p.answers[r.URL.Path]
	p.mu.Unlock()
	if answer == nil {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, "<!doctype html><title>%s</title>", r.URL.Path)
		return
	}
	answer(w, r)
}

func (p *pages) on(path string, answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[path] = answer
}

// text answers with a text, in which %s stands for the site's address.
func (p *pages) text(path, text string) {
	text = strings.ReplaceAll(text, "%s", p.URL)
	p.on(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, text) })
}

func (p *pages) redirect(path string, status int, to string) {
	p.on(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) })
}

// feed answers with a feed of items.
func (p *pages) feed(path string, items ...string) { p.text(path, rss(items...)) }

func rss(links ...string) string {
	var b strings.Builder
	b.WriteString("<rss version='2.0'><channel><title>The Feed</title>")
	for _, link := range links {
		fmt.Fprintf(&b, "<item><title>About %s</title><link>%[1]s</link></item>", link)
	}
	b.WriteString("</channel></rss>")
	return b.String()
}

// elsewhere is the site's address by another name, which is another site's.
func (p *pages) elsewhere() string { return strings.Replace(p.URL, "127.0.0.1", "localhost", 1) }

// asked are the requests for a path.
func (p *pages) asked(path string) (all []request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.requests {
		if r.path == path {
			all = append(all, r)
		}
	}
	return all
}

func (p *pages) times(path string) int { return len(p.asked(path)) }

// quiet is a configuration by which sources are polled only when a test says so.
func quiet() Config {
	cfg := config
	cfg.FeedInterval = time.Hour
	return cfg
}

// measured runs a fetcher whose metrics can be read.
func measured(t *testing.T, q *queue.Queue, cfg Config) (reg *prometheus.Registry, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	adm := admin.New("127.0.0.1:0")
	go func() { ended <- Run(ctx, cfg, q, adm) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return adm.Registry, stop
}

// gauge reads a metric, whose labels are given as name=value.
func gauge(t *testing.T, reg *prometheus.Registry, name string, labels ...string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
	series:
		for _, m := range family.GetMetric() {
			has := map[string]bool{}
			for _, l := range m.GetLabel() {
				has[l.GetName()+"="+l.GetValue()] = true
			}
			for _, l := range labels {
				if !has[l] {
					continue series
				}
			}
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no metric %s%v", name, labels)
	return 0
}

func open(t *testing.T, q *queue.Queue) *registry.Registry {
	t.Helper()
	r, err := registry.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// watchSource puts a source into the registry, and waits for its first poll.
func watchSource(t *testing.T, q *queue.Queue, url string, wish registry.Wish) *registry.Source {
	t.Helper()
	s, err := registry.New(url, wish, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, q).Save(t.Context(), s, 0); err != nil {
		t.Fatal(err)
	}
	schedule(t, q, s)
	return afterPoll(t, q, url, time.Time{})
}

func schedule(t *testing.T, q *queue.Queue, s *registry.Source) {
	t.Helper()
	if _, err := q.Publish(t.Context(), registry.Schedule(s, s.Next)); err != nil {
		t.Fatal(err)
	}
}

// change changes a source's record, as time would or its operator.
func change(t *testing.T, q *queue.Queue, url string, f func(*registry.Source)) {
	t.Helper()
	s, err := open(t, q).Change(t.Context(), registry.ID(url), func(s *registry.Source) error { f(s); return nil })
	if err != nil {
		t.Fatal(err)
	}
	schedule(t, q, s)
}

// poll has a source polled now, after its record was changed, and waits for that.
func poll(t *testing.T, q *queue.Queue, url string, f ...func(*registry.Source)) *registry.Source {
	t.Helper()
	var last time.Time
	change(t, q, url, func(s *registry.Source) {
		last = lastPoll(s).Time
		for _, f := range f {
			f(s)
		}
		s.Next = time.Now()
	})
	return afterPoll(t, q, url, last)
}

func lastPoll(s *registry.Source) registry.Poll {
	if len(s.History) == 0 {
		return registry.Poll{}
	}
	return s.History[len(s.History)-1]
}

// afterPoll waits until a source was polled after a time.
func afterPoll(t *testing.T, q *queue.Queue, url string, last time.Time) (s *registry.Source) {
	t.Helper()
	r := open(t, q)
	eventually(t, "a poll of "+url, 15*time.Second, func() bool {
		var err error
		s, _, err = r.Load(t.Context(), registry.ID(url))
		return err == nil && lastPoll(s).Time.After(last)
	})
	return s
}

// want checks what came of a source's last poll.
func want(t *testing.T, s *registry.Source, outcome string, fresh int) {
	t.Helper()
	if p := lastPoll(s); p.Outcome != outcome || p.New != fresh {
		t.Errorf("poll of %s: %s with %d new items (%s), want %s with %d", s.URL, p.Outcome, p.New, p.Error, outcome, fresh)
	}
}

// fetched waits until exactly these pages have come out, each once.
func (o *outcomes) fetched(t *testing.T, paths ...string) {
	t.Helper()
	eventually(t, fmt.Sprint("pages ", paths), 15*time.Second, func() bool { p, dead := o.count(); return p+dead >= len(paths) })
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, path := range paths {
		if n := len(o.pages[path]); n != 1 {
			t.Errorf("%s came out %d times", path, n)
		}
	}
	if len(o.pages) != len(paths) || len(o.dead) > 0 {
		t.Errorf("%d pages, want %d; dead letters %v", len(o.pages), len(paths), o.dead)
	}
}
