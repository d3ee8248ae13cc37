package opensearch

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"strings"
	"testing"

	"dateline/services/indexer/search"
	"dateline/services/indexer/search/searchtest"
	"dateline/services/indexer/store"

	"github.com/opensearch-project/opensearch-go/v4"
	"github.com/opensearch-project/opensearch-go/v4/opensearchapi"
	"github.com/prometheus/client_golang/prometheus"
)

// TestConformance runs against the server of DATELINE_OPENSEARCH_URL, with DATELINE_OPENSEARCH_USER, _PASSWORD and _CA. It
// makes indexes whose names begin with dateline-test, and deletes them.
func TestConformance(t *testing.T) {
	c := Config{
		User: os.Getenv("DATELINE_OPENSEARCH_USER"), Password: os.Getenv("DATELINE_OPENSEARCH_PASSWORD"), CA: os.Getenv("DATELINE_OPENSEARCH_CA"),
	}
	if urls := os.Getenv("DATELINE_OPENSEARCH_URL"); urls != "" {
		c.URL = strings.Split(urls, ",")
	} else {
		t.Skip("DATELINE_OPENSEARCH_URL names no OpenSearch server to test against")
	}
	searchtest.Run(t, opened(c))
}

// opened opens indexes of their own for each directory.
func opened(c Config) searchtest.Open {
	prefixes := map[string]string{}
	return func(t testing.TB, st *store.Store, dir string, reg prometheus.Registerer, log *slog.Logger) (*search.Index, error) {
		if prefixes[dir] == "" {
			prefixes[dir] = "dateline-test-" + strings.ToLower(rand.Text()[:10])
		}
		c.Prefix = prefixes[dir]
		x, err := Open(st, c, 0, reg, log)
		if err == nil {
			t.Cleanup(func() { remove(t, c) })
		}
		return x, err
	}
}

// remove deletes what a test made.
func remove(t testing.TB, c Config) {
	client, err := opensearchapi.NewClient(opensearchapi.Config{Client: opensearch.Config{Addresses: c.URL, Username: c.User, Password: c.Password}})
	if err != nil {
		t.Error(err)
		return
	}
	defer client.Close()
	resp, err := client.Indices.Get(context.Background(), opensearchapi.IndicesGetReq{Indices: []string{c.Prefix + "-*"}})
	if err != nil {
		t.Error(err)
		return
	}
	for name := range *resp.IndicesGetRespData {
		if _, err := client.Indices.Delete(context.Background(), opensearchapi.IndicesDeleteReq{Indices: []string{name}}); err != nil {
			t.Error(err)
		}
	}
	_, err = client.IndexTemplate.Delete(context.Background(), opensearchapi.IndexTemplateDeleteReq{IndexTemplate: c.Prefix + "-articles"})
	if err != nil {
		t.Error(err)
	}
}
