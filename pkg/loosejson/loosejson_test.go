package loosejson

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"dateline/pkg/lineartest"
)

func TestRead(t *testing.T) {
	object := map[string]any{"a": "b", "c": []any{1.0, true}}
	for _, c := range []struct {
		name, in string
		want     []any
	}{
		{"plain", `{"a":"b","c":[1,true]}`, []any{object}},
		{"trailing commas", `{"a":"b","c":[1,true,],}`, []any{object}},
		{"missing comma", "{\"a\":\"b\"\n\"c\":[1 true]}", []any{object}},
		{"single quotes", `{'a':'b','c':[1,true]}`, []any{object}},
		{"names without quotes", `{a:"b",c:[1,true]}`, []any{object}},
		{"comments", "// of the site\n{\"a\":\"b\", /* two */ \"c\":[1, // one\ntrue]}", []any{object}},
		{"HTML comment", `<!-- {"a":"b","c":[1,true]} -->`, []any{object}},
		{"CDATA", `<![CDATA[ {"a":"b","c":[1,true]} ]]>`, []any{object}},
		{"CDATA hidden from scripts", "//<![CDATA[\n{\"a\":\"b\",\"c\":[1,true]}\n//]]>", []any{object}},
		{"CDATA hidden, all on one line", `//<![CDATA[{"a":"b","c":[1,true]}`, []any{object}},
		{"semicolon", `{"a":"b","c":[1,true]};`, []any{object}},
		{"several", `{"a":"b","c":[1,true]} {"a":"b","c":[1,true]},[]`, []any{object, object, []any{}}},
		{"escaped for HTML", `{&quot;a&quot;:&quot;b&quot;,&quot;c&quot;:[1,true]}`, []any{object}},
		{"one brace too many", `{"a":"b","c":[1,true]}}`, []any{object}},
		{"one bracket too few", `{"a":"b","c":[1,true}`, []any{object}},
		{"broken off", `{"a":"b","c":[1,true`, []any{object}},
		{"no value", `{"x":,"a":"b","c":[1,true]}`, []any{object}},
		{"line break in a string", "{\"a\":\"b\n\tc\"}", []any{map[string]any{"a": "b\n\tc"}}},
		{"quotation marks in a string", `{"a":"He said "no" to her","b":"and "yes", he said, "later""}`, []any{map[string]any{"a": `He said "no" to her`, "b": `and "yes", he said, "later"`}}},
		{"broken off in a string", `{"a":"b`, []any{map[string]any{"a": "b"}}},
		{"escapes", `{"a":"\u00e9\ud83d\ude00\ud83d\n\/\"\x"}`, []any{map[string]any{"a": "é😀\ufffd\n/\"x"}}},
		{"long integers", `{"a":12345678901234567890,"b":9007199254740992}`, []any{map[string]any{"a": "12345678901234567890", "b": 9007199254740992.0}}},
		{"text", `no JSON at all`, nil},
		{"nothing", ``, nil},
	} {
		if got := Read(c.in); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v, want %#v", c.name, got, c.want)
		}
	}
}

func TestReadIsBounded(t *testing.T) {
	if got := Read(strings.Repeat("[", 1_000_000)); len(got) != 1 {
		t.Errorf("%d values", len(got))
	}
	for name, piece := range map[string]string{
		"objects": `{"a":1},`, "quotes": `"" "`, "spaces": `"          `, "comments": "/* */ // \n", "slashes": "/", "escapes": `\u12`, "braces": "{", "closing": "}]", "commas": `",`, "cdata": "//<![CDATA[",
	} {
		lineartest.Check(t, name, 32_000, func(n int) func() {
			s := `{"a":"` + strings.Repeat(piece, n)
			return func() {
				Read(s)
				Read(s[5:])
			}
		})
	}
}

var longInteger = regexp.MustCompile(`\d{16}`)

// What is JSON is read as encoding/json reads it.
func FuzzRead(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e3,"x",null,true,{"b":{}}]}`, `[{"a":"\u00e9\"\\"}]`, `{"a":"b" "c"`, `// x`, `{'a':'b',}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Read(s)
		var want any
		trimmed := strings.TrimSpace(s)
		if json.Unmarshal([]byte(s), &want) != nil || trimmed[0] != '{' && trimmed[0] != '[' || strings.Count(s, "{")+strings.Count(s, "[") > maxNesting {
			return
		}
		if strings.ToValidUTF8(s, "") != s || strings.Contains(s, `\`) || strings.Contains(s, "CDATA") || !strings.Contains(s, `"`) {
			return // escapes are read more leniently
		}
		if longInteger.MatchString(s) {
			return
		}
		if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Errorf("%q: %#v, want %#v", s, got, want)
		}
	})
}
