package queue_test

import (
	"fmt"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
)

// What is kept is read from a time on, in order, up to what was the newest, whatever consumers have done with it.
func TestKept(t *testing.T) {
	q := queuetest.Start(t)
	publish := func(subject string, from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			m := queue.Message{Subject: subject, ID: fmt.Sprint(subject, i), Body: fmt.Append(nil, i), Header: queue.Header{article.HeaderOrigin: {article.IDOfURL("forged")}}}
			if _, err := q.Publish(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func(k *queue.Kept) (got []string) {
		t.Helper()
		for d, err := range k.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(d.Body))
			if d.Stream != "EXT" || d.ID != d.Subject+string(d.Body) || d.Stored.IsZero() || d.Origin() == article.IDOfURL("forged") {
				t.Errorf("delivery %+v", d)
			}
		}
		return got
	}
	if k, err := q.Kept(t.Context(), queue.AllPublications, time.Time{}); err != nil || len(read(k)) != 0 || !k.Whole {
		t.Errorf("of nothing there is %+v, %v", k, err)
	}
	publish("ext.a", 0, 3)
	publish("ext.b", 3, 5)
	time.Sleep(20 * time.Millisecond)
	middle := time.Now()
	time.Sleep(20 * time.Millisecond)
	publish("ext.a", 5, 8)
	for _, c := range []struct {
		subject string
		since   time.Time
		want    string
	}{
		{"ext.*", time.Time{}, "[0 1 2 3 4 5 6 7]"},
		{"ext.*", middle, "[5 6 7]"},
		{"ext.a", time.Time{}, "[0 1 2 5 6 7]"},
		{"ext.b", middle, "[]"},
		{"ext.*", time.Now().Add(time.Minute), "[]"},
	} {
		k, err := q.Kept(t.Context(), c.subject, c.since)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(read(k)); got != c.want {
			t.Errorf("%s since %s: %s, want %s", c.subject, c.since, got, c.want)
		}
	}
	k, err := q.Kept(t.Context(), "ext.*", middle)
	if err != nil {
		t.Fatal(err)
	}
	publish("ext.a", 8, 9)
	if got := fmt.Sprint(read(k)); got != "[5 6 7]" {
		t.Errorf("what came afterwards is among %s", got)
	}
}
