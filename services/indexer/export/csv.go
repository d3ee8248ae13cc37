package export

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"dateline/pkg/article"
	"dateline/services/indexer/store"
)

// Columns are the columns of CSV, in their order. Lists are parted by "; ". Dates are ISO 8601 to their precision, with
// an offset where the zone is known. title is what to show as one, and title_derived tells whether it is words of the
// text rather than a headline.
var Columns = []string{
	"id", "seq", "revision", "stored", "url", "canonical_url", "source", "publisher", "agency", "title", "title_derived",
	"headline", "alternative_headline", "authors", "date_published", "date_published_precision", "date_modified",
	"date_modified_precision", "language", "section", "keywords", "description", "image", "body_state",
	"is_accessible_for_free", "content_fingerprint", "text",
}

const byteOrderMark = "\ufeff"

func appendHeader(dst []byte, bom bool) []byte {
	if bom {
		dst = append(dst, byteOrderMark...)
	}
	return append(append(dst, strings.Join(Columns, ",")...), '\r', '\n')
}

// appendCSV writes a row of Columns.
func appendCSV(dst []byte, r *store.Record) ([]byte, error) {
	a, err := r.Decode()
	if err != nil {
		return dst, err
	}
	published, publishedTo := dateCells(a.DatePublished)
	modified, modifiedTo := dateCells(a.DateModified)
	free := ""
	if a.IsAccessibleForFree != nil {
		free = strconv.FormatBool(*a.IsAccessibleForFree)
	}
	cells := [...]string{
		a.ID, strconv.FormatUint(r.Seq, 10), strconv.Itoa(r.Revision), r.Stored.UTC().Format(time.RFC3339Nano), a.URL, a.CanonicalURL, a.Source,
		a.Publisher, a.Agency, a.DisplayTitle.Text, strconv.FormatBool(a.DisplayTitle.Derived), a.Headline, a.AlternativeHeadline,
		strings.Join(names(a.Authors), "; "), published, publishedTo, modified, modifiedTo, a.InLanguage, a.Section, strings.Join(a.Keywords, "; "),
		a.Description, a.Image, string(a.BodyState), free, a.Fingerprint, a.Text,
	}
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCell(dst, cell)
	}
	return append(dst, '\r', '\n'), nil
}

func dateCells(d *article.Date) (iso, precision string) {
	if d == nil {
		return "", ""
	}
	return d.String(), string(d.Precision)
}

func names(authors []article.Author) []string {
	var all []string
	for _, a := range authors {
		all = append(all, a.Name)
	}
	return all
}

// formulaStarts are what a spreadsheet may take for the beginning of a formula
// (https://owasp.org/www-community/attacks/CSV_Injection). Such a cell begins with an apostrophe instead, which makes it a text.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// appendCell writes a cell. encoding/csv would do, but for line breaks in cells, which it changes where it ends rows as RFC 4180 says.
func appendCell(dst []byte, s string) []byte {
	first, _ := utf8.DecodeRuneInString(s)
	switch {
	case s != "" && strings.ContainsRune(formulaStarts, first):
		dst = append(dst, '"', '\'')
	case strings.ContainsAny(s, "\",\r\n"):
		dst = append(dst, '"')
	default:
		return append(dst, s...)
	}
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return append(append(dst, s...), '"')
		}
		dst = append(append(dst, s[:i]...), '"', '"')
		s = s[i+1:]
	}
}
