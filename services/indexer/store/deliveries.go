package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"dateline/pkg/article"

	"go.etcd.io/bbolt"
)

// mail is what one saved query has to deliver, in a write transaction.
type mail struct {
	name  string
	tx    *bbolt.Tx
	state QueryState
}

func openMail(tx *bbolt.Tx, name string) (*mail, error) {
	st, err := readState(tx, name)
	return &mail{name, tx, st}, err
}

func (m *mail) save() error { return putJSON(m.tx.Bucket(bucketState), []byte(m.name), m.state) }

// add keeps matches, and has them delivered.
func (m *mail) add(matches []Match, now time.Time) error {
	q, err := readQuery(m.tx, m.name)
	if err != nil {
		return err
	}
	rows, matched := m.tx.Bucket(bucketMatches), m.tx.Bucket(bucketMatched)
	for _, match := range matches {
		id, err := idKey(match.ArticleID)
		if err != nil {
			return err
		}
		if err := putJSON(rows, prefixed(m.name, match.Seq), match); err != nil {
			return err
		}
		if match.Outcome == article.OutcomeRemoved || match.Outcome == article.OutcomeMerged {
			continue
		}
		if err := matched.Put(append(id, m.name...), key(match.Seq)); err != nil {
			return err
		}
	}
	m.state.Matched += uint64(len(matches))
	m.state.Kept += len(matches)
	if err := m.forgetMatches(keepMatches); err != nil {
		return err
	}
	if q.Webhook != nil {
		rest, err := m.fill(matches)
		if err = errors.Join(err, m.postAll(ByWebhook, rest, now)); err != nil {
			return err
		}
	}
	if q.NATS {
		if err := m.postAll(ByNATS, matches, now); err != nil {
			return err
		}
	}
	return errors.Join(m.bound(now), m.save())
}

// fill puts matches into the newest delivery for the webhook, as far as there is room, and returns the others. Only the oldest one
// is ever sent; so if the newest is another, nobody has seen it.
func (m *mail) fill(matches []Match) (rest []Match, err error) {
	b, prefix := m.tx.Bucket(bucketMail), mailPrefix(ByWebhook, m.name)
	k := bytes.Clone(last(b.Cursor(), prefix))
	if !bytes.HasPrefix(k, prefix) || bytes.Equal(k, m.oldest(bucketMail, prefix)) {
		return matches, nil
	}
	d, err := readDelivery(b.Get(k))
	if err != nil || d.Sealed {
		return matches, err
	}
	n := min(len(matches), DeliveryMatches-len(d.Matches))
	d.Matches = append(d.Matches, matches[:n]...)
	m.state.Webhook.Pending += n
	return matches[n:], putJSON(b, k, d)
}

func (m *mail) postAll(o Outlet, matches []Match, now time.Time) error {
	for chunk := range slices.Chunk(matches, DeliveryMatches) {
		if err := m.post(o, &Delivery{Query: m.name, Matched: now, Waits: now, Matches: chunk}); err != nil {
			return err
		}
	}
	return nil
}

// post puts a delivery among those that wait.
func (m *mail) post(o Outlet, d *Delivery) error {
	m.state.of(o).Pending += len(d.Matches)
	return putJSON(m.tx.Bucket(bucketMail), prefixed(mailName(o, m.name), d.First()), d)
}

// bound gives up the oldest of too many deliveries that wait, and drops the oldest of too many dead ones.
func (m *mail) bound(now time.Time) error {
	w, n := &m.state.Webhook, &m.state.NATS
	keys, err := m.excess(bucketMail, mailPrefix(ByWebhook, m.name), w.Pending-maxMail)
	for _, k := range keys {
		err = errors.Join(err, m.kill(k, "too many alerts waited", now))
	}
	return errors.Join(
		err, m.drop(bucketMail, mailPrefix(ByNATS, m.name), &n.Pending, &n.Dropped),
		m.drop(bucketDead, namePrefix(m.name), &w.Dead, &w.Dropped),
	)
}

// drop removes the oldest of more than maxMail matches.
func (m *mail) drop(bucket, prefix []byte, there *int, dropped *uint64) error {
	keys, err := m.excess(bucket, prefix, *there-maxMail)
	if err != nil {
		return err
	}
	for _, k := range keys {
		d, err := m.take(k, bucket)
		if err != nil {
			return err
		}
		*there -= len(d.Matches)
		*dropped += uint64(len(d.Matches))
	}
	return nil
}

// excess is the keys of the oldest deliveries that together have a number of matches.
func (m *mail) excess(bucket, prefix []byte, matches int) ([][]byte, error) {
	if matches <= 0 {
		return nil, nil
	}
	return m.oldestWhile(bucket, prefix, func(d *Delivery) bool {
		more := matches > 0
		matches -= len(d.Matches)
		return more
	})
}

// oldestWhile is the keys of the deliveries with a prefix from the oldest on, as long as f says so. They are collected before any is
// removed: a cursor that looks for the first row goes through all that was removed in its transaction.
func (m *mail) oldestWhile(bucket, prefix []byte, f func(*Delivery) bool) (keys [][]byte, err error) {
	c := m.tx.Bucket(bucket).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		d, err := readDelivery(v)
		if err != nil {
			return nil, err
		}
		if !f(d) {
			break
		}
		keys = append(keys, bytes.Clone(k))
	}
	return keys, nil
}

// oldest is the key of the first row with a prefix, nil where there is none.
func (m *mail) oldest(bucket, prefix []byte) []byte {
	if k, _ := m.tx.Bucket(bucket).Cursor().Seek(prefix); bytes.HasPrefix(k, prefix) {
		return bytes.Clone(k)
	}
	return nil
}

// take removes a delivery and returns it; ErrNotFound where there is none.
func (m *mail) take(k, bucket []byte) (*Delivery, error) {
	b := m.tx.Bucket(bucket)
	d, err := readDelivery(b.Get(k))
	if err != nil {
		return nil, err
	}
	return d, b.Delete(k)
}

// kill makes a delivery that waits for the webhook a dead one.
func (m *mail) kill(k []byte, why string, now time.Time) error {
	d, err := m.take(k, bucketMail)
	if err != nil {
		return err
	}
	d.Died, d.Error = now, why
	m.state.Webhook.Pending -= len(d.Matches)
	m.state.Webhook.Dead += len(d.Matches)
	return putJSON(m.tx.Bucket(bucketDead), prefixed(m.name, d.First()), d)
}

// forgetMatches removes the oldest matches down to a number.
func (m *mail) forgetMatches(keep int) error {
	rows, matched := m.tx.Bucket(bucketMatches), m.tx.Bucket(bucketMatched)
	for _, k := range m.keys(bucketMatches, namePrefix(m.name), m.state.Kept-keep) {
		var match Match
		if err := json.Unmarshal(rows.Get(k), &match); err != nil {
			return err
		}
		id, err := idKey(match.ArticleID)
		if err != nil {
			return err
		}
		at := append(id, m.name...)
		if number(matched.Get(at)) == match.Seq {
			err = matched.Delete(at)
		}
		if err := errors.Join(err, rows.Delete(k)); err != nil {
			return err
		}
		m.state.Kept--
	}
	return nil
}

// keys is the first keys with a prefix.
func (m *mail) keys(bucket, prefix []byte, most int) (keys [][]byte) {
	c := m.tx.Bucket(bucket).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(keys) < most; k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	return keys
}

// clear removes all rows with a prefix.
func (m *mail) clear(bucket, prefix []byte) error {
	b := m.tx.Bucket(bucket)
	for _, k := range m.keys(bucket, prefix, math.MaxInt) {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

func readDelivery(v []byte) (*Delivery, error) {
	if v == nil {
		return nil, ErrNotFound
	}
	d := new(Delivery)
	if err := json.Unmarshal(v, d); err != nil {
		return nil, fmt.Errorf("delivery: %w", err)
	}
	if len(d.Matches) == 0 {
		return nil, errors.New("delivery of nothing")
	}
	return d, nil
}

// NextDelivery returns the oldest delivery that waits for a saved query's outlet, or ErrNotFound.
func (s *Store) NextDelivery(o Outlet, name string) (*Delivery, error) {
	ds, err := s.deliveries(bucketMail, mailPrefix(o, name), 0, 1)
	if err == nil && len(ds) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("next delivery of %s by %s: %w", name, o, err)
	}
	return ds[0], nil
}

// Waiting returns deliveries that wait for an outlet, of any query: those of one query in their order.
func (s *Store) Waiting(o Outlet, limit int) ([]*Delivery, error) {
	ds, err := s.deliveries(bucketMail, namePrefix(string(o)), 0, limit)
	if err != nil {
		return nil, fmt.Errorf("deliveries by %s: %w", o, err)
	}
	return ds, nil
}

// WebhookDeliveries lists deliveries of a saved query by webhook, the oldest first, from that with a first match above after:
// those that wait, or the dead ones.
func (s *Store) WebhookDeliveries(name string, dead bool, after uint64, limit int) ([]*Delivery, error) {
	bucket, prefix := bucketMail, mailPrefix(ByWebhook, name)
	if dead {
		bucket, prefix = bucketDead, namePrefix(name)
	}
	ds, err := s.deliveries(bucket, prefix, after+1, limit)
	if err != nil {
		return nil, fmt.Errorf("deliveries of %s: %w", name, err)
	}
	return ds, nil
}

// deliveries reads rows with a prefix, from a sequence number on unless that is zero.
func (s *Store) deliveries(bucket, prefix []byte, from uint64, limit int) (ds []*Delivery, err error) {
	seek := prefix
	if from > 0 {
		seek = append(bytes.Clone(prefix), key(from)...)
	}
	err = s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucket).Cursor()
		for k, v := c.Seek(seek); bytes.HasPrefix(k, prefix) && len(ds) < limit; k, v = c.Next() {
			d, err := readDelivery(v)
			if err != nil {
				return err
			}
			ds = append(ds, d)
		}
		return nil
	})
	return ds, err
}

// Attempt is how delivering one delivery went.
type Attempt struct {
	Outlet Outlet
	Query  string
	First  uint64 // names the delivery
	At     time.Time
	Error  string        // empty where it was delivered
	Retry  time.Duration // after a failure: how long to wait
	Gone   bool          // the receiver wants no more
	GiveUp time.Time     // after a failure: deliveries of matches before this are dead
}

// Settle records attempts in one transaction. Those of queries that are no longer there are passed over.
func (s *Store) Settle(ctx context.Context, attempts []Attempt) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("settle %d deliveries: %w", len(attempts), err)
	}
	if len(attempts) == 0 {
		return nil
	}
	err := s.update(func(tx *bbolt.Tx) error {
		for i := range attempts {
			a := &attempts[i]
			if _, err := readQuery(tx, a.Query); errors.Is(err, ErrNotFound) {
				continue
			} else if err != nil {
				return err
			}
			m, err := openMail(tx, a.Query)
			if err == nil {
				err = m.settle(a)
			}
			if err != nil {
				return fmt.Errorf("saved query %s: %w", a.Query, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settle %d deliveries: %w", len(attempts), err)
	}
	return nil
}

func (m *mail) settle(a *Attempt) error {
	o := m.state.of(a.Outlet)
	k := prefixed(mailName(a.Outlet, m.name), a.First)
	if m.tx.Bucket(bucketMail).Get(k) == nil { // cleared meanwhile
		return nil
	}
	if a.Error == "" {
		d, err := m.take(k, bucketMail)
		if err != nil {
			return err
		}
		o.Pending -= len(d.Matches)
		o.Delivered += uint64(len(d.Matches))
		o.Last = a.At
		o.mend()
		return m.save()
	}
	if o.Failures++; o.Failures == 1 {
		o.Since = a.At
	}
	o.Next, o.Error, o.Disabled = a.At.Add(a.Retry), cutError(a.Error), a.Gone
	if err := m.giveUp(a.GiveUp, o.Error, a.At); err != nil {
		return err
	}
	return errors.Join(m.bound(a.At), m.save())
}

// someRows is how many rows one transaction moves where there may be many.
const someRows = 2000

// giveUp makes deliveries that wait since before a time dead, some at a time.
func (m *mail) giveUp(before time.Time, why string, now time.Time) error {
	n := 0
	keys, err := m.oldestWhile(bucketMail, mailPrefix(ByWebhook, m.name), func(d *Delivery) bool {
		n++
		return n <= someRows && d.Waits.Before(before)
	})
	for _, k := range keys {
		err = errors.Join(err, m.kill(k, why, now))
	}
	return err
}

// Revive has the dead deliveries of a saved query wait for delivery again, and a webhook that was disabled or failed tried at
// once. It returns the number of their matches.
func (s *Store) Revive(ctx context.Context, name string) (matches int, err error) {
	for more := true; more && err == nil; {
		if err = ctx.Err(); err != nil {
			break
		}
		err = s.update(func(tx *bbolt.Tx) error {
			if _, err := readQuery(tx, name); err != nil {
				return err
			}
			m, err := openMail(tx, name)
			if err != nil {
				return err
			}
			n := 0
			if n, more, err = m.revive(time.Now().UTC()); err != nil {
				return err
			}
			matches += n
			return m.save()
		})
	}
	if err != nil {
		return matches, fmt.Errorf("revive deliveries of %s: %w", name, err)
	}
	return matches, nil
}

// seal keeps the oldest delivery for the webhook, which may have been sent, as it is when others come before it.
func (m *mail) seal() error {
	k := m.oldest(bucketMail, mailPrefix(ByWebhook, m.name))
	if k == nil {
		return nil
	}
	b := m.tx.Bucket(bucketMail)
	d, err := readDelivery(b.Get(k))
	if err != nil {
		return err
	}
	d.Sealed = true
	return putJSON(b, k, d)
}

// revive has some dead deliveries wait again, and tells whether there are more.
func (m *mail) revive(now time.Time) (matches int, more bool, err error) {
	m.state.Webhook.mend()
	if err := m.seal(); err != nil {
		return 0, false, err
	}
	keys := m.keys(bucketDead, namePrefix(m.name), someRows)
	for _, k := range keys {
		d, err := m.take(k, bucketDead)
		if err != nil {
			return 0, false, err
		}
		d.Died, d.Error, d.Waits, d.Sealed = time.Time{}, "", now, true
		if err := m.post(ByWebhook, d); err != nil {
			return 0, false, err
		}
		m.state.Webhook.Dead -= len(d.Matches)
		matches += len(d.Matches)
	}
	return matches, len(keys) == someRows, nil
}
