package queue

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
)

// partitioned is a queue on a server of its own, with so many partitions.
func partitioned(t *testing.T, n int) *Queue {
	t.Helper()
	s, err := StartServer(ServerConfig{Listen: "127.0.0.1:0"}, "", t.TempDir(), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Supervise(ctx) }()
	q, err := Connect(ctx, Config{}, "test", s, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		q.Close()
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	if err := q.Provision(t.Context(), Limits{MaxStore: 1 << 30, Replicas: 1, Partitions: n}); err != nil {
		t.Fatal(err)
	}
	return q
}

// A site's partition never changes: neither may this table.
func TestPartitionOfASite(t *testing.T) {
	for host, want := range map[string]struct {
		site string
		of16 int
	}{
		"example.org": {"example_org", 0}, "www.example.org": {"example_org", 0}, "news.alder.example": {"alder_example", 2},
		"www.bbc.co.uk": {"bbc_co_uk", 10}, "bbc.co.uk": {"bbc_co_uk", 10}, "co.uk": {"co_uk", 4}, "www.bbc.com": {"bbc_com", 12},
		"news.com.au": {"news_com_au", 11}, "a.b.c.tokyo.jp": {"tokyo_jp", 8}, "rasc": {"rasc", 10}, "": {"_", 14}, "192.0.2.1": {"2_1", 13},
		"agency_of_news": {"of_news", 6},
	} {
		site := site(token(host))
		if got := partition(site, 16); site != want.site || got != want.of16 {
			t.Errorf("%q is of site %q in partition %d, want %q in %d", host, site, got, want.site, want.of16)
		}
	}
	load := make([]int, 8)
	for i := range 8000 {
		load[partition(fmt.Sprintf("site%d_example", i), 8)]++
	}
	for n, sites := range load {
		if sites < 800 || sites > 1200 {
			t.Errorf("partition %d has %d sites of 8000", n, sites)
		}
	}
}

// Where a dead letter goes follows from what it is about.
func TestSiteOfAMessage(t *testing.T) {
	letter := func(subject, url string) Message {
		h := Header{}
		if url != "" {
			h[article.HeaderURL] = []string{url}
		}
		return deadLetter("parser", &Delivery{Subject: subject, Header: h}, "x", nil, false)
	}
	for want, m := range map[string]Message{
		"alder_example":  {Subject: ArticleSubject("en", "www.alder.example", "1")},
		"birch_example":  letter(RawSubject("www.birch.example", "1"), ""),
		"cedar_example":  letter(JobSubject(article.JobFresh, "www.cedar.example", "1"), ""),
		"dogwood":        letter(ExtSubject("dogwood"), ""),
		"elm_example":    letter(ExtSubject("agency"), "https://www.elm.example/1"),
		"fir_example":    letter(ArticleSubject("en", "www.fir.example", "1")+".3", "https://agency.example/1"),
		"gorse_example":  letter(RawSubject("www.gorse.example", "1"), "no URL"),
		"":               letter(DueSubject("1"), ""),
		"hazel_co_uk":    letter(RawSubject("a.b", "1"), "https://x.hazel.co.uk/1"),
		"ironwood_co_uk": {Subject: ArticleSubject("en", "ironwood.co.uk", "1")},
	} {
		if got := siteOf(&m); got != want {
			t.Errorf("%s %v: site %q, want %q", m.Subject, m.Header, got, want)
		}
	}
}

// Each partition's consumers get its own messages and no others, and trimming waits for the slowest of them.
func TestPartitions(t *testing.T) {
	const parts = 3
	q := partitioned(t, parts)
	if q.Partitions() != parts {
		t.Fatalf("%d partitions", q.Partitions())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var messages []Message
	want := map[string]int{}
	for i := range 60 {
		host := fmt.Sprintf("www.site%d.example", i%12)
		id := fmt.Sprint(i)
		messages = append(messages, Message{Subject: ArticleSubject("en", host, id), ID: id, Body: []byte(id)})
		want[id] = partition(site(token(host)), parts)
	}
	if _, err := q.Publish(ctx, messages...); err != nil {
		t.Fatal(err)
	}
	if acks, err := q.Publish(ctx, messages[7]); err != nil || !acks[0].Duplicate {
		t.Errorf("published again: %+v, %v", acks, err)
	}
	// Who does not know of partitions, or of other ones, cannot publish.
	for _, n := range []int32{1, 64} {
		stranger := &Queue{name: "stranger", nc: q.nc, js: q.js, metrics: q.metrics, stalled: map[string]stall{}}
		stranger.relink()
		stranger.partitions.Store(n)
		short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		if _, err := stranger.Publish(short, Message{Subject: ArticleSubject("en", "www.site19.example", "x"), ID: "x"}); err == nil {
			t.Errorf("as one of %d it publishes", n)
		}
		cancel()
	}
	for p := range parts {
		got := map[string]bool{}
		done, stop := context.WithCancel(ctx)
		last := p == parts-1
		err := q.Consume(done, Subscription{Consumer: IndexerArticles.Part(p, parts), Workers: 1, Batch: 10, Handle: func(_ context.Context, ds []*Delivery) (out []Outcome) {
			for _, d := range ds {
				id := string(d.Body)
				if got[id] = true; want[id] != p || !strings.HasSuffix(d.Subject, fmt.Sprint(".", p)) {
					t.Errorf("partition %d was given %s on %s", p, id, d.Subject)
				}
				out = append(out, Done())
			}
			mine := 0
			for _, n := range want {
				if n == p {
					mine++
				}
			}
			if len(got) == mine {
				stop()
			}
			return out
		}})
		stop()
		if err != nil {
			t.Fatal(err)
		}
		// All that is settled in all partitions could go.
		stream, err := q.js.Stream(ctx, streamArticles)
		if err != nil {
			t.Fatal(err)
		}
		least := uint64(100)
		for n := range parts {
			first, err := firstUnsettled(ctx, stream, IndexerArticles.Part(n, parts), 100)
			if err != nil {
				t.Fatal(err)
			}
			least = min(least, first)
		}
		if !last && least > 60 || last && least != 100 {
			t.Errorf("after partition %d, all before %d is settled", p, least)
		}
	}
	if len(q.consumed) != 0 {
		t.Errorf("depth is told of %v", q.consumed)
	}
	status, err := q.Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range status {
		if (s.Name == streamArticles || s.Name == streamDead) && len(s.Consumers) != parts {
			t.Errorf("%s has consumers %+v", s.Name, s.Consumers)
		}
	}
}

// The number of partitions can be changed as long as nothing is divided by it.
func TestProvisionOfPartitions(t *testing.T) {
	q := partitioned(t, 0)
	ctx := t.Context()
	limits := Limits{MaxStore: 1 << 30, Replicas: 1}
	for _, step := range []struct{ want, have int }{{4, 4}, {0, 4}, {1, 1}, {2, 2}} {
		limits.Partitions = step.want
		if err := q.Provision(ctx, limits); err != nil {
			t.Fatal(err)
		}
		if got, err := q.readPartitions(ctx); err != nil || got != step.have {
			t.Errorf("provisioned for %d, it has %d, %v", step.want, got, err)
		}
		for _, name := range []string{streamArticles, streamDead} {
			stream, err := q.js.Stream(ctx, name)
			if err != nil {
				t.Fatal(err)
			}
			if n := stream.CachedInfo().State.Consumers; n != step.have {
				t.Errorf("%s has %d consumers for %d partitions", name, n, step.have)
			}
		}
	}
	if _, err := q.Publish(ctx, Message{Subject: ArticleSubject("en", "x.example", "1"), ID: "1"}); err != nil {
		t.Fatal(err)
	}
	limits.Partitions = 3
	if err := q.Provision(ctx, limits); err == nil || !strings.Contains(err.Error(), "--partitions 3: this server's record has 2, and 1 messages of ARTICLES went by that number") {
		t.Errorf("changed with data: %v", err)
	}
	if err := q.Provision(ctx, Limits{MaxStore: 1 << 30, Replicas: 1}); err != nil || q.Partitions() != 2 {
		t.Errorf("as it is: %d, %v", q.Partitions(), err)
	}
	limits.Partitions = MaxPartitions + 1
	if err := limits.Validate(); err == nil || !strings.HasPrefix(err.Error(), "--partitions 65") {
		t.Errorf("validation: %v", err)
	}
	// A server of before has no number, and one partition.
	stream, err := q.js.Stream(ctx, "KV_"+attempts)
	if err != nil {
		t.Fatal(err)
	}
	cfg := stream.CachedInfo().Config
	cfg.Metadata = nil
	if _, err := q.js.UpdateStream(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	if n, err := q.readPartitions(ctx); err != nil || n != 1 {
		t.Errorf("a server of before has %d, %v", n, err)
	}
	if err := q.AwaitProvisioned(ctx); err != nil || q.Partitions() != 1 {
		t.Errorf("a server of before: %d, %v", q.Partitions(), err)
	}
}
