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

// ErrNoRecord tells that a directory holds no record.
var ErrNoRecord = errors.New("there is no record")

// Fsck proves that the record, the change feed and the search index of a data directory agree, and that the record's file is
// whole. It reports each violation; progress hears how many rows of how many of the record it has seen. No indexer may have
// the directory open: then its error wraps store.ErrInUse; where there is none it wraps ErrNoRecord. A search index on a server is
// left out. Of a record that is divided it checks the partition that is named by its number.
func Fsck(ctx context.Context, data, partition, backend string, report func(store.Violation), progress func(done, total uint64)) (err error) {
	dir, err := recordDir(data, partition)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, store.FileName)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w in %s", ErrNoRecord, dir)
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
