# What is longer than a test run. Everything else is `go test ./...`.
N ?= 1000

.PHONY: race crash partitions cluster opensearch bench growth schemas weights fuzz

race: ## all tests with the race detector
	go test -race -timeout 30m ./...

crash: ## kill each service, and the all-in-one process, N times
	go test . -run Crash -v -timeout 3h -kills $(N)

partitions: ## indexers that share a record, N/10 times one of them killed
	go test . -run CrashPartitions -v -timeout 3h -kills $(N)

cluster: ## the queue on three NATS servers, one of which is lost
	go test ./pkg/queue -run TestCluster -v -timeout 10m -cluster

opensearch: ## what every search backend has to do, on the server of DATELINE_OPENSEARCH_URL
	go test ./services/indexer/search/opensearch -run Conformance -v -count=1 -timeout 20m

bench: ## articles a second end to end, then of the queue and the store alone
	go run . bench
	go run . bench --copy --articles 50000 --text-bytes 2000

ARTICLES ?= 1000000
growth: ## what an article and a search cost at 10,000 to ARTICLES articles: record, near-duplicates and index
	go run . bench growth --articles $(ARTICLES)

schemas: ## docs/schemas anew from the Go types
	go test ./pkg/article -run Schemas -update

SHARED ?= ../shared
weights: ## the weights of the parser's text extraction anew from a corpus
	go run ./services/parser/content/learn $(SHARED)/corpus > services/parser/content/weights.tsv.new
	mv services/parser/content/weights.tsv.new services/parser/content/weights.tsv

FUZZTIME ?= 1m
fuzz: ## every fuzz target for FUZZTIME
	@for f in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
	  for t in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$f); do \
	    go test ./$$(dirname $$f) -run '^$$' -fuzz "^$$t\$$" -fuzztime $(FUZZTIME) || exit 1; \
	  done; \
	done
