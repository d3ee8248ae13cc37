package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/backup"
	"dateline/services/indexer/store"
)

// problemOf sends a request that has to fail, and gives how.
func (w *world) problemOf(method, target string, header ...string) problem {
	w.t.Helper()
	resp := w.ask(method, target, header...)
	var p problem
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || p.Status != resp.StatusCode {
		w.t.Fatalf("%s %s: %s, %v", method, target, resp.Status, err)
	}
	return p
}

const decided = "?reason=court+order+12%2F2026&by=Ada+Brenn"

func TestTakedown(t *testing.T) {
	w := begin(t)
	id := w.flour.ID
	path := "/v1/articles/" + id
	w.fill(20, 100, func(i int) string { return fmt.Sprint("Rice number ", i) })
	before := w.export("")
	if resp := w.ask("POST", path+"/takedown"+decided); resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	w.settle()
	if p := w.problemOf("GET", path); p.Status != http.StatusGone || p.Tombstone == nil || p.Tombstone.ArticleID != id || p.Tombstone.Reason != "court order 12/2026" || p.Tombstone.Time.IsZero() {
		t.Errorf("the article: %+v", p)
	}
	if p := w.problemOf("GET", path+"/duplicates"); p.Status != http.StatusGone {
		t.Errorf("its copies: %+v", p)
	}
	var found struct{ Total int }
	if w.get("/v1/search?q=flour", &found); found.Total != 0 {
		t.Errorf("a search finds %d", found.Total)
	}
	var page struct{ Changes []article.Event }
	if w.get("/v1/changes?after=24", &page); len(page.Changes) != 1 || page.Changes[0].Outcome != article.OutcomeRemoved || page.Changes[0].Reason != article.Takedown {
		t.Errorf("changes %+v", page.Changes)
	}

	// What an export had selected before cannot be had again, whether it has rows already or not; what is begun anew has it not.
	for _, skip := range []string{"", "&skip=5"} {
		if p := w.problemOf("GET", "/v1/export?snapshot="+before.snapshot+skip); p.Status != http.StatusGone || p.Parameter != "snapshot" || !strings.Contains(p.Detail, "begin anew") {
			t.Errorf("the export goes on: %+v", p)
		}
	}
	if again := w.export(""); again.total != before.total-1 || bytes.Contains(again.body, []byte(id)) || bytes.Count(again.body, []byte("\n")) != again.total {
		t.Errorf("a new export has %d rows, that before %d", again.total, before.total)
	}
	// An article that came after the snapshot was not among its rows.
	w.add("late", "Late")
	w.settle()
	snapshot := w.export("q=rice").snapshot
	w.add("later", "Later")
	if resp := w.ask("POST", "/v1/articles/"+article.IDOfURL("later")+"/takedown"+decided); resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	w.settle()
	if got := w.export("q=rice&skip=5&snapshot=" + snapshot); got.total != 20 {
		t.Errorf("an export that does not concern it has %d rows", got.total)
	}
}

// An export that has announced an article which is then taken down breaks off before its place.
func TestTakedownBreaksOffExports(t *testing.T) {
	w := begin(t)
	w.fill(300, 20_000, func(i int) string { return fmt.Sprint("Rice number ", i) })
	server := httptest.NewServer(w.api.Handler())
	defer server.Close()
	resp, err := http.Get(server.URL + "/v1/export?q=rice")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	last := article.IDOfURL("fill299")
	if _, _, err := w.store.Takedown(t.Context(), last, store.Decision{Reason: "x", By: "y"}); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(resp.Body)
	if err == nil || bytes.Contains(rest, []byte(last)) {
		t.Errorf("it is whole: %v", err)
	}
}

func TestHolds(t *testing.T) {
	w := begin(t)
	path := "/v1/articles/" + w.flour.ID
	if p := w.problemOf("DELETE", path+"/hold"+decided); p.Status != http.StatusConflict || !strings.Contains(p.Detail, "not on legal hold") {
		t.Errorf("release of none: %+v", p)
	}
	if resp := w.ask("POST", path+"/hold"+decided); resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	if p := w.problemOf("POST", path+"/takedown"+decided); p.Status != http.StatusConflict || !strings.Contains(p.Detail, "by Ada Brenn: court order 12/2026") {
		t.Errorf("takedown: %+v", p)
	}
	if p := w.problemOf("POST", path+"/hold"+decided); p.Status != http.StatusConflict {
		t.Errorf("a second hold: %+v", p)
	}
	var page struct{ Holds []store.Hold }
	if w.get("/v1/holds", &page); len(page.Holds) != 1 || page.Holds[0].ArticleID != w.flour.ID || page.Holds[0].By != "Ada Brenn" {
		t.Errorf("holds %+v", page)
	}
	if resp := w.ask("DELETE", path+"/hold"+decided); resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	var log struct {
		Entries []store.Audited
		Next    uint64
	}
	if w.get("/v1/audit?after=1", &log); len(log.Entries) != 1 || log.Entries[0].Action != store.ActionRelease || log.Next != 2 {
		t.Errorf("audit log %+v", log)
	}
}

func TestKeepingRefuses(t *testing.T) {
	w := begin(t)
	path := "/v1/articles/" + w.flour.ID
	for _, c := range []struct {
		method, target, want string
		status               int
	}{
		{"POST", path + "/takedown", "reason is missing", 400},
		{"POST", path + "/takedown?reason=x", "by is missing", 400},
		{"POST", path + "/hold?by=x&reason=" + strings.Repeat("x", 501), "reason has more than 500", 400},
		{"POST", path + "/hold?by=a%0Ab&reason=x", "by is not one line", 400},
		{"POST", "/v1/articles/" + article.IDOfURL("unknown") + "/takedown" + decided, "not in the record", 404},
		{"POST", "/v1/articles/x/hold" + decided, "not in the record", 404},
		{"GET", "/v1/holds?cursor=x", "cursor", 400},
		{"GET", "/v1/changes?after=5", "change 5 is not there yet: the last is 4; begin anew", 409},
		{"GET", "/v1/changes?after=2&feed=other", "not the feed other; begin anew", 409},
	} {
		if p := w.problemOf(c.method, c.target); p.Status != c.status || !strings.Contains(p.Detail, c.want) {
			t.Errorf("%s %s: %+v", c.method, c.target, p)
		}
	}
	for method, target := range map[string]string{"POST": path + "/takedown" + decided, "DELETE": path + "/hold" + decided, "GET": "/v1/backup"} {
		for header, value := range map[string]string{"X-Forwarded-For": "192.0.2.1", "Host": "rebound.example:8080"} {
			if p := w.problemOf(method, target, header, value); p.Status != http.StatusForbidden {
				t.Errorf("%s %s from elsewhere, by %s: %+v", method, target, header, p)
			}
		}
	}
	for _, host := range []string{"localhost:8080", "[::1]:8080", "127.0.0.1"} {
		if resp := w.ask("GET", "/v1/backup", "Host", host); resp.StatusCode != http.StatusOK {
			t.Errorf("from here, as %s: %s", host, resp.Status)
		}
	}
}

// TestBackupUnderLoad backs up while articles are written as fast as they can be: what was written before the backup began is
// in it, whole, and the copy goes on as a record of its own.
func TestBackupUnderLoad(t *testing.T) {
	w := begin(t)
	w.fill(500, 2000, func(i int) string { return fmt.Sprint("Rice number ", i) })
	ctx, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	writing.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			var batch []store.Arrival
			for i := range 20 {
				url := fmt.Sprint("load", n, "/", i)
				a := *w.flour
				a.ID, a.URL, a.Text = article.IDOfURL(url), "https://news.example/"+url, strings.Repeat(url, 50)
				a.Fingerprint = article.Fingerprint(&a)
				b, err := json.Marshal(&a)
				if err != nil {
					t.Error(err)
				}
				batch = append(batch, store.Arrival{Origin: article.IDOfURL("origin" + url), Article: &a, JSON: b, Hops: []article.Hop{{Stage: "queue", Time: time.Now()}}})
			}
			if _, err := w.store.Write(context.Background(), batch); err != nil {
				t.Error(err)
			}
		}
	})
	time.Sleep(50 * time.Millisecond)
	last := w.store.LastSeq()
	server := httptest.NewServer(w.api.Handler())
	defer server.Close()
	resp, err := http.Get(server.URL + "/v1/backup")
	if err != nil {
		t.Fatal(err)
	}
	file, err := io.ReadAll(resp.Body)
	after := w.store.LastSeq()
	time.Sleep(20 * time.Millisecond)
	stop()
	writing.Wait()
	if err != nil || after < last {
		t.Fatal(err)
	}
	m, err := backup.ReadManifest(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if m.LastSeq < last || m.LastSeq > after || m.Store != w.store.ID() {
		t.Errorf("the backup is of change %d, it began after %d and ended before %d", m.LastSeq, last, after)
	}
	dir := t.TempDir()
	to, err := os.Create(filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	c, err := backup.Unpack(t.Context(), bytes.NewReader(file), to, nil)
	if err == nil {
		err = c.Check(m)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	copied, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if copied.LastSeq() != m.LastSeq {
		t.Errorf("the copy is at change %d, its manifest says %d", copied.LastSeq(), m.LastSeq)
	}
	want, err := w.store.Changes(0, int(m.LastSeq))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range want {
		r, err := copied.Record(e.Seq)
		if err != nil {
			t.Fatal(err)
		}
		if a, err := r.Decode(); err != nil || a.ID != e.ArticleID {
			t.Fatalf("record %d: %v", e.Seq, err)
		}
	}
	if err := copied.BeginAnew(m); err != nil {
		t.Fatal(err)
	}
	if copied.ID() == w.store.ID() {
		t.Error("the copy passes for the record")
	}
}

func TestOneBackupAtATime(t *testing.T) {
	w := begin(t)
	w.api.long <- struct{}{}
	if p := w.problemOf("GET", "/v1/backup"); p.Status != http.StatusServiceUnavailable {
		t.Errorf("%+v", p)
	}
	<-w.api.long
	w.api.stopOnce.Do(func() { close(w.api.stopping) })
	server := httptest.NewServer(w.api.Handler())
	defer server.Close()
	resp, err := http.Get(server.URL + "/v1/backup")
	if err == nil {
		if file, rerr := io.ReadAll(resp.Body); rerr == nil {
			t.Errorf("while the server stops, a backup of %d bytes is whole", len(file))
		}
	}
}
