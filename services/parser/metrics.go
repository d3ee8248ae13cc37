package parser

import (
	"dateline/pkg/article"
	"dateline/services/parser/extract"

	"github.com/prometheus/client_golang/prometheus"
)

const nativeFactor = 1.1 // growth of native histogram buckets

// The outcomes of dateline_articles_total.
const (
	outcomeParsed   = "parsed"
	outcomeRejected = "rejected"
	outcomeFailed   = "failed"
)

// The reasons for failures beside extract's.
const (
	reasonRejected   = "rejected"    // a publication with something wrong
	reasonUnreadable = "unreadable"  // a message that is no page
	reasonInvalidURL = "invalid_url" // a page whose URL is none
)

// metrics are the parser's; newMetrics registers them once, so that two parsers can live in one test.
type metrics struct {
	articles *prometheus.CounterVec // by outcome
	failures *prometheus.CounterVec // by reason, a closed set
	seconds  prometheus.Histogram
	bytes    prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	stage := prometheus.Labels{"stage": string(article.StageParser)}
	m := &metrics{
		articles: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_articles_total", Help: "Articles that passed a stage, by outcome.", ConstLabels: stage,
		}, []string{"outcome"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_parse_failures_total", Help: "Pages and publications that gave no article, by reason.",
		}, []string{"reason"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "dateline_stage_duration_seconds", Help: "Time a stage spent on one article.", ConstLabels: stage,
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}, NativeHistogramBucketFactor: nativeFactor,
		}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_article_bytes_total", Help: "Bytes of the messages of articles that passed a stage.", ConstLabels: stage,
		}),
	}
	for _, o := range []string{outcomeParsed, outcomeRejected, outcomeFailed} {
		m.articles.WithLabelValues(o)
	}
	for _, r := range append([]extract.Reason{reasonRejected, reasonUnreadable, reasonInvalidURL}, extract.Reasons...) {
		m.failures.WithLabelValues(string(r))
	}
	reg.MustRegister(m.articles, m.failures, m.seconds, m.bytes)
	return m
}
