package websub

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"dateline/pkg/netguard"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

const sourceID = "0123456789abcdef0123456789abcdef"

// registry keeps sources as the fetcher does: a subscription is part of a record that others change, too.
type registry struct {
	bucket *queue.Bucket

	mu      sync.Mutex
	pings   []time.Time // what polls were asked for
	pingErr error
	hold    chan struct{} // a Ping waits for it
}

type record struct {
	Next time.Time    `json:"next"`
	Push Subscription `json:"push,omitzero"`
}

func (r *registry) load(ctx context.Context, id string) (rec record, revision uint64, err error) {
	b, revision, err := r.bucket.Get(ctx, id)
	if err != nil {
		return rec, 0, err
	}
	return rec, revision, json.Unmarshal(b, &rec)
}

func (r *registry) save(ctx context.Context, id string, rec record, revision uint64) error {
	b, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	_, err = r.bucket.Update(ctx, id, b, revision)
	return err
}

func (r *registry) Load(ctx context.Context, id string) (Subscription, uint64, error) {
	rec, revision, err := r.load(ctx, id)
	return rec.Push, revision, err
}

func (r *registry) Save(ctx context.Context, id string, s Subscription, revision uint64) error {
	rec, _, err := r.load(ctx, id)
	if err != nil {
		return err
	}
	rec.Push = s
	return r.save(ctx, id, rec, revision)
}

func (r *registry) Ping(ctx context.Context, id string, at time.Time) error {
	r.mu.Lock()
	err, hold := r.pingErr, r.hold
	r.mu.Unlock()
	if hold != nil {
		<-hold
	}
	for err == nil {
		rec, revision, loadErr := r.load(ctx, id)
		if loadErr != nil {
			return loadErr
		}
		rec.Next = at
		if err = r.save(ctx, id, rec, revision); errors.Is(err, queue.ErrConflict) {
			err = nil
			continue
		}
		break
	}
	if err == nil {
		r.mu.Lock()
		r.pings = append(r.pings, at)
		r.mu.Unlock()
	}
	return err
}

func (r *registry) pinged() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.pings)
}

// hub is a real one. What it does to a request can be changed.
type hub struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	requests []url.Values
	granted  map[string]url.Values                                         // by callback
	answer   func(w http.ResponseWriter, r *http.Request, form url.Values) // instead of taking the request
	lease    time.Duration
	silent   bool // takes requests and verifies none
	denies   bool
	work     sync.WaitGroup
}

func newHub(t *testing.T, secure bool) *hub {
	h := &hub{t: t, lease: 24 * time.Hour, granted: map[string]url.Values{}}
	if secure {
		h.Server = httptest.NewTLSServer(h)
	} else {
		h.Server = httptest.NewServer(h)
	}
	t.Cleanup(func() { h.work.Wait(); h.Close() })
	return h
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.Header.Get("User-Agent") != "TestBot/1" {
		h.t.Errorf("hub got %s with %v", r.Method, r.Header)
	}
	if err := r.ParseForm(); err != nil {
		h.t.Errorf("hub: %v", err)
	}
	h.mu.Lock()
	h.requests = append(h.requests, r.PostForm)
	answer, silent := h.answer, h.silent
	h.mu.Unlock()
	if answer != nil {
		answer(w, r, r.PostForm)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	if !silent {
		h.work.Go(func() { h.verify(r.PostForm) })
	}
}

// call is a GET to a callback.
func (h *hub) call(callback string, q url.Values) (status int, body string, header http.Header) {
	resp, err := http.Get(callback + "?" + q.Encode())
	if err != nil {
		h.t.Error(err)
		return 0, "", nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Error(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

func (h *hub) verify(form url.Values) {
	h.mu.Lock()
	denies, lease := h.denies, h.lease
	h.mu.Unlock()
	callback, mode := form.Get("hub.callback"), form.Get("hub.mode")
	q := url.Values{"hub.mode": {mode}, "hub.topic": {form.Get("hub.topic")}}
	if denies {
		q.Set("hub.mode", "denied")
		q.Set("hub.reason", "not for you")
		if status, _, _ := h.call(callback, q); status != http.StatusOK {
			h.t.Errorf("a denial is answered with %d", status)
		}
		return
	}
	q.Set("hub.challenge", "échange & "+mode)
	if mode == "subscribe" {
		q.Set("hub.lease_seconds", strconv.Itoa(int(lease/time.Second)))
	}
	status, body, header := h.call(callback, q)
	if status != http.StatusOK || body != q.Get("hub.challenge") {
		h.t.Errorf("verification of %s: %d %q", mode, status, body)
	}
	if header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
		h.t.Errorf("a challenge goes back with %v", header)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if mode == "subscribe" {
		h.granted[callback] = form
	} else {
		delete(h.granted, callback)
	}
}

// last is the last request, of n.
func (h *hub) last(n int) url.Values {
	h.t.Helper()
	h.work.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.requests) != n {
		h.t.Fatalf("hub has got %d requests, want %d", len(h.requests), n)
	}
	return h.requests[n-1]
}

// deliver sends a notification and returns the status.
func (h *hub) deliver(callback, signature string, body io.Reader) int {
	h.t.Helper()
	req, err := http.NewRequest(http.MethodPost, callback, body)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/atom+xml")
	if signature != "" {
		req.Header.Set("X-Hub-Signature", signature)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Error(err)
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// world is a subscriber that is served on a real port, a registry in a real queue, and a hub.
type world struct {
	*Subscriber
	t    *testing.T
	reg  *registry
	hub  *hub
	stop func() error

	mu    sync.Mutex
	clock time.Time
}

func begin(t *testing.T, secure bool) *world {
	t.Helper()
	bucket, err := queuetest.Start(t).Bucket(t.Context(), queue.Sources)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, reg: &registry{bucket: bucket}, hub: newHub(t, secure), clock: noon}
	cfg := Config{URL: "http://" + l.Addr().String() + "/push", Addr: l.Addr().String()}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	w.Subscriber = New(cfg, netguard.Guard{AllowLoopback: true}, "TestBot/1", w.reg, prometheus.NewRegistry())
	w.now = func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.clock }
	w.trust(w.hub)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Serve(ctx, l) }()
	w.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	s := new(Subscription)
	s.Offer([]string{w.hub.URL}, topicURL)
	w.put(*s)
	return w
}

// trust has the subscriber believe a hub's certificate.
func (w *world) trust(h *hub) {
	if h.TLS != nil {
		w.client.Transport.(*http.Transport).TLSClientConfig.RootCAs = h.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	}
}

func (w *world) put(s Subscription) {
	w.t.Helper()
	b, err := json.Marshal(record{Push: s})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.reg.bucket.Put(w.t.Context(), sourceID, b); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) state() Subscription {
	w.t.Helper()
	s, _, err := w.reg.Load(w.t.Context(), sourceID)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) status() Status { w.t.Helper(); s := w.state(); return s.Status(w.now()) }

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

func (w *world) renew() {
	w.t.Helper()
	if err := w.Renew(w.t.Context(), sourceID); err != nil {
		w.t.Fatal(err)
	}
}

// subscribed has the lease run, and returns what the hub was told.
func (w *world) subscribed() (callback, secret string) {
	w.t.Helper()
	w.renew()
	form := w.hub.last(1)
	if got := w.status(); got != StatusActive {
		w.t.Fatalf("status is %s", got)
	}
	return form.Get("hub.callback"), form.Get("hub.secret")
}

func (w *world) counted(outcome string, want int) {
	w.t.Helper()
	if got := testutil.ToFloat64(w.metrics.callbacks.WithLabelValues(outcome)); got != float64(want) {
		w.t.Errorf("%g callbacks %s, want %d", got, outcome, want)
	}
}
