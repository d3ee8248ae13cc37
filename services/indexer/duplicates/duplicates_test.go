package duplicates

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"dateline/pkg/lineartest"
	"dateline/services/indexer/duplicates/duplicatestest"

	"golang.org/x/text/unicode/norm"
)

// What a site types otherwise is the same text.
func TestSameText(t *testing.T) {
	const fill = " one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
	for _, c := range []struct{ name, a, b string }{
		{"case and punctuation", "Don’t panic: “prices” rose — again." + fill, "don't PANIC, \"prices\" rose (again)" + fill},
		{"white space", "a b" + fill, "a\u00a0\t\n\nb" + fill},
		{"soft hyphens", "government" + fill, "govern\u00adment" + fill},
		{"composition", "Müller café Ελλάδα й" + fill, norm.NFD.String("Müller café Ελλάδα й") + fill},
		{"Persian letters", "کابل می\u200cشود ۱۴۰۳" + fill, "كابل میشود 1403" + fill},
		{"Arabic vowels", "كَتَبَ إلى أحمد" + fill, "كتب الى احمد" + fill},
		{"full width", "ＡＢＣ１２３" + fill, "abc123" + fill},
	} {
		a, b := Of(c.a), Of(c.b)
		if o := Compare(a, b); o != (Overlap{1, 1}) || !o.Duplicates(a, b, false) {
			t.Errorf("%s: %+v", c.name, o)
		}
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string]int{
		"":                           0,
		"Prices rose by 3.5 percent": 6,
		"价格上涨了很多":                    3,
		"ราคาสินค้าเพิ่มขึ้น": 4,
		"iPhone发布":              2,
		"قیمت\u200cها بالا رفت": 3,
		"가격이 크게 올랐다":            3,
	} {
		if got := Of(text); got.Words != want || !got.Empty() {
			t.Errorf("%q has %d words, want %d", text, got.Words, want)
		}
	}
}

// numbered is a text of words of its own.
func numbered(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString("w")
		for _, d := range []byte{'a' + byte(i/676%26), 'a' + byte(i/26%26), 'a' + byte(i%26)} {
			b.WriteByte(d)
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func TestOverlap(t *testing.T) {
	whole := Of(numbered(0, 1000))
	for _, c := range []struct {
		name     string
		text     string
		of, in   float64
		same     bool
		sameSite bool
	}{
		{"itself", numbered(0, 1000), 1, 1, true, true},
		{"cut to a third", numbered(0, 333), 1, .33, true, true},
		{"cut, and nearly as much boilerplate", numbered(0, 333) + numbered(2000, 2220), .6, .33, true, false},
		{"another story that quotes a paragraph", numbered(0, 100) + numbered(2000, 2400), .2, .1, false, false},
		{"a sentence of it", numbered(0, 30), 1, .03, false, false},
		{"other", numbered(2000, 3000), 0, 0, false, false},
		{"short", "w", 0, 0, false, false},
	} {
		s := Of(c.text)
		o := Compare(s, whole)
		if math.Abs(o.Of-c.of) > .15 || math.Abs(o.In-c.in) > .15 {
			t.Errorf("%s: %+v, want %.2f and %.2f", c.name, o, c.of, c.in)
		}
		if back := Compare(whole, s); back.Of != o.In || back.In != o.Of {
			t.Errorf("%s: the other way round it is %+v, not %+v", c.name, back, o)
		}
		if o.Duplicates(s, whole, false) != c.same || o.Duplicates(s, whole, true) != c.sameSite {
			t.Errorf("%s: %+v", c.name, o)
		}
	}
}

// A brief is a copy only as a whole: its first sentence may be anyone's.
func TestBriefs(t *testing.T) {
	a, b, c := Of(numbered(0, 30)), Of(numbered(0, 40)), Of(numbered(0, 31))
	if Compare(a, b).Duplicates(a, b, false) || !Compare(a, c).Duplicates(a, c, false) {
		t.Errorf("%+v, %+v", Compare(a, b), Compare(a, c))
	}
	if Compare(a, a).Duplicates(a, a, true) { // such as what stands in place of a text
		t.Error("briefs of one site are copies")
	}
}

func TestParseSketch(t *testing.T) {
	for _, text := range []string{"", "few words", numbered(0, 30), numbered(0, 500)} {
		s := Of(text)
		b := s.AppendBinary(nil)
		got, err := ParseSketch(b)
		if err != nil || got.Words != s.Words || !slices.Equal(got.hashes, s.hashes) {
			t.Errorf("%+v is read as %+v, %v", s, got, err)
		}
		for _, broken := range [][]byte{nil, append(slices.Clone(b), 1), append(slices.Clone(b), make([]byte, hashBytes)...)} {
			if _, err := ParseSketch(broken); err == nil && !(len(b) == 1 && len(broken) > 2) {
				t.Errorf("%x is read", broken)
			}
		}
	}
}

// Hashes that come in the order that is worst for the smallest ones, and texts that are the worst for what reads them.
func TestLinear(t *testing.T) {
	for name, piece := range map[string]string{
		"words": "word other ", "letters": "a", "digits": "7", "spaces": " ", "han": "价格", "thai": "ราคา",
		"marks": "\u0301", "joiners": "\u200d", "broken": "\xff", "jamo": "\u1100\u1161",
	} {
		lineartest.Check(t, name, 1<<19, func(n int) func() {
			text := strings.Repeat(piece, n/len(piece))
			return func() { Of(text) }
		})
	}
	lineartest.Check(t, "falling hashes", 1<<19, func(n int) func() {
		return func() {
			var s smallest
			for i := range uint64(n) {
				s.add(uint64(n) - i)
			}
			if got := s.sorted(); len(got) != sketchSize || got[0] != 1 {
				t.Errorf("smallest are %v", got)
			}
		}
	})
}

func TestSmallest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 63, 64, 65, 255, 256, 257, 5000} {
		var s smallest
		want := make([]uint64, n)
		for i := range want {
			want[i] = r.Uint64N(3000)
			s.add(want[i])
		}
		slices.Sort(want)
		want = slices.Compact(want)
		want = want[:min(len(want), sketchSize)]
		if got := s.sorted(); !slices.Equal(got, want) {
			t.Errorf("of %d: %v, want %v", n, got, want)
		}
	}
}

func FuzzOf(f *testing.F) {
	for _, x := range duplicatestest.Set(3, 1) {
		f.Add(x.Body, 100)
	}
	f.Add("\xff\u0301\u0e01a々", 3)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		s := Of(text)
		if !slices.IsSorted(s.hashes) || len(s.hashes) > sketchSize || s.Words < 0 {
			t.Errorf("sketch is %+v", s)
		}
		got, err := ParseSketch(s.AppendBinary(nil))
		if err != nil || !slices.Equal(got.hashes, s.hashes) {
			t.Errorf("read back as %+v, %v", got, err)
		}
		if !s.Empty() && Compare(s, s) != (Overlap{1, 1}) {
			t.Errorf("overlap with itself is %+v", Compare(s, s))
		}
		o := Compare(s, Of(text[:min(max(cut, 0), len(text))]))
		if o.Of < 0 || o.Of > 1 || o.In < 0 || o.In > 1 {
			t.Errorf("overlap is %+v", o)
		}
	})
}

func FuzzParseSketch(f *testing.F) {
	f.Add(Of(numbered(0, 50)).AppendBinary(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseSketch(b)
		if err != nil {
			return
		}
		if again, err := ParseSketch(s.AppendBinary(nil)); err != nil || !slices.Equal(again.hashes, s.hashes) || again.Words != s.Words {
			t.Errorf("%x is read as %+v and then as %+v, %v", b, s, again, err)
		}
	})
}

func BenchmarkOf(b *testing.B) {
	texts := map[string]string{}
	for _, x := range duplicatestest.Set(4, 3) {
		if x.Kind == "original" && len(x.Body) > len(texts[x.Language]) {
			texts[x.Language] = x.Body
		}
	}
	for _, language := range []string{"en", "ru", "fa", "zh", "th"} {
		b.Run(language, func(b *testing.B) {
			b.SetBytes(int64(len(texts[language])))
			b.ReportAllocs()
			for b.Loop() {
				Of(texts[language])
			}
		})
	}
}

func BenchmarkCompare(b *testing.B) {
	x, y := Of(numbered(0, 600)), Of(numbered(200, 900))
	b.ReportAllocs()
	for b.Loop() {
		Compare(x, y)
	}
}
