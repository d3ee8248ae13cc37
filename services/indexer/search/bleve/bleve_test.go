package bleve

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/searchtest"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"go.etcd.io/bbolt"
)

func open(_ testing.TB, st *store.Store, dir string, reg prometheus.Registerer, log *slog.Logger) (*search.Index, error) {
	return Open(st, dir, reg, log)
}

func TestConformance(t *testing.T) { searchtest.Run(t, open) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// However the index is damaged, it is made anew, and nothing is missing from it.
func TestMadeAnew(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, dir string){
		"deleted": func(t *testing.T, dir string) { must(t, os.RemoveAll(dir)) },
		"emptied": func(t *testing.T, dir string) {
			must(t, os.RemoveAll(dir))
			must(t, os.Mkdir(dir, 0o750))
		},
		"without its description": func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "index_meta.json"))) },
		"segments truncated": func(t *testing.T, dir string) {
			eachFile(t, dir, ".zap", func(p string, n int64) error { return os.Truncate(p, n/2) })
		},
		"segments empty": func(t *testing.T, dir string) {
			eachFile(t, dir, ".zap", func(p string, _ int64) error { return os.Truncate(p, 0) })
		},
		"segments deleted": func(t *testing.T, dir string) {
			eachFile(t, dir, ".zap", func(p string, _ int64) error { return os.Remove(p) })
		},
		"root truncated": func(t *testing.T, dir string) {
			eachFile(t, dir, ".bolt", func(p string, n int64) error { return os.Truncate(p, n/3) })
		},
		"root empty": func(t *testing.T, dir string) {
			eachFile(t, dir, ".bolt", func(p string, _ int64) error { return os.Truncate(p, 0) })
		},
		"root noise": func(t *testing.T, dir string) {
			eachFile(t, dir, ".bolt", func(p string, n int64) error {
				return os.WriteFile(p, []byte(strings.Repeat("noise", int(n/5))), 0o600)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w := searchtest.Begin(t, open, dir)
			for i := range 30 {
				w.Add(searchtest.Titled(fmt.Sprint("Title ", i), "word"))
			}
			w.Settle()
			w.Stop()
			damage(t, filepath.Join(dir, DirName))
			w = searchtest.Begin(t, open, dir)
			w.Settle()
			if n := w.Find("q", "word").Total; n != 30 {
				t.Errorf("%d of 30 articles are found", n)
			}
			at, ok, err := w.Store.CheckpointOf(search.Projection, 1)
			if err != nil || !ok || time.Since(at) < 0 {
				t.Errorf("checkpoint is %v, %v, %v", at, ok, err)
			}
		})
	}
}

func eachFile(t *testing.T, dir, ext string, do func(path string, size int64) error) {
	t.Helper()
	n := 0
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ext {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		n++
		return do(path, info.Size())
	}))
	if n == 0 {
		t.Fatalf("no %s in %s", ext, dir)
	}
}

func TestOtherStore(t *testing.T) {
	dir := t.TempDir()
	w := searchtest.Begin(t, open, dir)
	w.Add(searchtest.Titled("Old", "word"))
	w.Settle()
	w.Stop()
	must(t, os.Remove(filepath.Join(dir, store.FileName)))
	w = searchtest.Begin(t, open, dir)
	w.Add(searchtest.Titled("New", "word"))
	w.Settle()
	if got := searchtest.Titles(w.Find("q", "word")); !slices.Equal(got, []string{"New"}) {
		t.Errorf("found %q", got)
	}
}

func TestMetrics(t *testing.T) {
	w := searchtest.Begin(t, open, t.TempDir())
	w.Add(searchtest.Titled("Title", "word"))
	w.Settle()
	families, err := w.Reg.Gather()
	must(t, err)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	must(t, err)
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// A beginning that too many words have is refused, rather than looked up at any price.
func TestBroadBeginnings(t *testing.T) {
	w := searchtest.Begin(t, open, t.TempDir())
	var text strings.Builder
	for n := range maxBeginnings + 1 {
		fmt.Fprintf(&text, "x%d ", n)
	}
	w.Add(searchtest.Titled("many words", text.String()))
	w.Settle()
	for q, bad := range map[string]bool{"x*": true, "x1*": false, "many -x*": true} {
		parsed, err := search.ParseQuery(searchtest.Params("q", q), 10)
		must(t, err)
		_, err = w.Index.Search(context.Background(), parsed)
		if pe := (*search.ParamError)(nil); errors.As(err, &pe) != bad || (err != nil) != bad {
			t.Errorf("%s gives %v", q, err)
		}
		_, err = w.Index.Counts(context.Background(), parsed, search.Day)
		if pe := (*search.ParamError)(nil); errors.As(err, &pe) != bad {
			t.Errorf("counting %s gives %v", q, err)
		}
	}
}

// What was taken down after it was indexed is passed over, and the page is filled with what follows.
func TestTakenDownMeanwhile(t *testing.T) {
	dir := t.TempDir()
	w := searchtest.Begin(t, open, dir)
	for i := range 6 {
		w.Add(searchtest.Published(searchtest.Titled(fmt.Sprint("Title ", i), "word"), fmt.Sprintf("2024-11-%02d", 20-i)))
	}
	w.Settle()
	w.Stop()
	db, err := bbolt.Open(filepath.Join(dir, store.FileName), 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("records")).Delete(binary.BigEndian.AppendUint64(nil, 2))
	}))
	must(t, db.Close())
	w = searchtest.Begin(t, open, dir)
	for _, collapse := range []string{"", "duplicates"} {
		q, err := search.ParseQuery(searchtest.Params("q", "word", "sort", "date", "collapse", collapse), 3)
		must(t, err)
		r, err := w.Index.Search(t.Context(), q)
		must(t, err)
		if got := searchtest.Titles(r); !slices.Equal(got, []string{"Title 0", "Title 2", "Title 3"}) || r.Next == "" {
			t.Errorf("found %q", got)
		}
	}
}

// What is taken down, merged or withdrawn leaves the index.
func TestRemovals(t *testing.T) {
	w := searchtest.Begin(t, open, t.TempDir())
	for i := range 4 {
		w.Add(searchtest.Titled(fmt.Sprint("Title ", i), "word"))
	}
	w.Settle()
	w.Stop()
	st, err := store.Open(w.Dir)
	must(t, err)
	defer st.Close()
	changes, err := st.ChangesWithRecords(t.Context(), 0, 10, 1<<20)
	must(t, err)
	for i, outcome := range []article.Outcome{article.OutcomeRemoved, article.OutcomeMerged} {
		changes[i] = store.Change{Event: article.Event{Seq: uint64(5 + i), ArticleID: changes[i].ArticleID, Outcome: outcome}}
	}
	changes[2].Record.Removal = &article.Removal{Reason: article.Withdrawn}
	changes[3].Record.Removal = &article.Removal{Reason: article.Gone} // which stays
	x := &backend{store: st, dir: filepath.Join(w.Dir, "other")}
	g, err := x.create(x.dir)
	must(t, err)
	x.cur = g
	defer x.Close()
	all, err := st.ChangesWithRecords(t.Context(), 0, 10, 1<<20)
	must(t, err)
	must(t, g.Take(t.Context(), all))
	must(t, g.Take(t.Context(), changes))
	q, err := search.ParseQuery(searchtest.Params("q", "word"), 10)
	must(t, err)
	found, err := x.Find(t.Context(), q, search.Ask{Best: 10})
	must(t, err)
	if found.Total != 1 || found.Matches[0].ID != changes[3].ArticleID {
		t.Errorf("%d are left: %v", found.Total, found.Matches)
	}
}

// The files of segments that were merged go, though nothing is taken in any more.
func TestMergedFilesGo(t *testing.T) {
	w := searchtest.Begin(t, open, t.TempDir())
	for i := range 21 {
		w.Add(searchtest.Titled(fmt.Sprint("Title ", i), "word"))
	}
	w.Settle()
	w.Stop()
	st, err := store.Open(w.Dir)
	must(t, err)
	defer st.Close()
	changes, err := st.ChangesWithRecords(t.Context(), 0, 100, 1<<20)
	must(t, err)
	x := &backend{store: st, dir: filepath.Join(w.Dir, "other")}
	x.cur, err = x.create(x.dir)
	must(t, err)
	defer x.Close()
	for i := range changes {
		must(t, x.cur.Take(t.Context(), changes[i:i+1]))
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			must(t, x.Rest(t.Context()))
			files, err := filepath.Glob(filepath.Join(x.dir, "store", "*.zap"))
			must(t, err)
			if len(files) == len(x.cur.shown.columns) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d files are there for %d segments", len(files), len(x.cur.shown.columns))
			}
		}
	}
}
