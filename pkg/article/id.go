package article

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// hash names things: the first 128 bits of SHA-256 over the parts, each preceded by its length so that no two lists of
// parts run together, as 32 hex digits.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(strconv.AppendInt(nil, int64(len(p)), 10))
		h.Write([]byte{':'})
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// IDOfURL is the id of the article at a URL, of which key is the dedupe key (weburl.Key).
func IDOfURL(key string) string { return hash("url", key) }

// IDOfPublication is the id of a publication without a URL that has the publisher's own id.
func IDOfPublication(publisher, id string) string { return hash("publication", publisher, id) }

// IDOfContent is the id of a publication that has neither a URL nor an id: its publisher and its digest.
func IDOfContent(publisher, digest string) string { return hash("content", publisher, digest) }

// PageID is the message id of one capture: the same body at the same URL is the same capture.
func PageID(url, digest string) string { return hash("page", url, digest) }

// JobID is the message id and subject token of the job to fetch a URL, of which key is the dedupe key.
func JobID(key string) string { return hash("job", key) }

// PublicationID is the message id that Dateline's own publishing gives: the same bytes with the same headers under the
// same publisher are the same publication.
func PublicationID(publisher string, header map[string][]string, body []byte) string {
	parts := []string{"ext", publisher, Digest(body)}
	for _, name := range PublicationHeaders {
		if name == HeaderPubStatus && HeaderValue(header, name) == "" { // the ids of before it was one stay
			continue
		}
		parts = append(parts, name, strings.Join(HeaderValues(header, name), "\n"))
	}
	return hash(parts...)
}

// Origin names one journey through the pipeline: a publication or a capture, by its stream and message id (or, where the
// sender gave none, the place and time at which the stream took it) and its body. A redelivery has the same origin; a
// message id used again for other content does not.
func Origin(stream, messageID string, seq uint64, stored time.Time, body []byte) string {
	if messageID == "" {
		messageID = strconv.FormatUint(seq, 10) + "@" + strconv.FormatInt(stored.UnixNano(), 10)
	}
	return hash("origin", stream, messageID, Digest(body))
}

// ReparseOrigin names the journey of what was made anew of the page or publication of another journey: the same result is the
// same journey.
func ReparseOrigin(origin string, body []byte) string { return hash("reparse", origin, Digest(body)) }

// Digest is "sha256:" and the hex digest of b.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Fingerprint covers what a reader would call the article: headline, text, authors and publication date. A new value
// under a known id is a revision.
func Fingerprint(a *Article) string {
	parts := []string{"fingerprint", fold(a.Headline), fold(a.Text)}
	for _, author := range a.Authors {
		parts = append(parts, fold(author.Name))
	}
	if a.DatePublished != nil && a.DatePublished.From != FromModified { // that moves with every change
		parts = append(parts, a.DatePublished.String())
	}
	return hash(parts...)
}

// fold makes every run of white space one space, and none at the ends.
func fold(s string) string {
	b := make([]byte, 0, len(s))
	for word := range strings.FieldsSeq(s) {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, word...)
	}
	return string(b)
}

var (
	idPattern        = regexp.MustCompile(`^[0-9a-f]{32}$`)
	publisherPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
)

// ValidID reports whether s has the form of an article or origin id: 32 lower-case hex digits.
func ValidID(s string) bool { return idPattern.MatchString(s) }

// ValidPublisher reports whether s may stand in ext.<publisher>: 1 to 63 of a-z, 0-9, - and _, the first a letter or digit.
func ValidPublisher(s string) bool { return publisherPattern.MatchString(s) }
