package search

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2"
	bsearch "github.com/blevesearch/bleve/v2/search"
)

// Facet is something to count matches by.
type Facet string

// labelOf are the facets there are.
var labelOf = map[Facet]string{
	"source": labelSource, "language": labelLanguage, "day": labelDay, "author": labelAuthor, "agency": labelAgency, "section": labelSection,
}

const byDay Facet = "day"

// How many values of a facet are told.
const (
	defaultFacetLimit = 10
	maxFacetLimit     = 1000
	maxValues         = 1 << 20 // that are counted
)

// FacetCounts are the matches by the values of a facet.
type FacetCounts struct {
	Values []FacetValue // the most frequent first; days in their order
	Other  int          // how often values came that are not told
}

// FacetValue is a value as most articles have it, and how many articles match that have it.
type FacetValue struct {
	Value string
	Count int
}

func parseFacets(s string) ([]Facet, error) {
	if s == "" {
		return nil, nil
	}
	var facets []Facet
	for name := range strings.SplitSeq(s, ",") {
		f := Facet(strings.TrimSpace(name))
		if labelOf[f] == "" {
			return nil, bad("facets", "%q is none of agency, author, day, language, section, source", f)
		}
		if !slices.Contains(facets, f) {
			facets = append(facets, f)
		}
	}
	return facets, nil
}

// facetRequest asks bleve for the values of one facet.
func facetRequest(f Facet) *bleve.FacetRequest {
	r := bleve.NewFacetRequest(fieldLabel, maxValues)
	r.SetPrefixFilter(labelOf[f])
	return r
}

// facetCounts makes one value of those that are written in several ways.
func facetCounts(f Facet, r *bsearch.FacetResult, limit int) FacetCounts {
	values := map[string]*FacetValue{}
	for _, t := range r.Terms.Terms() { // the most frequent first
		key, name, named := strings.Cut(t.Term[len(labelOf[f]):], labelEnd)
		if !named {
			name = key
		}
		if v, ok := values[key]; ok {
			v.Count += t.Count
		} else {
			values[key] = &FacetValue{name, t.Count}
		}
	}
	c := FacetCounts{Values: make([]FacetValue, 0, len(values))}
	for _, v := range values {
		c.Values = append(c.Values, *v)
	}
	if f == byDay {
		for i, v := range c.Values {
			if day, err := time.Parse(dayLayout, v.Value); err == nil { // document wrote it
				c.Values[i].Value = day.Format(time.DateOnly)
			}
		}
		slices.SortFunc(c.Values, func(a, b FacetValue) int { return strings.Compare(a.Value, b.Value) })
		return c
	}
	slices.SortFunc(c.Values, func(a, b FacetValue) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value))
	})
	for _, v := range c.Values[min(limit, len(c.Values)):] {
		c.Other += v.Count
	}
	c.Values = c.Values[:min(limit, len(c.Values))]
	return c
}
