package store

import (
	"context"
	"errors"
	"fmt"

	"dateline/services/indexer/duplicates"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// prepareGroups makes the buckets of groups in a store of before them, and empties them where other rules made them.
func (s *Store) prepareGroups() error {
	same := false
	err := s.db.View(func(tx *bbolt.Tx) error {
		same = number(tx.Bucket(bucketMeta).Get(metaGrouping)) == grouping
		return nil
	})
	if err != nil || same {
		return err
	}
	return s.db.Update(clearGroups)
}

// clearGroups begins with no groups. What somebody took out of its group stays out.
func clearGroups(tx *bbolt.Tx) error {
	for _, name := range groupBuckets {
		if err := tx.DeleteBucket(name); err != nil && !errors.Is(err, bbolterrors.ErrBucketNotFound) {
			return err
		}
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	if _, err := tx.CreateBucketIfNotExists(bucketApart); err != nil {
		return err
	}
	meta := tx.Bucket(bucketMeta)
	for _, name := range [][]byte{metaGrouped, metaPlural, metaMembers} {
		if err := meta.Delete(name); err != nil {
			return err
		}
	}
	return meta.Put(metaGrouping, key(grouping))
}

// Bounds of what Group does in one transaction.
const (
	groupBatch = 200
	groupBytes = 8 << 20
)

// Group takes what is not in the groups of near-duplicates yet into them: the next few hundred revisions, in their order. It
// returns how many that were; after zero there is nothing left, and from then on Write groups what it stores. It may
// run beside Write, but not beside itself.
func (s *Store) Group(ctx context.Context) (int, error) {
	st, err := s.Stats()
	if err != nil {
		return 0, err
	}
	if st.Grouped >= st.LastSeq {
		return 0, nil
	}
	changes, err := s.ChangesWithRecords(ctx, st.Grouped, groupBatch, groupBytes)
	if err != nil {
		return 0, fmt.Errorf("group near-duplicates: %w", err)
	}
	copies := make([]*copied, len(changes))
	for i, c := range changes {
		if c.Record == nil {
			continue
		}
		if copies[i], err = copyOfRecord(c.Record); err != nil {
			return 0, fmt.Errorf("group near-duplicates: %w", err)
		}
	}
	var done work
	err = s.update(func(tx *bbolt.Tx) error {
		g := newGrouper(tx)
		for i, c := range changes {
			if c.Seq <= g.grouped {
				continue
			}
			previous := c.Previous
			if c.Record != nil { // rows of before did not tell
				previous = c.Record.Previous
			}
			if err := g.change(copies[i], c.Seq, previous); err != nil {
				return err
			}
		}
		done = g.work
		return g.finish()
	})
	if err != nil {
		return 0, fmt.Errorf("group near-duplicates after %d: %w", st.Grouped, err)
	}
	s.worked(done)
	return len(changes), nil
}

func copyOfRecord(r *Record) (*copied, error) {
	a, err := r.Decode()
	if err != nil {
		return nil, err
	}
	id, err := idKey(a.ID)
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", r.Seq, err)
	}
	sketch := sketchOf(a)
	if r.Hidden() {
		sketch = duplicates.Sketch{}
	}
	return copyOf(r.Seq, id, r.Stored, a, sketch), nil
}

// SetApart takes an article out of its group of near-duplicates for good, or lets it be grouped again. Doing so twice
// changes nothing. An article that is not in the record gives ErrNotFound.
func (s *Store) SetApart(id string, apart bool) error {
	k, err := idKey(id)
	if err != nil {
		return fmt.Errorf("article %s: %w", id, ErrNotFound)
	}
	err = s.update(func(tx *bbolt.Tx) error {
		g := newGrouper(tx)
		seq := number(tx.Bucket(bucketIDs).Get(k))
		if seq == 0 {
			return ErrNotFound
		}
		if (g.apart.Get(k) != nil) == apart {
			return nil
		}
		if apart {
			if err := g.apart.Put(k, []byte{1}); err != nil {
				return err
			}
			c, err := copyAt(g.copies, seq)
			if err != nil || c == nil {
				return err
			}
			return errors.Join(g.leave(c), g.finish())
		}
		if err := g.apart.Delete(k); err != nil || seq > g.grouped {
			return err
		}
		r, err := readRecord(tx, seq)
		if err != nil {
			return err
		}
		c, err := copyOfRecord(r)
		if err != nil || c.sketch.Empty() {
			return err
		}
		return errors.Join(g.place(c), g.finish())
	})
	if err != nil {
		return fmt.Errorf("article %s: %w", id, err)
	}
	return nil
}
