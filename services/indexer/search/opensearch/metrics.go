package opensearch

import (
	"dateline/pkg/metric"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	bulk    *prometheus.HistogramVec // by outcome: ok, error
	retries prometheus.Counter
	refused prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		bulk: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dateline_opensearch_bulk_duration_seconds", Help: "Time of a bulk request to OpenSearch, by outcome.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}, NativeHistogramBucketFactor: metric.NativeFactor,
		}, []string{"outcome"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_opensearch_item_retries_total", Help: "Changes that were sent to OpenSearch again, because it had no room for them.",
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_opensearch_items_refused_total", Help: "Changes that OpenSearch will not take: these articles are not found. The log has the reason of each.",
		}),
	}
	for _, outcome := range []string{"ok", "error"} {
		m.bulk.WithLabelValues(outcome)
	}
	reg.MustRegister(m.bulk, m.retries, m.refused)
	return m
}
