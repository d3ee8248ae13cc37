//lint:file-ignore ST1018 zero-width non-joiners are letters of the Persian here, and read best in it

package analysis

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// show writes tokens: those of one position with | between.
func show(tokens []Token) string {
	var b strings.Builder
	pos := 0
	for _, t := range tokens {
		switch {
		case t.Position == pos:
			b.WriteByte('|')
		case pos > 0:
			b.WriteByte(' ')
		}
		pos = t.Position
		b.WriteString(t.Term)
	}
	return b.String()
}

func TestTokens(t *testing.T) {
	for _, c := range []struct{ lang, text, want string }{
		{"", "", ""},
		{"", "— … !", ""},
		{"", "Ｆｕｌｌ  WIDTH ﬁne", "full width fine"},
		{"", "École naïve Ørsted Łódź Straße Ægir İstanbul", "ecole naive orsted lodz strasse aegir istanbul"},
		{"", "e\u0301cole re\u00ADport", "ecole report"},
		{"", "Acme™ m² 1,000", "acme m2 1 000"},
		{"", "U.S. e.g. J. Smith a.b.com end.", "us eg j smith ab com end"},
		{"", "l’école 'tis Ada's O'Brien", "l ecole tis ada o brien"},
		{"", "Αθήνας ΑΘΗΝΑΣ", "αθηνασ αθηνασ"},
		{"", "Ёлка ёлка й", "елка елка й"},
		{"", "हिन्दी १२३", "हिन्दी 123"},
		{"", "שָׁלוֹם", "שלום"},
		{"", "𝟘𝟙 ٠١٢ ۳۴ ๕๖", "01 012 34 56"},
		{"", "ﷲ كتاب مكتبة مسؤول أإآ", "الله کتاب مکتبه مسوول ااا"},
		{"", "بھائی علماء", "بهایی علما"},
		{"ur", "بھائی ہے", "بھایی|=بھای هے"},
		{"ar", "علماء", "علماء"},
		{"", "北京市", "北京 京市 市"},
		{"", "北京2024年LG전자", "北京 京 2024 年 lg 전자 자"},
		{"fa", "کتاب‌ها", "کتابها|=کتاب|ها"},
		{"fa", "کتاب ها", "کتابها|=کتاب|ها"},
		{"fa", "کتابها", "کتابها|=کتاب|ها"},
		{"fa", "کتاب. ها", "کتاب ها"},
		{"fa", "نمی رود", "نمیرود|=رود|نمی"},
		{"fa", "دانش‌آموز", "دانش|دانشاموز اموز"},
		{"en", "Ponies organised", "ponies|=poni organised|=organ"},
		{"de", "Bauer Quelle Goethe neue", "bauer|=bau quelle|=quell goethe|=goth neue|=neu"},
		{"ru-RU", "Книги", "книги|=книг"},
		{"ru", "Йошкар-Оле", "йошкар|йошкароле|=йошкарол оле|=ол"},
		{"", "- a -b c- d --e", "a b c d e"},
		{"", strings.Repeat("x", 1000), strings.Repeat("x", maxTerm+1)},
	} {
		if got := show(For(c.lang).Tokens(c.text)); got != c.want {
			t.Errorf("%s %.40q: %s, want %s", c.lang, c.text, got, c.want)
		}
	}
}

// Places are those of the text as it was, whatever was normalized.
func TestPlaces(t *testing.T) {
	const text = "…½ ﬁne Cafe\u0301™ ｶﾞﾝ น้ำท่วม U.S. the end"
	var got []string
	for _, k := range For("").Tokens(text) {
		got = append(got, text[k.Start:k.End])
	}
	if want := "1:½ 2:½ 3:ﬁne 4:Cafe\u0301 5:ｶﾞﾝ 6:ﾝ 7:น้ำ 8:ำท่ 9:ท่ว 10:วม 11:ม 12:U.S 13:the 14:end"; numbered(got) != want {
		t.Errorf("got  %s\nwant %s", numbered(got), want)
	}
}

func numbered(words []string) string {
	for i, w := range words {
		words[i] = fmt.Sprintf("%d:%s", i+1, w)
	}
	return strings.Join(words, " ")
}

func TestForms(t *testing.T) {
	for _, c := range []struct{ text, lang, want string }{
		{"京", "", "[{[[京]] true}]"},
		{"北京市", "", "[{[[北京] [京市]] false}]"},
		{"2024年", "zh", "[{[[2024] [年]] true}]"},
		{"대통령은", "ko", "[{[[대통] [통령] [령은]] false} {[[대통] [통령]] false}]"},
		{"食べる", "ja", "[{[[食べ] [べる]] false} {[[食べ]] false}]"},
		{"prices", "en", "[{[[prices =prices =price price]] false}]"},
		{"e-mail", "fr", "[{[[email =email]] false} {[[e] [mail]] false}]"},
		{"state-of-the-art", "fr", "[{[[state] [of] [the] [art]] false}]"},
		{"—", "", "[]"},
	} {
		if got := fmt.Sprint(Word(c.text, c.lang)); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}

// tags are of all analyzers.
var tags = []string{"", "ar", "de", "en", "fa", "ps", "ru", "ur"}

// Every text is found by itself, as words and as a phrase, and all places are within it.
func FuzzTokens(f *testing.F) {
	for _, s := range []string{
		"The U.S. government’s cafés", "کتاب‌ها و کتاب ها می‌رود", "北京市2024年、コンピューターｶﾞ", "น้ำท่วม นํ้า", "대통령은 e.g.", "l'état ½™ ﷺ", "\xff\u0301a\u200c\u0640ء", "ー", "Aٔ‌ب",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tag := range tags {
			tokens := For(tag).Tokens(text)
			pos := 0
			for _, k := range tokens {
				if k.Start < 0 || k.Start > k.FirstEnd || k.FirstEnd > k.End || k.End > len(text) || k.Term == "" || len(k.Term) > 3*maxTerm {
					t.Fatalf("%s %q: %+v", tag, text, k)
				}
				if k.Position != pos && k.Position != pos+1 {
					t.Fatalf("%s %q: position %d follows %d", tag, text, k.Position, pos)
				}
				pos = k.Position
				if utf8.ValidString(text) && !utf8.ValidString(text[k.Start:k.End]) {
					t.Errorf("%s %q: %+v parts a character", tag, text, k)
				}
			}
			for what, forms := range map[string][]Form{"words": Word(text, tag), "phrase": Phrase(text, tag), "beginning": Prefix(text, tag)} {
				found := len(tokens) == 0
				Find(tokens, forms, func(int, int) { found = true })
				if !found {
					t.Errorf("%s: %q is not found by itself as %s: %v in %v", tag, text, what, forms, tokens)
				}
			}
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	for tag, text := range map[string]string{
		"en": "The head of the bakers said on Wednesday that prices had doubled since the roads were closed, and that nobody knew why. ",
		"fa": "رئیس اتحادیه نانوایان روز چهارشنبه گفت که قیمت‌ها از زمان بسته شدن راه‌ها دو برابر شده است و کسی دلیل آن را نمی‌داند. ",
		"zh": "面包师协会会长星期三表示，自道路关闭以来，价格已经翻了一番，没有人知道原因。",
	} {
		text = strings.Repeat(text, 20)
		b.Run(tag, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				For(tag).Tokens(text)
			}
		})
	}
}
