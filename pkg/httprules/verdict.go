package httprules

import "net/http"

// Verdict is what a poller of a feed does with an answer. The set is closed.
type Verdict string

// The verdicts.
const (
	VerdictParse       Verdict = "parse"
	VerdictEmpty       Verdict = "empty-ok"      // whole, with nothing in it
	VerdictUnchanged   Verdict = "unchanged"     // the validators may be new all the same (RFC 9111, 3.2)
	VerdictFollow      Verdict = "follow"        // a redirect that says nothing of the next poll
	VerdictFollowCount Verdict = "follow, count" // a move for good, if it lasts: see Standing
	VerdictRewrite     Verdict = "rewrite-url"   // it lasted
	VerdictSoftError   Verdict = "soft-error"    // passes more often than not
	VerdictError       Verdict = "error"         // of this feed; does not pass by itself
	VerdictSlowError   Verdict = "error-slow"    // we are not wanted there: ask rarely
	VerdictBackOff     Verdict = "backoff"       // we ask the whole host too often
	VerdictReconnect   Verdict = "retry-new-connection"
	VerdictGone        Verdict = "gone-confirm" // is believed when it is said again
)

// Judge tells what an HTTP status means for a feed, taken alone. What came before, Standing knows of moves, and package
// revisit of failures.
func Judge(status int) Verdict {
	switch status {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNonAuthoritativeInfo: // the body says what it is
		return VerdictParse
	case http.StatusNoContent, http.StatusResetContent:
		return VerdictEmpty
	case http.StatusNotModified:
		return VerdictUnchanged
	case http.StatusMovedPermanently, http.StatusPermanentRedirect:
		return VerdictFollowCount
	case http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect:
		return VerdictFollow
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusProxyAuthRequired, http.StatusUnavailableForLegalReasons:
		return VerdictSlowError
	case http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooEarly:
		return VerdictSoftError
	case http.StatusGone:
		return VerdictGone
	case http.StatusMisdirectedRequest:
		return VerdictReconnect
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, 420, 509, 529: // the last three by habit of some servers
		return VerdictBackOff
	}
	switch {
	case status >= 500 && status <= 599:
		return VerdictSoftError
	case status >= 600: // 999 and the like: bot walls
		return VerdictSlowError
	}
	return VerdictError
}
