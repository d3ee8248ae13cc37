// Package terminal makes what sites say fit to print.
package terminal

import (
	"strings"
	"unicode"
)

// Text is s on one line, without what a terminal obeys: white space and controls become spaces, and marks that turn the
// direction of what follows are left out. The joiners that Persian and others are spelt with stay.
func Text(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.In(r, unicode.Bidi_Control):
			return -1
		}
		return r
	}, s)
}
