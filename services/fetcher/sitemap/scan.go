package sitemap

import (
	"bytes"
	"io"
)

// scanner parts XML into tags and text. It never fails: what is no tag is text. It holds at most maxToken bytes.
type scanner struct {
	src    io.Reader
	buf    []byte
	at, to int   // of buf, what is to be read
	failed error // of src; io.EOF at its end
}

// maxToken is the longest tag or piece of text that is kept whole.
const maxToken = 256 << 10

type tokenKind int

const (
	end      tokenKind = iota // of the file, or in the middle of a token
	text                      // with entities
	cdata                     // without
	startTag                  // token.name and token.attrs are set; so for the next
	emptyTag                  // as <a/>
	endTag
)

// token is valid until the next one is read.
type token struct {
	kind  tokenKind
	name  []byte // with its prefix, as written
	attrs []byte
	text  []byte
}

// next returns the next token. Comments, processing instructions and document types are passed over.
func (s *scanner) next() token {
	for {
		if s.at == s.to && !s.fill() {
			return token{kind: end}
		}
		if s.buf[s.at] != '<' {
			return s.text(0)
		}
		s.need(9)
		rest := s.buf[s.at:s.to]
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			s.at += 4
			s.skip("-->")
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			s.at += 9
			if i := s.find(0, "]]>"); i >= 0 {
				t := token{kind: cdata, text: s.buf[s.at : s.at+i]}
				s.at += i + 3
				return t
			}
			s.skip("]]>")
		case bytes.HasPrefix(rest, []byte("<?")):
			s.skip("?>")
		case bytes.HasPrefix(rest, []byte("<!")):
			if i := s.find(0, ">"); i >= 0 && bytes.IndexByte(s.buf[s.at:s.at+i], '[') >= 0 { // with declarations, which are not read
				s.skip("]")
			}
			s.skip(">")
		case len(rest) > 1 && (letter(rest[1]) || rest[1] == '/' && len(rest) > 2 && letter(rest[2])):
			if t, ok := s.tag(); ok {
				return t
			}
		case len(rest) == 1 || len(rest) == 2 && rest[1] == '/':
			s.at = s.to
			return token{kind: end}
		default:
			return s.text(1)
		}
	}
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }

// text takes what comes before the next '<', not counting its first bytes.
func (s *scanner) text(first int) token {
	i := s.find(first, "<")
	if i < 0 {
		i = s.to - s.at
	}
	t := token{kind: text, text: s.buf[s.at : s.at+i]}
	s.at += i
	return t
}

// tag reads a tag. It passes over one that is broken, and returns false.
func (s *scanner) tag() (token, bool) {
	i, quotes := s.tagEnd()
	if i < 0 {
		s.at = s.to // broken off, or longer than any tag
		return token{kind: end}, s.failed != nil
	}
	if s.buf[s.at+i] == '<' { // another begins before its end
		s.at += i
		return token{}, false
	}
	if quotes%2 == 1 { // this '>' stands in an attribute, if that ends
		if q := s.find(i, `"`); q >= 0 {
			if k := s.find(q, ">"); k >= 0 && bytes.IndexByte(s.buf[s.at+i:s.at+k], '<') < 0 {
				i = k
			}
		}
	}
	tag := s.buf[s.at+1 : s.at+i]
	s.at += i + 1
	t := token{kind: startTag}
	if tag[0] == '/' {
		t.kind, tag = endTag, tag[1:]
	} else if n := len(tag); tag[n-1] == '/' {
		t.kind, tag = emptyTag, tag[:n-1]
	}
	t.name = tag
	for j, c := range tag {
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '/' {
			t.name, t.attrs = tag[:j], tag[j:]
			break
		}
	}
	return t, true
}

// tagEnd returns the offset of what ends the tag at s.at, '>', or '<' if that comes first, and how many quotes stand before
// it. It looks at each byte: a search for '>' alone would go over the same bytes again for each '<'.
func (s *scanner) tagEnd() (i, quotes int) {
	for i = 1; ; i++ {
		if i == s.to-s.at && !s.fill() {
			return -1, 0
		}
		switch s.buf[s.at+i] {
		case '>', '<':
			return i, quotes
		case '"':
			quotes++
		}
	}
}

// find returns the offset from s.at, at least from, of sep. It reads more as needed; it returns -1 where the file ends
// before or maxToken bytes are held.
func (s *scanner) find(from int, sep string) int {
	for {
		if from <= s.to-s.at {
			if i := bytes.Index(s.buf[s.at+from:s.to], []byte(sep)); i >= 0 {
				return from + i
			}
			from = max(from, s.to-s.at-len(sep)+1)
		}
		if !s.fill() {
			return -1
		}
	}
}

// skip passes over all until after sep, which may be further than find looks.
func (s *scanner) skip(sep string) {
	for {
		if i := s.find(0, sep); i >= 0 {
			s.at += i + len(sep)
			return
		}
		if s.failed != nil {
			s.at = s.to
			return
		}
		s.at = s.to - len(sep) + 1
	}
}

// need reads until n bytes are there, if so many come.
func (s *scanner) need(n int) {
	for s.to-s.at < n && s.fill() {
	}
}

// fill reads more. It returns false if there is none, or no room.
func (s *scanner) fill() bool {
	if s.failed != nil {
		return false
	}
	if s.to == len(s.buf) {
		held := s.buf[s.at:s.to]
		if len(held) >= maxToken {
			return false
		}
		if 2*len(held) >= len(s.buf) {
			s.buf = make([]byte, max(32<<10, 2*len(s.buf)))
		}
		s.at, s.to = 0, copy(s.buf, held)
	}
	for range 100 { // a reader may return nothing now and then
		n, err := s.src.Read(s.buf[s.to:])
		s.to += n
		if err != nil {
			s.failed = err
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	s.failed = io.ErrNoProgress
	return false
}

// attr is the value of an attribute, with entities; "" where there is none.
func attr(attrs []byte, name string) []byte {
	for key, value := range attributes(attrs) {
		if bytes.EqualFold(key, []byte(name)) {
			return value
		}
	}
	return nil
}

// attributes are the names and values of attributes, quoted or not.
func attributes(attrs []byte) func(yield func(name, value []byte) bool) {
	const space = " \t\r\n/"
	return func(yield func(name, value []byte) bool) {
		for {
			attrs = bytes.TrimLeft(attrs, space)
			if len(attrs) == 0 {
				return
			}
			i := bytes.IndexAny(attrs, "= \t\r\n")
			if i < 0 {
				i = len(attrs)
			}
			name := attrs[:i]
			attrs = bytes.TrimLeft(attrs[i:], " \t\r\n")
			var value []byte
			if rest, ok := bytes.CutPrefix(attrs, []byte("=")); ok {
				rest = bytes.TrimLeft(rest, " \t\r\n")
				if len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'') {
					value, attrs, _ = bytes.Cut(rest[1:], rest[:1])
				} else {
					end := bytes.IndexAny(rest, " \t\r\n")
					if end < 0 {
						end = len(rest)
					}
					value, attrs = rest[:end], rest[end:]
				}
			}
			if !yield(name, value) {
				return
			}
		}
	}
}
