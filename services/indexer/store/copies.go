package store

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/duplicates"

	"go.etcd.io/bbolt"
)

// How near-duplicates are kept. Each article with text enough is a copy, and each copy is in a group, mostly alone. The
// first of a group stands for its story: only its keys are in the index of shingles, so that a dispatch that a thousand
// sites print is there once, and a key that many stories have is a phrase that tells nothing.
var (
	bucketCopies   = []byte("copies")   // seq of the latest revision -> copied
	bucketGroups   = []byte("groups")   // group -> group
	bucketMembers  = []byte("members")  // group, seq -> overlap with the group's first, as two bytes of percent
	bucketShingles = []byte("shingles") // key of a sketch, seq of a group's first
	bucketApart    = []byte("apart")    // id of an article that somebody took out of its group, and that stays out
	groupBuckets   = [][]byte{bucketCopies, bucketGroups, bucketMembers, bucketShingles}
)

// grouping is the version of the rules by which sketches and groups are made. In a store of another version, groups are
// made anew.
const grouping = 1

var (
	metaGrouping = []byte("grouping")       // version
	metaGrouped  = []byte("grouped")        // seq of the last revision that is in the groups
	metaPlural   = []byte("groups_plural")  // groups with more than one member
	metaMembers  = []byte("groups_members") // articles in those
)

// access is how much of an article a reader gets; more is better.
type access byte

const (
	walled access = iota
	inPart
	free
)

func accessOf(a *article.Article) access {
	switch {
	case a.BodyState == article.BodyPaywalled || a.IsAccessibleForFree != nil && !*a.IsAccessibleForFree:
		return walled
	case a.BodyState == article.BodyPartial:
		return inPart
	}
	return free
}

// copied is an article as groups see it.
type copied struct {
	seq    uint64 // of its latest revision
	group  uint64
	first  uint64    // seq of the first revision that had text enough
	seen   time.Time // when that was stored
	id     [16]byte
	access access
	source string
	sketch duplicates.Sketch
}

// copyOf is an article that is in no group yet. Its sketch is empty where it is to be in none: it has little text, or
// is a page of links.
func copyOf(seq uint64, id []byte, stored time.Time, a *article.Article, sketch duplicates.Sketch) *copied {
	c := &copied{seq: seq, first: seq, seen: stored, access: accessOf(a), source: a.Source, sketch: sketch}
	copy(c.id[:], id)
	return c
}

// sketchOf is the empty sketch for what tells nothing of its text: a page of links, which has pieces of many, and a few
// words before a wall, which may be the wall's.
func sketchOf(a *article.Article) duplicates.Sketch {
	if a.BodyState == article.BodyList {
		return duplicates.Sketch{}
	}
	s := duplicates.Of(a.Text)
	if s.Brief() && accessOf(a) == walled {
		return duplicates.Sketch{}
	}
	return s
}

var errCopyRow = errors.New("row is damaged")

func (c *copied) pack() []byte {
	b := make([]byte, 0, 512)
	for _, n := range []uint64{c.group, c.first, uint64(c.seen.UnixNano())} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	b = append(b, c.id[:]...)
	b = append(b, byte(c.access))
	b = binary.AppendUvarint(b, uint64(len(c.source)))
	b = append(b, c.source...)
	return c.sketch.AppendBinary(b)
}

func unpackCopy(seq uint64, b []byte) (*copied, error) {
	const fixed = 3*8 + 16 + 1
	if len(b) < fixed {
		return nil, fmt.Errorf("copy %d: %w", seq, errCopyRow)
	}
	c := &copied{
		seq: seq, group: number(b[:8]), first: number(b[8:16]), seen: time.Unix(0, int64(number(b[16:24]))).UTC(),
		id: [16]byte(b[24:40]), access: access(b[40]),
	}
	n, size := binary.Uvarint(b[fixed:])
	b = b[fixed+max(size, 0):]
	if size <= 0 || n > uint64(len(b)) {
		return nil, fmt.Errorf("copy %d: %w", seq, errCopyRow)
	}
	c.source = string(b[:n])
	var err error
	if c.sketch, err = duplicates.ParseSketch(b[n:]); err != nil {
		return nil, fmt.Errorf("copy %d: %w", seq, err)
	}
	return c, nil
}

// copyAt is the copy of a revision, nil where it is none.
func copyAt(b *bbolt.Bucket, seq uint64) (*copied, error) {
	v := b.Get(key(seq))
	if v == nil {
		return nil, nil
	}
	return unpackCopy(seq, v)
}

func (c *copied) articleID() string { return hex.EncodeToString(c.id[:]) }

// sameLength is how much longer a text may be and still be as complete: boilerplate makes it longer.
const sameLength = 1.2

// betterThan reports whether a copy is the one to show instead of another: not behind a wall, more complete, earlier.
func (c *copied) betterThan(o *copied) bool {
	a, b := float64(c.sketch.Words), float64(o.sketch.Words)
	switch {
	case c.access != o.access:
		return c.access > o.access
	case a > b*sameLength:
		return true
	case b > a*sameLength:
		return false
	}
	return c.first < o.first
}

// group is a story: its copies' first, best, and number, and since when it is known.
type group struct {
	number  uint64
	first   uint64 // seq of the copy that stands for it
	best    uint64 // seq of the copy to show
	members uint64
	seen    time.Time
}

func (g *group) pack() []byte {
	b := make([]byte, 0, 32)
	for _, n := range []uint64{g.first, g.best, g.members, uint64(g.seen.UnixNano())} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return b
}

func groupAt(b *bbolt.Bucket, n uint64) (*group, error) {
	v := b.Get(key(n))
	if len(v) != 32 {
		return nil, fmt.Errorf("group %d: %w", n, errCopyRow)
	}
	return &group{number: n, first: number(v[:8]), best: number(v[8:16]), members: number(v[16:24]), seen: time.Unix(0, int64(number(v[24:]))).UTC()}, nil
}

// memberKey is the row of a member.
func memberKey(group, seq uint64) []byte { return append(key(group), key(seq)...) }

// shingleKey begins the rows of a sketch's key.
func shingleKey(k uint64) []byte { return key(k)[2:] }

func packOverlap(o duplicates.Overlap) []byte {
	return []byte{byte(o.Of*100 + .5), byte(o.In*100 + .5)}
}

func unpackOverlap(b []byte) duplicates.Overlap {
	if len(b) != 2 {
		return duplicates.Overlap{}
	}
	return duplicates.Overlap{Of: float64(b[0]) / 100, In: float64(b[1]) / 100}
}
