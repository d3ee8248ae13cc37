package extract

import (
	"cmp"
	"strings"

	"dateline/pkg/article"
	"dateline/services/parser/byline"
	"dateline/services/parser/dispatch"
)

// openings is how many paragraphs a dateline may stand in: a lead often comes before it.
const openings = 3

// attribute takes place, day and agency from the words that a text opens and closes with. An agency that a byline or the
// metadata name stays. So does the text, for on a page these words are a part of it.
func attribute(a *article.Article, x *Explanation) {
	var paragraphs []string
	for _, b := range a.Body {
		if b.Type == article.Paragraph {
			paragraphs = append(paragraphs, b.Text)
		}
	}
	if len(paragraphs) == 0 {
		return
	}
	agency := func(name, words, where string) bool {
		if name == "" {
			return false
		}
		name = cmp.Or(byline.Agency(name), name)
		won := a.Agency == ""
		if won {
			a.Agency, a.Provenance["agency"] = name, article.FromText
		}
		x.field(FieldEvidence{Field: "agency", From: article.FromText, Detail: where, Value: words, Won: won, Why: "after better evidence"})
		return true
	}
	named := false
	for i := range min(openings, len(paragraphs)) {
		d := dispatch.Open(paragraphs[i:])
		named = agency(d.Agency, d.Agency, "opening") || named
		if d.Place != "" && a.Dateline == nil {
			a.Dateline = &article.Dateline{Place: d.Place}
			if d.Day != "" {
				a.Dateline.Date = &article.Date{Raw: d.Day}
			}
			a.Provenance["dateline"] = article.FromText
			x.field(FieldEvidence{Field: "dateline", From: article.FromText, Detail: "opening", Value: strings.TrimSpace(d.Place + " " + d.Day), Won: true})
		}
		if named = named || agency(dispatch.Reported(paragraphs[i]), paragraphs[i], "attribution"); named || a.Dateline != nil {
			break
		}
	}
	if last := paragraphs[len(paragraphs)-1]; !named {
		agency(dispatch.Closing(last), last, "closing line")
	}
}
