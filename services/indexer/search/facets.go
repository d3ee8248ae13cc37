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
	"source": labelSource, "language": labelLanguage, "day": labelDay, "author": labelAuthor, "agency": labelAgency, "section": labelSection,
}

const byDay Facet = "day"

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
	kind := t.labels.kinds[labelOf[f]]
	type value struct{ count, most, label uint32 } // most is how often it is written as the label is
	values := make([]value, kind.keys)
	for _, n := range kind.labels {
		count := t.counts[n]
		if count == 0 {
			continue
		}
		l := t.labels.all[n]
		v := &values[l.key]
		if v.count == 0 || count > v.most || count == v.most && l.name < t.labels.all[v.label].name {
			v.label, v.most = n, count
		}
		v.count += count
	}
	values = slices.DeleteFunc(values, func(v value) bool { return v.count == 0 })
	told := func(v value) FacetValue { return FacetValue{Value: t.labels.all[v.label].name, Count: int(v.count)} }
	c := FacetCounts{Values: []FacetValue{}}
	if f == byDay {
		for _, v := range values {
			day := told(v)
			if d, err := time.Parse(dayLayout, day.Value); err == nil { // document wrote it
				day.Value = d.Format(time.DateOnly)
			}
			c.Values = append(c.Values, day)
		}
		slices.SortFunc(c.Values, func(a, b FacetValue) int { return strings.Compare(a.Value, b.Value) })
		return c
	}
	order := func(a, b value) int {
		return cmp.Or(cmp.Compare(b.count, a.count), strings.Compare(t.labels.all[a.label].name, t.labels.all[b.label].name))
	}
	best := values[:min(limit, len(values))]
	slices.SortFunc(best, order)
	for i := len(best); i < len(values); i++ { // of hundreds of thousands of authors few are told
		v := values[i]
		if last := &best[len(best)-1]; order(v, *last) < 0 {
			at, _ := slices.BinarySearchFunc(best, v, order)
			v, *last = *last, v
			gone := *last
			copy(best[at+1:], best[at:len(best)-1])
			best[at] = gone
		}
		c.Other += int(v.count)
	}
	for _, v := range best {
		c.Values = append(c.Values, told(v))
	}
	return c
}
