package bleve

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search/searchtest"
)

// A full disk stops the index, which says so, and nothing else; after space was made it goes on by itself.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a disk, left out with -short")
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount a small file system")
	}
	dir := t.TempDir() // of the index alone, so that the record goes on
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=48m"); err != nil {
		t.Skipf("cannot mount a small file system: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	w := searchtest.BeginApart(t, open, t.TempDir(), dir)
	t.Cleanup(w.Stop) // before the file system is taken away
	noise := make([]byte, 50)
	full := func() bool {
		err := w.Index.Check(context.Background())
		return err != nil && strings.Contains(err.Error(), "waits for disk space")
	}
	w.Add(searchtest.Titled("First", "word"))
	for n := 0; !full(); n++ {
		if n == 1000 {
			t.Fatalf("the disk does not get full: %v", w.Index.Check(context.Background()))
		}
		articles := make([]article.Article, 50)
		for i := range articles {
			var text strings.Builder
			for range 20 {
				_, _ = rand.Read(noise)
				text.WriteString(hex.EncodeToString(noise) + " ")
			}
			articles[i] = searchtest.Titled("Title", text.String())
		}
		w.Add(articles...)
		time.Sleep(20 * time.Millisecond)
	}
	must(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=512m"))
	w.Add(searchtest.Titled("Last", "word"))
	w.Settle()
	if n := w.Find("q", "word").Total; n != 2 {
		t.Errorf("%d of 2 articles are found", n)
	}
	if st, err := w.Index.Stats(); err != nil || st.Documents != w.Store.LastSeq() {
		t.Errorf("%d of %d documents, %v", st.Documents, w.Store.LastSeq(), err)
	}
}
