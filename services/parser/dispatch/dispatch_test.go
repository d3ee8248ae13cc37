package dispatch

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"dateline/pkg/lineartest"
)

func TestReadOpening(t *testing.T) {
	for _, c := range []struct{ in, agency, place, day, rest string }{
		{"RASC News Agency: The minister said.", "RASC News Agency", "", "", "The minister said."},
		{"KABUL, Nov 6 (AP) — The minister said.", "AP", "KABUL", "Nov 6", "The minister said."},
		{"KABUL, Afghanistan (AP) — The minister said.", "AP", "KABUL, Afghanistan", "", "The minister said."},
		{"KABUL (Reuters) - The minister said.", "Reuters", "KABUL", "", "The minister said."},
		{"Kabul, Nov. 6, 2024 -- The minister said.", "", "Kabul", "Nov. 6, 2024", "The minister said."},
		{"NEW YORK, Nov. 6, 2024 /PRNewswire/ -- The firm said.", "PRNewswire", "NEW YORK", "Nov. 6, 2024", "The firm said."},
		{"PARIS — The minister said.", "", "PARIS", "", "The minister said."},
		{"RASC News Agency: KABUL, 6 November — The minister said.", "RASC News Agency", "KABUL", "6 November", "The minister said."},
		{"Reuters:\n\nThe minister said.", "Reuters", "", "", "The minister said."},
		{"Kabul (dpa) - The minister said.", "dpa", "Kabul", "", "The minister said."},
		{"BERLIN (dpa/lby) – Die Ministerin sagte.", "dpa/lby", "BERLIN", "", "Die Ministerin sagte."},
		{"PARIS, 6 nov (Reuters) - Le ministre a dit.", "Reuters", "PARIS", "6 nov", "Le ministre a dit."},
		{"ATHENS/BRUSSELS, Nov 6 (AFP) - The minister said.", "AFP", "ATHENS/BRUSSELS", "Nov 6", "The minister said."},
		{"МОСКВА, 6 ноября. /ТАСС/. Министр сообщил.", "ТАСС", "МОСКВА", "6 ноября", "Министр сообщил."},
		{"新华社北京11月6日电（记者 王）该部表示。", "新华社", "北京", "11月6日", "（记者 王）该部表示。"},
		{"北京11月6日电 该部表示。", "", "北京", "11月6日", "该部表示。"},
		// Not openings:
		{"МОСКВА /с видео/. Министр сообщил.", "", "", "", "МОСКВА /с видео/. Министр сообщил."},
		{"他在11月6日电视上说。", "", "", "", "他在11月6日电视上说。"},
		{"Trump: I will return.", "", "", "", "Trump: I will return."},
		{"The agency said this: a News Agency is needed.", "", "", "", "The agency said this: a News Agency is needed."},
		{"the News Agency: small.", "", "", "", "the News Agency: small."},
		{"Kabul — a city.", "", "", "", "Kabul — a city."},
		{"He came — late — and left.", "", "", "", "He came — late — and left."},
		{"US - led forces came.", "", "", "", "US - led forces came."},
		{"KABUL (population 4m) — A city.", "", "", "", "KABUL (population 4m) — A city."},
		{"— He came.", "", "", "", "— He came."},
		{"AP:x", "", "", "", "AP:x"},
	} {
		d := Read(c.in)
		want := Dispatch{Agency: c.agency, Place: c.place, Day: c.day, Paragraphs: []string{c.rest}}
		if !reflect.DeepEqual(d, want) {
			t.Errorf("%q: %+v", c.in, d)
		}
	}
	if d := Read(" \n\n "); len(d.Paragraphs) != 0 {
		t.Errorf("blank text: %+v", d)
	}
}

func TestParagraphs(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"a line each", "One.\nTwo.\r\nThree.\n\n", []string{"One.", "Two.", "Three."}},
		{"blank lines", "One.\n\nTwo.\n \n\nThree.", []string{"One.", "Two.", "Three."}},
		{
			"hard wrapped", "The minister said on Wednesday that the talks would\ngo on until the end of the year, whatever was said\nabout them.\n\nNobody believed\nhim.",
			[]string{"The minister said on Wednesday that the talks would go on until the end of the year, whatever was said about them.", "Nobody believed him."},
		},
		{
			"a sentence ends early", "The minister said on Wednesday that the talks would\ngo on.\nNobody believed it was the end of the year, in truth.\n\nEnd.",
			[]string{"The minister said on Wednesday that the talks would go on.", "Nobody believed it was the end of the year, in truth.", "End."},
		},
		{"long lines are paragraphs", strings.Repeat("word ", 40) + "\nTwo.\n\nThree.", []string{strings.TrimSpace(strings.Repeat("word ", 40)), "Two.", "Three."}},
		{"white space and controls", "\ufeffOne\t two \u00a0three\x00.\u2028Two.", []string{"One two three .", "Two."}},
		{"none", " \r\n\t", nil},
	} {
		if got := Paragraphs(c.in); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("RASC News Agency: KABUL, Nov 6 (AP) — The minister\nsaid.\n\nTwo.")
	f.Add("PARIS /PRNewswire/ -- x")
	f.Fuzz(func(t *testing.T, s string) {
		d := Read(s)
		for _, p := range d.Paragraphs {
			if p == "" || strings.ContainsAny(p, "\r\n") || utf8.ValidString(s) && !utf8.ValidString(p) {
				t.Fatalf("%q: paragraph %q", s, p)
			}
		}
	})
}

func TestReadIsLinear(t *testing.T) {
	for _, piece := range []string{"word ", "word\n", "word.\n\n", "\n", "—", "(", "A, ", "a:"} {
		lineartest.Check(t, strconv.Quote(piece), 160_000, func(n int) func() {
			s := strings.Repeat(piece, n)
			return func() { Read(s) }
		})
	}
}

func BenchmarkRead(b *testing.B) {
	var s strings.Builder
	s.WriteString("RASC News Agency: ")
	for i := range 20 {
		fmt.Fprintf(&s, "Paragraph %d says what the minister said on Wednesday November 6, and what was said about it afterwards.\n", i)
	}
	text := s.String()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Read(text)
	}
}
