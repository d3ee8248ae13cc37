package warc

import (
	"bytes"
	"crypto/sha1" // by which records say what their block is
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// What a Reader takes in at most.
const (
	MaxBlock  = 17 << 20 // bytes of a block that are given; the rest is skipped
	maxHeader = 64 << 10 // bytes of a record's fields
	maxFields = 500
)

// Damage is what is wrong at a place of a file. It does not keep what follows from being read.
type Damage struct {
	Position
	Err error
}

func (d *Damage) Error() string { return fmt.Sprintf("at %s: %v", d.Position, d.Err) }

func (d *Damage) Unwrap() error { return d.Err }

// ErrZstd means that a file is compressed with zstd, which has no members to begin at.
var ErrZstd = errors.New("the file is compressed with zstd; decompress it, or compress it with gzip")

// Reader reads the records of a WARC file of any version up to 1.1, compressed with gzip, each record or all in one
// member, or not at all. It takes what others have got wrong for what they meant: lines that end in LF alone, separators
// that are missing or too many, a Content-Length that is not the block's, members that are cut off or damaged. Its time
// is linear in the length of what it reads, and its memory bounded.
type Reader struct {
	gz   *members // nil where the file is not compressed
	text tape
	done int   // bytes of text that the last record takes
	rest int64 // bytes that come after them and are skipped: of a block larger than MaxBlock
	told bool  // the failure that ended the text has been reported
	err  error // for good
}

// NewReader reads a file from a position on, at whose offset r begins.
func NewReader(r io.Reader, at Position) *Reader {
	z := newMembers(r, at.Offset)
	switch head := z.in.peek(4); {
	case bytes.HasPrefix(head, gzipMagic):
		d := &Reader{gz: z}
		if err := z.next(); err != nil {
			d.text.reset(failed{err}, 0)
			return d
		}
		d.text.reset(z, 0)
		d.text.skip(at.Within)
		return d
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), bytes.Equal(head, []byte{0x5d, 0x2a, 0x4d, 0x18}): // a frame, or a dictionary before
		return &Reader{err: ErrZstd}
	}
	return &Reader{text: z.in}
}

type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }

// Position is where the next record begins, or what comes before it: a Reader from there on gives the same records.
func (r *Reader) Position() Position {
	if r.gz == nil {
		return Position{Offset: r.text.base + int64(r.done) + r.rest}
	}
	left := bytes.TrimLeft(r.text.held()[r.done:], "\r\n")
	if len(left) == 0 && r.rest == 0 && r.text.err != nil && r.text.failure() == nil {
		return Position{Offset: r.gz.place()}
	}
	return Position{Offset: r.gz.start, Within: r.text.base + int64(r.done) + r.rest}
}

// Next reads the next record. Its error is io.EOF at the end of the file, a *Damage where there is something wrong after
// which it goes on, and else what kept r from being read. With a *Damage there may be a record all the same, as far as
// it could be read.
func (r *Reader) Next() (*Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	r.text.drop(r.done)
	rest := r.rest
	r.done, r.rest = 0, 0
	if rest > 0 {
		at := r.Position()
		if n := r.text.skip(rest); n < rest {
			return nil, &Damage{at, fmt.Errorf("a large block ends %d bytes early", rest-n)}
		}
	}
	for {
		head := r.text.peek(maxVersion)
		if n := separators(head); n > 0 {
			r.text.drop(n)
			continue
		}
		if len(head) > 0 {
			return r.record()
		}
		switch err := r.turn(); {
		case err == nil:
		case errors.As(err, new(*Damage)):
			return nil, err
		default:
			r.err = err
			return nil, err
		}
	}
}

// turn goes from a text that has ended to the next.
func (r *Reader) turn() error {
	err := r.text.failure()
	if r.gz == nil {
		if err == nil {
			err = io.EOF
		}
		return err
	}
	at := Position{Offset: r.gz.start, Within: r.text.base}
	if err == nil { // the member is whole
		switch err = r.gz.next(); {
		case err == nil:
			r.text.reset(r.gz, 0)
			r.told = false
			return nil
		case errors.Is(err, io.EOF):
			return io.EOF
		}
		at, r.told = Position{Offset: r.gz.start}, false
	}
	if failure := r.gz.in.failure(); failure != nil {
		return failure
	}
	told := r.told
	if next := r.gz.resync(); next != nil {
		r.text.reset(failed{io.EOF}, 0)
		if !errors.Is(next, io.EOF) {
			return next
		}
	} else if next := r.gz.next(); next != nil { // resync has tried it
		return next
	} else {
		r.text.reset(r.gz, 0)
	}
	r.told = false
	if told {
		return nil
	}
	return &Damage{at, fmt.Errorf("gzip: %w", err)}
}

// record reads the record, or what is none, that the text is at.
func (r *Reader) record() (*Record, error) {
	at := r.Position()
	if !startsRecord(r.text.peek(maxVersion)) {
		n := r.junk()
		if err := r.text.failure(); err != nil && len(r.text.held()) == 0 {
			r.told = true
			return nil, &Damage{at, fmt.Errorf("%d bytes that are no record, then: %w", n, err)}
		}
		return nil, &Damage{at, fmt.Errorf("%d bytes that are no record", n)}
	}
	head := r.header()
	if head == 0 {
		r.text.drop(len("WARC/")) // so that looking for the next record does not find this
		n := r.junk()
		r.told = r.text.failure() != nil && len(r.text.held()) == 0
		return nil, &Damage{at, fmt.Errorf("a record of which the fields do not end, within %d bytes", n)}
	}
	rec := &Record{Position: at, Fields: parseFields(r.text.peek(head))}
	rec.Type = strings.ToLower(rec.Fields.Get(fieldType))
	err := r.block(rec, head)
	if failure := r.text.failure(); failure != nil && r.rest == 0 && r.done+separators(r.text.held()[r.done:]) == len(r.text.held()) {
		r.told = true
		if err == nil { // such as a wrong checksum
			err = errors.New("after the block")
		}
		err = fmt.Errorf("%w: %w", err, failure)
	}
	if err != nil {
		return rec, &Damage{at, err}
	}
	return rec, nil
}

// header is the length of the fields, with the empty line after them; 0 where there is none before the next record.
func (r *Reader) header() int {
	for n := 4 << 10; ; n *= 2 {
		b := r.text.peek(min(n, maxHeader))
		last := len(b) < n
		if next := indexRecord(b, 1); next >= 0 {
			b, last = b[:next], true
		}
		if end := emptyLine(b); end >= 0 {
			return end
		}
		if last {
			return 0
		}
	}
}

// block finds the block of a record whose fields take head bytes: of the length that they tell, if a record or the
// text's end follows, and else up to where that is so. The error tells in what they are wrong.
func (r *Reader) block(rec *Record, head int) error {
	told, err := strconv.ParseInt(rec.Fields.Get(fieldLength), 10, 64)
	if err != nil || told < 0 {
		n := r.extend(head, head)
		rec.Block, r.done = r.text.held()[head:head+n], head+n
		return fmt.Errorf("%s %q is no length", fieldLength, rec.Fields.Get(fieldLength))
	}
	most := int(min(told, MaxBlock))
	b := r.text.peek(head + most + lookahead)[head:]
	if told > MaxBlock && len(b) >= MaxBlock {
		rec.Block, rec.Cut = b[:MaxBlock], true
		r.done, r.rest = head+MaxBlock, told-MaxBlock
		return nil
	}
	if len(b) < most { // the text ends early
		n := indexRecord(b, 0)
		switch {
		case r.text.failure() != nil: // what inflates from damage on may look like anything
			n = len(b)
		case n >= 0:
			n = len(trimSeparator(b[:n]))
		default:
			n = len(trimSeparator(b))
		}
		rec.Block, r.done = b[:n], head+n
		return fmt.Errorf("%s is %d, the block has %d bytes", fieldLength, told, n)
	}
	after := b[most:]
	after = after[separators(after):]
	if len(after) == 0 || startsRecord(after) {
		n := most - swallowed(b[:most], len(b)-most-len(after), rec.Fields.Get(fieldBlockDigest))
		rec.Block, r.done = b[:n], head+n
		if n < most {
			return fmt.Errorf("%s is %d, the block has %d bytes", fieldLength, told, n)
		}
		return nil
	}
	n := indexRecord(b[:most], 0)
	if n >= 0 {
		n = len(trimSeparator(b[:n]))
	} else {
		n = r.extend(head, head+most)
	}
	rec.Block, r.done = r.text.held()[head:head+n], head+n
	return fmt.Errorf("%s is %d, the block has %d bytes", fieldLength, told, n)
}

// swallowed is how many bytes at the end of a block are of the separator, of which only so many come after it: a length
// that is a little too large, or a block that ends so. The digest of the block tells.
func swallowed(block []byte, after int, digest string) int {
	const separator = "\r\n\r\n"
	missing := len(separator) - after
	if missing <= 0 || !bytes.HasSuffix(block, []byte(separator[:missing])) {
		return 0
	}
	sum := sha1.Sum(block[:len(block)-missing])
	if !strings.EqualFold(digest, sha1Field(sum[:])) {
		return 0
	}
	return missing
}

// lookahead is how far beyond a block its separator and the start of the next record are looked for.
const lookahead = 64

// extend is the length of a block that begins at head and goes on from a place in the text up to the next record, or the
// text's end, or MaxBlock.
func (r *Reader) extend(head, from int) int {
	for n := from + chunk; ; n += n {
		b := r.text.peek(min(n, head+MaxBlock))
		if i := indexRecord(b, min(from, len(b))); i >= 0 {
			return len(trimSeparator(b[head:i]))
		}
		if len(b) < n {
			return len(trimSeparator(b[head:]))
		}
		from = max(from, len(b)-maxVersion)
	}
}

// junk lets go of all before the next record of the text, and says how much that was.
func (r *Reader) junk() (n int) {
	for {
		b := r.text.peek(chunk)
		i := indexRecord(b, 0)
		if i < 0 {
			i = len(b)
			if i == chunk {
				i -= maxVersion
			}
		}
		r.text.drop(i)
		n += i
		if i < len(b) && startsRecord(b[i:]) || len(b) < chunk {
			return n
		}
	}
}
