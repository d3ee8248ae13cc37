package api

import (
	"dateline/pkg/metric"
	"dateline/services/indexer/export"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests   *prometheus.CounterVec   // by route and code
	seconds    *prometheus.HistogramVec // by route
	exports    *prometheus.CounterVec   // by format and outcome: whole, broken
	exportRows *prometheus.CounterVec   // by format
	takedowns  prometheus.Counter
	backups    *prometheus.CounterVec // by outcome: whole, broken
	lastBackup prometheus.Gauge
}

// How exports and backups end.
const (
	outcomeWhole  = "whole"
	outcomeBroken = "broken"
)

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_http_requests_total", Help: "Requests to the API, by route and status code.",
		}, []string{"route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dateline_http_request_duration_seconds", Help: "Time to answer a request to the API, by route; long polls and streams take as long as they wait.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}, NativeHistogramBucketFactor: metric.NativeFactor,
		}, []string{"route"}),
		exports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_exports_total", Help: "Exports that ended, by format, and whether they were whole or broken off.",
		}, []string{"format", "outcome"}),
		exportRows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_export_rows_total", Help: "Records exported, by format.",
		}, []string{"format"}),
	}
	m.takedowns = prometheus.NewCounter(prometheus.CounterOpts{Name: "dateline_takedowns_total", Help: "Articles that were taken down."})
	m.backups = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dateline_backups_total", Help: "Backups of the record that ended, by whether they were sent whole or broken off.",
	}, []string{"outcome"})
	m.lastBackup = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "dateline_last_backup_timestamp_seconds", Help: "When the last backup that was sent whole was taken; 0 since the start of the process for none.",
	})
	for _, outcome := range []string{outcomeWhole, outcomeBroken} {
		m.backups.WithLabelValues(outcome)
	}
	for _, f := range export.Formats {
		m.exportRows.WithLabelValues(string(f))
		for _, outcome := range []string{outcomeWhole, outcomeBroken} {
			m.exports.WithLabelValues(string(f), outcome)
		}
	}
	reg.MustRegister(m.requests, m.seconds, m.exports, m.exportRows, m.takedowns, m.backups, m.lastBackup)
	return m
}
