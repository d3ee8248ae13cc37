package rules

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// Watched is the rules of a directory, as they are now.
type Watched struct {
	dir  string
	set  atomic.Pointer[Set]
	seen string
}

// interval is how often the directory is looked at. Files are polled: that works on every file system, and where Kubernetes
// swaps a directory of links.
const interval = 3 * time.Second

// Watch loads a directory's rules. With no directory there are none.
func Watch(dir string) (*Watched, error) {
	w := &Watched{dir: dir}
	w.set.Store(&Set{})
	if dir == "" {
		return w, nil
	}
	w.seen = w.state()
	s, err := Load(dir)
	if err != nil {
		return nil, err
	}
	w.set.Store(s)
	return w, nil
}

// Set is what counts now.
func (w *Watched) Set() *Set { return w.set.Load() }

// Run looks for changes until ctx ends, and tells of each: of an error when the rules as they were stay.
func (w *Watched) Run(ctx context.Context, changed func(rules int, err error)) {
	if w.dir == "" {
		return
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		state := w.state()
		if state == w.seen {
			continue
		}
		w.seen = state
		s, err := Load(w.dir)
		if err != nil {
			changed(0, err)
			continue
		}
		w.set.Store(s)
		changed(len(s.rules), nil)
	}
}

// state changes whenever a file does.
func (w *Watched) state() string {
	names, _ := filepath.Glob(filepath.Join(w.dir, "*")) // the pattern is constant
	state := ""
	for _, name := range names {
		if i, err := os.Stat(name); err == nil {
			state += fmt.Sprintf("%s %d %d\n", name, i.Size(), i.ModTime().UnixNano())
		}
	}
	return state
}
