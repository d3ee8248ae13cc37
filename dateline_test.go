package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/cli"
	"dateline/pkg/queue"
)

// command runs the dateline command in this process, as main does, and returns what it wrote and its exit code.
func command(t *testing.T, in string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, errs syncBuffer // to which what else runs here logs too
	code = run(ctx, args, &cli.Terminal{In: strings.NewReader(in), Out: &out, Err: &errs})
	return out.String(), errs.String(), code
}

// upProcess is `dateline up` in this process.
type upProcess struct {
	nats, api, admin string
	data             string
	stop             func() (code int)
}

// syncBuffer takes what goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// start runs a long-lived command until stop, which returns its exit code.
func start(t *testing.T, out io.Writer, args ...string) (stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	errs := new(syncBuffer)
	go func() { ended <- run(ctx, args, &cli.Terminal{In: strings.NewReader(""), Out: out, Err: errs}) }()
	var once sync.Once
	var code int
	stop = func() int {
		once.Do(func() {
			cancel()
			select {
			case code = <-ended:
			case <-time.After(time.Minute):
				t.Errorf("%s does not stop", args[0])
			}
		})
		return code
	}
	t.Cleanup(func() {
		if stop() != 0 {
			t.Errorf("%s ended with %d: %s", args[0], code, errs)
		}
	})
	return stop
}

func startUp(t *testing.T, data string, more ...string) *upProcess {
	t.Helper()
	u := &upProcess{nats: freeAddr(t), api: freeAddr(t), admin: freeAddr(t), data: data}
	out := new(syncBuffer)
	u.stop = start(t, out, append([]string{
		"up", "--data", data, "--nats-listen", u.nats, "--api-addr", u.api, "--admin-addr", u.admin, "--max-store", "1GB",
	}, more...)...)
	wait(t, "up to be up", func() bool { return strings.Contains(out.String(), "Dateline is up") })
	return u
}

func wait(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

// publish runs `dateline publish` on a text from standard input.
func (u *upProcess) publish(t *testing.T, in string, more ...string) (stdout, stderr string, code int) {
	t.Helper()
	return command(t, in, append([]string{"publish", "--nats-url", "nats://" + u.nats, "--publisher", "test"}, append(more, "-")...)...)
}

func (u *upProcess) search(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, code := command(t, "", append([]string{"search", "--api", "http://" + u.api}, args...)...)
	if code != 0 {
		t.Fatalf("search %q: %s", args, errs)
	}
	return out
}

func (u *upProcess) ready(t *testing.T) (ok bool, report string) {
	t.Helper()
	resp, err := http.Get("http://" + u.admin + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode == http.StatusOK, string(b)
}

func shared(t *testing.T, path string) string {
	t.Helper()
	root := os.Getenv("DATELINE_SHARED")
	if root == "" {
		root = "../shared"
	}
	path = filepath.Join(root, path)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not here; DATELINE_SHARED says where it is", path)
	}
	return path
}

func TestTheSeedArticle(t *testing.T) {
	file := shared(t, "samples/rasc-2024-11-06.txt")
	u := startUp(t, t.TempDir())
	publish := []string{"publish", "--nats-url", "nats://" + u.nats, "--publisher", "rasc", "--published", "2024-11-06", file}
	out, errs, code := command(t, "", publish...)
	if code != 0 || !strings.Contains(out, "1 accepted, 0 duplicate, 0 rejected") {
		t.Fatalf("%s%s exit %d", out, errs, code)
	}
	wait(t, "the article to be searchable", func() bool { return strings.Contains(u.search(t, "Balkhi"), "1 of 1 found") })
	if out := u.search(t, "Balkhi"); !strings.Contains(out, "**Balkhi**, spokesperson") {
		t.Errorf("no snippet with the hit marked:\n%s", out)
	}
	var found struct {
		Hits []struct{ Article article.Article }
	}
	if err := json.Unmarshal([]byte(u.search(t, "--json", "Balkhi")), &found); err != nil {
		t.Fatal(err)
	}
	a := found.Hits[0].Article
	if a.Agency != "RASC News Agency" || a.InLanguage != "en" || a.Headline != "" || !a.DisplayTitle.Derived || len(a.Body) != 4 {
		t.Errorf("agency %q, language %q, headline %q, title %+v, %d paragraphs", a.Agency, a.InLanguage, a.Headline, a.DisplayTitle, len(a.Body))
	}
	if d := a.DatePublished; d == nil || d.String() != "2024-11-06" || d.Precision != article.Day {
		t.Errorf("date published %+v", d)
	}
	if len(a.DateMentions) != 1 || a.DateMentions[0].Raw != "Wednesday November 6" || a.DateMentions[0].String() != "2024-11-06" {
		t.Errorf("mentions %+v", a.DateMentions)
	}
	if out, _, code := command(t, "", publish...); code != 0 || !strings.Contains(out, "duplicate  "+a.ID) {
		t.Errorf("published again: %s exit %d", out, code)
	}
	var status struct {
		LastSeq uint64 `json:"last_seq"`
	}
	if err := getJSON(t.Context(), "http://"+u.api+"/v1/status", &status); err != nil || status.LastSeq != 1 {
		t.Errorf("the change feed is at %d after a duplicate, %v", status.LastSeq, err)
	}
	wait(t, "the trace to say that it is searchable", func() bool { // which the index notes a moment after it is
		out, _, _ := command(t, "", "show", "--api", "http://"+u.api, "--trace", a.ID)
		return strings.Contains(out, "searchable")
	})
	if out, errs, code := command(t, "", "reindex", "--api", "http://"+u.api); code != 0 || !strings.Contains(out, "1 articles indexed anew") {
		t.Errorf("reindex: %s%s", out, errs)
	}
	if out, errs, code := command(t, "", "status", "--api", "http://"+u.api, "--nats-url", "nats://"+u.nats); code != 0 || !strings.Contains(out, "1 articles in") {
		t.Errorf("status: %s%s", out, errs)
	}
}

func TestBadInputIsToldApart(t *testing.T) {
	u := startUp(t, t.TempDir())
	for _, c := range []struct {
		name, in string
		args     []string
		want     string
	}{
		{"empty body", "", nil, "body: is empty"},
		{"20 MB body", strings.Repeat("a", 20<<20), nil, "larger than the"},
		{"invalid UTF-8", "caf\xe9", nil, "not valid UTF-8 at byte 3"},
		{"broken JSON", `{"schema_version":1,`, nil, "broken JSON at byte"},
		{"wrong content type", "x", []string{"--content-type", "image/png"}, `"image/png" is not accepted`},
		{"JSON without URL and id", `{"schema_version":1,"text":"x"}`, nil, "url: is missing, and so is an id"},
		{"HTML without URL and id", "<p>x</p>", nil, "url: is missing, and so is an id"},
		{"bad URL", "x", []string{"--url", "htp:/x"}, "Dateline-Url"},
		{"unknown schema version", `{"schema_version":9,"id":"1"}`, nil, "schema_version: 9 is not known"},
		{"date in the future", "x", []string{"--published", "2124-01-01"}, "more than a day in the future"},
		{"no date", "x", []string{"--published", "soon"}, `"soon" is not a date`},
	} {
		out, errs, code := u.publish(t, c.in, c.args...)
		if code != 1 || !strings.Contains(out, c.want) || !strings.Contains(out, "1 rejected") {
			t.Errorf("%s: exit %d, want %q in:\n%s%s", c.name, code, c.want, out, errs)
		}
	}
	if _, errs, code := u.publish(t, "x", "--publisher", "Bad.Name"); code != 2 || !strings.Contains(errs, `"Bad.Name"`) {
		t.Errorf("illegal publisher: exit %d, %s", code, errs)
	}
	// What the command would not send, another client does: the subject's publisher is judged too, and answered.
	q, err := queue.Connect(t.Context(), queue.Config{URL: "nats://" + u.nats}, "publisher", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if _, err := q.Publish(t.Context(), queue.Message{Subject: "ext.BAD", ID: "m1", Body: []byte("text")}); err != nil {
		t.Fatal(err)
	}
	wait(t, "a receipt for an illegal publisher", func() bool {
		d, err := q.Last(t.Context(), "receipts.BAD.m1")
		return err == nil && strings.Contains(string(d.Body), `"rejected"`)
	})
	// Nothing of it is lost: all but the two that were never sent are dead letters with their payload.
	status, err := q.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range status {
		if s.Name == "DLQ" && s.Messages != 11 {
			t.Errorf("%d dead letters, want 11", s.Messages)
		}
	}
}

func TestWhatIsInUseIsNamed(t *testing.T) {
	u := startUp(t, t.TempDir())
	for _, c := range []struct {
		what string
		args []string
		want string
	}{
		{"data directory", []string{"--data", u.data}, "in use by another dateline process"},
		{"queue's port", []string{"--nats-listen", u.nats}, "--nats-listen: listen tcp " + u.nats},
		{"API's port", []string{"--api-addr", u.api}, "--api-addr: listen tcp " + u.api},
		{"admin port", []string{"--admin-addr", u.admin}, "--admin-addr: listen tcp " + u.admin},
	} {
		args := append([]string{"up", "--data", t.TempDir(), "--nats-listen", "127.0.0.1:0", "--api-addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0"}, c.args...)
		if _, errs, code := command(t, "", args...); code != 1 || !strings.Contains(errs, c.want) {
			t.Errorf("%s in use: exit %d, want %q in %s", c.what, code, c.want, errs)
		}
	}
}

func TestConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("nats-token: s3cret\nparser-workers: 2\nparser-batch: 30\nindex-batch: 7\n")
	t.Setenv("DATELINE_PARSER_BATCH", "40")
	t.Setenv("DATELINE_INDEX_BATCH", "8")
	out, errs, code := command(t, "", "--config", file, "config", "--index-batch", "9")
	if code != 0 {
		t.Fatal(errs)
	}
	for _, want := range []string{`parser-workers: "2"`, "# file", `parser-batch: "40"`, "# DATELINE_PARSER_BATCH", `index-batch: "9"`, "# flag", "nats-token: '********'"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "s3cret") {
		t.Error("a secret is printed")
	}
	for _, c := range []struct{ yaml, want string }{
		{"parser-wokers: 2\n", `line 1: unknown key "parser-wokers"`},
		{"parser-workers: two\n", "--parser-workers"},
		{"max-store: 5x\n", `--max-store: "5x" is not a size`},
		{"parser-workers: {a: 1}\n", `key "parser-workers"`},
		{"- a\n", "not a mapping"},
		{"parser-workers: 1\nparser-workers: 2\n", "stands twice"},
		{"parser-workers: [\n", "yaml"},
	} {
		write(c.yaml)
		if _, errs, code := command(t, "", "--config", file, "config"); code != 2 || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit %d, want %q in %s", c.yaml, code, c.want, errs)
		}
	}
	write("")
	if _, errs, code := command(t, "", "--config", file, "version"); code != 0 {
		t.Errorf("an empty file: %s", errs)
	}
	t.Setenv("DATELINE_PARSER_WORKRES", "1")
	if _, errs, _ := command(t, "", "version"); !strings.Contains(errs, "DATELINE_PARSER_WORKRES") {
		t.Errorf("an unknown variable is not told of: %s", errs)
	}
	t.Setenv("DATELINE_CONFIG", filepath.Join(t.TempDir(), "none.yaml"))
	if _, errs, code := command(t, "", "version"); code != 2 || !strings.Contains(errs, "none.yaml") {
		t.Errorf("a missing DATELINE_CONFIG: exit %d, %s", code, errs)
	}
}

// Services that start before the queue, or lose it, go on when it is there, and nothing is lost.
func TestNATSIsDownAtStartAndGoesAway(t *testing.T) {
	nats, api, dir := freeAddr(t), freeAddr(t), t.TempDir()
	url := "nats://" + nats
	start(t, io.Discard, "parser", "--nats-url", url, "--admin-addr", "127.0.0.1:0")
	start(t, io.Discard, "indexer", "--nats-url", url, "--admin-addr", "127.0.0.1:0", "--api-addr", api, "--data", filepath.Join(dir, "index"))
	if _, errs, code := command(t, "text", "publish", "--nats-url", url, "--timeout", "300ms", "--publisher", "test", "-"); code != 1 || !strings.Contains(errs, "no connection within --timeout 300ms") {
		t.Errorf("publishing without a queue: exit %d, %s", code, errs)
	}
	startNATS := func() func() int {
		return start(t, io.Discard, "nats", "--data", filepath.Join(dir, "nats"), "--nats-listen", nats, "--admin-addr", "127.0.0.1:0", "--max-store", "1GB")
	}
	publish := func(text string) {
		t.Helper()
		if out, errs, code := command(t, text, "publish", "--nats-url", url, "--publisher", "test", "-"); code != 0 {
			t.Errorf("%s: exit %d, %s%s", text, code, out, errs)
		}
	}
	stop := startNATS()
	publish("The first article.")
	stop()
	time.Sleep(3 * time.Second)
	startNATS()
	publish("The second article.")
	wait(t, "both articles", func() bool {
		out, _, code := command(t, "", "search", "--api", "http://"+api, "article")
		return code == 0 && strings.Contains(out, "2 of 2 found")
	})
}

func TestPublishingManyFiles(t *testing.T) {
	u := startUp(t, t.TempDir())
	dir := t.TempDir()
	args := []string{"publish", "--nats-url", "nats://" + u.nats, "--publisher", "test"}
	for i := range 250 {
		file := filepath.Join(dir, fmt.Sprintf("%03d.txt", i))
		text := fmt.Sprintf("Article number %d.", i%240) // the last ten are the first ten again
		if i == 100 {
			text = ""
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	var out, errs syncBuffer
	code := run(t.Context(), args, &cli.Terminal{Out: &out, Err: &errs, Interactive: true})
	if code != 1 || !strings.Contains(out.String(), "250 published: 239 accepted, 10 duplicate, 1 rejected") || !strings.Contains(out.String(), "100.txt: body: is empty") {
		t.Errorf("exit %d: %s", code, out.String())
	}
	if !strings.Contains(errs.String(), "publishing") {
		t.Errorf("no progress: %s", errs.String())
	}
}

func TestAddRefusesWhatIsNoWebAddress(t *testing.T) {
	for _, bad := range []string{"ftp://example.org/a", "no address", "http://"} {
		out, _, code := command(t, "", "add", bad)
		if code != 1 || !strings.Contains(out, "rejected   "+bad) {
			t.Errorf("%s: exit %d, %s", bad, code, out)
		}
	}
	if _, errs, code := command(t, "", "add", "--nats-url", "nats://"+freeAddr(t), "--timeout", "200ms", "https://example.org/a"); code != 1 || !strings.Contains(errs, "no connection within") {
		t.Errorf("exit %d, %s", code, errs)
	}
}
