package analysis

import (
	"strings"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/russian"
)

// stem runs a Snowball stemmer (snowballstem.org).
func stem(word string, algorithm func(*snowballstem.Env) bool) string {
	env := snowballstem.NewEnv(word)
	algorithm(env)
	return env.Current()
}

func russianForm(word string) string { return stem(word, russian.Stem) }

// germanForm takes ae, oe and ue for umlauts, which are folded, where they are no other letters: not in Bauer and Quelle.
func germanForm(word string) string {
	var b strings.Builder
	for i := range len(word) {
		before := byte(0)
		if i > 0 {
			before = word[i-1]
		}
		umlaut := word[i] == 'e' && (before == 'a' || before == 'o' || before == 'u' && (i < 2 || !strings.ContainsRune("aeq", rune(word[i-2]))))
		if !umlaut {
			b.WriteByte(word[i])
		}
	}
	return stem(b.String(), german.Stem)
}

// britishEndings are endings that American English writes otherwise, after as many letters as a word has at least.
var britishEndings = strings.NewReplacer(
	"isation ", "ization ", "isations ", "izations ", "ise ", "ize ", "ises ", "izes ", "ised ", "ized ", "ising ", "izing ", "iser ", "izer ", "isers ", "izers ",
	"yse ", "yze ", "ysed ", "yzed ", "ysing ", "yzing ",
	"our ", "or ", "ours ", "ors ", "oured ", "ored ", "ouring ", "oring ", "ourful ", "orful ", "oural ", "oral ", "ourite ", "orite ", "ourites ", "orites ", "ourable ", "orable ",
	"tre ", "ter ", "tres ", "ters ", "tred ", "tered ", "fence ", "fense ", "fences ", "fenses ", "ogramme ", "ogram ", "ogrammes ", "ograms ", "ogue ", "og ", "ogues ", "ogs ",
	"lled ", "led ", "lling ", "ling ", "ller ", "ler ", "llers ", "lers ",
)

// englishForm stems a word in its American spelling. That some words get a spelling that nobody uses ("floor" does not,
// "contour" does) does no harm, as queries get it too.
func englishForm(word string) string {
	const least = 5 // letters: hour, four and wise stay as they are
	if len(word) >= least {
		word = strings.TrimSuffix(britishEndings.Replace(word+" "), " ")
	}
	return stem(word, english.Stem)
}
