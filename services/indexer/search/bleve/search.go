package bleve

import (
	"context"
	"errors"

	"dateline/services/indexer/search"
	"dateline/services/indexer/store"
)

// Top is search.Backend's.
func (x *backend) Top(ctx context.Context, q *search.Query, after [][]byte, n int) ([]search.Match, uint64, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	ask := question{best: n, order: q.Sort}
	if len(after) > 0 {
		if ask.after = placeAt(after); ask.after == nil {
			return nil, 0, &search.ParamError{Param: "cursor", Detail: "is not a cursor that this API gave"}
		}
	}
	found, err := x.cur.answer(ctx, matches(q), ask)
	if err != nil {
		return nil, 0, blame(err)
	}
	top := make([]search.Match, len(found.best))
	for i, m := range found.best {
		top[i] = search.Match{ID: m.id, Seq: m.seq, Score: float64(m.score)}
		if q.Sort == search.ByDate {
			top[i].After = m.values()
		}
	}
	return top, found.total, nil
}

// Records is search.Backend's.
func (x *backend) Records(ctx context.Context, matches []search.Match) ([]*store.Record, error) {
	records := make([]*store.Record, len(matches))
	for i, m := range matches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if records[i], err = x.store.Record(m.Seq); err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	return records, nil
}

// blame names the parameter that an error of the index comes from, if it does.
func blame(err error) error {
	if broad := (*tooBroad)(nil); errors.As(err, &broad) {
		return &search.ParamError{Param: "q", Detail: broad.Error()}
	}
	return err
}
