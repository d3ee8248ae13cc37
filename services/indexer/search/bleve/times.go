package bleve

import (
	"context"
	"errors"
	"time"

	"dateline/services/indexer/search"

	"github.com/blevesearch/bleve/v2/mapping"
	bsearch "github.com/blevesearch/bleve/v2/search"
	index "github.com/blevesearch/bleve_index_api"
)

// Times are indexed as terms of several lengths, so that a span of them is the union of a few hundred terms at most. Bleve
// has a form of its own for that, of sixteen terms a time; these are four.
const (
	orderBytes = 5 // that sort as times do: 35 bits of seconds, seven a byte, because 0xff parts values in bleve's columns
	orderBits  = 7 // a byte
	orderEnd   = 1 << (orderBytes * orderBits)
	coarsest   = 2 // bytes of the shortest term, which stands for 24 days
)

// order is a datable time in seconds, as search.OrderOf writes it.
func order(t time.Time) uint64 { return orderIn(string(search.OrderOf(t))) }

// orderTerm appends the first bytes of an order.
func orderTerm(b []byte, n uint64, length int) []byte {
	for i := range length {
		b = append(b, byte(n>>(orderBits*(orderBytes-1-i))&(1<<orderBits-1)))
	}
	return b
}

// orderIn is the order that some bytes end with.
func orderIn(b string) (n uint64) {
	for _, c := range []byte(b[max(0, len(b)-orderBytes):]) {
		n = n<<orderBits | uint64(c)&(1<<orderBits-1)
	}
	return n
}

// spanTerm is the term of a length that stands for an order and those around it. Terms of one length sort together.
func spanTerm(n uint64, length int) []byte { return orderTerm([]byte{byte(length)}, n, length) }

// spanTerms are all terms of a time.
func spanTerms(t time.Time) []string {
	var terms []string
	for length := coarsest; length <= orderBytes; length++ {
		terms = append(terms, string(spanTerm(order(t), length)))
	}
	return terms
}

// period is a query of bleve's for times from one order to before another.
type period struct {
	field        string
	from, before uint64
}

// during is what finds times from one to before another; either may be zero. The index knows seconds.
func during(field string, from, before time.Time) period {
	up := func(t time.Time, open uint64) uint64 {
		if t.IsZero() {
			return open
		}
		return order(t.Add(time.Second - 1))
	}
	return period{field, up(from, 0), up(before, orderEnd)}
}

// ranges are the first and the last terms of the runs that make up the span: the longest terms at its ends, shorter ones
// within.
func (p period) ranges() (runs [][2][]byte) {
	from, before := p.from, p.before
	for length := orderBytes; from < before; length-- {
		size := uint64(1) << (orderBits * (orderBytes - length))
		shorter := size << orderBits
		begin, end := before, before // of what shorter terms can stand for
		if length > coarsest {
			begin = min((from+shorter-1)/shorter*shorter, before)
			end = max(before/shorter*shorter, begin)
		}
		for _, run := range [][2]uint64{{from, begin}, {end, before}} {
			if run[0] < run[1] {
				runs = append(runs, [2][]byte{spanTerm(run[0], length), spanTerm(run[1]-size, length)})
			}
		}
		from, before = begin, end
	}
	return runs
}

// Searcher is query.Query of bleve's.
func (p period) Searcher(ctx context.Context, r index.IndexReader, _ mapping.IndexMapping, _ bsearch.SearcherOptions) (bsearch.Searcher, error) {
	return searchTerms(ctx, r, p)
}

func (p period) in() string { return p.field }

// terms are those that make up the period.
func (p period) terms(r index.IndexReader) (terms []string, err error) {
	for _, run := range p.ranges() {
		if terms, err = appendTerms(terms, r, p.field, run[0], run[1]); err != nil {
			return nil, err
		}
	}
	return terms, nil
}

// appendTerms appends a field's terms from one to another, that one included.
func appendTerms(terms []string, r index.IndexReader, field string, first, last []byte) (_ []string, err error) {
	dict, err := r.FieldDictRange(field, first, last)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dict.Close()) }()
	for {
		entry, err := dict.Next()
		if err != nil || entry == nil {
			return terms, err
		}
		terms = append(terms, entry.Term)
	}
}
