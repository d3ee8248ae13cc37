package store

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"dateline/pkg/backup"

	"go.etcd.io/bbolt"
)

// metaRestored holds Restored as JSON, metaReplay the time from which on articles are to be taken in again.
var (
	metaRestored = []byte("restored")
	metaReplay   = []byte("replay_from")
)

// Backup calls f with what the record is at this moment and with what writes a copy of that. It may run beside everything
// else. As long as it runs, the file keeps what is replaced meanwhile, so that it grows by that much.
func (s *Store) Backup(f func(m backup.Manifest, copy io.WriterTo) error) error {
	err := s.view(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		m := backup.Manifest{
			Store: string(meta.Get(metaID)), Taken: time.Now().UTC(), LastSeq: tx.Bucket(bucketRecords).Sequence(),
			Articles: number(meta.Get(metaArticles)), Bytes: tx.Size(),
		}
		return f(m, tx)
	})
	if err != nil {
		return fmt.Errorf("back up the record: %w", err)
	}
	return nil
}

// Restored says that the record was restored from a backup. Up to LastSeq its changes are those of the record From; what
// came after that there, is lost or came again under other numbers.
type Restored struct {
	From    string    `json:"from"` // id of the record that the backup was taken of
	LastSeq uint64    `json:"last_seq"`
	Taken   time.Time `json:"taken"` // when the backup was taken
	Time    time.Time `json:"time"`  // of the restoring
}

// BeginAnew makes of a record that a backup holds one of its own: it gets another id, by which readers of its changes and
// projections tell it from the one that went on, and the articles since the backup are to be taken in again.
func (s *Store) BeginAnew(m backup.Manifest) error {
	now := time.Now().UTC()
	id := rand.Text()
	err := s.update(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if from := string(meta.Get(metaID)); from != m.Store || tx.Bucket(bucketRecords).Sequence() != m.LastSeq {
			return fmt.Errorf("it is not the record %s at change %d that its manifest tells of", m.Store, m.LastSeq)
		}
		return errors.Join(
			putJSON(meta, metaRestored, Restored{From: m.Store, LastSeq: m.LastSeq, Taken: m.Taken, Time: now}),
			meta.Put(metaReplay, timeKey(m.Taken)), meta.Put(metaID, []byte(id)),
			audit(tx, Audited{Time: now, Action: ActionRestore, Decision: Decision{
				Reason: fmt.Sprintf("from a backup of %s, of record %s at change %d", m.Taken.Format(time.RFC3339), m.Store, m.LastSeq), By: "dateline restore",
			}}),
		)
	})
	if err != nil {
		return fmt.Errorf("begin the record anew: %w", err)
	}
	s.id = id
	return nil
}

// Restored tells of the last time that the record was restored; nil if it never was.
func (s *Store) Restored() (*Restored, error) {
	var r *Restored
	err := s.view(func(tx *bbolt.Tx) error {
		v := tx.Bucket(bucketMeta).Get(metaRestored)
		if v == nil {
			return nil
		}
		r = new(Restored)
		return json.Unmarshal(v, r)
	})
	if err != nil {
		return nil, fmt.Errorf("what the record was restored from: %w", err)
	}
	return r, nil
}

// ReplayFrom is the time from which on articles are to be taken in again, because the record was restored from a backup
// of then; zero where that is done.
func (s *Store) ReplayFrom() (from time.Time, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		if v := tx.Bucket(bucketMeta).Get(metaReplay); v != nil {
			from = time.Unix(0, int64(number(v))).UTC()
		}
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("what is to be taken in again: %w", err)
	}
	return from, nil
}

// ReplayDone records that they have been.
func (s *Store) ReplayDone() error {
	if err := s.update(func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Delete(metaReplay) }); err != nil {
		return fmt.Errorf("record that articles were taken in again: %w", err)
	}
	return nil
}
