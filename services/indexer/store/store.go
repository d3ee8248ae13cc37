// Package store is the record: every article with its revisions, the change feed, and how each journey through the
// pipeline ended. All of it is one bbolt file, written by one transaction a batch, so that an article, its row in the
// change feed and its journey are there together or not at all.
//
// The store knows nothing of queues or of search. Projections read its change feed and keep a cursor of their own.
package store

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// FileName is the name of the store's file in the data directory.
const FileName = "indexer.db"

// layout is the version of the buckets and rows below; a file of another version is refused.
const layout = 1

// lockTimeout is how long Open waits for another process to let go of the file.
const lockTimeout = time.Second

// mapSize is address space, not memory: bbolt must wait for all readers whenever it has to map more, so it maps plenty.
const mapSize = 1 << 30

// Errors that callers decide by.
var (
	ErrNotFound = errors.New("not in the record")
	ErrInUse    = errors.New("in use by another process")
	ErrClosed   = errors.New("store is closed")
)

// The buckets. Sequence numbers and times are big endian, ids are the 16 bytes that their 32 hex digits stand for.
var (
	bucketMeta        = []byte("meta")         // layout, store id, number of articles
	bucketChanges     = []byte("changes")      // seq -> article.Event as JSON
	bucketRecords     = []byte("records")      // seq -> Record as JSON, zstd
	bucketIDs         = []byte("ids")          // article id -> seq of the latest revision
	bucketVersions    = []byte("versions")     // article id, fingerprint -> seq
	bucketListing     = []byte("listing")      // source or nothing, 0, seq -> article id; only latest revisions
	bucketJourneys    = []byte("journeys")     // origin -> Journey as JSON
	bucketByArticle   = []byte("journeys_id")  // article id, time, origin
	bucketByURL       = []byte("journeys_url") // hash of the URL's key, time, origin
	bucketCheckpoints = []byte("checkpoints")  // projection's name, 0, seq -> time
	buckets           = [][]byte{
		bucketMeta, bucketChanges, bucketRecords, bucketIDs, bucketVersions, bucketListing, bucketJourneys, bucketByArticle, bucketByURL, bucketCheckpoints,
		bucketAddresses, bucketClaims, bucketSeparate, bucketBodies, bucketRepeated, bucketMerges, bucketMergesOf, bucketKept, bucketByHand,
		bucketAwaited,
	}
)

var (
	metaLayout   = []byte("layout")
	metaID       = []byte("id")
	metaArticles = []byte("articles")
)

// Store is the open record. Its methods may be called from many goroutines; writes take turns.
type Store struct {
	db   *bbolt.DB
	id   string
	last atomic.Uint64

	grouped, joined, compared atomic.Uint64 // since Open

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each change

	closeOnce sync.Once
	closed    chan struct{}
}

// Open opens the record in a data directory and creates both where they are missing. A directory that another process
// has open gives an error that wraps ErrInUse and names the directory.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	path := filepath.Join(dir, FileName)
	opts := &bbolt.Options{Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType}
	if runtime.GOOS != "windows" { // where a mapping makes the file as large at once
		opts.InitialMmapSize = mapSize
	}
	var db *bbolt.DB
	err := survive(func() (err error) { db, err = bbolt.Open(path, 0o640, opts); return err })
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open store: data directory %s is %w", dir, ErrInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s := &Store{db: db, changed: make(chan struct{}), closed: make(chan struct{})}
	if err := survive(func() error { return errors.Join(s.prepare(), s.prepareQueries()) }); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), db.Close())
	}
	return s, nil
}

func (s *Store) prepare() error {
	var fresh, incomplete bool
	err := s.db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if fresh = meta == nil; fresh {
			return nil
		}
		if v := number(meta.Get(metaLayout)); v != layout {
			return fmt.Errorf("layout version %d; this Dateline reads version %d", v, layout)
		}
		s.id = string(meta.Get(metaID))
		s.last.Store(tx.Bucket(bucketRecords).Sequence())
		incomplete = slices.ContainsFunc(buckets, func(name []byte) bool { return tx.Bucket(name) == nil })
		return nil
	})
	if err != nil {
		return err
	}
	if incomplete { // an older Dateline's
		if err := s.db.Update(s.modernise); err != nil {
			return err
		}
	}
	if !fresh {
		return errors.Join(s.prepareGroups(), s.prepareKeeping())
	}
	s.id = rand.Text()
	return s.db.Update(func(tx *bbolt.Tx) error {
		if err := complete(tx); err != nil {
			return err
		}
		for _, name := range slices.Concat(groupBuckets, [][]byte{bucketApart}, keepingBuckets) {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		return errors.Join(meta.Put(metaLayout, key(layout)), meta.Put(metaID, []byte(s.id)), meta.Put(metaGrouping, key(grouping)))
	})
}

var errDamaged = errors.New("the file is damaged")

// survive makes an error of bbolt's panics, with which it meets damaged pages.
func survive(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return f()
}

// complete makes the buckets that a store of an older Dateline lacks.
func complete(tx *bbolt.Tx) error {
	for _, name := range buckets {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

// modernise makes ready what an older Dateline wrote.
func (s *Store) modernise(tx *bbolt.Tx) error {
	if tx.Bucket(bucketAddresses) == nil {
		if err := tx.Bucket(bucketMeta).Put(metaUntil, key(s.LastSeq())); err != nil {
			return err
		}
	}
	return complete(tx)
}

// Close waits for the transactions under way, ends all waits, and lets go of the file.
func (s *Store) Close() error {
	s.closeOnce.Do(func() { close(s.closed) })
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// ID names this record for good. A projection that was made from another one has another id beside its cursor.
func (s *Store) ID() string { return s.id }

// LastSeq is the sequence number of the newest change, zero in an empty record.
func (s *Store) LastSeq() uint64 { return s.last.Load() }

// advance makes a committed sequence number known, and wakes those who wait for it.
func (s *Store) advance(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq <= s.last.Load() {
		return
	}
	s.last.Store(seq)
	close(s.changed)
	s.changed = make(chan struct{})
}

// worked adds what a committed transaction did.
func (s *Store) worked(w work) {
	s.grouped.Add(w.grouped)
	s.joined.Add(w.joined)
	s.compared.Add(w.compared)
}

// Stats is what the store holds.
type Stats struct {
	Bytes    int64  // of the file
	Articles uint64 // each counted once, however many revisions it has
	LastSeq  uint64 // which is also the number of changes

	Grouped    uint64 // sequence number up to which near-duplicates are grouped: LastSeq, but for a store of before
	Groups     uint64 // of near-duplicates, with at least two members
	Duplicates uint64 // articles in those groups

	// Since the store was opened.
	GroupedNow  uint64 // revisions that were grouped
	JoinedNow   uint64 // of them, into a group that was there
	ComparedNow uint64 // pairs of texts that were compared for it

	Audited uint64 // lines of the audit log
	Holds   uint64 // articles on legal hold
}

// Stats measures the store. It is cheap enough for a metrics scrape.
func (s *Store) Stats() (Stats, error) {
	var st Stats
	err := s.view(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		st = Stats{
			Bytes: tx.Size(), Articles: number(meta.Get(metaArticles)), LastSeq: tx.Bucket(bucketRecords).Sequence(),
			Grouped: number(meta.Get(metaGrouped)), Groups: number(meta.Get(metaPlural)), Duplicates: number(meta.Get(metaMembers)),
			Audited: tx.Bucket(bucketAudit).Sequence(),
		}
		return tx.Bucket(bucketHolds).ForEach(func(_, _ []byte) error { st.Holds++; return nil })
	})
	st.GroupedNow, st.JoinedNow, st.ComparedNow = s.grouped.Load(), s.joined.Load(), s.compared.Load()
	if err != nil {
		return Stats{}, fmt.Errorf("store stats: %w", err)
	}
	if info, err := os.Stat(s.db.Path()); err == nil {
		st.Bytes = info.Size()
	}
	return st, nil
}

func (s *Store) view(f func(*bbolt.Tx) error) error { return closedError(s.db.View(f)) }

func (s *Store) update(f func(*bbolt.Tx) error) error { return closedError(s.db.Update(f)) }

func closedError(err error) error {
	if errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

// key is a sequence number as a key: big endian, so that keys sort as numbers do.
func key(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// number reads what key writes; a missing row is zero.
func number(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// prefixed joins a name, a zero byte and a sequence number: rows of one name sort together, by number.
func prefixed(name string, seq uint64) []byte {
	b := make([]byte, 0, len(name)+9)
	b = append(b, name...)
	b = append(b, 0)
	return binary.BigEndian.AppendUint64(b, seq)
}

// newest is past every sequence number.
const newest = math.MaxUint64

func putJSON(b *bbolt.Bucket, key []byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.Put(key, data)
}
