package fetcher

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
	"dateline/pkg/weburl"
)

// asReplica is the environment variable by which the test binary is a fetcher, on the NATS server that it names.
const asReplica = "AS_FETCHER"

func TestMain(m *testing.M) {
	if url := os.Getenv(asReplica); url != "" {
		os.Exit(replica(url))
	}
	os.Exit(m.Run())
}

// The sites of TestReplicas: to one of them is a request every pause, at the most.
const (
	replicaSites = 6
	replicaPages = 25 // a site has of each class
	replicaPause = 100 * time.Millisecond
)

func replicaConfig() Config {
	cfg := config
	cfg.FetchWorkers, cfg.FetchTimeout, cfg.FetchHostDelay, cfg.FeedInterval = 4, 2*time.Second, replicaPause, 2*time.Second
	return cfg
}

func replica(url string) int {
	ctx := context.Background()
	q, err := queue.Connect(ctx, queue.Config{URL: url}, "fetcher", nil, nil)
	if err == nil {
		err = Run(ctx, replicaConfig(), q, admin.New("127.0.0.1:0"))
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// watched is a site on an address of its own, which looks at its visitors.
type watched struct {
	url string

	mu       sync.Mutex
	open     int
	last     time.Time // a request ended
	requests map[string]int
	failed   map[string]bool // pages that have had their first request, which fails
	crowded  int
	close    []time.Duration // pauses that were too short
}

// watch serves a site with a feed on a loopback address, of which this machine has many.
func watch(t *testing.T, address string) *watched {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Skipf("no second loopback address on this system: %v", err)
	}
	w := &watched{url: "http://" + l.Addr().String(), requests: map[string]int{}, failed: map[string]bool{}}
	server := &http.Server{Handler: w}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-served })
	return w
}

func (w *watched) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.begin(r.URL.Path)
	defer w.end() // before the answer is sent
	select {
	case <-time.After(rand.N(40 * time.Millisecond)):
	case <-r.Context().Done():
		return
	}
	switch kind, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "-"); {
	case kind == "failing" && w.first(r.URL.Path):
		rw.WriteHeader(http.StatusInternalServerError)
	case kind == "feed":
		_, _ = fmt.Fprint(rw, "<rss version='2.0'><channel><title>Feed</title>")
		for i := range replicaPages {
			_, _ = fmt.Fprintf(rw, "<item><title>%d</title><link>/item-%[1]d</link></item>", i)
		}
		_, _ = fmt.Fprint(rw, "</channel></rss>")
	default:
		rw.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(rw, "<!doctype html><title>%s</title>", r.URL.Path)
	}
}

func (w *watched) begin(path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests[path]++
	w.open++
	if w.open > 1 {
		w.crowded++
	}
	if pause := time.Since(w.last); pause < replicaPause {
		w.close = append(w.close, pause)
	}
}

func (w *watched) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
	w.last = time.Now()
}

func (w *watched) first(path string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.failed[path]
	w.failed[path] = true
	return !before
}

func (w *watched) total() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for path, m := range w.requests {
		if path != "/robots.txt" { // which every process asks for
			n += m
		}
	}
	return n
}

// Four replicas fetch feeds, their items, pages that fail at first and a backfill from several sites. Replicas are killed
// and others started all the while. No site ever sees two requests at a time, or two without the pause between them;
// and everything is fetched.
func TestReplicas(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	server := queuetest.Server(t)
	q := queuetest.Connect(t, server, "test")
	if err := q.Provision(t.Context(), queuetest.Limits); err != nil {
		t.Fatal(err)
	}
	var sites []*watched
	var jobs []queue.Message
	for n := range replicaSites {
		w := watch(t, fmt.Sprintf("127.0.1.%d", n+1))
		sites = append(sites, w)
		job := func(path string, kind article.JobKind, class article.JobClass) {
			m, err := queue.Job(article.Job{URL: w.url + path, Kind: kind, Class: class})
			if err != nil {
				t.Fatal(err)
			}
			jobs = append(jobs, m)
		}
		for i := range replicaPages {
			job(fmt.Sprintf("/backfill-%d", i), article.JobPage, article.JobBackfill)
			job(fmt.Sprintf("/failing-%d", i), article.JobPage, article.JobFresh)
		}
		job("/feed", article.JobFeed, article.JobFresh)
	}
	want := replicaSites * 3 * replicaPages
	pages := fetchedPages(t, q)
	if _, err := q.Publish(t.Context(), jobs...); err != nil {
		t.Fatal(err)
	}

	// Two in this process, which stop and start in good order, and two that are killed.
	var stops [2]func()
	for i := range stops {
		stops[i] = run(t, queuetest.Connect(t, server, "fetcher"), replicaConfig())
	}
	var procs [2]*exec.Cmd
	for i := range procs {
		procs[i] = startReplica(t, server.URL())
	}
	for i := range 12 {
		time.Sleep(300*time.Millisecond + rand.N(500*time.Millisecond))
		if i%4 == 3 {
			stops[i/4%2]()
			stops[i/4%2] = run(t, queuetest.Connect(t, server, "fetcher"), replicaConfig())
			continue
		}
		if err := procs[i%2].Process.Kill(); err != nil {
			t.Fatalf("a replica ended by itself: %v", err)
		}
		if state, err := procs[i%2].Process.Wait(); err == nil && state.Exited() {
			t.Fatalf("a replica ended by itself: %v", state)
		}
		procs[i%2] = startReplica(t, server.URL())
	}
	eventually(t, "everything is fetched", 5*time.Minute, func() bool { return pages() == want })

	for _, w := range sites {
		w.mu.Lock()
		if w.crowded > 0 || len(w.close) > 0 {
			t.Errorf("%s: %d requests while another was open; pauses of %v", w.url, w.crowded, w.close)
		}
		if len(w.requests) != 3*replicaPages+2 {
			t.Errorf("%s was asked for %d URLs, want %d", w.url, len(w.requests), 3*replicaPages+2)
		}
		w.mu.Unlock()
	}
	total := 0
	for _, w := range sites {
		total += w.total()
	}
	t.Logf("%d pages of %d sites with %d requests", want, replicaSites, total)
}

func startReplica(t *testing.T, url string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asReplica+"="+url)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // may be dead and waited for
		_ = cmd.Wait()
	})
	return cmd
}

// fetchedPages counts the different pages that come out. A dead letter is an error.
func fetchedPages(t *testing.T, q *queue.Queue) (count func() int) {
	t.Helper()
	var mu sync.Mutex
	seen := map[string]bool{}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	consume := func(c queue.Consumer, take func(*queue.Delivery)) {
		wg.Go(func() {
			err := q.Consume(ctx, queue.Subscription{Consumer: c, Workers: 1, Batch: 1, Handle: each(func(_ context.Context, d *queue.Delivery) queue.Outcome {
				take(d)
				return queue.Done()
			})})
			if err != nil {
				t.Error(err)
			}
		})
	}
	consume(queue.ParserRaw, func(d *queue.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		seen[article.HeaderValue(d.Header, article.HeaderURL)] = true
	})
	consume(queue.IndexerDLQ, func(d *queue.Delivery) { t.Errorf("dead letter: %+v", queue.DeadLetterOf(d)) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(seen)
	}
}

// A job's failures are counted wherever it is taken up: every replica here lives for one of them.
func TestAttemptsSurviveRestarts(t *testing.T) {
	q := queuetest.Start(t)
	w := watch(t, "127.0.1.1")
	job := article.Job{URL: w.url + "/failing-for-ever", Kind: article.JobPage, Class: article.JobRetry, Attempts: maxFailures - 2}
	m, err := queue.Job(job)
	if err != nil {
		t.Fatal(err)
	}
	o := collect(t, q)
	if _, err := q.Publish(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		stop := run(t, q, replicaConfig())
		eventually(t, "a request", 20*time.Second, func() bool { return w.total() > n })
		stop()
		w.mu.Lock()
		clear(w.failed)
		w.mu.Unlock()
	}
	eventually(t, "the dead letter", 20*time.Second, func() bool { _, dead := o.count(); return dead == 1 })
	o.mu.Lock()
	defer o.mu.Unlock()
	if d := o.dead[job.URL]; d.Reason != deadExhausted || !strings.Contains(d.Error, fmt.Sprintf("after %d attempts", maxFailures)) {
		t.Errorf("%+v", d)
	}
	if n := w.total(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
	if weburl.Host(job.URL) != "127.0.1.1" {
		t.Error(job.URL)
	}
}

// A site that does not answer is a failure that counts, and lets go of its turn.
func TestSlowSite(t *testing.T) {
	q := queuetest.Start(t)
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" && asked.Add(1) <= 2 {
			<-r.Context().Done()
		}
		_, _ = fmt.Fprint(rw, "<!doctype html><title>At last</title>")
	}))
	t.Cleanup(s.Close)
	o := collect(t, q)
	cfg := config
	cfg.FetchTimeout = time.Second
	run(t, q, cfg)
	add(t, q, article.JobPage, s.URL+"/slow", s.URL+"/other")
	eventually(t, "both are fetched", 30*time.Second, func() bool { pages, dead := o.count(); return pages+dead == 2 })
	if pages, _ := o.count(); pages != 2 || asked.Load() != 3 {
		t.Errorf("%d pages, %d requests to the slow one", pages, asked.Load())
	}
}

// With a backlog of backfill on all of a fetcher's workers, a fresh job is fetched soon.
func TestBackfillDoesNotStarveFresh(t *testing.T) {
	q := queuetest.Start(t)
	s := newSite(t)
	o := collect(t, q)
	var jobs []queue.Message
	for i := range 100 {
		m, err := queue.Job(article.Job{URL: fmt.Sprintf("%s/backfill-%d", s.URL, i), Kind: article.JobPage, Class: article.JobBackfill})
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, m)
	}
	if _, err := q.Publish(t.Context(), jobs...); err != nil {
		t.Fatal(err)
	}
	cfg := config
	cfg.FetchWorkers, cfg.FetchHostDelay = 2, 200*time.Millisecond
	run(t, q, cfg)
	eventually(t, "backfill is fetched", 20*time.Second, func() bool { pages, _ := o.count(); return pages >= 3 })
	add(t, q, article.JobPage, s.URL+"/news")
	before := 0
	eventually(t, "the news are fetched", 20*time.Second, func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		before = len(o.pages)
		return o.pages["/news"] != nil
	})
	if before > 50 {
		t.Errorf("the news came after %d pages of backfill", before-1)
	}
	t.Logf("the news came after %d of 100 pages of backfill", before-1)
}

// A fetcher keeps to its rate of a class, and gives the others what they want.
func TestRateOfBackfill(t *testing.T) {
	q := queuetest.Start(t)
	s := newSite(t)
	o := collect(t, q)
	var jobs []queue.Message
	for i := range 15 {
		m, err := queue.Job(article.Job{URL: fmt.Sprintf("%s/backfill-%d", s.URL, i), Kind: article.JobPage, Class: article.JobBackfill})
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, m)
	}
	if _, err := q.Publish(t.Context(), jobs...); err != nil {
		t.Fatal(err)
	}
	cfg := config
	cfg.FetchRateBackfill, cfg.FetchHostDelay = 5, 100*time.Millisecond
	begin := time.Now()
	run(t, q, cfg)
	eventually(t, "all is fetched", time.Minute, func() bool { pages, _ := o.count(); return pages == 15 })
	if took := time.Since(begin); took < 14*time.Second/5 || took > 20*time.Second {
		t.Errorf("15 requests at 5 a second in %s", took)
	}
}
