package httprules

import (
	"net/http"
	"time"
)

const (
	// FullEvery is how often the whole of a document is asked for, whatever its validators promise.
	FullEvery = 24 * time.Hour
	// DistrustFor is how long a validator that lied is not sent.
	DistrustFor = 7 * 24 * time.Hour
	// maxValidator bounds what is stored of a server's header.
	maxValidator = 1 << 10
)

// Validators decide whether a document is asked for conditionally (RFC 9110, 13), and find out when the server's
// validators lie. They are stored with the document's source; the zero Validators ask for the whole.
//
// Two lies are known. The same validator over another content would hide news for ever: it is found because the whole is
// asked for once a day. Another ETag over the same content makes each answer a whole one: the ETag is left out then, so
// that a Last-Modified that is honest gets its say (a server looks at the ETag alone where there is one, 13.2.2).
type Validators struct {
	ETag         string    `json:"etag,omitempty"` // verbatim, weak ones too
	LastModified string    `json:"last_modified,omitempty"`
	Content      string    `json:"content,omitempty"` // fingerprint of the last whole answer
	Full         time.Time `json:"full,omitzero"`     // when that came

	NoETagBefore         time.Time `json:"no_etag_before,omitzero"`          // it lied: not sent until then
	NoLastModifiedBefore time.Time `json:"no_last_modified_before,omitzero"` // the same
}

// Finding is what a whole answer tells of the one before.
type Finding string

// The findings.
const (
	FindingChanged Finding = "changed"
	FindingSame    Finding = "same"        // there is nothing to read
	FindingFickle  Finding = "fickle_etag" // the same, under another ETag
	FindingLying   Finding = "lying"       // changed, under the same validator
)

// Conditions are what the next request sends as If-None-Match and If-Modified-Since, both empty where the whole is due.
func (v *Validators) Conditions(now time.Time) (etag, lastModified string) {
	if v.Content == "" || now.Sub(v.Full) >= FullEvery {
		return "", ""
	}
	if !now.Before(v.NoETagBefore) {
		etag = v.ETag
	}
	if !now.Before(v.NoLastModifiedBefore) {
		lastModified = v.LastModified
	}
	return etag, lastModified
}

// NotModified takes in a 304, which may bring new validators (RFC 9111, 3.2). What it does not repeat stays.
func (v *Validators) NotModified(h http.Header) {
	if etag := validator(h, "ETag"); etag != "" {
		v.ETag = etag
	}
	if modified := validator(h, "Last-Modified"); modified != "" {
		v.LastModified = modified
	}
}

// Whole takes in an answer that was read in full and understood. content is a fingerprint of the body; or of what was
// read from it, where the body has parts that change each time.
func (v *Validators) Whole(h http.Header, content string, now time.Time) Finding {
	etag, modified := validator(h, "ETag"), validator(h, "Last-Modified")
	found := FindingChanged
	switch {
	case v.Content == "":
	case v.Content == content && v.ETag != "" && etag != "" && v.ETag != etag:
		found = FindingFickle
		v.NoETagBefore = now.Add(DistrustFor)
	case v.Content == content:
		found = FindingSame
	default:
		if etag != "" && etag == v.ETag {
			found = FindingLying
			v.NoETagBefore = now.Add(DistrustFor)
		}
		if modified != "" && modified == v.LastModified && (etag == "" || etag == v.ETag) { // beside an ETag that did change, a second is coarse and no lie
			found = FindingLying
			v.NoLastModifiedBefore = now.Add(DistrustFor)
		}
	}
	v.ETag, v.LastModified, v.Content, v.Full = etag, modified, content, now
	return found
}

// Drop makes the next request ask for the whole: after an answer that broke off or was not understood. What is known of
// lies stays.
func (v *Validators) Drop() {
	v.ETag, v.LastModified, v.Content, v.Full = "", "", "", time.Time{}
}

func validator(h http.Header, name string) string {
	if s := h.Get(name); len(s) <= maxValidator {
		return s
	}
	return ""
}
