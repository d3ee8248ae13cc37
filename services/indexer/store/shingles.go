package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"dateline/services/indexer/duplicates"

	"go.etcd.io/bbolt"
)

// maxStories is how many stories a key may have to find them. One that more have is a phrase that tells nothing: a site's
// boilerplate, a formula of courts or markets. Two copies that share only such keys are not found.
const maxStories = 16

// candidates are the firsts of groups that share the most keys with a sketch, the earlier where they share as many.
func (g *grouper) candidates(s duplicates.Sketch) ([]uint64, error) {
	shared := map[uint64]int{}
	cursor := g.shingles.Cursor()
	for _, k := range s.Probes() {
		stories, common := stories(cursor, shingleKey(k))
		if common {
			continue
		}
		for _, seq := range stories {
			shared[seq]++
		}
	}
	found := make([]uint64, 0, len(shared))
	for seq := range shared {
		found = append(found, seq)
	}
	slices.SortFunc(found, func(a, b uint64) int { return cmp.Or(shared[b]-shared[a], cmp.Compare(a, b)) })
	return found[:min(len(found), maxCompared)], nil
}

// stories are the firsts that have a key; common means that there are so many that they are not told.
func stories(c *bbolt.Cursor, prefix []byte) (seqs []uint64, common bool) {
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if len(seqs) == maxStories {
			return nil, true
		}
		seqs = append(seqs, number(k[len(prefix):]))
	}
	return seqs, false
}

// index makes a group's first known by its keys, except by those that are common: one story more says that they stay so.
func (g *grouper) index(c *copied) error {
	cursor := g.shingles.Cursor()
	for _, k := range c.sketch.Keys() {
		prefix := shingleKey(k)
		if _, common := stories(cursor, prefix); common {
			continue
		}
		if err := g.shingles.Put(binary.BigEndian.AppendUint64(prefix, c.seq), nil); err != nil {
			return err
		}
	}
	return nil
}

func (g *grouper) unindex(c *copied) error {
	for _, k := range c.sketch.Keys() {
		if err := g.shingles.Delete(binary.BigEndian.AppendUint64(shingleKey(k), c.seq)); err != nil {
			return err
		}
	}
	return nil
}

// reindex makes a first that was known by some keys known by the same ones under its new number.
func (g *grouper) reindex(old, c *copied) error {
	for _, k := range c.sketch.Keys() {
		row := binary.BigEndian.AppendUint64(shingleKey(k), old.seq)
		if at, _ := g.shingles.Cursor().Seek(row); !bytes.Equal(at, row) {
			continue
		}
		if err := g.shingles.Delete(row); err != nil {
			return err
		}
		if err := g.shingles.Put(binary.BigEndian.AppendUint64(shingleKey(k), c.seq), nil); err != nil {
			return err
		}
	}
	return nil
}
