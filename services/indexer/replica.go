package indexer

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/queue"
	"dateline/services/indexer/api"
	"dateline/services/indexer/store"

	"golang.org/x/sync/errgroup"
)

// How members tell that they live.
const (
	beat    = time.Second
	silence = 5 // looks, a beat apart, that find nothing new of a member: it is dead
	ask     = 2 * time.Second
)

// drainTimeout is how long requests to a partition may go on after it has been told to stop.
const drainTimeout = 10 * time.Second

// replica is one of the indexers that share a record in partitions.
//
//	bucket MEMBERS: each member's address, and what it has open
//	      |
//	   owners: a pure function of the members --> open what is ours, let go of what is not
//	                                                   |
//	                                  the lock on the partition's file, which one process has
//
// Members agree on owners only by and by, as they see each other come and go. It is the lock, and nobody's clock, that keeps
// a partition from being open twice: it is let go of by closing the file, or by the system when the process dies. For that,
// all members share the data directory. So that one which does not is found out, the partition's store is noted at its first
// opening.
type replica struct {
	cfg     Config
	q       *queue.Queue
	log     *slog.Logger
	metrics *replicaMetrics
	shown   *partitionMetrics
	parts   int
	self    string // names this process among the members
	own     string // address at which this process reaches itself
	known   string // address at which others do
	members *queue.Bucket
	divided *queue.Bucket
	changed chan struct{} // what is open has changed

	mu      sync.Mutex
	seen    map[string]*sighting
	looked  bool // the members have been read at least once
	held    map[int]*holding
	desired []int
	leaving bool
}

// member is what a member says of itself.
type member struct {
	Address string `json:"address"`
	Open    []int  `json:"open"`
	Leaving bool   `json:"leaving,omitempty"` // it closes what it has open, and takes nothing
}

// sighting is what was last seen of a member.
type sighting struct {
	member
	revision uint64
	silent   int // looks since that was new
}

// holding is a partition that this replica has, or is about to have, open.
type holding struct {
	stop  context.CancelFunc
	x     *indexer       // nil until it is open, and again when it closes
	asked sync.WaitGroup // requests under way
}

// runReplica works until ctx ends, then lets go of all partitions and returns nil.
func runReplica(ctx context.Context, cfg Config, q *queue.Queue, adm *admin.Server, m *replicaMetrics, log *slog.Logger) (err error) {
	r := &replica{
		cfg: cfg, q: q, log: log, metrics: m, shown: newPartitionMetrics(), parts: q.Partitions(), self: rand.Text(),
		changed: make(chan struct{}, 1), seen: map[string]*sighting{}, held: map[int]*holding{},
	}
	adm.Registry.MustRegister(r.shown)
	if r.members, err = q.Bucket(ctx, queue.Members); err != nil {
		return err
	}
	if r.divided, err = q.Bucket(ctx, queue.Divided); err != nil {
		return err
	}
	secret, err := r.settle(ctx, "secret", []byte(rand.Text()+rand.Text()))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.APIAddr)
	if err != nil {
		return fmt.Errorf("--api-addr: %w", err)
	}
	if r.own, r.known, err = addresses(listener.Addr(), cfg.Advertise); err != nil {
		return errors.Join(err, listener.Close())
	}
	gateway := api.NewGateway(api.GatewayConfig{Partitions: r.parts, Secret: secret, Here: r.here, At: r.at}, adm.Registry, log)
	adm.Check("indexer partitions", r.checkOpen)
	adm.Check("indexer store", r.checkEach((*indexer).checkStore))
	adm.Check("indexer search", r.checkEach(func(x *indexer, ctx context.Context) error { return x.index.Check(ctx) }))

	// The API answers as long as partitions are still being closed: others have them open by then.
	base, stopBase := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBase()
	ctx, fail := context.WithCancel(ctx)
	defer fail()
	var support errgroup.Group
	support.Go(func() error {
		defer fail()
		return gateway.Serve(base, listener)
	})
	log.Info("indexer runs", "api", listener.Addr().String(), "known_as", r.known, "data", cfg.DataDir, "partitions", r.parts, "member", r.self)
	err = r.share(ctx)
	stopBase()
	return errors.Join(err, support.Wait())
}

// addresses are those at which a listener is reached by its own process and by others.
func addresses(l net.Addr, advertise string) (own, known string, err error) {
	host, port, err := net.SplitHostPort(l.String())
	if err != nil {
		return "", "", fmt.Errorf("--api-addr: %w", err)
	}
	own, known = l.String(), l.String()
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		own = net.JoinHostPort("localhost", port)
		name, err := os.Hostname()
		if err != nil && advertise == "" {
			return "", "", fmt.Errorf("--api-advertise is needed: %w", err)
		}
		known = net.JoinHostPort(name, port)
	}
	if advertise != "" {
		known = advertise
	}
	return own, known, nil
}

// settle has a key of what is settled for good hold a value, or returns the one that it has.
func (r *replica) settle(ctx context.Context, key string, value []byte) ([]byte, error) {
	_, err := r.divided.Update(ctx, key, value, 0)
	if errors.Is(err, queue.ErrConflict) {
		value, _, err = r.divided.Get(ctx, key)
	}
	return value, err
}

// share takes part until ctx ends, and then until everything is closed. It fails where a partition does.
func (r *replica) share(ctx context.Context) error {
	work, working := errgroup.WithContext(ctx)
	base := context.WithoutCancel(ctx)
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for working.Err() == nil {
		r.announce(base)
		if r.look(base) {
			r.take(working, work)
		}
		for more := true; more; {
			select {
			case <-working.Done():
				more = false
			case <-tick.C:
				more = false
			case <-r.changed:
				r.announce(base)
			}
		}
	}
	r.mu.Lock()
	r.leaving = true
	r.mu.Unlock()
	closed := make(chan error, 1)
	go func() { closed <- work.Wait() }()
	for {
		r.announce(base)
		select {
		case err := <-closed:
			octx, cancel := context.WithTimeout(base, ask)
			defer cancel()
			if derr := r.members.Delete(octx, r.self); derr != nil { // it goes by age
				r.log.Warn("member is not taken off the list", "error", derr)
			}
			return err
		case <-tick.C:
		case <-r.changed:
		}
	}
}

// announce tells the others of this member. What does not get through is told again at the next beat.
func (r *replica) announce(ctx context.Context) {
	r.mu.Lock()
	m := member{Address: r.known, Open: []int{}, Leaving: r.leaving}
	for n, h := range r.held {
		if h.x != nil {
			m.Open = append(m.Open, n)
		}
	}
	r.mu.Unlock()
	slices.Sort(m.Open)
	b, err := json.Marshal(m)
	if err != nil { // strings and numbers
		panic(err)
	}
	ctx, cancel := context.WithTimeout(ctx, ask)
	defer cancel()
	if _, err := r.members.Put(ctx, r.self, b); err != nil {
		r.log.Warn("other indexers are not told that this one lives", "error", err)
	}
}

// look reads what the members say. It reports false where that was not possible: then everything stays as it is.
func (r *replica) look(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, ask)
	defer cancel()
	keys, err := r.members.Keys(ctx)
	if err != nil {
		r.log.Warn("other indexers cannot be seen", "error", err)
		return false
	}
	now := make(map[string]sighting, len(keys))
	for _, key := range keys {
		value, revision, err := r.members.Get(ctx, key)
		if errors.Is(err, queue.ErrNotFound) {
			continue
		}
		s := sighting{revision: revision}
		if err == nil {
			err = json.Unmarshal(value, &s.member)
		}
		if err != nil {
			r.log.Warn("other indexers cannot be seen", "member", key, "error", err)
			return false
		}
		now[key] = s
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, s := range now {
		if was := r.seen[key]; was != nil && was.revision == s.revision {
			s.silent = was.silent + 1
		}
		r.seen[key] = &s
	}
	for key := range r.seen {
		if _, ok := now[key]; !ok {
			delete(r.seen, key)
		}
	}
	r.looked = true
	return true
}

// take opens what this member is to have, and lets go of what another one is to have.
func (r *replica) take(ctx context.Context, work *errgroup.Group) {
	r.mu.Lock()
	defer r.mu.Unlock()
	takers := []string{r.self}
	for key, s := range r.seen {
		if key != r.self && s.silent < silence && !s.Leaving {
			takers = append(takers, key)
		}
	}
	slices.Sort(takers)
	r.metrics.members.Set(float64(len(takers)))
	r.desired = r.desired[:0]
	for n, owner := range owners(r.parts, takers) {
		h := r.held[n]
		if owner != r.self {
			if h != nil {
				h.stop()
			}
			continue
		}
		r.desired = append(r.desired, n)
		if h == nil {
			hctx, stop := context.WithCancel(ctx)
			h = &holding{stop: stop}
			r.held[n] = h
			work.Go(func() error {
				defer stop()
				return r.hold(hctx, n, h)
			})
		}
	}
}

// hold has a partition open until ctx ends. Where another process still has it open, it comes to nothing, and is tried again
// at the next beat.
func (r *replica) hold(ctx context.Context, n int, h *holding) (err error) {
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.held, n)
		if err != nil {
			err = fmt.Errorf("partition %d: %w", n, err)
		}
	}()
	p := part{n, r.parts}
	log := r.log.With("partition", n)
	reg, forget := r.shown.add(n)
	defer forget()
	x, err := open(p, p.dir(r.cfg.DataDir), reg, log)
	if errors.Is(err, store.ErrInUse) {
		log.Debug("partition is still open elsewhere", "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.close()) }()
	if err := r.checkStore(ctx, n, x.store); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	r.opened(h, x)
	log.Info("partition is opened", "records", x.store.LastSeq())
	err = x.run(ctx, r.cfg, r.q, func(ctx context.Context) error {
		<-ctx.Done()
		r.closing(h, x)
		return nil
	})
	log.Info("partition is closed", "records", x.store.LastSeq())
	return err
}

// opened makes a partition known.
func (r *replica) opened(h *holding, x *indexer) {
	r.mu.Lock()
	h.x = x
	r.mu.Unlock()
	r.metrics.open.Inc()
	r.metrics.moves.WithLabelValues(moveOpened).Inc()
	r.tell()
}

// closing takes no more requests to a partition, and waits for those under way.
func (r *replica) closing(h *holding, x *indexer) {
	r.mu.Lock()
	h.x = nil
	r.mu.Unlock()
	x.api.Stop()
	drained := make(chan struct{})
	go func() { h.asked.Wait(); close(drained) }()
	select {
	case <-drained:
	case <-time.After(drainTimeout):
		x.log.Warn("partition closes with requests under way")
	}
	r.metrics.open.Dec()
	r.metrics.moves.WithLabelValues(moveClosed).Inc()
	r.tell()
}

// tell has announce called.
func (r *replica) tell() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// checkStore makes sure that a partition's store is the one that it was when it was opened first: two members that do not
// share the data directory would each have half of the articles.
func (r *replica) checkStore(ctx context.Context, n int, st *store.Store) error {
	key := fmt.Sprintf("store.%d", n)
	id, err := r.settle(ctx, key, []byte(st.ID()))
	if err != nil {
		return err
	}
	if !bytes.Equal(id, []byte(st.ID())) {
		return fmt.Errorf("the record that is this partition's is %s, and the one in %s is %s: all indexers have to share one data directory. "+
			"Where the record is lost for good, see \"Partitions\" in docs/OPERATIONS.md", id, part{n, r.parts}.dir(r.cfg.DataDir), st.ID())
	}
	return nil
}

// here is a partition's API, where it is open here.
func (r *replica) here(n int) (h http.Handler, release func(), ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	held := r.held[n]
	if held == nil || held.x == nil {
		return nil, nil, false
	}
	held.asked.Add(1)
	return held.x.api.Handler(), held.asked.Done, true
}

// at is the address of the member that has a partition open.
func (r *replica) at(n int) (addr string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.held[n]; h != nil && h.x != nil {
		return r.own, true
	}
	var latest uint64
	for key, s := range r.seen {
		if key != r.self && s.silent < silence && s.revision > latest && slices.Contains(s.Open, n) {
			addr, latest = s.Address, s.revision
		}
	}
	return addr, addr != ""
}

// checkOpen tells which partitions this member is to have and has not open.
func (r *replica) checkOpen(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.looked {
		return errors.New("the other indexers have not been seen yet")
	}
	var missing []string
	for _, n := range r.desired {
		if h := r.held[n]; h == nil || h.x == nil {
			missing = append(missing, fmt.Sprint(n))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("partition %s of %d not open yet", strings.Join(missing, ", "), r.parts)
	}
	return nil
}

// checkEach checks all open partitions.
func (r *replica) checkEach(check func(*indexer, context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		r.mu.Lock()
		var open []*indexer
		for _, h := range r.held {
			if h.x != nil {
				open = append(open, h.x)
			}
		}
		r.mu.Unlock()
		var errs []error
		for _, x := range open {
			if err := check(x, ctx); err != nil {
				errs = append(errs, fmt.Errorf("partition %d: %w", x.part.n, err))
			}
		}
		return errors.Join(errs...)
	}
}
