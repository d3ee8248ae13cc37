package polite_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/polite"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// fleet is some replicas' gates on one server.
type fleet struct {
	t      testing.TB
	server *queue.Server
	cfg    polite.Config
	regs   []*prometheus.Registry
}

func newFleet(t testing.TB, cfg polite.Config) *fleet {
	f := &fleet{t: t, server: queuetest.Server(t), cfg: cfg}
	if err := queuetest.Connect(t, f.server, "admin").Provision(context.Background(), queuetest.Limits); err != nil {
		t.Fatal(err)
	}
	if f.cfg.Timeout == 0 {
		f.cfg.Timeout = time.Minute
	}
	if f.cfg.Workers == 0 {
		f.cfg.Workers = 100
	}
	return f
}

func (f *fleet) gate() (g *polite.Gate, stop func()) {
	f.t.Helper()
	b, err := queuetest.Connect(f.t, f.server, "fetcher").Bucket(context.Background(), queue.Politeness)
	if err != nil {
		f.t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	f.regs = append(f.regs, reg)
	g = polite.New(f.cfg, b, reg)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { g.Run(ctx) })
	stop = func() { cancel(); running.Wait() }
	f.t.Cleanup(stop)
	return g, stop
}

func (f *fleet) conflicts() (sum float64) {
	f.t.Helper()
	for _, reg := range f.regs {
		families, err := reg.Gather()
		if err != nil {
			f.t.Fatal(err)
		}
		for _, family := range families {
			if family.GetName() == "dateline_fetch_turn_conflicts_total" {
				sum += family.GetMetric()[0].GetCounter().GetValue()
			}
		}
	}
	return sum
}

// site notes the requests it gets.
type site struct {
	mu      sync.Mutex
	starts  []time.Time
	open    int
	crowded bool
	last    time.Time
	closest time.Duration // between the end of a request and the start of the next
}

func (s *site) request(takes time.Duration) {
	s.mu.Lock()
	now := time.Now()
	s.starts = append(s.starts, now)
	s.open++
	s.crowded = s.crowded || s.open > 1
	if !s.last.IsZero() {
		s.closest = min(s.closest, now.Sub(s.last))
	}
	s.mu.Unlock()
	time.Sleep(takes)
	s.mu.Lock()
	s.open--
	s.last = time.Now()
	s.mu.Unlock()
}

// job comes again as it is told, until it has had its request.
func job(t testing.TB, g *polite.Gate, ask polite.Ask, request func()) (again int) {
	for {
		turn, wait, err := g.Take(context.Background(), ask)
		if err != nil {
			t.Error(err)
			return again
		}
		if turn != nil {
			request()
			turn.Done(context.Background(), 200, 0)
			return again
		}
		again++
		ask.Again = true
		time.Sleep(wait)
	}
}

// Four replicas have forty jobs for the hosts of one site, all at once.
func TestOneBudgetOverReplicas(t *testing.T) {
	const jobs, pause, takes = 40, 100 * time.Millisecond, 20 * time.Millisecond
	f := newFleet(t, polite.Config{Pause: pause})
	s := &site{closest: time.Hour}
	var gates []*polite.Gate
	for range 4 {
		g, _ := f.gate()
		gates = append(gates, g)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	again := 0
	begin := time.Now()
	for i := range jobs {
		wg.Go(func() {
			n := job(t, gates[i%4], polite.Ask{URL: fmt.Sprintf("https://host-%d.example.org/%d", i%3, i)}, func() { s.request(takes) })
			mu.Lock()
			defer mu.Unlock()
			again += n
		})
	}
	wg.Wait()
	if s.crowded || s.closest < pause {
		t.Errorf("two at once: %t; shortest pause %s", s.crowded, s.closest)
	}
	least := (jobs - 1) * (pause + takes)
	t.Logf("%d jobs in %s, at best %s, %d times put off, shortest pause %s", jobs, time.Since(begin), least, again, s.closest)
	if took := time.Since(begin); took > 5*least || again > 10*jobs {
		t.Errorf("took %s, at best %s, and %d deferrals", took, least, again)
	}
}

func take(t *testing.T, g *polite.Gate, ask polite.Ask) (*polite.Turn, time.Duration) {
	t.Helper()
	turn, wait, err := g.Take(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	return turn, wait
}

func granted(t *testing.T, g *polite.Gate, ask polite.Ask) *polite.Turn {
	t.Helper()
	turn, wait := take(t, g, ask)
	if turn == nil {
		t.Fatalf("%+v has to wait %s", ask, wait)
	}
	return turn
}

// What a replica is told by a site holds for all, those that start later among them.
func TestBackOffOverReplicas(t *testing.T) {
	f := newFleet(t, polite.Config{Pause: 10 * time.Millisecond})
	a, _ := f.gate()
	b, _ := f.gate()
	granted(t, a, polite.Ask{URL: "https://www.example.org/"}).Done(t.Context(), 503, time.Hour)
	c, _ := f.gate()
	for _, g := range []*polite.Gate{a, b, c} {
		turn, wait := take(t, g, polite.Ask{URL: "https://feeds.example.org/"})
		if turn != nil || wait < 59*time.Minute || wait > 61*time.Minute {
			t.Errorf("a site that asked for an hour is asked again in %s", wait)
		}
	}
	granted(t, b, polite.Ask{URL: "https://example.com/"}).Done(t.Context(), 200, 0)
}

// The server may go away and come back: what it knew is known, and replicas hear of each other again.
func TestServerRestarts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, dir := l.Addr().String(), t.TempDir()
	l.Close()
	stop := func() {}
	t.Cleanup(func() { stop() })
	start := func() {
		s, err := queue.StartServer(queue.ServerConfig{Listen: address}, "", dir, queuetest.Limits.MaxStore)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() {
			if err := s.Supervise(ctx); err != nil {
				t.Error(err)
			}
		})
		stop = func() { cancel(); running.Wait() }
	}
	gate := func() *polite.Gate {
		q, err := queue.Connect(t.Context(), queue.Config{URL: "nats://" + address}, "fetcher", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(q.Close)
		if err := q.Provision(t.Context(), queuetest.Limits); err != nil {
			t.Fatal(err)
		}
		b, err := q.Bucket(t.Context(), queue.Politeness)
		if err != nil {
			t.Fatal(err)
		}
		g := polite.New(polite.Config{Pause: 10 * time.Millisecond, Timeout: time.Minute, Workers: 4}, b, prometheus.NewRegistry())
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { g.Run(ctx) })
		t.Cleanup(func() { cancel(); running.Wait() })
		return g
	}
	ask := func(host string) polite.Ask { return polite.Ask{URL: "https://" + host + ".example/"} }
	start()
	a, b := gate(), gate()
	granted(t, a, ask("one")).Done(t.Context(), 503, time.Hour)
	inFlight := granted(t, a, ask("two"))
	stop()
	if _, _, err := a.Take(t.Context(), ask("three")); err == nil {
		t.Error("a turn that nobody else can know of")
	}
	start()
	for i, g := range []*polite.Gate{a, b} { // once each has its connection again
		var turn *polite.Turn
		for end := time.Now().Add(30 * time.Second); turn == nil; time.Sleep(10 * time.Millisecond) {
			var err error
			if turn, _, err = g.Take(t.Context(), ask(fmt.Sprint("after-", i))); err != nil && time.Now().After(end) {
				t.Fatal(err)
			}
		}
		turn.Done(t.Context(), 200, 0)
	}
	granted(t, a, ask("three")).Done(t.Context(), 503, time.Hour)
	for _, host := range []string{"one", "two", "three"} {
		if turn, _ := take(t, b, ask(host)); turn != nil {
			t.Errorf("%s is asked in spite of what was known of it", host)
		}
	}
	inFlight.Done(t.Context(), 200, 0)
	job(t, b, ask("two"), func() {}) // following goes on only after a while; whoever is put off looks
}

func TestPauseThatTheSiteWants(t *testing.T) {
	f := newFleet(t, polite.Config{Pause: 10 * time.Millisecond})
	a, _ := f.gate()
	b, _ := f.gate()
	slow := polite.Ask{URL: "https://example.org/", Pause: 10 * time.Second, Again: true}
	quick := polite.Ask{URL: "https://example.org/", Again: true}
	granted(t, a, quick).Done(t.Context(), 200, 0)
	if turn, wait := take(t, b, slow); turn != nil || wait < 9*time.Second || wait > 11*time.Second {
		t.Errorf("before a request that wants a pause of 10s there is one of %s", wait)
	}
	f2 := newFleet(t, polite.Config{Pause: 10 * time.Millisecond})
	a, _ = f2.gate()
	granted(t, a, slow).Done(t.Context(), 200, 0)
	if turn, wait := take(t, a, quick); turn != nil || wait < 9*time.Second {
		t.Errorf("after a request that wants a pause of 10s there is one of %s", wait)
	}
}

// A replica that dies in a request holds the site up until the request must be over, and no longer.
func TestDeathOfAReplica(t *testing.T) {
	f := newFleet(t, polite.Config{Pause: 50 * time.Millisecond, Timeout: time.Second})
	dead, _ := f.gate()
	g, _ := f.gate()
	begin := time.Now()
	granted(t, dead, polite.Ask{URL: "https://example.org/"})
	job(t, g, polite.Ask{URL: "https://example.org/"}, func() {
		if got := time.Since(begin); got < time.Second+50*time.Millisecond || got > 20*time.Second {
			t.Errorf("the site was asked again after %s", got)
		}
	})
}

func TestClassesAtOneSite(t *testing.T) {
	f := newFleet(t, polite.Config{Pause: 100 * time.Millisecond})
	var gates []*polite.Gate
	for range 2 {
		g, _ := f.gate()
		gates = append(gates, g)
	}
	var mu sync.Mutex
	var order []article.JobClass
	var wg sync.WaitGroup
	first := granted(t, gates[0], polite.Ask{URL: "https://example.org/"})
	start := func(class article.JobClass, n int) {
		for i := range n {
			wg.Go(func() {
				job(t, gates[i%2], polite.Ask{URL: "https://example.org/", Class: class}, func() {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, class)
				})
			})
		}
	}
	start(article.JobBackfill, 20)
	time.Sleep(100 * time.Millisecond) // the line of backfill is two seconds long
	first.Done(t.Context(), 200, 0)
	start(article.JobFresh, 5)
	wg.Wait()
	last := 0
	for i, c := range order {
		if c == article.JobFresh {
			last = i
		}
	}
	if len(order) != 25 || last > 12 {
		t.Errorf("the last fresh job is number %d: %v", last+1, order)
	}
}

// Sites of one machine share its budget, however DNS lists its addresses.
func TestAddress(t *testing.T) {
	const rate, jobs = 20, 30
	one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	f := newFleet(t, polite.Config{AddressRate: rate, Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
		switch host {
		case "elsewhere.example":
			return []netip.Addr{two}, nil
		case "unknown.example":
			return nil, errors.New("no such host")
		case "odd.example":
			return []netip.Addr{two, one}, nil
		}
		return []netip.Addr{one, two}, nil
	}})
	var gates []*polite.Gate
	for range 3 {
		g, _ := f.gate()
		gates = append(gates, g)
	}
	var mu sync.Mutex
	var at []time.Time
	var wg sync.WaitGroup
	for i := range jobs {
		wg.Go(func() {
			host := fmt.Sprintf("site-%d.example", i)
			if i == 7 {
				host = "odd.example"
			}
			job(t, gates[i%3], polite.Ask{URL: "https://" + host}, func() {
				mu.Lock()
				defer mu.Unlock()
				at = append(at, time.Now())
			})
		})
	}
	wg.Wait()
	slices.SortFunc(at, time.Time.Compare)
	if took, least := at[jobs-1].Sub(at[0]), time.Second*(jobs-2)/rate; took < least {
		t.Errorf("%d requests to one address in %s, less than %s", jobs, took, least)
	}
	granted(t, gates[0], polite.Ask{URL: "https://elsewhere.example"})
	granted(t, gates[0], polite.Ask{URL: "https://unknown.example"})
}

func TestStop(t *testing.T) {
	f := newFleet(t, polite.Config{Pause: time.Hour})
	g, stop := f.gate()
	turn := granted(t, g, polite.Ask{URL: "https://example.org/"})
	waited := make(chan time.Duration)
	go func() {
		_, wait, err := g.Take(context.Background(), polite.Ask{URL: "https://example.org/", Patience: time.Hour})
		if err != nil {
			t.Error(err)
		}
		waited <- wait
	}()
	time.Sleep(50 * time.Millisecond)
	stop()
	if wait := <-waited; wait != time.Second {
		t.Errorf("who waits at the end is put off by %s", wait)
	}
	turn.Done(t.Context(), 200, 0)
	other, _ := f.gate()
	if turn, wait := take(t, other, polite.Ask{URL: "https://example.org/"}); turn != nil || wait < 59*time.Minute || wait > 61*time.Minute {
		t.Errorf("the end of the request is not known: %s", wait)
	}
	if _, _, err := g.Take(t.Context(), polite.Ask{URL: "mailto:a@example.org"}); err == nil {
		t.Error("a turn for what is no web address")
	}
}

func TestMetricsLint(t *testing.T) {
	f := newFleet(t, polite.Config{})
	b, err := queuetest.Connect(t, f.server, "fetcher").Bucket(t.Context(), queue.Politeness)
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	polite.New(f.cfg, b, reg)
	families, err := reg.Gather()
	if err != nil || len(families) != 3 {
		t.Fatalf("%d metrics, %v", len(families), err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) != 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// BenchmarkTurn is Take and Done, by four replicas. Time is mostly that of NATS, which writes each change to disk.
func BenchmarkTurn(b *testing.B) {
	for _, c := range []struct {
		name       string
		sites      int
		rate       float64
		goroutines int
	}{{"2000 sites", 2000, 0, 32}, {"2000 sites, with addresses", 2000, 1e6, 32}, {"one site", 1, 0, 32}} {
		b.Run(c.name, func(b *testing.B) {
			f := newFleet(b, polite.Config{AddressRate: c.rate, Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
				return []netip.Addr{netip.AddrFrom4([4]byte{10, 0, host[0], host[1]})}, nil
			}})
			var gates []*polite.Gate
			for range 4 {
				g, _ := f.gate()
				gates = append(gates, g)
			}
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			var mu sync.Mutex
			again := 0
			for n := range c.goroutines {
				wg.Go(func() {
					deferred := 0
					for i := n; i < b.N; i += c.goroutines {
						deferred += job(b, gates[i%4], polite.Ask{URL: fmt.Sprintf("https://%03d.example-%d.org/", i%1000, i%c.sites)}, func() {})
					}
					mu.Lock()
					defer mu.Unlock()
					again += deferred
				})
			}
			wg.Wait()
			b.ReportMetric(float64(again)/float64(b.N), "deferrals/op")
			b.ReportMetric(f.conflicts()/float64(b.N), "conflicts/op")
		})
	}
}
