package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"dateline/pkg/backup"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
)

// Backup copies the record of a running Dateline to a file, and makes sure that the copy is whole.
type Backup struct {
	Client
	OfPartition
	File string `arg:"" help:"File to write; it must not be there yet." type:"path"`
}

// backupPatience is how long the indexer may be silent between one piece and the next.
const backupPatience = time.Minute

// Run writes FILE.part and gives it its name when it is on the disk and was read back from there.
func (b *Backup) Run(ctx context.Context, term *Terminal) error {
	if _, err := os.Lstat(b.File); err == nil {
		return fmt.Errorf("%s is there already", b.File)
	}
	part := b.File + ".part"
	m, size, err := b.receive(ctx, term, part)
	if err != nil {
		return errors.Join(fmt.Errorf("back up to %s: %w", b.File, err), os.RemoveAll(part))
	}
	if err := os.Rename(part, b.File); err != nil {
		return err
	}
	if dir, err := os.Open(filepath.Dir(b.File)); err == nil { // so that the name lasts, where directories can be synced
		_ = dir.Sync()
		_ = dir.Close()
	}
	_, err = fmt.Fprintf(term.Out, "%s articles, up to change %s, backed up to %s: %s, of a store of %s, as of %s\n", humanize.Comma(int64(m.Articles)),
		humanize.Comma(int64(m.LastSeq)), b.File, humanize.Bytes(uint64(size)), humanize.Bytes(uint64(m.Bytes)), m.Taken.Local().Format("2006-01-02 15:04:05"))
	return err
}

// receive writes a backup to a file, unpacking what comes only to see how far it is, and then reads it back whole.
func (b *Backup) receive(ctx context.Context, term *Terminal, path string) (m backup.Manifest, size int64, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(backupPatience, func() { cancel(errors.New("the indexer says nothing any more")) })
	defer silence.Stop()
	resp, err := b.send(ctx, http.MethodGet, "/v1/backup", b.values(), nil)
	if err != nil {
		return m, 0, err
	}
	defer resp.Body.Close()
	total, err := strconv.ParseInt(resp.Header.Get("Dateline-Store-Bytes"), 10, 64)
	if err != nil {
		return m, 0, fmt.Errorf("answer of /v1/backup: no size: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return m, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	copying := term.BytesBar(total, "backing up")
	_, err = backup.Unpack(ctx, io.TeeReader(resp.Body, f), io.Discard, func(done int64) {
		silence.Reset(backupPatience)
		_ = copying.Set64(done)
	})
	silence.Stop()
	_ = copying.Finish()
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return m, 0, err
	}
	if m, err = backup.ReadManifest(f); err != nil {
		return m, 0, err
	}
	if size, err = f.Seek(0, io.SeekEnd); err != nil {
		return m, 0, err
	}
	return m, size, verify(ctx, term, f, m)
}

// verify reads a file back and compares it with its manifest.
func verify(ctx context.Context, term *Terminal, f io.ReadSeeker, m backup.Manifest) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	reading := term.BytesBar(m.Bytes, "reading back")
	c, err := backup.Unpack(ctx, f, io.Discard, func(done int64) { _ = reading.Set64(done) })
	_ = reading.Finish()
	if err != nil {
		return err
	}
	return c.Check(m)
}

// CountBar is progress by number, seen where Err is a terminal.
func (t *Terminal) CountBar(total int64, what string) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total, progressbar.OptionSetWriter(t.Err), progressbar.OptionSetVisibility(t.Interactive), progressbar.OptionShowCount(),
		progressbar.OptionSetDescription(what), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
}

// BytesBar is progress in bytes, seen where Err is a terminal.
func (t *Terminal) BytesBar(total int64, what string) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total, progressbar.OptionSetWriter(t.Err), progressbar.OptionSetVisibility(t.Interactive), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription(what), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
}
