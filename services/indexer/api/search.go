package api

import (
	"context"
	"net/http"
	"time"

	"dateline/services/indexer/search"
)

// hit is a search result: the record, the group of near-duplicates that its article is in and how many articles that has,
// where it matches and how well.
type hit struct {
	stored
	Duplicates uint64  `json:"duplicates,omitempty"`
	Score      float64 `json:"score,omitempty"`
	Snippet    string  `json:"snippet"`
}

// facet is what matches by the values of one facet.
type facet struct {
	Values []facetValue `json:"values"`
	Other  int          `json:"other"`
}

type facetValue struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

func newFacet(c search.FacetCounts) facet {
	f := facet{make([]facetValue, len(c.Values)), c.Other}
	for i, v := range c.Values {
		f.Values[i] = facetValue(v)
	}
	return f
}

// counts is what newFacet was given.
func (f facet) counts() search.FacetCounts {
	c := search.FacetCounts{Values: make([]search.FacetValue, len(f.Values)), Other: f.Other}
	for i, v := range f.Values {
		c.Values[i] = search.FacetValue(v)
	}
	return c
}

func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r, defaultLimit, maxLimit)
	if err != nil {
		return err
	}
	q, err := search.ParseQuery(r.URL.Query().Get, n)
	if err != nil {
		return err
	}
	_, q.Places = gatewayOf(r)
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	found, err := s.index.Search(ctx, q)
	if err != nil {
		return err
	}
	page := struct {
		Total  uint64           `json:"total"`
		Hits   []hit            `json:"hits"`
		Facets map[string]facet `json:"facets,omitempty"`
		Next   string           `json:"next_cursor,omitempty"`
		Places []place          `json:"places,omitempty"` // of the hits, for a gateway
	}{Total: found.Total, Hits: make([]hit, len(found.Hits)), Facets: make(map[string]facet, len(found.Facets)), Next: found.Next}
	for i, h := range found.Hits {
		page.Hits[i] = hit{stored{Record: h.Record, Group: h.Group}, h.Copies, h.Score, h.Snippet}
		if q.Places {
			page.Places = append(page.Places, place{Behind: h.Behind, Order: h.Order, Score: h.Score, ID: h.Article.ID})
		}
	}
	for name, c := range found.Facets {
		page.Facets[string(name)] = newFacet(c)
	}
	return answer(w, http.StatusOK, page)
}

// period is the matches of one interval.
type period struct {
	Begin string  `json:"begin"`
	Count int     `json:"count"`
	All   int     `json:"all"`
	Share float64 `json:"share"`
}

func (s *Server) counts(w http.ResponseWriter, r *http.Request) error {
	every, err := search.ParseInterval(r.URL.Query().Get("interval"))
	if err != nil {
		return err
	}
	q, err := search.ParseQuery(r.URL.Query().Get, 0)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	c, err := s.index.Counts(ctx, q, every)
	if err != nil {
		return err
	}
	counts := counted{every, c.Total, c.All, make([]period, len(c.Periods))}
	for i, p := range c.Periods {
		counts.Periods[i] = period{p.Begin.Format(time.DateOnly), p.Count, p.All, float64(p.Count) / float64(p.All)}
	}
	return answer(w, http.StatusOK, counts)
}
