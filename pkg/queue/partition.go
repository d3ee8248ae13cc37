package queue

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"dateline/pkg/article"
	"dateline/pkg/weburl"

	"github.com/nats-io/nats.go/jetstream"
)

// The record may be divided into partitions, each of them with a consumer of its own for the articles and the dead letters
// of its sites. Then the subjects of both streams end in the partition's number, which Publish puts there:
//
//	articles.<lang>.<source>.<id>.<partition>    dlq.<service>.<reason>.<partition>
//
// The streams take no other subjects, so that a service that has the number of partitions wrong cannot publish past the
// indexers. All articles of a site are in one partition: which of them are the same, and what is wrong with a site, can only
// be seen by whoever sees all of them.

// MaxPartitions bounds how finely the record can be divided.
const MaxPartitions = 64

// metaPartitions is the metadata of the bucket ATTEMPTS, which every service opens, that tells the number of partitions.
const metaPartitions = "dateline-partitions"

// divided are the consumers that each partition has one of.
var divided = []Consumer{IndexerArticles, IndexerDLQ}

// Partitions is how many partitions the record has, as provisioned: 1 where it is not divided.
func (q *Queue) Partitions() int { return max(int(q.partitions.Load()), 1) }

// Part is what consumes the messages of one of n partitions; of one partition it is c itself.
func (c Consumer) Part(i, n int) Consumer {
	if n == 1 {
		return c
	}
	c.Name += "_" + strconv.Itoa(i)
	c.filter = partSubjects[c.Stream] + "." + strconv.Itoa(i)
	return c
}

// partSubjects are the subjects of divided streams before the partition's number.
var partSubjects = map[string]string{streamArticles: "articles.*.*.*", streamDead: "dlq.*.*"}

// dividedStreams is the streams with the subjects that n partitions have.
func dividedStreams(n int) []jetstream.StreamConfig {
	all := slices.Clone(streams)
	for i, s := range all {
		if subject, ok := partSubjects[s.Name]; ok && n > 1 {
			all[i].Subjects = nil
			for p := range n {
				all[i].Subjects = append(all[i].Subjects, subject+"."+strconv.Itoa(p))
			}
		}
	}
	return all
}

// dividedConsumers is the consumers, those that are divided once for each of n partitions.
func dividedConsumers(n int) []Consumer {
	var all []Consumer
	for _, c := range consumers {
		if !slices.Contains(divided, c) {
			all = append(all, c)
			continue
		}
		for p := range n {
			all = append(all, c.Part(p, n))
		}
	}
	return all
}

// divide decides on the number of partitions that Provision makes: want, or where that is zero what there is. Another number
// than there is is refused once anything was divided by it.
func (q *Queue) divide(ctx context.Context, want int) (int, error) {
	have, err := q.readPartitions(ctx)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return max(want, 1), nil
	}
	if err != nil || want == 0 || want == have {
		return have, err
	}
	for name := range partSubjects {
		stream, err := q.js.Stream(ctx, name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("stream %s: %w", name, err)
		}
		if last := stream.CachedInfo().State.LastSeq; last > 0 {
			return 0, fmt.Errorf("--partitions %d: this server's record has %d, and %d messages of %s went by that number: a record is not divided anew. "+
				"Provision an empty server with %d, and publish there what `dateline export` gives here", want, have, last, name, want)
		}
	}
	return want, nil
}

// readPartitions asks the server for the number of partitions.
func (q *Queue) readPartitions(ctx context.Context) (int, error) {
	stream, err := q.js.Stream(ctx, "KV_"+attempts)
	if err != nil {
		return 0, err
	}
	v := stream.CachedInfo().Config.Metadata[metaPartitions]
	if v == "" { // provisioned before there were partitions
		return 1, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > MaxPartitions {
		return 0, fmt.Errorf("the server says that the record has %q partitions; this Dateline knows 1 to %d", v, MaxPartitions)
	}
	return n, nil
}

// subject is where a message is published.
func (q *Queue) subject(m *Message) string {
	n := q.Partitions()
	if _, ok := partSubjects[streamOf(m.Subject)]; !ok || n == 1 {
		return m.Subject
	}
	return m.Subject + "." + strconv.Itoa(partition(siteOf(m), n))
}

// partition of a site, of n: for ever the same.
func partition(site string, n int) int {
	h := fnv.New32a()
	h.Write([]byte(site))
	return int(h.Sum32() % uint32(n))
}

// siteOf is the site that a message is about, as a token: of an article its source's, of a dead letter that of its URL or of
// the host or publisher in the subject on which the message came.
func siteOf(m *Message) string {
	at := m.Subject
	if letter := article.HeaderValue(m.Header, headerDeadSubject); letter != "" && streamOf(m.Subject) == streamDead {
		at = letter
		if host := weburl.Host(article.HeaderValue(m.Header, article.HeaderURL)); host != "" && streamOf(at) != streamArticles {
			return site(token(host))
		}
	}
	tokens := strings.Split(at, ".")
	place := map[string]int{streamArticles: 2, streamJobs: 2, streamRaw: 1, streamExt: 1}[streamOf(at)]
	if place == 0 || place >= len(tokens) {
		return ""
	}
	return site(tokens[place])
}

// generic are second labels under countries' domains below which names are registered, more or less.
var generic = []string{"ac", "co", "com", "edu", "go", "gob", "gov", "gouv", "mil", "ne", "net", "nom", "or", "org"}

// site cuts the token of a host to what its site is known by: two labels, or three as in bbc_co_uk. It is coarser than
// weburl.Site, which goes by a list that changes: a site's partition never does.
func site(host string) string {
	labels := strings.Split(host, "_")
	n := 2
	if k := len(labels); k > 2 && len(labels[k-1]) == 2 && slices.Contains(generic, labels[k-2]) {
		n = 3
	}
	return strings.Join(labels[max(len(labels)-n, 0):], "_")
}
