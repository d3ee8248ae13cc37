//lint:file-ignore ST1018 zero-width non-joiners are letters of the Persian here, and read best in it

package bleve

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/searchtest"
)

var benchArticles = flag.Int("articles", 10_000, "how many articles BenchmarkSearch has in its index")

// press writes articles of some 350 words that are as frequent as in a real language (by Zipf's law; of 350 words 63 in a
// hundred are different ones), with the sources, authors and days of a press review.
type press struct {
	rnd    *rand.Rand
	ranks  *rand.Zipf
	words  map[string][]string // by language, the most frequent first
	source *rand.Zipf
	author *rand.Zipf
}

const vocabulary = 60_000

func newPress() *press {
	rnd := rand.New(rand.NewPCG(1, 2))
	p := &press{
		rnd: rnd, ranks: rand.NewZipf(rnd, 1.12, 2.7, vocabulary-1), words: map[string][]string{},
		source: rand.NewZipf(rnd, 1.2, 5, 499), author: rand.NewZipf(rnd, 1.1, 10, 19_999),
	}
	for lang, script := range map[string]struct {
		letters string
		endings []string
	}{
		"en": {"etaoinshrdlucmfwypvbg", []string{"", "", "s", "ed", "ing", "ation"}},
		"ru": {"оеаинтсрвлкмдпуяыьгзб", []string{"", "а", "ы", "ов", "ами", "ский"}},
		"fa": {"اینردمهوتبشسکلگزپخفقع", []string{"", "", "ها", "های", "ی", "‌ها"}},
	} {
		letters := []rune(script.letters)
		for i := range vocabulary {
			// Frequent words are short; words with a stem in common follow each other.
			stem := rand.New(rand.NewPCG(7, uint64(i/3)))
			n := 2 + len(fmt.Sprint(i)) - 1 + stem.IntN(3)
			var b strings.Builder
			for range n {
				b.WriteRune(letters[min(int(stem.ExpFloat64()*6), len(letters)-1)])
			}
			b.WriteString(script.endings[(i+i/3)%len(script.endings)])
			p.words[lang] = append(p.words[lang], b.String())
		}
	}
	return p
}

var benchLanguages = []string{"en", "en", "en", "ru", "fa"}

func (p *press) word(lang string) string { return p.words[lang][p.ranks.Uint64()] }

func (p *press) article(n int) article.Article {
	lang := benchLanguages[n%len(benchLanguages)]
	sentence := func(words int) string {
		s := make([]string, words)
		for i := range s {
			s[i] = p.word(lang)
		}
		return strings.Join(s, " ")
	}
	var text strings.Builder
	for range 6 + p.rnd.IntN(24) {
		text.WriteString(sentence(10+p.rnd.IntN(20)) + ".\n\n")
	}
	a := searchtest.Published(searchtest.Titled(sentence(8), text.String()), "2024-01-01")
	a.DatePublished.Time = a.DatePublished.Time.Add(time.Duration(p.rnd.IntN(2*365*24*60)) * time.Minute)
	a.ID = article.IDOfURL(fmt.Sprint("bench", n))
	a.InLanguage, a.Source = lang, fmt.Sprintf("source%d.example", p.source.Uint64())
	a.Authors = []article.Author{{Name: fmt.Sprintf("%s %s", p.words["en"][p.author.Uint64()], p.words["en"][p.author.Uint64()])}}
	a.Agency, a.Section = fmt.Sprint("Agency ", p.rnd.IntN(30)), fmt.Sprint("Section ", p.rnd.IntN(20))
	return a
}

// query is two words that somebody would ask for: not the hundred most frequent, which say nothing.
func (p *press) query() string {
	var words []string
	for lang := benchLanguages[p.rnd.IntN(len(benchLanguages))]; len(words) < 2; {
		if r := p.ranks.Uint64(); r >= 100 {
			words = append(words, p.words[lang][r])
		}
	}
	return strings.Join(words, " ")
}

// BenchmarkSearch measures how fast articles become searchable, how large the index is, and how long searches of several
// kinds take: go test -bench Search -benchtime 1x ./services/indexer/search/bleve -args -articles 100000
func BenchmarkSearch(b *testing.B) {
	p := newPress()
	w := searchtest.Begin(b, open, b.TempDir())
	text, indexing := 0, time.Duration(0)
	for n := 0; n < *benchArticles; {
		batch := make([]article.Article, min(1000, *benchArticles-n))
		for i := range batch {
			batch[i] = p.article(n + i)
			text += len(batch[i].Text) + len(batch[i].DisplayTitle.Text)
		}
		n += len(batch)
		w.Add(batch...)
		begun := time.Now()
		for w.Index.Cursor() < w.Store.LastSeq() {
			time.Sleep(time.Millisecond)
		}
		indexing += time.Since(begun)
	}
	time.Sleep(2 * time.Second) // merges come to an end
	st, err := w.Index.Stats()
	if err != nil {
		b.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	indexed := float64(*benchArticles) / indexing.Seconds()
	for _, c := range []struct {
		name   string
		query  func() string
		params []string
	}{
		{"two words", p.query, nil},
		{"two words, facets", p.query, []string{"facets", "source,language,day,author,agency,section"}},
		{"two words or, facets", func() string { return strings.Replace(p.query(), " ", " OR ", 1) }, []string{"facets", "source,language,day,author,agency,section"}},
		{"two words, by date, facets", p.query, []string{"sort", "date", "facets", "source,day"}},
		{"phrase", func() string { return `"` + p.query() + `"` }, nil},
		{"all, facets", func() string { return "" }, []string{"facets", "source,language,day,author,agency,section"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				n := 300
				if c.name[0] == 'a' {
					n = 3
				}
				for range n {
					q, err := search.ParseQuery(searchtest.Params(append(c.params, "q", c.query())...), 20)
					if err != nil {
						b.Fatal(err)
					}
					begun := time.Now()
					if _, err := w.Index.Search(context.Background(), q); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begun))
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(indexed, "articles-indexed/s")
			b.ReportMetric(float64(st.Bytes)/float64(text), "index/text")
			b.ReportMetric(float64(text)/float64(*benchArticles), "text-B/article")
			b.ReportMetric(float64(m.Sys)/1e6, "MB-from-OS")
		})
	}
}
