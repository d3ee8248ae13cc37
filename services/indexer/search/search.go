package search

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/store"
)

// Hit is an article that was found.
type Hit struct {
	Record  *store.Record
	Article *article.Article
	Score   float64 // zero where the order is by date
	Snippet string  // HTML: text escaped, hits in <mark>
}

// Result is a page of hits.
type Result struct {
	Total  uint64 // over all pages
	Hits   []Hit
	Facets map[Facet]FacetCounts // over all pages
	Next   string                // cursor of the next page, empty on the last one
}

// Search answers a query that ParseQuery made. Errors that the query is to blame for are *ParamError.
func (x *Index) Search(ctx context.Context, q *Query) (*Result, error) {
	begin := time.Now()
	r, err := x.search(ctx, q)
	outcome := "ok"
	if pe := (*ParamError)(nil); errors.As(err, &pe) {
		outcome = "invalid"
	} else if err != nil {
		outcome = "error"
		err = fmt.Errorf("search %q: %w", q.Text, err)
	}
	x.metrics.searches.WithLabelValues(outcome).Observe(time.Since(begin).Seconds())
	return r, err
}

func (x *Index) search(ctx context.Context, q *Query) (*Result, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	seen := q.page.seen()
	// Of the best hits at most those that were seen are left out, so that as many as are asked for remain.
	ask := question{best: q.Limit + len(seen), order: q.Sort, after: q.page.after(), labels: len(q.Facets) > 0}
	found, err := x.cur.answer(ctx, q.all, ask)
	if err != nil {
		return nil, blame(err)
	}
	result := &Result{Total: found.total, Hits: make([]Hit, 0, q.Limit)}
	next := page{Query: q.id, Seen: q.page.Seen}
	marks := seek(q.tree, q.Lang)
	for _, m := range found.best {
		key := seenKey(m.id)
		if seen[key] || len(result.Hits) == q.Limit {
			continue
		}
		hit, err := x.hit(m, marks)
		if err != nil {
			return nil, err
		}
		result.Hits = append(result.Hits, hit)
		if q.Sort == ByDate {
			next.After = m.values()
		} else {
			next.Seen = append(next.Seen, key...)
		}
	}
	if len(result.Hits) == q.Limit && len(next.Seen) < maxSeen*seenBytes {
		if result.Next, err = next.encode(); err != nil {
			return nil, err
		}
	}
	if len(q.Facets) == 0 {
		return result, nil
	}
	result.Facets = make(map[Facet]FacetCounts, len(q.Facets))
	for _, f := range q.Facets {
		result.Facets[f] = found.facet(f, q.FacetLimit)
	}
	return result, nil
}

// blame names the parameter that an error of the index comes from, if it does.
func blame(err error) error {
	if broad := (*tooBroad)(nil); errors.As(err, &broad) {
		return &ParamError{Param: "q", Detail: broad.Error()}
	}
	return err
}

// hit reads a hit's article. It is the revision that was indexed; a newer one may be in the record already.
func (x *Index) hit(m match, marks sought) (Hit, error) {
	r, err := x.store.Record(m.seq)
	if err != nil {
		return Hit{}, err
	}
	a, err := r.Decode()
	if err != nil {
		return Hit{}, err
	}
	text, body := searchText(a)
	return Hit{Record: r, Article: a, Score: float64(m.score), Snippet: snippet(text, body, marks.find(text, a.InLanguage))}, nil
}
