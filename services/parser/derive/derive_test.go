package derive

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"dateline/pkg/article"
)

func TestTitle(t *testing.T) {
	long := "The ministry has welcomed the result of the election in the U.S. state, expressing hope that the incoming administration will talk."
	for _, c := range []struct{ in, want string }{
		{"The minister said so. Nobody believed it.", "The minister said so"},
		{"Mr. Smith of the U.S. Army said so. Nobody believed it.", "Mr. Smith of the U.S. Army said so"},
		{"“It is so.” Nobody believed it.", "“It is so.”"},
		{"Who said so? Nobody knows.", "Who said so?"},
		{"It rose 3.5 percent. Then it fell.", "It rose 3.5 percent"},
		{"A title without an end", "A title without an end"},
		{"First line\nsecond line.", "First line"},
		{long, "The ministry has welcomed the result of the election in the U.S. state, expressing hope that the incoming…"},
		{strings.Repeat("该部周三表示，", 30), strings.TrimRight(strings.Repeat("该部周三表示，", 16)[:109*3], "，") + "…"},
		{"该部周三表示。协议。", "该部周三表示"},
		{"", ""},
	} {
		got := Title(c.in)
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
		if utf8.RuneCountInString(got) > maxTitle {
			t.Errorf("%q has %d characters", got, utf8.RuneCountInString(got))
		}
	}
}

func TestComplete(t *testing.T) {
	a := &article.Article{
		Dateline:      &article.Dateline{Place: "KABUL", Date: &article.Date{Raw: "Nov 6"}},
		DatePublished: &article.Date{Time: time.Date(2024, 11, 7, 9, 0, 0, 0, time.UTC), Precision: article.Second},
		Language:      &article.Language{Declared: "en_GB"},
		Body:          []article.Block{{Type: article.Paragraph, Text: "The minister said on Wednesday that the talks would go on until the end of the year."}},
	}
	Complete(a)
	if a.Text != a.Body[0].Text || a.InLanguage != "en-GB" || a.Language.Detected != "en" || !a.DisplayTitle.Derived || !article.ValidID(a.Fingerprint) {
		t.Errorf("%+v", a)
	}
	if d := a.Dateline.Date; d == nil || d.String() != "2024-11-06" || d.Raw != "Nov 6" {
		t.Errorf("dateline %+v", d)
	}
	if len(a.DateMentions) != 1 || a.DateMentions[0].String() != "2024-11-06" {
		t.Errorf("mentions %+v", a.DateMentions)
	}
	ru := &article.Article{
		Dateline:      &article.Dateline{Place: "МОСКВА", Date: &article.Date{Raw: "6 ноября"}},
		DatePublished: &article.Date{Time: time.Date(2024, 11, 7, 9, 0, 0, 0, time.UTC), Precision: article.Second},
		Body:          []article.Block{{Type: article.Paragraph, Text: "Министр сообщил в среду, что переговоры будут продолжены до конца года."}},
	}
	Complete(ru)
	if d := ru.Dateline.Date; d == nil || d.String() != "2024-11-06" || d.Raw != "6 ноября" {
		t.Errorf("dateline %+v", d)
	}
	known := article.Date{Time: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), Precision: article.Day}
	b := &article.Article{Headline: "H", Dateline: &article.Dateline{Date: &known}}
	Complete(b)
	if b.Dateline.Date != &known || b.DisplayTitle != (article.DisplayTitle{Text: "H"}) || b.InLanguage != "" || b.Language != nil {
		t.Errorf("%+v", b)
	}
}

// Days without a year do not count from a change, which may be years later than what they speak of, nor from a day that is
// still to come.
func TestCompleteByDoubtfulDates(t *testing.T) {
	at := time.Date(2024, 11, 7, 9, 0, 0, 0, time.UTC)
	for _, published := range []article.Date{
		{Time: at, Precision: article.Second, From: article.FromModified},
		{Time: at, Precision: article.Second, From: article.FromMeta, Future: true},
	} {
		a := &article.Article{
			Dateline:      &article.Dateline{Place: "KABUL", Date: &article.Date{Raw: "Nov 6"}},
			DatePublished: &published,
			Body:          []article.Block{{Type: article.Paragraph, Text: "The minister said on Wednesday that the talks would go on until the end of the year."}},
		}
		Complete(a)
		if a.Dateline.Date != nil || a.DateMentions != nil {
			t.Errorf("%+v: dateline %+v, mentions %+v", published, a.Dateline.Date, a.DateMentions)
		}
	}
}
