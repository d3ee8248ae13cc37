package inspect

import (
	"fmt"
	"strings"

	"dateline/pkg/article"
	"dateline/pkg/markdown"
)

// document is an article as Markdown: its headline, who wrote it and when, and its body.
func document(a *article.Article) string {
	var b strings.Builder
	if a.Headline != "" {
		fmt.Fprintf(&b, "# %s\n\n", markdown.Line(a.Headline))
	}
	var by []string
	for _, author := range a.Authors {
		by = append(by, markdown.Line(author.Name))
	}
	if a.Agency != "" {
		by = append(by, markdown.Line(a.Agency))
	}
	if a.DatePublished != nil {
		by = append(by, a.DatePublished.String())
	}
	if len(by) > 0 {
		fmt.Fprintf(&b, "*%s*\n\n", strings.Join(by, ", "))
	}
	b.WriteString(markdown.Body(a.Body))
	return strings.TrimRight(b.String(), "\n") + "\n"
}
