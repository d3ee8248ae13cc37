package search

import (
	"dateline/services/indexer/search/analysis"

	index "github.com/blevesearch/bleve_index_api"
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

// words reads the words as written, with their positions. Where they begin and end is left out: snippets find that anew.
func (r *reading) words(f *field) {
	r.read()
	f.begin(r.written)
	of, places, all := make([]*index.TokenFreq, 0, r.written), make([]index.TokenLocation, 0, r.written), make([]*index.TokenLocation, r.written)
	for i, tokens := range r.tokens {
		var value []uint64
		if len(r.values) > 1 {
			value = []uint64{uint64(i)}
		}
		for _, t := range tokens {
			if t.Kind != analysis.Inflected {
				of = append(of, f.add(t.Term))
				places = append(places, index.TokenLocation{ArrayPositions: value, Position: t.Position})
			}
		}
	}
	for i, t := range of {
		if t.Locations == nil {
			t.Locations, all = all[:0:t.Frequency()], all[t.Frequency():]
		}
		t.Locations = append(t.Locations, &places[i])
	}
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
