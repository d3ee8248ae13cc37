package search

import (
	"dateline/pkg/article"
	"dateline/pkg/metric"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	searchable prometheus.Histogram
	batch      prometheus.Histogram
	stage      prometheus.Observer
	errors     prometheus.Counter
	rebuilds   prometheus.Counter
	searches   *prometheus.HistogramVec // by outcome: ok, invalid, error
}

func newMetrics(reg prometheus.Registerer, x *Index) *metrics {
	stage := metric.Seconds(article.StageSearch, metric.Durations)
	m := &metrics{
		searchable: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "dateline_published_to_searchable_seconds",
			Help:    "Time from when the pipeline took a page or publication to when its article was searchable.",
			Buckets: []float64{.1, .25, .5, 1, 2, 5, 10, 30, 60, 120, 300}, NativeHistogramBucketFactor: metric.NativeFactor,
		}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "dateline_projection_batch_records", Help: "Records that the search index took in at a time.",
			Buckets: metric.Batches, NativeHistogramBucketFactor: metric.NativeFactor,
		}),
		stage: stage,
		errors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_projection_errors_total", Help: "Batches that the search index did not take in at first.",
		}),
		rebuilds: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_projection_rebuilds_total", Help: "Times the search index was made anew on request.",
		}),
		searches: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "dateline_search_duration_seconds",
			Help:    "Time to answer a search, by outcome.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}, NativeHistogramBucketFactor: metric.NativeFactor,
		}, []string{"outcome"}),
	}
	for _, outcome := range []string{"ok", "invalid", "error"} {
		m.searches.WithLabelValues(outcome)
	}
	stats := func(f func(Stats) float64) func() float64 {
		return func() float64 {
			st, err := x.Stats()
			if err != nil {
				return 0
			}
			return f(st)
		}
	}
	reg.MustRegister(
		stage, m.searchable, m.batch, m.errors, m.rebuilds, m.searches,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "dateline_projection_lag_records", Help: "Changes of the record that are not searchable yet.",
		}, func() float64 { return float64(x.store.LastSeq()) - float64(min(x.Cursor(), x.store.LastSeq())) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "dateline_index_documents", Help: "Articles in the search index.",
		}, stats(func(st Stats) float64 { return float64(st.Documents) })),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "dateline_index_bytes", Help: "Size of the search index on disk.",
		}, stats(func(st Stats) float64 { return float64(st.Bytes) })),
	)
	return m
}
