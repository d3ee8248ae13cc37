package fetcher

import (
	"dateline/pkg/article"
	"dateline/pkg/metric"
	"dateline/services/fetcher/fetch"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the fetcher's; newMetrics registers them once for a Run.
type metrics struct {
	articles *prometheus.CounterVec // by outcome
	seconds  prometheus.Histogram
	failures *prometheus.CounterVec // by reason
	wire     prometheus.Counter
	decoded  prometheus.Counter
	polls    *prometheus.CounterVec // by outcome
	inFlight prometheus.Gauge
	sources  prometheus.Gauge
}

// The outcomes of a poll.
const (
	pollNew         = "new_items"
	pollUnchanged   = "unchanged" // nothing new in a whole answer
	pollNotModified = "not_modified"
	pollFailed      = "failed"
)

func newMetrics(reg prometheus.Registerer) *metrics {
	bytes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dateline_fetch_bytes_total", Help: "Bytes of the bodies that the fetcher got, as transferred (wire) and after decompression (decoded).",
	}, []string{"form"})
	m := &metrics{
		articles: metric.Articles(article.StageFetcher, "fetched", "feed", "retried", "failed"),
		seconds:  metric.Seconds(article.StageFetcher, []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_fetch_failures_total", Help: "Fetches of pages and feeds that failed, by reason.",
		}, []string{"reason"}),
		wire: bytes.WithLabelValues("wire"), decoded: bytes.WithLabelValues("decoded"),
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_feed_polls_total", Help: "Polls of feeds, by outcome.",
		}, []string{"outcome"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dateline_fetches_in_flight", Help: "Requests of the fetcher that are not answered yet.",
		}),
		sources: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dateline_fetch_sources", Help: "Feeds in the source registry, as this process last read it.",
		}),
	}
	for _, outcome := range []string{pollNew, pollUnchanged, pollNotModified, pollFailed} {
		m.polls.WithLabelValues(outcome)
	}
	for _, reason := range fetch.Reasons {
		m.failures.WithLabelValues(string(reason))
	}
	reg.MustRegister(m.articles, m.seconds, m.failures, bytes, m.polls, m.inFlight, m.sources)
	return m
}
