package bleve

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"dateline/services/indexer/search"
	"dateline/services/indexer/store"

	index "github.com/blevesearch/bleve_index_api"
)

// Verify is search.Verify for the index of a data directory that no process has open. One that is missing or does not fit the
// record is a violation, too, though a harmless one: it is made anew when the indexer runs.
func Verify(ctx context.Context, st *store.Store, dataDir string, report func(store.Violation)) (err error) {
	x := &backend{store: st, dir: filepath.Join(dataDir, DirName)}
	g, why := x.open(x.dir)
	if why != nil {
		report(store.Violation{Where: "search index", What: "is made anew when the indexer runs: " + why.Error()})
		return nil
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	x.cur = g
	return search.Verify(ctx, st, x.Revisions, report)
}

// reader is a snapshot of the index that is searched now. It outlives its being replaced.
func (x *backend) reader() (index.IndexReader, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	advanced, err := x.cur.Advanced()
	if err != nil {
		return nil, err
	}
	return advanced.Reader()
}

// Revisions is search.Backend's, over one snapshot.
func (x *backend) Revisions(ctx context.Context, visit func(id string, seq uint64) error) (cursor uint64, err error) {
	reader, err := x.reader()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	at, err := reader.GetInternal(keyCursor)
	if err != nil {
		return 0, err
	}
	all, err := reader.DocIDReaderAll()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, all.Close()) }()
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		internal, err := all.Next()
		if err != nil {
			return 0, err
		}
		if internal == nil {
			return decodeCursor(string(at)), nil
		}
		id, err := reader.ExternalID(internal)
		if err != nil {
			return 0, err
		}
		seq, err := revisionOf(reader, id)
		if err != nil {
			return 0, err
		}
		if err := visit(id, seq); err != nil {
			return 0, err
		}
	}
}

// revisionOf is the number of the revision that a document is of; 0 where it does not tell.
func revisionOf(reader index.IndexReader, id string) (seq uint64, err error) {
	d, err := reader.Document(id)
	if err != nil || d == nil {
		return 0, err
	}
	d.VisitFields(func(f index.Field) {
		if f.Name() == fieldSeq {
			if seq, err = strconv.ParseUint(string(f.Value()), 10, 64); err != nil {
				err = fmt.Errorf("the index's %s of %s: %w", fieldSeq, id, err)
			}
		}
	})
	return seq, err
}
