package main

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"dateline/services/parser/content"
)

const (
	chunkWeight = .2  // of a block that holds a phrase of the truth
	clear       = 1   // score from which on a block without truth is taken to be known
	selfWeight  = .35 // of such a block, compared to one whose truth is known
	mostOff     = 3   // most weight that a page's other blocks have, those of its article having about 1
)

// boost is how much more the pages of a dataset count. Those of the article extraction benchmark were marked by people for
// just this purpose, and are few.
var boost = map[string]float64{"aeb": 1.5}

// labels says of each block what the truth does, or else what the model of the round before did.
func (p *page) labels(blocks []content.Sample) []label {
	words := make([][]string, len(blocks))
	for i, b := range blocks {
		words[i] = wordsOf(b.Text)
	}
	if p.Expected.Body != "" {
		return byBody(words, p.Expected.Body, max(boost[p.Dataset], 1))
	}
	labels := make([]label, len(blocks))
	kept := 0
	for i, s := range p.scores {
		if s > 0 {
			kept += len(words[i])
		}
	}
	for i, b := range blocks {
		if labels[i] = byChunks(b.Text, p.Expected.With, p.Expected.Without); labels[i].weight > 0 || p.scores == nil {
			continue
		}
		if s := p.scores[i]; s > clear || s < -clear {
			labels[i] = label{s > 0, min(.3, float64(max(len(words[i]), 2))/float64(max(kept, 60))) * selfWeight}
		}
	}
	return labels
}

// byBody holds blocks against the whole text. One is of the article when at least half of its runs of four words are, and
// each run of the text stands for one block only: of several that have it, that which is among others of the article.
func byBody(words [][]string, body string, boost float64) []label {
	all := wordsOf(body)
	left, lines := map[string]int{}, map[string]int{}
	for s := range shingles(all) {
		left[s]++
	}
	for line := range strings.Lines(body) {
		lines[strings.Join(wordsOf(line), " ")]++
	}
	candidate := make([]bool, len(words))
	var order []int
	for i, w := range words {
		if len(w) < 4 {
			candidate[i] = len(w) > 0 && lines[strings.Join(w, " ")] > 0
		} else {
			candidate[i] = 2*overlap(w, left) >= len(w)-3
		}
		if candidate[i] {
			order = append(order, i)
		}
	}
	company := make([]int, len(words))
	for _, i := range order {
		near := 0
		for j := max(0, i-4); j <= min(len(words)-1, i+4); j++ {
			if candidate[j] && j != i && !slices.Equal(words[i], words[j]) {
				near += min(len(words[j]), 60)
			}
		}
		company[i] = bucket(near)
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(company[j], company[i]), cmp.Compare(len(words[j]), len(words[i])))
	})
	labels := make([]label, len(words))
	for _, i := range order {
		w := words[i]
		if len(w) < 4 {
			line := strings.Join(w, " ")
			labels[i].kept = lines[line] > 0
			lines[line]--
			continue
		}
		if labels[i].kept = 2*overlap(w, left) >= len(w)-3; labels[i].kept {
			for s := range shingles(w) {
				left[s]--
			}
		}
	}
	onlyWithin(labels, words)
	off := 0.0
	for i, w := range words {
		if len(w) > 0 {
			labels[i].weight = float64(max(len(w), 2)) / float64(max(len(all), 1)) * boost
		}
		if !labels[i].kept {
			off += labels[i].weight
		}
	}
	for i := range labels {
		if !labels[i].kept && off > mostOff*boost {
			labels[i].weight *= mostOff * boost / off
		}
	}
	return labels
}

// bucket tells much company from little and none.
func bucket(words int) int {
	switch {
	case words > 100:
		return 2
	case words > 30:
		return 1
	}
	return 0
}

// onlyWithin takes back the labels of short blocks away from the long ones: the same words stand in menus.
func onlyWithin(labels []label, words [][]string) {
	first, last := -1, -1
	for i := range labels {
		if labels[i].kept && len(words[i]) >= 4 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	for i := range labels {
		if first >= 0 && len(words[i]) < 4 && (i < first-1 || i > last+1) {
			labels[i].kept = false
		}
	}
}

// byChunks holds a block against phrases that must, and must not, be in the text.
func byChunks(text string, with, without []string) label {
	t := squash(text)
	for _, c := range with {
		if c = squash(c); strings.Contains(t, c) || len(t) > 25 && strings.Contains(c, t) {
			return label{true, chunkWeight}
		}
	}
	for _, c := range without {
		if c = squash(c); strings.Contains(t, c) || len(t) > 12 && strings.Contains(c, t) {
			return label{false, chunkWeight}
		}
	}
	return label{}
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' })
}

// shingles yields the runs of four words of a text, or all of a shorter one.
func shingles(words []string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if len(words) == 0 {
			return
		}
		for i := range max(1, len(words)-3) {
			if !yield(strings.Join(words[i:min(i+4, len(words))], " ")) {
				return
			}
		}
	}
}

// overlap is how many of a text's shingles are left.
func overlap(words []string, left map[string]int) int {
	used := map[string]int{}
	n := 0
	for s := range shingles(words) {
		if used[s] < left[s] {
			n++
		}
		used[s]++
	}
	return n
}

func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}
