// Package derive completes an article with what follows from the rest of it, wherever that came from: plain text,
// language, mentioned days, the title to show, the fingerprint.
package derive

import (
	"dateline/pkg/article"
	"dateline/pkg/dates"
	"dateline/services/parser/language"
)

// ParserVersion names the rules by which articles are made; it changes when the same page would give another article.
const ParserVersion = "3"

// Complete fills in everything that follows. The article's language may be declared in a.Language.Declared; its identity
// is the caller's. Of a dateline's day the caller may give the words alone, as Raw.
func Complete(a *article.Article) {
	a.SchemaVersion = article.SchemaVersion
	a.ParserVersion = ParserVersion
	if a.Provenance == nil {
		a.Provenance = map[string]article.From{}
	}
	a.Text = article.PlainText(a.Body)
	setLanguage(a)
	if a.Dateline != nil && a.Dateline.Date != nil && a.Dateline.Date.Precision == "" { // its words alone so far
		a.Dateline.Date = day(a.Dateline.Date.Raw, a)
	}
	if a.DateMentions = dates.Mentions(a.InLanguage, a.Text, published(a)); a.DateMentions != nil {
		a.Provenance["date_mentions"] = article.FromText
	}
	a.DisplayTitle = article.DisplayTitle{Text: a.Headline}
	if a.Headline == "" {
		a.DisplayTitle = article.DisplayTitle{Text: Title(a.Text), Derived: true}
	}
	a.Fingerprint = article.Fingerprint(a)
}

// published is what days without a year count from: the publication, where it is to be believed and the page did not give only
// a change.
func published(a *article.Article) *article.Date {
	if a.DatePublished == nil || a.DatePublished.From == article.FromModified || a.DatePublished.Future {
		return nil
	}
	return a.DatePublished
}

// day resolves a dateline's day against the publication, in English or in the article's language.
func day(words string, a *article.Article) *article.Date {
	if d, ok := dates.Resolve(words, published(a)); ok {
		return &d
	}
	d, err := dates.Context{Lang: a.InLanguage, Published: published(a)}.Parse(words)
	if err != nil || d.Precision != article.Day {
		return nil
	}
	d.From = article.FromText
	return &d
}

func setLanguage(a *article.Article) {
	declared := ""
	if a.Language != nil {
		declared = language.Canonical(a.Language.Declared)
	}
	detected, confidence := language.Detect(a.Text)
	a.Language = nil
	if declared != "" || detected != "" {
		a.Language = &article.Language{Declared: declared, Detected: detected, Confidence: confidence}
	}
	a.InLanguage = language.Choose(declared, detected, confidence, len(a.Text))
	switch {
	case a.InLanguage == "":
		delete(a.Provenance, "in_language")
	case a.InLanguage != declared:
		a.Provenance["in_language"] = article.FromText
	}
}
