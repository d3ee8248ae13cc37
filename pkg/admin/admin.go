// Package admin serves what operators ask a process: metrics, health, readiness and profiles.
package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Server is one process's. Services register metrics in Registry and readiness with Check before Run is called or after.
type Server struct {
	Registry *prometheus.Registry

	addr   string
	mu     sync.Mutex
	checks []check
}

type check struct {
	name string
	f    func(context.Context) error
}

// New makes a server for an address, with the metrics of the Go runtime and the process.
func New(addr string) *Server {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return &Server{Registry: r, addr: addr}
}

// Check adds a condition of readiness: f tells what is wrong, or nil.
func (s *Server) Check(name string, f func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks = append(s.checks, check{name, f})
}

func (s *Server) current() []check {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.checks)
}

// Run serves until ctx ends:
//
//	/metrics        Prometheus text and OpenMetrics, native histograms by protobuf
//	/healthz        200 while the process lives
//	/readyz         200 when every check passes, else 503; JSON of check name to "ok" or what is wrong
//	/debug/pprof/   profiles
func (s *Server) Run(ctx context.Context) error {
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("--admin-addr: %w", err)
	}
	srv := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })() // nothing here is worth waiting for
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("admin server: %w", err)
	}
	return nil
}

// Handler is what Run serves.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.Registry, promhttp.HandlerOpts{
		Registry: s.Registry, EnableOpenMetrics: true, MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	checks := s.current()
	report, status := map[string]string{}, http.StatusOK
	for _, c := range checks {
		report[c.name] = "ok"
		if err := c.f(ctx); err != nil {
			report[c.name], status = err.Error(), http.StatusServiceUnavailable
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(report); err != nil {
		slog.Debug("readiness not sent", "error", err)
	}
}

// AwaitReady waits until the named checks exist and every check passes; it reports false when ctx ends first.
func (s *Server) AwaitReady(ctx context.Context, names ...string) bool {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		checks := s.current()
		ready := true
		for _, name := range names {
			ready = ready && slices.ContainsFunc(checks, func(c check) bool { return c.name == name })
		}
		for _, c := range checks {
			ready = ready && c.f(ctx) == nil
		}
		if ready {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}
