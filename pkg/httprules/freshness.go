// Package httprules reads what HTTP answers mean for the next request: how long they stay fresh, how long a server wants
// to be left alone, which validators can be believed, and what becomes of a feed's address. It is pure: no clock, no
// network, and states that are values to store.
package httprules

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Freshness is how long an answer may be used without asking again (RFC 9111, 4.2), for a private cache such as a
// fetcher. The zero Freshness is stale.
type Freshness struct {
	Lifetime  time.Duration
	Age       time.Duration // when it was received
	Heuristic bool          // the lifetime is guessed from Last-Modified (4.2.2), not said
}

// heuristicShare of the time since the last change is the lifetime that is guessed.
const heuristicShare = 10

// maxDelta is what a delta-seconds that is too large to read counts as (RFC 9111, 1.2.2).
const maxDelta = 1 << 31 * time.Second

// ReadFreshness reads the header of an answer that was received at a time.
func ReadFreshness(h http.Header, received time.Time) Freshness {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		date = received
	}
	f := Freshness{Age: max(received.Sub(date), 0)}
	if age, ok := deltaSeconds(strings.TrimSpace(h.Get("Age"))); ok {
		f.Age = max(f.Age, age)
	}
	control, said := cacheControl(h.Values("Cache-Control"))
	maxAge, aged := control["max-age"]
	_, noStore := control["no-store"]
	fields, noCache := control["no-cache"] // with fields named, it is about those only (5.2.2.4)
	switch {
	case noStore, noCache && fields == "":
	case !said && strings.Contains(strings.ToLower(h.Get("Pragma")), "no-cache"):
	case aged:
		f.Lifetime, _ = deltaSeconds(maxAge) // what is no number is stale
	case len(h.Values("Expires")) > 0:
		if expires, err := http.ParseTime(h.Get("Expires")); err == nil { // what is no date has expired
			f.Lifetime = max(expires.Sub(date), 0)
		}
	default:
		if modified, err := http.ParseTime(h.Get("Last-Modified")); err == nil && modified.Before(date) {
			f.Lifetime, f.Heuristic = date.Sub(modified)/heuristicShare, true
		}
	}
	return f
}

// MaxFloor bounds how long a server can keep a poller away by calling its answers fresh.
const MaxFloor = time.Hour

// Floor is the least time until the next poll: no longer than MaxFloor, since many servers call a feed fresh for a year,
// and zero where the lifetime is only guessed.
func (f Freshness) Floor() time.Duration {
	if f.Heuristic {
		return 0
	}
	return min(max(f.Lifetime-f.Age, 0), MaxFloor)
}

// deltaSeconds reads a non-negative decimal number of seconds.
func deltaSeconds(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > int64(maxDelta/time.Second) {
		return maxDelta, true
	}
	return time.Duration(n) * time.Second, true
}

// cacheControl reads the directives of Cache-Control, names in lower case and values unquoted. Of a directive that comes
// twice the first counts (RFC 9111, 4.2.1).
func cacheControl(lines []string) (directives map[string]string, said bool) {
	directives = map[string]string{}
	rest := strings.Join(lines, ",")
	for rest != "" {
		var name, value string
		end := strings.IndexAny(rest, ",=")
		if end < 0 {
			end = len(rest)
		}
		name, rest = strings.ToLower(strings.TrimSpace(rest[:end])), rest[end:]
		if strings.HasPrefix(rest, "=") {
			value, rest = directiveValue(rest[1:])
		}
		rest = strings.TrimPrefix(rest, ",")
		if name == "" {
			continue
		}
		said = true
		if _, again := directives[name]; !again {
			directives[name] = value
		}
	}
	return directives, said
}

// directiveValue cuts a token or a quoted string off the front, up to the comma behind it.
func directiveValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexByte(s, ',')
		if end < 0 {
			end = len(s)
		}
		return strings.TrimSpace(s[:end]), s[end:]
	}
	var b strings.Builder
	i := 1
	for ; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	rest = s[min(i, len(s)):]
	if end := strings.IndexByte(rest, ','); end >= 0 {
		return b.String(), rest[end:]
	}
	return b.String(), ""
}
