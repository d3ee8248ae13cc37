package alerts

import (
	"time"

	"dateline/pkg/metric"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	seconds  *prometheus.HistogramVec // by outlet
	matched  prometheus.Counter
	attempts *prometheus.CounterVec // by outcome
	errors   prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, st *store.Store) *metrics {
	m := &metrics{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dateline_alert_delivery_seconds", Help: "Time from when a change was in the record to when its alert was delivered.",
			Buckets: []float64{.25, .5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400}, NativeHistogramBucketFactor: metric.NativeFactor,
		}, []string{"outlet"}),
		matched: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_alert_matches_total", Help: "Alerts: changes that a saved query tells of.",
		}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_alert_webhook_attempts_total", Help: "Requests to webhooks, by outcome.",
		}, []string{"outcome"}),
		errors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_alert_errors_total", Help: "Batches of changes that were not matched against the saved queries at first.",
		}),
	}
	for _, outlet := range store.Outlets {
		m.seconds.WithLabelValues(string(outlet))
	}
	for _, outcome := range []string{"delivered", "failed"} {
		m.attempts.WithLabelValues(outcome)
	}
	reg.MustRegister(m.seconds, m.matched, m.attempts, m.errors, &states{store: st})
	return m
}

// delivered takes in the alerts of a delivery that has been acknowledged.
func (m *metrics) delivered(o store.Outlet, d *store.Delivery, at time.Time) {
	for i := range d.Matches {
		m.seconds.WithLabelValues(string(o)).Observe(at.Sub(d.Matches[i].Stored).Seconds())
	}
}

// states collects what the store knows of the saved queries, summed over all of them.
type states struct{ store *store.Store }

var (
	descQueries = prometheus.NewDesc("dateline_alert_queries", "Saved queries, by how their webhook does: none, ok, failing or disabled.", []string{"webhook"}, nil)
	descPending = prometheus.NewDesc("dateline_alert_pending_matches", "Alerts that wait for delivery.", []string{"outlet"}, nil)
	descDead    = prometheus.NewDesc("dateline_alert_dead_matches", "Alerts that were given up and can be retried.", nil, nil)
	descDropped = prometheus.NewDesc("dateline_alert_dropped_matches", "Alerts of the saved queries there are that were dropped, because too many waited or were dead.", nil, nil)
	descLag     = prometheus.NewDesc("dateline_alert_lag_records", "Changes of the record that are not matched against the saved queries yet.", nil, nil)
)

// Describe is prometheus.Collector's.
func (s *states) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descQueries, descPending, descDead, descDropped, descLag} {
		ch <- d
	}
}

// Collect is prometheus.Collector's. A store that closes gives nothing.
func (s *states) Collect(ch chan<- prometheus.Metric) {
	queries, _, err := s.store.Queries()
	if err != nil {
		return
	}
	all, err := s.store.QueryStates()
	if err != nil {
		return
	}
	cursor, err := s.store.Alerted()
	if err != nil {
		return
	}
	webhooks := map[string]int{"none": 0, "ok": 0, "failing": 0, "disabled": 0}
	pending := map[store.Outlet]int{}
	dead, dropped := 0, uint64(0)
	for _, q := range queries {
		st := all[q.Name]
		switch w := st.Webhook; {
		case q.Webhook == nil:
			webhooks["none"]++
		case w.Disabled:
			webhooks["disabled"]++
		case w.Failures > 0:
			webhooks["failing"]++
		default:
			webhooks["ok"]++
		}
		pending[store.ByWebhook] += st.Webhook.Pending
		pending[store.ByNATS] += st.NATS.Pending
		dead += st.Webhook.Dead
		dropped += st.Webhook.Dropped + st.NATS.Dropped
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for state, n := range webhooks {
		gauge(descQueries, float64(n), state)
	}
	for _, o := range store.Outlets {
		gauge(descPending, float64(pending[o]), string(o))
	}
	gauge(descDead, float64(dead))
	gauge(descDropped, float64(dropped))
	last := s.store.LastSeq()
	gauge(descLag, float64(last-min(cursor, last)))
}
