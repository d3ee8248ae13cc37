package export

import (
	"bytes"
	"encoding/json"
	"html"
	"strconv"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/store"
)

// ninjs is a news item as IPTC's News in JSON 3.0 has it (https://iptc.org/standards/ninjs/), as far as articles need it.
type ninjs struct {
	Standard       ninjsStandard   `json:"standard"`
	URI            string          `json:"uri"`
	Type           string          `json:"type"`
	Representation string          `json:"representationType,omitempty"`
	Version        string          `json:"version"`
	FirstCreated   string          `json:"firstCreated,omitempty"`
	VersionCreated string          `json:"versionCreated,omitempty"`
	PubStatus      string          `json:"pubStatus"`
	Language       string          `json:"language,omitempty"`
	Headlines      []ninjsText     `json:"headlines,omitempty"`
	Descriptions   []ninjsText     `json:"descriptions,omitempty"`
	Bodies         []ninjsText     `json:"bodies,omitempty"`
	Title          string          `json:"title,omitempty"`
	By             string          `json:"by,omitempty"`
	Located        string          `json:"located,omitempty"`
	Subjects       []ninjsName     `json:"subjects,omitempty"`
	Genres         []ninjsName     `json:"genres,omitempty"`
	Organisations  []ninjsName     `json:"organisations,omitempty"`
	InfoSources    []ninjsName     `json:"infoSources,omitempty"`
	Associations   []ninjsPicture  `json:"associations,omitempty"`
	AltIDs         []ninjsRoleText `json:"altIds"`
}

type ninjsStandard struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Schema  string `json:"schema"`
}

type ninjsText struct {
	Role        string `json:"role,omitempty"`
	ContentType string `json:"contentType,omitempty"`
	Value       string `json:"value"`
}

type ninjsName struct {
	Name string `json:"name"`
	Rel  string `json:"rel,omitempty"`
}

type ninjsRoleText struct {
	Role  string `json:"role"`
	Value string `json:"value"`
}

type ninjsPicture struct {
	Name       string           `json:"name"`
	URI        string           `json:"uri"`
	Type       string           `json:"type"`
	Renditions []ninjsRendition `json:"renditions"`
}

type ninjsRendition struct {
	Name string `json:"name"`
	Href string `json:"href"`
}

// ninjsSchema is the schema that the objects follow. 3.1 and later only add to it.
const ninjsSchema = "http://www.iptc.org/std/ninjs/ninjs-schema_3.0.json"

// appendNINJS writes a ninjs object.
func appendNINJS(dst []byte, r *store.Record) ([]byte, error) {
	a, err := r.Decode()
	if err != nil {
		return dst, err
	}
	b := bytes.NewBuffer(dst)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(newNINJS(r, a)); err != nil { // ends in a line break
		return dst, err
	}
	return b.Bytes(), nil
}

func newNINJS(r *store.Record, a *article.Article) *ninjs {
	n := &ninjs{
		Standard: ninjsStandard{"ninjs", "3.0", ninjsSchema}, URI: a.URL, Type: "text", Version: strconv.Itoa(r.Revision), PubStatus: "usable",
		Language: a.InLanguage, By: strings.Join(names(a.Authors), ", "), AltIDs: []ninjsRoleText{{"dateline", a.ID}},
	}
	if n.URI == "" {
		n.URI = "urn:dateline:" + a.ID
	}
	switch a.BodyState {
	case article.BodyFull:
		n.Representation = "full"
	case article.BodyPartial, article.BodyPaywalled:
		n.Representation = "partial"
	}
	if a.CanonicalURL != "" && a.CanonicalURL != a.URL {
		n.AltIDs = append(n.AltIDs, ninjsRoleText{"canonical", a.CanonicalURL})
	}
	n.FirstCreated = n.date("datePublished", a.DatePublished)
	n.VersionCreated = n.date("dateModified", a.DateModified)
	if a.Headline != "" {
		n.Headlines = append(n.Headlines, ninjsText{Role: "main", Value: a.Headline})
	} else {
		n.Title = a.DisplayTitle.Text
	}
	if a.AlternativeHeadline != "" {
		n.Headlines = append(n.Headlines, ninjsText{Role: "alternative", Value: a.AlternativeHeadline})
	}
	if a.Description != "" {
		n.Descriptions = []ninjsText{{Role: "summary", Value: a.Description}}
	}
	if a.Text != "" {
		n.Bodies = []ninjsText{{"main", "text/plain", a.Text}}
	}
	if markup := bodyHTML(blocks(a)); markup != "" {
		n.Bodies = append(n.Bodies, ninjsText{"richtext", "text/html", markup})
	}
	if a.Dateline != nil {
		n.Located = a.Dateline.Place
	}
	for _, k := range a.Keywords {
		n.Subjects = append(n.Subjects, ninjsName{Name: k})
	}
	if a.Section != "" {
		n.Genres = []ninjsName{{Name: a.Section}}
	}
	if a.Publisher != "" {
		n.Organisations = []ninjsName{{a.Publisher, "publisher"}}
	}
	if a.Agency != "" {
		n.InfoSources = []ninjsName{{Name: a.Agency}}
	}
	if a.Image != "" {
		n.Associations = []ninjsPicture{{"image", a.Image, "picture", []ninjsRendition{{"original", a.Image}}}}
	}
	return n
}

// date is a date as ninjs has dates: an instant, in a zone. A date of which less is known is no such, and inventing the
// rest would not be seen; it stands among the alternative ids instead, in the precision that it has.
func (n *ninjs) date(role string, d *article.Date) string {
	if d == nil {
		return ""
	}
	if d.ZoneKnown && (d.Precision == article.Minute || d.Precision == article.Second) {
		return d.Time.Format(time.RFC3339Nano)
	}
	n.AltIDs = append(n.AltIDs, ninjsRoleText{role, d.String()})
	return ""
}

// bodyHTML is a body as HTML that has no more than its blocks' elements.
func bodyHTML(body []article.Block) string {
	var b strings.Builder
	element := func(name, text string) {
		b.WriteString("<" + name + ">" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") + "</" + name + ">")
	}
	for _, block := range body {
		switch block.Type {
		case article.Heading:
			element("h"+strconv.Itoa(min(max(block.Level, 1), 6)), block.Text)
		case article.List:
			b.WriteString("<ul>")
			for _, item := range block.Items {
				element("li", item)
			}
			b.WriteString("</ul>")
		case article.Quote:
			b.WriteString("<blockquote>")
			element("p", block.Text)
			b.WriteString("</blockquote>")
		case article.Caption:
			b.WriteString("<figure>")
			element("figcaption", block.Text)
			b.WriteString("</figure>")
		case article.Table:
			b.WriteString("<table>")
			for _, row := range block.Rows {
				b.WriteString("<tr>")
				for _, cell := range row {
					element("td", cell)
				}
				b.WriteString("</tr>")
			}
			b.WriteString("</table>")
		default:
			element("p", block.Text)
		}
	}
	return b.String()
}
