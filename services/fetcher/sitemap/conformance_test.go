package sitemap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

type wantNews struct {
	Publication, Language, Title string
	Published                    time.Time
	Keywords                     []string
}

type wantEntry struct {
	Loc        string
	LastMod    time.Time
	ChangeFreq string
	Priority   float64
	CrossHost  bool `json:"cross_host"`
	News       *wantNews
	Alternates map[string]string
}

func TestConformance(t *testing.T) {
	dir := os.Getenv("DATELINE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	b, err := os.ReadFile(filepath.Join(dir, "conformance", "sitemaps", "cases.jsonl"))
	if err != nil {
		t.Skipf("conformance data not found (set DATELINE_SHARED): %v", err)
	}
	rows := 0
	for line := range bytes.Lines(b) {
		var row struct {
			ID, URL, Body string
			BodyB64       []byte `json:"body_b64"`
			Free          bool
			Generate      *struct {
				Count, Bytes int
				Index        bool
			}
			Expect struct {
				Type           Kind
				URLs, Sitemaps []wantEntry
				Truncated      bool
			}
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		rows++
		if g := row.Generate; g != nil {
			checkGenerated(t, row.ID, g.Count, g.Bytes, g.Index)
			continue
		}
		if row.BodyB64 == nil {
			row.BodyB64 = []byte(row.Body)
		}
		entries, sum := readAll(t, row.URL, row.BodyB64)
		if row.Free {
			continue
		}
		var urls, sitemaps []wantEntry
		for _, e := range entries {
			w := wantEntry{Loc: e.Loc, LastMod: e.LastMod.Time.UTC(), ChangeFreq: e.ChangeFreq, Priority: e.Priority, CrossHost: e.CrossHost, Alternates: e.Alternates}
			if n := e.News; n != nil {
				w.News = &wantNews{n.Publication, n.Language, n.Title, n.Published.Time.UTC(), n.Keywords}
			}
			if e.Sitemap {
				sitemaps = append(sitemaps, w)
			} else {
				urls = append(urls, w)
			}
		}
		if sum.Kind != row.Expect.Type || sum.Truncated != row.Expect.Truncated || show(urls) != show(row.Expect.URLs) || show(sitemaps) != show(row.Expect.Sitemaps) {
			t.Errorf("%s: %+v\n got %s %s\nwant %s %s", row.ID, sum, show(urls), show(sitemaps), show(row.Expect.URLs), show(row.Expect.Sitemaps))
		}
	}
	if rows == 0 {
		t.Fatal("no cases")
	}
}

func show(all []wantEntry) string {
	var b strings.Builder
	for _, w := range all {
		fmt.Fprintf(&b, "{%s %v %s %g %t", w.Loc, w.LastMod, w.ChangeFreq, w.Priority, w.CrossHost)
		for _, lang := range slices.Sorted(maps.Keys(w.Alternates)) {
			fmt.Fprintf(&b, " %s:%s", lang, w.Alternates[lang])
		}
		if w.News != nil {
			fmt.Fprintf(&b, " %+v", *w.News)
		}
		b.WriteString("}")
	}
	return b.String()
}

// checkGenerated is about the rows that only tell a size.
func checkGenerated(t *testing.T, id string, count, size int, index bool) {
	t.Helper()
	if size > 0 {
		doc := sample(1000)
		at := strings.LastIndex(doc, "</urlset>")
		for name, doc := range map[string]string{
			"space inside": doc[:at] + strings.Repeat(" ", size-len(doc)) + doc[at:], "space after": doc + strings.Repeat(" ", size-len(doc)),
		} {
			if entries, sum := readAll(t, "https://news.example/s.xml", []byte(doc)); len(entries) != 1000 || !sum.Truncated {
				t.Errorf("%s, %s: %d entries, %+v", id, name, len(entries), sum)
			}
			if entries, sum := readAll(t, "https://news.example/s.xml", []byte(doc[:at]+strings.Repeat(" ", MaxBytes-len(doc[:at])-9)+"</urlset>")); len(entries) != 1000 || sum.Truncated {
				t.Errorf("%s, at the limit: %d entries, %+v", id, len(entries), sum)
			}
		}
		return
	}
	kind := URLSet
	doc := sample(count)
	if index {
		kind = Index
		doc = strings.NewReplacer("urlset", "sitemapindex", "url>", "sitemap>").Replace(doc)
	}
	entries, sum := readAll(t, "https://news.example/s.xml", []byte(doc))
	if len(entries) != MaxEntries || !sum.Truncated || sum.Kind != kind || entries[0].Sitemap != index {
		t.Errorf("%s: %d entries, %+v", id, len(entries), sum)
	}
	entries, sum = readAll(t, "https://news.example/s.xml", []byte(sample(MaxEntries)))
	if len(entries) != MaxEntries || sum.Truncated {
		t.Errorf("%s, at the limit: %d entries, %+v", id, len(entries), sum)
	}
}

// sample is a sitemap of n pages, of 385 bytes each.
func sample(n int) string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:image=\"http://www.google.com/schemas/sitemap-image/1.1\">\n")
	for i := range n {
		fmt.Fprintf(&b, "  <url>\n    <loc>https://news.example/2024/11/06/politics/the-bridge-over-the-alder-is-open-again-after-nine-years-%06d?id=%d&amp;lang=en</loc>\n"+
			"    <lastmod>2024-11-06T09:%02d:%02d+00:00</lastmod>\n    <changefreq>daily</changefreq>\n    <priority>0.8</priority>\n"+
			"    <image:image><image:loc>https://news.example/images/%d.jpg</image:loc></image:image>\n  </url>\n", i, i, i/60%60, i%60, i)
	}
	b.WriteString("</urlset>\n")
	return b.String()
}

func readAll(t *testing.T, url string, body []byte) ([]Entry, Summary) {
	t.Helper()
	var entries []Entry
	sum, err := Read(bytes.NewReader(body), url, func(e Entry) bool {
		entries = append(entries, e)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Entries != len(entries) {
		t.Errorf("%d entries are counted as %d", len(entries), sum.Entries)
	}
	return entries, sum
}
