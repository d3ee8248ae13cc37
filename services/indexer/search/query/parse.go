package query

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"
)

// Limits of a query.
const (
	maxTerms    = 100 // words, phrases and so on
	maxPrefixes = 10  // of them, as each may be many words
	maxDepth    = 30  // parentheses and negations within each other
)

// Parse reads a query. An empty one is All. Errors are *Error.
func Parse(text string) (Node, error) {
	p := &parser{text: text}
	if i := invalidUTF8(text); i >= 0 {
		return nil, p.error(i, "valid UTF-8", fmt.Sprintf("the byte %#02x", text[i]))
	}
	p.space()
	if p.at == len(text) {
		return All{}, nil
	}
	n, err := p.or(Text)
	if err != nil {
		return nil, err
	}
	if p.at < len(text) { // or stops at nothing else
		return nil, p.error(p.at, `an opening "(" before it, or the end`, p.here())
	}
	return n, nil
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return i
		}
	}
	return -1
}

// parser reads by recursive descent. Its methods begin at something other than white space, and leave behind it what
// follows what they read.
type parser struct {
	text     string
	at       int
	depth    int
	terms    int
	prefixes int
}

func (p *parser) rest() string { return p.text[p.at:] }

func (p *parser) space() {
	p.at = len(p.text) - len(strings.TrimLeftFunc(p.rest(), unicode.IsSpace))
}

// take passes over a token, if it is next.
func (p *parser) take(token string) bool {
	if !strings.HasPrefix(p.rest(), token) {
		return false
	}
	p.at += len(token)
	return true
}

// operator passes over a word that is an operator, and the white space behind it, if it is next.
func (p *parser) operator(name string) bool {
	rest, ok := strings.CutPrefix(p.rest(), name)
	if !ok {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(rest); rest != "" && !unicode.IsSpace(r) && r != '(' && r != ')' && !isQuote(r) {
		return false
	}
	p.at += len(name)
	p.space()
	return true
}

// here describes what is next, for errors.
func (p *parser) here() string {
	word, _, _ := strings.Cut(p.rest(), " ")
	switch r, size := utf8.DecodeRuneInString(word); {
	case p.at == len(p.text):
		return "the end"
	case unicode.IsSpace(r) || word == "":
		return "white space"
	case r == '(' || r == ')' || isQuote(r):
		return quoted(word[:size])
	}
	return quoted(word)
}

func quoted(s string) string {
	const most = 30
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return "“" + s + "”"
}

func (p *parser) error(at int, expected, found string) error {
	return &Error{Byte: at, Character: utf8.RuneCountInString(p.text[:at]), Expected: expected, Found: found}
}

// nest counts a level of parentheses or negation.
func (p *parser) nest() error {
	if p.depth++; p.depth > maxDepth {
		return p.error(p.at, fmt.Sprintf("at most %d parentheses and negations within each other", maxDepth), "one more")
	}
	return nil
}

// count counts a word, phrase, prefix or time.
func (p *parser) count() error {
	if p.terms++; p.terms > maxTerms {
		return p.error(p.at, fmt.Sprintf("at most %d words and phrases", maxTerms), "one more")
	}
	return nil
}

func (p *parser) or(f Field) (Node, error) {
	var nodes Or
	for {
		n, err := p.and(f)
		if err != nil {
			return nil, err
		}
		if nodes = append(nodes, n); !p.operator("OR") {
			break
		}
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	return nodes, nil
}

func (p *parser) and(f Field) (Node, error) {
	var nodes And
	for {
		n, err := p.term(f)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		p.space()
		if p.operator("AND") {
			continue
		}
		if begin := p.at; p.at == len(p.text) || p.text[p.at] == ')' || p.operator("OR") {
			p.at = begin
			break
		}
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	return nodes, nil
}

func (p *parser) term(f Field) (Node, error) {
	negated := p.operator("NOT")
	if !negated {
		// A sign belongs to what follows at once: in "Kabul - the city" it is a dash.
		if next := p.rest(); len(next) > 1 && (next[0] == '-' || next[0] == '+') {
			if r, _ := utf8.DecodeRuneInString(next[1:]); !unicode.IsSpace(r) {
				negated = next[0] == '-'
				p.at++
			}
		}
	}
	if !negated {
		return p.value(f)
	}
	if err := p.nest(); err != nil {
		return nil, err
	}
	n, err := p.term(f)
	p.depth--
	if err != nil {
		return nil, err
	}
	return Not{n}, nil
}

const expectedValue = "a word, a phrase or parentheses"

// value reads what may stand behind a field's name, which includes another field's name.
func (p *parser) value(f Field) (Node, error) {
	begin := p.at
	r, _ := utf8.DecodeRuneInString(p.rest())
	switch {
	case p.at == len(p.text) || r == ')' || unicode.IsSpace(r):
		return nil, p.error(p.at, expectedValue, p.here())
	case r == '(':
		return p.group(f)
	}
	if err := p.count(); err != nil {
		return nil, err
	}
	switch {
	case f.Time():
		return p.times(f)
	case isQuote(r):
		text, err := p.phrase()
		if err != nil {
			return nil, err
		}
		return p.exact(f, begin, text, Phrase{f, text})
	}
	for _, operator := range []string{"AND", "OR", "NOT"} {
		if p.operator(operator) {
			return nil, p.error(begin, expectedValue, "the operator "+operator)
		}
	}
	if name, ok := p.fieldName(); ok {
		named, known := fieldOf(name)
		if !known {
			return nil, p.error(begin, fmt.Sprintf("one of the fields %s, or quotes around it", fieldNames()), quoted(name+":"))
		}
		p.at += len(name) + len(":")
		p.terms-- // the value counts
		return p.value(named)
	}
	return p.plain(f)
}

func (p *parser) group(f Field) (Node, error) {
	begin := p.at
	if err := p.nest(); err != nil {
		return nil, err
	}
	p.at++
	p.space()
	n, err := p.or(f)
	if err != nil {
		return nil, err
	}
	if !p.take(")") {
		return nil, p.error(p.at, fmt.Sprintf("%q for the %q at character %d", ")", "(", utf8.RuneCountInString(p.text[:begin])+1), p.here())
	}
	p.depth--
	return n, nil
}

// fieldName is what stands before a colon, if it could be a field's name. That of a URL is none.
func (p *parser) fieldName() (string, bool) {
	i := strings.IndexFunc(p.rest(), func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && r != '_' })
	if i <= 0 || p.rest()[i] != ':' || strings.HasPrefix(p.rest()[i:], "://") {
		return "", false
	}
	return p.rest()[:i], true
}

func fieldNames() string {
	names := make([]string, len(Fields))
	for i, f := range Fields {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

const quotes = "\"“”„‟＂"

func isQuote(r rune) bool { return strings.ContainsRune(quotes, r) }

// phrase reads what is in quotes.
func (p *parser) phrase() (string, error) {
	begin := p.at
	var b strings.Builder
	escaped := false
	for i, r := range p.text[begin:] {
		switch {
		case i == 0:
		case escaped:
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case isQuote(r):
			p.at = begin + i + utf8.RuneLen(r)
			if rest := p.rest(); rest != "" && (rest[0] == '~' || rest[0] == '^' || rest[0] == '*') {
				return "", p.error(p.at, "white space after a phrase: it can be neither fuzzy, weighted nor a prefix", p.here())
			}
			return b.String(), nil
		default:
			b.WriteRune(r)
		}
	}
	return "", p.error(len(p.text), fmt.Sprintf("a closing quote for the one at character %d", utf8.RuneCountInString(p.text[:begin])+1), "the end")
}

// word reads up to white space, a parenthesis or a quote. star tells that a star ended it, which is not in the text.
func (p *parser) word() (text string, star bool, err error) {
	var b strings.Builder
	for p.at < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.rest())
		switch {
		case unicode.IsSpace(r), r == '(', r == ')', isQuote(r):
			return b.String(), star, nil
		case star:
			return "", false, p.error(p.at-1, `"*" at the end of a word only`, quoted("*"+string(r)))
		case r == '*':
			star = true
		case r == '\\' && p.at+size < len(p.text):
			p.at += size
			r, size = utf8.DecodeRuneInString(p.rest())
			fallthrough
		default:
			b.WriteRune(r)
		}
		p.at += size
	}
	return b.String(), star, nil
}

// plain reads a word, perhaps the beginning of one.
func (p *parser) plain(f Field) (Node, error) {
	begin := p.at
	text, star, err := p.word()
	switch {
	case err != nil:
		return nil, err
	case star && text == "":
		return All{}, nil
	case star:
		if p.prefixes++; p.prefixes > maxPrefixes {
			return nil, p.error(begin, fmt.Sprintf("at most %d words with %q", maxPrefixes, "*"), "one more")
		}
		return Prefix{f, text}, nil
	}
	what := ""
	switch i := strings.LastIndexAny(text, "~^"); {
	case i > 0 && strings.Trim(text[i+1:], "0123456789.") == "":
		what = map[byte]string{'~': "fuzzy words", '^': "weights"}[text[i]]
	case len(text) > 2 && text[0] == '/' && text[len(text)-1] == '/':
		what = "regular expressions"
	case f != Text && strings.ContainsRune("<>", rune(text[0])):
		what = "comparisons, but of published and stored,"
	}
	if what != "" {
		return nil, p.error(begin, "a word, or quotes around it ("+what+" are not in this language)", quoted(text))
	}
	return p.exact(f, begin, text, Word{f, text})
}

// exact makes sure that the value of a field with few values is one of them.
func (p *parser) exact(f Field, begin int, text string, n Node) (Node, error) {
	if f == BodyState && !slices.Contains(article.BodyStates, article.BodyState(strings.ToLower(text))) {
		return nil, p.error(begin, fmt.Sprintf("one of %v", article.BodyStates), quoted(text))
	}
	return n, nil
}
