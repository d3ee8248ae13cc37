package dates

import (
	"strconv"
	"strings"
	"testing"

	"dateline/pkg/lineartest"

	"dateline/pkg/article"
)

// What Find makes of noise around and in dates. want is "raw=date" for each, parted by "; ".
func TestFindMany(t *testing.T) {
	published := day("2024-11-20")
	for _, c := range []struct {
		lang, text, want string
	}{
		{"en", "Published 6 November 2024, updated 7 November 2024 10:04 GMT", "6 November 2024=2024-11-06; 7 November 2024 10:04 GMT=2024-11-07T10:04Z"},
		{"en", "6\u00a0Novem\u00adber\u200e 2024", "6 November 2024=2024-11-06"},
		{"en", "By Jane May, 12 comments, 5 shares", ""},
		{"en", "may 5 people, 5 min read", ""},
		{"en", "Wednesday", "Wednesday=2024-11-20"},
		{"en", "Wed", ""},
		{"en", "Thursday November 7", "Thursday November 7=2024-11-07"},
		{"en", "v6.11.2024, 10.11.2024.5, $6 November 2024, 1.6 November 2024", "November 2024=2024-11; November 2024=2024-11"},
		{"en", "6,000 November 2024 6% 6km", "November 2024=2024-11"},
		{"en", "call 2024 2025 or 20241106", ""},
		{"en", "10:04-10:45, 6 November 2024", "6 November 2024=2024-11-06"},
		{"en", "6 November 2024 10:04-10:45", "6 November 2024 10:04=2024-11-06T10:04"},
		{"en", "2024-11-06T10:04:05-05:00", "2024-11-06T10:04:05-05:00=2024-11-06T10:04:05-05:00"},
		{"en", "05/06/2024", ""},
		{"en", "05/06/2025", ""},
		{"en", "05/12/2024", "05/12/2024=2024-05-12"}, // 5 December lies ahead
		{"en", "6 November\n\n2024 people", "6 November=2024-11-06"},
		{"en", "at 10:04 eat 6 November 2024", "6 November 2024=2024-11-06"},
		{"de", "am 6. November 2024 um 10 Uhr und am 7. November", "6. November 2024 um 10 Uhr=2024-11-06T10:00; 7. November=2024-11-07"},
		{"de", "Von Ann Weaver, 6.11.24", "6.11.24=2024-11-06"},
		{"de", "Python 3.9.10, Kapitel 3.9.10", ""},
		{"en", "released, 3.9.10", ""},
		{"ko", "6.11.24", ""}, // there the year comes first, and has two digits
		{"de", "26 | 10 | 2024 | Praxis", "26 | 10 | 2024=2024-10-26"},
		{"de", "Nr. 5 vom 06.11.2024", "06.11.2024=2024-11-06"},
		{"ja", "令和6年11月6日（水）午後3時5分", "令和6年11月6日（水）午後3時5分=2024-11-06T15:05"},
		{"fa", "سه\u200cشنبه ۱۵ آبان ۱۴۰۳ (۵ نوامبر ۲۰۲۴) ساعت ۱۰", "سه\u200cشنبه ۱۵ آبان ۱۴۰۳ (۵ نوامبر ۲۰۲۴)=2024-11-05"},
		{"fa", "۱۵ آبان ۱۴۰۳ و ۱۷ آبان ۱۴۰۳", "۱۵ آبان ۱۴۰۳=2024-11-05; ۱۷ آبان ۱۴۰۳=2024-11-07"},
		{"fa", "۱۵ آبان ۱۴۰۳ - ۷ دسامبر ۲۰۲۴", "۱۵ آبان ۱۴۰۳=2024-11-05; ۷ دسامبر ۲۰۲۴=2024-12-07"},
		{"ar", "الأربعاء 5 جمادى الأولى 1446", "الأربعاء 5 جمادى الأولى 1446=2024-11-06"}, // the weekday knows where the moon was seen
		{"ar", "4 جمادى الأولى 1446هـ الموافق 6 نوفمبر 2024م 10:04 م", "4 جمادى الأولى 1446هـ الموافق 6 نوفمبر 2024م 10:04 م=2024-11-06T22:04"},
		{"ar", "6 نوفمبر 2024 الموافق 4 جمادى الأولى 1446 هـ", "6 نوفمبر 2024 الموافق 4 جمادى الأولى 1446 هـ=2024-11-06"},
		{"en", "6 November 2024 25:61", "6 November 2024=2024-11-06"},
		{"en", "2024-11-0, 0/11/2024, 2024-13-01", ""},
		{"", "2 hours ago, yesterday", ""}, // nothing is known of the capture
	} {
		var got []string
		for _, d := range (Context{Lang: c.lang, Published: published}).find(c.text, maxFound) {
			got = append(got, d.Raw+"="+d.String())
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%s: %q:\n got %q\nwant %q", c.lang, c.text, g, c.want)
		}
	}
}

func TestContextParse(t *testing.T) {
	for _, c := range []struct {
		context  Context
		in, want string // "" is an error
	}{
		{Context{}, "05/06/2024", ""},
		{Context{Lang: "en"}, "05/06/2024", ""},
		{Context{Lang: "en-CA"}, "05/06/2024", ""},
		{Context{Lang: "en-US"}, "05/06/2024", "2024-05-06"},
		{Context{Lang: "en-NZ"}, "05/06/2024", "2024-06-05"},
		{Context{Lang: "de"}, "05/06/2024", "2024-06-05"},
		{Context{Lang: "ja"}, "24/06/05", "2024-06-05"},
		{Context{}, "24/06/05", ""},
		{Context{Lang: "en", Captured: captured}, "05/12/2024", "2024-05-12"},
		{Context{}, "01.21.2020", "2020-01-21"},
		{Context{}, "6 listopada 2024", ""}, // October in Croatian, November in Polish
		{Context{}, "6 listopadu 2024", "2024-11-06"},
		{Context{}, "środa, 6 listopada 2024", "2024-11-06"},
		{Context{}, "srijeda, 6. listopada 2024.", "2024-10-06"},
		{Context{Lang: "hr"}, "6 listopada 2024", "2024-10-06"},
		{Context{Lang: "pl"}, "6 listopada 2024", "2024-11-06"},
		{Context{Lang: "fa"}, "6 listopadu 2024", "2024-11-06"},
		{Context{}, "1403/08/16", ""},
		{Context{}, "1403-08-16", ""},
		{Context{}, "۱۴۰۳/۰۸/۱۶", "2024-11-06"},
		{Context{Lang: "fa"}, "1403-08-16", "2024-11-06"},
		{Context{Lang: "fa-AF"}, "1403-08-16T10:04:00+04:30", "2024-11-06T10:04:00+04:30"},
		{Context{Lang: "ar"}, "1446-05-04", "2024-11-06"},
		{Context{Lang: "th"}, "2567-11-06", "2024-11-06"},
		{Context{Lang: "fa"}, "1403/13/01", ""},
		{Context{Lang: "fa"}, "03/08/16", ""},
		{Context{}, "2 hours ago", ""},
		{Context{}, "yesterday", ""},
		{Context{Captured: captured}, "2 hours ago", "2024-11-07T10:00Z"},
		{Context{Captured: captured}, "2 hours", ""},
		{Context{Captured: captured}, "99999 hours ago", ""},
		{Context{Captured: captured}, "999 years ago", ""},
		{Context{Captured: captured}, "gestern", "2024-11-06"},
		{Context{Published: day("2024-11-20")}, "November 6", "2024-11-06"},
		{Context{Published: day("2024-11-20")}, "Wednesday", "2024-11-20"},
		{Context{Published: day("2024-11-20")}, "۱۶ آبان", "2024-11-06"},
		{Context{Published: &article.Date{Time: captured, Precision: article.Month}}, "November 6", ""},
		{Context{}, "November 6", ""},
		{Context{Lang: "de"}, "Veröffentlicht: 6. November 2024", ""}, // that is Find's
		{Context{}, "2024-11-06T10:04:05-13:00", ""},
		{Context{}, "6 Nov 2024 10:04 PST", "2024-11-06T10:04-08:00"},
		{Context{}, "6 Nov 2024 10:04 UTC+3", "2024-11-06T10:04+03:00"},
		{Context{}, "6 Nov 2024 10:04 GMT+4:30", "2024-11-06T10:04+04:30"},
		{Context{}, "6 Nov 2024 10:04 IST", "2024-11-06T10:04"},
		{Context{}, "6 Nov 2024 10:04 Kabul time", "2024-11-06T10:04"},
		{Context{Lang: "en_US"}, "05/06/2024", "2024-05-06"},
		{Context{}, "6 Nov 2024 10.04 MEZ", "2024-11-06T10:04+01:00"},
	} {
		d, err := c.context.Parse(c.in)
		if got := d.String(); (err == nil) != (c.want != "") || err == nil && got != c.want {
			t.Errorf("%+v: %q = %s, %v; want %s", c.context, c.in, got, err, c.want)
		}
	}
}

func TestMentionsInLanguages(t *testing.T) {
	for _, c := range []struct{ lang, text, want string }{
		{"de", "Am Mittwoch sagte er, bis zum 3. Januar sei Zeit; am 6. November 2024 um 10 Uhr", "Mittwoch=2024-11-20; 3. Januar=2025-01-03; 6. November 2024=2024-11-06"},
		{"de", "am Mittwoch kommender Woche, mai 5, mi 5", ""},
		{"fr", "le mercredi 6 novembre, puis le 7 novembre 2024, mais 5 mai", "mercredi 6 novembre=2024-11-06; 7 novembre 2024=2024-11-07; 5 mai=2025-05-05"},
		{"fr", "6 mar et 7 sept", ""},
		{"es", "el miércoles y el 6 de noviembre; el jueves próximo; de 2024 a 2025", "miércoles=2024-11-20; 6 de noviembre=2024-11-06"},
		{"ru", "В среду, 6 ноября, и 7 ноября 2024 года", "среду, 6 ноября=2024-11-06; 7 ноября 2024=2024-11-07"},
		{"fa", "روز چهارشنبه ۱۶ عقرب و ۱۷ آبان ۱۴۰۳ و ۶ نوامبر", "چهارشنبه ۱۶ عقرب=2024-11-06; ۱۷ آبان ۱۴۰۳=2024-11-07; ۶ نوامبر=2024-11-06"},
		{"ar", "يوم 6 نوفمبر و 7 تشرين الثاني 2024", "6 نوفمبر=2024-11-06; 7 تشرين الثاني 2024=2024-11-07"},
		{"zh", "记者11月6日在喀布尔，二十六日", "11月6日=2024-11-06"},
		{"ja", "11月6日（水）に、3月", "11月6日=2024-11-06"},
		{"ko", "지난 11월 6일 카불에서", "11월 6일=2024-11-06"},
		{"th", "เมื่อวันที่ 6 พฤศจิกายน 2567", "6 พฤศจิกายน 2567=2024-11-06"},
		{"pl", "Dnia 6 listopada w Kabulu", "6 listopada=2024-11-06"},
		{"hr", "Dana 6. listopada 2024. u Kabulu", "6. listopada 2024=2024-10-06"},
		{"xx", "6 November 2024", ""},
	} {
		var got []string
		for _, d := range Mentions(c.lang, c.text, day("2024-11-20")) {
			got = append(got, d.Raw+"="+d.String())
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%s: %q:\n got %q\nwant %q", c.lang, c.text, g, c.want)
		}
	}
}

func FuzzFind(f *testing.F) {
	for lang, cases := range languageCases {
		f.Add(lang, strings.Join(cases, " "))
	}
	f.Add("en", "2000-1-0 and 6 Nov 2024 25:61, 13 pm")
	f.Fuzz(func(t *testing.T, lang, text string) {
		c := Context{Lang: lang, Captured: captured, Published: day("2024-11-07")}
		for _, d := range c.find(text, maxFound) {
			if d.Raw == "" || d.Time.Year() < 1800 || d.Time.Year() > 2110 {
				t.Fatalf("%q: %+v", text, d)
			}
			if _, err := d.MarshalJSON(); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
		if len(text) <= maxDate {
			if d, err := c.Parse(text); err == nil {
				if _, err := d.MarshalJSON(); err != nil {
					t.Fatalf("%q: %v", text, err)
				}
			}
		}
	})
}

// Twice the text takes about twice the time, whatever it repeats.
func TestFindIsLinear(t *testing.T) {
	c := Context{Lang: "en", Captured: captured, Published: day("2024-11-07")}
	for _, piece := range []string{
		"November ", "6 ", "6 of ", "Wednesday, ", "2 hours ", "ago ", "vor ", "il y a ", "1 ", ".", "6.", "6/", "10:04 ", "a ", "        ", "ago,",
		"令和", "月", "十", "11月", "พ.", "ربيع ", "۱۶ آبان ", "\u00ad", "tháng ", "2024年", "e ", "GMT+", "a", "6 November 2024 ",
	} {
		lineartest.Check(t, strconv.Quote(piece), 16_000, func(n int) func() {
			s := strings.Repeat(piece, n)
			return func() { c.find(s, maxFound) }
		})
	}
}

// A date that a machine wrote is read without the heap, but for its zone.
func TestParseAllocatesNothing(t *testing.T) {
	for in, most := range map[string]float64{"2024-11-06T09:30:00Z": 0, "2024-11-06": 0, "1730885400": 0, "Wed, 06 Nov 2024 09:30:00 GMT": 0, "2024-11-06T09:30:00+04:30": 3} {
		if n := testing.AllocsPerRun(100, func() { _, _ = Parse(in) }); n > most {
			t.Errorf("%q: %v allocations, want at most %v", in, n, most)
		}
	}
}
