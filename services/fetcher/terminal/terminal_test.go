package terminal

import "testing"

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"خبر می\u200cرود":                "خبر می\u200cرود",
		"क्\u200dष":                      "क्\u200dष",
		"a\nb\tc\u2028d":                 "a b c d",
		"\x1b[31mred\x1b[0m\u009b1m":     " [31mred [0m 1m",
		"safe\u202etxt.exe\u2066":        "safetxt.exe",
		"日本 – “x” 1\u00a0000 \U0001f600": "日本 – “x” 1 000 \U0001f600",
		"": "",
	} {
		if got := Text(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
