// Package polite gives out turns: the right to make one request to one site. All replicas of the fetcher give them out
// of one budget, whatever they fetch: pages, feeds, robots.txt, each hop of a redirect.
//
// A site is a registrable domain. It is asked one thing at a time, with a pause from the end of a request to the start of
// the next. An IP address, which may be home to thousands of sites, gets so many requests a second. What is known of
// either is a small record in a NATS bucket, changed by compare-and-set: who changes it must have seen its last change,
// or has to look again.
//
//	the job                the record of its site               what others do
//
//	look ----------------> free, and its turn?
//	 | no, but soon: waits here, and looks again
//	 | no: is put off ---> its slot, at the end of the line     line up behind it
//	 | yes
//	rate, worker           (of this process alone)
//	 |
//	address -------------> (in the record of the IP: the next    wait for the next
//	 |                      request's earliest start)
//	lease ---------------> holder, and when it is over at the   wait a little, or are put off
//	 |                      latest
//	request
//	 |
//	Done ----------------> no holder; rests for the pause       wait it out; then the next has its turn
//
// When a process dies before Done its lease runs out, and the request counts as over then.
//
// A job that would have to wait long is not held. It is given a slot and put off until then, so that the fifty items of
// a feed come back once each, a pause apart, and hold no worker meanwhile. The record keeps only where each line ends;
// who comes again is simply let through if the site is free, and sent to the end if it is not.
// There is a line for each class, fresh before retry before backfill: no slot is kept for one class that another before
// it could use.
//
// No two clocks are compared. Instants are written as distances from the moment of writing, and each replica counts them
// from when it reads: later than they were written, so it waits too long by what the message took, and never too short. Only
// a process that starts, and reads what is old, takes the age from its own clock against the server's: its pauses may be
// wrong by what the two differ beyond clockMargin.
//
// Beside that budget of all there is one of each process: how many requests it makes at a time, and of each class a
// second.
package polite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/httprules"
	"dateline/pkg/queue"
	"dateline/pkg/weburl"

	"github.com/prometheus/client_golang/prometheus"
)

// Config is what requests are held to.
type Config struct {
	Pause       time.Duration // least time from the end of a request to a site to the start of the next
	AddressRate float64       // requests a second to one address; 0: any number
	Timeout     time.Duration // most that a request takes, which whoever makes it sees to
	Workers     int           // requests of this process at a time
	Rates       [3]float64    // requests of this process a second, by class in the order of article.JobClasses; 0: any number
	// Resolve gives a host's addresses. Of a host that it does not know only the site's budget is kept.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
}

const (
	defaultPatience = 500 * time.Millisecond
	leaseMargin     = 2 * time.Second // that a lease outlasts the request
	resolveTimeout  = 5 * time.Second
	clockMargin     = 2 * time.Second
	writeTimeout    = 5 * time.Second
)

// Gate gives out turns. Its methods may be called from many goroutines.
type Gate struct {
	cfg     Config
	bucket  *queue.Bucket
	lines   *lines
	workers *workers
	paces   [classes]*pace
	metrics *metrics

	stopped context.Context // ends when Run does, and with it all waiting
	stop    context.CancelFunc
}

// New makes a gate on the bucket queue.Politeness. It gives out turns while Run runs.
func New(cfg Config, bucket *queue.Bucket, reg prometheus.Registerer) *Gate {
	g := &Gate{cfg: cfg, bucket: bucket, lines: newLines(), workers: newWorkers(cfg.Workers), metrics: newMetrics(reg)}
	for class, rate := range cfg.Rates {
		g.paces[class] = newPace(rate)
	}
	g.stopped, g.stop = context.WithCancel(context.Background())
	return g
}

// Run follows what all replicas do, until ctx ends.
func (g *Gate) Run(ctx context.Context) {
	defer g.stop()
	for ctx.Err() == nil {
		err := g.bucket.Follow(ctx, g.lines.current, g.lines.saw)
		if ctx.Err() != nil {
			return
		}
		slog.Warn("turns of other replicas are not followed, trying again", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// Ask is for a turn.
type Ask struct {
	URL   string // of the request, absolute
	Class article.JobClass
	Again bool // it was put off before, or goes on what has begun, as the next hop of a redirect does
	// Pause is what the site, or whoever asks on its behalf, wants between two requests, such as the Crawl-delay of
	// robots.txt. It counts where it is longer than Config's.
	Pause    time.Duration
	Patience time.Duration // most time to wait here rather than be put off; 0 stands for half a second
}

// Take waits a little for a turn. It returns the turn; or, where it is further off, after which time to ask again. When
// Run has ended it puts off whoever is waiting.
func (g *Gate) Take(ctx context.Context, ask Ask) (turn *Turn, wait time.Duration, err error) {
	host := weburl.Host(ask.URL)
	if host == "" {
		return nil, 0, fmt.Errorf("turn for %q: %w", ask.URL, weburl.ErrInvalid)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(g.stopped, cancel)()
	turn, wait, err = g.take(ctx, host, ask)
	switch {
	case g.stopped.Err() != nil && errors.Is(err, context.Canceled):
		wait, err = time.Second, nil
	case err != nil:
		err = fmt.Errorf("turn at %s: %w", host, err)
	}
	if err == nil {
		g.metrics.turn(rank(ask.Class), turn != nil)
	}
	return turn, wait, err
}

func (g *Gate) take(ctx context.Context, host string, ask Ask) (*Turn, time.Duration, error) {
	select {
	case <-g.lines.known:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	t := &Turn{gate: g, key: key(kindSite, weburl.Site(host)), holder: rand.Text()[:13], place: place{rank(ask.Class), ask.Again, max(g.cfg.Pause, ask.Pause)}}
	patience := defaultPatience
	if ask.Patience > 0 {
		patience = ask.Patience
	}
	until := time.Now().Add(patience)
	// The site first, since it is what mostly has to be waited for, and that without a worker.
	if wait, err := g.inLine(ctx, t.key, t.place, until, nil); wait > 0 || err != nil {
		return nil, wait, err
	}
	if err := g.admit(ctx, t.place.class); err != nil {
		return nil, 0, err
	}
	wait, err := g.passAddress(ctx, host, t.place, until)
	t.place.again = true // its turn had come, whoever lined up since
	if wait == 0 && err == nil {
		wait, err = g.inLine(ctx, t.key, t.place, until, func(s *state, now time.Time) {
			t.began = now
			s.begin(t.place, t.holder, now, now.Add(g.cfg.Timeout+leaseMargin))
		})
	}
	if wait > 0 || err != nil {
		g.paces[t.place.class].giveBack()
		g.workers.release(t.place.class)
		return nil, wait, err
	}
	return t, 0, nil
}

// admit waits for this process: for its rate, then for a worker.
func (g *Gate) admit(ctx context.Context, class int) error {
	if err := g.paces[class].wait(ctx); err != nil {
		return err
	}
	if err := g.workers.acquire(ctx, class); err != nil {
		g.paces[class].giveBack()
		return err
	}
	return nil
}

// passAddress takes a request from the budget of a host's address.
func (g *Gate) passAddress(ctx context.Context, host string, p place, until time.Time) (wait time.Duration, err error) {
	p.pause = perSecond(g.cfg.AddressRate)
	if p.pause == 0 {
		return 0, nil
	}
	var addrs []netip.Addr
	if a, ok := literal(host); ok {
		addrs = []netip.Addr{a}
	} else {
		resolving, cancel := context.WithTimeout(ctx, resolveTimeout)
		addrs, err = g.cfg.Resolve(resolving, host)
		cancel()
		if err != nil || len(addrs) == 0 { // the request will fail in the same way, and say why
			return 0, ctx.Err()
		}
	}
	return g.inLine(ctx, key(kindAddress, machine(addrs)), p, until, func(s *state, now time.Time) {
		s.begin(p, "", now, now) // counts from start to start
	})
}

// inLine waits, as long as patience lasts, for the turn at a key to come; then take, if any, is written to it. It returns
// zero, or the time to the slot that was given out instead.
func (g *Gate) inLine(ctx context.Context, key string, p place, patience time.Time, take func(*state, time.Time)) (wait time.Duration, err error) {
	for {
		changed := g.lines.get(key).changed()
		var soon time.Time // to look again
		err := g.change(ctx, key, func(s *state, now time.Time) (write bool) {
			wait, soon = 0, time.Time{}
			at, busy := s.turn(p, now), s.busy(now)
			switch {
			case !busy && !at.After(now):
				if take != nil {
					take(s, now)
				}
				return take != nil
			case now.Before(patience) && !at.After(patience):
				if soon = at; busy { // which may be over at any time
					soon = patience
				}
				return false
			}
			wait = max(s.reserve(p, now).Sub(now), time.Millisecond)
			return true
		})
		if err != nil {
			return 0, err
		}
		if soon.IsZero() {
			return wait, nil
		}
		timer := time.NewTimer(time.Until(soon))
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
}

// change has f change what is known of a key, and again on what another replica made of it meanwhile, until it is written
// or f has nothing to write.
func (g *Gate) change(ctx context.Context, key string, f func(s *state, now time.Time) (write bool)) error {
	l := g.lines.get(key)
	select {
	case l.writing <- struct{}{}: // those of this process need not meet in the bucket
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.writing }()
	for {
		s, revision := l.load()
		now := time.Now()
		if !f(&s, now) {
			return nil
		}
		revision, err := g.update(ctx, key, s.encode(now), revision)
		switch {
		case err == nil:
			l.store(s, revision)
			return nil
		case !errors.Is(err, queue.ErrConflict):
			return err
		}
		g.metrics.conflicts.Inc()
		if err := g.reload(ctx, l, key); err != nil {
			return err
		}
	}
}

// update writes, and sees it through: whoever stops waiting meanwhile still has to know whether it has the turn.
func (g *Gate) update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	return g.bucket.Update(ctx, key, value, revision)
}

func (g *Gate) reload(ctx context.Context, l *line, key string) error {
	b, revision, err := g.bucket.Get(ctx, key)
	switch {
	case errors.Is(err, queue.ErrNotFound): // so old that it was removed
		l.reset()
		return nil
	case err != nil:
		return err
	}
	s, err := decode(b, time.Now())
	if err == nil {
		l.store(s, revision)
	}
	return err
}

// Turn is the right to make one request, now.
type Turn struct {
	gate   *Gate
	key    string
	holder string
	place  place
	began  time.Time
}

// Done ends the turn: the request is over, with this status, or 0 where no answer came, and this Retry-After, or 0. It
// returns when other replicas can know, or when their lease on the turn has run out.
func (t *Turn) Done(ctx context.Context, status int, retryAfter time.Duration) {
	g, ended := t.gate, time.Now()
	g.workers.release(t.place.class)
	g.metrics.answer(status, retryAfter)
	ctx, cancel := context.WithDeadline(ctx, t.began.Add(g.cfg.Timeout+leaseMargin))
	defer cancel()
	for {
		err := g.change(ctx, t.key, func(s *state, _ time.Time) bool {
			if s.holder != t.holder { // it is written, though the acknowledgement was lost
				return false
			}
			s.end(t.place, t.began, ended, status, retryAfter)
			return true
		})
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			slog.Warn("end of a request is not known to other replicas, they wait until it must be over", "key", t.key, "error", err)
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// overloaded tells of an answer that asks for fewer requests.
func overloaded(status int) bool { return httprules.Judge(status) == httprules.VerdictBackOff }
