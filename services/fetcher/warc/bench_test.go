package warc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	gowarc "github.com/nlnwa/gowarc/v3"
)

func benchmarkFile(b *testing.B) (name string, text int64) {
	b.Helper()
	w := openWriter(b, b.TempDir())
	paragraph := "<p>The council met on Tuesday to talk about bridge number %d, and put it off until the harbour is paid for.</p>\n"
	for i := range 500 {
		c := page(fmt.Sprint("https://example.org/", i), "")
		c.Header.Del("Content-Encoding")
		var body bytes.Buffer
		for n := range 400 {
			fmt.Fprintf(&body, paragraph, i*1000+n*n)
		}
		c.Body = body.Bytes()
		text += int64(body.Len())
		if err := w.Write(c); err != nil {
			b.Fatal(err)
		}
	}
	return written(b, w), text
}

func BenchmarkReader(b *testing.B) {
	name, text := benchmarkFile(b)
	in, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(text)
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for r := NewReader(bytes.NewReader(in), Position{}); ; {
				rec, err := r.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					b.Fatal(err)
				}
				if rec.Type == TypeResponse {
					if _, err := ParseResponse(rec.Block); err != nil {
						b.Fatal(err)
					}
					n++
				}
			}
			if n != 500 {
				b.Fatal(n)
			}
		}
	})
	b.Run("nlnwa", func(b *testing.B) {
		b.SetBytes(text)
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			r, err := gowarc.NewWarcFileReader(filepath.Clean(name), 0, gowarc.WithNoValidation())
			if err != nil {
				b.Fatal(err)
			}
			for {
				rec, err := r.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					b.Fatal(err)
				}
				if rec.WarcRecord.Type() == gowarc.Response {
					body, err := rec.WarcRecord.Block().RawBytes()
					if err == nil {
						_, err = io.Copy(io.Discard, body)
					}
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
				rec.Close()
			}
			r.Close()
			if n != 500 {
				b.Fatal(n)
			}
		}
	})
}

func writeForeign(w *gowarc.WarcFileWriter, c *Capture) error {
	var request, response bytes.Buffer
	if err := errors.Join(c.request(&request), c.response(&response)); err != nil {
		return err
	}
	response.Write(c.Body)
	var records []gowarc.WarcRecord
	for _, r := range []struct {
		kind  gowarc.RecordType
		msg   string
		block []byte
	}{{gowarc.Request, "request", request.Bytes()}, {gowarc.Response, "response", response.Bytes()}} {
		b := gowarc.NewRecordBuilder(r.kind)
		if _, err := b.Write(r.block); err != nil {
			return err
		}
		b.AddWarcHeaderTime(gowarc.WarcDate, c.Started)
		b.AddWarcHeader(gowarc.WarcTargetURI, c.URL)
		b.AddWarcHeader(gowarc.ContentType, "application/http;msgtype="+r.msg)
		record, _, err := b.Build()
		if err != nil {
			return err
		}
		records = append(records, record)
	}
	for _, r := range w.Write(records...) {
		if r.Err != nil {
			return r.Err
		}
	}
	return nil
}

func BenchmarkWriter(b *testing.B) {
	plain := strings.Repeat("<p>The council met on Tuesday to talk about the bridge, and put it off.</p>\n", 800) // 60 KB
	for _, c := range []struct {
		name string
		page *Capture
	}{{"coded", page("https://example.org/", plain)}, {"plain", page("https://example.org/", plain)}} {
		if c.name == "plain" {
			c.page.Header.Del("Content-Encoding")
			c.page.Body = []byte(plain)
		} else {
			c.page.Body = append(c.page.Body, noise(1, 12_000)...) // about what a real page has
		}
		b.Run(c.name+"/nlnwa", func(b *testing.B) {
			w := gowarc.NewWarcFileWriter(gowarc.WithCompressionLevel(gzip.BestSpeed), gowarc.WithFileNameGenerator(&gowarc.PatternNameGenerator{Directory: b.TempDir()}))
			defer w.Close()
			b.SetBytes(int64(len(c.page.Body)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				copy(c.page.Body[len(c.page.Body)-9:], fmt.Sprintf("%09d", i))
				if err := writeForeign(w, c.page); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/ours", func(b *testing.B) {
			w := openWriter(b, b.TempDir())
			defer w.Close()
			b.SetBytes(int64(len(c.page.Body)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				copy(c.page.Body[len(c.page.Body)-9:], fmt.Sprintf("%09d", i)) // no two are the same
				if err := w.Write(c.page); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
