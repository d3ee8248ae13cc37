package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"dateline/pkg/article"
)

// heartbeat is how often a quiet stream shows that it lives: proxies give up on silent ones after a minute or so.
const heartbeat = 15 * time.Second

// feedRequest is what is asked of the change feed, by positions P in it.
type feedRequest[P any] struct {
	after  P
	limit  int
	wait   time.Duration // for the first change
	stream bool          // as server-sent events; limit and wait then say nothing
}

// readFeedRequest reads the parameters, and where a stream that broke off is to go on. position reads a position that a
// parameter or header has.
func readFeedRequest[P any](r *http.Request, position func(name, s string) (P, error)) (ask feedRequest[P], err error) {
	if ask.after, err = position("after", r.URL.Query().Get("after")); err != nil {
		return ask, err
	}
	if ask.limit, err = limit(r, defaultChanges, maxChanges); err != nil {
		return ask, err
	}
	if ask.wait, err = wait(r); err != nil {
		return ask, err
	}
	ask.stream = strings.Contains(r.Header.Get("Accept"), "text/event-stream")
	if id := r.Header.Get("Last-Event-ID"); ask.stream && id != "" {
		ask.after, err = position("Last-Event-ID", id)
	}
	return ask, err
}

// changes answers with a page of the change feed, after a wait for the first change if that is asked for; or, to those
// who accept text/event-stream, with all changes as they come.
func (s *Server) changes(w http.ResponseWriter, r *http.Request) error {
	ask, err := readFeedRequest(r, after)
	if err != nil {
		return err
	}
	seq, n, d := ask.after, ask.limit, ask.wait
	if err := s.sameFeed(r.URL.Query().Get("feed"), seq); err != nil {
		return err
	}
	if ask.stream {
		return s.stream(w, r, seq)
	}
	events, err := s.store.Changes(seq, n)
	if err != nil {
		return err
	}
	if len(events) == 0 && d > 0 {
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d + writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		if err := s.awaitChange(r.Context(), seq, d); err != nil {
			return err
		}
		if events, err = s.store.Changes(seq, n); err != nil {
			return err
		}
	}
	page := struct {
		Changes []article.Event `json:"changes"`
		Next    uint64          `json:"next"` // after, of the next page
		LastSeq uint64          `json:"last_seq"`
		Feed    string          `json:"feed"` // names the feed that the numbers are of
	}{Changes: events, Next: seq, LastSeq: s.store.LastSeq(), Feed: s.store.ID()}
	if len(events) == 0 {
		page.Changes = []article.Event{}
	} else {
		page.Next = events[len(events)-1].Seq
	}
	return answer(w, http.StatusOK, page)
}

// sameFeed refuses a cursor of another feed. A record that was restored from a backup goes on with other changes under the
// same numbers: who reads on as if nothing had happened misses some of them.
func (s *Server) sameFeed(feed string, after uint64) error {
	own, last := s.store.ID(), s.store.LastSeq()
	if after > last { // it may be told of before the store knows that all can see it
		st, err := s.store.Stats()
		if err != nil {
			return err
		}
		last = st.LastSeq
	}
	if (feed == "" || feed == own) && after <= last {
		return nil
	}
	restored, err := s.store.Restored()
	if err != nil {
		return err
	}
	what := fmt.Sprintf("change %d is not there yet: the last is %d", after, last)
	if feed != "" && feed != own {
		what = "this is not the feed " + feed
	}
	p := &problem{Status: http.StatusConflict, Parameter: "feed", Detail: what + "; begin anew, with after=0&feed=" + own}
	if restored != nil && (feed == "" || feed == restored.From) {
		p.Detail = fmt.Sprintf("%s; the record was restored on %s from a backup: up to change %d it is as it was; go on from there or earlier, with after=%d&feed=%s",
			what, restored.Time.Format(time.RFC3339), restored.LastSeq, min(after, restored.LastSeq), own)
	}
	return p
}

// awaitChange waits until there is a change after seq, the time is up, or the server stops. Only a request that was
// given up, or a failing store, is an error.
func (s *Server) awaitChange(ctx context.Context, seq uint64, d time.Duration) error {
	wctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	stopped := make(chan struct{})
	defer close(stopped)
	go func() {
		select {
		case <-s.stopping:
			cancel()
		case <-stopped:
		}
	}()
	if err := s.store.Wait(wctx, seq); err != nil && wctx.Err() == nil {
		return err
	}
	return ctx.Err()
}

// stream sends changes as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). An event's
// id is its sequence number, so a browser that reconnects goes on where it was.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, seq uint64) error {
	out, err := beginStream(w)
	if err != nil {
		return err
	}
	for {
		events, err := s.store.Changes(seq, maxChanges)
		if err != nil {
			return err
		}
		var b strings.Builder
		for _, e := range events {
			data, err := json.Marshal(e)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "id: %d\nevent: %s\ndata: %s\n\n", e.Seq, e.Outcome, data)
			seq = e.Seq
		}
		if len(events) == 0 {
			b.WriteString(":\n\n")
		}
		if err := out.send(b.String()); err != nil {
			return err
		}
		if err := s.awaitChange(r.Context(), seq, heartbeat); err != nil {
			return err
		}
		select {
		case <-s.stopping:
			return nil
		default:
		}
	}
}

// eventStream is an answer of server-sent events.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func beginStream(w http.ResponseWriter) (eventStream, error) {
	s := eventStream{w, http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	return s, s.send("retry: 2000\n\n")
}

func (s eventStream) send(text string) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
