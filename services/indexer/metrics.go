package indexer

import (
	"dateline/pkg/article"
	"dateline/pkg/metric"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	articles     *prometheus.CounterVec // by outcome; replays are not counted
	merges       *prometheus.CounterVec // by tier
	bytes        prometheus.Counter
	stage        prometheus.Histogram
	batch        prometheus.Observer
	failureBatch prometheus.Observer
	pruned       *prometheus.CounterVec // by kind

	repeated, repeatedBodies prometheus.Counter
}

// What is removed for its age.
const (
	prunedJourneys    = "journeys"
	prunedCheckpoints = "checkpoints"
)

// newMetrics registers the indexer's. The names that other stages have as well are told apart by a constant label.
func newMetrics(reg prometheus.Registerer, st *store.Store) *metrics {
	batches := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "dateline_store_batch_records", Help: "Articles or failures written to the record in one transaction.",
		Buckets: metric.Batches, NativeHistogramBucketFactor: metric.NativeFactor,
	}, []string{"kind"})
	m := &metrics{
		articles: metric.Articles(article.StageIndexer, article.OutcomeNew, article.OutcomeRevised, article.OutcomeRemoved, article.OutcomeDuplicate, article.OutcomeRejected),
		merges: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_merges_total", Help: "Addresses and articles that became part of another article, by the tier of identity that told.",
		}, []string{"tier"}),
		repeated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_repeated_articles_total", Help: "Articles that were not stored because their site shows the same text at many addresses.",
		}),
		repeatedBodies: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_repeated_bodies_total", Help: "Texts that a site was found to show at many addresses: error pages, walls.",
		}),
		pruned: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_store_pruned_total", Help: "Rows of the record that were removed for their age, by kind: journeys and checkpoints.",
		}, []string{"kind"}),
		bytes: metric.Bytes(article.StageIndexer),
		stage: metric.Seconds(article.StageIndexer, metric.Durations),
		batch: batches.WithLabelValues("articles"), failureBatch: batches.WithLabelValues("failures"),
	}
	gauge := func(name, help string, f func(store.Stats) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			s, err := st.Stats()
			if err != nil { // which is so only while the store closes
				return 0
			}
			return f(s)
		})
	}
	counter := func(name, help string, f func(store.Stats) uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 {
			s, err := st.Stats()
			if err != nil {
				return 0
			}
			return float64(f(s))
		})
	}
	for _, kind := range []string{prunedJourneys, prunedCheckpoints} {
		m.pruned.WithLabelValues(kind)
	}
	for _, tier := range store.Tiers {
		m.merges.WithLabelValues(string(tier))
	}
	reg.MustRegister(
		m.merges, m.repeated, m.repeatedBodies,
		m.articles, m.bytes, m.stage, m.pruned, batches,
		gauge("dateline_store_bytes", "Size of the record's file.", func(s store.Stats) float64 { return float64(s.Bytes) }),
		gauge("dateline_store_articles", "Articles in the record, each counted once.", func(s store.Stats) float64 { return float64(s.Articles) }),
		gauge("dateline_audit_entries", "Lines of the audit log: takedowns, legal holds and their releases, restorings.", func(s store.Stats) float64 { return float64(s.Audited) }),
		gauge("dateline_legal_holds", "Articles on legal hold.", func(s store.Stats) float64 { return float64(s.Holds) }),
		gauge("dateline_change_feed_last_seq", "Sequence number of the newest change.", func(s store.Stats) float64 { return float64(s.LastSeq) }),
		gauge("dateline_duplicate_groups", "Groups of near-duplicates, each of at least two articles.", func(s store.Stats) float64 { return float64(s.Groups) }),
		gauge("dateline_duplicate_articles", "Articles that are in a group of near-duplicates.", func(s store.Stats) float64 { return float64(s.Duplicates) }),
		gauge("dateline_duplicates_lag_records", "Changes whose near-duplicates are not grouped yet, in a store of an older version.", func(s store.Stats) float64 {
			return float64(s.LastSeq - min(s.LastSeq, s.Grouped))
		}),
		counter("dateline_duplicates_grouped_total", "Revisions that were taken into groups of near-duplicates, alone or not.", func(s store.Stats) uint64 { return s.GroupedNow }),
		counter("dateline_duplicates_joined_total", "Revisions that joined a group that was there.", func(s store.Stats) uint64 { return s.JoinedNow }),
		counter("dateline_duplicates_comparisons_total", "Pairs of texts compared to group revisions.", func(s store.Stats) uint64 { return s.ComparedNow }),
	)
	return m
}
