package warc

import (
	"bufio"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// recoverDir finishes the files that a process has left open in a directory.
func recoverDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), extOpen)
		if !ok || !strings.HasSuffix(name, extWARC) {
			continue
		}
		if err := recoverFile(dir, filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("recover %s: %w", e.Name(), err)
		}
	}
	return nil
}

// recoverFile cuts a file that was left open at the end of its last whole record, makes its index anew, and finishes it.
// A file without any whole record goes.
func recoverFile(dir, name string) error {
	index := strings.TrimSuffix(name, extWARC) + extCDXJ
	f, err := os.OpenFile(name+extOpen, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	out, err := os.Create(index + extOpen)
	if err != nil {
		return err
	}
	defer out.Close()
	lines := bufio.NewWriter(out)
	size, records, err := reindex(f, filepath.Base(name), lines)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if records == 0 {
		slog.Warn("a WARC file that was left open holds no whole record, and is removed", "file", name+extOpen, "bytes", info.Size())
		return errors.Join(out.Close(), f.Close(), os.Remove(index+extOpen), os.Remove(name+extOpen))
	}
	if cut := info.Size() - size; cut > 0 {
		slog.Warn("a WARC file that was left open ends in a record that is not whole, which is cut off", "file", name+extOpen, "bytes", cut)
	}
	if err := errors.Join(f.Truncate(size), lines.Flush(), f.Sync(), out.Sync(), f.Close(), out.Close()); err != nil {
		return err
	}
	if err := finishNames(dir, index, name); err != nil {
		return err
	}
	slog.Info("finished a WARC file that was left open", "file", name, "records", records)
	return nil
}

// reindex writes the index of a file that a Writer wrote, and finds where the last of its whole records ends.
func reindex(r io.Reader, filename string, out io.Writer) (end int64, records int, err error) {
	read := NewReader(r, Position{})
	var line []byte
	for {
		rec, err := read.Next()
		switch {
		case err == io.EOF:
			return end, records, nil
		case errors.As(err, new(*Damage)):
			continue
		case err != nil:
			return 0, 0, err
		}
		records++
		end = read.Position().Offset
		e, ok := entryOf(rec)
		if !ok {
			continue
		}
		e.length = end - e.offset
		line = e.appendLine(line[:0], filename)
		if _, err := out.Write(line); err != nil {
			return 0, 0, err
		}
	}
}

// entryOf is what the index says of a record.
func entryOf(rec *Record) (entry, bool) {
	if rec.Type != TypeResponse && rec.Type != TypeRevisit {
		return entry{}, false
	}
	when, err := rec.Date()
	if err != nil {
		return entry{}, false
	}
	e := entry{url: rec.Target(), date: when, offset: rec.Offset}
	if sum, ok := strings.CutPrefix(rec.Fields.Get(fieldPayloadDigest), "sha1:"); ok {
		if digest, err := base32.StdEncoding.DecodeString(sum); err == nil {
			e.digest = digest
		}
	}
	if resp, err := ParseResponse(rec.Block); err == nil {
		e.status, e.mime = resp.Status, mediaType(resp.Header)
	}
	if rec.Type == TypeRevisit {
		e.mime = mimeRevisit
	}
	return e, true
}
