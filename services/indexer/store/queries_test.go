package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"dateline/pkg/article"

	"go.etcd.io/bbolt"
)

func openTest(t *testing.T) *Store {
	t.Helper()
	st, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// found has changes from seq on of n articles match a query.
func found(t *testing.T, st *Store, name string, seq uint64, n int) {
	t.Helper()
	_, version, err := st.Queries()
	if err != nil {
		t.Fatal(err)
	}
	events := make([]article.Event, n)
	for i := range events {
		events[i] = article.Event{Seq: seq + uint64(i), Outcome: article.OutcomeNew, ArticleID: fmt.Sprintf("%032x", seq+uint64(i)), Time: time.Now()}
	}
	m := Matches{Version: version, UpTo: seq + uint64(n), Found: map[string][]article.Event{name: events}}
	if _, err := st.RecordMatches(context.Background(), m); err != nil {
		t.Fatal(err)
	}
}

func saved(t *testing.T, st *Store, name string) {
	t.Helper()
	q := SavedQuery{Name: name, Search: map[string]string{"q": "x"}, Changes: []article.Outcome{"new"}, NATS: true, Webhook: &Webhook{URL: "https://example.org/"}}
	if _, err := st.PutQuery(context.Background(), q); err != nil {
		t.Fatal(err)
	}
}

func stateOf(t *testing.T, st *Store, name string) QueryState {
	t.Helper()
	_, state, err := st.Query(name)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// rowsIn counts what is in a bucket.
func rowsIn(t *testing.T, st *Store, bucket []byte) (n int) {
	t.Helper()
	err := st.view(func(tx *bbolt.Tx) error {
		n = tx.Bucket(bucket).Stats().KeyN
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What waits is bounded: the oldest become dead letters, and of too many of these the oldest are dropped. So is what is
// remembered of matches. With the query all of it goes.
func TestMailIsBounded(t *testing.T) {
	st := openTest(t)
	saved(t, st, "other")
	saved(t, st, "q")
	found(t, st, "other", 1, 3)
	count := func(f func(*QueryState)) { // as if there were as many rows as it takes
		t.Helper()
		err := st.update(func(tx *bbolt.Tx) error {
			m, err := openMail(tx, "q")
			if err != nil {
				return err
			}
			f(&m.state)
			return m.save()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	found(t, st, "q", 1, 3*DeliveryMatches)
	count(func(s *QueryState) {
		s.Webhook.Pending, s.NATS.Pending, s.Kept = maxMail-1, maxMail-1, keepMatches-3
	})
	found(t, st, "q", 1000, 5)
	got := stateOf(t, st, "q")
	if got.Webhook.Pending != maxMail+4-DeliveryMatches || got.Webhook.Dead != DeliveryMatches || got.NATS.Pending != maxMail+4-DeliveryMatches || got.NATS.Dropped != DeliveryMatches || got.Kept != keepMatches {
		t.Errorf("state is %+v", got)
	}
	if n, m := rowsIn(t, st, bucketMatches), rowsIn(t, st, bucketMatched); n != 3+303 || m != n {
		t.Errorf("%d matches of %d articles are kept", n, m)
	}
	dead, err := st.WebhookDeliveries("q", true, 0, 10)
	if err != nil || len(dead) != 1 || dead[0].First() != 1 {
		t.Errorf("dead are %v, %v", dead, err)
	}
	count(func(s *QueryState) { s.Webhook.Dead = maxMail })
	next, err := st.NextDelivery(ByWebhook, "q")
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	if err := st.Settle(t.Context(), []Attempt{{Outlet: ByWebhook, Query: "q", First: next.First(), At: later, Error: "down", GiveUp: later}}); err != nil {
		t.Fatal(err)
	}
	// The three that waited, of 100, 100 and 5, are dead; the oldest three of 100 had to go for them.
	if got := stateOf(t, st, "q").Webhook; got.Dead != maxMail+205-3*DeliveryMatches || got.Dropped != 3*DeliveryMatches {
		t.Errorf("state is %+v", got)
	}
	if dead, err = st.WebhookDeliveries("q", true, 0, 10); err != nil || len(dead) == 0 || dead[0].First() == 1 {
		t.Errorf("dead are %v, %v", dead, err)
	}
	if err := st.RemoveQuery(t.Context(), "q"); err != nil {
		t.Fatal(err)
	}
	for bucket, want := range map[string]int{"query_matches": 3, "query_matched": 3, "query_mail": 2, "query_dead": 0} { // of the other query
		if n := rowsIn(t, st, []byte(bucket)); n != want {
			t.Errorf("%d rows in %s after a query is removed, want %d", n, bucket, want)
		}
	}
}

// What waits behind the oldest delivery comes together; the oldest, which may have been sent, stays as it is, also when dead letters
// come before it again.
func TestDeliveriesFill(t *testing.T) {
	st := openTest(t)
	saved(t, st, "q")
	waiting := func(want ...int) {
		t.Helper()
		ds, err := st.WebhookDeliveries("q", false, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, d := range ds {
			got = append(got, len(d.Matches))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("deliveries of %v, want %v", got, want)
		}
	}
	settle := func(a Attempt) {
		t.Helper()
		next, err := st.NextDelivery(ByWebhook, "q")
		if err != nil {
			t.Fatal(err)
		}
		a.Outlet, a.Query, a.First, a.At = ByWebhook, "q", next.First(), time.Now()
		if err := st.Settle(t.Context(), []Attempt{a}); err != nil {
			t.Fatal(err)
		}
	}
	found(t, st, "q", 1, 2)
	found(t, st, "q", 3, 3)
	found(t, st, "q", 6, 4)
	waiting(2, 7)
	found(t, st, "q", 10, DeliveryMatches)
	waiting(2, DeliveryMatches, 7)
	settle(Attempt{Error: "down", GiveUp: time.Now().Add(time.Hour)}) // all of them
	waiting()
	found(t, st, "q", 200, 1)
	settle(Attempt{Error: "down"}) // it was sent
	if _, err := st.Revive(t.Context(), "q"); err != nil {
		t.Fatal(err)
	}
	found(t, st, "q", 300, 5)
	waiting(2, DeliveryMatches, 7, 1, 5)
	for range 5 {
		settle(Attempt{})
	}
	waiting()
	if got := stateOf(t, st, "q").Webhook; got.Pending != 0 || got.Dead != 0 || got.Delivered != 2+DeliveryMatches+7+1+5 {
		t.Errorf("state is %+v", got)
	}
	if _, err := st.NextDelivery(ByWebhook, "q"); !errors.Is(err, ErrNotFound) {
		t.Errorf("next of none: %v", err)
	}
	ds, err := st.Waiting(ByNATS, 100) // of which several are published at a time
	if err != nil || len(ds) != 6 {
		t.Errorf("%d deliveries for NATS, %v", len(ds), err)
	}
}

// A store of before saved queries begins with what comes.
func TestQueriesOfAnOlderStore(t *testing.T) {
	st := openTest(t)
	err := st.update(func(tx *bbolt.Tx) error {
		for _, b := range queryBuckets {
			if err := tx.DeleteBucket(b); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketMeta).Delete(metaAlerted)
	})
	if err != nil {
		t.Fatal(err)
	}
	st.last.Store(7)
	if err := st.prepareQueries(); err != nil {
		t.Fatal(err)
	}
	if at, err := st.Alerted(); err != nil || at != 7 {
		t.Errorf("begins at %d, %v", at, err)
	}
	saved(t, st, "q")
}
