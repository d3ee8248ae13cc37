// Package byline reads who wrote an article, as bylines say it in many languages: "By A. Writer and B. Reporter in Kabul".
package byline

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/dates"
)

// Byline is what a byline says. What it does not say is empty.
type Byline struct {
	People        []string // in the order given, each once
	Agencies      []string // news agencies under one name each: AP for "The Associated Press"
	Organizations []string // desks, papers and agencies, as the byline names them
	Place         string   // where they wrote
}

const (
	maxBytes  = 600 // a longer text is no byline
	maxPeople = 50
	maxName   = 60 // characters of a name
	maxWords  = 5  // of a name
)

// Read reads a byline. Desks ("Staff Writer", "Redaktion"), roles, photographers, addresses, handles and dates in it are
// passed over. A vertical bar or line break in s parts what belongs to different people or things.
func Read(s string) Byline {
	r := reader{}
	if len(s) <= maxBytes {
		r.read(s)
	}
	return r.Byline
}

type reader struct {
	Byline
	silent bool // what follows did not write: "Photos: ..."
	opened bool // a word for "by" or an author's label was read
}

// dashes between spaces part what belongs to different people or things.
var dashes = strings.NewReplacer(" - ", "|", " – ", "|", " — ", "|", " -- ", "|", "\u00a0", " ", "\u200b", "", "：", ": ")

// cuts part a byline for certain; a comma may also part a name from its role.
func cuts(c rune) bool {
	switch c {
	case '|', '•', '·', '●', '\n', ';', '；', '/', '／', '│', '¦', '→', '»', '«', '*', '<', '>', '"', '“', '”', '。', '\u2028', '／' + 1:
		return true
	}
	return false
}

func commas(c rune) bool { return c == ',' || c == '，' || c == '、' || c == '،' || c == '؛' }

func (r *reader) read(s string) {
	s = withoutBrackets(withoutAddresses(s), r.note)
	s = dashes.Replace(s)
	parts := strings.FieldsFunc(s, cuts)
	if names := turned(parts); names != nil {
		for _, n := range names {
			r.person(n)
		}
		return
	}
	for _, part := range parts {
		r.part(part)
	}
}

// withoutAddresses takes out e-mail addresses, handles and URLs.
func withoutAddresses(s string) string {
	if !strings.ContainsAny(s, "@/#") && !strings.Contains(s, "www.") {
		return s
	}
	var b strings.Builder
	for line := range strings.SplitSeq(s, "\n") {
		for w := range strings.FieldsSeq(line) {
			if !strings.Contains(w, "@") && !strings.Contains(w, "://") && !strings.HasPrefix(w, "www.") && !strings.HasPrefix(w, "#") {
				b.WriteString(w)
			}
			b.WriteByte(' ')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// note reads what stands in brackets: an agency, or nothing of worth.
func (r *reader) note(s string) {
	for part := range strings.FieldsFuncSeq(s, func(c rune) bool { return cuts(c) || commas(c) }) {
		r.agency(strings.TrimSpace(part))
	}
}

// withoutBrackets takes out what stands in brackets.
func withoutBrackets(s string, note func(string)) string {
	var b strings.Builder
	for {
		i := strings.IndexAny(s, "([（【")
		if i < 0 {
			break
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		length := strings.IndexAny(s[i+size:], ")]）】")
		if length < 0 {
			break
		}
		b.WriteString(s[:i])
		b.WriteByte(' ')
		note(s[i+size : i+size+length])
		s = s[i+size+length:]
		_, size = utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	if b.Len() == 0 {
		return s
	}
	b.WriteString(s)
	return b.String()
}

// turned reads "Writer, Ann; Reporter, Bob": only where every part has just one comma between a surname and first names.
func turned(parts []string) []string {
	if len(parts) < 2 {
		return nil
	}
	var names []string
	for _, p := range parts {
		last, first, ok := strings.Cut(strings.TrimSpace(p), ",")
		first = strings.TrimSpace(first)
		if !ok || strings.ContainsFunc(first, commas) || len(strings.Fields(last)) > 2 || first == "" || len(strings.Fields(first)) > 3 || !plainName(last) || !plainName(first) {
			return nil
		}
		names = append(names, first+" "+last)
	}
	return names
}

// plainName reports whether every word begins with a capital and none has a meaning of its own.
func plainName(s string) bool {
	for w := range strings.FieldsSeq(s) {
		c, _ := utf8.DecodeRuneInString(w)
		if low := key(w); !unicode.IsUpper(c) || roles[low] || desks[low] || houses[low] || joins[low] || agencyName(w) != "" {
			return false
		}
	}
	return true
}

// part reads a stretch between two cuts.
func (r *reader) part(s string) {
	s = r.withoutLabel(s)
	pieces := strings.FieldsFunc(s, commas)
	if len(pieces) == 2 && !r.opened && len(strings.Fields(pieces[0])) == 1 && len(strings.Fields(pieces[1])) == 1 && plainName(pieces[0]) && plainName(pieces[1]) && latin(s) {
		r.person(strings.TrimSpace(pieces[1]) + " " + strings.TrimSpace(pieces[0])) // "Writer, Ann"
		return
	}
	full := false // a piece before was a person with more than one name, or an organization: a single word after it is a place
	for _, piece := range pieces {
		words := strings.Fields(r.withoutLabel(piece))
		for _, name := range splitNames(words) {
			if full && name.joined && startsSmall(name.words[0]) && !particles[name.words[0]] && kindOf(strings.Join(name.words, " ")) == person { // "with her two dogs"
				continue
			}
			if full && len(name.words) == 1 && !name.joined && latin(name.words[0]) { // "Ann Writer, Kabul"
				if kindOf(name.words[0]) == organization {
					r.organization(name.words[0])
				} else if !r.agency(name.words[0]) && r.Place == "" && plainName(name.words[0]) && !particles[key(name.words[0])] {
					r.Place = strings.Trim(name.words[0], ".:")
				}
				continue
			}
			organizations := len(r.Organizations)
			if r.name(name.words) && len(name.words) > 1 || len(r.Organizations) > organizations {
				full = true
			}
		}
	}
}

func latin(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return unicode.IsLetter(c) && !unicode.In(c, unicode.Latin, unicode.Cyrillic, unicode.Greek)
	})
}

// withoutLabel cuts off "Text:", "Posted by", "Von": what stands before the names. After a label of others ("Photos:") the
// reader is silent until the next label.
func (r *reader) withoutLabel(s string) string {
	s = strings.TrimSpace(s)
	for range 4 { // "Interview: Text by"
		rest, kind := label(s)
		switch kind {
		case noLabel:
			return s
		case ofOthers:
			r.silent = true
		case ofAuthors:
			r.silent, r.opened = false, true
		}
		s = strings.TrimSpace(rest)
	}
	return s
}

type labelKind int

const (
	noLabel labelKind = iota
	ofAuthors
	ofOthers
)

// label tells what stands before the names of s, and what follows it.
func label(s string) (rest string, kind labelKind) {
	const most = 7 // words
	rest = s
	found := noLabel
	for n := 0; n < most; n++ {
		rest = strings.TrimLeft(rest, " \t\r")
		end := strings.IndexFunc(rest, unicode.IsSpace)
		if end < 0 {
			end = len(rest)
		}
		colon := strings.IndexByte(rest[:end], ':')
		if colon >= 0 && !strings.HasPrefix(rest[colon:], "://") {
			end = colon + 1
		}
		w := strings.ToLower(rest[:end])
		word := strings.TrimRight(w, ":.")
		switch {
		case word == "" && colon < 0:
			return s, noLabel
		case others[word]:
			found = ofOthers
		case strings.ContainsAny(word, "0123456789") || found == noLabel && n > 0 && between[word]: // a date before "by"
		case by[word]:
			if word == "de" && n == 0 || word == "la" || word == "da" && n == 0 { // rather a name's beginning
				return s, noLabel
			}
			if found == noLabel {
				found = ofAuthors
			}
			return rest[end:], found
		case leads[word]:
			if found == noLabel {
				found = ofAuthors
			}
		case colon >= 0 && (n == 0 || found != noLabel):
		default:
			return s, noLabel
		}
		if colon >= 0 {
			if found == noLabel { // a label that is not known says nothing of who follows
				return rest[end:], ofAuthors
			}
			return rest[end:], found
		}
		rest = rest[end:]
	}
	return s, noLabel
}

// part of a piece: the words of what may be a name.
type nameWords struct {
	words  []string
	joined bool // after "and"
}

// splitNames parts words where "and" stands.
func splitNames(words []string) []nameWords {
	var all []nameWords
	start, joined := 0, false
	for i, w := range words {
		low := strings.ToLower(w)
		if i > start && others[low] && i+2 < len(words) && by[strings.ToLower(words[i+1])] { // "Ann Writer Photos by Bob Camera"
			words = words[:i]
			break
		}
		if low == "in" && slices.ContainsFunc(words[i+1:], func(w string) bool { return joins[strings.ToLower(w)] }) { // "Ann Writer in Kabul and ..."
			continue
		}
		if joins[low] || lightJoins[low] && i-start >= 2 && len(words)-i > 2 && !startsSmall(words[i+1]) {
			if i > start {
				all = append(all, nameWords{words[start:i], joined})
			}
			start, joined = i+1, true
		}
	}
	if start < len(words) {
		all = append(all, nameWords{words[start:], joined})
	}
	return all
}

func startsSmall(w string) bool {
	c, _ := utf8.DecodeRuneInString(w)
	return unicode.IsLower(c)
}

// name notes what some words name, and reports whether that is a person.
func (r *reader) name(words []string) bool {
	if r.agency(strings.Join(words, " ")) {
		return false
	}
	for i, w := range words {
		if notNames[strings.ToLower(w)] && i > 0 {
			tail := strings.Join(words[i+1:], " ")
			if !r.agency(tail) && i > 1 && (w == "in" || w == "aus") && r.Place == "" && plainName(tail) {
				r.Place = strings.Trim(tail, ".:")
			}
			if i == 1 && !r.opened { // "Photographer from Alder"
				return false
			}
			words = words[:i]
			break
		}
	}
	for i := 2; i < len(words)-1; i++ {
		if words[i] != "of" {
			continue
		}
		if tail := strings.Join(words[i+1:], " "); r.agency(tail) || kindOf(strings.TrimPrefix(tail, "the ")) == organization { // "Ann Writer of the Associated Press"
			words = words[:i]
		}
	}
	if slices.ContainsFunc(words, func(w string) bool { return desks[w] }) && kindOf(strings.Join(words, " ")) == organization { // "Alder staff reporter"; but "Ann Weaver Staff Writer"
		r.organization(strings.Join(words, " "))
		return false
	}
	if i := slices.IndexFunc(words, func(w string) bool { return strings.ContainsAny(w, "0123456789") }); i > 0 { // "Ann Weaver am 3. Mai"
		if i > 2 && dates.IsDay(words[i-1]+" "+words[i]) { // "Ann Weaver Nov 6"
			i--
		}
		if words = words[:i]; i == 1 { // "Oct 30"
			return false
		}
	}
	for len(words) > 1 && (between[key(words[len(words)-1])] || by[key(words[len(words)-1])]) {
		words = words[:len(words)-1]
	}
	for len(words) > 2 && role(words[0]) { // "Reporter Ann Weaver"
		if words = words[1:]; of[words[0]] { // "Editor of the Post"
			return false
		}
	}
	if low := strings.ToLower(words[0]); len(words) > 1 && (low == "in" || low == "i" || low == "aus") { // "in Paris"
		if tail := strings.Join(words[1:], " "); r.Place == "" && plainName(tail) {
			r.Place = strings.Trim(tail, ".:")
		}
		return false
	}
	for len(words) > 2 && role(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	name := strings.Join(words, " ")
	for _, mark := range [...]string{"記者", "记者", "기자"} {
		name = strings.TrimSuffix(name, mark)
		if after, ok := strings.CutPrefix(name, "本报"+mark); ok {
			name = after
		}
		name = strings.TrimPrefix(name, mark)
	}
	name = strings.TrimFunc(name, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune("-–—:,_+~!?…", c) })
	if !abbreviated(name) {
		name = strings.TrimRight(name, ". ")
	}
	return r.person(name)
}

// abbreviated reports whether the full stop at the end belongs to the last word.
func abbreviated(s string) bool {
	w := s[strings.LastIndexByte(s, ' ')+1:]
	return len(w) == 2 || w == "Jr." || w == "Sr." || strings.Count(w, ".") > 1
}

// role reports whether a word is what a person is: by itself, or as the end of a compound ("Online-Redakteur").
func role(w string) bool {
	low := strings.ToLower(strings.Trim(w, ".,:"))
	if roles[low] {
		return true
	}
	for _, end := range [...]string{"redakteur", "redakteurin", "reporter", "reporterin", "korrespondent", "korrespondentin", "-experte", "-expertin", "-autor", "-autorin", "journalist", "journalistin"} {
		if strings.HasSuffix(low, end) {
			return true
		}
	}
	return false
}
