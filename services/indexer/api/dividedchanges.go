package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"dateline/pkg/article"
)

// position is a place in the change feed of a record in partitions: a sequence number for each of them, written with dots
// between. A partition's feed is in order; those of several have none, but which reads like that of one: by time.
type position []uint64

func (p position) String() string {
	s := make([]string, len(p))
	for n, seq := range p {
		s[n] = strconv.FormatUint(seq, 10)
	}
	return strings.Join(s, ".")
}

// position reads one. Nothing, and 0, are the beginning.
func (g *Gateway) position(name, s string) (position, error) {
	p := make(position, g.Partitions)
	if s == "" || s == "0" {
		return p, nil
	}
	parts := strings.Split(s, ".")
	if len(parts) != len(p) {
		return nil, badParameter(name, fmt.Sprintf("%q is not %d numbers with dots between, as next has them", s, len(p)))
	}
	for n, part := range parts {
		var err error
		if p[n], err = after(name, part); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// change is one of a partition.
type change struct {
	article.Event
	partition int
}

func (g *Gateway) changes(w http.ResponseWriter, r *http.Request) error {
	ask, err := readFeedRequest(r, g.position)
	if err != nil {
		return err
	}
	of, err := g.feeds(r.URL.Query().Get("feed"))
	if err != nil {
		return err
	}
	at, n, d, client := ask.after, ask.limit, ask.wait, via{local: local(r)}
	if ask.stream {
		return g.stream(w, r, at, of, client)
	}
	ctx, cancel := context.WithTimeout(r.Context(), d+askTimeout)
	defer cancel()
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d + askTimeout + writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	events, end, err := g.changesAfter(ctx, at, of, n, client)
	if err == nil && len(events) == 0 && d > 0 {
		if err = g.awaitChange(ctx, at, d, client); err == nil {
			events, end, err = g.changesAfter(ctx, at, of, n, client)
		}
	}
	if err != nil {
		return err
	}
	page := struct {
		Changes []article.Event `json:"changes"`
		Next    string          `json:"next"`
		LastSeq string          `json:"last_seq"`
		Feed    string          `json:"feed"`
	}{Changes: make([]article.Event, len(events)), LastSeq: end.last.String(), Feed: end.feeds.String()}
	for i, e := range events {
		page.Changes[i] = e.Event
		at[e.partition] = e.Seq
	}
	page.Next = at.String()
	return answer(w, http.StatusOK, page)
}

// changesPage is a partition's answer.
type changesPage struct {
	Changes []article.Event `json:"changes"`
	LastSeq uint64          `json:"last_seq"`
	Feed    string          `json:"feed"`
}

// feeds names the feed of each partition.
type feeds []string

func (f feeds) String() string { return strings.Join(f, ".") }

// feeds reads what String made; without it, all are empty, and any feed is taken.
func (g *Gateway) feeds(s string) (feeds, error) {
	if s == "" {
		return make(feeds, g.Partitions), nil
	}
	f := feeds(strings.Split(s, "."))
	if len(f) != g.Partitions {
		return nil, badParameter("feed", "is not one that this API gave")
	}
	return f, nil
}

// feedEnd is where the feed ends, and what it is.
type feedEnd struct {
	last  position
	feeds feeds
}

func askChanges(after uint64, limit int, wait time.Duration, client via) request {
	q := request{method: http.MethodGet, path: "/v1/changes", client: client}.with("after", strconv.FormatUint(after, 10)).with("limit", strconv.Itoa(limit))
	if wait > 0 {
		q = q.with("wait", wait.String())
	}
	return q
}

// changesAfter returns the next changes, at most limit, and where the feed ends. Each partition refuses a number of another
// feed than its own.
func (g *Gateway) changesAfter(ctx context.Context, at position, of feeds, limit int, client via) (events []change, end feedEnd, err error) {
	answers := make([]changesPage, g.Partitions)
	err = g.each(ctx, func(ctx context.Context, n int) error {
		err := g.get(ctx, n, askChanges(at[n], limit, 0, client).with("feed", of[n]), &answers[n])
		if p := (*problem)(nil); errors.As(err, &p) && p.Status == http.StatusConflict {
			p.Detail = fmt.Sprintf("of partition %d, whose places are the %d. in after and in feed: %s", n, n+1, p.Detail)
		}
		return err
	})
	if err != nil {
		return nil, end, err
	}
	end = feedEnd{make(position, g.Partitions), make(feeds, g.Partitions)}
	for n, a := range answers {
		end.last[n], end.feeds[n] = a.LastSeq, a.Feed
	}
	for len(events) < limit {
		first := -1
		for n, a := range answers {
			if len(a.Changes) > 0 && (first < 0 || a.Changes[0].Time.Before(answers[first].Changes[0].Time)) {
				first = n
			}
		}
		if first < 0 {
			break
		}
		e := answers[first].Changes[0]
		e.Partition = first
		events = append(events, change{e, first})
		answers[first].Changes = answers[first].Changes[1:]
	}
	return events, end, nil
}

// ofAnotherFeed reports whether a position was refused as one of another feed.
func ofAnotherFeed(err error) bool {
	p := (*problem)(nil)
	return errors.As(err, &p) && p.Status == http.StatusConflict
}

// awaitChange waits until a partition has a change, the time is up, or the gateway stops. It is no error where a partition
// stops meanwhile.
func (g *Gateway) awaitChange(ctx context.Context, at position, d time.Duration, client via) error {
	wctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	stopped := make(chan struct{})
	defer close(stopped)
	go func() {
		select {
		case <-g.stopping:
			cancel()
		case <-stopped:
		}
	}()
	err := g.each(wctx, func(ctx context.Context, n int) error {
		for ctx.Err() == nil { // an indexer that stops answers early
			var a changesPage
			if err := g.get(ctx, n, askChanges(at[n], 1, d, client), &a); err != nil {
				return err
			}
			if len(a.Changes) > 0 {
				cancel()
				return nil
			}
			select {
			case <-ctx.Done():
			case <-time.After(patienceStep):
			}
		}
		return nil
	})
	if wctx.Err() == nil {
		return err
	}
	return ctx.Err()
}

// stream sends changes as server-sent events, as Server.stream does. While a partition is away it is quiet. When one is back as
// another feed, restored from a backup, it ends: who comes again is told.
func (g *Gateway) stream(w http.ResponseWriter, r *http.Request, at position, of feeds, client via) error {
	_, end, err := g.changesAfter(r.Context(), at, of, 1, client)
	if ofAnotherFeed(err) { // before anything is sent
		return err
	}
	if err == nil {
		of = end.feeds
	}
	s, err := beginStream(w)
	if err != nil {
		return err
	}
	for ctx := r.Context(); ; {
		events, end, err := g.changesAfter(ctx, at, of, maxChanges, client)
		switch {
		case ofAnotherFeed(err):
			return nil
		case err == nil:
			of = end.feeds
		}
		var b strings.Builder
		for _, e := range events {
			data, err := json.Marshal(e.Event)
			if err != nil {
				return err
			}
			at[e.partition] = e.Seq
			fmt.Fprintf(&b, "id: %s\nevent: %s\ndata: %s\n\n", at, e.Outcome, data)
		}
		if len(events) == 0 {
			b.WriteString(":\n\n")
		}
		if err := s.send(b.String()); err != nil {
			return err
		}
		if err == nil && len(events) < maxChanges {
			err = g.awaitChange(ctx, at, heartbeat, client)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pause := time.Duration(0)
		if err != nil {
			pause = time.Second
		}
		select {
		case <-g.stopping:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
