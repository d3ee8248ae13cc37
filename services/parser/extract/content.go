package extract

import (
	nurl "net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"
	"dateline/services/parser/dispatch"

	readability "codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// mainContent finds the element that holds the article's text, nil where there is none, and the byline above it. It changes
// the tree.
func mainContent(doc *html.Node, url string) (main *html.Node, byline string, err error) {
	base, perr := nurl.Parse(url)
	if perr != nil || url == "" { // it is needed for links only, which are not kept
		base = nil
	}
	r := readability.NewParser()
	r.DisableJSONLD = true // read by survey
	a, err := r.ParseAndMutate(doc, base)
	if err != nil {
		return nil, "", &Error{BrokenHTML, err}
	}
	if a.Node == nil {
		return nil, "", nil
	}
	return a.Node, a.Byline(), nil
}

// blocks reads content as blocks. A heading at the start that repeats the headline is left out.
func blocks(main *html.Node, headline string) []article.Block {
	if main == nil {
		return nil
	}
	w := blockWriter{}
	w.children(main, article.Paragraph)
	w.flush(article.Paragraph)
	if len(w.out) > 0 && w.out[0].Type == article.Heading && headline != "" && letters(w.out[0].Text) == letters(headline) {
		return w.out[1:]
	}
	return w.out
}

// blockWriter turns a tree into blocks: text gathers until a block's border.
type blockWriter struct {
	out  []article.Block
	text strings.Builder
	br   bool // the last thing was a line break: another one ends the paragraph
}

// flush ends the block that the gathered text is.
func (w *blockWriter) flush(kind article.BlockType) {
	text := strings.TrimSpace(w.text.String())
	w.text.Reset()
	w.br = false
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		w.out = append(w.out, article.Block{Type: kind, Text: text})
	}
}

func (w *blockWriter) children(n *html.Node, kind article.BlockType) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.Type {
		case html.TextNode:
			w.words(c.Data)
		case html.ElementNode:
			w.element(c, kind)
		}
	}
}

func (w *blockWriter) element(n *html.Node, kind article.BlockType) {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Svg, atom.Button, atom.Iframe, atom.Select, atom.Textarea:
	case atom.Br:
		if w.br {
			w.flush(kind)
		} else {
			w.words(" ")
			w.br = true
		}
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.flush(kind)
		w.children(n, article.Heading)
		before := len(w.out)
		w.flush(article.Heading)
		if len(w.out) > before {
			w.out[before].Level = int(n.Data[1] - '0')
		}
	case atom.Ul, atom.Ol, atom.Dl:
		w.flush(kind)
		w.list(n, kind)
	case atom.Table:
		w.flush(kind)
		w.table(n, kind)
	case atom.Blockquote:
		w.inside(n, kind, article.Quote)
	case atom.Figcaption, atom.Caption:
		w.inside(n, kind, article.Caption)
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Main, atom.Header, atom.Footer, atom.Aside, atom.Nav, atom.Figure, atom.Address, atom.Pre,
		atom.Hr, atom.Li, atom.Dt, atom.Dd, atom.Tr, atom.Td, atom.Th, atom.Tbody, atom.Thead, atom.Tfoot, atom.Details, atom.Summary, atom.Form, atom.Fieldset, atom.Center:
		w.inside(n, kind, kind)
	default:
		w.children(n, kind)
	}
}

// inside writes an element's content as blocks of its own.
func (w *blockWriter) inside(n *html.Node, around, kind article.BlockType) {
	w.flush(around)
	w.children(n, kind)
	w.flush(kind)
}

// words adds text, its white space collapsed.
func (w *blockWriter) words(s string) {
	space := w.text.Len() == 0 || endsInSpace(&w.text)
	for _, r := range s {
		if unicode.IsSpace(r) {
			if !space {
				w.text.WriteByte(' ')
			}
			space = true
			continue
		}
		if unicode.IsControl(r) || r == '\u200b' || r == '\ufeff' || r == '\u00ad' {
			continue
		}
		w.text.WriteRune(r)
		space, w.br = false, false
	}
}

func endsInSpace(b *strings.Builder) bool {
	s := b.String() // no copy
	return s[len(s)-1] == ' '
}

// list writes a list; one whose items hold blocks of their own, such as articles laid out as lists, is written as these.
func (w *blockWriter) list(n *html.Node, kind article.BlockType) {
	if nestsBlocks(n) {
		w.children(n, kind)
		w.flush(kind)
		return
	}
	var items []string
	w.items(n, &items)
	if len(items) > 0 {
		w.out = append(w.out, article.Block{Type: article.List, Items: items})
	}
}

// items collects the items of a list and of the lists in it.
func (w *blockWriter) items(n *html.Node, items *[]string) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && (c.DataAtom == atom.Ul || c.DataAtom == atom.Ol) {
			w.items(c, items)
			continue
		}
		if c.Type != html.ElementNode {
			continue
		}
		item := blockWriter{}
		item.children(c, article.Paragraph)
		item.flush(article.Paragraph)
		var own []string
		for _, b := range item.out {
			if b.Type == article.List {
				if len(own) > 0 {
					*items = append(*items, strings.Join(own, " "))
					own = nil
				}
				*items = append(*items, b.Items...)
				continue
			}
			own = append(own, b.Text)
		}
		if len(own) > 0 {
			*items = append(*items, strings.Join(own, " "))
		}
	}
}

// nestsBlocks reports whether an item of a list has several paragraphs, a heading, a table or a quotation.
func nestsBlocks(list *html.Node) bool {
	for item := list.FirstChild; item != nil; item = item.NextSibling {
		paragraphs := 0
		for c := range item.Descendants() {
			switch c.DataAtom {
			case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Blockquote, atom.Figure:
				return true
			case atom.P:
				paragraphs++
			}
		}
		if paragraphs > 1 {
			return true
		}
	}
	return false
}

// table writes a table of data as rows, and one that only lays out a page as the blocks in it.
func (w *blockWriter) table(n *html.Node, kind article.BlockType) {
	var rows [][]string
	columns := 0
	for c := range n.Descendants() {
		switch c.DataAtom {
		case atom.Table, atom.P, atom.Div, atom.Ul, atom.Ol, atom.Blockquote, atom.H1, atom.H2, atom.H3, atom.H4:
			if c.DataAtom != atom.P || c.NextSibling != nil && c.NextSibling.DataAtom == atom.P {
				w.children(n, kind)
				w.flush(kind)
				return
			}
		case atom.Caption:
			w.inside(c, kind, article.Caption)
		case atom.Tr:
			rows = append(rows, nil)
		case atom.Td, atom.Th:
			if len(rows) > 0 {
				cell := blockWriter{}
				cell.children(c, article.Paragraph)
				cell.flush(article.Paragraph)
				rows[len(rows)-1] = append(rows[len(rows)-1], article.PlainText(cell.out))
				columns = max(columns, len(rows[len(rows)-1]))
			}
		}
	}
	if columns < 2 {
		for _, row := range rows {
			for _, cell := range row {
				w.words(cell)
				w.flush(kind)
			}
		}
		return
	}
	w.out = append(w.out, article.Block{Type: article.Table, Rows: rows})
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
