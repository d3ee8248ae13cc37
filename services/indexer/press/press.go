// Package press makes articles up, for measurements at sizes of which there is no corpus: as long as news are, in words as
// frequent as those of a real language, in several languages and from many sources, one in four of them a copy of another.
package press

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"dateline/pkg/article"
)

// Press makes articles. The n-th is the same one each time, whichever were made before it: nothing is kept. It is not for
// use by several goroutines at a time.
type Press struct {
	seed   *rand.PCG
	rnd    *rand.Rand // of seed
	ranks  *rand.Zipf
	source *rand.Zipf
	author *rand.Zipf
	words  map[string][]string // by language, the most frequent first
	stem   *rand.PCG
	stems  *rand.Rand // of stem
	buf    []byte
}

// vocabulary is how many words of a language are frequent enough to be kept; rare ones are made as they come.
const vocabulary = 60_000

// One word in rareEvery is a name, a number or a slip: of these there are the more, the more articles there are. A million
// articles have some million of different words.
const (
	rareEvery = 200
	rareKinds = 1000 * vocabulary
)

// Copies are of one of the last recent articles or, one time in ten, of any.
const (
	copyEvery = 4
	recent    = 50_000
)

// What the random numbers of an article are for.
const (
	ofOrigin = iota + 1
	ofStory
	ofPrint
	ofQuery
	ofSource
)

var scripts = map[string]struct {
	letters []rune
	endings []string
}{
	"en": {[]rune("etaoinshrdlucmfwypvbg"), []string{"", "", "s", "ed", "ing", "ation"}},
	"ru": {[]rune("оеаинтсрвлкмдпуяыьгзб"), []string{"", "а", "ы", "ов", "ами", "ский"}},
	"fa": {[]rune("اینردمهوتبشسکلگزپخفقع"), []string{"", "", "ها", "های", "ی", "\u200cها"}},
}

// languages are those of five stories in turn.
var languages = []string{"en", "en", "en", "ru", "fa"}

// New makes a press. Frequencies follow Zipf's law: of 350 words 63 in a hundred are different ones.
func New() *Press {
	seed, stem := rand.NewPCG(0, 0), rand.NewPCG(0, 0)
	rnd := rand.New(seed)
	p := &Press{
		seed: seed, rnd: rnd, stem: stem, stems: rand.New(stem), words: map[string][]string{},
		ranks: rand.NewZipf(rnd, 1.12, 2.7, vocabulary-1), source: rand.NewZipf(rnd, 1.2, 5, 499), author: rand.NewZipf(rnd, 1.1, 10, 19_999),
	}
	for lang := range scripts {
		p.words[lang] = make([]string, vocabulary)
		for rank := range vocabulary {
			p.words[lang][rank] = string(p.spell(nil, lang, uint64(rank)))
		}
	}
	return p
}

// spell appends the word of a rank: frequent ones are short, and those with a stem in common follow each other.
func (p *Press) spell(b []byte, lang string, rank uint64) []byte {
	script := scripts[lang]
	p.stem.Seed(7, rank/3)
	for range 1 + len(strconv.FormatUint(rank, 10)) + p.stems.IntN(3) {
		b = append(b, string(script.letters[min(int(p.stems.ExpFloat64()*6), len(script.letters)-1)])...)
	}
	return append(b, script.endings[(rank+rank/3)%uint64(len(script.endings))]...)
}

// word appends a word that is as frequent as its rank says.
func (p *Press) word(b []byte, lang string) []byte {
	if p.rnd.IntN(rareEvery) != 0 {
		return append(b, p.words[lang][p.ranks.Uint64()]...)
	}
	rank := uint64(vocabulary * math.Pow(rareKinds/vocabulary, p.rnd.Float64())) // each tenfold as often as the next
	if p.rnd.IntN(2) == 0 {
		return strconv.AppendUint(b, rank, 10)
	}
	return p.spell(b, lang, rank)
}

func (p *Press) sentence(lang string, words int) string {
	p.buf = p.buf[:0]
	for i := range words {
		if i > 0 {
			p.buf = append(p.buf, ' ')
		}
		p.buf = p.word(p.buf, lang)
	}
	return string(p.buf)
}

// origin is the article that the n-th is a copy of: itself, if it is none.
func (p *Press) origin(n int) int {
	for {
		p.seed.Seed(ofOrigin, uint64(n))
		if n == 0 || p.rnd.IntN(copyEvery) != 0 {
			return n
		}
		if p.rnd.IntN(10) == 0 {
			n = p.rnd.IntN(n)
		} else {
			n -= 1 + p.rnd.IntN(min(n, recent))
		}
	}
}

// Article makes the n-th article, from zero. Its text has some 350 words in paragraphs, the last of which is its source's
// boilerplate.
func (p *Press) Article(n int) article.Article {
	story := p.origin(n)
	lang := languages[story%len(languages)]
	p.seed.Seed(ofStory, uint64(story))
	title := p.sentence(lang, 8)
	paragraphs := make([]string, 6+p.rnd.IntN(24), 31)
	for i := range paragraphs {
		paragraphs[i] = p.sentence(lang, 10+p.rnd.IntN(20)) + "."
	}
	published := time.Date(2024, 1, 1, 0, p.rnd.IntN(2*365*24*60), 0, 0, time.UTC)
	agency, section := "Agency "+strconv.Itoa(p.rnd.IntN(30)), "Section "+strconv.Itoa(p.rnd.IntN(20))
	name := p.words["en"]
	author := name[p.author.Uint64()] + " " + name[p.author.Uint64()]

	p.seed.Seed(ofPrint, uint64(n))
	source := p.source.Uint64()
	if story != n { // printed by another, who has a headline of his own, and often not the room
		if p.rnd.IntN(2) == 0 {
			title = p.sentence(lang, 8)
		}
		if p.rnd.IntN(2) == 0 {
			paragraphs = paragraphs[:len(paragraphs)-p.rnd.IntN(len(paragraphs)/2)]
		}
		published = published.Add(time.Duration(p.rnd.IntN(24*60)) * time.Minute)
	}
	p.seed.Seed(ofSource, source)
	paragraphs = append(paragraphs, p.sentence(lang, 15)+".")

	a := article.Article{
		SchemaVersion: 1, URL: fmt.Sprintf("https://source%d.example/%d", source, n), Source: fmt.Sprintf("source%d.example", source),
		Headline: title, DisplayTitle: article.DisplayTitle{Text: title}, Text: strings.Join(paragraphs, "\n\n"), BodyState: article.BodyFull,
		InLanguage: lang, Authors: []article.Author{{Name: author}}, Agency: agency, Section: section,
		DatePublished: &article.Date{Time: published, Precision: article.Minute},
	}
	for _, text := range paragraphs {
		a.Body = append(a.Body, article.Block{Type: article.Paragraph, Text: text})
	}
	a.ID = article.IDOfURL(a.URL)
	a.Fingerprint = article.Fingerprint(&a)
	return a
}

// Query makes the n-th query: two words of one language that somebody would ask for, and so not the hundred most frequent,
// which say nothing.
func (p *Press) Query(n int) string {
	p.seed.Seed(ofQuery, uint64(n))
	var words []string
	for lang := languages[p.rnd.IntN(len(languages))]; len(words) < 2; {
		if r := p.ranks.Uint64(); r >= 100 {
			words = append(words, p.words[lang][r])
		}
	}
	return strings.Join(words, " ")
}
