package extract

import (
	"html"
	"strings"
	"time"
	"unicode"

	"dateline/pkg/article"
	"dateline/pkg/weburl"
	"dateline/services/parser/dates"
	"dateline/services/parser/jsonld"

	"golang.org/x/net/publicsuffix"
)

// ahead is how far after the capture a date may lie: clocks and zones differ by no more.
const ahead = 24 * time.Hour

// evidence is one value for a field.
type evidence struct {
	value string
	from  article.From
}

// article weighs the facts: for each field the first evidence that can be used wins, and is named in Provenance.
func (f *facts) article(p Page) *article.Article {
	a := &article.Article{Provenance: map[string]article.From{}}
	ld := f.ld
	m := func(name string) string {
		if v := f.meta[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	item := article.FeedItem{}
	if p.Item != nil {
		item = *p.Item
	}
	choose := func(field string, into *string, all ...evidence) {
		for _, e := range all {
			if v := tidy(e.value); v != "" {
				*into, a.Provenance[field] = v, e.from
				return
			}
		}
	}
	const (
		data, og, meta, markup = article.FromJSONLD, article.FromOpenGraph, article.FromMeta, article.FromHTML
	)
	choose("publisher", &a.Publisher, evidence{ld.Publisher, data}, evidence{m("og:site_name"), og}, evidence{m("application-name"), meta})
	site := []string{a.Publisher, m("og:site_name"), weburl.Host(p.URL)}
	choose("headline", &a.Headline,
		evidence{withoutSite(ld.Headline, site), data}, evidence{withoutSite(m("og:title"), site), og}, evidence{first(f.items["headline"]), markup},
		evidence{only(f.headings), markup}, evidence{withoutSite(m("twitter:title"), site), meta}, evidence{item.Title, article.FromFeed},
		evidence{withoutSite(f.title, site), markup}, evidence{first(f.headings), markup})
	choose("alternative_headline", &a.AlternativeHeadline, evidence{ld.AlternativeHeadline, data})
	choose("description", &a.Description,
		evidence{ld.Description, data}, evidence{m("og:description"), og}, evidence{m("description"), meta}, evidence{m("twitter:description"), meta})
	choose("section", &a.Section, evidence{ld.Section, data}, evidence{m("article:section"), og}, evidence{m("parsely-section"), meta})

	language := ""
	choose("in_language", &language,
		evidence{ld.Language, data}, evidence{f.lang, markup}, evidence{m("content-language"), meta}, evidence{m("og:locale"), og})
	if language != "" {
		a.Language = &article.Language{Declared: language}
	}
	f.setURLs(a, p, ld)
	f.setKeywords(a, ld)
	f.setAuthors(a, p, ld)

	feedDate := ""
	if item.Published != nil {
		feedDate = item.Published.Format(time.RFC3339)
	}
	a.DatePublished = f.date(a, "date_published", p, append(append([]evidence{
		{ld.Published, data}, {m("article:published_time"), og}, {m("og:article:published_time"), og}, {m("og:published_time"), og},
	},
		f.metaDates("datepublished", "parsely-pub-date", "sailthru.date", "dcterms.created", "dc.date.issued", "dcterms.issued", "dc.date", "dcterms.date",
			"pubdate", "publishdate", "publish-date", "publish_date", "publication_date", "article.published", "cxenseparse:recs:publishtime", "date")...),
		evidence{first(f.items["datepublished"]), markup}, evidence{feedDate, article.FromFeed}, evidence{first(f.times), markup}))
	a.DateModified = f.date(a, "date_modified", p, append([]evidence{
		{ld.Modified, data}, {m("article:modified_time"), og}, {m("og:updated_time"), og},
	},
		append(f.metaDates("datemodified", "dcterms.modified", "last-modified", "lastmod"), evidence{first(f.items["datemodified"]), markup})...))

	if ld.Free != nil {
		a.IsAccessibleForFree, a.Provenance["is_accessible_for_free"] = ld.Free, data
	} else if m("article:content_tier") == "locked" {
		a.IsAccessibleForFree, a.Provenance["is_accessible_for_free"] = new(bool), og
	}
	return a
}

// structured is the article of the page's JSON-LD; never nil. Of several scripts the first with a headline or date counts.
func structured(scripts []string) *jsonld.NewsArticle {
	for _, s := range scripts {
		if a, err := jsonld.Find(repair(s)); err == nil && a != nil {
			return a
		}
	}
	return &jsonld.NewsArticle{}
}

// repair mends what pages break in JSON and what can be mended without doubt: line breaks and tabs inside strings, comments
// around the whole, a semicolon after it.
func repair(s string) []byte {
	s = strings.TrimSpace(s)
	for _, wrap := range [][2]string{{"<!--", "-->"}, {"//<![CDATA[", "//]]>"}, {"<![CDATA[", "]]>"}} {
		if inner, ok := strings.CutPrefix(s, wrap[0]); ok {
			s = strings.TrimSpace(strings.TrimSuffix(inner, wrap[1]))
		}
	}
	b := []byte(strings.TrimRight(s, "; \n"))
	for i, c := range b {
		if c < ' ' {
			b[i] = ' '
		}
	}
	return b
}

func (f *facts) metaDates(names ...string) []evidence {
	var all []evidence
	for _, name := range names {
		for _, v := range f.meta[name] {
			all = append(all, evidence{v, article.FromMeta})
		}
	}
	return all
}

// date is the first of some dates that can be read and does not lie ahead of the capture.
func (f *facts) date(a *article.Article, field string, p Page, all []evidence) *article.Date {
	for _, e := range all {
		d, err := dates.Parse(e.value)
		if err != nil || !p.Captured.IsZero() && d.Time.After(p.Captured.Add(ahead)) {
			continue
		}
		d.From = e.from
		a.Provenance[field] = e.from
		return &d
	}
	return nil
}

// setURLs sets the URL, the canonical URL (the page's own only within its site: elsewhere it would let one site speak for
// another) and the image.
func (f *facts) setURLs(a *article.Article, p Page, ld *jsonld.NewsArticle) {
	a.URL = p.URL
	base := p.URL
	if b, err := weburl.Resolve(p.URL, f.base); err == nil && f.base != "" {
		base = b
	}
	if c, err := weburl.Canonical(p.URL); err == nil && p.URL != "" {
		a.CanonicalURL = c
	}
	if link, err := weburl.Resolve(base, f.canonical); err == nil && f.canonical != "" && sameSite(link, p.URL) && !isHome(link) {
		if c, err := weburl.Canonical(link); err == nil {
			a.CanonicalURL, a.Provenance["canonical_url"] = c, article.FromHTML
		}
	}
	og := ""
	for _, name := range []string{"og:image", "og:image:url", "og:image:secure_url"} {
		if v := f.meta[name]; og == "" && len(v) > 0 {
			og = v[0]
		}
	}
	for _, e := range []evidence{{ld.Image, article.FromJSONLD}, {og, article.FromOpenGraph}, {first(f.meta["twitter:image"]), article.FromMeta}} {
		if image, err := weburl.Resolve(base, strings.TrimSpace(e.value)); err == nil && e.value != "" {
			a.Image, a.Provenance["image"] = image, e.from
			break
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

func (f *facts) setKeywords(a *article.Article, ld *jsonld.NewsArticle) {
	for _, source := range []struct {
		values []string
		from   article.From
	}{
		{ld.Keywords, article.FromJSONLD}, {f.meta["article:tag"], article.FromOpenGraph}, {f.meta["news_keywords"], article.FromMeta}, {f.meta["keywords"], article.FromMeta},
	} {
		seen := map[string]bool{}
		for _, v := range source.values {
			for word := range strings.SplitSeq(v, ",") {
				if word = tidy(word); word != "" && !seen[word] && len(a.Keywords) < maxFacts {
					seen[word] = true
					a.Keywords = append(a.Keywords, word)
				}
			}
		}
		if a.Keywords != nil {
			a.Provenance["keywords"] = source.from
			return
		}
	}
}

func (f *facts) setAuthors(a *article.Article, p Page, ld *jsonld.NewsArticle) {
	for _, author := range ld.Authors {
		names := people(author.Name)
		for _, n := range names {
			if len(names) == 1 && author.URL != "" {
				n.URL, _ = weburl.Resolve(p.URL, author.URL)
			}
			if !strings.EqualFold(n.Name, a.Publisher) {
				a.Authors = append(a.Authors, n)
			}
		}
	}
	if a.Authors != nil {
		a.Provenance["authors"] = article.FromJSONLD
		return
	}
	sources := []struct {
		values []string
		from   article.From
	}{
		{f.meta["author"], article.FromMeta},
		{f.meta["article:author"], article.FromOpenGraph},
		{f.meta["parsely-author"], article.FromMeta},
		{f.meta["sailthru.author"], article.FromMeta},
		{f.meta["dc.creator"], article.FromMeta},
		{f.meta["byl"], article.FromMeta},
		{f.items["author"], article.FromHTML},
		{f.bylines, article.FromHTML},
	}
	if p.Item != nil {
		sources = append(sources, sources[0])
		sources[len(sources)-1].values, sources[len(sources)-1].from = p.Item.Authors, article.FromFeed
	}
	for _, s := range sources {
		seen := map[string]bool{}
		for _, v := range s.values {
			for _, n := range people(v) {
				if !seen[n.Name] && !strings.EqualFold(n.Name, a.Publisher) && len(a.Authors) < maxPeople {
					seen[n.Name] = true
					a.Authors = append(a.Authors, n)
				}
			}
		}
		if a.Authors != nil {
			a.Provenance["authors"] = s.from
			return
		}
	}
}

// maxPeople bounds the authors of one article.
const maxPeople = 50

// people reads a byline: "By A. Writer and B. Reporter".
func people(byline string) []article.Author {
	byline = tidy(byline)
	if len(byline) > 300 || strings.Contains(byline, "://") {
		return nil
	}
	if len(byline) > 3 && strings.EqualFold(byline[:3], "by ") {
		byline = byline[3:]
	}
	var all []article.Author
	for name := range strings.SplitSeq(joiners.Replace(byline), ",") {
		name = strings.Trim(name, " .-–—:")
		if name == "" || strings.ContainsAny(name, "@0123456789") || len(strings.Fields(name)) > 6 || !strings.ContainsFunc(name, unicode.IsLetter) {
			continue
		}
		all = append(all, article.Author{Name: name})
	}
	return all
}

// joiners part the names of a byline.
var joiners = strings.NewReplacer(" and ", ",", " And ", ",", " AND ", ",", " & ", ",", " und ", ",", "|", ",", ";", ",", " / ", ",")

// withoutSite drops a site's name from the end of a title: "Headline | The Paper".
func withoutSite(title string, site []string) string {
	title = tidy(title)
	for _, sep := range []string{" | ", " - ", " – ", " — ", " · ", " » ", " :: ", " • "} {
		i := strings.LastIndex(title, sep)
		if i <= 0 {
			continue
		}
		tail := letters(title[i+len(sep):])
		for _, s := range site {
			if s = letters(strings.TrimPrefix(s, "www.")); tail != "" && len(s) > 1 && (tail == s || strings.HasPrefix(s, tail+".") || letters(strings.SplitN(s, ".", 2)[0]) == tail) {
				return strings.TrimSpace(title[:i])
			}
		}
	}
	return title
}

// letters is s in lower case with letters, digits and full stops only.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// tidy undoes entities that were escaped twice, and collapses white space.
func tidy(s string) string {
	if strings.Contains(s, "&") {
		s = html.UnescapeString(s)
	}
	return strings.Join(strings.Fields(s), " ")
}

func first(s []string) string {
	if len(s) > 0 {
		return s[0]
	}
	return ""
}

// only is the one of s, "" where there are several.
func only(s []string) string {
	if len(s) == 1 {
		return s[0]
	}
	return ""
}
