package search

import (
	"dateline/services/indexer/search/analysis"
	"dateline/services/indexer/search/query"
)

// maxMarked is how many bytes of a text are looked through for hits.
const maxMarked = 1 << 20

// sought are the forms that a query looks for in the text, by the word or phrase that they are of.
type sought [][]analysis.Form

// seek collects what is to be marked: what is denied and what is looked for in other fields is not.
func seek(n query.Node, lang string) sought {
	var all sought
	add := func(f query.Field, forms []analysis.Form) {
		if f == query.Text && len(forms) > 0 {
			all = append(all, forms)
		}
	}
	var walk func(query.Node)
	walk = func(n query.Node) {
		switch n := n.(type) {
		case query.And:
			for _, n := range n {
				walk(n)
			}
		case query.Or:
			for _, n := range n {
				walk(n)
			}
		case query.Word:
			add(n.Field, analysis.Word(n.Text, lang))
		case query.Phrase:
			add(n.Field, analysis.Phrase(n.Text, lang))
		case query.Prefix:
			add(n.Field, analysis.Prefix(n.Text, lang))
		}
	}
	walk(n)
	return all
}

// find is where in a text of a language the forms stand.
func (s sought) find(text, lang string) []span {
	if len(s) == 0 {
		return nil
	}
	tokens := analysis.For(lang).Tokens(text[:min(len(text), maxMarked)])
	var spans []span
	for word, forms := range s {
		analysis.Find(tokens, forms, func(start, end int) { spans = append(spans, span{start, end, word}) })
	}
	return spans
}
