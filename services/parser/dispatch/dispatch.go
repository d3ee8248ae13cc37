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
	"unicode"
	"unicode/utf8"

	"dateline/services/parser/dates"
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
	if rest, ok := d.dateline(first); ok {
		first = rest
	}
	d.Paragraphs[0] = first
	if first == "" { // the opening had a line of its own
		d.Paragraphs = d.Paragraphs[1:]
	}
	return d
}

// agencies are names that stand for themselves, without a word such as "Agency" beside them.
var agencies = map[string]bool{
	"AP": true, "AFP": true, "Reuters": true, "REUTERS": true, "dpa": true, "DPA": true, "UPI": true, "Xinhua": true, "TASS": true, "ANSA": true,
	"EFE": true, "Interfax": true, "PTI": true, "ANI": true, "IANS": true, "Kyodo": true, "Yonhap": true, "IRNA": true, "ISNA": true, "WAM": true,
	"KUNA": true, "Bernama": true, "Antara": true, "Anadolu": true, "AA": true, "PAP": true, "CTK": true, "APA": true, "MTI": true, "ATS": true,
	"Belga": true, "ANP": true, "NTB": true, "TT": true, "Ritzau": true, "Lusa": true, "PA": true, "AAP": true, "CNW": true, "Bloomberg": true,
	"Associated Press": true, "The Associated Press": true, "Agence France-Presse": true, "PRNewswire": true, "Pajhwok": true,
}

// agencyEndings end the name of any other agency.
var agencyEndings = []string{" News Agency", " Press Agency", " News Service", " Newswire", " Wire Service", " Press Service", " Press Association"}

func isAgency(name string) bool {
	if agencies[name] {
		return true
	}
	for _, e := range agencyEndings {
		if strings.HasSuffix(name, e) {
			first, _ := utf8.DecodeRuneInString(name)
			return unicode.IsUpper(first)
		}
	}
	return false
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
		if rest := strings.TrimSpace(s[i+1:]); dates.IsDay(rest) {
			return strings.TrimSpace(s[:i]), rest
		}
	}
	return s, ""
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
