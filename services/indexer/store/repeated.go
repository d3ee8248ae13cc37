package store

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// Texts by the site that has them: which articles have one, for the tier of the content, and at how many addresses.
var (
	bucketBodies   = []byte("bodies")   // site and text -> body
	bucketRepeated = []byte("repeated") // site and text -> Repeated as JSON; of those that were refused
)

// maxRepeats is at how many addresses of a site a text is stored. A story stands in a few sections and editions of its
// site, seldom in five and hardly in ten; an error page or a wall that is answered with 200 stands everywhere.
const maxRepeats = 10

// ReasonRepeated is why an arrival is refused whose text its site shows at many addresses.
const ReasonRepeated = "repeated_body"

// maxSamples and maxExcerpt bound what is told of a repeated text.
const (
	maxSamples = 10
	maxExcerpt = 200 // characters
)

// body is where a text was seen.
type body struct {
	addresses uint32 // that had it, each counted once
	copies    []bodyCopy
}

// bodyCopy is an article with the text.
type bodyCopy struct {
	story uint64
	id    [16]byte
	seen  time.Time // to the second
}

func (w *writer) bodyAt(key []byte) (*body, error) {
	b := &body{}
	if key == nil {
		return b, nil
	}
	v := w.bodies.Get(key)
	if v == nil {
		return b, nil
	}
	const head, row = 4, 8 + 16 + 8
	if len(v) < head || (len(v)-head)%row != 0 {
		return nil, fmt.Errorf("text %x: %w", key, errCopyRow)
	}
	b.addresses = binary.BigEndian.Uint32(v)
	for c := range slices.Chunk(v[head:], row) {
		b.copies = append(b.copies, bodyCopy{number(c[:8]), [16]byte(c[8:24]), time.Unix(int64(number(c[24:])), 0)})
	}
	return b, nil
}

func (b *body) pack() []byte {
	v := binary.BigEndian.AppendUint32(make([]byte, 0, 4+32*len(b.copies)), b.addresses)
	for _, c := range b.copies {
		v = binary.BigEndian.AppendUint64(v, c.story)
		v = append(v, c.id[:]...)
		v = binary.BigEndian.AppendUint64(v, uint64(c.seen.Unix()))
	}
	return v
}

// has reports whether an article is known to have the text.
func (b *body) has(id []byte) bool {
	return slices.ContainsFunc(b.copies, func(c bodyCopy) bool { return bytes.Equal(c.id[:], id) })
}

// note adds an article that has the text. Of many the newest are known.
func (b *body) note(p *identity, id []byte) {
	c := bodyCopy{story: p.story, id: [16]byte(id), seen: p.seen}
	b.copies = slices.DeleteFunc(b.copies, func(o bodyCopy) bool { return o.id == c.id })
	if len(b.copies) >= maxRepeats {
		b.copies = b.copies[1:]
	}
	b.copies = append(b.copies, c)
}

// Repeated is a text that one site shows at so many addresses that more are refused: an error page, a wall.
type Repeated struct {
	ID        string    `json:"id"`
	Site      string    `json:"site"`
	Text      string    `json:"text"`    // how it begins; empty where an article that has it was taken down
	Stored    int       `json:"stored"`  // addresses of before it was noticed
	Refused   int       `json:"refused"` // arrivals since
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	URLs      []string  `json:"urls"`                  // some of those that were refused
	Articles  []string  `json:"article_ids,omitempty"` // that have the text
	Allowed   bool      `json:"allowed,omitempty"`     // somebody said that it is none of those
}

// repeats counts an arrival's text, and reports whether it is to be refused and whether that is news. At a new address, or as
// a new revision, a text that many addresses have is.
func (w *writer) repeats(in *Arrival, p *identity, id []byte, newAddress bool) (refused, alarm bool, err error) {
	if p.body == nil {
		return false, false, nil
	}
	b, err := w.bodyAt(p.body)
	if err != nil {
		return false, false, err
	}
	if b.has(id) && !newAddress {
		return false, false, nil
	}
	if p.url != "" && b.addresses >= maxRepeats { // a publisher's ids are its own affair
		refused, alarm, err = w.refuse(in, p, b)
		if err != nil || refused {
			return refused, alarm, err
		}
	}
	b.addresses++
	b.note(p, id)
	return false, false, w.bodies.Put(p.body, b.pack())
}

func (w *writer) refuse(in *Arrival, p *identity, b *body) (refused, alarm bool, err error) {
	var r Repeated
	v := w.repeated.Get(p.body)
	if alarm = v == nil; alarm {
		text := []rune(folded(in.Article.Text))
		r = Repeated{
			ID: hex.EncodeToString(p.body), Site: p.site, Text: string(text[:min(len(text), maxExcerpt)]), Stored: int(b.addresses), FirstSeen: w.now,
		}
		for _, c := range b.copies {
			r.FirstSeen = earlier(r.FirstSeen, c.seen.UTC())
			r.Articles = append(r.Articles, hex.EncodeToString(c.id[:]))
		}
	} else if err := json.Unmarshal(v, &r); err != nil {
		return false, false, fmt.Errorf("repeated text %x: %w", p.body, err)
	}
	if r.Allowed {
		return false, false, nil
	}
	r.Refused++
	r.LastSeen = w.now
	if len(r.URLs) < maxSamples && !slices.Contains(r.URLs, p.url) {
		r.URLs = append(r.URLs, p.url)
	}
	return true, alarm, putJSON(w.repeated, p.body, r)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// maxRepeated is the most texts that Repeated lists.
const maxRepeated = 1000

// Repeated lists the texts that were refused as repeated, the latest refused first, at most 1000.
func (s *Store) Repeated() ([]Repeated, error) {
	list := []Repeated{}
	err := s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketRepeated).Cursor()
		for k, v := c.First(); k != nil && len(list) < maxRepeated; k, v = c.Next() {
			var r Repeated
			if err := json.Unmarshal(v, &r); err != nil {
				return fmt.Errorf("%x: %w", k, err)
			}
			list = append(list, r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("repeated texts: %w", err)
	}
	slices.SortFunc(list, func(a, b Repeated) int { return b.LastSeen.Compare(a.LastSeen) })
	return list, nil
}

// AllowRepeated says that a text is no error page: what has it is stored from now on. What is not in the list gives
// ErrNotFound.
func (s *Store) AllowRepeated(id string) error {
	return s.changeRepeated(id, func(tx *bbolt.Tx, k []byte, r *Repeated) error {
		r.Allowed = true
		return putJSON(tx.Bucket(bucketRepeated), k, r)
	})
}

// ClearRepeated forgets a text: its addresses are counted anew. What is not in the list gives ErrNotFound.
func (s *Store) ClearRepeated(id string) error {
	return s.changeRepeated(id, func(tx *bbolt.Tx, k []byte, _ *Repeated) error {
		if err := tx.Bucket(bucketBodies).Delete(k); err != nil {
			return err
		}
		return tx.Bucket(bucketRepeated).Delete(k)
	})
}

func (s *Store) changeRepeated(id string, change func(*bbolt.Tx, []byte, *Repeated) error) error {
	err := s.update(func(tx *bbolt.Tx) error {
		k, err := idKey(strings.ToLower(id))
		if err != nil {
			return ErrNotFound
		}
		v := tx.Bucket(bucketRepeated).Get(k)
		if v == nil {
			return ErrNotFound
		}
		var r Repeated
		if err := json.Unmarshal(v, &r); err != nil {
			return err
		}
		return change(tx, k, &r)
	})
	if err != nil {
		return fmt.Errorf("repeated text %s: %w", id, err)
	}
	return nil
}
