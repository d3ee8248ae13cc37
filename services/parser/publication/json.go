package publication

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dateline/pkg/article"
	"dateline/services/parser/byline"
	"dateline/services/parser/dispatch"
	"dateline/services/parser/extract"
	"dateline/services/parser/jsonld"
	"dateline/services/parser/language"
)

// json reads an article in Dateline's own JSON, or JSON-LD.
func (r *reader) json(ctx context.Context, label string) *article.Article {
	text, ok := r.decode(label)
	if !ok {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		r.wrong("body", "%v", article.JSONError(err))
		return nil
	}
	if object, ok := v.(map[string]any); ok {
		if _, ours := object["schema_version"]; ours {
			return r.article([]byte(text))
		}
		if isNinjs(object) {
			return r.ninjs(ctx, object)
		}
	}
	if ld := jsonld.Find(v); ld != nil {
		return r.newsArticle(ctx, ld)
	}
	r.wrong("body", "is JSON, but neither an article with schema_version, nor JSON-LD with a NewsArticle (@type) in it, nor ninjs (uri and a body)")
	return nil
}

// article reads Dateline's JSON. What Dateline finds out by itself (id, source, fingerprint, provenance, …) is not taken over.
func (r *reader) article(b []byte) *article.Article {
	in, err := article.Decode(r.plainDates(b))
	if err != nil {
		var fields article.FieldErrors
		if errors.As(err, &fields) {
			r.errs = append(r.errs, fields...)
		} else {
			r.wrong("body", "%v", errors.Unwrap(err))
		}
		return nil
	}
	a := &article.Article{
		URL: r.url("url", in.URL), CanonicalURL: r.url("canonical_url", in.CanonicalURL), Publisher: in.Publisher, Agency: in.Agency,
		Headline: in.Headline, AlternativeHeadline: in.AlternativeHeadline, Dateline: in.Dateline, DatePublished: in.DatePublished, DateModified: in.DateModified,
		Section: in.Section, Keywords: in.Keywords, Description: in.Description, Image: r.url("image", in.Image),
		BodyState: in.BodyState, IsAccessibleForFree: in.IsAccessibleForFree,
	}
	r.id = in.ID
	if in.Publication != nil && in.Publication.ID != "" {
		r.id = in.Publication.ID
	}
	if r.withdrawn() {
		return &article.Article{URL: a.URL, CanonicalURL: a.CanonicalURL}
	}
	for _, author := range in.Authors {
		if author.Name = strings.TrimSpace(author.Name); author.Name != "" {
			a.Authors = append(a.Authors, author)
		}
	}
	if in.InLanguage != "" {
		if tag := language.Canonical(in.InLanguage); tag != "" {
			a.Language = &article.Language{Declared: tag}
		} else {
			r.wrong("in_language", notATag, in.InLanguage)
		}
	}
	a.Body = r.blocks(in)
	if a.BodyState == "" {
		a.BodyState = article.BodyFull
	}
	if !slices.Contains(article.BodyStates, a.BodyState) {
		r.wrong("body_state", "%q is none of full, partial, paywalled, consent, challenge, list and empty", a.BodyState)
	}
	if len(a.Body) == 0 && a.BodyState != article.BodyEmpty {
		r.wrong("body", "is empty: give body or text")
	}
	for _, d := range []*article.Date{a.DatePublished, a.DateModified} {
		if d != nil {
			d.From = article.FromPublisher
		}
	}
	a.Provenance = given(a, article.FromPublisher)
	return a
}

// plainDates brings dates that are a string, as most publishers write them, to the contract's object. Broken ones become
// errors, and are left out.
func (r *reader) plainDates(b []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(b, &fields) != nil {
		return b // json has read it before
	}
	changed := false
	for _, name := range []string{"date_published", "date_modified"} {
		var s string
		if len(fields[name]) == 0 || fields[name][0] != '"' || json.Unmarshal(fields[name], &s) != nil {
			continue
		}
		changed = true
		delete(fields, name)
		if d := r.date(name, s, article.FromPublisher); d != nil {
			if date, err := json.Marshal(d); err == nil {
				fields[name] = date
			}
		}
	}
	if !changed {
		return b
	}
	out, err := json.Marshal(fields)
	if err != nil { // they were read from JSON
		panic(err)
	}
	return out
}

// blocks checks the body's blocks; of a text without blocks it makes paragraphs.
func (r *reader) blocks(in *article.Article) []article.Block {
	if len(in.Body) == 0 {
		return paragraphs(dispatch.Paragraphs(in.Text))
	}
	var body []article.Block
	for i, b := range in.Body {
		field := fmt.Sprintf("body[%d]", i)
		if b.Level < 0 || b.Level > 6 {
			r.wrong(field+".level", "%d is not from 1 to 6", b.Level)
		}
		empty := false
		switch b.Type {
		case article.Paragraph, article.Heading, article.Quote, article.Caption:
			empty = strings.TrimSpace(b.Text) == ""
		case article.List:
			empty = len(b.Items) == 0
		case article.Table:
			empty = len(b.Rows) == 0
		default:
			r.wrong(field+".type", "%q is none of paragraph, heading, list, quote, table and caption", b.Type)
		}
		if !empty {
			body = append(body, b)
		}
	}
	return body
}

// newsArticle reads JSON-LD.
func (r *reader) newsArticle(ctx context.Context, ld *jsonld.NewsArticle) *article.Article {
	r.id = ld.ID
	if r.withdrawn() {
		return &article.Article{URL: r.url("url", ld.URL)}
	}
	body, err := extract.ArticleBody(ctx, ld.Body)
	if err != nil {
		r.wrong("articleBody", "%v", err)
		return nil
	}
	a := &article.Article{
		URL: r.url("url", ld.URL), Publisher: ld.Publisher, Headline: ld.Headline, AlternativeHeadline: ld.AlternativeHeadline,
		DatePublished: r.date("datePublished", ld.Published, article.FromJSONLD), DateModified: r.date("dateModified", ld.Modified, article.FromJSONLD),
		Section: ld.Section, Keywords: ld.Keywords, Description: ld.Description, Image: r.url("image", ld.Image),
		IsAccessibleForFree: ld.Free, Body: body, BodyState: article.BodyFull,
	}
	setAuthors(a, ld)
	if ld.Language != "" {
		a.Language = &article.Language{Declared: ld.Language}
	}
	if len(a.Body) == 0 {
		r.wrong("articleBody", "is empty")
	}
	a.Provenance = given(a, article.FromJSONLD)
	return a
}

// setAuthors reads names as those of pages are read: roles and agencies are no names, and organizations count where there is
// no person.
func setAuthors(a *article.Article, ld *jsonld.NewsArticle) {
	organizations := ld.Organizations
	for _, author := range ld.Authors {
		b := byline.Read(author.Name)
		for _, name := range b.People {
			one := article.Author{Name: name}
			if len(b.People) == 1 {
				one.URL = author.URL
			}
			a.Authors = append(a.Authors, one)
		}
		organizations = append(organizations, b.Organizations...)
		a.Agency = first(append([]string{a.Agency}, b.Agencies...)...)
	}
	for _, name := range organizations {
		a.Agency = first(a.Agency, byline.Agency(name))
	}
	if a.Authors != nil {
		return
	}
	for _, name := range organizations {
		a.Authors = append(a.Authors, article.Author{Name: name, Organization: true})
	}
}

// given names one kind of evidence for every field that an article has.
func given(a *article.Article, from article.From) map[string]article.From {
	p := map[string]article.From{}
	for field, set := range map[string]bool{
		"url": a.URL != "", "canonical_url": a.CanonicalURL != "", "publisher": a.Publisher != "", "agency": a.Agency != "", "headline": a.Headline != "",
		"alternative_headline": a.AlternativeHeadline != "", "authors": a.Authors != nil, "dateline": a.Dateline != nil,
		"date_published": a.DatePublished != nil, "date_modified": a.DateModified != nil, "in_language": a.Language != nil, "section": a.Section != "",
		"keywords": a.Keywords != nil, "description": a.Description != "", "image": a.Image != "", "body": a.Body != nil,
		"is_accessible_for_free": a.IsAccessibleForFree != nil,
	} {
		if set {
			p[field] = from
		}
	}
	return p
}
