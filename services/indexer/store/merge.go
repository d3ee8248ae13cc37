package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dateline/pkg/article"

	"go.etcd.io/bbolt"
)

// What became one, and how to part it again.
var (
	bucketMerges   = []byte("merges")    // number -> Merge as JSON
	bucketMergesOf = []byte("merges_of") // article id, number; of both articles
	bucketKept     = []byte("kept")      // number -> Record as JSON, zstd: an arrival that was merged and not stored
	bucketByHand   = []byte("by_hand")   // seq of a change that no arrival's message tells of
)

// maxMerges is how many merges of one article are recorded. An address beyond is known by its key or its content each time.
const maxMerges = 1000

// ErrUndone tells that a merge was undone before.
var ErrUndone = errors.New("the merge is undone already")

// Merge says that what arrived at an address, or an article that was in the record, is part of another article.
type Merge struct {
	Number   uint64     `json:"number"`
	Time     time.Time  `json:"time"`
	From     string     `json:"from"`              // id that it has, or would have, on its own
	Into     string     `json:"into"`              // id of the article that it is part of
	Address  string     `json:"address,omitempty"` // where it came from: a URL, or a publisher's id
	Tier     Tier       `json:"tier"`
	Evidence string     `json:"evidence"`
	Seq      uint64     `json:"last_seq,omitempty"`    // of its last revision, if it had been an article
	Revised  uint64     `json:"revised_seq,omitempty"` // of the revision that the arrival made of the other article
	Undone   *time.Time `json:"undone,omitempty"`

	At string `json:"at,omitempty"` // place of the address
}

// placeOf names where an article came from: its URL, else the publisher's id.
func placeOf(a *article.Article) string {
	if at := addressIn(a); at != nil {
		return hex.EncodeToString(at)
	}
	if a.Publication != nil && a.Publication.ID != "" {
		return article.IDOfPublication(a.Publication.Publisher, a.Publication.ID)
	}
	return ""
}

// merged records a merge, except where an article has too many. kept is the arrival, where it is stored nowhere else.
func (w *writer) merged(m *Merge, kept *Record) error {
	into, err := idKey(m.Into)
	if err != nil {
		return err
	}
	if k := last(w.mergesOf.Cursor(), into); bytes.HasPrefix(k, into) && m.Seq == 0 {
		n, c := 0, w.mergesOf.Cursor()
		for k, _ := c.Seek(into); bytes.HasPrefix(k, into); k, _ = c.Next() {
			n++
		}
		if n >= maxMerges {
			return nil
		}
	}
	if m.Number, err = w.merges.NextSequence(); err != nil {
		return err
	}
	m.Time = w.now
	if err := putJSON(w.merges, key(m.Number), m); err != nil {
		return err
	}
	if kept != nil {
		packed, err := packRecord(kept)
		if err != nil {
			return err
		}
		if err := w.kept.Put(key(m.Number), packed); err != nil {
			return err
		}
	}
	return w.listMerge(m, m.From, m.Into)
}

func (w *writer) listMerge(m *Merge, ids ...string) error {
	for _, id := range ids {
		k, err := idKey(id)
		if err != nil {
			return err
		}
		if err := w.mergesOf.Put(append(k, key(m.Number)...), nil); err != nil {
			return err
		}
	}
	return nil
}

// unite makes one of two stored articles: the one whose oldest revision is older stays. The change feed tells of it.
func (w *writer) unite(a, b match) (winner []byte, err error) {
	winner, loser := a.id, b.id
	var first [2]*Record
	for i, id := range [][]byte{winner, loser} {
		if first[i], err = firstRevision(w.records, number(w.ids.Get(id))); err != nil {
			return nil, err
		}
	}
	if first[1].Seq < first[0].Seq {
		winner, loser = loser, winner
	}
	previous := number(w.ids.Get(loser))
	old, was, err := w.revisionAt(previous)
	if err != nil {
		return nil, err
	}
	seq, err := w.records.NextSequence()
	if err != nil {
		return nil, err
	}
	if err := w.unlist(old, was); err != nil {
		return nil, err
	}
	if err := errors.Join(w.ids.Delete(loser), w.addresses.Put(loser, winner), w.byHand.Put(key(seq), nil)); err != nil {
		return nil, err
	}
	e := article.Event{
		Seq: seq, Previous: previous, Outcome: article.OutcomeMerged, ArticleID: hex.EncodeToString(loser), Into: hex.EncodeToString(winner),
		Source: was.Source, URL: was.URL, Time: w.now,
	}
	if err := putJSON(w.changes, key(seq), e); err != nil {
		return nil, err
	}
	if w.grouper.grouped == seq-1 {
		if err := w.grouper.change(nil, seq, previous); err != nil {
			return nil, fmt.Errorf("near-duplicates: %w", err)
		}
	}
	// Whom somebody told apart from the one, the other is apart from, too.
	c := w.apart.Cursor()
	var others [][]byte
	for k, _ := c.Seek(loser); bytes.HasPrefix(k, loser); k, _ = c.Next() {
		others = append(others, bytes.Clone(k[16:]))
	}
	for _, o := range others {
		if err := w.tellApart(winner, o); err != nil {
			return nil, err
		}
	}
	m := &Merge{
		From: e.ArticleID, Into: e.Into, Address: was.URL, Tier: b.tier, Evidence: b.evidence, Seq: previous, At: placeOf(was),
	}
	w.united = append(w.united, b.tier)
	return winner, w.merged(m, nil)
}

func (w *writer) tellApart(a, b []byte) error {
	return errors.Join(w.apart.Put(pair(a, b), nil), w.apart.Put(pair(b, a), nil))
}

// joins reports whether an arrival belongs to an article that is not known at its address.
func (w *writer) joins(rev *revision, p *identity, id []byte) (bool, error) {
	if p.address == nil {
		return !bytes.Equal(w.live(p.id), id), nil
	}
	if w.addresses.Get(p.address) != nil {
		return false, nil
	}
	if !bytes.Equal(id, p.id) {
		return true, nil
	}
	was := rev.was
	if was == nil {
		var err error
		if _, was, err = w.revisionAt(number(w.ids.Get(id))); err != nil {
			return false, err
		}
	}
	return !bytes.Equal(addressIn(was), p.address), nil // in a store of before, its own address is not known
}

// join makes an article known at an arrival's address, and records the merge. seq is the arrival's revision if it is stored
// as one, else it is kept with the merge.
func (w *writer) join(in *Arrival, p *identity, m match, seq uint64, stored bool) error {
	from, address := p.id, p.url
	if address == "" && in.Article.Publication != nil {
		address = in.Article.Publication.ID
	}
	if bytes.Equal(w.live(p.id), m.id) { // another spelling of an address that is known
		from = aloneID(p.canonicalURL)
	} else if err := w.addresses.Put(p.id, m.id); err != nil {
		return err
	}
	if p.address != nil {
		if err := w.addresses.Put(p.address, p.id); err != nil {
			return err
		}
	}
	at := p.address
	if at == nil {
		at = p.id
	}
	record := &Merge{From: hex.EncodeToString(from), Into: hex.EncodeToString(m.id), Address: address, Tier: m.tier, Evidence: m.evidence, At: hex.EncodeToString(at)}
	w.united = append(w.united, m.tier)
	if stored {
		record.Revised = seq
		return w.merged(record, nil)
	}
	return w.merged(record, &Record{Seq: seq, Revision: 1, Stored: w.now, Received: in.received(), Origin: in.Origin, Article: in.JSON})
}

// withID is an article's JSON with another id, and all else as it came.
func withID(raw json.RawMessage, id string) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("article: %w", err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("article: %w", err)
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, fmt.Errorf("article: %w", err)
		}
		if name == "id" {
			end := int(d.InputOffset())
			out := append(make([]byte, 0, len(raw)+32), raw[:end-len(v)]...)
			out = append(out, '"')
			out = append(out, id...)
			out = append(out, '"')
			return append(out, raw[end:]...), nil
		}
	}
	return nil, errors.New("article: it has no id")
}

// maxChain is how many revisions are looked through for those that came from one address.
const maxChain = 1000

// Undo parts what a merge made one. What was merged is an article of its own again, new in the change feed, with its last
// revision, or what it was when it arrived; where it has revised the other article, that one is revised back. The two stay
// apart for good, whatever arrives. A merge that is not in the record gives ErrNotFound, one that was undone before ErrUndone.
func (s *Store) Undo(ctx context.Context, n uint64) (*Merge, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("undo merge %d: %w", n, err)
	}
	m := &Merge{}
	var last uint64
	var grouping work
	err := s.update(func(tx *bbolt.Tx) error {
		w := newWriter(tx)
		v := w.merges.Get(key(n))
		if v == nil {
			return ErrNotFound
		}
		if err := json.Unmarshal(v, m); err != nil {
			return err
		}
		if m.Undone != nil {
			return ErrUndone
		}
		if err := w.undo(m); err != nil {
			return err
		}
		last, grouping = w.records.Sequence(), w.grouper.work
		return w.finish()
	})
	if err != nil {
		return nil, fmt.Errorf("undo merge %d: %w", n, err)
	}
	s.advance(last)
	s.worked(grouping)
	return m, nil
}

func (w *writer) undo(m *Merge) error {
	from, err := idKey(m.From)
	if err != nil {
		return err
	}
	into, err := idKey(m.Into)
	if err != nil {
		return err
	}
	root := w.live(into)
	if root == nil {
		return fmt.Errorf("article %s is gone: %w", m.Into, ErrNotFound)
	}
	if w.ids.Get(from) != nil {
		return ErrUndone
	}
	if at, err := hex.DecodeString(m.At); err == nil && len(at) == 16 && m.Seq == 0 {
		if err := w.addresses.Put(at, from); err != nil {
			return err
		}
	}
	for id := into; ; id = bytes.Clone(w.addresses.Get(id)) { // from what it was merged into, and from all that this is part of
		if err := w.tellApart(from, id); err != nil {
			return err
		}
		if bytes.Equal(id, root) {
			break
		}
	}
	if err := w.addresses.Delete(from); err != nil {
		return err
	}

	// From here on addresses lead where they are to lead, but for from itself.
	moved := map[string]bool{m.At: m.At != ""}
	others, err := w.mergesAt(root)
	if err != nil {
		return err
	}
	for _, o := range others {
		at, err := hex.DecodeString(o.At)
		if err != nil || o.Number == m.Number || o.Undone != nil || w.at(at) != nil || w.live(at) != nil {
			continue
		}
		moved[o.At] = true
		o.Into = m.From
		if err := errors.Join(putJSON(w.merges, key(o.Number), o), w.listMerge(o, o.Into)); err != nil {
			return err
		}
	}
	theirs, ours, err := w.part(root, moved, m.Revised)
	if err != nil {
		return err
	}
	var before *Record
	switch {
	case theirs != nil:
	case m.Seq != 0:
		if theirs, _, err = w.revisionAt(m.Seq); err != nil {
			return err
		}
	default:
		if v := w.kept.Get(key(m.Number)); v != nil {
			if theirs, err = unpackRecord(m.Number, v); err != nil {
				return err
			}
		}
	}
	if theirs == nil {
		return fmt.Errorf("nothing is kept of %s: %w", m.From, ErrNotFound)
	}
	if m.Seq != 0 {
		if before, _, err = w.revisionAt(m.Seq); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	if err := w.anew(theirs, from, before, article.OutcomeNew); err != nil {
		return err
	}
	if ours != nil {
		latest, _, err := w.revisionAt(number(w.ids.Get(root)))
		if err != nil {
			return err
		}
		if err := w.anew(ours, root, latest, article.OutcomeRevised); err != nil {
			return err
		}
	}
	now := w.now
	m.Undone = &now
	return errors.Join(putJSON(w.merges, key(m.Number), m), w.kept.Delete(key(m.Number)))
}

// part looks through an article's revisions, the latest first, for the latest that came from some addresses and, where
// that is the latest of all, for the latest that did not.
func (w *writer) part(id []byte, moved map[string]bool, revised uint64) (theirs, ours *Record, err error) {
	latest := number(w.ids.Get(id))
	for seq, n := latest, 0; seq != 0 && n < maxChain; n++ { // a removal says nothing of whose text it is
		r, a, err := w.revisionAt(seq)
		if errors.Is(err, ErrNotFound) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		switch foreign := moved[placeOf(a)] || seq == revised; {
		case foreign && theirs == nil:
			theirs = r
			if seq != latest {
				return theirs, nil, nil
			}
		case !foreign && theirs != nil && r.Removal == nil:
			return theirs, r, nil
		}
		seq = r.Previous
	}
	return theirs, nil, nil
}

// anew stores a revision once more, as one of an article.
func (w *writer) anew(r *Record, id []byte, before *Record, outcome article.Outcome) error {
	raw, err := withID(r.Article, hex.EncodeToString(id))
	if err != nil {
		return err
	}
	a, err := article.Decode(raw)
	if err != nil {
		return err
	}
	rev := &revision{id: id, article: a, outcome: outcome, record: &Record{Received: r.Received, Origin: r.Origin, Article: raw}}
	if rev.fingerprint, err = idKey(a.Fingerprint); err != nil {
		return err
	}
	if before != nil {
		if outcome == article.OutcomeNew {
			rev.after = before
		} else {
			rev.old = before
			if rev.was, err = before.Decode(); err != nil {
				return err
			}
		}
	}
	seq, err := w.store(rev, sketchOf(a))
	if err != nil {
		return err
	}
	w.now = w.now.Add(1)
	return w.byHand.Put(key(seq), nil)
}

// mergesAt are those of an article.
func (w *writer) mergesAt(id []byte) ([]*Merge, error) {
	return mergesOf(w.merges, w.mergesOf, id, maxMerges+1)
}

func mergesOf(merges, of *bbolt.Bucket, id []byte, limit int) ([]*Merge, error) {
	var list []*Merge
	c := of.Cursor()
	for k, _ := c.Seek(id); bytes.HasPrefix(k, id) && len(list) < limit; k, _ = c.Next() {
		m := &Merge{}
		if err := json.Unmarshal(merges.Get(k[len(id):]), m); err != nil {
			return nil, fmt.Errorf("merge %d: %w", binary.BigEndian.Uint64(k[len(id):]), err)
		}
		list = append(list, m)
	}
	return list, nil
}

// Address is a way in which an article is known.
type Address struct {
	URL   string    `json:"url"`             // or a publisher's id
	Merge uint64    `json:"merge,omitempty"` // number of the merge that brought it; none for its own
	Since time.Time `json:"since"`
}

// Addresses is where an article is found, and what was merged into it.
type Addresses struct {
	ArticleID string    `json:"article_id"`
	Addresses []Address `json:"addresses"`
	Merges    []*Merge  `json:"merges"` // the oldest first, those that were undone too
}

// Addresses tells where an article is known. For one that was merged it tells of the article that it is part of; what is
// not in the record gives ErrNotFound.
func (s *Store) Addresses(ctx context.Context, id string) (*Addresses, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("addresses of %s: %w", id, err)
	}
	d := &Addresses{Addresses: []Address{}, Merges: []*Merge{}}
	err := s.view(func(tx *bbolt.Tx) error {
		root, err := liveID(tx, id)
		if err != nil {
			return err
		}
		d.ArticleID = hex.EncodeToString(root)
		return d.collect(tx, root, number(tx.Bucket(bucketIDs).Get(root)), map[uint64]bool{})
	})
	if err != nil {
		return nil, fmt.Errorf("addresses of %s: %w", id, err)
	}
	return d, nil
}

// collect adds the addresses of an article, of which one revision is known, and of those that were merged into it.
func (d *Addresses) collect(tx *bbolt.Tx, id []byte, seq uint64, seen map[uint64]bool) error {
	first, err := firstRevision(tx.Bucket(bucketRecords), seq)
	if err != nil {
		return err
	}
	a, err := first.Decode()
	if err != nil {
		return err
	}
	d.add(urlOf(a), 0, first.Stored)
	d.add(a.URL, 0, first.Stored)
	if a.URL == "" && a.Publication != nil {
		d.add(a.Publication.ID, 0, first.Stored)
	}
	list, err := mergesOf(tx.Bucket(bucketMerges), tx.Bucket(bucketMergesOf), id, maxMerges+1)
	if err != nil {
		return err
	}
	for _, m := range list {
		if seen[m.Number] || len(d.Merges) > maxMerges {
			continue
		}
		seen[m.Number] = true
		d.Merges = append(d.Merges, m)
		if m.Undone != nil || m.Into != hex.EncodeToString(id) {
			continue
		}
		d.add(m.Address, m.Number, m.Time)
		if m.Seq == 0 {
			continue
		}
		from, err := idKey(m.From)
		if err != nil {
			return err
		}
		if err := d.collect(tx, from, m.Seq, seen); err != nil {
			return err
		}
	}
	return nil
}

func (d *Addresses) add(url string, n uint64, since time.Time) {
	if url != "" && !seenAddress(d.Addresses, url) {
		d.Addresses = append(d.Addresses, Address{url, n, since})
	}
}

func seenAddress(list []Address, url string) bool {
	for _, a := range list {
		if a.URL == url {
			return true
		}
	}
	return false
}

// firstRevision is the oldest revision that is there of those that end with one.
func firstRevision(records *bbolt.Bucket, seq uint64) (*Record, error) {
	var first *Record
	for range maxChain {
		v := records.Get(key(seq))
		if v == nil {
			break
		}
		r, err := unpackRecord(seq, v)
		if err != nil {
			return nil, err
		}
		first, seq = r, r.Previous
	}
	if first == nil {
		return nil, fmt.Errorf("record %d: %w", seq, ErrNotFound)
	}
	return first, nil
}

// liveID is the article that an id leads to: itself, or the one that it was merged into. ErrNotFound where there is none: a
// *TakenDownError where it was taken down.
func liveID(tx *bbolt.Tx, id string) ([]byte, error) {
	k, err := idKey(id)
	if err != nil {
		return nil, ErrNotFound
	}
	root := live(tx.Bucket(bucketIDs), tx.Bucket(bucketAddresses), k)
	if root == nil {
		return nil, missing(tx, k)
	}
	return root, nil
}

// ByHand returns the oldest changes that no arrival's message tells of, up to limit: merges, and what somebody changed.
func (s *Store) ByHand(limit int) ([]article.Event, error) {
	var events []article.Event
	err := s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketByHand).Cursor()
		for k, _ := c.First(); k != nil && len(events) < limit; k, _ = c.Next() {
			var e article.Event
			if err := json.Unmarshal(tx.Bucket(bucketChanges).Get(k), &e); err != nil {
				return fmt.Errorf("change %d: %w", number(k), err)
			}
			events = append(events, e)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("changes by hand: %w", err)
	}
	return events, nil
}

// Told takes changes that were told of out of ByHand.
func (s *Store) Told(events []article.Event) error {
	err := s.update(func(tx *bbolt.Tx) error {
		for _, e := range events {
			if err := tx.Bucket(bucketByHand).Delete(key(e.Seq)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("changes by hand: %w", err)
	}
	return nil
}
