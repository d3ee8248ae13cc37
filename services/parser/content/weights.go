package content

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed weights.tsv
var weightsFile string

// Weights are those of every feature in the two looks, in the order of FeatureNames.
type Weights struct{ First, Second []float32 }

// shipped are those of weights.tsv.
var shipped = sync.OnceValue(func() *Weights {
	w, err := readWeights(weightsFile)
	if err != nil {
		panic(err) // the file is a part of the program
	}
	return w
})

// readWeights reads what String writes.
func readWeights(file string) (*Weights, error) {
	w := &Weights{make([]float32, featureCount), make([]float32, featureCount)}
	at := map[string]int{}
	for i, name := range FeatureNames() {
		at[name] = i
	}
	for line := range strings.Lines(file) {
		var name string
		var first, second float32
		if _, err := fmt.Sscanf(line, "%s %f %f", &name, &first, &second); err != nil {
			return w, fmt.Errorf("weights.tsv: %q: %w", line, err)
		}
		i, ok := at[name]
		if !ok {
			return w, fmt.Errorf("weights.tsv: no feature %q", name)
		}
		w.First[i], w.Second[i] = first, second
	}
	return w, nil
}

// String is the weights as weights.tsv holds them: a feature's name, its weight in the first look and in the second, without
// those that weigh next to nothing.
func (w *Weights) String() string {
	const nothing = .005
	var s strings.Builder
	for i, name := range FeatureNames() {
		if first, second := w.First[i], w.Second[i]; abs(first) >= nothing || abs(second) >= nothing {
			fmt.Fprintf(&s, "%s\t%.2f\t%.2f\n", name, first, second)
		}
	}
	return s.String()
}

// why names the features that decided on a block.
func (p *page) why(i int) string {
	var c collector
	p.local(i, &c)
	p.placed(i, &c)
	w := p.weights.Second
	slices.SortStableFunc(c.has, func(a, b feature) int { return cmp.Compare(abs(w[b]), abs(w[a])) })
	names := FeatureNames()
	var s strings.Builder
	fmt.Fprintf(&s, "%+.1f:", p.second[i])
	for _, f := range c.has[:min(len(c.has), 6)] {
		fmt.Fprintf(&s, " %+.1f %s", w[f], names[f])
	}
	return s.String()
}

func abs(f float32) float32 { return max(f, -f) }
