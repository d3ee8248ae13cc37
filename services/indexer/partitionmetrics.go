package indexer

import (
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Ways of a partition, in metrics.
const (
	moveOpened = "opened"
	moveClosed = "closed"
)

// replicaMetrics are those of an indexer as one of several.
type replicaMetrics struct {
	parts   prometheus.Gauge
	open    prometheus.Gauge
	members prometheus.Gauge
	moves   *prometheus.CounterVec // by way
}

func newReplicaMetrics(reg prometheus.Registerer) *replicaMetrics {
	m := &replicaMetrics{
		parts: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dateline_partitions", Help: "Partitions that the record is divided into; 1 where it is not.",
		}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dateline_partitions_open", Help: "Partitions of the record that this indexer has open.",
		}),
		members: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dateline_indexers", Help: "Indexers that share the record, as this one sees them.",
		}),
		moves: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dateline_partition_moves_total", Help: "Partitions that this indexer opened or closed.",
		}, []string{"way"}),
	}
	m.moves.WithLabelValues(moveOpened)
	m.moves.WithLabelValues(moveClosed)
	reg.MustRegister(m.parts, m.open, m.members, m.moves)
	return m
}

// partitionMetrics collects the metrics of the partitions that are open, each with the label partition. They come and go with
// their partitions, and other stages of the process have some of the same names without that label: so they are not
// declared to the registry beforehand.
type partitionMetrics struct {
	mu         sync.Mutex
	registries map[int]*prometheus.Registry
}

func newPartitionMetrics() *partitionMetrics {
	return &partitionMetrics{registries: map[int]*prometheus.Registry{}}
}

// add gives a partition a registry of its own, until it is forgotten.
func (m *partitionMetrics) add(n int) (reg *prometheus.Registry, forget func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	reg = prometheus.NewRegistry()
	m.registries[n] = reg
	return reg, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.registries, n)
	}
}

// Describe sends nothing.
func (m *partitionMetrics) Describe(chan<- *prometheus.Desc) {}

// Collect sends what the partitions have.
func (m *partitionMetrics) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for n, reg := range m.registries {
		families, err := reg.Gather()
		if err != nil {
			ch <- prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(err), err)
			continue
		}
		name, value := "partition", strconv.Itoa(n)
		label := &dto.LabelPair{Name: &name, Value: &value}
		for _, f := range families {
			desc := prometheus.NewDesc(f.GetName(), f.GetHelp(), nil, nil)
			for _, sample := range f.GetMetric() {
				sample.Label = append(sample.Label, label)
				ch <- gathered{desc, sample}
			}
		}
	}
}

// gathered is a metric that another registry gathered.
type gathered struct {
	desc *prometheus.Desc
	m    *dto.Metric
}

func (g gathered) Desc() *prometheus.Desc { return g.desc }

func (g gathered) Write(out *dto.Metric) error {
	out.Label, out.Counter, out.Gauge, out.Histogram = g.m.Label, g.m.Counter, g.m.Gauge, g.m.Histogram // Dateline has no others
	return nil
}
