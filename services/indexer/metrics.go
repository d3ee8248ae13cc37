package indexer

import (
	"dateline/pkg/article"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
)

const nativeFactor = 1.1 // growth of native histogram buckets

type metrics struct {
	articles     *prometheus.CounterVec // by outcome; replays are not counted
	bytes        prometheus.Counter
	stage        prometheus.Histogram
	batch        prometheus.Observer
	failureBatch prometheus.Observer
}

// newMetrics registers the indexer's. The names that other stages have as well are told apart by a constant label.
func newMetrics(reg prometheus.Registerer, st *store.Store) *metrics {
	stage := prometheus.Labels{"stage": string(article.StageIndexer)}
	batches := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "dateline_store_batch_records", Help: "Articles or failures written to the record in one transaction.",
		Buckets: []float64{1, 2, 5, 10, 25, 50, 100, 250, 500, 1000}, NativeHistogramBucketFactor: nativeFactor,
	}, []string{"kind"})
	m := &metrics{
		articles: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_articles_total", Help: "Articles that passed a stage, by outcome.", ConstLabels: stage,
		}, []string{"outcome"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_article_bytes_total", Help: "Bytes of the messages of articles that passed a stage.", ConstLabels: stage,
		}),
		stage: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "dateline_stage_duration_seconds", Help: "Time a stage spent on one article.", ConstLabels: stage,
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}, NativeHistogramBucketFactor: nativeFactor,
		}),
		batch: batches.WithLabelValues("articles"), failureBatch: batches.WithLabelValues("failures"),
	}
	for _, o := range []article.Outcome{article.OutcomeNew, article.OutcomeRevised, article.OutcomeDuplicate, article.OutcomeRejected} {
		m.articles.WithLabelValues(string(o))
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
	reg.MustRegister(
		m.articles, m.bytes, m.stage, batches,
		gauge("dateline_store_bytes", "Size of the record's file.", func(s store.Stats) float64 { return float64(s.Bytes) }),
		gauge("dateline_store_articles", "Articles in the record, each counted once.", func(s store.Stats) float64 { return float64(s.Articles) }),
		gauge("dateline_change_feed_last_seq", "Sequence number of the newest change.", func(s store.Stats) float64 { return float64(s.LastSeq) }),
	)
	return m
}
