package content

import (
	"strings"

	"dateline/pkg/article"
)

// compose writes the kept blocks, and the captions of pictures among them, as the article's body.
func (c *Content) compose() []article.Block {
	p := c.page
	first, last := -1, -1
	for i, keep := range c.keep {
		if keep {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return nil
	}
	first = min(first, max(p.headAt, 0))
	for i := last + 1; i < len(p.blocks) && p.away(p.blocks[i].at) <= 1; i++ { // a gallery's come after its text
		if p.isCaption(&p.blocks[i]) {
			last = i
		}
	}
	var body []article.Block
	for i := first; i <= last; i++ {
		b := &p.blocks[i]
		if !c.keep[i] {
			if p.isCaption(b) {
				c.rules[i] = "is a caption"
				body = append(body, article.Block{Type: article.Caption, Text: c.text(i)})
			}
			continue
		}
		if b.group >= 0 {
			if block, to, ok := c.group(i); ok {
				body = append(body, block)
				i = to
				continue
			}
		}
		body = append(body, article.Block{Type: b.kind, Text: c.text(i), Level: int(b.level)})
	}
	return body
}

func (c *Content) text(i int) string { return string(c.page.textOf(i)) }

// isCaption reports whether a block describes a picture of the article, rather than one of a teaser.
func (p *page) isCaption(b *block) bool {
	return b.kind == article.Caption && b.stats.words >= 3 && p.near[b.at]&elsewhere == 0 && p.rows[b.at] == 0
}

// group writes the kept part of a list or table that starts at block i, and returns its last block. It declines where items
// hold more than a line, as they do where lists and tables only lay out a page.
func (c *Content) group(i int) (block article.Block, to int, ok bool) {
	p := c.page
	g := p.blocks[i].group
	to = i
	for to+1 < len(p.blocks) && p.blocks[to+1].group == g {
		to++
	}
	item := int32(-1)
	for k := i; k <= to; k++ {
		b := &p.blocks[k]
		if !c.keep[k] {
			continue
		}
		if b.item == item || b.kind != article.Paragraph {
			return block, 0, false
		}
		item = b.item
	}
	if !p.isTable(g) {
		block.Type = article.List
		for k := i; k <= to; k++ {
			if c.keep[k] {
				block.Items = append(block.Items, strings.ReplaceAll(c.text(k), "\n", " "))
			}
		}
		return block, to, true
	}
	block.Type = article.Table
	row, columns := int32(-1), 0
	for k := i; k <= to; k++ {
		if !c.keep[k] {
			continue
		}
		if b := &p.blocks[k]; b.row != row || block.Rows == nil {
			row = b.row
			block.Rows = append(block.Rows, nil)
		}
		r := &block.Rows[len(block.Rows)-1]
		*r = append(*r, strings.ReplaceAll(c.text(k), "\n", " "))
		columns = max(columns, len(*r))
	}
	return block, to, columns > 1
}
