package api

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

type duplicatesAnswer struct {
	Group       uint64
	First, Best string
	Apart       bool
	Total       int
	Members     []struct {
		ArticleID string `json:"article_id"`
		Title     string
		URL       string
		Words     int
		OfCopy    float64 `json:"share_of_copy"`
		OfFirst   float64 `json:"share_of_first"`
	}
	Next string `json:"next_cursor"`
}

// longText has words of its own.
func longText(words int) string {
	var b strings.Builder
	for i := range words {
		fmt.Fprintf(&b, "word%d ", i*i)
	}
	return b.String()
}

func TestDuplicates(t *testing.T) {
	w := begin(t)
	cut, _ := w.add("cut", longText(150))
	copies := map[string]bool{cut.ID: true}
	whole, _ := w.add("whole", longText(300)) // one site: all of the cut copy is in it
	copies[whole.ID] = true
	target := "/v1/articles/" + cut.ID + "/duplicates"

	var d duplicatesAnswer
	w.get(target, &d)
	if d.Total != 2 || len(d.Members) != 2 || d.First != cut.ID || d.Best != whole.ID || d.Apart || d.Next != "" {
		t.Fatalf("group is %+v", d)
	}
	if m := d.Members[1]; m.ArticleID != whole.ID || m.Title != "whole" || m.URL != whole.URL || m.Words != 300 || m.OfFirst != 1 || m.OfCopy > .7 {
		t.Errorf("second member is %+v", m)
	}
	var paged []string
	for cursor := ""; ; {
		var page duplicatesAnswer
		w.get(target+"?limit=1&cursor="+url.QueryEscape(cursor), &page)
		for _, m := range page.Members {
			paged = append(paged, m.ArticleID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if fmt.Sprint(paged) != fmt.Sprint([]string{cut.ID, whole.ID}) {
		t.Errorf("in pages, the members are %v", paged)
	}

	// Articles name their group, and those without copies none.
	var list struct {
		Articles []struct {
			Group   uint64 `json:"duplicate_group"`
			Article struct{ ID string }
		}
	}
	w.get("/v1/articles", &list)
	for _, a := range list.Articles {
		if a.Group != 0 != copies[a.Article.ID] || a.Group != 0 && a.Group != d.Group {
			t.Errorf("article %s is in group %d", a.Article.ID, a.Group)
		}
	}
	var one struct {
		Group uint64 `json:"duplicate_group"`
	}
	w.get("/v1/articles/"+whole.ID, &one)
	if one.Group != d.Group {
		t.Errorf("article is in group %d, not %d", one.Group, d.Group)
	}

	if resp := w.ask("DELETE", target); resp.StatusCode != http.StatusOK {
		t.Errorf("to take it out: %s", resp.Status)
	}
	d = duplicatesAnswer{}
	if w.get(target, &d); !d.Apart || d.Total != 0 || len(d.Members) != 0 {
		t.Errorf("taken out, its group is %+v", d)
	}
	if resp := w.ask("POST", target); resp.StatusCode != http.StatusOK {
		t.Errorf("to let it in: %s", resp.Status)
	}
	d = duplicatesAnswer{}
	if w.get(target, &d); d.Apart || d.Total != 2 {
		t.Errorf("let in again, its group is %+v", d)
	}
	schemas := newAnswers(t)
	body, err := io.ReadAll(w.ask("GET", target+"?limit=1").Body)
	if err != nil {
		t.Fatal(err)
	}
	schemas.check("GET "+target, "/components/schemas/Duplicates", body)
	if body, err = io.ReadAll(w.ask("GET", "/v1/articles/"+whole.ID).Body); err != nil {
		t.Fatal(err)
	}
	schemas.check("GET an article", "/components/schemas/Record", body)
}

func TestGroupsAreChangedByLocals(t *testing.T) {
	w := begin(t)
	target := "/v1/articles/" + w.flour.ID + "/duplicates"
	for _, method := range []string{"DELETE", "POST"} {
		if resp := w.ask(method, target, "X-Forwarded-For", "198.51.100.1"); resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s through a proxy: %s", method, resp.Status)
		}
		r := httptest.NewRequest(method, target, nil) // from 192.0.2.1
		rec := httptest.NewRecorder()
		w.api.Handler().ServeHTTP(rec, r)
		if rec.Code != http.StatusForbidden {
			t.Errorf("%s from elsewhere: %d", method, rec.Code)
		}
		if resp := w.ask(method, "/v1/articles/unknown/duplicates"); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s of an unknown article: %s", method, resp.Status)
		}
	}
	for _, target := range []string{"/v1/articles/unknown/duplicates", "/v1/articles/" + strings.Repeat("0", 32) + "/duplicates"} {
		if resp := w.ask("GET", target); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", target, resp.Status)
		}
	}
}

func TestCollapse(t *testing.T) {
	w := begin(t)
	w.add("cut", longText(150))
	whole, _ := w.add("whole", longText(300))
	w.settle()
	var page struct {
		Total int
		Hits  []struct {
			Group      uint64 `json:"duplicate_group"`
			Duplicates int
			Article    struct{ ID string }
		}
	}
	w.get("/v1/search?q=word1&sort=date&collapse=duplicates", &page)
	if page.Total != 2 || len(page.Hits) != 1 || page.Hits[0].Article.ID != whole.ID || page.Hits[0].Group == 0 || page.Hits[0].Duplicates != 2 {
		t.Errorf("%+v", page)
	}
	if resp := w.ask("GET", "/v1/search?collapse=yes"); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("collapse=yes: %s", resp.Status)
	}
}
