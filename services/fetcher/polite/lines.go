package polite

import (
	"log/slog"
	"sync"
	"time"

	"dateline/pkg/queue"
)

// Of keys at rest no more is kept here than of those used last; a key that comes up again costs one conflict.
const (
	sweepAt  = 10_000
	restKept = time.Minute
)

// lines is what this process knows of the bucket. It may be behind: whoever changes a key hears of that.
type lines struct {
	known chan struct{} // closed once all that was in the bucket has been read

	mu    sync.Mutex
	keys  map[string]*line
	sweep int // at so many keys; grows where few are at rest
}

// line is one key.
type line struct {
	writing chan struct{} // taken by the one of this process that changes it

	mu       sync.Mutex
	state    state
	revision uint64
	signal   chan struct{} // closed when the state changes
}

func newLines() *lines {
	return &lines{known: make(chan struct{}), keys: map[string]*line{}, sweep: sweepAt}
}

func (ls *lines) get(key string) *line {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := ls.keys[key]
	if l == nil {
		if len(ls.keys) >= ls.sweep {
			ls.forget(time.Now())
			ls.sweep = max(sweepAt, 2*len(ls.keys))
		}
		l = &line{writing: make(chan struct{}, 1), signal: make(chan struct{})}
		ls.keys[key] = l
	}
	return l
}

// forget drops keys at rest. ls.mu is held.
func (ls *lines) forget(now time.Time) {
	for key, l := range ls.keys {
		if s, revision := l.load(); revision > 0 && s.atRest(now.Add(-restKept)) {
			delete(ls.keys, key)
		}
	}
}

func (ls *lines) isKnown() bool {
	select {
	case <-ls.known:
		return true
	default:
		return false
	}
}

// current is called when all that was in the bucket has been seen: after a start, and after each interruption.
func (ls *lines) current() {
	if !ls.isKnown() {
		close(ls.known)
	}
}

// saw takes in what another replica wrote, or this one.
func (ls *lines) saw(e queue.Entry) {
	if e.Value == nil {
		return // nobody deletes keys
	}
	now := time.Now()
	written := now
	if !ls.isKnown() { // from before this process started
		written = now.Add(-max(0, now.Sub(e.Stored)-clockMargin))
	}
	s, err := decode(e.Value, written)
	if err != nil {
		slog.Warn("turns of a key cannot be read", "key", e.Key, "error", err)
		return
	}
	ls.get(e.Key).store(s, e.Revision)
}

func (l *line) load() (state, uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state, l.revision
}

// store takes in a state unless a newer one is known.
func (l *line) store(s state, revision uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if revision > l.revision {
		l.set(s, revision)
	}
}

// reset forgets the state of a key that is in the bucket no more.
func (l *line) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set(state{}, 0)
}

func (l *line) set(s state, revision uint64) {
	l.state, l.revision = s, revision
	close(l.signal)
	l.signal = make(chan struct{})
}

// changed is closed at the next change.
func (l *line) changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.signal
}
