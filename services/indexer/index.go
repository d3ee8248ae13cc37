package indexer

import (
	"log/slog"

	"dateline/services/indexer/search"
	"dateline/services/indexer/search/bleve"
	"dateline/services/indexer/search/opensearch"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
)

// searchOpenSearch is the name of the backend that is a server.
const searchOpenSearch = "opensearch"

// openIndex opens the search index of a partition of the record, which is 0 where it is not divided. One that is embedded
// is in the directory of the partition's store.
func openIndex(c Config, partition int, dir string, st *store.Store, reg prometheus.Registerer, log *slog.Logger) (*search.Index, error) {
	if c.SearchBackend == searchOpenSearch {
		return opensearch.Open(st, c.OpenSearch, partition, reg, log)
	}
	return bleve.Open(st, dir, reg, log)
}
