package queue

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/prometheus/client_golang/prometheus"
)

// The rights in deploy/nats/nats.conf are enough for what each service does, and no more than that.
func TestRightsOfTheShippedNATSConfiguration(t *testing.T) {
	dir := t.TempDir()
	conf, err := os.ReadFile("../../deploy/nats/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	seeds := map[string]string{}
	var users strings.Builder
	for _, user := range []string{"admin", "fetcher", "parser", "indexer", "publisher_rasc"} {
		key, err := nkeys.CreateUser()
		if err != nil {
			t.Fatal(err)
		}
		seed, _ := key.Seed()
		public, _ := key.PublicKey()
		seeds[user] = filepath.Join(dir, user+".nk")
		if err := os.WriteFile(seeds[user], seed, 0o600); err != nil {
			t.Fatal(err)
		}
		users.WriteString(strings.ToUpper(user) + " = " + public + "\n")
	}
	for name, b := range map[string]string{"nats.conf": string(conf), "users.conf": users.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opts, err := server.ProcessConfigFile(filepath.Join(dir, "nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if !opts.SyncAlways || opts.MaxPayload != MaxPayload {
		t.Errorf("sync_interval or max_payload is not ours: %v, %d", opts.SyncAlways, opts.MaxPayload)
	}
	opts.Host, opts.Port, opts.StoreDir, opts.NoSigs, opts.NoLog = "127.0.0.1", -1, filepath.Join(dir, "data"), true, true
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("server does not start")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	connect := func(user, name string) *Queue {
		t.Helper()
		q, err := Connect(ctx, Config{URL: s.ClientURL(), NKey: seeds[user]}, name, nil, prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(q.Close)
		return q
	}

	admin := connect("admin", "admin")
	// What an earlier version left: one consumer of all jobs.
	if _, err := admin.js.CreateStream(ctx, jetstream.StreamConfig{Name: streamJobs, Subjects: []string{"jobs.>"}, Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew, MaxBytes: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.js.CreateConsumer(ctx, streamJobs, jetstream.ConsumerConfig{Durable: "fetcher", AckPolicy: jetstream.AckExplicitPolicy}); err != nil {
		t.Fatal(err)
	}
	const parts = 2 // which is what asks for most rights
	if err := admin.Provision(ctx, Limits{MaxStore: 1 << 30, Replicas: 1, Partitions: parts}); err != nil {
		t.Fatal(err)
	}
	service := func(name string) *Queue {
		t.Helper()
		q := connect(name, name)
		if err := q.AwaitProvisioned(ctx); err != nil {
			t.Fatal(err)
		}
		return q
	}
	if _, err := admin.Status(ctx); err != nil {
		t.Errorf("status: %v", err)
	}

	fetcher, parser, indexer := service("fetcher"), service("parser"), service("indexer")
	for name, q := range map[string]*Queue{Sources: fetcher, Politeness: fetcher, Members: indexer, Divided: indexer} {
		bucket, err := q.Bucket(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bucket.Update(ctx, "k", []byte("v"), 0); err != nil {
			t.Errorf("%s: %s: %v", q.name, name, err)
		}
		if name != Members { // where each is heard of
			if _, _, err := bucket.Get(ctx, "k"); err != nil {
				t.Errorf("%s: %s: %v", q.name, name, err)
			}
		}
		if name == Divided {
			continue
		}
		following, halt := context.WithTimeout(ctx, 5*time.Second)
		if err := bucket.Follow(following, halt, func(Entry) {}); err != nil || errors.Is(following.Err(), context.DeadlineExceeded) {
			t.Errorf("%s: %s is not followed: %v", q.name, name, err)
		}
		halt()
		if err := bucket.Delete(ctx, "k"); err != nil {
			t.Errorf("%s: %s: %v", q.name, name, err)
		}
	}
	for _, q := range []*Queue{fetcher, parser} { // the indexers' secret
		short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		if _, err := q.Bucket(short, Divided); err == nil {
			t.Errorf("%s may open %s", q.name, Divided)
		}
		cancel()
	}
	bucket, err := fetcher.Bucket(ctx, Sources)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Put(ctx, "k", []byte("v")); err != nil {
		t.Errorf("fetcher: %v", err)
	}
	if keys, err := bucket.Keys(ctx); err != nil || len(keys) != 1 {
		t.Errorf("fetcher: keys %v, %v", keys, err)
	}

	publisher := connect("publisher_rasc", "publisher")
	receipts := make(chan string, 1)
	stop, err := publisher.Follow(ctx, ReceiptsOf("rasc"), func(d *Delivery) { receipts <- string(d.Body) })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()

	// Each service consumes, publishes on, and reports its depth: page, publication and article pass, a dead letter comes back.
	working, halt := context.WithCancel(ctx)
	defer halt()
	work := func(q *Queue, c Consumer, h Handler) {
		done := make(chan error, 1)
		go func() { done <- q.Consume(working, Subscription{Consumer: c, Workers: 1, Batch: 10, Handle: h}) }()
		t.Cleanup(func() {
			halt()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	each := func(f func(*Delivery) Outcome) Handler {
		return func(_ context.Context, ds []*Delivery) (out []Outcome) {
			for _, d := range ds {
				out = append(out, f(d))
			}
			return out
		}
	}
	letters := make(chan string, 10)
	work(fetcher, FetcherFresh, each(func(d *Delivery) Outcome {
		m, err := RetryJob(d, article.Job{URL: "https://example.org/1"})
		if err != nil {
			t.Error(err)
		}
		return Done(m)
	}))
	visited := make(chan string, 10)
	work(fetcher, FetcherRetry, each(func(d *Delivery) Outcome {
		visit := Scheduled(Message{Subject: RefetchSubject("1"), ID: "visit", Body: d.Body}, time.Now(), RefetchDueSubject("1"))
		return Done(Message{Subject: RawSubject("example.org", "1"), ID: "page", Body: d.Body}, visit)
	}))
	work(fetcher, FetcherRefetch, each(func(d *Delivery) Outcome { visited <- d.Subject; return Done() }))
	work(fetcher, FetcherBackfill, each(func(*Delivery) Outcome { return Done() }))
	work(fetcher, FetcherDue, each(func(*Delivery) Outcome { return Done() }))
	work(parser, ParserRaw, each(func(*Delivery) Outcome { return Dead("no_article_text", os.ErrInvalid) }))
	work(parser, ParserExt, each(func(d *Delivery) Outcome {
		return Done(Message{Subject: ArticleSubject("en", "rasc", "1"), ID: "a", Body: d.Body})
	}))
	for p := range parts {
		work(indexer, IndexerDLQ.Part(p, parts), each(func(d *Delivery) Outcome { letters <- DeadLetterOf(d).Reason; return Done() }))
	}
	stored := each(func(d *Delivery) Outcome {
		return Done(Message{Subject: IndexedSubject("new", "rasc", "1"), ID: "i", Body: d.Body}, Message{Subject: ReceiptSubject("rasc", "1"), ID: "r", Body: d.Body},
			Message{Subject: AlertSubject("flour", "new", "rasc", "1"), ID: "q", Body: d.Body})
	})
	for p := range parts {
		work(indexer, IndexerArticles.Part(p, parts), stored)
	}
	if _, err := fetcher.Publish(ctx, Message{Subject: JobSubject(article.JobFresh, "example.org", "1"), ID: "job", Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	if _, err := publisher.Publish(ctx, Message{Subject: ExtSubject("rasc"), ID: "p", Type: article.TypePublication, Body: []byte("text")}); err != nil {
		t.Fatal(err)
	}
	for what, ch := range map[string]chan string{"receipt": receipts, "dead letter": letters, "visit": visited} {
		select {
		case <-ch:
		case <-ctx.Done():
			t.Fatalf("no %s: a right is missing", what)
		}
	}
	if _, err := publisher.Last(ctx, ReceiptSubject("rasc", "1")); err != nil {
		t.Errorf("publisher: last receipt: %v", err)
	}
	for q, streams := range map[*Queue]int{fetcher: 3, parser: 2, indexer: 2} {
		if status, err := q.status(ctx, q.consumed); err != nil || len(status) != streams {
			t.Errorf("%s: depth %+v, %v", q.name, status, err)
		}
		for _, c := range q.consumed {
			if c.Stream == streamRaw || c.Stream == streamExt || c.Stream == streamArticles {
				stream, err := q.js.Stream(ctx, c.Stream)
				if err == nil {
					err = stream.Purge(ctx, jetstream.WithPurgeSequence(1))
				}
				if err != nil {
					t.Errorf("%s: trim %s: %v", q.name, c.Stream, err)
				}
			}
		}
	}

	// What is kept is read again: to reparse, and to make a restored record whole.
	for subject, q := range map[string]*Queue{AllPages: parser, AllPublications: parser, IndexerArticles.Subject(): indexer, IndexerDLQ.Subject(): indexer, "indexed.>": indexer} {
		k, err := q.Kept(ctx, subject, time.Time{})
		if err != nil {
			t.Fatalf("%s: %s: %v", q.name, subject, err)
		}
		n := 0
		for _, err := range k.All(ctx) {
			if err != nil {
				t.Errorf("%s: %s: %v", q.name, subject, err)
			}
			n++
		}
		if n == 0 && k.Size() > 0 {
			t.Errorf("%s reads nothing of %s", q.name, subject)
		}
	}

	for user, subject := range map[string]string{
		"publisher_rasc": "ext.other", "fetcher": "articles.en.x.1", "parser": "indexed.new.x.1", "indexer": "articles.en.x.1",
	} {
		short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		if _, err := connect(user, strings.TrimSuffix(user, "_rasc")).Publish(short, Message{Subject: subject, ID: "x"}); err == nil {
			t.Errorf("%s may publish on %s", user, subject)
		}
		cancel()
	}
}
