package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/store"

	"github.com/parquet-go/parquet-go"
)

// manyRecords is more than two row groups, the first article whole, the second bare.
func manyRecords(t testing.TB) []*store.Record {
	t.Helper()
	records := []*store.Record{record(t, 1, whole()), record(t, 2, bare())}
	for i := len(records); i < 2*groupRows+1000; i++ {
		a := bare()
		a.ID, a.Source, a.Keywords = article.IDOfURL(fmt.Sprint(i)), fmt.Sprintf("s%d.example", i%7), []string{fmt.Sprint(i % 3)}
		if i%2 == 0 {
			a.DatePublished = &article.Date{Time: time.Unix(int64(i), 0).UTC(), Precision: article.Second, ZoneKnown: true}
		}
		records = append(records, record(t, uint64(i+1), a))
	}
	return records
}

func TestRowGroups(t *testing.T) {
	b := written(t, Options{Format: Parquet}, manyRecords(t)...)
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var rows []int64
	for _, g := range f.RowGroups() {
		rows = append(rows, g.NumRows())
	}
	if want := []int64{groupRows, groupRows, 1000}; !reflect.DeepEqual(rows, want) {
		t.Errorf("row groups of %d, want %d", rows, want)
	}
	big := bare()
	big.Text = strings.Repeat("x", groupBytes/3)
	b = written(t, Options{Format: Parquet}, record(t, 1, big), record(t, 2, big), record(t, 3, big), record(t, 4, big))
	if f, err = parquet.OpenFile(bytes.NewReader(b), int64(len(b))); err != nil {
		t.Fatal(err)
	}
	if n := len(f.RowGroups()); n != 2 {
		t.Errorf("%d row groups of four large articles, want 2", n)
	}
	if empty := written(t, Options{Format: Parquet}); len(empty) < 8 || string(empty[len(empty)-4:]) != "PAR1" {
		t.Errorf("no records are no Parquet file: %q", empty)
	}
}

// duckDB answers a query, where Node.js has DuckDB: npm install --prefix .ci/duckdb @duckdb/node-api, or DATELINE_DUCKDB
// for another directory.
func duckDB(t *testing.T, query string) (rows []map[string]any) {
	t.Helper()
	dir := os.Getenv("DATELINE_DUCKDB")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", ".ci", "duckdb")
	}
	modules, err := filepath.Abs(filepath.Join(dir, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node.js is not there, which runs the DuckDB that reads the Parquet file back")
	}
	if _, err := os.Stat(filepath.Join(modules, "@duckdb", "node-api")); err != nil {
		t.Skipf("DuckDB is not there, which reads the Parquet file back: npm install --prefix .ci/duckdb @duckdb/node-api (%v)", err)
	}
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "duckdb.cjs"), query)
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v %s", query, err, errs.String())
	}
	if err := json.Unmarshal(out, &rows); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return rows
}

// DuckDB is independent of what writes the file.
func TestDuckDBReadsParquet(t *testing.T) {
	records := manyRecords(t)
	file := filepath.Join(t.TempDir(), "export.parquet")
	if err := os.WriteFile(file, written(t, Options{Format: Parquet}, records...), 0o600); err != nil {
		t.Fatal(err)
	}
	from := " FROM '" + file + "' "

	types := map[string]any{}
	for _, column := range duckDB(t, "DESCRIBE SELECT *"+from) {
		types[column["column_name"].(string)] = column["column_type"]
	}
	for name, want := range map[string]string{
		"id": "VARCHAR", "seq": "BIGINT", "revision": "INTEGER", "stored": "TIMESTAMP WITH TIME ZONE", "authors": "VARCHAR[]", "keywords": "VARCHAR[]",
		"date_published": "TIMESTAMP WITH TIME ZONE", "date_published_local": "TIMESTAMP", "date_published_precision": "VARCHAR", "provenance": "JSON",
		"is_accessible_for_free": "BOOLEAN", "text": "VARCHAR", "title_derived": "BOOLEAN",
	} {
		if types[name] != want {
			t.Errorf("%s is %v, want %s", name, types[name], want)
		}
	}

	a := whole()
	got := duckDB(t, `SELECT id, seq, revision, epoch_us(stored) AS stored, title, authors, epoch_us(date_published) AS published, CAST(date_published_local AS VARCHAR) AS clock,
		date_published_precision AS exact, date_modified IS NULL AS unzoned, CAST(date_modified_local AS VARCHAR) AS modified, provenance->>'headline' AS of_headline,
		is_accessible_for_free AS free, text, keywords[2] AS keyword`+from+`WHERE seq = 1`)
	want := []map[string]any{{
		"id": a.ID, "seq": "1", "revision": 2.0, "stored": fmt.Sprint(stored.UnixMicro()), "title": a.Headline, "authors": []any{"Ann Writer", "Bob Second"},
		"published": fmt.Sprint(a.DatePublished.Time.UnixMicro()), "clock": "2024-11-06 10:04:00", "exact": "minute", "unzoned": true, "modified": "2024-11-07 00:00:00",
		"of_headline": "json-ld", "free": true, "text": a.Text, "keyword": "price; cost",
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the whole article is\n%v, want\n%v", got, want)
	}
	got = duckDB(t, `SELECT url IS NULL AND headline IS NULL AND date_published_local IS NULL AND is_accessible_for_free IS NULL AS nulls, len(authors) AS authors, title, provenance`+from+`WHERE seq = 2`)
	if want := []map[string]any{{"nulls": true, "authors": "0", "title": "-5 degrees", "provenance": "{}"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("the bare article is %v, want %v", got, want)
	}
	got = duckDB(t, `SELECT count(*) AS rows, count(DISTINCT id) AS ids, sum(seq) AS seqs, count(date_published) AS dated, min(epoch(date_published)) AS earliest`+from+`WHERE seq > 2`)
	n := len(records)
	if want := []map[string]any{{"rows": fmt.Sprint(n - 2), "ids": fmt.Sprint(n - 2), "seqs": fmt.Sprint(n*(n+1)/2 - 3), "dated": fmt.Sprint((n - 2) / 2), "earliest": 2.0}}; !reflect.DeepEqual(got, want) {
		t.Errorf("all are %v, want %v", got, want)
	}
}
