package websub

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/queue"

	"golang.org/x/net/netutil"
)

// Limits of a callback.
const (
	maxBody      = 10 << 20 // bytes of a notification: as of a feed
	maxChallenge = 1 << 10
	maxHeader    = 32 << 10
	maxConns     = 1000
	readTimeout  = 30 * time.Second
	writeTimeout = 90 * time.Second // body, the poll before, and one's own
	idleTimeout  = time.Minute
	drainTimeout = 10 * time.Second
)

var validID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Handler answers hubs at the callback URLs, and everything else, or whatever was never asked for, with the same 404.
func (s *Subscriber) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		rest, _ := strings.CutPrefix(r.URL.Path, s.path)
		id, token, _ := strings.Cut(rest, "/")
		outcome := callUnknown
		if validID.MatchString(id) && len(token) == tokenLen {
			switch r.Method {
			case http.MethodGet:
				outcome = s.intent(w, r, id, token)
			case http.MethodPost:
				outcome = s.notified(w, r, id, token)
			}
		}
		if outcome == callUnknown {
			answer(w, http.StatusNotFound, "not found\n")
		}
		s.metrics.callbacks.WithLabelValues(outcome).Inc()
	})
}

func answer(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // whoever does not read it asks again
}

// unavailable has a hub try again.
func unavailable(w http.ResponseWriter, id string, err error) (outcome string) {
	slog.Warn("WebSub callback failed", "source", id, "error", err)
	w.Header().Set("Retry-After", "30")
	answer(w, http.StatusServiceUnavailable, "try again\n")
	return callFailed
}

// own is a context of this process's work: a hub that hangs up does not end it.
func own(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), saveTimeout)
}

// intent answers a verification (section 5.3) or a denial (section 5.2).
func (s *Subscriber) intent(w http.ResponseWriter, r *http.Request, id, token string) (outcome string) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return callUnknown
	}
	challenge := q.Get("hub.challenge")
	ctx, cancel := own(r)
	defer cancel()
	_, _, err = s.change(ctx, id, func(sub *Subscription) bool {
		outcome = callUnknown
		now := s.now()
		if !sub.owns(token) || !sub.about(q.Get("hub.topic")) {
			return false
		}
		switch mode := q.Get("hub.mode"); {
		case mode == "denied" && !sub.Leaving:
			sub.denied(now, q.Get("hub.reason"))
			outcome = callDenied
		case !printable(challenge):
		case mode == "subscribe" && sub.verifies(now):
			sub.verified(now, lease(q.Get("hub.lease_seconds")))
			outcome = callVerified
		case mode == "unsubscribe" && sub.Leaving:
			*sub = Subscription{}
			outcome = callUnsubscribed
		}
		return outcome != callUnknown
	})
	switch {
	case errors.Is(err, queue.ErrNotFound):
		return callUnknown
	case err != nil:
		return unavailable(w, id, err)
	case outcome == callDenied:
		answer(w, http.StatusOK, "")
	case outcome != callUnknown:
		answer(w, http.StatusOK, challenge)
	}
	return outcome
}

// printable tells whether a challenge is text of moderate length, which section 8.2 lets a subscriber insist on.
func printable(challenge string) bool {
	return challenge != "" && len(challenge) <= maxChallenge && utf8.ValidString(challenge) && !strings.ContainsFunc(challenge, unicode.IsControl)
}

// lease reads hub.lease_seconds; what is no number is zero.
func lease(v string) time.Duration {
	n, err := strconv.ParseUint(v, 10, 63)
	if err != nil {
		return 0
	}
	return time.Duration(min(n, uint64(maxLease/time.Second))) * time.Second
}

// notified takes a content distribution request (section 7).
func (s *Subscriber) notified(w http.ResponseWriter, r *http.Request, id, token string) (outcome string) {
	ctx, cancel := own(r)
	sub, _, err := s.sources.Load(ctx, id)
	cancel()
	switch {
	case errors.Is(err, queue.ErrNotFound):
		return callUnknown
	case err != nil:
		return unavailable(w, id, err)
	case !sub.owns(token):
		return callUnknown
	case sub.Leaving:
		answer(w, http.StatusGone, "")
		return callGone
	}
	method, outcome, err := authentic(w, r, sub.Secret)
	if err != nil {
		return s.distrust(w, r, id, token, outcome, err)
	}
	if method != "" {
		s.metrics.signatures.WithLabelValues(method).Inc()
	}
	ctx, cancel = own(r)
	defer cancel()
	err = s.pings.do(ctx, id, func() error {
		ctx, cancel := own(r) // others wait for this call, from now on
		defer cancel()
		outcome, err = s.ping(ctx, id, token, method == weakMethod)
		return err
	})
	if err != nil {
		return unavailable(w, id, err)
	}
	answer(w, http.StatusOK, "")
	return outcome
}

// authentic reads a notification's body, and checks its signature where a secret was agreed. The error says what is wrong,
// and outcome what it counts as.
func authentic(w http.ResponseWriter, r *http.Request, secret string) (method, outcome string, err error) {
	var (
		given signature
		sum   hash.Hash
		to    = io.Discard
	)
	if secret != "" {
		if given, err = parseSignature(r.Header.Get("X-Hub-Signature")); err != nil {
			return "", callUnsigned, err
		}
		sum = given.hash(secret)
		to = sum
	}
	if r.ContentLength > maxBody {
		return "", callTooLarge, &http.MaxBytesError{Limit: maxBody}
	}
	_, err = io.Copy(to, http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return "", callTooLarge, err
	case err != nil:
		return "", callBroken, err
	case sum != nil && !given.matches(sum):
		return "", callForged, fmt.Errorf("the %s signature is not that of the body", given.method)
	}
	return given.method, callCoalesced, nil
}

// distrust answers a notification that is not believed. One that is not signed as agreed is told nothing (section 7.1).
func (s *Subscriber) distrust(w http.ResponseWriter, r *http.Request, id, token, outcome string, cause error) string {
	switch outcome {
	case callTooLarge:
		answer(w, http.StatusRequestEntityTooLarge, "")
	case callBroken:
		answer(w, http.StatusBadRequest, "")
	default:
		ctx, cancel := own(r)
		defer cancel()
		noted, sub, err := s.change(ctx, id, func(sub *Subscription) bool {
			now := s.now()
			if !sub.owns(token) || now.Sub(sub.Forged) < time.Hour { // often enough to be seen
				return false
			}
			sub.Forged = stamp(now)
			return true
		})
		if noted {
			slog.Warn("WebSub notification is not signed as agreed", "source", id, "hub", sub.hub(), "topic", sub.Topic, "error", cause)
		} else if err != nil {
			slog.Warn("WebSub notification that is not signed as agreed was not noted", "source", id, "error", err)
		}
		answer(w, http.StatusOK, "")
	}
	return outcome
}

// ping queues a poll, then notes it: what fails in between is a poll too many.
func (s *Subscriber) ping(ctx context.Context, id, token string, weak bool) (outcome string, err error) {
	sub, _, err := s.sources.Load(ctx, id)
	if err != nil {
		return "", err
	}
	now := s.now()
	due := sub.believe(now)
	if due.IsZero() || !sub.owns(token) {
		return callCoalesced, nil
	}
	if err := s.sources.Ping(ctx, id, due); err != nil {
		return "", fmt.Errorf("poll of %s: %w", id, err)
	}
	_, _, err = s.change(ctx, id, func(sub *Subscription) bool {
		if !sub.owns(token) {
			return false
		}
		sub.Ping, sub.Due, sub.Weak = stamp(now), due, weak
		return true
	})
	return callPing, err
}

// Serve answers hubs on a listener, which it closes, until ctx ends; then it lets requests finish.
func (s *Subscriber) Serve(ctx context.Context, l net.Listener) error {
	defer s.client.CloseIdleConnections()
	srv := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
	drained := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		dctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		drained <- srv.Shutdown(dctx)
	})
	err := srv.Serve(netutil.LimitListener(l, maxConns))
	if stop() {
		return fmt.Errorf("WebSub callbacks: %w", err)
	}
	if err := <-drained; err != nil {
		return errors.Join(fmt.Errorf("WebSub callbacks: drain: %w", err), srv.Close())
	}
	return nil
}
