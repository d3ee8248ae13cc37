package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/article"
	"dateline/pkg/cli"
	"dateline/pkg/queue"

	"github.com/alecthomas/kong"
	"github.com/dustin/go-humanize"
	"github.com/google/pprof/profile"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/sync/errgroup"
)

// benchesCmd are the measurements.
type benchesCmd struct {
	Pipeline benchCmd  `cmd:"" default:"withargs" help:"Articles a second through the whole pipeline, CPU by stage and memory."`
	Growth   growthCmd `cmd:"" help:"How the costs of an article and of a search grow up to a million articles."`
}

// benchCmd measures the pipeline as up runs it, on a corpus in the format of ../shared/corpus.
type benchCmd struct {
	queue.Limits `embed:"" group:"Queue"`
	Corpus       string `help:"Directory with manifest.jsonl and the pages that it names." default:"../shared/corpus" type:"existingdir"`
	Articles     int    `help:"How many articles to publish; the corpus is gone through as often as it takes. 0: once."`
	Copy         bool   `help:"Measure the queue and the store alone: plain texts, a parser that only copies, no search index."`
	TextBytes    int    `help:"With --copy: cut the texts to so many bytes. 0: as long as they are."`
	Workers      int    `help:"Parser workers; 0 is one a CPU." default:"0"`
}

// Validate names what is wrong.
func (b *benchCmd) Validate() error {
	if b.TextBytes != 0 && !b.Copy || b.TextBytes < 0 {
		return fmt.Errorf("--text-bytes %d: a number of bytes, with --copy", b.TextBytes)
	}
	if b.Articles < 0 {
		return fmt.Errorf("--articles %d: not a number of articles", b.Articles)
	}
	return nil
}

// Run starts everything in a temporary directory, publishes, waits until the last article has arrived, and reports.
func (b *benchCmd) Run(ctx context.Context, t *cli.Terminal) error {
	corpus, err := readCorpus(b.Corpus, b.Copy)
	if err != nil {
		return err
	}
	if b.TextBytes > 0 {
		for i, p := range corpus {
			corpus[i].body = bytes.ToValidUTF8(p.body[:min(b.TextBytes, len(p.body))], nil)
		}
	}
	if b.Articles == 0 {
		b.Articles = len(corpus)
	}
	dir, err := os.MkdirTemp("", "dateline-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	slog.SetDefault(slog.New(slog.NewTextHandler(t.Err, &slog.HandlerOptions{Level: slog.LevelError})))

	up := new(upCmd)
	defaults, err := kong.New(up)
	if err != nil {
		return err
	}
	api, err := freePort()
	if err != nil {
		return err
	}
	if _, err := defaults.Parse([]string{"--data", dir, "--nats-listen", "127.0.0.1:0", "--api-addr", api}); err != nil {
		return err
	}
	up.Limits, up.Parser.Workers, up.Parser.Copy, up.Indexer.StoreOnly = b.Limits, b.Workers, b.Copy, b.Copy
	adm := admin.New("")
	server, err := queue.StartServer(up.ServerConfig, "", queue.StoreDir(dir), b.MaxStore)
	if err != nil {
		return err
	}
	base, stopServer := context.WithCancel(context.WithoutCancel(ctx))
	defer stopServer()
	var support errgroup.Group
	support.Go(func() error { return server.Supervise(base) })

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return up.services(ctx, server, adm, io.Discard) })
	var r *benchReport
	g.Go(func() error {
		defer stop()
		if !adm.AwaitReady(ctx, readiness...) {
			return ctx.Err()
		}
		var err error
		r, err = b.measure(ctx, t, server, adm, up, corpus)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	stopServer()
	if err := support.Wait(); err != nil {
		return err
	}
	return r.print(t.Out)
}

// benchPage is a page of the corpus, or in a copying run its text.
type benchPage struct {
	contentType string
	body        []byte
}

func readCorpus(dir string, texts bool) ([]benchPage, error) {
	f, err := os.Open(filepath.Join(dir, "manifest.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("--corpus: %w", err)
	}
	defer f.Close()
	var pages []benchPage
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		var row struct {
			File     string `json:"file"`
			Expected struct {
				Body string `json:"body"`
			} `json:"expected"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("--corpus %s: line %d: %w", f.Name(), n, article.JSONError(err))
		}
		if texts {
			if row.Expected.Body != "" {
				pages = append(pages, benchPage{"text/plain", []byte(row.Expected.Body)})
			}
			continue
		}
		body, err := readGzip(filepath.Join(dir, row.File))
		if err != nil {
			return nil, fmt.Errorf("--corpus: %w", err)
		}
		if len(body) > 0 {
			pages = append(pages, benchPage{"text/html", body})
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("--corpus %s: %w", f.Name(), err)
	}
	if len(pages) == 0 {
		return nil, fmt.Errorf("--corpus %s: no pages", dir)
	}
	return pages, nil
}

func readGzip(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return io.ReadAll(z)
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// benchReport is what a run found.
type benchReport struct {
	what     string
	articles int
	bytes    int64
	took     time.Duration
	cpu      map[string]time.Duration // by stage
	memory   uint64                   // most resident bytes
}

func (b *benchCmd) measure(ctx context.Context, t *cli.Terminal, server *queue.Server, adm *admin.Server, up *upCmd, corpus []benchPage) (*benchReport, error) {
	q, err := queue.Connect(ctx, queue.Config{}, "publisher", server, nil)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	r := &benchReport{what: "published to searchable", articles: b.Articles}
	if b.Copy {
		r.what = "published to stored, queue and store alone"
	}
	prof, err := os.CreateTemp("", "dateline-bench-*.pprof")
	if err != nil {
		return nil, err
	}
	defer os.Remove(prof.Name())
	defer prof.Close()
	if err := pprof.StartCPUProfile(prof); err != nil {
		return nil, fmt.Errorf("CPU profile: %w", err)
	}
	began := time.Now()
	var g errgroup.Group
	g.Go(func() (err error) {
		pprof.Do(ctx, pprof.Labels("stage", "publisher"), func(ctx context.Context) { r.bytes, err = b.publish(ctx, q, corpus) })
		return err
	})
	err = b.await(ctx, t, adm, up, r)
	r.took = time.Since(began)
	pprof.StopCPUProfile()
	if err := errors.Join(err, g.Wait()); err != nil {
		return nil, err
	}
	if _, err := prof.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	r.cpu, err = cpuByStage(prof, "queue (NATS server)")
	return r, err
}

// publish puts the articles on the queue, each under an id and a headline of its own: of one headline, copies of a page
// would be one article.
func (b *benchCmd) publish(ctx context.Context, q *queue.Queue, corpus []benchPage) (bytes int64, err error) {
	const group = 500
	var batch []queue.Message
	for i := range b.Articles {
		p := corpus[i%len(corpus)]
		id := strconv.Itoa(i)
		h := queue.Header{article.HeaderContentType: {p.contentType}, article.HeaderID: {id}, article.HeaderHeadline: {"Bench " + id}, article.HeaderPublished: {"2024-11-06"}}
		batch = append(batch, queue.Message{Subject: queue.ExtSubject("bench"), ID: id, Type: article.TypePublication, Header: h, Body: p.body})
		bytes += int64(len(p.body))
		if len(batch) == group || i == b.Articles-1 {
			if _, err := q.Publish(ctx, batch...); err != nil {
				return bytes, err
			}
			batch = batch[:0]
		}
	}
	return bytes, nil
}

// await returns when all articles have arrived at the end, and notes the most memory taken on the way.
func (b *benchCmd) await(ctx context.Context, t *cli.Terminal, adm *admin.Server, up *upCmd, r *benchReport) error {
	var bar *progressbar.ProgressBar
	if t.Interactive {
		bar = progressbar.NewOptions(b.Articles, progressbar.OptionSetWriter(t.Err), progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionClearOnFinish())
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var status struct {
			Articles  int `json:"articles"`
			Documents int `json:"documents"`
		}
		if err := getJSON(ctx, "http://"+up.Indexer.APIAddr+"/v1/status", &status); err != nil {
			return err
		}
		arrived := status.Documents
		if b.Copy {
			arrived = status.Articles
		}
		if bar != nil {
			_ = bar.Set(arrived)
		}
		r.memory = max(r.memory, resident(adm.Registry))
		if dead, err := counter(adm.Registry, "dateline_queue_dead_letters_total"); err != nil {
			return err
		} else if arrived+int(dead) >= b.Articles {
			r.articles = arrived
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func getJSON(ctx context.Context, url string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(v)
}

func resident(reg *prometheus.Registry) uint64 {
	v, err := counter(reg, "process_resident_memory_bytes")
	if err != nil {
		return 0
	}
	return uint64(v)
}

// counter sums a counter or gauge over its labels.
func counter(reg *prometheus.Registry, name string) (sum float64, err error) {
	families, err := reg.Gather()
	if err != nil {
		return 0, fmt.Errorf("gather %s: %w", name, err)
	}
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum, nil
}

// stageRuntime is what the runtime's own goroutines do.
const stageRuntime = "runtime (garbage collection)"

// cpuByStage sums a CPU profile by the label that serve puts on goroutines. Samples without one are the runtime's
// (garbage collection, mostly) and those of a library that began its goroutines before: they are told as unlabeled.
func cpuByStage(r io.Reader, unlabeled string) (map[string]time.Duration, error) {
	p, err := profile.Parse(r)
	if err != nil {
		return nil, fmt.Errorf("CPU profile: %w", err)
	}
	by := map[string]time.Duration{}
	for _, s := range p.Sample {
		stage := unlabeled
		if l := s.Label["stage"]; len(l) > 0 {
			stage = l[0]
		} else if isRuntime(s) {
			stage = stageRuntime
		}
		by[stage] += time.Duration(s.Value[1])
	}
	return by, nil
}

// isRuntime reports whether a sample's outermost function is the runtime's own.
func isRuntime(s *profile.Sample) bool {
	if len(s.Location) == 0 {
		return true
	}
	last := s.Location[len(s.Location)-1]
	if len(last.Line) == 0 {
		return true
	}
	name := last.Line[len(last.Line)-1].Function.Name
	return strings.HasPrefix(name, "runtime.")
}

func (r *benchReport) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	seconds := r.took.Seconds()
	fmt.Fprintf(w, "%d articles of %s on average, %s, on %d CPUs\n\n", r.articles, humanize.Bytes(uint64(r.bytes)/uint64(max(r.articles, 1))), r.what, runtime.GOMAXPROCS(0))
	fmt.Fprintf(w, "rate\t%.0f articles/s\n", float64(r.articles)/seconds)
	fmt.Fprintf(w, "took\t%.1f s\n", seconds)
	fmt.Fprintf(w, "memory\t%s at most\n", humanize.Bytes(r.memory))
	fmt.Fprintf(w, "\nCPU\ts\tms an article\n")
	var stages []string
	for s := range r.cpu {
		stages = append(stages, s)
	}
	slices.SortFunc(stages, func(a, b string) int { return int(r.cpu[b] - r.cpu[a]) })
	for _, s := range stages {
		fmt.Fprintf(w, "%s\t%.1f\t%.2f\n", s, r.cpu[s].Seconds(), 1000*r.cpu[s].Seconds()/float64(r.articles))
	}
	return w.Flush()
}
