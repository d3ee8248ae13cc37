package content

import "golang.org/x/net/html"

// Sample is a block of a page as one of the looks sees it.
type Sample struct {
	Text     string
	Features []uint16 // indexes of FeatureNames
}

// Samples lists a page's blocks: as the first look sees them or, given its scores, the second.
func Samples(doc *html.Node, h Hints, first []float32) []Sample {
	p := newPage(segment(doc), h)
	if first != nil {
		p.first = first
		p.locate()
	}
	out := make([]Sample, len(p.blocks))
	for i := range p.blocks {
		var c collector
		p.local(i, &c)
		if first != nil {
			p.placed(i, &c)
		}
		out[i] = Sample{string(p.textOf(i)), c.has}
	}
	return out
}
