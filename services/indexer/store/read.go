package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dateline/pkg/article"

	"go.etcd.io/bbolt"
)

// Article returns the latest revision of an article, or of the one that it was merged into, or ErrNotFound: a *TakenDownError
// where it was taken down.
func (s *Store) Article(id string) (*Record, error) {
	var r *Record
	err := s.view(func(tx *bbolt.Tx) error {
		k, err := liveID(tx, id)
		if err != nil {
			return err
		}
		seq := number(tx.Bucket(bucketIDs).Get(k))
		r, err = readRecord(tx, seq)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("article %s: %w", id, err)
	}
	return r, nil
}

// Latest returns the sequence numbers of the latest revisions of articles, in the order of their ids; zero for an article
// that is not in the record.
func (s *Store) Latest(ids []string) ([]uint64, error) {
	seqs := make([]uint64, len(ids))
	err := s.view(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketIDs)
		for i, id := range ids {
			k, err := idKey(id)
			if err != nil {
				return err
			}
			seqs[i] = number(b.Get(k))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("latest revisions: %w", err)
	}
	return seqs, nil
}

// Record returns the revision with a sequence number, or ErrNotFound.
func (s *Store) Record(seq uint64) (*Record, error) {
	var r *Record
	err := s.view(func(tx *bbolt.Tx) (err error) {
		r, err = readRecord(tx, seq)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", seq, err)
	}
	return r, nil
}

// Page says which articles to list.
type Page struct {
	Before uint64 // only what was stored before this sequence number; zero for all
	Limit  int
	Source string // only of this source; empty for all
}

// Articles lists the latest revisions of articles, the last stored first. Of a full page, the last record's Seq is
// Before of the next one.
func (s *Store) Articles(ctx context.Context, p Page) ([]*Record, error) {
	if p.Before == 0 {
		p.Before = newest
	}
	for {
		seqs, err := s.list(p)
		if err != nil {
			return nil, fmt.Errorf("list articles: %w", err)
		}
		records, err := s.bySeq(ctx, seqs)
		if errors.Is(err, ErrNotFound) { // one was taken down in between
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list articles: %w", err)
		}
		return records, nil
	}
}

// list is the sequence numbers of a page.
func (s *Store) list(p Page) (seqs []uint64, err error) {
	prefix := append([]byte(p.Source), 0)
	err = s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketListing).Cursor()
		k, _ := c.Seek(prefixed(p.Source, p.Before))
		if k == nil {
			k, _ = c.Last()
		} else {
			k, _ = c.Prev()
		}
		for ; bytes.HasPrefix(k, prefix) && len(k) == len(prefix)+8 && len(seqs) < p.Limit; k, _ = c.Prev() {
			seqs = append(seqs, number(k[len(prefix):]))
		}
		return nil
	})
	return seqs, err
}

// bySeq reads records one transaction each: unpacking hundreds of them in one would hold pages back from the writer.
func (s *Store) bySeq(ctx context.Context, seqs []uint64) ([]*Record, error) {
	records := make([]*Record, 0, len(seqs))
	for _, seq := range seqs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := s.Record(seq)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// Changes returns up to limit changes with sequence numbers above after, in order.
func (s *Store) Changes(after uint64, limit int) ([]article.Event, error) {
	var events []article.Event
	err := s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketChanges).Cursor()
		for k, v := c.Seek(key(after + 1)); k != nil && len(events) < limit; k, v = c.Next() {
			var e article.Event
			if err := json.Unmarshal(v, &e); err != nil {
				return fmt.Errorf("change %d: %w", number(k), err)
			}
			events = append(events, e)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("changes after %d: %w", after, err)
	}
	return events, nil
}

// Change is a row of the change feed with the revision that it brought.
type Change struct {
	article.Event
	Record *Record // nil where the change brought none: the article was merged or taken down, now or since
}

// Shown is the article of the change's revision, or nil where lists, searches and exports are not to show one.
func (c *Change) Shown() (*article.Article, error) {
	if c.Record == nil || c.Record.Hidden() {
		return nil, nil
	}
	return c.Record.Decode()
}

// ChangesWithRecords returns changes with sequence numbers above after, in order: up to limit, and fewer where they pass
// maxBytes of article JSON together, but at least one if there is one.
func (s *Store) ChangesWithRecords(ctx context.Context, after uint64, limit, maxBytes int) ([]Change, error) {
	const perTx = 50
	var changes []Change
	for size := 0; len(changes) < limit && size < maxBytes; {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("changes after %d: %w", after, err)
		}
		n := len(changes)
		err := s.view(func(tx *bbolt.Tx) error {
			c, records := tx.Bucket(bucketChanges).Cursor(), tx.Bucket(bucketRecords)
			for k, v := c.Seek(key(after + 1)); k != nil && len(changes) < min(limit, n+perTx) && size < maxBytes; k, v = c.Next() {
				var change Change
				if err := json.Unmarshal(v, &change.Event); err != nil {
					return fmt.Errorf("change %d: %w", number(k), err)
				}
				if packed := records.Get(k); packed != nil {
					r, err := unpackRecord(number(k), packed)
					if err != nil {
						return err
					}
					change.Record = r
					size += len(r.Article)
				}
				changes = append(changes, change)
				after = number(k)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("changes after %d: %w", after, err)
		}
		if len(changes) == n {
			break
		}
	}
	return changes, nil
}

// Wait returns when there is a change above a sequence number, with an error when ctx or the store ends first.
func (s *Store) Wait(ctx context.Context, after uint64) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if s.LastSeq() > after {
			return nil
		}
		select {
		case <-changed:
		case <-s.closed:
			return ErrClosed
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// CheckpointOf returns when a projection first reported a sequence number as taken in; ok is false while it has not.
func (s *Store) CheckpointOf(projection string, seq uint64) (at time.Time, ok bool, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		k, v := tx.Bucket(bucketCheckpoints).Cursor().Seek(prefixed(projection, seq))
		if hasPrefix(k, projection) {
			at, ok = time.Unix(0, int64(number(v))).UTC(), true
		}
		return nil
	})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("checkpoint of %s: %w", projection, err)
	}
	return at, ok, nil
}

// LastCheckpoint is the highest sequence number that a projection reported as taken in.
func (s *Store) LastCheckpoint(projection string) (seq uint64, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		if k := last(tx.Bucket(bucketCheckpoints).Cursor(), append([]byte(projection), 0)); hasPrefix(k, projection) {
			seq = number(k[len(k)-8:])
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("last checkpoint of %s: %w", projection, err)
	}
	return seq, nil
}

// hasPrefix reports whether k is a row that prefixed made for name.
func hasPrefix(k []byte, name string) bool {
	return len(k) == len(name)+9 && string(k[:len(name)]) == name && k[len(name)] == 0
}

func readRecord(tx *bbolt.Tx, seq uint64) (*Record, error) {
	v := tx.Bucket(bucketRecords).Get(key(seq))
	if v == nil {
		return nil, ErrNotFound
	}
	return unpackRecord(seq, v)
}

// EachListed calls f with each article that lists show, and its latest revision, in the order of the revisions. It reads in
// small transactions: what changes meanwhile may come as it was before or as it is after.
func (s *Store) EachListed(ctx context.Context, f func(id string, seq uint64) error) error {
	const perTx = 1000
	for after := uint64(0); ; {
		var ids []string
		var seqs []uint64
		err := s.view(func(tx *bbolt.Tx) error {
			c := tx.Bucket(bucketListing).Cursor()
			for k, v := c.Seek(prefixed("", after+1)); hasPrefix(k, "") && len(ids) < perTx; k, v = c.Next() {
				ids, seqs = append(ids, hex.EncodeToString(v)), append(seqs, number(k[1:]))
			}
			return nil
		})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("list articles after %d: %w", after, err)
		}
		for i, id := range ids {
			if err := f(id, seqs[i]); err != nil {
				return err
			}
			after = seqs[i]
		}
		if len(ids) < perTx {
			return nil
		}
	}
}

// Listed returns the latest revisions of those articles that lists show, in the order of the ids; zero for all others.
func (s *Store) Listed(ids []string) ([]uint64, error) {
	seqs := make([]uint64, len(ids))
	err := s.view(func(tx *bbolt.Tx) error {
		known, listing := tx.Bucket(bucketIDs), tx.Bucket(bucketListing)
		for i, id := range ids {
			k, err := idKey(id)
			if err != nil {
				continue
			}
			if seq := number(known.Get(k)); listing.Get(prefixed("", seq)) != nil {
				seqs[i] = seq
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listed revisions: %w", err)
	}
	return seqs, nil
}
