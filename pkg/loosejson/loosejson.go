// Package loosejson reads JSON as the web has it: in scripts of pages and in feeds, and as far as it can be understood.
package loosejson

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxNesting is how deep arrays and objects may nest; what lies deeper ends the reading.
const maxNesting = 64

// maxInteger is the last of the integers that a float64 tells from their neighbours.
const maxInteger = 1 << 53

// loose reads JSON as pages write it: all that RFC 8259 allows, and what can be understood in spite of it: raw line breaks
// and unescaped quotation marks in strings, single quotes, names without quotes, trailing commas, comments, JSON inside of
// HTML comments and CDATA sections, several values in a row, a semicolon at the end, and scripts that break off, of which
// what was complete counts. It never looks at a byte more than a few times.
type loose struct {
	s     string
	pos   int
	depth int
	over  bool // too deep: nothing more is read
}

// Read returns the objects and arrays that stand in a row in s: values as encoding/json makes them of any, except that an
// integer which a float64 does not hold is the string of its digits.
func Read(s string) []any {
	if !strings.Contains(s, `"`) && strings.Contains(s, "&quot;") {
		s = html.UnescapeString(s)
	}
	r := loose{s: s}
	var all []any
	for r.pos < len(r.s) && !r.over {
		i := strings.IndexAny(r.s[r.pos:], "{[/")
		if i < 0 {
			break
		}
		r.pos += i
		switch {
		case r.s[r.pos] == '/':
			if !r.comment() {
				r.pos++
			}
		case strings.HasPrefix(r.s[r.pos:], "[CDATA["):
			r.pos += len("[CDATA[")
		default:
			all = append(all, r.value())
		}
	}
	return all
}

// space skips white space and comments.
func (r *loose) space() {
	for r.pos < len(r.s) {
		switch c := r.s[r.pos]; {
		case c <= ' ':
			r.pos++
		case c == 0xc2 && strings.HasPrefix(r.s[r.pos:], "\u00a0"), c == 0xef && strings.HasPrefix(r.s[r.pos:], "\ufeff"):
			_, size := utf8.DecodeRuneInString(r.s[r.pos:])
			r.pos += size
		case c == '/':
			if !r.comment() {
				return
			}
		default:
			return
		}
	}
}

// comment skips one that starts here.
func (r *loose) comment() bool {
	rest := r.s[r.pos:]
	end := ""
	switch {
	case strings.HasPrefix(rest, "/*"):
		end = "*/"
	case strings.HasPrefix(rest, "//"):
		end = "\n"
		if strings.HasPrefix(strings.TrimLeft(rest[2:min(len(rest), 20)], " "), "<![CDATA[") { // it hides the mark from scripts
			end = "<![CDATA["
		}
	default:
		return false
	}
	i := strings.Index(rest[2:], end)
	if i < 0 {
		r.pos = len(r.s)
	} else {
		r.pos += 2 + i + len(end)
	}
	return true
}

// value reads what stands here: nil where that is no value.
func (r *loose) value() any {
	r.space()
	if r.pos >= len(r.s) {
		return nil
	}
	switch c := r.s[r.pos]; c {
	case '{', '[':
		if r.depth++; r.depth > maxNesting {
			r.over, r.pos = true, len(r.s)
			return nil
		}
		defer func() { r.depth-- }()
		r.pos++
		if c == '{' {
			return r.object()
		}
		return r.array()
	case '"', '\'':
		return r.str(c)
	}
	word := r.word()
	switch word {
	case "true":
		return true
	case "false":
		return false
	case "":
		return nil
	}
	if n, err := strconv.ParseFloat(word, 64); err == nil && (word[0] == '-' || word[0] >= '0' && word[0] <= '9') {
		if (n > maxInteger || n < -maxInteger) && strings.Trim(word, "-0123456789") == "" {
			return word
		}
		return n
	}
	return nil
}

// word reads up to the next mark.
func (r *loose) word() string {
	start := r.pos
	for r.pos < len(r.s) {
		switch c := r.s[r.pos]; {
		case c <= ' ', strings.IndexByte(`,:{}[]"'`, c) >= 0:
			return r.s[start:r.pos]
		}
		r.pos++
	}
	return r.s[start:]
}

func (r *loose) array() any {
	all := []any{}
	for {
		r.space()
		if r.pos >= len(r.s) {
			return all
		}
		switch r.s[r.pos] {
		case ']':
			r.pos++
			return all
		case '}': // one bracket too few: the object around ends here
			return all
		case ',', ':':
			r.pos++
			continue
		}
		all = append(all, r.value())
	}
}

func (r *loose) object() any {
	all := map[string]any{}
	for {
		r.space()
		if r.pos >= len(r.s) {
			return all
		}
		name := ""
		switch c := r.s[r.pos]; c {
		case '}':
			r.pos++
			return all
		case ']': // one brace too few
			return all
		case ',', ':', '{', '[':
			r.pos++
			continue
		case '"', '\'':
			name = r.str(c)
		default:
			name = r.word()
		}
		r.space()
		if r.pos < len(r.s) && r.s[r.pos] == ':' {
			r.pos++
			r.space()
			if r.pos < len(r.s) && (r.s[r.pos] == ',' || r.s[r.pos] == '}') { // no value
				continue
			}
			all[name] = r.value()
		}
	}
}

// str reads a string that opens with a quotation mark.
func (r *loose) str(quote byte) string {
	r.pos++
	start, plain := r.pos, true
	for r.pos < len(r.s) {
		switch c := r.s[r.pos]; {
		case c == '\\':
			plain = false
			r.pos = min(r.pos+2, len(r.s))
			continue
		case c == quote && r.closes():
			s := r.s[start:r.pos]
			r.pos++
			return r.unescaped(s, plain)
		}
		r.pos++
	}
	return r.unescaped(r.s[start:], plain)
}

// closes reports whether the quotation mark here ends its string: what JSON has next, follows it.
func (r *loose) closes() bool {
	rest := r.s[r.pos+1:]
	i := 0
	for i < len(rest) && rest[i] <= ' ' {
		i++
	}
	if i == len(rest) {
		return true
	}
	switch rest[i] {
	case ':', '}', ']', '/':
		return true
	case ',':
		for i++; i < len(rest) && rest[i] <= ' '; i++ {
		}
		return i == len(rest) || rest[i] < 0x80 && strings.IndexByte("\"'{[]}/-0123456789tfn", rest[i]) >= 0 || isName(rest[i:])
	}
	return i > 0 && strings.IndexByte(rest[:i], '\n') >= 0 && rest[i] == '"' // a comma was forgotten
}

// isName reports whether s begins with a name without quotes and its colon.
func isName(s string) bool {
	i := 0
	for i < len(s) && i < 40 && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' || s[i] == '_' || s[i] == '@') {
		i++
	}
	return i > 0 && i < len(s) && s[i] == ':'
}

// unescaped undoes a string's escapes; one that JSON does not know stands for its character.
func (r *loose) unescaped(s string, plain bool) string {
	if plain {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		end := strings.IndexByte(s[i:], '\\')
		if end < 0 || i+end+1 >= len(s) {
			b.WriteString(s[i:])
			break
		}
		b.WriteString(s[i : i+end])
		i += end + 1
		c := s[i]
		i++
		switch c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'b', 'f':
			b.WriteByte(' ')
		case 'u':
			u, ok := hex4(s[i:])
			if !ok {
				b.WriteByte('u')
				continue
			}
			i += 4
			if utf16.IsSurrogate(u) {
				low, ok := rune(0), false
				if strings.HasPrefix(s[i:], `\u`) {
					low, ok = hex4(s[i+2:])
				}
				if pair := utf16.DecodeRune(u, low); ok && pair != utf8.RuneError {
					u = pair
					i += 6
				} else {
					u = utf8.RuneError
				}
			}
			b.WriteRune(u)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:4], 16, 32)
	return rune(n), err == nil
}
