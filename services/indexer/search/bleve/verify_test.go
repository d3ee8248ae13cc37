package bleve

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/searchtest"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
)

// verified is what an index is found to violate.
func verified(t *testing.T, w *searchtest.World) (found []string) {
	t.Helper()
	if err := w.Index.Verify(t.Context(), func(v store.Violation) { found = append(found, v.String()) }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

func TestVerify(t *testing.T) {
	dir := t.TempDir()
	var b *backend
	w := searchtest.Begin(t, func(_ testing.TB, st *store.Store, dir string, reg prometheus.Registerer, log *slog.Logger) (*search.Index, error) {
		b = &backend{store: st, dir: filepath.Join(dir, DirName)}
		var err error
		if b.cur, err = b.create(b.dir); err != nil {
			return nil, err
		}
		return search.New(st, b, reg, log)
	}, dir)
	id := article.IDOfURL
	for i := range 10 {
		w.Add(article.Article{ID: id(fmt.Sprint("a", i)), Text: "flour"})
	}
	w.Add(article.Article{ID: id("a1"), Text: "flour, revised"})
	if _, _, err := w.Store.Takedown(t.Context(), id("a2"), store.Decision{Reason: "x", By: "y"}); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	if found := verified(t, w); len(found) > 0 {
		t.Fatalf("in a whole index: %q", found)
	}

	old, err := w.Store.Record(2) // a1 before it was revised
	if err != nil {
		t.Fatal(err)
	}
	was, err := old.Decode()
	if err != nil {
		t.Fatal(err)
	}
	foreign := *was
	foreign.ID = id("foreign")
	batch := b.cur.NewBatch()
	batch.Delete(id("a0"))
	for _, a := range []*article.Article{was, &foreign} {
		if err := batch.IndexAdvanced(document(old, a)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.cur.Batch(batch); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"search index article " + id("a0") + ": its latest revision, 1, has no document",
		"search index article " + id("a1") + ": its document is of revision 2, the latest is 11",
		"search index article " + id("foreign") + ": it is not shown, and has a document",
	}
	slices.Sort(want)
	if found := verified(t, w); !slices.Equal(found, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}

	w.Stop()
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	offline := func() (found []string) {
		if err := Verify(t.Context(), st, dir, func(v store.Violation) { found = append(found, v.String()) }); err != nil {
			t.Fatal(err)
		}
		slices.Sort(found)
		return found
	}
	if found := offline(); !slices.Equal(found, want) {
		t.Errorf("offline, found\n%s", strings.Join(found, "\n"))
	}
	if err := os.RemoveAll(filepath.Join(dir, DirName)); err != nil {
		t.Fatal(err)
	}
	if found := offline(); len(found) != 1 || !strings.Contains(found[0], "made anew") {
		t.Errorf("without an index: %q", found)
	}
}

// While articles come, are revised and taken down, nothing is found that is only not yet there.
func TestVerifyBesideWrites(t *testing.T) {
	w := searchtest.Begin(t, open, t.TempDir())
	for i := range 200 {
		w.Add(article.Article{ID: article.IDOfURL(fmt.Sprint(i)), Text: "flour"})
	}
	w.Settle()
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range 200 {
			w.Add(article.Article{ID: article.IDOfURL(fmt.Sprint(i)), Text: "flour, revised"}, article.Article{ID: article.IDOfURL(fmt.Sprint("new", i)), Text: "rice"})
			if i%10 == 0 {
				if _, _, err := w.Store.Takedown(t.Context(), article.IDOfURL(fmt.Sprint(i/2)), store.Decision{Reason: "x", By: "y"}); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for range 10 {
		if found := verified(t, w); len(found) > 0 {
			t.Errorf("found %q", found)
		}
	}
	writing.Wait()
	w.Settle()
	if found := verified(t, w); len(found) > 0 {
		t.Errorf("in the end, found %q", found)
	}
}
