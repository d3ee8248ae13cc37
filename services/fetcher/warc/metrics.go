package warc

import "github.com/prometheus/client_golang/prometheus"

// metrics are a Writer's.
type metrics struct {
	records  *prometheus.CounterVec // by type
	bytes    prometheus.Counter
	files    prometheus.Counter
	failures prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_warc_records_total", Help: "Records written to WARC files, by type.",
		}, []string{"type"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_warc_bytes_total", Help: "Bytes written to WARC files, compressed.",
		}),
		files: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_warc_files_total", Help: "WARC files finished.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_warc_failures_total", Help: "Captures that could not be kept.",
		}),
	}
	for _, t := range []string{TypeRequest, TypeResponse, TypeRevisit, TypeMetadata} {
		m.records.WithLabelValues(t)
	}
	if reg != nil {
		reg.MustRegister(m.records, m.bytes, m.files, m.failures)
	}
	return m
}

func (m *metrics) kept(b *batch) {
	m.bytes.Add(float64(b.out.Len()))
	for _, t := range b.records {
		m.records.WithLabelValues(t).Inc()
	}
}
