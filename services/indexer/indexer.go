// Package indexer is the end of the pipeline: it keeps articles in the record, makes them searchable, tells publishers
// and followers what it did, and answers questions over HTTP.
//
//	ARTICLES --> articles --> store --+--> INDEXED, RECEIPTS
//	DLQ -------> failures --> store   |
//	                                  +--> search index --> API
//	                                  +--> saved queries --> webhooks, ALERTS, feeds
//
// The record may be divided into partitions, each with all of this for its own, that several indexers share: see replica.
//
// Whatever comes twice is stored once and answered twice alike: see store.Write.
package indexer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"dateline/pkg/admin"
	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/services/indexer/alerts"
	"dateline/services/indexer/api"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/opensearch"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// Config is the indexer's.
type Config struct {
	APIAddr    string `name:"api-addr" help:"Address of the HTTP API." default:"127.0.0.1:8080" env:"DATELINE_API_ADDR"`
	Advertise  string `name:"api-advertise" help:"Address at which other indexers reach this one's API, where they share a record in partitions. By default that of --api-addr, or this machine's name with its port." env:"DATELINE_API_ADVERTISE"`
	IndexBatch int    `name:"index-batch" help:"Most articles stored in one transaction." default:"500" env:"DATELINE_INDEX_BATCH"`
	TraceDays  int    `name:"trace-days" help:"Days for which the way of each URL and publication through the pipeline can be told." default:"90" env:"DATELINE_TRACE_DAYS"`

	SearchBackend string            `help:"Where the search index is: bleve, in the data directory, or opensearch, on a server." enum:"bleve,opensearch" default:"bleve" env:"DATELINE_SEARCH_BACKEND"`
	OpenSearch    opensearch.Config `embed:"" prefix:"opensearch-"`
	Alerts        alerts.Config     `embed:""`

	DataDir   string `kong:"-"` // holds the record and the search index
	StoreOnly bool   `kong:"-"` // for benchmarks: the search index stays empty, so that the rest can be measured
}

// maxBatch bounds how much a transaction holds in memory.
const maxBatch = 5000

// Validate names what is wrong.
func (c *Config) Validate() error {
	if _, _, err := net.SplitHostPort(c.APIAddr); err != nil {
		return fmt.Errorf("--api-addr %q: %w", c.APIAddr, err)
	}
	if c.Advertise != "" {
		if host, port, err := net.SplitHostPort(c.Advertise); err != nil || host == "" || port == "" || port == "0" {
			return fmt.Errorf("--api-advertise %q: is not a host and a port", c.Advertise)
		}
	}
	if c.IndexBatch < 1 || c.IndexBatch > maxBatch {
		return fmt.Errorf("--index-batch %d: from 1 to %d", c.IndexBatch, maxBatch)
	}
	if c.TraceDays < minTraceDays || c.TraceDays > maxTraceDays {
		return fmt.Errorf("--trace-days %d: from %d, as long as the queue may bring an article again, to %d", c.TraceDays, minTraceDays, maxTraceDays)
	}
	if c.SearchBackend == searchOpenSearch {
		if err := c.OpenSearch.Check(); err != nil {
			return err
		}
	}
	return c.Alerts.Validate()
}

// articleWorkers is how many batches of articles are in hand at a time: while one waits for its messages to be acknowledged,
// the next is stored. They are stored one after the other, so that of two revisions the later one stays the latest.
const articleWorkers = 2

// failureBatch is how many dead letters are recorded in one transaction.
const failureBatch = 100

// indexer is one partition of the record at work: the whole of it where it is not divided.
type indexer struct {
	part    part
	store   *store.Store
	index   *search.Index
	alerts  *alerts.Alerts
	api     *api.Server
	log     *slog.Logger
	metrics *metrics

	mu       sync.Mutex
	storeErr error // of the last transaction
}

// Run works until ctx ends, then finishes what is in hand and returns nil. It fails at once where the data directory or
// the address is in use by another process. Where the record is divided, it shares the partitions with the other indexers,
// see replica.
func Run(ctx context.Context, cfg Config, q *queue.Queue, adm *admin.Server) (err error) {
	log := slog.With("service", string(article.StageIndexer))
	if err := checkDivision(cfg.DataDir, q.Partitions()); err != nil {
		return err
	}
	shared := newReplicaMetrics(adm.Registry)
	shared.parts.Set(float64(q.Partitions()))
	if n := q.Partitions(); n > 1 {
		return runReplica(ctx, cfg, q, adm, shared, log)
	}
	listener, err := net.Listen("tcp", cfg.APIAddr)
	if err != nil {
		return fmt.Errorf("--api-addr: %w", err)
	}
	x, err := open(cfg, part{0, 1}, cfg.DataDir, q, urlOf(listener.Addr()), adm.Registry, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, x.close()) }()
	adm.Check("indexer store", x.checkStore)
	adm.Check("indexer search", x.index.Check)
	adm.Check("indexer alerts", x.alerts.Check)
	shared.members.Set(1)
	shared.open.Set(1)
	log.Info("indexer runs", "api", listener.Addr().String(), "data", cfg.DataDir, "records", x.store.LastSeq())
	return x.run(ctx, cfg, q, func(ctx context.Context) error { return x.api.Serve(ctx, listener) })
}

// open opens a partition's store and index in a directory. The store's file lock keeps every other process out. Links lead to
// the API at a URL.
func open(cfg Config, p part, dir string, q *queue.Queue, link string, reg prometheus.Registerer, log *slog.Logger) (*indexer, error) {
	st, err := store.Open(dir)
	if err != nil {
		return nil, err
	}
	index, err := openIndex(cfg, p.n, dir, st, reg, log)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	al := alerts.New(cfg.Alerts, st, q, link, reg, log)
	return &indexer{part: p, store: st, index: index, alerts: al, api: api.New(st, index, al, reg, log), log: log, metrics: newMetrics(reg, st)}, nil
}

func (x *indexer) close() error { return errors.Join(x.index.Close(), x.store.Close()) }

// run works until ctx ends, and then finishes what is in hand. serve is the API, or what there is to do as long as it answers.
func (x *indexer) run(ctx context.Context, cfg Config, q *queue.Queue, serve func(context.Context) error) error {
	// The API answers as long as articles are still being stored, and the projector runs as long as anything does.
	base, stopBase := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBase()
	var support, work errgroup.Group
	ctx, fail := context.WithCancel(ctx)
	defer fail()
	if !cfg.StoreOnly {
		support.Go(func() error { return x.index.Run(base) })
	}
	support.Go(func() error { return x.groupBacklog(base) })
	support.Go(func() error { return x.addressBacklog(base) })
	support.Go(func() error { return x.announce(base, q) })
	support.Go(func() error { return x.retain(base, cfg.TraceDays) })
	support.Go(func() error {
		defer fail()
		return x.alerts.Run(base)
	})
	support.Go(func() error {
		defer fail() // without its API an indexer is to end, not to go on unseen
		return serve(base)
	})
	work.Go(func() error {
		defer fail()
		if err := x.replay(ctx, q); err != nil || ctx.Err() != nil {
			return unlessEnded(ctx, err)
		}
		return q.Consume(ctx, queue.Subscription{Consumer: x.part.of(queue.IndexerArticles), Workers: articleWorkers, Ordered: true, Batch: cfg.IndexBatch, Handle: x.articles})
	})
	work.Go(func() error {
		defer fail()
		return q.Consume(ctx, queue.Subscription{Consumer: x.part.of(queue.IndexerDLQ), Workers: 1, Batch: failureBatch, Handle: x.failures})
	})
	err := work.Wait()
	stopBase()
	return errors.Join(err, support.Wait())
}

// unlessEnded is err, except where it only tells that ctx has ended.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// urlOf is where this machine reaches a listener.
func urlOf(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// checkStore tells why the last transaction failed, or nil.
func (x *indexer) checkStore(context.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.storeErr
}

// noteStore keeps what a transaction ended with, for readiness.
func (x *indexer) noteStore(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err == nil && x.storeErr != nil {
		x.log.Info("record can be written again")
	}
	x.storeErr = err
}
