package bleve

import (
	"strconv"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/analysis"
	"dateline/services/indexer/store"

	"github.com/blevesearch/bleve/v2"
	banalysis "github.com/blevesearch/bleve/v2/analysis"
	bdocument "github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/mapping"
	index "github.com/blevesearch/bleve_index_api"
)

// mappingVersion has to grow with each change to newMapping or document: an index of another version is made anew.
const mappingVersion = "2"

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

// reading is a text that several fields are made of, analyzed once, when the first of them asks for it. Bleve analyzes
// the fields of a document one after the other.
type reading struct {
	analyzer *analysis.Analyzer
	text     string
	tokens   []analysis.Token
}

// terms makes bleve's tokens of a text's terms. It leaves out where they stand: snippets find that anew.
type terms struct {
	*reading
	inflected bool // those of the kind Inflected, rather than all others
}

// Analyze is bleve's analysis.Analyzer.
func (t terms) Analyze([]byte) banalysis.TokenStream {
	if t.tokens == nil {
		t.tokens = t.analyzer.Tokens(t.text)
	}
	n, size := 0, 0
	for _, tk := range t.tokens {
		if (tk.Kind == analysis.Inflected) == t.inflected {
			n, size = n+1, size+len(tk.Term)
		}
	}
	stream, all, bytes := make(banalysis.TokenStream, 0, n), make([]banalysis.Token, n), make([]byte, 0, size)
	for _, tk := range t.tokens {
		if (tk.Kind == analysis.Inflected) == t.inflected {
			begin := len(bytes)
			bytes = append(bytes, tk.Term...)
			token := &all[len(stream)]
			token.Term, token.Position = bytes[begin:len(bytes):len(bytes)], tk.Position
			stream = append(stream, token)
		}
	}
	return stream
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
		d.instant(fieldPublished, p.Time)
		d.AddField(bdocument.NewTextFieldCustom(fieldOrder, nil, search.OrderOf(p.Time), index.IndexField|index.DocValues|index.SkipFreqNorm, nil))
		if p.Precision != article.Year && p.Precision != article.Month {
			d.label(labelDay, p.Time.UTC().Format(search.DayLayout))
		}
	}
	d.instant(fieldStored, r.Stored)
	d.AddField(bdocument.NewTextFieldCustom(fieldSeq, nil, strconv.AppendUint(nil, r.Seq, 10), index.StoreField, nil))
	return d.Document
}

// builder adds fields to a document.
type builder struct {
	*bdocument.Document
	analyzer *analysis.Analyzer
	labels   uint64
}

// stems are the fields that hold the other forms of a field's words, without positions: phrases are of words as written.
func stems(field string) string { return field + "~" }

// words adds a field of words, and one of their other forms.
func (b *builder) words(field string, values ...string) {
	for i, v := range values {
		if v == "" {
			continue
		}
		var at []uint64
		if len(values) > 1 {
			at = []uint64{uint64(i)}
		}
		r := &reading{analyzer: b.analyzer, text: v}
		b.AddField(bdocument.NewTextFieldCustom(field, at, nil, index.IndexField|index.IncludeTermVectors, terms{r, false}))
		b.AddField(bdocument.NewTextFieldCustom(stems(field), at, nil, index.IndexField, terms{r, true}))
	}
}

// label adds a whole value.
func (b *builder) label(label, value string) {
	if value == "" || len(value) > search.MaxLabel {
		return
	}
	b.AddField(bdocument.NewTextFieldCustom(fieldLabel, []uint64{b.labels}, []byte(label+value), index.IndexField|index.SkipFreqNorm, nil))
	b.labels++
}

// named adds a value that is one with others of another case.
func (b *builder) named(label, value string) {
	if key := search.Fold(value); key != "" {
		b.label(label, key+labelEnd+value)
	}
}

// labelEnd parts the folded form of a value from the value.
const labelEnd = "\x00"

func (b *builder) instant(field string, t time.Time) {
	if f, err := bdocument.NewDateTimeFieldWithIndexingOptions(field, nil, seconds(t), time.RFC3339, index.IndexField); err == nil {
		b.AddField(f)
	}
}

// seconds is a time as the index has it: bleve indexes nanoseconds at sixteen levels, and seconds in their place, whose
// higher levels are few, need a third of the terms.
func seconds(t time.Time) time.Time { return time.Unix(0, t.Unix()).UTC() }
