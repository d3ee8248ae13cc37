package queue

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are one connection's; the services of one process differ by the label client.
type metrics struct {
	published      *prometheus.CounterVec
	publishRetries *prometheus.CounterVec
	delivered      *prometheus.CounterVec
	redelivered    *prometheus.CounterVec
	settled        *prometheus.CounterVec
	deadLetters    *prometheus.CounterVec
	depth          *depthCollector
}

func newMetrics(q *Queue) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "dateline", Subsystem: "queue", Name: name, Help: help, ConstLabels: prometheus.Labels{"client": q.name},
		}, labels)
	}
	return &metrics{
		published:      counter("published_total", "Messages acknowledged by a stream, by whether it held them already.", "stream", "outcome"),
		publishRetries: counter("publish_retries_total", "Attempts at publishing that failed and were repeated, by reason (full, unavailable).", "stream", "reason"),
		delivered:      counter("delivered_total", "Messages handed to this process.", "stream", "consumer"),
		redelivered:    counter("redelivered_total", "Messages handed to this process that had been delivered before.", "stream", "consumer"),
		settled:        counter("settled_total", "Deliveries by how they were settled (done, retry, dead).", "stream", "consumer", "verdict"),
		deadLetters:    counter("dead_letters_total", "Messages moved to the dead letters, by reason.", "reason"),
		depth:          &depthCollector{q: q},
	}
}

func (m *metrics) register(reg prometheus.Registerer) error {
	for _, s := range streams { // a rate needs the zero before the first one
		for _, reason := range []string{retryFull, retryUnavailable} {
			m.publishRetries.WithLabelValues(s.Name, reason)
		}
	}
	for _, c := range []prometheus.Collector{m.published, m.publishRetries, m.delivered, m.redelivered, m.settled, m.deadLetters, m.depth} {
		if err := reg.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// depthCollector asks NATS about the streams and consumers that this process works on, at most once in depthAge.
type depthCollector struct {
	q    *Queue
	mu   sync.Mutex
	at   time.Time
	last []StreamStatus
}

const depthAge = 2 * time.Second

func (c *depthCollector) desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("dateline_queue_"+name, help, labels, prometheus.Labels{"client": c.q.name})
}

// Describe sends nothing: which streams there are is known once the service consumes.
func (c *depthCollector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the depth of each stream and consumer.
func (c *depthCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(name, help string, labels []string, v float64, values ...string) {
		ch <- prometheus.MustNewConstMetric(c.desc(name, help, labels...), prometheus.GaugeValue, v, values...)
	}
	perStream, perConsumer := []string{"stream"}, []string{"stream", "consumer"}
	for _, s := range c.status() {
		gauge("stream_messages", "Messages in a stream, waiting or kept for replay.", perStream, float64(s.Messages), s.Name)
		gauge("stream_bytes", "Size of a stream.", perStream, float64(s.Bytes), s.Name)
		gauge("stream_limit_bytes", "Size at which a stream takes no more.", perStream, float64(s.Limit), s.Name)
		for _, k := range s.Consumers {
			gauge("waiting_messages", "Messages of a stream that a consumer has not been handed yet.", perConsumer, float64(k.Waiting), s.Name, k.Name)
			gauge("unacked_messages", "Messages that a consumer was handed and has not settled.", perConsumer, float64(k.Unacked), s.Name, k.Name)
			gauge("oldest_waiting_seconds", "Age of the oldest message that a consumer has not settled, 0 for none.", perConsumer, k.Oldest.Seconds(), s.Name, k.Name)
		}
	}
}

func (c *depthCollector) status() []StreamStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.at) < depthAge {
		return c.last
	}
	c.q.mu.Lock()
	consumed := append([]Consumer(nil), c.q.consumed...)
	c.q.mu.Unlock()
	if len(consumed) == 0 || !c.q.nc.IsConnected() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	status, err := c.q.status(ctx, consumed)
	if err != nil {
		slog.Warn("queue depth is not known", "service", c.q.name, "error", err)
	}
	c.at, c.last = time.Now(), status
	return status
}
