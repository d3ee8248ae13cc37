package duplicates_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"dateline/services/indexer/duplicates"
	"dateline/services/indexer/duplicates/duplicatestest"
)

// score counts pairs.
type score struct{ right, wrong, missed int }

func (s score) precision() float64 { return float64(s.right) / float64(max(1, s.right+s.wrong)) }
func (s score) recall() float64    { return float64(s.right) / float64(max(1, s.right+s.missed)) }

func (s *score) add(same, said bool) {
	switch {
	case same && said:
		s.right++
	case said:
		s.wrong++
	case same:
		s.missed++
	}
}

func (s score) String() string {
	return fmt.Sprintf("precision %.3f recall %.3f (%d right, %d wrong, %d missed)", s.precision(), s.recall(), s.right, s.wrong, s.missed)
}

func share(keys, of []uint64) bool {
	return slices.ContainsFunc(keys, func(k uint64) bool { return slices.Contains(of, k) })
}

// Pairs of the labelled set are told apart: in each language, with candidates found by keys as an index finds them.
// Round-ups are left out: a pair cannot tell one from a whole whose copies are cut. Groups can, and the store's test has them.
func TestLabelledSet(t *testing.T) {
	texts := slices.DeleteFunc(duplicatestest.Set(1, 20), func(x duplicatestest.Text) bool { return x.Kind == "roundup" })
	sketches := make([]duplicates.Sketch, len(texts))
	for i, x := range texts {
		sketches[i] = duplicates.Of(x.Body)
	}
	var all score
	languages, kinds := map[string]*score{}, map[string]*score{}
	of := func(m map[string]*score, name string) *score {
		if m[name] == nil {
			m[name] = &score{}
		}
		return m[name]
	}
	for i, x := range texts {
		for k, y := range texts[:i] {
			a, b := sketches[i], sketches[k]
			said := share(a.Probes(), b.Keys()) && duplicates.Compare(a, b).Duplicates(a, b, x.Site == y.Site)
			same := x.Story == y.Story
			if said && x.Language != y.Language {
				t.Errorf("%s is no copy of %s", x.Name, y.Name)
			}
			all.add(same, said)
			of(languages, x.Language).add(same, said)
			if same != said && testing.Verbose() {
				t.Logf("%s %s / %s %s: %t, %+v, %d and %d words", x.Name, x.Kind, y.Name, y.Kind, same, duplicates.Compare(a, b), a.Words, b.Words)
			}
			for _, kind := range strings.Split(x.Kind, "+") {
				of(kinds, kind).add(same, said)
			}
			for _, kind := range strings.Split(y.Kind, "+") {
				of(kinds, kind).add(same, said)
			}
		}
	}
	t.Logf("%d texts: %s", len(texts), all)
	for _, m := range []map[string]*score{languages, kinds} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			t.Logf("%-12s %s", name, m[name])
		}
	}
	if all.precision() < .95 || all.recall() < .90 {
		t.Errorf("pairs: %s, want .95 and .90", all)
	}
	for name, s := range languages {
		if s.precision() < .90 || s.recall() < .85 {
			t.Errorf("pairs of %s: %s", name, s)
		}
	}
}
