package content

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// element is an element that can hold blocks.
type element struct {
	node   *html.Node
	parent int32
	depth  int32
	zone   zone   // what its own markup says of it
	last   int32  // its last child so far
	run    int32  // first of the elements in a row that look alike
	shape  uint32 // hash of its tag and class
	text   int32  // bytes of text in it, and in all that it holds
	linked int32  // of these in links
	weight int32  // of its blocks, see page.locate
	from   int32  // of a list or table: its first block
	to     int32  // and its last
	blocks int32  // and how many
}

// block is a run of text between two borders.
type block struct {
	start, end int32 // of its text
	at         int32 // innermost element around it
	kind       article.BlockType
	level      uint8 // of a heading
	group      int32 // element of the list or table that it is a part of, -1 without
	item       int32 // of the group: number of the list's item or the table's cell
	row        int32 // of the table
	linked     int32 // bytes in links
	links      int32
	bold       int32 // bytes in bold or italic type
	breaks     int32
	linkFirst  bool // its first word is one of a link
	stats      stats
}

// stats are counts over a block's text.
type stats struct {
	words    int32 // a CJK character counts as half a word
	letters  int32
	upper    int32
	digits   int32
	stops    int32 // ends of sentences
	commas   int32
	first    uint64 // hash of its first word
	hash     uint64 // of all its words, letters and digits only
	endsStop bool
}

// segmentation is a tree, taken apart into blocks in document order. One walk makes it.
type segmentation struct {
	text     []byte // of all blocks, white space collapsed
	elements []element
	blocks   []block

	start            int32 // of the open block
	linked, bold     int32
	links, breaks    int32
	group, item, row int32
	items            int32 // counter
	kind             article.BlockType
	level            uint8
	linkFirst        bool
	brk              bool // the last thing was a line break: another one ends the block
}

// inline is what is around a text between it and its block.
type inline struct {
	link, bold bool
	pre        bool // its line breaks are meant
}

func segment(doc *html.Node) *segmentation {
	s := &segmentation{
		text: make([]byte, 0, 32<<10), elements: make([]element, 0, 512), blocks: make([]block, 0, 256),
		group: -1, kind: article.Paragraph,
	}
	s.elements = append(s.elements, element{node: doc, parent: -1})
	s.children(doc, 0, inline{})
	s.flush(0)
	return s
}

func (s *segmentation) children(n *html.Node, at int32, in inline) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.Type {
		case html.TextNode:
			s.textNode(c.Data, at, in)
		case html.ElementNode:
			s.element(c, at, in)
		}
	}
}

func (s *segmentation) element(n *html.Node, at int32, in inline) {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Svg, atom.Math, atom.Button, atom.Iframe, atom.Select, atom.Textarea, atom.Object,
		atom.Audio, atom.Video, atom.Canvas, atom.Map, atom.Head, atom.Input, atom.Img, atom.Datalist, atom.Progress, atom.Meter, atom.Picture:
		return
	case atom.Br:
		s.lineBreak(at)
		return
	case atom.Pre:
		in.pre = true
	case atom.A:
		s.links++
		in.link = true
	case atom.B, atom.Strong, atom.Em, atom.I:
		in.bold = true
	}
	if !isBlock(n) {
		s.children(n, at, in)
		return
	}
	s.flush(at)
	group, item, row, kind, level := s.group, s.item, s.row, s.kind, s.level
	e := int32(len(s.elements))
	self := element{node: n, parent: at, depth: s.elements[at].depth + 1, zone: zoneOf(n), shape: shapeOf(n), run: e}
	if last := s.elements[at].last; last > 0 && s.elements[last].shape == self.shape {
		self.run = s.elements[last].run
	}
	s.elements[at].last = e
	s.elements = append(s.elements, self)
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		s.kind, s.level = article.Heading, n.Data[1]-'0'
	case atom.Blockquote:
		s.kind = article.Quote
	case atom.Figcaption, atom.Caption:
		s.kind = article.Caption
	case atom.Ul, atom.Ol, atom.Dl:
		if s.group < 0 || s.elements[s.group].node.DataAtom == atom.Table {
			s.group, s.item = e, 0
		}
	case atom.Table:
		s.group, s.item, s.row = e, 0, 0
	case atom.Li, atom.Dt, atom.Dd, atom.Td, atom.Th:
		s.items++
		s.item = s.items
	case atom.Tr:
		s.items++
		s.row = s.items
	}
	s.children(n, e, in)
	s.flush(e)
	s.group, s.item, s.row, s.kind, s.level = group, item, row, kind, level
	p := &s.elements[at]
	p.text += s.elements[e].text
	p.linked += s.elements[e].linked
}

// isBlock reports whether an element parts texts: HTML's block elements, and elements of a site's own.
func isBlock(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Main, atom.Header, atom.Footer, atom.Aside, atom.Nav, atom.Figure, atom.Figcaption,
		atom.Address, atom.Pre, atom.Hr, atom.Ul, atom.Ol, atom.Dl, atom.Li, atom.Dt, atom.Dd, atom.Table, atom.Caption, atom.Tr, atom.Td, atom.Th,
		atom.Tbody, atom.Thead, atom.Tfoot, atom.Details, atom.Summary, atom.Form, atom.Fieldset, atom.Legend, atom.Center, atom.Blockquote, atom.Body, atom.Html,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Hgroup, atom.Dialog, atom.Menu, atom.Noframes, atom.Label:
		return true
	case 0:
		return strings.Contains(n.Data, "-")
	}
	return false
}

// lineBreak ends a line; a second one after it the block.
func (s *segmentation) lineBreak(at int32) {
	if s.brk {
		s.flush(at)
		return
	}
	if int(s.start) == len(s.text) {
		return
	}
	if s.text[len(s.text)-1] == ' ' {
		s.text[len(s.text)-1] = '\n'
	} else {
		s.text = append(s.text, '\n')
	}
	s.brk = true
	s.breaks++
}

// textNode adds text line by line where its lines are meant, as those of poems in pre are.
func (s *segmentation) textNode(t string, at int32, in inline) {
	for in.pre {
		line, rest, more := strings.Cut(t, "\n")
		if !more {
			break
		}
		s.words(line, in)
		s.lineBreak(at)
		t = rest
	}
	s.words(t, in)
}

// words adds text, its white space collapsed.
func (s *segmentation) words(t string, in inline) {
	before := len(s.text)
	open := int(s.start) < before
	space := !open || s.text[before-1] == ' ' || s.text[before-1] == '\n'
	for i := 0; i < len(t); i++ {
		c := t[i]
		if c < utf8.RuneSelf {
			if c > ' ' && c != 0x7f {
				s.text = append(s.text, c)
				space, s.brk = false, false
			} else if !space && (c == ' ' || c >= '\t' && c <= '\r') {
				s.text = append(s.text, ' ')
				space = true
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(t[i:])
		switch {
		case unicode.IsSpace(r):
			if !space {
				s.text = append(s.text, ' ')
				space = true
			}
		case r == '\u200b' || r == '\ufeff' || r == '\u00ad' || r < 0xa0:
		default:
			s.text = append(s.text, t[i:i+size]...)
			space, s.brk = false, false
		}
		i += size - 1
	}
	added := int32(len(s.text) - before)
	if !open && added > 0 {
		s.linkFirst = in.link
	}
	if in.link {
		s.linked += added
	}
	if in.bold {
		s.bold += added
	}
}

// flush ends the open block.
func (s *segmentation) flush(at int32) {
	end := len(s.text)
	for end > int(s.start) && (s.text[end-1] == ' ' || s.text[end-1] == '\n') {
		end--
	}
	s.text = s.text[:end]
	b := block{
		start: s.start, end: int32(end), at: at, kind: s.kind, level: s.level, group: s.group, item: s.item, row: s.row,
		linked: s.linked, links: s.links, bold: s.bold, breaks: s.breaks, linkFirst: s.linkFirst,
	}
	s.start, s.linked, s.links, s.bold, s.breaks, s.brk = int32(end), 0, 0, 0, 0, false
	if b.start == b.end {
		return
	}
	b.stats = count(s.text[b.start:b.end])
	if b.stats.letters+b.stats.digits == 0 {
		s.text = s.text[:b.start]
		s.start = b.start
		return
	}
	length := b.end - b.start
	b.linked, b.bold = min(b.linked, length), min(b.bold, length)
	s.elements[at].text += length
	s.elements[at].linked += b.linked
	s.blocks = append(s.blocks, b)
}

func (s *segmentation) textOf(i int) []byte { return s.text[s.blocks[i].start:s.blocks[i].end] }

func (b *block) size() int32 { return b.end - b.start }

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// count reads a text once.
func count(t []byte) stats {
	var st stats
	var word uint64 = fnvOffset
	st.hash = fnvOffset
	in := false
	end := func() {
		if in {
			st.words += 2
			if st.first == 0 {
				st.first = word
			}
			st.hash = (st.hash ^ word) * fnvPrime
			word, in = fnvOffset, false
		}
	}
	for i := 0; i < len(t); {
		c := rune(t[i])
		size := 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRune(t[i:])
		}
		i += size
		switch {
		case c >= 'a' && c <= 'z':
			st.letters++
			word, in = (word^uint64(c))*fnvPrime, true
			st.endsStop = false
		case c >= 'A' && c <= 'Z':
			st.letters++
			st.upper++
			word, in = (word^uint64(c|0x20))*fnvPrime, true
			st.endsStop = false
		case c >= '0' && c <= '9':
			st.digits++
			word, in = (word^uint64(c))*fnvPrime, true
			st.endsStop = false
		case c == ' ' || c == '\n':
			end()
		case c == '.' || c == '!' || c == '?' || c == '…' || c == '。' || c == '！' || c == '？' || c == '؟' || c == '۔' || c == '।':
			end()
			st.stops++
			st.endsStop = true
		case c == ',' || c == ';' || c == '、' || c == '，' || c == '،':
			end()
			st.commas++
			st.endsStop = false
		case c < utf8.RuneSelf:
			end()
			if c != '"' && c != ')' && c != '\'' && c != ']' {
				st.endsStop = false
			}
		case wide(c):
			end()
			st.letters++
			st.words++
			st.hash = (st.hash ^ uint64(c)) * fnvPrime
			if st.first == 0 {
				st.first = uint64(c)
			}
			st.endsStop = false
		case unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c):
			st.letters++
			l := unicode.ToLower(c)
			if l != c {
				st.upper++
			}
			word, in = (word^uint64(l))*fnvPrime, true
			st.endsStop = false
		default: // quotation marks and the like belong to their sentence
			end()
			if c != '”' && c != '’' && c != '»' && c != '“' && c != '«' && c != '」' && c != '』' {
				st.endsStop = false
			}
		}
	}
	end()
	st.words = (st.words + 1) / 2
	return st
}

// wide reports whether a character is one of a script that writes no spaces between words.
func wide(r rune) bool {
	return r >= 0x2e80 && r <= 0x9fff || r >= 0xf900 && r <= 0xfaff || r >= 0x0e00 && r <= 0x0eff || r >= 0x1000 && r <= 0x109f || r >= 0x1780 && r <= 0x17ff || r >= 0x20000 && r <= 0x3ffff
}
