package bleve

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"dateline/services/indexer/search"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	bquery "github.com/blevesearch/bleve/v2/search/query"
	"golang.org/x/sync/errgroup"
)

// question is what is asked of an index beside what is to match.
type question struct {
	best   int // how many of the matches are wanted
	order  search.Sort
	after  *place // only those after it, by date
	labels bool   // whether to tell how many matches have each label
}

// place is one in the order by date: the last published first, and of one second the one with the lowest id.
type place struct {
	order uint64
	id    string
}

// values are a place as a cursor has it.
func (p place) values() [][]byte {
	order := []byte{}
	if p.order != 0 {
		order = orderTerm(nil, p.order, orderBytes)
	}
	return [][]byte{order, []byte(p.id)}
}

// placeAt is the place that values made, nil where they did not.
func placeAt(values [][]byte) *place {
	if len(values) != 2 || len(values[0]) != 0 && len(values[0]) != orderBytes {
		return nil
	}
	return &place{orderIn(string(values[0])), string(values[1])}
}

// answer is what one snapshot of the index has.
type answer struct {
	tally
	best []match
}

// match is a document that was found.
type match struct {
	place
	score float32
	seq   uint64 // of the record that it was made of

	seg int
	doc uint32
}

// tally is how many documents match, and how many of them have each label.
type tally struct {
	total  uint64
	labels labels
	counts []uint32 // by the label's number
}

// answer finds what matches a query, among what searches see.
func (g *generation) answer(ctx context.Context, q bquery.Query, ask question) (a answer, err error) {
	s := g.see()
	defer func() { err = errors.Join(err, s.Close()) }()
	cols := s.columns
	what, err := newConditions(s.IndexSnapshot).of(q)
	if err != nil {
		return a, err
	}
	found := make([]hits, len(cols))
	if err := eachSegment(ctx, len(cols), func(seg int) (err error) {
		found[seg], err = find(s.Segments()[seg], what, seg)
		return err
	}); err != nil {
		return a, err
	}
	for _, h := range found {
		a.total += uint64(len(h.docs))
	}
	var counting errgroup.Group
	if ask.labels {
		a.tally.labels, a.counts = s.labels, make([]uint32, len(s.labels.all))
		counting.Go(func() error {
			for seg, h := range found {
				cols[seg].count(h.found, h.docs, a.counts)
			}
			return nil
		})
	}
	ranked := make([]ranking, len(cols))
	err = eachSegment(ctx, len(cols), func(seg int) error {
		if ask.best == 0 {
			return nil
		}
		h := found[seg] // which is counted meanwhile
		if ask.order != search.ByDate {
			h.scores = make([]float32, len(h.docs))
			if err := what.score(seg, h); err != nil {
				return err
			}
		}
		ranked[seg] = ranking{question: ask, segment: s.Segments()[seg]}
		return ranked[seg].rank(seg, h, cols[seg].orders)
	})
	if err := errors.Join(err, counting.Wait()); err != nil {
		return a, err
	}
	return a, a.choose(s.IndexSnapshot, ask, ranked)
}

// eachSegment works on segments side by side.
func eachSegment(ctx context.Context, n int, work func(seg int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for seg := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return work(seg)
		})
	}
	return g.Wait()
}

// find is what meets a condition in a segment, without what is deleted.
func find(s *scorch.SegmentSnapshot, what condition, seg int) (hits, error) {
	found, err := what.matches(seg)
	if err != nil {
		return hits{}, err
	}
	if s.Deleted() != nil {
		found = roaring.AndNot(found, s.Deleted())
	}
	return hits{found: found, docs: found.ToArray()}, nil
}

// ranking keeps the best matches of a segment, the worst of them on top. It is a container/heap.
type ranking struct {
	question
	segment *scorch.SegmentSnapshot
	kept    []match
	err     error
}

// rank takes the best of a segment's matches.
func (r *ranking) rank(seg int, h hits, orders []uint64) error {
	for i, doc := range h.docs {
		m := match{place: place{order: orders[doc]}, seg: seg, doc: doc}
		if h.scores != nil {
			m.score = h.scores[i]
		}
		if r.after != nil && (m.order > r.after.order || m.order == r.after.order && r.id(&m) <= r.after.id) {
			continue
		}
		if len(r.kept) < r.best {
			heap.Push(r, m)
		} else if r.better(&m, &r.kept[0]) {
			r.kept[0] = m
			heap.Fix(r, 0)
		}
	}
	return r.err
}

// better reports whether a match comes before another one of this segment. Of those that score alike the last published
// does. Ids are only looked up where nothing else decides.
func (r *ranking) better(a, b *match) bool {
	if a.score != b.score {
		return a.score > b.score
	}
	if a.order != b.order {
		return a.order > b.order
	}
	return r.id(a) < r.id(b)
}

// id is a match's id.
func (r *ranking) id(m *match) string {
	if m.place.id == "" {
		id, err := r.segment.DocID(uint64(m.doc))
		if err != nil {
			r.err = fmt.Errorf("id of document %d: %w", m.doc, err)
		}
		m.place.id = string(id)
	}
	return m.place.id
}

func (r *ranking) Len() int           { return len(r.kept) }
func (r *ranking) Less(i, k int) bool { return r.better(&r.kept[k], &r.kept[i]) }
func (r *ranking) Swap(i, k int)      { r.kept[i], r.kept[k] = r.kept[k], r.kept[i] }
func (r *ranking) Push(m any)         { r.kept = append(r.kept, m.(match)) }
func (r *ranking) Pop() any           { panic("nothing is taken out") }

// choose makes one list of the best of all segments, with what the index keeps of each.
func (a *answer) choose(s *scorch.IndexSnapshot, ask question, ranked []ranking) error {
	for i := range ranked {
		for k := range ranked[i].kept {
			ranked[i].id(&ranked[i].kept[k])
		}
		if ranked[i].err != nil {
			return ranked[i].err
		}
		a.best = append(a.best, ranked[i].kept...)
	}
	slices.SortFunc(a.best, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.order, a.order), strings.Compare(a.id, b.id))
	})
	a.best = a.best[:min(ask.best, len(a.best))]
	for i := range a.best {
		m := &a.best[i]
		var bad error
		err := s.Segments()[m.seg].VisitDocument(uint64(m.doc), func(field string, _ byte, value []byte, _ []uint64) bool {
			if field == fieldSeq {
				m.seq, bad = strconv.ParseUint(string(value), 10, 64)
			}
			return true
		})
		if err := errors.Join(err, bad); err != nil {
			return fmt.Errorf("the index's %s of %s: %w", fieldSeq, m.id, err)
		}
	}
	return nil
}
