package parser

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"text/tabwriter"
	"unicode/utf8"

	"dateline/pkg/article"

	"github.com/dustin/go-humanize"
)

// Change is a field that has another value than before. Null is a field that is not there.
type Change struct {
	Field string `json:"field"`
	Old   any    `json:"old"`
	New   any    `json:"new"`
}

// notCompared are fields that follow from others, or name the rules and not what they find.
var notCompared = []string{"schema_version", "id", "parser_version", "content_fingerprint"}

// compare lists the fields in which an article differs from the JSON of one, by name.
func compare(was json.RawMessage, a *article.Article) ([]Change, error) {
	b, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	var before, after map[string]any
	if err := json.Unmarshal(was, &before); err != nil {
		return nil, article.JSONError(err)
	}
	if err := json.Unmarshal(b, &after); err != nil {
		return nil, err
	}
	var changes []Change
	names := maps.Clone(before)
	maps.Copy(names, after)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !slices.Contains(notCompared, name) && !reflect.DeepEqual(before[name], after[name]) {
			changes = append(changes, Change{name, before[name], after[name]})
		}
	}
	return changes, nil
}

// became is what reparsing makes of a kept page or publication.
type became string

const (
	unchanged      became = "unchanged"
	changedArticle became = "changed"
	addedArticle   became = "new"        // it had given none, or none that was stored
	lostArticle    became = "lost"       // it gives none now; the record stays as it is
	noArticle      became = "no article" // as before
	superseded     became = "superseded" // the record has the article as it was later, or at another of its addresses
	removed        became = "removed"    // the article is gone, withdrawn or taken down
)

var becomings = []became{unchanged, changedArticle, addedArticle, lostArticle, noArticle, superseded, removed}

// tally counts what became of all.
type tally struct {
	read, sent int
	counts     map[became]int
	fields     map[string]*fieldTally
}

// fieldTally is how often a field changes, and the first examples.
type fieldTally struct {
	name     string
	articles int
	examples []example
}

type example struct{ id, old, new string }

// maxExamples is how many examples a field has.
const maxExamples = 3

func newTally() tally { return tally{counts: map[became]int{}, fields: map[string]*fieldTally{}} }

func (t *tally) became(b became) { t.counts[b]++ }

func (t *tally) field(id string, c Change) {
	f := t.fields[c.Field]
	if f == nil {
		f = &fieldTally{name: c.Field}
		t.fields[c.Field] = f
	}
	f.articles++
	if len(f.examples) < maxExamples {
		old, now := apart(show(c.Old), show(c.New))
		f.examples = append(f.examples, example{id, old, now})
	}
}

// print writes the sums and a table of fields, the most frequent first.
func (t *tally) print(out io.Writer, dry bool) error {
	count := func(n int) string { return humanize.Comma(int64(n)) }
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\tkept pages and publications\n", count(t.read))
	for _, b := range becomings {
		if n := t.counts[b]; n > 0 {
			fmt.Fprintf(w, "%s\t%s\n", count(n), b)
		}
	}
	if dry {
		fmt.Fprintf(w, "0\tsent: --dry-run\n")
	} else {
		fmt.Fprintf(w, "%s\tsent\n", count(t.sent))
	}
	fields := slices.SortedFunc(maps.Values(t.fields), func(a, b *fieldTally) int {
		return cmp.Or(cmp.Compare(b.articles, a.articles), cmp.Compare(a.name, b.name))
	})
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range fields {
		if _, err := fmt.Fprintf(out, "\n%s changes in %s\n", f.name, count(f.articles)); err != nil {
			return err
		}
		for _, x := range f.examples {
			if _, err := fmt.Fprintf(out, "  %s\n    - %s\n    + %s\n", x.id, x.old, x.new); err != nil {
				return err
			}
		}
	}
	return nil
}

// show is a value as JSON, on one line.
func show(v any) string {
	if v == nil {
		return "(none)"
	}
	b, err := json.Marshal(v)
	if err != nil { // what came from JSON is JSON
		panic(err)
	}
	return string(b)
}

// What of long values is shown: so many bytes from a little before they part.
const (
	shownBytes  = 100
	shownBefore = 20
)

// apart cuts two values to where they differ.
func apart(a, b string) (string, string) {
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	return excerpt(a, same-shownBefore), excerpt(b, same-shownBefore)
}

func excerpt(s string, from int) string {
	if len(s) <= shownBytes {
		return s
	}
	from = max(0, min(from, len(s)-shownBytes))
	for from > 0 && !utf8.RuneStart(s[from]) {
		from--
	}
	to := min(from+shownBytes, len(s))
	for to < len(s) && !utf8.RuneStart(s[to]) {
		to--
	}
	out := s[from:to]
	if from > 0 {
		out = "…" + out
	}
	if to < len(s) {
		out += "…"
	}
	return out
}
