package cli

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// answering is an API with one answer, which remembers what it was asked.
func answering(t *testing.T, status int, body string) (client Client, asked *url.URL) {
	t.Helper()
	asked = new(url.URL)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = *r.URL
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return Client{API: s.URL}, asked
}

func TestSearchPrintsFacets(t *testing.T) {
	client, asked := answering(t, 200, `{"total":1203,"hits":[],"facets":{
		"source":{"values":[{"value":"news.example","count":1200},{"value":"b.example","count":2}],"other":1},
		"day":{"values":[{"value":"2024-11-06","count":3}],"other":0}}}`)
	var out bytes.Buffer
	s := Search{Client: client, Filter: Filter{Query: []string{"flour", "OR", "salt"}, Author: "Ada"}, Limit: 5, Facets: []string{"source", "day"}, FacetLimit: 2}
	if err := s.Run(context.Background(), &Terminal{Out: &out}); err != nil {
		t.Fatal(err)
	}
	const want = "by source\n    1,200  news.example\n        2  b.example\n        1  (others)\n\nby day\n    3  2024-11-06\n\n0 of 1,203 found\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	if got := asked.String(); got != "/v1/search?author=Ada&facet_limit=2&facets=source%2Cday&limit=5&q=flour+OR+salt" {
		t.Errorf("asked for %s", got)
	}
}

func TestSearchPrintsCounts(t *testing.T) {
	client, asked := answering(t, 200, `{"interval":"day","total":3,"all":30,"periods":[
		{"begin":"2024-11-05","count":1,"all":20,"share":0.05},{"begin":"2024-11-06","count":2,"all":10,"share":0.2}]}`)
	var out bytes.Buffer
	s := Search{Client: client, Filter: Filter{Query: []string{"flour"}}, Over: "day"}
	if err := s.Run(context.Background(), &Terminal{Out: &out}); err != nil {
		t.Fatal(err)
	}
	const want = "  2024-11-05  1  of 20   5.00 %  ██████████\n  2024-11-06  2  of 10  20.00 %  ████████████████████████████████████████\n3 of 30 articles match\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	if got := asked.String(); got != "/v1/counts?interval=day&q=flour" {
		t.Errorf("asked for %s", got)
	}
}

func TestSearchPointsAtErrors(t *testing.T) {
	client, _ := answering(t, 400, `{"status":400,"title":"Bad Request","detail":"q: at character 5: expected a word","syntax":{"byte":7,"character":4,"expected":"a word","found":"the end"}}`)
	s := Search{Client: client, Filter: Filter{Query: []string{"آرد", "OR"}}}
	err := s.Run(context.Background(), &Terminal{Out: new(bytes.Buffer)})
	if want := "q: at character 5: expected a word\n  آرد OR\n      ^"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
