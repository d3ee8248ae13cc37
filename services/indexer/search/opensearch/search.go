package opensearch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"dateline/services/indexer/search"
	"dateline/services/indexer/store"

	"github.com/opensearch-project/opensearch-go/v4"
	"github.com/opensearch-project/opensearch-go/v4/opensearchapi"
)

// ask searches the current generation. A search that not all shards answered is an error.
func (b *backend) ask(ctx context.Context, what object, params opensearchapi.SearchParams) (*opensearchapi.SearchResp, error) {
	if _, err := b.searched(); err != nil {
		return nil, err
	}
	whole := false
	params.AllowPartialSearchResults = &whole
	resp, err := b.client.Search(ctx, &opensearchapi.SearchReq{Indices: []string{b.alias()}, Body: body(what), Params: params})
	if e := (*opensearch.StructError)(nil); errors.As(err, &e) && e.Status == http.StatusBadRequest && strings.Contains(e.Error(), "too_many") {
		return nil, &search.ParamError{Param: "q", Detail: "is more than the search server looks for at once; ask for fewer words, or fewer facets"}
	}
	if err != nil {
		return nil, b.blame(ctx, "search", err)
	}
	if resp.Timeout || resp.Shards.Failed > 0 {
		return nil, fmt.Errorf("%w: %d of %d shards did not answer", search.ErrUnavailable, resp.Shards.Failed, resp.Shards.Total)
	}
	return resp, nil
}

// undated stands in a cursor for the place of an article without a date, behind all others.
var undated = []byte{0}

// Find is search.Backend's.
func (b *backend) Find(ctx context.Context, q *search.Query, ask search.Ask) (*search.Found, error) {
	what := object{"query": matches(q), "size": ask.Best, "track_total_hits": true, "_source": false, "docvalue_fields": []string{"seq"}}
	if q.Sort == search.ByDate {
		what["sort"] = []object{{"order": object{"order": "desc", "missing": "_last"}}, {"id": object{"order": "asc"}}}
	} else {
		what["sort"], what["track_scores"] = []object{{"_score": object{"order": "desc"}}, {"id": object{"order": "asc"}}}, true
	}
	if after := ask.After; after != nil {
		seconds := int64(missing)
		if string(after[0]) != string(undated) {
			t, err := search.TimeOf(after[0])
			if err != nil {
				return nil, &search.ParamError{Param: "cursor", Detail: err.Error()}
			}
			seconds = t.Unix()
		}
		what["search_after"] = []any{seconds, string(after[1])}
	}
	if ask.Facets {
		what["aggs"] = aggregations(q)
	}
	resp, err := b.ask(ctx, what, opensearchapi.SearchParams{})
	if err != nil {
		return nil, err
	}
	top := make([]search.Match, len(resp.Hits.Hits))
	for i, h := range resp.Hits.Hits {
		var fields struct {
			Seq []uint64 `json:"seq"`
		}
		if err := json.Unmarshal(h.Fields, &fields); err != nil || len(fields.Seq) != 1 {
			return nil, fmt.Errorf("document %s has no sequence number: %w", h.ID, err)
		}
		top[i] = search.Match{ID: h.ID, Seq: fields.Seq[0], Score: float64(h.Score)}
		if q.Sort == search.ByRelevance {
			continue
		}
		top[i].Score = 0
		if top[i].After, err = place(h); err != nil {
			return nil, err
		}
	}
	result := &search.Found{Total: uint64(resp.Hits.Total.Value), Matches: top}
	if ask.Facets {
		if result.Facets, err = facets(q, resp); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// missing is what the server sorts articles without a date as.
const missing = -1 << 63

// place is where a hit stands by date.
func place(h opensearchapi.SearchHit) ([][]byte, error) {
	if len(h.Sort) != 2 {
		return nil, fmt.Errorf("document %s has %d sort values", h.ID, len(h.Sort))
	}
	order := undated
	if seconds, ok := h.Sort[0].(float64); ok && seconds > missing/2 {
		order = search.OrderOf(time.Unix(int64(seconds), 0))
	}
	return [][]byte{order, []byte(h.ID)}, nil
}

// Records is search.Backend's. They come from the server, which has the revision that was found.
func (b *backend) Records(ctx context.Context, matches []search.Match) ([]*store.Record, error) {
	records := make([]*store.Record, len(matches))
	if len(matches) == 0 {
		return records, nil
	}
	ids, at := make([]string, len(matches)), make(map[string]int, len(matches))
	for i, m := range matches {
		ids[i], at[m.ID] = m.ID, i
	}
	latest, err := b.store.Latest(ids)
	if err != nil {
		return nil, err
	}
	resp, err := b.client.MGet(ctx, opensearchapi.MGetReq{Index: b.alias(), Body: body(object{"ids": ids}), Params: opensearchapi.MGetParams{SourceIncludes: []string{"record"}}})
	if err != nil {
		return nil, b.blame(ctx, "read articles", err)
	}
	for _, d := range resp.Docs {
		i, asked := at[d.ID]
		if !d.Found || !asked || latest[i] == 0 { // taken down, here or there
			continue
		}
		var doc struct {
			Record *store.Record `json:"record"`
		}
		if err := json.Unmarshal(d.Source, &doc); err != nil {
			return nil, fmt.Errorf("document %s: %w", d.ID, err)
		}
		records[i] = doc.Record
	}
	return records, nil
}

// buckets are the values that an aggregation counts.
type buckets struct {
	Other   int `json:"sum_other_doc_count"`
	Buckets []struct {
		Key   json.RawMessage `json:"key"`
		As    string          `json:"key_as_string"`
		Count int             `json:"doc_count"`
		Names *buckets        `json:"names"`
	} `json:"buckets"`
}

// byDay counts by day. Buckets of no article are left out.
var byDay = object{"date_histogram": object{"field": "day", "calendar_interval": "day", "format": "yyyyMMdd", "min_doc_count": 1}}

const (
	// The values of a facet are counted shard by shard: with so many from each, the most frequent ones are all but surely right.
	shardValues = 5000
	// spellings are how many names are looked through for how a folded one is written mostly; others of the same articles are
	// among them.
	spellings = 10
)

// aggregation counts matches by a facet.
func aggregation(f search.Facet, limit int) object {
	values := func(field string) object {
		return object{"field": field, "size": limit, "shard_size": shardValues}
	}
	switch f {
	case search.ByDay:
		return byDay
	case search.ByAuthor, search.ByAgency, search.BySection:
		return object{"terms": values(string(f)), "aggs": object{"names": object{"terms": object{"field": string(f) + "_name", "size": spellings}}}}
	}
	return object{"terms": values(string(f))}
}

// aggregations count matches by the query's facets.
func aggregations(q *search.Query) object {
	aggs := object{}
	for _, f := range q.Facets {
		aggs[string(f)] = aggregation(f, q.FacetLimit)
	}
	return aggs
}

// facets reads what aggregations counted.
func facets(q *search.Query, resp *opensearchapi.SearchResp) (map[search.Facet]search.FacetCounts, error) {
	var counted counts
	err := json.Unmarshal(resp.Aggregations, &counted)
	if err != nil {
		return nil, fmt.Errorf("counts: %w", err)
	}
	all := make(map[search.Facet]search.FacetCounts, len(q.Facets))
	for _, f := range q.Facets {
		if all[f], err = counted.facet(f, q.FacetLimit); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// counts are the answers of aggregations by name.
type counts map[string]json.RawMessage

// facet reads the values of one.
func (c counts) facet(f search.Facet, limit int) (search.FacetCounts, error) {
	var b buckets
	if err := json.Unmarshal(c[string(f)], &b); err != nil {
		return search.FacetCounts{}, fmt.Errorf("counts by %s: %w", f, err)
	}
	values := search.Values{Beyond: b.Other}
	for _, v := range b.Buckets {
		key := v.As
		if f != search.ByDay {
			if err := json.Unmarshal(v.Key, &key); err != nil {
				return search.FacetCounts{}, fmt.Errorf("counts by %s: %w", f, err)
			}
		}
		values.Add(key, v.Names.written(key), v.Count)
	}
	return values.Counts(f, limit), nil
}

// written is how a folded name is written mostly; the first of the most frequent ones, which come first.
func (b *buckets) written(key string) string {
	if b != nil {
		for _, v := range b.Buckets {
			var name string
			if json.Unmarshal(v.Key, &name) != nil {
				continue
			}
			if name, ok := strings.CutPrefix(name, key+nameBegins); ok {
				return name
			}
		}
	}
	return key
}

// Days is search.Backend's, in one search.
func (b *backend) Days(ctx context.Context, q *search.Query) (all [2]search.Days, err error) {
	under := object{string(search.ByDay): byDay}
	resp, err := b.ask(ctx, object{"query": admitted(q), "size": 0, "track_total_hits": false, "aggs": object{
		"matches": object{"filter": text(q), "aggs": under},
		"all":     object{"filter": everything, "aggs": under},
	}}, opensearchapi.SearchParams{})
	if err != nil {
		return all, err
	}
	var counted counts
	if err := json.Unmarshal(resp.Aggregations, &counted); err != nil {
		return all, fmt.Errorf("counts: %w", err)
	}
	for i, name := range []string{"matches", "all"} {
		var total struct {
			Count uint64 `json:"doc_count"`
		}
		var inner counts
		if err := errors.Join(json.Unmarshal(counted[name], &total), json.Unmarshal(counted[name], &inner)); err != nil {
			return all, fmt.Errorf("counts: %w", err)
		}
		f, err := inner.facet(search.ByDay, 0)
		if err != nil {
			return all, err
		}
		if all[i], err = search.DaysOf(total.Count, f); err != nil {
			return all, err
		}
	}
	return all, nil
}

// How all matches are read.
const (
	scrollSize = 5000
	scrollKept = 2 * time.Minute // between two pieces
)

// Matching is search.Backend's.
func (b *backend) Matching(ctx context.Context, q *search.Query, visit func(id string) error) (cursor uint64, err error) {
	return b.each(ctx, matches(q), false, func(h *opensearchapi.SearchHit) error { return visit(h.ID) })
}

// Revisions is search.Backend's.
func (b *backend) Revisions(ctx context.Context, visit func(id string, seq uint64) error) (cursor uint64, err error) {
	return b.each(ctx, object{"match_all": object{}}, []string{"record.seq"}, func(h *opensearchapi.SearchHit) error {
		var doc struct {
			Record store.Record `json:"record"`
		}
		if err := json.Unmarshal(h.Source, &doc); err != nil {
			return fmt.Errorf("document %s: %w", h.ID, err)
		}
		return visit(h.ID, doc.Record.Seq)
	})
}

// each calls visit with all documents that a query finds. The cursor is read before, and so may tell of fewer changes than were
// searched.
func (b *backend) each(ctx context.Context, query object, source any, visit func(*opensearchapi.SearchHit) error) (cursor uint64, err error) {
	if cursor, err = b.Searchable(); err != nil {
		return 0, err
	}
	resp, err := b.ask(ctx, object{"query": query, "size": scrollSize, "_source": source, "sort": []string{"_doc"}}, opensearchapi.SearchParams{Scroll: scrollKept})
	if err != nil {
		return 0, err
	}
	hits, scroll := resp.Hits.Hits, resp.ScrollID
	defer func() {
		if scroll == nil {
			return
		}
		dctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
		defer cancel()
		free := body(object{"scroll_id": []string{*scroll}})
		if _, derr := b.client.Scroll.Delete(dctx, opensearchapi.ScrollDeleteReq{Body: free}); derr != nil {
			b.log.Debug("scroll is left to run out", "error", derr)
		}
	}()
	for len(hits) > 0 {
		for i := range hits {
			if err := visit(&hits[i]); err != nil {
				return 0, err
			}
		}
		if scroll == nil {
			return 0, errors.New("the server gives no scroll")
		}
		more, err := b.client.Scroll.Get(ctx, opensearchapi.ScrollGetReq{ScrollID: *scroll, Params: opensearchapi.ScrollGetParams{Scroll: scrollKept}})
		if err != nil {
			return 0, b.blame(ctx, "read on", err)
		}
		if more.Timeout || more.Shards.Failed > 0 {
			return 0, fmt.Errorf("%w: %d of %d shards did not answer", search.ErrUnavailable, more.Shards.Failed, more.Shards.Total)
		}
		hits = more.Hits.Hits
		if more.ScrollID != nil {
			scroll = more.ScrollID
		}
	}
	return cursor, nil
}

// Searchable is search.Backend's.
func (b *backend) Searchable() (uint64, error) {
	g, err := b.searched()
	if err != nil {
		return 0, err
	}
	return g.Cursor(), nil
}

// Stats is search.Backend's.
func (b *backend) Stats(ctx context.Context) (search.Stats, error) {
	g, err := b.searched()
	if err != nil {
		return search.Stats{}, err
	}
	resp, err := b.client.Indices.Stats(ctx, &opensearchapi.IndicesStatsReq{Indices: []string{g.name}, Metrics: []string{"docs", "store"}})
	if err != nil {
		return search.Stats{}, b.blame(ctx, "stats", err)
	}
	all := resp.All.Primaries
	return search.Stats{Documents: uint64(all.Docs.Count), Bytes: int64(all.Store.SizeInBytes)}, nil
}

// documents counts what can be searched.
func (g *generation) documents(ctx context.Context) (uint64, error) {
	resp, err := g.client.Indices.Count(ctx, &opensearchapi.IndicesCountReq{Indices: []string{g.name}})
	if status(err) == http.StatusNotFound {
		return 0, nil
	}
	if err != nil {
		return 0, g.blame(ctx, "count documents", err)
	}
	return uint64(resp.Count), nil
}
