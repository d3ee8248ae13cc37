package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
)

// story is a text of its own, cut to some words.
func story(seed, words int) string {
	r := rand.New(rand.NewPCG(uint64(seed), 7))
	var b strings.Builder
	for range words {
		fmt.Fprintf(&b, "w%d ", r.IntN(100000))
	}
	return b.String()
}

func TestDuplicates(t *testing.T) {
	s := opened(t, t.TempDir())
	walled := func(a *article.Article) { a.BodyState = article.BodyPaywalled }
	cut := printed(t, "a.example", "cut", story(1, 150), walled)
	whole := printed(t, "b.example", "whole", story(1, 400))
	later := printed(t, "c.example", "later", story(1, 400)+"read more of our stories")
	alone := printed(t, "d.example", "alone", story(2, 400))
	links := printed(t, "e.example", "links", story(1, 400), func(a *article.Article) { a.BodyState = article.BodyList })
	write(t, s, cut, whole, later, alone, links)
	for i := range 3 { // the words of a wall are nobody's text
		write(t, s, printed(t, fmt.Sprintf("w%d.example", i), "wall", story(9, 40), walled))
	}
	if st, err := s.Stats(); err != nil || st.Groups != 1 {
		t.Errorf("stats are %+v, %v", st, err)
	}
	d := groupOfArrival(t, s, later)
	if d.Total != 3 || len(d.Members) != 3 || d.First != cut.Article.ID || d.Best != whole.Article.ID || d.Apart {
		t.Fatalf("group is %+v", d)
	}
	if m := d.Members[0]; !m.Walled || m.Source != "a.example" || m.Words != 150 || m.Overlap.Of != 1 || !m.FirstSeen.Equal(d.FirstSeen) {
		t.Errorf("first member is %+v", m)
	}
	if m := d.Members[1]; m.Walled || m.Overlap.In != 1 || m.Overlap.Of > .6 || m.Overlap.Of < .2 {
		t.Errorf("second member is %+v", m)
	}
	for _, a := range []Arrival{alone, links} {
		if d := groupOfArrival(t, s, a); d.Total != 0 || d.Group != 0 || membership(t, s, a.Article.ID) != (Membership{}) {
			t.Errorf("%s has the group %+v", a.Article.URL, d)
		}
	}
	want := []Membership{{}, {d.Group, 3, true}, {}, {d.Group, 3, false}}
	if got, err := s.Memberships("nonsense", whole.Article.ID, article.IDOfURL("unknown"), cut.Article.ID); err != nil || !slices.Equal(got, want) {
		t.Errorf("memberships are %+v, %v", got, err)
	}
	if page, err := s.Duplicates(context.Background(), cut.Article.ID, d.Members[0].Seq, 1); err != nil || len(page.Members) != 1 || page.Members[0] != d.Members[1] {
		t.Errorf("second page is %+v, %v", page, err)
	}
	if _, err := s.Duplicates(context.Background(), article.IDOfURL("unknown"), 0, 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("duplicates of an unknown article give %v", err)
	}
}

func TestRevisionsRegroup(t *testing.T) {
	s := opened(t, t.TempDir())
	first := printed(t, "a.example", "first", story(1, 300))
	second := printed(t, "b.example", "second", story(1, 290))
	third := printed(t, "c.example", "third", story(3, 300))
	write(t, s, first, second, third)
	if d := groupOfArrival(t, s, first); d.Total != 2 || d.First != first.Article.ID || d.Best != first.Article.ID {
		t.Fatalf("group is %+v", d)
	}
	seen := groupOfArrival(t, s, first).FirstSeen

	// Another headline changes nothing, and being taken behind a wall leaves the best to another.
	write(t, s, printed(t, "a.example", "first", story(1, 300), func(a *article.Article) { a.Headline = "Other" }))
	if d := groupOfArrival(t, s, first); d.Total != 2 || d.First != first.Article.ID || d.Best != first.Article.ID || !d.FirstSeen.Equal(seen) {
		t.Errorf("with another headline, the group is %+v", d)
	}
	write(t, s, printed(t, "a.example", "first", story(1, 300), func(a *article.Article) { a.Headline, a.BodyState = "Walled", article.BodyPaywalled }))
	if d := groupOfArrival(t, s, first); d.Total != 2 || d.Best != second.Article.ID {
		t.Errorf("behind a wall, the group is %+v", d)
	}
	consistent(t, s)

	// Another text is another story: here that of the third. What remains of the group finds copies as before.
	write(t, s, printed(t, "a.example", "first", story(3, 320)))
	if a, b := membership(t, s, first.Article.ID), membership(t, s, third.Article.ID); a.Group == 0 || a.Group != b.Group {
		t.Errorf("with another text, the groups are %+v and %+v", a, b)
	}
	if d := groupOfArrival(t, s, second); d.Total != 0 {
		t.Errorf("what was left has the group %+v", d)
	}
	fourth := printed(t, "d.example", "fourth", story(1, 250))
	write(t, s, fourth)
	if d := groupOfArrival(t, s, fourth); d.Total != 2 || d.First != second.Article.ID {
		t.Errorf("a later copy has the group %+v", d)
	}
	// A text that is gone is in no group.
	write(t, s, printed(t, "d.example", "fourth", ""))
	if d := groupOfArrival(t, s, second); d.Total != 0 {
		t.Errorf("after its copy went, it has the group %+v", d)
	}
	consistent(t, s)
}

func TestSetApart(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	var copies []Arrival
	for i := range 4 {
		copies = append(copies, printed(t, fmt.Sprintf("%c.example", 'a'+i), "x", story(1, 300-i)))
	}
	write(t, s, copies...)
	set := func(a Arrival, apart bool) {
		t.Helper()
		for range 2 {
			if err := s.SetApart(a.Article.ID, apart); err != nil {
				t.Fatal(err)
			}
			consistent(t, s)
		}
	}
	set(copies[0], true)
	if d := groupOfArrival(t, s, copies[0]); !d.Apart || d.Total != 0 {
		t.Errorf("apart, it has the group %+v", d)
	}
	if d := groupOfArrival(t, s, copies[1]); d.Total != 3 || d.First != copies[1].Article.ID || d.Best != copies[1].Article.ID || d.Members[0].Overlap.Of != 1 {
		t.Errorf("the others have the group %+v", d)
	}
	// It stays out: as a revision, when the store is opened again, and when all groups are made anew.
	write(t, s, printed(t, "a.example", "x", story(1, 310)))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, dir)
	if err := s.update(clearGroups); err != nil {
		t.Fatal(err)
	}
	for n := 1; n > 0; {
		var err error
		if n, err = s.Group(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := groupOfArrival(t, s, copies[0]), groupOfArrival(t, s, copies[1]); !a.Apart || a.Total != 0 || b.Total != 3 {
		t.Errorf("made anew, the groups are %+v and %+v", a, b)
	}
	set(copies[0], false)
	if d := groupOfArrival(t, s, copies[0]); d.Apart || d.Total != 4 {
		t.Errorf("let in again, it has the group %+v", d)
	}
	if err := s.SetApart(article.IDOfURL("unknown"), true); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown article gives %v", err)
	}
}

// A round-up never brings together the stories that it holds. It counts as a copy itself where only one of them is known.
func TestRoundups(t *testing.T) {
	parts := []string{story(1, 300), story(2, 300), story(3, 300)}
	for first := range 4 {
		s := opened(t, t.TempDir())
		for i := range 4 {
			if i == first {
				write(t, s, printed(t, "r.example", "all", strings.Join(parts, "")))
			}
			if i < 3 {
				write(t, s, printed(t, "a.example", fmt.Sprint(i), parts[i]), printed(t, "b.example", fmt.Sprint(i), parts[i]+"of our own"))
			}
		}
		for i := range 3 {
			if d := groupOfArrival(t, s, printed(t, "b.example", fmt.Sprint(i), parts[i]+"of our own")); d.Total != 2 && (first != 1 || i != 0 || d.Total != 3) {
				t.Errorf("after %d stories: story %d has a group of %d", first, i, d.Total)
			}
		}
		consistent(t, s)
	}
}

// What all pages of a site have in common groups none of them, and does not keep copies from being found.
func TestBoilerplate(t *testing.T) {
	s := opened(t, t.TempDir())
	around := func(i int) string { return story(100, 200) + story(200+i, 150) + story(101, 100) }
	for i := range 60 {
		write(t, s, printed(t, "a.example", fmt.Sprint(i), around(i)))
	}
	write(t, s, printed(t, "b.example", "copy", story(230, 150)))
	if st, err := s.Stats(); err != nil || st.Groups != 1 || st.Duplicates != 2 {
		t.Errorf("stats are %+v, %v", st, err)
	}
	consistent(t, s)
}

func FuzzUnpackCopy(f *testing.F) {
	f.Add(printedCopy().pack())
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := unpackCopy(1, b)
		if err != nil {
			return
		}
		if again, err := unpackCopy(1, c.pack()); err != nil || !slices.Equal(again.pack(), c.pack()) {
			t.Errorf("%x is read as %+v and then as %+v, %v", b, c, again, err)
		}
	})
}

func printedCopy() *copied {
	a := &article.Article{Source: "a.example", Text: story(1, 300), BodyState: article.BodyPartial}
	return copyOf(7, make([]byte, 16), time.Unix(1, 0), a, sketchOf(a))
}
