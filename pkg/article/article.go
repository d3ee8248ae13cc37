// Package article is Dateline's contract: the types that travel between the services and out to users,
// their identities, and their JSON.
//
// Names follow schema.org NewsArticle in snake case. A field that a page or publisher does not give is left out:
// nothing is invented, and a date is never filled with now. docs/CONTRACT.md describes the same for people,
// docs/schemas holds it as JSON Schema 2020-12, and a test keeps the three together.
package article

import (
	"strings"
	"time"
)

// SchemaVersion is the version of Article's JSON that this code writes, and the newest that it reads.
const SchemaVersion = 1

// MaxDateCandidates is how many candidates for its publication an article keeps.
const MaxDateCandidates = 10

// Article is one news article as Dateline knows it.
type Article struct {
	SchemaVersion       int             `json:"schema_version" jsonschema:"minimum=1,description=Version of this schema: 1"`
	ID                  string          `json:"id" jsonschema:"pattern=^[0-9a-f]{32}$,description=Deterministic: of the URL key or the publisher's id or the content"`
	URL                 string          `json:"url,omitempty" jsonschema:"format=uri,description=Address the article was asked for at"`
	CanonicalURL        string          `json:"canonical_url,omitempty" jsonschema:"format=uri,description=Fetchable canonical form of the address"`
	Source              string          `json:"source" jsonschema:"description=Host name of the URL (of AMP caches and archives that of the page within); for publications without a URL the publisher's token"`
	Publisher           string          `json:"publisher,omitempty" jsonschema:"description=Name of the publishing organisation as it gives it"`
	Agency              string          `json:"agency,omitempty" jsonschema:"description=News agency that the text is credited to"`
	Headline            string          `json:"headline,omitempty" jsonschema:"description=The publisher's own headline; absent where there is none"`
	AlternativeHeadline string          `json:"alternative_headline,omitempty"`
	DisplayTitle        DisplayTitle    `json:"display_title" jsonschema:"description=What to show as a title in a list"`
	Authors             []Author        `json:"authors,omitempty"`
	Dateline            *Dateline       `json:"dateline,omitempty"`
	DatePublished       *Date           `json:"date_published,omitempty"`
	DateModified        *Date           `json:"date_modified,omitempty"`
	DateCandidates      []Date          `json:"date_candidates,omitempty" jsonschema:"maxItems=10,description=The distinct dates that the page gives as its own and date_published was chosen from; the best first"`
	DateMentions        []Date          `json:"date_mentions,omitempty" jsonschema:"description=Written dates in the text resolved against the publication"`
	InLanguage          string          `json:"in_language,omitempty" jsonschema:"description=BCP 47 tag"`
	Language            *Language       `json:"language,omitempty" jsonschema:"description=The evidence behind in_language"`
	Section             string          `json:"section,omitempty"`
	Keywords            []string        `json:"keywords,omitempty"`
	Description         string          `json:"description,omitempty"`
	Image               string          `json:"image,omitempty" jsonschema:"format=uri"`
	Body                []Block         `json:"body,omitempty"`
	Text                string          `json:"text,omitempty" jsonschema:"description=Plain text of body: blocks parted by a blank line"`
	BodyState           BodyState       `json:"body_state" jsonschema:"enum=full,enum=partial,enum=paywalled,enum=consent,enum=challenge,enum=list,enum=empty"`
	IsAccessibleForFree *bool           `json:"is_accessible_for_free,omitempty"`
	Provenance          map[string]From `json:"provenance,omitempty" jsonschema:"description=For each field the evidence that it came from"`
	ParserVersion       string          `json:"parser_version,omitempty"`
	Fingerprint         string          `json:"content_fingerprint" jsonschema:"pattern=^[0-9a-f]{32}$,description=Of headline and text and authors and publication date; a change makes a new revision"`
	Capture             *Capture        `json:"capture,omitempty"`
	Publication         *Publication    `json:"publication,omitempty"`
}

// DisplayTitle is what a list shows: the headline, or, with Derived set, words taken from the text.
type DisplayTitle struct {
	Text    string `json:"text"`
	Derived bool   `json:"derived,omitempty" jsonschema:"description=True where the publisher gave no headline and the words come from the text"`
}

// Author is a person named in the byline, or, where the byline names no person, the desk, paper or agency that it names.
type Author struct {
	Name         string `json:"name"`
	URL          string `json:"url,omitempty"`
	Organization bool   `json:"organization,omitempty" jsonschema:"description=True where the byline names no person but this desk or paper or agency"`
}

// Dateline is the place and day that open a dispatch ("KABUL, Nov 6").
type Dateline struct {
	Place string `json:"place,omitempty"`
	Date  *Date  `json:"date,omitempty"`
}

// Language holds what the page says of its language and what its text shows.
type Language struct {
	Declared   string  `json:"declared,omitempty"`
	Detected   string  `json:"detected,omitempty"`
	Confidence float64 `json:"confidence,omitempty" jsonschema:"minimum=0,maximum=1"`
}

// Capture says when and how a page was fetched.
type Capture struct {
	Time        time.Time `json:"time,omitzero" jsonschema:"description=Missing for a page from a file whose capture nobody told"`
	FinalURL    string    `json:"final_url,omitempty"`
	Status      int       `json:"status,omitempty"`
	ContentType string    `json:"content_type,omitempty"`
	Digest      string    `json:"digest" jsonschema:"description=sha256: and 64 hex digits over the decoded body"`
	Truncated   bool      `json:"truncated,omitempty"`

	ReplacementCharacters int `json:"replacement_characters,omitempty" jsonschema:"description=Characters of the page that could not be read in its charset and are U+FFFD"`
}

// Publication says which publisher put the article on the queue, and under which id of its own.
type Publication struct {
	Publisher string `json:"publisher" jsonschema:"description=Token of the subject ext.<publisher>"`
	ID        string `json:"id,omitempty" jsonschema:"description=The publisher's own id for the article"`
}

// From names the evidence that a field came from.
type From string

// The kinds of evidence.
const (
	FromJSONLD    From = "json-ld"
	FromOpenGraph From = "opengraph"
	FromMeta      From = "meta"
	FromFeed      From = "feed"
	FromHTML      From = "html"
	FromRule      From = "rule"
	FromText      From = "text"
	FromHeader    From = "header"    // a Dateline-* message header
	FromPublisher From = "publisher" // the publisher's JSON
	FromModified  From = "modified"  // the date of the last change: a page gives no other, and was published no later
)

// BodyState says how much of the article the body holds.
type BodyState string

// The body states.
const (
	BodyFull      BodyState = "full"
	BodyPartial   BodyState = "partial"
	BodyPaywalled BodyState = "paywalled"
	BodyConsent   BodyState = "consent"
	BodyChallenge BodyState = "challenge"
	BodyList      BodyState = "list"
	BodyEmpty     BodyState = "empty"
)

// BodyStates are all there are. Pages that are consent walls or bot challenges never become articles.
var BodyStates = []BodyState{BodyFull, BodyPartial, BodyPaywalled, BodyConsent, BodyChallenge, BodyList, BodyEmpty}

// BlockType is the kind of a Block.
type BlockType string

// The block types.
const (
	Paragraph BlockType = "paragraph"
	Heading   BlockType = "heading"
	List      BlockType = "list"
	Quote     BlockType = "quote"
	Table     BlockType = "table"
	Caption   BlockType = "caption"
)

// Block is one piece of the body, in reading order. Text is set for all types but List (Items) and Table (Rows).
type Block struct {
	Type  BlockType  `json:"type" jsonschema:"enum=paragraph,enum=heading,enum=list,enum=quote,enum=table,enum=caption"`
	Text  string     `json:"text,omitempty"`
	Level int        `json:"level,omitempty" jsonschema:"minimum=1,maximum=6,description=Of a heading"`
	Items []string   `json:"items,omitempty"`
	Rows  [][]string `json:"rows,omitempty"`
}

// PlainText is the stable plain text of a body: blocks parted by a blank line, list items and table rows a line each,
// cells parted by a tab. Captions are not in it: they are about a picture, and interrupt the text.
func PlainText(body []Block) string {
	var b strings.Builder
	for _, block := range body {
		if block.Type == Caption {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		switch block.Type {
		case List:
			b.WriteString(strings.Join(block.Items, "\n"))
		case Table:
			for j, row := range block.Rows {
				if j > 0 {
					b.WriteByte('\n')
				}
				b.WriteString(strings.Join(row, "\t"))
			}
		default:
			b.WriteString(block.Text)
		}
	}
	return b.String()
}
