// Package input reads what commands are given: files, gzipped or not, and standard input.
package input

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
)

// Read reads a file that a command was given, or in where its name is "-". It may be gzipped; more than most bytes, before
// or after, are an error.
func Read(name string, in io.Reader, most int) ([]byte, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, int64(most)+1))
	if err == nil && len(b) <= most && bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(b)); err == nil {
			b, err = io.ReadAll(io.LimitReader(z, int64(most)+1))
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(b) > most:
		return nil, fmt.Errorf("%s: larger than the %d bytes that are read of one", name, most)
	}
	return b, nil
}
