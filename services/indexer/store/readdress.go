package store

import (
	"context"
	"fmt"

	"dateline/pkg/article"

	"go.etcd.io/bbolt"
)

var (
	metaAddressed = []byte("addressed")       // seq of the last change whose addresses are known
	metaUntil     = []byte("addressed_until") // the last change that an older Dateline wrote; Write sees to those after it
)

// Address makes what an older Dateline stored known by its addresses, its publisher's ids and its content: the next few hundred
// changes. It returns how many that were; after zero there is nothing left. It may run beside Write, but not beside itself.
// Until it is done, what older Datelines stored is found by the keys of its URLs only.
func (s *Store) Address(ctx context.Context) (int, error) {
	var done, until uint64
	err := s.view(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		done, until = number(meta.Get(metaAddressed)), number(meta.Get(metaUntil))
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("address older articles: %w", err)
	}
	if done >= until {
		return 0, nil
	}
	changes, err := s.ChangesWithRecords(ctx, done, groupBatch, groupBytes)
	if err != nil {
		return 0, fmt.Errorf("address older articles: %w", err)
	}
	identities := make([]*identity, len(changes))
	for i := range changes {
		if changes[i].Record == nil {
			continue
		}
		var a *article.Article
		if a, err = changes[i].Record.Decode(); err == nil {
			identities[i], err = identify(a, changes[i].Record.Received)
		}
		if err != nil {
			return 0, fmt.Errorf("address older articles: %w", err)
		}
	}
	err = s.update(func(tx *bbolt.Tx) error {
		w := newWriter(tx)
		for i, c := range changes {
			if p := identities[i]; p != nil && w.ids.Get(p.id) != nil {
				if err := w.readdress(p, number(w.ids.Get(p.id)) == c.Seq); err != nil {
					return err
				}
			}
		}
		return w.meta.Put(metaAddressed, key(changes[len(changes)-1].Seq))
	})
	if err != nil {
		return 0, fmt.Errorf("address older articles after %d: %w", done, err)
	}
	return len(changes), nil
}

// readdress makes an article known by a revision. Only the latest one's text counts.
func (w *writer) readdress(p *identity, latest bool) error {
	if err := w.learn(p, p.id); err != nil || !latest || p.body == nil {
		return err
	}
	b, err := w.bodyAt(p.body)
	if err != nil || b.has(p.id) {
		return err
	}
	b.addresses++
	b.note(p, p.id)
	return w.bodies.Put(p.body, b.pack())
}
