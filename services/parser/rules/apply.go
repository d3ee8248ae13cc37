package rules

import (
	"slices"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/dates"
	"dateline/pkg/weburl"
	"dateline/services/parser/jsonld"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// fieldNames are the fields that rules may give.
var fieldNames = []string{
	"agency", "alternative_headline", "authors", "body", "canonical_url", "date_modified", "date_published", "dateline", "description", "headline", "image", "in_language", "is_accessible_for_free", "keywords",
	"publisher", "section",
}

// FieldNames are the fields that rules may give and examples expect.
func FieldNames() []string { return slices.Clone(fieldNames) }

const (
	maxMatches = 200  // elements of one selector
	maxValue   = 4000 // bytes of a value
)

// Prune takes the elements that the rule drops out of the tree.
func (r *Rule) Prune(doc *html.Node) {
	for _, s := range r.Drop {
		for _, n := range matches(doc, s) {
			if n.Parent != nil {
				n.Parent.RemoveChild(n)
			}
		}
	}
}

// Body is the element that holds the text, nil where the rule does not say.
func (r *Rule) Body(doc *html.Node) *html.Node {
	for _, s := range r.Fields["body"] {
		if n := cascadia.Query(doc, s.Select); n != nil {
			return n
		}
	}
	return nil
}

// Set sets the article's fields that the rule finds, with their provenance, and returns their names and the selectors.
func (r *Rule) Set(doc *html.Node, base string, lang string, captured time.Time, a *article.Article) map[string]string {
	set := map[string]string{}
	for _, name := range fieldNames {
		for _, s := range r.Fields[name] {
			if name != "body" && r.set(name, s, s.values(doc), base, lang, captured, a) {
				a.Provenance[name] = article.FromRule
				set[name] = s.Select.text
				break
			}
		}
	}
	return set
}

// set reports whether the values gave the field one.
func (r *Rule) set(name string, s source, values []string, base, lang string, captured time.Time, a *article.Article) bool {
	if len(values) == 0 {
		return false
	}
	first := values[0]
	switch name {
	case "agency":
		a.Agency = first
	case "alternative_headline":
		a.AlternativeHeadline = first
	case "description":
		a.Description = first
	case "headline":
		a.Headline = first
	case "publisher":
		a.Publisher = first
	case "section":
		a.Section = first
	case "in_language":
		a.Language = &article.Language{Declared: first}
	case "image":
		url, err := weburl.Resolve(base, first)
		if err != nil {
			return false
		}
		a.Image = url
	case "canonical_url":
		url, err := weburl.Resolve(base, first)
		if err == nil {
			url, err = weburl.Canonical(url)
		}
		if err != nil {
			return false
		}
		a.CanonicalURL = url
	case "dateline":
		a.Dateline = &article.Dateline{Place: first}
	case "is_accessible_for_free":
		free := jsonld.Bool(first)
		if free == nil {
			return false
		}
		a.IsAccessibleForFree = free
	case "keywords":
		a.Keywords = values
	case "authors":
		a.Authors = nil
		for _, v := range values {
			a.Authors = append(a.Authors, article.Author{Name: v})
		}
	case "date_published", "date_modified":
		d, ok := dates.Context{Lang: lang, Captured: captured}.Find(first)
		if !ok {
			return false
		}
		if s.Timezone.Location != nil && !d.ZoneKnown && (d.Precision == article.Minute || d.Precision == article.Second) {
			t := d.Time
			d.Time, d.ZoneKnown = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), s.Timezone.Location), true
		}
		d.From, d.Future = article.FromRule, article.IsFuture(d.Time, captured)
		if name == "date_published" {
			a.DatePublished = &d
		} else {
			a.DateModified = &d
		}
	}
	return true
}

// values are the attributes or texts that the source selects, each once, without those that are empty.
func (s source) values(doc *html.Node) []string {
	var all []string
	for _, n := range matches(doc, s.Select) {
		v := ""
		if s.Attr == "" {
			var b strings.Builder
			text(&b, n)
			v = b.String()
		} else {
			for _, a := range n.Attr {
				if a.Key == s.Attr {
					v = a.Val
				}
			}
		}
		v = strings.Join(strings.Fields(v[:min(len(v), maxValue)]), " ")
		if v = strings.ToValidUTF8(v, ""); v != "" && !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

func matches(doc *html.Node, s selector) []*html.Node {
	all := cascadia.QueryAll(doc, s)
	return all[:min(len(all), maxMatches)]
}

func text(b *strings.Builder, n *html.Node) {
	switch {
	case b.Len() > maxValue || n.DataAtom == atom.Script || n.DataAtom == atom.Style:
	case n.Type == html.TextNode:
		b.WriteString(n.Data)
	default:
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			text(b, c)
		}
	}
}
