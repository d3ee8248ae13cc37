package export

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/store"

	"github.com/parquet-go/parquet-go"
)

// A row group is what a reader takes at a time, and what is in memory here.
const (
	groupRows  = 10_000
	groupBytes = 16 << 20 // of article JSON
)

// parquetRow is the file's columns. What an article does not have is null: an optional string that is empty, and a nil
// pointer. (The library writes text as JSON into a JSON column as it is only where the column cannot be null.)
//
// A date has three: its instant in UTC, where the zone is known; the time that a clock showed there, which is all that is
// known of one without a zone; and the precision to which both are to be read, as in article.Date.
type parquetRow struct {
	ID                     string     `parquet:"id"`
	Seq                    int64      `parquet:"seq,delta"`
	Revision               int32      `parquet:"revision"`
	Stored                 time.Time  `parquet:"stored,timestamp(microsecond)"`
	Received               time.Time  `parquet:"received,timestamp(microsecond)"`
	URL                    string     `parquet:"url,optional"`
	CanonicalURL           string     `parquet:"canonical_url,optional"`
	Source                 string     `parquet:"source,dict"`
	Publisher              string     `parquet:"publisher,optional,dict"`
	Agency                 string     `parquet:"agency,optional,dict"`
	Title                  string     `parquet:"title"`
	TitleDerived           bool       `parquet:"title_derived"`
	Headline               string     `parquet:"headline,optional"`
	AlternativeHeadline    string     `parquet:"alternative_headline,optional"`
	Authors                []string   `parquet:"authors,list"`
	DatePublished          *time.Time `parquet:"date_published,timestamp(microsecond)"`
	DatePublishedLocal     *time.Time `parquet:"date_published_local,timestamp(microsecond:local)"`
	DatePublishedPrecision string     `parquet:"date_published_precision,optional,dict"`
	DateModified           *time.Time `parquet:"date_modified,timestamp(microsecond)"`
	DateModifiedLocal      *time.Time `parquet:"date_modified_local,timestamp(microsecond:local)"`
	DateModifiedPrecision  string     `parquet:"date_modified_precision,optional,dict"`
	Language               string     `parquet:"language,optional,dict"`
	Section                string     `parquet:"section,optional,dict"`
	Keywords               []string   `parquet:"keywords,list"`
	Description            string     `parquet:"description,optional"`
	Image                  string     `parquet:"image,optional"`
	Text                   string     `parquet:"text,optional"`
	BodyState              string     `parquet:"body_state,dict"`
	IsAccessibleForFree    *bool      `parquet:"is_accessible_for_free"`
	Provenance             string     `parquet:"provenance,json"` // an object, which may be empty
	Fingerprint            string     `parquet:"content_fingerprint"`
}

// table writes Parquet.
type table struct {
	w           *parquet.GenericWriter[parquetRow]
	rows, bytes int // of the row group
}

func newParquet(w io.Writer) *table {
	return &table{w: parquet.NewGenericWriter[parquetRow](w, parquet.Compression(&parquet.Zstd),
		parquet.KeyValueMetadata("dateline.article_schema", fmt.Sprint(article.SchemaVersion)),
		parquet.SkipPageBounds("text"), parquet.SkipPageBounds("description"), parquet.SkipPageBounds("provenance"))}
}

func (t *table) Encode(r *store.Record) error {
	row, err := parquetRowOf(r)
	if err != nil {
		return fmt.Errorf("export record %d: %w", r.Seq, err)
	}
	if _, err := t.w.Write([]parquetRow{row}); err != nil {
		return fmt.Errorf("export record %d: %w", r.Seq, err)
	}
	t.rows, t.bytes = t.rows+1, t.bytes+len(r.Article)
	if t.rows < groupRows && t.bytes < groupBytes {
		return nil
	}
	t.rows, t.bytes = 0, 0
	return t.w.Flush()
}

func (t *table) Close() error { return t.w.Close() }

func parquetRowOf(r *store.Record) (parquetRow, error) {
	a, err := r.Decode()
	if err != nil {
		return parquetRow{}, err
	}
	row := parquetRow{
		ID: a.ID, Seq: int64(r.Seq), Revision: int32(r.Revision), Stored: r.Stored, Received: r.Received, URL: a.URL, CanonicalURL: a.CanonicalURL,
		Source: a.Source, Publisher: a.Publisher, Agency: a.Agency, Title: a.DisplayTitle.Text, TitleDerived: a.DisplayTitle.Derived,
		Headline: a.Headline, AlternativeHeadline: a.AlternativeHeadline, Authors: names(a.Authors), Language: a.InLanguage, Section: a.Section,
		Keywords: a.Keywords, Description: a.Description, Image: a.Image, Text: a.Text, BodyState: string(a.BodyState),
		IsAccessibleForFree: a.IsAccessibleForFree, Fingerprint: a.Fingerprint,
	}
	row.DatePublished, row.DatePublishedLocal, row.DatePublishedPrecision = dateColumns(a.DatePublished)
	row.DateModified, row.DateModifiedLocal, row.DateModifiedPrecision = dateColumns(a.DateModified)
	if a.Provenance == nil {
		a.Provenance = map[string]article.From{}
	}
	b, err := json.Marshal(a.Provenance)
	row.Provenance = string(b)
	return row, err
}

func dateColumns(d *article.Date) (instant, local *time.Time, precision string) {
	if d == nil {
		return nil, nil, ""
	}
	t := d.Time
	if d.ZoneKnown {
		utc := t.UTC()
		instant = &utc
	}
	clock := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	return instant, &clock, string(d.Precision)
}
