// Package search is the full-text index: a projection of the store's change feed that can always be made again.
//
// What a query is, what a page of hits is, and how an index follows the record is the same whatever keeps the index. That
// is a Backend: files of bleve's in the data directory (package bleve), or a server (package opensearch).
package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
)

// Projection is the name of the index's checkpoints in the store.
const Projection = "search"

// Version names how this Dateline reads texts for the index: under another one the same query may match otherwise. It has
// to grow with each change to what package analysis makes of a text, and to which fields hold what of an article; an index
// of another version is made anew.
const Version = "2"

// maxSilence is how long the projector may be behind without progress and still count as alive.
const maxSilence = 30 * time.Second

// Backend keeps an index. It is read beside being written, which one goroutine does.
type Backend interface {
	// Find answers a query, all of it from one state of the index.
	Find(ctx context.Context, q *Query, ask Ask) (*Found, error)
	// Records returns the records of matches, nil for those that were taken down after they were indexed.
	Records(ctx context.Context, matches []Match) ([]*store.Record, error)
	// Days counts all matches by day, and then all articles that pass the query's filters.
	Days(ctx context.Context, q *Query) ([2]Days, error)
	// Matching calls visit with the id of each article that matches, in no order, as the index has them at one moment, and
	// returns the last change that it had surely taken in then. Nothing is scored or sorted.
	Matching(ctx context.Context, q *Query, visit func(id string) error) (cursor uint64, err error)
	// Revisions calls visit with the id of each document and the number of the revision that it is of, in no order, as the index has
	// them at one moment, and returns the last change that it had surely taken in then.
	Revisions(ctx context.Context, visit func(id string, seq uint64) error) (cursor uint64, err error)
	// Searchable is the last change that a search sees. It may be a batch ahead of the current generation's cursor, which moves
	// after the batch is there.
	Searchable() (uint64, error)
	Stats(ctx context.Context) (Stats, error)

	// Current is the generation that is searched. The projector asks for it at each step, and so gets it once a server that
	// was away is back.
	Current(ctx context.Context) (Generation, error)
	// Anew has fill fill an empty generation, and puts it in the place of the current one. Where fill fails it is thrown away.
	Anew(ctx context.Context, fill func(Generation) error) error
	// Rest is called again and again while there is nothing to take in.
	Rest(ctx context.Context) error
	Close() error
}

// Ask is what is wanted of what a query matches.
type Ask struct {
	Best   int      // so many of the first matches, in the query's order
	After  [][]byte // by date: only those behind a match with this After
	Facets bool     // the query's facets, counted over all matches
}

// Found is what a query matches.
type Found struct {
	Total   uint64 // over all
	Matches []Match
	Facets  map[Facet]FacetCounts
}

// Generation is one index made from the record. Only the projector writes to it.
type Generation interface {
	// Cursor is the last change that can be searched.
	Cursor() uint64
	// Take takes in changes that follow the cursor. They can be searched when it returns, and again after a restart.
	Take(ctx context.Context, changes []store.Change) error
}

// ErrUnavailable tells that a backend elsewhere does not answer now. The record goes on without it.
var ErrUnavailable = errors.New("the search backend is not available")

// Index is the open index. Searches may run beside the projector and beside a rebuild.
type Index struct {
	store   *store.Store
	backend Backend
	log     *slog.Logger
	metrics *metrics

	again   chan struct{} // a rebuild is asked for
	checked uint64        // the last checkpoint in the store; the projector's

	cursor     atomic.Uint64 // of the current generation
	rebuilding atomic.Bool
	progress   atomic.Int64 // UnixNano of the last batch, or of having nothing to do

	errMu sync.Mutex
	err   error // of the last attempt at a batch
}

// New makes an index of a backend, which it closes. It fills when Run runs. Close must not be called before Run has returned.
func New(st *store.Store, b Backend, reg prometheus.Registerer, log *slog.Logger) (*Index, error) {
	x := &Index{store: st, backend: b, log: log, again: make(chan struct{}, 1)}
	var err error
	if x.checked, err = st.LastCheckpoint(Projection); err != nil {
		return nil, errors.Join(fmt.Errorf("open search index: %w", err), b.Close())
	}
	ctx, cancel := context.WithTimeout(context.Background(), statsTimeout)
	defer cancel()
	if g, err := b.Current(ctx); err == nil {
		x.cursor.Store(g.Cursor())
	} else {
		log.Warn("search index is not there yet; the record goes on without", "error", err)
		x.fail(err)
	}
	x.progress.Store(time.Now().UnixNano())
	x.metrics = newMetrics(reg, x)
	return x, nil
}

// Cursor is the sequence number up to which changes are searchable.
func (x *Index) Cursor() uint64 { return x.cursor.Load() }

// Rebuilding reports whether the index is being made anew beside the one that is searched, or is about to be.
func (x *Index) Rebuilding() bool { return x.rebuilding.Load() }

// Stats is what the index holds.
type Stats struct {
	Documents uint64
	Bytes     int64 // on disk
}

// statsTimeout is how long a backend elsewhere may take to tell what it holds.
const statsTimeout = 5 * time.Second

// Stats measures the index.
func (x *Index) Stats() (Stats, error) {
	ctx, cancel := context.WithTimeout(context.Background(), statsTimeout)
	defer cancel()
	st, err := x.backend.Stats(ctx)
	if err != nil {
		return Stats{}, fmt.Errorf("search index stats: %w", err)
	}
	return st, nil
}

// Matching calls visit with the id of each article that matches a query, in no order, as the index has them at one
// moment, and returns the last change that it had taken in then. Nothing is scored or sorted, so that it takes no memory
// for what it finds. An error of visit ends it.
func (x *Index) Matching(ctx context.Context, q *Query, visit func(id string) error) (cursor uint64, err error) {
	if cursor, err = x.backend.Matching(ctx, q, visit); err != nil {
		return 0, fmt.Errorf("match %q: %w", q.Text, err)
	}
	return cursor, nil
}

// Searchable is the last change that a search sees. It may be a batch ahead of Cursor, which is told of a batch after it
// is there.
func (x *Index) Searchable() (uint64, error) {
	at, err := x.backend.Searchable()
	if err != nil {
		return 0, fmt.Errorf("search index: %w", err)
	}
	return at, nil
}

// Check tells why new articles do not become searchable, or nil.
func (x *Index) Check(context.Context) error {
	x.errMu.Lock()
	err := x.err
	x.errMu.Unlock()
	if err != nil {
		return err
	}
	lag := x.store.LastSeq() - min(x.Cursor(), x.store.LastSeq())
	if silent := time.Since(time.Unix(0, x.progress.Load())); lag > 0 && silent > maxSilence {
		return fmt.Errorf("search index is %d changes behind and has made no progress for %s", lag, silent.Round(time.Second))
	}
	return nil
}

// Close writes out what is in memory and closes the index.
func (x *Index) Close() error {
	if err := x.backend.Close(); err != nil {
		return fmt.Errorf("close search index: %w", err)
	}
	return nil
}
