// Package queuetest gives tests a real queue: an embedded NATS server in a temporary directory, provisioned.
package queuetest

import (
	"context"
	"testing"
	"time"

	"dateline/pkg/queue"

	"github.com/prometheus/client_golang/prometheus"
)

// Limits are small enough for any test machine.
var Limits = queue.Limits{MaxStore: 1 << 30, Replicas: 1}

// Server starts a server that stops with the test.
func Server(t testing.TB) *queue.Server {
	t.Helper()
	s, err := queue.StartServer(queue.ServerConfig{Listen: "127.0.0.1:0"}, "", t.TempDir(), Limits.MaxStore)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Supervise(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	return s
}

// Connect connects to a server under a service's name.
func Connect(t testing.TB, s *queue.Server, name string) *queue.Queue {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	q, err := queue.Connect(ctx, queue.Config{}, name, s, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

// Start gives a queue with all streams and consumers, for one test.
func Start(t testing.TB) *queue.Queue {
	t.Helper()
	q := Connect(t, Server(t), "test")
	if err := q.Provision(context.Background(), Limits); err != nil {
		t.Fatal(err)
	}
	return q
}
