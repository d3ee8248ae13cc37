package content

// shingleSet is the runs of three words of a text, by hash.
type shingleSet map[uint64]struct{}

// maxShingled bounds what is read of a hint, in bytes.
const maxShingled = 200 << 10

func shinglesOf(text string) shingleSet {
	text = text[:min(len(text), maxShingled)]
	s := make(shingleSet, len(text)/6)
	shingles([]byte(text), func(h uint64) { s[h] = struct{}{} })
	return s
}

// share is how much of a text is among the shingles, from 0 to 1.
func (s shingleSet) share(t []byte) float32 {
	in, all := 0, 0
	shingles(t, func(h uint64) {
		all++
		if _, ok := s[h]; ok {
			in++
		}
	})
	if all == 0 {
		return 0
	}
	return float32(in) / float32(all)
}

// shingles calls f with a hash of every three words in a row, or of all where there are fewer.
func shingles(t []byte, f func(uint64)) {
	var a, b, c uint64
	n := 0
	tokens(t, func(w uint64) {
		a, b, c = b, c, w
		if n++; n >= 3 {
			f((a*31+b)*31 + c)
		}
	})
	if n == 1 || n == 2 {
		f(b*31 + c)
	}
}
