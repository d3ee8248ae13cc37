package bleve

import (
	"context"
	"errors"
	"fmt"

	"github.com/blevesearch/bleve/v2/mapping"
	bsearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"
)

// maxBeginnings is how many terms may begin as a query says: each costs some hundred bytes a segment while it is looked up.
const maxBeginnings = 10_000

// tooBroad is that too many terms begin with a text.
type tooBroad struct{ text string }

func (e *tooBroad) Error() string {
	return fmt.Sprintf("more than %d words begin with %q; ask for a longer beginning", maxBeginnings, e.text)
}

// beginning is a query of bleve's for terms that begin so. Unlike bleve's own it does not count for relevance, which makes
// it one union of bitmaps, and it has a limit.
type beginning struct{ field, text string }

// Searcher is query.Query of bleve's.
func (b beginning) Searcher(ctx context.Context, r index.IndexReader, _ mapping.IndexMapping, _ bsearch.SearcherOptions) (bsearch.Searcher, error) {
	return searchTerms(ctx, r, b)
}

func (b beginning) in() string { return b.field }

// terms are those that begin so.
func (b beginning) terms(r index.IndexReader) (terms []string, err error) {
	dict, err := r.FieldDictPrefix(b.field, []byte(b.text))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dict.Close()) }()
	for {
		entry, err := dict.Next()
		if err != nil || entry == nil {
			return terms, err
		}
		if terms = append(terms, entry.Term); len(terms) > maxBeginnings {
			return nil, &tooBroad{b.text}
		}
	}
}

// searchTerms is bleve's search for any of some terms.
func searchTerms(ctx context.Context, r index.IndexReader, q termsQuery) (bsearch.Searcher, error) {
	terms, err := q.terms(r)
	if err != nil {
		return nil, err
	}
	if len(terms) == 0 {
		return searcher.NewMatchNoneSearcher(r)
	}
	return searcher.NewMultiTermSearcher(ctx, r, terms, q.in(), 1, bsearch.SearcherOptions{Score: "none"}, false)
}
