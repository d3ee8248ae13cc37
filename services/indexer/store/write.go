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
	"dateline/services/indexer/duplicates"

	"go.etcd.io/bbolt"
)

// Arrival is an article that reached the end of the queue, or the news that one is removed.
type Arrival struct {
	Origin  string           // names its journey: 32 hex digits
	Article *article.Article // ID and Fingerprint are 32 hex digits
	JSON    json.RawMessage  // the article as it arrived
	Removal *article.Removal // in place of Article and JSON
	Hops    []article.Hop    // so far; the first says when the pipeline took it

	// Replaces is the origin of the revision that the article was parsed again for; empty for all that arrives by itself. If
	// that is still the latest, this becomes a revision whatever its fingerprint, and otherwise it comes too late.
	Replaces string
}

// identify works out by what the arrival can be known.
func (in *Arrival) identify() (*identity, error) {
	if in.Removal != nil {
		return identifyRemoval(in.Removal)
	}
	return identify(in.Article, in.received())
}

// received is when the pipeline took it.
func (in *Arrival) received() time.Time {
	if len(in.Hops) == 0 {
		return time.Time{}
	}
	return in.Hops[0].Time
}

// Failure is a journey that ended as a dead letter.
type Failure struct {
	Origin    string // 32 hex digits
	URL       string // may be empty
	ArticleID string // may be empty
	Reason    string
	Error     string
	Hops      []article.Hop // so far
	Stage     string        // that gave up
	Time      time.Time
}

// Result is what became of an arrival. The same origin gets the same result each time, but for Alarm and Merged.
type Result struct {
	Outcome   article.Outcome // new, revised, removed (or taken down before, and not stored again), duplicate or rejected
	Reason    string          // of what is removed (article.RemovalReason) or rejected (ReasonRepeated)
	Error     string          // what is rejected, in words
	ArticleID string
	Seq       uint64 // of the revision; for a duplicate, of the one that was there already
	Previous  uint64 // the change of the article before that
	Source    string
	URL       string
	Time      time.Time
	Hops      []article.Hop // those of the arrival, and the indexer's
	Replayed  bool          // the journey had ended before; nothing was written
	Alarm     bool          // it is the first to be rejected for its text
	Merged    []Tier        // by which it, or an article, became part of another article
}

// Event is the result as INDEXED messages carry it.
func (r Result) Event() article.Event {
	e := article.Event{Seq: r.Seq, Previous: r.Previous, Outcome: r.Outcome, ArticleID: r.ArticleID, Source: r.Source, URL: r.URL, Time: r.Time}
	switch r.Outcome {
	case article.OutcomeDuplicate:
		e.Seq, e.Previous = 0, 0 // it is no change
	case article.OutcomeRemoved:
		e.Reason = article.RemovalReason(r.Reason)
	}
	return e
}

// Write stores a batch in one transaction, and returns a result for each arrival in their order. On an error nothing of
// the batch is stored, and the same batch may be written again: after a failure whose effect is not known, such as a
// failed fsync, too, because an origin whose journey has ended gets the result that it got.
//
// An arrival is of the article that the strongest tier gives it to, whatever its id says; of two stored articles that turn
// out to be one, one is merged into the other. What no tier knows is new. What differs from the latest revision is
// a revision, but not an older capture, nor an earlier wording that another address still has. Every other one is a duplicate.
// A text that its site shows at many addresses is rejected. A removal marks the article, once. A journey that was recorded
// as failed and arrives after all has arrived: that it is stored is the truth that counts.
func (s *Store) Write(ctx context.Context, batch []Arrival) ([]Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("write %d articles: %w", len(batch), err)
	}
	results := make([]Result, len(batch))
	identities := make([]*identity, len(batch))
	for i := range batch { // before the transaction, which others wait for
		var err error
		if identities[i], err = batch[i].identify(); err != nil {
			return nil, fmt.Errorf("write %d articles: %w", len(batch), err)
		}
	}
	var last uint64
	var grouping work
	err := s.update(func(tx *bbolt.Tx) error {
		w := newWriter(tx)
		for i := range batch {
			r, err := w.write(&batch[i], identities[i])
			if err != nil {
				return fmt.Errorf("article %x: %w", identities[i].id, err)
			}
			results[i] = r
		}
		last, grouping = w.records.Sequence(), w.grouper.work
		return w.finish()
	})
	if err != nil {
		return nil, fmt.Errorf("write %d articles: %w", len(batch), err)
	}
	s.advance(last)
	s.worked(grouping)
	return results, nil
}

// Fail records journeys that ended as dead letters, in one transaction. A journey that has ended already stays as it is.
func (s *Store) Fail(ctx context.Context, batch []Failure) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("record %d failures: %w", len(batch), err)
	}
	err := s.update(func(tx *bbolt.Tx) error {
		w := newWriter(tx)
		for i := range batch {
			if err := w.fail(&batch[i]); err != nil {
				return fmt.Errorf("journey %s: %w", batch[i].Origin, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record %d failures: %w", len(batch), err)
	}
	return nil
}

// Checkpoint records that a projection has taken in all changes up to a sequence number. Only progress is kept: a
// projection that is made anew passes the same numbers again, and what was searchable then was searchable then.
func (s *Store) Checkpoint(ctx context.Context, projection string, upTo uint64, at time.Time) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("checkpoint %s: %w", projection, err)
	}
	err := s.update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketCheckpoints)
		if k, _ := b.Cursor().Seek(prefixed(projection, upTo)); hasPrefix(k, projection) {
			return nil
		}
		return b.Put(prefixed(projection, upTo), timeKey(at))
	})
	if err != nil {
		return fmt.Errorf("checkpoint %s at %d: %w", projection, upTo, err)
	}
	return nil
}

// writer is one write transaction.
type writer struct {
	now time.Time // a little later for each journey

	meta, changes, records, ids, versions, listing *bbolt.Bucket
	journeys, byArticle, byURL, byTime             *bbolt.Bucket
	tombstones                                     *bbolt.Bucket
	addresses, claims, apart, bodies, repeated     *bbolt.Bucket
	merges, mergesOf, kept, byHand, awaited        *bbolt.Bucket
	added                                          int64      // articles that lists show
	united                                         []Tier     // merges of the arrival in hand
	keys                                           []urlKeyed // of the arrival in hand
	grouper                                        *grouper
}

func newWriter(tx *bbolt.Tx) *writer {
	w := &writer{
		now: time.Now().UTC(), meta: tx.Bucket(bucketMeta), changes: tx.Bucket(bucketChanges), records: tx.Bucket(bucketRecords),
		ids: tx.Bucket(bucketIDs), versions: tx.Bucket(bucketVersions), listing: tx.Bucket(bucketListing),
		journeys: tx.Bucket(bucketJourneys), byArticle: tx.Bucket(bucketByArticle), byURL: tx.Bucket(bucketByURL),
		byTime: tx.Bucket(bucketByTime), tombstones: tx.Bucket(bucketTombstones),
		addresses: tx.Bucket(bucketAddresses), claims: tx.Bucket(bucketClaims), apart: tx.Bucket(bucketSeparate), bodies: tx.Bucket(bucketBodies), repeated: tx.Bucket(bucketRepeated),
		merges: tx.Bucket(bucketMerges), mergesOf: tx.Bucket(bucketMergesOf), kept: tx.Bucket(bucketKept), byHand: tx.Bucket(bucketByHand), awaited: tx.Bucket(bucketAwaited),
		grouper: newGrouper(tx),
	}
	// Keys only grow here, so pages can be filled to the brim.
	w.changes.FillPercent, w.records.FillPercent, w.byTime.FillPercent = 1, 1, 1
	return w
}

func (w *writer) write(in *Arrival, p *identity) (Result, error) {
	origin, err := idKey(in.Origin)
	if err != nil {
		return Result{}, fmt.Errorf("origin: %w", err)
	}
	ended, err := w.journey(origin)
	if err != nil {
		return Result{}, err
	}
	if ended != nil {
		if ended.Outcome != article.OutcomeRejected || ended.Reason == ReasonRepeated {
			return ended.result(), nil
		}
		if err := w.forget(ended); err != nil {
			return Result{}, err
		}
	}
	w.united, w.keys = nil, p.keys
	buried, err := w.buried(p)
	if err != nil {
		return Result{}, err
	}
	end := w.arrive
	switch {
	case buried:
		end = w.bury
	case in.Removal != nil:
		end = w.remove
	}
	j := &Journey{Origin: in.Origin, Time: w.now}
	fate, err := end(in, p, j)
	if err != nil {
		return Result{}, err
	}
	j.Outcome, j.Reason, j.Error = fate.outcome, fate.reason, fate.err
	hop := article.Hop{Stage: string(article.StageIndexer), Time: w.now, Outcome: string(j.Outcome), Detail: fate.detail}
	j.Hops = append(in.Hops[:len(in.Hops):len(in.Hops)], hop)
	if err := w.end(j); err != nil {
		return Result{}, err
	}
	r := j.result()
	r.Replayed, r.Alarm, r.Merged = false, fate.alarm, w.united
	return r, nil
}

// fate is how a journey ends.
type fate struct {
	outcome article.Outcome
	reason  string
	err     string
	detail  string // of the hop
	alarm   bool
}

// arrive finds the article that an arrival belongs to, and stores what is new about it.
func (w *writer) arrive(in *Arrival, p *identity, j *Journey) (fate, error) {
	a := in.Article
	j.URL, j.CanonicalURL, j.ArticleID, j.Source = a.URL, a.CanonicalURL, a.ID, a.Source
	found, err := w.find(p)
	if err != nil {
		return fate{}, err
	}
	rev := &revision{id: p.id, fingerprint: p.fingerprint, article: a, replaces: in.Replaces, record: &Record{Received: in.received(), Origin: in.Origin, Article: in.JSON}}
	if len(found) == 0 {
		return w.first(in, p, j, rev)
	}
	m := found[0]
	if len(found) > 1 { // what is refused makes nothing one
		refused, alarm, err := w.repeats(in, p, m.id, false)
		if err != nil || refused {
			return refusal(p, alarm), err
		}
	}
	for _, other := range found[1:] {
		if m.id, err = w.unite(m, other); err != nil {
			return fate{}, err
		}
		m.tier, m.evidence = other.tier, other.evidence
	}
	rev.id, j.ArticleID = m.id, hex.EncodeToString(m.id)
	f, err := w.compare(rev, p, j)
	if err != nil {
		return fate{}, err
	}
	joins, err := w.joins(rev, p, m.id)
	if err != nil {
		return fate{}, err
	}
	if joins || f.outcome == article.OutcomeRevised {
		refused, alarm, err := w.repeats(in, p, m.id, joins)
		if err != nil || refused {
			return refusal(p, alarm), err
		}
	}
	if f.outcome == article.OutcomeRevised {
		if j.ArticleID != a.ID {
			if rev.record.Article, err = withID(in.JSON, j.ArticleID); err != nil {
				return fate{}, err
			}
		}
		rev.outcome = f.outcome
		if j.Seq, err = w.store(rev, p.sketch); err != nil {
			return fate{}, err
		}
		j.Previous = rev.old.Seq
	}
	if joins {
		f.detail = "by its " + string(m.tier)
		if err := w.join(in, p, m, j.Seq, f.outcome == article.OutcomeRevised); err != nil {
			return fate{}, err
		}
	}
	return f, w.learn(p, m.id)
}

// first stores an article that is new.
func (w *writer) first(in *Arrival, p *identity, j *Journey, rev *revision) (fate, error) {
	refused, alarm, err := w.repeats(in, p, p.id, true)
	if err != nil || refused {
		return refusal(p, alarm), err
	}
	rev.outcome = article.OutcomeNew
	if j.Seq, err = w.store(rev, p.sketch); err != nil {
		return fate{}, err
	}
	if err := w.overtaken(p, rev); err != nil {
		return fate{}, err
	}
	return fate{outcome: article.OutcomeNew}, w.learn(p, p.id)
}

func refusal(p *identity, alarm bool) fate {
	return fate{
		outcome: article.OutcomeRejected, reason: ReasonRepeated, detail: ReasonRepeated, alarm: alarm,
		err: fmt.Sprintf("%s shows this text at more than %d addresses: an error page, or a wall", p.site, maxRepeats),
	}
}

// compare tells a revision from a duplicate. Of a revision it also tells what it replaces.
func (w *writer) compare(rev *revision, p *identity, j *Journey) (fate, error) {
	latest, known := number(w.ids.Get(rev.id)), number(w.versions.Get(pair(rev.id, rev.fingerprint)))
	same := fate{outcome: article.OutcomeDuplicate}
	if j.Seq = latest; known == latest && rev.replaces == "" {
		return same, nil
	}
	var err error
	if rev.old, rev.was, err = w.revisionAt(latest); err != nil {
		return fate{}, err
	}
	switch {
	case rev.replaces != "" && rev.replaces == rev.old.Origin && rev.old.Removal == nil:
	case rev.replaces != "":
		same.detail = "parsed again for what is no longer the latest revision"
		return same, nil
	case rev.old.Removal != nil:
		if p.seen.After(rev.old.Removal.Time) {
			break
		}
		same.detail = "older than the removal"
		return same, nil
	case p.seen.Before(seenAt(rev.was, rev.old.Received)):
		same.detail = "older than the latest revision"
	case known != 0 && !bytes.Equal(addressIn(rev.was), p.address):
		same.detail = "an earlier wording, which another address still has"
	}
	if same.detail != "" {
		if known != 0 {
			j.Seq = known
		}
		return same, nil
	}
	return fate{outcome: article.OutcomeRevised}, nil
}

// revision is one to be stored.
type revision struct {
	id          []byte
	fingerprint []byte
	article     *article.Article
	outcome     article.Outcome
	record      *Record          // without what the store gives
	replaces    string           // as Arrival has it
	old         *Record          // that it replaces, nil for none
	was         *article.Article // the article of old
	after       *Record          // where it goes on with what was merged for a while
}

// store adds a revision, and returns its sequence number.
func (w *writer) store(rev *revision, sketch duplicates.Sketch) (uint64, error) {
	seq, err := w.records.NextSequence()
	if err != nil {
		return 0, err
	}
	r := rev.record
	r.Seq, r.Revision, r.Stored = seq, 1, w.now
	e := article.Event{Seq: seq, Outcome: rev.outcome, ArticleID: hex.EncodeToString(rev.id), Source: rev.article.Source, URL: rev.article.URL, Time: w.now}
	if before := rev.old; before != nil {
		e.Previous = before.Seq
		if err := w.unlist(before, rev.was); err != nil {
			return 0, err
		}
		rev.after = before
	}
	if rev.after != nil {
		r.Revision, r.Previous = rev.after.Revision+1, rev.after.Seq
	}
	k := key(seq)
	if r.Removal != nil {
		e.Reason = r.Removal.Reason
	} else if err := w.versions.Put(pair(rev.id, rev.fingerprint), k); err != nil {
		return 0, err
	}
	packed, err := packRecord(r)
	if err != nil {
		return 0, err
	}
	if err := errors.Join(w.records.Put(k, packed), putJSON(w.changes, k, e), w.ids.Put(rev.id, k)); err != nil {
		return 0, err
	}
	if r.Hidden() {
		sketch = duplicates.Sketch{}
	} else {
		w.added++
		for _, source := range []string{"", rev.article.Source} {
			if err := w.listing.Put(prefixed(source, seq), rev.id); err != nil {
				return 0, err
			}
		}
	}
	if err := w.grouper.arrive(copyOf(seq, rev.id, w.now, rev.article, sketch), r.Previous); err != nil {
		return 0, fmt.Errorf("near-duplicates: %w", err)
	}
	return seq, nil
}

// unlist takes a revision out of the lists.
func (w *writer) unlist(r *Record, a *article.Article) error {
	if r.Hidden() {
		return nil
	}
	w.added--
	return errors.Join(w.listing.Delete(prefixed("", r.Seq)), w.listing.Delete(prefixed(a.Source, r.Seq)))
}

func (w *writer) revisionAt(seq uint64) (*Record, *article.Article, error) {
	v := w.records.Get(key(seq))
	if v == nil {
		return nil, nil, fmt.Errorf("record %d: %w", seq, ErrNotFound)
	}
	r, err := unpackRecord(seq, v)
	if err != nil {
		return nil, nil, err
	}
	a, err := r.Decode()
	return r, a, err
}

func (w *writer) fail(f *Failure) error {
	origin, err := idKey(f.Origin)
	if err != nil {
		return fmt.Errorf("origin: %w", err)
	}
	if w.journeys.Get(origin) != nil {
		return nil
	}
	if !article.ValidID(f.ArticleID) {
		f.ArticleID = ""
	}
	hop := article.Hop{Stage: f.Stage, Time: f.Time, Outcome: string(article.OutcomeRejected), Detail: f.Reason}
	return w.end(&Journey{
		Origin: f.Origin, URL: f.URL, ArticleID: f.ArticleID, Outcome: article.OutcomeRejected, Reason: f.Reason, Error: f.Error, Time: w.now,
		Hops: append(f.Hops[:len(f.Hops):len(f.Hops)], hop),
	})
}

// finish writes what is counted over the whole transaction.
func (w *writer) finish() error {
	if err := w.grouper.finish(); err != nil {
		return err
	}
	if w.added == 0 {
		return nil
	}
	return w.meta.Put(metaArticles, key(number(w.meta.Get(metaArticles))+uint64(w.added)))
}

// idKey is the 16 bytes that an id's 32 hex digits stand for.
func idKey(id string) ([]byte, error) {
	if !article.ValidID(id) {
		return nil, fmt.Errorf("id %q is not 32 lower-case hex digits", id)
	}
	return hex.DecodeString(id)
}

func timeKey(t time.Time) []byte { return binary.BigEndian.AppendUint64(nil, uint64(t.UnixNano())) }
