package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/cli"
	"dateline/pkg/queue"
	"dateline/pkg/weburl"
)

var kills = flag.Int("kills", 15, "how often the crash tests kill a process")

// TestMain lets the test binary be the dateline command, so that the crash tests run the code under test as processes.
func TestMain(m *testing.M) {
	if os.Getenv("AS_DATELINE") != "" {
		os.Exit(run(context.Background(), os.Args[1:], &cli.Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}
	os.Exit(m.Run())
}

// TestCrashServices kills each service and the NATS server, each a process of its own, with SIGKILL at random points,
// again and again, while articles are published and pages are fetched; then nothing may be lost or doubled.
func TestCrashServices(t *testing.T) {
	c := newCrash(t)
	nats, api := freeAddr(t), freeAddr(t)
	c.api, c.nats = "http://"+api, "nats://"+nats
	c.start("nats", "nats", "--data", filepath.Join(c.dir, "nats"), "--nats-listen", nats, "--max-store", "2GB", "--admin-addr", freeAddr(t))
	c.start("fetcher", "fetcher", "--nats-url", c.nats, "--admin-addr", freeAddr(t), "--fetch-allow-loopback", "--fetch-host-delay", "1ms", "--fetch-address-rate", "0")
	c.start("parser", "parser", "--nats-url", c.nats, "--admin-addr", freeAddr(t))
	c.start("indexer", "indexer", "--nats-url", c.nats, "--admin-addr", freeAddr(t), "--api-addr", api, "--data", filepath.Join(c.dir, "index"))
	c.run(*kills, 400*time.Millisecond)
}

// TestCrashUp does the same to the all-in-one process.
func TestCrashUp(t *testing.T) {
	c := newCrash(t)
	nats, api := freeAddr(t), freeAddr(t)
	c.api, c.nats = "http://"+api, "nats://"+nats
	c.start("up", "up", "--data", filepath.Join(c.dir, "data"), "--nats-listen", nats, "--max-store", "2GB", "--admin-addr", freeAddr(t),
		"--api-addr", api, "--fetch-allow-loopback", "--fetch-host-delay", "1ms", "--fetch-address-rate", "0")
	c.run(max(*kills/5, 3), 1500*time.Millisecond) // with it the queue is away, so there has to be time to publish
}

// TestCrashPartitions has indexers share a record in partitions. Under load they are killed, one at a time, and come back at
// once or only when the others have taken their partitions over; and another one joins.
func TestCrashPartitions(t *testing.T) {
	c := newCrash(t)
	nats := freeAddr(t)
	c.nats = "nats://" + nats
	c.start("nats", "nats", "--data", filepath.Join(c.dir, "nats"), "--nats-listen", nats, "--max-store", "2GB", "--admin-addr", freeAddr(t), "--partitions", "4")
	c.start("fetcher", "fetcher", "--nats-url", c.nats, "--admin-addr", freeAddr(t), "--fetch-allow-loopback", "--fetch-host-delay", "1ms", "--fetch-address-rate", "0")
	c.start("parser", "parser", "--nats-url", c.nats, "--admin-addr", freeAddr(t))
	c.names = nil // only indexers are killed
	indexer := func(name string) (admin string) {
		api, admin := freeAddr(t), freeAddr(t)
		c.api = "http://" + api
		c.start(name, "indexer", "--nats-url", c.nats, "--admin-addr", admin, "--api-addr", api, "--data", filepath.Join(c.dir, "index"))
		return admin
	}
	ready := func(admin string) {
		t.Helper()
		wait(t, "an indexer is ready", func() bool {
			resp, err := http.Get("http://" + admin + "/readyz")
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			return resp.StatusCode == http.StatusOK
		})
	}
	indexer("one")
	ready(indexer("two"))

	ctx, stop := context.WithCancel(t.Context())
	var publishing sync.WaitGroup
	publishing.Go(func() { c.publish(ctx) })
	n, moves := max(*kills/10, 1), []move(nil)
	for i := range n {
		time.Sleep(500*time.Millisecond + rand.N(500*time.Millisecond))
		c.awaitPublished()
		time.Sleep(rand.N(8 * time.Millisecond))
		name := c.names[rand.IntN(len(c.names))]
		p := c.procs[name]
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatalf("%s died by itself: %v", name, err)
		}
		if state, err := p.cmd.Process.Wait(); err == nil && state.Exited() {
			t.Fatalf("%s ended by itself: %v", name, state)
		}
		for p := range 4 {
			moves = append(moves, move{time.Now(), name, fmt.Sprint(p), "closed"})
		}
		if i == 0 {
			ready(indexer("three"))
		}
		if i%2 == 0 { // the others have noticed by then
			time.Sleep(7 * time.Second)
		}
		c.launch(name)
	}
	stop()
	publishing.Wait()
	t.Logf("%d kills; %d publications and pages accepted", n, c.accepted())
	c.check()
	var status struct {
		Partitions []struct {
			Indexer string `json:"indexer"`
		} `json:"partitions"`
	}
	if err := c.get("/v1/status", nil, &status); err != nil || len(status.Partitions) != 4 {
		t.Errorf("partitions are %+v, %v", status, err)
	}
	for _, name := range c.names {
		moves = append(moves, c.moves(name)...)
	}
	slices.SortStableFunc(moves, func(a, b move) int { return a.at.Compare(b.at) })
	holder, opened := map[string]string{}, 0
	for _, m := range moves {
		switch {
		case m.way == "opened" && holder[m.partition] != "":
			t.Errorf("%s opened partition %s, which %s had open", m.name, m.partition, holder[m.partition])
		case m.way == "opened":
			holder[m.partition] = m.name
			opened++
		case holder[m.partition] == m.name:
			delete(holder, m.partition)
		}
	}
	t.Logf("partitions were opened %d times", opened)
	if opened < 5 {
		t.Error("no partition changed hands")
	}
}

// move is a partition being opened or closed by a process.
type move struct {
	at                   time.Time
	name, partition, way string
}

var moved = regexp.MustCompile(`time=(\S+) .*msg="partition is (opened|closed)" .*partition=(\d+)`)

// moves reads them from an indexer's log.
func (c *crash) moves(name string) (all []move) {
	b, err := os.ReadFile(c.procs[name].log.Name())
	if err != nil {
		c.t.Fatal(err)
	}
	for _, m := range moved.FindAllStringSubmatch(string(b), -1) {
		at, err := time.Parse(time.RFC3339, m[1])
		if err != nil {
			c.t.Fatal(err)
		}
		all = append(all, move{at, name, m[3], m[2]})
	}
	return all
}

// crash is one crash test.
type crash struct {
	t         *testing.T
	dir       string
	api, nats string
	site      *httptest.Server
	names     []string
	procs     map[string]*proc

	published chan struct{} // after each batch
	mu        sync.Mutex
	expected  map[string]accepted // by article id
}

// accepted is what the queue has acknowledged.
type accepted struct {
	word        string // only its text has it
	publication string // id of the message, for its receipt; empty for pages
}

type proc struct {
	args []string
	cmd  *exec.Cmd
	log  *os.File
}

func newCrash(t *testing.T) *crash {
	if testing.Short() {
		t.Skip("crash tests take a minute")
	}
	c := &crash{t: t, dir: t.TempDir(), procs: map[string]*proc{}, published: make(chan struct{}, 1), expected: map[string]accepted{}}
	c.site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><html lang=en><head><title>Page %[1]s</title></head><body><article><h1>Page %[1]s</h1><p>%[2]s</p><p>%[2]s The word of this page is %[1]s, and no other page has it.</p></article></body></html>",
			strings.TrimPrefix(r.URL.Path, "/"), strings.Repeat("The council met on Tuesday to talk about the bridge, and did not come to an end. ", 5))
	}))
	t.Cleanup(c.site.Close)
	t.Cleanup(func() {
		for _, p := range c.procs {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
			p.log.Close()
		}
		if t.Failed() {
			for name, p := range c.procs {
				b, _ := os.ReadFile(p.log.Name())
				t.Logf("the last of %s's log:\n%s", name, b[max(0, len(b)-3000):])
			}
		}
	})
	return c
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (c *crash) start(name string, args ...string) {
	c.t.Helper()
	log, err := os.Create(filepath.Join(c.dir, name+".log"))
	if err != nil {
		c.t.Fatal(err)
	}
	c.names = append(c.names, name)
	c.procs[name] = &proc{args: args, log: log}
	c.launch(name)
}

func (c *crash) launch(name string) {
	p := c.procs[name]
	p.cmd = exec.Command(os.Args[0], p.args...)
	p.cmd.Env = append(os.Environ(), "AS_DATELINE=1")
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
}

// run kills a process n times, each after at most a pause, and then checks.
func (c *crash) run(n int, pause time.Duration) {
	began := time.Now()
	ctx, stop := context.WithCancel(c.t.Context())
	var publishing sync.WaitGroup
	publishing.Go(func() { c.publish(ctx) })

	killed := map[string]int{}
	for i := range n {
		time.Sleep(50*time.Millisecond + rand.N(pause))
		if i%2 == 0 { // every other kill comes when there is something in hand
			c.awaitPublished()
			time.Sleep(rand.N(8 * time.Millisecond))
		}
		name := c.names[rand.IntN(len(c.names))]
		p := c.procs[name]
		if err := p.cmd.Process.Kill(); err != nil {
			c.t.Fatalf("%s died by itself: %v", name, err)
		}
		if state, err := p.cmd.Process.Wait(); err == nil && state.Exited() {
			c.t.Fatalf("%s ended by itself: %v", name, state)
		}
		killed[name]++
		time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
		c.launch(name)
		if (i+1)%50 == 0 {
			c.t.Logf("%d kills in %s, %d accepted", i+1, time.Since(began).Round(time.Second), c.accepted())
		}
	}
	stop()
	publishing.Wait()
	c.t.Logf("%d kills %v in %s; %d publications and pages accepted", n, killed, time.Since(began).Round(time.Second), c.accepted())
	c.check()
}

// awaitPublished returns when the next batch has been acknowledged, or after a second without one.
func (c *crash) awaitPublished() {
	select {
	case <-c.published: // an old one
	default:
	}
	select {
	case <-c.published:
	case <-time.After(time.Second):
	}
}

func (c *crash) accepted() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.expected)
}

// publish publishes texts and queues pages until ctx ends. What the queue has acknowledged is expected of the record.
func (c *crash) publish(ctx context.Context) {
	q, err := queue.Connect(ctx, queue.Config{URL: c.nats}, "publisher", nil, nil)
	if err != nil {
		c.t.Errorf("publisher: %v", err)
		return
	}
	defer q.Close()
	for n := 0; ctx.Err() == nil; {
		var batch []queue.Message
		sent := map[string]accepted{}
		for range 1 + rand.IntN(20) {
			n++
			word := fmt.Sprintf("w%dx%08x", n, rand.Uint32())
			m, id := c.publication(word)
			a := accepted{word, m.ID}
			if n%7 == 0 {
				m, id = c.job(word)
				a.publication = ""
			}
			batch = append(batch, m)
			sent[id] = a
		}
		// The publisher does not give up: what it handed over is published in the end.
		pctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
		_, err := q.Publish(pctx, batch...)
		cancel()
		if err != nil {
			c.t.Errorf("publisher: %v", err)
			return
		}
		c.mu.Lock()
		maps.Copy(c.expected, sent)
		c.mu.Unlock()
		select {
		case c.published <- struct{}{}:
		default:
		}
		time.Sleep(time.Duration(rand.IntN(120)) * time.Millisecond)
	}
}

func (c *crash) publication(word string) (queue.Message, string) {
	body := fmt.Sprintf("Test Agency: The word of this dispatch is %s, and no other has it.\n\nIt was sent on Wednesday.", word)
	h := queue.Header{article.HeaderContentType: {"text/plain"}, article.HeaderID: {word}, article.HeaderPublished: {"2024-11-06"}}
	return queue.Message{
		Subject: queue.ExtSubject("crash"), ID: article.PublicationID("crash", h, []byte(body)), Type: article.TypePublication,
		Header: h, Body: []byte(body),
	}, article.IDOfPublication("crash", word)
}

func (c *crash) job(word string) (queue.Message, string) {
	target := c.site.URL + "/" + word
	key, err := weburl.Key(target)
	if err != nil {
		c.t.Fatal(err)
	}
	m, err := queue.Job(article.Job{URL: target, Kind: article.JobPage})
	if err != nil {
		c.t.Fatal(err)
	}
	return m, article.IDOfURL(key)
}

// check waits for the pipeline to run dry and then holds the record against what was accepted.
func (c *crash) check() {
	t := c.t
	want := c.accepted()
	q, err := queue.Connect(t.Context(), queue.Config{URL: c.nats}, "publisher", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	changes := map[string]int{}
	outcomes := map[string]article.Outcome{}
	after, last := "0", map[int]uint64{}
	deadline := time.Now().Add(5 * time.Minute)
	for settled := false; ; time.Sleep(200 * time.Millisecond) {
		var page struct {
			Changes []article.Event `json:"changes"`
			Next    json.RawMessage `json:"next"` // a number, or where the record is divided a string
		}
		if err := c.get("/v1/changes", url.Values{"after": {after}, "limit": {"1000"}}, &page); err != nil {
			if time.Now().After(deadline) {
				t.Fatalf("change feed: %v", err)
			}
			continue
		}
		for _, e := range page.Changes {
			changes[e.ArticleID]++
			outcomes[e.ArticleID] = e.Outcome
			if e.Seq != last[e.Partition]+1 {
				t.Errorf("change feed of partition %d goes from %d to %d", e.Partition, last[e.Partition], e.Seq)
			}
			last[e.Partition] = e.Seq
		}
		after = strings.Trim(string(page.Next), `"`)
		if len(page.Changes) == 0 && settled || time.Now().After(deadline) {
			break
		}
		// What a dead process held is delivered again after up to half a minute. When nothing is left, nothing can be doubled.
		settled = len(page.Changes) == 0 && c.settled(q)
	}
	lost, doubled, unsearchable, untraced, unanswered := 0, 0, 0, 0, 0
	for id, a := range c.expected {
		word := a.word
		switch n := changes[id]; {
		case n == 0:
			lost++
			continue
		case n > 1 || outcomes[id] != article.OutcomeNew:
			doubled++
			t.Errorf("%s: %d changes, the last %s", word, n, outcomes[id])
		}
		var record struct {
			Article article.Article `json:"article"`
		}
		if err := c.get("/v1/articles/"+id, nil, &record); err != nil || !strings.Contains(record.Article.Text, word) {
			lost++
			t.Errorf("%s: the record has not its text: %v", word, err)
		}
		var found struct {
			Total uint64 `json:"total"`
		}
		if err := c.get("/v1/search", url.Values{"q": {word}}, &found); err != nil || found.Total != 1 {
			unsearchable++
			t.Errorf("%s: %d search results, %v", word, found.Total, err)
		}
		var trace struct {
			Journeys []struct {
				Outcome article.Outcome `json:"outcome"`
			} `json:"journeys"`
		}
		if err := c.get("/v1/trace", url.Values{"id": {id}}, &trace); err != nil || len(trace.Journeys) != 1 || trace.Journeys[0].Outcome != article.OutcomeNew {
			untraced++
			t.Errorf("%s: trace %+v, %v", word, trace, err)
		}
		if a.publication != "" {
			var receipt article.Receipt
			if d, err := q.Last(t.Context(), queue.ReceiptSubject("crash", a.publication)); err != nil || json.Unmarshal(d.Body, &receipt) != nil || receipt.Outcome != article.Accepted || receipt.ArticleID != id {
				unanswered++
				t.Errorf("%s: receipt %+v, %v", word, receipt, err)
			}
		}
	}
	for id, n := range changes {
		if _, ok := c.expected[id]; !ok {
			t.Errorf("article %s has %d changes and was never accepted", id, n)
		}
	}
	t.Logf("of %d accepted: %d lost, %d doubled, %d not searchable, %d without their one end in the trace, %d publications without their receipt", want, lost, doubled, unsearchable, untraced, unanswered)
	if lost > 0 {
		t.Errorf("%d of %d accepted articles are lost", lost, want)
	}
}

// settled reports whether no consumer has anything left to do.
func (c *crash) settled(q *queue.Queue) bool {
	status, err := q.Status(c.t.Context())
	for _, s := range status { // in the order of the flow
		for _, k := range s.Consumers {
			if k.Waiting > 0 || k.Unacked > 0 {
				return false
			}
		}
	}
	return err == nil
}

func (c *crash) get(path string, query url.Values, v any) error {
	resp, err := http.Get(c.api + path + "?" + query.Encode())
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", path, resp.Status, bytes.TrimSpace(b))
	}
	return json.Unmarshal(b, v)
}
