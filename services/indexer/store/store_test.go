package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"dateline/pkg/article"
)

// opened is a store in a directory of its own.
func opened(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// arrival is the article at a URL with a text, brought by a journey of its own.
func arrival(t testing.TB, url, text, journey string) Arrival {
	t.Helper()
	a := &article.Article{
		SchemaVersion: 1, ID: article.IDOfURL(url), URL: "https://" + url, Source: "news.example",
		DisplayTitle: article.DisplayTitle{Text: "Title"}, Text: text, BodyState: article.BodyFull,
	}
	a.Fingerprint = article.Fingerprint(a)
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return Arrival{
		Origin: article.Origin("EXT", journey, 0, time.Time{}, nil), Article: a, JSON: b,
		Hops: []article.Hop{{Stage: "queue", Time: time.Date(2024, 11, 6, 9, 0, 0, 0, time.UTC), Outcome: "published"}},
	}
}

func write(t testing.TB, s *Store, batch ...Arrival) []Result {
	t.Helper()
	r, err := s.Write(context.Background(), batch)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func changes(t testing.TB, s *Store) []article.Event {
	t.Helper()
	events, err := s.Changes(0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestOutcomes(t *testing.T) {
	s := opened(t, t.TempDir())
	in := []Arrival{
		arrival(t, "news.example/a", "first", "1"),
		arrival(t, "news.example/a", "first", "2"),
		arrival(t, "news.example/a", "second", "3"),
		arrival(t, "news.example/a", "first", "4"), // an old revision that comes late
		arrival(t, "news.example/b", "first", "5"),
	}
	in[3].Hops = []article.Hop{{Stage: "queue", Time: in[3].Hops[0].Time.Add(-time.Hour), Outcome: "published"}}
	var got []string
	for _, r := range write(t, s, in...) {
		got = append(got, fmt.Sprintf("%s %d", r.Outcome, r.Seq))
	}
	want := []string{"new 1", "duplicate 1", "revised 2", "duplicate 1", "new 3"}
	if !slices.Equal(got, want) {
		t.Errorf("outcomes %v, want %v", got, want)
	}

	r, err := s.Article(in[0].Article.ID)
	if err != nil {
		t.Fatal(err)
	}
	if r.Seq != 2 || r.Revision != 2 || r.Previous != 1 || r.Origin != in[2].Origin || !r.Received.Equal(in[2].Hops[0].Time) {
		t.Errorf("latest revision is %+v", r)
	}
	if seqs, err := s.Latest([]string{in[4].Article.ID, article.IDOfURL("other"), in[0].Article.ID}); err != nil || !slices.Equal(seqs, []uint64{3, 0, 2}) {
		t.Errorf("latest revisions are %d, %v", seqs, err)
	}
	if _, err := s.Latest([]string{"nonsense"}); err == nil {
		t.Error("nonsense has a latest revision")
	}
	if old, err := s.Record(r.Previous); err != nil || old.Revision != 1 {
		t.Errorf("previous revision is %+v, %v", old, err)
	}
	if st, err := s.Stats(); err != nil || st.Articles != 2 || st.LastSeq != 3 || st.Bytes == 0 {
		t.Errorf("stats are %+v, %v", st, err)
	}
	events := changes(t, s)
	if len(events) != 3 || events[0].Outcome != article.OutcomeNew || events[1].Outcome != article.OutcomeRevised || events[2].Seq != 3 {
		t.Errorf("change feed is %+v", events)
	}
	if _, err := s.Article(article.IDOfURL("other")); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown article gives %v", err)
	}
	if _, err := s.Article("nonsense"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an id of another form gives %v", err)
	}
}

// A redelivery gives what the first delivery gave, in any mixture, in the same batch or after the process began again.
func TestRedelivery(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	var in []Arrival
	for i := range 20 {
		in = append(in, arrival(t, fmt.Sprintf("news.example/%d", i%7), fmt.Sprintf("text %d", i%11), fmt.Sprint(i)))
	}
	first := write(t, s, in[:12]...)
	mixed := write(t, s, slices.Concat(in[6:], in[6:], in[:6])...)
	first = append(first, mixed[6:14]...)
	feed := changes(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = opened(t, dir)
	for i, r := range write(t, s, in...) {
		if !r.Replayed {
			t.Errorf("arrival %d was written again", i)
		}
		r.Replayed = first[i].Replayed
		if !reflect.DeepEqual(r, first[i]) {
			t.Errorf("arrival %d gives\n%+v, gave\n%+v", i, r, first[i])
		}
	}
	if again := changes(t, s); !reflect.DeepEqual(again, feed) {
		t.Errorf("change feed became\n%+v, was\n%+v", again, feed)
	}
	seen := map[string]bool{}
	for _, r := range first {
		if e := r.Event(); e.Seq != 0 {
			if k := fmt.Sprint(e.Seq); seen[k] {
				t.Errorf("change %d is of two arrivals", e.Seq)
			} else {
				seen[k] = true
			}
		}
	}
	if len(seen) != len(feed) {
		t.Errorf("%d arrivals made changes, the feed has %d", len(seen), len(feed))
	}
}

func TestFailures(t *testing.T) {
	ctx := context.Background()
	s := opened(t, t.TempDir())
	a, b := arrival(t, "news.example/a", "text", "1"), arrival(t, "news.example/b", "text", "2")
	write(t, s, a)
	at := time.Date(2024, 11, 6, 10, 0, 0, 0, time.UTC)
	failure := func(in Arrival) Failure {
		return Failure{Origin: in.Origin, URL: in.Article.URL, Reason: "parse", Error: "no body", Stage: "parser", Time: at, Hops: in.Hops}
	}
	if err := s.Fail(ctx, []Failure{failure(a), failure(b), failure(b)}); err != nil {
		t.Fatal(err)
	}
	if j, err := s.Journey(a.Origin); err != nil || j.Outcome != article.OutcomeNew {
		t.Errorf("a journey that had ended became %+v, %v", j, err)
	}
	j, err := s.Journey(b.Origin)
	if err != nil {
		t.Fatal(err)
	}
	if j.Outcome != article.OutcomeRejected || j.Reason != "parse" || j.Error != "no body" || len(j.Hops) != 2 || j.Hops[1].Stage != "parser" || !j.Hops[1].Time.Equal(at) {
		t.Errorf("failed journey is %+v", j)
	}
	if js, err := s.JourneysOfURL(ctx, b.Article.URL); err != nil || len(js) != 1 {
		t.Errorf("journeys of the URL are %v, %v", js, err)
	}

	// It arrives after all, as when a dead letter is sent again.
	if r := write(t, s, b); r[0].Outcome != article.OutcomeNew {
		t.Errorf("it arrived after all as %+v", r[0])
	}
	if js, err := s.JourneysOfURL(ctx, b.Article.URL); err != nil || len(js) != 1 || js[0].Outcome != article.OutcomeNew {
		t.Errorf("journeys of the URL are %v, %v", js, err)
	}
	if js, err := s.JourneysOfArticle(ctx, b.Article.ID); err != nil || len(js) != 1 || js[0].Origin != b.Origin {
		t.Errorf("journeys of the article are %v, %v", js, err)
	}
	if _, err := s.Journey(article.IDOfURL("no journey")); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown journey gives %v", err)
	}
}

func TestJourneysAreBounded(t *testing.T) {
	s := opened(t, t.TempDir())
	for i := range MaxJourneys + 5 {
		write(t, s, arrival(t, "news.example/a", "text", fmt.Sprint(i)))
	}
	js, err := s.JourneysOfArticle(context.Background(), article.IDOfURL("news.example/a"))
	if err != nil || len(js) != MaxJourneys {
		t.Fatalf("%d journeys, %v", len(js), err)
	}
	if newest := arrival(t, "", "", fmt.Sprint(MaxJourneys+4)).Origin; js[len(js)-1].Origin != newest {
		t.Error("the last one is not the newest")
	}
}

func TestListing(t *testing.T) {
	ctx := context.Background()
	s := opened(t, t.TempDir())
	for i := range 10 {
		a := arrival(t, fmt.Sprintf("news.example/%d", i), "text", fmt.Sprint(i))
		if i%3 == 0 {
			a.Article.Source = "third.example"
			a.JSON, _ = json.Marshal(a.Article)
		}
		write(t, s, a)
	}
	write(t, s, arrival(t, "news.example/3", "revised, and of another source", "r")) // seq 11

	list := func(source string) (seqs []uint64) {
		for before := uint64(0); ; {
			page, err := s.Articles(ctx, Page{Before: before, Limit: 3, Source: source})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page {
				seqs = append(seqs, r.Seq)
				before = r.Seq
			}
			if len(page) < 3 {
				return seqs
			}
		}
	}
	for source, want := range map[string][]uint64{
		"": {11, 10, 9, 8, 7, 6, 5, 3, 2, 1}, "third.example": {10, 7, 1}, "news.example": {11, 9, 8, 6, 5, 3, 2}, "third": nil, "unknown": nil,
	} {
		if got := list(source); !slices.Equal(got, want) {
			t.Errorf("articles of %q are %v, want %v", source, got, want)
		}
	}
}

func TestChangesInPieces(t *testing.T) {
	ctx := context.Background()
	s := opened(t, t.TempDir())
	for i := range 120 {
		write(t, s, arrival(t, fmt.Sprintf("news.example/%d", i), "text", fmt.Sprint(i)))
	}
	if r, err := s.ChangesWithRecords(ctx, 10, 1000, 1<<20); err != nil || len(r) != 110 || r[0].Seq != 11 || r[109].Seq != 120 {
		t.Errorf("%d changes, %v", len(r), err)
	}
	if r, err := s.ChangesWithRecords(ctx, 0, 70, 1<<20); err != nil || len(r) != 70 {
		t.Errorf("%d changes of at most 70, %v", len(r), err)
	}
	if r, err := s.ChangesWithRecords(ctx, 0, 70, 1); err != nil || len(r) != 1 {
		t.Errorf("%d changes of at most a byte, %v", len(r), err)
	}
	if r, err := s.ChangesWithRecords(ctx, 120, 70, 1<<20); err != nil || len(r) != 0 {
		t.Errorf("%d changes after the last, %v", len(r), err)
	}
}

func TestWait(t *testing.T) {
	s := opened(t, t.TempDir())
	woken := make(chan error, 2)
	for range 2 {
		go func() { woken <- s.Wait(context.Background(), 0) }()
	}
	write(t, s, arrival(t, "news.example/a", "text", "1"))
	for range 2 {
		if err := <-woken; err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Wait(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("wait that was given up returns %v", err)
	}
	go func() { woken <- s.Wait(context.Background(), 1) }()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-woken; !errors.Is(err, ErrClosed) {
		t.Errorf("wait on a closed store returns %v", err)
	}
	if _, err := s.Write(context.Background(), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("write to a closed store returns %v", err)
	}
}

func TestCheckpoints(t *testing.T) {
	ctx := context.Background()
	s := opened(t, t.TempDir())
	at := time.Date(2024, 11, 6, 10, 0, 0, 0, time.UTC)
	for i, seq := range []uint64{5, 10, 3, 10} { // the last two from making it anew
		if err := s.Checkpoint(ctx, "search", seq, at.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	for seq, want := range map[uint64]time.Duration{1: 0, 5: 0, 6: time.Second, 10: time.Second} {
		if got, ok, err := s.CheckpointOf("search", seq); err != nil || !ok || !got.Equal(at.Add(want)) {
			t.Errorf("change %d was taken in at %v, %v, %v", seq, got, ok, err)
		}
	}
	if _, ok, err := s.CheckpointOf("search", 11); ok || err != nil {
		t.Errorf("change 11 was taken in, %v", err)
	}
	if seq, err := s.LastCheckpoint("search"); seq != 10 || err != nil {
		t.Errorf("last checkpoint is %d, %v", seq, err)
	}
	if seq, err := s.LastCheckpoint("sea"); seq != 0 || err != nil {
		t.Errorf("last checkpoint of another projection is %d, %v", seq, err)
	}
	if _, ok, _ := s.CheckpointOf("sea", 1); ok {
		t.Error("another projection has checkpoints")
	}
}

func TestDirectoryInUse(t *testing.T) {
	dir := t.TempDir()
	opened(t, dir)
	_, err := Open(dir)
	if !errors.Is(err, ErrInUse) {
		t.Fatalf("opened twice: %v", err)
	}
	if want := "open store: data directory " + dir + " is in use by another process"; err.Error() != want {
		t.Errorf("error is %q, want %q", err, want)
	}
}

func TestOtherLayout(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/"+FileName, []byte("this is no database, and longer than a page header of one would be"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("opened a file that is no store")
	}
}

func TestBadIDsAreRefusedWhole(t *testing.T) {
	s := opened(t, t.TempDir())
	bad := arrival(t, "news.example/b", "text", "2")
	bad.Article.ID = "../x"
	if _, err := s.Write(context.Background(), []Arrival{arrival(t, "news.example/a", "text", "1"), bad}); err == nil {
		t.Fatal("a bad id was written")
	}
	if s.LastSeq() != 0 || len(changes(t, s)) != 0 {
		t.Error("something of a failed batch was written")
	}
}

func BenchmarkWrite(b *testing.B) {
	s := opened(b, b.TempDir())
	text := make([]byte, 2600)
	n := 0
	for b.Loop() {
		b.StopTimer()
		batch := make([]Arrival, 500)
		for i := range batch {
			for k := range text {
				text[k] = "etaoin shrdlu cmfwyp vbgkqj"[(n*7919+k*k*31+k*n)%27]
			}
			n++
			batch[i] = arrival(b, fmt.Sprintf("news.example/%d", n), fmt.Sprint(string(text), n), fmt.Sprint(n)) // no two alike, or they are an error page
		}
		b.StartTimer()
		write(b, s, batch...)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "articles/s")
}
