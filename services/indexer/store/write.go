package store

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/duplicates"

	"go.etcd.io/bbolt"
)

// Arrival is an article that reached the end of the queue.
type Arrival struct {
	Origin  string           // names its journey: 32 hex digits
	Article *article.Article // ID and Fingerprint are 32 hex digits
	JSON    json.RawMessage  // the article as it arrived
	Hops    []article.Hop    // so far; the first says when the pipeline took it

	// Replaces is the origin of the revision that the article was parsed again for; empty for all that arrives by itself. If
	// that is still the latest, this becomes a revision whatever its fingerprint, and otherwise it comes too late.
	Replaces string
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

// Result is what became of an arrival. The same origin gets the same result each time.
type Result struct {
	Outcome   article.Outcome // new, revised, duplicate, or removed: it was taken down before and is not stored again
	Reason    article.RemovalReason
	ArticleID string
	Seq       uint64 // of the revision; for a duplicate, of the one that was there already
	Previous  uint64 // the change of the article before that
	Source    string
	URL       string
	Time      time.Time
	Hops      []article.Hop // those of the arrival, and the indexer's
	Replayed  bool          // the journey had ended before; nothing was written
}

// Event is the result as INDEXED messages carry it.
func (r Result) Event() article.Event {
	e := article.Event{Seq: r.Seq, Previous: r.Previous, Outcome: r.Outcome, Reason: r.Reason, ArticleID: r.ArticleID, Source: r.Source, URL: r.URL, Time: r.Time}
	if r.Outcome == article.OutcomeDuplicate {
		e.Seq, e.Previous = 0, 0 // it is no change
	}
	return e
}

// Write stores a batch in one transaction, and returns a result for each arrival in their order. On an error nothing of
// the batch is stored, and the same batch may be written again: after a failure whose effect is not known, such as a
// failed fsync, too, because an origin whose journey has ended gets the result that it got.
//
// An article with an id that is new is new. One with a known id and a fingerprint that this id never had is a revision;
// the earlier ones are kept. Every other one is a duplicate. A journey that was recorded as failed and arrives after all
// has arrived: that it is stored is the truth that counts.
func (s *Store) Write(ctx context.Context, batch []Arrival) ([]Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("write %d articles: %w", len(batch), err)
	}
	results := make([]Result, len(batch))
	sketches := make([]duplicates.Sketch, len(batch))
	for i := range batch { // before the transaction, which others wait for
		sketches[i] = sketchOf(batch[i].Article)
	}
	var last uint64
	var grouping work
	err := s.update(func(tx *bbolt.Tx) error {
		w := newWriter(tx)
		for i := range batch {
			r, err := w.write(&batch[i], sketches[i])
			if err != nil {
				return fmt.Errorf("article %s: %w", batch[i].Article.ID, err)
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
	added                                          uint64 // articles
	grouper                                        *grouper
}

func newWriter(tx *bbolt.Tx) *writer {
	w := &writer{
		now: time.Now().UTC(), meta: tx.Bucket(bucketMeta), changes: tx.Bucket(bucketChanges), records: tx.Bucket(bucketRecords),
		ids: tx.Bucket(bucketIDs), versions: tx.Bucket(bucketVersions), listing: tx.Bucket(bucketListing),
		journeys: tx.Bucket(bucketJourneys), byArticle: tx.Bucket(bucketByArticle), byURL: tx.Bucket(bucketByURL),
		byTime: tx.Bucket(bucketByTime), tombstones: tx.Bucket(bucketTombstones), grouper: newGrouper(tx),
	}
	// Keys only grow here, so pages can be filled to the brim.
	w.changes.FillPercent, w.records.FillPercent, w.byTime.FillPercent = 1, 1, 1
	return w
}

func (w *writer) write(in *Arrival, sketch duplicates.Sketch) (Result, error) {
	a := in.Article
	origin, err := idKey(in.Origin)
	if err != nil {
		return Result{}, fmt.Errorf("origin: %w", err)
	}
	id, err := idKey(a.ID)
	if err != nil {
		return Result{}, err
	}
	fingerprint, err := idKey(a.Fingerprint)
	if err != nil {
		return Result{}, fmt.Errorf("fingerprint: %w", err)
	}
	ended, err := w.journey(origin)
	if err != nil {
		return Result{}, err
	}
	if ended != nil {
		if ended.Outcome != article.OutcomeRejected {
			return ended.result(), nil
		}
		if err := w.forget(ended); err != nil {
			return Result{}, err
		}
	}

	j := &Journey{Origin: in.Origin, URL: a.URL, CanonicalURL: a.CanonicalURL, ArticleID: a.ID, Source: a.Source, Time: w.now}
	if w.tombstones.Get(id) != nil {
		j.Hops = slices.Clone(in.Hops)
		return w.refuse(j)
	}
	version := append(id[:len(id):len(id)], fingerprint...)
	previous := number(w.ids.Get(id))
	replaces, err := w.replaces(in, previous)
	if err != nil {
		return Result{}, err
	}
	switch known := number(w.versions.Get(version)); {
	case in.Replaces != "" && previous != 0 && !replaces:
		j.Outcome, j.Seq = article.OutcomeDuplicate, previous
	case known != 0 && !replaces:
		j.Outcome, j.Seq = article.OutcomeDuplicate, known
	case previous != 0:
		j.Outcome = article.OutcomeRevised
	default:
		j.Outcome = article.OutcomeNew
	}
	j.Hops = append(in.Hops[:len(in.Hops):len(in.Hops)], article.Hop{Stage: string(article.StageIndexer), Time: w.now, Outcome: string(j.Outcome)})
	if j.Outcome != article.OutcomeDuplicate {
		if j.Seq, err = w.store(in, j, id, version, previous); err != nil {
			return Result{}, err
		}
	}
	if j.Outcome != article.OutcomeDuplicate {
		if err := w.grouper.arrive(in, sketch, id, j.Seq, previous, j.Time); err != nil {
			return Result{}, fmt.Errorf("near-duplicates: %w", err)
		}
	}
	if err := w.end(j); err != nil {
		return Result{}, err
	}
	r := j.result()
	r.Replayed = false
	return r, nil
}

// replaces reports whether an article that was parsed again is to take the place of the latest revision.
func (w *writer) replaces(in *Arrival, latest uint64) (bool, error) {
	if in.Replaces == "" || latest == 0 {
		return false, nil
	}
	r, err := unpackRecord(latest, w.records.Get(key(latest)))
	if err != nil {
		return false, err
	}
	return r.Origin == in.Replaces && r.Removal == nil, nil
}

// store adds a revision, and returns its sequence number.
func (w *writer) store(in *Arrival, j *Journey, id, version []byte, previous uint64) (uint64, error) {
	seq, err := w.records.NextSequence()
	if err != nil {
		return 0, err
	}
	r := &Record{Seq: seq, Revision: 1, Previous: previous, Stored: w.now, Received: j.Hops[0].Time, Origin: in.Origin, Article: in.JSON}
	if previous != 0 {
		old, err := unpackRecord(previous, w.records.Get(key(previous)))
		if err != nil {
			return 0, err
		}
		was, err := old.Decode()
		if err != nil {
			return 0, err
		}
		r.Revision = old.Revision + 1
		for _, source := range []string{"", was.Source} {
			if err := w.listing.Delete(prefixed(source, previous)); err != nil {
				return 0, err
			}
		}
	} else {
		w.added++
	}
	packed, err := packRecord(r)
	if err != nil {
		return 0, err
	}
	k := key(seq)
	if err := w.records.Put(k, packed); err != nil {
		return 0, err
	}
	j.Seq, j.Previous = seq, previous
	if err := putJSON(w.changes, k, j.result().Event()); err != nil {
		return 0, err
	}
	for _, source := range []string{"", in.Article.Source} {
		if err := w.listing.Put(prefixed(source, seq), id); err != nil {
			return 0, err
		}
	}
	if err := w.ids.Put(id, k); err != nil {
		return 0, err
	}
	return seq, w.versions.Put(version, k)
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
	return w.meta.Put(metaArticles, key(number(w.meta.Get(metaArticles))+w.added))
}

// idKey is the 16 bytes that an id's 32 hex digits stand for.
func idKey(id string) ([]byte, error) {
	if !article.ValidID(id) {
		return nil, fmt.Errorf("id %q is not 32 lower-case hex digits", id)
	}
	return hex.DecodeString(id)
}

func timeKey(t time.Time) []byte { return binary.BigEndian.AppendUint64(nil, uint64(t.UnixNano())) }
