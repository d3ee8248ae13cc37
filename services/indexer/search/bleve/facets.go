package bleve

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"dateline/services/indexer/search"

	bquery "github.com/blevesearch/bleve/v2/search/query"
)

// labelOf is how the values of a facet are marked.
var labelOf = map[search.Facet]string{
	search.BySource: labelSource, search.ByLanguage: labelLanguage, search.ByDay: labelDay, search.ByAuthor: labelAuthor,
	search.ByAgency: labelAgency, search.BySection: labelSection,
}

// facet tells the values of one facet. Those that are written in several ways are one.
func (t tally) facet(f search.Facet, limit int) search.FacetCounts {
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
	told := func(v value) search.FacetValue {
		return search.FacetValue{Value: t.labels.all[v.label].name, Count: int(v.count)}
	}
	c := search.FacetCounts{Values: []search.FacetValue{}}
	if f == search.ByDay {
		for _, v := range values {
			c.Values = append(c.Values, told(v))
		}
		search.SortDays(c.Values)
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

// Days is search.Backend's.
func (x *backend) Days(ctx context.Context, q *search.Query) (all [2]search.Days, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for i, what := range []bquery.Query{matches(q), filters(q)} {
		t, err := x.cur.answer(ctx, what, question{labels: true})
		if err != nil {
			return all, blame(err)
		}
		if all[i], err = search.DaysOf(t.total, t.facet(search.ByDay, 0)); err != nil {
			return all, err
		}
	}
	return all, nil
}
