// Package queue carries Dateline's messages over NATS JetStream: the topology, publishing that ends with an
// acknowledgement, consuming that acks only what has been published on, dead letters, and the embedded server.
//
// One rule makes the pipeline lose nothing, and it stands in one place, settle: the work is done, what came of it is
// published under deterministic ids, every stream has acknowledged it, and only then is the input acked. Services
// decide outcomes and never ack. It is the only package that imports NATS.
package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"github.com/prometheus/client_golang/prometheus"
)

// Config says how to reach NATS.
type Config struct {
	URL   string `name:"nats-url" help:"NATS servers, comma-separated." default:"nats://127.0.0.1:4222" env:"DATELINE_NATS_URL"`
	Token string `name:"nats-token" help:"Token to log in with; for the embedded server, the token that it asks for." env:"DATELINE_NATS_TOKEN" secret:""`
	Creds string `name:"nats-creds" help:"File with user JWT and seed." env:"DATELINE_NATS_CREDS" type:"existingfile"`
	NKey  string `name:"nats-nkey" help:"File with an nkey seed." env:"DATELINE_NATS_NKEY" type:"existingfile"`
	CA    string `name:"nats-ca" help:"File with the certificate authorities to trust." env:"DATELINE_NATS_CA" type:"existingfile"`
}

// Queue is a connection to NATS. Its methods may be called from many goroutines.
type Queue struct {
	name     string
	instance string // names this process in attempt markers
	nc       *nats.Conn
	js       jetstream.JetStream
	metrics  *metrics

	partitions atomic.Int32 // of the record; zero until the server was asked

	mu       sync.Mutex
	linked   context.Context // until the connection is lost; then there is a new one
	cut      context.CancelFunc
	stalled  map[string]stall // by stream: what keeps publishing from being acknowledged
	consumed []Consumer       // consumers of this process, for the depth metrics
}

type stall struct {
	since time.Time
	err   error
}

// Connect opens a connection under a service's name and waits, until ctx ends, for the server to be there. server is
// the embedded one, or nil for cfg.URL.
func Connect(ctx context.Context, cfg Config, name string, server *Server, reg prometheus.Registerer) (*Queue, error) {
	q := &Queue{name: name, instance: nuid.Next(), stalled: map[string]stall{}}
	q.relink()
	opts := []nats.Option{
		nats.Name("dateline " + name), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond), nats.RetryOnFailedConnect(true),
		nats.CustomInboxPrefix("_INBOX_" + name), nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			slog.Error("nats reported an error", "service", name, "subject", subject, "error", err)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			q.relink()
			if err != nil {
				slog.Warn("nats connection lost, reconnecting", "service", name, "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { slog.Info("nats connection is back", "service", name) }),
	}
	if server != nil {
		opts = append(opts, nats.InProcessServer(server))
	}
	if cfg.Token != "" {
		opts = append(opts, nats.Token(cfg.Token))
	}
	if cfg.Creds != "" {
		opts = append(opts, nats.UserCredentials(cfg.Creds))
	}
	if cfg.NKey != "" {
		opt, err := nats.NkeyOptionFromSeed(cfg.NKey)
		if err != nil {
			return nil, fmt.Errorf("--nats-nkey %s: %w", cfg.NKey, err)
		}
		opts = append(opts, opt)
	}
	if cfg.CA != "" {
		opts = append(opts, nats.RootCAs(cfg.CA))
	}
	var err error
	if q.nc, err = nats.Connect(cfg.URL, opts...); err != nil {
		return nil, fmt.Errorf("connect to NATS at %s: %w", cfg.URL, err)
	}
	if q.js, err = jetstream.New(q.nc); err != nil {
		q.nc.Close()
		return nil, fmt.Errorf("connect to NATS at %s: %w", cfg.URL, err)
	}
	q.metrics = newMetrics(q)
	if reg != nil {
		if err := q.metrics.register(reg); err != nil {
			q.nc.Close()
			return nil, fmt.Errorf("queue metrics of %s: %w", name, err)
		}
	}
	if err := q.awaitConnection(ctx, cfg.URL); err != nil {
		q.nc.Close()
		return nil, err
	}
	return q, nil
}

// lastError is why there is no connection, as far as the client tells: of a first attempt it does not.
func (q *Queue) lastError() error {
	if err := q.nc.LastError(); err != nil {
		return err
	}
	return errors.New("nothing answers there")
}

func (q *Queue) awaitConnection(ctx context.Context, url string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	warn := time.After(time.Second)
	for !q.nc.IsConnected() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("connect to NATS at %s: %w (last: %v)", url, context.Cause(ctx), q.lastError())
		case <-warn:
			slog.Warn("waiting for NATS", "service", q.name, "url", url, "error", q.lastError())
		case <-tick.C:
		}
	}
	return nil
}

// Close flushes what is under way and closes the connection. It is called after Consume has returned.
func (q *Queue) Close() {
	if q.nc.IsConnected() {
		if err := q.nc.FlushTimeout(5 * time.Second); err != nil {
			slog.Warn("nats connection was not flushed", "service", q.name, "error", err)
		}
	}
	q.nc.Close()
}

// link ends when the connection that is open now is lost.
func (q *Queue) link() context.Context {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.linked
}

func (q *Queue) relink() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.cut != nil {
		q.cut()
	}
	q.linked, q.cut = context.WithCancel(context.Background())
}

// stallGrace is how long publishing may go unacknowledged before the process is no longer ready.
const stallGrace = 2 * time.Second

// Check tells why the queue cannot take messages now, or nil: the readiness of a service.
func (q *Queue) Check(context.Context) error {
	if !q.nc.IsConnected() {
		return errors.Join(errors.New("not connected to NATS"), q.nc.LastError())
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for stream, s := range q.stalled {
		if time.Since(s.since) > stallGrace {
			return fmt.Errorf("stream %s has not taken messages for %s: %w", stream, time.Since(s.since).Round(time.Second), s.err)
		}
	}
	return nil
}

func (q *Queue) stall(stream string, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s, ok := q.stalled[stream]
	if !ok {
		s.since = time.Now()
	}
	s.err = err
	q.stalled[stream] = s
}

func (q *Queue) unstall(stream string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if s, ok := q.stalled[stream]; ok {
		delete(q.stalled, stream)
		if d := time.Since(s.since); d > stallGrace {
			slog.Info("stream takes messages again", "service", q.name, "stream", stream, "after", d.Round(time.Millisecond))
		}
	}
}
