// Package backup is the form of a backup file: the bytes of a store, compressed, and at the end a manifest by which a copy that
// broke off or was damaged is told from a whole one.
//
//	zstd frames (RFC 8878) of the store's bytes
//	one skippable frame of manifestSize bytes: the manifest as JSON, and spaces
//
// zstd itself skips the manifest, so that `zstd -dc FILE` gives the store where no Dateline is at hand.
package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/klauspost/compress/zstd"
)

// format is the version of the file's form.
const format = 1

const (
	skippable    = 0x184D2A5D // one of the sixteen magic numbers of such frames
	frameHeader  = 8          // magic number and length, little endian
	manifestSize = 504
)

// Manifest says what a backup is of.
type Manifest struct {
	Format   int       `json:"format"`
	Store    string    `json:"store"`    // id of the record
	Taken    time.Time `json:"taken"`    // all that was written before is in it
	LastSeq  uint64    `json:"last_seq"` // the record's last change
	Articles uint64    `json:"articles"`
	Bytes    int64     `json:"bytes"`  // of the store
	SHA256   string    `json:"sha256"` // of its bytes, in hex
}

// ErrNotWhole means that a file is no backup, or not a whole one, or is damaged.
var ErrNotWhole = errors.New("not a whole backup")

// Write writes a backup of what from writes. It fills in the manifest's format, size and checksum.
func Write(w io.Writer, m Manifest, from io.WriterTo) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	sum := sha256.New()
	if m.Bytes, err = from.WriteTo(io.MultiWriter(z, sum)); err != nil {
		return errors.Join(fmt.Errorf("backup: %w", err), z.Close())
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	m.Format, m.SHA256 = format, hex.EncodeToString(sum.Sum(nil))
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if len(text) > manifestSize {
		return fmt.Errorf("backup: a manifest of %d bytes", len(text))
	}
	frame := binary.LittleEndian.AppendUint32(nil, skippable)
	frame = binary.LittleEndian.AppendUint32(frame, manifestSize)
	frame = append(append(frame, text...), bytes.Repeat([]byte{' '}, manifestSize-len(text))...)
	if _, err := w.Write(frame); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// ReadManifest reads what stands at the end of a file. It tells nothing yet of what stands before.
func ReadManifest(f io.ReadSeeker) (Manifest, error) {
	var m Manifest
	frame := make([]byte, frameHeader+manifestSize)
	if _, err := f.Seek(-int64(len(frame)), io.SeekEnd); err != nil {
		return m, fmt.Errorf("%w: it is too short", ErrNotWhole)
	}
	if _, err := io.ReadFull(f, frame); err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	if binary.LittleEndian.Uint32(frame) != skippable || binary.LittleEndian.Uint32(frame[4:]) != manifestSize {
		return m, fmt.Errorf("%w: its end is missing", ErrNotWhole)
	}
	if err := json.Unmarshal(frame[frameHeader:], &m); err != nil {
		return m, fmt.Errorf("%w: manifest: %w", ErrNotWhole, err)
	}
	if m.Format != format {
		return m, fmt.Errorf("backup of format %d; this Dateline reads format %d", m.Format, format)
	}
	return m, nil
}

// Content is what a backup holds, as it was unpacked.
type Content struct {
	bytes int64
	sum   hash.Hash
}

// Unpack writes the store's bytes that a backup holds, and returns what they were. progress, which may be nil, hears how many
// there were so far.
func Unpack(ctx context.Context, from io.Reader, to io.Writer, progress func(bytes int64)) (*Content, error) {
	z, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("unpack backup: %w", err)
	}
	defer z.Close()
	c := &Content{sum: sha256.New()}
	for buffer := make([]byte, 1<<20); ; {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("unpack backup: %w", context.Cause(ctx))
		}
		n, err := z.Read(buffer)
		if _, werr := to.Write(buffer[:n]); werr != nil {
			return nil, fmt.Errorf("unpack backup: %w", werr)
		}
		c.sum.Write(buffer[:n])
		c.bytes += int64(n)
		if progress != nil {
			progress(c.bytes)
		}
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: after %d bytes of the store: %w", ErrNotWhole, c.bytes, err)
		}
	}
}

// Check tells whether the content is what the manifest says.
func (c *Content) Check(m Manifest) error {
	switch {
	case c.bytes != m.Bytes:
		return fmt.Errorf("%w: it holds %d bytes of a store of %d", ErrNotWhole, c.bytes, m.Bytes)
	case hex.EncodeToString(c.sum.Sum(nil)) != m.SHA256:
		return fmt.Errorf("%w: its checksum is wrong", ErrNotWhole)
	}
	return nil
}
