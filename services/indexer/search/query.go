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

	"github.com/blevesearch/bleve/v2"
	bquery "github.com/blevesearch/bleve/v2/search/query"
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

	Facets     []Facet // what is counted over all that matches
	FacetLimit int     // how many values of a facet are told, the most frequent ones; of days, all are

	Places bool // tell of each hit where it stands, so that pages of several indexes can be made one

	id      string // of what is asked, whatever the page
	page    page
	tree    query.Node
	all     bquery.Query
	filters bquery.Query // all without the text
}

// AnyState asks for articles whatever the state of their body.
const AnyState = "any"

// Params are the parameters that say which articles are meant.
var Params = []string{"q", "from", "to", "source", "lang", "section", "author", "agency", "body_state"}

// ParseQuery reads a search's parameters: Params, sort, cursor, facets and facet_limit. from and to are what the query
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
	if q.tree, err = parseText(q.Text); err != nil {
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
	if q.Facets, err = parseFacets(get("facets")); err != nil {
		return nil, err
	}
	if q.FacetLimit, err = parseFacetLimit(get("facet_limit")); err != nil {
		return nil, err
	}
	q.identify()
	if c := get("cursor"); c != "" {
		if q.page, err = decodePage(c, q.id, q.Sort); err != nil {
			return nil, bad("cursor", "%v", err)
		}
	}
	if q.filters, err = q.filter(bleve.NewMatchAllQuery()); err != nil {
		return nil, err
	}
	q.all, err = q.filter(translate(q.tree, q.Lang))
	return q, err
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

// filter adds the parameters' conditions to a query. They do not count for relevance.
func (q *Query) filter(base bquery.Query) (bquery.Query, error) {
	all := []bquery.Query{base}
	add := func(f bquery.Query) {
		if b, ok := f.(bquery.BoostableQuery); ok {
			b.SetBoost(0)
		}
		all = append(all, f)
	}
	if q.Source != "" {
		add(whole(query.Source, q.Source, false))
	}
	if q.Lang != "" {
		add(whole(query.Language, q.Lang, false))
	}
	for _, f := range []struct{ name, label, value string }{{"section", labelSection, q.Section}, {"author", labelAuthor, q.Author}, {"agency", labelAgency, q.Agency}} {
		if f.value == "" {
			continue
		}
		key := labelKey(f.value)
		if key == "" {
			return nil, bad(f.name, "%q has neither letters nor digits", f.value)
		}
		add(beginning{fieldLabel, f.label + key + labelEnd})
	}
	if !q.From.IsZero() || !q.To.IsZero() {
		add(during(fieldPublished, q.From, q.To))
	}
	switch q.State {
	case AnyState:
	case "": // lists of articles are no articles
		return bquery.NewBooleanQuery(all, nil, []bquery.Query{whole(query.BodyState, string(article.BodyList), false)}), nil
	default:
		add(whole(query.BodyState, q.State, false))
	}
	if len(all) == 1 {
		return base, nil
	}
	return bleve.NewConjunctionQuery(all...), nil
}

// identify sums up what is asked, so that a cursor cannot be used on another search.
func (q *Query) identify() {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %d %q %q %q %q %q %q %q",
		q.Text, unixNano(q.From), unixNano(q.To), q.Source, q.Lang, q.Section, q.Author, q.Agency, q.State, q.Sort))
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
