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
	silence = 5 // beats without a word of a member: it is dead
	deaf    = 2 // beats without a word of one's own
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
// all members share the data directory. It has an id, so that a member that does not share it is found out, and so has each
// partition's store, so that one that was lost is not begun anew by itself.
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
	held    map[int]*holding
	settled bool // desired has been found out
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
	silent   int // beats since
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
	if err := r.checkDirectory(ctx); err != nil {
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
	adm.Check("indexer alerts", r.checkEach(func(x *indexer, ctx context.Context) error { return x.alerts.Check(ctx) }))
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
	watching, stopWatching := context.WithCancel(base)
	var watch sync.WaitGroup
	defer watch.Wait()
	defer stopWatching()
	watch.Go(func() { r.watch(watching) })
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for working.Err() == nil {
		r.announce(base)
		if r.look() {
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

// watch follows what the members say until ctx ends.
func (r *replica) watch(ctx context.Context) {
	for {
		err := r.members.Follow(ctx, func() {}, r.see)
		if ctx.Err() != nil {
			return
		}
		r.log.Warn("other indexers cannot be seen", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(beat):
		}
	}
}

// see notes what a member says.
func (r *replica) see(e queue.Entry) {
	s := sighting{revision: e.Revision}
	if e.Value != nil {
		if err := json.Unmarshal(e.Value, &s.member); err != nil {
			r.log.Warn("what an indexer says of itself cannot be read", "member", e.Key, "error", err)
			return
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Value == nil {
		delete(r.seen, e.Key)
		return
	}
	r.seen[e.Key] = &s
}

// look counts the members' silence. Who does not hear itself hears nobody: then it reports false, and all stays as it is.
func (r *replica) look() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	own := r.seen[r.self]
	if own == nil {
		return false
	}
	if own.silent++; own.silent > deaf {
		return false
	}
	for key, s := range r.seen {
		if key == r.self {
			continue
		}
		if s.silent++; time.Duration(s.silent)*beat > queue.MemberAge {
			delete(r.seen, key)
		}
	}
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
	r.settled, r.desired = true, r.desired[:0]
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
	x, err := open(r.cfg, p, p.dir(r.cfg.DataDir), r.q, "http://"+r.known, reg, log)
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

// checkDirectory makes sure that the data directory is the one that the members share.
func (r *replica) checkDirectory(ctx context.Context) error {
	id, err := directoryID(r.cfg.DataDir)
	if err != nil {
		return fmt.Errorf("--data %s: %w", r.cfg.DataDir, err)
	}
	theirs, err := r.settle(ctx, "directory", []byte(id))
	if err != nil {
		return err
	}
	if id != string(theirs) {
		return fmt.Errorf("--data %s is not the directory of the record's partitions, which all indexers have to share: it is %s, theirs is %s", r.cfg.DataDir, id, theirs)
	}
	return nil
}

// checkStore makes sure that a partition's store is the one that it was when it was opened first, or was restored from a backup
// of it.
func (r *replica) checkStore(ctx context.Context, n int, st *store.Store) error {
	key := fmt.Sprintf("store.%d", n)
	id, err := r.settle(ctx, key, []byte(st.ID()))
	if err != nil {
		return err
	}
	restored, err := st.Restored()
	if err != nil {
		return err
	}
	if restored != nil && restored.From == string(id) {
		_, revision, err := r.divided.Get(ctx, key)
		if err == nil {
			_, err = r.divided.Update(ctx, key, []byte(st.ID()), revision)
		}
		return err
	}
	if !bytes.Equal(id, []byte(st.ID())) {
		return fmt.Errorf("its record was %s, and the one in %s is %s: bring the lost one back from a backup, or see \"Partitions\" in docs/OPERATIONS.md",
			id, part{n, r.parts}.dir(r.cfg.DataDir), st.ID())
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
	if own := r.seen[r.self]; own == nil || own.silent > deaf || !r.settled {
		return errors.New("the other indexers cannot be seen")
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
