package markup

import (
	"html"
	"strings"
)

// replaced replaces the references in a text and makes its line ends "\n". References that name nothing stay as they are.
func (s *Scanner) replaced(text string) string {
	i := strings.IndexByte(text, '&')
	if i < 0 {
		return lines(text)
	}
	var b strings.Builder
	b.Grow(len(text))
	for i >= 0 {
		b.WriteString(text[:i])
		text = text[i:]
		n, value := s.reference(text)
		if n == 0 {
			n, value = 1, "&"
		}
		b.WriteString(value)
		text = text[n:]
		i = strings.IndexByte(text, '&')
	}
	b.WriteString(text)
	return lines(b.String())
}

// maxReference is the longest reference: HTML's longest name has 31 letters.
const maxReference = 40

// reference is the length of the reference that s begins with, and what it stands for; 0 where there is none.
func (s *Scanner) reference(text string) (int, string) {
	switch { // nearly all there are
	case strings.HasPrefix(text, "&lt;"):
		return 4, "<"
	case strings.HasPrefix(text, "&gt;"):
		return 4, ">"
	case strings.HasPrefix(text, "&amp;"):
		return 5, "&"
	case strings.HasPrefix(text, "&quot;"):
		return 6, `"`
	case strings.HasPrefix(text, "&apos;"):
		return 6, "'"
	}
	end := 1
	for end < len(text) && end < maxReference && isReference(text[end]) {
		end++
	}
	closed := end < len(text) && text[end] == ';'
	switch {
	case strings.HasPrefix(text, "&#"):
		// Numbers are read as HTML reads them: those from 128 to 159 are windows-1252's, which is what was meant.
		if closed {
			end++
		}
		value := html.UnescapeString(text[:end])
		if strings.HasPrefix(value, "&#") {
			return 0, ""
		}
		return end, value
	case !closed || end == 1:
		return 0, ""
	}
	end++
	if value, ok := s.entities[text[1:end-1]]; ok {
		if s.budget -= len(value); s.budget < 0 {
			return 0, ""
		}
		return end, value
	}
	value := html.UnescapeString(text[:end])
	if strings.HasSuffix(value, ";") { // at best the name's beginning was one
		return 0, ""
	}
	return end, value
}

func isReference(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '#' || c == '_' || c == '-' || c == '.' || c == ':' || c >= 0x80
}

// lines makes line ends "\n" (XML 1.0, 2.11).
func lines(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// doctype passes over a document type declaration and keeps the internal entities that it declares.
func (s *Scanner) doctype() {
	i := s.pos + len("<!doctype")
	for i < len(s.doc) && s.doc[i] != '>' && s.doc[i] != '[' {
		switch c := s.doc[i]; {
		case c == '<': // never closed: the root element is next
			s.pos = i
			return
		case c == '"' || c == '\'':
			if end := strings.IndexByte(s.doc[i+1:min(len(s.doc), i+1+maxEntity)], c); end >= 0 {
				i += 1 + end
			}
		}
		i++
	}
	if i < len(s.doc) && s.doc[i] == '[' {
		i = s.subset(i + 1)
	}
	for i < len(s.doc) && (isSpace(s.doc[i]) || s.doc[i] == ']') {
		i++
	}
	if i < len(s.doc) && s.doc[i] == '>' {
		i++
	}
	s.pos = i
}

// subset reads the internal subset that begins at i, and returns where it ends.
func (s *Scanner) subset(i int) int {
	for i < len(s.doc) {
		switch rest := s.doc[i:]; {
		case rest[0] == ']':
			return i
		case strings.HasPrefix(rest, "<!--"):
			end := s.find(i+4, "-->")
			if end < 0 {
				return i
			}
			i = end + 3
		case strings.HasPrefix(rest, "<!ENTITY"):
			i = s.entity(i + len("<!ENTITY"))
		case strings.HasPrefix(rest, "<!"), strings.HasPrefix(rest, "<?"):
			end := s.find(i, ">")
			if end < 0 {
				return i
			}
			i = end + 1
		case rest[0] == '<': // the root element, and "]>" was forgotten
			return i
		default:
			i++
		}
	}
	return i
}

// entity reads <!ENTITY name "text"> after its keyword. Those of other documents are not fetched, and parameters not kept.
func (s *Scanner) entity(i int) int {
	for i < len(s.doc) && isSpace(s.doc[i]) {
		i++
	}
	start := i
	i = nameEnd(s.doc, i)
	name := s.doc[start:i]
	for i < len(s.doc) && isSpace(s.doc[i]) {
		i++
	}
	if i < len(s.doc) && (s.doc[i] == '"' || s.doc[i] == '\'') {
		quote := s.doc[i]
		i++
		if end := strings.IndexByte(s.doc[i:min(len(s.doc), i+maxEntity)], quote); end >= 0 {
			if _, again := s.entities[name]; !again && name != "" && len(s.entities) < maxEntities { // the first declaration counts
				if s.entities == nil {
					s.entities = map[string]string{}
				}
				s.entities[name] = html.UnescapeString(s.doc[i : i+end])
			}
			i += end + 1
		}
	}
	if end := s.find(i, ">"); end >= 0 {
		return end + 1
	}
	return len(s.doc)
}
