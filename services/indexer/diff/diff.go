// Package diff tells what differs between two versions of an article: field by field, and in the text word by word.
//
// The package is pure: it keeps nothing. Its work is bounded by the length of the texts (the search for what both have
// gives up after a hundred differences, and then tells of longer ones).
package diff

import (
	"strings"
	"unicode"

	"dateline/pkg/article"

	"github.com/aymanbagabas/go-udiff/lcs"
)

// Op says what became of a piece of text.
type Op string

// The ops.
const (
	Equal  Op = "equal"
	Delete Op = "delete"
	Insert Op = "insert"
)

// Piece is text that both versions have, or only the first (Delete), or only the second (Insert). A version is the
// concatenation of its pieces.
type Piece struct {
	Op   Op     `json:"op"`
	Text string `json:"text"`
}

// Field is a field that differs. Before and After are its words, empty where a version has none; lists are joined with "; ".
type Field struct {
	Field  string  `json:"field"`
	Before string  `json:"before,omitempty"`
	After  string  `json:"after,omitempty"`
	Pieces []Piece `json:"pieces,omitempty"` // of prose, in place of Before and After
}

// Articles returns the fields that differ between two versions, the most important first, the text last.
func Articles(before, after *article.Article) []Field {
	fields := []Field{}
	for _, f := range []struct {
		name  string
		prose bool
		of    func(*article.Article) string
	}{
		{"headline", true, func(a *article.Article) string { return a.Headline }},
		{"alternative_headline", true, func(a *article.Article) string { return a.AlternativeHeadline }},
		{"authors", false, authors},
		{"agency", false, func(a *article.Article) string { return a.Agency }},
		{"publisher", false, func(a *article.Article) string { return a.Publisher }},
		{"date_published", false, func(a *article.Article) string { return date(a.DatePublished) }},
		{"date_modified", false, func(a *article.Article) string { return date(a.DateModified) }},
		{"section", false, func(a *article.Article) string { return a.Section }},
		{"keywords", false, func(a *article.Article) string { return strings.Join(a.Keywords, "; ") }},
		{"in_language", false, func(a *article.Article) string { return a.InLanguage }},
		{"url", false, func(a *article.Article) string { return a.URL }},
		{"canonical_url", false, func(a *article.Article) string { return a.CanonicalURL }},
		{"image", false, func(a *article.Article) string { return a.Image }},
		{"body_state", false, func(a *article.Article) string { return string(a.BodyState) }},
		{"description", true, func(a *article.Article) string { return a.Description }},
		{"text", true, func(a *article.Article) string { return a.Text }},
	} {
		was, is := f.of(before), f.of(after)
		switch {
		case was == is:
		case f.prose:
			fields = append(fields, Field{Field: f.name, Pieces: Text(was, is)})
		default:
			fields = append(fields, Field{Field: f.name, Before: was, After: is})
		}
	}
	return fields
}

func authors(a *article.Article) string {
	names := make([]string, len(a.Authors))
	for i, author := range a.Authors {
		names[i] = author.Name
	}
	return strings.Join(names, "; ")
}

func date(d *article.Date) string {
	if d == nil {
		return ""
	}
	return d.String()
}

// Text compares two texts by paragraphs, and paragraphs that differ by words. In scripts that do not part words, each
// character is one.
func Text(before, after string) []Piece {
	var p pieces
	compare(paragraphs(before), paragraphs(after), p.add, func(was, is string) { compare(words(was), words(is), p.add, nil) })
	return p
}

// compare tells add of what two lists of tokens have in common and have not; with within, of what stands in place of what.
func compare(before, after []string, add func(Op, string), within func(was, is string)) {
	at := 0
	for _, d := range lcs.DiffLines(before, after) {
		add(Equal, strings.Join(before[at:d.Start], ""))
		was, is := strings.Join(before[d.Start:d.End], ""), strings.Join(after[d.ReplStart:d.ReplEnd], "")
		if within != nil && was != "" && is != "" {
			within(was, is)
		} else {
			add(Delete, was)
			add(Insert, is)
		}
		at = d.End
	}
	add(Equal, strings.Join(before[at:], ""))
}

// pieces joins neighbours of one kind.
type pieces []Piece

func (p *pieces) add(op Op, text string) {
	if text == "" {
		return
	}
	if n := len(*p); n > 0 && (*p)[n-1].Op == op {
		(*p)[n-1].Text += text
		return
	}
	*p = append(*p, Piece{op, text})
}

// paragraphs splits after line ends, however many there are.
func paragraphs(s string) []string {
	var all []string
	begin := 0
	for i := 1; i < len(s); i++ {
		if s[i-1] == '\n' && s[i] != '\n' {
			all = append(all, s[begin:i])
			begin = i
		}
	}
	return append(all, s[begin:])
}

// words splits into words, each with the space after it.
func words(s string) []string {
	var all []string
	begin, spaced := 0, false
	for i, c := range s {
		space := unicode.IsSpace(c)
		if i > begin && !space && (spaced || dense(c)) {
			all = append(all, s[begin:i])
			begin = i
		}
		spaced = space || dense(c)
	}
	if begin < len(s) {
		all = append(all, s[begin:])
	}
	return all
}

// dense tells characters of scripts that do not part words.
func dense(c rune) bool {
	return unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
