package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/cli"
	"dateline/services/indexer/export"
	"dateline/services/indexer/store"
	"dateline/services/parser/publication"
)

// cutting passes requests on to an API, and breaks answers off after so many bytes; never where cut is negative.
func cutting(t *testing.T, api string) (url string, cut *atomic.Int64) {
	t.Helper()
	cut = new(atomic.Int64)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp, err := http.Get("http://" + api + r.URL.String())
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer resp.Body.Close()
		for name := range resp.Header {
			w.Header().Set(name, resp.Header.Get(name))
		}
		w.WriteHeader(resp.StatusCode)
		n := cut.Load()
		if n < 0 {
			n = math.MaxInt64
		}
		if _, err := io.CopyN(w, resp.Body, n); !errors.Is(err, io.EOF) { // there is more
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL, cut
}

// TestExport exports from a running Dateline in every format, over connections that break again and again while articles
// come: each file ends as the one that was not disturbed.
func TestExport(t *testing.T) {
	u := startUp(t, t.TempDir())
	dir := t.TempDir()
	articles := 40
	publish := []string{"publish", "--nats-url", "nats://" + u.nats, "--publisher", "test"}
	for i := range articles {
		file := filepath.Join(dir, fmt.Sprintf("%d.txt", i))
		text := fmt.Sprintf("Flour number %d is \"dear\".\n\nIt is = %s.", i, strings.Repeat("very, ", 400))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		publish = append(publish, file)
	}
	if out, errs, code := command(t, "", publish...); code != 0 {
		t.Fatal(out, errs)
	}
	searchable := func() {
		t.Helper()
		wait(t, "the articles to be searchable", func() bool { return strings.Contains(u.search(t, "dear"), fmt.Sprintf("of %d found", articles)) })
	}
	searchable()
	proxy, cut := cutting(t, u.api)
	for _, format := range export.Formats {
		run := func(args ...string) (string, string, int) {
			return command(t, "", append([]string{"export", "--api", proxy, "--format", string(format), "dear", "flour"}, args...)...)
		}
		cut.Store(-1)
		whole, file := filepath.Join(dir, "whole"), filepath.Join(dir, "broken")
		out, errs, code := run("--output", whole)
		if code != 0 || !strings.HasPrefix(out, fmt.Sprintf("%d articles exported to %s: ", articles, whole)) {
			t.Fatalf("%s: exit %d, %s%s", format, code, out, errs)
		}
		want, err := os.ReadFile(whole)
		if err != nil {
			t.Fatal(err)
		}
		if piped, errs, code := run("-o", "-"); code != 0 || piped != string(want) || !strings.HasPrefix(errs, fmt.Sprintf("%d articles exported: ", articles)) {
			t.Errorf("%s to standard output: exit %d, %d of %d bytes, %s", format, code, len(piped), len(want), errs)
		}

		broke := fmt.Sprintf("of %d articles: unexpected EOF; the same command with --resume goes on", articles)
		if format == export.Parquet {
			broke = "unexpected EOF; a Parquet file cannot be continued: the same command with --resume begins anew"
		}
		cut.Store(0)
		var args []string
		for turn := 0; ; turn++ {
			_, errs, code := run(append(args, "-o", file)...)
			if code == 0 {
				break
			}
			if !strings.Contains(errs, broke) || turn > 200 {
				t.Fatalf("%s broke off in turn %d with exit %d: %s", format, turn, code, errs)
			}
			if _, err := os.Stat(file); err == nil {
				t.Fatalf("%s: there is a file that is not whole", format)
			}
			if turn == 0 {
				args = []string{"--resume"}
				articles++
				u.publish(t, "Flour is new and dear, as "+string(format)+".")
				searchable()
			}
			cut.Store(int64(len(want)/8 + 701*turn)) // some of them within a row
		}
		got, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s that broke off is of %d bytes, not the %d of the undisturbed, %v", format, len(got), len(want), err)
		}
		if left, _ := filepath.Glob(file + ".part*"); len(left) > 0 {
			t.Errorf("%s leaves %s", format, left)
		}
		if err := os.Remove(file); err != nil {
			t.Error(err)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	u := startUp(t, t.TempDir())
	u.publish(t, "Flour is dear.")
	wait(t, "the article to be searchable", func() bool { return strings.Contains(u.search(t), "1 of 1 found") })
	proxy, cut := cutting(t, u.api)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	cut.Store(10)
	if _, errs, code := command(t, "", "export", "--api", proxy, "-o", file, "flour"); code != 1 || !strings.Contains(errs, "broke off after 0 of 1 articles") {
		t.Fatalf("exit %d: %s", code, errs)
	}
	cut.Store(-1)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--api", proxy, "--resume", "-o", filepath.Join(dir, "other"), "flour"}, 1, "there is no export to go on with"},
		{[]string{"--api", proxy, "--resume", "-o", file, "dear"}, 1, "belongs to an export with other parameters"},
		{[]string{"--api", proxy, "--resume", "-o", file, "--format", "csv", "flour"}, 1, "belongs to an export with other parameters"},
		{[]string{"--api", proxy, "--resume"}, 2, "--output names"},
		{[]string{"--api", proxy, "--bom"}, 2, "--bom is of --format csv only"},
		{[]string{"--api", proxy, "--format", "xml"}, 2, "--format must be one of"},
		{[]string{"--api", proxy, "title:"}, 1, "dateline: q"},
		{[]string{"--api", proxy, "--from", "soon"}, 1, "neither a year, month or day such as"},
		{[]string{"--api", proxy, "-o", filepath.Join(dir, "none", "file")}, 1, "no such file"},
		{[]string{"--api", "http://" + freeAddr(t), "-o", filepath.Join(dir, "never")}, 1, "is it running?"},
		{[]string{"--api", proxy, "--resume", "-o", file, "flour"}, 0, ""},
		{[]string{"--api", proxy, "-o", filepath.Join(dir, "empty"), "nothing"}, 0, ""},
	} {
		if out, errs, code := command(t, "", append([]string{"export"}, c.args...)...); code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit %d, want %d with %q: %s%s", c.args, code, c.code, c.want, out, errs)
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if want := []string{filepath.Join(dir, "empty"), file}; err != nil || !reflect.DeepEqual(names, want) {
		t.Errorf("there are %q, want %q, %v", names, want, err)
	}
	for _, format := range []string{"parquet", "markdown"} {
		var out, errs syncBuffer
		code := run(t.Context(), []string{"export", "--api", proxy, "--format", format}, &cli.Terminal{In: strings.NewReader(""), Out: &out, Err: &errs, Styled: true})
		if code != 1 || !strings.Contains(errs.String(), "not for a terminal") || out.String() != "" {
			t.Errorf("%s to a terminal: exit %d, %s", format, code, errs.String())
		}
	}

	// On a terminal there is a bar, of the rows that are there.
	var out, errs syncBuffer
	if code := run(t.Context(), []string{"export", "--api", proxy, "-o", file}, &cli.Terminal{In: strings.NewReader(""), Out: &out, Err: &errs, Interactive: true}); code != 0 || !strings.Contains(errs.String(), "exporting") || !strings.Contains(errs.String(), "/1") {
		t.Errorf("exit %d, bar %q", code, errs.String())
	}
}

// TestExportInterrupted holds that Ctrl-C leaves what the same command can go on with, and says so.
func TestExportInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Dateline-Total", "3")
		w.Header().Set("Dateline-Snapshot", "some")
		fmt.Fprint(w, "{}\n{}\n{")
		_ = http.NewResponseController(w).Flush()
		time.AfterFunc(50*time.Millisecond, interrupt)
		<-r.Context().Done()
	}))
	defer silent.Close()
	file := filepath.Join(t.TempDir(), "file")
	var out, errs syncBuffer
	code := run(ctx, []string{"export", "--api", silent.URL, "-o", file}, &cli.Terminal{In: strings.NewReader(""), Out: &out, Err: &errs})
	if code != 1 || !strings.Contains(errs.String(), "broke off after 2 of 3 articles: interrupted; the same command with --resume goes on") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
	if b, err := os.ReadFile(file + ".part"); err != nil || string(b) != "{}\n{}\n{" {
		t.Errorf("the part is %q, %v", b, err)
	}
}

// TestNINJSRoundTrip holds that what an export says in ninjs, the parser reads from it.
func TestNINJSRoundTrip(t *testing.T) {
	zone := time.FixedZone("", 4*3600+1800)
	for name, date := range map[string]*article.Date{
		"instant": {Time: time.Date(2024, 11, 6, 10, 4, 5, 0, zone), Precision: article.Second, ZoneKnown: true},
		"day":     {Time: time.Date(2024, 11, 6, 0, 0, 0, 0, time.UTC), Precision: article.Day},
		"none":    nil,
	} {
		want := article.Article{
			SchemaVersion: 1, ID: article.IDOfURL("flour"), URL: "https://news.example/flour", Source: "news.example", Publisher: "The Example", Agency: "Wire",
			Headline: "Flour doubled & more", AlternativeHeadline: "Bread next", DisplayTitle: article.DisplayTitle{Text: "Flour doubled & more"},
			Authors: []article.Author{{Name: "Ann Writer"}, {Name: "Bob Second"}}, Dateline: &article.Dateline{Place: "KABUL"},
			DatePublished: date, DateModified: date, InLanguage: "en", Section: "Economy", Keywords: []string{"flour", "price; cost"}, Description: "A <short> one.",
			Body: []article.Block{
				{Type: article.Paragraph, Text: "Flour doubled in price on Wednesday, <b>said</b> Mr Balkhi & sons of Kabul."},
				{Type: article.Heading, Level: 2, Text: "The prices"},
				{Type: article.List, Items: []string{"rye is at two", "wheat is at three"}},
				{Type: article.Quote, Text: "We are hungry, and so are the children here."},
				{Type: article.Table, Rows: [][]string{{"kind", "price"}, {"rye", "two"}}},
				{Type: article.Paragraph, Text: "The ministry did not answer the questions that were put to it."},
			},
			BodyState: article.BodyFull,
		}
		want.Text = article.PlainText(want.Body)
		want.Fingerprint = article.Fingerprint(&want)
		stored, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var line bytes.Buffer
		e, err := export.New(&line, export.Options{Format: export.NINJS})
		if err == nil {
			err = e.Encode(&store.Record{Seq: 1, Revision: 1, Article: stored})
		}
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := publication.Read(t.Context(), publication.Publication{
			Publisher: "test", Body: line.Bytes(), Stored: time.Date(2024, 11, 8, 0, 0, 0, 0, time.UTC),
			Header: map[string][]string{article.HeaderContentType: {"application/ninjs+json"}},
		})
		if err != nil {
			t.Fatalf("%s: %v in %s", name, err, line.Bytes())
		}
		for _, f := range []struct {
			field     string
			got, want any
		}{
			{"headline", got.Headline, want.Headline},
			{"alternative headline", got.AlternativeHeadline, want.AlternativeHeadline},
			{"authors", got.Authors, want.Authors},
			{"publisher", got.Publisher, want.Publisher},
			{"agency", got.Agency, want.Agency},
			{"language", got.InLanguage, want.InLanguage},
			{"section", got.Section, want.Section},
			{"keywords", got.Keywords, want.Keywords},
			{"description", got.Description, want.Description},
			{"body", got.Body, want.Body},
			{"text", got.Text, want.Text},
			{"place", got.Dateline, want.Dateline},
			{"published", written(got.DatePublished), written(date)},
			{"modified", written(got.DateModified), written(date)},
		} {
			if !reflect.DeepEqual(f.got, f.want) {
				t.Errorf("%s: %s is %+v, want %+v", name, f.field, f.got, f.want)
			}
		}
	}
}

// written is a date with its precision; nothing where there is none.
func written(d *article.Date) string {
	if d == nil {
		return ""
	}
	return d.String() + " " + string(d.Precision)
}
