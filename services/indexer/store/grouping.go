package store

import (
	"bytes"
	"cmp"
	"slices"

	"dateline/services/indexer/duplicates"

	"go.etcd.io/bbolt"
)

// Bounds of the work for one article, however many there are.
const (
	maxCompared = 8   // candidates, those with the most keys in common
	maxElectors = 256 // members among which another first or best is chosen when one leaves
)

// work is what a transaction did to group articles.
type work struct{ grouped, joined, compared uint64 }

// grouper changes groups within one write transaction.
type grouper struct {
	meta, copies, groups, members, shingles, apart *bbolt.Bucket

	grouped        uint64 // seq of the last revision that is in the groups
	plural, within int64  // change of the numbers of groups with more than one member, and of articles in those
	work           work
}

func newGrouper(tx *bbolt.Tx) *grouper {
	g := &grouper{
		meta: tx.Bucket(bucketMeta), copies: tx.Bucket(bucketCopies), groups: tx.Bucket(bucketGroups), members: tx.Bucket(bucketMembers),
		shingles: tx.Bucket(bucketShingles), apart: tx.Bucket(bucketApart),
	}
	g.grouped = number(g.meta.Get(metaGrouped))
	g.copies.FillPercent, g.groups.FillPercent, g.members.FillPercent = .9, .9, .9 // keys mostly grow
	return g
}

// finish writes what is counted over the whole transaction.
func (g *grouper) finish() error {
	for _, n := range []struct {
		name  []byte
		delta int64
	}{{metaPlural, g.plural}, {metaMembers, g.within}} {
		if n.delta != 0 {
			if err := g.meta.Put(n.name, key(uint64(int64(number(g.meta.Get(n.name)))+n.delta))); err != nil {
				return err
			}
		}
	}
	g.plural, g.within = 0, 0
	if g.grouped == number(g.meta.Get(metaGrouped)) {
		return nil
	}
	return g.meta.Put(metaGrouped, key(g.grouped))
}

// change takes a change into the groups: a revision, or, where c is nil, the end of the article whose last revision was
// the previous one.
func (g *grouper) change(c *copied, seq, previous uint64) error {
	if c != nil {
		return g.revision(c, previous)
	}
	g.grouped = seq
	old, err := copyAt(g.copies, previous)
	if err != nil || old == nil {
		return err
	}
	return g.leave(old)
}

// revision takes a revision into the groups, in place of the previous one, if there is one. Revisions come in the order of
// their numbers, each once.
func (g *grouper) revision(c *copied, previous uint64) error {
	g.grouped = c.seq
	g.work.grouped++
	if previous != 0 {
		old, err := copyAt(g.copies, previous)
		if err != nil {
			return err
		}
		if old != nil {
			c.first, c.seen = old.first, old.seen
			if bytes.Equal(old.sketch.AppendBinary(nil), c.sketch.AppendBinary(nil)) {
				return g.move(old, c)
			}
			if err := g.leave(old); err != nil {
				return err
			}
		}
	}
	if c.sketch.Empty() || g.apart.Get(c.id[:]) != nil {
		return nil
	}
	return g.place(c)
}

// place puts a copy into the group that it is most like, or into one of its own.
func (g *grouper) place(c *copied) error {
	candidates, err := g.candidates(c.sketch)
	if err != nil {
		return err
	}
	type fitting struct {
		first   *copied
		overlap duplicates.Overlap
	}
	var fit []fitting
	for _, seq := range candidates {
		first, err := copyAt(g.copies, seq)
		if err != nil {
			return err
		}
		if first == nil {
			continue
		}
		g.work.compared++
		if o := duplicates.Compare(c.sketch, first.sketch); o.Duplicates(c.sketch, first.sketch, c.source == first.source) {
			fit = append(fit, fitting{first, o})
		}
	}
	slices.SortStableFunc(fit, func(a, b fitting) int { return cmp.Compare(b.overlap.Of+b.overlap.In, a.overlap.Of+a.overlap.In) })
	for i, a := range fit {
		for _, b := range fit[:i] {
			g.work.compared++
			if a.overlap.Of < a.overlap.In && b.overlap.Of < b.overlap.In && duplicates.Compare(a.first.sketch, b.first.sketch).Unrelated() {
				return g.found(c, false) // it holds two stories
			}
		}
	}
	for _, f := range fit {
		witness, err := g.witness(f.first)
		if err != nil {
			return err
		}
		if witness != nil {
			g.work.compared++
			if duplicates.Compare(c.sketch, witness.sketch).Unrelated() {
				// The first holds both. What it brought together is parted again.
				if f.overlap.Of > f.overlap.In && witness.sketch.Words < f.first.sketch.Words {
					if err := g.single(f.first); err != nil {
						return err
					}
				}
				continue
			}
		}
		g.work.joined++
		return g.join(c, f.first.group, f.overlap)
	}
	return g.found(c, true)
}

// witness is another member of a first's group, the one stored earliest, or nil: what is like the first alone may be like another part of it.
func (g *grouper) witness(first *copied) (*copied, error) {
	prefix := key(first.group)
	c := g.members.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if seq := number(k[8:]); seq != first.seq {
			return copyAt(g.copies, seq)
		}
	}
	return nil, nil
}

// found begins a group. What is not indexed will find no copies: it holds several stories.
func (g *grouper) found(c *copied, indexed bool) error {
	n, err := g.groups.NextSequence()
	if err != nil {
		return err
	}
	c.group = n
	gr := &group{number: n, first: c.seq, best: c.seq, members: 1, seen: c.seen}
	if err := g.groups.Put(key(n), gr.pack()); err != nil {
		return err
	}
	if err := g.members.Put(memberKey(n, c.seq), packOverlap(duplicates.Overlap{Of: 1, In: 1})); err != nil {
		return err
	}
	if indexed {
		if err := g.index(c); err != nil {
			return err
		}
	}
	return g.copies.Put(key(c.seq), c.pack())
}

// join puts a copy into a group.
func (g *grouper) join(c *copied, n uint64, o duplicates.Overlap) error {
	gr, err := groupAt(g.groups, n)
	if err != nil {
		return err
	}
	best, err := copyAt(g.copies, gr.best)
	if err != nil {
		return err
	}
	c.group = n
	gr.members++
	g.within++
	if gr.members == 2 {
		g.plural++
		g.within++
	}
	if c.seen.Before(gr.seen) {
		gr.seen = c.seen
	}
	if best == nil || c.betterThan(best) {
		gr.best = c.seq
	}
	if err := g.members.Put(memberKey(n, c.seq), packOverlap(o)); err != nil {
		return err
	}
	if err := g.groups.Put(key(n), gr.pack()); err != nil {
		return err
	}
	return g.copies.Put(key(c.seq), c.pack())
}

// leave takes a copy out of its group. Of what remains another is the first or the best, if it was that.
func (g *grouper) leave(c *copied) error {
	gr, err := groupAt(g.groups, c.group)
	if err != nil {
		return err
	}
	if err := g.copies.Delete(key(c.seq)); err != nil {
		return err
	}
	if err := g.members.Delete(memberKey(c.group, c.seq)); err != nil {
		return err
	}
	if gr.first == c.seq {
		if err := g.unindex(c); err != nil {
			return err
		}
	}
	gr.members--
	if gr.members == 0 {
		return g.groups.Delete(key(c.group))
	}
	g.within--
	if gr.members == 1 {
		g.plural--
		g.within--
	}
	if gr.first == c.seq || gr.best == c.seq {
		if err := g.elect(gr, gr.first == c.seq); err != nil {
			return err
		}
	}
	return g.groups.Put(key(gr.number), gr.pack())
}

// elect chooses the best of a group anew and, where that has left, its first: then the members' overlaps, too, are anew.
func (g *grouper) elect(gr *group, first bool) error {
	var electors []*copied
	prefix := key(gr.number)
	c := g.members.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(electors) < maxElectors; k, _ = c.Next() {
		m, err := copyAt(g.copies, number(k[8:]))
		if err != nil {
			return err
		}
		if m != nil {
			electors = append(electors, m)
		}
	}
	slices.SortFunc(electors, func(a, b *copied) int { return cmp.Compare(a.first, b.first) })
	best := electors[0]
	for _, m := range electors[1:] {
		if m.betterThan(best) {
			best = m
		}
	}
	gr.best = best.seq
	if !first {
		return nil
	}
	head := electors[0]
	gr.first, gr.seen = head.seq, head.seen
	for _, m := range electors {
		if err := g.members.Put(memberKey(gr.number, m.seq), packOverlap(duplicates.Compare(m.sketch, head.sketch))); err != nil {
			return err
		}
	}
	return g.index(head)
}

// single takes a copy out of its group into one of its own that finds no others.
func (g *grouper) single(c *copied) error {
	if err := g.leave(c); err != nil {
		return err
	}
	return g.found(c, false)
}

// move puts a revision with the same text in the place of the one before.
func (g *grouper) move(old, c *copied) error {
	c.group = old.group
	if err := g.copies.Delete(key(old.seq)); err != nil {
		return err
	}
	if err := g.copies.Put(key(c.seq), c.pack()); err != nil {
		return err
	}
	row := memberKey(old.group, old.seq)
	overlap := bytes.Clone(g.members.Get(row))
	if err := g.members.Delete(row); err != nil {
		return err
	}
	if err := g.members.Put(memberKey(old.group, c.seq), overlap); err != nil {
		return err
	}
	gr, err := groupAt(g.groups, old.group)
	if err != nil {
		return err
	}
	if gr.first == old.seq {
		gr.first = c.seq
		if err := g.reindex(old, c); err != nil {
			return err
		}
	}
	if gr.best == old.seq {
		gr.best = c.seq
	}
	if old.access != c.access {
		if err := g.elect(gr, false); err != nil {
			return err
		}
	}
	return g.groups.Put(key(gr.number), gr.pack())
}

// arrive groups a revision as it is stored, unless older ones wait to be grouped: then it waits with them.
func (g *grouper) arrive(c *copied, previous uint64) error {
	if g.grouped != c.seq-1 {
		return nil
	}
	return g.revision(c, previous)
}
