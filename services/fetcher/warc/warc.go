// Package warc keeps what the fetcher gets as WARC 1.1 files (ISO 28500:2017), and reads such files, those of others
// included. It knows nothing of queues or articles.
//
// A Writer takes captures, each an exchange of HTTP messages, and keeps each as a few records: what was asked, what was
// answered, and where that helps, how the capture came about. A Reader gives records back, from files that are whole as
// well as from files that are not.
//
//	capture --Writer--> dateline-….warc.gz.open --rotation--> dateline-….warc.gz --Reader--> records
//	                    dateline-….cdxj.open                  dateline-….cdxj
package warc

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The types of records that are told apart here (ISO 28500, 6).
const (
	TypeInfo     = "warcinfo"
	TypeRequest  = "request"
	TypeResponse = "response"
	TypeRevisit  = "revisit"
	TypeMetadata = "metadata"
)

// The fields of records (ISO 28500, 5).
const (
	fieldType          = "WARC-Type"
	fieldID            = "WARC-Record-ID"
	fieldDate          = "WARC-Date"
	fieldLength        = "Content-Length"
	fieldContentType   = "Content-Type"
	fieldTarget        = "WARC-Target-URI"
	fieldConcurrent    = "WARC-Concurrent-To"
	fieldAddress       = "WARC-IP-Address"
	fieldBlockDigest   = "WARC-Block-Digest"
	fieldPayloadDigest = "WARC-Payload-Digest"
	fieldTruncated     = "WARC-Truncated"
	fieldProfile       = "WARC-Profile"
	fieldRefersTo      = "WARC-Refers-To"
	fieldRefersTarget  = "WARC-Refers-To-Target-URI"
	fieldRefersDate    = "WARC-Refers-To-Date"
	fieldFilename      = "WARC-Filename"

	// The standard has one payload digest a record, which by custom is SHA-1; what Dateline itself tells bodies apart by
	// is SHA-256.
	fieldPayloadSHA256 = "Dateline-Payload-Digest"
	// As Common Crawl names it: what the exchange was spoken in, where the block shows HTTP/1.1 in its place.
	fieldProtocol = "WARC-Protocol"
)

// The profiles of revisits (ISO 28500, 6.7).
const (
	profileIdentical   = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
	profileNotModified = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
)

// Fields are a record's, in the order of the file.
type Fields []Field

// Field is one of them, its value without white space around it.
type Field struct{ Name, Value string }

// Get is the first value of a field, its name in any case, or "".
func (f Fields) Get(name string) string {
	for i := range f {
		if strings.EqualFold(f[i].Name, name) {
			return f[i].Value
		}
	}
	return ""
}

// Position is a place in a file at which a Reader can begin.
type Position struct {
	Offset int64 `json:"offset"` // of the gzip member, or in a file without compression of the record
	Within int64 `json:"within"` // bytes into the member's decompressed text; 0 where each record is a member of its own
}

func (p Position) String() string {
	if p.Within == 0 {
		return fmt.Sprintf("offset %d", p.Offset)
	}
	return fmt.Sprintf("offset %d, and %d decompressed", p.Offset, p.Within)
}

// Record is one record as it was read.
type Record struct {
	Position
	Type   string // in lower case: response, request, …
	Fields Fields
	Block  []byte // until the next call of Next, and at most MaxBlock bytes
	Cut    bool   // the block has more bytes than Block
}

// ID is the record's, without the angle brackets.
func (r *Record) ID() string { return unbracket(r.Fields.Get(fieldID)) }

// Target is the URI that the record is about, as the file has it but for the angle brackets of WARC 1.0; "" where there
// is none.
func (r *Record) Target() string { return unbracket(r.Fields.Get(fieldTarget)) }

// Truncated tells whether the one who wrote the record left out a part of the block.
func (r *Record) Truncated() bool { return r.Fields.Get(fieldTruncated) != "" }

// Date is when the record was captured.
func (r *Record) Date() (time.Time, error) {
	value := r.Fields.Get(fieldDate)
	if value == "" {
		return time.Time{}, errors.New("no " + fieldDate)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006", "20060102150405"} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q is no date", fieldDate, value)
}

func unbracket(s string) string {
	if strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">") {
		return s[1 : len(s)-1]
	}
	return s
}
