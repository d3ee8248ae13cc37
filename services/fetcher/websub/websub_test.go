package websub

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"dateline/pkg/netguard"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestSubscribe(t *testing.T) {
	w := begin(t, true)
	w.hub.lease = 36 * time.Hour
	callback, secret := w.subscribed()
	form := w.hub.last(1)
	s := w.state()
	if form.Get("hub.mode") != "subscribe" || form.Get("hub.topic") != topicURL || form.Get("hub.lease_seconds") != "864000" ||
		callback != w.base+sourceID+"/"+s.Token || secret != s.Secret || len(secret) < 20 {
		t.Errorf("hub was asked with %v", form)
	}
	if !s.Expires.Equal(noon.Add(36*time.Hour)) || !s.Verified.Equal(noon) {
		t.Errorf("lease is from %s to %s", s.Verified, s.Expires)
	}
	w.renew()
	w.hub.last(1) // nothing is due
	w.counted(callVerified, 1)
}

func TestHubWithoutTLSIsToldNoSecret(t *testing.T) {
	w := begin(t, false)
	callback, secret := w.subscribed()
	if secret != "" {
		t.Errorf("secret %q is told in the clear", secret)
	}
	if status := w.hub.deliver(callback, "", strings.NewReader("<feed/>")); status != http.StatusOK || w.reg.pinged() != 1 {
		t.Errorf("notification: %d, %d polls", status, w.reg.pinged())
	}
}

func TestRenewal(t *testing.T) {
	w := begin(t, true)
	callback, secret := w.subscribed()
	w.pass(18 * time.Hour)
	w.renew()
	w.hub.last(1) // too early
	w.pass(3 * time.Hour)
	w.renew()
	form := w.hub.last(2)
	if form.Get("hub.callback") != callback || form.Get("hub.secret") != secret {
		t.Error("a renewal is another subscription")
	}
	if s := w.state(); !s.Expires.Equal(noon.Add(45 * time.Hour)) {
		t.Errorf("after the renewal the lease ends at %s", s.Expires)
	}

	w.hub.mu.Lock()
	w.hub.silent = true
	w.hub.mu.Unlock()
	w.pass(21 * time.Hour)
	w.renew()
	w.renew()
	w.hub.last(3)
	if got := w.status(); got != StatusActive {
		t.Errorf("while the renewal is not verified: %s", got)
	}
	if status := w.hub.deliver(callback, sign("sha256", secret, "x"), strings.NewReader("x")); status != http.StatusOK || w.reg.pinged() != 1 {
		t.Errorf("notification before the end of the lease: %d, %d polls", status, w.reg.pinged())
	}
	w.pass(13 * time.Minute)
	w.renew()
	w.hub.last(4)
	w.pass(4 * time.Hour)
	if got := w.status(); got != StatusPending {
		t.Errorf("after the lease: %s", got)
	}
	w.hub.mu.Lock()
	w.hub.silent = false
	w.hub.mu.Unlock()
	w.renew()
	w.hub.last(5)
	if got := w.status(); got != StatusActive {
		t.Errorf("after the hub is back: %s", got)
	}
}

func TestHubDenies(t *testing.T) {
	w := begin(t, true)
	w.hub.denies = true
	w.renew()
	token := w.hub.last(1).Get("hub.callback")
	if s := w.state(); s.Status(noon) != StatusDenied || s.Note != "denied: not for you" {
		t.Errorf("denied: %s %q", s.Status(noon), s.Note)
	}
	w.pass(6 * 24 * time.Hour)
	w.renew()
	w.hub.last(1)
	w.pass(2 * 24 * time.Hour)
	w.hub.mu.Lock()
	w.hub.denies = false
	w.hub.mu.Unlock()
	w.renew()
	if w.hub.last(2).Get("hub.callback") == token || w.status() != StatusActive {
		t.Errorf("asked again after days: %s", w.status())
	}
}

func TestHubRedirects(t *testing.T) {
	elsewhere := func(h *hub, status int) func(http.ResponseWriter, *http.Request, url.Values) {
		return func(w http.ResponseWriter, _ *http.Request, _ url.Values) {
			w.Header().Set("Location", h.URL+"/elsewhere")
			w.WriteHeader(status)
		}
	}
	for _, c := range []struct {
		status int
		wrong  string
	}{{307, ""}, {308, ""}, {301, "301 Moved"}, {302, "302 Found"}, {303, "303 See"}} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			w := begin(t, true)
			there := newHub(t, true)
			w.hub.answer = elsewhere(there, c.status)
			w.renew()
			s := w.state()
			if c.wrong != "" {
				if !strings.Contains(s.Note, c.wrong) || len(there.requests) != 0 {
					t.Errorf("note is %q, and %d requests went on", s.Note, len(there.requests))
				}
				return
			}
			if form := there.last(1); form.Get("hub.secret") != s.Secret || w.status() != StatusActive {
				t.Errorf("sent on as %v: %s", form, w.status())
			}
		})
	}
	t.Run("loop", func(t *testing.T) {
		w := begin(t, true)
		w.hub.answer = elsewhere(w.hub, 307)
		w.renew()
		if s := w.state(); !strings.Contains(s.Note, "more than 3 redirects") || len(w.hub.requests) != 4 {
			t.Errorf("after %d requests: %q", len(w.hub.requests), s.Note)
		}
	})
	t.Run("out of https", func(t *testing.T) {
		w := begin(t, true)
		there := newHub(t, false)
		w.hub.answer = elsewhere(there, 307)
		w.renew()
		if s := w.state(); !strings.Contains(s.Note, "out of https") || len(there.requests) != 0 {
			t.Errorf("the secret went out %d times: %q", len(there.requests), s.Note)
		}
	})
}

func TestHubRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request, url.Values)
		note   string
		next   time.Duration // at least
	}{
		{"with words", func(w http.ResponseWriter, _ *http.Request, _ url.Values) {
			http.Error(w, "no such\ntopic", http.StatusUnprocessableEntity)
		}, "422 Unprocessable Entity no such topic", 10 * time.Minute},
		{"with a page", func(w http.ResponseWriter, _ *http.Request, _ url.Values) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "<html>")
		}, "404 Not Found", 10 * time.Minute},
		{"for a while", func(w http.ResponseWriter, _ *http.Request, _ url.Values) {
			w.Header().Set("Retry-After", "7200")
			w.WriteHeader(http.StatusTooManyRequests)
		}, "429 Too Many Requests", 2 * time.Hour},
		{"until a date", func(w http.ResponseWriter, _ *http.Request, _ url.Values) {
			w.Header().Set("Retry-After", noon.Add(3*time.Hour).Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		}, "503 Service Unavailable", 3 * time.Hour},
		{"by hanging up", func(http.ResponseWriter, *http.Request, url.Values) { panic(http.ErrAbortHandler) }, "EOF", 10 * time.Minute},
		{"endlessly", func(w http.ResponseWriter, r *http.Request, _ url.Values) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusBadRequest)
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("no ", 1000)); err != nil {
					return
				}
			}
		}, "400 Bad Request no no", 10 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := begin(t, true)
			w.hub.answer = c.answer
			w.renew()
			s := w.state()
			if !strings.Contains(s.Note, c.note) || len(s.Note) > maxNote || s.Status(noon) != StatusPending {
				t.Errorf("%s, note %q", s.Status(noon), s.Note)
			}
			if wait := s.Next(noon).Sub(noon); wait < c.next || wait > c.next*5/4 {
				t.Errorf("next request after %s, want %s", wait, c.next)
			}
		})
	}
}

func TestHubInside(t *testing.T) {
	w := begin(t, false)
	strict := New(Config{URL: "https://push.example"}, netguard.Guard{}, "TestBot/1", w.reg, prometheus.NewRegistry())
	if err := strict.Renew(t.Context(), sourceID); err != nil {
		t.Fatal(err)
	}
	if s := w.state(); !strings.Contains(s.Note, "is blocked: loopback") || len(w.hub.requests) != 0 {
		t.Errorf("%d requests went inside: %q", len(w.hub.requests), s.Note)
	}
}

// A hub may verify before it answers, and then answer anything.
func TestHubVerifiesDuringTheRequest(t *testing.T) {
	for _, status := range []int{202, 204, 500} {
		w := begin(t, true)
		w.hub.answer = func(rw http.ResponseWriter, _ *http.Request, form url.Values) {
			w.hub.verify(form)
			rw.WriteHeader(status)
		}
		w.renew()
		if s := w.state(); s.Status(noon) != StatusActive || s.Note != "" || s.Tries != 0 {
			t.Errorf("%d after the verification: %s, %d tries, %q", status, s.Status(noon), s.Tries, s.Note)
		}
	}
}

// Replicas that renew at the same time ask once, and no verification is lost to them.
func TestConcurrentRenewals(t *testing.T) {
	w := begin(t, true)
	for round := 1; round <= 5; round++ {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := w.Renew(t.Context(), sourceID); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() { // the poll loop
				rec, revision, err := w.reg.load(t.Context(), sourceID)
				if err == nil {
					rec.Push.Polled(w.now(), 1)
					_ = w.reg.save(t.Context(), sourceID, rec, revision) // or another was faster
				}
			})
		}
		all.Wait()
		w.hub.last(round)
		if got := w.status(); got != StatusActive {
			t.Fatalf("round %d: %s", round, got)
		}
		w.pass(22 * time.Hour)
	}
}

func TestUnsubscribe(t *testing.T) {
	w := begin(t, true)
	callback, secret := w.subscribed()
	w.hub.mu.Lock()
	w.hub.silent = true
	w.hub.mu.Unlock()
	for range 2 { // the second has nothing to say
		if err := w.Unsubscribe(t.Context(), sourceID); err != nil {
			t.Fatal(err)
		}
	}
	form := w.hub.last(2)
	if form.Get("hub.mode") != "unsubscribe" || form.Get("hub.callback") != callback || w.status() != StatusLeaving {
		t.Errorf("hub was asked with %v: %s", form, w.status())
	}
	if status := w.hub.deliver(callback, sign("sha256", secret, "x"), strings.NewReader("x")); status != http.StatusGone || w.reg.pinged() != 0 {
		t.Errorf("notification meanwhile: %d, %d polls", status, w.reg.pinged())
	}
	w.pass(time.Hour)
	w.renew()
	w.hub.last(2) // a source that leaves is not renewed
	w.hub.verify(form)
	if s := w.state(); s.Token != "" || len(s.Hubs) != 0 {
		t.Errorf("what is left: %+v", s)
	}
	if status, _, _ := w.hub.call(callback, url.Values{"hub.mode": {"unsubscribe"}, "hub.topic": {topicURL}, "hub.challenge": {"x"}}); status != http.StatusNotFound {
		t.Errorf("a verification that comes again: %d", status)
	}
}

func TestUnsubscribeBeforeAnyRequest(t *testing.T) {
	w := begin(t, true)
	if err := w.Unsubscribe(t.Context(), sourceID); err != nil {
		t.Fatal(err)
	}
	if w.status() != StatusNone || len(w.hub.requests) != 0 {
		t.Errorf("%s, after %d requests", w.status(), len(w.hub.requests))
	}
}

// A shutdown is not the hub's failure.
func TestShutdownWhileAsking(t *testing.T) {
	w := begin(t, true)
	ctx, cancel := context.WithCancel(t.Context())
	w.hub.answer = func(_ http.ResponseWriter, r *http.Request, _ url.Values) {
		cancel()
		<-r.Context().Done()
	}
	if err := w.Renew(ctx, sourceID); err == nil {
		t.Error("a request that was cancelled is reported as made")
	}
	s := w.state()
	if failed := testutil.ToFloat64(w.metrics.requests.WithLabelValues("subscribe", "failed")); s.Note != "" || failed != 0 {
		t.Errorf("noted as %q, counted %g", s.Note, failed)
	}
	within(t, "the next try", s.Next(noon), noon.Add(10*time.Minute), noon.Add(13*time.Minute))
}

func TestMissingSource(t *testing.T) {
	w := begin(t, true)
	if err := w.Renew(t.Context(), "nobody"); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("renewal of a source that is not there: %v", err)
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	newMetrics(reg)
	problems, err := testutil.GatherAndLint(reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}
