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
	"github.com/blevesearch/bleve/v2/search/query"
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
	Total uint64 // over all pages
	Hits  []Hit
	Next  string // cursor of the next page, empty on the last one
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
	req := bleve.NewSearchRequestOptions(q.all, q.Limit, 0, false)
	req.Fields = []string{fieldSeq}
	req.SearchAfter = q.After
	ties := &bsearch.SortDocID{}
	if q.Sort == ByDate {
		req.Sort = bsearch.SortOrder{&bsearch.SortField{Field: fieldPublished, Desc: true, Missing: bsearch.SortFieldMissingLast}, ties}
		req.Score = "none"
	} else {
		req.Sort = bsearch.SortOrder{&bsearch.SortScore{Desc: true}, ties}
	}
	if err := req.Validate(); err != nil { // the cursor's values are the only thing left that can be wrong
		return nil, &ParamError{"cursor", err.Error()}
	}
	found, err := x.cur.SearchInContext(ctx, req)
	if err != nil {
		return nil, err
	}
	places, err := x.places(ctx, q, found.Hits)
	if err != nil {
		return nil, err
	}
	result := &Result{Total: found.Total, Hits: make([]Hit, 0, len(found.Hits))}
	for _, h := range found.Hits {
		hit, err := x.hit(h, places[h.ID])
		if err != nil {
			return nil, err
		}
		result.Hits = append(result.Hits, hit)
	}
	if n := len(found.Hits); n > 0 && n == q.Limit {
		if result.Next, err = encodePage(q.id, sortOf(found.Hits[n-1], q.Sort)); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// sortOf is the place of a hit in the order. In hit.Sort, bleve has a word in place of the score.
func sortOf(h *bsearch.DocumentMatch, s Sort) []string {
	if s == ByDate {
		return h.Sort
	}
	return []string{strconv.FormatFloat(h.Score, 'g', -1, 64), h.ID}
}

// places finds where in their text the hits of one page match. It is a search of its own because bleve would otherwise
// look up the places in every match of all pages.
func (x *Index) places(ctx context.Context, q *Query, hits bsearch.DocumentMatchCollection) (map[string][]span, error) {
	if q.Text == "" || len(hits) == 0 {
		return nil, nil
	}
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	req := bleve.NewSearchRequestOptions(bleve.NewConjunctionQuery(query.NewDocIDQuery(ids), q.say), len(ids), 0, false)
	req.IncludeLocations = true
	req.Score = "none"
	found, err := x.cur.SearchInContext(ctx, req)
	if err != nil {
		return nil, err
	}
	places := make(map[string][]span, len(ids))
	for _, h := range found.Hits {
		for term, locations := range h.Locations[fieldText] {
			for _, l := range locations {
				places[h.ID] = append(places[h.ID], span{int(l.Start), int(l.End), term})
			}
		}
	}
	return places, nil
}

// hit reads a hit's article. It is the revision that was indexed, because the places refer to its text; a newer one may
// be in the record already.
func (x *Index) hit(h *bsearch.DocumentMatch, places []span) (Hit, error) {
	seq, _ := h.Fields[fieldSeq].(float64)
	r, err := x.store.Record(uint64(seq))
	if err != nil {
		return Hit{}, err
	}
	a, err := r.Decode()
	if err != nil {
		return Hit{}, err
	}
	text, body := searchText(a)
	return Hit{Record: r, Article: a, Score: h.Score, Snippet: snippet(text, body, places)}, nil
}
