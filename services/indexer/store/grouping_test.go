package store

import (
	"context"
	"encoding/json"
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
