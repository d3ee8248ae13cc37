package search

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Facet is something to count matches by.
type Facet string

// labelOf are the facets there are.
var labelOf = map[Facet]string{
	"source": labelSource, "language": labelLanguage, byDay: labelDay, byAuthor: labelAuthor, byAgency: labelAgency, bySection: labelSection,
}

const (
	byDay     Facet = "day"
	byAuthor  Facet = "author"
	byAgency  Facet = "agency"
	bySection Facet = "section"
)

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
		if labelOf[f] == "" {
			return nil, bad("facets", "%q is none of agency, author, day, language, section, source", f)
		}
		if !slices.Contains(facets, f) {
			facets = append(facets, f)
		}
	}
	return facets, nil
}

// facet tells the values of one facet. Those that are written in several ways are one.
func (t tally) facet(f Facet, limit int) FacetCounts {
	type value struct {
		FacetValue
		most int // how often it is written so
	}
	values := map[string]*value{}
	for term, n := range t.labels {
		rest, ok := strings.CutPrefix(term, labelOf[f])
		if !ok {
			continue
		}
		key, name, named := strings.Cut(rest, labelEnd)
		if !named {
			name = key
		}
		v := values[key]
		if v == nil {
			v = &value{}
			values[key] = v
		}
		v.Count += n
		if n > v.most || n == v.most && name < v.Value {
			v.Value, v.most = name, n
		}
	}
	c := FacetCounts{Values: make([]FacetValue, 0, len(values))}
	for _, v := range values {
		c.Values = append(c.Values, v.FacetValue)
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
	return c.cut(limit)
}

// AddFacets adds up what several indexes counted by one facet, each of them telling more values than limit.
func AddFacets(f Facet, limit int, all ...FacetCounts) FacetCounts {
	type value struct {
		FacetValue
		most int // of one index, whose spelling it has
	}
	values := map[string]*value{}
	sum := FacetCounts{Values: []FacetValue{}}
	for _, c := range all {
		sum.Other += c.Other
		for _, v := range c.Values {
			key := v.Value
			if f == byAuthor || f == byAgency || f == bySection {
				key = labelKey(key)
			}
			s := values[key]
			if s == nil {
				s = &value{}
				values[key] = s
			}
			if s.Count += v.Count; v.Count > s.most {
				s.Value, s.most = v.Value, v.Count
			}
		}
	}
	for _, v := range values {
		sum.Values = append(sum.Values, v.FacetValue)
	}
	if f == byDay {
		slices.SortFunc(sum.Values, func(a, b FacetValue) int { return strings.Compare(a.Value, b.Value) })
		return sum
	}
	return sum.cut(limit)
}

// cut sorts values, and tells no more of them than limit.
func (c FacetCounts) cut(limit int) FacetCounts {
	slices.SortFunc(c.Values, func(a, b FacetValue) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value))
	})
	for _, v := range c.Values[min(limit, len(c.Values)):] {
		c.Other += v.Count
	}
	c.Values = c.Values[:min(limit, len(c.Values))]
	return c
}
