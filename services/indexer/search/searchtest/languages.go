//lint:file-ignore ST1018 zero-width non-joiners are letters of the Persian here, and read best in it

package searchtest

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"dateline/pkg/article"
)

// Articles in the languages that Dateline has analyzers for. Each is found by the words of the first list, which are
// followed by what is marked, and by none of the second; whether the query says its language or not.
var inLanguages = []struct {
	lang, text string
	found      map[string]string
	not        []string
}{
	{
		"fa", "دانش‌آموزان در مدرسه‌های كابل کتاب ها را می‌خوانند. قیمت کتاب‌های درسی ۲۵۰ افغانی است. رئیس‌جمهوری از آموزش حمایت نمی کند.",
		map[string]string{
			"کتاب": "کتاب ها|کتاب‌های", "کتاب‌ها": "کتاب ها|کتاب‌های", "کتابها": "کتاب ها|کتاب‌های", "کتاب ها": "کتاب ها|کتاب‌های", "كتابهاي": "کتاب ها|کتاب‌های",
			"مدرسه": "مدرسه‌های", "مدرسه‌ها": "مدرسه‌های", "کابل": "كابل", "كابل": "كابل", "می خوانند": "می‌خوانند", "میخوانند": "می‌خوانند", "خوانند": "می‌خوانند",
			"نمی‌کند": "نمی کند", "250": "۲۵۰", "٢٥٠": "۲۵۰", "قيمت": "قیمت", `"قیمت کتاب‌های درسی"`: "قیمت کتاب‌های درسی", `"قیمت کتابهای درسی"`: "قیمت کتاب‌های درسی",
			"دانش‌آموزان": "دانش‌آموزان", `"دانش اموزان"`: "دانش‌آموزان", "دانشآموزان": "دانش‌آموزان", "رییس": "رئیس", "مدر*": "مدرسه‌های", "جمهور": "جمهوری",
		},
		[]string{"دفتر", `"قیمت درسی"`, `"درسی کتاب‌های"`, "251"},
	},
	{
		"ar", "قال الوزير إنَّ المدينةَ ستستقبل ١٢٠ لاجئًا، وأكّدت المدرسـة أن المسؤولين والمعلمون سيحضرون إلى المستشفى.",
		map[string]string{
			"وزير": "الوزير", "الوزير": "الوزير", "والوزير": "الوزير", "وزیر": "الوزير", "مدينة": "المدينةَ", "المدينه": "المدينةَ", "مدرسة": "المدرسـة", "المُدَرِّسَة": "المدرسـة",
			"ان": "إنَّ|أن", "120": "١٢٠", "۱۲۰": "١٢٠", "اكدت": "وأكّدت", "معلمين": "والمعلمون", "المعلمون": "والمعلمون", "مسؤول": "المسؤولين", "المستشفي": "المستشفى",
			`"الى المستشفى"`: "إلى المستشفى",
		},
		[]string{"جامعة", `"المدينة الوزير"`},
	},
	{
		"ps", "د کابل په ښوونځيو کې زده کوونکي کتابونه لولي. د کتابونو بیه ۱۵۰ افغانۍ ده او د ښځو لپاره نوې لارې شته.",
		map[string]string{
			"کتاب": "کتابونه|کتابونو", "كتابونه": "کتابونه|کتابونو", "ښوونځی": "ښوونځيو", "ښوونځي": "ښوونځيو", "150": "۱۵۰", "افغانی": "افغانۍ", "کی": "کې", "نوی": "نوې", `"نوي لاري"`: "نوې لارې",
			"ښځو": "ښځو", "ښځه": "ښځو",
		},
		[]string{"مجله", `"کابل د"`},
	},
	{
		"ur", "لاہور میں لڑکیوں کی کتابیں مہنگی ہو گئیں۔ وزیر نے کہا کہ کتابوں کی قیمت ۴۰۰ روپے ہے اور حکومتوں نے مدد کی۔",
		map[string]string{
			"کتاب": "کتابیں|کتابوں", "كتابوں": "کتابیں|کتابوں", "لڑکی": "لڑکیوں", "لاہور": "لاہور", "لاهور": "لاہور", "400": "۴۰۰", "حکومت": "حکومتوں", "کہا": "کہا", `"وزیر نے کہا"`: "وزیر نے کہا",
		},
		[]string{"اسکول", "گھر"},
	},
	{
		"zh", "中國北京市政府昨天表示，２０２４年的天气很好。记者王小明报道。",
		map[string]string{
			"北京": "北京", "北京市": "北京市", "京": "京", "天": "天|天", "天气": "天气", "市政府": "市政府", "王小明": "王小明", "2024年": "２０２４年", "2024": "２０２４", `"北京市政府"`: "北京市政府", "道": "道", "好": "好",
		},
		[]string{"上海", "京北", "海", `"天气北京"`, "示天"},
	},
	{
		"ja", "東京都は７日、ｺﾝﾋﾟｭｰﾀの新しいサーバーを公開した。住民は魚を食べたと話した。",
		map[string]string{
			"東京": "東京", "東京都": "東京都", "都": "都", "コンピュータ": "ｺﾝﾋﾟｭｰﾀ", "コンピューター": "ｺﾝﾋﾟｭｰﾀ", "サーバ": "サーバー", "サーバー": "サーバー", "食べる": "食べ", "食べた": "食べた", "住民": "住民", "魚": "魚", "7日": "７日", "新しい": "新しい",
		},
		[]string{"大阪", "東都", "猫", `"食べる"`},
	},
	{
		"ko", "대통령은 서울에서 열린 회의에 참석했다. 서울시의 물가가 3% 올랐다.",
		map[string]string{
			"대통령": "대통령", "대통령이": "대통령", "대통령은": "대통령은", "서울": "서울|서울", "서울은": "서울|서울", "회의": "회의", "회의를": "회의", "물가": "물가", "물": "물", "서울시": "서울시", "회": "회",
		},
		[]string{"부산", "통대", "국회의원"},
	},
	{
		"th", "น้ำท่วมกรุงเทพมหานครเมื่อวันที่ ๗ พฤศจิกายน ทำให้โรงเรียนปิด",
		map[string]string{
			"น้ำท่วม": "น้ำท่วม", "นํ้าท่วม": "น้ำท่วม", "กรุงเทพ": "กรุงเทพ", "โรงเรียน": "โรงเรียน", "7": "๗", "พฤศจิกายน": "พฤศจิกายน", "ปิด": "ปิด", `"โรงเรียนปิด"`: "โรงเรียนปิด",
		},
		[]string{"เชียงใหม่", "ปิดโรงเรียน", "ตำรวจ"},
	},
	{
		"ru", "Министры обсудили цены на зерно. Учёные сообщили о новых исследованиях в Йошкар-Оле.",
		map[string]string{
			"министр": "Министры", "министров": "Министры", "цена": "цены", "ученый": "Учёные", "учёного": "Учёные", "исследование": "исследованиях", "новый": "новых", "ЗЕРНА": "зерно", "Йошкар-Ола": "Йошкар-Оле", `"цены на зерно"`: "цены на зерно",
			"сообщ*": "сообщили",
		},
		[]string{"президент", `"цена на зерно"`, `"зерно на цены"`},
	},
	{
		"de", "Die Häuser in der Königstraße gehören Herrn Müller. Größere Städte fördern den Wohnungsbau; die Preise stiegen.",
		map[string]string{
			"Haus": "Häuser", "Hauser": "Häuser", "haeuser": "Häuser", "Königstrasse": "Königstraße", "koenigstrasse": "Königstraße", "KÖNIGSTRASSE": "Königstraße", "Mueller": "Müller", "Muller": "Müller", "Stadt": "Städte", "Preis": "Preise", "Preisen": "Preise",
			`"die Preise"`: "die Preise", "wohnung*": "Wohnungsbau", "groesser": "Größere",
		},
		[]string{"Dorf", `"der Preise"`, `"die Preis"`},
	},
	{
		"en", "The U.S. government’s colour-coded labelling programme organised workers’ meetings. Café owners said prices were rising, O’Brien wrote.",
		map[string]string{
			"US": "U.S", "U.S.": "U.S", "governments": "government", "government's": "government", "color": "colour", "colours": "colour", "labeling": "labelling", "labelled": "labelling", "program": "programme", "organize": "organised", "organization": "organised", "organising": "organised", "worker": "workers", "meeting": "meetings", "cafe": "Café", "CAFÉS": "Café",
			"price": "prices", "rise": "", "O'Brien": "O’Brien", "colour-coded": "colour-coded", "colourcoded": "colour-coded", `"prices were rising"`: "prices were rising", "ris*": "rising",
		},
		[]string{"mayor", `"price were rising"`, `"were prices"`, "Bri"},
	},
}

var marked = regexp.MustCompile(`<mark>(.*?)</mark>`)

func testLanguages(t *testing.T, open Open) {
	w := Begin(t, open, t.TempDir())
	for _, l := range inLanguages {
		a := Titled("", l.text)
		a.InLanguage = l.lang
		a.DisplayTitle = article.DisplayTitle{Text: "[" + l.lang + "]", Derived: true}
		w.Add(a)
	}
	w.Settle()
	for _, l := range inLanguages {
		for _, lang := range []string{"", l.lang} {
			// ask gives what is marked, or nil where the article is not found.
			ask := func(q string) []string {
				for _, h := range w.Find("q", q, "lang", lang).Hits {
					if h.Article.InLanguage != l.lang {
						continue
					}
					marks := []string{}
					for _, m := range marked.FindAllStringSubmatch(h.Snippet, -1) {
						marks = append(marks, m[1])
					}
					return marks
				}
				return nil
			}
			for q, want := range l.found {
				got := ask(q)
				if want == "" { // what no analysis here can know
					if got != nil {
						t.Errorf("%s: %s is found now: %q", l.lang, q, got)
					}
					continue
				}
				if !slices.Equal(got, strings.Split(want, "|")) {
					t.Errorf("%s (lang=%s): %s marks %q, want %q", l.lang, lang, q, got, want)
				}
			}
			for _, q := range l.not {
				if got := ask(q); got != nil {
					t.Errorf("%s (lang=%s): %s is found: %q", l.lang, lang, q, got)
				}
			}
		}
	}
}
