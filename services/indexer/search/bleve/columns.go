package bleve

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// view is what searches see of an index: a snapshot with the columns of all its segments. The columns of a large segment
// take seconds to make, so the projector makes them, and searches see the segment when they are there.
type view struct {
	*scorch.IndexSnapshot
	columns []*column
	labels  labels
}

// columns tell for each document of an index's segments which labels it has and when it was published. They are in memory,
// some 40 bytes a document, because bleve's own columns are unpacked by the thousand documents for each match. A segment
// never changes, so its column is made once and goes with it.
type columns struct {
	segments map[uint64]*column // by the segment's id
	numbers  map[string]uint32  // of labels, by their terms
	keys     map[string]uint32  // of labels, by their kinds and folded values
	labels   labels
}

// labels are all that any segment had since the index was opened. They only grow, so that who has them can go on reading.
type labels struct {
	all   []label
	kinds map[string]labelKind
}

// label is a value as it is given. Those of one kind and one key are one value.
type label struct {
	name string
	key  uint32
}

type labelKind struct {
	labels []uint32 // numbers in labels.all
	keys   int      // how many keys there are, from zero
}

// column is what there is to know of one segment. The labels of document d are of[starts[d]:starts[d+1]].
type column struct {
	starts []uint32
	of     []uint32
	orders []uint64 // zero where the time of publication is not known
	totals []labelCount
}

type labelCount struct{ label, n uint32 }

// of makes the columns of a snapshot's segments that are not there, and lets those go whose segments are gone.
func (c *columns) of(snapshot *scorch.IndexSnapshot) (*view, error) {
	all := make([]*column, 0, len(snapshot.Segments()))
	now := make(map[uint64]*column, len(snapshot.Segments()))
	for _, s := range snapshot.Segments() {
		col := c.segments[s.Id()]
		if col == nil {
			var err error
			if col, err = c.read(s); err != nil {
				return nil, fmt.Errorf("columns of segment %d: %w", s.Id(), err)
			}
		}
		now[s.Id()] = col
		all = append(all, col)
	}
	c.segments = now
	return &view{snapshot, all, labels{c.labels.all, maps.Clone(c.labels.kinds)}}, nil
}

// number is a label's number in labels.all.
func (c *columns) number(term string) uint32 {
	n, ok := c.numbers[term]
	if ok {
		return n
	}
	if c.numbers == nil {
		c.numbers, c.keys, c.labels.kinds = map[string]uint32{}, map[string]uint32{}, map[string]labelKind{}
	}
	value, name, named := strings.Cut(term, labelEnd)
	kind := c.labels.kinds[term[:1]]
	key, ok := c.keys[value]
	if !ok {
		key = uint32(kind.keys)
		kind.keys++
		c.keys[value] = key
	}
	if !named {
		name = term[1:]
	}
	n = uint32(len(c.labels.all))
	c.numbers[term], c.labels.all, kind.labels = n, append(c.labels.all, label{name, key}), append(kind.labels, n)
	c.labels.kinds[term[:1]] = kind
	return n
}

// read makes the column of a segment.
func (c *columns) read(s *scorch.SegmentSnapshot) (*column, error) {
	col := &column{starts: make([]uint32, s.FullSize()+1), orders: make([]uint64, s.FullSize())}
	type pair struct{ doc, label uint32 }
	var pairs []pair
	err := eachPosting(s.Segment(), fieldLabel, func(term string) func(doc uint64) {
		if !counted(term) {
			return nil
		}
		col.totals = append(col.totals, labelCount{label: c.number(term)})
		total := &col.totals[len(col.totals)-1]
		return func(doc uint64) {
			pairs = append(pairs, pair{uint32(doc), total.label})
			col.starts[doc+1]++
			total.n++
		}
	})
	if err != nil {
		return nil, err
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
	dated, ok := s.Segment().(segment.DocValueVisitable)
	if !ok {
		return nil, fmt.Errorf("segment is a %T", s.Segment())
	}
	var state segment.DocVisitState
	for d := range col.orders {
		state, err = dated.VisitDocValues(uint64(d), []string{fieldOrder}, func(_ string, term []byte) { col.orders[d] = orderIn(string(term)) }, state)
		if err != nil {
			return nil, err
		}
	}
	return col, nil
}

// eachPosting visits the documents of a field's terms with what visit returns for the term.
func eachPosting(s segment.Segment, field string, visit func(term string) func(doc uint64)) error {
	dict, err := s.Dictionary(field)
	if err != nil {
		return err
	}
	var list segment.PostingsList
	var postings segment.PostingsIterator
	for terms := dict.AutomatonIterator(nil, nil, nil); ; {
		entry, err := terms.Next()
		if err != nil || entry == nil {
			return err
		}
		each := visit(entry.Term)
		if each == nil {
			continue
		}
		if list, err = dict.PostingsList([]byte(entry.Term), nil, list); err != nil {
			return err
		}
		for postings = list.Iterator(false, false, false, postings); ; {
			p, err := postings.Next()
			if err != nil {
				return err
			}
			if p == nil {
				break
			}
			each(p.Number())
		}
	}
}

// snapshotOf opens what an index holds now. It has to be closed.
func snapshotOf(idx bleve.Index) (*scorch.IndexSnapshot, error) {
	advanced, err := idx.Advanced()
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

// show has searches see what the index holds now.
func (g *generation) show() error {
	s, err := snapshotOf(g.Index)
	if err != nil {
		return err
	}
	if g.shown != nil && g.shown.IndexSnapshot == s { // only the projector changes it
		return s.Close()
	}
	v, err := g.columns.of(s)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	g.mu.Lock()
	old := g.shown
	g.shown = v
	g.mu.Unlock()
	if old == nil {
		return nil
	}
	return old.Close()
}

// see opens what searches see. It has to be closed.
func (g *generation) see() *view {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shown.AddRef()
	return g.shown
}

// Close closes the index. No search may be under way.
func (g *generation) Close() error { return errors.Join(g.shown.Close(), g.Index.Close()) }

// count adds how many of some documents of the segment have each label. Where they are most of it, the others are counted.
func (col *column) count(found *roaring.Bitmap, docs []uint32, counts []uint32) {
	size := uint64(len(col.orders))
	if 2*uint64(len(docs)) < size {
		for _, d := range docs {
			for _, label := range col.of[col.starts[d]:col.starts[d+1]] {
				counts[label]++
			}
		}
		return
	}
	for _, t := range col.totals {
		counts[t.label] += t.n
	}
	roaring.Flip(found, 0, size).Iterate(func(d uint32) bool {
		for _, label := range col.of[col.starts[d]:col.starts[d+1]] {
			counts[label]--
		}
		return true
	})
}
