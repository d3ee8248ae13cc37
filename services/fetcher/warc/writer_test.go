package warc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/gzip"
	gowarc "github.com/nlnwa/gowarc/v3"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

var about = Info{Software: "dateline/test", Operator: "https://example.org/bot", UserAgent: "DatelineBot/test", Robots: "classic"}

var noon = time.Date(2026, 3, 4, 12, 0, 0, 123456789, time.UTC)

// page is a capture of a page as it comes: compressed, in chunks.

func page(url, text string) *Capture {
	return &Capture{
		URL:              url,
		Request:          http.Header{"User-Agent": {"DatelineBot/test"}, "Accept-Encoding": {"gzip"}},
		Protocol:         "HTTP/1.1",
		StatusCode:       200,
		Status:           "200 OK",
		Header:           http.Header{"Content-Type": {"text/html; charset=utf-8"}, "Content-Encoding": {"gzip"}, "Connection": {"keep-alive"}, "Etag": {`"1"`}},
		TransferEncoding: []string{"chunked"},
		Body:             compress(text),
		Peer:             netip.MustParseAddr("192.0.2.7"),
		Started:          noon,
		Took:             70 * time.Millisecond,
	}
}

func compress(parts ...string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for _, p := range parts {
		_, _ = io.WriteString(z, p)
	}
	_ = z.Close()
	return b.Bytes()
}

func openWriter(t testing.TB, dir string, change ...func(*Config)) *Writer {
	t.Helper()
	cfg := Config{WARCDir: dir, WARCSize: 1e9, WARCAge: time.Hour}
	for _, c := range change {
		c(&cfg)
	}
	w, err := Open(cfg, about, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// written closes a writer and gives its only file.

func written(t testing.TB, w *Writer) string {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	names := files(t, w.cfg.WARCDir, "*.warc.gz")
	if len(names) != 1 {
		t.Fatalf("files %q", names)
	}
	return names[0]
}

func files(t testing.TB, dir, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// foreign is a record as nlnwa/gowarc reads it, which checks syntax, fields, lengths and digests.

type foreign struct {
	kind   string
	header *gowarc.WarcFields
	block  string
	offset int64
	size   int64
}

func readForeign(t testing.TB, name string) (records []foreign) {
	t.Helper()
	r, err := gowarc.NewWarcFileReader(name, 0, gowarc.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return records
		}
		if err == nil {
			_, err = rec.WarcRecord.ValidateDigest()
		}
		if err != nil || len(rec.Validation) > 0 {
			t.Fatalf("%s: record %d: %v %v", name, len(records), err, rec.Validation)
		}
		raw, err := rec.WarcRecord.Block().RawBytes()
		if err != nil {
			t.Fatal(err)
		}
		block, err := io.ReadAll(raw)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, foreign{rec.WarcRecord.Type().String(), rec.WarcRecord.WarcHeader(), string(block), rec.Offset, rec.Size})
	}
}

func TestAnIndependentReaderReadsWhatIsWritten(t *testing.T) {
	w := openWriter(t, t.TempDir())
	c := page("https://example.org/news/1?a=1&b=2", "<p>The council met.</p>")
	c.Via = "https://example.org/feed"
	if err := w.Write(c); err != nil {
		t.Fatal(err)
	}
	name := written(t, w)
	records := readForeign(t, name)
	var kinds []string
	for _, r := range records {
		kinds = append(kinds, r.kind)
	}
	if got := strings.Join(kinds, " "); got != "warcinfo request response metadata" {
		t.Fatalf("records %s", got)
	}
	info, request, response, metadata := records[0], records[1], records[2], records[3]
	if !strings.Contains(info.block, "software: dateline/test\r\n") || info.header.Get("WARC-Filename") != filepath.Base(name) {
		t.Errorf("warcinfo: %s\n%s", info.header, info.block)
	}
	if !strings.HasPrefix(request.block, "GET /news/1?a=1&b=2 HTTP/1.1\r\nHost: example.org\r\n") || !strings.HasSuffix(request.block, "\r\nUser-Agent: DatelineBot/test\r\n\r\n") {
		t.Errorf("request %q", request.block)
	}
	head := "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/html; charset=utf-8\r\nEtag: \"1\"\r\n" +
		fmt.Sprintf("Content-Length: %d\r\nX-Crawl-Transfer-Encoding: chunked\r\n\r\n", len(c.Body))
	if response.block != head+string(c.Body) {
		t.Errorf("response %q", response.block)
	}
	if metadata.block != "via: https://example.org/feed\r\nfetchTimeMs: 70\r\n" {
		t.Errorf("metadata %q", metadata.block)
	}
	id := response.header.Get("WARC-Record-ID")
	for field, want := range map[string]string{
		"WARC-Target-URI": c.URL, "WARC-Date": "2026-03-04T12:00:00.123456789Z", "WARC-IP-Address": "192.0.2.7", "WARC-Truncated": "",
		"Dateline-Payload-Digest": "sha256:",
	} {
		if got := response.header.Get(field); got != want && (want == "" || !strings.HasPrefix(got, want)) {
			t.Errorf("response: %s is %q", field, got)
		}
	}
	for _, r := range []foreign{request, metadata} {
		if r.header.Get("WARC-Concurrent-To") != id || r.header.Get("WARC-Target-URI") != c.URL {
			t.Errorf("%s: not bound to the response: %s", r.kind, r.header)
		}
	}
}

func TestRevisits(t *testing.T) {
	w := openWriter(t, t.TempDir())
	first := page("https://example.org/a", "<p>Same.</p>")
	again := page("https://example.org/b", "<p>Same.</p>")
	again.Started = noon.Add(time.Minute)
	unchanged := page("https://example.org/a", "")
	unchanged.StatusCode, unchanged.Status, unchanged.Body, unchanged.Started = 304, "304 Not Modified", nil, noon.Add(time.Hour)
	unknown := page("https://example.org/never", "")
	unknown.StatusCode, unknown.Status, unknown.Body = 304, "", nil
	cut := page("https://example.org/c", "<p>Same.</p>")
	cut.Truncated = Length
	empty := page("https://example.org/d", "")
	empty.Body = nil
	for _, c := range []*Capture{first, again, unchanged, unknown, cut, empty, empty} {
		if err := w.Write(c); err != nil {
			t.Fatal(err)
		}
	}
	if n := testutil.ToFloat64(w.metrics.records.WithLabelValues(TypeRevisit)); n != 3 {
		t.Errorf("%v revisits counted", n)
	}
	var got []foreign
	for _, r := range readForeign(t, written(t, w)) {
		if r.kind == "response" || r.kind == "revisit" {
			got = append(got, r)
		}
	}
	refers := func(r foreign) string {
		return strings.Join([]string{r.kind, filepath.Base(r.header.Get("WARC-Profile")), r.header.Get("WARC-Refers-To-Target-URI"), r.header.Get("WARC-Refers-To-Date"), r.header.Get("WARC-Truncated")}, " ")
	}
	for i, want := range []string{
		"response .   ",
		"revisit identical-payload-digest https://example.org/a 2026-03-04T12:00:00.123456789Z ",
		"revisit server-not-modified https://example.org/a 2026-03-04T12:00:00.123456789Z ",
		"revisit server-not-modified   ",
		"response .   length",
		"response .   ",
		"response .   ",
	} {
		if refers(got[i]) != want {
			t.Errorf("%d: %q instead of %q", i, refers(got[i]), want)
		}
	}
	if r := got[1]; !strings.HasSuffix(r.block, "\r\n\r\n") || strings.Contains(r.block, "\x1f\x8b") || r.header.Get("WARC-Payload-Digest") != got[0].header.Get("WARC-Payload-Digest") ||
		r.header.Get("WARC-Refers-To") != got[0].header.Get("WARC-Record-ID") {
		t.Errorf("revisit: %s\n%q", r.header, r.block)
	}
}

func TestTheMemoryOfOriginalsIsBounded(t *testing.T) {
	m := newMemory(100)
	for i := range 10_000 {
		m.add(&original{url: fmt.Sprint("https://example.org/", i), sha256: urlKey(fmt.Sprint("body ", i))})
		m.ofURL("https://example.org/0") // asked for all the time, and so not forgotten
	}
	if n := len(m.young) + len(m.old); n > 200 {
		t.Errorf("%d entries of at most 200", n)
	}
	if m.ofURL("https://example.org/0") == nil || m.ofURL("https://example.org/9999") == nil || m.ofURL("https://example.org/5000") != nil {
		t.Error("what is remembered is not what was last seen")
	}
}

// What a server sends cannot begin a field, a message or a record of its own.

func TestHostileHeaders(t *testing.T) {
	w := openWriter(t, t.TempDir())
	c := page("https://example.org/", "x")
	c.Status = "200 OK\r\nX-Evil: 1"
	c.Protocol = "HTTP/2.0"
	c.Header = http.Header{"Content-Length": {"9\r\n\r\nWARC/1.1"}, "X-A": {"b\r\nX-Evil: 2"}, "Bad Name": {"c"}, "Content-Type": {"text/html\r\nX: y"}, "X-Crawl-Content-Length": {"7"}}
	if err := w.Write(c); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []*Capture{
		{URL: "https://example.org/\r\nWARC-Type: response", StatusCode: 200, Started: noon},
		{URL: "https://example.org/ b", StatusCode: 200, Started: noon},
		{URL: "/relative", StatusCode: 200, Started: noon},
		{URL: "https://example.org/", StatusCode: 20, Started: noon},
		{URL: "https://example.org/", StatusCode: 200},
	} {
		if err := w.Write(bad); err == nil {
			t.Errorf("%q, %d was written", bad.URL, bad.StatusCode)
		}
	}
	records := readForeign(t, written(t, w))
	if len(records) != 3 {
		t.Fatalf("%d records", len(records))
	}
	if r := records[2]; strings.Contains(r.block, "\nX-Evil") || strings.Count(r.block, "X-Crawl-Content-Length") != 1 || r.header.Get("WARC-Protocol") != "h2" {
		t.Errorf("%s\n%q", r.header, r.block)
	}
}

func TestFilesAreFinishedBySizeAndAge(t *testing.T) {
	t.Run("size", func(t *testing.T) {
		dir := t.TempDir()
		w := openWriter(t, dir, func(c *Config) { c.WARCSize = 1e6 })
		var g sync.WaitGroup
		for worker := range 4 { // goroutine-safe
			g.Go(func() {
				for i := range 25 {
					c := page(fmt.Sprintf("https://example.org/%d/%d", worker, i), "")
					c.Body = noise(worker*100+i, 50_000)
					if err := w.Write(c); err != nil {
						t.Error(err)
					}
				}
			})
		}
		g.Wait()
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		urls := map[string]int{}
		names := files(t, dir, "*.warc.gz")
		for _, name := range names {
			for _, r := range readForeign(t, name) {
				if r.kind == "response" {
					urls[r.header.Get("WARC-Target-URI")]++
				}
			}
			checkIndex(t, name)
		}
		if len(names) != 5 || len(urls) != 100 || len(files(t, dir, "*.open")) != 0 || testutil.ToFloat64(w.metrics.files) != 5 {
			t.Errorf("%d files, %d of 100 captures, still open %q", len(names), len(urls), files(t, dir, "*.open"))
		}
	})
	t.Run("age", func(t *testing.T) {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			w := openWriter(t, dir, func(c *Config) { c.WARCAge = time.Minute })
			if err := w.Write(page("https://example.org/", "x")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(59 * time.Second)
			synctest.Wait()
			if n := len(files(t, dir, "*.warc.gz.open")); n != 1 {
				t.Errorf("%d open files before their age", n)
			}
			time.Sleep(2 * time.Second) // and nothing is written
			synctest.Wait()
			if n := len(files(t, dir, "*.warc.gz")); n != 1 {
				t.Errorf("%d finished files after their age", n)
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
	})
}

// noise is text that cannot be compressed.

func noise(seed, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(b)
	return b
}

// checkIndex holds the index to the file: each line leads to the record that it tells of.

func checkIndex(t *testing.T, name string) {
	t.Helper()
	index, err := os.ReadFile(strings.TrimSuffix(name, extWARC) + extCDXJ)
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]foreign{}
	for _, r := range readForeign(t, name) {
		if r.kind == "response" || r.kind == "revisit" {
			at[fmt.Sprint(r.offset)] = r
		}
	}
	n := 0
	for line := range strings.Lines(string(index)) {
		parts := strings.SplitN(line, " ", 3)
		var e struct{ URL, MIME, Status, Digest, Offset, Length, Filename string }
		if err := json.Unmarshal([]byte(parts[2]), &e); err != nil {
			t.Fatal(err)
		}
		r, ok := at[e.Offset]
		if !ok || r.header.Get("WARC-Target-URI") != e.URL || fmt.Sprint(r.size) != e.Length || e.Filename != filepath.Base(name) || "sha1:"+e.Digest != r.header.Get("WARC-Payload-Digest") && e.Digest != "" {
			t.Errorf("index line %q: record %v, %s of size %d", line, ok, r.header, r.size)
		}
		n++
	}
	if n != len(at) {
		t.Errorf("%d index lines for %d records", n, len(at))
	}
}

func TestIndex(t *testing.T) {
	w := openWriter(t, t.TempDir())
	for _, c := range []*Capture{page("https://www.Example.org:8443/News?B=1&a=2", "x"), page("http://192.0.2.1/", "x")} {
		if err := w.Write(c); err != nil {
			t.Fatal(err)
		}
	}
	name := written(t, w)
	checkIndex(t, name)
	index, err := os.ReadFile(strings.TrimSuffix(name, extWARC) + extCDXJ)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(index), "\n")
	for i, want := range []string{
		`org,example:8443)/news?b=1&a=2 20260304120000 {"url":"https://www.Example.org:8443/News?B=1&a=2","mime":"text/html","status":"200","digest":"`,
		`192.0.2.1)/ 20260304120000 {"url":"http://192.0.2.1/","mime":"warc/revisit","status":"200","digest":"`,
	} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d is %s", i, lines[i])
		}
	}
}

// fullDisk is a file on a disk with room for so many bytes.

func TestMetricsFollowTheConventions(t *testing.T) {
	reg := prometheus.NewRegistry()
	newMetrics(reg)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

// writeForeign has nlnwa/gowarc write what ours writes of a capture.
