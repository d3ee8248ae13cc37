package indexer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dateline/services/indexer/search/bleve"
	"dateline/services/indexer/store"
)

// Fsck proves that the record, the change feed and the search index of a data directory agree, and that the record's file is
// whole. It reports each violation; progress hears how many rows of how many of the record it has seen. No indexer may have
// the directory open: then its error wraps store.ErrInUse. A search index on a server is left out.
func Fsck(ctx context.Context, dir, backend string, report func(store.Violation), progress func(done, total uint64)) (err error) {
	if _, err := os.Stat(filepath.Join(dir, store.FileName)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no record in %s", dir)
	}
	st, err := store.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := st.CheckFile(ctx, report); err != nil {
		return err
	}
	if err := st.Check(ctx, report, progress); err != nil {
		return err
	}
	if backend == searchOpenSearch {
		return nil
	}
	return bleve.Verify(ctx, st, dir, report)
}
