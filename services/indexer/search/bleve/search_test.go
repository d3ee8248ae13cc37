package search

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

var quiet = slog.New(slog.DiscardHandler)

// world is a store and the index that follows it.
type world struct {
	t     testing.TB
	dir   string
	store *store.Store
	index *Index
	reg   *prometheus.Registry
	stop  func()
	n     int
}

func begin(t testing.TB, dir string) *world {
	t.Helper()
	return beginApart(t, dir, dir)
}

// beginApart is begin with the index in another directory than the store.
func beginApart(t testing.TB, dir, indexDir string) *world {
	t.Helper()
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: dir, store: st, reg: prometheus.NewRegistry()}
	if w.index, err = Open(st, indexDir, w.reg, quiet); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.index.Run(ctx) }()
	stopped := false
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := errors.Join(<-ended, w.index.Close(), st.Close()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(w.stop)
	return w
}

func (w *world) add(articles ...article.Article) {
	w.t.Helper()
	batch := make([]store.Arrival, len(articles))
	for i := range articles {
		a := &articles[i]
		w.n++
		a.SchemaVersion = 1
		if a.ID == "" {
			a.ID = article.IDOfURL(fmt.Sprint(w.n))
		}
		if a.Source == "" {
			a.Source = "news.example"
		}
		a.BodyState = cmp.Or(a.BodyState, article.BodyFull)
		a.Fingerprint = article.Fingerprint(a)
		b, err := json.Marshal(a)
		if err != nil {
			w.t.Fatal(err)
		}
		batch[i] = store.Arrival{Origin: article.Origin("EXT", fmt.Sprint(w.n, time.Now()), 0, time.Time{}, nil), Article: a, JSON: b}
	}
	if _, err := w.store.Write(context.Background(), batch); err != nil {
		w.t.Fatal(err)
	}
}

// settle waits until everything stored is searchable.
func (w *world) settle() {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); w.index.Cursor() < w.store.LastSeq() || w.index.Rebuilding(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("index is at %d of %d: %v", w.index.Cursor(), w.store.LastSeq(), w.index.Check(context.Background()))
		}
	}
}

func params(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func (w *world) find(pairs ...string) *Result {
	w.t.Helper()
	q, err := ParseQuery(params(pairs...), 10)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := w.index.Search(context.Background(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func titles(r *Result) []string {
	got := []string{}
	for _, h := range r.Hits {
		got = append(got, h.Article.DisplayTitle.Text)
	}
	return got
}

func titled(title, text string) article.Article {
	return article.Article{Headline: title, DisplayTitle: article.DisplayTitle{Text: title}, Text: text}
}

func published(a article.Article, day string) article.Article {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	a.DatePublished = &article.Date{Time: t, Precision: article.Day}
	return a
}

func TestSearch(t *testing.T) {
	w := begin(t, t.TempDir())
	balkhi := published(titled("Flour prices in Mazar", "The head of the bakers, Mr Balkhi, said on Wednesday that flour had doubled."), "2024-11-06")
	balkhi.InLanguage, balkhi.Agency, balkhi.Authors = "en-GB", "Example News Agency", []article.Author{{Name: "Sara Writer"}}
	beijing := published(titled("北京市的天气", "今天北京市天气很好。"), "2024-11-05")
	beijing.InLanguage, beijing.Source = "zh", "Xin.example"
	wide := titled("Ｆｕｌｌ ｗｉｄｔｈ", "No date here. Café society, ÉCOLE.")
	w.add(balkhi, beijing, wide)
	w.settle()

	for _, c := range []struct {
		name string
		ask  []string
		want []string
	}{
		{"word", []string{"q", "balkhi"}, []string{"Flour prices in Mazar"}},
		{"word of the title", []string{"q", "MAZAR"}, []string{"Flour prices in Mazar"}},
		{"phrase", []string{"q", `"flour had doubled"`}, []string{"Flour prices in Mazar"}},
		{"phrase in another order", []string{"q", `"doubled had flour"`}, []string{}},
		{"field", []string{"q", `agency:"example news"`}, []string{"Flour prices in Mazar"}},
		{"author", []string{"q", "authors:sara"}, []string{"Flour prices in Mazar"}},
		{"field of another's word", []string{"q", "title:balkhi"}, []string{}},
		{"not", []string{"q", "-balkhi", "sort", "date"}, []string{"北京市的天气", "Ｆｕｌｌ ｗｉｄｔｈ"}},
		{"Chinese", []string{"q", "北京"}, []string{"北京市的天气"}},
		{"width and case", []string{"q", "full width"}, []string{"Ｆｕｌｌ ｗｉｄｔｈ"}},
		{"accents and case do not count", []string{"q", "ecole"}, []string{"Ｆｕｌｌ ｗｉｄｔｈ"}},
		{"all, by date, undated last", nil, []string{"Flour prices in Mazar", "北京市的天气", "Ｆｕｌｌ ｗｉｄｔｈ"}},
		{"from", []string{"from", "2024-11-06"}, []string{"Flour prices in Mazar"}},
		{"to counts the day", []string{"to", "2024-11-06"}, []string{"Flour prices in Mazar", "北京市的天气"}},
		{"to as an instant does not", []string{"to", "2024-11-06T00:00:00Z"}, []string{"北京市的天气"}},
		{"one day", []string{"from", "2024-11-05", "to", "2024-11-05"}, []string{"北京市的天气"}},
		{"source in any case", []string{"source", "xin.EXAMPLE"}, []string{"北京市的天气"}},
		{"language alone", []string{"lang", "en"}, []string{"Flour prices in Mazar"}},
		{"language tag", []string{"lang", "EN-gb"}, []string{"Flour prices in Mazar"}},
		{"all together", []string{"q", "flour", "lang", "en", "source", "news.example", "from", "2024-01-01", "to", "2024-12-31"}, []string{"Flour prices in Mazar"}},
		{"nothing", []string{"q", "xyzzy"}, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.find(c.ask...)
			if got := titles(r); !slices.Equal(got, c.want) || r.Total != uint64(len(c.want)) {
				t.Errorf("found %d: %q, want %q", r.Total, got, c.want)
			}
		})
	}

	if got, want := w.find("q", "balkhi flour").Hits[0].Snippet, "The head of the bakers, Mr <mark>Balkhi</mark>, said on Wednesday that <mark>flour</mark> had doubled."; got != want {
		t.Errorf("snippet is %q, want %q", got, want)
	}
	if got, want := w.find("q", "北京市").Hits[0].Snippet, "今天<mark>北京市</mark>天气很好。"; got != want {
		t.Errorf("snippet is %q, want %q", got, want)
	}
}

func TestListPagesAreNotSearchedByDefault(t *testing.T) {
	w := begin(t, t.TempDir())
	whole, list := titled("Whole", "flour and salt"), titled("List", "flour and bread")
	whole.BodyState, list.BodyState = article.BodyFull, article.BodyList
	w.add(whole, list)
	w.settle()
	for _, c := range []struct {
		ask  []string
		want []string
	}{
		{[]string{"q", "flour"}, []string{"Whole"}},
		{[]string{"q", "flour", "body_state", "list"}, []string{"List"}},
		{[]string{"q", "flour", "body_state", "any", "sort", "date"}, []string{"List", "Whole"}},
		{nil, []string{"Whole"}},
	} {
		got := titles(w.find(c.ask...))
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.ask, got, c.want)
		}
	}
	if _, err := ParseQuery(params("body_state", "most"), 10); err == nil {
		t.Error("an unknown state is taken")
	}
}

func TestRevisionReplaces(t *testing.T) {
	w := begin(t, t.TempDir())
	a := titled("Title", "before")
	a.ID = article.IDOfURL("a")
	w.add(a)
	w.settle()
	a.Text = "after"
	w.add(a)
	w.settle()
	if n := w.find("q", "before").Total; n != 0 {
		t.Errorf("the old revision is found %d times", n)
	}
	if r := w.find("q", "after"); r.Total != 1 || r.Hits[0].Record.Revision != 2 || r.Hits[0].Snippet != "<mark>after</mark>" {
		t.Errorf("the new revision gives %+v", r)
	}
}

func TestPages(t *testing.T) {
	w := begin(t, t.TempDir())
	var want []string
	for i := range 25 {
		a := titled(fmt.Sprintf("Title %02d", i), strings.Repeat("word ", i%4+1)+strings.Repeat("other ", i%3))
		if i%5 > 0 {
			a = published(a, fmt.Sprintf("2024-11-%02d", i%5))
		}
		w.add(a)
		want = append(want, a.DisplayTitle.Text)
	}
	w.settle()
	for _, order := range []Sort{ByDate, ByRelevance} {
		var got []string
		cursor := ""
		for range 10 {
			r := w.find("q", "word", "sort", string(order), "cursor", cursor)
			if r.Total != 25 {
				t.Errorf("total is %d", r.Total)
			}
			got = append(got, titles(r)...)
			if cursor = r.Next; cursor == "" {
				break
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("pages by %s hold %q", order, got)
		}
	}
}

func TestBadParameters(t *testing.T) {
	other, err := page{Query: "other", Seen: []byte("123456")}.encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ param, value string }{
		{"q", `"open`},
		{"q", "title:"},
		{"q", "a^2"},
		{"q", "\xff"},
		{"q", "/[/"},
		{"q", "word~3"},
		{"q", strings.Repeat("a ", 200)},
		{"q", strings.Repeat("x", MaxText+1)},
		{"from", "yesterday"},
		{"from", "2024-13-01"},
		{"to", "0001-01-01"},
		{"sort", "size"},
		{"cursor", "???"},
		{"cursor", "e30"},
		{"cursor", other},
	} {
		_, err := ParseQuery(params(c.param, c.value), 10)
		var pe *ParamError
		if !errors.As(err, &pe) || pe.Param != c.param || pe.Detail == "" {
			t.Errorf("%s=%q gives %v", c.param, c.value, err)
		}
	}
	if _, err := ParseQuery(params("from", "2024-11-07", "to", "2024-11-06"), 10); err == nil || !strings.HasPrefix(err.Error(), "to: ") {
		t.Errorf("to before from gives %v", err)
	}
}

// However the index is damaged, it is made anew, and nothing is missing from it.
func TestMadeAnew(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, dir string){
		"deleted": func(t *testing.T, dir string) { must(t, os.RemoveAll(dir)) },
		"emptied": func(t *testing.T, dir string) {
			must(t, os.RemoveAll(dir))
			must(t, os.Mkdir(dir, 0o750))
		},
		"without its description": func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "index_meta.json"))) },
		"segments truncated": func(t *testing.T, dir string) {
			eachFile(t, dir, ".zap", func(p string, n int64) error { return os.Truncate(p, n/2) })
		},
		"segments empty": func(t *testing.T, dir string) {
			eachFile(t, dir, ".zap", func(p string, _ int64) error { return os.Truncate(p, 0) })
		},
		"segments deleted": func(t *testing.T, dir string) {
			eachFile(t, dir, ".zap", func(p string, _ int64) error { return os.Remove(p) })
		},
		"root truncated": func(t *testing.T, dir string) {
			eachFile(t, dir, ".bolt", func(p string, n int64) error { return os.Truncate(p, n/3) })
		},
		"root empty": func(t *testing.T, dir string) {
			eachFile(t, dir, ".bolt", func(p string, _ int64) error { return os.Truncate(p, 0) })
		},
		"root noise": func(t *testing.T, dir string) {
			eachFile(t, dir, ".bolt", func(p string, n int64) error {
				return os.WriteFile(p, []byte(strings.Repeat("noise", int(n/5))), 0o600)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w := begin(t, dir)
			for i := range 30 {
				w.add(titled(fmt.Sprint("Title ", i), "word"))
			}
			w.settle()
			w.stop()
			damage(t, filepath.Join(dir, DirName))
			w = begin(t, dir)
			w.settle()
			if n := w.find("q", "word").Total; n != 30 {
				t.Errorf("%d of 30 articles are found", n)
			}
			at, ok, err := w.store.CheckpointOf(Projection, 1)
			if err != nil || !ok || time.Since(at) < 0 {
				t.Errorf("checkpoint is %v, %v, %v", at, ok, err)
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eachFile(t *testing.T, dir, ext string, do func(path string, size int64) error) {
	t.Helper()
	n := 0
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ext {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		n++
		return do(path, info.Size())
	}))
	if n == 0 {
		t.Fatalf("no %s in %s", ext, dir)
	}
}

func TestOtherStore(t *testing.T) {
	dir := t.TempDir()
	w := begin(t, dir)
	w.add(titled("Old", "word"))
	w.settle()
	w.stop()
	must(t, os.Remove(filepath.Join(dir, store.FileName)))
	w = begin(t, dir)
	w.add(titled("New", "word"))
	w.settle()
	if got := titles(w.find("q", "word")); !slices.Equal(got, []string{"New"}) {
		t.Errorf("found %q", got)
	}
}

func TestRebuild(t *testing.T) {
	w := begin(t, t.TempDir())
	for i := range 300 {
		w.add(titled(fmt.Sprint("Title ", i), "word"))
	}
	w.settle()
	w.index.Rebuild()
	w.index.Rebuild()
	for w.index.Rebuilding() {
		if n := w.find("q", "word").Total; n != 300 {
			t.Fatalf("%d of 300 articles are found meanwhile", n)
		}
	}
	w.add(titled("Later", "word"))
	w.settle()
	if n := w.find("q", "word").Total; n != 301 {
		t.Errorf("%d of 301 articles are found", n)
	}
	if err := w.index.Check(context.Background()); err != nil {
		t.Error(err)
	}
	w.stop()
	w = begin(t, w.dir)
	if n := w.find("q", "word").Total; n != 301 {
		t.Errorf("%d of 301 articles are found at once after a restart", n)
	}
}

func TestMetrics(t *testing.T) {
	w := begin(t, t.TempDir())
	w.add(titled("Title", "word"))
	w.settle()
	families, err := w.reg.Gather()
	must(t, err)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	must(t, err)
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestSnippet(t *testing.T) {
	long := strings.Repeat("filler ", 100)
	for _, c := range []struct {
		name, text string
		body       int
		words      string
		want       string
	}{
		{"none", "Title\n\nBody text", 7, "", "Body text"},
		{"escaped", "a <b> & c", 0, "<b>", "a <mark>&lt;b&gt;</mark> &amp; c"},
		{"body before title", "word\n\nthe word", 6, "word", "the <mark>word</mark>"},
		{"only in the title", "word here\n\nbody", 11, "word", "<mark>word</mark> here body"},
		{"white space", "one\n\n two\tthree", 0, "two", "one <mark>two</mark> three"},
		{"far in", long + "the needle", 0, "needle", "… " + strings.TrimSpace(strings.Repeat("filler ", 8)) + " the <mark>needle</mark>"},
		{"more terms win", "one " + long + "one two", 0, "one two", "… " + strings.TrimSpace(strings.Repeat("filler ", 8)) + " <mark>one</mark> <mark>two</mark>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var hits []span
			for n, word := range strings.Fields(c.words) {
				for at := 0; ; {
					i := strings.Index(c.text[at:], word)
					if i < 0 {
						break
					}
					hits = append(hits, span{at + i, at + i + len(word), n})
					at += i + len(word)
				}
			}
			if got := snippet(c.text, c.body, hits); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
