package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"

	"go.etcd.io/bbolt"
)

var court = Decision{Reason: "court order 12/2026", By: "Ada Brenn"}

// rowsOf counts the rows of a bucket.
func rowsOf(t testing.TB, s *Store, bucket []byte) (n int) {
	t.Helper()
	if err := s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(_, _ []byte) error { n++; return nil })
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTakedown(t *testing.T) {
	s := opened(t, t.TempDir())
	secret := strings.Repeat("the secret of the mayor is told here at some length ", 8)
	in := []Arrival{
		arrival(t, "news.example/secret-of-the-mayor", secret, "1"),
		arrival(t, "copy.example/other", secret+"again", "2"),
		arrival(t, "news.example/secret-of-the-mayor", secret+"and more", "3"),
		arrival(t, "news.example/secret-of-the-mayor", secret, "4"),
	}
	write(t, s, in...)
	id, other := in[0].Article.ID, in[1].Article.ID
	if m, err := s.Memberships(id, other); err != nil || m[0].Members != 2 {
		t.Fatalf("they are no copies: %+v, %v", m, err)
	}
	tomb, again, err := s.Takedown(t.Context(), id, court)
	if err != nil || again || tomb.Seq != 5 || tomb.First != 1 || tomb.Decision != court || tomb.ArticleID != id {
		t.Fatalf("tombstone is %+v, %v, %v", tomb, again, err)
	}
	if same, again, err := s.Takedown(t.Context(), id, Decision{"other", "other"}); err != nil || !again || same != tomb {
		t.Errorf("the second time it is %+v, %v, %v", same, again, err)
	}

	var gone *TakenDownError
	if _, err := s.Article(id); !errors.As(err, &gone) || !errors.Is(err, ErrNotFound) || gone.Tombstone != tomb {
		t.Errorf("the article gives %v", err)
	}
	if _, err := s.Duplicates(t.Context(), id, 0, 10); !errors.As(err, &gone) {
		t.Errorf("its copies give %v", err)
	}
	if d, err := s.Duplicates(t.Context(), other, 0, 10); err != nil || d.Total != 0 {
		t.Errorf("the other still has copies: %+v, %v", d, err)
	}
	for _, seq := range []uint64{1, 3, 4, 5} {
		if _, err := s.Record(seq); !errors.Is(err, ErrNotFound) {
			t.Errorf("record %d gives %v", seq, err)
		}
	}
	if list, err := s.Articles(t.Context(), Page{Limit: 10}); err != nil || len(list) != 1 || list[0].Seq != 2 {
		t.Errorf("listed are %v, %v", list, err)
	}
	if st, err := s.Stats(); err != nil || st.Articles != 1 || st.LastSeq != 5 || st.Grouped != 5 || st.Groups != 0 || st.Duplicates != 0 || st.Audited != 1 {
		t.Errorf("stats are %+v, %v", st, err)
	}
	events := changes(t, s)
	if e := events[4]; e.Outcome != article.OutcomeRemoved || e.Reason != article.Takedown || e.Previous != 4 || e.ArticleID != id || e.Source != "news.example" {
		t.Errorf("change is %+v", e)
	}
	if log, err := s.AuditLog(0, 10); err != nil || len(log) != 1 || log[0].Number != 1 || log[0].Action != ActionTakedown || log[0].ArticleID != id || log[0].Decision != court {
		t.Errorf("audit log is %+v, %v", log, err)
	}

	// What came before is answered as before; what comes now is not stored, and found in the trace.
	if r := write(t, s, in[0])[0]; r.Outcome != article.OutcomeNew || !r.Replayed || r.Seq != 1 {
		t.Errorf("a redelivery gives %+v", r)
	}
	late := arrival(t, "news.example/secret-of-the-mayor", secret+"once more", "5")
	for range 2 {
		if r := write(t, s, late)[0]; r.Outcome != article.OutcomeRemoved || r.Reason != string(article.Takedown) || r.Seq != 0 || r.URL != "" || r.Event().Reason != article.Takedown {
			t.Errorf("a new arrival gives %+v", r)
		}
	}
	trace, err := s.JourneysOfURL(t.Context(), "http://www.news.example/secret-of-the-mayor")
	if err != nil || len(trace) != 4 || trace[3].Outcome != article.OutcomeRemoved || trace[3].Origin != late.Origin || trace[0].Outcome != article.OutcomeNew {
		t.Errorf("trace is %+v, %v", trace, err)
	}
	if err := s.view(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				if bytes.Equal(name, bucketRecords) {
					r, err := unpackRecord(number(k), v)
					if err != nil {
						return err
					}
					v = r.Article
				}
				if bytes.Contains(v, []byte("secret-of-the-mayor")) {
					t.Errorf("row %x of %s still tells: %s", k, name, v)
				}
				return nil
			})
		})
	}); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[uint64]bool{0: false, 1: true, 4: true, 5: false} {
		if got, err := s.ErasedSince(at); err != nil || got != want {
			t.Errorf("erased since %d: %v, %v", at, got, err)
		}
	}
	if _, _, err := s.Takedown(t.Context(), article.IDOfURL("unknown"), court); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown article gives %v", err)
	}
	if _, _, err := s.Takedown(t.Context(), other, Decision{"", "x"}); err == nil || !strings.Contains(err.Error(), "reason is missing") {
		t.Errorf("no reason gives %v", err)
	}
}

// In a store of before, changes did not tell which one they follow on, and near-duplicates wait to be grouped.
func TestTakedownInOldStore(t *testing.T) {
	s := opened(t, t.TempDir())
	text := strings.Repeat("words that are enough to be compared with those of others ", 8)
	in := []Arrival{arrival(t, "news.example/a", text, "1"), arrival(t, "news.example/a", text+"two", "2"), arrival(t, "news.example/b", text+"of b", "3")}
	write(t, s, in...)
	if err := s.update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketChanges)
		for seq := uint64(1); seq <= 3; seq++ {
			var e article.Event
			if err := json.Unmarshal(b.Get(key(seq)), &e); err != nil {
				return err
			}
			e.Previous = 0
			if err := putJSON(b, key(seq), e); err != nil {
				return err
			}
		}
		return clearGroups(tx)
	}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Takedown(t.Context(), in[0].Article.ID, court); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Record(1); !errors.Is(err, ErrNotFound) {
		t.Errorf("the first revision gives %v", err)
	}
	for n := 1; n != 0; {
		var err error
		if n, err = s.Group(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := rowsOf(t, s, bucketCopies); n != 1 {
		t.Errorf("%d copies are left, want 1", n)
	}
	if st, err := s.Stats(); err != nil || st.Grouped != 4 {
		t.Errorf("stats are %+v, %v", st, err)
	}
}

func TestHold(t *testing.T) {
	s := opened(t, t.TempDir())
	in := arrival(t, "news.example/a", "text", "1")
	write(t, s, in)
	id := in.Article.ID
	if _, err := s.ReleaseHold(id, court); !errors.Is(err, ErrNotHeld) {
		t.Errorf("release of none gives %v", err)
	}
	if _, err := s.PutHold(article.IDOfURL("unknown"), court); !errors.Is(err, ErrNotFound) {
		t.Errorf("hold of an unknown article gives %v", err)
	}
	hold, err := s.PutHold(id, court)
	if err != nil || hold.ArticleID != id || hold.Decision != court {
		t.Fatalf("hold is %+v, %v", hold, err)
	}
	var held *HeldError
	if _, err := s.PutHold(id, court); !errors.As(err, &held) || held.Hold != hold {
		t.Errorf("a second hold gives %v", err)
	}
	if _, _, err := s.Takedown(t.Context(), id, court); !errors.As(err, &held) || !strings.Contains(err.Error(), "court order 12/2026") {
		t.Errorf("takedown gives %v", err)
	}
	if _, err := s.Article(id); err != nil {
		t.Errorf("the article is gone: %v", err)
	}
	if holds, err := s.Holds("", 10); err != nil || len(holds) != 1 || holds[0] != hold {
		t.Errorf("holds are %+v, %v", holds, err)
	}
	if holds, err := s.Holds(id, 10); err != nil || len(holds) != 0 {
		t.Errorf("holds after it are %+v, %v", holds, err)
	}
	if was, err := s.ReleaseHold(id, Decision{"settled", "Ada Brenn"}); err != nil || was != hold {
		t.Errorf("released is %+v, %v", was, err)
	}
	if _, _, err := s.Takedown(t.Context(), id, court); err != nil {
		t.Errorf("takedown after the release gives %v", err)
	}
	log, err := s.AuditLog(0, 10)
	var actions []Action
	for _, a := range log {
		actions = append(actions, a.Action)
	}
	if err != nil || fmt.Sprint(actions) != "[hold release takedown]" {
		t.Errorf("audit log is %+v, %v", log, err)
	}
	if rest, err := s.AuditLog(1, 1); err != nil || len(rest) != 1 || rest[0].Number != 2 {
		t.Errorf("audit log after 1 is %+v, %v", rest, err)
	}
}

// aged moves the end of a journey into the past, as if it had been written then.
func aged(t *testing.T, s *Store, origin string, age time.Duration) {
	t.Helper()
	if err := s.update(func(tx *bbolt.Tx) error {
		w := newWriter(tx)
		k, err := idKey(origin)
		if err != nil {
			return err
		}
		j, err := w.journey(k)
		if err != nil {
			return err
		}
		if err := w.forget(j); err != nil {
			return err
		}
		w.now = time.Now().UTC().Add(-age)
		j.Time = w.now
		return w.end(j)
	}); err != nil {
		t.Fatal(err)
	}
}

func TestPrune(t *testing.T) {
	s := opened(t, t.TempDir())
	var in []Arrival
	for i := range 4 {
		in = append(in, arrival(t, fmt.Sprint("news.example/", i), "text", fmt.Sprint(i)))
	}
	write(t, s, in...)
	failed := Failure{Origin: article.IDOfURL("failed"), URL: "https://news.example/failed", Reason: "no_body", Stage: "parser", Time: time.Now()}
	if err := s.Fail(t.Context(), []Failure{failed}); err != nil {
		t.Fatal(err)
	}
	const day = 24 * time.Hour
	for _, origin := range []string{in[0].Origin, in[1].Origin, in[2].Origin, failed.Origin} {
		aged(t, s, origin, 100*day)
	}
	aged(t, s, in[3].Origin, 80*day)
	if _, err := s.PutHold(in[1].Article.ID, court); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Takedown(t.Context(), in[2].Article.ID, court); err != nil {
		t.Fatal(err)
	}
	for seq, age := range []time.Duration{100 * day, 99 * day, 95 * day, 80 * day, day} {
		if err := s.Checkpoint(t.Context(), "search", uint64(seq), time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Checkpoint(t.Context(), "other", 7, time.Now().Add(-100*day)); err != nil {
		t.Fatal(err)
	}
	p, err := s.Prune(t.Context(), time.Now().Add(-90*day))
	if err != nil || p != (Pruned{Journeys: 3, Checkpoints: 2}) {
		t.Fatalf("pruned %+v, %v", p, err)
	}
	for i, want := range []bool{false, true, false, true} {
		if _, err := s.Journey(in[i].Origin); (err == nil) != want {
			t.Errorf("journey %d: %v", i, err)
		}
	}
	for _, b := range [][]byte{bucketJourneys, bucketByArticle, bucketByURL, bucketByTime} {
		if n := rowsOf(t, s, b); n != 2 {
			t.Errorf("%s has %d rows, want 2", b, n)
		}
	}
	if seq, err := s.LastCheckpoint("other"); err != nil || seq != 7 {
		t.Errorf("the last checkpoint of another is %d, %v", seq, err)
	}
	if at, ok, err := s.CheckpointOf("search", 0); err != nil || !ok || time.Since(at) < 95*day {
		t.Errorf("what was searchable long ago was so at %s, %v, %v", at, ok, err)
	}
	// The journey is forgotten, the article is not.
	if r := write(t, s, in[0])[0]; r.Outcome != article.OutcomeDuplicate || r.Seq != 1 {
		t.Errorf("it comes once more as %+v", r)
	}
	if _, err := s.ReleaseHold(in[1].Article.ID, court); err != nil {
		t.Fatal(err)
	}
	if p, err := s.Prune(t.Context(), time.Now().Add(-90*day)); err != nil || p.Journeys != 1 {
		t.Errorf("after the release, pruned %+v, %v", p, err)
	}
}

// A store of before has no journeys by time.
func TestPruneOldStore(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	var in []Arrival
	for i := range 2*pruneBatch + 1 {
		in = append(in, arrival(t, fmt.Sprint("news.example/", i), "text", fmt.Sprint(i)))
	}
	write(t, s, in...)
	if err := s.update(func(tx *bbolt.Tx) error {
		for _, name := range keepingBuckets {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, dir)
	if p, err := s.Prune(t.Context(), time.Now().Add(-time.Hour)); err != nil || p.Journeys != 0 {
		t.Fatalf("pruned %+v, %v", p, err)
	}
	if n := rowsOf(t, s, bucketByTime); n != len(in) {
		t.Errorf("%d journeys by time, want %d", n, len(in))
	}
	if p, err := s.Prune(t.Context(), time.Now()); err != nil || p.Journeys != len(in) {
		t.Errorf("pruned %+v, %v", p, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Prune(ctx, time.Now()); !errors.Is(err, context.Canceled) {
		t.Errorf("a pass that is to stop gives %v", err)
	}
}

// What was parsed again takes the place of the revision that it was compared with, whatever its fingerprint, and comes too late
// for any other.
func TestReplaces(t *testing.T) {
	s := opened(t, t.TempDir())
	in := arrival(t, "news.example/a", "text", "1")
	write(t, s, in)
	again := func(journey, section, replaces string) Result {
		t.Helper()
		next := arrival(t, "news.example/a", "text", journey)
		next.Article.Section = section
		var err error
		if next.JSON, err = json.Marshal(next.Article); err != nil {
			t.Fatal(err)
		}
		next.Replaces = replaces
		r := write(t, s, next)[0]
		if replay := write(t, s, next)[0]; replay.Seq != r.Seq || replay.Outcome != r.Outcome || !replay.Replayed {
			t.Errorf("journey %s gives %+v, then %+v", journey, r, replay)
		}
		return r
	}
	if r := again("2", "Local", ""); r.Outcome != article.OutcomeDuplicate {
		t.Errorf("by itself, another section is %s", r.Outcome)
	}
	r := again("3", "Local", in.Origin)
	if r.Outcome != article.OutcomeRevised || r.Seq != 2 || r.Previous != 1 {
		t.Errorf("parsed again it is %+v", r)
	}
	if r := again("4", "Bridges", in.Origin); r.Outcome != article.OutcomeDuplicate || r.Seq != 2 {
		t.Errorf("parsed again for what is no longer the latest, it is %+v", r)
	}
	if latest, err := s.Article(in.Article.ID); err != nil || !strings.Contains(string(latest.Article), `"section":"Local"`) || latest.Revision != 2 {
		t.Errorf("the latest is %+v, %v", latest, err)
	}
	if found := checked(t, s); len(found) > 0 {
		t.Errorf("the record is found to have %q", found)
	}
}

// What was merged into an article goes with it: its revisions, what was kept of it, its addresses. None of them brings it back.
func TestTakedownOfMerged(t *testing.T) {
	s := opened(t, t.TempDir())
	secret := strings.Repeat("the secret of the mayor is told here at some length ", 8)
	one, two := arrival(t, "news.example/secret-one", secret, "1"), arrival(t, "news.example/secret-two", secret, "2")
	other := arrival(t, "news.example/other", "another text of the same site", "3")
	write(t, s, one, two, other)
	a, err := s.Addresses(t.Context(), two.Article.ID)
	if err != nil || a.ArticleID != one.Article.ID || len(a.Merges) != 1 {
		t.Fatalf("they are not one: %+v, %v", a, err)
	}
	if _, err := s.PutHold(two.Article.ID, court); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Takedown(t.Context(), one.Article.ID, court); !errors.Is(err, ErrHeld) {
		t.Errorf("on hold by its other id, it gives %v", err)
	}
	if _, err := s.ReleaseHold(two.Article.ID, court); err != nil {
		t.Fatal(err)
	}
	tomb, again, err := s.Takedown(t.Context(), two.Article.ID, court)
	if err != nil || again || tomb.ArticleID != one.Article.ID {
		t.Fatalf("tombstone is %+v, %v, %v", tomb, again, err)
	}
	for _, in := range []Arrival{one, two} {
		var gone *TakenDownError
		if _, err := s.Article(in.Article.ID); !errors.As(err, &gone) {
			t.Errorf("%s gives %v", in.Article.URL, err)
		}
		if same, again, err := s.Takedown(t.Context(), in.Article.ID, court); err != nil || !again || same != tomb {
			t.Errorf("%s again gives %+v, %v, %v", in.Article.URL, same, again, err)
		}
		late := in
		late.Origin = article.IDOfURL("late" + in.Article.URL)
		if r := write(t, s, late)[0]; r.Outcome != article.OutcomeRemoved {
			t.Errorf("%s comes again as %+v", in.Article.URL, r)
		}
	}
	if events, err := s.ByHand(10); err != nil || len(events) != 1 || events[0].Reason != article.Takedown {
		t.Errorf("to be told are %+v, %v", events, err)
	}
	if found := checked(t, s); len(found) > 0 {
		t.Errorf("the record is found to have %q", found)
	}
	if err := s.view(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				if bytes.Contains(v, []byte("secret-")) {
					t.Errorf("row %x of %s still tells: %s", k, name, v)
				}
				return nil
			})
		})
	}); err != nil {
		t.Fatal(err)
	}
	if n := rowsOf(t, s, bucketKept); n != 0 {
		t.Errorf("%d arrivals are kept", n)
	}
}

// An article that was taken down does not come back at another address of its site; another story does.
func TestTakedownIsKnownByContent(t *testing.T) {
	s := opened(t, t.TempDir())
	secret := strings.Repeat("the secret of the mayor is told here at some length ", 8)
	in := arrival(t, "news.example/one", secret, "1")
	write(t, s, in)
	if _, _, err := s.Takedown(t.Context(), in.Article.ID, court); err != nil {
		t.Fatal(err)
	}
	short := arrival(t, "news.example/amp", secret, "3")
	short.Article.Headline, short.Article.CanonicalURL = "Another headline", in.Article.URL
	for name, c := range map[string]struct {
		in   Arrival
		want article.Outcome
	}{
		"the same text":            {arrival(t, "news.example/one?page=all", secret, "2"), article.OutcomeRemoved},
		"names it as its original": {short, article.OutcomeRemoved},
		"another text":             {arrival(t, "news.example/two", secret+"which is another", "4"), article.OutcomeNew},
	} {
		if r := write(t, s, c.in)[0]; r.Outcome != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if found := checked(t, s); len(found) > 0 {
		t.Errorf("the record is found to have %q", found)
	}
}

// The list of repeated texts does not tell of what was taken down.
func TestTakedownOfRepeated(t *testing.T) {
	s := opened(t, t.TempDir())
	secret := strings.Repeat("the secret of the mayor is told here at some length ", 8)
	var first Arrival
	for i := range maxRepeats + 2 {
		in := arrival(t, fmt.Sprintf("news.example/%d", i), secret, fmt.Sprint(i))
		in.Article.Headline = fmt.Sprint("Page ", i) // so that they are no one story
		if write(t, s, in); i == 0 {
			first = in
		}
	}
	if list, err := s.Repeated(); err != nil || len(list) != 1 || list[0].Text == "" || !slices.Contains(list[0].Articles, first.Article.ID) {
		t.Fatalf("repeated are %+v, %v", list, err)
	}
	if _, _, err := s.Takedown(t.Context(), first.Article.ID, court); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Repeated(); err != nil || len(list) != 1 || list[0].Text != "" || list[0].Refused != 2 || slices.Contains(list[0].Articles, first.Article.ID) {
		t.Errorf("repeated are %+v, %v", list, err)
	}
}
