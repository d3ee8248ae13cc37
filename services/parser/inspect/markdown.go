package inspect

import (
	"fmt"
	"strings"

	"dateline/pkg/article"
)

// markdown is an article as CommonMark, tables as GitHub's extension has them. Nothing in the article becomes markup or HTML.
func markdown(a *article.Article) string {
	var b strings.Builder
	if a.Headline != "" {
		fmt.Fprintf(&b, "# %s\n\n", line(a.Headline))
	}
	var by []string
	for _, author := range a.Authors {
		by = append(by, line(author.Name))
	}
	if a.Agency != "" {
		by = append(by, line(a.Agency))
	}
	if a.DatePublished != nil {
		by = append(by, a.DatePublished.String())
	}
	if len(by) > 0 {
		fmt.Fprintf(&b, "*%s*\n\n", strings.Join(by, ", "))
	}
	for _, block := range a.Body {
		switch block.Type {
		case article.Heading:
			fmt.Fprintf(&b, "%s %s\n\n", strings.Repeat("#", min(max(block.Level, 2), 6)), line(block.Text))
		case article.List:
			for _, item := range block.Items {
				fmt.Fprintf(&b, "- %s\n", line(item))
			}
			b.WriteByte('\n')
		case article.Quote:
			fmt.Fprintf(&b, "> %s\n\n", lines(block.Text, "> "))
		case article.Caption:
			fmt.Fprintf(&b, "*%s*\n\n", line(block.Text))
		case article.Table:
			table(&b, block.Rows)
		default:
			fmt.Fprintf(&b, "%s\n\n", lines(block.Text, ""))
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func table(b *strings.Builder, rows [][]string) {
	columns := 0
	for _, r := range rows {
		columns = max(columns, len(r))
	}
	for i, r := range rows {
		for c := range columns {
			cell := ""
			if c < len(r) {
				cell = line(r[c])
			}
			fmt.Fprintf(b, "| %s ", cell)
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString(strings.Repeat("| --- ", columns) + "|\n")
		}
	}
	b.WriteByte('\n')
}

// line is a text on one line, escaped.
func line(s string) string { return escape(strings.Join(strings.Fields(s), " ")) }

// lines keeps a text's line breaks, each line after a prefix but the first.
func lines(s, prefix string) string {
	var out []string
	for l := range strings.Lines(s) {
		out = append(out, line(l))
	}
	return strings.Join(out, "\\\n"+prefix)
}

// special are the characters that mean something in CommonMark, wherever they stand.
var special = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "&", `\&`, "|", `\|`, "~", `\~`, "!", `\!`)

// escape takes their meaning from all characters of a text that is one line.
func escape(s string) string {
	s = special.Replace(s)
	marker := strings.TrimLeft(s, "0123456789")
	digits := len(s) - len(marker)
	switch {
	case marker == "":
	case digits == 0 && strings.ContainsRune("#+-=", rune(marker[0])):
		return `\` + s
	case digits > 0 && (marker[0] == '.' || marker[0] == ')'):
		return s[:digits] + `\` + marker
	}
	return s
}
