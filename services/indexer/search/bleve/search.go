package bleve

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"dateline/services/indexer/search"
	"dateline/services/indexer/store"

	"github.com/blevesearch/bleve/v2"
	bsearch "github.com/blevesearch/bleve/v2/search"
)

// Top is search.Backend's.
func (x *backend) Top(ctx context.Context, q *search.Query, after [][]byte, n int) ([]search.Match, uint64, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	req := bleve.NewSearchRequestOptions(matches(q), n, 0, false)
	req.Fields = []string{fieldSeq}
	ties := &bsearch.SortDocID{}
	if q.Sort == search.ByDate {
		req.Sort = bsearch.SortOrder{&bsearch.SortField{Field: fieldOrder, Type: bsearch.SortFieldAsString, Desc: true, Missing: bsearch.SortFieldMissingLast}, ties}
		req.Score = "none"
		for _, v := range after {
			req.SearchAfter = append(req.SearchAfter, string(v))
		}
	} else {
		req.Sort = bsearch.SortOrder{&bsearch.SortScore{Desc: true}, ties}
	}
	if err := req.Validate(); err != nil { // the cursor's values are the only thing left that can be wrong
		return nil, 0, &search.ParamError{Param: "cursor", Detail: err.Error()}
	}
	found, err := x.cur.SearchInContext(ctx, req)
	if err != nil {
		return nil, 0, blame(err)
	}
	top := make([]search.Match, len(found.Hits))
	for i, h := range found.Hits {
		stored, _ := h.Fields[fieldSeq].(string)
		seq, err := strconv.ParseUint(stored, 10, 64)
		if err != nil {
			return nil, 0, fmt.Errorf("the index's %s of %s: %w", fieldSeq, h.ID, err)
		}
		top[i] = search.Match{ID: h.ID, Seq: seq, Score: h.Score}
		if q.Sort == search.ByDate {
			top[i].After = [][]byte{[]byte(h.Sort[0]), []byte(h.Sort[1])}
		}
	}
	return top, found.Total, nil
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
