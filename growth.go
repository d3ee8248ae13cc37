package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/cli"
	"dateline/services/indexer/press"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/bleve"
	"dateline/services/indexer/store"

	"github.com/dustin/go-humanize"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/sync/errgroup"
)

// growthCmd measures how the indexer's costs grow with the number of articles: the record with its near-duplicates, and
// the search index beside it, as the indexer runs them.
type growthCmd struct {
	Articles int    `help:"How many made-up articles to store and index." default:"1000000"`
	Data     string `help:"Directory for the data, which stay; a run that ended early goes on from there. By default a temporary one." placeholder:"DIR"`
	Searches int    `help:"Searches of each kind at each mark." default:"300"`
}

// Bounds that a run is held against.
const (
	maxGrowth     = 1.5                    // of the cost of an article from 100,000 to 1,000,000
	maxSearchTime = 100 * time.Millisecond // at the 99th percentile: two words with facets
	maxIndexText  = 1.5                    // bytes of the index to one of text
)

const (
	growthBatch = 500  // articles a transaction, as the indexer has it
	growthAhead = 5000 // how far the record may be ahead of the index
)

// growthFacets are all there are.
const growthFacets = "source,language,day,author,agency,section"

// growthMarks is the file in the data directory that keeps what was measured.
const growthMarks = "growth.jsonl"

// Validate names what is wrong.
func (c *growthCmd) Validate() error {
	if c.Articles < growthBatch {
		return fmt.Errorf("--articles %d: at least %d", c.Articles, growthBatch)
	}
	if c.Searches < 1 {
		return fmt.Errorf("--searches %d: at least one", c.Searches)
	}
	return nil
}

// growthMark is what a number of articles costs. Costs of an article are of those since the mark before.
type growthMark struct {
	Articles     int                      `json:"articles"`
	Measured     int                      `json:"measured"` // articles that the costs are of
	Took         time.Duration            `json:"took_ns"`
	CPU          map[string]time.Duration `json:"cpu_ns"` // by part
	Written      uint64                   `json:"written_bytes"`
	TextBytes    int64                    `json:"text_bytes"` // all
	StoreBytes   int64                    `json:"store_bytes"`
	IndexBytes   int64                    `json:"index_bytes"`
	Resident     uint64                   `json:"resident_bytes"` // with what is mapped of files
	Heap         uint64                   `json:"heap_bytes"`
	Duplicates   uint64                   `json:"near_duplicates"`
	SearchMedian []time.Duration          `json:"search_p50_ns"` // as growthSearches
	SearchMost   []time.Duration          `json:"search_p99_ns"`
	SearchCPU    []time.Duration          `json:"search_cpu_ns"` // of one, on average
}

// growthSearches are the kinds of searches that are measured.
var growthSearches = []struct {
	name  string
	query func(words string) string
}{
	{"both", func(words string) string { return words }},
	{"either", func(words string) string { return strings.Replace(words, " ", " OR ", 1) }},
	{"all", func(string) string { return "" }},
}

// The parts that CPU time is told of.
const (
	partPress  = "press" // which is no cost
	partStore  = "record"
	partSearch = "search index"
)

func (m *growthMark) cost() time.Duration {
	var sum time.Duration
	for part, spent := range m.CPU {
		if part != partPress {
			sum += spent
		}
	}
	return sum / time.Duration(max(m.Measured, 1))
}

// Run stores, indexes and searches, and prints a line at each mark.
func (c *growthCmd) Run(ctx context.Context, t *cli.Terminal) (err error) {
	slog.SetDefault(slog.New(slog.NewTextHandler(t.Err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	dir := c.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "dateline-growth-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	st, err := store.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	index, err := bleve.Open(st, dir, reg, slog.Default())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	marks, err := readMarks(filepath.Join(dir, growthMarks))
	if err != nil {
		return err
	}
	g := growing{growthCmd: c, dir: dir, store: st, index: index, reg: reg, press: press.New(), marks: marks}
	return g.run(ctx, t)
}

// growing is a run.
type growing struct {
	*growthCmd
	dir   string
	store *store.Store
	index *search.Index
	reg   *prometheus.Registry
	press *press.Press
	text  int64 // bytes of all articles so far
	marks []growthMark
	bar   *progressbar.ProgressBar
}

func (g *growing) run(ctx context.Context, t *cli.Terminal) error {
	have, err := g.stored()
	if err != nil {
		return err
	}
	counted := 0
	if n := len(g.marks); n > 0 {
		g.text, counted = g.marks[n-1].TextBytes, g.marks[n-1].Articles
	}
	for n := counted; n < have; n++ { // stored by a run that ended before its next mark
		a := g.press.Article(n)
		g.text += textBytes(&a)
	}
	g.bar = progressbar.DefaultSilent(int64(g.Articles))
	if t.Interactive {
		g.bar = progressbar.NewOptions(g.Articles, progressbar.OptionSetWriter(t.Err), progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionClearOnFinish())
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var support errgroup.Group
	support.Go(func() (err error) {
		pprof.Do(ctx, pprof.Labels("stage", partSearch), func(ctx context.Context) { err = g.index.Run(ctx) })
		return err
	})
	fmt.Fprintln(t.Out, growthHead())
	for i := range g.marks {
		fmt.Fprintln(t.Out, g.marks[i].line())
	}
	if have >= g.Articles { // only the searches are measured, anew
		m := &growthMark{Articles: have, TextBytes: g.text}
		if err = errors.Join(g.searchable(ctx, 0), g.rest(ctx)); err == nil {
			err = g.measure(ctx, m)
		}
		if err == nil {
			fmt.Fprintln(t.Out, m.line())
			g.marks = append(g.marks, *m)
		}
	}
	for have < g.Articles && err == nil {
		next := min(nextMark(have), g.Articles)
		var m *growthMark
		if m, err = g.grow(ctx, have, next); err != nil {
			break
		}
		_ = g.bar.Clear()
		fmt.Fprintln(t.Out, m.line())
		g.marks, have = append(g.marks, *m), next
		err = writeMark(filepath.Join(g.dir, growthMarks), m)
	}
	stop()
	if err := errors.Join(err, support.Wait()); err != nil {
		return err
	}
	return judge(t.Out, g.marks)
}

// stored is how many articles earlier runs have stored. They were stored in order; some are one article with another.
func (g *growing) stored() (int, error) {
	var failed error
	n := sort.Search(math.MaxInt32, func(n int) bool {
		a := g.press.Article(n)
		_, err := g.store.Journey(originOf(&a))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			failed = err
		}
		return err != nil
	})
	return n, failed
}

// originOf names the journey of a made-up article.
func originOf(a *article.Article) string { return article.Origin("EXT", a.ID, 0, time.Time{}, nil) }

// nextMark is 10,000, 30,000, 100,000, 300,000, and so on.
func nextMark(have int) int {
	for mark := 10_000; ; mark *= 10 {
		if have < mark {
			return mark
		}
		if have < 3*mark {
			return 3 * mark
		}
	}
}

// grow stores articles until there are as many as wanted, waits until they are searchable and all is at rest, and measures.
func (g *growing) grow(ctx context.Context, have, want int) (*growthMark, error) {
	m := &growthMark{Articles: want, Measured: want - have}
	prof := new(bytes.Buffer)
	if err := pprof.StartCPUProfile(prof); err != nil {
		return nil, fmt.Errorf("CPU profile: %w", err)
	}
	begin, written := time.Now(), bytesWritten()
	text, err := g.fill(ctx, have, want)
	m.Took = time.Since(begin)
	if err == nil {
		err = g.rest(ctx)
	}
	pprof.StopCPUProfile()
	if err != nil {
		return nil, err
	}
	g.text += text
	m.TextBytes, m.Written = g.text, bytesWritten()-written
	if g.Data != "" {
		if err := os.WriteFile(filepath.Join(g.dir, fmt.Sprintf("growth-%d.pprof", want)), prof.Bytes(), 0o640); err != nil {
			return nil, err
		}
	}
	if m.CPU, err = cpuByStage(prof, partSearch); err != nil {
		return nil, err
	}
	return m, g.measure(ctx, m)
}

// fill stores articles, and returns when they are searchable. It tells how many bytes of text they have.
func (g *growing) fill(ctx context.Context, have, want int) (text int64, err error) {
	work, working := errgroup.WithContext(ctx)
	batches := make(chan []store.Arrival, 2)
	work.Go(func() (err error) {
		defer close(batches)
		pprof.Do(working, pprof.Labels("stage", partPress), func(ctx context.Context) {
			for n := have; n < want && err == nil; n += growthBatch {
				var batch []store.Arrival
				if batch, err = g.arrivals(n, min(n+growthBatch, want)); err != nil {
					return
				}
				for _, a := range batch {
					text += textBytes(a.Article)
				}
				select {
				case batches <- batch:
				case <-ctx.Done():
					err = ctx.Err()
				}
			}
		})
		return err
	})
	work.Go(func() (err error) {
		pprof.Do(working, pprof.Labels("stage", partStore), func(ctx context.Context) {
			for batch := range batches {
				if _, err = g.store.Write(ctx, batch); err != nil {
					return
				}
				_ = g.bar.Add(len(batch))
				if err = g.searchable(ctx, growthAhead); err != nil {
					return
				}
			}
		})
		return err
	})
	if err := work.Wait(); err != nil {
		return 0, err
	}
	return text, g.searchable(ctx, 0)
}

// textBytes is how much of an article is to be found.
func textBytes(a *article.Article) int64 { return int64(len(a.Headline) + len(a.Text)) }

// arrivals are articles as they come from the queue.
func (g *growing) arrivals(from, to int) ([]store.Arrival, error) {
	batch := make([]store.Arrival, 0, to-from)
	now := time.Now().UTC()
	hops := []article.Hop{{Stage: "queue", Time: now, Outcome: "published"}, {Stage: string(article.StageParser), Time: now, Outcome: "parsed"}}
	for n := from; n < to; n++ {
		a := g.press.Article(n)
		b, err := json.Marshal(&a)
		if err != nil {
			return nil, err
		}
		batch = append(batch, store.Arrival{Origin: originOf(&a), Article: &a, JSON: b, Hops: hops})
	}
	return batch, nil
}

// searchable waits until the index is no further behind the record. What keeps the index from it is in the log.
func (g *growing) searchable(ctx context.Context, behind uint64) error {
	for g.index.Cursor()+behind < g.store.LastSeq() {
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// rest waits until merges of the index have ended, which go on when all is stored: until a second takes little CPU time.
func (g *growing) rest(ctx context.Context) error {
	const period, little = time.Second, .05
	for last := -1.; ; {
		spent, err := counter(g.reg, "process_cpu_seconds_total")
		if err != nil {
			return err
		}
		if last >= 0 && spent-last < little {
			return nil
		}
		last = spent
		if err := pause(ctx, period); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// measure searches, and weighs what is there.
func (g *growing) measure(ctx context.Context, m *growthMark) error {
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	m.Heap, m.Resident = mem.HeapAlloc, resident(g.reg)
	st, err := g.store.Stats()
	if err != nil {
		return err
	}
	ix, err := g.index.Stats()
	if err != nil {
		return err
	}
	if ix.Documents != st.Articles {
		return fmt.Errorf("the index holds %d of %d articles", ix.Documents, st.Articles)
	}
	m.StoreBytes, m.IndexBytes, m.Duplicates = st.Bytes, ix.Bytes, st.Duplicates
	for _, kind := range growthSearches {
		took := make([]time.Duration, g.Searches)
		before, err := counter(g.reg, "process_cpu_seconds_total")
		if err != nil {
			return err
		}
		for i := range took {
			words := g.press.Query(i)
			q, err := search.ParseQuery(func(name string) string {
				return map[string]string{"q": kind.query(words), "facets": growthFacets}[name]
			}, 20)
			if err != nil {
				return err
			}
			begin := time.Now()
			if _, err := g.index.Search(ctx, q); err != nil {
				return err
			}
			took[i] = time.Since(begin)
		}
		after, err := counter(g.reg, "process_cpu_seconds_total")
		if err != nil {
			return err
		}
		m.SearchCPU = append(m.SearchCPU, time.Duration((after-before)/float64(g.Searches)*float64(time.Second)))
		slices.Sort(took)
		m.SearchMedian, m.SearchMost = append(m.SearchMedian, took[len(took)/2]), append(m.SearchMost, took[len(took)*99/100])
	}
	return nil
}

// bytesWritten is what the process has written to disks, where the system tells: on Linux.
func bytesWritten() uint64 {
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	var n uint64
	if _, at, ok := strings.Cut(string(b), "write_bytes: "); ok {
		_, _ = fmt.Sscan(at, &n)
	}
	return n
}

func growthHead() string {
	return fmt.Sprintf("%9s %7s  %-42s %8s  %-48s  %-17s %8s %8s %s", "articles", "a/s", "CPU ms/article (record, index, GC; press)", "kB/art.",
		"search p50/p99/CPU ms: both, either, all", "memory, heap", "record", "index", "index/text")
}

func (m *growthMark) line() string {
	per := func(part string) float64 { return m.CPU[part].Seconds() * 1000 / float64(max(m.Measured, 1)) }
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 }
	var searches []string
	for i := range m.SearchMost {
		searches = append(searches, fmt.Sprintf("%.1f/%.1f/%.1f", ms(m.SearchMedian[i]), ms(m.SearchMost[i]), ms(m.SearchCPU[i])))
	}
	return fmt.Sprintf("%9s %7.0f  %-42s %8.1f  %-48s  %-17s %8s %8s %.3f", humanize.Comma(int64(m.Articles)), float64(m.Measured)/max(m.Took.Seconds(), 1e-9),
		fmt.Sprintf("%.2f (%.2f, %.2f, %.2f; %.2f)", ms(m.cost()), per(partStore), per(partSearch), per(stageRuntime), per(partPress)), float64(m.Written)/1000/float64(max(m.Measured, 1)),
		strings.Join(searches, "  "), humanize.Bytes(m.Resident)+", "+humanize.Bytes(m.Heap), humanize.Bytes(uint64(m.StoreBytes)), humanize.Bytes(uint64(m.IndexBytes)),
		float64(m.IndexBytes)/float64(m.TextBytes))
}

// judge holds the last mark against the bounds.
func judge(out io.Writer, marks []growthMark) error {
	if len(marks) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	verdict := func(what string, got, most float64, unit string) {
		word := "PASS"
		if got > most {
			word = "FAIL"
		}
		fmt.Fprintf(w, "%s\t%s\t%.2f%s\tat most %.4g%s\n", word, what, got, unit, most, unit)
	}
	fmt.Fprintln(w)
	last := &marks[len(marks)-1]
	for i := range marks {
		from := &marks[i]
		if 10*from.Articles != last.Articles || last.Measured == 0 {
			continue
		}
		span := fmt.Sprintf("from %s to %s", humanize.Comma(int64(from.Articles)), humanize.Comma(int64(last.Articles)))
		speed := from.CPU[partPress].Seconds() / float64(from.Measured) / last.CPU[partPress].Seconds() * float64(last.Measured) // what else runs changes it
		verdict("CPU time of an article, growth "+span, last.cost().Seconds()/from.cost().Seconds()*speed, maxGrowth, "")
		if from.Written > 0 {
			verdict("bytes written for an article, growth "+span, float64(last.Written)/float64(last.Measured)*float64(from.Measured)/float64(from.Written), maxGrowth, "")
		}
	}
	for i, kind := range growthSearches[:2] {
		verdict(fmt.Sprintf("p99 of searches for %s of two words with %d facets", kind.name, 1+strings.Count(growthFacets, ",")), last.SearchMost[i].Seconds()*1000, maxSearchTime.Seconds()*1000, " ms")
	}
	verdict("index to text", float64(last.IndexBytes)/float64(last.TextBytes), maxIndexText, "")
	return w.Flush()
}

// readMarks reads what earlier runs measured in a directory.
func readMarks(path string) ([]growthMark, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var marks []growthMark
	for d := json.NewDecoder(bufio.NewReader(f)); ; {
		var m growthMark
		if err := d.Decode(&m); errors.Is(err, io.EOF) {
			return marks, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		marks = append(marks, m)
	}
}

func writeMark(path string, m *growthMark) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Close())
}
