package export

import (
	"archive/tar"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/store"

	"go.yaml.in/yaml/v3"
)

var (
	kabul  = time.FixedZone("", 4*3600+1800)
	stored = time.Date(2024, 11, 7, 8, 9, 10, 123456789, time.UTC)
)

// whole is an article that has everything, and in it what formats could trip over.
func whole() *article.Article {
	free := true
	return &article.Article{
		SchemaVersion: 1, ID: article.IDOfURL("flour"), URL: "https://news.example/flour?a=1&b=2", CanonicalURL: "https://news.example/flour", Source: "news.example",
		Publisher: "The Example", Agency: "Wire", Headline: `Flour "doubled", again`, AlternativeHeadline: "آرد گران شد",
		DisplayTitle: article.DisplayTitle{Text: `Flour "doubled", again`}, Authors: []article.Author{{Name: "Ann Writer"}, {Name: "Bob Second"}},
		Dateline:      &article.Dateline{Place: "KABUL"},
		DatePublished: &article.Date{Time: time.Date(2024, 11, 6, 10, 4, 0, 0, kabul), Precision: article.Minute, ZoneKnown: true, From: article.FromJSONLD},
		DateModified:  &article.Date{Time: time.Date(2024, 11, 7, 0, 0, 0, 0, time.UTC), Precision: article.Day},
		InLanguage:    "en", Section: "Economy", Keywords: []string{"flour", "price; cost"}, Description: "=SUM(A1)", Image: "https://news.example/flour.jpg",
		Body: []article.Block{
			{Type: article.Paragraph, Text: "Flour doubled, <b>said</b> Mr Balkhi & sons.\nIt is *not* cheap."},
			{Type: article.Heading, Level: 2, Text: "# Prices"},
			{Type: article.List, Items: []string{"1. rye", "wheat"}},
			{Type: article.Quote, Text: "We are hungry."},
			{Type: article.Table, Rows: [][]string{{"kind", "price"}, {"rye", "2|3"}}},
			{Type: article.Caption, Text: "A mill in the north of the country"},
		},
		Text: "Flour doubled, <b>said</b> Mr Balkhi & sons.\nIt is *not* cheap.\n\n# Prices", BodyState: article.BodyFull, IsAccessibleForFree: &free,
		Provenance: map[string]article.From{"headline": article.FromJSONLD, "authors": article.FromHTML},
	}
}

// bare is an article that has as little as there can be.
func bare() *article.Article {
	return &article.Article{
		SchemaVersion: 1, ID: article.IDOfURL("bare"), Source: "../agency:1", DisplayTitle: article.DisplayTitle{Text: "-5 degrees", Derived: true},
		Text: "-5 degrees", BodyState: article.BodyPartial,
	}
}

func record(t testing.TB, seq uint64, a *article.Article) *store.Record {
	t.Helper()
	a.Fingerprint = article.Fingerprint(a)
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return &store.Record{Seq: seq, Revision: 2, Stored: stored, Received: stored.Add(-time.Second), Origin: article.IDOfURL("origin"), Article: b}
}

// written is a file of some records.
func written(t testing.TB, o Options, records ...*store.Record) []byte {
	t.Helper()
	var b bytes.Buffer
	e, err := New(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := e.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestJSONL(t *testing.T) {
	strange := &store.Record{Seq: 3, Article: []byte("{\n  \"schema_version\": 1,\r\n \"newer\": \"a\\nb <&>\"\n}\n")}
	one := record(t, 1, whole())
	got := written(t, Options{Format: JSONL}, one, strange)
	want := string(one.Article) + "\n" + `{"schema_version":1,"newer":"a\nb <&>"}` + "\n"
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCSV(t *testing.T) {
	got := written(t, Options{Format: CSV, BOM: true}, record(t, 1, whole()), record(t, 2, bare()))
	if !bytes.HasPrefix(got, []byte("\xef\xbb\xbfid,seq,")) {
		t.Fatalf("begins %q", got[:20])
	}
	rows, err := csv.NewReader(bytes.NewReader(got[3:])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 || !slices.Equal(rows[0], Columns) {
		t.Fatalf("%d rows, the first %q", len(rows), rows[0])
	}
	cells := func(row int) map[string]string {
		m := map[string]string{}
		for i, name := range Columns {
			m[name] = rows[row][i]
		}
		return m
	}
	a := whole()
	for name, want := range map[string]string{
		"id": a.ID, "seq": "1", "revision": "2", "stored": "2024-11-07T08:09:10.123456789Z", "url": a.URL, "title": a.Headline, "title_derived": "false",
		"authors": "Ann Writer; Bob Second", "date_published": "2024-11-06T10:04+04:30", "date_published_precision": "minute", "date_modified": "2024-11-07",
		"date_modified_precision": "day", "description": "'=SUM(A1)", "is_accessible_for_free": "true", "text": a.Text, "alternative_headline": a.AlternativeHeadline,
	} {
		if got := cells(1)[name]; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"title": "'-5 degrees", "title_derived": "true", "url": "", "date_published": "", "is_accessible_for_free": "", "text": "'-5 degrees"} {
		if got := cells(2)[name]; got != want {
			t.Errorf("bare: %s: %q, want %q", name, got, want)
		}
	}
	if plain := written(t, Options{Format: CSV}); string(plain) != strings.Join(Columns, ",")+"\r\n" {
		t.Errorf("nothing is %q", plain)
	}
}

// Whatever a cell holds, a reader of CSV gets it back as it is, but for the apostrophe before what could be a formula.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"", "a", "=1+1", "＝1", "\t=1", "a,b", `"`, `a"b""`, "a\nb", "\n", "\r\n", "a\r", "+", "@x,\"y\"", " =1", "é", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		row := append(appendCell(nil, "x"), ',')
		row = append(appendCell(row, s), '\r', '\n')
		reader := csv.NewReader(bytes.NewReader(row))
		cells, err := reader.Read()
		if err != nil || len(cells) != 2 {
			t.Fatalf("%q is read as %q, %v", row, cells, err)
		}
		if _, err := reader.Read(); !errors.Is(err, io.EOF) {
			t.Fatalf("%q is more than a row", row)
		}
		want := strings.ReplaceAll(s, "\r\n", "\n") // the reader does
		for _, start := range formulaStarts {
			if strings.HasPrefix(s, string(start)) && start != '\uFFFD' {
				want = "'" + strings.ReplaceAll(s, "\r\n", "\n")
			}
		}
		if cells[1] != want {
			t.Errorf("%q becomes %q, want %q", s, cells[1], want)
		}
	})
}

func TestMarkdown(t *testing.T) {
	got := written(t, Options{Format: Markdown}, record(t, 1, whole()), record(t, 2, bare()))
	z := tar.NewReader(bytes.NewReader(got))
	var files []string
	var texts []string
	for {
		h, err := z.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !filepath.IsLocal(h.Name) || !h.ModTime.Equal(stored.Truncate(time.Second)) {
			t.Errorf("%q of %s", h.Name, h.ModTime)
		}
		b, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		files, texts = append(files, h.Name), append(texts, string(b))
	}
	if want := []string{"news.example/2024-11-06-" + whole().ID + ".md", "_agency_1/undated-" + bare().ID + ".md"}; !slices.Equal(files, want) {
		t.Fatalf("files %q, want %q", files, want)
	}
	_, rest, _ := strings.Cut(texts[0], "---\n")
	head, body, ok := strings.Cut(rest, "---\n")
	if !ok {
		t.Fatalf("no front matter in %s", texts[0])
	}
	var m map[string]any
	if err := yaml.Unmarshal([]byte(head), &m); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"title": whole().Headline, "date": "2024-11-06T10:04+04:30", "modified": "2024-11-07", "source": "news.example", "url": whole().URL,
		"authors": []any{"Ann Writer", "Bob Second"}, "keywords": []any{"flour", "price; cost"}, "revision": 2,
	} {
		if fmt.Sprint(m[name]) != fmt.Sprint(want) {
			t.Errorf("%s: %#v, want %#v", name, m[name], want)
		}
	}
	want := "\n# Flour \"doubled\", again\n\nFlour doubled, \\<b\\>said\\</b\\> Mr Balkhi \\& sons.\\\nIt is \\*not\\* cheap.\n\n## \\# Prices\n\n- 1\\. rye\n- wheat\n\n" +
		"> We are hungry.\n\n| kind | price |\n| --- | --- |\n| rye | 2\\|3 |\n\n*A mill in the north of the country*\n"
	if body != want {
		t.Errorf("body\n%s\nwant\n%s", body, want)
	}
	if !strings.HasSuffix(texts[1], "---\n\n\\-5 degrees\n") { // no body but the text, and a title out of it
		t.Errorf("bare:\n%s", texts[1])
	}
}

func TestNINJS(t *testing.T) {
	got := written(t, Options{Format: NINJS}, record(t, 1, whole()), record(t, 2, bare()))
	lines := bytes.Split(bytes.TrimSuffix(got, []byte("\n")), []byte("\n"))
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	var n ninjs
	if err := json.Unmarshal(lines[0], &n); err != nil {
		t.Fatal(err)
	}
	a := whole()
	if n.URI != a.URL || n.Version != "2" || n.Headlines[0] != (ninjsText{"main", "", a.Headline}) || n.By != "Ann Writer, Bob Second" || n.FirstCreated != "2024-11-06T10:04:00+04:30" || n.Bodies[0].Value != a.Text {
		t.Errorf("%s", lines[0])
	}
	if n.VersionCreated != "" || !slices.Contains(n.AltIDs, ninjsRoleText{"dateModified", "2024-11-07"}) { // of a day nobody knows the hour
		t.Errorf("modified %q, %q", n.VersionCreated, n.AltIDs)
	}
	want := "<p>Flour doubled, &lt;b&gt;said&lt;/b&gt; Mr Balkhi &amp; sons.<br>It is *not* cheap.</p><h2># Prices</h2><ul><li>1. rye</li><li>wheat</li></ul><blockquote><p>We are hungry.</p></blockquote>" +
		"<table><tr><td>kind</td><td>price</td></tr><tr><td>rye</td><td>2|3</td></tr></table><figure><figcaption>A mill in the north of the country</figcaption></figure>"
	if n.Bodies[1].Value != want {
		t.Errorf("body\n%s\nwant\n%s", n.Bodies[1].Value, want)
	}
	var b ninjs
	if err := json.Unmarshal(lines[1], &b); err != nil {
		t.Fatal(err)
	}
	if b.URI != "urn:dateline:"+bare().ID || b.Title != "-5 degrees" || len(b.Headlines) != 0 || b.Representation != "partial" {
		t.Errorf("%s", lines[1])
	}
}

// What broke off after a record goes on to the same bytes.
func TestResume(t *testing.T) {
	records := []*store.Record{record(t, 1, whole()), record(t, 2, bare()), record(t, 3, whole())}
	for _, f := range Formats {
		if !f.Resumable() {
			if _, err := New(io.Discard, Options{Format: f, Resume: true}); err == nil {
				t.Errorf("%s claims to resume", f)
			}
			continue
		}
		all := written(t, Options{Format: f}, records...)
		for n := 1; n <= len(records); n++ {
			var head bytes.Buffer
			e, err := New(&head, Options{Format: f})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range records[:n] {
				if err := e.Encode(r); err != nil {
					t.Fatal(err)
				}
			}
			if tail := written(t, Options{Format: f, Resume: true}, records[n:]...); !bytes.Equal(append(head.Bytes(), tail...), all) {
				t.Errorf("%s: other bytes where it goes on after %d", f, n)
			}
		}
	}
}

func TestDamagedRecord(t *testing.T) {
	for _, f := range []Format{CSV, NINJS, Markdown, Parquet} {
		e, err := New(io.Discard, Options{Format: f})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Encode(&store.Record{Seq: 77, Article: []byte(`{"schema_version":`)}); err == nil || !strings.Contains(err.Error(), "77") {
			t.Errorf("%s: %v", f, err)
		}
	}
	if _, err := New(io.Discard, Options{Format: "xml"}); err == nil {
		t.Error("there is a format xml")
	}
}
