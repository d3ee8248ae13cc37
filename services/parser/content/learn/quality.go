package main

import (
	"fmt"
	"strings"
)

// quality is counted as the benchmarks do: of whole bodies the mean precision and recall over pages, in runs of four words;
// of phrases the precision and recall over all.
type quality struct {
	bodies map[string]*bodies // by dataset
	chunks struct{ in, wrong, missing int }
}

type bodies struct {
	pages             int
	precision, recall float64
}

func measure(pages []*page, text func(*page) string) quality {
	texts := make([]string, len(pages))
	parallel(len(pages), func(i int) {
		if e := pages[i].Expected; e.Body != "" || e.With != nil {
			texts[i] = text(pages[i])
		}
	})
	q := quality{bodies: map[string]*bodies{}}
	for i, p := range pages {
		switch {
		case p.Expected.Body != "":
			if q.bodies[p.Dataset] == nil {
				q.bodies[p.Dataset] = &bodies{}
			}
			q.bodies[p.Dataset].count(p.Expected.Body, texts[i])
		case p.Expected.With != nil:
			t := squash(texts[i])
			for _, c := range p.Expected.With {
				if strings.Contains(t, squash(c)) {
					q.chunks.in++
				} else {
					q.chunks.missing++
				}
			}
			for _, c := range p.Expected.Without {
				if strings.Contains(t, squash(c)) {
					q.chunks.wrong++
				}
			}
		}
	}
	return q
}

func (b *bodies) count(truth, found string) {
	left := map[string]int{}
	all := 0
	for s := range shingles(wordsOf(truth)) {
		left[s]++
		all++
	}
	words := wordsOf(found)
	right := overlap(words, left)
	b.pages++
	b.recall += float64(right) / float64(max(all, 1))
	if len(words) == 0 {
		b.precision++ // nothing is wrong; the recall tells
		return
	}
	b.precision += float64(right) / float64(max(1, len(words)-3))
}

func (q *quality) add(more quality) {
	if q.bodies == nil {
		q.bodies = map[string]*bodies{}
	}
	for dataset, b := range more.bodies {
		if q.bodies[dataset] == nil {
			q.bodies[dataset] = &bodies{}
		}
		sum := q.bodies[dataset]
		sum.pages += b.pages
		sum.precision += b.precision
		sum.recall += b.recall
	}
	q.chunks.in += more.chunks.in
	q.chunks.wrong += more.chunks.wrong
	q.chunks.missing += more.chunks.missing
}

func (q quality) String() string {
	var s strings.Builder
	for _, dataset := range []string{"aeb", "fundus"} {
		if b := q.bodies[dataset]; b != nil {
			n := float64(b.pages)
			fmt.Fprintf(&s, "%s %s  ", dataset, f1(b.precision/n, b.recall/n))
		}
	}
	c := q.chunks
	fmt.Fprintf(&s, "chunks %s", f1(float64(c.in)/float64(max(1, c.in+c.wrong)), float64(c.in)/float64(max(1, c.in+c.missing))))
	return s.String()
}

func f1(precision, recall float64) string {
	return fmt.Sprintf("%.4f (precision %.4f, recall %.4f)", 2*precision*recall/max(precision+recall, 1e-9), precision, recall)
}
