// Package duplicates tells near-duplicates of news texts: a dispatch that many sites print, with another headline, a cut
// tail, boilerplate around it, and small edits. Translations and other texts on the same topic are none.
//
// A text is reduced to a Sketch, its smallest shingle hashes (Broder 1997, "On the resemblance and containment of
// documents"; Cohen and Kaplan 2007, "Summarizing data using bottom-k sketches"). Two sketches tell how much of each text
// is in the other one, and the smallest few of the hashes are the keys by which an index finds candidates: what is
// smallest in a whole text and lies in a part of it is smallest in that part, so that a cut copy shares keys with the whole.
//
// The package is pure: it keeps nothing.
package duplicates

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Size of sketches. More hashes tell overlap more closely: 64 to within .06, one standard deviation, at an overlap of a half.
// More keys find smaller parts, and each is a page of an index that has to be written: eight find 9 of 10 copies that are
// cut to 30 % and edited. Probes cost less, and find what was cut first and whole later.
const (
	sketchSize = 64
	keyCount   = 8
	probeCount = 16
	hashBytes  = 6 // the smallest of 80 million keys of ten million texts then still differ
)

// Sketch stands for a text. The zero Sketch is that of a text too short to be told from chance.
type Sketch struct {
	Words  int      // length of the text, in words; in scripts that do not part words, an estimate
	hashes []uint64 // the smallest ones, ascending; all there are where there are fewer than sketchSize
}

// Keys are what an index is to have the sketch under. They must not be changed.
func (s Sketch) Keys() []uint64 { return s.hashes[:min(keyCount, len(s.hashes))] }

// Probes are what to look up in such an index: a sketch that has one of them for a key is a candidate. The keys are the first
// of them. They must not be changed.
func (s Sketch) Probes() []uint64 { return s.hashes[:min(probeCount, len(s.hashes))] }

// Empty reports whether the sketch is of no use: its text is too short.
func (s Sketch) Empty() bool { return len(s.hashes) == 0 }

// Brief reports whether the text says too little for parts of it to count.
func (s Sketch) Brief() bool { return s.Words < briefWords }

// AppendBinary appends what ParseSketch reads.
func (s Sketch) AppendBinary(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(s.Words))
	var full [8]byte
	for _, h := range s.hashes {
		binary.BigEndian.PutUint64(full[:], h)
		b = append(b, full[8-hashBytes:]...)
	}
	return b
}

// ParseSketch reads a sketch. It refuses what AppendBinary does not write.
func ParseSketch(b []byte) (Sketch, error) {
	words, n := binary.Uvarint(b)
	if n <= 0 || words > 1<<40 {
		return Sketch{}, fmt.Errorf("sketch of %d bytes: no length of a text", len(b))
	}
	b = b[n:]
	if len(b)%hashBytes != 0 || len(b) > sketchSize*hashBytes {
		return Sketch{}, fmt.Errorf("sketch: %d bytes of hashes", len(b))
	}
	s := Sketch{Words: int(words), hashes: make([]uint64, 0, len(b)/hashBytes)}
	var full [8]byte
	for chunk := range slices.Chunk(b, hashBytes) {
		copy(full[8-hashBytes:], chunk)
		h := binary.BigEndian.Uint64(full[:])
		if n := len(s.hashes); n > 0 && h <= s.hashes[n-1] {
			return Sketch{}, fmt.Errorf("sketch: hash %d is out of order", n)
		}
		s.hashes = append(s.hashes, h)
	}
	return s, nil
}

// Overlap is how much two texts have in common, as shares from 0 to 1: of the first that is in the second, and the other
// way round. A copy cut to a third has Of 1 and In 1/3 of the whole.
type Overlap struct {
	Of float64 // share of the first text that the second holds
	In float64 // share of the second text that the first holds
}

// Smaller is the share of the text of which less is its own: 1 where one text holds all of the other.
func (o Overlap) Smaller() float64 { return max(o.Of, o.In) }

// Larger is the share of the other one.
func (o Overlap) Larger() float64 { return min(o.Of, o.In) }

// Compare estimates the overlap of two texts from the hashes below the place up to which both sketches are complete.
func Compare(a, b Sketch) Overlap {
	x, y := a.hashes, b.hashes
	if len(x) == 0 || len(y) == 0 {
		return Overlap{}
	}
	end := uint64(1) << (8 * hashBytes)
	if len(x) == sketchSize {
		end = min(end, x[sketchSize-1]+1)
	}
	if len(y) == sketchSize {
		end = min(end, y[sketchSize-1]+1)
	}
	var i, k, shared int
	for i < len(x) && k < len(y) && x[i] < end && y[k] < end {
		switch {
		case x[i] < y[k]:
			i++
		case x[i] > y[k]:
			k++
		default:
			shared++
			i, k = i+1, k+1
		}
	}
	for i < len(x) && x[i] < end {
		i++
	}
	for k < len(y) && y[k] < end {
		k++
	}
	if i == 0 || k == 0 {
		return Overlap{}
	}
	return Overlap{Of: float64(shared) / float64(i), In: float64(shared) / float64(k)}
}

// What makes two texts near-duplicates. Measured on the labelled set and the corpus: see TestLabelledSet and the decisions.
const (
	copyShare     = .5  // of the shorter text that has to be in the other
	wholeShare    = .1  // of the longer one: a brief that a long text quotes is no copy of it
	briefWords    = 60  // a text with fewer says too little for parts to count
	briefShare    = .8  // of both texts, where one is brief; of one site, briefs are no copies: what pages without text show in its place is alike
	siteShare     = .9  // of the shorter text, of one site: what its pages have in common may well be half of them
	unrelatedMost = .15 // parts of one text that have no more than this in common are of different stories
)

// Duplicates reports whether two texts with this overlap are copies of each other, sameSite whether one site printed both.
func (o Overlap) Duplicates(a, b Sketch, sameSite bool) bool {
	share := copyShare
	if sameSite {
		share = siteShare
	}
	if (a.Brief() || b.Brief()) && (sameSite || o.Larger() < briefShare) {
		return false
	}
	return o.Smaller() >= share && o.Larger() >= wholeShare
}

// Unrelated reports whether two texts with this overlap, both of which a third one resembles, cannot all three be copies:
// the third is a round-up of different stories.
func (o Overlap) Unrelated() bool { return o.Smaller() < unrelatedMost }
