package indexer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dateline/pkg/backup"
	"dateline/services/indexer/search/bleve"
	"dateline/services/indexer/store"
)

// restoring is the directory within the data directory in which a restored record lies until it is whole.
const restoring = "restoring"

// ErrExists tells that there is a record where one is to be restored.
var ErrExists = errors.New("there is a record already")

// Restore makes the record of a data directory from a backup. A record that is there is replaced only where that is wanted, and
// never while it is in use. The backup is unpacked beside it and examined, so that on an error what was there is there
// still; the search index, which is made from the record, is dropped. When the indexer runs, it takes in what came since.
// progress, which may be nil, hears how many bytes of how many are unpacked.
func Restore(ctx context.Context, file, dir string, replace bool, progress func(done, total int64)) (m backup.Manifest, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("restore %s: %w", file, err)
		}
	}()
	f, err := os.Open(file)
	if err != nil {
		return m, err
	}
	defer f.Close()
	if m, err = backup.ReadManifest(f); err != nil {
		return m, err
	}
	if err := replaceable(dir, replace); err != nil {
		return m, err
	}
	aside := filepath.Join(dir, restoring)
	if err := errors.Join(os.RemoveAll(aside), os.MkdirAll(aside, 0o750)); err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	if err := unpack(ctx, f, filepath.Join(aside, store.FileName), m, progress); err != nil {
		return m, err
	}
	if err := beginAnew(ctx, aside, m); err != nil {
		return m, err
	}
	return m, errors.Join(
		os.RemoveAll(filepath.Join(dir, bleve.DirName)), // before: an index without its record is made anew, too
		os.Rename(filepath.Join(aside, store.FileName), filepath.Join(dir, store.FileName)),
		syncDir(dir),
	)
}

// replaceable tells why the record of a directory is not to be replaced, if there is one.
func replaceable(dir string, replace bool) error {
	if _, err := os.Stat(filepath.Join(dir, store.FileName)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	st, err := store.Open(dir)
	switch {
	case errors.Is(err, store.ErrInUse):
		return err
	case err == nil:
		err = st.Close()
	default: // it may be damaged, which may be why
		err = nil
	}
	if err == nil && !replace {
		err = fmt.Errorf("%w in %s", ErrExists, dir)
	}
	return err
}

func unpack(ctx context.Context, f *os.File, path string, m backup.Manifest, progress func(done, total int64)) error {
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	var told func(int64)
	if progress != nil {
		told = func(done int64) { progress(done, m.Bytes) }
	}
	c, err := backup.Unpack(ctx, f, to, told)
	if err == nil {
		err = c.Check(m)
	}
	return errors.Join(err, to.Sync(), to.Close())
}

// beginAnew examines a record that was unpacked, and makes it one of its own.
func beginAnew(ctx context.Context, dir string, m backup.Manifest) error {
	st, err := store.Open(dir)
	if err != nil {
		return err
	}
	var wrong []error
	err = st.CheckFile(ctx, func(v store.Violation) { wrong = append(wrong, errors.New(v.String())) })
	if err == nil && len(wrong) > 0 {
		err = fmt.Errorf("the record in it is damaged: %d violations, the first: %w", len(wrong), wrong[0])
	}
	if err == nil {
		err = st.BeginAnew(m)
	}
	return errors.Join(err, st.Close())
}

// syncDir makes names in a directory last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	// Where directories cannot be synced, as on Windows, their names last without.
	_ = d.Sync()
	return d.Close()
}
