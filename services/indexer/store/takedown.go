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

// Tombstone is what remains of an article that was taken down. As long as it stands, the article is not stored again.
type Tombstone struct {
	ArticleID string    `json:"article_id"`
	Time      time.Time `json:"time"`
	Decision
	Seq   uint64 `json:"seq"`       // of the change that took it down
	First uint64 `json:"first_seq"` // of the change that had brought it
}

// TakenDownError tells that an article was taken down. It wraps ErrNotFound.
type TakenDownError struct{ Tombstone }

func (e *TakenDownError) Error() string {
	return "taken down on " + e.Time.Format(time.DateOnly) + ": " + e.Reason
}

// Unwrap is ErrNotFound.
func (e *TakenDownError) Unwrap() error { return ErrNotFound }

// Takedown erases an article in one transaction: all its revisions, its place in lists and among near-duplicates, and the
// addresses and errors that its journeys and changes tell. There remain a tombstone, a line of the audit log, and the
// numbers, times and ends of its changes and journeys, which are still found by its addresses: of these, hashes are kept.
// A change tells of it, so that projections follow.
//
// An article on legal hold gives a *HeldError, one that was taken down already its tombstone without another change, and
// one that was never there ErrNotFound.
func (s *Store) Takedown(ctx context.Context, id string, d Decision) (t Tombstone, again bool, err error) {
	if err := ctx.Err(); err != nil {
		return Tombstone{}, false, fmt.Errorf("take article %s down: %w", id, err)
	}
	err = s.decide(id, d, func(tx *bbolt.Tx, k []byte) error {
		old, err := tombstoneOf(tx, k)
		if err != nil {
			return err
		}
		if old != nil {
			t, again = *old, true
			return nil
		}
		held, err := holdOf(tx, k)
		if err != nil {
			return err
		}
		if held != nil {
			return &HeldError{*held}
		}
		w := newWriter(tx)
		latest := number(w.ids.Get(k))
		if latest == 0 {
			return ErrNotFound
		}
		t = Tombstone{ArticleID: id, Time: w.now, Decision: d}
		return w.takeDown(tx, k, latest, &t)
	})
	if err != nil {
		return Tombstone{}, false, fmt.Errorf("take article %s down: %w", id, err)
	}
	if !again {
		s.advance(t.Seq)
	}
	return t, again, nil
}

func (w *writer) takeDown(tx *bbolt.Tx, id []byte, latest uint64, t *Tombstone) (err error) {
	source, first, err := w.eraseRevisions(id, latest)
	if err != nil {
		return err
	}
	if err := w.eraseJourneys(id); err != nil {
		return err
	}
	if t.Seq, err = w.records.NextSequence(); err != nil {
		return err
	}
	t.First = first
	e := article.Event{Seq: t.Seq, Previous: latest, Outcome: article.OutcomeRemoved, Reason: article.Takedown, ArticleID: t.ArticleID, Source: source, Time: t.Time}
	if err := putJSON(w.changes, key(t.Seq), e); err != nil {
		return err
	}
	if w.grouper.grouped == t.Seq-1 { // else it waits with those before it
		if err := w.grouper.change(nil, t.Seq, latest); err != nil {
			return fmt.Errorf("near-duplicates: %w", err)
		}
	}
	if err := tx.Bucket(bucketApart).Delete(id); err != nil {
		return err
	}
	if err := w.finish(); err != nil {
		return err
	}
	if err := w.meta.Put(metaArticles, key(number(w.meta.Get(metaArticles))-1)); err != nil {
		return err
	}
	if err := putJSON(tx.Bucket(bucketTombstones), id, t); err != nil {
		return err
	}
	return audit(tx, Audited{Time: t.Time, Action: ActionTakedown, ArticleID: t.ArticleID, Decision: t.Decision})
}

// eraseRevisions erases what there is of an article's revisions, from the latest to the first, and tells what the first was.
func (w *writer) eraseRevisions(id []byte, latest uint64) (source string, first uint64, err error) {
	for seq := latest; seq != 0; {
		e, err := w.eraseChange(seq)
		if err != nil {
			return "", 0, err
		}
		if seq == latest {
			source = e.Source
			for _, name := range []string{"", source} {
				if err := w.listing.Delete(prefixed(name, seq)); err != nil {
					return "", 0, err
				}
			}
		}
		first, seq = seq, e.Previous
	}
	c := w.versions.Cursor()
	for k, v := c.Seek(id); bytes.HasPrefix(k, id); k, v = c.Seek(id) {
		if err := w.records.Delete(v); err != nil {
			return "", 0, err
		}
		if err := w.versions.Delete(bytes.Clone(k)); err != nil {
			return "", 0, err
		}
	}
	return source, first, w.ids.Delete(id)
}

// eraseChange erases a revision, and the address that its change tells.
func (w *writer) eraseChange(seq uint64) (e article.Event, err error) {
	k := key(seq)
	if err := json.Unmarshal(w.changes.Get(k), &e); err != nil {
		return e, fmt.Errorf("change %d: %w", seq, err)
	}
	if e.Previous == 0 && e.Outcome == article.OutcomeRevised { // a row of a Dateline that did not tell
		r, err := unpackRecord(seq, w.records.Get(k))
		if err != nil {
			return e, err
		}
		e.Previous = r.Previous
	}
	e.URL = ""
	return e, errors.Join(putJSON(w.changes, k, e), w.records.Delete(k))
}

// eraseJourneys erases what the journeys of an article tell of it.
func (w *writer) eraseJourneys(id []byte) error {
	c := w.byArticle.Cursor()
	for k, _ := c.Seek(id); bytes.HasPrefix(k, id); k, _ = c.Next() {
		origin := k[len(id)+8:]
		j, err := w.journey(origin)
		if err != nil {
			return err
		}
		if j == nil {
			continue
		}
		j.erase()
		if err := putJSON(w.journeys, origin, j); err != nil {
			return err
		}
	}
	return nil
}

// erase leaves of a journey what tells nothing of its article.
func (j *Journey) erase() {
	keys := j.urlKeys()
	j.URLHashes = nil
	for _, k := range keys {
		j.URLHashes = append(j.URLHashes, hex.EncodeToString(k))
	}
	j.URL, j.CanonicalURL, j.Error = "", "", ""
	for i := range j.Hops {
		j.Hops[i].Detail = ""
	}
}

// refuse ends the journey of an article that was taken down before.
func (w *writer) refuse(j *Journey) (Result, error) {
	j.Outcome, j.Reason = article.OutcomeRemoved, string(article.Takedown)
	j.erase()
	j.Hops = append(j.Hops, article.Hop{Stage: string(article.StageIndexer), Time: w.now, Outcome: string(j.Outcome), Detail: j.Reason})
	if err := w.end(j); err != nil {
		return Result{}, err
	}
	r := j.result()
	r.Replayed = false
	return r, nil
}

// Tombstone returns what remains of an article that was taken down, or ErrNotFound.
func (s *Store) Tombstone(id string) (Tombstone, error) {
	var t *Tombstone
	err := s.view(func(tx *bbolt.Tx) error {
		k, err := idKey(id)
		if err == nil {
			t, err = tombstoneOf(tx, k)
		}
		if err == nil && t == nil {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return Tombstone{}, fmt.Errorf("tombstone of %s: %w", id, err)
	}
	return *t, nil
}

// ErasedSince reports whether an article was taken down after a change that was in the record at that change: then what was
// selected as of it cannot be selected again.
func (s *Store) ErasedSince(at uint64) (erased bool, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketTombstones).Cursor()
		for k, v := c.First(); k != nil && !erased; k, v = c.Next() {
			var t Tombstone
			if err := json.Unmarshal(v, &t); err != nil {
				return fmt.Errorf("tombstone %x: %w", k, err)
			}
			erased = t.Seq > at && t.First <= at
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("takedowns since change %d: %w", at, err)
	}
	return erased, nil
}

func tombstoneOf(tx *bbolt.Tx, id []byte) (*Tombstone, error) {
	v := tx.Bucket(bucketTombstones).Get(id)
	if v == nil {
		return nil, nil
	}
	t := new(Tombstone)
	if err := json.Unmarshal(v, t); err != nil {
		return nil, fmt.Errorf("tombstone: %w", err)
	}
	return t, nil
}

// missing is why an article is not in the record: a *TakenDownError, or ErrNotFound.
func missing(tx *bbolt.Tx, id []byte) error {
	switch t, err := tombstoneOf(tx, id); {
	case err != nil:
		return err
	case t != nil:
		return &TakenDownError{*t}
	}
	return ErrNotFound
}
