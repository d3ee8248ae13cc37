package search

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// page is what a cursor holds: where its page begins. Both orders keep a promise while articles are added: what was
// searchable at the first page, and is not revised meanwhile, comes exactly once over all pages. Articles that are added
// meanwhile come if their place is on a later page.
type page struct {
	Query string   `json:"q"`
	After [][]byte `json:"a,omitempty"` // by date: the sort values of the last hit. They are bytes, not text: those of dates are not UTF-8
	Seen  []byte   `json:"s,omitempty"` // by relevance: the ids so far, as scores, and with them all places, shift with each new article
}

const (
	sortValues = 2 // that the order by date has: date and id
	seenBytes  = 6 // of an id: enough to tell one article from a million others
	// maxSeen is how far pages by relevance go. A cursor then has about 4 kB, which all servers and proxies take in a URL.
	maxSeen = 500
)

// seen tells which articles were on pages before.
func (p page) seen() map[string]bool {
	if len(p.Seen) == 0 {
		return nil
	}
	seen := make(map[string]bool, len(p.Seen)/seenBytes)
	for i := 0; i < len(p.Seen); i += seenBytes {
		seen[string(p.Seen[i:i+seenBytes])] = true
	}
	return seen
}

// seenKey is how an article's id stands in a cursor.
func seenKey(id string) string {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) < seenBytes {
		return (id + "      ")[:seenBytes]
	}
	return string(b[:seenBytes])
}

// after is the place that a page by date begins after, nil for the first one.
func (p page) after() *place {
	if len(p.After) != sortValues {
		return nil
	}
	return &place{orderIn(string(p.After[0])), string(p.After[1])}
}

// values are a place as a cursor has it.
func (p place) values() [][]byte {
	return [][]byte{orderTerm(nil, p.order, orderBytes), []byte(p.id)}
}

func (p page) encode() (string, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func decodePage(cursor, queryID string, order Sort) (page, error) {
	var p page
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || json.Unmarshal(b, &p) != nil {
		return page{}, errors.New("is not a cursor that this API gave")
	}
	if p.Query != queryID {
		return page{}, errors.New("belongs to another search")
	}
	whole := len(p.After) == 0 && len(p.Seen) > 0 && len(p.Seen)%seenBytes == 0 && len(p.Seen) <= maxSeen*seenBytes
	if order == ByDate {
		whole = len(p.After) == sortValues && len(p.Seen) == 0
	}
	if !whole {
		return page{}, errors.New("is not a cursor that this API gave")
	}
	return p, nil
}
