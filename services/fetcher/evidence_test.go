package fetcher

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/warc"
)

// kept reads back what a directory of evidence holds: type, target and status line of each record with an exchange.
func kept(t *testing.T, dir, site string) (all []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.warc.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for r := warc.NewReader(f, warc.Position{}); ; {
			record, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			line, _, _ := strings.Cut(string(record.Block), "\r\n")
			if record.Type == warc.TypeResponse || record.Type == warc.TypeRevisit {
				all = append(all, fmt.Sprint(record.Type, " ", strings.TrimPrefix(record.Target(), site), " ", line))
			}
		}
	}
	return all
}

// Every exchange is kept as it was: robots.txt, redirects, errors, and answers that nothing has changed.
func TestEvidence(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	cfg := quiet()
	cfg.Evidence.WARCDir = filepath.Join(t.TempDir(), "warc")
	stop := run(t, q, cfg)
	s.on("/feed", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = fmt.Fprint(w, rss("/moved"))
	})
	s.redirect("/moved", http.StatusFound, "/page")
	s.on("/gone", status(http.StatusGone))
	watchSource(t, q, s.URL+"/feed", registry.Wish{Kind: registry.Feed})
	want(t, poll(t, q, s.URL+"/feed"), pollNotModified, 0)
	add(t, q, article.JobPage, s.URL+"/gone")
	eventually(t, "both jobs end", 10*time.Second, func() bool { p, dead := o.count(); return p == 1 && dead == 1 })
	stop()
	got := kept(t, cfg.Evidence.WARCDir, s.URL)
	wanted := []string{
		"response /robots.txt HTTP/1.1 404 Not Found", "response /feed HTTP/1.1 200 OK", "revisit /feed HTTP/1.1 304 Not Modified",
		"response /moved HTTP/1.1 302 Found", "response /page HTTP/1.1 200 OK", "response /gone HTTP/1.1 410 Gone",
	}
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		t.Errorf("kept:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(wanted, "\n"))
	}
}

// What cannot be kept is not used, and comes again until it can.
func TestEvidenceComesFirst(t *testing.T) {
	q, s := queuetest.Start(t), newPages(t)
	o := collect(t, q)
	cfg := quiet()
	dir := filepath.Join(t.TempDir(), "warc")
	cfg.Evidence.WARCDir = dir
	stop := run(t, q, cfg)
	eventually(t, "the directory is there", 10*time.Second, func() bool { _, err := os.Stat(filepath.Join(dir, "LOCK")); return err == nil })
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	add(t, q, article.JobPage, s.URL+"/page")
	eventually(t, "it is tried again", 30*time.Second, func() bool { return s.times("/robots.txt") >= 2 })
	if pages, dead := o.count(); pages+dead != 0 {
		t.Errorf("%d pages and %d dead letters of what was not kept", pages, dead)
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	eventually(t, "robots.txt is kept", 10*time.Second, func() bool { return s.times("/page") > 0 })
	o.fetched(t, "/page")
	stop()
	if got := kept(t, dir, s.URL); len(got) != 2 || !strings.HasPrefix(got[1], "response /page ") {
		t.Errorf("kept: %q", got)
	}
}
