package charset

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"dateline/pkg/lineartest"

	"golang.org/x/net/html/charset"
)

func encode(t testing.TB, label, text string) []byte {
	t.Helper()
	enc, _ := charset.Lookup(label)
	b, err := enc.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", label, err)
	}
	return b
}

func TestDecode(t *testing.T) {
	const text = "<html><body>Grüße, Свет"
	utf16LE := func(s string) []byte {
		b := []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune(s)) {
			b = append(b, byte(u), byte(u>>8))
		}
		return b
	}
	russian := "<html><p>" + strings.Repeat("Мост через реку открыли в среду, через девять лет после закладки первого камня. ", 5)
	for _, c := range []struct {
		name, contentType string
		body              []byte
		want              string
		charset           string
		source            Source
	}{
		{"UTF-8", "text/html", []byte(text), text, "utf-8", Valid},
		{"UTF-8 whatever is declared", "text/html; charset=iso-8859-1", []byte(text), text, "utf-8", Valid},
		{"byte order mark", "text/html", []byte("\xef\xbb\xbf" + text), text, "utf-8", BOM},
		{"cut inside a character", "text/html", []byte(text + "\xd0"), text, "utf-8", Valid},
		{"UTF-16", "text/html", utf16LE(text), text, "utf-16le", BOM},
		{"header", "text/html; charset=windows-1251", encode(t, "windows-1251", "<html>Свет и тьма"), "<html>Свет и тьма", "windows-1251", Header},
		{"broken header", "text/html; a=b=c; charset=\"windows-1251", encode(t, "windows-1251", "<html>Свет и тьма"), "<html>Свет и тьма", "windows-1251", Header},
		{"declaration", "text/html", append([]byte("<meta charset=\"gbk\">"), encode(t, "gbk", "新闻")...), "<meta charset=\"gbk\">新闻", "gbk", Declaration},
		{"unknown header", "text/html; charset=x-unknown", append([]byte("<meta charset=\"gbk\">"), encode(t, "gbk", "新闻")...), "<meta charset=\"gbk\">新闻", "gbk", Declaration},
		{"XML declaration", "text/html", append([]byte("<?xml version='1.0' encoding='windows-1251'?>"), encode(t, "windows-1251", "Свет")...), "<?xml version='1.0' encoding='windows-1251'?>Свет", "windows-1251", Declaration},
		{"late declaration", "text/html", append([]byte("<html><!--"+strings.Repeat(" ", 5000)+"--><meta charset=windows-1251>"), encode(t, "windows-1251", "Свет")...), "<html><!--" + strings.Repeat(" ", 5000) + "--><meta charset=windows-1251>Свет", "windows-1251", Declaration},
		{"declared UTF-8, and is not", "text/html; charset=utf-8", encode(t, "windows-1251", russian), russian, "windows-1251", Detection},
		{"detected windows-1251", "text/html", encode(t, "windows-1251", russian), russian, "windows-1251", Detection},
		{"detected KOI8-R", "text/html", encode(t, "koi8-r", russian), russian, "koi8-r", Detection},
		{"detected Shift_JIS", "text/html", encode(t, "shift_jis", strings.Repeat("水曜日、最初の石が置かれてから九年後に橋が開通しました。", 8)), strings.Repeat("水曜日、最初の石が置かれてから九年後に橋が開通しました。", 8), "shift_jis", Detection},
		{"language, Polish by Windows", "text/html", encode(t, "windows-1250", "<html lang=pl>Środa, święto, źródło, żółć"), "<html lang=pl>Środa, święto, źródło, żółć", "windows-1250", Language},
		{"language, Polish by ISO", "text/html", encode(t, "iso-8859-2", "<html lang=pl>Środa, święto, źródło, żółć"), "<html lang=pl>Środa, święto, źródło, żółć", "iso-8859-2", Language},
		{"language, Hebrew", "text/html", encode(t, "windows-1255", "<html lang='he-IL'>הגשר נפתח"), "<html lang='he-IL'>הגשר נפתח", "windows-1255", Language},
		{"nothing said", "text/html", encode(t, "windows-1252", "<html>Grüße"), "<html>Grüße", "windows-1252", Default},
	} {
		d, err := Decode(c.body, c.contentType)
		if err != nil || d.Text != c.want || d.Charset != c.charset || d.Source != c.source || d.Replaced != 0 {
			t.Errorf("%s: %q, %s by %s, %d replaced, %v; want %s by %s", c.name, d.Text[:min(len(d.Text), 60)], d.Charset, d.Source, d.Replaced, err, c.charset, c.source)
		}
	}
}

func TestReplacementsAreCounted(t *testing.T) {
	body := strings.Repeat("Grüße aus Köln. ", 20)
	d, err := Decode([]byte(body+"\xff\xff and more"), "text/html; charset=utf-8")
	if err != nil || d.Replaced != 2 || d.Text != body+"\ufffd\ufffd and more" || d.Source != Valid {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestForbidden(t *testing.T) {
	if _, err := Decode([]byte("\xff"), "text/html; charset=hz-gb-2312"); !errors.Is(err, ErrForbidden) {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("<html lang=pl><meta charset=gbk>\xff\xfe"), "text/html; charset=x")
	f.Add([]byte("\xff\xfe<\x00"), "")
	f.Add([]byte("\x1b$B0U\x1b(J<script>\xe4</script"), "text/html")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		d, err := Decode(body, contentType)
		if err == nil && (!utf8.ValidString(d.Text) || d.Charset == "" || d.Source == "") {
			t.Fatalf("%+v", d)
		}
	})
}

// Twice the bytes take about twice the time, whatever they repeat.
func TestDecodeIsLinear(t *testing.T) {
	for _, piece := range []string{"a", "\xe4", "\xc3\xa4", "<", "<script>", "</", "charset=", "charset=x", "\xc3\xa4\xff ", "<html lang=", "\x1b$"} {
		lineartest.Check(t, strconv.Quote(piece), 400_000, func(n int) func() {
			body := append([]byte("\xff\xff"), strings.Repeat(piece, n)...)
			return func() { _, _ = Decode(body, "text/html") }
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, body := range map[string][]byte{
		"utf-8":  []byte(strings.Repeat("<p>Мост через реку открыли в среду.</p>", 3000)),
		"legacy": encode(b, "windows-1251", strings.Repeat("<p>Мост через реку открыли в среду.</p>", 3000)),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(body, "text/html"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
