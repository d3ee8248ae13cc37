package publication

import (
	"strings"

	"dateline/pkg/article"
)

// pubStatus is whether a publication may be used: the words of the IPTC's NewsCodes pubstatusg2, "" where nothing says.
type pubStatus string

const (
	usable   pubStatus = "usable"
	withheld pubStatus = "withheld" // until further notice
	canceled pubStatus = "canceled" // for good
)

// pubStatus takes in what a field says of that: a word, or a qcode or URI that ends in one. What was said before, by a header,
// wins. Other words are passed over in a body, as is all that is not known there.
func (r *reader) pubStatus(field, value string) {
	if value == "" || r.status != "" {
		return
	}
	word := strings.ToLower(value[strings.LastIndexAny(value, ":/")+1:])
	if word == "cancelled" {
		word = string(canceled)
	}
	switch s := pubStatus(word); s {
	case usable, withheld, canceled:
		r.status = s
	default:
		if field == article.HeaderPubStatus {
			r.wrong(field, "%q is none of usable, withheld and canceled", value)
		}
	}
}

// withdrawn tells that the publication withdraws what it names.
func (r *reader) withdrawn() bool { return r.status == withheld || r.status == canceled }
