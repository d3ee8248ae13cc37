package store

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.etcd.io/bbolt"
)

// What record keeping needs: which articles are erased and which may not be, who decided so, and how old each journey is.
var (
	bucketTombstones = []byte("tombstones")    // article id -> Tombstone as JSON
	bucketHolds      = []byte("holds")         // article id -> Hold as JSON
	bucketAudit      = []byte("audit")         // number -> Audited as JSON; rows are only ever added
	bucketByTime     = []byte("journeys_time") // time of the end, origin
	keepingBuckets   = [][]byte{bucketTombstones, bucketHolds, bucketAudit, bucketByTime}
)

// prepareKeeping makes these buckets in a store of before them.
func (s *Store) prepareKeeping() error {
	missing := false
	err := s.db.View(func(tx *bbolt.Tx) error {
		for _, name := range keepingBuckets {
			missing = missing || tx.Bucket(name) == nil
		}
		return nil
	})
	if err != nil || !missing {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range keepingBuckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
}

// Decision is why something is done to an article, and by whom: a person, not a program.
type Decision struct {
	Reason string `json:"reason"` // at most 500 characters
	By     string `json:"by"`     // at most 100 characters
}

// The most characters of a Decision's parts.
const (
	maxReason = 500
	maxBy     = 100
)

// Validate names what is wrong.
func (d Decision) Validate() error {
	for _, part := range []struct {
		name, value string
		most        int
	}{{"reason", d.Reason, maxReason}, {"by", d.By, maxBy}} {
		switch {
		case strings.TrimSpace(part.value) == "":
			return fmt.Errorf("%s is missing", part.name)
		case !utf8.ValidString(part.value) || strings.ContainsFunc(part.value, unicode.IsControl):
			return fmt.Errorf("%s is not one line of text", part.name)
		case utf8.RuneCountInString(part.value) > part.most:
			return fmt.Errorf("%s has more than %d characters", part.name, part.most)
		}
	}
	return nil
}

// Action is what an Audited tells of.
type Action string

// The actions.
const (
	ActionTakedown Action = "takedown"
	ActionHold     Action = "hold"
	ActionRelease  Action = "release"
	ActionRestore  Action = "restore" // of the whole record, from a backup
)

// Audited is a line of the audit log.
type Audited struct {
	Number    uint64    `json:"number"`
	Time      time.Time `json:"time"`
	Action    Action    `json:"action"`
	ArticleID string    `json:"article_id,omitempty"` // of all actions on one article
	Decision
}

// audit adds a line to the log, in the transaction that does what it tells of.
func audit(tx *bbolt.Tx, a Audited) error {
	b := tx.Bucket(bucketAudit)
	n, err := b.NextSequence()
	if err != nil {
		return err
	}
	a.Number = n
	return putJSON(b, key(n), a)
}

// AuditLog returns up to limit lines of the audit log with numbers above after, in order.
func (s *Store) AuditLog(after uint64, limit int) ([]Audited, error) {
	var lines []Audited
	err := s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketAudit).Cursor()
		for k, v := c.Seek(key(after + 1)); k != nil && len(lines) < limit; k, v = c.Next() {
			var a Audited
			if err := json.Unmarshal(v, &a); err != nil {
				return fmt.Errorf("line %d: %w", number(k), err)
			}
			lines = append(lines, a)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("audit log after %d: %w", after, err)
	}
	return lines, nil
}

// Hold says that an article may not be taken down, and that its journeys are kept however old they are.
type Hold struct {
	ArticleID string    `json:"article_id"`
	Time      time.Time `json:"time"` // since when
	Decision
}

// ErrHeld tells that an article is on legal hold. The error that wraps it is a *HeldError.
var ErrHeld = errors.New("on legal hold")

// HeldError names the hold.
type HeldError struct{ Hold }

func (e *HeldError) Error() string {
	return fmt.Sprintf("%v since %s, by %s: %s", ErrHeld, e.Time.Format(time.DateOnly), e.By, e.Reason)
}

// Unwrap is ErrHeld.
func (e *HeldError) Unwrap() error { return ErrHeld }

// PutHold puts an article on legal hold. One that is on hold already gives a *HeldError, one that is not in the record
// ErrNotFound.
func (s *Store) PutHold(id string, d Decision) (Hold, error) {
	h := Hold{Time: time.Now().UTC(), Decision: d}
	err := s.decide(id, d, func(tx *bbolt.Tx, _ []byte) error {
		k, err := liveID(tx, id)
		if err != nil {
			return err
		}
		switch held, err := holdOf(tx, k); {
		case err != nil:
			return err
		case held != nil:
			return &HeldError{*held}
		}
		h.ArticleID = hex.EncodeToString(k)
		if err := putJSON(tx.Bucket(bucketHolds), k, h); err != nil {
			return err
		}
		return audit(tx, Audited{Time: h.Time, Action: ActionHold, ArticleID: h.ArticleID, Decision: d})
	})
	if err != nil {
		return Hold{}, fmt.Errorf("hold article %s: %w", id, err)
	}
	return h, nil
}

// ErrNotHeld tells that there is no hold to release.
var ErrNotHeld = errors.New("not on legal hold")

// ReleaseHold ends a legal hold, and returns what it was.
func (s *Store) ReleaseHold(id string, d Decision) (Hold, error) {
	var was *Hold
	err := s.decide(id, d, func(tx *bbolt.Tx, k []byte) (err error) {
		if was, err = holdOf(tx, k); err == nil && was == nil { // it may be part of another article
			if k, err = liveID(tx, id); err == nil {
				was, err = holdOf(tx, k)
			}
		}
		if err != nil {
			return err
		}
		if was == nil {
			return ErrNotHeld
		}
		if err := tx.Bucket(bucketHolds).Delete(k); err != nil {
			return err
		}
		return audit(tx, Audited{Time: time.Now().UTC(), Action: ActionRelease, ArticleID: was.ArticleID, Decision: d})
	})
	if err != nil {
		return Hold{}, fmt.Errorf("release article %s: %w", id, err)
	}
	return *was, nil
}

// Holds returns up to limit legal holds with article ids after one, in the order of the ids.
func (s *Store) Holds(after string, limit int) ([]Hold, error) {
	var holds []Hold
	err := s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketHolds).Cursor()
		k, v := c.First()
		if after != "" {
			from, err := idKey(after)
			if err != nil {
				return err
			}
			k, v = c.Seek(append(from, 0))
		}
		for ; k != nil && len(holds) < limit; k, v = c.Next() {
			var h Hold
			if err := json.Unmarshal(v, &h); err != nil {
				return fmt.Errorf("hold %x: %w", k, err)
			}
			holds = append(holds, h)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("legal holds: %w", err)
	}
	return holds, nil
}

// decide runs one transaction for a decision about an article.
func (s *Store) decide(id string, d Decision, f func(tx *bbolt.Tx, k []byte) error) error {
	if err := d.Validate(); err != nil {
		return err
	}
	k, err := idKey(id)
	if err != nil {
		return ErrNotFound
	}
	return s.update(func(tx *bbolt.Tx) error { return f(tx, k) })
}

// holdOf is the hold on an article, nil where there is none.
func holdOf(tx *bbolt.Tx, id []byte) (*Hold, error) {
	v := tx.Bucket(bucketHolds).Get(id)
	if v == nil {
		return nil, nil
	}
	h := new(Hold)
	if err := json.Unmarshal(v, h); err != nil {
		return nil, fmt.Errorf("hold: %w", err)
	}
	return h, nil
}
