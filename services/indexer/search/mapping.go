package search

import (
	"fmt"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/store"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/analysis/token/lowercase"
	"github.com/blevesearch/bleve/v2/analysis/token/unicodenorm"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	"github.com/blevesearch/bleve/v2/mapping"
)

// mappingVersion has to grow with each change to newMapping or document: an index of another version is made anew.
const mappingVersion = "1"

// The fields that queries may name.
const (
	fieldText      = "text" // title and body; what a query without a field means
	fieldTitle     = "title"
	fieldAuthors   = "authors"
	fieldAgency    = "agency"
	fieldPublisher = "publisher"
	fieldSection   = "section"
	fieldKeywords  = "keywords"
	fieldSource    = "source"
	fieldLang      = "lang" // the tag, and its language alone: en-US is found as en-us and as en
	fieldPublished = "published"
	fieldStored    = "stored"
	fieldBodyState = "body_state"
	fieldSeq       = "seq" // not indexed: says which record a hit is
)

const (
	analyzerText = "dateline"
	filterNFKC   = "nfkc"
)

// newMapping describes the index. The analyzer takes words as Unicode parts them, folds width and case, and makes pairs
// of Chinese, Japanese and Korean characters; it has no stop words, which would be one language's.
func newMapping() (mapping.IndexMapping, error) {
	m := bleve.NewIndexMapping()
	err := m.AddCustomTokenFilter(filterNFKC, map[string]any{"type": unicodenorm.Name, "form": unicodenorm.NFKC})
	if err != nil {
		return nil, fmt.Errorf("search mapping: %w", err)
	}
	err = m.AddCustomAnalyzer(analyzerText, map[string]any{
		"type": custom.Name, "tokenizer": unicode.Name, "token_filters": []any{filterNFKC, lowercase.Name, cjk.BigramName},
	})
	if err != nil {
		return nil, fmt.Errorf("search mapping: %w", err)
	}
	m.DefaultAnalyzer = analyzerText
	m.DefaultField = fieldText

	words := func(positions bool) *mapping.FieldMapping {
		f := bleve.NewTextFieldMapping()
		f.Analyzer = analyzerText
		f.Store, f.IncludeInAll, f.DocValues, f.IncludeTermVectors = false, false, false, positions
		return f
	}
	exact := func() *mapping.FieldMapping {
		f := bleve.NewTextFieldMapping()
		f.Analyzer = keyword.Name
		f.Store, f.IncludeInAll, f.DocValues, f.IncludeTermVectors = false, false, false, false
		return f
	}
	instant := func(sorted bool) *mapping.FieldMapping {
		f := bleve.NewDateTimeFieldMapping()
		f.Store, f.IncludeInAll, f.DocValues = false, false, sorted
		return f
	}
	seq := bleve.NewNumericFieldMapping()
	seq.Store, seq.Index, seq.IncludeInAll, seq.DocValues = true, false, false, false

	d := bleve.NewDocumentStaticMapping()
	for _, name := range []string{fieldText, fieldTitle, fieldAuthors, fieldAgency, fieldPublisher, fieldSection, fieldKeywords} {
		d.AddFieldMappingsAt(name, words(true))
	}
	for _, name := range []string{fieldSource, fieldLang, fieldBodyState} {
		d.AddFieldMappingsAt(name, exact())
	}
	d.AddFieldMappingsAt(fieldPublished, instant(true))
	d.AddFieldMappingsAt(fieldStored, instant(false))
	d.AddFieldMappingsAt(fieldSeq, seq)
	m.DefaultMapping = d
	return m, nil
}

// document is what the index holds of an article. What the article does not say is not there: one without a date is in
// no range of dates, and sorts last by date.
func document(r *store.Record, a *article.Article) map[string]any {
	text, _ := searchText(a)
	d := map[string]any{
		fieldText: text, fieldTitle: a.DisplayTitle.Text, fieldSource: strings.ToLower(a.Source), fieldStored: r.Stored,
		fieldBodyState: string(a.BodyState), fieldSeq: float64(r.Seq),
	}
	for name, value := range map[string]string{fieldAgency: a.Agency, fieldPublisher: a.Publisher, fieldSection: a.Section} {
		if value != "" {
			d[name] = value
		}
	}
	if len(a.Authors) > 0 {
		names := make([]string, len(a.Authors))
		for i, author := range a.Authors {
			names[i] = author.Name
		}
		d[fieldAuthors] = names
	}
	if len(a.Keywords) > 0 {
		d[fieldKeywords] = a.Keywords
	}
	if tag := strings.ToLower(a.InLanguage); tag != "" {
		d[fieldLang] = []string{tag}
		if language, _, regional := strings.Cut(tag, "-"); regional {
			d[fieldLang] = []string{tag, language}
		}
	}
	if p := a.DatePublished; p != nil && indexable(p.Time) {
		d[fieldPublished] = p.Time.UTC()
	}
	return d
}

// indexable reports whether the index can hold a time: it counts nanoseconds from 1970 in 64 bits.
func indexable(t time.Time) bool { return t.Year() > 1677 && t.Year() < 2262 }

// searchText is the text that is indexed, and that the positions of hits refer to. The body begins at the offset. A title
// that was taken from the body is not said twice.
func searchText(a *article.Article) (text string, body int) {
	if a.DisplayTitle.Derived || a.DisplayTitle.Text == "" {
		return a.Text, 0
	}
	text = a.DisplayTitle.Text + "\n\n" + a.Text
	return text, len(text) - len(a.Text)
}
