package extract

import (
	"context"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// outline writes a tree without what is set apart: what is in comments and styles. What a script holds is looked up where parts
// is not nil.
func outline(n *html.Node, parts *apart) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch n.Type {
		case html.CommentNode:
			b.WriteString("<!>")
			return
		case html.TextNode:
			switch {
			case n.Parent.Namespace == "" && (n.Parent.DataAtom == atom.Style || n.Parent.DataAtom == atom.Noscript || n.Parent.DataAtom == atom.Iframe):
			case n.Parent.Namespace == "" && n.Parent.DataAtom == atom.Script && parts != nil:
				b.WriteString(tokenized.Replace(parts.script(n.Data)))
			default:
				b.WriteString(n.Data)
			}
			return
		case html.ElementNode:
			b.WriteString("<" + n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key + "=" + a.Val)
			}
			b.WriteString(">")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		b.WriteString("</>")
	}
	walk(n)
	return b.String()
}

// tokenized is what HTML's tokenizer does to a script's text, and no reader of it minds.
var tokenized = strings.NewReplacer("\x00", "\ufffd", "\r\n", "\n", "\r", "\n")

func TestSetApart(t *testing.T) {
	for in, want := range map[string]string{
		"<p>a</p>":     "<p>a</p>",
		"a<!-- b -->c": "a<!---->c", "a<!-->b": "a<!-->b", "a<!--->b": "a<!--->b", "a<!-- -- --!>b": "a<!-- -- --!>b", "a<!--b": "a<!--b",
		"<script>if (a < b) f()</script>x<SCRIPT src=y>2</script >": "<script>0</script>x<SCRIPT src=y>1</script >",
		"<style>p > a {}</style>":                                   "<style></style>", "<style>p": "<style>p",
		"<script><!-- x </script>--></script>":                 "<script><!-- x </script>--></script>",
		`<p title="<script>x</script>" data-a='<!--' b=<!-->c`: `<p title="<script>x</script>" data-a='<!--' b=<!-->c`,
		"<title><!-- a --></title><textarea><style>b</style>":  "<title><!-- a --></title><textarea><style>b</style>",
		"<svg width=1><g><path d='M0<1'/></g></svg><b>":        "<svg width=1></svg><b>", "<svg><title>a</title></svg>": "<svg><title>a</title></svg>",
		"<svg><path/><p>a</svg>": "<svg><path/><p>a</svg>", "<svg><pathology/></svg>": "<svg><pathology/></svg>", "<noscript><p>a</noscript>": "<noscript></noscript>",
		"<svg><style>a</style><![CDATA[<!-- ]]></svg><!-- b -->c": "<svg><style>a</style><![CDATA[<!-- ]]></svg><!---->c",
		"<scripted>a</scripted><script>b</scripted></script>":     "<scripted>a</scripted><script>0</script>",
		"< script>a</script><!- b ->":                             "< script>a</script><!- b ->",
		"<script a=b/>c</script>":                                 "<script a=b/>0</script>",
		"<a href=x/><script>b</script>":                           "<a href=x/><script>0</script>",
		`<a b="c><script>d</script>`:                              `<a b="c><script>d</script>`,
	} {
		if got := strings.Join(setApart(in).pieces, ""); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// The tree is the same with and without what is set apart.
func FuzzSetApart(f *testing.F) {
	for _, s := range []string{
		"<p>a<!-- b -->c</p><script>var a = '</p>'</script>", "<script>a<!--<script>b</script>c</script>d-->", "<svg><script>a</script><style><p>b</style></svg>",
		`<p a="<!--">b<!-->c--!>d--></p>`, "<title><script></title><p>a", "<table><!-- a --><tr><script>b</script><td>c", "<select><style>a</style><option><!-- b -->c",
		"<noscript><!-- a --></noscript><iframe><script></iframe><p>b", "<a b=c/><a/b=c><a =d><style x>e</style", "<plaintext><!-- a --><script>b</script>",
		"<math><mi><style>a</style><!-- b --></math><template><script>c</script></template>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parts := setApart(text)
		for _, foreign := range []string{"<svg", "<math"} { // where they end is guessed
			if strings.Contains(strings.ToLower(text), foreign) {
				return
			}
		}
		whole, err := parse(context.Background(), []string{text})
		if err != nil {
			return
		}
		slim, err := parse(context.Background(), slices.Clone(parts.pieces))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if a, b := outline(whole, nil), outline(slim, &parts); a != b {
			t.Errorf("%q: %q, without what is set apart %q", text, a, b)
		}
	})
}
