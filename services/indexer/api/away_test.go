package api

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"dateline/services/indexer/search/opensearch"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
)

// Where the search index is on a server that does not answer, searches say so, and all else goes on.
func TestSearchBackendAway(t *testing.T) {
	st, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	reg := prometheus.NewRegistry()
	ix, err := opensearch.Open(st, opensearch.Config{URL: []string{"http://127.0.0.1:1"}, Prefix: "dateline"}, 0, reg, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(ix.Close(), st.Close()); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, api: New(st, ix, nil, reg, log), store: st, index: ix, reg: reg}
	w.add("flour", "Flour doubled.")
	for target, status := range map[string]int{"/v1/search?q=flour": 503, "/v1/counts": 503, "/v1/export": 503, "/v1/articles": 200, "/v1/changes": 200, "/v1/status": 200} {
		resp := w.ask("GET", target)
		var answer struct {
			Detail    string
			Available *bool `json:"search_available"`
			Articles  any
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			t.Errorf("%s: %v", target, err)
		}
		if resp.StatusCode != status || status == http.StatusServiceUnavailable && (answer.Detail == "" || resp.Header.Get("Retry-After") == "") {
			t.Errorf("%s: %s %s", target, resp.Status, answer.Detail)
		}
		if target == "/v1/status" && (answer.Available == nil || *answer.Available || answer.Articles != 1.) {
			t.Errorf("status is %+v", answer)
		}
	}
}
