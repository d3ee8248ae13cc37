package search

import (
	"context"
	"fmt"
	"time"
)

// What one batch takes in at most.
const (
	batchRecords = 1000
	batchBytes   = 16 << 20
)

// restEvery is how often a backend may do what it does while there is nothing to take in.
const restEvery = time.Second

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
	g, err := x.backend.Current(ctx)
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	x.cursor.Store(g.Cursor())
	if g.Cursor() >= x.store.LastSeq() {
		if err := x.checkpoint(ctx, g.Cursor()); err != nil {
			return err
		}
		if err := x.backend.Rest(ctx); err != nil {
			return fmt.Errorf("search index: %w", err)
		}
		x.fail(nil)
		x.progress.Store(time.Now().UnixNano())
		return x.idle(ctx, g.Cursor())
	}
	return x.catchUp(ctx, g, true)
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
	case <-time.After(restEvery):
		return nil
	case <-ctx.Done():
		return nil
	}
}

// catchUp takes in batches until a generation has all that the store has. Where it is the one that is searched, it stops for
// a rebuild.
func (x *Index) catchUp(ctx context.Context, g Generation, current bool) error {
	begun, said := g.Cursor(), time.Now()
	for g.Cursor() < x.store.LastSeq() {
		if len(x.again) > 0 && current {
			return nil
		}
		if err := x.project(ctx, g, current); err != nil {
			return err
		}
		if time.Since(said) > progressEvery {
			said = time.Now()
			x.log.Info("search index catches up", "from", begun, "at", g.Cursor(), "of", x.store.LastSeq())
		}
	}
	return nil
}

// project takes in one batch of changes after the cursor. Taking in a batch twice gives the same index.
func (x *Index) project(ctx context.Context, g Generation, current bool) error {
	begin := time.Now()
	changes, err := x.store.ChangesWithRecords(ctx, g.Cursor(), batchRecords, batchBytes)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	last := changes[len(changes)-1].Seq
	if err := g.Take(ctx, changes); err != nil {
		return fmt.Errorf("index changes up to %d: %w", last, err)
	}
	x.fail(nil)
	if current { // before the checkpoint: who reads there that a change can be searched is to find it so
		x.cursor.Store(g.Cursor())
	}
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
	err = x.backend.Anew(ctx, func(g Generation) error { return x.catchUp(ctx, g, false) })
	if err != nil {
		return fmt.Errorf("make search index anew: %w", err)
	}
	g, err := x.backend.Current(ctx)
	if err != nil {
		return fmt.Errorf("make search index anew: %w", err)
	}
	x.cursor.Store(g.Cursor())
	x.metrics.rebuilds.Inc()
	x.log.Info("search index was made anew", "records", x.Cursor(), "after", time.Since(begin).Round(time.Millisecond))
	return nil
}
