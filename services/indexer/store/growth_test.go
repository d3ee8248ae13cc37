package store

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"dateline/services/indexer/duplicates"

	"go.etcd.io/bbolt"
)

var growth = flag.Int("growth", 9_000, "fingerprints up to which TestGrowth measures; 1000000 takes some minutes")

var storiesBefore = flag.Int("stories", 0, "stories that the index of shingles has beforehand in TestGrowth: 7500000 are those of ten million articles, and take 3 GB")

// preload fills the index of shingles as many stories would, in the order of keys, which is a hundred times as fast as in
// theirs, with pages as full as that leaves them. They find nothing: random texts have no keys in common.
func preload(t *testing.T, s *Store, stories int) {
	const (
		keys    = 8            // of a story
		batch   = 500_000      // rows a transaction
		smaller = 1 << 48 / 14 // than this are most of the 8 smallest of the 115 hashes, of 48 bits, of noise
	)
	r := rand.New(rand.NewPCG(2, 2))
	rows := stories * keys
	at, done := 0., 0
	for done < rows {
		err := s.update(func(tx *bbolt.Tx) error {
			b := tx.Bucket(bucketShingles)
			b.FillPercent = .69 // of a B+ tree with random keys
			for range min(batch, rows-done) {
				at += r.ExpFloat64() * smaller / float64(rows)
				done++
				if err := b.Put(append(shingleKey(uint64(at)), key(1<<40+uint64(done))...), nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// noise is the sketch of a text of about 400 random words with a sentence that every text has, and one that a hundred have.
func noise(r *rand.Rand, b []byte) (duplicates.Sketch, []byte) {
	b = append(b[:0], "subscribe to our newsletter and never miss any of the stories that matter to you "...)
	b = fmt.Appendf(b, "the court of district %d said that it would hear the case of the year soon ", r.IntN(1000))
	for range 90 { // fewer words, which stand for more: only the sketch counts
		b = fmt.Appendf(b, "%x ", r.Uint32())
	}
	return duplicates.Of(string(b)), b
}

// The cost of one article more, by how many there are: texts compared stay as they are; pages written grow until each key
// is on a page of its own, about 4 kB times the keys of an article; time and space grow as a B+ tree's do. One in four is a copy of one of the last 50,000 or, one time in ten, of any before.
func TestGrowth(t *testing.T) {
	s := opened(t, t.TempDir())
	s.db.NoSync = true // what others write to this disk is not to count
	r := rand.New(rand.NewPCG(1, 1))
	const batch = 500
	var kept []duplicates.Sketch
	var buf []byte
	preload(t, s, *storiesBefore)
	info, err := os.Stat(s.db.Path())
	if err != nil {
		t.Fatal(err)
	}
	begin, before, stored, written := time.Now(), Stats{}, info.Size(), s.db.Stats().TxStats.PageAlloc
	var spent time.Duration
	var compared []float64
	next := min(3_000, *growth)
	for n := 0; n < *growth; n += batch {
		copies := make([]*copied, batch)
		for i := range copies {
			seq := uint64(n + i + 1)
			var sk duplicates.Sketch
			if len(kept) > 0 && r.IntN(4) == 0 {
				sk = kept[r.IntN(len(kept))]
			} else if sk, buf = noise(r, buf); len(kept) < 50_000 {
				kept = append(kept, sk)
			} else if at := r.IntN(len(kept)); r.IntN(10) != 0 || at >= len(kept)/10 {
				kept[at] = sk
			}
			copies[i] = &copied{seq: seq, first: seq, seen: time.Unix(int64(seq), 0), access: free, source: fmt.Sprint("site", r.IntN(5000)), sketch: sk}
			copies[i].id[0], copies[i].id[15] = byte(seq), byte(seq>>8)
		}
		from := time.Now()
		err := s.update(func(tx *bbolt.Tx) error {
			g := newGrouper(tx)
			for _, c := range copies {
				if err := g.revision(c, 0); err != nil {
					return err
				}
			}
			err := g.finish()
			s.worked(g.work)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		spent += time.Since(from)
		if n+batch < next {
			continue
		}
		st, err := s.Stats()
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(s.db.Path())
		if err != nil {
			t.Fatal(err)
		}
		grouped := float64(st.GroupedNow - before.GroupedNow)
		c := float64(st.ComparedNow-before.ComparedNow) / grouped
		compared = append(compared, c)
		pages := s.db.Stats().TxStats.PageAlloc
		t.Logf("to %8d: %.2f compared, %.2f joined, %3.0f µs, %2.0f kB of pages written, %4.0f bytes an article; %s in all", n+batch, c,
			float64(st.JoinedNow-before.JoinedNow)/grouped, float64(spent.Microseconds())/grouped, float64(pages-written)/1000/grouped,
			float64(info.Size()-stored)/grouped, time.Since(begin).Round(time.Second))
		before, stored, written, spent = st, info.Size(), pages, 0
		next = min(next*3, *growth)
	}
	if last := compared[len(compared)-1]; last > maxCompared || last > 2*compared[0]+1 {
		t.Errorf("comparisons an article grow: %v", compared)
	}
}

// Grouping alone, 500 articles a transaction, among some thousands.
func BenchmarkGroup(b *testing.B) {
	s := opened(b, b.TempDir())
	r := rand.New(rand.NewPCG(1, 1))
	var buf []byte
	sketches := make([]duplicates.Sketch, 5000)
	for i := range sketches {
		sketches[i], buf = noise(r, buf)
	}
	seq := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		err := s.update(func(tx *bbolt.Tx) error {
			g := newGrouper(tx)
			for range 500 {
				seq++
				c := &copied{seq: seq, first: seq, seen: time.Unix(int64(seq), 0), access: free, source: fmt.Sprint("site", r.IntN(5000)), sketch: sketches[r.IntN(len(sketches))]}
				if err := g.revision(c, 0); err != nil {
					return err
				}
			}
			return g.finish()
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(seq), "µs/article")
}
