package httprules

import "net/http"

// Verdict is what a poller of a feed does with an answer. The set is closed.
type Verdict string

// The verdicts.
const (
	Parse       Verdict = "parse"
	Empty       Verdict = "empty-ok"      // whole, with nothing in it
	Unchanged   Verdict = "unchanged"     // the validators may be new all the same (RFC 9111, 3.2)
	Follow      Verdict = "follow"        // a redirect that says nothing of the next poll
	FollowCount Verdict = "follow, count" // a move for good, if it lasts: see Standing
	Rewrite     Verdict = "rewrite-url"   // it lasted
	SoftError   Verdict = "soft-error"    // passes more often than not
	HardError   Verdict = "error"         // of this feed; does not pass by itself
	SlowError   Verdict = "error-slow"    // we are not wanted there: ask rarely
	BackOff     Verdict = "backoff"       // we ask the whole host too often
	NewAttempt  Verdict = "retry-new-connection"
	GoneConfirm Verdict = "gone-confirm" // is believed when it is said again: see Standing
	DisableFeed Verdict = "disable"
)

// Judge tells what an HTTP status means for a feed, taken alone; Standing knows what came before.
func Judge(status int) Verdict {
	switch status {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNonAuthoritativeInfo: // the body says what it is
		return Parse
	case http.StatusNoContent, http.StatusResetContent:
		return Empty
	case http.StatusNotModified:
		return Unchanged
	case http.StatusMovedPermanently, http.StatusPermanentRedirect:
		return FollowCount
	case http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect:
		return Follow
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusProxyAuthRequired, http.StatusUnavailableForLegalReasons:
		return SlowError
	case http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooEarly:
		return SoftError
	case http.StatusGone:
		return GoneConfirm
	case http.StatusMisdirectedRequest:
		return NewAttempt
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, 420, 509, 529: // the last three by habit of some servers
		return BackOff
	}
	switch {
	case status >= 500 && status <= 599:
		return SoftError
	case status >= 600: // 999 and the like: bot walls
		return SlowError
	}
	return HardError
}
