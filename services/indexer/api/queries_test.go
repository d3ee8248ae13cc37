package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/store"
)

// send makes a request with a body, and returns the answer's status and body.
func (w *world) send(method, target, body string, header ...string) (*http.Response, string) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler().ServeHTTP(rec, r)
	b, err := io.ReadAll(rec.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return rec.Result(), string(b)
}

// match has changes matched by a saved query.
func (w *world) match(name string, seqs ...uint64) {
	w.t.Helper()
	_, version, err := w.store.Queries()
	if err != nil {
		w.t.Fatal(err)
	}
	m := store.Matches{Version: version, UpTo: seqs[len(seqs)-1], Found: map[string][]article.Event{}}
	for _, seq := range seqs {
		events, err := w.store.Changes(seq-1, 1)
		if err != nil {
			w.t.Fatal(err)
		}
		m.Found[name] = append(m.Found[name], events...)
	}
	if _, err := w.store.RecordMatches(w.t.Context(), m); err != nil {
		w.t.Fatal(err)
	}
}

func TestSavedQueries(t *testing.T) {
	w := begin(t)
	schemas := newAnswers(t)
	check := func(what, method, path, status, media, body string) {
		t.Helper()
		schemas.check(what, "/paths/"+escapePointer(path)+"/"+method+"/responses/"+status+"/content/"+escapePointer(media)+"/schema", []byte(body))
	}
	const path = "/v1/queries/{query}"
	resp, body := w.send("PUT", "/v1/queries/flour", `{"search": {"q": "flour", "lang": "en"}, "webhook": {"url": "https://example.org/hook"}, "nats": true}`)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, `"secret":"whsec_`) {
		t.Fatalf("%s: %s", resp.Status, body)
	}
	check("put", "put", path, "200", "application/json", body)
	w.send("PUT", "/v1/queries/bread", `{"search": {"q": "bread"}}`)
	for _, target := range []string{"/v1/queries/flour", "/v1/queries?limit=100"} {
		resp, body := w.send("GET", target, "")
		if resp.StatusCode != http.StatusOK || strings.Contains(body, "whsec_") || !strings.Contains(body, "https://example.org/hook") {
			t.Errorf("%s: %s: %s", target, resp.Status, body)
		}
	}
	if resp, body = w.send("PUT", "/v1/queries/flour", `{"search": {"q": "flour"}, "webhook": {"url": "https://example.org/hook"}, "nats": true}`); resp.StatusCode != http.StatusOK || strings.Contains(body, "whsec_") {
		t.Errorf("put again: %s: %s", resp.Status, body)
	}
	var page struct {
		Queries []struct{ Name string }
		Next    string `json:"next_cursor"`
	}
	w.get("/v1/queries?limit=1", &page)
	if len(page.Queries) != 1 || page.Queries[0].Name != "bread" || page.Next == "" {
		t.Errorf("first page %+v", page)
	}
	next := page.Next
	page.Next = ""
	w.get("/v1/queries?limit=1&cursor="+next, &page)
	if len(page.Queries) != 1 || page.Queries[0].Name != "flour" || page.Next != "" {
		t.Errorf("second page %+v", page)
	}

	for what, c := range map[string]struct {
		name, body string
		status     int
		want       string
	}{
		"syntax":  {"x", `{"search": {"q": "flour AND ("}}`, 400, `"syntax":{"byte":11`},
		"guarded": {"x", `{"search": {"q": "flour"}, "webhook": {"url": "http://169.254.169.254/"}}`, 400, `"parameter":"webhook.url"`},
		"name":    {"X", `{"search": {"q": "flour"}}`, 400, `"parameter":"name"`},
		"large":   {"x", strings.Repeat(" ", maxDefinition+1), 413, "at most 65536 bytes"},
	} {
		resp, body := w.send("PUT", "/v1/queries/"+c.name, c.body)
		if resp.StatusCode != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %s: %s", what, resp.Status, body)
		}
	}
	if resp, body := w.send("PATCH", "/v1/queries/flour", ""); resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "GET, PUT, DELETE" {
		t.Errorf("PATCH: %s, allowed %s: %s", resp.Status, resp.Header.Get("Allow"), body)
	}

	w.add("flour2", "Flour here.")
	w.match("flour", w.store.LastSeq())
	resp, body = w.send("GET", "/v1/queries/flour/deliveries?state=pending", "")
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, article.IDOfURL("flour2")) {
		t.Errorf("deliveries: %s: %s", resp.Status, body)
	}
	check("deliveries", "get", path+"/deliveries", "200", "application/json", body)
	first := w.store.LastSeq()
	err := w.store.Settle(t.Context(), []store.Attempt{{Outlet: store.ByWebhook, Query: "flour", First: first, Error: "answered 500", At: time.Now(), GiveUp: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	_, body = w.send("GET", "/v1/queries/flour/deliveries", "")
	if !strings.Contains(body, article.IDOfURL("flour2")) || !strings.Contains(body, `"error":"answered 500"`) || !strings.Contains(body, `"dead":1`) {
		t.Errorf("dead letters: %s", body)
	}
	check("dead letters", "get", path+"/deliveries", "200", "application/json", body)
	_, body = w.send("GET", "/v1/queries/flour", "")
	check("get", "get", path, "200", "application/json", body)
	if _, body = w.send("POST", "/v1/queries/flour/retry", ""); !strings.Contains(body, `"retried":1`) {
		t.Errorf("retry: %s", body)
	}

	if resp, body := w.send("DELETE", "/v1/queries/flour", ""); resp.StatusCode != http.StatusOK {
		t.Errorf("delete: %s: %s", resp.Status, body)
	}
	for _, target := range []string{"", "/deliveries", "/feed.atom", "/feed.json"} {
		if resp, body := w.send("GET", "/v1/queries/flour"+target, ""); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s of what is removed: %s: %s", target, resp.Status, body)
		}
	}
}

func TestFeedsAreConditional(t *testing.T) {
	w := begin(t)
	w.send("PUT", "/v1/queries/flour", `{"search": {"q": "flour"}}`)
	w.add("flour2", "Flour here.")
	w.match("flour", w.store.LastSeq())
	for format, media := range map[string]string{"feed.atom": "application/atom+xml", "feed.json": "application/feed+json"} {
		target := "/v1/queries/flour/" + format
		resp, body := w.send("GET", target, "")
		etag, modified := resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != media || !strings.Contains(body, "https://news.example/flour2") || etag == "" || modified == "" {
			t.Errorf("%s: %s %v: %s", format, resp.Status, resp.Header, body)
		}
		for _, header := range [][]string{{"If-None-Match", etag}, {"If-Modified-Since", modified}} {
			if resp, body := w.send("GET", target, "", header...); resp.StatusCode != http.StatusNotModified || body != "" {
				t.Errorf("%s with %s: %s: %s", format, header, resp.Status, body)
			}
		}
		w.add("flour2", "Flour here, "+format)
		if resp, _ := w.send("GET", target, "", "If-None-Match", etag); resp.StatusCode != http.StatusOK {
			t.Errorf("%s of what has changed: %s", format, resp.Status)
		}
	}
	_, body := w.send("GET", "/v1/queries/flour/feed.json", "")
	schemas := newAnswers(t)
	schemas.check("feed.json", "/paths/"+escapePointer("/v1/queries/{query}/feed.json")+"/get/responses/200/content/"+escapePointer("application/feed+json")+"/schema", []byte(body))
	var feed struct{ Items []json.RawMessage }
	if err := json.Unmarshal([]byte(body), &feed); err != nil || len(feed.Items) != 1 {
		t.Error(fmt.Errorf("%d items, %w", len(feed.Items), err))
	}
}
