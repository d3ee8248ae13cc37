package httprules

import (
	"net/http"
	"strings"
	"time"
)

// MaxRetryAfter bounds what a server may ask for.
const MaxRetryAfter = 24 * time.Hour

// RetryAfter reads Retry-After (RFC 9110, 10.2.3): seconds, or a date in one of HTTP's three forms. A date that is past is
// no time at all; ok is false for what is neither, and the caller's own back-off counts.
func RetryAfter(value string, now time.Time) (wait time.Duration, ok bool) {
	value = strings.TrimSpace(value)
	if wait, ok := deltaSeconds(value); ok {
		return min(wait, MaxRetryAfter), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), MaxRetryAfter), true
}
