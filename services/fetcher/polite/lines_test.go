package polite

import (
	"fmt"
	"testing"
	"time"

	"dateline/pkg/queue"
)

// What a process finds when it starts is as old as the clocks say, less a margin; what comes later is new, whatever they
// say.
func TestAgeOfWhatIsRead(t *testing.T) {
	written := state{over: now, rests: in(time.Hour)}
	for _, c := range []struct {
		known  bool
		stored time.Duration // before now
		want   time.Duration // rest that is left
	}{
		{false, 30 * time.Minute, 30*time.Minute + clockMargin},
		{false, time.Second, time.Hour},
		{false, -time.Minute, time.Hour}, // the server's clock is ahead
		{true, 30 * time.Minute, time.Hour},
	} {
		ls := newLines()
		if c.known {
			ls.current()
		}
		ls.saw(queue.Entry{Key: "k", Value: written.encode(now), Revision: 1, Stored: time.Now().Add(-c.stored)})
		s, _ := ls.get("k").load()
		if got := time.Until(s.rests); got < c.want-time.Second || got > c.want+time.Second {
			t.Errorf("%+v: %s are left", c, got)
		}
	}
}

func TestLinesKeepTheNewest(t *testing.T) {
	ls := newLines()
	ls.current()
	for _, revision := range []uint64{5, 3} {
		s := state{took: time.Duration(revision) * time.Second}
		ls.saw(queue.Entry{Key: "k", Value: s.encode(now), Revision: revision})
	}
	ls.saw(queue.Entry{Key: "k", Value: []byte("no record"), Revision: 9})
	ls.saw(queue.Entry{Key: "k", Revision: 10})
	if s, revision := ls.get("k").load(); revision != 5 || s.took != 5*time.Second {
		t.Errorf("revision %d: %+v", revision, s)
	}
}

func TestLinesForgetWhatIsAtRest(t *testing.T) {
	ls := newLines()
	old := time.Now().Add(-time.Hour)
	for i := range 3 * sweepAt {
		s := state{over: old}
		if i%3 == 0 {
			s.rests = time.Now().Add(time.Hour)
		}
		ls.get(fmt.Sprint(i)).store(s, 1)
	}
	resting := 0
	for _, l := range ls.keys {
		if s, _ := l.load(); s.rests.After(time.Now()) {
			resting++
		}
	}
	if resting != sweepAt || len(ls.keys) > 2*sweepAt+1 {
		t.Errorf("%d keys, %d of them of sites that rest, want %d", len(ls.keys), resting, sweepAt)
	}
}
