package store

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"dateline/pkg/article"

	"github.com/klauspost/compress/zstd"
)

// Record is one revision of an article, as kept.
type Record struct {
	Seq      uint64    `json:"seq"`                    // its place in the change feed
	Revision int       `json:"revision"`               // 1 for the first
	Previous uint64    `json:"previous_seq,omitempty"` // the revision that this one replaced
	Stored   time.Time `json:"stored"`
	Received time.Time `json:"received"` // when the pipeline took the page or publication
	Origin   string    `json:"origin"`   // the journey that brought it

	// Removal says that the article is removed, as of this revision; Article then is what it was before.
	Removal *article.Removal `json:"removal,omitempty"`

	// Article is the JSON that arrived, with the fields of newer publishers that this Dateline does not know.
	Article json.RawMessage `json:"article,omitempty"`
}

// Hidden reports whether lists, searches and exports are not to show the article.
func (r *Record) Hidden() bool { return r.Removal != nil && r.Removal.Reason == article.Withdrawn }

// Decode reads the record's article.
func (r *Record) Decode() (*article.Article, error) {
	a, err := article.Decode(r.Article)
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", r.Seq, err)
	}
	return a, nil
}

// maxRecord bounds what a damaged row can unpack to. An article is at most one message of 8 MB.
const maxRecord = 64 << 20

var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		if err != nil { // options are constant
			panic(err)
		}
		return e
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxRecord), zstd.WithDecoderConcurrency(0))
		if err != nil {
			panic(err)
		}
		return d
	})
)

func packRecord(r *Record) ([]byte, error) {
	head := *r
	head.Article = nil
	b, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", r.Seq, err)
	}
	// The article was read as JSON on its way here: put in as it is, it need not be gone through once more.
	b = append(b[:len(b)-1], `,"article":`...)
	b = append(append(b, r.Article...), '}')
	return encoder().EncodeAll(b, make([]byte, 0, len(b)/2)), nil
}

// unpackRecord copies: nothing in the record refers to the packed bytes, which are gone with their transaction.
func unpackRecord(seq uint64, packed []byte) (*Record, error) {
	b, err := decoder().DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", seq, err)
	}
	var r Record
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("record %d: %w", seq, err)
	}
	return &r, nil
}
