package refetch

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/httprules"
)

// Page is a page that is visited again, as its schedule carries it.
type Page struct {
	URL        string               `json:"url"`                 // canonical, as first asked for
	FinalURL   string               `json:"final_url,omitempty"` // where its last whole answer came from; its article is known by that
	Item       *article.FeedItem    `json:"item,omitempty"`
	First      time.Time            `json:"first"` // when it was first fetched
	Due        time.Time            `json:"due"`   // when this visit is
	Validators httprules.Validators `json:"validators,omitzero"`
	Missing    time.Time            `json:"missing,omitzero"` // since when it answers 404
	Gone       bool                 `json:"gone,omitempty"`   // which has been told
}

// Outcome is what a visit found.
type Outcome string

// The outcomes.
const (
	Unchanged Outcome = "unchanged"
	Changed   Outcome = "changed"
	Missing   Outcome = "missing" // 404, to be confirmed
	Gone      Outcome = "gone"    // 410, or 404 that is confirmed
	Failed    Outcome = "failed"  // nothing can be said; the visit is left out
	Stopped   Outcome = "stopped" // its source is paused, taken out, or wants no visits any more
)

// Outcomes are all there are.
var Outcomes = []Outcome{Unchanged, Changed, Missing, Gone, Failed, Stopped}

// ErrInvalid means that a schedule's body is none.
var ErrInvalid = errors.New("no page to visit again")

// Decode reads a page's JSON.
func Decode(b []byte) (*Page, error) {
	p := new(Page)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, article.JSONError(err))
	}
	if p.URL == "" || p.First.IsZero() {
		return nil, fmt.Errorf("%w: without url or first", ErrInvalid)
	}
	return p, nil
}

// Answered takes in a whole answer, of which digest is that of the body. The answer is Changed or Unchanged; one that broke off
// is asked for whole the next time. A page that was said to be gone has changed, whatever it says.
func (p *Page) Answered(h http.Header, digest, finalURL string, truncated bool, now time.Time) Outcome {
	found := Changed
	if p.Validators.Content == digest && p.FinalURL == finalURL && !p.Gone {
		found = Unchanged
	}
	p.Validators.Whole(h, digest, now)
	if truncated {
		p.Validators.ETag, p.Validators.LastModified = "", ""
	}
	p.FinalURL, p.Missing, p.Gone = finalURL, time.Time{}, false
	return found
}

// NotModified takes in a 304.
func (p *Page) NotModified(h http.Header) Outcome {
	p.Validators.NotModified(h)
	p.Missing = time.Time{}
	return Unchanged
}

// Lost takes in an answer of 404 or 410. 410 is Gone at once, 404 when it still is one after the time to confirm it, and
// until then Missing; what has been told already is Unchanged.
func (p *Page) Lost(status int, confirm time.Duration, now time.Time) Outcome {
	switch {
	case p.Gone:
		return Unchanged
	case status != http.StatusGone && p.Missing.IsZero():
		p.Missing = now
		return Missing
	case status != http.StatusGone && now.Sub(p.Missing) < confirm:
		return Missing
	}
	p.Gone, p.Missing, p.Validators = true, time.Time{}, httprules.Validators{}
	return Gone
}

// Next sets when the page is visited next, after now; false where it is not any more. One that is Missing is visited once that
// can be confirmed, if it is not visited before.
func (p *Page) Next(policy Policy, confirm time.Duration, now time.Time) bool {
	if p.Due.After(now) { // clocks differ
		now = p.Due
	}
	next, more := policy.After(p.First, now)
	if check := whole(p.Missing.Add(confirm)); !p.Missing.IsZero() && check.After(now) && (!more || check.Before(next)) {
		next, more = check, true
	}
	p.Due = next
	return more
}
