package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"dateline/services/indexer/search"
	"dateline/services/indexer/store"
)

// A page over partitions has a cursor for each of them: that of its next page, spent where there is none.
type cursors []string

const (
	spent      = "-"
	maxCursors = 6 << 10 // bytes of them all: servers and proxies take 8 kB in a URL
)

func (c cursors) encode() string {
	b, err := json.Marshal(c)
	if err != nil { // strings
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// cursors reads the parameter.
func (g *Gateway) cursors(r *http.Request) (cursors, error) {
	s := r.URL.Query().Get("cursor")
	if s == "" {
		return make(cursors, g.Partitions), nil
	}
	var c cursors
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || json.Unmarshal(b, &c) != nil || len(c) != g.Partitions {
		return nil, badParameter("cursor", "is not a cursor that this API gave")
	}
	return c, nil
}

// piece is one partition's page: items in order, and the cursor of its next page, empty on the last one.
type piece struct {
	items []item
	next  string
}

// item is an article on a page. By its place it is set against those of other partitions.
type item struct {
	json json.RawMessage
	place
}

// place is where an item stands: in the order of its page, and the cursor of a page that begins behind it.
type place struct {
	Behind string    `json:"behind"`
	Order  []byte    `json:"order,omitempty"` // the greatest first
	Score  float64   `json:"score,omitempty"` // likewise, where Order is the same
	Stored time.Time `json:"-"`               // likewise
	ID     string    `json:"id"`              // the least first
}

func (p *place) before(other *place) bool {
	if c := bytes.Compare(p.Order, other.Order); c != 0 {
		return c > 0
	}
	if p.Score != other.Score {
		return p.Score > other.Score
	}
	if c := p.Stored.Compare(other.Stored); c != 0 {
		return c > 0
	}
	return p.ID < other.ID
}

// merge makes a page of at most limit items of the partitions' pages, and moves their cursors on. It stops where a partition
// has more than its page holds: what comes next may be that partition's.
func merge(pieces []piece, limit int, at cursors) (page []json.RawMessage, next string) {
	page = []json.RawMessage{}
	taken := make([]int, len(pieces))
	for len(page) < limit {
		best, whole := -1, true
		for n, p := range pieces {
			if taken[n] == len(p.items) {
				whole = whole && p.next == ""
			} else if best < 0 || p.items[taken[n]].before(&pieces[best].items[taken[best]].place) {
				best = n
			}
		}
		if best < 0 || !whole {
			break
		}
		page = append(page, pieces[best].items[taken[best]].json)
		taken[best]++
	}
	more, end := false, false
	for n, p := range pieces {
		switch {
		case taken[n] < len(p.items):
			if taken[n] > 0 {
				at[n] = p.items[taken[n]-1].Behind
				end = end || at[n] == "" // as far as pages go
			}
			more = true
		case p.next != "":
			at[n], more = p.next, true
		default:
			at[n] = spent
		}
	}
	if next = at.encode(); !more || end || len(next) > maxCursors {
		return page, ""
	}
	return page, next
}

// pages asks all partitions for their next page, and reads it. Of one that is spent nothing but what it says beside its items
// counts.
func pages[T any](g *Gateway, r *http.Request, q request, at cursors, read func(T) (piece, error)) ([]piece, []T, error) {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	answers, err := gather[T](g, ctx, func(n int) request {
		if at[n] == spent {
			return q.with("cursor", "").with("limit", "1")
		}
		return q.with("cursor", at[n])
	})
	if err != nil {
		return nil, nil, err
	}
	all := make([]piece, len(answers))
	for n, a := range answers {
		if at[n] == spent {
			continue
		}
		if all[n], err = read(a); err != nil {
			return nil, nil, err
		}
	}
	return all, answers, nil
}

// listPage reads which page of a list is asked for, as the function of that name does.
func (g *Gateway) listPage(r *http.Request) (at cursors, n int, err error) {
	if n, err = limit(r, defaultLimit, maxLimit); err != nil {
		return nil, 0, err
	}
	at, err = g.cursors(r)
	return at, n, err
}

func (g *Gateway) articles(w http.ResponseWriter, r *http.Request) error {
	at, n, err := g.listPage(r)
	if err != nil {
		return err
	}
	type articles struct {
		Articles []json.RawMessage `json:"articles"`
		Next     string            `json:"next_cursor"`
	}
	all, _, err := pages(g, r, like(r), at, func(a articles) (piece, error) {
		p := piece{next: a.Next}
		for _, raw := range a.Articles {
			var record store.Record
			if err := json.Unmarshal(raw, &record); err != nil {
				return p, err
			}
			p.items = append(p.items, item{raw, place{Behind: encodeListCursor(record.Seq), Stored: record.Stored}})
		}
		return p, nil
	})
	if err != nil {
		return err
	}
	page := struct {
		Articles []json.RawMessage `json:"articles"`
		Next     string            `json:"next_cursor,omitempty"`
	}{}
	page.Articles, page.Next = merge(all, n, at)
	return answer(w, http.StatusOK, page)
}

// facetsAsked is how many values of each facet a partition is asked for: the most it tells, so that few are missed that are
// frequent in all partitions together.
const facetsAsked = "1000"

// search merges by date, or by scores, which each partition makes from its own numbers of words.
func (g *Gateway) search(w http.ResponseWriter, r *http.Request) error {
	at, n, err := g.listPage(r)
	if err != nil {
		return err
	}
	ask := like(r).with("cursor", "")
	q, err := search.ParseQuery(ask.query.Get, n)
	if err != nil {
		return err
	}
	if len(q.Facets) > 0 {
		ask = ask.with("facet_limit", facetsAsked)
	}
	type found struct {
		Total  uint64            `json:"total"`
		Hits   []json.RawMessage `json:"hits"`
		Places []place           `json:"places"`
		Facets map[string]facet  `json:"facets"`
		Next   string            `json:"next_cursor"`
	}
	all, answers, err := pages(g, r, ask, at, func(a found) (piece, error) {
		p := piece{next: a.Next, items: make([]item, len(a.Hits))}
		for i := range a.Hits {
			p.items[i] = item{a.Hits[i], a.Places[i]}
		}
		return p, nil
	})
	if err != nil {
		return err
	}
	page := struct {
		Total  uint64            `json:"total"`
		Hits   []json.RawMessage `json:"hits"`
		Facets map[string]facet  `json:"facets,omitempty"`
		Next   string            `json:"next_cursor,omitempty"`
	}{Facets: make(map[string]facet, len(q.Facets))}
	for _, f := range q.Facets {
		counts := make([]search.FacetCounts, len(answers))
		for i, a := range answers {
			counts[i] = a.Facets[string(f)].counts()
		}
		page.Facets[string(f)] = newFacet(search.AddFacets(f, q.FacetLimit, counts...))
	}
	for _, a := range answers {
		page.Total += a.Total
	}
	page.Hits, page.Next = merge(all, n, at)
	return answer(w, http.StatusOK, page)
}

// counted is the answer of /v1/counts.
type counted struct {
	Interval search.Interval `json:"interval"`
	Total    uint64          `json:"total"`
	All      uint64          `json:"all"`
	Periods  []period        `json:"periods"`
}

func (g *Gateway) counts(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	answers, err := gather[counted](g, ctx, func(int) request { return like(r) })
	if err != nil {
		return err
	}
	sum := counted{Interval: answers[0].Interval}
	periods := map[string]period{}
	for _, a := range answers {
		sum.Total += a.Total
		sum.All += a.All
		for _, p := range a.Periods {
			s := periods[p.Begin]
			s.Begin, s.Count, s.All = p.Begin, s.Count+p.Count, s.All+p.All
			periods[p.Begin] = s
		}
	}
	sum.Periods = make([]period, 0, len(periods))
	for _, p := range periods {
		p.Share = float64(p.Count) / float64(p.All)
		sum.Periods = append(sum.Periods, p)
	}
	slices.SortFunc(sum.Periods, func(a, b period) int { return strings.Compare(a.Begin, b.Begin) })
	return answer(w, http.StatusOK, sum)
}

// trace tells of the journeys in all partitions: an article and the failures before it can be in two, where a URL leads to
// another site.
func (g *Gateway) trace(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	type journeys struct {
		Journeys []*store.Journey `json:"journeys"`
	}
	var none error
	answers := make([]journeys, g.Partitions)
	errs := make([]error, g.Partitions)
	_ = g.each(ctx, func(_ context.Context, n int) error { errs[n] = g.get(ctx, n, like(r), &answers[n]); return nil })
	var all []*store.Journey
	for n, a := range answers {
		if p, ok := errs[n].(*problem); ok && p.Status == http.StatusNotFound {
			none = p
			continue
		}
		if errs[n] != nil {
			return errs[n]
		}
		all = append(all, a.Journeys...)
	}
	if len(all) == 0 {
		return none
	}
	slices.SortStableFunc(all, func(a, b *store.Journey) int { return a.Time.Compare(b.Time) })
	return answer(w, http.StatusOK, map[string]any{"journeys": all[max(len(all)-store.MaxJourneys, 0):]})
}

// status is the answer of /v1/status.
type status struct {
	Articles     uint64 `json:"articles"`
	LastSeq      uint64 `json:"last_seq"`
	SearchCursor uint64 `json:"search_cursor"`
	Documents    uint64 `json:"documents"`
	Rebuilding   bool   `json:"rebuilding"`
	GroupedSeq   uint64 `json:"grouped_seq"`
	StoreBytes   int64  `json:"store_bytes"`
	IndexBytes   int64  `json:"index_bytes"`
	Available    bool   `json:"search_available"`

	Partitions []partitionStatus `json:"partitions,omitempty"`
}

type partitionStatus struct {
	Partition int    `json:"partition"`
	Indexer   string `json:"indexer"` // its address
	status
}

// status adds up, and tells of each partition and which indexer has it.
func (g *Gateway) status(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	answers, err := gather[status](g, ctx, func(int) request { return like(r) })
	if err != nil {
		return err
	}
	sum := status{Available: true, Partitions: make([]partitionStatus, len(answers))}
	for n, a := range answers {
		addr, _ := g.At(n)
		sum.Partitions[n] = partitionStatus{n, addr, a}
		sum.Articles += a.Articles
		sum.LastSeq += a.LastSeq
		sum.SearchCursor += a.SearchCursor
		sum.Documents += a.Documents
		sum.Rebuilding = sum.Rebuilding || a.Rebuilding
		sum.GroupedSeq += a.GroupedSeq
		sum.StoreBytes += a.StoreBytes
		sum.IndexBytes += a.IndexBytes
		sum.Available = sum.Available && a.Available
	}
	return answer(w, http.StatusOK, sum)
}
