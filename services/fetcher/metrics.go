package fetcher

import (
	"net/http"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/httprules"
	"dateline/pkg/metric"
	"dateline/services/fetcher/fetch"
	"dateline/services/fetcher/refetch"
	"dateline/services/fetcher/registry"
	"dateline/services/fetcher/revisit"
	"dateline/services/fetcher/websub"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the fetcher's; newMetrics registers them once for a Run.
type metrics struct {
	articles  *prometheus.CounterVec // by outcome
	seconds   prometheus.Histogram
	failures  *prometheus.CounterVec // by reason
	redirects *prometheus.CounterVec // by kind
	faults    *prometheus.CounterVec // of certificates, by fault
	oldTLS    prometheus.Counter
	truncated prometheus.Counter
	wire      prometheus.Counter
	decoded   prometheus.Counter
	polls     *prometheus.CounterVec // by kind of the source and outcome
	robots    *prometheus.CounterVec // by verdict
	lies      *prometheus.CounterVec // by finding
	moves     prometheus.Counter
	rollovers prometheus.Counter
	inFlight  prometheus.Gauge
	sources   *prometheus.GaugeVec   // by kind and health
	websub    *prometheus.GaugeVec   // by status
	refetches *prometheus.CounterVec // by outcome
	visits    prometheus.Counter
}

// The verdicts of robots.txt.
const (
	robotsAllowed     = "allowed"
	robotsRefused     = "refused"
	robotsUnreachable = "unreachable" // refused for now
)

// The kinds of redirects.
const (
	redirectPermanent = "permanent"
	redirectTemporary = "temporary"
	redirectRefresh   = "refresh"
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
		articles: metric.Articles(article.StageFetcher, "fetched", "refetched", "feed", "retried", "failed"),
		seconds:  metric.Seconds(article.StageFetcher, []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_fetch_failures_total", Help: "Fetches of pages and feeds that failed, by reason.",
		}, []string{"reason"}),
		redirects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_fetch_redirects_total", Help: "Redirects on the way to pages, feeds and sitemaps, by kind; refresh is one that stands in the page.",
		}, []string{"kind"}),
		faults: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_fetch_certificate_faults_total", Help: "Fetches that met a bad certificate, let pass or not, by what was wrong with it.",
		}, []string{"fault"}),
		oldTLS: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_fetch_old_tls_total", Help: "Documents that came by a version or cipher of TLS that is not safe any more.",
		}),
		truncated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_fetch_truncated_total", Help: "Documents that broke off or met a limit, and were taken as far as they came.",
		}),
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
			Name: "dateline_fetches_in_flight", Help: "Requests of the fetcher that are not answered yet, those for robots.txt included.",
		}),
		sources: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "dateline_sources", Help: "Sources in the registry, by kind and health, as this process last read it.",
		}, []string{"kind", "health"}),
		websub: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "dateline_websub_subscriptions", Help: "Sources in the registry, by the status of their WebSub subscription, as this process last read it.",
		}, []string{"status"}),
		refetches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_refetches_total", Help: "Visits to pages that were fetched before, by what they found; missing is a 404 that is to be confirmed, stopped that its source wants none any more.",
		}, []string{"outcome"}),
		visits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_refetches_scheduled_total", Help: "Visits to pages that were scheduled, first ones and those that follow on another.",
		}),
	}
	for _, outcome := range refetch.Outcomes {
		m.refetches.WithLabelValues(string(outcome))
	}
	for _, kind := range registry.Kinds {
		for _, outcome := range []string{pollNew, pollUnchanged, pollNotModified, pollFailed} {
			m.polls.WithLabelValues(string(kind), outcome)
		}
	}
	for _, verdict := range []string{robotsAllowed, robotsRefused, robotsUnreachable} {
		m.robots.WithLabelValues(verdict)
	}
	for _, finding := range []httprules.Finding{httprules.FindingFickle, httprules.FindingLying} {
		m.lies.WithLabelValues(string(finding))
	}
	for _, kind := range []string{redirectPermanent, redirectTemporary, redirectRefresh} {
		m.redirects.WithLabelValues(kind)
	}
	for _, fault := range fetch.CertificateFaults {
		m.faults.WithLabelValues(string(fault))
	}
	m.setSources(census{})
	for _, reason := range fetch.Reasons {
		m.failures.WithLabelValues(string(reason))
	}
	reg.MustRegister(m.articles, m.seconds, m.failures, m.redirects, m.faults, m.oldTLS, m.truncated, bytes, m.polls, m.robots, m.lies, m.moves, m.rollovers, m.inFlight, m.sources, m.websub, m.refetches, m.visits)
	return m
}

// got counts a document.
func (m *metrics) got(resp *fetch.Response) {
	m.wire.Add(float64(resp.WireBytes))
	m.decoded.Add(float64(len(resp.Body)))
	for _, hop := range resp.Redirects {
		m.redirects.WithLabelValues(redirectKind(hop.Status)).Inc()
	}
	if resp.Truncated {
		m.truncated.Inc()
	}
	if resp.OldTLS {
		m.oldTLS.Inc()
	}
	m.fault(resp.Certificate)
}

// failed counts a document that could not be had.
func (m *metrics) failed(e *fetch.Error) {
	m.failures.WithLabelValues(string(e.Reason)).Inc()
	m.fault(e.Certificate)
}

func (m *metrics) fault(f fetch.CertificateFault) {
	if f != "" {
		m.faults.WithLabelValues(string(f)).Inc()
	}
}

func redirectKind(status int) string {
	switch {
	case status == http.StatusMovedPermanently, status == http.StatusPermanentRedirect:
		return redirectPermanent
	case status <= 299:
		return redirectRefresh
	}
	return redirectTemporary
}

// paused is the health of a source that is not polled.
const paused = "paused"

// census is what there is in the registry.
type census struct {
	active  int               // sources that are polled
	sources map[[2]string]int // by kind and health
	websub  map[websub.Status]int
}

func (c *census) add(s *registry.Source, now time.Time) {
	health := paused
	if !s.Paused {
		c.active++
		health = string(s.Revisit.Health().Status)
	}
	c.sources[[2]string{string(s.Kind), health}]++
	c.websub[s.Subscription.Status(now)]++
}

// setSources shows how many sources there are.
func (m *metrics) setSources(c census) {
	for _, kind := range registry.Kinds {
		for _, health := range []string{string(revisit.StatusOK), string(revisit.StatusFailing), string(revisit.StatusDead), paused} {
			m.sources.WithLabelValues(string(kind), health).Set(float64(c.sources[[2]string{string(kind), health}]))
		}
	}
	for _, status := range websub.Statuses {
		m.websub.WithLabelValues(string(status)).Set(float64(c.websub[status]))
	}
}
