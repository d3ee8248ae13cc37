package extract

import (
	"context"
	"strings"

	"dateline/pkg/article"
	"dateline/services/parser/content"
	"dateline/services/parser/dispatch"
)

// Markup is the text of HTML that stands within data, all of it. It has the limits of a page and its time; the error is an
// *Error.
func Markup(ctx context.Context, s string) ([]article.Block, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, Budget, errBudget)
	defer cancel()
	doc, err := parse(ctx, []string{s})
	if err != nil {
		return nil, err
	}
	return content.Whole(doc), nil
}

// ArticleBody is the text of JSON-LD's articleBody, which is plain by schema.org, and HTML on some sites. The error is that of
// Markup.
func ArticleBody(ctx context.Context, s string) ([]article.Block, error) {
	if strings.Contains(s, "</") || strings.Contains(s, "<br") {
		return Markup(ctx, s)
	}
	var body []article.Block
	for _, text := range dispatch.Paragraphs(s) {
		body = append(body, article.Block{Type: article.Paragraph, Text: text})
	}
	return body, nil
}
