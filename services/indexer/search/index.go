// Package search is the full-text index: a projection of the store's change feed that can always be made again.
//
// The index keeps the cursor of the feed that it has taken in, the id of the store and the version of its mapping as
// part of itself. It is made anew from the record when it is missing, does not open, is of another mapping or of another
// store, or is ahead of its store.
package search

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"dateline/services/indexer/store"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/prometheus/client_golang/prometheus"
)

// DirName is the name of the index in the data directory.
const DirName = "search.bleve"

// Projection is the name of the index's checkpoints in the store.
const Projection = "search"

// What the index keeps beside its documents.
var (
	keyCursor  = []byte("dateline/cursor")
	keyStore   = []byte("dateline/store")
	keyMapping = []byte("dateline/mapping")
)

// maxSilence is how long the projector may be behind without progress and still count as alive.
const maxSilence = 30 * time.Second

// Index is the open index. Searches may run beside the projector and beside a rebuild.
type Index struct {
	store   *store.Store
	dir     string
	log     *slog.Logger
	metrics *metrics

	again   chan struct{} // a rebuild is asked for
	checked uint64        // the last checkpoint in the store; the projector's

	mu  sync.RWMutex // held for writing while one index replaces another
	cur *generation

	rebuilding atomic.Bool
	progress   atomic.Int64 // UnixNano of the last batch, or of having nothing to do

	errMu sync.Mutex
	err   error // of the last attempt at a batch
}

// generation is one index on disk. Only the projector moves its cursor.
type generation struct {
	bleve.Index
	cursor  atomic.Uint64
	columns columns

	mu    sync.Mutex
	shown *view
}

// Open opens the index in the data directory, or begins a new one where there is none that fits the store. It fills when
// Run runs. Close must not be called before Run has returned.
func Open(st *store.Store, dataDir string, reg prometheus.Registerer, log *slog.Logger) (*Index, error) {
	x := &Index{store: st, dir: filepath.Join(dataDir, DirName), log: log, again: make(chan struct{}, 1)}
	err := os.RemoveAll(x.rebuildDir()) // that a crash left half done
	if err != nil {
		return nil, fmt.Errorf("open search index: %w", err)
	}
	g, why := x.open(x.dir)
	if why != nil {
		if !errors.Is(why, fs.ErrNotExist) || st.LastSeq() > 0 {
			log.Warn("search index is made anew from the record", "reason", why, "records", st.LastSeq())
		}
		if g, err = x.create(x.dir); err != nil {
			return nil, fmt.Errorf("open search index: %w", err)
		}
	}
	x.cur = g
	if x.checked, err = st.LastCheckpoint(Projection); err != nil {
		return nil, errors.Join(fmt.Errorf("open search index: %w", err), g.Close())
	}
	x.progress.Store(time.Now().UnixNano())
	x.metrics = newMetrics(reg, x)
	return x, nil
}

func (x *Index) rebuildDir() string { return x.dir + ".new" }

// open opens an index that fits the store; otherwise it says why there is none.
func (x *Index) open(dir string) (g *generation, why error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	// A damaged file can lead bleve out of its bounds, and a truncated one out of its mapping, which is a fault.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			g, why = nil, fmt.Errorf("opening it panicked: %v", r)
		}
	}()
	idx, err := bleve.OpenUsing(dir, indexConfig())
	if err != nil {
		return nil, err
	}
	g = &generation{Index: idx}
	if why = x.examine(g); why == nil {
		why = g.show()
	}
	if why != nil {
		return nil, errors.Join(why, idx.Close())
	}
	return g, nil
}

// examine tells why an index does not fit the store, and reads its cursor.
func (x *Index) examine(g *generation) error {
	get := func(key []byte) string {
		v, _ := g.GetInternal(key)
		return string(v)
	}
	if v := get(keyMapping); v != mappingVersion {
		return fmt.Errorf("it has mapping version %q, this Dateline has %q", v, mappingVersion)
	}
	if get(keyStore) != x.store.ID() {
		return errors.New("it was made from another record")
	}
	cursor, last := decodeCursor(get(keyCursor)), x.store.LastSeq()
	if cursor > last {
		return fmt.Errorf("it has taken in change %d, the record's last is %d", cursor, last)
	}
	documents, err := g.DocCount()
	if err != nil {
		return err
	}
	if cursor == last {
		st, err := x.store.Stats()
		if err != nil {
			return err
		}
		if documents != st.Articles {
			return fmt.Errorf("it holds %d documents of %d articles", documents, st.Articles)
		}
	}
	g.cursor.Store(cursor)
	return nil
}

// create begins an empty index, in place of whatever is there.
func (x *Index) create(dir string) (*generation, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	m, err := newMapping()
	if err != nil {
		return nil, err
	}
	idx, err := bleve.NewUsing(dir, m, scorch.Name, scorch.Name, indexConfig())
	if err != nil {
		return nil, err
	}
	b := idx.NewBatch()
	b.SetInternal(keyMapping, []byte(mappingVersion))
	b.SetInternal(keyStore, []byte(x.store.ID()))
	b.SetInternal(keyCursor, encodeCursor(0))
	if err := idx.Batch(b); err != nil {
		return nil, errors.Join(err, idx.Close())
	}
	g := &generation{Index: idx}
	if err := g.show(); err != nil {
		return nil, errors.Join(err, idx.Close())
	}
	return g, nil
}

// indexConfig leaves scorch's batches synchronous. Persisting in the background ("unsafe_batch") would lose nothing either,
// because the cursor is part of the same snapshot as the documents and goes back with them; but it measured no faster in
// batches, hides a full disk from the projector, and lets memory grow while the disk is slow. Fewer segments than scorch
// has by default make the index 6 percent smaller and searches faster.
func indexConfig() map[string]any {
	return map[string]any{"bolt_timeout": "1s", "scorchMergePlanOptions": map[string]any{"maxSegmentsPerTier": 4}}
}

// Cursor is the sequence number up to which changes are searchable.
func (x *Index) Cursor() uint64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.cur.cursor.Load()
}

// Rebuilding reports whether the index is being made anew beside the one that is searched, or is about to be.
func (x *Index) Rebuilding() bool { return x.rebuilding.Load() }

// Stats is what the index holds.
type Stats struct {
	Documents uint64
	Bytes     int64 // on disk
}

// Stats measures the index.
func (x *Index) Stats() (Stats, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, err := x.cur.DocCount()
	if err != nil {
		return Stats{}, fmt.Errorf("search index stats: %w", err)
	}
	st := Stats{Documents: n}
	err = filepath.WalkDir(x.dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a merge removes files meanwhile
		}
		if info, err := d.Info(); err == nil {
			st.Bytes += info.Size()
		}
		return nil
	})
	if err != nil {
		return Stats{}, fmt.Errorf("search index stats: %w", err)
	}
	return st, nil
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
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.cur.Close(); err != nil {
		return fmt.Errorf("close search index: %w", err)
	}
	return nil
}

func encodeCursor(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func decodeCursor(s string) uint64 {
	if len(s) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64([]byte(s))
}
