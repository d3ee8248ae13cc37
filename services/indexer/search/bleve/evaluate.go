package bleve

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	bquery "github.com/blevesearch/bleve/v2/search/query"
	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// Queries are evaluated here and not by bleve's searchers, which go from document to document: what matches is found by
// bitmaps, a segment at a time, and only what matches is scored, a term at a time. Of a query for either of two words in a
// million articles that is a tenth of the time.

// condition is a query made ready for one snapshot.
type condition interface {
	// matches are the documents of a segment that meet it, deleted ones among them. They must not be changed.
	matches(seg int) (*roaring.Bitmap, error)
	// score adds to the scores of hits in a segment what they get for meeting it.
	score(seg int, h hits) error
}

// hits are documents of a segment, in their order, and their scores.
type hits struct {
	found  *roaring.Bitmap
	docs   []uint32 // found
	scores []float32
}

// conditions makes conditions of bleve's queries.
type conditions struct {
	snapshot *scorch.IndexSnapshot
	live     float64 // documents
}

func newConditions(s *scorch.IndexSnapshot) *conditions {
	c := &conditions{snapshot: s}
	for _, segment := range s.Segments() {
		c.live += float64(segment.LiveSize())
	}
	return c
}

func (c *conditions) of(q bquery.Query) (condition, error) {
	switch q := q.(type) {
	case *bquery.MatchAllQuery:
		return everything{c.snapshot}, nil
	case *bquery.MatchNoneQuery:
		return anyOf{}, nil
	case *bquery.ConjunctionQuery:
		return c.allOf(q.Conjuncts)
	case *bquery.DisjunctionQuery:
		return c.anyOf(q.Disjuncts)
	case *bquery.BooleanQuery:
		return c.boolean(q)
	case *bquery.TermQuery:
		return c.terms(q.FieldVal, q.BoostVal.Value(), q.Term)
	case *bquery.MultiPhraseQuery:
		return c.phrase(q)
	case termsQuery:
		terms, err := q.terms(c.snapshot)
		if err != nil {
			return nil, err
		}
		return c.terms(q.in(), 0, terms...)
	}
	return nil, fmt.Errorf("no evaluation of a %T", q)
}

// termsQuery is a query of this package's own for any of some terms, which do not count for relevance.
type termsQuery interface {
	in() string
	terms(r index.IndexReader) ([]string, error)
}

// everything is met by all documents.
type everything struct{ snapshot *scorch.IndexSnapshot }

func (e everything) matches(seg int) (*roaring.Bitmap, error) {
	b := roaring.New()
	b.AddRange(0, uint64(e.snapshot.Segments()[seg].FullSize()))
	return b, nil
}

func (everything) score(int, hits) error { return nil }

// allOf is met where all are.
type allOf []condition

func (c *conditions) allOf(qs []bquery.Query) (condition, error) {
	all := make(allOf, 0, len(qs))
	for _, q := range qs {
		one, err := c.of(q)
		if err != nil {
			return nil, err
		}
		if _, ok := one.(everything); !ok {
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return everything{c.snapshot}, nil
	}
	return all, nil
}

func (a allOf) matches(seg int) (*roaring.Bitmap, error) {
	var found *roaring.Bitmap
	for _, one := range a {
		b, err := one.matches(seg)
		switch {
		case err != nil:
			return nil, err
		case found == nil:
			found = b
		default:
			found = roaring.And(found, b)
		}
		if found.IsEmpty() {
			break
		}
	}
	return found, nil
}

func (a allOf) score(seg int, h hits) error {
	for _, one := range a {
		if err := one.score(seg, h); err != nil {
			return err
		}
	}
	return nil
}

// anyOf is met where one is. Where several are, each counts.
type anyOf []condition

func (c *conditions) anyOf(qs []bquery.Query) (condition, error) {
	any := make(anyOf, len(qs))
	for i, q := range qs {
		var err error
		if any[i], err = c.of(q); err != nil {
			return nil, err
		}
	}
	return any, nil
}

func (a anyOf) matches(seg int) (*roaring.Bitmap, error) {
	found := make([]*roaring.Bitmap, 0, len(a))
	for _, one := range a {
		b, err := one.matches(seg)
		if err != nil {
			return nil, err
		}
		if !b.IsEmpty() {
			found = append(found, b)
		}
	}
	return roaring.FastOr(found...), nil
}

func (a anyOf) score(seg int, h hits) error {
	return allOf(a).score(seg, h)
}

// butNot is met where one condition is and another is not.
type butNot struct{ must, not condition }

func (c *conditions) boolean(q *bquery.BooleanQuery) (condition, error) {
	var b butNot
	var err error
	if q.Should != nil || q.Filter != nil || q.Must == nil {
		return nil, errors.New("no evaluation of such a boolean query")
	}
	if b.must, err = c.of(q.Must); err != nil || q.MustNot == nil {
		return b.must, err
	}
	b.not, err = c.of(q.MustNot)
	return b, err
}

func (b butNot) matches(seg int) (*roaring.Bitmap, error) {
	must, err := b.must.matches(seg)
	if err != nil {
		return nil, err
	}
	not, err := b.not.matches(seg)
	if err != nil {
		return nil, err
	}
	return roaring.AndNot(must, not), nil
}

func (b butNot) score(seg int, h hits) error {
	return b.must.score(seg, h)
}

// Okapi BM25, as in Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009.
const (
	bm25K1 = 1.2
	bm25B  = .75
)

// typicalLength is how many terms a field has whose length does not count for its score. Bleve's own average is that of the
// terms that differ.
func typicalLength(field string) float64 {
	switch field {
	case fieldText:
		return 400
	case stems(fieldText):
		return 200
	}
	return 8
}

// terms is met where a field has one of some terms.
type terms struct {
	lists  [][]segment.PostingsList // by segment, those that are there, with the terms' weights
	weight [][]float64
	usual  float64 // length of the field
}

func (c *conditions) terms(field string, boost float64, words ...string) (condition, error) {
	segments := c.snapshot.Segments()
	t := terms{lists: make([][]segment.PostingsList, len(segments)), weight: make([][]float64, len(segments)), usual: typicalLength(field)}
	having := make([]uint64, len(words))
	of := make([][]int, len(segments))
	for i, s := range segments {
		dict, err := s.Segment().Dictionary(field)
		if err != nil {
			return nil, fmt.Errorf("terms of %s: %w", field, err)
		}
		for w, word := range words {
			list, err := dict.PostingsList([]byte(word), nil, nil)
			if err != nil {
				return nil, fmt.Errorf("term %q of %s: %w", word, field, err)
			}
			if n := list.Count(); n > 0 {
				having[w] += n
				t.lists[i], of[i] = append(t.lists[i], list), append(of[i], w)
			}
		}
	}
	if boost == 0 {
		return t, nil
	}
	for i := range of {
		for _, w := range of[i] {
			n := float64(having[w])
			t.weight[i] = append(t.weight[i], boost*math.Log(1+(max(c.live-n, 0)+.5)/(n+.5)))
		}
	}
	return t, nil
}

func (t terms) matches(seg int) (*roaring.Bitmap, error) {
	found := roaring.New()
	for _, list := range t.lists[seg] {
		into, ok := list.(interface {
			OrInto(receiver *roaring.Bitmap)
		})
		if !ok {
			return nil, fmt.Errorf("postings are a %T", list)
		}
		into.OrInto(found)
	}
	return found, nil
}

func (t terms) score(seg int, h hits) error {
	if t.weight[seg] == nil {
		return nil
	}
	for i, list := range t.lists[seg] {
		weight := t.weight[seg][i]
		err := eachOf(list, false, h, func(i int, p segment.Posting) {
			freq, norm := float64(p.Frequency()), p.Norm() // one by the root of the length
			h.scores[i] += float32(weight * freq * (bm25K1 + 1) / (freq + bm25K1*(1-bm25B+bm25B/(norm*norm*t.usual))))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// phrase is met where terms follow each other, of each place one. It scores as those terms do.
type phrase struct{ allOf }

func (c *conditions) phrase(q *bquery.MultiPhraseQuery) (condition, error) {
	var p phrase
	for _, alternatives := range q.Terms {
		t, err := c.terms(q.FieldVal, q.BoostVal.Value(), alternatives...)
		if err != nil {
			return nil, err
		}
		p.allOf = append(p.allOf, t)
	}
	return p, nil
}

func (p phrase) matches(seg int) (*roaring.Bitmap, error) {
	found, err := p.allOf.matches(seg)
	if err != nil || found.IsEmpty() {
		return found, err
	}
	docs := found.ToArray()
	ends := make([][]uint32, len(docs)) // where what is found so far of the phrase ends, by document
	for i, place := range p.allOf {
		next, err := place.(terms).positions(seg, found, docs)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			for d := range docs {
				next[d] = slices.DeleteFunc(next[d], func(at uint32) bool { return !slices.Contains(ends[d], at-1) })
			}
		}
		ends = next
	}
	whole := roaring.New()
	for d, doc := range docs {
		if len(ends[d]) > 0 {
			whole.Add(doc)
		}
	}
	return whole, nil
}

// positions are where the terms stand in documents.
func (t terms) positions(seg int, found *roaring.Bitmap, docs []uint32) ([][]uint32, error) {
	at := make([][]uint32, len(docs))
	for _, list := range t.lists[seg] {
		err := eachOf(list, true, hits{found: found, docs: docs}, func(d int, p segment.Posting) { at[d] = positions(at[d], p) })
		if err != nil {
			return nil, err
		}
	}
	return at, nil
}

// eachOf visits the postings of hits, with their numbers in them.
func eachOf(list segment.PostingsList, locations bool, h hits, visit func(i int, p segment.Posting)) error {
	postings := list.Iterator(true, true, locations, nil)
	if some, ok := postings.(segment.OptimizablePostingsIterator); ok && some.ActualBitmap() != nil {
		if wanted := roaring.And(some.ActualBitmap(), h.found); wanted.GetCardinality() < some.ActualBitmap().GetCardinality() {
			some.ReplaceActual(wanted)
		}
	}
	for at := 0; ; {
		p, err := postings.Next()
		if err != nil || p == nil {
			return err
		}
		for at < len(h.docs) && uint64(h.docs[at]) < p.Number() {
			at++
		}
		if at == len(h.docs) {
			return nil
		}
		if uint64(h.docs[at]) == p.Number() {
			visit(at, p)
		}
	}
}
