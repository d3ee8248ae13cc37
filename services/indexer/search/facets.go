package search

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Facet is something to count matches by.
type Facet string

// The facets there are. Days are those of UTC.
const (
	BySource   Facet = "source"
	ByLanguage Facet = "language"
	ByDay      Facet = "day"
	ByAuthor   Facet = "author"
	ByAgency   Facet = "agency"
	BySection  Facet = "section"
)

var allFacets = []Facet{ByAgency, ByAuthor, ByDay, ByLanguage, BySection, BySource}

// How many values of a facet are told.
const (
	defaultFacetLimit = 10
	maxFacetLimit     = 1000
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
		if !slices.Contains(allFacets, f) {
			return nil, bad("facets", "%q is none of %v", f, allFacets)
		}
		if !slices.Contains(facets, f) {
			facets = append(facets, f)
		}
	}
	return facets, nil
}

// Values adds up what matches by the values of a facet. Those that are written in several ways are one.
type Values struct {
	Beyond int // how often values came that are not added
	byKey  map[string]*value
}

type value struct {
	FacetValue
	most int // how often it is written so
}

// Add adds matches that have a value, whose folded form is the key.
func (v *Values) Add(key, written string, n int) {
	one := v.byKey[key]
	if one == nil {
		if v.byKey == nil {
			v.byKey = map[string]*value{}
		}
		one = &value{}
		v.byKey[key] = one
	}
	one.Count += n
	if n > one.most || n == one.most && written < one.Value {
		one.Value, one.most = written, n
	}
}

// Counts tells up to limit values of a facet, of days all.
func (v *Values) Counts(f Facet, limit int) FacetCounts {
	c := FacetCounts{Values: make([]FacetValue, 0, len(v.byKey)), Other: v.Beyond}
	for _, one := range v.byKey {
		c.Values = append(c.Values, one.FacetValue)
	}
	if f == ByDay {
		SortDays(c.Values)
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

// SortDays brings days, as backends write them, into their order and form.
func SortDays(days []FacetValue) {
	for i, v := range days {
		if day, err := time.Parse(DayLayout, v.Value); err == nil { // a backend wrote it
			days[i].Value = day.Format(time.DateOnly)
		}
	}
	slices.SortFunc(days, func(a, b FacetValue) int { return strings.Compare(a.Value, b.Value) })
}

// AddFacets adds up what several indexes counted by one facet, each of them telling more values than limit.
func AddFacets(f Facet, limit int, all ...FacetCounts) FacetCounts {
	var sum Values
	for _, c := range all {
		sum.Beyond += c.Other
		for _, v := range c.Values {
			key := v.Value
			if f == ByAuthor || f == ByAgency || f == BySection {
				key = Fold(key)
			}
			sum.Add(key, v.Value, v.Count)
		}
	}
	return sum.Counts(f, limit)
}
