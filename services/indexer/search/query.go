package search

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search/query"
)

// MaxText is the most bytes of a query's text.
const MaxText = 2000

// ParamError names the parameter of a search that is wrong, and what is wrong with it.
type ParamError struct {
	Param  string
	Detail string
	Syntax *query.Error // where in q, if it is that
}

func (e *ParamError) Error() string { return e.Param + ": " + e.Detail }

// Sort is an order of results.
type Sort string

// The orders.
const (
	ByRelevance Sort = "relevance" // best first
	ByDate      Sort = "date"      // last published first, those without a date at the end
)

// Query is a search.
type Query struct {
	Text    string    // in the language of package query; empty for all articles
	From    time.Time // published then or later; zero for no bound
	To      time.Time // published before; zero for no bound
	Source  string    // exactly; empty for all, as with the next four
	Lang    string    // BCP 47 tag, or just its language
	Section string    // exactly but for case, accents and punctuation, as the next two
	Author  string
	Agency  string
	State   string // of the body; AnyState for all, empty for all but list pages
	Sort    Sort
	Limit   int

	Collapse bool // show one article of each group of near-duplicates

	Facets     []Facet // what is counted over all that matches
	FacetLimit int     // how many values of a facet are told, the most frequent ones; of days, all are

	Places bool // tell of each hit where it stands, so that pages of several indexes can be made one

	Tree query.Node // of the text

	id   string // of what is asked, whatever the page
	page page
}

// AnyState asks for articles whatever the state of their body.
const AnyState = "any"

// Params are the parameters that say which articles are meant.
var Params = []string{"q", "from", "to", "source", "lang", "section", "author", "agency", "body_state"}

// ParseQuery reads a search's parameters: Params, sort, collapse, cursor, facets and facet_limit. from and to are what the query
// language takes for a time; a day, month and year count whole, in UTC. Errors are *ParamError.
func ParseQuery(get func(name string) string, limit int) (*Query, error) {
	q := &Query{
		Text: strings.TrimSpace(get("q")), Source: strings.ToLower(get("source")), Lang: strings.ToLower(get("lang")), Sort: Sort(get("sort")), Limit: limit,
		Section: get("section"), Author: get("author"), Agency: get("agency"), State: get("body_state"),
	}
	if q.State != "" && q.State != AnyState && !slices.Contains(article.BodyStates, article.BodyState(q.State)) {
		return nil, bad("body_state", "%q is neither any nor one of %v", q.State, article.BodyStates)
	}
	var err error
	if q.Tree, err = parseText(q.Text); err != nil {
		return nil, err
	}
	if q.From, err = parseBound("from", get("from"), false); err != nil {
		return nil, err
	}
	if q.To, err = parseBound("to", get("to"), true); err != nil {
		return nil, err
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return nil, bad("to", "is before from")
	}
	switch q.Sort {
	case ByRelevance, ByDate:
	case "":
		if q.Sort = ByDate; q.Text != "" {
			q.Sort = ByRelevance
		}
	default:
		return nil, bad("sort", "%q is neither %q nor %q", q.Sort, ByRelevance, ByDate)
	}
	switch c := get("collapse"); c {
	case "":
	case "duplicates":
		q.Collapse = true
	default:
		return nil, bad("collapse", "%q is not duplicates", c)
	}
	if q.Facets, err = parseFacets(get("facets")); err != nil {
		return nil, err
	}
	if q.FacetLimit, err = parseFacetLimit(get("facet_limit")); err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"section": q.Section, "author": q.Author, "agency": q.Agency} {
		if value != "" && Fold(value) == "" {
			return nil, bad(name, "%q has neither letters nor digits", value)
		}
	}
	q.identify()
	if c := get("cursor"); c != "" {
		if q.page, err = decodePage(c, q.id, q.Sort); err != nil {
			return nil, bad("cursor", "%v", err)
		}
	}
	return q, nil
}

func bad(param, format string, args ...any) error {
	return &ParamError{Param: param, Detail: fmt.Sprintf(format, args...)}
}

func parseText(text string) (query.Node, error) {
	if len(text) > MaxText {
		return nil, bad("q", "is longer than %d bytes", MaxText)
	}
	n, err := query.Parse(text)
	if syntax := (*query.Error)(nil); errors.As(err, &syntax) {
		return nil, &ParamError{Param: "q", Detail: err.Error(), Syntax: syntax}
	}
	return n, err
}

// parseBound reads from and to. The upper bound of what is longer than an instant is its end.
func parseBound(name, s string, upper bool) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	from, before, ok := query.ParseTime(s)
	if !ok {
		return time.Time{}, bad(name, "%q is neither a year, month or day such as 2024-11-06 nor an RFC 3339 time, from 1678 to 2261", s)
	}
	if upper && !strings.ContainsRune(s, 'T') {
		return before, nil
	}
	return from, nil
}

// identify sums up what is asked, so that a cursor cannot be used on another search.
func (q *Query) identify() {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %d %q %q %q %q %q %q %q %t",
		q.Text, unixNano(q.From), unixNano(q.To), q.Source, q.Lang, q.Section, q.Author, q.Agency, q.State, q.Sort, q.Collapse))
	q.id = base64.RawURLEncoding.EncodeToString(sum[:6])
}

func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func parseFacetLimit(s string) (int, error) {
	if s == "" {
		return defaultFacetLimit, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxFacetLimit {
		return 0, bad("facet_limit", "%q is not a number from 1 to %d", s, maxFacetLimit)
	}
	return n, nil
}
