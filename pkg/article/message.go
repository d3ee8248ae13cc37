package article

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Message headers of Dateline's own, beside the CloudEvents ones (ce-*) that pkg/queue writes. NATS keeps header names
// as sent; Dateline reads them in any case.
const (
	HeaderContentType     = "Content-Type"
	HeaderContentEncoding = "Content-Encoding"
	HeaderURL             = "Dateline-Url"
	HeaderID              = "Dateline-Id"        // the publisher's own id
	HeaderPublished       = "Dateline-Published" // RFC 3339 instant, or a day as 2024-11-06
	HeaderModified        = "Dateline-Modified"
	HeaderHeadline        = "Dateline-Headline"
	HeaderAuthor          = "Dateline-Author" // may stand several times
	HeaderLanguage        = "Dateline-Language"
	HeaderSection         = "Dateline-Section"
	HeaderSchemaVersion   = "Dateline-Schema-Version"
	HeaderPubStatus       = "Dateline-Pub-Status" // IPTC pubStatus: usable, or canceled or withheld, which withdraws

	HeaderOrigin     = "Dateline-Origin"      // the journey's id, see Origin
	HeaderHops       = "Dateline-Hops"        // JSON array of Hop
	HeaderReceiptFor = "Dateline-Receipt-For" // JSON of ReceiptFor: who waits for a receipt
	HeaderReplaces   = "Dateline-Replaces"    // the journey that brought the revision in place of which the article was parsed again
)

// PublicationHeaders are the headers a publisher may send, all of which count for its publication's identity.
var PublicationHeaders = []string{
	HeaderContentType, HeaderURL, HeaderID, HeaderPublished, HeaderModified, HeaderHeadline, HeaderAuthor, HeaderLanguage,
	HeaderSection, HeaderSchemaVersion, HeaderPubStatus,
}

// HeaderValues returns the values of a header, its name in any case.
func HeaderValues(h map[string][]string, name string) []string {
	if v, ok := h[name]; ok {
		return v
	}
	for k, v := range h {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return nil
}

// HeaderValue returns the first value of a header, its name in any case, or "".
func HeaderValue(h map[string][]string, name string) string {
	if v := HeaderValues(h, name); len(v) > 0 {
		return strings.TrimSpace(v[0])
	}
	return ""
}

// CloudEvents types (ce-type) of the messages.
const (
	TypeJob         = "dateline.job.v1"
	TypeVisit       = "dateline.visit.v1"
	TypePage        = "dateline.page.v1"
	TypePublication = "dateline.publication.v1"
	TypeArticle     = "dateline.article.v1"
	TypeRemoval     = "dateline.removal.v1"
	TypeIndexed     = "dateline.indexed.v1"
	TypeReceipt     = "dateline.receipt.v1"
	TypeAlert       = "dateline.alert.v1"
)

// Stage is a part of the pipeline, as metrics, hops and dead letters name it.
type Stage string

// The stages.
const (
	StageFetcher Stage = "fetcher"
	StageParser  Stage = "parser"
	StageIndexer Stage = "indexer"
	StageSearch  Stage = "search"
)

// Hop is one step of a journey: which stage took it, when it was done, and with what outcome.
type Hop struct {
	Stage   string    `json:"stage"`
	Time    time.Time `json:"time"`
	Outcome string    `json:"outcome"`
	Detail  string    `json:"detail,omitempty"`
}

// Hops reads the hops that a message carries. Hops that cannot be read are none: they are a record, not a condition.
func Hops(h map[string][]string) []Hop {
	var hops []Hop
	if v := HeaderValue(h, HeaderHops); v != "" {
		_ = json.Unmarshal([]byte(v), &hops)
	}
	return hops
}

// FormatHops writes hops as a header's value.
func FormatHops(hops []Hop) string {
	b, err := json.Marshal(hops)
	if err != nil { // a Hop holds nothing that JSON cannot
		panic(err)
	}
	return string(b)
}

// Outcome is how a journey ended.
type Outcome string

// The outcomes.
const (
	OutcomeNew       Outcome = "new"       // stored under a new id
	OutcomeRevised   Outcome = "revised"   // stored as a new revision of a known article
	OutcomeDuplicate Outcome = "duplicate" // known already, nothing changed
	OutcomeMerged    Outcome = "merged"    // became one with another article
	OutcomeRemoved   Outcome = "removed"   // no longer at its source, withdrawn or taken down
	OutcomeRejected  Outcome = "rejected"  // refused or failed; the message is a dead letter
)

// Event is the body of an INDEXED message, and a row of the change feed.
type Event struct {
	Seq       uint64        `json:"seq,omitempty" jsonschema:"description=Cursor of the change feed; absent for duplicates"`
	Previous  uint64        `json:"previous_seq,omitempty" jsonschema:"description=Of the article's last change before this one"`
	Partition int           `json:"partition,omitempty" jsonschema:"minimum=0,description=Of a record in partitions: the one that seq counts in; absent for 0"`
	Outcome   Outcome       `json:"outcome" jsonschema:"enum=new,enum=revised,enum=duplicate,enum=merged,enum=removed"`
	Reason    RemovalReason `json:"reason,omitempty" jsonschema:"enum=gone,enum=withdrawn,enum=takedown,description=Of what is removed"`
	ArticleID string        `json:"article_id"`
	Into      string        `json:"into,omitempty" jsonschema:"description=Of what is merged: the id of the article that it is one with"`
	Source    string        `json:"source"`
	URL       string        `json:"url,omitempty"`
	Time      time.Time     `json:"time"`
}

// RemovalReason says why an article is removed.
type RemovalReason string

// The reasons.
const (
	Gone      RemovalReason = "gone"      // its page answers 404 or 410; the record keeps it, and it can be searched
	Withdrawn RemovalReason = "withdrawn" // by its publisher; the record keeps it, searches and lists do not show it
	Takedown  RemovalReason = "takedown"  // erased by whoever runs Dateline; a tombstone remains
)

// Removal travels in place of an Article (ce-type TypeRemoval): the article is gone from its source, or its publisher
// withdraws it. ID, URL, CanonicalURL, Source and Publication are as its Article would have them.
type Removal struct {
	SchemaVersion int           `json:"schema_version" jsonschema:"minimum=1,description=Version of this schema: 1"`
	ID            string        `json:"id" jsonschema:"pattern=^[0-9a-f]{32}$"`
	URL           string        `json:"url,omitempty" jsonschema:"format=uri"`
	CanonicalURL  string        `json:"canonical_url,omitempty" jsonschema:"format=uri"`
	Source        string        `json:"source"`
	Publication   *Publication  `json:"publication,omitempty"`
	Reason        RemovalReason `json:"reason" jsonschema:"enum=gone,enum=withdrawn"`
	Status        int           `json:"status,omitempty" jsonschema:"description=HTTP status that the page answers with"`
	Time          time.Time     `json:"time" jsonschema:"description=When that was seen or said"`
}

// FieldError names a field of a publication and what is wrong with it.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (e FieldError) Error() string { return e.Field + ": " + e.Message }

// FieldErrors is a rejection: everything that is wrong with a publication.
type FieldErrors []FieldError

func (e FieldErrors) Error() string {
	s := make([]string, len(e))
	for i, f := range e {
		s[i] = f.Error()
	}
	return strings.Join(s, "; ")
}

// ReceiptOutcome is what became of a publication.
type ReceiptOutcome string

// The receipt outcomes.
const (
	Accepted  ReceiptOutcome = "accepted"
	Duplicate ReceiptOutcome = "duplicate"
	Rejected  ReceiptOutcome = "rejected"
)

// ReceiptFor names the publication that a receipt answers.
type ReceiptFor struct {
	Publisher     string `json:"publisher"`
	PublicationID string `json:"publication_id" jsonschema:"description=The Nats-Msg-Id that the publisher gave; otherwise the id that Dateline gave"`
	Sequence      uint64 `json:"stream_sequence" jsonschema:"description=As in the publisher's PubAck"`
	Origin        string `json:"origin" jsonschema:"description=Names the journey in /v1/trace"`
}

// Receipt is the answer to a publication: accepted under an id, duplicate of an id, or rejected with reasons.
type Receipt struct {
	ReceiptFor
	Outcome   ReceiptOutcome `json:"outcome" jsonschema:"enum=accepted,enum=duplicate,enum=rejected"`
	ArticleID string         `json:"article_id,omitempty"`
	Errors    []FieldError   `json:"errors,omitempty"`
	Time      time.Time      `json:"time"`
}

// JobKind says what a job's URL is expected to be.
type JobKind string

// The job kinds.
const (
	JobAuto JobKind = "auto" // a feed or a page: what the answer turns out to be
	JobPage JobKind = "page"
	JobFeed JobKind = "feed"
)

// JobClass says what goes first where jobs have to wait for each other.
type JobClass string

// The job classes, the most urgent first.
const (
	JobFresh    JobClass = "fresh"    // news, and what a person asked for
	JobRetry    JobClass = "retry"    // of either of the others, after a failure
	JobBackfill JobClass = "backfill" // archives: whenever there is nothing better to do
)

// JobClasses are all there are, in their order.
var JobClasses = []JobClass{JobFresh, JobRetry, JobBackfill}

// Job asks the fetcher to fetch a URL.
type Job struct {
	URL      string     `json:"url"`
	Kind     JobKind    `json:"kind" jsonschema:"enum=auto,enum=page,enum=feed"`
	Class    JobClass   `json:"class,omitempty" jsonschema:"enum=fresh,enum=retry,enum=backfill,description=Absent for fresh"`
	Attempts int        `json:"attempts,omitempty" jsonschema:"minimum=0,description=Fetches that failed so far"`
	Due      *time.Time `json:"due,omitempty" jsonschema:"description=Not to be fetched before"`
	Once     bool       `json:"once,omitempty" jsonschema:"description=The page is not fetched again later; so of every backfill"`
	Item     *FeedItem  `json:"item,omitempty"`
}

// FeedItem is what a feed said of a page, passed along to the parser.
type FeedItem struct {
	Feed      string     `json:"feed" jsonschema:"description=URL of the feed"`
	ID        string     `json:"id,omitempty"`
	Title     string     `json:"title,omitempty"`
	Summary   string     `json:"summary,omitempty"`
	Authors   []string   `json:"authors,omitempty"`
	Published *time.Time `json:"published,omitempty"`
}

// Decode reads an Article's JSON. Fields that it does not know are passed over; a schema version other than those that
// it knows is an error, as is JSON that breaks off or holds the wrong types, with its position.
func Decode(b []byte) (*Article, error) {
	var a Article
	if err := json.Unmarshal(b, &a); err != nil {
		return nil, fmt.Errorf("article: %w", JSONError(err))
	}
	if a.SchemaVersion != SchemaVersion {
		return nil, fmt.Errorf("article: %w", FieldErrors{{"schema_version", fmt.Sprintf("%d is not known, this Dateline reads version %d", a.SchemaVersion, SchemaVersion)}})
	}
	return &a, nil
}

// DecodeRemoval reads a Removal's JSON under the same rules.
func DecodeRemoval(b []byte) (*Removal, error) {
	var r Removal
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("removal: %w", JSONError(err))
	}
	var wrong FieldErrors
	if r.SchemaVersion != SchemaVersion {
		wrong = append(wrong, FieldError{"schema_version", fmt.Sprintf("%d is not known, this Dateline reads version %d", r.SchemaVersion, SchemaVersion)})
	}
	if r.Reason != Gone && r.Reason != Withdrawn {
		wrong = append(wrong, FieldError{"reason", fmt.Sprintf("%q is neither %q nor %q", r.Reason, Gone, Withdrawn)})
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("removal: %w", wrong)
	}
	return &r, nil
}

// JSONError adds the position to an error of encoding/json.
func JSONError(err error) error {
	switch e := err.(type) {
	case *json.SyntaxError:
		return fmt.Errorf("broken JSON at byte %d: %w", e.Offset, err)
	case *json.UnmarshalTypeError:
		return fmt.Errorf("JSON field %q at byte %d: %s where %s is expected", e.Field, e.Offset, e.Value, e.Type)
	}
	return err
}
