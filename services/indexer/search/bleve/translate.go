package bleve

import (
	"strings"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/analysis"
	"dateline/services/indexer/search/query"

	"github.com/blevesearch/bleve/v2"
	bquery "github.com/blevesearch/bleve/v2/search/query"
)

// wordFields are the fields that hold words.
var wordFields = map[query.Field]string{
	query.Text: fieldText, query.Title: fieldTitle, query.Author: fieldAuthor, query.Agency: fieldAgency,
	query.Publisher: fieldPublisher, query.Section: fieldSection, query.Keyword: fieldKeyword,
}

// matches is a search in bleve's words.
func matches(q *search.Query) bquery.Query { return filter(translate(q.Tree, q.Lang), q) }

// filters is a search without its text.
func filters(q *search.Query) bquery.Query { return filter(bleve.NewMatchAllQuery(), q) }

// filter adds the parameters' conditions to a query. They do not count for relevance.
func filter(base bquery.Query, q *search.Query) bquery.Query {
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
	for _, f := range []struct{ label, value string }{{labelSection, q.Section}, {labelAuthor, q.Author}, {labelAgency, q.Agency}} {
		if f.value == "" {
			continue
		}
		add(beginning{fieldLabel, f.label + search.Fold(f.value) + labelEnd})
	}
	if !q.From.IsZero() || !q.To.IsZero() {
		add(during(fieldPublished, q.From, q.To))
	}
	switch q.State {
	case search.AnyState:
	case "": // lists of articles are no articles
		return bquery.NewBooleanQuery(all, nil, []bquery.Query{whole(query.BodyState, string(article.BodyList), false)})
	default:
		add(whole(query.BodyState, q.State, false))
	}
	if len(all) == 1 {
		return base
	}
	return bleve.NewConjunctionQuery(all...)
}

// translate makes a query of bleve's. lang is the language that the words are read in; without it, they are read in all.
// A query that has no word to look for, but punctuation, finds nothing.
func translate(n query.Node, lang string) bquery.Query {
	if q := (translator{lang}).node(n); q != nil {
		return q
	}
	return bleve.NewMatchNoneQuery()
}

type translator struct{ lang string }

// node is nil where a node says nothing.
func (t translator) node(n query.Node) bquery.Query {
	switch n := n.(type) {
	case query.All:
		return bleve.NewMatchAllQuery()
	case query.And:
		return t.and(n)
	case query.Or:
		var any []bquery.Query
		for _, n := range n {
			if q := t.node(n); q != nil {
				any = append(any, q)
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
		field := fieldPublished
		if n.Field == query.Stored {
			field = fieldStored
		}
		return during(field, n.From, n.Before)
	}
	return nil
}

func (t translator) and(nodes query.And) bquery.Query {
	var must, mustNot []bquery.Query
	for _, n := range nodes {
		into := &must
		if not, ok := n.(query.Not); ok {
			n, into = not.Node, &mustNot
		}
		if q := t.node(n); q != nil {
			*into = append(*into, q)
		}
	}
	switch {
	case len(mustNot) == 0 && len(must) <= 1:
		return oneOf(must)
	case len(mustNot) == 0:
		return bleve.NewConjunctionQuery(must...)
	case len(must) == 0:
		must = append(must, bleve.NewMatchAllQuery())
	}
	return bquery.NewBooleanQuery(must, nil, mustNot)
}

// oneOf is nil for no query.
func oneOf(qs []bquery.Query) bquery.Query {
	switch len(qs) {
	case 0:
		return nil
	case 1:
		return qs[0]
	}
	d := bleve.NewDisjunctionQuery(qs...)
	d.SetMin(1)
	return d
}

func (t translator) value(f query.Field, text string, read func(text, lang string) []analysis.Form, prefix bool) bquery.Query {
	field, ok := wordFields[f]
	if !ok {
		return whole(f, text, prefix)
	}
	var any []bquery.Query
	for _, form := range read(text, t.lang) {
		any = append(any, formQuery(form, field)...)
	}
	return oneOf(any)
}

// formQuery is what finds a form in a field; one of the queries is enough.
func formQuery(form analysis.Form, field string) []bquery.Query {
	last := len(form.Terms) - 1
	if last > 0 && !form.Prefix {
		return []bquery.Query{bquery.NewMultiPhraseQuery(form.Terms, field)}
	}
	ends := make([]bquery.Query, 0, len(form.Terms[last]))
	for _, term := range form.Terms[last] {
		field := field
		if analysis.IsInflected(term) {
			field = stems(field)
		}
		if form.Prefix {
			ends = append(ends, beginning{field, term})
		} else {
			ends = append(ends, in(field, bleve.NewTermQuery(term)))
		}
	}
	if last == 0 {
		return ends
	}
	// Bleve has no phrase that ends with a beginning: that it stands right behind the others is not asked for.
	return []bquery.Query{bleve.NewConjunctionQuery(bquery.NewMultiPhraseQuery(form.Terms[:last], field), oneOf(ends))}
}

func in(field string, q bquery.FieldableQuery) bquery.Query {
	q.SetField(field)
	return q
}

// whole is what finds a whole value of source, language or body state.
func whole(f query.Field, text string, prefix bool) bquery.Query {
	text = strings.ToLower(text)
	label := labelBodyState
	switch {
	case f == query.Source:
		label = labelSource
	case f == query.Language && strings.Contains(text, "-"):
		label = labelTag
	case f == query.Language:
		label = labelLanguage
	}
	if prefix {
		return beginning{fieldLabel, label + text}
	}
	return in(fieldLabel, bleve.NewTermQuery(label+text))
}
