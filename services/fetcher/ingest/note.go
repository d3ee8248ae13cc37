package ingest

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dateline/services/fetcher/warc"
)

// note is how far a file has been imported, kept in a small file of its own until all of the import is done.
type note struct {
	path string

	File string        `json:"file"`
	Size int64         `json:"size"` // of the file: one of another size is another file
	Next warc.Position `json:"next"` // where the first record is that is not on the queue
	Done bool          `json:"done"`
	Counts
}

// notePath is where the note on a file is: beside it, or in a directory under a name that no other file has.
func notePath(dir, file string) (string, error) {
	if dir == "" {
		return file + ".import", nil
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(abs))
	return filepath.Join(dir, fmt.Sprintf("%s-%x.import", filepath.Base(file), sum[:6])), nil
}

// readNote reads the note on a file, or begins one.
func readNote(dir, file string, size int64) (*note, error) {
	path, err := notePath(dir, file)
	if err != nil {
		return nil, err
	}
	n := &note{path: path}
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if err := json.Unmarshal(b, n); err != nil {
			return nil, fmt.Errorf("%s does not say how far the import is: %w (without that file it begins anew)", path, err)
		}
	}
	if n.Size != size || n.Next.Offset < 0 || n.Next.Offset > size || n.Next.Within < 0 {
		n = &note{path: path}
	}
	n.File, n.Size = file, size
	return n, nil
}

// save replaces the note as a whole: after a crash it is the old or the new one.
func (n *note) save() error {
	b, err := json.MarshalIndent(n, "", "  ")
	if err != nil { // a note holds nothing that JSON cannot
		panic(err)
	}
	f, err := os.CreateTemp(filepath.Dir(n.path), filepath.Base(n.path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), n.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func (n *note) remove() error { return os.Remove(n.path) }
