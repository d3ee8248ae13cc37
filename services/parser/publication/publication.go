// Package publication reads what publishers put on the queue: text, HTML or JSON, with headers for what these cannot say.
//
// A publication is either an article, or the withdrawal of one, or a list of everything that is wrong with it; nothing is repaired in silence.
package publication

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"dateline/pkg/article"
	"dateline/pkg/dates"
	"dateline/pkg/weburl"
	"dateline/services/parser/derive"
	"dateline/services/parser/dispatch"
	"dateline/services/parser/language"

	"golang.org/x/net/html/charset"
)

// MaxBody is the most bytes that a publication's body may have. The queue's own limit is a little lower.
const MaxBody = 8 << 20

// maxID is the longest id of a publisher's own, in bytes.
const maxID = 1024

// Accepted lists the content types, for error messages and documents.
const Accepted = "text/plain, text/html, application/json (Dateline's article with schema_version, a schema.org NewsArticle as JSON-LD, or IPTC ninjs), application/ld+json, application/ninjs+json, and IPTC NITF or NewsML-G2 as application/xml, text/xml, application/nitf+xml or application/vnd.iptc.g2.newsitem+xml"

// Publication is one message of ext.<publisher>.
type Publication struct {
	Publisher string // token of the subject, unchecked
	Header    map[string][]string
	Body      []byte
	Stored    time.Time // when the queue took it; dates more than a day later are refused
}

// Read makes an article, complete with identity, or the removal of one that the publication withdraws. An error is an article.FieldErrors with all problems found: the name of a
// header (Dateline-Url), of an article's field (date_published), body, or publisher.
//
// Headers win over what the body says. The id comes from the URL; where there is none from the publisher's own id, which is
// the header Dateline-Id, publication.id or id of an article, @id or identifier of JSON-LD; where there is neither, a
// text/plain is known by its bytes, and anything else is refused. Without a Content-Type a body is text/plain if it is
// valid UTF-8 and begins with neither < nor {; other types are not guessed.
//
// A withdrawal names its article as the article's own publication would: by URL or id, in headers or in a body of any type, or
// by the very bytes of a text/plain. It needs no body, and of one nothing else is read.
func Read(ctx context.Context, p Publication) (*article.Article, *article.Removal, error) {
	r := reader{p: p}
	a := r.read(ctx)
	switch {
	case len(r.errs) > 0:
		return nil, nil, r.errs
	case r.withdrawn():
		return nil, &article.Removal{
			SchemaVersion: article.SchemaVersion, ID: a.ID, URL: a.URL, CanonicalURL: a.CanonicalURL, Source: a.Source, Publication: a.Publication,
			Reason: article.Withdrawn, Time: p.Stored,
		}, nil
	}
	derive.Complete(a)
	return a, nil, nil
}

// reader reads one publication and gathers what is wrong with it.
type reader struct {
	p    Publication
	errs article.FieldErrors
	id   string // the publisher's own, as the body gives it

	status pubStatus
}

// A receipt is a small message: so many problems, each so long, say enough.
const (
	maxProblems = 50
	maxProblem  = 500
)

func (r *reader) wrong(field, format string, args ...any) {
	if len(r.errs) < maxProblems {
		r.errs = append(r.errs, article.FieldError{Field: field, Message: clip(fmt.Sprintf(format, args...))})
	}
}

func (r *reader) header(name string) string { return article.HeaderValue(r.p.Header, name) }

// read returns nil, or something half done, where errs is not empty.
func (r *reader) read(ctx context.Context) *article.Article {
	if !article.ValidPublisher(r.p.Publisher) {
		r.wrong("publisher", "%q: 1 to 63 of a-z, 0-9, - and _, the first a letter or a digit", r.p.Publisher)
	}
	if v := r.header(article.HeaderSchemaVersion); v != "" && v != strconv.Itoa(article.SchemaVersion) {
		r.wrong(article.HeaderSchemaVersion, "%q is not known, this Dateline reads version %d", v, article.SchemaVersion)
	}
	for _, name := range article.PublicationHeaders {
		for _, v := range article.HeaderValues(r.p.Header, name) {
			if !utf8.ValidString(v) {
				r.wrong(name, "is not valid UTF-8")
			}
		}
	}
	given := r.headers()
	a := &article.Article{}
	if r.withdrawn() && len(bytes.TrimSpace(r.p.Body)) == 0 {
		r.override(a, given)
		r.identify(a, "")
		return a
	}
	kind, label, ok := r.contentType()
	switch {
	case len(bytes.TrimSpace(r.p.Body)) == 0:
		r.wrong("body", "is empty")
	case len(r.p.Body) > MaxBody:
		r.wrong("body", "%d bytes, more than the %d that a publication may have", len(r.p.Body), MaxBody)
	case ok:
		if read := r.body(ctx, kind, label, given.URL); read != nil {
			a = read
		}
	}
	r.override(a, given)
	r.checkDates(a)
	r.identify(a, kind)
	return a
}

// body reads the body of a known kind.
func (r *reader) body(ctx context.Context, kind, label, url string) *article.Article {
	switch {
	case r.withdrawn() && strings.HasPrefix(kind, "text/"): // known by the headers, or by its bytes
		return nil
	case kind == "text/plain":
		return r.text(label)
	case kind == "text/html":
		return r.html(ctx, label, url)
	case kind == "application/xml":
		return r.xml()
	}
	return r.json(ctx, label)
}

// contentType finds what the body is, and the charset that its header names.
func (r *reader) contentType() (kind, label string, ok bool) {
	const field = article.HeaderContentType
	v := r.header(field)
	if v == "" {
		head := strings.TrimSpace(string(r.p.Body[:min(len(r.p.Body), 512)]))
		if len(r.p.Body) > 0 && utf8.Valid(r.p.Body) && !strings.HasPrefix(head, "<") && !strings.HasPrefix(head, "{") {
			return "text/plain", "", true
		}
		if len(r.p.Body) > 0 {
			r.wrong(field, "is missing, and the body is no plain text in UTF-8; accepted are %s", Accepted)
		}
		return "", "", false
	}
	media, params, err := mime.ParseMediaType(v)
	if err != nil {
		r.wrong(field, "%q: %v; accepted are %s", v, err, Accepted)
		return "", "", false
	}
	switch media {
	case "text/plain", "application/json", "application/ld+json", "application/ninjs+json":
	case "application/xml", "text/xml", "application/nitf+xml", "text/vnd.iptc.nitf", "application/vnd.iptc.g2.newsitem+xml", "application/vnd.iptc.g2.newsmessage+xml":
		media = "application/xml"
	case "text/html", "application/xhtml+xml":
		media = "text/html"
	default:
		r.wrong(field, "%q is not accepted; accepted are %s", media, Accepted)
		return "", "", false
	}
	label = params["charset"]
	if label != "" {
		if enc, name := charset.Lookup(label); enc == nil || name == "replacement" {
			r.wrong(field, "charset %q is not known", label)
			return "", "", false
		}
	}
	return media, label, true
}

// decode reads the body in the charset of its Content-Type, UTF-8 unless it says otherwise.
func (r *reader) decode(label string) (string, bool) {
	body := r.p.Body
	if label != "" {
		if enc, name := charset.Lookup(label); name != "utf-8" {
			b, err := enc.NewDecoder().Bytes(body)
			if err != nil {
				r.wrong("body", "cannot be read as %s: %v", name, err)
				return "", false
			}
			return strings.TrimPrefix(string(b), "\ufeff"), true
		}
	}
	if !r.validUTF8() {
		return "", false
	}
	return strings.TrimPrefix(string(body), "\ufeff"), true
}

func (r *reader) validUTF8() bool {
	if utf8.Valid(r.p.Body) {
		return true
	}
	for i := 0; i < len(r.p.Body); {
		c, size := utf8.DecodeRune(r.p.Body[i:])
		if c == utf8.RuneError && size == 1 {
			r.wrong("body", "is not valid UTF-8 at byte %d (%#02x); another charset is named by charset= in the Content-Type", i, r.p.Body[i])
			break
		}
		i += size
	}
	return false
}

// text reads a dispatch.
func (r *reader) text(label string) *article.Article {
	text, ok := r.decode(label)
	if !ok {
		return nil
	}
	a := &article.Article{BodyState: article.BodyFull}
	r.plain(a, text)
	if len(a.Body) == 0 {
		r.wrong("body", "has no text")
		return nil
	}
	a.Provenance = given(a, article.FromText)
	return a
}

// plain reads a text without markup. Lead-in and dateline become fields where these are empty; the paragraphs keep the rest
// of the words.
func (r *reader) plain(a *article.Article, text string) {
	d := dispatch.Read(text)
	if a.Agency == "" {
		a.Agency = d.Agency
	}
	if a.Dateline == nil && d.Place != "" {
		a.Dateline = &article.Dateline{Place: d.Place}
		if d.Day != "" {
			a.Dateline.Date = &article.Date{Raw: d.Day}
		}
	}
	a.Body = paragraphs(d.Paragraphs)
}

func paragraphs(texts []string) []article.Block {
	var body []article.Block
	for _, t := range texts {
		body = append(body, article.Block{Type: article.Paragraph, Text: t})
	}
	return body
}

const notATag = "%q is no BCP 47 language tag such as en or fa-AF"

// headers reads the headers that stand for fields.
func (r *reader) headers() *article.Article {
	a := &article.Article{
		Headline: r.header(article.HeaderHeadline), Section: r.header(article.HeaderSection),
		URL: r.url(article.HeaderURL, r.header(article.HeaderURL)),
	}
	r.pubStatus(article.HeaderPubStatus, r.header(article.HeaderPubStatus))
	a.DatePublished = r.date(article.HeaderPublished, r.header(article.HeaderPublished), article.FromHeader)
	a.DateModified = r.date(article.HeaderModified, r.header(article.HeaderModified), article.FromHeader)
	for _, name := range article.HeaderValues(r.p.Header, article.HeaderAuthor) {
		if name = strings.TrimSpace(name); name != "" {
			a.Authors = append(a.Authors, article.Author{Name: name})
		}
	}
	if tag := r.header(article.HeaderLanguage); tag != "" {
		if canonical := language.Canonical(tag); canonical == "" {
			r.wrong(article.HeaderLanguage, notATag, tag)
		} else {
			a.Language = &article.Language{Declared: canonical}
		}
	}
	return a
}

// override puts what the headers give over what the body says.
func (r *reader) override(a, given *article.Article) {
	if a.Provenance == nil {
		a.Provenance = map[string]article.From{}
	}
	take := func(field string, set bool, f func()) {
		if set {
			f()
			a.Provenance[field] = article.FromHeader
		}
	}
	take("headline", given.Headline != "", func() { a.Headline = given.Headline })
	take("section", given.Section != "", func() { a.Section = given.Section })
	take("url", given.URL != "", func() { a.URL = given.URL })
	take("date_published", given.DatePublished != nil, func() { a.DatePublished = given.DatePublished })
	take("date_modified", given.DateModified != nil, func() { a.DateModified = given.DateModified })
	take("authors", given.Authors != nil, func() { a.Authors = given.Authors })
	take("in_language", given.Language != nil, func() { a.Language = given.Language })
}

// url checks a URL; "" stays "".
func (r *reader) url(field, s string) string {
	if s == "" {
		return ""
	}
	if !strings.Contains(s, "://") {
		r.wrong(field, "%q is no absolute http or https URL", s)
		return ""
	}
	if _, err := weburl.Canonical(s); err != nil {
		r.wrong(field, "%v", err)
		return ""
	}
	return s
}

// date reads a date; "" is none.
func (r *reader) date(field, s string, from article.From) *article.Date {
	if s == "" {
		return nil
	}
	d, err := dates.Parse(s)
	if err != nil {
		r.wrong(field, "%v; accepted is %s", err, dates.Accepted)
		return nil
	}
	d.From = from
	return &d
}

func (r *reader) checkDates(a *article.Article) {
	for _, f := range []struct {
		field, header string
		date          *article.Date
	}{{"date_published", article.HeaderPublished, a.DatePublished}, {"date_modified", article.HeaderModified, a.DateModified}} {
		if f.date == nil || !article.IsFuture(f.date.Time, r.p.Stored) {
			continue
		}
		if f.date.From == article.FromHeader {
			f.field = f.header
		}
		r.wrong(f.field, "%s is more than a day in the future", f.date)
	}
}

// identify gives the article its id, source and publication.
func (r *reader) identify(a *article.Article, kind string) {
	if id := r.header(article.HeaderID); id != "" {
		r.id = id
	}
	if len(r.id) > maxID {
		r.wrong(article.HeaderID, "%d bytes, more than %d", len(r.id), maxID)
	}
	a.Publication = &article.Publication{Publisher: r.p.Publisher, ID: r.id}
	a.Source = r.p.Publisher
	switch {
	case a.URL != "":
		key, err := weburl.Key(a.URL)
		if err == nil && a.CanonicalURL == "" {
			a.CanonicalURL, err = weburl.Canonical(a.URL)
		}
		if err != nil {
			r.wrong("url", "%v", err)
			return
		}
		a.ID, a.Source = article.IDOfURL(key), weburl.Source(a.URL)
	case r.id != "":
		a.ID = article.IDOfPublication(r.p.Publisher, r.id)
	case kind == "text/plain":
		a.ID = article.IDOfContent(r.p.Publisher, article.Digest(r.p.Body))
	case r.withdrawn() && r.header(article.HeaderURL) == "" && len(r.errs) == 0:
		r.wrong("url", "is missing, and so is an id: give %s or %s, so that it is known what is withdrawn", article.HeaderURL, article.HeaderID)
	case r.header(article.HeaderURL) == "" && len(r.errs) == 0:
		r.wrong("url", "is missing, and so is an id: give %s or %s, so that the article is known again", article.HeaderURL, article.HeaderID)
	}
}

func clip(s string) string {
	if len(s) > maxProblem {
		return strings.ToValidUTF8(s[:maxProblem], "") + "…"
	}
	return s
}
