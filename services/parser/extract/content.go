package extract

import (
	"strings"
	"unicode/utf8"

	"dateline/pkg/article"
	"dateline/services/parser/content"
	"dateline/services/parser/dispatch"
)

// hints are what the text is held against.
func (f *facts) hints(a *article.Article) content.Hints {
	titles := append([]string{a.Headline, f.title, f.ld.Headline}, f.meta["og:title"]...)
	return content.Hints{Headlines: append(titles, f.headings...), Description: a.Description, ArticleBody: f.ld.Body}
}

const (
	// shortText is the length, in characters, below which the text of a page that is not free is only its teaser.
	shortText = 1000
	// twice: a JSON-LD articleBody counts only where the page shows so much less that its text was not found.
	twice = 2
)

// chooseBody sets provenance and state of the body, and takes JSON-LD's where the page's own text was not found.
func (f *facts) chooseBody(a *article.Article, p Page) {
	length := utf8.RuneCountInString(article.PlainText(a.Body))
	if a.Body != nil {
		a.Provenance["body"] = article.FromHTML
	}
	if ld := f.ld; utf8.RuneCountInString(ld.Body) > twice*length && !strings.Contains(ld.Body, "</") {
		a.Body = nil
		for _, text := range dispatch.Paragraphs(ld.Body) {
			a.Body = append(a.Body, article.Block{Type: article.Paragraph, Text: text})
		}
		a.Provenance["body"] = article.FromJSONLD
		length = utf8.RuneCountInString(ld.Body)
	}
	text := ""
	if len(a.Body) > 0 {
		text = a.Body[len(a.Body)-1].Text
	}
	paid := a.IsAccessibleForFree != nil && !*a.IsAccessibleForFree
	switch {
	case len(a.Body) == 0:
		a.BodyState = article.BodyEmpty
	case p.Truncated, paid && length < shortText, strings.HasSuffix(text, "…") || strings.HasSuffix(text, "..."):
		a.BodyState = article.BodyPartial
	default:
		a.BodyState = article.BodyFull
	}
	a.Provenance["body_state"] = article.FromText
}
