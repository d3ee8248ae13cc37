package search

import (
	"fmt"

	"github.com/blevesearch/bleve/v2/search/query"
	"github.com/blevesearch/bleve/v2/search/searcher"
	"github.com/blevesearch/vellum/regexp"
)

// What a query may ask of the index.
const (
	maxClauses    = 100
	maxExpression = 1 << 20 // bytes of a compiled regular expression
)

// checkClauses finds what is wrong with a query that parses. Bleve itself says so only when it runs, among errors of
// other kinds.
func checkClauses(q query.Query, clauses *int) error {
	if *clauses++; *clauses > maxClauses {
		return fmt.Errorf("has more than %d clauses", maxClauses)
	}
	var inner []query.Query
	switch q := q.(type) {
	case *query.BooleanQuery:
		for _, c := range []query.Query{q.Must, q.Should, q.MustNot} {
			if c != nil {
				inner = append(inner, c)
			}
		}
	case *query.ConjunctionQuery:
		inner = q.Conjuncts
	case *query.DisjunctionQuery:
		inner = q.Disjuncts
	case *query.RegexpQuery:
		if _, err := regexp.NewWithLimit(q.Regexp, maxExpression); err != nil {
			return fmt.Errorf("regular expression /%s/: %w", q.Regexp, err)
		}
	case *query.MatchQuery:
		if q.Fuzziness < 0 || q.Fuzziness > searcher.MaxFuzziness {
			return fmt.Errorf("%s~%d: at most %d letters may differ", q.Match, q.Fuzziness, searcher.MaxFuzziness)
		}
	}
	for _, c := range inner {
		if err := checkClauses(c, clauses); err != nil {
			return err
		}
	}
	return nil
}
