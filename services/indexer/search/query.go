package search

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"dateline/pkg/article"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
)

// MaxText is the most bytes of a query's text.
const MaxText = 2000

// ParamError names the parameter of a search that is wrong, and what is wrong with it.
type ParamError struct {
	Param  string
	Detail string
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
	Text   string    // in bleve's query string syntax; empty for all articles
	From   time.Time // published then or later; zero for no bound
	To     time.Time // published before; zero for no bound
	Source string    // exactly; empty for all
	Lang   string    // BCP 47 tag, or just its language; empty for all
	State  string    // of the body; AnyState for all, empty for all but list pages
	Sort   Sort
	After  []string // sort values of the last hit of the page before; nil for the first page
	Limit  int

	id  string // of what is asked, whatever the page
	all query.Query
	say query.Query // the text's part
}

// AnyState asks for articles whatever the state of their body.
const AnyState = "any"

// ParseQuery reads a search's parameters: q, from, to, source, lang, body_state, sort and cursor. from and to are RFC 3339 instants or
// days; a day counts whole, in UTC. Errors are *ParamError.
func ParseQuery(get func(name string) string, limit int) (*Query, error) {
	q := &Query{
		Text: strings.TrimSpace(get("q")), Source: strings.ToLower(get("source")), Lang: strings.ToLower(get("lang")), Sort: Sort(get("sort")), Limit: limit,
		State: get("body_state"),
	}
	if q.State != "" && q.State != AnyState && !slices.Contains(article.BodyStates, article.BodyState(q.State)) {
		return nil, &ParamError{"body_state", fmt.Sprintf("%q is neither any nor one of %v", q.State, article.BodyStates)}
	}
	var err error
	if q.say, err = parseText(q.Text); err != nil {
		return nil, err
	}
	if q.From, err = parseBound("from", get("from"), false); err != nil {
		return nil, err
	}
	if q.To, err = parseBound("to", get("to"), true); err != nil {
		return nil, err
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return nil, &ParamError{"to", "is before from"}
	}
	switch q.Sort {
	case ByRelevance, ByDate:
	case "":
		if q.Sort = ByDate; q.Text != "" {
			q.Sort = ByRelevance
		}
	default:
		return nil, &ParamError{"sort", fmt.Sprintf("%q is neither %q nor %q", q.Sort, ByRelevance, ByDate)}
	}
	q.identify()
	if c := get("cursor"); c != "" {
		if q.After, err = decodePage(c, q.id); err != nil {
			return nil, &ParamError{"cursor", err.Error()}
		}
	}
	q.all = q.combine()
	return q, nil
}

func parseText(text string) (query.Query, error) {
	switch {
	case text == "":
		return bleve.NewMatchAllQuery(), nil
	case len(text) > MaxText:
		return nil, &ParamError{"q", fmt.Sprintf("is longer than %d bytes", MaxText)}
	case !utf8.ValidString(text):
		return nil, &ParamError{"q", "is not valid UTF-8"}
	}
	qs := query.NewQueryStringQuery(text)
	parsed, err := qs.Parse()
	if err != nil {
		return nil, &ParamError{"q", strings.ReplaceAll(err.Error(), "\n", "; ")}
	}
	if v, ok := parsed.(query.ValidatableQuery); ok {
		if err := v.Validate(); err != nil {
			return nil, &ParamError{"q", err.Error()}
		}
	}
	if err := checkClauses(parsed, new(int)); err != nil {
		return nil, &ParamError{"q", err.Error()}
	}
	return parsed, nil
}

// parseBound reads from and to. A day as the upper bound means its end.
func parseBound(name, s string, upper bool) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		if t, err = time.Parse(time.DateOnly, s); err != nil {
			return time.Time{}, &ParamError{name, fmt.Sprintf("%q is neither a day such as 2024-11-06 nor an RFC 3339 time", s)}
		}
		if upper {
			t = t.AddDate(0, 0, 1)
		}
	}
	if !indexable(t) {
		return time.Time{}, &ParamError{name, fmt.Sprintf("%q is out of range", s)}
	}
	return t, nil
}

// combine makes one query of text and filters. Filters do not count for relevance.
func (q *Query) combine() query.Query {
	all := []query.Query{q.say}
	filter := func(f query.FieldableQuery, field string) {
		f.SetField(field)
		if b, ok := f.(query.BoostableQuery); ok {
			b.SetBoost(0)
		}
		all = append(all, f)
	}
	if q.Source != "" {
		filter(query.NewTermQuery(q.Source), fieldSource)
	}
	if q.Lang != "" {
		filter(query.NewTermQuery(q.Lang), fieldLang)
	}
	if !q.From.IsZero() || !q.To.IsZero() {
		inclusive, exclusive := true, false
		filter(query.NewDateRangeInclusiveQuery(q.From, q.To, &inclusive, &exclusive), fieldPublished)
	}
	switch q.State {
	case AnyState:
	case "": // lists of articles are no articles
		list := query.NewTermQuery(string(article.BodyList))
		list.SetField(fieldBodyState)
		return query.NewBooleanQuery(all, nil, []query.Query{list})
	default:
		filter(query.NewTermQuery(q.State), fieldBodyState)
	}
	if len(all) == 1 {
		return q.say
	}
	return bleve.NewConjunctionQuery(all...)
}

// identify sums up what is asked, so that a cursor cannot be used on another search.
func (q *Query) identify() {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %d %q %q %q %q", q.Text, unixNano(q.From), unixNano(q.To), q.Source, q.Lang, q.State, q.Sort))
	q.id = base64.RawURLEncoding.EncodeToString(sum[:6])
}

func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// page is what a cursor holds. The sort values are bytes, not text: those of dates are not UTF-8.
type page struct {
	Query string   `json:"q"`
	After [][]byte `json:"a"`
}

// sortValues is how many values each order has.
const sortValues = 2

func encodePage(queryID string, after []string) (string, error) {
	p := page{Query: queryID}
	for _, v := range after {
		p.After = append(p.After, []byte(v))
	}
	b, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func decodePage(cursor, queryID string) ([]string, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, errors.New("is not a cursor that this API gave")
	}
	var p page
	if err := json.Unmarshal(b, &p); err != nil || len(p.After) != sortValues {
		return nil, errors.New("is not a cursor that this API gave")
	}
	if p.Query != queryID {
		return nil, errors.New("belongs to another search")
	}
	after := make([]string, len(p.After))
	for i, v := range p.After {
		after[i] = string(v)
	}
	return after, nil
}
