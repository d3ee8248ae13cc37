package inspect

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"dateline/services/parser/extract"
)

// explain prints an explanation as tables.
func explain(out io.Writer, x *extract.Explanation) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FIELD\tFROM\tWHERE\tVALUE\t")
	for _, f := range x.Fields {
		won := " "
		if f.Won {
			won = "*"
		}
		value := clip(f.Value, 60)
		if f.Why != "" {
			value += " (" + f.Why + ")"
		}
		fmt.Fprintf(w, "%s %s\t%s\t%s\t%s\t\n", won, f.Field, f.From, clip(f.Detail, 40), value)
	}
	fmt.Fprintf(w, "\nBODY STATE\t%s\t\t\t\n\nKEPT\tBYTES\tTEXT\tWHY\t\n", clip(strings.Join(x.State, "; "), 200))
	for _, b := range x.Blocks {
		kept := "-"
		if b.Kept {
			kept = "+"
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t\n", kept, len(b.Text), clip(b.Text, 50), b.Why)
	}
	return w.Flush()
}

// clip is the start of s on one line.
func clip(s string, runes int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= runes {
		return s
	}
	return string([]rune(s)[:runes-1]) + "…"
}
