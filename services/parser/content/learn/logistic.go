package main

import "math"

// example is a block to learn from.
type example struct {
	page     int
	features []uint16
	label    label
}

func (e *example) score(w []float32) float32 {
	var s float32
	for _, f := range e.features {
		s += w[f]
	}
	return s
}

// label says whether a block is of the article, and how much that counts; with no weight it is not known.
type label struct {
	kept   bool
	weight float64
}

// scale brings the weights of examples, of which a page has about one in all, to the size that c is given for.
const scale = 100

// fit minimises |w|²/2 + c·Σ weight·log(1+exp(-y·w·x)) by Newton's method, its steps found by conjugate gradients that stop
// early (Lin, Weng and Keerthi: Trust region Newton method for logistic regression, 2008, here with a line search).
func fit(all []example, features int, c float64) []float32 {
	var data []example
	for _, e := range all {
		if e.label.weight > 0 {
			data = append(data, e)
		}
	}
	p := problem{data: data, n: features, c: c * scale, z: make([]float64, len(data)), d: make([]float64, len(data))}
	w := make([]float64, features)
	value := p.at(w)
	g := p.gradient(w)
	start := norm(g)
	for range 50 {
		size := norm(g)
		if size <= 1e-4*start {
			break
		}
		s := p.step(g, min(.1, math.Sqrt(size/max(start, 1e-300)))*size)
		slope := dot(g, s)
		next, t := make([]float64, features), 1.0
		for ; t > 1e-6; t /= 2 {
			for i := range w {
				next[i] = w[i] + t*s[i]
			}
			if v := p.at(next); v <= value+1e-4*t*slope {
				value = v
				break
			}
		}
		if t <= 1e-6 {
			break
		}
		w = next
		g = p.gradient(w)
	}
	out := make([]float32, features)
	for i, v := range w {
		out[i] = float32(v)
	}
	return out
}

// problem is what fit solves. z are the scores at the point last looked at, d the curvature there.
type problem struct {
	data []example
	n    int
	c    float64
	z, d []float64
}

func (p *problem) at(w []float64) float64 {
	sum := dot(w, w) / 2
	for i := range p.data {
		e := &p.data[i]
		z := 0.0
		for _, f := range e.features {
			z += w[f]
		}
		p.z[i] = z
		if !e.label.kept {
			z = -z
		}
		sum += p.c * e.label.weight * (math.Log1p(math.Exp(-math.Abs(z))) + max(-z, 0))
	}
	return sum
}

// gradient is that at w, where at was called last.
func (p *problem) gradient(w []float64) []float64 {
	g := append([]float64(nil), w...)
	for i := range p.data {
		e := &p.data[i]
		q := 1 / (1 + math.Exp(-p.z[i]))
		p.d[i] = p.c * e.label.weight * q * (1 - q)
		if e.label.kept {
			q--
		}
		q *= p.c * e.label.weight
		for _, f := range e.features {
			g[f] += q
		}
	}
	return g
}

// step solves H·s = -g until the rest is small enough.
func (p *problem) step(g []float64, enough float64) []float64 {
	s, r := make([]float64, p.n), make([]float64, p.n)
	for i := range g {
		r[i] = -g[i]
	}
	d := append([]float64(nil), r...)
	hd := make([]float64, p.n)
	rr := dot(r, r)
	for range 250 {
		if math.Sqrt(rr) <= enough {
			break
		}
		copy(hd, d)
		for i := range p.data {
			e := &p.data[i]
			z := 0.0
			for _, f := range e.features {
				z += d[f]
			}
			z *= p.d[i]
			for _, f := range e.features {
				hd[f] += z
			}
		}
		a := rr / dot(d, hd)
		for i := range s {
			s[i] += a * d[i]
			r[i] -= a * hd[i]
		}
		next := dot(r, r)
		for i := range d {
			d[i] = r[i] + next/rr*d[i]
		}
		rr = next
	}
	return s
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

func norm(a []float64) float64 { return math.Sqrt(dot(a, a)) }
