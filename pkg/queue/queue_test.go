package queue_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
)

func ext(id, body string) queue.Message {
	return queue.Message{Subject: "ext.test", ID: id, Type: article.TypePublication, Header: queue.Header{"Content-Type": {"text/plain"}}, Body: []byte(body)}
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// consume runs a subscription until the test has seen what it waits for.
func consume(t *testing.T, q *queue.Queue, s queue.Subscription) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Consume(ctx, s) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("waited in vain: %s", what)
}

func TestProvisionTwice(t *testing.T) {
	q := queuetest.Start(t)
	if err := q.Provision(within(t), queuetest.Limits); err != nil {
		t.Fatal(err)
	}
}

// A publisher may be there before the streams are.
func TestFollowWaitsForProvisioning(t *testing.T) {
	ctx := within(t)
	server := queuetest.Server(t)
	q := queuetest.Connect(t, server, "publisher")
	short, cancel := context.WithTimeoutCause(ctx, 300*time.Millisecond, errors.New("waited for long enough"))
	defer cancel()
	if _, err := q.Follow(short, queue.ReceiptsOf("test"), func(*queue.Delivery) {}); err == nil || !strings.Contains(err.Error(), "waited for long enough") {
		t.Errorf("without a stream: %v", err)
	}
	admin := queuetest.Connect(t, server, "admin")
	provisioned := make(chan error, 1)
	time.AfterFunc(100*time.Millisecond, func() { provisioned <- admin.Provision(ctx, queuetest.Limits) })
	stop, err := q.Follow(ctx, queue.ReceiptsOf("test"), func(*queue.Delivery) {})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-provisioned; err != nil {
		t.Fatal(err)
	}
}

func TestPublishIsDeduplicatedByID(t *testing.T) {
	q := queuetest.Start(t)
	first, err := q.Publish(within(t), ext("a", "1"), ext("b", "2"), ext("c", "3"))
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range first {
		if a.Duplicate || a.Sequence != uint64(i+1) || a.Stream != "EXT" {
			t.Errorf("ack %d = %+v", i, a)
		}
	}
	again, err := q.Publish(within(t), ext("c", "3"), ext("d", "4"), ext("a", "1"))
	if err != nil {
		t.Fatal(err)
	}
	want := []queue.Ack{{Stream: "EXT", Sequence: 3, Duplicate: true}, {Stream: "EXT", Sequence: 4}, {Stream: "EXT", Sequence: 1, Duplicate: true}}
	for i := range want {
		if again[i] != want[i] {
			t.Errorf("ack %d = %+v, want %+v", i, again[i], want[i])
		}
	}
}

func TestPublishRefusesWhatCanNeverBeTaken(t *testing.T) {
	q := queuetest.Start(t)
	_, err := q.Publish(within(t), ext("large", string(make([]byte, 20<<20))))
	if !errors.Is(err, queue.ErrTooLarge) {
		t.Errorf("20 MB body: %v", err)
	}
	if _, err := q.Publish(within(t), queue.Message{Subject: "elsewhere.x", ID: "x"}); err == nil {
		t.Error("a subject that no stream takes was published to")
	}
}

func TestAJobIsQueuedOnce(t *testing.T) {
	q := queuetest.Start(t)
	for i, duplicate := range []bool{false, true} {
		acks, err := q.Publish(within(t), queue.Message{Subject: queue.JobSubject(article.JobFresh, "example.org", "1"), ID: fmt.Sprint("try", i), Body: []byte("{}")})
		if err != nil || acks[0].Duplicate != duplicate {
			t.Errorf("try %d: %+v, %v", i, acks, err)
		}
	}
}

// A job that fails again and again is one message after the other: each is there before the one before it is gone, so that
// it is never refused as queued already.
func TestRetries(t *testing.T) {
	q := queuetest.Start(t)
	j := article.Job{URL: "https://example.org/a", Kind: article.JobPage, Item: &article.FeedItem{Title: "A"}}
	publish := func() {
		m, err := queue.Job(j)
		if err != nil {
			t.Fatal(err)
		}
		m.ID += fmt.Sprint(time.Now().UnixNano())
		if acks, err := q.Publish(within(t), m); err != nil || acks[0].Duplicate {
			t.Fatalf("%+v, %v", acks, err)
		}
	}
	var mu sync.Mutex
	var got []article.Job
	origins := map[string]bool{}
	fail := func(_ context.Context, ds []*queue.Delivery) []queue.Outcome {
		var j article.Job
		if err := json.Unmarshal(ds[0].Body, &j); err != nil {
			t.Error(err)
		}
		mu.Lock()
		got = append(got, j)
		origins[ds[0].Origin()] = true
		mu.Unlock()
		if j.Attempts == 3 {
			return []queue.Outcome{queue.Done()}
		}
		again, err := queue.RetryJob(ds[0], j)
		if err != nil {
			t.Error(err)
		}
		// A crash before the ack has this delivery come again, and publish again.
		if _, err := q.Publish(t.Context(), again); err != nil {
			t.Error(err)
		}
		return []queue.Outcome{queue.Done(again)}
	}
	for _, c := range []queue.Consumer{queue.FetcherFresh, queue.FetcherRetry} {
		consume(t, q, queue.Subscription{Consumer: c, Workers: 2, Batch: 1, Handle: fail})
	}
	for round := 1; round <= 2; round++ { // the second within the time in which ids are remembered
		publish()
		eventually(t, "four deliveries", func() bool { mu.Lock(); defer mu.Unlock(); return len(got) >= 4*round })
		eventually(t, "no job is left", func() bool {
			status, err := q.Status(t.Context())
			return err == nil && status[1].Name == "JOBS" && status[1].Messages == 0
		})
	}
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 8 || len(origins) != 2 {
		t.Errorf("%d deliveries in %d journeys, want 8 in 2", len(got), len(origins))
	}
	for i, j := range got {
		class := article.JobRetry
		if i%4 == 0 {
			class = article.JobFresh
		}
		if j.Attempts != i%4 || j.Class != class || j.Item.Title != "A" {
			t.Errorf("delivery %d: %+v", i, j)
		}
	}
}

func TestConsumePassesOnBeforeItAcks(t *testing.T) {
	q := queuetest.Start(t)
	const n = 500
	for i := range n {
		if _, err := q.Publish(within(t), ext(fmt.Sprint(i), "body")); err != nil {
			t.Fatal(err)
		}
	}
	var traced atomic.Int64
	stop := consume(t, q, queue.Subscription{Consumer: queue.ParserExt, Workers: 2, Batch: 20, Handle: func(_ context.Context, ds []*queue.Delivery) []queue.Outcome {
		out := make([]queue.Outcome, len(ds))
		for i, d := range ds {
			if len(d.Header["traceparent"]) == 1 {
				traced.Add(1)
			}
			out[i] = queue.Done(queue.Message{Subject: queue.ArticleSubject("en", "test", d.ID), ID: d.ID, Body: d.Body, Header: queue.Header{"X": d.Header["traceparent"]}})
		}
		return out
	}})
	seen := map[string]int{}
	var mu sync.Mutex
	consume(t, q, queue.Subscription{Consumer: queue.IndexerArticles, Workers: 1, Batch: 100, Handle: func(_ context.Context, ds []*queue.Delivery) []queue.Outcome {
		out := make([]queue.Outcome, len(ds))
		mu.Lock()
		defer mu.Unlock()
		for i, d := range ds {
			seen[d.ID]++
			if d.Header["X"][0] != d.Header["traceparent"][0] {
				t.Errorf("traceparent %s is not carried through: %s", d.Header["X"], d.Header["traceparent"])
			}
			out[i] = queue.Done()
		}
		return out
	}})
	eventually(t, "all messages two hops on", func() bool { mu.Lock(); defer mu.Unlock(); return len(seen) == n })
	stop()
	if traced.Load() != n {
		t.Errorf("%d of %d deliveries had a trace", traced.Load(), n)
	}
	status, err := q.Status(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range status {
		if s.Name == "EXT" && (s.Messages != n || s.Consumers[0].Waiting != 0 || s.Consumers[0].Unacked != 0) {
			t.Errorf("EXT after draining: %+v", s)
		}
	}
}

func TestDeadLettersKeepPayloadAndCause(t *testing.T) {
	q := queuetest.Start(t)
	m := ext("bad", "the payload")
	m.Header["Dateline-Url"] = []string{"https://example.org/a"}
	m.Header["dateline-origin"] = []string{"00000000000000000000000000000000"} // which is not a publisher's to choose
	m.Header["Dateline-Hops"] = []string{`[{"stage":"made up"}]`}
	m.Header["Dlq-Reason"] = []string{"made up"}
	if _, err := q.Publish(within(t), m, ext("boom", "panics"), ext("again", "retried")); err != nil {
		t.Fatal(err)
	}
	consume(t, q, queue.Subscription{Consumer: queue.ParserExt, Workers: 1, Batch: 10, MaxAttempts: 2, Handle: func(_ context.Context, ds []*queue.Delivery) []queue.Outcome {
		var out []queue.Outcome
		for _, d := range ds {
			switch d.ID {
			case "boom":
				panic("a bug")
			case "again":
				out = append(out, queue.Retry(errors.New("not yet"), time.Millisecond))
			default:
				out = append(out, queue.Dead("rejected", errors.New("no good"), queue.Message{Subject: queue.ReceiptSubject("test", "bad"), ID: "r"}))
			}
		}
		return out
	}})
	letters := map[string]queue.DeadLetter{}
	var origin string
	var mu sync.Mutex
	consume(t, q, queue.Subscription{Consumer: queue.IndexerDLQ, Workers: 1, Batch: 10, Handle: func(_ context.Context, ds []*queue.Delivery) []queue.Outcome {
		mu.Lock()
		defer mu.Unlock()
		var out []queue.Outcome
		for _, d := range ds {
			l := queue.DeadLetterOf(d)
			letters[l.ID] = l
			if l.ID == "bad" {
				origin = d.Origin()
				if string(d.Body) != "the payload" || d.Header.Get("Dateline-Url") != "https://example.org/a" || article.HeaderValue(d.Header, "Dateline-Hops") != "" {
					t.Errorf("dead letter lost its message: %q %v", d.Body, d.Header)
				}
			}
			out = append(out, queue.Done())
		}
		return out
	}})
	eventually(t, "three dead letters", func() bool { mu.Lock(); defer mu.Unlock(); return len(letters) == 3 })
	for id, reason := range map[string]string{"bad": "rejected", "boom": "panic", "again": "retries_exhausted"} {
		if l := letters[id]; l.Reason != reason || l.Service != "test" || l.Stream != "EXT" || l.Error == "" {
			t.Errorf("dead letter of %s: %+v, want reason %s", id, l, reason)
		}
	}
	if letters["again"].Attempts != 2 {
		t.Errorf("retried message died after %d attempts, want 2", letters["again"].Attempts)
	}
	if !article.ValidID(origin) || strings.HasPrefix(origin, "0000") {
		t.Errorf("origin of a dead letter is %q", origin)
	}
}

// A process that dies leaves its marker; the fifth heir must not try again.
func TestAMessageThatKillsProcessesIsADeadLetter(t *testing.T) {
	server := queuetest.Server(t)
	q := queuetest.Connect(t, server, "test")
	if err := q.Provision(within(t), queuetest.Limits); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Publish(within(t), ext("innocent", "x"), ext("poison", "x"), ext("bystander", "x")); err != nil {
		t.Fatal(err)
	}
	var handled sync.Map
	var deaths int
	for range 10 {
		p := queuetest.Connect(t, server, "parser")
		died := make(chan struct{})
		finished := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_ = p.Consume(ctx, queue.Subscription{Consumer: queue.ParserExt, Workers: 1, Batch: 10, Handle: func(ctx context.Context, ds []*queue.Delivery) []queue.Outcome {
				var out []queue.Outcome
				for _, d := range ds {
					if d.ID == "poison" {
						p.Kill() // the connection breaks as when the process dies: nothing is acked, no marker taken back
						close(died)
						<-ctx.Done()
						return make([]queue.Outcome, len(ds))
					}
					handled.Store(d.ID, true)
					out = append(out, queue.Done())
				}
				return out
			}})
		}()
		go func() {
			eventuallyNoError(ctx, func() bool {
				status, err := q.Status(ctx)
				_, innocent := handled.Load("innocent")
				_, bystander := handled.Load("bystander")
				dead := slices.IndexFunc(status, func(s queue.StreamStatus) bool { return s.Name == "DLQ" })
				return err == nil && status[dead].Messages == 1 && innocent && bystander
			})
			close(finished)
		}()
		select {
		case <-died:
			deaths++
			if err := q.Redeliver(within(t), queue.ParserExt); err != nil { // what AckWait does after a minute
				t.Fatal(err)
			}
			cancel()
			continue
		case <-finished:
		case <-time.After(20 * time.Second):
			t.Fatal("neither died nor finished")
		}
		cancel()
		break
	}
	if deaths != 5 {
		t.Errorf("the message killed %d processes, want 5", deaths)
	}
	for _, id := range []string{"innocent", "bystander"} {
		if _, ok := handled.Load(id); !ok {
			t.Errorf("%s was never handled", id)
		}
	}
}

// What waits for its turn while others kill process after process is no suspect; what they had begun is.
func TestWhatWaitsIsNoSuspect(t *testing.T) {
	server := queuetest.Server(t)
	q := queuetest.Connect(t, server, "test")
	if err := q.Provision(within(t), queuetest.Limits); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Publish(within(t), ext("waits", "x"), ext("begins", "x")); err != nil {
		t.Fatal(err)
	}
	dead := make(chan queue.DeadLetter, 2)
	consume(t, q, queue.Subscription{Consumer: queue.IndexerDLQ, Workers: 1, Batch: 1, Handle: func(_ context.Context, ds []*queue.Delivery) []queue.Outcome {
		dead <- queue.DeadLetterOf(ds[0])
		return []queue.Outcome{queue.Done()}
	}})
	for deaths := 0; ; deaths++ {
		p := queuetest.Connect(t, server, "parser")
		var mu sync.Mutex
		hand := map[string]bool{}
		died := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_ = p.Consume(ctx, queue.Subscription{Consumer: queue.ParserExt, Workers: 2, Batch: 1, Waits: true, Handle: func(_ context.Context, ds []*queue.Delivery) []queue.Outcome {
				if ds[0].ID == "begins" {
					if err := ds[0].Begin(ctx); err != nil {
						t.Error(err)
					}
				}
				mu.Lock()
				hand[ds[0].ID] = true
				if len(hand) == 2 {
					p.Kill()
					close(died)
				}
				mu.Unlock()
				<-ctx.Done()
				return make([]queue.Outcome, 1)
			}})
		}()
		select {
		case <-died:
			if deaths == 5 {
				t.Fatal("what killed five processes is tried again")
			}
			if err := q.Redeliver(within(t), queue.ParserExt); err != nil {
				t.Fatal(err)
			}
			cancel()
			continue
		case l := <-dead:
			if l.ID != "begins" || l.Reason != "poison" || deaths != 5 {
				t.Errorf("after %d deaths: %+v", deaths, l)
			}
		case <-time.After(20 * time.Second):
			t.Error("neither died nor finished")
		}
		cancel()
		return
	}
}

func eventuallyNoError(ctx context.Context, f func() bool) {
	for ctx.Err() == nil && !f() {
		time.Sleep(20 * time.Millisecond)
	}
}

// With all streams full, publishing waits; with space it goes on, and nothing is missing.
func TestAFullStreamSlowsDownAndRecovers(t *testing.T) {
	server := queuetest.Server(t)
	q := queuetest.Connect(t, server, "test")
	if err := q.Provision(within(t), queue.Limits{MaxStore: 256 << 20, Replicas: 1}); err != nil {
		t.Fatal(err)
	}
	body := string(make([]byte, 4<<20)) // EXT holds 25 MB
	published := make(chan error, 1)
	var count atomic.Int64
	go func() {
		for i := range 10 {
			if _, err := q.Publish(t.Context(), ext(fmt.Sprint(i), body)); err != nil {
				published <- err
				return
			}
			count.Add(1)
		}
		published <- nil
	}()
	eventually(t, "the full stream shows in readiness", func() bool { return q.Check(t.Context()) != nil })
	if n := count.Load(); n < 5 || n > 6 {
		t.Errorf("%d messages of 4 MB in a stream of 25 MB", n)
	}
	var consumed atomic.Int64
	consume(t, q, queue.Subscription{Consumer: queue.ParserExt, Workers: 1, Batch: 2, Handle: func(_ context.Context, ds []*queue.Delivery) []queue.Outcome {
		consumed.Add(int64(len(ds)))
		var out []queue.Outcome
		for range ds {
			out = append(out, queue.Done())
		}
		return out
	}})
	select {
	case err := <-published:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("publishing did not go on: %v", q.Check(t.Context()))
	}
	eventually(t, "all consumed", func() bool { return consumed.Load() >= 10 })
	if err := q.Check(t.Context()); err != nil {
		t.Errorf("not ready after recovery: %v", err)
	}
}

func TestBucket(t *testing.T) {
	b, err := queuetest.Start(t).Bucket(within(t), queue.Sources)
	if err != nil {
		t.Fatal(err)
	}
	ctx := within(t)
	if _, _, err := b.Get(ctx, "k"); !errors.Is(err, queue.ErrNotFound) {
		t.Errorf("get of nothing: %v", err)
	}
	rev, err := b.Update(ctx, "k", []byte("1"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Update(ctx, "k", []byte("2"), 0); !errors.Is(err, queue.ErrConflict) {
		t.Errorf("second create: %v", err)
	}
	if _, err := b.Update(ctx, "k", []byte("2"), rev+7); !errors.Is(err, queue.ErrConflict) {
		t.Errorf("update of another revision: %v", err)
	}
	if rev, err = b.Update(ctx, "k", []byte("2"), rev); err != nil {
		t.Fatal(err)
	}
	if v, r, err := b.Get(ctx, "k"); string(v) != "2" || r != rev || err != nil {
		t.Errorf("get: %q %d %v", v, r, err)
	}
	if keys, err := b.Keys(ctx); len(keys) != 1 || err != nil {
		t.Errorf("keys: %v %v", keys, err)
	}
	if err := b.Delete(ctx, "k"); err != nil {
		t.Error(err)
	}
	if keys, err := b.Keys(ctx); len(keys) != 0 || err != nil {
		t.Errorf("keys after delete: %v %v", keys, err)
	}
}
