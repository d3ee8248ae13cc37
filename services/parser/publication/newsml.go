package publication

import (
	"fmt"
	"strings"

	"dateline/pkg/article"
)

// newsML reads IPTC NewsML-G2 (2.x, Core or Power conformance): a newsItem of text, or a newsMessage with one.
func (r *reader) newsML(e *element) *article.Article {
	items := []*element{e}
	if e.name == "newsMessage" {
		items = e.all("itemSet", "newsItem")
	} else if e.name != "newsItem" {
		r.wrong("body", "is a %s: a newsItem, or a newsMessage with one, is an article", e.name)
		return nil
	}
	var texts []*element
	for _, item := range items {
		if class := item.find("itemMeta", "itemClass").get("qcode"); class == "" || strings.HasSuffix(class, ":text") || strings.HasSuffix(class, ":composite") {
			texts = append(texts, item)
		}
	}
	if len(texts) != 1 {
		r.wrong("newsMessage/itemSet", "holds %d news items of text: one publication is one article", len(texts))
		return nil
	}
	item := texts[0]
	meta, content := item.find("itemMeta"), item.find("contentMeta")
	r.id = item.get("guid")
	status := meta.find("pubStatus")
	if r.pubStatus("itemMeta/pubStatus", first(status.get("qcode"), status.get("uri"))); r.withdrawn() {
		return nil
	}
	a := &article.Article{
		Headline: content.find("headline").string(), AlternativeHeadline: second(content.all("headline")), BodyState: article.BodyFull,
		Publisher: nameOf(meta.find("provider")), Section: nameOf(content.find("genre")),
		DatePublished: r.date("itemMeta/firstCreated", first(meta.find("firstCreated").string(), content.find("contentCreated").string()), article.FromPublisher),
		DateModified:  r.date("itemMeta/versionCreated", meta.find("versionCreated").string(), article.FromPublisher),
	}
	for _, d := range content.all("description") {
		a.Description = first(a.Description, d.string())
	}
	for _, k := range content.all("keyword") {
		a.Keywords = append(a.Keywords, k.string())
	}
	for _, s := range content.all("subject") {
		if name := nameOf(s); name != "" {
			a.Keywords = append(a.Keywords, name)
		}
	}
	for _, s := range content.all("infoSource") {
		a.Agency = first(a.Agency, nameOf(s))
	}
	for _, c := range content.all("creator") {
		if name := nameOf(c); name != "" {
			r.readByline(a, name)
		}
	}
	if a.Authors == nil {
		for _, by := range content.all("by") {
			r.readByline(a, by.string())
		}
	}
	if place := nameOf(content.find("located")); place != "" {
		a.Dateline = &article.Dateline{Place: place}
	}
	if lang := first(content.find("language").get("tag"), item.get("lang")); lang != "" {
		a.Language = &article.Language{Declared: lang}
	}
	set := item.find("contentSet")
	for i, x := range set.all("inlineXML") {
		if len(a.Body) > 0 {
			break
		}
		for _, c := range x.children {
			if c.name == "nitf" {
				a.Body = blocksOf(orEmpty(c.find("body", "body.content")))
			} else if c.name != "" {
				a.Body = append(a.Body, blocksOf(&element{children: []*element{c}})...)
			}
		}
		if len(a.Body) == 0 {
			r.wrong(fmt.Sprintf("contentSet/inlineXML[%d]", i), "has no text")
		}
	}
	if data := set.find("inlineData"); len(a.Body) == 0 && data != nil {
		r.plain(a, data.text1())
	}
	return r.finish(a, "contentSet")
}

// text1 is an element's text with its line breaks.
func (e *element) text1() string {
	var b strings.Builder
	e.write(&b)
	return b.String()
}

// nameOf is the name that an element of NewsML-G2 has: in it, or as its literal.
func nameOf(e *element) string { return first(e.find("name").string(), e.get("literal")) }

func second(all []*element) string {
	if len(all) < 2 {
		return ""
	}
	return all[1].string()
}
