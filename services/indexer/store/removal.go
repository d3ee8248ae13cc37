package store

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"dateline/pkg/article"
)

var bucketAwaited = []byte("awaited") // article id -> article.Removal as JSON; withdrawals of what has not arrived

// remove marks an article as removed, by a revision of its own.
func (w *writer) remove(in *Arrival, p *identity, j *Journey) (fate, error) {
	r := in.Removal
	j.URL, j.CanonicalURL, j.ArticleID, j.Source = r.URL, r.CanonicalURL, r.ID, r.Source
	nothing := func(why string) (fate, error) { return fate{outcome: article.OutcomeDuplicate, detail: why}, nil }

	id, err := w.toRemove(p)
	if err != nil {
		return fate{}, err
	}
	if id == nil {
		if r.Reason == article.Withdrawn { // it may have overtaken its article
			if err := putJSON(w.awaited, p.id, r); err != nil {
				return fate{}, err
			}
		}
		return nothing("the article is not in the record")
	}
	j.ArticleID, j.Seq = hex.EncodeToString(id), number(w.ids.Get(id))
	old, was, err := w.revisionAt(j.Seq)
	if err != nil {
		return fate{}, err
	}
	switch {
	case old.Removal != nil && (old.Removal.Reason == r.Reason || old.Hidden()):
		return nothing("removed already")
	case old.Removal == nil && r.Time.Before(seenAt(was, old.Received)):
		return nothing("older than the latest revision")
	case r.Reason == article.Gone && !from(was, p):
		return nothing("gone at another address than that of the latest revision")
	}
	rev := &revision{
		id: id, article: was, outcome: article.OutcomeRemoved, old: old, was: was,
		record: &Record{Received: in.received(), Origin: in.Origin, Removal: r, Article: old.Article},
	}
	if j.Seq, err = w.store(rev, sketchOf(was)); err != nil {
		return fate{}, err
	}
	j.Previous = old.Seq
	return fate{outcome: article.OutcomeRemoved, reason: string(r.Reason), detail: string(r.Reason)}, nil
}

// overtaken withdraws an article that is just stored, where its withdrawal came before it.
func (w *writer) overtaken(p *identity, rev *revision) error {
	v := w.awaited.Get(p.id)
	if v == nil {
		return nil
	}
	var r article.Removal
	if err := json.Unmarshal(v, &r); err != nil {
		return fmt.Errorf("withdrawal: %w", err)
	}
	if err := w.awaited.Delete(p.id); err != nil || p.seen.After(r.Time) {
		return err
	}
	seq, err := w.store(&revision{
		id: p.id, article: rev.article, outcome: article.OutcomeRemoved, old: rev.record, was: rev.article,
		record: &Record{Received: rev.record.Received, Origin: rev.record.Origin, Removal: &r, Article: rev.record.Article},
	}, p.sketch)
	if err != nil {
		return err
	}
	return w.byHand.Put(key(seq), nil)
}

// toRemove finds the article that a removal is of, nil for none. What only led to an article once is not enough, but
// for the address that its latest revision was asked for at.
func (w *writer) toRemove(p *identity) ([]byte, error) {
	found, err := w.find(p)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		return found[0].id, nil
	}
	id := w.claimant(p.id)
	if id == nil {
		return nil, nil
	}
	_, a, err := w.revisionAt(number(w.ids.Get(id)))
	if err != nil || !from(a, p) {
		return nil, err
	}
	return id, nil
}

// from reports whether an article was captured, or asked for, at the address of a removal. What has no URL always was.
func from(a *article.Article, p *identity) bool {
	at := urlOf(a)
	return at == "" || bytes.Equal(addressIn(a), p.address) || bytes.Equal(addressOf(canonicalOf(a.URL)), p.address) || bytes.Equal(keyID(at), p.id)
}
