package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"dateline/pkg/disk"

	bdocument "github.com/blevesearch/bleve/v2/document"
)

// What one batch takes in at most.
const (
	batchRecords = 1000
	batchBytes   = 16 << 20
)

// headroom is how much free disk a batch wants to find, in bytes. Scorch does not get over a disk that fills under it: a
// batch after a failed one was seen to panic in a segment that the failure had closed. So the disk is not let get there.
const headroom = 32 << 20

// showEvery is how often searches get to see merged segments while there is nothing to do.
const showEvery = time.Second

// Waits after an error.
const (
	minBackoff = 100 * time.Millisecond
	maxBackoff = 10 * time.Second
)

// progressEvery is how often a long catch-up says how far it is.
const progressEvery = 5 * time.Second

// Rebuild asks the projector to make the index anew from the record. Searches go on in the old one until the new one has
// caught up. It returns at once; asking again meanwhile changes nothing.
func (x *Index) Rebuild() {
	x.rebuilding.Store(true)
	select {
	case x.again <- struct{}{}:
	default:
	}
}

// Run keeps the index up with the store until ctx ends, and then returns nil. Errors are tried again; Check shows them.
func (x *Index) Run(ctx context.Context) error {
	for backoff := minBackoff; ; {
		err := x.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			backoff = minBackoff
			continue
		}
		x.fail(err)
		x.metrics.errors.Inc()
		x.log.Error("search index does not advance, trying on", "error", err, "after", backoff)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

func (x *Index) fail(err error) {
	x.errMu.Lock()
	defer x.errMu.Unlock()
	x.err = err
}

// follow takes in one batch, or waits for a change, or makes the index anew when that is asked for.
func (x *Index) follow(ctx context.Context) error {
	select {
	case <-x.again:
		return x.rebuild(ctx)
	default:
	}
	g := x.cur // only this goroutine replaces it
	if g.cursor.Load() >= x.store.LastSeq() {
		if err := x.checkpoint(ctx, g.cursor.Load()); err != nil {
			return err
		}
		if err := g.show(); err != nil { // segments that were merged meanwhile
			return fmt.Errorf("search index: %w", err)
		}
		x.fail(nil)
		x.progress.Store(time.Now().UnixNano())
		return x.idle(ctx, g.cursor.Load())
	}
	return x.catchUp(ctx, g)
}

// idle waits a while for a change or for a rebuild to be asked for.
func (x *Index) idle(ctx context.Context, cursor uint64) error {
	wctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changed := make(chan error, 1)
	go func() { changed <- x.store.Wait(wctx, cursor) }()
	select {
	case err := <-changed:
		x.progress.Store(time.Now().UnixNano())
		return err
	case <-x.again:
		x.Rebuild()
		return nil
	case <-time.After(showEvery): // segments are merged when nothing else is done
		return nil
	case <-ctx.Done():
		return nil
	}
}

// catchUp takes in batches until the index has all that the store has.
func (x *Index) catchUp(ctx context.Context, g *generation) error {
	begun, said := g.cursor.Load(), time.Now()
	for g.cursor.Load() < x.store.LastSeq() {
		if len(x.again) > 0 && g == x.cur {
			return nil
		}
		if err := x.project(ctx, g); err != nil {
			return err
		}
		x.fail(nil)
		if time.Since(said) > progressEvery {
			said = time.Now()
			x.log.Info("search index catches up", "from", begun, "at", g.cursor.Load(), "of", x.store.LastSeq())
		}
	}
	return nil
}

// project takes in one batch of changes after the cursor. Taking in a batch twice gives the same index.
func (x *Index) project(ctx context.Context, g *generation) error {
	begin := time.Now()
	switch free, err := disk.Free(filepath.Dir(x.dir)); {
	case err != nil:
		return fmt.Errorf("search index: %w", err)
	case free < headroom:
		return fmt.Errorf("search index waits for disk space: %d of %d bytes are free", free, headroom)
	}
	changes, err := x.store.ChangesWithRecords(ctx, g.cursor.Load(), batchRecords, batchBytes)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	// Of an article with several changes here, only the last is worth analysing: map entries replace each other.
	docs := make(map[string]*bdocument.Document, len(changes))
	for i := range changes {
		c := &changes[i]
		a, err := c.Shown()
		if err != nil {
			return err
		}
		if a == nil {
			docs[c.ArticleID] = nil
			continue
		}
		docs[c.ArticleID] = document(c.Record, a)
	}
	b := g.NewBatch()
	for id, d := range docs {
		if d == nil {
			b.Delete(id)
		} else if err := b.IndexAdvanced(d); err != nil {
			return fmt.Errorf("index article %s: %w", id, err)
		}
	}
	last := changes[len(changes)-1].Seq
	b.SetInternal(keyCursor, encodeCursor(last))
	if err := g.Batch(b); err != nil {
		return fmt.Errorf("index changes up to %d: %w", last, err)
	}
	if err := g.show(); err != nil {
		return fmt.Errorf("show changes up to %d: %w", last, err)
	}
	g.cursor.Store(last)

	now := time.Now()
	x.progress.Store(now.UnixNano())
	x.metrics.batch.Observe(float64(len(changes)))
	x.metrics.stage.Observe(now.Sub(begin).Seconds() / float64(len(changes)))
	if last <= x.checked { // made anew: these were searchable before, their delays are measured
		return nil
	}
	for _, c := range changes {
		if c.Record != nil {
			x.metrics.searchable.Observe(now.Sub(c.Record.Received).Seconds())
		}
	}
	return x.checkpoint(ctx, last)
}

// checkpoint tells the store that changes are searchable, unless it knows. It is called again when there is nothing else
// to do, because a crash or a full disk can come between a batch and its checkpoint.
func (x *Index) checkpoint(ctx context.Context, seq uint64) error {
	if seq <= x.checked {
		return nil
	}
	if err := x.store.Checkpoint(ctx, Projection, seq, time.Now()); err != nil {
		return err
	}
	x.checked = seq
	return nil
}

// rebuild makes a new index beside the old one, and puts it in its place when it has caught up.
func (x *Index) rebuild(ctx context.Context) (err error) {
	begin := time.Now()
	x.log.Info("search index is made anew", "records", x.store.LastSeq())
	defer func() {
		if err != nil && ctx.Err() == nil {
			x.Rebuild() // the next attempt
		}
		x.rebuilding.Store(len(x.again) > 0)
	}()
	g, err := x.create(x.rebuildDir())
	if err != nil {
		return fmt.Errorf("make search index anew: %w", err)
	}
	if err := x.catchUp(ctx, g); err != nil {
		return errors.Join(fmt.Errorf("make search index anew: %w", err), g.Close(), os.RemoveAll(x.rebuildDir()))
	}
	if err := g.Close(); err != nil { // which writes it out whole
		return fmt.Errorf("make search index anew: %w", err)
	}
	if err := x.replace(); err != nil {
		return fmt.Errorf("make search index anew: %w", err)
	}
	x.metrics.rebuilds.Inc()
	x.log.Info("search index was made anew", "records", x.Cursor(), "after", time.Since(begin).Round(time.Millisecond))
	return nil
}

// replace puts the finished new index in the place of the old one. Where that fails there still is an open index,
// at worst an empty one that fills again.
func (x *Index) replace() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.cur.Close()
	if e := os.RemoveAll(x.dir); e == nil {
		err = errors.Join(err, os.Rename(x.rebuildDir(), x.dir))
	} else {
		err = errors.Join(err, e)
	}
	g, why := x.open(x.dir)
	if why != nil {
		var e error
		if g, e = x.create(x.dir); e != nil {
			return errors.Join(err, why, e)
		}
		err = errors.Join(err, why)
	}
	x.cur = g
	return err
}
