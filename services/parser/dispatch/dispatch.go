// Package dispatch reads plain text as news agencies send it: a lead-in that names the agency, a dateline, paragraphs.
//
//	RASC News Agency: The minister …
//	KABUL, Nov 6 (AP) — The minister …
//
// What Read recognises as lead-in or dateline becomes the agency, the place and the day, and leaves the first paragraph,
// which then starts with the story's own words; all other words stay as they are. It makes up no headline.
package dispatch

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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
func Read(text string) Dispatch { return Open(Paragraphs(text)) }

// Open takes the opening off paragraphs, which it leaves as they are.
func Open(paragraphs []string) Dispatch {
	d := Dispatch{Paragraphs: slices.Clone(paragraphs)}
	if len(d.Paragraphs) == 0 {
		return d
	}
	first := d.Paragraphs[0]
	if rest, ok := d.leadIn(first); ok {
		first = rest
	}
	for _, read := range [...]func(string) (string, bool){d.bracketed, d.dotted, d.dateline, d.slashed, d.chinese, d.credited, d.coloned} {
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
var wires = map[string]bool{"PRNewswire": true, "GLOBE NEWSWIRE": true, "BUSINESS WIRE": true, "CNW": true, "EUROPA PRESS": true, "PTI": true, "ANI": true, "IANS": true, "Pajhwok": true, "PA": true, "UPI": true, "AA": true, "DHA": true, "İHA": true}

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

// dateline reads "KABUL, Afghanistan, Nov 6 (AP) — ": a place, in capitals unless a day or an agency follows it. The agency may
// also come after the dash: "МОСКВА, 6 ноя - РИА Новости. ".
func (d *Dispatch) dateline(s string) (rest string, ok bool) {
	head, rest, ok := cutDash(s)
	if !ok {
		return s, false
	}
	agency, after := agencyFirst(rest)
	if agency != "" {
		rest = after
	}
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
	if last := strings.LastIndexByte(head, ' '); agency == "" && last > 0 && isAgency(head[last+1:]) { // BERLIN dpa |
		head, agency = head[:last], head[last+1:]
	} else if bar := strings.HasPrefix(strings.TrimLeft(s[len(head):], " "), "|"); bar && agency == "" {
		return s, false
	}
	place, day := cutDay(head)
	if isAgency(place) { // in place of one
		d.opening("", day, place)
		return rest, true
	}
	if !isPlace(place, day != "" || agency != "") {
		return s, false
	}
	d.opening(place, day, agency)
	return rest, true
}

// opening notes what a dateline says. An agency that the lead-in named stays.
func (d *Dispatch) opening(place, day, agency string) {
	d.Place, d.Day = place, day
	if d.Agency == "" {
		d.Agency = agency
	}
}

// agencyFirst reads an agency that a text starts with, parted from it: "РИА Новости. ", "(أ ف ب) - ", "(AP): ".
func agencyFirst(s string) (agency, rest string) {
	head := s[:min(len(s), maxOpening)]
	if inner, ok := strings.CutPrefix(head, "("); ok {
		name, _, closed := strings.Cut(inner, ")")
		if !closed || !isAgency(strings.TrimSpace(name)) {
			return "", s
		}
		return strings.TrimSpace(name), strings.TrimLeft(s[len(name)+2:], " .:-–—")
	}
	name, _, found := strings.Cut(head, ". ")
	if !found || !isAgency(name) {
		return "", s
	}
	return name, s[len(name)+2:]
}

// bracketed reads openings in brackets: "(서울=연합뉴스) ", "【北京共同】", "[ロンドン 6日 ロイター] - ", and "(ANSA) - ROMA, 06 NOV - ", whose
// dateline follows.
func (d *Dispatch) bracketed(s string) (rest string, ok bool) {
	head := s[:min(len(s), maxOpening)]
	for _, b := range [...][2]string{{"(", ")"}, {"【", "】"}, {"[", "]"}, {"（", "）"}} {
		inner, opened := strings.CutPrefix(head, b[0])
		inner, _, closed := strings.Cut(inner, b[1])
		if !opened || !closed {
			continue
		}
		rest := strings.TrimLeft(s[len(b[0])+len(inner)+len(b[1]):], " \u3000-–—.")
		if isAgency(inner) {
			if d.Agency == "" {
				d.Agency = inner
			}
			if after, ok := d.dateline(rest); ok {
				rest = after
			}
			return rest, true
		}
		place, agency := cutAgency(inner)
		if agency == "" {
			continue
		}
		place, day := cutLastDay(place)
		if place == "" || strings.ContainsFunc(place, func(r rune) bool { return !unicode.IsLetter(r) && r != ' ' }) {
			continue
		}
		d.opening(place, day, agency)
		return rest, true
	}
	return s, false
}

// cutAgency cuts the agency off the end of "서울=연합뉴스", "北京共同" or "ロンドン 6日 ロイター".
func cutAgency(s string) (before, agency string) {
	if before, agency, ok := strings.Cut(s, "="); ok {
		if isAgency(agency) {
			return strings.TrimSpace(before), agency
		}
		return s, ""
	}
	for i := range s {
		if i == 0 || !isAgency(s[i:]) {
			continue
		}
		if cased := strings.ContainsFunc(s[i:], unicode.IsLower); !cased {
			return strings.TrimSpace(s[:i]), strings.TrimSpace(s[i:])
		}
	}
	return s, ""
}

// cutLastDay parts "ロンドン 6日" into place and day.
func cutLastDay(s string) (place, day string) {
	i := strings.IndexFunc(s, unicode.IsDigit)
	if i <= 0 {
		return s, ""
	}
	return strings.TrimSpace(s[:i]), s[i:]
}

// dotted reads "Москва. 6 ноября. INTERFAX.RU - " and "КИЇВ. 6 листопада. УНН. ".
func (d *Dispatch) dotted(s string) (rest string, ok bool) {
	place, after, ok := strings.Cut(s[:min(len(s), maxOpening)], ". ")
	if !ok {
		return s, false
	}
	day, after, ok := strings.Cut(after, ". ")
	if !ok || !isDay(day) || !isPlace(place, true) {
		return s, false
	}
	agency, rest, ok := strings.Cut(after, " - ")
	if !ok || !isAgency(agency) {
		if agency, rest, ok = strings.Cut(after, ". "); !ok || !isAgency(agency) {
			return s, false
		}
	}
	d.opening(place, day, agency)
	return s[min(len(s), maxOpening)-len(rest):], true
}

// credited reads "KABUL (Pajhwok): ".
func (d *Dispatch) credited(s string) (rest string, ok bool) {
	head, after, opened := strings.Cut(s[:min(len(s), maxOpening)], "(")
	agency, after, closed := strings.Cut(after, ")")
	if agency = strings.TrimSpace(agency); !opened || !closed || !strings.HasPrefix(after, ":") || !isAgency(agency) {
		return s, false
	}
	place, day := cutDay(strings.TrimRight(head, " ,"))
	if !isPlace(place, true) {
		return s, false
	}
	d.opening(place, day, agency)
	return strings.TrimSpace(s[min(len(s), maxOpening)-len(after)+1:]), true
}

// coloned reads "ISLAMABAD: ", as the papers of South Asia write, unless it is a label ("WATCH: ") or the name of one who speaks,
// who would speak again.
func (d *Dispatch) coloned(s string) (rest string, ok bool) {
	place, rest, ok := strings.Cut(s, ": ")
	if !ok || len(place) > 40 || labels[place] || strings.ContainsAny(place, ".0123456789") || !isPlace(place, false) || strings.ToUpper(place) != place || len(rest) < 60 {
		return s, false
	}
	for _, other := range d.Paragraphs[1:] {
		if strings.HasPrefix(other, place+":") {
			return s, false
		}
	}
	d.opening(place, "", "")
	return rest, true
}

// labels are words that papers set before texts of a kind.
var labels = func() map[string]bool {
	m := map[string]bool{}
	for _, l := range []string{"WATCH", "READ", "LISTEN", "LIVE", "VIDEO", "PHOTOS", "PHOTO", "PICTURES", "GALLERY", "AUDIO", "PODCAST", "EXCLUSIVE", "BREAKING", "UPDATE", "UPDATED", "OPINION", "ANALYSIS", "EDITORIAL", "COMMENT", "REVIEW", "INTERVIEW", "EXPLAINER", "FACT CHECK", "FEATURE", "SPECIAL", "NOTE", "EDITOR'S NOTE", "WARNING", "SPOILER ALERT", "CORRECTION", "QUESTION", "ANSWER", "SUMMARY", "MORE", "RELATED", "DON'T MISS", "SEE ALSO", "SEE MORE", "READ MORE", "SOURCE", "TIMELINE", "POLL", "QUIZ", "RECIPE", "WEATHER", "SPORT", "SPORTS", "BUSINESS", "WORLD", "NEWS", "POLITICS", "PREVIEW", "RECAP", "ADVERTISEMENT", "DISCLAIMER", "SUBSCRIBE", "HOROSCOPE", "NEW"} {
		m[l] = true
	}
	return m
}()

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
	d.opening(place, day, agency)
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

// cutDash cuts at the first dash that ends a dateline: —, – or --, or a hyphen, underscore or bar between spaces.
func cutDash(s string) (head, rest string, ok bool) {
	start := s[:min(len(s), maxOpening)]
	at, width := -1, 0
	for _, dash := range []string{"—", "–", "--", " - ", " _ ", ".-", " | "} {
		if i := strings.Index(start, dash); i > 0 && (at < 0 || i < at) {
			if dash == ".-" && start[i-1:i] != ")" { // (EFE).-, not U.S.-led
				continue
			}
			at, width = i, len(dash)
		}
	}
	if at <= 0 {
		return "", "", false
	}
	return strings.TrimSpace(s[:at]), strings.TrimSpace(s[at+width:]), true
}
