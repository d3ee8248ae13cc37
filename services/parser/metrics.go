package parser

import (
	"dateline/pkg/article"
	"dateline/pkg/charset"
	"dateline/pkg/metric"
	"dateline/services/parser/capture"
	"dateline/services/parser/extract"

	"github.com/prometheus/client_golang/prometheus"
)

// The outcomes of dateline_articles_total.
const (
	outcomeParsed   = "parsed"
	outcomeRemoved  = "removed" // a removal was passed on
	outcomeRejected = "rejected"
	outcomeFailed   = "failed"
)

// outcomeReparsed is what a trace tells of an article that was made anew.
const outcomeReparsed = "reparsed"

// The reasons for failures beside extract's.
const (
	reasonRejected   = "rejected"   // a publication with something wrong
	reasonUnreadable = "unreadable" // a message that is no page
)

// The outcomes of reading rules again.
const (
	reloadDone   = "reloaded"
	reloadFailed = "failed"
)

// metrics are the parser's; newMetrics registers them once, so that two parsers can live in one test.
type metrics struct {
	articles *prometheus.CounterVec // by outcome
	failures *prometheus.CounterVec // by reason, a closed set
	seconds  prometheus.Histogram
	bytes    prometheus.Counter
	charsets *prometheus.CounterVec // by what decided, a closed set
	replaced prometheus.Counter
	reloads  *prometheus.CounterVec // of publishers' rules, by outcome
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		articles: metric.Articles(article.StageParser, outcomeParsed, outcomeRemoved, outcomeRejected, outcomeFailed),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_parse_failures_total", Help: "Pages and publications that gave no article, by reason.",
		}, []string{"reason"}),
		seconds: metric.Seconds(article.StageParser, metric.Durations),
		bytes:   metric.Bytes(article.StageParser),
		charsets: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_parse_charset_total", Help: "Pages by what decided on their charset.",
		}, []string{"source"}),
		replaced: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_parse_replacement_characters_total", Help: "Characters of pages that could not be read in their charset.",
		}),
	}
	m.reloads = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dateline_parse_rules_reloads_total", Help: "Times that publishers' rules had changed and were read again, by outcome.",
	}, []string{"outcome"})
	for _, o := range []string{reloadDone, reloadFailed} {
		m.reloads.WithLabelValues(o)
	}
	for _, s := range charset.Sources {
		m.charsets.WithLabelValues(string(s))
	}
	for _, r := range append([]extract.Reason{reasonRejected, reasonUnreadable, capture.InvalidURL}, extract.Reasons...) {
		m.failures.WithLabelValues(string(r))
	}
	reg.MustRegister(m.articles, m.failures, m.seconds, m.bytes, m.charsets, m.replaced, m.reloads)
	return m
}
