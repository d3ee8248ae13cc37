package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"dateline/pkg/disk"

	"github.com/nats-io/nats-server/v2/server"
)

// ServerConfig is the embedded NATS server's.
type ServerConfig struct {
	Listen string `name:"nats-listen" help:"Address that the embedded NATS server listens on, for publishers and other services." default:"127.0.0.1:4222" env:"DATELINE_NATS_LISTEN"`
}

// Server is a NATS server in this process. It writes every message to disk before it acknowledges it
// (sync_interval: always). When a disk was full it stops taking messages, as NATS does; Supervise restarts it once there
// is space.
type Server struct {
	opts *server.Options

	mu sync.Mutex
	s  *server.Server
}

const (
	recovery  = 10 * time.Minute // a large store is read through after a crash: 1 to 2.4 s per GB
	fullBelow = 16 << 20         // bytes; with less free disk than this a restart would only fail again
)

// StartServer starts a server that keeps its streams under dir. It asks for cfg's token if there is one.
func StartServer(cfg ServerConfig, token, dir string, maxStore Size) (*Server, error) {
	host, port, err := splitListen(cfg.Listen)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); token == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("--nats-listen %s: an address beyond this machine needs --nats-token", cfg.Listen)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("embedded NATS: %w", err)
	}
	s := &Server{opts: &server.Options{
		ServerName: "dateline", Host: host, Port: port, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: int64(maxStore),
		SyncAlways: true, MaxPayload: MaxPayload, DisableJetStreamBanner: true, Authorization: token,
	}}
	if err := s.start(); err != nil {
		return nil, err
	}
	return s, nil
}

func splitListen(listen string) (host string, port int, err error) {
	host, p, err := net.SplitHostPort(listen)
	if err == nil {
		port, err = strconv.Atoi(p)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("--nats-listen %q: not an address such as 127.0.0.1:4222", listen)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

func (e *Server) start() error {
	// The server would report a taken port only by exiting; look first.
	if e.opts.Port > 0 {
		l, err := net.Listen("tcp", net.JoinHostPort(e.opts.Host, strconv.Itoa(e.opts.Port)))
		if err != nil {
			return fmt.Errorf("embedded NATS: --nats-listen: %w", err)
		}
		if err := l.Close(); err != nil {
			return fmt.Errorf("embedded NATS: --nats-listen: %w", err)
		}
	}
	opts := e.opts.Clone()
	s, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("embedded NATS: %w", err)
	}
	s.SetLoggerV2(slogAdapter{slog.With("component", "nats")}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(recovery) {
		s.Shutdown()
		return fmt.Errorf("embedded NATS: not ready after %s", recovery)
	}
	if e.opts.Port == server.RANDOM_PORT { // a restart keeps the address
		if a, ok := s.Addr().(*net.TCPAddr); ok {
			e.opts.Port = a.Port
		}
	}
	e.mu.Lock()
	e.s = s
	e.mu.Unlock()
	return nil
}

func (e *Server) current() *server.Server {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.s
}

// InProcessConn connects to the server without a socket, also after a restart.
func (e *Server) InProcessConn() (net.Conn, error) { return e.current().InProcessConn() }

// URL is where clients reach the server.
func (e *Server) URL() string {
	return "nats://" + net.JoinHostPort(e.opts.Host, strconv.Itoa(e.opts.Port))
}

// Check tells why the server does not keep messages, or nil: part of readiness.
func (e *Server) Check(context.Context) error {
	h := e.current().Healthz(nil)
	if h.StatusCode == 200 {
		return nil
	}
	return fmt.Errorf("embedded NATS: %s", cmp.Or(h.Error, h.Status))
}

// Supervise looks after the server until ctx ends, then shuts it down: a server that a full disk has frozen is restarted
// when there is space again, with everything that it has acknowledged.
func (e *Server) Supervise(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	frozen := false
	for {
		select {
		case <-ctx.Done():
			s := e.current()
			s.Shutdown()
			s.WaitForShutdown()
			return nil
		case <-tick.C:
		}
		err := e.Check(ctx)
		if err == nil {
			frozen = false
			continue
		}
		if !frozen {
			slog.Error("embedded NATS takes no messages", "error", err)
			frozen = true
		}
		free, ferr := disk.Free(e.opts.StoreDir)
		if ferr != nil || free < fullBelow {
			continue
		}
		slog.Info("restarting embedded NATS", "free_bytes", free)
		s := e.current()
		s.Shutdown()
		s.WaitForShutdown()
		if err := e.start(); err != nil {
			return errors.Join(errors.New("embedded NATS does not come back"), err)
		}
	}
}

// StoreDir is where the embedded server keeps its streams under a data directory.
func StoreDir(data string) string { return filepath.Join(data, "nats") }

// slogAdapter passes the server's log on.
type slogAdapter struct{ log *slog.Logger }

func (a slogAdapter) Noticef(format string, v ...any) { a.log.Debug(fmt.Sprintf(format, v...)) }
func (a slogAdapter) Warnf(format string, v ...any)   { a.log.Warn(fmt.Sprintf(format, v...)) }
func (a slogAdapter) Errorf(format string, v ...any)  { a.log.Error(fmt.Sprintf(format, v...)) }
func (a slogAdapter) Fatalf(format string, v ...any)  { a.log.Error(fmt.Sprintf(format, v...)) }
func (a slogAdapter) Debugf(format string, v ...any)  { a.log.Debug(fmt.Sprintf(format, v...)) }
func (a slogAdapter) Tracef(format string, v ...any) {
	a.log.Debug(strings.TrimSpace(fmt.Sprintf(format, v...)))
}
