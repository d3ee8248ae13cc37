package publication

import (
	"context"
	"strings"

	"dateline/pkg/article"
	"dateline/services/parser/extract"
)

// ninjs is an object of the IPTC's News in JSON, its names in small letters: 1.x and 2.x write them so, 3.x in camel case.
type ninjs map[string]any

// isNinjs recognises an object of any version by its uri and one of the names that only ninjs has.
func isNinjs(v map[string]any) bool {
	n := fold(v)
	if n.text("uri") == "" {
		return false
	}
	for _, name := range []string{"versioncreated", "pubstatus", "body_text", "body_xhtml", "body_html", "bodies", "headlines", "representationtype"} {
		if _, ok := n[name]; ok {
			return true
		}
	}
	return false
}

func fold(v map[string]any) ninjs {
	n := make(ninjs, len(v))
	for k, x := range v {
		n[strings.ToLower(k)] = x
	}
	return n
}

func (n ninjs) text(name string) string {
	s, _ := n[name].(string)
	return strings.TrimSpace(s)
}

// list is the objects of an array.
func (n ninjs) list(name string) []ninjs {
	var all []ninjs
	array, _ := n[name].([]any)
	for _, x := range array {
		if o, ok := x.(map[string]any); ok {
			all = append(all, fold(o))
		}
	}
	return all
}

// altID is an alternative id. Dateline's own exports have dates there that are less than ninjs calls a date.
func (n ninjs) altID(role string) string {
	for _, id := range n.list("altids") {
		if id.text("role") == role {
			return id.text("value")
		}
	}
	return ""
}

// ninjs reads News in JSON, 1.0 to 3.x.
func (r *reader) ninjs(ctx context.Context, v map[string]any) *article.Article {
	n := fold(v)
	r.id = n.text("uri")
	if r.pubStatus("pubstatus", n.text("pubstatus")); r.withdrawn() {
		return nil
	}
	if t := n.text("type"); t != "" && t != "text" && t != "composite" {
		r.wrong("type", "%q: only text is an article", t)
	}
	a := &article.Article{
		Headline: n.text("headline"), Description: first(n.text("description_text"), n.text("description_summary")), BodyState: article.BodyFull,
		Publisher:     first(n.text("copyrightholder"), n.text("provider")),
		DatePublished: r.date("firstcreated", first(n.text("firstcreated"), n.altID("datePublished"), n.text("contentcreated")), article.FromPublisher),
		DateModified:  r.date("versioncreated", first(n.text("versioncreated"), n.altID("dateModified")), article.FromPublisher),
	}
	for _, o := range n.list("organisations") {
		if o.text("rel") == "publisher" {
			a.Publisher = first(a.Publisher, o.text("name"))
		}
	}
	for _, h := range n.list("headlines") { // 2.x, 3.x
		switch {
		case a.Headline == "" || h.text("role") == "main":
			a.Headline = h.text("value")
		case a.AlternativeHeadline == "":
			a.AlternativeHeadline = h.text("value")
		}
	}
	for _, d := range n.list("descriptions") {
		a.Description = first(a.Description, d.text("value"))
	}
	for _, name := range []string{"subject", "subjects"} {
		for _, s := range n.list(name) {
			if v := s.text("name"); v != "" {
				a.Keywords = append(a.Keywords, v)
			}
		}
	}
	if words, ok := n["keywords"].([]any); ok {
		for _, w := range words {
			if s, ok := w.(string); ok && s != "" {
				a.Keywords = append(a.Keywords, s)
			}
		}
	}
	for _, name := range []string{"genre", "genres"} {
		for _, g := range n.list(name) {
			a.Section = first(a.Section, g.text("name"))
		}
	}
	for _, name := range []string{"infosource", "infosources"} {
		for _, s := range n.list(name) {
			a.Agency = first(a.Agency, s.text("name"))
		}
	}
	r.readByline(a, first(n.text("byline"), n.text("by")))
	if place := n.text("located"); place != "" {
		a.Dateline = &article.Dateline{Place: place}
	}
	if lang := n.text("language"); lang != "" {
		a.Language = &article.Language{Declared: lang}
	}
	r.ninjsBody(ctx, n, a)
	return r.finish(a, "body")
}

// ninjsBody takes the body with markup before the plain one.
func (r *reader) ninjsBody(ctx context.Context, n ninjs, a *article.Article) {
	markup, plain := first(n.text("body_xhtml"), n.text("body_html")), n.text("body_text")
	for _, b := range n.list("bodies") {
		if t := first(b.text("contenttype"), b.text("mimetype")); t == "text/html" || t == "application/xhtml+xml" {
			markup = first(markup, b.text("value"))
		} else {
			plain = first(plain, b.text("value"))
		}
	}
	if markup != "" {
		body, err := extract.Markup(ctx, markup)
		if err != nil {
			r.wrong("body", "%v", err)
			return
		}
		a.Body = body
	}
	if len(a.Body) == 0 && plain != "" {
		r.plain(a, plain)
	}
}
