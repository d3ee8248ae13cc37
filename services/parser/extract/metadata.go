package extract

import (
	"html"
	"strconv"
	"strings"

	"dateline/pkg/article"
	"dateline/pkg/weburl"
	"dateline/services/parser/jsonld"

	"golang.org/x/net/publicsuffix"
)

// evidence is one value for a field.
type evidence struct {
	value  string
	from   article.From
	detail string // where it stands
}

// weigher chooses among evidence, names what won in the article's provenance, and tells all of it to whom asks.
type weigher struct {
	a       *article.Article
	explain *Explanation
}

// text sets a field to the first evidence that says something.
func (w *weigher) text(field string, into *string, all ...evidence) {
	won := false
	for _, e := range all {
		v := tidy(e.value)
		if v == "" {
			continue
		}
		if w.explain != nil {
			w.note(field, evidence{v, e.from, e.detail}, !won, "after better evidence")
		}
		if won {
			continue
		}
		won = true
		*into, w.a.Provenance[field] = v, e.from
		if w.explain == nil {
			return
		}
	}
}

// note explains one piece of evidence; w.explain is not nil.
func (w *weigher) note(field string, e evidence, won bool, why string) {
	if won {
		why = ""
	}
	w.explain.Fields = append(w.explain.Fields, FieldEvidence{Field: field, Value: e.value, From: e.from, Detail: e.detail, Won: won, Why: why})
}

// article weighs the facts: for each field the best evidence wins, and is named in Provenance.
func (f *facts) article(p Page) *article.Article {
	const data, og, meta, markup = article.FromJSONLD, article.FromOpenGraph, article.FromMeta, article.FromHTML
	a := &article.Article{Provenance: map[string]article.From{}}
	w := &weigher{a, p.Explain}
	f.readJSONLD(p)
	ld := f.ldArticle
	m := f.meta

	w.text("publisher", &a.Publisher, evidence{ld.Publisher, data, "publisher"}, evidence{m("og:site_name"), og, "og:site_name"}, evidence{m("application-name"), meta, "application-name"})
	site := f.siteNames(a, p)
	f.headline(w, a, p, site)
	w.text("alternative_headline", &a.AlternativeHeadline, evidence{ld.AlternativeHeadline, data, "alternativeHeadline"})
	summary := ""
	if p.Item != nil {
		summary = p.Item.Summary
	}
	w.text("description", &a.Description,
		evidence{ld.Description, data, "description"}, evidence{m("og:description"), og, "og:description"}, evidence{m("description"), meta, "description"},
		evidence{m("twitter:description"), meta, "twitter:description"}, evidence{m("dc.description"), meta, "dc.description"},
		evidence{summary, article.FromFeed, "summary of the feed's item"})
	w.text("section", &a.Section, evidence{ld.Section, data, "articleSection"}, evidence{m("article:section"), og, "article:section"}, evidence{m("articlesection"), meta, "itemprop articleSection"}, evidence{m("parsely-section"), meta, "parsely-section"})

	language := ""
	w.text("in_language", &language,
		evidence{ld.Language, data, "inLanguage"}, evidence{f.lang, markup, "html lang"}, evidence{m("inlanguage"), meta, "itemprop inLanguage"}, evidence{m("content-language"), meta, "content-language"}, evidence{m("og:locale"), og, "og:locale"})
	if language != "" {
		a.Language = &article.Language{Declared: language}
	}
	f.setURLs(w, a, p)
	f.setKeywords(w, a)
	f.authors(w, a, p, site)
	f.dating(w, a, p)

	f.setFree(w, a)
	return a
}

// setFree says whether all may read the article. Of OpenGraph's tiers "metered" says neither.
func (f *facts) setFree(w *weigher, a *article.Article) {
	var tier *bool
	if v := f.meta("article:content_tier"); v == "locked" || v == "free" {
		free := v == "free"
		tier = &free
	}
	for _, e := range [...]struct {
		free *bool
		evidence
	}{
		{f.ldArticle.Free, evidence{"", article.FromJSONLD, "isAccessibleForFree"}},
		{jsonld.Bool(f.meta("isaccessibleforfree")), evidence{"", article.FromMeta, "itemprop isAccessibleForFree"}},
		{tier, evidence{"", article.FromOpenGraph, "article:content_tier"}},
	} {
		if e.free == nil {
			continue
		}
		won := a.IsAccessibleForFree == nil
		if won {
			a.IsAccessibleForFree, a.Provenance["is_accessible_for_free"] = e.free, e.from
		}
		if w.explain != nil {
			e.value = strconv.FormatBool(*e.free)
			w.note("is_accessible_for_free", e.evidence, won, "after better evidence")
		}
	}
}

// readJSONLD reads the page's scripts and finds the article among their nodes: of several the one whose URL or headline is
// the page's; else the first, for teasers of other articles stand below.
func (f *facts) readJSONLD(p Page) {
	f.ld = jsonld.InPage(f.jsonLD)
	f.ldArticle = &jsonld.NewsArticle{}
	if len(f.ld.Articles) == 0 {
		return
	}
	title := letters(tidy(f.title)) + " " + letters(tidy(f.meta("og:title")))
	best := -1
	for _, n := range f.ld.Articles {
		score := 0
		if n.URL != "" && (samePage(n.URL, p.URL) || f.canonical != "" && samePage(n.URL, f.canonical)) {
			score += 4
		}
		if k := letters(n.Headline); len(k) > 5 && strings.Contains(title, k) {
			score += 3
		}
		if n.Headline != "" && n.Published != "" {
			score++
		}
		if score > best {
			f.ldArticle, best = n, score
		}
	}
}

// samePage reports whether two URLs differ in no more than scheme, "www.", query, fragment and final slash.
func samePage(a, b string) bool {
	a, b = bare(a), bare(b)
	return a == b && strings.Contains(a, "/")
}

func bare(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	}
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i]
	}
	return strings.TrimPrefix(strings.TrimSuffix(url, "/"), "www.")
}

// setURLs sets the URL, the canonical URL (the page's own only within its site: elsewhere it would let one site speak for
// another) and the image.
func (f *facts) setURLs(w *weigher, a *article.Article, p Page) {
	a.URL = p.URL
	base := p.URL
	if f.base != "" {
		if b, err := weburl.Resolve(p.URL, f.base); err == nil {
			base = b
		}
	}
	if p.URL != "" {
		if c, err := weburl.Canonical(p.URL); err == nil {
			a.CanonicalURL = c
		}
	}
	switch {
	case f.canonical == p.URL && p.URL != "" && !isHome(p.URL):
		a.Provenance["canonical_url"] = article.FromHTML
	case f.canonical != "":
		if link, err := weburl.Resolve(base, f.canonical); err == nil && sameSite(link, p.URL) && !isHome(link) {
			if c, err := weburl.Canonical(link); err == nil {
				a.CanonicalURL, a.Provenance["canonical_url"] = c, article.FromHTML
			}
		}
	}
	if f.canonical != "" && w.explain != nil {
		w.note("canonical_url", evidence{f.canonical, article.FromHTML, "link rel=canonical"}, a.Provenance["canonical_url"] != "", "no page of this site")
	}
	for _, e := range [...]evidence{
		{f.ldArticle.Image, article.FromJSONLD, "image"},
		{f.meta("og:image"), article.FromOpenGraph, "og:image"},
		{f.meta("og:image:url"), article.FromOpenGraph, "og:image:url"},
		{f.meta("og:image:secure_url"), article.FromOpenGraph, "og:image:secure_url"},
		{f.meta("twitter:image"), article.FromMeta, "twitter:image"},
	} {
		if e.value == "" || a.Image != "" && w.explain == nil {
			continue
		}
		image, err := weburl.Resolve(base, strings.TrimSpace(e.value))
		won, why := err == nil && a.Image == "", "after better evidence"
		if err != nil {
			why = "no URL"
		}
		if won {
			a.Image, a.Provenance["image"] = image, e.from
		}
		if w.explain != nil {
			w.note("image", e, won, why)
		}
	}
}

// sameSite reports whether two URLs have the same registrable domain.
func sameSite(a, b string) bool {
	a, b = weburl.Host(a), weburl.Host(b)
	if a == b {
		return a != ""
	}
	siteA, err := publicsuffix.EffectiveTLDPlusOne(a)
	if err != nil {
		return false
	}
	siteB, err := publicsuffix.EffectiveTLDPlusOne(b)
	return err == nil && siteA == siteB
}

// isHome reports whether a URL is a site's front page, which some sites name as canonical for every page.
func isHome(url string) bool {
	_, rest, _ := strings.Cut(url, "://")
	_, path, _ := strings.Cut(rest, "/")
	return path == ""
}

func (f *facts) setKeywords(w *weigher, a *article.Article) {
	for _, source := range [...]struct {
		values []string
		from   article.From
		detail string
	}{
		{f.ldArticle.Keywords, article.FromJSONLD, "keywords"},
		{f.all("article:tag"), article.FromOpenGraph, "article:tag"},
		{f.all("news_keywords"), article.FromMeta, "news_keywords"},
		{f.all("keywords"), article.FromMeta, "keywords"},
	} {
		var found []string
		seen := map[string]bool{}
		for _, v := range source.values {
			for word := range strings.SplitSeq(v, ",") {
				if word = tidy(word); word != "" && !seen[word] && len(found) < maxFacts {
					seen[word] = true
					found = append(found, word)
				}
			}
		}
		if found == nil {
			continue
		}
		won := a.Keywords == nil
		if won {
			a.Keywords, a.Provenance["keywords"] = found, source.from
		}
		if w.explain == nil {
			return
		}
		w.note("keywords", evidence{strings.Join(found, ", "), source.from, source.detail}, won, "after better evidence")
	}
}

// tidy undoes entities that were escaped twice, and collapses white space.
func tidy(s string) string {
	if strings.Contains(s, "&") {
		s = html.UnescapeString(s)
	}
	return strings.Join(strings.Fields(s), " ")
}
