package bleve

import (
	"context"
	"errors"

	"dateline/services/indexer/search"
	"dateline/services/indexer/store"
)

// Find is search.Backend's.
func (x *backend) Find(ctx context.Context, q *search.Query, ask search.Ask) (*search.Found, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	what := question{best: ask.Best, order: q.Sort, labels: ask.Facets}
	if len(ask.After) > 0 {
		if what.after = placeAt(ask.After); what.after == nil {
			return nil, &search.ParamError{Param: "cursor", Detail: "is not a cursor that this API gave"}
		}
	}
	answer, err := x.cur.answer(ctx, matches(q), what)
	if err != nil {
		return nil, blame(err)
	}
	found := &search.Found{Total: answer.total, Matches: make([]search.Match, len(answer.best))}
	for i, m := range answer.best {
		found.Matches[i] = search.Match{ID: m.id, Seq: m.seq, Score: float64(m.score)}
		if q.Sort == search.ByDate {
			found.Matches[i].After = m.values()
		}
	}
	if ask.Facets {
		found.Facets = make(map[search.Facet]search.FacetCounts, len(q.Facets))
		for _, f := range q.Facets {
			found.Facets[f] = answer.facet(f, q.FacetLimit)
		}
	}
	return found, nil
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
