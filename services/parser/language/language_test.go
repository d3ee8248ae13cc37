package language

import (
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"The ministry said on Wednesday that the agreement would be signed before the end of the year, and that talks with its neighbours would go on.", "en"},
		{"Das Ministerium teilte am Mittwoch mit, dass das Abkommen noch vor Ende des Jahres unterzeichnet werden soll und die Gespräche weitergehen.", "de"},
		{"Le ministère a déclaré mercredi que l'accord serait signé avant la fin de l'année et que les négociations avec ses voisins se poursuivraient.", "fr"},
		{"Министерство сообщило в среду, что соглашение будет подписано до конца года и что переговоры с соседями будут продолжены.", "ru"},
		{"该部周三表示，协议将在年底前签署，这是两国之间的第一次会谈。", "zh-Hans"},
		{"該部週三表示，協議將在年底前簽署，這是兩國之間的第一次會談。", "zh-Hant"},
		{"文化", "zh"},
		{"同省は水曜日、年末までに協定に署名すると発表した。", "ja"},
		{"정부는 수요일 연말까지 협정에 서명할 것이라고 밝혔다.", "ko"},
		{"וזיר החוץ אמר ביום רביעי כי ההסכם ייחתם לפני סוף השנה.", "he"},
		{"กระทรวงกล่าวเมื่อวันพุธว่าจะลงนามในข้อตกลงก่อนสิ้นปี", "th"},
		{"Το υπουργείο ανακοίνωσε την Τετάρτη ότι η συμφωνία θα υπογραφεί.", "el"},
		{"قالت الوزارة يوم الأربعاء إن الاتفاق سيوقع قبل نهاية العام وأن المحادثات مع الجيران ستستمر.", "ar"},
		{"وزارت خارجه روز چهارشنبه اعلام کرد که این توافق پیش از پایان سال امضا می شود و گفتگو با همسایگان ادامه دارد.", "fa"},
		{"والی ولایت هرات گفت که ولسوالی های این ولایت در ماه حمل سال آینده صاحب شفاخانه می شوند و این کار را با جدیت آغاز کرده است.", "fa-AF"},
		{"وزارت د چهارشنبې په ورځ وویل چې دا تړون به د کال تر پایه لاسلیک شي او له ګاونډیانو سره خبرې به روانې وي.", "ps"},
		{"وزارت نے بدھ کو کہا کہ معاہدے پر سال کے آخر سے پہلے دستخط کیے جائیں گے اور ہمسایوں کے ساتھ بات چیت جاری رہے گی۔", "ur"},
		{"وەزارەت ڕۆژی چوارشەممە ڕایگەیاند کە ڕێککەوتنەکە لە کۆتایی ساڵدا واژۆ دەکرێت و گفتوگۆ لەگەڵ دراوسێکان بەردەوام دەبێت.", "ckb"},
		{"Міністерство повідомило в середу, що угоду буде підписано до кінця року і що переговори із сусідами триватимуть.", "uk"},
		{"Міністэрства паведаміла ў сераду, што пагадненне будзе падпісана да канца года і што перамовы з суседзямі працягнуцца.", "be"},
		{"Министерството съобщи в сряда, че споразумението ще бъде подписано до края на годината и че преговорите със съседите продължават.", "bg"},
		{"Министерството соопшти во среда дека договорот ќе биде потпишан до крајот на годината и дека преговорите со соседите ќе продолжат.", "mk"},
		{"Министарство је саопштило у среду да ће споразум бити потписан до краја године и да ће се преговори наставити.", "sr"},
		{"Ministerstvo ve středu uvedlo, že dohoda bude podepsána do konce roku a že jednání se sousedy budou pokračovat.", "cs"},
		{"Ministerstvo v stredu uviedlo, že dohoda bude podpísaná do konca roka a že rokovania so susedmi budú pokračovať, ako bolo povedané.", "sk"},
		{"Ministeriet oplyste onsdag, at aftalen bliver underskrevet inden årets udgang, og at forhandlingerne med naboerne også vil fortsætte.", "da"},
		{"Departementet opplyste onsdag at avtalen blir undertegnet før årsskiftet, og at samtalene med naboene også skal fortsette uten opphold.", "no"},
		{"Departementet meddelade på onsdagen att avtalet ska undertecknas före årets slut och att samtalen med grannarna fortsätter.", "sv"},
		{"O ministério disse na quarta-feira que o acordo será assinado até ao fim do ano e que as conversações não vão parar.", "pt"},
		{"O ministerio dixo o mércores que o acordo será asinado antes do fin do ano e que as conversas cos veciños non rematan aquí.", "gl"},
		{"El ministerio dijo el miércoles que el acuerdo se firmará antes de fin de año y que las conversaciones con los vecinos siguen.", "es"},
		{"El ministeri va dir dimecres que l'acord se signarà abans de final d'any i que les converses amb els veïns són en marxa.", "ca"},
		{"Kementerian mengatakan pada hari Rabu bahwa perjanjian itu akan ditandatangani sebelum akhir tahun karena pembicaraan sudah selesai.", "id"},
		{"Bakanlık çarşamba günü anlaşmanın yıl sonundan önce imzalanacağını ve görüşmelerin devam edeceğini söyledi, daha sonra bir açıklama yapıldı.", "tr"},
		{"मंत्रालय ने बुधवार को कहा कि समझौते पर साल के अंत से पहले हस्ताक्षर किए जाएंगे और बातचीत जारी है।", "hi"},
		{"मंत्रालयाने बुधवारी सांगितले की वर्षाच्या अखेरीस करारावर स्वाक्षरी करण्यात येणार असून चर्चा सुरू आहे.", "mr"},
		{"1234 5678", ""},
		{"", ""},
	} {
		got, confidence := Detect(c.text)
		if got != c.want || confidence < 0 || confidence > 1 {
			t.Errorf("%q: %q, %v; want %q", c.text, got, confidence, c.want)
		}
	}
	if got, _ := Detect(strings.Repeat("该部周三表示，协议将在年底前签署。", 1000)); got != "zh-Hans" {
		t.Errorf("a long text: %q", got)
	}
}

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{"en": "en", "EN_us": "en-US", " fa-AF ": "fa-AF", "en, fr": "en", "": "", "english language": "", "und": "", "zh-Hant-TW": "zh-Hant-TW"} {
		if got := Canonical(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		declared, detected string
		confidence         float64
		bytes              int
		want               string
	}{
		{"en-US", "en", 1, 1000, "en-US"},
		{"en-US", "de", 1, 1000, "de"},
		{"en-US", "de", 0.5, 1000, "en-US"},
		{"en-US", "de", 1, 20, "en-US"},
		{"", "de", 0.1, 20, "de"},
		{"en", "", 0, 0, "en"},
		{"", "", 0, 0, ""},
		{"bs", "hr", 1, 1000, "bs"},
		{"prs", "fa", 1, 1000, "prs"},
		{"fa-AF", "fa", 1, 1000, "fa-AF"},
		{"nb", "no", 1, 1000, "nb"},
		{"fa", "ps", 1, 1000, "ps"},
	} {
		if got := Choose(c.declared, c.detected, c.confidence, c.bytes); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if Base("zh-Hant") != "zh" || Base("") != "und" {
		t.Error("Base")
	}
}

func BenchmarkDetect(b *testing.B) {
	text := strings.Repeat("The ministry said on Wednesday that the agreement would be signed before the end of the year. ", 40)
	b.ReportAllocs()
	for b.Loop() {
		Detect(text)
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("The ministry said")
	f.Fuzz(func(t *testing.T, s string) {
		if _, c := Detect(s); !(c >= 0 && c <= 1) {
			t.Fatalf("%q: confidence %v", s, c)
		}
	})
}
