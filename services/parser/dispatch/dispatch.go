// Package dispatch reads plain text as news agencies send it: a lead-in that names the agency, a dateline, paragraphs.
//
//	RASC News Agency: The minister …
//	KABUL, Nov 6 (AP) — The minister …
//
// What Read recognises as lead-in or dateline becomes the agency, the place and the day, and leaves the first paragraph,
// which then starts with the story's own words; all other words stay as they are. It makes up no headline.
package dispatch

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"
	"dateline/pkg/dates"
	"dateline/services/parser/byline"
)

// Dispatch is a text, taken apart.
type Dispatch struct {
	Agency     string   // as written, "" where the text names none
	Place      string   // of the dateline, as written
	Day        string   // of the dateline, as written: "Nov 6", "Nov. 6, 2024"
	Paragraphs []string // each one line
}

// maxOpening is how many bytes a lead-in or dateline has at most.
const maxOpening = 120

// Read takes a text apart. It takes time linear in the text.
func Read(text string) Dispatch {
	d := Dispatch{Paragraphs: Paragraphs(text)}
	if len(d.Paragraphs) == 0 {
		return d
	}
	first := d.Paragraphs[0]
	if rest, ok := d.leadIn(first); ok {
		first = rest
	}
	for _, read := range [...]func(string) (string, bool){d.dateline, d.slashed, d.chinese} {
		if rest, ok := read(first); ok {
			first = rest
			break
		}
	}
	d.Paragraphs[0] = first
	if first == "" { // the opening had a line of its own
		d.Paragraphs = d.Paragraphs[1:]
	}
	return d
}

// agencyEndings end the name of any agency that has no name of its own in package byline.
var agencyEndings = []string{" News Agency", " Press Agency", " News Service", " Newswire", " Wire Service", " Press Service", " Press Association"}

// wires are services that send dispatches and write no bylines.
var wires = map[string]bool{"PRNewswire": true, "GLOBE NEWSWIRE": true, "BUSINESS WIRE": true, "CNW": true, "EUROPA PRESS": true, "PTI": true, "ANI": true, "IANS": true, "Pajhwok": true, "PA": true, "UPI": true}

func isAgency(name string) bool {
	if wires[name] || byline.Agency(name) != "" {
		return true
	}
	for _, e := range agencyEndings {
		if strings.HasSuffix(name, e) {
			first, _ := utf8.DecodeRuneInString(name)
			return unicode.IsUpper(first)
		}
	}
	regional, _, found := strings.Cut(name, "/") // dpa/lby: its service for Bavaria
	return found && byline.Agency(regional) != ""
}

// leadIn reads "RASC News Agency: ".
func (d *Dispatch) leadIn(s string) (rest string, ok bool) {
	head := s[:min(len(s), maxOpening)]
	name, _, found := strings.Cut(head, ":")
	if !found || !isAgency(strings.TrimSpace(name)) {
		return s, false
	}
	rest = s[len(name)+1:]
	if rest != "" && rest[0] != ' ' {
		return s, false
	}
	d.Agency = strings.TrimSpace(name)
	return strings.TrimSpace(rest), true
}

// dateline reads "KABUL, Afghanistan, Nov 6 (AP) — ": a place, in capitals unless a day or an agency follows it.
func (d *Dispatch) dateline(s string) (rest string, ok bool) {
	head, rest, ok := cutDash(s)
	if !ok {
		return s, false
	}
	agency := ""
	for _, brackets := range [...]string{"()", "//"} { // (AP), /PRNewswire/
		if open := strings.IndexByte(head, brackets[0]); open >= 0 && strings.HasSuffix(head, brackets[1:]) && open < len(head)-1 {
			agency = strings.TrimSpace(head[open+1 : len(head)-1])
			if !isAgency(agency) {
				return s, false
			}
			head = strings.TrimRight(head[:open], " ,")
			break
		}
	}
	place, day := cutDay(head)
	if !isPlace(place, day != "" || agency != "") {
		return s, false
	}
	d.Place, d.Day = place, day
	if d.Agency == "" {
		d.Agency = agency
	}
	return rest, true
}

// slashed reads "МОСКВА, 6 ноября. /ТАСС/. ", as Russian agencies write.
func (d *Dispatch) slashed(s string) (rest string, ok bool) {
	head := s[:min(len(s), maxOpening)]
	place, after, found := strings.Cut(head, "/")
	agency, _, closed := strings.Cut(after, "/")
	if !found || !closed || !isAgency(agency) {
		return s, false
	}
	place, day := cutDay(strings.TrimRight(place, " ,."))
	if !isPlace(place, true) {
		return s, false
	}
	d.Place, d.Day = place, day
	if d.Agency == "" {
		d.Agency = agency
	}
	return strings.TrimLeft(s[len(head)-len(after)+len(agency)+1:], " .-–—"), true
}

// chinese reads "新华社北京11月6日电": agency, place, day, and the word for a telegram.
func (d *Dispatch) chinese(s string) (rest string, ok bool) {
	head, _, found := strings.Cut(s[:min(len(s), maxOpening)], "日电")
	if !found || !strings.Contains(head, "月") {
		return s, false
	}
	if rest := s[len(head)+len("日电"):]; !strings.HasPrefix(rest, "（") && !strings.HasPrefix(rest, "(") && !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, "\u3000") {
		return s, false // 电视, television
	}
	digit := strings.IndexFunc(head, unicode.IsDigit)
	if digit < 0 {
		return s, false
	}
	place, day := head[:digit], head[digit:]+"日"
	if !isDay(day) {
		return s, false
	}
	if agency, city, ok := strings.Cut(place, "社"); ok && isAgency(agency+"社") {
		place = city
		if d.Agency == "" {
			d.Agency = agency + "社"
		}
	}
	if place == "" || strings.ContainsFunc(place, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) {
		return s, false
	}
	d.Place, d.Day = place, day
	return strings.TrimLeft(s[len(head)+len("日电"):], " \u3000，,"), true
}

// cutDash cuts at the first dash that ends a dateline: —, – or --, or a hyphen between spaces.
func cutDash(s string) (head, rest string, ok bool) {
	start := s[:min(len(s), maxOpening)]
	at, width := -1, 0
	for _, dash := range []string{"—", "–", "--", " - "} {
		if i := strings.Index(start, dash); i >= 0 && (at < 0 || i < at) {
			at, width = i, len(dash)
		}
	}
	if at <= 0 {
		return "", "", false
	}
	return strings.TrimSpace(s[:at]), strings.TrimSpace(s[at+width:]), true
}

// cutDay parts "KABUL, Nov. 6, 2024" into place and day.
func cutDay(s string) (place, day string) {
	for i, c := range s {
		if c != ',' {
			continue
		}
		if rest := strings.TrimSpace(s[i+1:]); isDay(rest) {
			return strings.TrimSpace(s[:i]), rest
		}
	}
	return s, ""
}

// isDay reports whether s, all of it, is a day in any language, with or without its year.
func isDay(s string) bool {
	if dates.IsDay(s) {
		return true
	}
	near := &article.Date{Time: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), Precision: article.Day} // any will do
	d, err := dates.Context{Published: near}.Parse(s)
	return err == nil && d.Precision == article.Day && strings.ContainsFunc(s, unicode.IsLetter)
}

// isPlace reports whether s may be a dateline's place: up to six words that begin with capitals; unless sure, the first
// is all capitals and of at least three letters.
func isPlace(s string, sure bool) bool {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '/' })
	if len(words) == 0 || len(words) > 6 {
		return false
	}
	for i, w := range words {
		letters, capitals := 0, 0
		for _, r := range w {
			switch {
			case unicode.IsLetter(r):
				letters++
				if unicode.IsUpper(r) {
					capitals++
				}
			case !strings.ContainsRune(".-'’", r):
				return false
			}
		}
		if letters == 0 {
			return false
		}
		if first, _ := utf8.DecodeRuneInString(w); !unicode.IsUpper(first) && !particles[w] {
			return false
		}
		if i == 0 && !sure && (letters < 3 || capitals < letters) {
			return false
		}
	}
	return true
}

// particles are the small words inside names of places.
var particles = map[string]bool{"of": true, "the": true, "de": true, "del": true, "la": true, "al": true, "am": true, "an": true, "der": true, "and": true, "sur": true}
