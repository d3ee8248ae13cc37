package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

func checked(t testing.TB, s *Store) []string {
	t.Helper()
	var found []string
	var done, total uint64
	if err := s.Check(t.Context(), func(v Violation) { found = append(found, v.String()) }, func(d, of uint64) { done, total = d, of }); err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 && (done != total || total == 0) {
		t.Errorf("it has seen %d rows of %d", done, total)
	}
	return found
}

// kept is a store with a row of each kind: copies, revisions, a duplicate, a failure, a takedown, a hold, an article apart.
func kept(t testing.TB, dir string) *Store {
	t.Helper()
	s := opened(t, dir)
	text := strings.Repeat("a dispatch of which the words are enough to be compared ", 8)
	in := []Arrival{
		arrival(t, "news.example/a", text, "1"), arrival(t, "copy.example/a", text+"copied", "2"), arrival(t, "third.example/a", text+"too", "3"),
		arrival(t, "news.example/a", text+"revised", "4"), arrival(t, "news.example/a", text, "5"), arrival(t, "news.example/down", "erased", "6"),
		arrival(t, "news.example/apart", text+"apart", "7"), arrival(t, "news.example/down", "erased again", "8"),
		arrival(t, "news.example/moved", strings.Repeat("another dispatch that is long enough to be told by its words alone ", 8), "10"),
		arrival(t, "news.example/moved-here", strings.Repeat("another dispatch that is long enough to be told by its words alone ", 8), "11"),
	}
	write(t, s, in...)
	_, _, down := s.Takedown(t.Context(), in[5].Article.ID, court)
	_, held := s.PutHold(in[0].Article.ID, court)
	_, pruned := s.Prune(t.Context(), time.Now().Add(-time.Hour))
	err := errors.Join(down, held, pruned, s.SetApart(in[6].Article.ID, true), s.Checkpoint(t.Context(), "search", 3, time.Now()),
		s.Fail(t.Context(), []Failure{{Origin: in[0].Article.ID, URL: "https://news.example/failed", Reason: "no_body", Stage: "parser", Time: time.Now()}}))
	if err != nil {
		t.Fatal(err)
	}
	write(t, s, arrival(t, "news.example/down", "erased once more", "9"))
	return s
}

func TestCheck(t *testing.T) {
	s := kept(t, t.TempDir())
	if found := checked(t, s); len(found) > 0 {
		t.Fatalf("in a whole store it finds %q", found)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Check(ctx, func(Violation) {}, func(_, _ uint64) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("one that is to stop gives %v", err)
	}
	if err := s.CheckFile(t.Context(), func(v Violation) { t.Error(v) }); err != nil {
		t.Error(err)
	}
}

// Whatever row is lost, changed or added, is found, and told with the bucket that it is in or that it is missed from.
func TestCheckFindsDamage(t *testing.T) {
	s := kept(t, t.TempDir())
	// after is what is found in the store after a change to it, which is undone.
	after := func(name string, change func(b *bbolt.Bucket) error) (found []string) {
		t.Helper()
		tx, err := s.db.Begin(true)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if err := change(tx.Bucket([]byte(name))); err != nil {
			t.Fatal(err)
		}
		if err := newCheck(t.Context(), tx, func(v Violation) { found = append(found, v.String()) }, func(_, _ uint64) {}).buckets(); err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := after(string(bucketMeta), func(*bbolt.Bucket) error { return nil }); len(found) > 0 {
		t.Fatalf("in a whole store it finds %q", found)
	}
	// Other rows tell nothing of these: what was searchable when, who decided what, and what only makes finding faster.
	alone := map[string]bool{"checkpoints": true, "holds": true, "apart": true, "shingles": true, "addresses": true, "by_hand": true}
	damage := map[string]func(b *bbolt.Bucket, k, v []byte) error{
		"lost":    func(b *bbolt.Bucket, k, _ []byte) error { return b.Delete(k) },
		"changed": func(b *bbolt.Bucket, k, v []byte) error { return b.Put(k, append([]byte{'?', 7}, v...)) },
		"added": func(b *bbolt.Bucket, k, v []byte) error {
			k[len(k)-1] ^= 0x55
			return b.Put(k, v)
		},
	}
	names := slices.Sorted(maps.Keys(newCheck(t.Context(), nil, nil, nil).looks()))
	for _, name := range names {
		for how, do := range damage {
			empty := false
			found := after(name, func(b *bbolt.Bucket) error {
				k, v := b.Cursor().Last()
				if k == nil {
					t.Fatalf("there is no row in %s", name)
				}
				empty = len(v) < 2
				return do(b, bytes.Clone(k), bytes.Clone(v))
			})
			if how == "lost" && alone[name] || how == "added" && name == string(bucketAddresses) || how == "changed" && empty { // of rows that are all key, nothing reads the value
				continue
			}
			told := false
			for _, v := range found {
				told = told || how == "lost" || strings.HasPrefix(v, name+" ")
			}
			if !told {
				t.Errorf("a row is %s in %s: found is %q", how, name, found)
			}
		}
		if found := fmt.Sprint(after(string(bucketMeta), func(b *bbolt.Bucket) error { return b.Tx().DeleteBucket([]byte(name)) })); !strings.Contains(found, name+": the bucket is missing") {
			t.Errorf("without %s: %s", name, found)
		}
	}
	for _, name := range [][]byte{metaArticles, metaPlural, metaMembers, metaID} {
		if found := fmt.Sprint(after(string(bucketMeta), func(b *bbolt.Bucket) error { return b.Delete(name) })); !strings.Contains(found, "meta "+string(name)) {
			t.Errorf("without %s: %s", name, found)
		}
	}
}

// A file of which pages are damaged is told of, and takes nothing down.
func TestCheckDamagedFile(t *testing.T) {
	dir := t.TempDir()
	s := kept(t, dir)
	var used []int // pages that hold rows
	if err := s.view(func(tx *bbolt.Tx) error {
		for id := 4; ; id++ {
			p, err := tx.Page(id)
			if err != nil || p == nil {
				return err
			}
			if p.Type == "leaf" || p.Type == "branch" {
				used = append(used, id)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	told := 0
	for n := 0; n < len(used); n += 1 + len(used)/8 {
		at := used[n] * page
		bad := bytes.Clone(whole)
		for i := range page / 2 {
			bad[at+i] ^= byte(i)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, FileName), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir)
		if err != nil {
			told++
			continue
		}
		tell := func(Violation) { told++ }
		if err := errors.Join(s.CheckFile(t.Context(), tell), s.Check(t.Context(), tell, func(_, _ uint64) {})); err != nil {
			t.Error(err)
		}
		_ = s.Close()
	}
	if told == 0 {
		t.Error("nothing is told of damaged pages")
	}
}
