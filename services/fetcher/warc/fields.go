package warc

import (
	"bytes"
	"strings"
)

// maxVersion is the most bytes that a version line has here.
const maxVersion = 16

// startsRecord tells the version line of a record: WARC/1.1, and a line end.
func startsRecord(b []byte) bool {
	b, ok := bytes.CutPrefix(b[:min(len(b), maxVersion)], []byte("WARC/"))
	if !ok {
		return false
	}
	digits := 0
	for i, c := range b {
		switch {
		case '0' <= c && c <= '9' || c == '.':
			digits++
		case c == '\n' || c == '\r' && i+1 < len(b) && b[i+1] == '\n':
			return digits > 0
		default:
			return false
		}
	}
	return false
}

// indexRecord is where the first record begins that begins a line of b at a place or after it; -1 where there is none.
func indexRecord(b []byte, from int) int {
	for {
		i := bytes.Index(b[from:], []byte("WARC/"))
		if i < 0 {
			return -1
		}
		from += i
		if (from == 0 || b[from-1] == '\n') && startsRecord(b[from:]) {
			return from
		}
		from++
	}
}

// separators is how many bytes of line ends b begins with.
func separators(b []byte) int { return len(b) - len(bytes.TrimLeft(b, "\r\n")) }

// trimSeparator takes the two line ends that part records off a block's end.
func trimSeparator(b []byte) []byte {
	for _, s := range []string{"\r\n\r\n", "\n\n"} {
		if t, ok := bytes.CutSuffix(b, []byte(s)); ok {
			return t
		}
	}
	return b
}

// emptyLine is the place after the first empty line of b, or -1.
func emptyLine(b []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return -1
		}
		from += i + 1
		if bytes.HasPrefix(b[from:], []byte("\n")) {
			return from + 1
		}
		if bytes.HasPrefix(b[from:], []byte("\r\n")) {
			return from + 2
		}
	}
}

// parseFields reads the lines after the first as fields; one without a colon says nothing.
func parseFields(head []byte) Fields {
	fields := make(Fields, 0, 16)
	_, lines, _ := strings.Cut(unfold(head), "\n")
	for line := range strings.Lines(lines) {
		name, value, ok := strings.Cut(line, ":")
		if ok && len(fields) < maxFields {
			fields = append(fields, Field{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return fields
}

// unfold makes one line of each that goes on in the next, which then begins with white space.
func unfold(head []byte) string {
	if !bytes.Contains(head, []byte("\n ")) && !bytes.Contains(head, []byte("\n\t")) {
		return string(head)
	}
	out := make([]byte, 0, len(head))
	for line := range bytes.Lines(head) {
		if (line[0] == ' ' || line[0] == '\t') && len(out) > 0 {
			out = append(bytes.TrimRight(out, "\r\n"), ' ')
			line = bytes.TrimLeft(line, " \t")
		}
		out = append(out, line...)
	}
	return string(out)
}
