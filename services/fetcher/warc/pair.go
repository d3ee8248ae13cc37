package warc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// The names of files. What is not finished has extOpen after its name.
const (
	extWARC = ".warc.gz"
	extCDXJ = ".cdxj"
	extOpen = ".open"
)

// file is what a Writer needs of an *os.File; tests have one that is full.
type file interface {
	io.Writer
	io.Seeker
	Truncate(size int64) error
	Sync() error
	Close() error
}

func createFile(name string) (file, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
}

// part is an open file that is only ever appended to, with the name that it gets in the end.
type part struct {
	file
	name string
	size int64
}

// pair is a WARC file that is being written, and its index.
type pair struct {
	dir        string
	base       string // of the WARC file, for the index
	warc, cdxj part
	line       []byte
	timer      *time.Timer // until the file is old
	broken     bool        // what was written in part could not be taken back
}

// newPair creates the files; its error wraps os.ErrExist where there are such.
func newPair(dir, name string, create func(string) (file, error)) (*pair, error) {
	p := &pair{dir: dir, base: name + extWARC}
	p.warc.name, p.cdxj.name = filepath.Join(dir, name+extWARC), filepath.Join(dir, name+extCDXJ)
	if _, err := os.Lstat(p.warc.name); err == nil {
		return nil, &os.PathError{Op: "create", Path: p.warc.name, Err: os.ErrExist}
	}
	var err error
	if p.warc.file, err = create(p.warc.name + extOpen); err != nil {
		return nil, err
	}
	if p.cdxj.file, err = create(p.cdxj.name + extOpen); err != nil {
		return nil, errors.Join(err, p.warc.Close(), os.Remove(p.warc.name+extOpen))
	}
	return p, nil
}

// append writes a batch to both files, or to none.
func (p *pair) append(b *batch) error {
	p.line = p.line[:0]
	for _, e := range b.entries {
		e.offset += p.warc.size
		p.line = e.appendLine(p.line, p.base)
	}
	err := p.warc.append(b.out.Bytes())
	if err == nil && len(p.line) > 0 {
		err = p.cdxj.append(p.line)
	}
	if err == nil {
		p.warc.size += int64(b.out.Len())
		p.cdxj.size += int64(len(p.line))
		return nil
	}
	if back := errors.Join(p.warc.takeBack(), p.cdxj.takeBack()); back != nil {
		p.broken = true
		return fmt.Errorf("%w, and what was written of it could not be taken back: %w", err, back)
	}
	return err
}

func (p *part) append(b []byte) error {
	_, err := p.Write(b)
	return err
}

// takeBack cuts off what has been written since size was.
func (p *part) takeBack() error {
	if err := p.Truncate(p.size); err != nil {
		return err
	}
	_, err := p.Seek(p.size, io.SeekStart)
	return err
}

// finish puts both files on the disk and gives them their names, the index first: a WARC file with its name has one.
func (p *pair) finish() error {
	if err := errors.Join(p.cdxj.Sync(), p.warc.Sync()); err != nil {
		return errors.Join(err, p.close())
	}
	if err := p.close(); err != nil {
		return err
	}
	return finishNames(p.dir, p.cdxj.name, p.warc.name)
}

// finishNames takes extOpen off names in a directory, for good.
func finishNames(dir string, names ...string) error {
	for _, name := range names {
		if err := os.Rename(name+extOpen, name); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

func (p *pair) close() error { return errors.Join(p.warc.Close(), p.cdxj.Close()) }

func (p *pair) remove() error {
	return errors.Join(p.close(), os.Remove(p.warc.name+extOpen), os.Remove(p.cdxj.name+extOpen))
}
