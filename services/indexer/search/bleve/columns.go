package bleve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"dateline/services/indexer/search"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bsearch "github.com/blevesearch/bleve/v2/search"
	bquery "github.com/blevesearch/bleve/v2/search/query"
)

// columns tell for each document of an index's segments which labels it has. They are in memory, some 30 bytes a document,
// because bleve's own columns are unpacked by the thousand documents for each match. A segment never changes, so its
// column is made once, from its dictionary, and goes with it.
type columns struct {
	mu       sync.Mutex
	segments map[uint64]*column // by the segment's id
}

// column holds the labels of one segment: those of document d are labels[i] for each i of of[starts[d]:starts[d+1]].
type column struct {
	labels []string
	starts []uint32
	of     []uint32
}

// get makes the columns of a snapshot's segments that are not there, and lets those go whose segments are gone.
func (c *columns) get(snapshot *scorch.IndexSnapshot) ([]*column, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]*column, 0, len(snapshot.Segments()))
	now := make(map[uint64]*column, len(snapshot.Segments()))
	for _, s := range snapshot.Segments() {
		col := c.segments[s.Id()]
		if col == nil {
			var err error
			if col, err = newColumn(s); err != nil {
				return nil, fmt.Errorf("labels of segment %d: %w", s.Id(), err)
			}
		}
		now[s.Id()] = col
		all = append(all, col)
	}
	c.segments = now
	return all, nil
}

func newColumn(s *scorch.SegmentSnapshot) (*column, error) {
	dict, err := s.Segment().Dictionary(fieldLabel)
	if err != nil {
		return nil, err
	}
	col := &column{starts: make([]uint32, s.FullSize()+1)}
	type pair struct{ doc, label uint32 }
	var pairs []pair
	for terms := dict.AutomatonIterator(nil, nil, nil); ; {
		entry, err := terms.Next()
		if err != nil {
			return nil, err
		}
		if entry == nil {
			break
		}
		if !counted(entry.Term) {
			continue
		}
		list, err := dict.PostingsList([]byte(entry.Term), nil, nil)
		if err != nil {
			return nil, err
		}
		label := uint32(len(col.labels))
		col.labels = append(col.labels, entry.Term)
		for postings := list.Iterator(false, false, false, nil); ; {
			p, err := postings.Next()
			if err != nil {
				return nil, err
			}
			if p == nil {
				break
			}
			pairs = append(pairs, pair{uint32(p.Number()), label})
			col.starts[p.Number()+1]++
		}
	}
	for d := 1; d < len(col.starts); d++ {
		col.starts[d] += col.starts[d-1]
	}
	col.of = make([]uint32, len(pairs))
	next := append([]uint32(nil), col.starts...)
	for _, p := range pairs {
		col.of[next[p.doc]] = p.label
		next[p.doc]++
	}
	return col, nil
}

// snapshot opens what the index holds now. It has to be closed.
func (g *generation) snapshot() (*scorch.IndexSnapshot, error) {
	advanced, err := g.Advanced()
	if err != nil {
		return nil, err
	}
	reader, err := advanced.Reader()
	if err != nil {
		return nil, err
	}
	s, ok := reader.(*scorch.IndexSnapshot)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the index is a %T", reader), reader.Close())
	}
	return s, nil
}

// warm makes the columns of new segments, so that no search has to wait for it.
func (g *generation) warm() (err error) {
	s, err := g.snapshot()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	_, err = g.columns.get(s)
	return err
}

// tally is how many documents match, and how many of them have each label.
type tally struct {
	total  uint64
	labels map[string]int
}

// count tallies the matches of a query.
func (g *generation) count(ctx context.Context, q bquery.Query) (t tally, err error) {
	s, err := g.snapshot()
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	cols, err := g.columns.get(s)
	if err != nil {
		return t, err
	}
	searcher, err := q.Searcher(ctx, s, g.Mapping(), bsearch.SearcherOptions{Score: "none"})
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, searcher.Close()) }()

	counts := make([][]int, len(cols))
	for i, col := range cols {
		counts[i] = make([]int, len(col.labels))
	}
	sc := &bsearch.SearchContext{DocumentMatchPool: bsearch.NewDocumentMatchPool(searcher.DocumentMatchPoolSize()+1, 0), IndexReader: s}
	seg, first := 0, uint64(0) // the segment at hand, and its first document: matches come in order
	for {
		if t.total%1024 == 0 && ctx.Err() != nil {
			return t, ctx.Err()
		}
		match, err := searcher.Next(sc)
		if err != nil {
			return t, err
		}
		if match == nil {
			break
		}
		t.total++
		for match.IndexInternalID.Value()-first >= uint64(len(cols[seg].starts)-1) {
			first += uint64(len(cols[seg].starts) - 1)
			seg++
		}
		col, d := cols[seg], match.IndexInternalID.Value()-first
		for _, label := range col.of[col.starts[d]:col.starts[d+1]] {
			counts[seg][label]++
		}
		sc.DocumentMatchPool.Put(match)
	}
	t.labels = map[string]int{}
	for i, col := range cols {
		for label, n := range counts[i] {
			if n > 0 {
				t.labels[col.labels[label]] += n
			}
		}
	}
	return t, nil
}

// labelOf is how the values of a facet are marked.
var labelOf = map[search.Facet]string{
	search.BySource: labelSource, search.ByLanguage: labelLanguage, search.ByDay: labelDay, search.ByAuthor: labelAuthor,
	search.ByAgency: labelAgency, search.BySection: labelSection,
}

// facet tells the values of one facet. Those that are written in several ways are one.
func (t tally) facet(f search.Facet, limit int) search.FacetCounts {
	var v search.Values
	for term, n := range t.labels {
		if rest, ok := strings.CutPrefix(term, labelOf[f]); ok {
			key, name, named := strings.Cut(rest, labelEnd)
			if !named {
				name = key
			}
			v.Add(key, name, n)
		}
	}
	return v.Counts(f, limit)
}

// Facets is search.Backend's.
func (x *backend) Facets(ctx context.Context, q *search.Query) (map[search.Facet]search.FacetCounts, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	t, err := x.cur.count(ctx, matches(q))
	if err != nil {
		return nil, blame(err)
	}
	facets := make(map[search.Facet]search.FacetCounts, len(q.Facets))
	for _, f := range q.Facets {
		facets[f] = t.facet(f, q.FacetLimit)
	}
	return facets, nil
}

// Days is search.Backend's.
func (x *backend) Days(ctx context.Context, q *search.Query) (all [2]search.Days, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for i, what := range []bquery.Query{matches(q), filters(q)} {
		t, err := x.cur.count(ctx, what)
		if err != nil {
			return all, blame(err)
		}
		if all[i], err = search.DaysOf(t.total, t.facet(search.ByDay, 0)); err != nil {
			return all, err
		}
	}
	return all, nil
}
