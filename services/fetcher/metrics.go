package fetcher

import (
	"dateline/pkg/article"
	"dateline/services/fetcher/fetch"

	"github.com/prometheus/client_golang/prometheus"
)

const nativeFactor = 1.1 // growth of native histogram buckets

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
	stage := prometheus.Labels{"stage": string(article.StageFetcher)}
	bytes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dateline_fetch_bytes_total", Help: "Bytes of the bodies that the fetcher got, as transferred (wire) and after decompression (decoded).",
	}, []string{"form"})
	m := &metrics{
		articles: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_articles_total", Help: "Articles that passed a stage, by outcome.", ConstLabels: stage,
		}, []string{"outcome"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "dateline_stage_duration_seconds", Help: "Time a stage spent on one article.", ConstLabels: stage,
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}, NativeHistogramBucketFactor: nativeFactor,
		}),
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
	for _, outcome := range []string{"fetched", "feed", "retried", "failed"} {
		m.articles.WithLabelValues(outcome)
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
