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
		{"该部周三表示，协议将在年底前签署。", "zh"},
		{"1234 5678", ""},
		{"", ""},
	} {
		got, confidence := Detect(c.text)
		if got != c.want || confidence < 0 || confidence > 1 {
			t.Errorf("%q: %q, %v; want %q", c.text, got, confidence, c.want)
		}
	}
	if got, _ := Detect(strings.Repeat("该部周三表示，协议将在年底前签署。", 1000)); got != "zh" {
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
	} {
		if got := Choose(c.declared, c.detected, c.confidence, c.bytes); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if Base("zh-Hant") != "zh" || Base("") != "und" {
		t.Error("Base")
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
