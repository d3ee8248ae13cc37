package bleve

import (
	"dateline/services/indexer/search/analysis"

	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// field is a field of a document of bleve's. It makes the map of terms that bleve builds segments of at once, without the
// tokens between, and of strings that are the same ones in each document: half of the time that it takes to index an
// article goes into looking terms up.
type field struct {
	name    string
	options index.FieldIndexingOptions
	read    func(f *field) // sets what follows, when bleve asks for it, beside other documents
	terms   index.TokenFrequencies
	room    []index.TokenFreq
	length  int
}

// The methods of bleve's document.Field.

func (f *field) Name() string                                     { return f.name }
func (f *field) ArrayPositions() []uint64                         { return nil }
func (f *field) Options() index.FieldIndexingOptions              { return f.options }
func (f *field) Analyze()                                         { f.read(f) }
func (f *field) Value() []byte                                    { return nil }
func (f *field) NumPlainTextBytes() uint64                        { return 0 }
func (f *field) Size() int                                        { return 0 }
func (f *field) EncodedFieldType() byte                           { return 't' }
func (f *field) AnalyzedLength() int                              { return f.length }
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.terms }

// exact reads terms that only have to be found, each of them once.
func exact(terms []string) func(*field) {
	return func(f *field) {
		f.begin(len(terms))
		for _, term := range terms {
			f.add(term)
		}
	}
}

// begin makes room for so many terms.
func (f *field) begin(n int) {
	f.length, f.terms, f.room = n, make(index.TokenFrequencies, n), make([]index.TokenFreq, 0, n)
}

// add returns what is counted of a term.
func (f *field) add(term string) *index.TokenFreq {
	t := f.terms[term]
	if t == nil {
		f.room = append(f.room, index.TokenFreq{})
		t = &f.room[len(f.room)-1]
		f.terms[term] = t
	}
	if !f.options.SkipFreqNorm() {
		t.SetFrequency(t.Frequency() + 1)
	}
	return t
}

// reading is what two fields are made of, analyzed once, when the first of them asks for it. Bleve analyzes the fields of a
// document one after the other.
type reading struct {
	analyzer *analysis.Analyzer
	values   []string
	tokens   [][]analysis.Token // of each value
	written  int                // tokens not of the kind Inflected
	others   int                // all others
}

func (r *reading) read() {
	if r.tokens != nil {
		return
	}
	r.tokens = make([][]analysis.Token, len(r.values))
	for i, v := range r.values {
		r.tokens[i] = r.analyzer.Tokens(v)
		for _, t := range r.tokens[i] {
			if t.Kind == analysis.Inflected {
				r.others++
			} else {
				r.written++
			}
		}
	}
}

// valueGap is how far apart the positions of two values are, so that no phrase is found across them.
const valueGap = 10

// words reads the words as written, with their positions. Where in the text they are is left out: snippets find that anew.
// A word has one location for all its positions: the first one, and how far each other is behind the one before, where
// bleve has places in arrays. With a location each, of which bleve writes five numbers, positions were half of the index.
func (r *reading) words(f *field) {
	r.read()
	f.begin(r.written)
	type place struct {
		of *index.TokenFreq
		at int
	}
	places := make([]place, 0, r.written)
	first := 0
	for _, tokens := range r.tokens {
		last := first
		for _, t := range tokens {
			if t.Kind != analysis.Inflected {
				last = first + t.Position
				places = append(places, place{f.add(t.Term), last})
			}
		}
		first = last + valueGap
	}
	n := len(f.terms)
	locations, pointers, gaps := make([]index.TokenLocation, 0, n), make([]*index.TokenLocation, 0, n), make([]uint64, len(places)-n)
	for _, p := range places {
		if p.of.Locations == nil {
			others := p.of.Frequency() - 1
			locations = append(locations, index.TokenLocation{Position: p.at, End: p.at, ArrayPositions: gaps[:0:others]})
			gaps = gaps[others:]
			pointers = append(pointers, &locations[len(locations)-1])
			p.of.Locations = pointers[len(pointers)-1:]
			continue
		}
		l := p.of.Locations[0]
		l.ArrayPositions, l.End = append(l.ArrayPositions, uint64(p.at-l.End)), p.at
	}
	for i := range locations {
		locations[i].End = 0 // it was the last position so far
	}
}

// positions appends where a posting's word stands, as words has written it.
func positions(at []uint32, p segment.Posting) []uint32 {
	for _, l := range p.Locations() {
		last := l.Pos()
		at = append(at, uint32(last))
		for _, gap := range l.ArrayPositions() {
			last += gap
			at = append(at, uint32(last))
		}
	}
	return at
}

// stems reads the words' other forms.
func (r *reading) stems(f *field) {
	r.read()
	f.begin(r.others)
	for _, tokens := range r.tokens {
		for _, t := range tokens {
			if t.Kind == analysis.Inflected {
				f.add(t.Term)
			}
		}
	}
}
