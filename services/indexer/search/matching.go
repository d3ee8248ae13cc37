package search

import (
	"context"
	"errors"
	"fmt"

	"dateline/services/indexer/store"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
)

// Version names how this Dateline reads texts for the index: under another one the same query may match otherwise.
const Version = mappingVersion

// Searchable is the last change that a search sees. It may be a batch ahead of Cursor, which is told of a batch after it
// is there.
func (x *Index) Searchable() (uint64, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.cur.see()
	at, err := s.GetInternal(keyCursor)
	if err := errors.Join(err, s.Close()); err != nil {
		return 0, fmt.Errorf("search index: %w", err)
	}
	return decodeCursor(string(at)), nil
}

// Matching calls visit with the id of each article that matches a query, in no order, as the index has them at one
// moment, and returns the last change that it had taken in then. Nothing is scored or sorted, so that it takes no memory
// for what it finds. An error of visit ends it.
func (x *Index) Matching(ctx context.Context, q *Query, visit func(id string) error) (cursor uint64, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.cur.see()
	cursor, err = matching(ctx, s.IndexSnapshot, q, visit)
	if err := errors.Join(err, s.Close()); err != nil {
		return 0, fmt.Errorf("match %q: %w", q.Text, err)
	}
	return cursor, nil
}

// MatchingOf returns which of some records match a query. They may be revisions that the index no longer holds; no two of
// them may be of one article.
func (x *Index) MatchingOf(ctx context.Context, q *Query, records []*store.Record) (matches []*store.Record, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("match %q among %d records: %w", q.Text, len(records), err)
		}
	}()
	m, err := newMapping()
	if err != nil {
		return nil, err
	}
	idx, err := bleve.NewUsing("", m, scorch.Name, scorch.Name, nil) // in memory
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, idx.Close()) }()
	b := idx.NewBatch()
	byID := make(map[string]*store.Record, len(records))
	for _, r := range records {
		a, err := r.Decode()
		if err != nil {
			return nil, err
		}
		if err := b.IndexAdvanced(document(r, a)); err != nil {
			return nil, err
		}
		byID[a.ID] = r
	}
	if err := idx.Batch(b); err != nil {
		return nil, err
	}
	s, err := snapshotOf(idx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	_, err = matching(ctx, s, q, func(id string) error {
		matches = append(matches, byID[id])
		return nil
	})
	return matches, err
}

// matching is over one snapshot of an index, of which the cursor is part.
func matching(ctx context.Context, s *scorch.IndexSnapshot, q *Query, visit func(id string) error) (cursor uint64, err error) {
	at, err := s.GetInternal(keyCursor)
	if err != nil {
		return 0, err
	}
	what, err := newConditions(s).of(q.all)
	if err != nil {
		return 0, blame(err)
	}
	for i, segment := range s.Segments() {
		h, err := find(segment, what, i)
		if err != nil {
			return 0, err
		}
		for _, doc := range h.docs {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			id, err := segment.DocID(uint64(doc))
			if err != nil {
				return 0, err
			}
			if err := visit(string(id)); err != nil {
				return 0, err
			}
		}
	}
	return decodeCursor(string(at)), nil
}
