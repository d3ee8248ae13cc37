package main

import (
	"math"
	"slices"
	"testing"

	"dateline/services/parser/content"
)

// One feature that all examples have: the optimum is where the pull of the prior equals that of the data, found here by bisection.
func TestFitFindsTheOptimum(t *testing.T) {
	var all []example
	for i := range 10 {
		all = append(all, example{features: []uint16{0}, label: label{kept: i < 8, weight: .5}})
	}
	all = append(all, example{features: []uint16{1}}) // not known: no pull
	const c = .03
	w := fit(all, 2, c)
	low, high := 0.0, 10.0
	for range 100 {
		mid := (low + high) / 2
		q := 1 / (1 + math.Exp(-mid))
		if mid+c*scale*.5*(8*(q-1)+2*q) < 0 {
			low = mid
		} else {
			high = mid
		}
	}
	if math.Abs(float64(w[0])-low) > 1e-3 || w[1] != 0 {
		t.Errorf("%v, want %v and 0", w, low)
	}
}

func TestFitTellsFeaturesApart(t *testing.T) {
	var all []example
	for i := range 200 {
		e := example{features: []uint16{0}, label: label{kept: i%2 == 0, weight: .1}}
		if e.label.kept {
			e.features = append(e.features, 1)
		} else {
			e.features = append(e.features, 2)
		}
		all = append(all, e)
	}
	if w := fit(all, 3, .05); w[1] <= .5 || w[2] >= -.5 || math.Abs(float64(w[0])) > .01 {
		t.Errorf("%v", w)
	}
}

func TestLabels(t *testing.T) {
	blocks := []content.Sample{
		{Text: "Home"},
		{Text: "The bridge over the Alder was opened on Wednesday in the rain."},
		{Text: "The cost"},
		{Text: "The council paid for most of it, and the county for the rest."},
		{Text: "The council paid for most of it, and the county for the rest."}, // a copy away from the text counts once
		{Text: "Read more about the ferry that will be missed by all."},
	}
	whole := &page{}
	whole.Expected.Body = blocks[1].Text + "\n\nThe cost\n\n" + blocks[3].Text
	if got, want := kept(whole.labels(blocks)), []bool{false, true, true, true, false, false}; !slices.Equal(got, want) {
		t.Errorf("whole body: %v, want %v", got, want)
	}
	phrases := &page{scores: []float32{-5, 0, 5, .5, -.5, -5}}
	phrases.Expected.With, phrases.Expected.Without = []string{"was opened on  Wednesday"}, []string{"ferry that will be missed"}
	labels := phrases.labels(blocks)
	if got, want := kept(labels), []bool{false, true, true, false, false, false}; !slices.Equal(got, want) {
		t.Errorf("phrases: %v, want %v", got, want)
	}
	for i, known := range []bool{true, true, true, false, false, true} { // by score, phrase, score, unclear, unclear, phrase
		if (labels[i].weight > 0) != known {
			t.Errorf("block %d: %+v", i, labels[i])
		}
	}
}

func kept(labels []label) []bool {
	var out []bool
	for _, l := range labels {
		out = append(out, l.kept)
	}
	return out
}

func TestQuality(t *testing.T) {
	p := &page{Dataset: "aeb"}
	p.Expected.Body = "one two three four five six"
	for found, want := range map[string][2]float64{
		"one two three four five six": {1, 1}, "one two three four": {1, 1.0 / 3}, "one two three four x": {.5, 1.0 / 3}, "": {1, 0},
	} {
		q := measure([]*page{p}, func(*page) string { return found })
		if b := q.bodies["aeb"]; math.Abs(b.precision-want[0]) > 1e-9 || math.Abs(b.recall-want[1]) > 1e-9 {
			t.Errorf("%q: %+v, want %v", found, b, want)
		}
	}
}
