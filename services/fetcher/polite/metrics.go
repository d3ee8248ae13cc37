package polite

import (
	"time"

	"dateline/pkg/article"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	turns     *prometheus.CounterVec // by class and outcome
	conflicts prometheus.Counter
	backoffs  *prometheus.CounterVec // by reason
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		turns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_fetch_turns_total", Help: "Turns at sites that were asked for, by class of job, granted or deferred to a later time.",
		}, []string{"class", "outcome"}),
		conflicts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dateline_fetch_turn_conflicts_total", Help: "Changes to a site's turns that another replica was ahead of, made again.",
		}),
		backoffs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_fetch_backoffs_total", Help: "Answers after which a site is left alone for longer, by reason: status 429 or 503 (overload), Retry-After.",
		}, []string{"reason"}),
	}
	for class := range article.JobClasses {
		m.counter(class, true)
		m.counter(class, false)
	}
	for _, reason := range []string{"overload", "retry_after"} {
		m.backoffs.WithLabelValues(reason)
	}
	reg.MustRegister(m.turns, m.conflicts, m.backoffs)
	return m
}

func (m *metrics) counter(class int, granted bool) prometheus.Counter {
	outcome := "deferred"
	if granted {
		outcome = "granted"
	}
	return m.turns.WithLabelValues(string(article.JobClasses[class]), outcome)
}

func (m *metrics) turn(class int, granted bool) { m.counter(class, granted).Inc() }

func (m *metrics) answer(status int, retryAfter time.Duration) {
	if overloaded(status) {
		m.backoffs.WithLabelValues("overload").Inc()
	}
	if retryAfter > 0 {
		m.backoffs.WithLabelValues("retry_after").Inc()
	}
}
