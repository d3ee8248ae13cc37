package extract

import (
	"slices"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/dates"

	"golang.org/x/net/html"
)

// oldest is the year before which the date of an article is not believed, unless its data give it: what is read as such is
// something else.
const oldest = 1990

// archived reports whether data may give a date of before oldest for an article out of a paper's archive. The turn of a year is
// rather what a system gives where it knows none: 1970-01-01, 1900-01-01.
func archived(date article.Date, rank int) bool {
	const press = 1605 // the first newspaper
	day := date.Time.YearDay()
	return rank <= rankMeta && date.Time.Year() >= press && day != 1 && day < 365
}

// dateEvidence is one date that a page gives.
type dateEvidence struct {
	evidence
	date article.Date
	rank int        // 0 is trusted the most
	node *html.Node // where the page shows it, nil for data
}

// dating collects the evidence for the dates of a page.
type dating struct {
	f         *facts
	w         *weigher
	captured  time.Time
	context   dates.Context
	published []dateEvidence
	modified  []dateEvidence
}

// The ranks of evidence for the publication.
const (
	rankData  = iota // the article's JSON-LD
	rankMeta         // OpenGraph, meta elements
	rankItem         // microdata
	rankPage         // JSON-LD of the page around
	rankShown        // a time element or marked date by the headline
	rankURL          // the day in the URL
	rankNear         // a date in the text by the headline
	rankAbove        // one well above it, where sites also show what day it is
	rankLoose        // meta elements that may say when the page was made
	rankMonth        // the month in the URL
	rankFeed         // the feed
	rankWork         // JSON-LD of a video and the like
	rankFar          // a marked date, or a labelled one, anywhere
	rankLast         // any date in the text that is none of the rest
)

// dating gathers what says when the article was published and modified, and chooses.
func (f *facts) dating(w *weigher, a *article.Article, p Page) {
	d := &dating{f: f, w: w, captured: p.Captured, context: dates.Context{Captured: p.Captured}}
	if a.Language != nil {
		d.context.Lang = a.Language.Declared
	}
	const data, og, meta = article.FromJSONLD, article.FromOpenGraph, article.FromMeta
	ld := f.ldArticle
	d.add(rankData, evidence{ld.Published, data, "datePublished"})
	d.update(rankData, evidence{ld.Modified, data, "dateModified"})
	for i, name := range publishedMetas {
		from, rank := meta, rankMeta
		if i >= loose {
			rank = rankLoose
		}
		if strings.HasPrefix(name, "article:") || strings.HasPrefix(name, "og:") {
			from = og
		}
		if v := f.meta(name); v != "" {
			d.add(rank, evidence{v, from, name})
		}
	}
	for i, name := range modifiedMetas {
		from, rank := meta, rankMeta
		if i >= looseModified {
			rank = rankLoose
		}
		if strings.HasPrefix(name, "article:") || strings.HasPrefix(name, "og:") {
			from = og
		}
		if v := f.meta(name); v != "" {
			d.update(rank, evidence{v, from, name})
		}
	}
	for _, page := range f.ld.Pages {
		d.add(rankPage, evidence{page.Published, data, "datePublished of the page"})
		d.update(rankPage, evidence{page.Modified, data, "dateModified of the page"})
	}
	if ld.Published == "" {
		d.add(rankPage, evidence{ld.Created, data, "dateCreated"})
	}
	d.marked()
	if day, ok := dates.FromURL(p.URL); ok {
		rank := rankURL
		if day.Precision == article.Month {
			rank = rankMonth
		}
		d.put(&d.published, day, rank, evidence{day.Raw, article.FromHTML, "URL"}, nil)
	}
	if p.Item != nil && p.Item.Published != nil {
		d.add(rankFeed, evidence{p.Item.Published.Format(time.RFC3339), article.FromFeed, "date of the feed's item"})
	}
	for _, work := range f.ld.Works {
		d.add(rankWork, evidence{work.Published, data, "datePublished of a work"})
		d.add(rankWork, evidence{work.Created, data, "dateCreated of a work"})
	}
	d.written(d.settled())
	if len(d.published) == 0 {
		d.scripted()
	}
	d.choose(a)
}

// publishedMetas and modifiedMetas are the names of meta elements for dates, in the order of trust. From loose and
// looseModified on they do not say of what the date is: the article's, or that of the page which was made anew.
var (
	loose         = slices.Index(publishedMetas, "dcterms.date")
	looseModified = slices.Index(modifiedMetas, "og:updated_time")

	publishedMetas = []string{
		"article:published_time", "og:article:published_time", "og:published_time", "article:published", "article:published:time", "http://ogp.me/ns/article#published_time", "datepublished", "parsely-pub-date",
		"sailthru.date", "dcterms.created", "dc.date.issued", "dcterms.issued", "dc.date.created", "citation_publication_date", "citation_online_date", "prism.publicationdate", "publishdate", "publish-date",
		"publish_date", "publisheddate", "published_time", "published_at", "publication_date", "pubdate", "pub_date", "article.published", "article_date_original", "article:publicationdate",
		"cxenseparse:recs:publishtime", "cxenseparse:publishtime", "cxenseparse:recs:published_time", "shareaholic:article_published_time", "bt:pubdate", "displaydate", "originalpublicationdate", "rnews:datepublished",
		"og:pubdate", "release_date", "og:release_date", "dcterms.date", "dc.date", "dc:date", "date", "dc.date.available", "date.created", "creation_date", "datecreated", "uploaddate", "vr:published-time",
	}
	modifiedMetas = []string{
		"article:modified_time", "og:article:modified_time", "article:modified", "datemodified", "dcterms.modified", "dc.date.modified", "article.updated", "article_date_updated", "bt:moddate",
		"cxenseparse:modified_time", "og:updated_time", "last-modified", "lastmod", "revision_date", "last_updated_date", "date.modified",
	}
)

// add notes a date for the publication where one can be read.
func (d *dating) add(rank int, e evidence) { d.read(&d.published, rank, e, nil) }

func (d *dating) update(rank int, e evidence) { d.read(&d.modified, rank, e, nil) }

func (d *dating) read(into *[]dateEvidence, rank int, e evidence, node *html.Node) {
	if e.value == "" {
		return
	}
	date, err := d.context.Parse(strings.TrimSpace(e.value))
	if err != nil {
		found, ok := article.Date{}, false
		if len(e.value) < 120 {
			found, ok = d.context.Find(e.value)
		}
		if !ok {
			d.reject(into, e, "cannot be read")
			return
		}
		date = found
	}
	d.put(into, date, rank, e, node)
}

func (d *dating) reject(into *[]dateEvidence, e evidence, why string) {
	if d.w.explain == nil {
		return
	}
	field := "date_published"
	if into == &d.modified {
		field = "date_modified"
	}
	d.w.note(field, e, false, why)
}

// maxEvidence bounds the dates that are weighed.
const maxEvidence = 60

func (d *dating) put(into *[]dateEvidence, date article.Date, rank int, e evidence, node *html.Node) {
	switch {
	case date.Time.Year() < oldest && !archived(date, rank):
		d.reject(into, e, "too long ago")
		return
	case date.Precision == article.Year && rank != rankData:
		d.reject(into, e, "a year only")
		return
	}
	if date.From = e.from; date.Raw == "" {
		date.Raw = strings.TrimSpace(e.value)
	}
	date.Future = article.IsFuture(date.Time, d.captured)
	if len(*into) < maxEvidence {
		*into = append(*into, dateEvidence{e, date, rank, node})
	}
}

// settled reports whether the publication is known so well that no text far from the headline could tell better.
func (d *dating) settled() bool {
	return slices.ContainsFunc(d.published, func(e dateEvidence) bool {
		return e.rank < rankFar && !e.date.Future && e.date.Precision != article.Year && e.date.Precision != article.Month
	})
}

// scripted looks in the data that scripts bring along, for pages that give no other date.
func (d *dating) scripted() {
	const most = 1 << 20 // bytes looked at
	left := most
	for _, script := range d.f.scripts {
		script = script[:min(len(script), left)]
		left -= len(script)
		for _, key := range [...]string{`datePublished`, `publishedAt`, `published_at`, `publishedDate`, `publishDate`, `publicationDate`, `firstPublished`} {
			_, after, ok := strings.Cut(script, key)
			if !ok {
				continue
			}
			after = strings.TrimLeft(after[:min(len(after), 60)], "\\\"': ")
			value := after[:max(strings.IndexAny(after, "\\\"',}"), 0)]
			if date, err := dates.Parse(value); err == nil {
				d.put(&d.published, date, rankLast, evidence{value, article.FromHTML, "script " + key}, nil)
				return
			}
		}
	}
}
