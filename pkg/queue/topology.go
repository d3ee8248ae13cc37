package queue

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// MaxPayload is NATS's max_payload, in bytes. MaxMessage is the most that a message may have, headers and body: less,
// so that as a dead letter, with its cause, it still fits.
const (
	MaxPayload = 8 << 20
	MaxMessage = MaxPayload - 128<<10
)

const (
	streamSched    = "SCHED"
	streamRefetch  = "REFETCH"
	streamJobs     = "JOBS"
	streamRaw      = "RAW"
	streamExt      = "EXT"
	streamArticles = "ARTICLES"
	streamIndexed  = "INDEXED"
	streamReceipts = "RECEIPTS"
	streamAlerts   = "ALERTS"
	streamDead     = "DLQ"
)

// Sources is the bucket of the source registry; Politeness that of the hosts being fetched from; attempts that of the
// attempt markers.
const (
	Sources    = "SOURCES"
	Politeness = "POLITENESS"
	attempts   = "ATTEMPTS"
)

// Members is the bucket of the indexers that share the partitions of a record, each with its address and what it has open;
// Divided is what they have agreed on for good.
const (
	Members = "MEMBERS"
	Divided = "DIVIDED"
)

// MemberAge is how long Members keeps a key after its last change: much longer than an indexer that says nothing counts as
// alive.
const MemberAge = time.Minute

// PolitenessAge is how long Politeness keeps a key after its last change: longer than any host is left alone.
const PolitenessAge = 25 * time.Hour

const day = 24 * time.Hour

// streams is the topology that ARCHITECTURE's table describes. MaxBytes holds the share of --max-store in thousandths until
// Provision puts the size in; with the buckets the shares make 997, so that the sum stays below the store's limit.
var streams = []jetstream.StreamConfig{
	{
		Name: streamSched, Subjects: []string{"sched.>", "due.>"}, Discard: jetstream.DiscardOld, MaxBytes: 20,
		MaxMsgsPerSubject: 1, Duplicates: time.Hour, AllowMsgSchedules: true, AllowMsgTTL: true, MaxMsgSize: 64 << 10,
		Description: "next poll of each feed; the truth is the bucket SOURCES",
	},
	{
		Name: streamJobs, Subjects: []string{"jobs.>"}, Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew, MaxBytes: 50,
		MaxMsgsPerSubject: 1, DiscardNewPerSubject: true, Duplicates: time.Minute, MaxMsgSize: 64 << 10,
		Description: "URLs to fetch, one outstanding job each",
	},
	{
		Name: streamRaw, Subjects: []string{"raw.>"}, Discard: jetstream.DiscardNew, MaxBytes: 400, MaxAge: 7 * day,
		Duplicates: day, AllowAtomicPublish: true, AllowDirect: true, MaxMsgSize: MaxMessage,
		Description: "pages as captured",
	},
	{
		Name: streamExt, Subjects: []string{"ext.*"}, Discard: jetstream.DiscardNew, MaxBytes: 100, MaxAge: 7 * day,
		Duplicates: day, AllowAtomicPublish: true, AllowDirect: true, MaxMsgSize: MaxMessage,
		Description: "publications",
	},
	{
		Name: streamArticles, Subjects: []string{"articles.>"}, Discard: jetstream.DiscardNew, MaxBytes: 200, MaxAge: 90 * day,
		Duplicates: day, AllowAtomicPublish: true, AllowDirect: true, MaxMsgSize: MaxMessage,
		Description: "structured articles",
	},
	{
		Name: streamIndexed, Subjects: []string{"indexed.>"}, Discard: jetstream.DiscardOld, MaxBytes: 30, MaxAge: 14 * day,
		Duplicates: day, AllowAtomicPublish: true, AllowDirect: true, MaxMsgSize: 64 << 10,
		Description: "what the indexer did with each article",
	},
	{
		Name: streamReceipts, Subjects: []string{"receipts.>"}, Discard: jetstream.DiscardOld, MaxBytes: 20, MaxAge: 7 * day,
		Duplicates: day, AllowAtomicPublish: true, AllowDirect: true, MaxMsgSize: 64 << 10,
		Description: "answers to publishers",
	},
	{
		Name: streamAlerts, Subjects: []string{"alerts.>"}, Discard: jetstream.DiscardOld, MaxBytes: 20, MaxAge: 7 * day,
		Duplicates: day, AllowAtomicPublish: true, AllowDirect: true, MaxMsgSize: 64 << 10,
		Description: "what saved queries matched",
	},
	{
		Name: streamDead, Subjects: []string{"dlq.>"}, Discard: jetstream.DiscardNew, MaxBytes: 50,
		Duplicates: day, AllowAtomicPublish: true, AllowDirect: true, MaxMsgSize: MaxPayload,
		Description: "dead letters with payload and cause",
	},
	{
		// A stream of its own, so that re-fetches never displace a poll. When it is full the oldest schedule goes, which is one
		// that waits longest: pages lose their visit after seven days before any loses that after a day. A work queue, so
		// that what is done leaves no trace.
		Name: streamRefetch, Subjects: []string{"refetch.wait.*", "refetch.due.*"}, Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardOld, MaxBytes: 60,
		MaxMsgsPerSubject: 1, Duplicates: time.Hour, AllowMsgSchedules: true, AllowMsgTTL: true, MaxMsgSize: 64 << 10,
		Description: "next visit to each page that was fetched; the oldest, those after seven days, go first where there are too many",
	},
}

var buckets = []jetstream.KeyValueConfig{
	{Bucket: Sources, History: 1, MaxBytes: 30, Description: "the source registry and its state"},
	{Bucket: Politeness, History: 1, MaxBytes: 5, TTL: PolitenessAge, Description: "whose turn it is at each site and address"},
	{Bucket: Members, History: 1, MaxBytes: 1, TTL: MemberAge, Description: "the indexers that share the partitions of a record"},
	{Bucket: Divided, History: 1, MaxBytes: 1, Description: "which store each partition is, and the secret among its indexers"},
	{Bucket: attempts, History: 1, MaxBytes: 10, TTL: time.Hour, Description: "what each worker had in hand, against messages that kill the process"},
}

// Consumer is one durable pull consumer of the topology.
type Consumer struct {
	Stream  string
	Name    string
	filter  string
	ackWait time.Duration // from delivery; heartbeats extend it
	pending int           // most deliveries unacked at a time, over all replicas
}

// maxWaiting is how many jobs of a class may wait for their turn or for another try, each of them delivered once and put
// off. With more, those behind them wait with them, whatever their host; the server looks through all of them several
// times a second.
const maxWaiting = 20_000

// The consumers. Heartbeats extend the wait for as long as work goes on, so the wait is only how long the work of a dead
// process lies still.
var (
	FetcherFresh    = Consumer{streamJobs, "fetcher_fresh", "jobs.fresh.>", 30 * time.Second, maxWaiting}
	FetcherRetry    = Consumer{streamJobs, "fetcher_retry", "jobs.retry.>", 30 * time.Second, maxWaiting}
	FetcherBackfill = Consumer{streamJobs, "fetcher_backfill", "jobs.backfill.>", 30 * time.Second, maxWaiting}
	FetcherDue      = Consumer{streamSched, "dispatcher", "due.>", 30 * time.Second, 1000}
	FetcherRefetch  = Consumer{streamRefetch, "fetcher", "refetch.due.*", 30 * time.Second, maxWaiting}
	ParserRaw       = Consumer{streamRaw, "parser", "", 20 * time.Second, 1000}
	ParserExt       = Consumer{streamExt, "parser", "", 20 * time.Second, 2000}
	IndexerArticles = Consumer{streamArticles, "indexer", "", 20 * time.Second, 5000}
	IndexerDLQ      = Consumer{streamDead, "indexer", "", 20 * time.Second, 1000}
)

var consumers = []Consumer{FetcherFresh, FetcherRetry, FetcherBackfill, FetcherDue, FetcherRefetch, ParserRaw, ParserExt, IndexerArticles, IndexerDLQ}

// One request asks for at most maxPull messages and pullBytes bytes: NATS drops a connection that falls 64 MB behind.
const (
	maxPull   = 1000
	pullBytes = 16 << 20
)

// Limits says how large the streams may grow and how often each is kept.
type Limits struct {
	MaxStore Size `help:"Disk space for all streams together; each gets a fixed share." default:"10GB" env:"DATELINE_MAX_STORE"`
	Replicas int  `name:"nats-replicas" help:"Copies of each stream: 1, or 3 on a NATS cluster." default:"1" env:"DATELINE_NATS_REPLICAS"`

	Partitions int `help:"Partitions of the record, which indexers share: settled once there is data. 0 for as many as there are, or 1." default:"0" env:"DATELINE_PARTITIONS"`
}

// minStore keeps the smallest share, a thousandth of it, above the largest message of the streams that have large ones.
const minStore = 256 << 20

// Validate names what is wrong.
func (l *Limits) Validate() error {
	if l.MaxStore < minStore {
		return fmt.Errorf("--max-store %s: at least %s is needed", l.MaxStore, Size(minStore))
	}
	if l.Replicas != 1 && l.Replicas != 3 && l.Replicas != 5 {
		return fmt.Errorf("--nats-replicas %d: 1, 3 or 5", l.Replicas)
	}
	if l.Partitions < 0 || l.Partitions > MaxPartitions {
		return fmt.Errorf("--partitions %d: from 1 to %d, or 0", l.Partitions, MaxPartitions)
	}
	return nil
}

// Provision creates the streams, buckets and consumers, or brings those that exist to this description. It is
// idempotent. Sizes that shrink below what a stream holds are NATS's to refuse or trim: streams that discard new
// messages keep what they hold.
func (q *Queue) Provision(ctx context.Context, l Limits) error {
	n, err := q.divide(ctx, l.Partitions)
	if err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	for _, s := range dividedStreams(n) {
		s.MaxBytes = int64(l.MaxStore) / 1000 * s.MaxBytes
		s.Replicas = l.Replicas
		if _, err := q.js.CreateOrUpdateStream(ctx, s); err != nil {
			return fmt.Errorf("provision stream %s of %s: %w", s.Name, Size(s.MaxBytes), err)
		}
	}
	if err := q.retireConsumers(ctx, n); err != nil {
		return err
	}
	for _, c := range dividedConsumers(n) {
		_, err := q.js.CreateOrUpdateConsumer(ctx, c.Stream, jetstream.ConsumerConfig{
			Durable: c.Name, FilterSubject: c.filter, AckPolicy: jetstream.AckExplicitPolicy, AckWait: c.ackWait,
			MaxDeliver: -1, MaxAckPending: c.pending, MaxRequestBatch: maxPull, MaxWaiting: 64, Replicas: l.Replicas,
		})
		if err != nil {
			return fmt.Errorf("provision consumer %s of %s: %w", c.Name, c.Stream, err)
		}
	}
	for _, b := range buckets { // last: AwaitProvisioned looks for them
		b.MaxBytes = int64(l.MaxStore) / 1000 * b.MaxBytes
		b.Replicas = l.Replicas
		if b.Bucket == attempts {
			b.Metadata = map[string]string{metaPartitions: strconv.Itoa(n)}
		}
		if _, err := q.js.CreateOrUpdateKeyValue(ctx, b); err != nil {
			return fmt.Errorf("provision bucket %s: %w", b.Bucket, err)
		}
	}
	q.partitions.Store(int32(n))
	return nil
}

// retireConsumers removes consumers of other descriptions than this: all of JOBS, because a work queue gives each message to
// one consumer and refuses those whose subjects overlap; and the indexer's, which another number of partitions had.
func (q *Queue) retireConsumers(ctx context.Context, partitions int) error {
	for _, name := range []string{streamJobs, streamArticles, streamDead} {
		stream, err := q.js.Stream(ctx, name)
		if err != nil {
			return fmt.Errorf("provision consumers of %s: %w", name, err)
		}
		names := stream.ConsumerNames(ctx)
		for consumer := range names.Name() {
			ours := name == streamJobs || consumer == IndexerArticles.Name || strings.HasPrefix(consumer, IndexerArticles.Name+"_")
			if !ours || slices.ContainsFunc(dividedConsumers(partitions), func(c Consumer) bool { return c.Stream == name && c.Name == consumer }) {
				continue
			}
			if err := stream.DeleteConsumer(ctx, consumer); err != nil {
				return fmt.Errorf("remove consumer %s of %s: %w", consumer, name, err)
			}
		}
		if err := names.Err(); err != nil {
			return fmt.Errorf("list consumers of %s: %w", name, err)
		}
	}
	return nil
}

// AwaitProvisioned waits until Provision has been run on the server, or ctx ends. It learns how many partitions there are.
func (q *Queue) AwaitProvisioned(ctx context.Context) error {
	for n := 0; ; n++ {
		partitions, err := q.readPartitions(ctx)
		if err == nil {
			q.partitions.Store(int32(partitions))
			return nil
		}
		if n == 10 {
			slog.Warn("waiting for `dateline provision`", "service", q.name, "error", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server is not provisioned: %w", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// streamOf is the stream that takes a subject, "" where none does.
func streamOf(subject string) string {
	prefix, _, _ := strings.Cut(subject, ".")
	switch prefix {
	case "sched", "due":
		return streamSched
	case "refetch":
		return streamRefetch
	case "jobs":
		return streamJobs
	case "raw":
		return streamRaw
	case "ext":
		return streamExt
	case "articles":
		return streamArticles
	case "indexed":
		return streamIndexed
	case "receipts":
		return streamReceipts
	case "alerts":
		return streamAlerts
	case "dlq":
		return streamDead
	}
	return ""
}
