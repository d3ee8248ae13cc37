// Package markdown writes text as CommonMark (https://spec.commonmark.org/0.31.2/), with tables as GitHub's extension has
// them. Text stays text: nothing in it becomes markup, HTML or a link.
package markdown

import (
	"fmt"
	"strings"

	"dateline/pkg/article"
)

// Body is the blocks of an article, parted by blank lines; empty for none. Headings begin at the second level: the first
// is the article's own.
func Body(body []article.Block) string {
	var b strings.Builder
	for _, block := range body {
		switch block.Type {
		case article.Heading:
			if text := Line(block.Text); text != "" {
				fmt.Fprintf(&b, "%s %s\n\n", strings.Repeat("#", min(max(block.Level, 2), 6)), text)
			}
		case article.List:
			for _, item := range block.Items {
				fmt.Fprintf(&b, "- %s\n", Line(item))
			}
			b.WriteString("\n")
		case article.Quote:
			fmt.Fprintf(&b, "> %s\n\n", lines(block.Text, "> "))
		case article.Caption:
			if text := Line(block.Text); text != "" {
				fmt.Fprintf(&b, "*%s*\n\n", text)
			}
		case article.Table:
			table(&b, block.Rows)
		default:
			fmt.Fprintf(&b, "%s\n\n", lines(block.Text, ""))
		}
	}
	text := strings.Trim(b.String(), "\n")
	if text != "" {
		text += "\n"
	}
	return text
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
				cell = Line(r[c])
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

// Line is a text on one line, escaped so that it may stand anywhere in a document.
func Line(s string) string { return escape(strings.Join(strings.Fields(s), " ")) }

// lines keeps a text's line breaks, each line after a prefix but the first.
func lines(s, prefix string) string {
	var out []string
	for l := range strings.Lines(strings.TrimSpace(s)) {
		out = append(out, Line(l))
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
