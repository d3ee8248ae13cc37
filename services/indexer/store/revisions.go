package store

import (
	"context"
	"errors"
	"fmt"

	"dateline/pkg/article"

	"go.etcd.io/bbolt"
)

// Revisions returns revisions of an article, or of the one that it was merged into: the latest first, those before a
// sequence number (zero for all), at most limit. The revisions of what was merged into it are not among them. What is not in the
// record gives ErrNotFound.
func (s *Store) Revisions(ctx context.Context, id string, before uint64, limit int) ([]*Record, error) {
	var list []*Record
	err := s.chain(ctx, id, func(r *Record) bool {
		if before == 0 || r.Seq < before {
			list = append(list, r)
		}
		return len(list) < limit
	})
	if err != nil {
		return nil, fmt.Errorf("revisions of %s: %w", id, err)
	}
	return list, nil
}

// Revision returns a revision of an article, or of the one that it was merged into, by its number; ErrNotFound where there
// is none.
func (s *Store) Revision(ctx context.Context, id string, number int) (*Record, error) {
	var found *Record
	err := s.chain(ctx, id, func(r *Record) bool {
		if r.Revision == number {
			found = r
		}
		return r.Revision > number
	})
	if err == nil && found == nil {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("revision %d of %s: %w", number, id, err)
	}
	return found, nil
}

// chain goes through the revisions of an article, the latest first, each in a transaction of its own, until yield says that
// it is enough.
func (s *Store) chain(ctx context.Context, id string, yield func(*Record) bool) error {
	var seq uint64
	err := s.view(func(tx *bbolt.Tx) error {
		k, err := liveID(tx, id)
		if err == nil {
			seq = number(tx.Bucket(bucketIDs).Get(k))
		}
		return err
	})
	if err != nil {
		return err
	}
	for first := true; seq != 0; first = false {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := s.Record(seq)
		if !first && errors.Is(err, ErrNotFound) { // older ones need not be kept for ever
			return nil
		}
		if err != nil {
			return err
		}
		if !yield(r) {
			return nil
		}
		seq = r.Previous
	}
	return nil
}

// Change kinds of a revision.
const (
	ChangedTitle   = "title"
	ChangedBody    = "body"
	ChangedByline  = "byline"
	ChangedDate    = "date"
	ChangedRemoval = "removal"
)

// Changed tells what a revision changed of what makes one: title, body, byline, date, removal. For the first, was is nil, and
// that is nothing.
func Changed(was, is *Record) ([]string, error) {
	changed := []string{}
	if was == nil {
		return changed, nil
	}
	a, err := was.Decode()
	if err != nil {
		return nil, err
	}
	b, err := is.Decode()
	if err != nil {
		return nil, err
	}
	date := func(a *article.Article) string {
		if a.DatePublished == nil || a.DatePublished.From == article.FromModified {
			return ""
		}
		return a.DatePublished.String()
	}
	byline := func(a *article.Article) (names []string) {
		for _, author := range a.Authors {
			names = append(names, folded(author.Name))
		}
		return names
	}
	for _, c := range []struct {
		kind    string
		changed bool
	}{
		{ChangedTitle, folded(a.Headline) != folded(b.Headline)},
		{ChangedBody, folded(a.Text) != folded(b.Text)},
		{ChangedByline, fmt.Sprintf("%q", byline(a)) != fmt.Sprintf("%q", byline(b))},
		{ChangedDate, date(a) != date(b)},
		{ChangedRemoval, (was.Removal == nil) != (is.Removal == nil) || was.Removal != nil && was.Removal.Reason != is.Removal.Reason},
	} {
		if c.changed {
			changed = append(changed, c.kind)
		}
	}
	return changed, nil
}
