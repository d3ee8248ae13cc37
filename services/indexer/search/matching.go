package search

import (
	"context"
	"errors"
	"fmt"

	"dateline/pkg/article"
	"dateline/services/indexer/store"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	bsearch "github.com/blevesearch/bleve/v2/search"
)

// Version names how this Dateline reads texts for the index: under another one the same query may match otherwise.
const Version = mappingVersion

// Searchable is the last change that a search sees. It may be a batch ahead of Cursor, which is told of a batch after it
// is there.
func (x *Index) Searchable() (uint64, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	at, err := x.cur.GetInternal(keyCursor)
	if err != nil {
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
	if cursor, err = matching(ctx, x.cur.Index, q, visit); err != nil {
		return 0, fmt.Errorf("match %q: %w", q.Text, err)
	}
	return cursor, nil
}

// MatchingOf returns which of some records match a query. They may be revisions that the index no longer holds; no two of
// them may be of one article.
func (x *Index) MatchingOf(ctx context.Context, q *Query, records []*store.Record) (matches []*store.Record, err error) {
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
func (b *Batch) Match(ctx context.Context, q *Query) (matches []*store.Record, err error) {
	_, err = matching(ctx, b.index, q, func(id string) error {
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

// Snippet is the part of an article's text that shows best why it matches: HTML with hits in <mark>, some 240 characters.
func (q *Query) Snippet(a *article.Article) string {
	text, body := searchText(a)
	return snippet(text, body, seek(q.tree, q.Lang).find(text, a.InLanguage))
}

// matching is over one snapshot of an index, of which the cursor is part.
func matching(ctx context.Context, idx bleve.Index, q *Query, visit func(id string) error) (cursor uint64, err error) {
	advanced, err := idx.Advanced()
	if err != nil {
		return 0, err
	}
	reader, err := advanced.Reader()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	at, err := reader.GetInternal(keyCursor)
	if err != nil {
		return 0, err
	}
	searcher, err := q.all.Searcher(ctx, reader, idx.Mapping(), bsearch.SearcherOptions{Score: "none"})
	if err != nil {
		return 0, blame(err)
	}
	defer func() { err = errors.Join(err, searcher.Close()) }()
	sc := &bsearch.SearchContext{DocumentMatchPool: bsearch.NewDocumentMatchPool(searcher.DocumentMatchPoolSize()+1, 0), IndexReader: reader}
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		match, err := searcher.Next(sc)
		if err != nil {
			return 0, err
		}
		if match == nil {
			return decodeCursor(string(at)), nil
		}
		id, err := reader.ExternalID(match.IndexInternalID)
		if err != nil {
			return 0, err
		}
		if err := visit(id); err != nil {
			return 0, err
		}
		sc.DocumentMatchPool.Put(match)
	}
}
