package search

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/store"

	"github.com/blevesearch/bleve/v2"
	bsearch "github.com/blevesearch/bleve/v2/search"
)

// Hit is an article that was found.
type Hit struct {
	Record  *store.Record
	Article *article.Article
	Score   float64 // zero where the order is by date
	Snippet string  // HTML: text escaped, hits in <mark>
	Group   uint64  // of near-duplicates, zero where the article has none
	Copies  uint64  // articles of that group, this one among them
}

// Result is a page of hits.
type Result struct {
	Total  uint64 // articles over all pages, with copies that are collapsed
	Hits   []Hit
	Facets map[Facet]FacetCounts // over the same
	Next   string                // cursor of the next page, empty on the last one; a page before it may have fewer hits than its limit
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
	result, err := assemble(ctx, x, q)
	if err != nil {
		return nil, err
	}
	if len(q.Facets) == 0 {
		return result, nil
	}
	t, err := x.cur.count(ctx, q.all)
	if err != nil {
		return nil, err
	}
	result.Facets = make(map[Facet]FacetCounts, len(q.Facets))
	for _, f := range q.Facets {
		result.Facets[f] = t.facet(f, q.FacetLimit)
	}
	return result, nil
}

// top is ranking's.
func (x *Index) top(ctx context.Context, q *Query, after [][]byte, n int) ([]match, uint64, error) {
	req := bleve.NewSearchRequestOptions(q.all, n, 0, false)
	req.Fields = []string{fieldSeq}
	ties := &bsearch.SortDocID{}
	if q.Sort == ByDate {
		req.Sort = bsearch.SortOrder{&bsearch.SortField{Field: fieldOrder, Type: bsearch.SortFieldAsString, Desc: true, Missing: bsearch.SortFieldMissingLast}, ties}
		req.Score = "none"
		for _, v := range after {
			req.SearchAfter = append(req.SearchAfter, string(v))
		}
	} else {
		req.Sort = bsearch.SortOrder{&bsearch.SortScore{Desc: true}, ties}
	}
	if err := req.Validate(); err != nil { // the cursor's values are the only thing left that can be wrong
		return nil, 0, bad("cursor", "%v", err)
	}
	found, err := x.cur.SearchInContext(ctx, req)
	if err != nil {
		return nil, 0, blame(err)
	}
	matches := make([]match, len(found.Hits))
	for i, h := range found.Hits {
		stored, _ := h.Fields[fieldSeq].(string)
		seq, err := strconv.ParseUint(stored, 10, 64)
		if err != nil {
			return nil, 0, fmt.Errorf("the index's %s of %s: %w", fieldSeq, h.ID, err)
		}
		matches[i] = match{id: h.ID, seq: seq, score: h.Score}
		if q.Sort == ByDate {
			matches[i].after = [][]byte{[]byte(h.Sort[0]), []byte(h.Sort[1])}
		}
	}
	return matches, found.Total, nil
}

// read is ranking's.
func (x *Index) read(ctx context.Context, matches []match) ([]*store.Record, error) {
	records := make([]*store.Record, len(matches))
	for i, m := range matches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if records[i], err = x.store.Record(m.seq); err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	return records, nil
}

// groups is ranking's.
func (x *Index) groups(ids []string) ([]store.Membership, error) { return x.store.Memberships(ids...) }

// blame names the parameter that an error of the index comes from, if it does.
func blame(err error) error {
	if broad := (*tooBroad)(nil); errors.As(err, &broad) {
		return &ParamError{Param: "q", Detail: broad.Error()}
	}
	return err
}
