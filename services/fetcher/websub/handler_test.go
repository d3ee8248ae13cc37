package websub

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestNotifications(t *testing.T) {
	w := begin(t, true)
	callback, secret := w.subscribed()
	for i, method := range []string{"sha1", "sha256", "sha384", "sha512"} {
		body := strings.Repeat("<entry/>", 1000*i)
		if status := w.hub.deliver(callback, sign(method, secret, body), strings.NewReader(body)); status != http.StatusOK {
			t.Errorf("%s: %d", method, status)
		}
		if n := w.reg.pinged(); n != i+1 {
			t.Fatalf("%s: %d polls, want %d", method, n, i+1)
		}
		s := w.state()
		if s.Weak != (method == "sha1") || !s.Ping.Equal(w.now()) {
			t.Errorf("%s: weak: %t, ping at %s", method, s.Weak, s.Ping)
		}
		if at := w.reg.pings[i]; at.Before(w.now()) || at.After(w.now().Add(time.Minute)) {
			t.Errorf("%s: poll at %s, now is %s", method, at, w.now())
		}
		if got := testutil.ToFloat64(w.metrics.signatures.WithLabelValues(method)); got != 1 {
			t.Errorf("%s: counted %g", method, got)
		}
		w.pass(time.Minute)
	}
	w.counted(callPing, 4)
}

// What is not signed as agreed is acknowledged, and does nothing.
func TestForgedNotifications(t *testing.T) {
	w := begin(t, true)
	callback, secret := w.subscribed()
	const body = "<feed/>"
	right := sign("sha256", secret, body)
	for name, c := range map[string]struct{ signature, body, outcome string }{
		"unsigned":       {"", body, callUnsigned},
		"other secret":   {sign("sha256", "guess", body), body, callForged},
		"empty secret":   {sign("sha256", "", body), body, callForged},
		"other body":     {right, body + " ", callForged},
		"empty body":     {right, "", callForged},
		"other method":   {strings.Replace(right, "sha256", "sha1", 1), body, callUnsigned},
		"cut off":        {right[:len(right)-2], body, callUnsigned},
		"one digit":      {flip(right), body, callForged},
		"unknown method": {"md5=" + strings.Repeat("0", 32), body, callUnsigned},
	} {
		before := testutil.ToFloat64(w.metrics.callbacks.WithLabelValues(c.outcome))
		if status := w.hub.deliver(callback, c.signature, strings.NewReader(c.body)); status != http.StatusOK {
			t.Errorf("%s: %d", name, status)
		}
		if got := testutil.ToFloat64(w.metrics.callbacks.WithLabelValues(c.outcome)); got != before+1 {
			t.Errorf("%s is not counted as %s", name, c.outcome)
		}
	}
	s := w.state()
	if w.reg.pinged() != 0 || !s.Ping.IsZero() || !s.Due.IsZero() {
		t.Errorf("forgeries made %d polls", w.reg.pinged())
	}
	if !s.Forged.Equal(noon) {
		t.Errorf("noted at %s", s.Forged)
	}
	if status := w.hub.deliver(callback, right, strings.NewReader(body)); status != http.StatusOK || w.reg.pinged() != 1 {
		t.Errorf("the right one then: %d, %d polls", status, w.reg.pinged())
	}
}

// flip changes the last digit.
func flip(signature string) string {
	last := "0"
	if strings.HasSuffix(signature, "0") {
		last = "1"
	}
	return signature[:len(signature)-1] + last
}

// Whatever was never asked for is answered alike, and changes nothing.
func TestUnknownCallbacks(t *testing.T) {
	w := begin(t, true)
	callback, _ := w.subscribed()
	before := w.state()
	q := func(change ...string) url.Values {
		v := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topicURL}, "hub.challenge": {"abc"}, "hub.lease_seconds": {"9999999"}}
		for i := 0; i < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v
	}
	token := before.Token
	wrong := strings.Replace(callback, token, strings.Repeat("A", tokenLen), 1)
	cases := map[string]struct {
		method, url string
	}{
		"no path":          {"GET", strings.TrimSuffix(w.base, "/push/websub/")},
		"base":             {"GET", w.base},
		"no token":         {"GET", w.base + sourceID + "?" + q().Encode()},
		"empty token":      {"GET", w.base + sourceID + "/?" + q().Encode()},
		"wrong token":      {"GET", wrong + "?" + q().Encode()},
		"long token":       {"GET", callback + "A?" + q().Encode()},
		"deeper":           {"GET", callback + "/?" + q().Encode()},
		"unknown source":   {"GET", strings.Replace(callback, sourceID, "ffff", 1) + "?" + q().Encode()},
		"bad id":           {"GET", strings.Replace(callback, sourceID, "a.b*", 1) + "?" + q().Encode()},
		"long id":          {"GET", strings.Replace(callback, sourceID, strings.Repeat("a", 65), 1) + "?" + q().Encode()},
		"other prefix":     {"GET", strings.Replace(callback, "/push/", "/", 1) + "?" + q().Encode()},
		"other topic":      {"GET", callback + "?" + q("hub.topic", topicURL+"2").Encode()},
		"no topic":         {"GET", callback + "?" + q("hub.topic", "").Encode()},
		"no mode":          {"GET", callback + "?" + q("hub.mode", "").Encode()},
		"other mode":       {"GET", callback + "?" + q("hub.mode", "publish").Encode()},
		"not unsubscribed": {"GET", callback + "?" + q("hub.mode", "unsubscribe").Encode()},
		"no challenge":     {"GET", callback + "?" + q("hub.challenge", "").Encode()},
		"binary":           {"GET", callback + "?" + q("hub.challenge", "MZ\x00\x01").Encode()},
		"no UTF-8":         {"GET", callback + "?" + q("hub.challenge", "\xff\xfe").Encode()},
		"long challenge":   {"GET", callback + "?" + q("hub.challenge", strings.Repeat("a", maxChallenge+1)).Encode()},
		"bad query":        {"GET", callback + "?hub.mode=%zz"},
		"plain visit":      {"GET", callback},
		"denied another":   {"GET", callback + "?" + q("hub.mode", "denied", "hub.topic", "https://other.example/").Encode()},
		"PUT":              {"PUT", callback},
		"OPTIONS":          {"OPTIONS", callback},
		"ping, token":      {"POST", wrong},
		"ping, source":     {"POST", strings.Replace(callback, sourceID, "ffff", 1)},
		"ping, no source":  {"POST", w.base},
	}
	var want string
	for name, c := range cases {
		req, err := http.NewRequest(c.method, c.url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		resp.Header.Del("Date")
		var all strings.Builder
		all.WriteString(resp.Status)
		if hErr := resp.Header.Write(&all); err != nil || hErr != nil {
			t.Fatal(err, hErr)
		}
		all.Write(b)
		if want == "" {
			want = all.String()
		}
		if resp.StatusCode != http.StatusNotFound || all.String() != want {
			t.Errorf("%s: %s, want %s", name, all.String(), want)
		}
	}
	w.counted(callUnknown, len(cases))
	if after := w.state(); !reflect.DeepEqual(after, before) || w.reg.pinged() != 0 {
		t.Errorf("state has become %+v", after)
	}
}

func TestVerificationThatNobodyAskedFor(t *testing.T) {
	w := begin(t, true)
	w.hub.silent = true
	w.renew()
	form := w.hub.last(1)
	q := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topicURL}, "hub.challenge": {"abc"}, "hub.lease_seconds": {"86400"}}
	w.pass(patience + time.Hour)
	if status, _, _ := w.hub.call(form.Get("hub.callback"), q); status != http.StatusNotFound || w.status() != StatusPending {
		t.Errorf("after the patience: %d, %s", status, w.status())
	}
	w.renew() // the third try would be with another token; this one is with the same
	if status, body, _ := w.hub.call(form.Get("hub.callback"), q); status != http.StatusOK || body != "abc" || w.status() != StatusActive {
		t.Errorf("after another request: %d %q, %s", status, body, w.status())
	}
	w.pass(10 * time.Hour)
	if status, _, _ := w.hub.call(form.Get("hub.callback"), q); status != http.StatusOK {
		t.Errorf("a hub that makes sure: %d", status)
	}
	if s := w.state(); !s.Expires.Equal(w.now().Add(24 * time.Hour)) {
		t.Errorf("lease ends at %s", s.Expires)
	}
	w.pass(25 * time.Hour)
	if status, _, _ := w.hub.call(form.Get("hub.callback"), q); status != http.StatusNotFound {
		t.Errorf("a verification that comes again after the lease: %d", status)
	}
}

func TestLeases(t *testing.T) {
	for v, want := range map[string]time.Duration{
		"3600": time.Hour, "": 0, "0": 0, "-1": 0, "1e9": 0, "soon": 0, "99999999": maxLease, "9223372036854775807": maxLease, "92233720368547758070": 0,
	} {
		if got := lease(v); got != want {
			t.Errorf("%q is %s, want %s", v, got, want)
		}
	}
}

// The topic may come back with its escapes written in another way.
func TestTopicSpelling(t *testing.T) {
	s := Subscription{Topic: "https://news.example/a|b?q=é"}
	for topic, want := range map[string]bool{
		"https://news.example/a|b?q=é":      true,
		"https://NEWS.example/a|b?q=%C3%A9": true,
		"https://news.example/a|b?q=e":      false,
		"https://news.example/a":            false,
		"":                                  false,
		"x":                                 false,
	} {
		if s.about(topic) != want {
			t.Errorf("%s: %t", topic, !want)
		}
	}
	if new(Subscription).about("") {
		t.Error("no topic is taken for one")
	}
}

// endless is a body of which no length is known.
type endless struct{ left int }

func (e *endless) Read(b []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(len(b), e.left)
	e.left -= n
	return n, nil
}

func TestOversizedNotifications(t *testing.T) {
	w := begin(t, true)
	callback, secret := w.subscribed()
	for _, body := range []io.Reader{strings.NewReader(strings.Repeat("x", maxBody+1)), &endless{maxBody + 1}} {
		req, err := http.NewRequest(http.MethodPost, callback, body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Hub-Signature", sign("sha256", secret, "x"))
		resp, err := http.DefaultClient.Do(req)
		if err != nil { // the connection may be closed while it is still sent
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("answered with %s", resp.Status)
		}
	}
	w.counted(callTooLarge, 2)
	whole := strings.Repeat("x", maxBody)
	if status := w.hub.deliver(callback, sign("sha256", secret, whole), strings.NewReader(whole)); status != http.StatusOK || w.reg.pinged() != 1 {
		t.Errorf("the longest that may come: %d, %d polls", status, w.reg.pinged())
	}
}

// Many pings are few polls, and the last poll is after the last ping.
func TestBurst(t *testing.T) {
	w := begin(t, true)
	callback, secret := w.subscribed()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 10 { // a replay is a ping, too
				if status := w.hub.deliver(callback, sign("sha256", secret, "x"), strings.NewReader("x")); status != http.StatusOK {
					t.Errorf("answered with %d", status)
				}
			}
		})
	}
	all.Wait()
	if n := w.reg.pinged(); n != 1 {
		t.Errorf("a burst makes %d polls", n)
	}
	for range 120 { // two minutes of a ping a second
		w.pass(time.Second)
		w.hub.deliver(callback, sign("sha256", secret, "x"), strings.NewReader("x"))
	}
	if n := w.reg.pinged(); n < 4 || n > 6 {
		t.Errorf("two minutes make %d polls", n)
	}
	if last := w.reg.pings[len(w.reg.pings)-1]; last.Before(w.now()) {
		t.Errorf("the last poll is at %s, the last ping was at %s", last, w.now())
	}
}

// A hub is told that all is well only once the poll is safe; until then it sends again.
func TestNoPingIsLost(t *testing.T) {
	w := begin(t, true)
	callback, secret := w.subscribed()
	w.reg.pingErr = errors.New("the queue is full")
	for range 3 {
		if status := w.hub.deliver(callback, sign("sha256", secret, "x"), strings.NewReader("x")); status != http.StatusServiceUnavailable {
			t.Errorf("while polls cannot be queued: %d", status)
		}
	}
	if s := w.state(); !s.Ping.IsZero() || !s.Due.IsZero() {
		t.Errorf("noted all the same: %+v", s)
	}
	w.reg.mu.Lock()
	w.reg.pingErr = nil
	w.reg.mu.Unlock()
	if status := w.hub.deliver(callback, sign("sha256", secret, "x"), strings.NewReader("x")); status != http.StatusOK || w.reg.pinged() != 1 {
		t.Errorf("then: %d, %d polls", status, w.reg.pinged())
	}
	w.counted(callFailed, 3)
}

// A shutdown lets a notification that has come in be queued and answered.
func TestDrain(t *testing.T) {
	w := begin(t, true)
	callback, secret := w.subscribed()
	hold := make(chan struct{})
	w.reg.mu.Lock()
	w.reg.hold = hold
	w.reg.mu.Unlock()
	status, ended := make(chan int), make(chan error)
	go func() { status <- w.hub.deliver(callback, sign("sha256", secret, "x"), strings.NewReader("x")) }()
	for { // until the notification is in hand
		w.pings.mu.Lock()
		n := len(w.pings.running)
		w.pings.mu.Unlock()
		if n == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	go func() { ended <- w.stop() }()
	select {
	case err := <-ended:
		t.Fatalf("ended with %v before the notification was queued", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(hold)
	if got := <-status; got != http.StatusOK || w.reg.pinged() != 1 {
		t.Errorf("answered with %d, %d polls", got, w.reg.pinged())
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
