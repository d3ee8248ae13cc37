package search

import (
	"context"
	"errors"
	"fmt"

	"dateline/services/indexer/store"
)

// inSearch is where violations are.
const inSearch = "search index"

// maxSuspects bounds what may differ because the index is behind the record, as while it is made anew.
const maxSuspects = 1_000_000

// lookups is how many ids or changes are looked up at a time.
const lookups = 1000

// Verify proves that the index holds of each article that lists show one document, of its latest revision, and no other. It
// reports each violation. It compares the index at one moment with the record, and leaves aside what changed since. An index
// that is being made anew gives an error.
func (x *Index) Verify(ctx context.Context, report func(store.Violation)) error {
	if x.Rebuilding() {
		return errors.New("verify the search index: it is being made anew; ask again when it is done")
	}
	return Verify(ctx, x.store, x.backend.Revisions, report)
}

// Verify is Index.Verify for what calls visit with each document of an index, as Backend.Revisions does.
func Verify(ctx context.Context, st *store.Store, revisions func(ctx context.Context, visit func(id string, seq uint64) error) (uint64, error), report func(store.Violation)) error {
	v := &verification{store: st, suspects: map[string]string{}}
	cursor, err := revisions(ctx, v.document)
	if err == nil {
		err = v.flush()
	}
	listed := 0
	if err == nil {
		err = st.EachListed(ctx, func(string, uint64) error { listed++; return nil })
	}
	if err == nil && listed != v.right { // some may have none
		err = v.missing(ctx, revisions)
	}
	if err == nil {
		err = v.acquit(ctx, cursor, report)
	}
	if err != nil {
		return fmt.Errorf("verify the search index: %w", err)
	}
	return nil
}

// verification is one Verify.
type verification struct {
	store    *store.Store
	ids      []string // of documents that are not compared yet
	seqs     []uint64
	right    int               // documents that are as they should be
	suspects map[string]string // article -> what is wrong, or only of another moment
}

func (v *verification) suspect(id, what string, args ...any) error {
	if v.suspects[id] = fmt.Sprintf(what, args...); len(v.suspects) > maxSuspects {
		return fmt.Errorf("it is too far behind the record, which is at change %d; ask again later", v.store.LastSeq())
	}
	return nil
}

func (v *verification) document(id string, seq uint64) error {
	v.ids, v.seqs = append(v.ids, id), append(v.seqs, seq)
	if len(v.ids) < lookups {
		return nil
	}
	return v.flush()
}

// flush compares documents with the record.
func (v *verification) flush() error {
	listed, err := v.store.Listed(v.ids)
	if err != nil {
		return err
	}
	for i, id := range v.ids {
		switch listed[i] {
		case v.seqs[i]:
			v.right++
		case 0:
			err = v.suspect(id, "it is not shown, and has a document")
		default:
			err = v.suspect(id, "its document is of revision %d, the latest is %d", v.seqs[i], listed[i])
		}
		if err != nil {
			return err
		}
	}
	v.ids, v.seqs = v.ids[:0], v.seqs[:0]
	return nil
}

// missing finds articles without a document.
func (v *verification) missing(ctx context.Context, revisions func(ctx context.Context, visit func(id string, seq uint64) error) (uint64, error)) error {
	have := map[string]bool{}
	if _, err := revisions(ctx, func(id string, _ uint64) error { have[id] = true; return nil }); err != nil {
		return err
	}
	return v.store.EachListed(ctx, func(id string, seq uint64) error {
		if have[id] {
			return nil
		}
		return v.suspect(id, "its latest revision, %d, has no document", seq)
	})
}

// acquit reports the suspects that did not change after a change.
func (v *verification) acquit(ctx context.Context, at uint64, report func(store.Violation)) error {
	for len(v.suspects) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		events, err := v.store.Changes(at, lookups)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			delete(v.suspects, e.ArticleID)
			delete(v.suspects, e.Into)
			at = e.Seq
		}
	}
	for id, what := range v.suspects {
		report(store.Violation{Where: inSearch, Key: "article " + id, What: what})
	}
	return nil
}
