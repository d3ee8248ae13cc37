// Package terminal makes what sites say fit to print.
package terminal

import (
	"strings"
	"unicode"
)

// Text is s on one line, without what a terminal obeys: controls become spaces, and marks that turn the direction of what
// follows are left out. The joiners that Persian and others are spelt with stay.
func Text(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Bidi_Control):
			return -1
		case unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		}
		return r
	}, s)
}
