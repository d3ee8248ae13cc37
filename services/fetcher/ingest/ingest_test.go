package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
	"dateline/services/fetcher/warc"

	"github.com/klauspost/compress/gzip"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 5e8, time.UTC)

func capture(url, contentType string, body []byte) *warc.Capture {
	return &warc.Capture{
		URL: url, Protocol: "HTTP/1.1", StatusCode: 200, Status: "200 OK", Header: http.Header{"Content-Type": {contentType}}, Body: body, Started: noon,
	}
}

func html(text string) []byte { return []byte("<!doctype html><title>T</title><p>" + text + "</p>") }

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

// write keeps captures in a WARC file, as the fetcher does, and gives its name.
func write(t testing.TB, captures ...*warc.Capture) string {
	t.Helper()
	dir := t.TempDir()
	w, err := warc.Open(warc.Config{WARCDir: dir, WARCSize: 1e9, WARCAge: time.Hour}, warc.Info{Software: "test"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range captures {
		if err := w.Write(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.warc.gz"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	return names[0]
}

// many are pages that cannot be compressed, so that a file of them is read in many pieces.
func many(n int) (captures []*warc.Capture) {
	for i := range n {
		noise := make([]byte, 3000)
		_, _ = rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)}).Read(noise)
		captures = append(captures, capture(fmt.Sprintf("https://example.org/%d", i), "text/html", html(fmt.Sprintf("%x", noise))))
	}
	return captures
}

// run imports, and returns what was printed.
func imported(t testing.TB, q *queue.Queue, files ...string) (out string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var b strings.Builder
	err = (&Command{Files: files}).Run(ctx, q, strings.NewReader(""), &b, nil)
	return b.String(), err
}

// pages takes all pages off RAW, as the parser does, once there have been n and none comes any more.
func pages(t *testing.T, q *queue.Queue, n int) map[string][]*article.Page {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var mu sync.Mutex
	got := map[string][]*article.Page{}
	count := 0
	last := time.Now()
	ended := make(chan error, 1)
	go func() {
		ended <- q.Consume(ctx, queue.Subscription{Consumer: queue.ParserRaw, Workers: 1, Batch: 100, Handle: func(_ context.Context, ds []*queue.Delivery) (out []queue.Outcome) {
			mu.Lock()
			defer mu.Unlock()
			for _, d := range ds {
				p, err := article.DecodePage(d.Header, d.Body)
				if err != nil {
					t.Error(err)
				} else {
					got[p.URL] = append(got[p.URL], p)
				}
				if hops := article.Hops(d.Header); len(hops) != 1 || hops[0].Stage != "fetcher" || hops[0].Outcome != "imported" {
					t.Errorf("hops %v", hops)
				}
				count, last = count+1, time.Now()
				out = append(out, queue.Done())
			}
			return out
		}})
	}()
	for {
		mu.Lock()
		enough := count >= n && time.Since(last) > 300*time.Millisecond
		mu.Unlock()
		if enough || ctx.Err() != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return got
}

func TestWhatWasFetchedComesBackAsItWas(t *testing.T) {
	q := queuetest.Start(t)
	coded := capture("https://Example.org/coded?utm_source=rss#top", "text/html; charset=utf-8", gzipped(html("coded")))
	coded.Header.Set("Content-Encoding", "gzip")
	coded.TransferEncoding = []string{"chunked"}
	cut := capture("https://example.org/cut", "text/html", html("cut"))
	cut.Truncated = warc.Length
	status := func(code int) *warc.Capture {
		c := capture(fmt.Sprint("https://example.org/", code), "text/html", html(fmt.Sprint(code)))
		c.StatusCode, c.Status = code, ""
		return c
	}
	broken := capture("https://example.org/broken", "text/html", []byte("\x1f\x8b\x08"))
	broken.Header.Set("Content-Encoding", "gzip")
	again := capture("https://example.org/coded", "text/html", coded.Body)
	again.Header.Set("Content-Encoding", "gzip")
	file := write(
		t, coded, cut, capture("http://example.org/plain", "text/plain", html("called text")), again,
		status(404), status(301), status(304),
		capture("https://example.org/feed", "text/html", []byte("<?xml version='1.0'?><rss version='2.0'><channel></channel></rss>")),
		capture("https://example.org/robots.txt", "text/html", html("not even this")),
		capture("https://example.org/picture", "image/png", []byte("\x89PNG\x0d\x0a\x1a\x0a")),
		capture("https://example.org/empty", "text/html", []byte(" \n")),
		broken,
	)
	want := "25 records, 3 pages published: 3 accepted, 0 duplicate, 9 skipped (2 revisit, 2 status, 1 body not decodable, 1 empty, 1 feed, 1 not HTML, 1 robots.txt)\n"
	out, err := imported(t, q, file)
	if err != nil || out != want {
		t.Errorf("%s%s %v", out, want, err)
	}
	got := pages(t, q, 3)
	p := got["https://example.org/coded"]
	if len(got) != 3 || len(p) != 1 {
		t.Fatalf("%d pages: %v", len(got), got)
	}
	if p := p[0]; string(p.Body) != string(html("coded")) || p.FinalURL != "https://example.org/coded?utm_source=rss" || p.Status != 200 ||
		p.ContentType != "text/html; charset=utf-8" || !p.Captured.Equal(noon) || p.Truncated || p.Item != nil {
		t.Errorf("%+v", p)
	}
	if p := got["https://example.org/cut"]; len(p) != 1 || !p[0].Truncated {
		t.Errorf("a page that was cut off is not marked: %+v", p)
	}

	out, err = imported(t, q, file) // a second time
	if err != nil || !strings.Contains(out, "3 pages published: 0 accepted, 3 duplicate") {
		t.Errorf("%s %v", out, err)
	}
	if got := pages(t, q, 0); len(got) != 0 {
		t.Errorf("%d pages again", len(got))
	}
}

// interrupted imports a file until half of it is read.
func interrupted(t *testing.T, q *queue.Queue, c *Command) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out strings.Builder
	err := c.Run(ctx, q, nil, &out, func(read, total int64) {
		if read > total/2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("not interrupted: %v\n%s", err, &out)
	}
}

func TestAnInterruptedImportGoesOn(t *testing.T) {
	q := queuetest.Start(t)
	first, second, third := write(t, many(30)...), write(t, many(2000)[30:]...), write(t, many(2010)[2000:]...)
	for _, state := range []string{"", t.TempDir()} {
		c := &Command{Files: []string{first, second, third}, State: state}
		interrupted(t, q, c)
		var out strings.Builder
		if err := c.Run(t.Context(), q, nil, &out, nil); err != nil {
			t.Fatal(err)
		}
		if s := out.String(); !strings.Contains(s, "done       "+first) || !strings.Contains(s, "going on   "+second+" at offset ") || strings.Contains(s, third) {
			t.Errorf("it began anew:\n%s", s)
		}
		if !strings.Contains(out.String(), "2010 pages published") {
			t.Errorf("the summary is not of the whole import:\n%s", &out)
		}
		for _, dir := range []string{filepath.Dir(second), state} {
			if names, _ := filepath.Glob(filepath.Join(dir, "*.import*")); dir != "" && len(names) > 0 {
				t.Errorf("notes stay: %q", names)
			}
		}
	}
	got := pages(t, q, 2010)
	for url, p := range got {
		if len(p) != 1 {
			t.Errorf("%s came %d times", url, len(p))
		}
	}
	if len(got) != 2010 {
		t.Errorf("%d of 2010 pages", len(got))
	}
}

func TestANoteOfAnotherFileIsNone(t *testing.T) {
	q := queuetest.Start(t)
	file := write(t, many(2000)...)
	interrupted(t, q, &Command{Files: []string{file}})
	whole, err := os.ReadFile(write(t, many(1900)...))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := imported(t, q, file); err != nil || strings.Contains(out, "going on") || !strings.Contains(out, "1900 pages") {
		t.Errorf("%s %v", out, err)
	}
	if err := os.WriteFile(file+".import", []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := imported(t, q, file); err == nil || !strings.Contains(err.Error(), file+".import") {
		t.Errorf("a note that cannot be read: %s %v", out, err)
	}
}

func TestDamagedFilesAreReadAsFarAsTheyCan(t *testing.T) {
	q := queuetest.Start(t)
	b, err := os.ReadFile(write(t, many(20)...))
	if err != nil {
		t.Fatal(err)
	}
	copy(b[len(b)/2:], "something else that was not there") // one page
	damaged := filepath.Join(t.TempDir(), "damaged.warc.gz")
	if err := os.WriteFile(damaged, b[:len(b)-100], 0o644); err != nil { // and another
		t.Fatal(err)
	}
	zstd := filepath.Join(t.TempDir(), "a.warc.zst")
	if err := os.WriteFile(zstd, []byte("\x28\xb5\x2f\xfd----"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := imported(t, q, damaged, zstd, write(t, many(23)[20:]...))
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
	if strings.Count(out, "damaged    "+damaged+" at offset ") != 2 || !strings.Contains(out, "unreadable "+zstd+": the file is compressed with zstd") {
		t.Error(out)
	}
	got := pages(t, q, 21)
	cut := 0
	for url, p := range got {
		if p[0].Truncated {
			cut++
		} else if len(p[0].Body) < 6000 {
			t.Errorf("%s is not whole, and not marked so", url)
		}
	}
	if len(got) != 21+cut || cut == 0 {
		t.Errorf("%d pages of 23, two of which are damaged, and %d of these marked:\n%s", len(got), cut, out)
	}
	if _, err := imported(t, q, filepath.Join(t.TempDir(), "none.warc")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// A crawl may hold a page twice as it is; the rest of the batch is none the worse for it.
func TestAPageThatIsTwiceInAFile(t *testing.T) {
	q := queuetest.Start(t)
	b, err := os.ReadFile(write(t, many(60)...))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := (&Command{Files: []string{"-"}}).Run(t.Context(), q, bytes.NewReader(append(b, b...)), &out, nil); err != nil || !strings.Contains(out.String(), "120 pages published: 60 accepted, 60 duplicate") {
		t.Errorf("%s %v", &out, err)
	}
	if got := pages(t, q, 60); len(got) != 60 {
		t.Errorf("%d pages", len(got))
	}
}

func TestStandardInput(t *testing.T) {
	q := queuetest.Start(t)
	b, err := os.ReadFile(write(t, many(10)...))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := (&Command{Files: []string{"-"}}).Run(t.Context(), q, iotest.HalfReader(bytes.NewReader(b)), &out, nil); err != nil || !strings.Contains(out.String(), "10 accepted") {
		t.Errorf("%s %v", &out, err)
	}
	lost := errors.New("lost")
	err = (&Command{Files: []string{"-"}}).Run(t.Context(), q, io.MultiReader(bytes.NewReader(b), iotest.ErrReader(lost)), &out, nil)
	if !errors.Is(err, ErrDamaged) || !strings.Contains(out.String(), "unreadable -: lost") {
		t.Errorf("%s %v", &out, err)
	}
}

// Common Crawl's records: WARC 1.0, bodies without their codings, and headers that tell of these under other names.
func TestCommonCrawl(t *testing.T) {
	body := "<html><body><p>The council met.</p></body></html>"
	block := "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Crawl-Content-Encoding: gzip\r\nX-Crawl-Transfer-Encoding: chunked\r\n" + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	rec := "WARC/1.0\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2026-03-04T12:00:00Z\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/cc\r\n" +
		fmt.Sprintf("Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", len(block), block)
	other := strings.ReplaceAll(rec, "https://example.org/cc", "dns:example.org")
	q := queuetest.Start(t)
	var out strings.Builder
	if err := (&Command{Files: []string{"-"}}).Run(t.Context(), q, bytes.NewReader(gzipped([]byte(rec+other))), &out, nil); err != nil || !strings.Contains(out.String(), "1 skipped (1 not a web URL)") {
		t.Fatal(err, &out)
	}
	got := pages(t, q, 1)
	if p := got["https://example.org/cc"]; len(p) != 1 || string(p[0].Body) != body || !p[0].Captured.Equal(noon.Truncate(time.Second)) || p[0].Truncated {
		t.Errorf("%+v\n%s", got, &out)
	}
}

func TestIsHTML(t *testing.T) {
	for _, tt := range []struct {
		contentType, body string
		want              bool
	}{
		{"text/html", "<!doctype html><p>x", true},
		{"application/octet-stream", "<html>", true},
		{"", "  <p>x</p>", true},
		{"text/html", "just words", true},
		{"text/plain", "just words", false},
		{"application/xhtml+xml", "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", true},
		{"application/xml", "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", true},
		{"application/xml", "<?xml version='1.0'?><urlset>", false},
		{"text/html", "%PDF-1.7", false},
		{"application/json", `{"a": 1}`, false},
	} {
		if got := isHTML(tt.contentType, []byte(tt.body)); got != tt.want {
			t.Errorf("%q, %q: %v", tt.contentType, tt.body, got)
		}
	}
}

func BenchmarkImport(b *testing.B) {
	file := write(b, many(1000)...)
	info, err := os.Stat(file)
	if err != nil {
		b.Fatal(err)
	}
	f, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() { // all but the queue
		batches := make(chan *batch, 100)
		if err := read(b.Context(), warc.NewReader(bytes.NewReader(f), warc.Position{}), batches); err != nil {
			b.Fatal(err)
		}
	}
}
