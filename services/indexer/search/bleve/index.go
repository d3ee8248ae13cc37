// Package bleve keeps the search index in the data directory, in files of bleve's.
//
// The index keeps the cursor of the feed that it has taken in, the id of the store and the version of its mapping as
// part of itself. It is made anew from the record when it is missing, does not open, is of another mapping or of another
// store, or is ahead of its store.
package bleve

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

	"dateline/services/indexer/search"
	"dateline/services/indexer/store"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/prometheus/client_golang/prometheus"
)

// DirName is the name of the index in the data directory.
const DirName = "search.bleve"

// What the index keeps beside its documents.
var (
	keyCursor  = []byte("dateline/cursor")
	keyStore   = []byte("dateline/store")
	keyMapping = []byte("dateline/mapping")
)

// backend is the open index.
type backend struct {
	store *store.Store
	dir   string

	mu  sync.RWMutex // held for writing while one index replaces another
	cur *generation
}

// generation is one index on disk. Only the projector moves its cursor.
type generation struct {
	bleve.Index
	dir     string
	cursor  atomic.Uint64
	columns columns // the projector's, as the next
	tidied  int     // segments after which old files were last removed

	mu    sync.Mutex
	shown *view
}

// Open opens the index in the data directory, or begins a new one where there is none that fits the store.
func Open(st *store.Store, dataDir string, reg prometheus.Registerer, log *slog.Logger) (*search.Index, error) {
	x := &backend{store: st, dir: filepath.Join(dataDir, DirName)}
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
	return search.New(st, x, reg, log)
}

func (x *backend) rebuildDir() string { return x.dir + ".new" }

// open opens an index that fits the store; otherwise it says why there is none.
func (x *backend) open(dir string) (g *generation, why error) {
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
	g = &generation{Index: idx, dir: dir}
	if why = x.examine(g); why == nil {
		why = g.show()
	}
	if why != nil {
		return nil, errors.Join(why, idx.Close())
	}
	return g, nil
}

// examine tells why an index does not fit the store, and reads its cursor.
func (x *backend) examine(g *generation) error {
	get := func(key []byte) string {
		v, _ := g.GetInternal(key)
		return string(v)
	}
	if v := get(keyMapping); v != version {
		return fmt.Errorf("it has mapping version %q, this Dateline has %q", v, version)
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
func (x *backend) create(dir string) (*generation, error) {
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
	b.SetInternal(keyMapping, []byte(version))
	b.SetInternal(keyStore, []byte(x.store.ID()))
	b.SetInternal(keyCursor, encodeCursor(0))
	if err := idx.Batch(b); err != nil {
		return nil, errors.Join(err, idx.Close())
	}
	g := &generation{Index: idx, dir: dir}
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

// Current is search.Backend's.
func (x *backend) Current(context.Context) (search.Generation, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.cur, nil
}

// Cursor is search.Generation's.
func (g *generation) Cursor() uint64 { return g.cursor.Load() }

// Stats is search.Backend's.
func (x *backend) Stats(context.Context) (search.Stats, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, err := x.cur.DocCount()
	if err != nil {
		return search.Stats{}, err
	}
	st := search.Stats{Documents: n}
	err = filepath.WalkDir(x.dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a merge removes files meanwhile
		}
		if info, err := d.Info(); err == nil {
			st.Bytes += info.Size()
		}
		return nil
	})
	return st, err
}

// Close writes out what is in memory and closes the index.
func (x *backend) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.cur.Close()
}

func encodeCursor(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func decodeCursor(s string) uint64 {
	if len(s) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64([]byte(s))
}
