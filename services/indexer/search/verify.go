package search

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"dateline/services/indexer/store"

	index "github.com/blevesearch/bleve_index_api"
)

// inSearch is where violations are.
const inSearch = "search index"

// maxSuspects bounds what may differ because the index is behind the record, as while it is made anew.
const maxSuspects = 1_000_000

// Verify proves that the index holds of each article that is shown one document, of its latest revision, and no other. It
// reports each violation. It compares the index at one moment with the record, and leaves aside what changed since. An index
// that is being made anew gives an error.
func (x *Index) Verify(ctx context.Context, report func(store.Violation)) error {
	if x.Rebuilding() {
		return errors.New("verify the search index: it is being made anew; ask again when it is done")
	}
	reader, err := x.reader()
	if err != nil {
		return fmt.Errorf("verify the search index: %w", err)
	}
	return errors.Join(verify(ctx, x.store, reader, report), reader.Close())
}

func (x *Index) reader() (index.IndexReader, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	advanced, err := x.cur.Advanced()
	if err != nil {
		return nil, err
	}
	return advanced.Reader()
}

// VerifyDir is Verify for the index of a data directory that no process has open. One that is missing or does not fit the
// record is a violation, too, though a harmless one: it is made anew when the indexer runs.
func VerifyDir(ctx context.Context, st *store.Store, dataDir string, report func(store.Violation)) (err error) {
	x := &Index{store: st, dir: filepath.Join(dataDir, DirName)}
	g, why := x.open(x.dir)
	if why != nil {
		report(store.Violation{Where: inSearch, What: "is made anew when the indexer runs: " + why.Error()})
		return nil
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	x.cur = g
	return x.Verify(ctx, report)
}

// verify compares a snapshot of an index with the record.
func verify(ctx context.Context, st *store.Store, reader index.IndexReader, report func(store.Violation)) error {
	at, err := reader.GetInternal(keyCursor)
	if err != nil {
		return fmt.Errorf("verify the search index: %w", err)
	}
	suspects := map[string]string{}
	suspect := func(id, what string, args ...any) error {
		if suspects[id] = fmt.Sprintf(what, args...); len(suspects) > maxSuspects {
			return fmt.Errorf("verify the search index: it is too far behind the record, at change %d of %d; ask again later", decodeCursor(string(at)), st.LastSeq())
		}
		return nil
	}
	err = st.EachListed(ctx, func(id string, seq uint64) error {
		has, err := revisionOf(reader, id)
		switch {
		case err != nil:
			return err
		case has == "":
			return suspect(id, "its latest revision, %d, has no document", seq)
		case has != strconv.FormatUint(seq, 10):
			return suspect(id, "its document is of revision %s, the latest is %d", has, seq)
		}
		return nil
	})
	if err == nil {
		err = eachDocument(ctx, reader, func(ids []string) error {
			listed, err := st.Listed(ids)
			if err != nil {
				return err
			}
			for i, id := range ids {
				if listed[i] == 0 {
					if err := suspect(id, "it is not shown, and has a document"); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	return acquit(ctx, st, decodeCursor(string(at)), suspects, report)
}

// acquit reports the suspects that did not change after a change.
func acquit(ctx context.Context, st *store.Store, at uint64, suspects map[string]string, report func(store.Violation)) error {
	for len(suspects) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		events, err := st.Changes(at, idBatch)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			delete(suspects, e.ArticleID)
			delete(suspects, e.Into)
			at = e.Seq
		}
	}
	for id, what := range suspects {
		report(store.Violation{Where: inSearch, Key: "article " + id, What: what})
	}
	return nil
}

// idBatch is how many ids or changes are looked up at a time.
const idBatch = 1000

// revisionOf is the number of the revision that an article's document is of, as it stands there; "" where there is no document.
func revisionOf(reader index.IndexReader, id string) (seq string, err error) {
	d, err := reader.Document(id)
	if err != nil || d == nil {
		return "", err
	}
	seq = "none"
	d.VisitFields(func(f index.Field) {
		if f.Name() == fieldSeq {
			seq = string(f.Value())
		}
	})
	return seq, nil
}

// eachDocument calls f with the ids of all documents, some at a time.
func eachDocument(ctx context.Context, reader index.IndexReader, f func(ids []string) error) (err error) {
	all, err := reader.DocIDReaderAll()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.Close()) }()
	var ids []string
	for {
		internal, err := all.Next()
		if err != nil {
			return err
		}
		if internal != nil {
			id, err := reader.ExternalID(internal)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		if len(ids) == idBatch || internal == nil {
			if err := errors.Join(ctx.Err(), f(ids)); err != nil {
				return err
			}
			ids = ids[:0]
		}
		if internal == nil {
			return nil
		}
	}
}
