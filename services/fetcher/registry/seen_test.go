package registry

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"dateline/pkg/lineartest"
)

// after is what is known after a poll that showed items.
func after(t testing.TB, s *Seen, items ...string) *Seen {
	t.Helper()
	for _, i := range items {
		s.Show(i)
	}
	next, err := parseSeen(s.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func nothing(t testing.TB) *Seen {
	t.Helper()
	s, err := parseSeen(nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSeen(t *testing.T) {
	s := nothing(t)
	if !s.Empty() || s.Known("a") || s.RolledOver() {
		t.Error("something is known from nothing")
	}
	if !s.Show("a") || s.Show("a") || !s.Show("b") {
		t.Error("an item is new once in a poll")
	}
	if s.Shown() != 2 || s.Known("a") {
		t.Errorf("%d shown; known is what was shown before this poll", s.Shown())
	}
	s = after(t, s)
	if s.Empty() || !s.Known("a") || !s.Known("b") || s.Known("c") || s.Shown() != 0 {
		t.Error("the poll before is not known")
	}
	if s.Show("a") || !s.Show("c") {
		t.Error("a is new, or c is not")
	}
	s = after(t, s)
	if !s.Known("b") || s.Show("b") {
		t.Error("what has left the source is new when it comes back")
	}
}

func TestRolledOver(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, shown []string
		want          bool
	}{
		{"the first poll", nil, []string{"a"}, false},
		{"an empty one", []string{"a"}, nil, false},
		{"one is left", []string{"a", "b"}, []string{"c", "b"}, false},
		{"none is left", []string{"a", "b"}, []string{"c", "d"}, true},
	} {
		s := after(t, nothing(t), c.before...)
		for _, i := range c.shown {
			s.Show(i)
		}
		if got := s.RolledOver(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	// What had left the source before comes back: that is not what it showed last.
	s := after(t, after(t, nothing(t), "old"), "a", "b")
	s.Show("old")
	if !s.RolledOver() {
		t.Error("an item that had left passes for one of the last poll")
	}
}

func TestSeenIsBounded(t *testing.T) {
	s := nothing(t)
	for i := range 3 * keptSeen {
		s.Show(fmt.Sprint("old", i))
	}
	s = after(t, after(t, s), "new")
	if n := len(s.Bytes()); n != 4+8*keptSeen { // now nothing is shown, and "new" is among those that have left
		t.Errorf("%d bytes", n)
	}
	if !s.Known("new") || !s.Known("old0") || s.Known(fmt.Sprint("old", keptSeen)) {
		t.Error("not the first of those that have left are kept")
	}
	s = after(t, nothing(t), "has left")
	for i := range mostSeen + 10 {
		s.Show(fmt.Sprint(i))
	}
	b := s.Bytes()
	if len(b) != 4+8*mostSeen {
		t.Errorf("%d bytes", len(b))
	}
	if s = after(t, s, "x"); !s.Known("0") || s.Known(fmt.Sprint(mostSeen)) {
		t.Error("not the first are kept")
	}
}

// Bytes may be taken twice, and items shown in between.
func TestBytesChangeNothing(t *testing.T) {
	s := after(t, nothing(t), "a", "b", "c")
	s.Show("d")
	first := s.Bytes()
	if second := s.Bytes(); !bytes.Equal(first, second) {
		t.Errorf("%x, then %x", first, second)
	}
	s.Show("e")
	s.Show("a")
	got := after(t, s)
	if n := len(got.Bytes()); n != 4+8*5 {
		t.Errorf("%d bytes for five items: one is there twice", n)
	}
	for _, i := range []string{"a", "b", "c", "d", "e"} {
		if !got.Known(i) {
			t.Errorf("%s is lost", i)
		}
	}
}

func TestDamagedSeen(t *testing.T) {
	for _, b := range [][]byte{{1}, {0, 0, 0}, {0, 0, 0, 1, 9}, make([]byte, 8), make([]byte, 4+8+7)} {
		s, err := parseSeen(b)
		if err == nil || s == nil || !s.Empty() || !s.Show("a") {
			t.Errorf("%x: %v; it is to be as good as nothing", b, err)
		}
	}
	// A count that cannot be is no way to read beyond the end.
	for _, count := range []uint32{2, 1 << 31, 1<<32 - 1} {
		s, err := parseSeen(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, count), hash("a")))
		if err != nil || !s.Known("a") {
			t.Errorf("count %d: %v", count, err)
			continue
		}
		s.Show("b")
		if !s.RolledOver() {
			t.Errorf("count %d: %d", count, s.now)
		}
	}
}

func TestSeenIsLinear(t *testing.T) {
	lineartest.Check(t, "a poll", 80_000, func(n int) func() {
		keys := make([]string, n)
		for i := range keys {
			keys[i] = fmt.Sprint(i)
		}
		before := after(t, nothing(t), keys[:n/2]...).Bytes()
		return func() {
			s, err := parseSeen(before)
			if err != nil {
				t.Error(err)
			}
			after(t, s, keys[n/4:]...)
		}
	})
}

func FuzzSeen(f *testing.F) {
	f.Add(after(f, nothing(f), "a", "b").Bytes(), "a")
	f.Add([]byte{0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8}, "b")
	f.Add([]byte{1, 2}, "")
	f.Fuzz(func(t *testing.T, b []byte, key string) {
		s, err := parseSeen(b)
		if err != nil && !s.Empty() {
			t.Error("half of a damaged record is known")
		}
		if known := s.Known(key); s.Show(key) == known {
			t.Errorf("%q is known (%v), and new", key, known)
		}
		s.RolledOver()
		kept := s.Bytes()
		next, err := parseSeen(kept)
		if err != nil || !next.Known(key) || next.now != 1 || len(kept) > 4+8*(1+keptSeen) {
			t.Errorf("%x comes back as %+v, %v", kept, next, err)
		}
	})
}

// Where not every poll shows everything, as with an index of sitemaps, all is kept that there is room for.
func TestSeenKeepsAll(t *testing.T) {
	fill := func(s *Seen, what string, n int) *Seen {
		for i := range n {
			s.Show(fmt.Sprint(what, i))
		}
		return s
	}
	for _, c := range []struct {
		before, now int
		all         bool
		want        int
	}{{1000, 10, false, 10 + keptSeen}, {1000, 10, true, 1010}, {mostSeen, 1000, true, mostSeen}} {
		s := fill(after(t, fill(nothing(t), "before", c.before)), "now", c.now)
		if c.all {
			s.KeepAll()
		}
		if next := after(t, s); len(next.hashes) != c.want || !next.Known("now0") {
			t.Errorf("%+v: %d are kept", c, len(next.hashes))
		}
	}
}
