package warc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestACrashLosesNoWholeRecord(t *testing.T) {
	dir := t.TempDir()
	w := openWriter(t, dir)
	for i := range 10 {
		if err := w.Write(page(fmt.Sprint("https://example.org/", i), fmt.Sprint("page ", i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(w.cfg, about, nil); !errors.Is(err, ErrInUse) {
		t.Errorf("a second writer in the directory: %v", err)
	}
	open := files(t, dir, "*.warc.gz.open")[0]
	whole, err := os.ReadFile(open)
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(strings.TrimSuffix(open, extWARC+extOpen) + extCDXJ + extOpen)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{0, 5, 40, 200} { // bytes that have not come to the disk
		dir := t.TempDir()
		left := filepath.Join(dir, filepath.Base(open))
		if err := os.WriteFile(left, whole[:len(whole)-cut], 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(strings.TrimSuffix(left, extWARC+extOpen)+extCDXJ+extOpen, []byte("half a li"), 0o644); err != nil {
			t.Fatal(err)
		}
		name := written(t, openWriter(t, dir))
		if name+extOpen != left {
			t.Errorf("%s became %s", left, name)
		}
		responses := 0
		for _, r := range readForeign(t, name) {
			if r.kind == "response" {
				responses++
			}
		}
		if want := 10; cut == 0 && responses != want || cut > 0 && responses != want-1 {
			t.Errorf("%d bytes cut: %d responses", cut, responses)
		}
		checkIndex(t, name)
		if got, _ := os.ReadFile(strings.TrimSuffix(name, extWARC) + extCDXJ); cut == 0 && string(got) != string(index) {
			t.Errorf("the index made anew is another:\n%s\n%s", got, index)
		}
	}
	left := filepath.Join(dir, "dateline-20260101000000-00001.warc.gz.open")
	if err := os.WriteFile(left, whole[:30], 0o644); err != nil { // not even a whole warcinfo
		t.Fatal(err)
	}
	if err := openWriter(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) || len(files(t, dir, "*.open")) > 0 {
		t.Errorf("a file without records stays: %q", files(t, dir, "*"))
	}
}

type fullDisk struct {
	file
	room *int
}

func (f fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), *f.room)
	*f.room -= n
	if n, err := f.file.Write(p[:n]); err != nil {
		return n, err
	}
	if n < len(p) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func (f fullDisk) Truncate(size int64) error {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	*f.room += int(end - size)
	return f.file.Truncate(size)
}

func TestAFullDiskLeavesFilesWhole(t *testing.T) {
	for room := 0; room < 12_000; room += 700 {
		w := openWriter(t, t.TempDir())
		left := room
		w.create = func(name string) (file, error) {
			f, err := createFile(name)
			return fullDisk{f, &left}, err
		}
		kept := map[string]bool{}
		for i := range 12 {
			c := page(fmt.Sprint("https://example.org/", i), "")
			c.Body = noise(i, 1000)
			switch err := w.Write(c); {
			case err == nil:
				kept[c.URL] = true
			case !errors.Is(err, syscall.ENOSPC):
				t.Fatal(err)
			}
		}
		if len(kept) == 12 {
			t.Fatal("the disk was never full")
		}
		left = 1 << 20 // space again
		c := page("https://example.org/later", "x")
		if err := w.Write(c); err != nil {
			t.Fatal(err)
		}
		kept[c.URL] = true
		name := written(t, w)
		checkIndex(t, name)
		for _, r := range readForeign(t, name) {
			if r.kind == "response" {
				delete(kept, r.header.Get("WARC-Target-URI"))
			}
		}
		if len(kept) > 0 {
			t.Errorf("room %d: lost %v", room, kept)
		}
	}
}
