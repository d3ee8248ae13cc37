package discover

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"dateline/pkg/lineartest"
)

type wantLink struct {
	URL, Title string
	Type       *string
}

func TestConformance(t *testing.T) {
	dir := os.Getenv("DATELINE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	b, err := os.ReadFile(filepath.Join(dir, "conformance", "autodiscovery.jsonl"))
	if err != nil {
		t.Skipf("conformance data not found (set DATELINE_SHARED): %v", err)
	}
	rows := 0
	for line := range bytes.Lines(b) {
		var row struct {
			ID, URL, HTML            string
			Headers                  map[string]string
			Feeds                    []wantLink
			AlsoOK                   [][]wantLink `json:"also_ok"`
			Hubs                     []string
			Self, Canonical, AMPHTML string
			Refresh                  *struct {
				Seconds int
				URL     *string
			}
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		rows++
		h := http.Header{"Content-Type": {"text/html; charset=utf-8"}}
		for k, v := range row.Headers {
			h.Set(k, v)
		}
		p := ReadPage(row.URL, h, []byte(row.HTML))
		same := func(want []wantLink) bool {
			return slices.EqualFunc(p.Feeds, want, func(l Link, w wantLink) bool {
				if w.Type == nil { // a weak link's words are no title
					return l.URL == w.URL && l.Type == ""
				}
				return l.URL == w.URL && l.Type == *w.Type && l.Title == w.Title
			})
		}
		if !same(row.Feeds) && !slices.ContainsFunc(row.AlsoOK, same) {
			t.Errorf("%s: feeds %+v, want %+v", row.ID, p.Feeds, row.Feeds)
		}
		if !slices.Equal(p.Hubs, row.Hubs) || p.Self != row.Self || p.Canonical != row.Canonical || p.AMP != row.AMPHTML {
			t.Errorf("%s: %+v", row.ID, p)
		}
		var want *Refresh
		if row.Refresh != nil {
			want = &Refresh{Seconds: row.Refresh.Seconds}
			if row.Refresh.URL != nil {
				want.URL = *row.Refresh.URL
			}
		}
		if !reflect.DeepEqual(p.Refresh, want) {
			t.Errorf("%s: refresh %+v, want %+v", row.ID, p.Refresh, want)
		}
	}
	if rows == 0 {
		t.Fatal("no rows")
	}
}

func TestReadPage(t *testing.T) {
	h := http.Header{
		"Content-Type": {"text/html; charset=windows-1251"},
		"Link": {
			`</h>; rel="alternate feed"; type="application/rss+xml"; title*=UTF-8''%D0%9D%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8; title=News`,
			`<https://hub.example/>; rel=hub, </other>; rel=hub; anchor="/x", <bad; rel=hub`, `junk`, `</a,b>;type="application/atom+xml;v=\"1\"";rel=alternate;;`,
		},
		"Refresh": {"x"},
	}
	html := "<base href='//cdn.example/x/'><base href='/y/'><noscript><link rel=hub href=https://hub2.example></noscript>" +
		"<link rel=alternate type=application/rss+xml href=comments/feed/ title='\xca\xee\xec\xec\xe5\xed\xf2\xe0\xf0\xe8\xe8'><link rel='alternate feed' href='f'>" +
		"<!-- <link rel=feed href=no> --><textarea><link rel=feed href=no></textarea><link rel=canonical href='http://:bad'><link rel=canonical href=/c>" +
		"<a href=/rss>RSS</a><meta http-equiv=refresh content=''><meta http-equiv=refresh content='1.5 ;URL  = \"/r\" '>"
	p := ReadPage("https://news.example/d/", h, []byte(html))
	want := Page{
		Feeds: []Link{
			{URL: "https://news.example/h", Type: "application/rss+xml", Title: "Новости"},
			{URL: "https://news.example/a,b", Type: "application/atom+xml"},
			{URL: "https://cdn.example/x/f"},
			{URL: "https://cdn.example/x/comments/feed/", Type: "application/rss+xml", Title: "Комментарии"},
		},
		Hubs:      []string{"https://hub.example/", "https://hub2.example/"},
		Canonical: "https://cdn.example/c", Refresh: &Refresh{1, "https://cdn.example/r"},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("\n got %+v %+v\nwant %+v %+v", p, p.Refresh, want, want.Refresh)
	}
}

func TestWeakLinks(t *testing.T) {
	html := `<a href="/about">About</a><a href="/feed/"><img></a><a href="/n"><span> </span><b>RSS</b></a><a href="rss">Our news</a><a href="/x.xml">x</a><a href="/news.xml?a"> Rss </a><a href="/news/atom.xml">y</a><a href="javascript:rss()">RSS</a><a href="https://feeds.example/n.rss">z</a>`
	var got []string
	for _, l := range ReadPage("https://news.example/", nil, []byte(html)).Feeds {
		if !l.Weak {
			t.Errorf("%+v is not weak", l)
		}
		got = append(got, l.URL)
	}
	if fmt.Sprint(got) != "[https://news.example/feed/ https://news.example/n https://news.example/news.xml?a https://news.example/news/atom.xml https://feeds.example/n.rss]" {
		t.Error(got)
	}
}

func TestRefresh(t *testing.T) {
	for in, want := range map[string]*Refresh{
		"0": {0, ""}, " 7 ": {7, ""}, "3;": {3, ""}, "3; /a": {3, "https://news.example/a"}, "3 /a": {3, "https://news.example/a"}, ".5;url=/a": {0, "https://news.example/a"},
		"1;url": {1, "https://news.example/url"}, "1; url=": {1, ""}, "1;url=javascript:x": nil, "1x": nil, "": nil, "-1": nil, "99999999999999999999999;/a": nil,
	} {
		p := ReadPage("https://news.example/", http.Header{"Refresh": {in}}, nil)
		if !reflect.DeepEqual(p.Refresh, want) {
			t.Errorf("%q: %+v, want %+v", in, p.Refresh, want)
		}
	}
}

// TestPageIsBounded doubles pages that are made to be slow or large.
func TestPageIsBounded(t *testing.T) {
	for name, piece := range map[string]string{
		"links": "<link rel=hub href=/h>", "feeds": "<link rel=feed href=/f?%d>", "anchors": "<a href=/feed/?%d>RSS</a>", "attributes": "<link a b c d e f g h", "open": "<", "comments": "<!--", "rels": "<link rel='a b c d e f g h i j k l m n' href=x>",
	} {
		lineartest.Check(t, name, 4*maxScan, func(n int) func() {
			var b strings.Builder
			for i := 0; b.Len() < n; i++ {
				b.WriteString(strings.ReplaceAll(piece, "%d", fmt.Sprint(i)))
			}
			return func() {
				if p := ReadPage("https://news.example/", http.Header{"Content-Type": {"text/html; charset=utf-8"}}, []byte(b.String())); len(p.Feeds) > maxLinks || len(p.Hubs) > maxLinks {
					t.Errorf("%s: %d feeds, %d hubs", name, len(p.Feeds), len(p.Hubs))
				}
			}
		})
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add("<link rel=alternate type=application/rss+xml href=/f><base href=//b><meta http-equiv=refresh content='0;url=x'>", `</f>; rel="a\"b"; title*=utf-8''%zz, <g>;rel=hub`, "5; url='x")
	f.Add("<a href=feed:feed:feed://x>rss</a><noscript><link rel=hub href=http://h", `<>;;;=,"`, ".")
	f.Fuzz(func(t *testing.T, html, link, refresh string) {
		p := ReadPage("https://news.example/a", http.Header{"Link": {link}, "Refresh": {refresh}}, []byte(html))
		all := append([]string{p.Self, p.Canonical, p.AMP}, p.Hubs...)
		for _, l := range p.Feeds {
			all = append(all, l.URL)
		}
		if p.Refresh != nil {
			all = append(all, p.Refresh.URL)
		}
		for _, u := range all {
			if u != "" && !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
				t.Errorf("%q is not absolute", u)
			}
		}
	})
}

func BenchmarkReadPage(b *testing.B) {
	page := []byte("<html><head><title>x</title>" + strings.Repeat("<meta name=a content=b><script>var a='<b>'</script>", 200) + "<link rel=alternate type=application/rss+xml href=/feed></head><body>" + strings.Repeat("<div class=x><p>The ferry makes its last crossing on <a href=/b>Sunday</a> evening.</p></div>", 1500))
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		ReadPage("https://news.example/", nil, page)
	}
}
