package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"dateline/services/indexer/duplicates"

	"go.etcd.io/bbolt"
)

// Membership is an article's place among its near-duplicates. It is zero where the article has none.
type Membership struct {
	Group   uint64 // the same for all copies
	Members uint64 // at least 2
	Best    bool   // it is the copy to show
}

// Memberships tells the place of each article among its near-duplicates, in the order of the ids. What is not in the record
// has none.
func (s *Store) Memberships(ids ...string) ([]Membership, error) {
	all := make([]Membership, len(ids))
	err := s.view(func(tx *bbolt.Tx) error {
		for i, id := range ids {
			gr, c, err := groupOf(tx, id)
			if err != nil {
				return err
			}
			if gr != nil && gr.members > 1 {
				all[i] = Membership{Group: gr.number, Members: gr.members, Best: gr.best == c.seq}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("groups of %d articles: %w", len(ids), err)
	}
	return all, nil
}

// groupOf is the group that an article is in, and the article as it is there; nil where it is in none.
func groupOf(tx *bbolt.Tx, id string) (*group, *copied, error) {
	k, err := idKey(id)
	if err != nil {
		return nil, nil, nil
	}
	c, err := copyAt(tx.Bucket(bucketCopies), number(tx.Bucket(bucketIDs).Get(k)))
	if err != nil || c == nil {
		return nil, nil, err
	}
	gr, err := groupAt(tx.Bucket(bucketGroups), c.group)
	return gr, c, err
}

// Duplicates is an article's group, a page of it. An article without near-duplicates has a group of none.
type Duplicates struct {
	Group     uint64
	FirstSeen time.Time // when the first copy was stored
	First     string    // id of the article that the others are compared with
	Best      string    // id of the article to show: not behind a wall, the most complete, the earliest
	Total     uint64    // members
	Apart     bool      // the article was taken out of its group by hand
	Members   []Member
}

// Member is a copy.
type Member struct {
	Seq       uint64 // of the latest revision
	ArticleID string
	Source    string
	FirstSeen time.Time
	Words     int                // length of the text; in scripts without spaces an estimate
	Walled    bool               // behind a pay wall
	Overlap   duplicates.Overlap // of its text with the first one's
}

// Duplicates returns the group of an article: members whose latest revisions come after a sequence number, up to limit, in
// the order in which those were stored. What was merged gives the group of the article that it is part of; an article that is
// not in the record gives ErrNotFound.
func (s *Store) Duplicates(ctx context.Context, id string, after uint64, limit int) (*Duplicates, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("duplicates of %s: %w", id, err)
	}
	d := &Duplicates{}
	err := s.view(func(tx *bbolt.Tx) error {
		k, err := liveID(tx, id)
		if err != nil {
			return err
		}
		d.Apart = tx.Bucket(bucketApart).Get(k) != nil
		gr, _, err := groupOf(tx, hex.EncodeToString(k))
		if err != nil || gr == nil || gr.members < 2 {
			return err
		}
		d.Group, d.FirstSeen, d.Total = gr.number, gr.seen, gr.members
		copies := tx.Bucket(bucketCopies)
		for _, m := range []struct {
			seq uint64
			id  *string
		}{{gr.first, &d.First}, {gr.best, &d.Best}} {
			c, err := copyAt(copies, m.seq)
			if err != nil {
				return err
			}
			if c == nil {
				return fmt.Errorf("group %d: %w", gr.number, errCopyRow)
			}
			*m.id = c.articleID()
		}
		d.Members, err = membersAfter(tx, gr.number, after, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("duplicates of %s: %w", id, err)
	}
	return d, nil
}

func membersAfter(tx *bbolt.Tx, n, after uint64, limit int) ([]Member, error) {
	var members []Member
	copies := tx.Bucket(bucketCopies)
	c := tx.Bucket(bucketMembers).Cursor()
	for k, v := c.Seek(memberKey(n, after+1)); k != nil && number(k[:8]) == n && len(members) < limit; k, v = c.Next() {
		m, err := copyAt(copies, number(k[8:]))
		if err != nil {
			return nil, err
		}
		if m == nil {
			return nil, fmt.Errorf("group %d: %w", n, errCopyRow)
		}
		members = append(members, Member{
			Seq: m.seq, ArticleID: m.articleID(), Source: m.source, FirstSeen: m.seen, Words: m.sketch.Words, Walled: m.access == walled,
			Overlap: unpackOverlap(v),
		})
	}
	return members, nil
}
