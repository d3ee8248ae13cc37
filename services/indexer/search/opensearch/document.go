package opensearch

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/analysis"
	"dateline/services/indexer/search/query"
	"dateline/services/indexer/store"
)

// document is what the index holds of an article; index.json has the types. Words are analyzed here, in the same way for all
// backends, and sent as terms: those that stand at one place with | between, places with spaces.
type document struct {
	Words map[query.Field][]string `json:"words"` // as written
	Stems map[query.Field][]string `json:"stems"` // their other forms, which no phrase asks for

	ID        string    `json:"id"`
	Source    string    `json:"source,omitempty"`
	Language  string    `json:"language,omitempty"` // without region
	Tag       string    `json:"language_tag,omitempty"`
	BodyState string    `json:"body_state,omitempty"`
	Author    []string  `json:"author,omitempty"`      // folded; so the next two
	Agency    []string  `json:"agency,omitempty"`      //
	Section   []string  `json:"section,omitempty"`     //
	AuthorAs  []string  `json:"author_name,omitempty"` // folded, and behind nameBegins as it is given; so the next two
	AgencyAs  []string  `json:"agency_name,omitempty"` //
	SectionAs []string  `json:"section_name,omitempty"`
	Day       string    `json:"day,omitempty"` // where it is known
	Published string    `json:"published,omitempty"`
	Order     *int64    `json:"order,omitempty"` // published, in seconds since 1970
	Stored    string    `json:"stored"`
	Partition int       `json:"partition"`
	Seq       uint64    `json:"seq"`
	Record    jsonBytes `json:"record"` // what a hit shows; not indexed
}

type jsonBytes = json.RawMessage

// nameBegins parts the folded form of a value from the value. It is in no folded form.
const nameBegins = "\t"

// maxTerm is the most bytes of a term: longer ones are no words, and Lucene takes none of more than 32 kB.
const maxTerm = 1000

// newDocument makes the document of a record's article.
func newDocument(partition int, r *store.Record, a *article.Article) (*document, error) {
	record, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	d := &document{
		Words: map[query.Field][]string{}, Stems: map[query.Field][]string{},
		ID: a.ID, Source: label(strings.ToLower(a.Source)), BodyState: string(a.BodyState), Tag: label(strings.ToLower(a.InLanguage)),
		Stored: instant(r.Stored), Partition: partition, Seq: r.Seq, Record: record,
	}
	d.Language, _, _ = strings.Cut(d.Tag, "-")
	names := make([]string, len(a.Authors))
	for i, author := range a.Authors {
		names[i] = author.Name
		named(&d.Author, &d.AuthorAs, author.Name)
	}
	named(&d.Agency, &d.AgencyAs, a.Agency)
	named(&d.Section, &d.SectionAs, a.Section)
	text, _ := search.Text(a)
	analyzer := analysis.For(a.InLanguage)
	d.words(analyzer, query.Text, text)
	d.words(analyzer, query.Title, a.DisplayTitle.Text)
	d.words(analyzer, query.Author, names...)
	d.words(analyzer, query.Agency, a.Agency)
	d.words(analyzer, query.Publisher, a.Publisher)
	d.words(analyzer, query.Section, a.Section)
	d.words(analyzer, query.Keyword, a.Keywords...)
	if p := a.DatePublished; p != nil && search.Datable(p.Time) {
		seconds := p.Time.Unix()
		d.Published, d.Order = instant(p.Time), &seconds
		if p.Precision != article.Year && p.Precision != article.Month {
			d.Day = p.Time.UTC().Format(time.DateOnly)
		}
	}
	return d, nil
}

// words adds the terms of a field's values.
func (d *document) words(analyzer *analysis.Analyzer, f query.Field, values ...string) {
	for _, v := range values {
		var words, stems strings.Builder
		place := 0
		for _, t := range analyzer.Tokens(v) {
			switch {
			case len(t.Term) > maxTerm:
			case t.Kind == analysis.Inflected:
				stems.WriteString(t.Term + " ")
			case t.Position == place:
				words.WriteString(between + t.Term)
			default:
				words.WriteString(" " + t.Term)
				place = t.Position
			}
		}
		if words.Len() > 0 {
			d.Words[f] = append(d.Words[f], words.String())
		}
		if stems.Len() > 0 {
			d.Stems[f] = append(d.Stems[f], stems.String())
		}
	}
}

// between is between the terms of one place. Terms are of letters and digits.
const between = "|"

// label is a whole value, or empty where it is none that anybody would ask for.
func label(value string) string {
	if len(value) > search.MaxLabel {
		return ""
	}
	return value
}

// named adds a value that is one with others of another case.
func named(folded, as *[]string, value string) {
	key := search.Fold(value)
	if key == "" || len(key)+len(value) > search.MaxLabel || slices.Contains(*as, key+nameBegins+value) {
		return
	}
	*folded, *as = append(*folded, key), append(*as, key+nameBegins+value)
}

// instant is a time as the index has it, in whole seconds.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }
