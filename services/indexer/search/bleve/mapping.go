package bleve

import (
	"slices"
	"strconv"
	"strings"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/analysis"
	"dateline/services/indexer/store"

	"github.com/blevesearch/bleve/v2"
	bdocument "github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/mapping"
	index "github.com/blevesearch/bleve_index_api"
)

// mappingVersion has to grow with each change to newMapping or document: an index of another version is made anew.
const mappingVersion = "4"

// version is what an index has to be of.
const version = search.Version + "." + mappingVersion

// The fields of the index.
const (
	fieldText      = "text" // title and body
	fieldTitle     = "title"
	fieldAuthor    = "author"
	fieldAgency    = "agency"
	fieldPublisher = "publisher"
	fieldSection   = "section"
	fieldKeyword   = "keyword"
	fieldLabel     = "label" // whole values, each behind the letter of its label
	fieldPublished = "published"
	fieldOrder     = "order" // published in a few bytes, to sort by: bleve's own form of a date takes 16 terms
	fieldStored    = "stored"
	fieldSeq       = "seq" // not indexed: says which record a hit is
)

// Labels say what a value of fieldLabel is.
const (
	labelSource    = "s"
	labelLanguage  = "l" // without region
	labelDay       = "d" // 20241106
	labelAuthor    = "a" // the folded value, a zero byte, and the value as it is given; so the next two
	labelAgency    = "g"
	labelSection   = "c"
	labelTag       = "t" // the language with its region
	labelBodyState = "b"
)

// counted reports whether a value of fieldLabel is one that facets tell.
func counted(term string) bool {
	return !strings.HasPrefix(term, labelTag) && !strings.HasPrefix(term, labelBodyState)
}

// newMapping describes what bleve has to know of the index: fields are made by document.
func newMapping() (mapping.IndexMapping, error) {
	m := bleve.NewIndexMapping()
	m.DefaultMapping = bleve.NewDocumentDisabledMapping()
	m.ScoringModel = index.BM25Scoring
	return m, m.Validate()
}

// document is what the index holds of an article. What the article does not say is not there: one without a date is in
// no range of dates, and sorts last by date.
func document(r *store.Record, a *article.Article) *bdocument.Document {
	d := &builder{Document: bdocument.NewDocument(a.ID), analyzer: analysis.For(a.InLanguage)}
	text, _ := search.Text(a)
	d.words(fieldText, text)
	d.words(fieldTitle, a.DisplayTitle.Text)
	d.words(fieldAgency, a.Agency)
	d.words(fieldPublisher, a.Publisher)
	d.words(fieldSection, a.Section)
	d.words(fieldKeyword, a.Keywords...)
	d.named(labelAgency, a.Agency)
	d.named(labelSection, a.Section)
	names := make([]string, len(a.Authors))
	for i, author := range a.Authors {
		names[i] = author.Name
		d.named(labelAuthor, author.Name)
	}
	d.words(fieldAuthor, names...)
	d.label(labelSource, strings.ToLower(a.Source))
	d.label(labelBodyState, string(a.BodyState))
	if tag := strings.ToLower(a.InLanguage); tag != "" {
		language, _, _ := strings.Cut(tag, "-")
		d.label(labelLanguage, language)
		d.label(labelTag, tag)
	}
	if p := a.DatePublished; p != nil && search.Datable(p.Time) {
		d.exactly(fieldPublished, spanTerms(p.Time)...)
		d.AddField(bdocument.NewTextFieldCustom(fieldOrder, nil, search.OrderOf(p.Time), index.IndexField|index.DocValues|index.SkipFreqNorm, nil))
		if p.Precision != article.Year && p.Precision != article.Month {
			d.label(labelDay, p.Time.UTC().Format(search.DayLayout))
		}
	}
	d.exactly(fieldStored, spanTerms(r.Stored)...)
	d.exactly(fieldLabel, d.labels...)
	d.AddField(bdocument.NewTextFieldCustom(fieldSeq, nil, strconv.AppendUint(nil, r.Seq, 10), index.StoreField, nil))
	return d.Document
}

// builder adds fields to a document.
type builder struct {
	*bdocument.Document
	analyzer *analysis.Analyzer
	labels   []string
}

// stems are the fields that hold the other forms of a field's words, without positions: phrases are of words as written.
func stems(field string) string { return field + "~" }

// words adds a field of words, and one of their other forms.
func (b *builder) words(name string, values ...string) {
	if !slices.ContainsFunc(values, func(v string) bool { return v != "" }) {
		return
	}
	r := &reading{analyzer: b.analyzer, values: values}
	b.AddField(&field{name: name, options: index.IndexField | index.IncludeTermVectors, read: r.words})
	b.AddField(&field{name: stems(name), options: index.IndexField, read: r.stems})
}

// exactly adds a field of terms as they are.
func (b *builder) exactly(name string, terms ...string) {
	b.AddField(&field{name: name, options: index.IndexField | index.SkipFreqNorm, read: exact(terms)})
}

// label adds a whole value.
func (b *builder) label(label, value string) {
	if value != "" && len(value) <= search.MaxLabel {
		b.labels = append(b.labels, label+value)
	}
}

// named adds a value that is one with others of another case.
func (b *builder) named(label, value string) {
	if key := search.Fold(value); key != "" {
		b.label(label, key+labelEnd+value)
	}
}

// labelEnd parts the folded form of a value from the value.
const labelEnd = "\x00"
