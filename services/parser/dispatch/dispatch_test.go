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
		{"SANTA FE, N.M. (AP) — The minister said.", "AP", "SANTA FE, N.M.", "", "The minister said."},
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
		{"MADRID 6 Nov. (EUROPA PRESS) - El ministro dijo.", "EUROPA PRESS", "MADRID", "6 Nov.", "El ministro dijo."},
		{"Bruselas, 6 nov (EFE).- El ministro dijo.", "EFE", "Bruselas", "6 nov", "El ministro dijo."},
		{"(ANSA) - ROMA, 06 NOV - Il ministro ha detto.", "ANSA", "ROMA", "06 NOV", "Il ministro ha detto."},
		{"(Adnkronos) - Il ministro ha detto.", "Adnkronos", "", "", "Il ministro ha detto."},
		{"BERLIN dpa | Die Ministerin sagte.", "dpa", "BERLIN", "", "Die Ministerin sagte."},
		{"МОСКВА, 6 ноя - РИА Новости. Министр сообщил.", "РИА Новости", "МОСКВА", "6 ноя", "Министр сообщил."},
		{"Москва. 6 ноября. INTERFAX.RU - Министр сообщил.", "INTERFAX.RU", "Москва", "6 ноября", "Министр сообщил."},
		{"КИЇВ. 6 листопада. УНН. Міністр повідомив.", "УНН", "КИЇВ", "6 листопада", "Міністр повідомив."},
		{"کابل (رویترز) - وزیر گفت.", "رویترز", "کابل", "", "وزیر گفت."},
		{"واشنطن 6 نوفمبر (رويترز) - قال الوزير.", "رويترز", "واشنطن", "6 نوفمبر", "قال الوزير."},
		{"باريس - (أ ف ب) - قال الوزير.", "أ ف ب", "باريس", "", "قال الوزير."},
		{"नई दिल्ली, 6 नवंबर (भाषा) - मंत्री ने कहा।", "भाषा", "नई दिल्ली", "6 नवंबर", "मंत्री ने कहा।"},
		{"(서울=연합뉴스) 김하늘 기자 = 장관이 말했다.", "연합뉴스", "서울", "", "김하늘 기자 = 장관이 말했다."},
		{"【北京共同】外相は言った。", "共同", "北京", "", "外相は言った。"},
		{"[ロンドン 6日 ロイター] - 外相は言った。", "ロイター", "ロンドン", "6日", "外相は言った。"},
		{"ISLAMABAD: The minister said on Wednesday that the bridge over the river would be opened again.", "", "ISLAMABAD", "", "The minister said on Wednesday that the bridge over the river would be opened again."},
		{"RASC News Agency - The minister said.", "RASC News Agency", "", "", "The minister said."},
		{"REUTERS — The minister said.", "REUTERS", "", "", "The minister said."},
		{"KABUL (Pajhwok): The minister said.", "Pajhwok", "KABUL", "", "The minister said."},
		{"KABUL, Nov. 6 (Pajhwok): The minister said.", "Pajhwok", "KABUL", "Nov. 6", "The minister said."},
		{"کابل (آژانس خبری پژواک): وزیر گفت.", "آژانس خبری پژواک", "کابل", "", "وزیر گفت."},
		{"KABUL, Afghanistan (AP) _ The minister said.", "AP", "KABUL, Afghanistan", "", "The minister said."},
		{"ANKARA (AA) - Bakan söyledi.", "AA", "ANKARA", "", "Bakan söyledi."},
		// Not openings:
		{"KABUL (population 4m): A city.", "", "", "", "KABUL (population 4m): A city."},
		{"The ministry (AP): it said.", "", "", "", "The ministry (AP): it said."},
		{"WATCH: The minister said on Wednesday that the bridge over the river would be opened again.", "", "", "", "WATCH: The minister said on Wednesday that the bridge over the river would be opened again."},
		{"(see page 6) The minister said.", "", "", "", "(see page 6) The minister said."},
		{"[1日] 外相は言った。", "", "", "", "[1日] 外相は言った。"},
		{"U.S.-led forces came.", "", "", "", "U.S.-led forces came."},
		{"کابل - وزیر گفت.", "", "", "", "کابل - وزیر گفت."},
		{"NEWS | The minister said.", "", "", "", "NEWS | The minister said."},
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

// One who speaks again is no place.
func TestInterviewHasNoDateline(t *testing.T) {
	first := "TRIBUNE: Minister, the bridge over the river has been closed for two years. Will it ever be opened?"
	if d := Read(first + "\n\nIt will.\n\nTRIBUNE: When?"); d.Place != "" || d.Paragraphs[0] != first {
		t.Errorf("%+v", d)
	}
}

func TestReportedAndClosing(t *testing.T) {
	for in, want := range map[string]string{
		"به گزارش خبرگزاری مهر، وزیر گفت.": "خبرگزاری مهر", "به گزارش ایسنا، وزیر گفت.": "ایسنا", "به گزارش خبرنگار تسنیم از کابل، وزیر گفت.": "تسنیم", "به گزارش وزارت، پل باز شد.": "", "وزیر گفت.": "",
	} {
		if got := Reported(in); got != want {
			t.Errorf("%q: reported by %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"(dpa)": "dpa", "— Reuters": "Reuters", "Source: AFP": "AFP", "kng/mik/dpa": "dpa", "Quelle: dpa/lby": "dpa/lby", "©AFP": "AFP", "منبع: ایسنا": "ایسنا",
		"So sagte er, und ging aus dem Haus, in dem er seit drei Jahren nicht mehr gewesen war, in den Regen des Novembers hinaus und nicht zurück. (dpa)": "dpa",
		"He said so. (Reporting by A)": "", "Minister: AFP": "", "He read it in the AP": "", "": "", "(see page 6)": "",
	} {
		if got := Closing(in); got != want {
			t.Errorf("%q: credits %q, want %q", in, got, want)
		}
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
	f.Add("KABUL (Pajhwok): x")
	f.Add("به گزارش ایسنا، x (dpa)")
	f.Fuzz(func(t *testing.T, s string) {
		d := Read(s)
		for _, agency := range []string{Reported(s), Closing(s)} {
			if agency != "" && (!isAgency(agency) || !strings.Contains(s, agency)) {
				t.Fatalf("%q: agency %q", s, agency)
			}
		}
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
