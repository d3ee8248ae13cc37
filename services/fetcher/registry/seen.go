package registry

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
)

// Seen is what a source has shown, as hashes: what it shows now first, then what has left it, should that come back. It is
// kept apart from the source, since it is large and only polls want it.
type Seen struct {
	hashes  []uint64
	known   map[uint64]bool
	now     int // how many of hashes are shown now
	visited map[uint64]bool
	shown   []uint64
	all     bool
}

const (
	keptSeen = 500     // that have left the source
	mostSeen = 100_000 // in all
)

var errSeen = errors.New("the record of seen items is damaged")

// parseSeen reads what Bytes writes. What is damaged is as good as nothing: items are fetched again, and known again by
// their addresses.
func parseSeen(b []byte) (*Seen, error) {
	s := &Seen{known: map[uint64]bool{}, visited: map[uint64]bool{}}
	if len(b) == 0 {
		return s, nil
	}
	if len(b)%8 != 4 {
		return s, errSeen
	}
	s.now = int(binary.BigEndian.Uint32(b))
	for b = b[4:]; len(b) > 0; b = b[8:] {
		h := binary.BigEndian.Uint64(b)
		s.hashes, s.known[h] = append(s.hashes, h), true
	}
	s.now = min(s.now, len(s.hashes))
	return s, nil
}

// Show notes that the source shows an item by a key of its own, and reports whether it is new, and was not shown before in
// this poll.
func (s *Seen) Show(key string) (fresh bool) {
	h := hash(key)
	if s.visited[h] {
		return false
	}
	s.visited[h] = true
	s.shown = append(s.shown, h)
	return !s.known[h]
}

// Known reports whether an item was shown before.
func (s *Seen) Known(key string) bool { return s.known[hash(key)] }

func hash(key string) uint64 {
	f := fnv.New64a()
	_, _ = f.Write([]byte(key)) // never fails
	return f.Sum64()
}

// KeepAll has all be kept that there is room for: not every poll of an index of sitemaps shows what each of them lists.
func (s *Seen) KeepAll() { s.all = true }

// Shown is how many items were shown.
func (s *Seen) Shown() int { return len(s.shown) }

// Empty reports whether nothing was seen before.
func (s *Seen) Empty() bool { return len(s.hashes) == 0 }

// RolledOver reports whether nothing that the source showed at the poll before is shown any more: there may have been items
// in between that nobody saw.
func (s *Seen) RolledOver() bool {
	if s.now == 0 || len(s.shown) == 0 {
		return false
	}
	for _, h := range s.hashes[:s.now] {
		if s.visited[h] {
			return false
		}
	}
	return true
}

// Bytes is what is to be kept after the poll: 8 bytes an item.
func (s *Seen) Bytes() []byte {
	all := s.shown[:min(len(s.shown), mostSeen)]
	now := len(all)
	most := min(now+keptSeen, mostSeen)
	if s.all {
		most = mostSeen
	}
	for _, h := range s.hashes {
		if !s.visited[h] && len(all) < most {
			all = append(all, h)
		}
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(now))
	for _, h := range all {
		b = binary.BigEndian.AppendUint64(b, h)
	}
	return b
}
