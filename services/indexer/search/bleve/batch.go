package bleve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"dateline/pkg/disk"
	"dateline/services/indexer/search"
	"dateline/services/indexer/store"

	bdocument "github.com/blevesearch/bleve/v2/document"
)

// headroom is how much free disk a batch wants to find, in bytes. Scorch does not get over a disk that fills under it: a
// batch after a failed one was seen to panic in a segment that the failure had closed. So the disk is not let get there.
const headroom = 32 << 20

// Take is search.Generation's. The cursor is part of the batch.
func (g *generation) Take(_ context.Context, changes []store.Change) error {
	switch free, err := disk.Free(filepath.Dir(g.dir)); {
	case err != nil:
		return err
	case free < headroom:
		return fmt.Errorf("search index waits for disk space: %d of %d bytes are free", free, headroom)
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
			return fmt.Errorf("article %s: %w", id, err)
		}
	}
	last := changes[len(changes)-1].Seq
	b.SetInternal(keyCursor, encodeCursor(last))
	if err := g.Batch(b); err != nil {
		return err
	}
	if err := g.show(); err != nil {
		return err
	}
	g.cursor.Store(last)
	return nil
}

// Rest is search.Backend's: segments are merged when nothing else is done, and shown here. Scorch removes the files of those
// that went into others when it next writes, which may be long after, and they may be half of what is on disk: so it is
// given something to write.
func (x *backend) Rest(context.Context) error {
	g := x.cur
	if err := g.show(); err != nil {
		return err
	}
	if n := len(g.shown.columns); n < g.tidied { // the files of a merge
		g.tidied = n
		return g.SetInternal(keyCursor, encodeCursor(g.cursor.Load()))
	}
	g.tidied = len(g.shown.columns)
	return nil
}

// Anew is search.Backend's.
func (x *backend) Anew(_ context.Context, fill func(search.Generation) error) error {
	g, err := x.create(x.rebuildDir())
	if err != nil {
		return err
	}
	if err := fill(g); err != nil {
		return errors.Join(err, g.Close(), os.RemoveAll(x.rebuildDir()))
	}
	if err := g.Close(); err != nil { // which writes it out whole
		return err
	}
	return x.replace()
}

// replace puts the finished new index in the place of the old one. Where that fails there still is an open index,
// at worst an empty one that fills again.
func (x *backend) replace() error {
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
