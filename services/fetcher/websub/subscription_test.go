package websub

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

const (
	hubURL   = "https://hub.example/"
	topicURL = "https://news.example/feed"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func offered(hubs ...string) *Subscription {
	s := new(Subscription)
	s.Offer(hubs, topicURL)
	return s
}

// active is a subscription whose lease has begun at noon.
func active(lease time.Duration) *Subscription {
	s := offered(hubURL)
	s.request(noon)
	s.verified(noon, lease)
	return s
}

func TestOffer(t *testing.T) {
	for _, c := range []struct {
		name  string
		hubs  []string
		topic string
		want  []string
	}{
		{"one", []string{hubURL}, topicURL, []string{hubURL}},
		{"none", nil, topicURL, nil},
		{"no topic", []string{hubURL}, "", nil},
		{"relative topic", []string{hubURL}, "/feed", nil},
		{"long topic", []string{hubURL}, topicURL + strings.Repeat("a", maxURL), nil},
		{"https first", []string{"http://a.example:8080/", hubURL}, topicURL, []string{hubURL, "http://a.example:8080/"}},
		{"https is tried", []string{"http://hub.example/"}, topicURL, []string{hubURL, "http://hub.example/"}},
		{"twice", []string{hubURL, " " + hubURL, "HTTPS://HUB.example"}, topicURL, []string{hubURL}},
		{"not the web", []string{"javascript:alert(1)", "ftp://hub.example/", "hub", hubURL}, topicURL, []string{hubURL}},
		{"many", []string{"https://a.example/", "https://b.example/", "https://c.example/", "https://d.example/", "https://e.example/"}, topicURL, []string{"https://a.example/", "https://b.example/", "https://c.example/", "https://d.example/"}},
	} {
		var s Subscription
		if changed := s.Offer(c.hubs, c.topic); changed != (c.want != nil) || !reflect.DeepEqual(s.Hubs, c.want) {
			t.Errorf("%s: %v %q, want %q", c.name, changed, s.Hubs, c.want)
		}
		if s.Offer(c.hubs, c.topic) {
			t.Errorf("%s: the same again is a change", c.name)
		}
	}
}

func TestOfferOfAnother(t *testing.T) {
	s := active(time.Hour)
	token := s.Token
	if s.Offer([]string{hubURL}, topicURL) || s.Token != token || s.Status(noon) != StatusActive {
		t.Error("the same hub and topic end a subscription")
	}
	if !s.Offer([]string{hubURL}, topicURL+"2") || s.Token != "" || s.Status(noon) != StatusWanted {
		t.Errorf("another topic: %+v", s)
	}
	s = active(time.Hour)
	if !s.Offer(nil, "") || s.Status(noon) != StatusNone || s.Token != "" || !s.Next(noon).IsZero() {
		t.Errorf("no hub any more: %+v", s)
	}
	s = active(time.Hour)
	s.Leaving = true
	if !s.Offer([]string{hubURL}, topicURL) || s.Status(noon) != StatusWanted {
		t.Errorf("wanted again: %+v", s)
	}
}

// A feed that names another hub each time it is read makes no more requests than one whose hub fails.
func TestOfferThatChangesAllTheTime(t *testing.T) {
	var s Subscription
	requests := 0
	for at := noon; at.Before(noon.Add(time.Hour)); at = at.Add(time.Minute) {
		s.Offer(nil, "")
		s.Offer([]string{hubURL}, topicURL+at.Format("?1504"))
		if !s.Next(at).After(at) {
			s.request(at)
			requests++
		}
	}
	if requests != 6 {
		t.Errorf("%d requests in an hour", requests)
	}
}

func within(t *testing.T, what string, got, low, high time.Time) {
	t.Helper()
	if got.Before(low) || got.After(high) {
		t.Errorf("%s at %s, want %s to %s", what, got, low, high)
	}
}

func TestNextRequest(t *testing.T) {
	if s := new(Subscription); !s.Next(noon).IsZero() {
		t.Error("without a hub there is one to ask")
	}
	s := offered(hubURL)
	if !s.Next(noon).Equal(noon) {
		t.Error("the first request is not made at once")
	}
	var waits []time.Duration
	at := noon
	for range 8 { // a hub that never verifies
		s.request(at)
		next := s.Next(at)
		waits = append(waits, next.Sub(at))
		at = next
	}
	for i, want := range []time.Duration{10 * time.Minute, 30 * time.Minute, 90 * time.Minute, 270 * time.Minute, 810 * time.Minute, maxRetry, maxRetry, maxRetry} {
		if waits[i] < want || waits[i] > want*5/4 {
			t.Errorf("wait %d is %s, want from %s to a quarter more", i, waits[i], want)
		}
	}

	s = active(24 * time.Hour)
	within(t, "renewal", s.Next(noon), noon.Add(18*time.Hour), noon.Add(20*time.Hour+10*time.Minute))
	if again := s.Next(noon.Add(time.Hour)); !again.Equal(s.Next(noon)) {
		t.Error("jitter differs from one call to the next")
	}
	renewed := noon.Add(20 * time.Hour)
	s.request(renewed)
	within(t, "the second try", s.Next(renewed), renewed.Add(10*time.Minute), renewed.Add(13*time.Minute))
	if lapsed := noon.Add(25 * time.Hour); s.Status(lapsed) != StatusPending || s.Next(lapsed).After(lapsed) {
		t.Error("a lease that ran out is not asked for again")
	}

	s = active(time.Second)
	within(t, "renewal of a tiny lease", s.Next(noon), noon.Add(7*time.Minute), noon.Add(9*time.Minute))
	s = active(1 << 62)
	within(t, "renewal of an endless lease", s.Next(noon), noon.Add(maxLease/2), noon.Add(maxLease))

	s = offered(hubURL)
	s.request(noon)
	s.failed(noon, "503", 2*time.Hour)
	within(t, "after Retry-After", s.Next(noon), noon.Add(2*time.Hour), noon.Add(2*time.Hour))
	s.failed(noon, "503", 1000*time.Hour)
	within(t, "after an absurd Retry-After", s.Next(noon), noon.Add(deniedFor), noon.Add(deniedFor))
}

// Renewals of sources that were added together do not stay together.
func TestJitterSpreads(t *testing.T) {
	seen := map[time.Time]bool{}
	for range 100 {
		seen[active(10*24*time.Hour).Next(noon)] = true
	}
	if len(seen) < 90 {
		t.Errorf("100 leases are renewed at %d times", len(seen))
	}
}

func TestHubsTakeTurns(t *testing.T) {
	const other = "https://other.example/"
	s := offered(hubURL, other)
	s.request(noon)
	token, secret := s.Token, s.Secret
	s.failed(noon, "no route", time.Hour)
	at := s.Next(noon)
	within(t, "the other hub", at, noon.Add(10*time.Minute), noon.Add(13*time.Minute)) // that hub's Retry-After is not this one's
	s.request(at)
	if s.hub() != other || s.Token == token || s.Secret == secret {
		t.Errorf("after a failure %s is asked, with what the first was told: %t", s.hub(), s.Token == token)
	}
	for range 3 { // takes requests and does not verify
		s.request(at)
	}
	if s.hub() != hubURL {
		t.Error("a hub that does not verify is not left")
	}
	s.verified(at, time.Hour)
	s.request(at)
	s.failed(at, "no route", 0)
	s.request(at)
	if s.hub() != hubURL {
		t.Error("a hub is left while its lease runs")
	}
}

func TestDenied(t *testing.T) {
	s := active(24 * time.Hour)
	token := s.Token
	s.denied(noon, "go\x1b[31m away"+strings.Repeat("!", 1000))
	if s.Status(noon) != StatusDenied || s.owns(token) || len(s.Note) > maxNote || strings.Contains(s.Note, "\x1b") {
		t.Errorf("denied: %s %q", s.Status(noon), s.Note)
	}
	at := s.Next(noon)
	within(t, "the next request", at, noon.Add(deniedFor), noon.Add(deniedFor*11/10))
	s.request(at)
	if s.Status(at) != StatusPending || s.Token == token || s.Token == "" {
		t.Errorf("asked again: %s", s.Status(at))
	}

	s = offered(hubURL, "https://other.example/")
	s.request(noon)
	s.denied(noon, "")
	if s.Status(noon) != StatusWanted || s.hub() != "https://other.example/" || !s.Next(noon).Equal(noon) {
		t.Errorf("one hub of two has denied: %s, %s", s.Status(noon), s.hub())
	}
	s.request(noon)
	s.denied(noon, "")
	if s.Status(noon) != StatusDenied {
		t.Errorf("both hubs have denied: %s", s.Status(noon))
	}
}

func TestSecretOnlyOverHTTPS(t *testing.T) {
	s := offered("http://hub.example:8080/")
	if s.request(noon); s.Secret != "" || len(s.Token) != tokenLen {
		t.Errorf("in the clear: token %q, secret %q", s.Token, s.Secret)
	}
	s = offered(hubURL)
	if s.request(noon); len(s.Secret) < 20 || len(s.Secret) >= 200 || s.Secret == s.Token {
		t.Errorf("secret %q", s.Secret)
	}
}

// Polls are stretched only while a hub keeps announcing what they find.
func TestNextPoll(t *testing.T) {
	s := active(10 * 24 * time.Hour)
	now, planned := noon, 15*time.Minute
	poll := func(news int) time.Duration {
		now = now.Add(time.Minute)
		s.Polled(now, news)
		return s.NextPoll(now, now.Add(planned)).Sub(now)
	}
	ping := func() { now = now.Add(time.Minute); s.Ping = now }
	if poll(3) != planned || poll(0) != planned {
		t.Error("a hub that has announced nothing is relied on")
	}
	for range 2 {
		ping()
		if poll(1) != planned {
			t.Error("a hub is relied on too early")
		}
	}
	ping()
	if got := poll(1); got != netInterval {
		t.Errorf("a hub that announces all is polled after %s", got)
	}
	if got := poll(0); got != netInterval {
		t.Errorf("after a poll in vain the next is after %s", got)
	}
	ping()
	if got := poll(0); got != netInterval {
		t.Errorf("after a ping in vain the next is after %s", got)
	}
	planned = 24 * time.Hour
	if got := poll(0); got != planned {
		t.Errorf("a longer interval becomes %s", got)
	}
	planned = 15 * time.Minute
	if got := poll(1); got != planned {
		t.Errorf("after news that nobody announced the next poll is after %s", got)
	}

	s = active(5 * time.Hour)
	s.Announced = proven
	if got := s.NextPoll(noon, noon.Add(planned)); !got.Equal(s.Next(noon)) {
		t.Errorf("the poll is at %s, not when the lease is renewed", got)
	}
	if late := noon.Add(5 * time.Hour); !s.NextPoll(late, late.Add(planned)).Equal(late.Add(planned)) {
		t.Error("polls are stretched without a lease")
	}
}

// A ping is coalesced with a poll only where that poll is still to begin.
func TestBelieve(t *testing.T) {
	s := active(24 * time.Hour)
	first := s.believe(noon)
	if !first.Equal(noon.Add(settle)) {
		t.Errorf("the first poll is at %s", first)
	}
	s.Due = first
	if !s.believe(noon.Add(time.Second)).IsZero() {
		t.Error("a burst makes more than one poll")
	}
	second := s.believe(first)
	if !second.Equal(first.Add(pingGap)) {
		t.Errorf("the second poll is at %s", second)
	}
	s.Due = second
	for at := first; at.Before(second.Add(-skew)); at = at.Add(time.Second) {
		if !s.believe(at).IsZero() {
			t.Errorf("at %s the poll at %s is not waited for", at, second)
		}
	}
	for at := second.Add(-skew); at.Before(second.Add(time.Hour)); at = at.Add(time.Second) {
		if due := s.believe(at); due.Before(at.Add(settle)) || due.After(at.Add(pingGap+skew)) {
			t.Errorf("a ping at %s makes a poll at %s", at, due)
		}
	}
	if due := s.believe(noon.Add(-24 * time.Hour)); !due.Equal(noon.Add(-24 * time.Hour).Add(settle)) {
		t.Errorf("after a clock that was wrong the poll is at %s", due)
	}
}

func TestJSON(t *testing.T) {
	b, err := json.Marshal(Subscription{})
	if err != nil || string(b) != "{}" {
		t.Errorf("the zero subscription is %s, %v", b, err)
	}
	s := active(time.Hour)
	s.Ping, s.Due, s.Poll = stamp(time.Now()), stamp(time.Now()), stamp(time.Now())
	s.failed(noon, "x", time.Hour)
	if b, err = json.Marshal(s); err != nil {
		t.Fatal(err)
	}
	var got Subscription
	if err := json.Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got, *s) {
		t.Errorf("%s\ncomes back as %+v, %v", b, got, err)
	}
}

func TestClip(t *testing.T) {
	for in, want := range map[string]string{"a\r\nb\x00\x7f\u009b": "a  b   ", strings.Repeat("é", 150): strings.Repeat("é", 100), "x" + strings.Repeat("é", 150): "x" + strings.Repeat("é", 99)} {
		if got := clip(in); got != want {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}
