package export

import (
	"bytes"
	"encoding/json"

	"dateline/services/indexer/store"
)

// appendRecord writes the record for another indexer.
func appendRecord(dst []byte, r *store.Record) ([]byte, error) {
	b, err := json.Marshal(r)
	return append(append(dst, b...), '\n'), err
}

// appendJSON writes the article as it is stored, with what newer publishers put into it.
func appendJSON(dst []byte, r *store.Record) ([]byte, error) {
	if bytes.ContainsAny(r.Article, "\n\r") { // white space between tokens: strings have these escaped
		b := bytes.NewBuffer(dst)
		if err := json.Compact(b, r.Article); err != nil {
			return dst, err
		}
		return append(b.Bytes(), '\n'), nil
	}
	return append(append(dst, r.Article...), '\n'), nil
}
