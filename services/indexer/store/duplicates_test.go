package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/duplicates/duplicatestest"

	"go.etcd.io/bbolt"
)

// printed is an article that a site prints at a path.
func printed(t testing.TB, site, path, body string, change ...func(*article.Article)) Arrival {
	t.Helper()
	url := site + "/" + path
	a := &article.Article{
		SchemaVersion: 1, ID: article.IDOfURL(url), URL: "https://" + url, Source: site, DisplayTitle: article.DisplayTitle{Text: path},
		Text: body, BodyState: article.BodyFull,
	}
	for _, f := range change {
		f(a)
	}
	a.Fingerprint = article.Fingerprint(a)
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return Arrival{
		Origin: article.Origin("EXT", url+a.Fingerprint+string(a.BodyState), 0, time.Time{}, nil), Article: a, JSON: b,
		Hops: []article.Hop{{Stage: "queue", Time: time.Date(2024, 11, 6, 9, 0, 0, 0, time.UTC), Outcome: "published"}},
	}
}

func labelled(t testing.TB, seed uint64, topics int) ([]duplicatestest.Text, []Arrival) {
	t.Helper()
	texts := duplicatestest.Set(seed, topics)
	arrivals := make([]Arrival, len(texts))
	for i, x := range texts {
		arrivals[i] = printed(t, x.Site, x.Name, x.Body, func(a *article.Article) { a.Headline = x.Headline })
	}
	return texts, arrivals
}

func membership(t testing.TB, s *Store, id string) Membership {
	t.Helper()
	m, err := s.Memberships(id)
	if err != nil {
		t.Fatal(err)
	}
	return m[0]
}

func groupOfArrival(t testing.TB, s *Store, a Arrival) *Duplicates {
	t.Helper()
	d, err := s.Duplicates(context.Background(), a.Article.ID, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rows are those of the groups' buckets, times apart.
func rows(t testing.TB, s *Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := s.view(func(tx *bbolt.Tx) error {
		for _, name := range slices.Concat(groupBuckets, [][]byte{bucketApart}) {
			err := tx.Bucket(name).ForEach(func(k, v []byte) error {
				v = slices.Clone(v)
				switch {
				case slices.Equal(name, bucketCopies):
					clear(v[16:24])
				case slices.Equal(name, bucketGroups):
					clear(v[24:32])
				}
				all[fmt.Sprintf("%s %x", name, k)] = fmt.Sprintf("%x", v)
				return nil
			})
			if err != nil {
				return err
			}
		}
		for _, name := range [][]byte{metaGrouped, metaPlural, metaMembers} {
			all[string(name)] = fmt.Sprint(number(tx.Bucket(bucketMeta).Get(name)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The labelled set is grouped as it comes in, round-ups and all: of the pairs that are in one group, .95 are copies, and
// .90 of the copies are in one group.
func TestGroupsOfLabelledSet(t *testing.T) {
	for seed := range uint64(3) {
		texts, arrivals := labelled(t, seed+10, 20)
		s := opened(t, t.TempDir())
		for batch := range slices.Chunk(arrivals, 500) {
			write(t, s, batch...)
		}
		groups := make([]uint64, len(texts))
		members := 0
		for i, a := range arrivals {
			if groups[i] = membership(t, s, a.Article.ID).Group; groups[i] != 0 {
				members++
			}
		}
		var right, wrong, missed int
		blame := map[string]int{}
		for i, x := range texts {
			for k, y := range texts[:i] {
				together := groups[i] != 0 && groups[i] == groups[k]
				switch {
				case together && x.Story == y.Story:
					right++
				case together:
					wrong++
					blame["wrong "+min(x.Kind, y.Kind)+" / "+max(x.Kind, y.Kind)]++
				case x.Story == y.Story:
					missed++
					blame["missed "+min(x.Kind, y.Kind)+" / "+max(x.Kind, y.Kind)]++
				}
			}
		}
		precision, recall := float64(right)/float64(right+wrong), float64(right)/float64(right+missed)
		t.Logf("seed %d: %d texts, precision %.3f, recall %.3f", seed+10, len(texts), precision, recall)
		if precision < .95 || recall < .90 {
			t.Errorf("seed %d: precision %.3f, recall %.3f, want .95 and .90", seed+10, precision, recall)
		}
		for _, b := range slices.Sorted(maps.Keys(blame)) {
			if testing.Verbose() && blame[b] > 1 {
				t.Log(b, blame[b])
			}
		}
		if st, err := s.Stats(); err != nil || int(st.Duplicates) != members || st.GroupedNow != uint64(len(texts)) {
			t.Errorf("stats are %+v, %v; members are %d", st, err, members)
		}
	}
}

// consistent fails where the rows of groups contradict each other.
func consistent(t testing.TB, s *Store) {
	t.Helper()
	err := s.view(func(tx *bbolt.Tx) error {
		g := newGrouper(tx)
		members, firsts := map[uint64]uint64{}, map[uint64]bool{}
		var plural, within uint64
		err := g.copies.ForEach(func(k, _ []byte) error {
			c, err := copyAt(g.copies, number(k))
			if err != nil {
				return err
			}
			if seq := number(tx.Bucket(bucketIDs).Get(c.id[:])); seq != c.seq {
				t.Errorf("copy %d is of an article whose latest revision is %d", c.seq, seq)
			}
			if g.members.Get(memberKey(c.group, c.seq)) == nil {
				t.Errorf("copy %d is no member of its group %d", c.seq, c.group)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := g.members.ForEach(func(k, _ []byte) error { members[number(k[:8])]++; return nil }); err != nil {
			return err
		}
		err = g.groups.ForEach(func(k, _ []byte) error {
			gr, err := groupAt(g.groups, number(k))
			if err != nil {
				return err
			}
			if gr.members != members[gr.number] || gr.members == 0 {
				t.Errorf("group %d has %d members, and rows of %d", gr.number, gr.members, members[gr.number])
			}
			delete(members, gr.number)
			firsts[gr.first] = true
			for _, seq := range []uint64{gr.first, gr.best} {
				if g.members.Get(memberKey(gr.number, seq)) == nil {
					t.Errorf("%d is the first or best of group %d, and no member", seq, gr.number)
				}
			}
			if gr.members > 1 {
				plural++
				within += gr.members
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(members) != 0 {
			t.Errorf("members of no group: %v", members)
		}
		if p, m := number(g.meta.Get(metaPlural)), number(g.meta.Get(metaMembers)); p != plural || m != within {
			t.Errorf("counted are %d groups of %d members; there are %d of %d", p, m, plural, within)
		}
		stories := map[string]int{}
		return g.shingles.ForEach(func(k, _ []byte) error {
			if stories[string(k[:6])]++; stories[string(k[:6])] > 17 {
				t.Errorf("%x is the key of %d stories", k[:6], stories[string(k[:6])])
			}
			if seq := number(k[6:]); !firsts[seq] {
				t.Errorf("%d is found by %x, and is no group's first", seq, k[:6])
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// However articles are batched, delivered again, revised, or grouped only later, the groups are the same.
func TestGroupsAreReproducible(t *testing.T) {
	_, arrivals := labelled(t, 20, 5)
	r := rand.New(rand.NewPCG(1, 1))
	for range 60 { // revisions: some take the text of another
		of, like := arrivals[r.IntN(len(arrivals))].Article, arrivals[r.IntN(len(arrivals))].Article
		arrivals = append(arrivals, printed(t, of.Source, strings.TrimPrefix(of.URL, "https://"+of.Source+"/"), like.Text, func(a *article.Article) {
			if r.IntN(2) == 0 {
				a.Text, a.Headline = of.Text, "Another headline"
			}
			if r.IntN(3) == 0 {
				a.BodyState = article.BodyPaywalled
			}
		}))
	}
	once := opened(t, t.TempDir())
	write(t, once, arrivals...)
	consistent(t, once)
	want := rows(t, once)
	same := func(how string, s *Store) {
		t.Helper()
		consistent(t, s)
		if got := rows(t, s); !maps.Equal(got, want) {
			t.Errorf("%s: other groups, %d rows of %d", how, len(got), len(want))
		}
	}
	write(t, once, arrivals[10:200]...)
	same("delivered again", once)

	pieces := opened(t, t.TempDir())
	for batch := range slices.Chunk(arrivals, 37) {
		write(t, pieces, batch...)
	}
	same("in pieces", pieces)

	group := func(s *Store, between func()) {
		for {
			n, err := s.Group(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				return
			}
			between()
		}
	}
	if err := pieces.update(clearGroups); err != nil {
		t.Fatal(err)
	}
	group(pieces, func() {})
	same("made anew", pieces)

	// A store of a Dateline that knew no groups, to which articles come while the old ones are being grouped.
	dir := t.TempDir()
	old := opened(t, dir)
	write(t, old, arrivals[:len(arrivals)/2]...)
	err := old.update(func(tx *bbolt.Tx) error {
		for _, name := range slices.Concat(groupBuckets, [][]byte{bucketApart}) {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
		}
		for _, name := range [][]byte{metaGrouping, metaGrouped, metaPlural, metaMembers} {
			if err := tx.Bucket(bucketMeta).Delete(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	old = opened(t, dir)
	rest := arrivals[len(arrivals)/2:]
	group(old, func() {
		n := min(20, len(rest))
		write(t, old, rest[:n]...)
		rest = rest[n:]
	})
	write(t, old, rest...)
	same("of an old store", old)
	if st, err := old.Stats(); err != nil || st.Grouped != st.LastSeq {
		t.Errorf("stats are %+v, %v", st, err)
	}
}

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
