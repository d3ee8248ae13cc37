package store

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// pruneBatch is how many rows are looked at in one transaction: others wait for it.
const pruneBatch = 500

// metaTimed is the origin up to which the journeys of a store of before bucketByTime have a row there; timedAll after the
// last of them.
var (
	metaTimed = []byte("journeys_timed")
	timedAll  = bytes.Repeat([]byte{0xff}, 16)
)

// Pruned is what a pass of Prune removed.
type Pruned struct {
	Journeys    int // that ended before
	Checkpoints int // of projections
}

// Prune removes journeys that ended before a time, and checkpoints that only they need, in small transactions. Journeys of
// articles on legal hold stay. Articles stay: that the same one arrived long ago is known by its versions, not by its
// journey. So an article that comes once more in the name of a journey that was pruned is a duplicate. An arrival
// from the stream of articles cannot: it was there before its journey ended, and is not kept for longer than journeys are.
func (s *Store) Prune(ctx context.Context, before time.Time) (p Pruned, err error) {
	if err = s.timeJourneys(ctx); err == nil {
		err = s.pruneJourneys(ctx, before, &p.Journeys)
	}
	if err == nil {
		err = s.pruneCheckpoints(ctx, before, &p.Checkpoints)
	}
	if err != nil {
		return p, fmt.Errorf("prune what is older than %s: %w", before.UTC().Format(time.RFC3339), err)
	}
	return p, nil
}

func (s *Store) pruneJourneys(ctx context.Context, before time.Time, n *int) error {
	end := timeKey(before)
	return s.inSlices(ctx, bucketByTime, nil, func(tx *bbolt.Tx, rows [][]byte) (more bool, err error) {
		w := newWriter(tx)
		for _, row := range rows {
			if bytes.Compare(row[:8], end) >= 0 {
				return false, nil
			}
			removed, err := w.prune(tx, row)
			if err != nil {
				return false, err
			}
			if removed {
				*n++
			}
		}
		return true, nil
	})
}

// prune removes the journey of a row by time, unless it is held.
func (w *writer) prune(tx *bbolt.Tx, row []byte) (removed bool, err error) {
	origin := row[8:]
	j, err := w.journey(origin)
	if err != nil {
		return false, err
	}
	if j == nil || !bytes.Equal(timeKey(j.Time), row[:8]) {
		return false, w.byTime.Delete(row)
	}
	if id, err := idKey(j.ArticleID); err == nil {
		if holds := tx.Bucket(bucketHolds); holds.Get(id) != nil || holds.Get(w.live(id)) != nil {
			return false, nil
		}
	}
	if err := w.forget(j); err != nil {
		return false, err
	}
	return true, w.journeys.Delete(origin)
}

// pruneCheckpoints leaves of each projection's checkpoints before the time only the last: what was taken in long ago was
// taken in by then.
func (s *Store) pruneCheckpoints(ctx context.Context, before time.Time, n *int) error {
	end := timeKey(before)
	var last []byte // a row before the time, of which it is not known yet whether another follows
	return s.inSlices(ctx, bucketCheckpoints, nil, func(tx *bbolt.Tx, rows [][]byte) (bool, error) {
		b := tx.Bucket(bucketCheckpoints)
		for _, row := range rows {
			old := bytes.Compare(b.Get(row), end) < 0
			if last != nil && old && len(row) == len(last) && bytes.Equal(row[:len(row)-8], last[:len(last)-8]) {
				if err := b.Delete(last); err != nil {
					return false, err
				}
				*n++
			}
			if last = nil; old {
				last = row
			}
		}
		return true, nil
	})
}

// timeJourneys gives the journeys of a store of before bucketByTime their rows there.
func (s *Store) timeJourneys(ctx context.Context) error {
	var from []byte
	err := s.view(func(tx *bbolt.Tx) error {
		from = bytes.Clone(tx.Bucket(bucketMeta).Get(metaTimed))
		return nil
	})
	if err != nil || bytes.Equal(from, timedAll) {
		return err
	}
	err = s.inSlices(ctx, bucketJourneys, from, func(tx *bbolt.Tx, rows [][]byte) (bool, error) {
		w := newWriter(tx)
		for _, origin := range rows {
			j, err := w.journey(origin)
			if err != nil {
				return false, err
			}
			if err := w.byTime.Put(append(timeKey(j.Time), origin...), nil); err != nil {
				return false, err
			}
		}
		return true, w.meta.Put(metaTimed, rows[len(rows)-1])
	})
	if err != nil {
		return err
	}
	return s.update(func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Put(metaTimed, timedAll) })
}

// inSlices calls f with the keys of a bucket from one on, in slices of a transaction each, until it wants no more.
func (s *Store) inSlices(ctx context.Context, bucket, from []byte, f func(tx *bbolt.Tx, rows [][]byte) (more bool, err error)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		more := false
		err := s.update(func(tx *bbolt.Tx) (err error) {
			var rows [][]byte
			c := tx.Bucket(bucket).Cursor()
			for k, _ := c.Seek(from); k != nil && len(rows) < pruneBatch; k, _ = c.Next() {
				rows = append(rows, bytes.Clone(k))
			}
			if len(rows) == 0 {
				return nil
			}
			if more, err = f(tx, rows); err == nil {
				from = append(rows[len(rows)-1], 0)
			}
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}
