package registry

import (
	"fmt"
	"testing"
)

// again is what is known at the next poll.
func again(t *testing.T, s *Seen) *Seen {
	t.Helper()
	next, err := parseSeen(s.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func TestSeen(t *testing.T) {
	s, err := parseSeen(nil)
	if err != nil || !s.Empty() || !s.Show("a") || s.Show("a") || !s.Show("b") || s.RolledOver() || s.Shown() != 2 {
		t.Fatalf("%+v: %v", s, err)
	}
	s = again(t, s)
	if s.Empty() || s.Show("b") || !s.Show("c") || !s.Known("a") || s.RolledOver() {
		t.Errorf("%+v", s)
	}
	s = again(t, s)
	if s.Show("a") || !s.RolledOver() { // it comes back, and nothing that was shown the last time is there
		t.Errorf("%+v", s)
	}
	for _, damaged := range [][]byte{{1}, {0, 0, 0, 1, 2}, make([]byte, 16)} {
		if s, err := parseSeen(damaged); err == nil || s == nil || !s.Show("a") {
			t.Errorf("%v is read as %+v", damaged, s)
		}
	}
}

// Of what has left a source a part is kept, or all, and never more than there is room for.
func TestSeenIsBounded(t *testing.T) {
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
	}{{1000, 10, false, 10 + keptSeen}, {1000, 10, true, 1010}, {mostSeen, 1000, true, mostSeen}, {10, mostSeen + 1, false, mostSeen}} {
		s, _ := parseSeen(nil)
		s = fill(again(t, fill(s, "before", c.before)), "now", c.now)
		if c.all {
			s.KeepAll()
		}
		if next := again(t, s); len(next.hashes) != c.want || !next.Known("now0") {
			t.Errorf("%+v: %d are kept", c, len(next.hashes))
		}
	}
}
