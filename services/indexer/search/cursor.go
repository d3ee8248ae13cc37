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
	// Groups are those of near-duplicates that had their article, where they are collapsed.
	Groups []byte `json:"g,omitempty"`
}

const (
	sortValues = 2 // that the order by date has: date and id
	seenBytes  = 6 // of an id: enough to tell one article from a million others; and of a group's number
	// maxSeen is how many articles and groups a cursor names, and so how far pages by relevance go. A cursor then has about
	// 5 kB, which all servers and proxies take in a URL.
	maxSeen = 500
)

// keys are those that a cursor names.
func keys(b []byte) map[string]bool {
	all := make(map[string]bool, len(b)/seenBytes)
	for i := 0; i < len(b); i += seenBytes {
		all[string(b[i:i+seenBytes])] = true
	}
	return all
}

// fits reports whether a cursor can hold the page. By date one forgets the groups that were told first.
func (p *page) fits() bool {
	if over := len(p.Groups) - maxSeen*seenBytes; len(p.Seen) == 0 && over > 0 {
		p.Groups = p.Groups[over:]
	}
	return len(p.Seen)+len(p.Groups) < maxSeen*seenBytes || len(p.Seen) == 0
}

// seenKey is how an article's id stands in a cursor.
func seenKey(id string) string {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) < seenBytes {
		return (id + "      ")[:seenBytes]
	}
	return string(b[:seenBytes])
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
	whole := len(p.After) == 0 && len(p.Seen) > 0
	if order == ByDate {
		whole = len(p.After) == sortValues && len(p.Seen) == 0
	}
	for _, keys := range [][]byte{p.Seen, p.Groups} {
		whole = whole && len(keys)%seenBytes == 0 && len(keys) <= maxSeen*seenBytes
	}
	if !whole {
		return page{}, errors.New("is not a cursor that this API gave")
	}
	return p, nil
}
