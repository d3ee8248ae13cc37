package extract

import (
	"strings"
	"unicode"

	"dateline/pkg/article"
	"dateline/pkg/weburl"

	"golang.org/x/net/html/atom"
)

// siteNames are the names that a page gives its site.
func (f *facts) siteNames(a *article.Article, p Page) []string {
	names := []string{a.Publisher, f.meta("og:site_name"), f.meta("application-name"), f.meta("apple-mobile-web-app-title"), f.meta("publisher"), f.meta("dc.publisher")}
	names = append(names, f.ld.Sites...)
	host := strings.TrimPrefix(weburl.Host(p.URL), "www.")
	for label := range strings.SplitSeq(host, ".") {
		if len(label) > 3 {
			names = append(names, label)
		}
	}
	names = append(names, host)
	for i := range f.headings {
		if n := f.headings[i].node; n.DataAtom == atom.H1 && linksHome(n) {
			names = append(names, flat(n))
		}
	}
	var known []string
	for _, n := range names[:min(len(names), 40)] {
		if k := letters(n); len(k) > 1 && len(k) < 80 {
			known = append(known, k)
		}
	}
	return known
}

// isSite reports whether letters are a name of the site.
func isSite(k string, site []string) bool {
	for _, s := range site {
		if k == s || strings.TrimPrefix(k, "the") == strings.TrimPrefix(s, "the") {
			return true
		}
	}
	return false
}

// separators part a headline from the name of the site or section.
var separators = []string{" | ", " - ", " – ", " — ", " · ", " » ", " « ", " :: ", " • ", " │ ", " ｜ ", "｜", " * ", " / ", " > ", " ~ ", " -- ", ": ", "：", "|", " _ ", "_", "│", " ‹ ", " › ", "» ", ", "}

// withoutSite drops a site's name from either end of a title: "Headline | Section | The Paper".
func withoutSite(title string, site []string) string {
	if len(title) > maxTitle {
		return ""
	}
	for range 3 {
		before := title
		for _, sep := range separators {
			i := strings.Index(title, sep)
			if i <= 0 {
				continue
			}
			if last := strings.LastIndex(title, sep); named(title[last+len(sep):], site) {
				title = strings.TrimSpace(title[:last])
			} else if last != i && named(title[i+len(sep):], site) { // a name with a separator of its own
				title = strings.TrimSpace(title[:i])
			}
			if sep != ", " && i < len(title) && named(title[:i], site) {
				title = strings.TrimSpace(title[min(i+len(sep), len(title)):])
			}
		}
		if title == before {
			break
		}
	}
	return strings.Trim(title, " |·•│｜")
}

// named reports whether s is a name of the site: just so, with its domain's ending, or as more of it.
func named(s string, site []string) bool {
	k := letters(s)
	if k == "" || len(k) > 80 {
		return false
	}
	for _, name := range site {
		if k == name || "the"+k == name || k == "the"+name {
			return true
		}
		if short, long := min(len(k), len(name)), max(len(k), len(name)); short > 5 && short*2 > long && (strings.HasPrefix(k, name) || strings.HasPrefix(name, k) || strings.HasSuffix(k, name)) {
			return true
		}
	}
	return false
}

// letters is s in lower case with letters and digits only.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if isLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
