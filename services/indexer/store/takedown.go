package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	err = s.decide(id, d, func(tx *bbolt.Tx, _ []byte) error {
		root, err := liveID(tx, id)
		if down := (*TakenDownError)(nil); errors.As(err, &down) { // under the id of the article that it was part of
			t, again = down.Tombstone, true
			return nil
		}
		if err != nil {
			return err
		}
		w := newWriter(tx)
		all, err := w.whole(root)
		if err != nil {
			return err
		}
		for _, p := range all {
			held, err := holdOf(tx, p.id)
			if err != nil {
				return err
			}
			if held != nil {
				return &HeldError{*held}
			}
		}
		t = Tombstone{ArticleID: hex.EncodeToString(root), Time: w.now, Decision: d}
		return w.takeDown(tx, all, &t)
	})
	if err != nil {
		return Tombstone{}, false, fmt.Errorf("take article %s down: %w", id, err)
	}
	if !again {
		s.advance(t.Seq)
	}
	return t, again, nil
}

// part is an article, or one that was merged into it, with its last revision; zero where it never had one.
type part struct {
	id     []byte
	latest uint64
}

// whole is an article and all that was merged into it, the article first.
func (w *writer) whole(root []byte) ([]part, error) {
	all := []part{{root, number(w.ids.Get(root))}}
	for i := 0; i < len(all); i++ {
		list, err := w.mergesAt(all[i].id)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			from, err := idKey(m.From)
			if err != nil {
				return nil, err
			}
			known := slices.ContainsFunc(all, func(p part) bool { return bytes.Equal(p.id, from) })
			if m.Undone == nil && m.Into == hex.EncodeToString(all[i].id) && !known {
				all = append(all, part{from, m.Seq})
			}
		}
	}
	return all, nil
}

func (w *writer) takeDown(tx *bbolt.Tx, all []part, t *Tombstone) (err error) {
	root := all[0]
	old, was, err := w.revisionAt(root.latest)
	if err != nil {
		return err
	}
	if err := w.unlist(old, was); err != nil {
		return err
	}
	t.First = root.latest
	for _, p := range all {
		first, err := w.eraseRevisions(p)
		if err != nil {
			return err
		}
		if first != 0 {
			t.First = min(t.First, first)
		}
		if err := errors.Join(w.eraseMerges(p.id), w.eraseJourneys(p.id), tx.Bucket(bucketApart).Delete(p.id)); err != nil {
			return err
		}
	}
	if err := w.eraseRepeated(all); err != nil {
		return err
	}
	if t.Seq, err = w.records.NextSequence(); err != nil {
		return err
	}
	e := article.Event{Seq: t.Seq, Previous: root.latest, Outcome: article.OutcomeRemoved, Reason: article.Takedown, ArticleID: t.ArticleID, Source: was.Source, Time: t.Time}
	if err := errors.Join(putJSON(w.changes, key(t.Seq), e), w.byHand.Put(key(t.Seq), nil)); err != nil {
		return err
	}
	if w.grouper.grouped == t.Seq-1 { // else it waits with those before it
		if err := w.grouper.change(nil, t.Seq, root.latest); err != nil {
			return fmt.Errorf("near-duplicates: %w", err)
		}
	}
	if err := w.finish(); err != nil {
		return err
	}
	if err := putJSON(tx.Bucket(bucketTombstones), root.id, t); err != nil {
		return err
	}
	return audit(tx, Audited{Time: t.Time, Action: ActionTakedown, ArticleID: t.ArticleID, Decision: t.Decision})
}

// eraseMerges erases what the merges of an article tell of it: addresses, and arrivals that were stored nowhere else.
func (w *writer) eraseMerges(id []byte) error {
	list, err := w.mergesAt(id)
	if err != nil {
		return err
	}
	for _, m := range list {
		m.Address = ""
		if err := errors.Join(putJSON(w.merges, key(m.Number), m), w.kept.Delete(key(m.Number))); err != nil {
			return err
		}
	}
	return nil
}

// TakenDown is the ids by which messages name an article that was taken down: its own, and of all that was merged into it.
func (s *Store) TakenDown(id string) (ids []string, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		root, err := idKey(id)
		if err != nil {
			return err
		}
		all, err := newWriter(tx).whole(root)
		for _, p := range all {
			ids = append(ids, hex.EncodeToString(p.id))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ids of article %s: %w", id, err)
	}
	return ids, nil
}

// eraseRepeated erases how the texts begin that a site shows at many addresses, where one of these was an article's. The text
// itself stays known by its hash.
func (w *writer) eraseRepeated(all []part) error {
	of := func(id []byte) bool {
		return slices.ContainsFunc(all, func(p part) bool { return bytes.Equal(p.id, id) })
	}
	told := map[string]Repeated{}
	err := w.repeated.ForEach(func(k, v []byte) error {
		var r Repeated
		if err := json.Unmarshal(v, &r); err != nil {
			return fmt.Errorf("repeated text %x: %w", k, err)
		}
		b, err := w.bodyAt(k)
		if err != nil {
			return err
		}
		n := len(r.Articles)
		r.Articles = slices.DeleteFunc(r.Articles, func(id string) bool {
			k, err := idKey(id)
			return err == nil && of(k)
		})
		if len(r.Articles) < n || slices.ContainsFunc(b.copies, func(c bodyCopy) bool { return of(c.id[:]) }) {
			r.Text = ""
			told[string(k)] = r
		}
		return nil
	})
	for k, r := range told {
		err = errors.Join(err, putJSON(w.repeated, []byte(k), r))
	}
	return err
}

// eraseRevisions erases what there is of an article's revisions, from the latest to the first, and tells which that was.
func (w *writer) eraseRevisions(p part) (first uint64, err error) {
	for seq := p.latest; seq != 0; {
		e, err := w.eraseChange(seq)
		if err != nil {
			return 0, err
		}
		first, seq = seq, e.Previous
	}
	c := w.versions.Cursor()
	for k, v := c.Seek(p.id); bytes.HasPrefix(k, p.id); k, v = c.Seek(p.id) {
		if err := errors.Join(w.records.Delete(v), w.versions.Delete(bytes.Clone(k))); err != nil {
			return 0, err
		}
	}
	return first, w.ids.Delete(p.id)
}

// eraseChange erases a revision, and the address that its change tells.
func (w *writer) eraseChange(seq uint64) (e article.Event, err error) {
	k := key(seq)
	if err := json.Unmarshal(w.changes.Get(k), &e); err != nil {
		return e, fmt.Errorf("change %d: %w", seq, err)
	}
	if v := w.records.Get(k); e.Previous == 0 && v != nil { // rows of before did not tell, nor do those of what was parted again
		r, err := unpackRecord(seq, v)
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
	keys := j.urlKeys(urlKey)
	j.URLHashes = nil
	for _, k := range keys {
		j.URLHashes = append(j.URLHashes, hex.EncodeToString(k))
	}
	j.URL, j.CanonicalURL, j.Error = "", "", ""
	for i := range j.Hops {
		j.Hops[i].Detail = ""
	}
}

// bury ends the journey of what was taken down before.
func (w *writer) bury(in *Arrival, p *identity, j *Journey) (fate, error) {
	j.ArticleID = hex.EncodeToString(p.id)
	if a := in.Article; a != nil {
		j.URL, j.CanonicalURL, j.Source = a.URL, a.CanonicalURL, a.Source
	} else {
		j.URL, j.CanonicalURL, j.Source = in.Removal.URL, in.Removal.CanonicalURL, in.Removal.Source
	}
	j.erase()
	return fate{outcome: article.OutcomeRemoved, reason: string(article.Takedown), detail: string(article.Takedown)}, nil
}

// buried reports whether an arrival is of an article that was taken down: under its own id, at an address by which it was known,
// or, where it is not of another article, by a link from there or by what it says, as find tells that two are one.
func (w *writer) buried(p *identity) (bool, error) {
	for _, id := range [][]byte{p.id, p.publication, w.leadsTo(p.address), w.leadsTo(p.publisherID)} {
		if w.grave(id) != nil {
			return true, nil
		}
	}
	if p.body == nil || w.live(p.id) != nil || w.at(p.address) != nil {
		return false, nil
	}
	b, err := w.bodyAt(p.body)
	if err != nil {
		return false, err
	}
	from, canonical := w.grave(p.from), w.grave(p.canonical)
	return slices.ContainsFunc(b.copies, func(c bodyCopy) bool {
		grave := w.grave(c.id[:])
		return grave != nil && (p.telling && c.story == p.story || bytes.Equal(grave, from) || bytes.Equal(grave, canonical))
	}), nil
}

// grave is the id of the tombstone that an id leads to, if it does.
func (w *writer) grave(id []byte) []byte { return buriedAt(w.ids, w.addresses, w.tombstones, id) }

// leadsTo is where an address leads at first, nil where it is none.
func (w *writer) leadsTo(address []byte) []byte {
	if address == nil {
		return nil
	}
	return w.addresses.Get(address)
}

// buriedAt follows an id to the tombstone that it leads to, and returns that's id; nil where it leads to an article, or to nothing.
func buriedAt(ids, addresses, tombstones *bbolt.Bucket, id []byte) []byte {
	for range maxMoves {
		if len(id) != 16 || ids.Get(id) != nil {
			return nil
		}
		if tombstones.Get(id) != nil {
			return id
		}
		id = addresses.Get(id)
	}
	return nil
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
	id = buriedAt(tx.Bucket(bucketIDs), tx.Bucket(bucketAddresses), tx.Bucket(bucketTombstones), id)
	if id == nil {
		return ErrNotFound
	}
	t, err := tombstoneOf(tx, id)
	if err != nil {
		return err
	}
	return &TakenDownError{*t}
}
