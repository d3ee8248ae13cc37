package bleve

import (
	"context"
	"errors"
	"fmt"

	"dateline/services/indexer/search"
	"dateline/services/indexer/store"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
)

// Searchable is search.Backend's.
func (x *backend) Searchable() (uint64, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.cur.see()
	at, err := s.GetInternal(keyCursor)
	return decodeCursor(string(at)), errors.Join(err, s.Close())
}

// Matching is search.Backend's, over one snapshot.
func (x *backend) Matching(ctx context.Context, q *search.Query, visit func(id string) error) (cursor uint64, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.cur.see()
	defer func() { err = errors.Join(err, s.Close()) }()
	return matching(ctx, s.IndexSnapshot, q, visit)
}

// MatchingOf returns which of some records match a query, whatever backend keeps the index. They may be revisions that the
// index no longer holds; no two of them may be of one article.
func MatchingOf(ctx context.Context, q *search.Query, records []*store.Record) (matches []*store.Record, err error) {
	b, err := NewBatch(records)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return b.Match(ctx, q)
}

// Batch is some records that are indexed in memory, so that many queries can be asked which of them they match.
type Batch struct {
	index bleve.Index
	byID  map[string]*store.Record
}

// NewBatch indexes records, of which no two may be of one article. The caller closes the batch.
func NewBatch(records []*store.Record) (_ *Batch, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("index %d records in memory: %w", len(records), err)
		}
	}()
	m, err := newMapping()
	if err != nil {
		return nil, err
	}
	idx, err := bleve.NewUsing("", m, scorch.Name, scorch.Name, nil)
	if err != nil {
		return nil, err
	}
	batch := &Batch{index: idx, byID: make(map[string]*store.Record, len(records))}
	b := idx.NewBatch()
	for _, r := range records {
		a, err := r.Decode()
		if err == nil {
			err = b.IndexAdvanced(document(r, a))
		}
		if err != nil {
			return nil, errors.Join(err, idx.Close())
		}
		batch.byID[a.ID] = r
	}
	if err := idx.Batch(b); err != nil {
		return nil, errors.Join(err, idx.Close())
	}
	return batch, nil
}

// Match returns the records that match a query, in no order.
func (b *Batch) Match(ctx context.Context, q *search.Query) (matches []*store.Record, err error) {
	s, err := snapshotOf(b.index)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	_, err = matching(ctx, s, q, func(id string) error {
		matches = append(matches, b.byID[id])
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("match %q among %d records: %w", q.Text, len(b.byID), err)
	}
	return matches, nil
}

// Close lets go of the batch's memory.
func (b *Batch) Close() error { return b.index.Close() }

// matching is over one snapshot of an index, of which the cursor is part.
func matching(ctx context.Context, s *scorch.IndexSnapshot, q *search.Query, visit func(id string) error) (cursor uint64, err error) {
	at, err := s.GetInternal(keyCursor)
	if err != nil {
		return 0, err
	}
	what, err := newConditions(s).of(matches(q))
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
