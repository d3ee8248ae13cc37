package markdown

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"dateline/pkg/article"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

func TestBody(t *testing.T) {
	got := Body([]article.Block{
		{Type: article.Paragraph, Text: "One *two*\nthree"},
		{Type: article.Heading, Level: 1, Text: "Top"},
		{Type: article.Heading, Level: 9, Text: "Deep\nhead"},
		{Type: article.Heading},
		{Type: article.List, Items: []string{"- a", "b"}},
		{Type: article.Quote, Text: "said\nshe"},
		{Type: article.Caption, Text: "Picture"},
		{Type: article.Caption},
		{Type: article.Table, Rows: [][]string{{"a", "b"}, {"c|d"}}},
	})
	want := "One \\*two\\*\\\nthree\n\n## Top\n\n###### Deep head\n\n- \\- a\n- b\n\n> said\\\n> she\n\n*Picture*\n\n| a | b |\n| --- | --- |\n| c\\|d |  |\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Body(nil); got != "" {
		t.Errorf("nothing is %q", got)
	}
}

// parsed is what a CommonMark parser makes of a document: its text, and the kinds of nodes in it.
func parsed(source []byte) (string, map[string]bool) {
	var b strings.Builder
	kinds := map[string]bool{}
	parser := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList)).Parser()
	_ = ast.Walk(parser.Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		kinds[n.Kind().String()] = true
		if t, ok := n.(*ast.Text); ok {
			b.Write(t.Value(source))
			if t.HardLineBreak() || t.SoftLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String(), kinds
}

// unescaped is what the text nodes of an escaped text stand for: a parser that keeps to the source leaves the escapes in.
func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// missed is what goldmark does not see: that a line break after an escaped backslash is a hard one.
var missed = regexp.MustCompile(`\\\s*\n`)

// Whatever a text says, to a parser of CommonMark it is a paragraph of that text, and nothing else.
func FuzzTextStaysText(f *testing.F) {
	for _, s := range []string{
		"plain", "# no heading", "- no list", "+ no", "12. no", "1) no", "> no quote", "*no* _emphasis_", "`no code`", "[no](link)", "![no](image)", "<b>no</b>", "&amp;",
		"=== ", "a\n===", "a\n---", "~~~\nno fence", "a | b\n--- | ---\nc | d", "    no code", "\\", "\\\\", "a\\\nb", "<https://example.org>", "[a]: /b", "***", "~~no~~", "- [ ] no", "1.", "0)", "#", "a\n\nb", "a  \nb",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "")
		s = strings.ReplaceAll(s, "\x00", "")
		words := strings.Join(strings.Fields(s), " ")
		if words == "" || missed.MatchString(s) {
			return
		}
		source := Body([]article.Block{{Type: article.Paragraph, Text: s}})
		got, kinds := parsed([]byte(source))
		if got := strings.Join(strings.Fields(unescaped(got)), " "); got != words {
			t.Errorf("%q becomes %q, which says %q", s, source, got)
		}
		for kind := range kinds {
			if kind != "Document" && kind != "Paragraph" && kind != "Text" {
				t.Errorf("%q becomes %q, which has a %s", s, source, kind)
			}
		}
		if !bytes.HasSuffix([]byte(source), []byte("\n")) {
			t.Errorf("%q does not end its line", source)
		}
	})
}
