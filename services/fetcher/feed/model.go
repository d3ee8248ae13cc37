package feed

import "dateline/pkg/article"

// Feed is what a feed says, in the order it says it.
type Feed struct {
	Format string `json:"format"` // "rss 2.0", "rss 1.0" for RDF, "atom 1.0", "cdf", "json 1.1"; without a number where that is not said
	About

	Info         Text       `json:"info,omitzero"` // of Atom 0.3: what the feed is for
	Docs         string     `json:"docs,omitempty"`
	Self         string     `json:"self,omitempty"`         // the feed's own address, which is a WebSub topic's
	Next         string     `json:"next,omitempty"`         // the page of older entries (RFC 5005, 3)
	PrevArchive  string     `json:"prev_archive,omitempty"` // the document of the entries before (RFC 5005, 4)
	Archive      bool       `json:"archive,omitempty"`      // this is such a document, which does not change
	Complete     bool       `json:"complete,omitempty"`     // there are no other entries (RFC 5005, 2)
	Hubs         []string   `json:"hubs,omitempty"`         // of WebSub
	NewFeedURL   string     `json:"new_feed_url,omitempty"` // where the feed has moved to
	Ended        bool       `json:"ended,omitempty"`        // nothing will be added
	TTL          int        `json:"ttl,omitempty"`          // minutes that the feed may be cached
	SkipHours    []int      `json:"skip_hours,omitempty"`   // 0 to 23, UTC
	SkipDays     []string   `json:"skip_days,omitempty"`    // Monday to Sunday
	UpdatePeriod string     `json:"update_period,omitempty"`
	UpdateTimes  int        `json:"update_frequency,omitempty"` // in a period: hourly, daily, weekly, monthly or yearly
	UpdateBase   Date       `json:"update_base,omitzero"`
	Cloud        *Cloud     `json:"cloud,omitempty"`
	TextInput    *TextInput `json:"text_input,omitempty"`

	Entries   []Entry `json:"entries"`
	Truncated bool    `json:"truncated,omitempty"` // the document broke off, or went beyond this package's bounds
}

// About is what feeds, their entries and the sources of entries have in common.
type About struct {
	Title        Text        `json:"title,omitzero"`
	Subtitle     Text        `json:"subtitle,omitzero"` // a feed's description
	Link         string      `json:"link,omitempty"`    // the first of Links to a page
	Links        []Link      `json:"links,omitempty"`
	ID           string      `json:"id,omitempty"`
	Language     string      `json:"language,omitempty"` // BCP 47
	Authors      []Person    `json:"authors,omitempty"`
	Contributors []Person    `json:"contributors,omitempty"`
	Publishers   []Person    `json:"publishers,omitempty"` // of a feed: webMaster, owner
	Categories   []Category  `json:"categories,omitempty"`
	Published    Date        `json:"published,omitzero"`
	Updated      Date        `json:"updated,omitzero"`
	Created      Date        `json:"created,omitzero"`
	Date         Date        `json:"date,omitzero"` // dc:date, which does not say of what: mostly of publication
	Expires      Date        `json:"expires,omitzero"`
	ValidFrom    Date        `json:"valid_from,omitzero"`
	ValidTo      Date        `json:"valid_to,omitzero"`
	Rights       Text        `json:"rights,omitzero"`
	License      string      `json:"license,omitempty"`
	Generator    Generator   `json:"generator,omitzero"`
	Image        *Image      `json:"image,omitempty"`
	Icon         string      `json:"icon,omitempty"`
	Logo         string      `json:"logo,omitempty"`
	Place        *Place      `json:"place,omitempty"`
	Podcast      *Podcast    `json:"podcast,omitempty"`
	InReplyTo    []Reply     `json:"in_reply_to,omitempty"`
	Extensions   []Extension `json:"extensions,omitempty"` // elements that this package gives no meaning to
}

// Entry is an item of a feed.
type Entry struct {
	About
	IDIsLink     bool        `json:"id_is_link,omitempty"` // a guid that is the page's address
	Summary      Text        `json:"summary,omitzero"`
	Content      []Text      `json:"content,omitempty"`
	ExternalURL  string      `json:"external_url,omitempty"`  // the page that the entry is about (JSON Feed)
	OriginalLink string      `json:"original_link,omitempty"` // the page, where Link leads through a counter (FeedBurner)
	Enclosures   []Enclosure `json:"enclosures,omitempty"`
	Media        []Media     `json:"media,omitempty"`
	Source       *Source     `json:"source,omitempty"`
	Comments     string      `json:"comments,omitempty"`
	CommentsFeed string      `json:"comments_feed,omitempty"`
	CommentsAPI  string      `json:"comments_api,omitempty"`
	CommentCount int         `json:"comment_count,omitempty"`
	Chapters     []Chapter   `json:"chapters,omitempty"`
}

// Source is the feed that an entry was taken over from.
type Source struct {
	About
	URL string `json:"url,omitempty"` // of that feed
}

// Date is a date as written, and as read where it could be.
type Date struct {
	Raw   string       `json:"raw"`
	Value article.Date `json:"value,omitzero"`
}

// Link is a link of any relation. URLs are absolute wherever they stand in a feed, unless nothing says what to.
type Link struct {
	URL      string `json:"url"`
	Rel      string `json:"rel"`  // alternate where not said
	Type     string `json:"type"` // a media type; that of the relation where not said
	Title    string `json:"title,omitempty"`
	Language string `json:"language,omitempty"`
	Length   string `json:"length,omitempty"` // as written
}

// Person is an author, contributor or publisher.
type Person struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	URL   string `json:"url,omitempty"`
	Image string `json:"image,omitempty"`
}

// Category is a subject, tag or keyword.
type Category struct {
	Term   string `json:"term"`
	Scheme string `json:"scheme,omitempty"`
	Label  string `json:"label,omitempty"`
}

// Generator is the program that wrote the feed.
type Generator struct {
	Name    string `json:"name,omitempty"`
	URL     string `json:"url,omitempty"`
	Version string `json:"version,omitempty"`
}

// Image is a picture that stands for a feed or an entry.
type Image struct {
	URL         string `json:"url"`
	Title       string `json:"title,omitempty"`
	Link        string `json:"link,omitempty"`
	Width       int    `json:"width,omitempty"` // pixels
	Height      int    `json:"height,omitempty"`
	Description string `json:"description,omitempty"`
}

// Enclosure is a file that goes with an entry.
type Enclosure struct {
	URL      string `json:"url"`
	Type     string `json:"type,omitempty"`
	Length   string `json:"length,omitempty"` // bytes, as written
	Title    string `json:"title,omitempty"`
	Duration string `json:"duration,omitempty"` // seconds, as written
}

// Cloud is where to ask for notices of updates (rssCloud).
type Cloud struct {
	Domain    string `json:"domain,omitempty"`
	Port      string `json:"port,omitempty"`
	Path      string `json:"path,omitempty"`
	Procedure string `json:"procedure,omitempty"`
	Protocol  string `json:"protocol,omitempty"`
}

// TextInput is a form that goes with a feed.
type TextInput struct {
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Name        string `json:"name,omitempty"`
	Link        string `json:"link,omitempty"`
}

// Media is a picture, film or sound of an entry (Media RSS).
type Media struct {
	URL         string   `json:"url,omitempty"`
	Type        string   `json:"type,omitempty"`
	Medium      string   `json:"medium,omitempty"` // image, audio, video, document, executable
	Width       int      `json:"width,omitempty"`  // pixels
	Height      int      `json:"height,omitempty"`
	Size        string   `json:"size,omitempty"`     // bytes, as written
	Duration    string   `json:"duration,omitempty"` // seconds, as written
	Title       Text     `json:"title,omitzero"`
	Description Text     `json:"description,omitzero"`
	Credits     []Credit `json:"credits,omitempty"`
	Copyright   string   `json:"copyright,omitempty"`
	Thumbnails  []Image  `json:"thumbnails,omitempty"`
	Player      string   `json:"player,omitempty"` // a page that shows it
}

// Credit is who had a part in a Media.
type Credit struct {
	Name string `json:"name"`
	Role string `json:"role,omitempty"`
}

// Place is a GeoRSS, GML or W3C geometry.
type Place struct {
	Type        string       `json:"type"`        // Point, LineString, Polygon, Box
	Coordinates [][2]float64 `json:"coordinates"` // longitude, latitude (WGS 84)
	Name        string       `json:"name,omitempty"`
}

// Podcast is what Apple's directory wants to know.
type Podcast struct {
	Block    bool   `json:"block,omitempty"`
	Explicit *bool  `json:"explicit,omitempty"`
	Duration string `json:"duration,omitempty"` // as written: seconds or h:mm:ss
	Episode  string `json:"episode,omitempty"`
	Season   string `json:"season,omitempty"`
	Type     string `json:"type,omitempty"`
}

// Chapter is a part of a recording (Podlove Simple Chapters).
type Chapter struct {
	Start   string  `json:"start"` // as written
	Seconds float64 `json:"seconds"`
	Title   string  `json:"title,omitempty"`
	URL     string  `json:"url,omitempty"`
	Image   string  `json:"image,omitempty"`
}

// Reply is what an entry replies to (RFC 4685).
type Reply struct {
	Ref    string `json:"ref,omitempty"`
	URL    string `json:"url,omitempty"`
	Type   string `json:"type,omitempty"`
	Source string `json:"source,omitempty"`
}

// Extension is an element of another vocabulary, or of none.
type Extension struct {
	Name       string            `json:"name"` // in lower case, with its prefix
	Value      string            `json:"value,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}
