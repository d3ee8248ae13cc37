package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/export"
	"dateline/services/indexer/search/bleve"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// exported is an answer to an export.
type exported struct {
	total    int
	snapshot string
	body     []byte
}

func (w *world) export(query string) exported {
	w.t.Helper()
	resp := w.ask(http.MethodGet, "/v1/export?"+query)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %s %s", query, resp.Status, body)
	}
	total, err := strconv.Atoi(resp.Header.Get(headerTotal))
	if err != nil {
		w.t.Fatal(err)
	}
	return exported{total, resp.Header.Get(headerSnapshot), body}
}

// fill stores articles in one batch, each with so many bytes that no search looks at, and waits until they are searchable.
func (w *world) fill(n, ballast int, text func(int) string) {
	w.t.Helper()
	var batch []store.Arrival
	for i := range n {
		name := fmt.Sprint("fill", i)
		a := &article.Article{
			SchemaVersion: 1, ID: article.IDOfURL(name), URL: "https://news.example/" + name, Source: "news.example", Headline: name,
			DisplayTitle: article.DisplayTitle{Text: name}, Text: text(i), BodyState: article.BodyFull, Description: strings.Repeat("x", ballast),
		}
		a.Fingerprint = article.Fingerprint(a)
		b, err := json.Marshal(a)
		if err != nil {
			w.t.Fatal(err)
		}
		w.n++
		batch = append(batch, store.Arrival{Origin: article.Origin("EXT", fmt.Sprint(w.n), 0, time.Time{}, nil), Article: a, JSON: b, Hops: []article.Hop{{Stage: "queue", Time: time.Now()}}})
	}
	if _, err := w.store.Write(context.Background(), batch); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

func (w *world) settle() {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); w.index.Cursor() < w.store.LastSeq(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("the index does not catch up")
		}
	}
}

func TestExport(t *testing.T) {
	w := begin(t)
	got := w.export("q=Mr+Balkhi&source=NEWS.example")
	var a article.Article
	if err := json.Unmarshal(got.body, &a); err != nil || got.total != 1 || a.ID != w.flour.ID || !strings.Contains(a.Text, "trebled") || bytes.Count(got.body, []byte("\n")) != 1 {
		t.Errorf("%d: %s, %v", got.total, got.body, err)
	}
	rows, err := csv.NewReader(bytes.NewReader(w.export("format=csv").body)).ReadAll()
	if err != nil || len(rows) != 4 || rows[1][11] != "bread" || rows[3][11] != "flour" { // in the order of what is the latest
		t.Errorf("%q, %v", rows, err)
	}
	if b := w.export("format=csv&bom=true&q=nothing"); b.total != 0 || !bytes.HasPrefix(b.body, []byte("\xef\xbb\xbfid,")) {
		t.Errorf("%d: %q", b.total, b.body)
	}
	for _, f := range export.Formats {
		resp := w.ask(http.MethodHead, "/v1/export?format="+string(f))
		body, err := io.ReadAll(resp.Body)
		if err != nil || len(body) > 0 || resp.Header.Get(headerTotal) != "3" || resp.Header.Get("Content-Type") != f.ContentType() {
			t.Errorf("HEAD of %s: %s, %d bytes, %v", f, resp.Header, len(body), err)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	w := begin(t)
	csvSnapshot := w.export("format=csv&q=flour").snapshot
	for query, want := range map[string]string{
		"format=xml":     `"xml" is not one of`,
		"bom=true":       "bom is of csv only",
		"bom=1":          `"1" is neither`,
		"q=title:":       "q",
		"from=yesterday": "from ",
		"sort=date":      "unknown parameter",
		"skip=1":         "skip needs the snapshot",
		"skip=-1":        `"-1" is not a number`,
		"snapshot=x":     "snapshot is not one that this API gave",
		"format=csv&q=bread&snapshot=" + csvSnapshot:                                       "snapshot belongs to an export with other",
		"q=flour&snapshot=" + csvSnapshot:                                                  "snapshot belongs to an export with other",
		"format=csv&q=flour&skip=2&snapshot=" + csvSnapshot:                                "skip passes over 2 of 1",
		"format=parquet&skip=1&snapshot=" + w.export("format=parquet").snapshot:            "begun anew from its snapshot",
		"snapshot=" + encodeSnapshot(99, requestID(t, w.export("").snapshot)) + "&format=": "of another record",
		"format=csv&q=flour&snapshot=" + strings.Repeat("A", 30):                           "is not one that this API gave",
		"format=csv&q=flour&snapshot=" + csvSnapshot + "&snapshot=" + csvSnapshot:          "more than once",
		"format=csv&q=flour&snapshot=" + csvSnapshot + "&source=news.example":              "other parameters",
		"format=csv&bom=true&q=flour&snapshot=" + csvSnapshot:                              "other parameters",
		"format=csv&q=" + url.QueryEscape(strings.Repeat("x ", 2000)) + "&snapshot=" + "":  "longer than",
	} {
		resp := w.ask(http.MethodGet, "/v1/export?"+query)
		var p problem
		if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || resp.StatusCode != http.StatusBadRequest || !strings.Contains(p.Detail, want) {
			t.Errorf("%s: %s %q, %v; want %q", query, resp.Status, p.Detail, err, want)
		}
	}
}

// requestID is the part of a snapshot that names the request.
func requestID(t *testing.T, snapshot string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(snapshot)
	if err != nil || len(b) < 9 {
		t.Fatalf("snapshot %q: %v", snapshot, err)
	}
	return b[9:]
}

// An export that broke off goes on with the same bytes, while articles come and are revised, and from another process
// over the same record.
func TestExportResumes(t *testing.T) {
	w := begin(t)
	w.fill(300, 0, func(i int) string { return fmt.Sprintf("Flour number %d\nis \"dear\".", i) })
	for i, f := range export.Formats {
		query := "q=flour+-salt&format=" + string(f)
		whole := w.export(query)
		total := 301 + i - 2*min(i, 1) // each turn adds one, and the first takes two away
		if whole.total != total {
			t.Fatalf("%s: %d records, want %d", f, whole.total, total)
		}
		w.add("fill8", fmt.Sprintf("Nothing of it, says %s.", f))
		w.add("new"+string(f), "Flour of another day.")
		w.add("fill7", fmt.Sprintf("Revised for %s.", f))
		w.settle()
		w.api = New(w.store, w.index, nil, prometheus.NewRegistry(), w.api.log)
		if i == 0 {
			w.index.Rebuild()
			for w.index.Rebuilding() {
				time.Sleep(time.Millisecond)
			}
		}
		again := w.export(query + "&snapshot=" + whole.snapshot)
		if again.total != whole.total || again.snapshot != whole.snapshot || !bytes.Equal(again.body, whole.body) {
			t.Errorf("%s: another file from the same snapshot: %d of %d bytes", f, len(again.body), len(whole.body))
		}
		if !f.Resumable() {
			continue
		}
		for _, skip := range []int{1, 150, total} {
			tail := w.export(fmt.Sprintf("%s&snapshot=%s&skip=%d", query, whole.snapshot, skip))
			if tail.total != total || !bytes.HasSuffix(whole.body, tail.body) || (skip == total && f != export.Markdown && len(tail.body) > 0) {
				t.Errorf("%s without the first %d: %d bytes that are not the end of %d", f, skip, len(tail.body), len(whole.body))
			}
		}
		if newer := w.export(query); newer.total == whole.total && newer.snapshot == whole.snapshot {
			t.Errorf("%s: a new export is of the old snapshot", f)
		}
	}
}

// While articles come, each export has as many rows as it says, no article twice, and all that a search had counted
// before, at least.
func TestExportWhileStoring(t *testing.T) {
	w := begin(t)
	w.fill(500, 0, func(i int) string { return fmt.Sprintf("Flour %d.", i) })
	ctx, cancel := context.WithCancel(context.Background())
	var storing sync.WaitGroup
	storing.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			w.add(fmt.Sprintf("more%d", n%50), fmt.Sprintf("Flour for the %dth time.", n))
		}
	})
	defer storing.Wait()
	defer cancel()
	for range 8 {
		var before struct{ Total int }
		w.get("/v1/search?q=flour&limit=1", &before)
		got := w.export("q=flour")
		var after struct{ Total int }
		w.get("/v1/search?q=flour&limit=1", &after)
		ids := map[string]bool{}
		lines := bufio.NewScanner(bytes.NewReader(got.body))
		lines.Buffer(nil, 1<<20)
		n := 0
		for ; lines.Scan(); n++ {
			var a article.Article
			if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
				t.Fatal(err)
			}
			ids[a.ID] = true
		}
		if n != got.total || len(ids) != n || n < before.Total || n > after.Total {
			t.Errorf("%d rows of %d articles, announced are %d; a search found %d before and %d after", n, len(ids), got.total, before.Total, after.Total)
		}
	}
}

// A reader that has taken a part sees an export break off where the indexer stops, rather than end.
func TestExportBreaksOff(t *testing.T) {
	w := begin(t)
	w.fill(400, 50_000, func(i int) string { return fmt.Sprintf("Flour %d.", i) }) // more than sockets hold
	base, stop := w.served()
	resp, err := http.Get(base + "/v1/export?q=flour")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get(headerTotal) != "401" {
		t.Errorf("announced are %s", resp.Header.Get(headerTotal))
	}
	in := bufio.NewReader(resp.Body)
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	rest, err := io.ReadAll(in)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("after %d bytes more: %v, want an unexpected end", len(rest), err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if n := testutil.ToFloat64(w.api.metrics.exports.WithLabelValues("jsonl", outcomeBroken)); n != 1 {
		t.Errorf("%v are counted as broken", n)
	}
	if n := testutil.ToFloat64(w.api.metrics.exportRows.WithLabelValues("jsonl")); n < 1 || n > 400 {
		t.Errorf("%v rows are counted", n)
	}
}

// The slots of readers who leave are free again; more than there may be are told to come back.
func TestExportSlots(t *testing.T) {
	w := begin(t)
	w.fill(400, 50_000, func(i int) string { return fmt.Sprintf("Flour %d.", i) })
	base, _ := w.served()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	get := func() *http.Response {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/v1/export", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	for range maxExports {
		resp := get()
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatal(resp.Status)
		}
	}
	resp := get()
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %s", resp.Status)
	}
	cancel() // all of them leave
	ctx = context.Background()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		resp := get()
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("slots of readers who left are not free")
		}
	}
}

// An index that is made anew says so, until it is as far as the snapshot.
func TestExportWithIndexBehind(t *testing.T) {
	dir := t.TempDir()
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	log := slog.New(slog.DiscardHandler)
	ix, err := bleve.Open(st, dir, reg, log) // and nobody runs it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(ix.Close(), st.Close()); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, api: New(st, ix, nil, reg, log), store: st, index: ix}
	w.add("flour", "Flour doubled.")
	now := w.export("")
	if now.total != 0 {
		t.Errorf("%d records of what is not searchable", now.total)
	}
	resp := w.ask(http.MethodGet, "/v1/export?snapshot="+encodeSnapshot(1, requestID(t, now.snapshot)))
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("as of a change that is not searchable: %s", resp.Status)
	}
}
