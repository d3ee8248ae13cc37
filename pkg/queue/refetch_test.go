package queue

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// refetchQueue is a queue of which REFETCH has the size that a store gives it.
func refetchQueue(t *testing.T) *Queue {
	t.Helper()
	s, err := StartServer(ServerConfig{Listen: "127.0.0.1:0"}, "", t.TempDir(), minStore)
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Supervise(serving) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	q, err := Connect(t.Context(), Config{}, "test", s, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	if err := q.Provision(t.Context(), Limits{MaxStore: minStore, Replicas: 1}); err != nil {
		t.Fatal(err)
	}
	return q
}

// A page has one visit ahead of it: a later one replaces it. What is due comes once, and leaves nothing behind.
func TestRefetchSchedules(t *testing.T) {
	q := refetchQueue(t)
	visit := func(id, body string, at time.Time) Message {
		return Scheduled(Message{Subject: RefetchSubject("page"), ID: id, Header: Header{"Dateline-Url": {"https://example.org/"}}, Body: []byte(body)}, at, RefetchDueSubject("page"))
	}
	now := time.Now()
	for _, m := range []Message{visit("1", "first", now.Add(time.Hour)), visit("2", "second", now.Add(time.Second)), visit("2", "second", now.Add(time.Second))} {
		if _, err := q.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got := make(chan *Delivery, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- q.Consume(ctx, Subscription{Consumer: FetcherRefetch, Workers: 1, Batch: 1, Handle: func(_ context.Context, b []*Delivery) []Outcome {
			got <- b[0]
			return []Outcome{Done()}
		}})
	}()
	d := <-got
	if string(d.Body) != "second" || d.Header.Get("Dateline-Url") == "" {
		t.Errorf("delivered %q with %v", d.Body, d.Header)
	}
	stream, err := q.js.Stream(ctx, streamRefetch)
	if err != nil {
		t.Fatal(err)
	}
	for {
		info, err := stream.Info(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if info.State.Msgs == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil || len(got) > 0 {
		t.Errorf("%d more, %v", len(got), err)
	}
}

// A full stream loses the visits that were scheduled first, and no poll.
func TestRefetchSchedulesThatDoNotFit(t *testing.T) {
	q := refetchQueue(t)
	at := time.Now().Add(time.Hour)
	if _, err := q.Publish(t.Context(), Scheduled(Message{Subject: SchedSubject("feed"), ID: "poll", Body: []byte("{}")}, at, DueSubject("feed"))); err != nil {
		t.Fatal(err)
	}
	room := int64(minStore) / 1000 * 60
	body := []byte(strings.Repeat("x", 60<<10))
	n := int(room/int64(len(body))) + 20
	for i := range n {
		id := fmt.Sprint(i)
		if _, err := q.Publish(t.Context(), Scheduled(Message{Subject: RefetchSubject(id), ID: id, Body: body}, at, RefetchDueSubject(id))); err != nil {
			t.Fatal(err)
		}
	}
	stream, err := q.js.Stream(t.Context(), streamRefetch)
	if err != nil {
		t.Fatal(err)
	}
	state := stream.CachedInfo().State
	if state.LastSeq != uint64(n) || state.FirstSeq < 20 || int64(state.Bytes) > room {
		t.Errorf("%d to %d of %d are left, in %d bytes of %d", state.FirstSeq, state.LastSeq, n, state.Bytes, room)
	}
	if _, err := q.Last(t.Context(), SchedSubject("feed")); err != nil {
		t.Errorf("the poll: %v", err)
	}
}
