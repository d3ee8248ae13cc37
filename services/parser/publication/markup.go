package publication

import (
	"strings"

	"dateline/pkg/article"
)

// markup writes the text of XHTML and of NITF's body.content (NITF 3.6, which took most of its elements from HTML) as blocks.
type markup struct {
	body []article.Block
	line strings.Builder // text outside of any block
}

func blocksOf(e *element) []article.Block {
	var m markup
	m.children(e)
	m.flush(article.Paragraph)
	return m.body
}

func (m *markup) flush(kind article.BlockType) {
	var lines []string
	for l := range strings.SplitSeq(m.line.String(), lineBreak) {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			lines = append(lines, l)
		}
	}
	m.line.Reset()
	if lines != nil {
		m.body = append(m.body, article.Block{Type: kind, Text: strings.Join(lines, "\n")})
	}
}

// lineBreak is what XML cannot hold.
const lineBreak = "\x00"

func (m *markup) children(e *element) {
	for _, c := range e.children {
		m.element(c)
	}
}

// element writes an element. What is unknown is looked into.
func (m *markup) element(e *element) {
	switch e.name {
	case "":
		m.line.WriteString(e.text)
	case "script", "style", "head", "media-metadata", "media-reference", "media-producer", "object", "svg":
	case "br":
		m.line.WriteString(lineBreak)
	case "p", "pre", "address", "note":
		m.block(e, article.Paragraph)
	case "h1", "h2", "h3", "h4", "h5", "h6":
		m.heading(e, int(e.name[1]-'0'))
	case "hl1", "hl2":
		m.heading(e, int(e.name[2]-'0')+1)
	case "blockquote", "bq", "q":
		if e.name == "q" { // within a line
			m.children(e)
			return
		}
		m.block(e, article.Quote)
	case "figcaption", "caption", "media-caption":
		m.block(e, article.Caption)
	case "ul", "ol", "dl":
		m.flush(article.Paragraph)
		var items []string
		for _, c := range e.children {
			if s := c.string(); c.name != "" && s != "" {
				items = append(items, s)
			}
		}
		if len(items) > 0 {
			m.body = append(m.body, article.Block{Type: article.List, Items: items})
		}
	case "table", "nitf-table":
		m.flush(article.Paragraph)
		var rows [][]string
		m.rows(e, &rows)
		if len(rows) > 0 {
			m.body = append(m.body, article.Block{Type: article.Table, Rows: rows})
		}
	case "div", "section", "article", "body", "block", "body.content", "figure", "media", "main", "html", "hr":
		m.flush(article.Paragraph)
		m.children(e)
		m.flush(article.Paragraph)
	default:
		m.children(e)
	}
}

// block writes an element as blocks of one kind; blocks in it are its own.
func (m *markup) block(e *element, kind article.BlockType) {
	m.flush(article.Paragraph)
	from := len(m.body)
	m.children(e)
	m.flush(kind)
	if kind == article.Quote {
		for i := from; i < len(m.body); i++ {
			if m.body[i].Type == article.Paragraph {
				m.body[i].Type = kind
			}
		}
	}
}

func (m *markup) heading(e *element, level int) {
	m.flush(article.Paragraph)
	if s := e.string(); s != "" {
		m.body = append(m.body, article.Block{Type: article.Heading, Text: s, Level: level})
	}
}

func (m *markup) rows(e *element, rows *[][]string) {
	for _, c := range e.children {
		switch c.name {
		case "tr":
			var cells []string
			for _, d := range c.children {
				if d.name == "td" || d.name == "th" {
					cells = append(cells, d.string())
				}
			}
			if len(cells) > 0 {
				*rows = append(*rows, cells)
			}
		case "caption":
			m.block(c, article.Caption)
		default:
			m.rows(c, rows)
		}
	}
}
