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

	// Where the query asked for places.
	Order  []byte // by date: the greatest is the first, and of the same the least id
	Behind string // cursor of a page that begins behind this hit
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
	req := bleve.NewSearchRequestOptions(q.all, q.Limit+len(seen), 0, false)
	req.Fields = []string{fieldSeq}
	ties := &bsearch.SortDocID{}
	if q.Sort == ByDate {
		req.Sort = bsearch.SortOrder{&bsearch.SortField{Field: fieldOrder, Type: bsearch.SortFieldAsString, Desc: true, Missing: bsearch.SortFieldMissingLast}, ties}
		req.Score = "none"
		for _, v := range q.page.After {
			req.SearchAfter = append(req.SearchAfter, string(v))
		}
	} else {
		req.Sort = bsearch.SortOrder{&bsearch.SortScore{Desc: true}, ties}
	}
	if err := req.Validate(); err != nil { // the cursor's values are the only thing left that can be wrong
		return nil, bad("cursor", "%v", err)
	}
	found, err := x.cur.SearchInContext(ctx, req)
	if err != nil {
		return nil, blame(err)
	}
	result := &Result{Total: found.Total, Hits: make([]Hit, 0, q.Limit)}
	next := page{Query: q.id, Seen: q.page.Seen}
	marks := seek(q.tree, q.Lang)
	for _, h := range found.Hits {
		key := seenKey(h.ID)
		if seen[key] || len(result.Hits) == q.Limit {
			continue
		}
		hit, err := x.hit(h, marks)
		if err != nil {
			return nil, err
		}
		if q.Sort == ByDate {
			next.After = [][]byte{[]byte(h.Sort[0]), []byte(h.Sort[1])}
			hit.Order = next.After[0]
		} else {
			next.Seen = append(next.Seen, key...)
		}
		if q.Places {
			if hit.Behind, err = next.encode(); err != nil {
				return nil, err
			}
		}
		result.Hits = append(result.Hits, hit)
	}
	if len(result.Hits) == q.Limit && len(next.Seen) < maxSeen*seenBytes {
		if result.Next, err = next.encode(); err != nil {
			return nil, err
		}
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

// blame names the parameter that an error of the index comes from, if it does.
func blame(err error) error {
	if broad := (*tooBroad)(nil); errors.As(err, &broad) {
		return &ParamError{Param: "q", Detail: broad.Error()}
	}
	return err
}

// hit reads a hit's article. It is the revision that was indexed; a newer one may be in the record already.
func (x *Index) hit(h *bsearch.DocumentMatch, marks sought) (Hit, error) {
	stored, _ := h.Fields[fieldSeq].(string)
	seq, err := strconv.ParseUint(stored, 10, 64)
	if err != nil {
		return Hit{}, fmt.Errorf("the index's %s of %s: %w", fieldSeq, h.ID, err)
	}
	r, err := x.store.Record(seq)
	if err != nil {
		return Hit{}, err
	}
	a, err := r.Decode()
	if err != nil {
		return Hit{}, err
	}
	text, body := searchText(a)
	return Hit{Record: r, Article: a, Score: h.Score, Snippet: snippet(text, body, marks.find(text, a.InLanguage))}, nil
}
