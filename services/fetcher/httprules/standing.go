package httprules

import "time"

// When a server is believed that a feed has another address, or none.
const (
	MoveSightings = 3 // polls that met the same permanent redirect,
	MoveTime      = 24 * time.Hour
	GoneTime      = 48 * time.Hour      // between two answers of 410
	MissingTime   = 30 * 24 * time.Hour // of nothing but 404: feeds do come back
)

// Standing is what the answers so far say of a feed's address. It is stored with the feed; the zero Standing has seen
// nothing.
type Standing struct {
	MovedTo    string    `json:"moved_to,omitempty"` // where permanent redirects lead, as long as they agree
	Sightings  int       `json:"sightings,omitempty"`
	MovedSince time.Time `json:"moved_since,omitzero"`
	Gone       time.Time `json:"gone,omitzero"`    // first 410 in a row
	Missing    time.Time `json:"missing,omitzero"` // first 404 in a row
}

// Answered notes an answer that is a feed, or that is unchanged, and where permanent redirects led to on the way, "" if
// nowhere (fetch.Response.MovedTo). With VerdictRewrite the feed's URL is to become that place, and the standing begins
// anew; else it is VerdictFollowCount, or VerdictParse where there was no such redirect.
func (s *Standing) Answered(movedTo string, now time.Time) Verdict {
	s.Gone, s.Missing = time.Time{}, time.Time{}
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

// Failed notes an answer that is an error by its status, and what that means after those before it. A move that was
// seen is not forgotten, but one whose target fails is not counted either.
func (s *Standing) Failed(status int, now time.Time) Verdict {
	v := Judge(status)
	if v != VerdictGone {
		s.Gone = time.Time{}
	}
	if status != 404 {
		s.Missing = time.Time{}
	}
	switch {
	case v == VerdictGone && s.Gone.IsZero():
		s.Gone = now
	case v == VerdictGone && now.Sub(s.Gone) >= GoneTime:
		return VerdictDisable
	case status == 404 && s.Missing.IsZero():
		s.Missing = now
	case status == 404 && now.Sub(s.Missing) >= MissingTime:
		return VerdictDisable
	}
	return v
}
