package opensearch

import (
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/analysis"
	"dateline/services/indexer/search/query"
)

// object is a piece of OpenSearch's query language.
type object = map[string]any

// wordFields are the fields that hold words.
var wordFields = map[query.Field]bool{
	query.Text: true, query.Title: true, query.Author: true, query.Agency: true, query.Publisher: true, query.Section: true, query.Keyword: true,
}

var (
	everything = object{"match_all": object{}}
	nothing    = object{"match_none": object{}}
)

// matches is a search in OpenSearch's words. The parameters' conditions do not count for relevance.
func matches(q *search.Query) object {
	filter, not := filters(q)
	return boolean("must", []object{text(q)}, "filter", filter, "must_not", not)
}

// admitted is a search without its text.
func admitted(q *search.Query) object {
	filter, not := filters(q)
	return boolean("filter", append(filter, everything), "must_not", not)
}

// text is what a search's text asks for. Where it has no word to look for, but punctuation, it finds nothing.
func text(q *search.Query) object {
	if o := (translator{q.Lang}).node(q.Tree); o != nil {
		return o
	}
	return nothing
}

// filters are the conditions of a search's parameters.
func filters(q *search.Query) (all, not []object) {
	add := func(o object) { all = append(all, o) }
	if q.Source != "" {
		add(whole(query.Source, q.Source, false))
	}
	if q.Lang != "" {
		add(whole(query.Language, q.Lang, false))
	}
	for _, f := range []struct{ field, value string }{{"section", q.Section}, {"author", q.Author}, {"agency", q.Agency}} {
		if f.value != "" {
			add(term(f.field, search.Fold(f.value)))
		}
	}
	if !q.From.IsZero() || !q.To.IsZero() {
		add(during("published", q.From, q.To))
	}
	switch q.State {
	case search.AnyState:
	case "": // lists of articles are no articles
		not = append(not, whole(query.BodyState, string(article.BodyList), false))
	default:
		add(whole(query.BodyState, q.State, false))
	}
	return all, not
}

type translator struct{ lang string }

// node is nil where a node says nothing.
func (t translator) node(n query.Node) object {
	switch n := n.(type) {
	case query.All:
		return everything
	case query.And:
		return t.and(n)
	case query.Or:
		var any []object
		for _, n := range n {
			if o := t.node(n); o != nil {
				any = append(any, o)
			}
		}
		return oneOf(any)
	case query.Not:
		return t.and(query.And{n})
	case query.Word:
		return t.value(n.Field, n.Text, analysis.Word, false)
	case query.Phrase:
		return t.value(n.Field, n.Text, analysis.Phrase, false)
	case query.Prefix:
		return t.value(n.Field, n.Text, analysis.Prefix, true)
	case query.Range:
		return during(string(n.Field), n.From, n.Before)
	}
	return nil
}

func (t translator) and(nodes query.And) object {
	var must, not []object
	for _, n := range nodes {
		into := &must
		if negated, ok := n.(query.Not); ok {
			n, into = negated.Node, &not
		}
		if o := t.node(n); o != nil {
			*into = append(*into, o)
		}
	}
	if len(not) == 0 && len(must) <= 1 {
		return oneOf(must)
	}
	return boolean("must", must, "must_not", not)
}

func (t translator) value(f query.Field, text string, read func(text, lang string) []analysis.Form, prefix bool) object {
	if !wordFields[f] {
		return whole(f, text, prefix)
	}
	var any []object
	for _, form := range read(text, t.lang) {
		any = append(any, formed(form, string(f))...)
	}
	return oneOf(any)
}

// formed is what finds a form in a field; one of the queries is enough.
func formed(form analysis.Form, field string) []object {
	last := len(form.Terms) - 1
	if last > 0 && !form.Prefix {
		return []object{phrase(field, form.Terms)}
	}
	ends := make([]object, 0, len(form.Terms[last]))
	for _, t := range form.Terms[last] {
		in := "words." + field
		if analysis.IsInflected(t) {
			in = "stems." + field
		}
		if form.Prefix {
			ends = append(ends, beginning(in, t))
		} else {
			ends = append(ends, term(in, t))
		}
	}
	if last == 0 {
		return ends
	}
	// As with bleve, that the beginning stands right behind the others is not asked for.
	return []object{boolean("must", []object{phrase(field, form.Terms[:last]), oneOf(ends)})}
}

// phrase is analyzed by the server like documents are, so that each place may have one of several terms.
func phrase(field string, places [][]string) object {
	words := make([]string, len(places))
	for i, terms := range places {
		words[i] = strings.Join(terms, between)
	}
	return object{"match_phrase": object{"words." + field: object{"query": strings.Join(words, " ")}}}
}

func term(field, value string) object { return object{"term": object{field: object{"value": value}}} }

// beginning is what finds terms that begin so. It does not count for relevance.
func beginning(field, value string) object {
	return object{"prefix": object{field: object{"value": value, "boost": 0}}}
}

// whole is what finds a whole value of source, language or body state.
func whole(f query.Field, text string, prefix bool) object {
	text = strings.ToLower(text)
	field := "body_state"
	switch {
	case f == query.Source:
		field = "source"
	case f == query.Language && strings.Contains(text, "-"):
		field = "language_tag"
	case f == query.Language:
		field = "language"
	}
	if prefix {
		return beginning(field, text)
	}
	return term(field, text)
}

// during is what finds times from one to before another; either may be zero. The index knows seconds.
func during(field string, from, before time.Time) object {
	bounds := object{}
	for name, t := range map[string]time.Time{"gte": from, "lt": before} {
		if !t.IsZero() {
			bounds[name] = instant(t.Add(time.Second - 1))
		}
	}
	return object{"range": object{field: bounds}}
}

// oneOf is nil for no query.
func oneOf(any []object) object {
	switch len(any) {
	case 0:
		return nil
	case 1:
		return any[0]
	}
	return object{"bool": object{"should": any, "minimum_should_match": 1}}
}

// boolean is a bool query of clauses by name, without those that are empty.
func boolean(clauses ...any) object {
	b := object{}
	for i := 0; i < len(clauses); i += 2 {
		if all := clauses[i+1].([]object); len(all) > 0 {
			b[clauses[i].(string)] = all
		}
	}
	return object{"bool": b}
}
