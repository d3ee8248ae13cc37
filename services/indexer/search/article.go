package search

import (
	"errors"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search/analysis"
)

// What all backends hold of an article. What it does not say is not there: one without a date is in no range of dates, and
// sorts last by date.

// Text is the text that is indexed, and that snippets are cut from. The body begins at the offset. A title that was taken
// from the body is not said twice.
func Text(a *article.Article) (text string, body int) {
	if a.DisplayTitle.Derived || a.DisplayTitle.Text == "" {
		return a.Text, 0
	}
	text = a.DisplayTitle.Text + "\n\n" + a.Text
	return text, len(text) - len(a.Text)
}

// MaxLabel is the most bytes of a value that is counted, with its folded form.
const MaxLabel = 400

// Fold folds a value that is counted: those that differ in case, accents and punctuation only are one. What has neither
// letters nor digits is none.
func Fold(value string) string {
	var words []string
	for _, t := range analysis.For("").Tokens(value) {
		if t.Kind == analysis.Written {
			words = append(words, t.Term)
		}
	}
	return strings.Join(words, " ")
}

// DayLayout is how a day is counted.
const DayLayout = "20060102"

// Datable reports whether a time is one that a query can ask for, and an index holds.
func Datable(t time.Time) bool { return t.Year() > 1677 && t.Year() < 2262 }

// OrderOf is a datable time in bytes that sort as times do: seconds from before 1678, seven bits a byte, because 0xff parts
// values in bleve's columns.
func OrderOf(t time.Time) []byte {
	n := uint64(t.Unix() + epoch) // of 35 bits
	b := make([]byte, orderBytes)
	for i := range b {
		b[i] = byte(n >> (7 * (len(b) - 1 - i)) & 0x7f)
	}
	return b
}

// TimeOf is the time that OrderOf made bytes of.
func TimeOf(order []byte) (time.Time, error) {
	n := int64(0)
	for _, b := range order {
		n = n<<7 | int64(b&0x7f)
	}
	if t := time.Unix(n-epoch, 0).UTC(); len(order) == orderBytes && Datable(t) {
		return t, nil
	}
	return time.Time{}, errors.New("names no time")
}

const (
	epoch      = 1 << 34
	orderBytes = 5
)
