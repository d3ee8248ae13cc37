package indexer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/pkg/queue/queuetest"
	"dateline/services/indexer/store"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestOwners(t *testing.T) {
	members := strings.Split("alder birch cedar dogwood elm fir", " ")
	for parts := 1; parts <= 16; parts++ {
		var before []string
		for n := 1; n <= len(members); n++ {
			owner := owners(parts, members[:n])
			load := map[string]int{}
			for _, m := range owner {
				load[m]++
			}
			for _, m := range members[:n] {
				if load[m] < parts/n || load[m] > (parts+n-1)/n {
					t.Errorf("%d partitions over %d members: %v", parts, n, load)
				}
			}
			moved := 0
			for i := range before {
				if before[i] != owner[i] {
					moved++
				}
			}
			if most := parts/2 + 2; n > 2 && moved > most {
				t.Errorf("member %d of %d partitions moves %d, more than %d", n, parts, moved, most)
			}
			before = owner
		}
	}
	if got := owners(2, nil); !slices.Equal(got, []string{"", ""}) {
		t.Errorf("without members: %q", got)
	}
}

// divided starts a queue of several partitions.
func divided(t *testing.T, parts int) *queue.Server {
	t.Helper()
	server := queuetest.Server(t)
	limits := queuetest.Limits
	limits.Partitions = parts
	if err := queuetest.Connect(t, server, "admin").Provision(t.Context(), limits); err != nil {
		t.Fatal(err)
	}
	return server
}

// joins starts an indexer on a connection of its own.
func joins(t *testing.T, server *queue.Server, dir string) *running {
	t.Helper()
	q := queuetest.Connect(t, server, "indexer")
	if err := q.AwaitProvisioned(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := start(t, q, dir)
	r.ready("indexer partitions", "indexer store", "indexer search")
	return r
}

// sited is a message of an article of a site.
func sited(t *testing.T, site, name, text, journey string) queue.Message {
	t.Helper()
	m := message(t, site+"/"+name, text, journey)
	var a article.Article
	if err := json.Unmarshal(m.Body, &a); err != nil {
		t.Fatal(err)
	}
	a.Source = site
	var err error
	if m.Body, err = json.Marshal(a); err != nil {
		t.Fatal(err)
	}
	m.Subject = queue.ArticleSubject("en", site, a.ID)
	return m
}

// Indexers come and go while articles come: each article is stored once, told once, and answered once; and whichever indexer
// is asked tells of all of them.
func TestPartitionsChangeHands(t *testing.T) {
	const parts, sites, stories = 4, 25, 30
	server := divided(t, parts)
	dir := t.TempDir()
	first := joins(t, server, dir)
	publisher := queuetest.Connect(t, server, "parser")
	if err := publisher.AwaitProvisioned(t.Context()); err != nil {
		t.Fatal(err)
	}

	// Each story comes three times: new, again, and revised.
	want := map[string]bool{}
	receipts := make(chan article.Receipt, 3*sites*stories+100)
	stop, err := publisher.Follow(t.Context(), queue.ReceiptsOf("agency"), func(d *queue.Delivery) {
		var receipt article.Receipt
		if err := json.Unmarshal(d.Body, &receipt); err != nil {
			t.Error(err)
		}
		receipts <- receipt
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	published := make(chan struct{})
	go func() {
		defer close(published)
		for story := range stories {
			var batch []queue.Message
			for site := range sites {
				host := fmt.Sprintf("www.site%d.example", site)
				for n, text := range []string{"said", "said", "said more"} {
					id := fmt.Sprintf("s%dx%dx%d", site, story, n)
					batch = append(batch, sited(t, host, fmt.Sprint(story), fmt.Sprintf("%s in story%d of site%d", text, story, site), id))
					want[id] = true
				}
			}
			if _, err := publisher.Publish(t.Context(), batch...); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(50 * time.Millisecond) // so that some come while partitions change hands
		}
	}()
	second := joins(t, server, dir)
	third := joins(t, server, dir)
	first.stop()
	<-published
	const articles = sites * stories
	var status struct {
		Articles, Documents, LastSeq int
		Partitions                   []struct {
			Partition, Articles int
			Indexer             string
		}
	}
	for _, r := range []*running{second, third} {
		eventually(t, "all searchable", func() bool {
			return r.get("/v1/status", &status) && status.Articles == articles && status.Documents == articles
		})
		for _, p := range status.Partitions {
			if p.Articles == 0 || p.Indexer == "" {
				t.Errorf("partition %d has %d articles at %q", p.Partition, p.Articles, p.Indexer)
			}
		}
	}
	eventually(t, "all answered", func() bool { return len(receipts) >= len(want) })
	stop()
	outcomes := map[string]string{} // of one story; which of two alike comes first is not certain while a partition changes hands
	for close(receipts); len(receipts) > 0; {
		r := <-receipts
		if !want[r.PublicationID] {
			t.Errorf("%s was answered again: %s", r.PublicationID, r.Outcome)
		}
		delete(want, r.PublicationID)
		outcomes[r.ArticleID] += string(r.Outcome[:1])
	}
	if len(want) > 0 {
		t.Errorf("%d were not answered", len(want))
	}
	for id, o := range outcomes {
		if strings.Count(o, "a") != 2 || strings.Count(o, "d") != 1 {
			t.Errorf("%s was accepted and a duplicate as %s", id, o)
		}
	}

	// The feed, read by two indexers in turn.
	seen, last, after := map[string]int{}, map[int]uint64{}, ""
	for turn := 0; ; turn++ {
		var page struct {
			Changes       []article.Event
			Next, LastSeq string
		}
		if ![]*running{second, third}[turn%2].get("/v1/changes?limit=300&after="+after, &page) {
			t.Fatalf("no changes after %q", after)
		}
		if len(page.Changes) == 0 {
			break
		}
		for _, e := range page.Changes {
			seen[e.ArticleID+" "+string(e.Outcome)]++
			if e.Seq != last[e.Partition]+1 {
				t.Errorf("partition %d goes from %d to %d", e.Partition, last[e.Partition], e.Seq)
			}
			last[e.Partition] = e.Seq
		}
		after = page.Next
	}
	if len(seen) != 2*articles || slices.Max(slices.Collect(maps.Values(seen))) != 1 || len(last) != parts {
		t.Errorf("the feed tells %d changes of %d in %d partitions", len(seen), 2*articles, len(last))
	}

	// Pages of lists and searches.
	for _, target := range []string{"/v1/articles?limit=100", "/v1/search?limit=100&sort=date", "/v1/search?q=said&limit=100&sort=date", "/v1/search?q=story7&limit=7", "/v1/search?q=site3&limit=9"} {
		found, total := map[string]int{}, 0
		for cursor, n := "", 0; n < 20; n++ {
			var page struct {
				Total          int
				Articles, Hits []struct{ Article article.Article }
				Next           string `json:"next_cursor"`
			}
			r := []*running{second, third}[rand.IntN(2)]
			if !r.get(target+"&cursor="+cursor, &page) {
				t.Fatalf("%s: no page %d", target, n)
			}
			for _, a := range append(page.Articles, page.Hits...) {
				found[a.Article.ID]++
			}
			if total = page.Total; page.Next == "" {
				break
			}
			cursor = page.Next
		}
		if total == 0 {
			total = articles
		}
		if len(found) != total || slices.Max(slices.Collect(maps.Values(found))) != 1 {
			t.Errorf("%s: %d found of %d", target, len(found), total)
		}
	}
	id := article.IDOfURL("www.site3.example/7")
	var record struct{ Article article.Article }
	if !third.get("/v1/articles/"+id, &record) || !strings.Contains(record.Article.Text, "in story7 of site3") {
		t.Errorf("article is %+v", record)
	}
	var trace struct{ Journeys []struct{ Outcome string } }
	if !third.get("/v1/trace?url=https://www.site3.example/7", &trace) || len(trace.Journeys) != 3 {
		t.Errorf("trace is %+v", trace)
	}
}

func TestPartitionsThatAreAway(t *testing.T) {
	server := divided(t, 2)
	r := joins(t, server, t.TempDir())
	ask := func(path string) (int, string) {
		resp, err := http.Get("http://" + r.cfg.APIAddr + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var p struct{ Detail string }
		_ = json.NewDecoder(resp.Body).Decode(&p)
		return resp.StatusCode, p.Detail
	}
	if code, detail := ask("/partitions/0/v1/status"); code != http.StatusForbidden {
		t.Errorf("a partition answers anybody: %d %s", code, detail)
	}

	var batch []queue.Message
	for i := range 10 {
		batch = append(batch, sited(t, fmt.Sprintf("site%d.example", i), "a", "text", fmt.Sprint(i)))
	}
	publisher := queuetest.Connect(t, server, "parser")
	if err := publisher.AwaitProvisioned(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish(t, publisher, batch...)
	var held struct {
		Articles   int
		Partitions []struct{ Articles int }
	}
	eventually(t, "all articles", func() bool { return r.get("/v1/status", &held) && held.Articles == 10 })
	if held.Partitions[0].Articles == 0 || held.Partitions[1].Articles == 0 {
		t.Fatalf("one partition has all articles: %+v", held)
	}

	// An indexer with a directory of its own would have other halves of the articles.
	q := queuetest.Connect(t, server, "indexer")
	if err := q.AwaitProvisioned(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := Run(ctx, Config{APIAddr: "127.0.0.1:0", IndexBatch: 1, DataDir: t.TempDir()}, q, admin.New(""))
	if err == nil || !strings.Contains(err.Error(), "which all indexers have to share") {
		t.Errorf("another directory gives %v", err)
	}

	// A partition whose record is gone is not begun anew unasked.
	dir := r.cfg.DataDir
	r.stop()
	lost := part{1, 2}.dir(dir)
	if err := os.RemoveAll(lost); err != nil {
		t.Fatal(err)
	}
	err = Run(ctx, Config{APIAddr: "127.0.0.1:0", IndexBatch: 1, DataDir: dir}, q, admin.New(""))
	if err == nil || !strings.Contains(err.Error(), "partition 1: its record was ") {
		t.Errorf("a lost record gives %v", err)
	}

	// Asked, it begins with what the queue still has, as docs/OPERATIONS.md tells.
	bucket, err := q.Bucket(ctx, queue.Divided)
	if err != nil {
		t.Fatal(err)
	}
	if err := bucket.Delete(ctx, "store.1"); err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteConsumer(ctx, "ARTICLES", "indexer_1"); err != nil {
		t.Fatal(err)
	}
	if err := queuetest.Connect(t, server, "admin").Provision(ctx, queuetest.Limits); err != nil {
		t.Fatal(err)
	}
	r = joins(t, server, dir)
	var status struct{ Articles int }
	eventually(t, "all articles again", func() bool { return r.get("/v1/status", &status) && status.Articles == 10 })
}

func TestDivisionOfADirectory(t *testing.T) {
	whole, two := t.TempDir(), t.TempDir()
	for dir, p := range map[string]part{whole: {0, 1}, two: {1, 2}} {
		to := dir
		if p.all > 1 {
			to = p.dir(dir)
		}
		st, err := store.Open(to)
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		dir   string
		parts int
		want  string
	}{
		{whole, 1, ""},
		{two, 2, ""},
		{t.TempDir(), 3, ""},
		{whole, 2, "holds a record that is not divided, and the queue is provisioned for 2"},
		{two, 1, "holds a record in 2 partitions, and the queue is provisioned for 1"},
		{two, 4, "holds a record in 2 partitions, and the queue is provisioned for 4"},
	} {
		err := checkDivision(c.dir, c.parts)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%d partitions: %v, want %q", c.parts, err, c.want)
		}
	}
}

// A partition that was lost and is restored from a backup of it takes in again what came since, and takes down again what was
// taken down since: in its own partition only.
func TestRestoreOfAPartition(t *testing.T) {
	server := divided(t, 2)
	r := joins(t, server, t.TempDir())
	publisher := queuetest.Connect(t, server, "parser")
	if err := publisher.AwaitProvisioned(t.Context()); err != nil {
		t.Fatal(err)
	}
	sites := func(name string) {
		var batch []queue.Message
		for i := range 10 {
			site := fmt.Sprintf("site%d.example", i)
			batch = append(batch, sited(t, site, name, "text of "+name, site+name))
		}
		publish(t, publisher, batch...)
	}
	articles := func(want int) {
		t.Helper()
		var status struct{ Articles, Documents int }
		eventually(t, fmt.Sprint(want, " articles"), func() bool {
			return r.get("/v1/status", &status) && status.Articles == want && status.Documents == want
		})
	}
	type feed struct {
		Changes []article.Event
		Next    string
		Feed    string
	}
	sites("before")
	articles(10)
	file := filepath.Join(t.TempDir(), "1.backup")
	resp, err := http.Get("http://" + r.cfg.APIAddr + "/v1/backup?partition=1")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close(), os.WriteFile(file, b, 0o600)); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	sites("after")
	articles(20)
	var was feed
	if !r.get("/v1/changes?limit=1000&after=0", &was) || len(was.Changes) != 20 {
		t.Fatalf("changes are %+v", was)
	}
	down := map[int]string{} // by partition, of what came before the backup
	for _, e := range was.Changes {
		if strings.HasSuffix(e.URL, "before") {
			down[e.Partition] = e.ArticleID
		}
	}
	for n, id := range down {
		resp, err := http.Post("http://"+r.cfg.APIAddr+"/v1/articles/"+id+"/takedown?reason=order&by=Ada", "", nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(n, resp, err)
		}
		resp.Body.Close()
		eventually(t, "the queue to keep nothing of it", func() bool {
			kept, err := publisher.Kept(t.Context(), queue.IndexerArticles.Part(n, 2).Subject(), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			for d, err := range kept.All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(d.Subject, id) {
					return false
				}
			}
			return true
		})
		eventually(t, "the takedown to be told", func() bool {
			d, err := publisher.Last(t.Context(), queue.IndexedSubject("removed", sourceOf(was.Changes, id), id))
			return err == nil && strings.Contains(string(d.Body), "takedown")
		})
	}
	r.get("/v1/changes?limit=1000&after=0", &was)
	r.stop()

	lost := part{1, 2}.dir(r.cfg.DataDir)
	if err := os.RemoveAll(lost); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), file, lost, false, nil); err != nil {
		t.Fatal(err)
	}
	r = joins(t, server, r.cfg.DataDir)
	articles(18)
	for n, id := range down {
		if resp, err := http.Get("http://" + r.cfg.APIAddr + "/v1/articles/" + id); err != nil || resp.StatusCode != http.StatusGone {
			t.Errorf("what was taken down in partition %d gives %v, %v", n, resp, err)
		}
	}
	var is feed
	if r.get("/v1/changes?after="+was.Next+"&feed="+was.Feed, &is) {
		t.Errorf("a reader of the old feed is answered %+v", is)
	}
	if r.get("/v1/changes?limit=1000&after=0", &is); len(is.Changes) != 22 || strings.Split(is.Feed, ".")[0] != strings.Split(was.Feed, ".")[0] {
		t.Errorf("the feed is %+v", is)
	}
	r.stop() // and from then on this is the partition's record
	r = joins(t, server, r.cfg.DataDir)
	articles(18)
	for n := range 2 {
		if err := Fsck(t.Context(), r.cfg.DataDir, fmt.Sprint(n), "bleve", func(store.Violation) {}, func(_, _ uint64) {}); !errors.Is(err, store.ErrInUse) {
			t.Errorf("partition %d is not found to be in use: %v", n, err)
		}
	}
	r.stop()
	for n := range 2 {
		err := Fsck(t.Context(), r.cfg.DataDir, fmt.Sprint(n), "bleve", func(v store.Violation) { t.Errorf("partition %d: %s", n, v) }, func(_, _ uint64) {})
		if err != nil {
			t.Errorf("partition %d: %v", n, err)
		}
	}
	if err := Fsck(t.Context(), r.cfg.DataDir, "", "bleve", nil, nil); err == nil || !strings.Contains(err.Error(), "in 2 partitions: --partition says") {
		t.Errorf("without a partition: %v", err)
	}
}

func sourceOf(events []article.Event, id string) string {
	return events[slices.IndexFunc(events, func(e article.Event) bool { return e.ArticleID == id })].Source
}
