//lint:file-ignore ST1018 zero-width non-joiners are letters of the Persian here, and read best in it

package query

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// show writes a tree so that it can be compared. Text, the field of most words, is left out.
func show(n Node) string {
	list := func(name string, nodes []Node) string {
		parts := []string{name}
		for _, n := range nodes {
			parts = append(parts, show(n))
		}
		return "(" + strings.Join(parts, " ") + ")"
	}
	in := func(f Field, text string) string {
		if f == Text {
			return text
		}
		return string(f) + ":" + text
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return strings.TrimSuffix(t.UTC().Format("2006-01-02T15:04:05.999Z"), "T00:00:00Z")
	}
	switch n := n.(type) {
	case And:
		return list("and", n)
	case Or:
		return list("or", n)
	case Not:
		return list("not", []Node{n.Node})
	case All:
		return "all"
	case Word:
		return in(n.Field, n.Text)
	case Phrase:
		return in(n.Field, "'"+n.Text+"'")
	case Prefix:
		return in(n.Field, n.Text+"…")
	case Range:
		return fmt.Sprintf("%s[%s %s)", n.Field, at(n.From), at(n.Before))
	}
	return fmt.Sprintf("%T", n)
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "all"},
		{" \t　", "all"},
		{"*", "all"},
		{"flour", "flour"},
		{"flour salt", "(and flour salt)"},
		{"flour AND salt", "(and flour salt)"},
		{"flour and salt", "(and flour and salt)"},
		{"flour OR salt", "(or flour salt)"},
		{"a b OR c d", "(or (and a b) (and c d))"},
		{"a (b OR c) d", "(and a (or b c) d)"},
		{"a AND(b OR c)", "(and a (or b c))"},
		{"ANDROID ORB NOTE", "(and ANDROID ORB NOTE)"},
		{"-salt", "(not salt)"},
		{"NOT salt", "(not salt)"},
		{"flour -salt", "(and flour (not salt))"},
		{"flour AND NOT (salt OR bread)", "(and flour (not (or salt bread)))"},
		{"flour OR NOT salt", "(or flour (not salt))"},
		{"+flour +salt", "(and flour salt)"},
		{"e-mail C++", "(and e-mail C++)"},
		{"Kabul - the city", "(and Kabul - the city)"},
		{`"flour prices"`, "'flour prices'"},
		{`-"flour prices" x`, "(and (not 'flour prices') x)"},
		{"“flour prices” „Brot“", "(and 'flour prices' 'Brot')"},
		{`"say \"yes\" \\"`, `'say "yes" \'`},
		{`a"b"c`, "(and a 'b' c)"},
		{"flo*", "flo…"},
		{`flo\*`, "flo*"},
		{`a\ b \(c\) \-d`, "(and a b (c) -d)"},
		{"title:flour", "title:flour"},
		{"TITLE:flour authors:x keywords:y lang:fa", "(and title:flour author:x keyword:y language:fa)"},
		{`author:"Sara Ahmadi"`, "author:'Sara Ahmadi'"},
		{"title:(flour OR author:x -salt)", "(or title:flour (and author:x (not title:salt)))"},
		{"-title:flour", "(not title:flour)"},
		{"source:bbc*", "source:bbc…"},
		{"10:30 https://news.example/a?b=1", "(and 10:30 https://news.example/a?b=1)"},
		{`what\:ever`, "what:ever"},
		{"body_state:FULL", "body_state:FULL"},
		{"قیمت آرد", "(and قیمت آرد)"},
		{"published:2024-11-06", "published[2024-11-06 2024-11-07)"},
		{"published:2024-11", "published[2024-11-01 2024-12-01)"},
		{"published:2024", "published[2024-01-01 2025-01-01)"},
		{"published:2024-11-01..2024-11-07", "published[2024-11-01 2024-11-08)"},
		{"published:2024-11..", "published[2024-11-01 )"},
		{"published:..2024-11", "published[ 2024-12-01)"},
		{"published:>=2024-11-06", "published[2024-11-06 )"},
		{"published:>2024-11-06", "published[2024-11-07 )"},
		{"published:<=2024-11-06", "published[ 2024-11-07)"},
		{"published:<2024-11-06", "published[ 2024-11-06)"},
		{`published:>="2024-11-06"`, "published[2024-11-06 )"},
		{"published:2024-11-06T10:00+04:30", "published[2024-11-06T05:30:00Z 2024-11-06T05:31:00Z)"},
		{"published:>2024-11-06T10:00:00Z", "published[2024-11-06T10:00:01Z )"},
		{"stored:2024-11-06T10:00:00Z..2024-11-06T11:00:00Z", "stored[2024-11-06T10:00:00Z 2024-11-06T11:00:01Z)"},
		{"published:(2023 OR 2024)", "(or published[2023-01-01 2024-01-01) published[2024-01-01 2025-01-01))"},
	} {
		n, err := Parse(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
		} else if got := show(n); got != c.want {
			t.Errorf("%q is %s, want %s", c.text, got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		text      string
		byte      int
		character int
		expected  string // begins so
		found     string
	}{
		{`flour "prices in`, 16, 16, `a closing quote for the one at character 7`, "the end"},
		{`آرد "گران`, 16, 9, `a closing quote for the one at character 5`, "the end"},
		{"(a b", 4, 4, `")" for the "(" at character 1`, "the end"},
		{"a (b OR (c d) e", 15, 15, `")" for the "(" at character 3`, "the end"},
		{"a b)", 3, 3, `an opening "(" before it`, "“)”"},
		{"()", 1, 1, "a word", "“)”"},
		{"a OR", 4, 4, "a word", "the end"},
		{"OR a", 0, 0, "a word", "the operator OR"},
		{"a AND OR b", 6, 6, "a word", "the operator OR"},
		{"NOT", 3, 3, "a word", "the end"},
		{"title:", 6, 6, "a word", "the end"},
		{"title: a", 6, 6, "a word", "white space"},
		{"x headline:flour", 2, 2, "one of the fields text, title, author", "“headline:”"},
		{"w*ld", 1, 1, `"*" at the end of a word only`, "“*l”"},
		{"**", 0, 0, `"*" at the end`, "“**”"},
		{"flour~2", 0, 0, "a word, or quotes around it (fuzzy words", "“flour~2”"},
		{"flour^2", 0, 0, "a word, or quotes around it (weights", "“flour^2”"},
		{`"a b"~2`, 5, 5, "white space after a phrase", "“~2”"},
		{"/flo[uw]r/", 0, 0, "a word, or quotes around it (regular expressions", "“/flo[uw]r/”"},
		{"title:>a", 6, 6, "a word, or quotes around it (comparisons", "“>a”"},
		{"body_state:most", 11, 11, "one of [full", "“most”"},
		{`body_state:"most"`, 11, 11, "one of [full", "“most”"},
		{"a published:yesterday", 12, 12, "a year, month, day", "“yesterday”"},
		{"published:2024-13", 10, 10, "a year, month, day", "“2024-13”"},
		{"published:>=", 12, 12, "a year, month, day", "“”"},
		{"published:..", 10, 10, "a year, month, day", "“..”"},
		{"published:2024-11-01..soon", 22, 22, "a year, month, day", "“soon”"},
		{"published:2024-11-07..2024-11-01", 22, 22, "a time after 2024-11-07", "“2024-11-01”"},
		{"published:>2024-11-01..", 11, 11, "one time after >", "“2024-11-01..”"},
		{"published:0001", 10, 10, "a year, month, day", "“0001”"},
		{"a\xffb", 1, 1, "valid UTF-8", "the byte 0xff"},
		{strings.Repeat("a ", maxTerms+1), 2 * maxTerms, 2 * maxTerms, "at most 100 words", "one more"},
		{strings.Repeat("a* ", maxPrefixes+1), 3 * maxPrefixes, 3 * maxPrefixes, "at most 10 words", "one more"},
		{strings.Repeat("(", 1000), maxDepth, maxDepth, "at most 30 parentheses", "one more"},
		{strings.Repeat("-", 1000) + "a", maxDepth + 1, maxDepth + 1, "at most 30 parentheses", "one more"},
	} {
		n, err := Parse(c.text)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.40q gives %v, %v", c.text, n, err)
			continue
		}
		if e.Byte != c.byte || e.Character != c.character || !strings.HasPrefix(e.Expected, c.expected) || e.Found != c.found {
			t.Errorf("%.40q: %d %d %v", c.text, e.Byte, e.Character, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`+title:(a OR "b c") -d AND NOT e* published:>=2024-11-01`, `published:"2024-11-06"..2024`, `\`, `"\`, "a\\", "“x”~", "((-a)", "lang:fa قیمت‌ها", "*", "stored:..", "a:b:c:", "--+-+a",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse(text)
		if err == nil {
			if n == nil || strings.Contains(show(n), "<nil>") {
				t.Errorf("%q is %v", text, n)
			}
			return
		}
		var e *Error
		if !errors.As(err, &e) || e.Byte < 0 || e.Byte > len(text) || e.Character != utf8.RuneCountInString(text[:e.Byte]) || e.Expected == "" || e.Found == "" {
			t.Errorf("%q: %#v", text, err)
		}
	})
}
