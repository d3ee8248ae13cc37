package alerts

import (
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/store"
)

// Feed is the articles that matched a saved query last.
type Feed struct {
	name    string
	about   string
	api     string
	updated time.Time
	items   []item
}

type item struct {
	id      string
	api     string
	summary string // HTML
	record  *store.Record
	article *article.Article
}

// feedItems is the most articles of a feed.
const feedItems = 50

// Feed reads the feed of a saved query, or returns store.ErrNotFound. Each article stands in it once, as it is now, in the
// order in which they matched last; what was withdrawn or taken down is not in it.
func (a *Alerts) Feed(name string) (*Feed, error) {
	q, _, err := a.store.Query(name)
	if err != nil {
		return nil, err
	}
	parsed, err := ParseQuery(q.Search)
	if err != nil {
		return nil, fmt.Errorf("saved query %s: %w", name, err)
	}
	matches, err := a.store.LatestMatches(name, 4*feedItems)
	if err != nil {
		return nil, err
	}
	f := &Feed{name: name, about: describe(q.Search), api: a.api, updated: q.Created}
	seen := map[string]bool{}
	for _, m := range matches {
		if f.updated.Before(m.Stored) {
			f.updated = m.Stored
		}
		if seen[m.ArticleID] || len(f.items) == feedItems {
			continue
		}
		seen[m.ArticleID] = true
		it, err := a.item(m.ArticleID, parsed)
		if err != nil {
			return nil, err
		}
		if it == nil || it.article.ID != m.ArticleID && seen[it.article.ID] { // merged into one that stands above
			continue
		}
		seen[it.article.ID] = true
		f.items = append(f.items, *it)
	}
	return f, nil
}

// item is the latest revision of an article or of the one that it was merged into, nil where there is none to show.
func (a *Alerts) item(id string, q *search.Query) (*item, error) {
	r, err := a.store.Article(id)
	if errors.Is(err, store.ErrNotFound) || err == nil && r.Hidden() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	art, err := r.Decode()
	if err != nil {
		return nil, err
	}
	return &item{uuid([]byte(art.ID)), a.api + "/v1/articles/" + art.ID, q.Snippet(art), r, art}, nil
}

// feedJSON and itemJSON are how a feed goes to another indexer, which makes one of those of several partitions.
type feedJSON struct {
	Name    string     `json:"name"`
	About   string     `json:"about"`
	API     string     `json:"api"`
	Updated time.Time  `json:"updated"`
	Items   []itemJSON `json:"items"`
}

type itemJSON struct {
	ID      string        `json:"id"`
	API     string        `json:"api"`
	Summary string        `json:"summary"`
	Record  *store.Record `json:"record"`
}

// MarshalJSON writes the feed for another indexer; JSON is the one for readers.
func (f *Feed) MarshalJSON() ([]byte, error) {
	out := feedJSON{f.name, f.about, f.api, f.updated, make([]itemJSON, len(f.items))}
	for i, it := range f.items {
		out.Items[i] = itemJSON{it.id, it.api, it.summary, it.record}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Feed) UnmarshalJSON(b []byte) error {
	var in feedJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*f = Feed{name: in.Name, about: in.About, api: in.API, updated: in.Updated}
	for _, it := range in.Items {
		a, err := it.Record.Decode()
		if err != nil {
			return fmt.Errorf("feed of %s: %w", f.name, err)
		}
		f.items = append(f.items, item{it.ID, it.API, it.Summary, it.Record, a})
	}
	return nil
}

// JoinFeeds makes one of the feeds that a query has in several partitions: the articles that were stored last.
func JoinFeeds(feeds []*Feed) *Feed {
	all := *feeds[0]
	all.items = nil
	for _, f := range feeds {
		if f.updated.After(all.updated) {
			all.updated = f.updated
		}
		all.items = append(all.items, f.items...)
	}
	slices.SortStableFunc(all.items, func(a, b item) int { return b.record.Stored.Compare(a.record.Stored) })
	all.items = all.items[:min(len(all.items), feedItems)]
	return &all
}

// describe says what a saved query asks for.
func describe(params map[string]string) string {
	var parts []string
	for _, name := range search.Params {
		if v := params[name]; v != "" {
			parts = append(parts, name+"="+v)
		}
	}
	return strings.Join(parts, " ")
}

// uuid names something for good, whatever store and address it has: a UUID of our own making (RFC 9562, version 8) as a URN.
func uuid(name []byte) string {
	b := sha256.Sum256(append([]byte("dateline "), name...))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// Updated is when the feed last changed, as far as matches tell.
func (f *Feed) Updated() time.Time { return f.updated }

func (f *Feed) title() string { return "Dateline: " + f.name }

func (f *Feed) url(format string) string { return f.api + "/v1/queries/" + f.name + "/" + format }

// The elements of RFC 4287.
type (
	atomFeed struct {
		XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID       string      `xml:"id"`
		Title    string      `xml:"title"`
		Subtitle string      `xml:"subtitle,omitempty"`
		Updated  string      `xml:"updated"`
		Author   atomPerson  `xml:"author"`
		Links    []atomLink  `xml:"link"`
		Entries  []atomEntry `xml:"entry"`
	}
	atomPerson struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		Lang      string       `xml:"http://www.w3.org/XML/1998/namespace lang,attr,omitempty"`
		ID        string       `xml:"id"`
		Title     string       `xml:"title"`
		Updated   string       `xml:"updated"`
		Published string       `xml:"published,omitempty"`
		Authors   []atomPerson `xml:"author"`
		Links     []atomLink   `xml:"link"`
		Summary   atomHTML     `xml:"summary"`
	}
	atomHTML struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
)

// Atom is the feed as RFC 4287 has it.
func (f *Feed) Atom() ([]byte, error) {
	feed := atomFeed{
		ID: uuid([]byte("query " + f.name)), Title: f.title(), Subtitle: f.about, Updated: instant(f.updated), Author: atomPerson{"Dateline"},
		Links: []atomLink{{"self", "application/atom+xml", f.url("feed.atom")}, {"alternate", "application/feed+json", f.url("feed.json")}},
	}
	for _, it := range f.items {
		e := atomEntry{
			ID: it.id, Lang: it.article.InLanguage, Title: it.article.DisplayTitle.Text, Updated: instant(it.record.Stored), Published: published(it.article),
			Summary: atomHTML{"html", it.summary}, Links: []atomLink{{"alternate", "", it.link()}, {"related", "application/json", it.api}},
		}
		for _, author := range it.article.Authors {
			e.Authors = append(e.Authors, atomPerson{author.Name})
		}
		feed.Entries = append(feed.Entries, e)
	}
	b, err := xml.MarshalIndent(feed, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("feed of %s: %w", f.name, err)
	}
	return slices.Concat([]byte(xml.Header), b, []byte("\n")), nil
}

// link is the article's page; a publication without one has the API's.
func (it *item) link() string {
	if it.article.URL != "" {
		return it.article.URL
	}
	return it.api
}

// The objects of JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/).
type (
	jsonFeed struct {
		Version     string       `json:"version"`
		Title       string       `json:"title"`
		Description string       `json:"description,omitempty"`
		FeedURL     string       `json:"feed_url"`
		Authors     []jsonAuthor `json:"authors"`
		Items       []jsonItem   `json:"items"`
	}
	jsonAuthor struct {
		Name string `json:"name"`
	}
	jsonItem struct {
		ID        string       `json:"id"`
		URL       string       `json:"url"`
		Title     string       `json:"title"`
		HTML      string       `json:"content_html"`
		Published string       `json:"date_published,omitempty"`
		Modified  string       `json:"date_modified"`
		Authors   []jsonAuthor `json:"authors,omitempty"`
		Tags      []string     `json:"tags,omitempty"`
		Language  string       `json:"language,omitempty"`
	}
)

// JSON is the feed as JSON Feed 1.1 has it.
func (f *Feed) JSON() ([]byte, error) {
	feed := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: f.title(), Description: f.about, FeedURL: f.url("feed.json"),
		Authors: []jsonAuthor{{"Dateline"}}, Items: []jsonItem{},
	}
	for _, it := range f.items {
		item := jsonItem{
			ID: it.id, URL: it.link(), Title: it.article.DisplayTitle.Text, HTML: it.summary, Published: published(it.article),
			Modified: instant(it.record.Stored), Tags: it.article.Keywords, Language: it.article.InLanguage,
		}
		if item.HTML == "" {
			item.HTML = html.EscapeString(item.Title)
		}
		for _, author := range it.article.Authors {
			item.Authors = append(item.Authors, jsonAuthor{author.Name})
		}
		feed.Items = append(feed.Items, item)
	}
	b, err := json.Marshal(feed)
	if err != nil {
		return nil, fmt.Errorf("feed of %s: %w", f.name, err)
	}
	return append(b, '\n'), nil
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// published is the instant of publication, "" where only a day or no zone is known: feeds have no way to say so.
func published(a *article.Article) string {
	d := a.DatePublished
	if d == nil || !d.ZoneKnown || d.Precision != article.Minute && d.Precision != article.Second {
		return ""
	}
	return d.Time.Format(time.RFC3339)
}
