// Package markup reads XML as the web has it: feeds and sitemaps whose authors never saw an XML parser's opinion of them.
// It never fails. What is not well-formed is read as what was probably meant: tags that are not closed, or closed in the
// wrong order, "<" and "&" in text, attributes without quotation marks, HTML's named entities, sections and documents that
// break off.
//
// Scanner splits a document into tags and text. Reader adds what XML's context means, namespaces, xml:base and xml:lang, and
// gives elements, one after the other, so that a document is never held as a whole tree. Both take UTF-8 (package charset
// makes it) and time that grows with the document's length and nothing else.
package markup

import "strings"

// Token is what Scanner.Next has come to.
type Token uint8

// The tokens. An empty-element tag is a Start and an End.
const (
	EOF Token = iota
	Start
	End
	Text
)

// Attr is an attribute, its references replaced.
type Attr struct{ Name, Value string }

// Scanner splits a document into tokens. Comments, processing instructions and declarations are passed over; CDATA sections
// are text.
type Scanner struct {
	doc      string
	pos      int
	name     string
	attrs    []Attr
	text     string
	empty    bool              // the tag was an empty element's: its End is next
	broken   bool              // the document ended within a tag
	entities map[string]string // of the document type declaration
	budget   int               // bytes that entities of the document may still become
	missing  map[string]bool   // endings that are not found in what is left, so that none is sought twice
}

const (
	maxEntities   = 200     // that a document may declare
	maxEntity     = 500     // bytes of its text, in which no other is replaced: there are no bombs
	maxExpansion  = 1 << 20 // bytes that all references to them become
	maxAttributes = 200     // of a tag
)

// NewScanner returns a scanner of a document in UTF-8. The strings that it gives are parts of the document where possible.
func NewScanner(doc string) *Scanner { return &Scanner{doc: doc, budget: maxExpansion} }

// Name is the name of the tag, as written.
func (s *Scanner) Name() string { return s.name }

// Attrs are the attributes of the Start tag, until Next is called.
func (s *Scanner) Attrs() []Attr { return s.attrs }

// Text is the text, its references replaced and its line ends "\n".
func (s *Scanner) Text() string { return s.text }

// Next goes to the next token; at the document's end it is EOF, again and again.
func (s *Scanner) Next() Token {
	if s.empty {
		s.empty = false
		return End
	}
	for s.pos < len(s.doc) {
		if s.doc[s.pos] != '<' || !opensMarkup(s.doc[s.pos:]) {
			s.readText()
			return Text
		}
		rest := s.doc[s.pos:]
		switch rest[1] {
		case '/':
			s.endTag()
			return End
		case '!':
			if strings.HasPrefix(rest, "<![CDATA[") {
				if s.section() {
					return Text
				}
				continue
			}
			s.declaration(rest)
		case '?':
			s.skip(2, "?>")
		default:
			s.startTag()
			return Start
		}
	}
	return EOF
}

// opensMarkup reports whether the "<" that s begins with is more than a character.
func opensMarkup(s string) bool {
	if len(s) < 2 {
		return false
	}
	c := s[1]
	if c == '/' {
		return len(s) > 2 && isNameStart(s[2])
	}
	return c == '!' || c == '?' || isNameStart(c)
}

func isNameStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':' || c >= 0x80
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

func (s *Scanner) readText() {
	start := s.pos
	s.pos++ // a "<" that is none
	for {
		i := strings.IndexByte(s.doc[s.pos:], '<')
		if i < 0 {
			s.pos = len(s.doc)
			break
		}
		s.pos += i
		if opensMarkup(s.doc[s.pos:]) {
			break
		}
		s.pos++
	}
	s.text = s.replaced(s.doc[start:s.pos])
}

// find is the index of an ending from a position on, or -1.
func (s *Scanner) find(from int, ending string) int {
	if s.missing[ending] {
		return -1
	}
	if i := strings.Index(s.doc[min(from, len(s.doc)):], ending); i >= 0 {
		return from + i
	}
	if s.missing == nil {
		s.missing = map[string]bool{}
	}
	s.missing[ending] = true
	return -1
}

// skip passes over what begins here and ends with an ending, or without it at the next ">".
func (s *Scanner) skip(opening int, ending string) {
	if i := s.find(s.pos+opening, ending); i >= 0 {
		s.pos = i + len(ending)
		return
	}
	if i := s.find(s.pos, ">"); i >= 0 {
		s.pos = i + 1
		return
	}
	s.pos = len(s.doc)
}

// section reads a CDATA section. One that never ends is taken for a stray mark, or it would hide the rest of the document.
func (s *Scanner) section() bool {
	start := s.pos + len("<![CDATA[")
	i := s.find(start, "]]>")
	if i < 0 {
		s.pos = start
		return false
	}
	s.text = lines(s.doc[start:i])
	s.pos = i + len("]]>")
	return true
}

func (s *Scanner) declaration(rest string) {
	switch {
	case strings.HasPrefix(rest, "<!--"):
		s.skip(4, "-->")
	case len(rest) > 9 && strings.EqualFold(rest[2:9], "doctype"):
		s.doctype()
	default:
		s.skip(2, ">")
	}
}

func (s *Scanner) endTag() {
	start := s.pos + 2
	s.pos = nameEnd(s.doc, start)
	s.name = s.doc[start:s.pos]
	for s.pos < len(s.doc) && s.doc[s.pos] != '>' && s.doc[s.pos] != '<' {
		s.pos++
	}
	if s.pos == len(s.doc) {
		s.broken = true
	} else if s.doc[s.pos] == '>' {
		s.pos++
	}
}

func nameEnd(doc string, i int) int {
	for i < len(doc) {
		switch doc[i] {
		case ' ', '\n', '\t', '\r', '\f', '/', '>', '<', '=', '"', '\'':
			return i
		}
		i++
	}
	return i
}

func (s *Scanner) startTag() {
	start := s.pos + 1
	s.pos = nameEnd(s.doc, start)
	s.name = s.doc[start:s.pos]
	s.attrs = s.attrs[:0]
	for s.pos < len(s.doc) {
		switch c := s.doc[s.pos]; {
		case c == '>':
			s.pos++
			return
		case c == '<': // ">" was forgotten
			return
		case c == '/':
			s.pos++
			if s.pos < len(s.doc) && s.doc[s.pos] == '>' {
				s.pos++
				s.empty = true
				return
			}
		case isSpace(c), c == '=', c == '"', c == '\'':
			s.pos++
		default:
			s.attribute()
		}
	}
	s.broken = true
}

func (s *Scanner) attribute() {
	start := s.pos
	s.pos = nameEnd(s.doc, start)
	a := Attr{Name: s.doc[start:s.pos]}
	i := s.pos
	for i < len(s.doc) && isSpace(s.doc[i]) {
		i++
	}
	if i < len(s.doc) && s.doc[i] == '=' {
		for i++; i < len(s.doc) && isSpace(s.doc[i]); i++ {
		}
		s.pos = i
		a.Value = s.replaced(s.attributeValue())
	}
	if len(s.attrs) < maxAttributes {
		s.attrs = append(s.attrs, a)
	}
}

func (s *Scanner) attributeValue() string {
	if s.pos >= len(s.doc) {
		return ""
	}
	start := s.pos
	switch q := s.doc[start : start+1]; q {
	case `"`, `'`:
		start++
		if end := s.find(start, q); end >= 0 {
			s.pos = end + 1
			return s.doc[start:end]
		}
		s.pos = start
	}
	for s.pos < len(s.doc) && !isSpace(s.doc[s.pos]) && s.doc[s.pos] != '>' && s.doc[s.pos] != '<' {
		s.pos++
	}
	if s.pos < len(s.doc) && s.doc[s.pos] == '>' && s.doc[s.pos-1] == '/' && s.pos-1 > start { // <a href=x/> closes
		s.pos--
	}
	return s.doc[start:s.pos]
}

// Broken reports whether the document ended within a tag.
func (s *Scanner) Broken() bool { return s.broken }
