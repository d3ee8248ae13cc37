// Command learn learns package content's weights from pages whose text is known.
//
//	go run ./services/parser/content/learn ../shared/corpus > weights.tsv
//
// A corpus is a directory with a manifest.jsonl (see corpus.go). Each look is an L2-regularised logistic regression over the
// features of blocks. The second look learns from scores that the first gave to pages that it had not seen; and where the
// truth says nothing of a block, a score that is clear and was given unseen stands in for it (self-training), which brings in
// pages that have only a date or a few phrases as their truth. Folds are of whole sites. With -holdout it learns from half of
// the sites, finds the text of the other half's pages, and writes that for a scorer: a line of JSON with dataset, id and body.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"sync"

	"dateline/services/parser/content"
)

func main() {
	t := trainer{}
	flag.Float64Var(&t.c1, "c1", .03, "inverse strength of regularisation of the first look")
	flag.Float64Var(&t.c2, "c2", .03, "and of the second")
	flag.IntVar(&t.rounds, "rounds", 3, "rounds of self-training")
	holdout := flag.Bool("holdout", false, "learn from half of the sites, score the other half")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: learn [flags] CORPUS_DIR > weights.tsv")
		os.Exit(2)
	}
	pages, err := readCorpus(flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "learn:", err)
		os.Exit(1)
	}
	if !*holdout {
		fmt.Print(t.learn(pages))
		return
	}
	var sum quality
	for half := range uint32(2) {
		var learned, held []*page
		for _, p := range pages {
			if fold(p.site, 2) == half {
				held = append(held, p)
			} else {
				learned = append(learned, p)
			}
		}
		w := t.learn(learned)
		q := measure(held, func(p *page) string { p.result = p.found(w); return p.result })
		fmt.Fprintf(os.Stderr, "held-out half %d: %s\n", half+1, q)
		sum.add(q)
	}
	fmt.Fprintf(os.Stderr, "both: %s\n", sum)
	out := json.NewEncoder(os.Stdout)
	for _, p := range pages {
		if err := out.Encode(map[string]string{"dataset": p.Dataset, "id": p.ID, "body": p.result}); err != nil {
			fmt.Fprintln(os.Stderr, "learn:", err)
			os.Exit(1)
		}
	}
}

const folds = 5

// fold deals sites into n parts.
func fold(site string, n uint32) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(site)) // never fails
	return h.Sum32() % n
}

type trainer struct {
	c1, c2 float64
	rounds int
}

func (t trainer) learn(pages []*page) *content.Weights {
	n := len(content.FeatureNames())
	for _, p := range pages {
		p.scores = nil
	}
	var first, second []example
	for round := range t.rounds {
		first = t.examples(pages, nil)
		scores := crossScores(pages, first, n, t.c1)
		report(round, "first", pages, scores)
		second = t.examples(pages, scores)
		scores = crossScores(pages, second, n, t.c2)
		report(round, "second", pages, scores)
		if round < t.rounds-1 {
			for i, p := range pages {
				p.scores = scores[i]
			}
		}
	}
	return &content.Weights{First: fit(first, n, t.c1), Second: fit(second, n, t.c2)}
}

// examples makes one of every block: as the first look sees it or, given its scores, the second.
func (t trainer) examples(pages []*page, scores [][]float32) []example {
	all := make([][]example, len(pages))
	parallel(len(pages), func(i int) {
		p := pages[i]
		var first []float32
		if scores != nil {
			first = scores[i]
		}
		samples := p.samples(first)
		labels := p.labels(samples)
		for k, s := range samples {
			all[i] = append(all[i], example{page: i, features: s.Features, label: labels[k]})
		}
	})
	var out []example
	for _, e := range all {
		out = append(out, e...)
	}
	return out
}

// crossScores gives every block of every page the score of a model that has not seen its site.
func crossScores(pages []*page, all []example, features int, c float64) [][]float32 {
	scores := make([][]float32, len(pages))
	parallel(folds, func(f int) {
		var learned []example
		for _, e := range all {
			if fold(pages[e.page].site, folds) != uint32(f) {
				learned = append(learned, e)
			}
		}
		w := fit(learned, features, c)
		for _, e := range all {
			if fold(pages[e.page].site, folds) == uint32(f) {
				scores[e.page] = append(scores[e.page], e.score(w))
			}
		}
	})
	for i := range scores {
		if scores[i] == nil { // not nil even where a page has no blocks
			scores[i] = []float32{}
		}
	}
	return scores
}

func report(round int, look string, pages []*page, scores [][]float32) {
	at := map[*page][]float32{}
	for i, p := range pages {
		at[p] = scores[i]
	}
	q := measure(pages, func(p *page) string { return p.above(at[p]) })
	fmt.Fprintf(os.Stderr, "round %d, %s look, cross-validated: %s\n", round+1, look, q)
}

// parallel calls f for 0 to n-1, on two goroutines.
func parallel(n int, f func(int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range 2 {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
