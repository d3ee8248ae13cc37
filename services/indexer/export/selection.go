package export

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/bits"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/bleve"
	"dateline/services/indexer/store"
)

// ErrBehind tells that the search index has not taken in the record as far as it was asked about, as while it is made
// anew. It passes.
var ErrBehind = errors.New("the search index is behind")

// Selection is what a query selects of the record as it was right after one change: of each article the revision that was
// the latest then, if that matches. It is one bit a change, whatever the number of articles, and always the same for the
// same change, however much the record grows and whichever process asks.
type Selection struct {
	words []uint64 // bit seq%64 of word seq/64
	count int
}

// Batches in which ids are looked up and superseded revisions are matched.
const (
	idBatch     = 1000
	recordBatch = 500
	batchBytes  = 16 << 20
	changeBatch = 1000
)

// Select answers a query as of a change.
//
// The index knows the latest revisions only, and goes on while this looks. So the index is asked which articles match now
// and the record which revision that is: those up to the change count. The articles that were revised since are in the
// change feed; the revisions that these replaced are matched on their own.
func Select(ctx context.Context, st *store.Store, index *search.Index, q *search.Query, at uint64) (*Selection, error) {
	s := &Selection{words: make([]uint64, at/64+1)}
	ids := make([]string, 0, idBatch)
	latest := func() error {
		seqs, err := st.Latest(ids)
		ids = ids[:0]
		for _, seq := range seqs {
			if seq != 0 && seq <= at {
				s.add(seq)
			}
		}
		return err
	}
	cursor, err := index.Matching(ctx, q, func(id string) error {
		if ids = append(ids, id); len(ids) == idBatch {
			return latest()
		}
		return nil
	})
	if err == nil {
		err = latest()
	}
	if err == nil && cursor < at {
		err = ErrBehind
	}
	if err == nil {
		err = s.addSuperseded(ctx, st, q, at)
	}
	if err != nil {
		return nil, fmt.Errorf("select as of change %d: %w", at, err)
	}
	return s, nil
}

// addSuperseded adds the revisions that match and were replaced after the change.
func (s *Selection) addSuperseded(ctx context.Context, st *store.Store, q *search.Query, at uint64) error {
	var old []*store.Record
	size := 0
	match := func() error {
		if len(old) == 0 {
			return nil
		}
		matches, err := bleve.MatchingOf(ctx, q, old)
		for _, r := range matches {
			s.add(r.Seq)
		}
		old, size = nil, 0
		return err
	}
	for after, last := at, st.LastSeq(); after < last; {
		events, err := st.Changes(after, changeBatch)
		if err != nil {
			return err
		}
		for _, e := range events {
			after = e.Seq
			if e.Outcome == article.OutcomeRevised && e.Previous == 0 { // a row of a Dateline that did not tell
				r, err := st.Record(e.Seq)
				if err != nil {
					return err
				}
				e.Previous = r.Previous
			}
			if e.Outcome == article.OutcomeNew || e.Previous > at { // that change came after this one, too
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			r, err := st.Record(e.Previous)
			switch {
			case errors.Is(err, store.ErrNotFound): // taken down since
				continue
			case err != nil:
				return err
			case r.Hidden():
				continue
			}
			old, size = append(old, r), size+len(r.Article)
			if len(old) == recordBatch || size > batchBytes {
				if err := match(); err != nil {
					return err
				}
			}
		}
		if len(events) == 0 {
			break
		}
	}
	return match()
}

func (s *Selection) add(seq uint64) {
	word, bit := &s.words[seq/64], uint64(1)<<(seq%64)
	if *word&bit == 0 {
		*word |= bit
		s.count++
	}
}

// Count is how many records are selected.
func (s *Selection) Count() int { return s.count }

// From is the sequence numbers of the selected records in their order, without the first skip of them.
func (s *Selection) From(skip int) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for i, word := range s.words {
			if n := bits.OnesCount64(word); n <= skip {
				skip -= n
				continue
			}
			for ; word != 0; word &= word - 1 {
				if skip > 0 {
					skip--
				} else if !yield(uint64(i)*64 + uint64(bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}
