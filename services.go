package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/article"
	"dateline/pkg/cli"
	"dateline/pkg/config"
	"dateline/pkg/queue"
	"dateline/services/fetcher"
	"dateline/services/indexer"
	"dateline/services/parser"

	"github.com/alecthomas/kong"
	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"
)

type dataConfig struct {
	Data string `help:"Directory that holds everything kept." default:"./dateline-data" env:"DATELINE_DATA" type:"path"`
}

type adminConfig struct {
	AdminAddr string `help:"Address of /metrics, /healthz, /readyz and /debug/pprof." default:"127.0.0.1:9464" env:"DATELINE_ADMIN_ADDR"`
}

// embeddedConfig is that of a process with a NATS server in it.
type embeddedConfig struct {
	dataConfig         `embed:""`
	adminConfig        `embed:""`
	queue.Config       `embed:"" group:"Queue"`
	queue.ServerConfig `embed:"" group:"Queue"`
	queue.Limits       `embed:"" group:"Queue"`
}

// start starts the server and what tells of it.
func (c *embeddedConfig) start() (*queue.Server, *admin.Server, error) {
	adm := admin.New(c.AdminAddr)
	server, err := queue.StartServer(c.ServerConfig, c.Token, queue.StoreDir(c.Data), c.MaxStore)
	if err != nil {
		return nil, nil, err
	}
	adm.Check("nats", server.Check)
	return server, adm, nil
}

func (c *embeddedConfig) provision(ctx context.Context, server *queue.Server) error {
	q, err := queue.Connect(ctx, c.Config, "admin", server, nil)
	if err != nil {
		return err
	}
	defer q.Close()
	return q.Provision(ctx, c.Limits)
}

// lock keeps a second process out of a data directory, as long as this one lives.
func (c dataConfig) lock() (unlock func() error, err error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	l := flock.New(filepath.Join(c.Data, "LOCK"))
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("--data %s: %w", c.Data, err)
	}
	if !ok {
		return nil, fmt.Errorf("--data %s: in use by another dateline process", c.Data)
	}
	return l.Unlock, nil
}

// upCmd is everything in one process: the three services exactly as they run alone, on an embedded server.
type upCmd struct {
	embeddedConfig `embed:""`
	Fetcher        fetcher.Config `embed:"" group:"Fetcher"`
	Parser         parser.Config  `embed:"" group:"Parser"`
	Indexer        indexer.Config `embed:"" group:"Indexer"`
}

func (c *upCmd) Run(ctx context.Context, t *cli.Terminal) error {
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	return errors.Join(unlessStopped(ctx, c.run(ctx, t.Out)), unlock())
}

// run is Run with the directory locked.
//
//	admin ---- metrics, readiness of all
//	server <-- fetcher, parser, indexer: each with a connection of its own
//
// It stops in the order of the flow: services finish what they have in hand, then the server closes.
func (c *upCmd) run(ctx context.Context, out io.Writer) error {
	server, adm, err := c.start()
	if err != nil {
		return err
	}
	// What keeps the services alive outlives them.
	base, stopBase := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBase()
	var support errgroup.Group
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	support.Go(func() error { return failing(fail, server.Supervise(base)) })
	support.Go(func() error { return failing(fail, adm.Run(base)) })

	err = c.services(ctx, server, adm, out)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause // rather than what it led to
	}
	stopBase()
	if serr := support.Wait(); err == nil {
		err = serr
	}
	return err
}

// unlessStopped is err, except where it only tells that the process was stopped while it started.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// failing tells the rest of the process to stop when a part of it fails.
func failing(fail context.CancelCauseFunc, err error) error {
	if err != nil {
		fail(err)
	}
	return err
}

func (c *upCmd) services(ctx context.Context, server *queue.Server, adm *admin.Server, out io.Writer) error {
	if err := c.provision(ctx, server); err != nil {
		return err
	}
	c.Indexer.DataDir = c.Data
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serve(ctx, c.Config, server, adm, article.StageFetcher, c.Fetcher, fetcher.Run) })
	g.Go(func() error { return serve(ctx, c.Config, server, adm, article.StageParser, c.Parser, parser.Run) })
	g.Go(func() error { return serve(ctx, c.Config, server, adm, article.StageIndexer, c.Indexer, indexer.Run) })
	g.Go(func() error {
		if !adm.AwaitReady(ctx, readiness...) {
			return nil
		}
		_, err := fmt.Fprintf(out, "Dateline is up, with its data in %s\n\n  API      http://%s/v1/search\n  metrics  http://%s/metrics\n  queue    %s  (publish on ext.<publisher>)\n\nStop with Ctrl-C.\n",
			c.Data, c.Indexer.APIAddr, c.AdminAddr, server.URL())
		return err
	})
	return g.Wait()
}

// readiness names what has to be there before everything is: the last thing that each service sets up.
var readiness = []string{"fetcher queue", "parser queue", "indexer search"}

// serve runs one service on a connection of its own. Its goroutines carry its name in profiles.
func serve[C any](ctx context.Context, qc queue.Config, server *queue.Server, adm *admin.Server, stage article.Stage, c C,
	run func(context.Context, C, *queue.Queue, *admin.Server) error,
) (err error) {
	pprof.Do(ctx, pprof.Labels("stage", string(stage)), func(ctx context.Context) {
		var connected atomic.Pointer[queue.Queue]
		adm.Check(string(stage)+" queue", func(ctx context.Context) error {
			if q := connected.Load(); q != nil {
				return q.Check(ctx)
			}
			return errors.New("no connection to NATS yet")
		})
		var q *queue.Queue
		if q, err = queue.Connect(ctx, qc, string(stage), server, adm.Registry); err != nil {
			return
		}
		defer q.Close()
		if err = q.AwaitProvisioned(ctx); err != nil {
			return
		}
		connected.Store(q)
		if err = run(ctx, c, q, adm); err != nil {
			err = fmt.Errorf("%s: %w", stage, err)
		}
	})
	return err
}

// alone runs one service against a NATS elsewhere.
func alone[C any](ctx context.Context, qc queue.Config, addr string, stage article.Stage, c C,
	run func(context.Context, C, *queue.Queue, *admin.Server) error,
) error {
	adm := admin.New(addr)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return adm.Run(ctx) })
	g.Go(func() error {
		err := serve(ctx, qc, nil, adm, stage, c, run)
		if err == nil {
			err = ctx.Err() // ends the admin server; told apart from a failure below
		}
		return err
	})
	if err := g.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

type fetcherCmd struct {
	adminConfig  `embed:""`
	queue.Config `embed:"" group:"Queue"`
	Service      fetcher.Config `embed:"" group:"Fetcher"`
}

func (c *fetcherCmd) Run(ctx context.Context) error {
	return alone(ctx, c.Config, c.AdminAddr, article.StageFetcher, c.Service, fetcher.Run)
}

type parserCmd struct {
	adminConfig  `embed:""`
	queue.Config `embed:"" group:"Queue"`
	Service      parser.Config `embed:"" group:"Parser"`
}

func (c *parserCmd) Run(ctx context.Context) error {
	return alone(ctx, c.Config, c.AdminAddr, article.StageParser, c.Service, parser.Run)
}

type indexerCmd struct {
	dataConfig   `embed:""`
	adminConfig  `embed:""`
	queue.Config `embed:"" group:"Queue"`
	Service      indexer.Config `embed:"" group:"Indexer"`
}

func (c *indexerCmd) Run(ctx context.Context) error {
	c.Service.DataDir = c.Data
	return alone(ctx, c.Config, c.AdminAddr, article.StageIndexer, c.Service, indexer.Run)
}

// natsCmd is the queue alone: for services in processes of their own where no NATS server is at hand.
type natsCmd struct {
	embeddedConfig `embed:""`
}

func (c *natsCmd) Run(ctx context.Context, t *cli.Terminal) error {
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	return errors.Join(unlessStopped(ctx, c.run(ctx, t.Out)), unlock())
}

func (c *natsCmd) run(ctx context.Context, out io.Writer) error {
	server, adm, err := c.start()
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return server.Supervise(ctx) })
	g.Go(func() error { return adm.Run(ctx) })
	g.Go(func() error {
		if err := c.provision(ctx, server); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "NATS is up at %s, its metrics at http://%s/metrics\n", server.URL(), c.AdminAddr)
		return err
	})
	return g.Wait()
}

// configCmd has every flag that configures anything.
type configCmd struct {
	upCmd         `embed:""`
	API           string        `help:"The indexer's API." default:"http://127.0.0.1:8080" env:"DATELINE_API"`
	Timeout       time.Duration `help:"How long commands wait for the queue and for answers." default:"30s" env:"DATELINE_TIMEOUT"`
	PublisherName string        `name:"publisher" help:"Who publishes." env:"DATELINE_PUBLISHER"`
}

func (c *configCmd) Run(k *kong.Context, t *cli.Terminal) error { return config.Print(t.Out, k) }

type versionCmd struct{}

func (versionCmd) Run(t *cli.Terminal) error {
	_, err := fmt.Fprintf(t.Out, "dateline %s, article schema %d, %s %s/%s\n", version(), article.SchemaVersion, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// version is the module's, with the commit where the build knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v += " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return v
}
