// Package export writes records of the store in the formats of other tools, and selects the records to write.
//
// An encoder sees one record at a time and keeps no more than that, or one bounded row group, whatever the number of
// records. The same records give the same bytes, so that what broke off can go on.
package export

import (
	"fmt"
	"io"
	"slices"

	"dateline/services/indexer/store"
)

// Version has to grow with each change to the bytes that an encoder writes: what was begun under another one cannot be
// continued.
const Version = 1

// Format is how records are written.
type Format string

// The formats. In the first three a record is a line (of CSV, a row, which may hold line breaks).
const (
	JSONL    Format = "jsonl"    // the article as stored, https://jsonlines.org
	CSV      Format = "csv"      // RFC 4180, the columns of Columns
	NINJS    Format = "ninjs"    // IPTC's News in JSON 3.0, an object a line
	Markdown Format = "markdown" // a tar archive of a CommonMark file an article, with YAML front matter
	Parquet  Format = "parquet"  // typed columns, the fields of parquetRow
)

// Records is how an indexer sends another one records that are to become rows there: as they are, one a line of JSON.
const Records Format = "record"

// Formats are all there are.
var Formats = []Format{JSONL, CSV, Parquet, NINJS, Markdown}

// Valid reports whether there is such a format.
func (f Format) Valid() bool { return slices.Contains(Formats, f) }

// ContentType is the format's media type.
func (f Format) ContentType() string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8; header=present"
	case Markdown:
		return "application/x-tar"
	case Parquet:
		return "application/vnd.apache.parquet"
	}
	return "application/jsonl"
}

// Extension is what names of such files end in, with the dot.
func (f Format) Extension() string {
	switch f {
	case NINJS:
		return ".ninjs.jsonl"
	case Markdown:
		return ".tar"
	}
	return "." + string(f)
}

// Resumable reports whether records can be added to the bytes of the ones before. A Parquet file has its index at its
// end, with the places of all that is before it.
func (f Format) Resumable() bool { return f != Parquet }

// Options are an encoder's.
type Options struct {
	Format Format
	BOM    bool // of CSV: begin with U+FEFF, by which Excel tells UTF-8
	Resume bool // the records follow others, after which they are to stand; of a resumable format only
}

// Encoder writes records.
type Encoder interface {
	// Encode writes a record, or keeps it until its row group is full.
	Encode(*store.Record) error
	// Close writes what has to stand at the end. It does not close what is written to.
	Close() error
}

// New begins a file.
func New(w io.Writer, o Options) (Encoder, error) {
	switch {
	case o.Format == Records:
		return &lines{w: w, row: appendRecord}, nil
	case !o.Format.Valid():
		return nil, fmt.Errorf("export: there is no format %q", o.Format)
	case o.Resume && !o.Format.Resumable():
		return nil, fmt.Errorf("export: a %s file cannot be continued", o.Format)
	}
	switch o.Format {
	case CSV:
		e := &lines{w: w, row: appendCSV}
		if !o.Resume {
			e.buf = appendHeader(e.buf, o.BOM)
		}
		return e, nil
	case NINJS:
		return &lines{w: w, row: appendNINJS}, nil
	case Markdown:
		return newArchive(w), nil
	case Parquet:
		return newParquet(w), nil
	}
	return &lines{w: w, row: appendJSON}, nil
}

// lines are the formats that are one row after the other.
type lines struct {
	w   io.Writer
	row func([]byte, *store.Record) ([]byte, error)
	buf []byte // of the row, and of the header before the first one
}

func (e *lines) Encode(r *store.Record) (err error) {
	if e.buf, err = e.row(e.buf, r); err != nil {
		return fmt.Errorf("export record %d: %w", r.Seq, err)
	}
	return e.flush()
}

func (e *lines) Close() error { return e.flush() }

func (e *lines) flush() error {
	if len(e.buf) == 0 {
		return nil
	}
	_, err := e.w.Write(e.buf)
	e.buf = e.buf[:0]
	return err
}
