// Package metric makes the metrics that every stage of the pipeline has. In one process the stages share a registry,
// which holds a name only once per set of help and labels: so these are written once.
package metric

import (
	"dateline/pkg/article"

	"github.com/prometheus/client_golang/prometheus"
)

// NativeFactor is how far each bucket of a native histogram is above the one before.
const NativeFactor = 1.1

// Durations are classic buckets, in seconds, for work that takes from a tenth of a millisecond to seconds.
var Durations = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// Batches are classic buckets for numbers of records taken at a time.
var Batches = []float64{1, 2, 5, 10, 25, 50, 100, 250, 500, 1000}

func labels(stage article.Stage) prometheus.Labels { return prometheus.Labels{"stage": string(stage)} }

// Articles counts articles that pass a stage, by outcome. Each outcome begins at zero.
func Articles[O ~string](stage article.Stage, outcomes ...O) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dateline_articles_total", Help: "Articles that passed a stage, by outcome.", ConstLabels: labels(stage),
	}, []string{"outcome"})
	for _, o := range outcomes {
		c.WithLabelValues(string(o))
	}
	return c
}

// Seconds is the time that a stage spends on one article, with the given classic buckets.
func Seconds(stage article.Stage, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "dateline_stage_duration_seconds", Help: "Time a stage spent on one article.", ConstLabels: labels(stage),
		Buckets: buckets, NativeHistogramBucketFactor: NativeFactor,
	})
}

// Bytes counts the bytes of the messages that pass a stage.
func Bytes(stage article.Stage) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{
		Name: "dateline_article_bytes_total", Help: "Bytes of the messages of articles that passed a stage.", ConstLabels: labels(stage),
	})
}
