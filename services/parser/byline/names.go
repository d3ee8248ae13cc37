package byline

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// agency notes a news agency, and reports whether s is one.
func (r *reader) agency(s string) bool {
	name := agencyName(s)
	if name == "" {
		return false
	}
	if !slices.Contains(r.Agencies, name) && len(r.Agencies) < maxPeople {
		r.Agencies = append(r.Agencies, name)
		r.organization(s)
	}
	return true
}

func (r *reader) organization(s string) {
	if s = strings.Trim(s, " .:"); !r.silent && len(r.Organizations) < maxPeople && !slices.Contains(r.Organizations, s) {
		r.Organizations = append(r.Organizations, s)
	}
}

// Agency is the name to use for a news agency, "" where s does not name one.
func Agency(s string) string { return agencyName(s) }

// Account reports whether s is an account under which nobody in particular writes, such as "admin".
func Account(s string) bool { return accounts[strings.ToLower(s)] }

func agencyName(s string) string {
	s = strings.Trim(s, " .:\t")
	low := strings.TrimPrefix(strings.ToLower(s), "the ")
	if name := agencies[low]; name != "" {
		if len(low) <= 4 && s != strings.ToUpper(s) && s != low && s != name { // "Ani", "Efe" and "Hina" are people
			return ""
		}
		return name
	}
	for _, end := range [...]string{" news agency", " nachrichtenagentur", " haber ajansı", " press agency", "通信社", "通讯社"} {
		if strings.HasSuffix(low, end) && len(strings.Fields(s)) <= 5 {
			return s
		}
	}
	for _, start := range [...]string{"خبرگزاری ", "آژانس خبری ", "وكالة أنباء "} {
		if own, ok := strings.CutPrefix(low, start); ok && len(strings.Fields(s)) <= 5 {
			return cmp.Or(agencies[own], s)
		}
	}
	return ""
}

// person notes a person, and reports whether name can be one. What can only be an organization is noted as such.
func (r *reader) person(name string) bool {
	name = strings.TrimSpace(name)
	switch kindOf(name) {
	case organization:
		r.organization(name)
		return false
	case nobody:
		return false
	}
	if !r.silent && len(r.People) < maxPeople && !slices.ContainsFunc(r.People, func(p string) bool { return strings.EqualFold(p, name) }) {
		r.People = append(r.People, name)
	}
	return true
}

// nameKind is what may have a name.
type nameKind int

const (
	nobody nameKind = iota
	person
	organization
)

// kindOf is what s can be the name of.
func kindOf(s string) nameKind {
	if s == "" || utf8.RuneCountInString(s) > maxName || !strings.ContainsFunc(s, unicode.IsLetter) || strings.ContainsAny(s, "@:=<>{}[]!?#%$€_©") || strings.Contains(s, "...") {
		return nobody
	}
	words := strings.Fields(s)
	if len(words) > maxWords {
		return nobody
	}
	capital, small, told, bodies := 0, 0, 0, 0
	for i, w := range words {
		c, _ := utf8.DecodeRuneInString(w)
		low := key(w)
		switch {
		case accounts[low] || interfaces[low], len(words) > 1 && (low == "ein" || low == "eine"), i == 0 && low == "no" && len(words) == 2 && role(words[1]):
			return nobody
		case desks[low] || houses[low] || host(w) || strings.HasSuffix(low, "-redaktion"):
			bodies++
		case role(low), len(words) == 1 && (leads[low] || others[low] || by[low] || particles[low]), i == 0 && notNames[low]:
			told++
		case particles[low]:
		case unicode.IsLower(c):
			small++
		case unicode.IsUpper(c):
			capital++
		}
	}
	switch {
	case bodies > 0 && small <= 1:
		return organization
	case bodies > 0, told > 1, told == len(words), strings.ContainsAny(s, "0123456789"), utf8.RuneCountInString(s) < 2:
		return nobody
	case small == 0, capital == 0 && small <= 3:
		return person
	}
	return nobody
}

// host reports whether a word is a site's address.
func host(w string) bool {
	i := strings.LastIndexByte(w, '.')
	if i < 1 || len(w)-i < 3 || len(w)-i > 8 {
		return false
	}
	end := w[i+1:]
	return strings.ToLower(end) == end && !strings.ContainsAny(end, "0123456789")
}

// key is a word as the sets have it.
func key(w string) string { return strings.ToLower(strings.Trim(w, ".,:;'")) }
