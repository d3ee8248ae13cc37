package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/bleve"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
)

// world is a store and its index.
type world struct {
	t     testing.TB
	store *store.Store
	index *search.Index
}

func begin(t testing.TB) *world {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ix, err := bleve.Open(st, dir, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ix.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, ix.Close(), st.Close()); err != nil {
			t.Error(err)
		}
	})
	return &world{t, st, ix}
}

// arrival is a text that came under a name.
func arrival(name, text string) store.Arrival {
	a := &article.Article{
		SchemaVersion: 1, ID: article.IDOfURL(name), URL: "https://news.example/" + name, Source: "news.example", InLanguage: "en", Headline: name,
		DisplayTitle: article.DisplayTitle{Text: name}, Text: text, BodyState: article.BodyFull,
	}
	a.Fingerprint = article.Fingerprint(a)
	b, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	return store.Arrival{
		Origin: article.Origin("EXT", name+text, 0, time.Time{}, nil), Article: a, JSON: b,
		Hops: []article.Hop{{Stage: "queue", Time: time.Now(), Outcome: "published"}},
	}
}

// write stores a text under a name, and returns the change that it was; zero if it was no change.
func (w *world) write(name, text string) uint64 {
	results, err := w.store.Write(context.Background(), []store.Arrival{arrival(name, text)})
	if err != nil {
		panic(err)
	}
	if results[0].Outcome == article.OutcomeDuplicate {
		return 0
	}
	return results[0].Seq
}

// settle waits until all is searchable.
func (w *world) settle() {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); w.index.Cursor() < w.store.LastSeq(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("the index does not catch up")
		}
	}
}

func (w *world) query(q string) *search.Query {
	w.t.Helper()
	parsed, err := search.ParseQuery(func(name string) string { return map[string]string{"q": q}[name] }, 10)
	if err != nil {
		w.t.Fatal(err)
	}
	return parsed
}

func (w *world) selected(q string, at uint64) []uint64 {
	w.t.Helper()
	s, err := Select(context.Background(), w.store, w.index, w.query(q), at)
	if err != nil {
		w.t.Fatal(err)
	}
	seqs := slices.Collect(s.From(0))
	if len(seqs) != s.Count() {
		w.t.Errorf("%d selected, counted as %d", len(seqs), s.Count())
	}
	for skip := range min(len(seqs)+2, 70) {
		if got := slices.Collect(s.From(skip)); !slices.Equal(got, seqs[min(skip, len(seqs)):]) {
			w.t.Errorf("without the first %d: %d, of %d", skip, got, seqs)
		}
	}
	return seqs
}

// What a query selects as of a change is what the record had then, however often its articles are revised afterwards,
// and while more comes.
func TestSelectAsOf(t *testing.T) {
	w := begin(t)
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"wheat", "rye", "oats"}
	type state struct {
		seq  uint64
		word string
	}
	now := map[string]state{}
	want := map[uint64]map[string][]uint64{} // change -> query -> selected then
	change := func(n int) {
		name, word := fmt.Sprintf("article%d", random.IntN(25)), words[random.IntN(3)]
		seq := w.write(name, fmt.Sprintf("The %s of day %d.", word, n))
		if seq == 0 {
			return
		}
		now[name] = state{seq, word}
		then := map[string][]uint64{}
		for _, s := range now {
			then[""] = append(then[""], s.seq)
			then[s.word] = append(then[s.word], s.seq)
		}
		for _, seqs := range then {
			slices.Sort(seqs)
		}
		want[seq] = then
	}
	check := func(at uint64) {
		t.Helper()
		for _, q := range []string{"", "wheat", "rye"} {
			if got := w.selected(q, at); !slices.Equal(got, want[at][q]) {
				t.Errorf("%q as of %d: %d, want %d", q, at, got, want[at][q])
			}
		}
	}
	for n := range 120 {
		change(n)
		if n%10 == 0 {
			w.settle()
			check(w.index.Cursor())
		}
	}
	w.settle()
	for at := range want {
		check(at)
	}

	var writing sync.WaitGroup
	writing.Go(func() {
		for n := range 300 {
			w.write(fmt.Sprintf("article%d", n%40), fmt.Sprintf("Later wheat and rye of day %d.", n))
		}
	})
	for range 20 {
		check(uint64(60 + random.IntN(40)))
	}
	writing.Wait()
	w.settle()
	check(90)
	if got := w.selected("later", 100); len(got) != 0 {
		t.Errorf("%d were not there yet", got)
	}
}

// The number of rows is the number of articles that a search finds.
func TestSelectCountsAsSearch(t *testing.T) {
	w := begin(t)
	var batch []store.Arrival
	for n := range 2*idBatch + 500 {
		batch = append(batch, arrival(fmt.Sprint("a", n), fmt.Sprintf("Number %d is %s.", n, []string{"even", "odd"}[n%2])))
	}
	for n := range 30 {
		batch = append(batch, arrival(fmt.Sprint("a", n), fmt.Sprintf("Number %d was changed.", n)))
	}
	if _, err := w.store.Write(context.Background(), batch); err != nil {
		t.Fatal(err)
	}
	w.settle()
	for _, q := range []string{"", "odd", "even -4", `"was changed"`, "numb*", "odd nothing", "nothing", "number even", "source:news.example"} {
		found, err := w.index.Search(context.Background(), w.query(q))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(w.selected(q, w.index.Cursor())); uint64(got) != found.Total {
			t.Errorf("%q selects %d, a search finds %d", q, got, found.Total)
		}
	}
}

func TestSelectAheadOfIndex(t *testing.T) {
	w := begin(t)
	w.write("a", "text")
	w.settle()
	if _, err := Select(context.Background(), w.store, w.index, w.query(""), 2); !errors.Is(err, ErrBehind) {
		t.Errorf("as of a change that the index does not have: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Select(ctx, w.store, w.index, w.query(""), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	empty := begin(t)
	if s, err := Select(context.Background(), empty.store, empty.index, empty.query("x"), 0); err != nil || s.Count() != 0 {
		t.Errorf("an empty record: %v, %v", s, err)
	}
}
