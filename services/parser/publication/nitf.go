package publication

import (
	"strings"

	"dateline/pkg/article"
	"dateline/services/parser/byline"
)

// xml reads NITF or NewsML-G2, by the name of its first element.
func (r *reader) xml() *article.Article {
	e, err := parseXML(r.p.Body)
	if err != nil {
		r.wrong("body", "%v", err)
		return nil
	}
	switch e.name {
	case "nitf":
		return r.nitf(e)
	case "newsItem", "newsMessage", "packageItem", "knowledgeItem", "conceptItem":
		return r.newsML(e)
	}
	r.wrong("body", "is XML, but its first element is %q: nitf, newsItem and newsMessage are read", e.name)
	return nil
}

// nitf reads the IPTC's News Industry Text Format, 3.0 to 3.6.
func (r *reader) nitf(e *element) *article.Article {
	head, body := e.find("head"), e.find("body")
	data := head.find("docdata")
	r.id = data.find("doc-id").get("id-string")
	if r.pubStatus("docdata@management-status", data.get("management-status")); r.withdrawn() {
		return nil
	}
	blocks := blocksOf(orEmpty(body.find("body.content")))
	if other := data.get("management-doc-idref"); other != "" && len(blocks) == 0 { // with a text it is a correction, and an article
		if r.pubStatus("docdata@management-idref-status", data.get("management-idref-status")); r.withdrawn() {
			r.id = other
			return nil
		}
	}
	top := body.find("body.head")
	a := &article.Article{
		Headline: top.find("hedline", "hl1").string(), AlternativeHeadline: top.find("hedline", "hl2").string(), Description: top.find("abstract").string(),
		Section: head.find("tobject", "tobject.property").get("tobject.property.type"), Body: blocks, BodyState: article.BodyFull,
		Agency: first(top.find("distributor", "org").string(), top.find("distributor").string()),
	}
	if a.Headline == "" {
		a.Headline = first(top.find("headline", "hl1").string(), head.find("title").string())
	}
	for _, s := range head.all("pubdata") {
		a.Publisher = first(a.Publisher, s.get("name"))
		a.Section = first(s.get("position.section"), a.Section)
	}
	for _, k := range data.all("key-list", "keyword") {
		a.Keywords = append(a.Keywords, k.get("key"))
	}
	a.DatePublished = r.date("docdata/date.release", first(data.find("date.release").get("norm"), data.find("date.issue").get("norm"), top.find("dateline", "story.date").get("norm")), article.FromPublisher)
	r.setByline(a, top.all("byline"))
	if place := top.find("dateline", "location").string(); place != "" {
		a.Dateline = &article.Dateline{Place: strings.TrimRight(place, ", ")}
		day := top.find("dateline", "story.date")
		if norm := day.get("norm"); norm != "" {
			a.Dateline.Date = r.date("dateline/story.date", norm, article.FromPublisher)
		} else if words := day.string(); words != "" {
			a.Dateline.Date = &article.Date{Raw: words}
		}
	}
	if lang := first(e.get("lang"), body.get("lang")); lang != "" {
		a.Language = &article.Language{Declared: lang}
	}
	return r.finish(a, "body.content")
}

// setByline reads bylines: elements that name the people in them, or words.
func (r *reader) setByline(a *article.Article, lines []*element) {
	for _, l := range lines {
		people := l.all("person")
		for _, p := range people {
			a.Authors = append(a.Authors, article.Author{Name: p.string()})
		}
		if len(people) == 0 {
			r.readByline(a, l.string())
		}
	}
}

func (r *reader) readByline(a *article.Article, line string) {
	b := byline.Read(line)
	for _, name := range b.People {
		a.Authors = append(a.Authors, article.Author{Name: name})
	}
	if a.Agency == "" && len(b.Agencies) > 0 {
		a.Agency = b.Agencies[0]
	}
}

// finish checks that there is a text, and names the publisher as the source of all fields. A version's date stands in for that
// of the first one as on pages.
func (r *reader) finish(a *article.Article, field string) *article.Article {
	if len(a.Body) == 0 {
		r.wrong(field, "has no text")
		return nil
	}
	a.Provenance = given(a, article.FromPublisher)
	if a.DatePublished == nil && a.DateModified != nil {
		version := *a.DateModified
		version.From = article.FromModified
		a.DatePublished, a.Provenance["date_published"] = &version, article.FromModified
	}
	return a
}

func orEmpty(e *element) *element {
	if e == nil {
		return &element{}
	}
	return e
}

func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
