package websub

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"hash/crc32"
	"net/url"
	"slices"
	"strings"
	"time"

	"dateline/pkg/weburl"
)

// Times of a subscription.
const (
	wantedLease = 10 * 24 * time.Hour // what hubs are asked for, and the recommendation's good default
	maxLease    = 30 * 24 * time.Hour // believed of a hub
	renewAt     = 0.8                 // of the lease
	firstRetry  = 10 * time.Minute    // when a request is not verified; three times that the next time
	maxRetry    = 24 * time.Hour      // what that grows to
	deniedFor   = 7 * 24 * time.Hour  // a hub that denied is not asked
	patience    = 48 * time.Hour      // in which a request may still be verified
	netInterval = 6 * time.Hour       // between polls while pushes come
	pingGap     = 30 * time.Second    // between polls that pings ask for
	settle      = 3 * time.Second     // from a ping to its poll: the publisher's caches may be behind the hub, and hubs repeat themselves
	skew        = time.Second         // by which the clocks of replicas may differ
)

const (
	maxHubs     = 4
	maxURL      = 2 << 10 // bytes of a hub or topic URL
	maxNote     = 200     // bytes of a reason or an error that is kept
	triesPerHub = 3       // without verification, where there is another hub
	proven      = 3       // polls in a row whose news a hub announced, before it is relied on
)

// Subscription is all that is known of the push for one source: JSON in the source's record. The zero Subscription is that
// of a source whose feed names no hub. Times are UTC.
type Subscription struct {
	Hubs  []string `json:"hubs,omitempty"`  // the first is the one in use
	Topic string   `json:"topic,omitempty"` // the feed's rel=self, as it was given

	Token  string `json:"token,omitempty"`  // makes the callback URL unguessable
	Secret string `json:"secret,omitempty"` // "" where the hub has no https: it would be told in the clear

	Requested time.Time `json:"requested,omitzero"` // the last request was sent
	Tries     int       `json:"tries,omitempty"`    // requests that have not been verified
	NotBefore time.Time `json:"not_before,omitzero"`
	Verified  time.Time `json:"verified,omitzero"`
	Expires   time.Time `json:"expires,omitzero"`  // end of the lease
	Denied    time.Time `json:"denied,omitzero"`   // by all hubs
	Refused   int       `json:"refused,omitempty"` // hubs that have denied so far
	Leaving   bool      `json:"leaving,omitempty"` // it is to end
	Note      string    `json:"note,omitempty"`    // the last error, or the reason of a denial

	Due       time.Time `json:"due,omitzero"`        // the poll that the last pings asked for
	Ping      time.Time `json:"ping,omitzero"`       // the last one that was believed
	Forged    time.Time `json:"forged,omitzero"`     // the last one that was not signed as agreed, to the hour
	Weak      bool      `json:"weak,omitempty"`      // the hub signs with SHA-1
	Poll      time.Time `json:"poll,omitzero"`       // the last one that went well began
	Announced int       `json:"announced,omitempty"` // polls in a row whose news a ping had announced, up to proven
}

// Status is where a subscription stands.
type Status string

// The statuses.
const (
	StatusNone    Status = "none"    // the feed names no hub
	StatusWanted  Status = "wanted"  // a hub is to be asked
	StatusPending Status = "pending" // a hub was asked and has not verified, or no longer does
	StatusActive  Status = "active"  // the lease runs
	StatusDenied  Status = "denied"
	StatusLeaving Status = "leaving" // unsubscribing
)

// Statuses are all of them.
var Statuses = []Status{StatusNone, StatusWanted, StatusPending, StatusActive, StatusDenied, StatusLeaving}

// Status is where the subscription stands at a time.
func (s *Subscription) Status(now time.Time) Status {
	switch {
	case len(s.Hubs) == 0:
		return StatusNone
	case s.Leaving:
		return StatusLeaving
	case s.Expires.After(now):
		return StatusActive
	case !s.Denied.IsZero():
		return StatusDenied
	case s.Requested.IsZero():
		return StatusWanted
	}
	return StatusPending
}

// Offer takes in what a feed says: its hubs and its topic (rel=self), both absolute URLs. The subscription begins anew
// where they are others than before, and ends where there is none of one; else nothing changes. It reports a change. A feed
// that says something else all the time does not have hubs asked all the time.
func (s *Subscription) Offer(hubs []string, topic string) (changed bool) {
	list := usable(hubs)
	topic = strings.TrimSpace(topic)
	notBefore := s.NotBefore
	if !s.Requested.IsZero() {
		notBefore = s.Requested.Add(firstRetry)
	}
	if _, err := weburl.Resolve("", topic); err != nil || len(topic) > maxURL || len(list) == 0 {
		if len(s.Hubs) == 0 {
			return false
		}
		*s = Subscription{NotBefore: notBefore}
		return true
	}
	if s.Topic == topic && !s.Leaving && len(s.Hubs) == len(list) && !slices.ContainsFunc(list, func(h string) bool { return !slices.Contains(s.Hubs, h) }) {
		return false // their order is ours: the first is in use
	}
	*s = Subscription{Hubs: list, Topic: topic, NotBefore: notBefore}
	return true
}

// usable are hubs that can be asked: those with https first. One that is advertised without it, on the default port, is
// tried with it first, as section 8.2 of the recommendation wants.
func usable(hubs []string) []string {
	var secure, plain []string
	for _, raw := range hubs[:min(len(hubs), 4*maxHubs)] {
		h, err := weburl.Resolve("", strings.TrimSpace(raw))
		if err != nil || len(h) > maxURL {
			continue
		}
		rest, isPlain := strings.CutPrefix(h, "http://")
		if isPlain {
			plain = append(plain, h)
			if u, err := url.Parse(h); err != nil || u.Port() != "" {
				continue
			}
			h = "https://" + rest
		}
		secure = append(secure, h)
	}
	var list []string
	for _, h := range append(secure, plain...) {
		if len(list) < maxHubs && !slices.Contains(list, h) {
			list = append(list, h)
		}
	}
	return list
}

// Next is when a hub is to be asked: to subscribe, to renew, or once more. It is now or earlier where that is due, and
// zero where there is nothing to ask for.
func (s *Subscription) Next(now time.Time) time.Time {
	var at time.Time
	switch status := s.Status(now); {
	case status == StatusNone || status == StatusLeaving:
		return time.Time{}
	case status == StatusDenied:
		at = s.Denied.Add(s.jitter(deniedFor, 1, 1.1))
	case s.Requested.IsZero():
		at = now
	case s.Tries > 0:
		at = s.Requested.Add(s.jitter(backoff(s.Tries), 1, 1.25))
	default:
		lease := max(s.Expires.Sub(s.Verified), firstRetry) // however short it is: a hub is not asked all the time
		at = s.Verified.Add(s.jitter(lease, renewAt-0.04, renewAt+0.04))
	}
	if s.NotBefore.After(at) {
		return s.NotBefore
	}
	return at
}

func backoff(tries int) time.Duration {
	d := firstRetry
	for range min(tries-1, 10) {
		d = min(3*d, maxRetry)
	}
	return d
}

// jitter is from low to high times d: the same whenever it is asked, and another for each subscription and request.
func (s *Subscription) jitter(d time.Duration, low, high float64) time.Duration {
	sum := crc32.ChecksumIEEE(fmt.Append(nil, s.Topic, s.Token, s.Requested.UnixMilli()))
	return time.Duration(float64(d) * (low + (high-low)*float64(sum)/(1<<32)))
}

// NextPoll is when the source is polled next, given when it would be without push, and after a poll that went well.
// While a hub has shown that it announces news, that is not before netInterval has passed, or the lease is to be renewed;
// otherwise it is as planned. A ping comes in between.
func (s *Subscription) NextPoll(now, planned time.Time) time.Time {
	if s.Status(now) != StatusActive || s.Announced < proven {
		return planned
	}
	at := now.Add(netInterval)
	if renewal := s.Next(now); renewal.Before(at) {
		at = renewal
	}
	if at.Before(planned) {
		return planned
	}
	return at
}

// Polled takes in a poll of the source that went well: when it began, and how many new items it brought. So a hub that
// verifies and then stays silent is found out, and costs no more than one netInterval.
func (s *Subscription) Polled(began time.Time, news int) {
	before := s.Poll
	s.Poll = stamp(began)
	switch {
	case news == 0 || s.Status(began) != StatusActive:
	case s.Ping.After(before):
		s.Announced = min(s.Announced+1, proven)
	default:
		s.Announced = 0
	}
}

// request notes that the hub is about to be asked, and has what it is told. After a request that failed or was not verified
// for long, that is the next hub.
func (s *Subscription) request(now time.Time) {
	failed := s.Note != "" && len(s.Hubs) > 1
	if s.Tries > 0 && s.Status(now) != StatusActive && (failed || s.Tries%triesPerHub == 0) {
		s.rotate()
	}
	if s.Token == "" {
		s.Token = rand.Text() // 130 bits
		if strings.HasPrefix(s.hub(), "https:") {
			s.Secret = rand.Text()
		}
	}
	s.Requested = stamp(now)
	s.Tries++
	s.NotBefore, s.Denied, s.Note = time.Time{}, time.Time{}, ""
}

// failed notes that the hub did not take a request.
func (s *Subscription) failed(now time.Time, cause string, retryAfter time.Duration) {
	s.Note = clip(cause)
	if retryAfter > 0 && (len(s.Hubs) == 1 || s.Status(now) == StatusActive) { // else another is asked
		s.NotBefore = stamp(now).Add(min(retryAfter, deniedFor))
	}
}

// rotate goes on with the next hub, or anew with the only one. What was told to one hub is not told to another.
func (s *Subscription) rotate() {
	s.Hubs = append(slices.Clone(s.Hubs[1:]), s.Hubs[0])
	s.Token, s.Secret = "", ""
	s.Weak, s.Announced = false, 0
}

func (s *Subscription) hub() string {
	if len(s.Hubs) == 0 {
		return ""
	}
	return s.Hubs[0]
}

// owns tells whether a callback's token is this subscription's, in constant time. There is always one to compare with.
func (s *Subscription) owns(token string) bool {
	own := cmp.Or(s.Token, strings.Repeat("?", tokenLen))
	return subtle.ConstantTimeCompare([]byte(own), []byte(token)) == 1 && s.Token != ""
}

// tokenLen is the length of what rand.Text returns.
const tokenLen = 26

// about tells whether a hub speaks of the topic that it was asked for. Some write its escapes in another way.
func (s *Subscription) about(topic string) bool {
	if topic == s.Topic {
		return topic != ""
	}
	theirs, err := weburl.Resolve("", topic)
	if err != nil {
		return false
	}
	ours, err := weburl.Resolve("", s.Topic)
	return err == nil && ours == theirs
}

// verifies tells whether a hub may confirm a subscription now: one that it was asked for, or one that it has.
func (s *Subscription) verifies(now time.Time) bool {
	switch s.Status(now) {
	case StatusActive:
		return true
	case StatusPending:
		return s.Tries > 0 && now.Sub(s.Requested) < patience
	}
	return false
}

// verified begins or prolongs the lease. A lease of zero, which no hub should give, is what was asked for.
func (s *Subscription) verified(now time.Time, lease time.Duration) {
	if lease <= 0 {
		lease = wantedLease
	}
	s.Verified = stamp(now)
	s.Expires = s.Verified.Add(min(lease, maxLease))
	s.Tries, s.Refused, s.Note, s.NotBefore, s.Denied = 0, 0, "", time.Time{}, time.Time{}
}

// denied ends what there was with this hub. The next one is asked at once; when all have denied, the first after days.
func (s *Subscription) denied(now time.Time, reason string) {
	s.rotate()
	s.Expires, s.Requested, s.NotBefore, s.Tries = time.Time{}, time.Time{}, time.Time{}, 0
	s.Note = clip("denied: " + reason)
	if s.Refused++; s.Refused >= len(s.Hubs) {
		s.Denied, s.Refused = stamp(now), 0
	}
}

// believe notes a ping. It returns when the source is to be polled for it, or zero where such a poll is to come already: one
// that has not begun will see all that there is now.
func (s *Subscription) believe(now time.Time) (due time.Time) {
	soon := stamp(now).Add(settle)
	switch left := s.Due.Sub(now); {
	case left > settle+pingGap+skew: // by a clock that was wrong
		return soon
	case left > skew:
		return time.Time{}
	}
	if spaced := s.Due.Add(pingGap); spaced.After(soon) {
		return spaced
	}
	return soon
}

// stamp is how times are kept: to the millisecond, so that they come back from JSON as they were.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// clip makes a stranger's words fit for a record and a terminal.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
	return strings.ToValidUTF8(s[:min(len(s), maxNote)], "")
}
