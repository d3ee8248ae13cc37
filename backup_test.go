package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"dateline/pkg/article"
	"dateline/pkg/queue"
)

// TestBackupAndRestore backs up in the midst of a flood of articles and revisions, goes on, loses the record, and restores: all
// of it is there again, what came after the backup too, and the latest revisions are the latest.
func TestBackupAndRestore(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "record.backup")
	u := startUp(t, dir)
	var status struct {
		Articles, Documents int
		LastSeq             uint64 `json:"last_seq"`
		Cursor              uint64 `json:"search_cursor"`
	}
	ask := func() {
		t.Helper()
		if err := getJSON(t.Context(), "http://"+u.api+"/v1/status", &status); err != nil {
			t.Fatal(err)
		}
	}
	q, err := queue.Connect(t.Context(), queue.Config{URL: "nats://" + u.nats}, "publisher", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	const articles, revised, each = 400, 20, 20 // the first are published again and again, with another text
	var published atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var flood sync.WaitGroup
	flood.Go(func() {
		for i := 0; i < articles && ctx.Err() == nil; i += each {
			var batch []queue.Message
			add := func(id, text string) {
				batch = append(batch, queue.Message{
					Subject: queue.ExtSubject("test"), ID: fmt.Sprint("m", i, "-", id), Type: article.TypePublication, Body: []byte(text),
					Header: queue.Header{article.HeaderContentType: {"text/plain"}, article.HeaderID: {id}},
				})
			}
			for n := range each {
				add(fmt.Sprint(i+n), fmt.Sprintf("Dispatch %d tells of the bridge, which is open.", i+n))
			}
			for n := range revised {
				add(fmt.Sprint("again", n), fmt.Sprintf("Dispatch again %d is in version %d by now.", n, i))
			}
			if _, err := q.Publish(ctx, batch...); err != nil {
				t.Error(err)
			}
			published.Add(each)
		}
	})
	wait(t, "some articles", func() bool { ask(); return status.Articles > articles/4 })
	out, errs, code := command(t, "", "backup", "--api", "http://"+u.api, file)
	if code != 0 || !strings.Contains(out, "backed up to "+file) {
		t.Fatalf("backup: exit %d, %s%s", code, out, errs)
	}
	if published.Load() == articles {
		t.Log("the flood was over before the backup") // on a slow machine; the rest holds all the same
	}
	flood.Wait()
	const want = articles + revised - 1
	down := article.IDOfPublication("test", "0")
	latest := func(n int) string {
		t.Helper()
		var found struct {
			Article article.Article
		}
		id := article.IDOfPublication("test", fmt.Sprint("again", n))
		if err := getJSON(t.Context(), "http://"+u.api+"/v1/articles/"+id, &found); err != nil {
			t.Fatal(err)
		}
		return found.Article.Text
	}
	last := fmt.Sprintf("is in version %d by now", articles-each)
	wait(t, "all articles and revisions", func() bool {
		ask()
		for n := range revised {
			if status.Documents <= want || !strings.Contains(latest(n), last) {
				return false
			}
		}
		return true
	})
	if out, errs, code := command(t, "", "takedown", down, "--api", "http://"+u.api, "--reason", "order", "--by", "Ada"); code != 0 {
		t.Fatalf("takedown: exit %d, %s%s", code, out, errs)
	}
	told := queue.IndexedSubject("removed", "test", down)
	wait(t, "the takedown to be told", func() bool { _, err := q.Last(t.Context(), told); return err == nil })
	wait(t, "all to be searchable", func() bool { ask(); return status.Documents == want && status.Cursor == status.LastSeq })
	changes := status.LastSeq
	var feed struct {
		Feed string
		Next uint64
	}
	if err := getJSON(t.Context(), "http://"+u.api+"/v1/changes?limit=1000", &feed); err != nil || feed.Feed == "" {
		t.Fatal(err)
	}

	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"backup", "--api", "http://" + u.api, file}, "is there already"},
		{[]string{"backup", "--api", "http://" + freeAddr(t), file + "2"}, "is it running?"},
		{[]string{"restore", file, "--data", dir, "--force"}, "in use by another dateline process"},
	} {
		if out, errs, code := command(t, "", c.args...); code != 1 || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit %d, %s%s", c.args, code, out, errs)
		}
	}
	if left, _ := filepath.Glob(file + "*"); len(left) != 1 {
		t.Errorf("there are %q", left)
	}
	q.Close()
	if code := u.stop(); code != 0 {
		t.Fatal(code)
	}

	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	broken := file + ".broken"
	if err := os.WriteFile(broken, whole[:len(whole)-1000], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := command(t, "", "restore", broken, "--data", dir, "--force"); code != 1 || !strings.Contains(errs, "not a whole backup") {
		t.Errorf("a file that broke off: exit %d, %s", code, errs)
	}
	if _, errs, code := command(t, "", "restore", file, "--data", dir); code != 1 || !strings.Contains(errs, "--force replaces it") {
		t.Errorf("over a record: exit %d, %s", code, errs)
	}
	if _, errs, code := command(t, "", "restore", file, "--data", t.TempDir()); code != 0 {
		t.Errorf("elsewhere: exit %d, %s", code, errs)
	}
	if out, errs, code := command(t, "", "restore", file, "--data", dir, "--force"); code != 0 || !strings.Contains(out, "taken in again from the queue") {
		t.Fatalf("exit %d, %s%s", code, out, errs)
	}
	if _, err := os.Stat(filepath.Join(dir, "search.bleve")); err == nil {
		t.Error("the index of the old record is there still")
	}

	u = startUp(t, dir)
	wait(t, "all articles again", func() bool { ask(); return status.Documents == want && status.LastSeq == changes })
	if _, errs, code := command(t, "", "show", "--api", "http://"+u.api, down); code != 1 || !strings.Contains(errs, "taken down on") {
		t.Errorf("what was taken down after the backup: exit %d, %s", code, errs)
	}
	for n := range revised {
		if got := latest(n); !strings.Contains(got, last) {
			t.Errorf("article %d is %q, and %s", n, got, last)
		}
	}
	resp, err := http.Get(fmt.Sprintf("http://%s/v1/changes?after=%d&feed=%s", u.api, feed.Next, feed.Feed))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var p struct{ Detail string }
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || resp.StatusCode != http.StatusConflict || !strings.Contains(p.Detail, "restored") || !strings.Contains(p.Detail, "go on from there or earlier, with after=") {
		t.Errorf("a reader of the old feed is answered %s %q, %v", resp.Status, p.Detail, err)
	}
	if out, errs, code := command(t, "", "audit", "--api", "http://"+u.api); code != 0 || !strings.Contains(out, "restore") || !strings.Contains(out, "from a backup of") {
		t.Errorf("audit: exit %d, %s%s", code, out, errs)
	}
	if out, errs, code := command(t, "", "fsck", "--data", dir, "--api", "http://"+u.api); code != 0 {
		t.Errorf("fsck: exit %d, %s%s", code, out, errs)
	}
}

// TestFsck checks beside a running Dateline and in its directory after the end.
func TestFsck(t *testing.T) {
	u := startUp(t, t.TempDir())
	for i := range 5 {
		u.publish(t, fmt.Sprintf("Dispatch %d tells of the bridge.", i))
	}
	wait(t, "the articles to be searchable", func() bool { return strings.Contains(u.search(t), "5 of 5 found") })
	fsck := func() (string, string, int) {
		return command(t, "", "fsck", "--data", u.data, "--api", "http://"+u.api)
	}
	const agree = "record, change feed and search index agree\n"
	if out, errs, code := fsck(); code != 0 || out != agree || !strings.Contains(errs, "is in use: asking") {
		t.Errorf("live: exit %d, %s%s", code, out, errs)
	}
	u.stop()
	if out, errs, code := fsck(); code != 0 || out != agree {
		t.Errorf("offline: exit %d, %s%s", code, out, errs)
	}
	if err := os.RemoveAll(filepath.Join(u.data, "search.bleve")); err != nil {
		t.Fatal(err)
	}
	if out, errs, code := fsck(); code != 1 || !strings.HasPrefix(out, "search index: is made anew when the indexer runs") || !strings.Contains(out, "\n1 violations\n") {
		t.Errorf("without an index: exit %d, %s%s", code, out, errs)
	}
	if _, errs, code := command(t, "", "fsck", "--data", t.TempDir(), "--api", "http://127.0.0.1:1"); code != 1 || !strings.Contains(errs, "there is no record in") {
		t.Errorf("of nothing: exit %d, %s", code, errs)
	}
}
