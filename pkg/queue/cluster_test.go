package queue

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/prometheus/client_golang/prometheus"
)

var cluster = flag.Bool("cluster", false, "run the test on a cluster of three servers")

// On a cluster every stream has three copies, and the loss of a server interrupts nothing for long.
func TestCluster(t *testing.T) {
	if !*cluster {
		t.Skip("three servers on a busy machine take minutes to elect their leaders; make cluster runs it")
	}
	var servers []*server.Server
	var routes []*url.URL
	var urls []string
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		routes = append(routes, &url.URL{Scheme: "nats", Host: l.Addr().String()})
		l.Close()
	}
	for i := range 3 {
		port, err := strconv.Atoi(routes[i].Port())
		if err != nil {
			t.Fatal(err)
		}
		opts := &server.Options{
			ServerName: fmt.Sprintf("n%d", i), Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, JetStream: true, SyncAlways: true,
			StoreDir: filepath.Join(t.TempDir(), "n"), JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 2 << 30, MaxPayload: MaxPayload,
			Cluster: server.ClusterOpts{Name: "C", Host: "127.0.0.1", Port: port}, Routes: routes,
		}
		s, err := server.NewServer(opts)
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		defer s.WaitForShutdown()
		defer s.Shutdown()
		servers = append(servers, s)
	}
	for _, s := range servers {
		if !s.ReadyForConnections(30 * time.Second) {
			t.Fatal("server does not start")
		}
		urls = append(urls, s.ClientURL())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	q, err := Connect(ctx, Config{URL: strings.Join(urls, ",")}, "test", nil, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	limits := Limits{MaxStore: 1 << 30, Replicas: 3}
	for { // until the cluster has a leader
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		err = q.Provision(short, limits)
		cancel()
		if err == nil || ctx.Err() != nil {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	stream, err := q.js.Stream(ctx, streamExt)
	if err != nil {
		t.Fatal(err)
	}
	info := stream.CachedInfo()
	if info.Config.Replicas != 3 {
		t.Errorf("%d replicas", info.Config.Replicas)
	}
	publish := func(from int) {
		t.Helper()
		for i := from; i < from+50; i += 10 {
			var batch []Message
			for n := i; n < i+10; n++ {
				batch = append(batch, Message{Subject: ExtSubject("p"), ID: fmt.Sprint(n), Body: []byte("text")})
			}
			if _, err := q.Publish(ctx, batch...); err != nil {
				t.Fatal(err)
			}
		}
	}
	publish(0)
	for _, s := range servers {
		if s.Name() == info.Cluster.Leader {
			s.Shutdown()
		}
	}
	publish(50)
	seen := map[string]bool{}
	working, stop := context.WithCancel(ctx)
	defer stop()
	err = q.Consume(working, Subscription{Consumer: ParserExt, Workers: 1, Batch: 20, Handle: func(_ context.Context, ds []*Delivery) (out []Outcome) {
		for _, d := range ds {
			seen[d.ID] = true
			out = append(out, Done())
		}
		if len(seen) == 100 {
			stop()
		}
		return out
	}})
	if err != nil || len(seen) != 100 {
		t.Errorf("%d of 100 messages after the leader was lost, %v", len(seen), err)
	}
}
