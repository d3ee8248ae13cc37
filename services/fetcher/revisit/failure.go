package revisit

import (
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"dateline/pkg/httprules"
)

// Class is how bad a failure is: how much faster the interval grows, and how much sooner the source is dead.
type Class string

// The classes.
const (
	Temporary Class = "temporary" // 5xx, 408, 425, 429, no connection, timeouts
	Soft      Class = "soft"      // other 4xx, TLS, a feed that cannot be read
	Missing   Class = "missing"   // 404: feeds do come back
	Hard      Class = "hard"      // a name that DNS does not have, an address that is not to be asked
	Gone      Class = "gone"      // 410
)

// severity of a class: growth multiplies the interval with each failure, and with the first one is first; deadly are the
// days of such failures after which the source is dead. After a first temporary failure a source is asked again in half its
// interval: the window's guard leaves room for that, and most such failures are over by then.
func (c Class) severity() (first, growth, deadly float64) {
	switch c {
	case Hard, Gone:
		return 4, 4, 7
	case Missing:
		return 4, 4, 30
	case Soft:
		return 2, 2, 14
	default:
		return 0.5, 2, 28
	}
}

// StatusClass is the class of an HTTP status that is no success.
func StatusClass(status int) Class {
	if status == http.StatusNotFound {
		return Missing
	}
	switch httprules.Judge(status) {
	case httprules.VerdictGone:
		return Gone
	case httprules.VerdictSoftError, httprules.VerdictBackOff, httprules.VerdictReconnect:
		return Temporary
	}
	return Soft
}

const (
	probeEvery = 30 * day       // of dead sources
	goneAfter  = 48 * time.Hour // of 410s
	maxGap     = 2 * Longest    // between failures that is held against the source: the rest is our own absence
	minBackoff = 0.5
	maxBackoff = float64(Longest / guardLeast)
	maxWhy     = 160 // bytes
)

// Failure is a poll that brought nothing.
type Failure struct {
	At         time.Time
	Class      Class
	Why        string        // for people; cut off at 160 bytes
	RetryAfter time.Duration // as the server asks; zero where it does not
}

// failing is a row of failures.
type failing struct {
	Since   time.Time `json:"since"`
	At      time.Time `json:"at"` // of the last one
	Count   int       `json:"count"`
	Class   Class     `json:"class"`
	Why     string    `json:"why,omitempty"`
	Backoff float64   `json:"backoff"`         // times the interval
	Score   float64   `json:"score,omitempty"` // the source is dead at one
	Gone    time.Time `json:"gone,omitzero"`   // first 410 of the row
	Dead    time.Time `json:"dead,omitzero"`   // since when
	RetryAt time.Time `json:"retry_at,omitzero"`
}

// Fail takes in a poll that failed. A source is never given up: after 7 days of hard failures, 14 of soft, 28 of
// temporary or 30 of missing ones (a mixture counts in proportion), or two 410s that are 48 hours apart, it is dead, and polled once a
// month until it answers.
func (s *State) Fail(f Failure) {
	at := f.At.UTC().Truncate(time.Second)
	first, growth, deadly := f.Class.severity()
	row := &s.Failing
	if row.Count == 0 {
		*row = failing{Since: at, At: at, Backoff: first / growth}
	}
	if at.Before(row.At) { // by a clock that is behind
		at = row.At
	}
	gap := min(at.Sub(row.At), maxGap)
	row.Score = round(row.Score+gap.Hours()/24/deadly, 1e-4)
	row.Backoff = round(within(row.Backoff*growth, minBackoff, maxBackoff), 1e-2)
	row.At, row.Class, row.Why = at, f.Class, clip(f.Why)
	row.Count++
	if f.RetryAfter > 0 {
		row.RetryAt = at.Add(min(f.RetryAfter, httprules.MaxRetryAfter))
	}
	gone := false
	if f.Class == Gone {
		if row.Gone.IsZero() {
			row.Gone = at
		}
		gone = at.Sub(row.Gone) >= goneAfter
	}
	if row.Dead.IsZero() && (gone || row.Score >= 1) {
		row.Dead = at
	}
}

// backOff applies a row of failures to the interval of a source that is well.
func (s *State) backOff(d *Decision) {
	row := &s.Failing
	switch {
	case row.Count == 0:
	case !row.Dead.IsZero():
		d.Interval, d.Rule = probeEvery, RuleDead
	default:
		d.Backoff = within(row.Backoff, minBackoff, maxBackoff)
		// The operator's interval may be longer than any of ours.
		most := max(d.Interval, Longest)
		d.Interval = time.Duration(within(d.Backoff*float64(d.Interval), float64(guardLeast), float64(most)))
		d.Rule = RuleFailing
	}
}

// Status is a source's health in a word.
type Status string

// The statuses.
const (
	StatusOK      Status = "ok"
	StatusFailing Status = "failing"
	StatusDead    Status = "dead"
)

// Health is how a source does.
type Health struct {
	Status   Status    `json:"status"`
	Since    time.Time `json:"since,omitzero"`     // when it last answered, or began to fail, or was found dead
	Failures int       `json:"failures,omitempty"` // in a row
	Class    Class     `json:"class,omitempty"`    // of the last one, as is Why
	Why      string    `json:"why,omitempty"`
}

// Health tells how the source does.
func (s *State) Health() Health {
	row := &s.Failing
	if row.Count == 0 {
		return Health{Status: StatusOK, Since: s.Polled}
	}
	h := Health{Status: StatusFailing, Since: row.Since, Failures: row.Count, Class: row.Class, Why: row.Why}
	if !row.Dead.IsZero() {
		h.Status, h.Since = StatusDead, row.Dead
	}
	return h
}

// clip cuts a reason between runes.
func clip(why string) string {
	why = strings.ToValidUTF8(why, "\ufffd")
	if len(why) <= maxWhy {
		return why
	}
	n := maxWhy
	for !utf8.RuneStart(why[n]) {
		n--
	}
	return why[:n]
}
