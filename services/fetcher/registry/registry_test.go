package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
)

func open(t *testing.T) (*Registry, *queue.Queue) {
	t.Helper()
	q := queuetest.Start(t)
	r, err := Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return r, q
}

// save puts a source in.
func save(t *testing.T, r *Registry, url string) *Source {
	t.Helper()
	s := newSource(t, url)
	if _, err := r.Save(t.Context(), s, 0); err != nil {
		t.Fatal(err)
	}
	return s
}

// urls are all sources' addresses, sorted.
func urls(ctx context.Context, r *Registry) (all []string, err error) {
	err = r.All(ctx, func(s *Source) error { all = append(all, s.URL); return nil })
	slices.Sort(all)
	return all, err
}

func TestSourcesAreKept(t *testing.T) {
	r, _ := open(t)
	s := newSource(t, "https://example.org/feed")
	if _, _, err := r.Load(t.Context(), s.ID()); !errors.Is(err, ErrUnknown) || !errors.Is(err, queue.ErrNotFound) {
		t.Errorf("not there yet: %v", err)
	}
	first, err := r.Save(t.Context(), s, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Save(t.Context(), s, 0); !errors.Is(err, queue.ErrConflict) || !strings.Contains(err.Error(), s.URL) {
		t.Errorf("a new one where there is one: %v", err)
	}
	got, revision, err := r.Load(t.Context(), s.ID())
	if err != nil || got.URL != s.URL || revision != first {
		t.Fatalf("%+v at %d, %v", got, revision, err)
	}
	got.Title = "The Feed"
	second, err := r.Save(t.Context(), got, revision)
	if err != nil || second <= first {
		t.Fatalf("revision %d after %d, %v", second, first, err)
	}
	if _, err := r.Save(t.Context(), s, first); !errors.Is(err, queue.ErrConflict) {
		t.Errorf("over another's change: %v", err)
	}
	for _, bad := range []string{"", "no id", "a.b", "*", s.ID() + seenKey, s.URL} {
		if _, _, err := r.Load(t.Context(), bad); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestConcurrentChangesAllCount(t *testing.T) {
	r, _ := open(t)
	id := save(t, r, "https://example.org/feed").ID()
	const writers, each = 6, 10
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if _, err := r.Change(t.Context(), id, func(s *Source) error { s.Interval += Duration(time.Second); return nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if s, _, err := r.Load(t.Context(), id); err != nil || s.Interval != Duration(writers*each*time.Second) {
		t.Errorf("%v, %v", s, err)
	}
}

func TestChange(t *testing.T) {
	r, _ := open(t)
	id := save(t, r, "https://example.org/feed").ID()
	stop := errors.New("stop")
	if _, err := r.Change(t.Context(), id, func(s *Source) error { s.Title = "lost"; return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of the change: %v", err)
	}
	if s, _, err := r.Load(t.Context(), id); err != nil || s.Title != "" {
		t.Errorf("a change that failed was saved: %+v, %v", s, err)
	}
	if s, err := r.Change(t.Context(), id, func(s *Source) error { s.Title = "kept"; return nil }); err != nil || s.Title != "kept" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := r.Change(t.Context(), ID("https://example.org/"), func(*Source) error { t.Error("called"); return nil }); !errors.Is(err, ErrUnknown) {
		t.Errorf("no such source: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := r.Change(ctx, id, func(*Source) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestAll(t *testing.T) {
	r, q := open(t)
	if all, err := urls(t.Context(), r); err != nil || all != nil {
		t.Errorf("an empty registry: %q, %v", all, err)
	}
	var want []string
	for i := range 30 {
		s := save(t, r, fmt.Sprintf("https://example.org/%02d", i))
		want = append(want, s.URL)
		if err := r.SaveSeen(t.Context(), s.ID(), nothing(t)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Remove(t.Context(), save(t, r, "https://example.org/removed").ID()); err != nil {
		t.Fatal(err)
	}
	if all, err := urls(t.Context(), r); err != nil || !slices.Equal(all, want) {
		t.Errorf("%q, %v", all, err)
	}

	stop := errors.New("stop")
	for range 20 { // whatever is on the way already
		calls := 0
		if err := r.All(t.Context(), func(*Source) error { calls++; return stop }); !errors.Is(err, stop) || calls != 1 {
			t.Errorf("%d calls, %v", calls, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := r.All(ctx, func(*Source) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled on the way: %v", err)
	}
	if err := r.All(ctx, func(*Source) error { t.Error("called"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}

	// Records that cannot be read keep nobody from the others, and are all named.
	b, err := q.Bucket(t.Context(), queue.Sources)
	if err != nil {
		t.Fatal(err)
	}
	broken := []string{ID("https://broken.example/1"), ID("https://broken.example/2")}
	for _, id := range broken {
		if _, err := b.Put(t.Context(), id, []byte("{")); err != nil {
			t.Fatal(err)
		}
	}
	all, err := urls(t.Context(), r)
	if !errors.Is(err, ErrBroken) || !slices.Equal(all, want) {
		t.Fatalf("%q, %v", all, err)
	}
	for _, id := range broken {
		if !strings.Contains(err.Error(), "source "+id+": broken record: broken JSON at byte 1") {
			t.Errorf("%s is not named in %v", id, err)
		}
	}
	if _, _, err := r.Load(t.Context(), broken[0]); !errors.Is(err, ErrBroken) {
		t.Errorf("%v", err)
	}
}

func TestRemove(t *testing.T) {
	r, _ := open(t)
	s := save(t, r, "https://example.org/feed")
	_, polled, err := r.Load(t.Context(), s.ID()) // by a poll that is under way
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SaveSeen(t.Context(), s.ID(), after(t, nothing(t), "a")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // one that is not there is no error
		if err := r.Remove(t.Context(), s.ID()); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := r.Load(t.Context(), s.ID()); !errors.Is(err, ErrUnknown) {
		t.Errorf("%v", err)
	}
	if seen, err := r.Seen(t.Context(), s.ID()); err != nil || !seen.Empty() {
		t.Errorf("what it has shown is still there: %v", err)
	}
	if _, err := r.Save(t.Context(), s, polled); !errors.Is(err, queue.ErrConflict) {
		t.Errorf("a poll has brought it back: %v", err)
	}
	if _, err := r.Save(t.Context(), s, 0); err != nil {
		t.Errorf("it cannot be added again: %v", err)
	}
}

func TestSeenIsKept(t *testing.T) {
	r, q := open(t)
	from, to := ID("https://example.org/old"), ID("https://example.org/new")
	if seen, err := r.Seen(t.Context(), from); err != nil || !seen.Empty() {
		t.Errorf("%v", err)
	}
	if err := r.CopySeen(t.Context(), from, to); err != nil {
		t.Errorf("there is nothing to copy: %v", err)
	}
	seen := after(t, nothing(t), "gone")
	seen.Show("a")
	seen.Show("b")
	if err := r.SaveSeen(t.Context(), from, seen); err != nil {
		t.Fatal(err)
	}
	if err := r.CopySeen(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	got, err := r.Seen(t.Context(), to)
	if err != nil || !got.Known("a") || !got.Known("b") || !got.Known("gone") {
		t.Fatalf("%+v, %v", got, err)
	}
	if got.Show("gone"); !got.RolledOver() {
		t.Error("what had left the source before it moved counts as shown last")
	}

	// What the other address has shown itself is not written over.
	own := after(t, nothing(t), "own")
	if err := r.SaveSeen(t.Context(), to, own); err != nil {
		t.Fatal(err)
	}
	if err := r.CopySeen(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Seen(t.Context(), to); err != nil || !got.Known("own") || got.Known("a") {
		t.Errorf("%+v, %v", got, err)
	}

	b, err := q.Bucket(t.Context(), queue.Sources)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), from+seenKey, []byte("damaged")); err != nil {
		t.Fatal(err)
	}
	if seen, err := r.Seen(t.Context(), from); !errors.Is(err, errSeen) || seen == nil || !seen.Empty() {
		t.Errorf("damaged: %v, %v", seen, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if seen, err := r.Seen(ctx, to); !errors.Is(err, context.Canceled) || seen != nil {
		t.Errorf("nothing may stand for what could not be asked for: %v, %v", seen, err)
	}
	for _, err := range []error{r.SaveSeen(ctx, to, own), r.CopySeen(ctx, from, to), r.Remove(ctx, from)} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}
}

// A source has one schedule: the next one replaces it.
func TestSchedule(t *testing.T) {
	_, q := open(t)
	s := newSource(t, "https://example.org/feed")
	late, early := Schedule(s, time.Now().Add(time.Hour)), Schedule(s, time.Now().Add(-time.Minute))
	if again := Schedule(s, now); late.ID == early.ID || Schedule(s, now).ID == again.ID {
		t.Error("two schedules with an id: the second would pass for a repetition")
	}
	due := make(chan *queue.Delivery, 10)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		err := q.Consume(ctx, queue.Subscription{Consumer: queue.FetcherDue, Workers: 1, Batch: 1, Handle: func(_ context.Context, batch []*queue.Delivery) []queue.Outcome {
			due <- batch[0]
			return []queue.Outcome{queue.Done()}
		}})
		if err != nil {
			t.Error(err)
		}
	})
	defer wg.Wait()
	defer cancel()
	poll := func(m queue.Message) {
		t.Helper()
		if _, err := q.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	poll(Schedule(s, time.Now().Add(2*time.Second)))
	poll(late)
	select {
	case <-due:
		t.Error("a schedule that was replaced has come")
	case <-time.After(4 * time.Second):
	}
	poll(early)
	select {
	case d := <-due:
		var j article.Job
		if err := json.Unmarshal(d.Body, &j); err != nil || j.URL != s.URL || j.Kind != article.JobFeed || article.HeaderValue(d.Header, article.HeaderURL) != s.URL {
			t.Errorf("%s %v, %v", d.Body, d.Header, err)
		}
	case <-time.After(20 * time.Second):
		t.Error("a poll that is due does not come")
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	q := queuetest.Connect(t, queuetest.Server(t), "test") // nobody has provisioned it
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := Open(ctx, q); err == nil || !strings.Contains(err.Error(), "source registry") {
		t.Errorf("%v", err)
	}
}
