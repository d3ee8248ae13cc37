package httprules

import "time"

// When a server is believed that a feed has another address.
const (
	MoveSightings = 3 // polls that met the same permanent redirect,
	MoveTime      = 24 * time.Hour
)

// Standing is what the answers so far say of a feed's address. It is stored with the feed; the zero Standing has seen
// nothing. Failures change nothing of it: a move that was seen is not forgotten, and one whose target fails is not counted.
type Standing struct {
	MovedTo    string    `json:"moved_to,omitempty"` // where permanent redirects lead, as long as they agree
	Sightings  int       `json:"sightings,omitempty"`
	MovedSince time.Time `json:"moved_since,omitzero"`
}

// Answered notes an answer that is a feed, or that is unchanged, and where permanent redirects led to on the way, "" if
// nowhere (fetch.Response.MovedTo). With VerdictRewrite the feed's URL is to become that place, and the standing begins
// anew; else it is VerdictFollowCount, or VerdictParse where there was no such redirect.
func (s *Standing) Answered(movedTo string, now time.Time) Verdict {
	switch {
	case movedTo == "":
		*s = Standing{}
		return VerdictParse
	case movedTo != s.MovedTo:
		*s = Standing{MovedTo: movedTo, MovedSince: now}
	}
	s.Sightings++
	if s.Sightings >= MoveSightings && now.Sub(s.MovedSince) >= MoveTime {
		*s = Standing{}
		return VerdictRewrite
	}
	return VerdictFollowCount
}
