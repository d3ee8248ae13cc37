package fetcher

import (
	"dateline/pkg/article"
	"dateline/pkg/metric"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/httprules"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/revisit"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the fetcher's; newMetrics registers them once for a Run.
type metrics struct {
	articles  *prometheus.CounterVec // by outcome
	seconds   prometheus.Histogram
	failures  *prometheus.CounterVec // by reason
	wire      prometheus.Counter
	decoded   prometheus.Counter
	polls     *prometheus.CounterVec // by kind of the source and outcome
	robots    *prometheus.CounterVec // by verdict
	lies      *prometheus.CounterVec // by finding
	moves     prometheus.Counter
	rollovers prometheus.Counter
	inFlight  prometheus.Gauge
	sources   *prometheus.GaugeVec // by kind and health
}

// The verdicts of robots.txt.
const (
	robotsAllowed = "allowed"
	robotsRefused = "refused"
)

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
			Name: "dateline_source_polls_total", Help: "Polls of sources, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		robots: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_robots_verdicts_total", Help: "Requests that robots.txt was asked about, by its verdict.",
		}, []string{"verdict"}),
		lies: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_source_lies_total", Help: "Answers to polls whose validators did not tell the truth: fickle_etag (another for the same content) or lying (the same for other content).",
		}, []string{"finding"}),
		moves: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_source_moves_total", Help: "Sources that moved to another address for good.",
		}),
		rollovers: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_source_rollovers_total", Help: "Polls that found nothing of what the source had shown before: there may have been items that nobody saw.",
		}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dateline_fetches_in_flight", Help: "Requests of the fetcher that are not answered yet.",
		}),
		sources: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "dateline_sources", Help: "Sources in the registry, by kind and health, as this process last read it.",
		}, []string{"kind", "health"}),
	}
	for _, kind := range registry.Kinds {
		for _, outcome := range []string{pollNew, pollUnchanged, pollNotModified, pollFailed} {
			m.polls.WithLabelValues(string(kind), outcome)
		}
	}
	for _, verdict := range []string{robotsAllowed, robotsRefused} {
		m.robots.WithLabelValues(verdict)
	}
	for _, finding := range []httprules.Finding{httprules.FindingFickle, httprules.FindingLying} {
		m.lies.WithLabelValues(string(finding))
	}
	m.setSources(nil)
	for _, reason := range fetch.Reasons {
		m.failures.WithLabelValues(string(reason))
	}
	reg.MustRegister(m.articles, m.seconds, m.failures, bytes, m.polls, m.robots, m.lies, m.moves, m.rollovers, m.inFlight, m.sources)
	return m
}

// paused is the health of a source that is not polled.
const paused = "paused"

// setSources shows how many sources there are of each kind and health.
func (m *metrics) setSources(counts map[[2]string]float64) {
	for _, kind := range registry.Kinds {
		for _, health := range []string{string(revisit.StatusOK), string(revisit.StatusFailing), string(revisit.StatusDead), paused} {
			m.sources.WithLabelValues(string(kind), health).Set(counts[[2]string{string(kind), health}])
		}
	}
}
