//lint:file-ignore ST1018 zero-width non-joiners are letters of the Persian here, and read best in it

package search

import (
	"bytes"
	"errors"
	"html"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzParseQuery(f *testing.F) {
	for _, s := range [][4]string{
		{"balkhi", "2024-11-06", "2024-11-06T10:00:00+04:30", ""},
		{`+title:"a b" -x /re.*x/ wild* (一 OR "ب‌ها")`, "", "", "eyJxIjoiIiwiYSI6W119"},
		{`published:>"2024-01-01" seq:<=5`, "1677-01-01", "9999-12-31", "e30"},
		{"\\", "x", "y", "z"},
		{"\"", "", "", "%"},
	} {
		f.Add(s[0], s[1], s[2], s[3])
	}
	f.Fuzz(func(t *testing.T, q, from, to, cursor string) {
		_, err := ParseQuery(params("q", q, "from", from, "to", to, "cursor", cursor), 10)
		if pe := (*ParamError)(nil); err != nil && !errors.As(err, &pe) {
			t.Errorf("error is not of a parameter: %v", err)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("id", "2024", []byte("\xff\x00"))
	f.Fuzz(func(t *testing.T, id, cursor string, value []byte) {
		if !utf8.ValidString(id) {
			return
		}
		for order, p := range map[Sort]page{
			ByDate:      {Query: id, After: [][]byte{value, []byte(cursor)}},
			ByRelevance: {Query: id, Seen: append([]byte("123456"), value[:len(value)/seenBytes*seenBytes]...)},
		} {
			c, err := p.encode()
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Seen) > maxSeen*seenBytes {
				continue
			}
			got, err := decodePage(c, id, order)
			if err != nil || !bytes.Equal(slices.Concat(got.After...), slices.Concat(p.After...)) || !bytes.Equal(got.Seen, p.Seen) {
				t.Errorf("%v became %v, %v", p, got, err)
			}
			if p, err := decodePage(cursor, id, order); err == nil {
				keys(p.Seen)
				keys(p.Groups)
			}
		}
	})
}

func FuzzSnippet(f *testing.F) {
	f.Add("Title\n\nA body with a hit", 7, 14, 3)
	f.Add("北京市的天气", 0, 1, 7)
	f.Fuzz(func(t *testing.T, text string, body, start, length int) {
		if !utf8.ValidString(text) || body < 0 || body > len(text) || (body < len(text) && !utf8.RuneStart(text[body])) {
			return
		}
		got := snippet(text, body, []span{{start, start + length, 0}, {start + 1, start + length + 2, 1}})
		if !utf8.ValidString(got) {
			t.Errorf("%q is not UTF-8", got)
		}
		plain := html.UnescapeString(strings.NewReplacer("<mark>", "", "</mark>", "").Replace(got))
		if n := utf8.RuneCountInString(plain); n > snippetRunes+4 {
			t.Errorf("%d characters: %q", n, got)
		}
	})
}
