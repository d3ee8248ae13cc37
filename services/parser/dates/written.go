package dates

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"dateline/pkg/article"
)

// mode says what a reader's text is.
type mode uint8

const (
	whole   mode = iota // the text is one date
	inText              // a date is somewhere in a short text
	mention             // a day is somewhere in an article's prose
)

const (
	maxTokens  = 48 // of one date
	maxFillers = 4  // in a row
)

// reader collects the parts of one written date, in whatever order its language has them.
type reader struct {
	context
	mode       mode
	text       string
	pos        int // of the next token
	first, end int // of the parts that belong to the date

	calendar         calendar
	year, month, day int
	time             clock

	langs         languages // the languages that all of the words so far may be in
	weekday       int       // -1 where not known
	weekdayShort  bool
	part          int  // of the day: -1, or a dayPart's value that waits for its hour
	parted        bool // the hour has had its part of the day
	named         bool // the month is a word
	twice         bool // the month has two names: أيار/مايو
	dayFirst      bool // the day came before the month's name
	eraBase       int  // what to add to the year to come
	era           bool
	eraDone       bool
	awaitMonth    bool // "tháng" has been read
	awaitTime     bool // "klo" has been read
	unknownZone   bool
	doubtful      bool // no day without a year: "may 5", "May, 5"
	persianDigits bool
	fillers       int
	bracket       bool // the last token was an opening bracket
	stopped       token

	ahead struct { // the word that many phrases are compared with
		at, end, size int
		folded        [2*maxFolded + 8]byte
	}
}

// context is a Context with its lookups done.
type context struct {
	lex       *lexicon
	lang      languages // of one, or none
	tag       string
	captured  time.Time
	published time.Time // midnight UTC of its day; zero where not known
}

func (c Context) lookups() context {
	l := lex()
	x := context{lex: l, lang: l.set(c.Lang), tag: c.Lang, captured: c.Captured}
	if p := c.Published; p != nil && p.Precision != article.Year && p.Precision != article.Month {
		y, m, d := p.Time.Date()
		x.published = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return x
}

// read reads the date that starts at a position, as far as it goes.
func (r *reader) read(start int) {
	r.pos, r.end, r.first = start, start, -1
	r.langs, r.weekday, r.part = ^languages(0), -1, -1
	for range maxTokens {
		t := scan(r.text, r.pos)
		if t.kind == end || !r.step(t) {
			r.stopped = t
			return
		}
		if r.first < 0 && r.end > start {
			r.first = t.start
		}
	}
	r.stopped = scan(r.text, r.pos)
}

// lead goes over a word that the next number needs: 下午, 令和, tháng.
func (r *reader) lead(upTo int) bool {
	if r.first < 0 {
		r.first = scan(r.text, r.pos).start
	}
	return r.pass(upTo)
}

// accept takes everything up to a byte as parts of the date.
func (r *reader) accept(upTo int) bool {
	r.pos, r.end = upTo, upTo
	r.fillers, r.bracket, r.awaitMonth = 0, false, false
	return true
}

// pass goes over what says nothing by itself.
func (r *reader) pass(upTo int) bool {
	r.pos = upTo
	r.fillers++
	r.bracket = false
	return r.fillers <= maxFillers
}

func (r *reader) step(t token) bool {
	switch t.kind {
	case word:
		return r.word(t)
	case number:
		return r.number(t)
	}
	return r.mark(t)
}

func (r *reader) mark(t token) bool {
	next := scan(r.text, t.end)
	switch t.text {
	case "+", "-", "−":
		if r.time.known && !r.time.zone && next.kind == number && next.start == t.end && r.offset(next, t.text != "+") {
			return true
		}
		if t.text == "+" {
			return false
		}
	case "(", "（":
		if r.mode == whole && r.time.zone { // JavaScript names the zone in brackets after its offset
			r.pos = len(r.text)
			return true
		}
		ok := r.mode != mention && r.pass(t.end)
		r.bracket = true
		return ok
	case ".", "．":
		if r.mode == mention && r.month != 0 && !r.shortBefore(t) {
			return false
		}
	case "°":
		return t.start == r.pos && r.day != 0 && r.month == 0 && r.pass(t.end)
	case ",", "،", "、", "，":
		if r.named && r.month != 0 && r.day == 0 {
			r.doubtful = true
		}
	case "'", "’", "‘", "٫":
	case "–", "—", "|", "/", ")", "）", "·", "•", "−-", "।", "・":
		if r.mode == mention {
			return false
		}
	default:
		return false
	}
	return r.pass(t.end)
}

// shortBefore reports whether a full stop may end an abbreviation: letters stand right before it, few of them.
func (r *reader) shortBefore(t token) bool {
	before := r.text[:t.start]
	letters := 0
	for letters < 6 && before != "" {
		c, size := utf8.DecodeLastRuneInString(before)
		if !unicode.IsLetter(c) {
			break
		}
		letters++
		before = before[:len(before)-size]
	}
	return letters > 0 && letters < 6
}

// entry looks a token up, if it is a word.
func (r *reader) entry(t token) *entry {
	if t.kind != word {
		return &unknown
	}
	return r.lex.entry(t.text)
}

// pick finds what a word means as one class: the longest phrase, in the language of the context before others, and in the
// languages of the words before. It finds nothing where these leave different values; upTo then still tells where they end.
func (r *reader) pick(t token, all *entry, c class) (best meaning, upTo int, ok bool) {
	if all.classes&c.set() == 0 {
		return best, 0, false
	}
	rank, own := -1, all.langs&r.lang != 0
	for i := range all.meanings {
		m := &all.meanings[i]
		if m.class != c || own && m.langs != 0 && m.langs&r.lang == 0 {
			continue
		}
		this := 2 * len(m.rest)
		if m.langs == 0 || m.langs&r.langs != 0 {
			this++
		}
		if this < rank {
			continue
		}
		end := t.end
		if len(m.rest) > 0 {
			var matches bool
			if end, matches = r.follows(t.end, m.rest); !matches {
				continue
			}
		}
		switch {
		case this > rank:
			rank, best, upTo, ok = this, *m, end, true
		case m.value != best.value || m.calendar != best.calendar:
			ok = false
		default:
			best.langs |= m.langs
			best.short = best.short && m.short
		}
	}
	return best, upTo, ok
}

// follows reports whether words follow at a position, and where they end. Between them may stand a full stop, an apostrophe or
// a hyphen.
func (r *reader) follows(pos int, words []string) (int, bool) {
	first := &r.ahead
	if first.at != pos || first.end == 0 {
		first.at = pos
		first.end, first.size = r.phraseWord(pos, first.folded[:0])
	}
	if string(first.folded[:first.size]) != words[0] {
		return 0, false
	}
	pos = first.end
	var buf [2*maxFolded + 8]byte
	for _, w := range words[1:] {
		end, size := r.phraseWord(pos, buf[:0])
		if string(buf[:size]) != w {
			return 0, false
		}
		pos = end
	}
	return pos, true
}

// phraseWord folds the next word of a phrase into a buffer.
func (r *reader) phraseWord(pos int, into []byte) (end, size int) {
	t := scan(r.text, pos)
	if t.kind == mark {
		switch t.text {
		case ".", "'", "’", "-", "ʼ", "‑":
			t = scan(r.text, t.end)
		}
	}
	if t.kind != word && t.kind != number {
		return t.end, 0
	}
	return t.end, len(fold(into, t.text))
}

func (r *reader) word(t token) bool {
	all := r.entry(t)
	if m, upTo, ok := r.pick(t, all, monthName); ok && r.named && !r.twice && r.month == m.value && r.calendar == m.calendar {
		r.twice = true
		return r.accept(upTo)
	} else if ok && r.month == 0 && r.fits(t, m) {
		if day, dayUpTo, ok := r.pick(t, all, weekdayName); ok && r.weekday < 0 && r.monthAhead(dayUpTo) {
			r.setWeekday(day)
			return r.accept(dayUpTo)
		}
		r.calendar, r.month, r.named, r.dayFirst = m.calendar, m.value, true, r.day != 0
		r.narrow(m)
		return r.accept(upTo)
	}
	someDay := 0 // where an abbreviation of two days ends
	if m, upTo, ok := r.pick(t, all, weekdayName); !ok {
		someDay = upTo
	} else if r.weekday < 0 && r.fits(t, m) && !r.tooShort(t, m) {
		if r.bracket || len(m.rest) > 0 || !unspaced(firstRune(t.text)) || utf8.RuneCountInString(t.text) > 1 {
			r.setWeekday(m)
			return r.accept(upTo)
		}
	}
	if m, upTo, ok := r.pick(t, all, dayPart); ok && r.mode != mention && !r.parted && (r.time.known || r.part < 0) {
		if _, _, era := r.pick(t, all, eraAfter); !era || r.time.known { // Arabic's م is both
			return r.setPart(m.value, upTo)
		}
	}
	if r.time.known {
		if m, upTo, ok := r.pick(t, all, zoneName); ok && !r.time.zone && (r.mode == whole || unicode.IsUpper(firstRune(t.text)) || t.text == "z") {
			r.time.zone, r.time.offset = true, m.value*60
			r.accept(upTo)
			r.zoneSuffix(m.value)
			return true
		}
		if _, upTo, ok := r.pick(t, all, hourWord); ok {
			return r.accept(upTo)
		}
	}
	if m, upTo, ok := r.pick(t, all, eraBefore); ok && r.year == 0 && !r.era {
		r.era, r.eraBase = true, m.value
		return r.lead(upTo)
	}
	if m, upTo, ok := r.pick(t, all, eraAfter); ok && r.year != 0 && !r.eraDone {
		if !r.named {
			r.calendar = m.calendar
		}
		r.eraDone = true
		return r.calendar == m.calendar && r.accept(upTo)
	}
	if _, upTo, ok := r.pick(t, all, monthPrefix); ok && r.month == 0 && !r.awaitMonth {
		r.lead(upTo)
		r.awaitMonth = true
		return true
	}
	if _, upTo, ok := r.pick(t, all, clockWord); ok && r.mode != mention {
		r.awaitTime = true
		return r.pass(upTo)
	}
	if _, upTo, ok := r.pick(t, all, ordinal); ok && t.start == r.pos && r.fillers == 0 {
		return r.accept(upTo)
	}
	if _, upTo, ok := r.pick(t, all, ordinal); ok {
		return r.pass(upTo)
	}
	if _, upTo, ok := r.pick(t, all, filler); ok {
		return r.pass(upTo)
	}
	if someDay > 0 {
		return r.pass(someDay)
	}
	// In a whole date a short word after the time is a zone that is not known for sure: it stays unknown.
	if r.mode == whole && r.time.known && !r.unknownZone && len(t.text) <= 5 && t.text[0] < utf8.RuneSelf {
		r.unknownZone = true
		return r.accept(t.end)
	}
	return false
}

// fits reports whether a name may be one here. Prose must have it in its own language, with a capital where that has them,
// and an abbreviation with one or with its full stop: else it is another word.
func (r *reader) fits(t token, m meaning) bool {
	if r.mode == whole {
		return true
	}
	lower := unicode.IsLower(firstRune(t.text))
	own := r.lex.language(r.lang)
	capital := own != nil && own.capital && m.langs&r.lang != 0
	if r.mode == inText {
		r.doubtful = r.doubtful || capital && lower
		return true
	}
	return m.langs&r.lang != 0 && !(capital && lower) && (capital || !m.short || strings.HasPrefix(r.text[t.end:], "."))
}

// tooShort reports whether an abbreviation of a day is too short to be believed in running text: one or two letters of another
// language than the context's, or right before a digit.
func (r *reader) tooShort(t token, m meaning) bool {
	if r.mode == whole || !m.short {
		return false
	}
	next := scan(r.text, t.end)
	return r.lang != 0 && m.langs&r.lang == 0 && utf8.RuneCountInString(t.text) <= 2 || next.kind == number && next.start == t.end
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func (r *reader) setWeekday(m meaning) {
	r.weekday, r.weekdayShort = m.value, m.short
	r.narrow(m)
}

// narrow keeps the languages that a word leaves possible.
func (r *reader) narrow(m meaning) {
	if both := r.langs & m.langs; both != 0 {
		r.langs = both
	}
}

// monthAhead reports whether one of the next words is a month, so that "mar." before it is a Tuesday.
func (r *reader) monthAhead(pos int) bool {
	for range 4 {
		t := scan(r.text, pos)
		if t.kind == end {
			return false
		}
		if t.kind == word {
			if _, _, ok := r.pick(t, r.entry(t), monthName); ok {
				return true
			}
		}
		pos = t.end
	}
	return false
}

// setPart takes a part of the day: the hour's that has been read, or that of the one to come.
func (r *reader) setPart(value, upTo int) bool {
	if !r.time.known {
		if !r.hourAhead(upTo) {
			return false
		}
		r.part = value
		return r.lead(upTo)
	}
	r.parted = true
	return r.time.twelve(value, r.mode) && r.accept(upTo)
}

// hourAhead reports whether an hour is next.
func (r *reader) hourAhead(pos int) bool {
	t := scan(r.text, pos)
	if t.kind != number || t.digits > 2 {
		return false
	}
	next := scan(r.text, t.end)
	if next.text == ":" || next.text == "：" {
		return true
	}
	_, _, ok := r.pick(next, r.entry(next), hourWord)
	return ok
}

// twelve brings the hour into the half of the day that a dayPart's value says. 20:04 pm is nonsense, but running text has it.
func (c *clock) twelve(part int, m mode) bool {
	if c.hour < 1 || c.hour > 12 {
		return part >= loosePart || m != whole
	}
	c.hour = c.hour%12 + part%loosePart
	return true
}

func (r *reader) number(t token) bool {
	next := scan(r.text, t.end)
	if t.text[0] == 0xdb { // ۰ to ۹ are U+06F0 to U+06F9
		r.persianDigits = true
	}
	if before := r.text[:t.start]; r.mode != whole && before != "" && latin(before[len(before)-1]) && (before[len(before)-1] != 'T' || r.day == 0) {
		return false // v6, Mar6
	}
	if r.awaitMonth && r.month == 0 && t.digits <= 2 && t.n >= 1 && t.n <= 12 {
		r.month, r.named, r.dayFirst = t.n, true, r.day != 0
		return r.accept(t.end)
	}
	if next.kind == mark && next.start == t.end && (next.text == ":" || next.text == "：") {
		if r.mode == mention {
			return false
		}
		return !r.time.known && r.clock(t, next)
	}
	if next.kind == word {
		if used, ok := r.signed(t, next); used {
			return ok
		}
	}
	if next.kind == mark && r.day == 0 && r.month == 0 && r.year == 0 {
		if used, ok := r.numeric(t, next); used {
			return ok
		}
	}
	if next.text == "." && next.start == t.end && r.dotted(t, next) {
		return true
	}
	switch {
	case r.era && r.year == 0 && t.digits <= 4 && t.n > 0:
		r.year = t.n + r.eraBase
		r.eraDone = true
	case t.digits == 4 && r.year == 0 && t.n > 0:
		r.year = t.n
	case t.digits <= 2 && r.day == 0 && t.n >= 1 && t.n <= 31 && !r.goesOn(t, next):
		r.day = t.n
	case t.digits == 2 && r.year == 0 && r.month != 0 && r.day != 0 && r.shortYear(t):
		r.year = r.century(t.n)
	default:
		return false
	}
	return r.accept(t.end)
}

func latin(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// goesOn reports whether a number is not a day because it is part of something longer: 6,000, 6.5, 6%, 6km.
func (r *reader) goesOn(t, next token) bool {
	if next.start != t.end || r.mode == whole {
		return false
	}
	switch {
	case next.kind == word:
		return r.entry(next).classes == 0
	case next.text == "%" || next.text == "$" || next.text == "€" || next.text == "٪":
		return true
	case next.text == ",", next.text == ".", next.text == ":":
		after := scan(r.text, next.end)
		return after.kind == number && after.start == next.end && (after.digits != 4 || next.text == ":")
	}
	return false
}

// shortYear reports whether a year of two digits may stand here: in RFC 822's dates and 06-Nov-24, in Thai, after an apostrophe.
func (r *reader) shortYear(t token) bool {
	before := r.text[:t.start]
	return r.mode == whole || r.thai() || strings.HasSuffix(before, "-") || strings.HasSuffix(before, "'") || strings.HasSuffix(before, "’")
}

// thai reports whether the words so far are Thai, whose years are the Buddhist era's.
func (r *reader) thai() bool {
	th := r.lex.set("th")
	return r.lang == th || r.lang == 0 && r.langs == th
}

// century completes a year of two digits as RFC 2822 section 4.3 does; Thai ones are Buddhist.
func (r *reader) century(n int) int {
	switch {
	case r.thai():
		return 2500 + n
	case n >= 50:
		return 1900 + n
	}
	return 2000 + n
}

// signed reads a number with the word after it that says what it is: 2024年, 11월, 10 h 04, 9 pm. used says that it has one.
func (r *reader) signed(t, next token) (used, ok bool) {
	all := r.entry(next)
	if all.classes == 0 {
		return false, false
	}
	if _, upTo, ok := r.pick(next, all, yearWord); ok && t.digits <= 4 && t.n > 0 && r.mode != mention || ok && t.digits == 4 {
		if r.year != 0 {
			return true, false
		}
		r.year = t.n
		switch {
		case r.era:
			r.year += r.eraBase
			r.eraDone = true
		case t.digits == 2:
			r.year = r.century(t.n)
		}
		return true, r.accept(upTo)
	}
	if _, upTo, ok := r.pick(next, all, monthWord); ok && t.digits <= 2 {
		if r.month != 0 || t.n < 1 || t.n > 12 {
			return true, false
		}
		r.month, r.dayFirst = t.n, false
		return true, r.accept(upTo)
	}
	if _, upTo, ok := r.pick(next, all, dayWord); ok && t.digits <= 2 && r.month != 0 {
		if r.day != 0 || t.n < 1 || t.n > 31 {
			return true, false
		}
		r.day = t.n
		return true, r.accept(upTo)
	}
	if r.time.known || r.mode == mention || t.digits > 2 || t.n > 24 {
		return false, false
	}
	if _, upTo, ok := r.pick(next, all, hourWord); ok && (r.day != 0 || next.start == t.end || r.awaitTime || r.part >= 0) {
		return true, r.hours(t, upTo)
	}
	if m, upTo, ok := r.pick(next, all, dayPart); ok && r.part < 0 && t.n >= 1 && t.n <= 12 && (r.day != 0 || r.awaitTime || next.start == t.end) {
		if _, _, month := r.pick(next, all, monthName); month || r.day == 0 && r.awaitMonth {
			return false, false
		}
		r.time = clock{known: true, hour: t.n}
		return true, r.setPart(m.value, upTo)
	}
	return false, false
}

// hours reads the hours of 10h04, 10 Uhr 4, 3시 5분 and what of the time follows them.
func (r *reader) hours(t token, upTo int) bool {
	c := clock{known: true, hour: t.n}
	m := scan(r.text, upTo)
	if m.kind == number && m.digits <= 2 && m.n < 60 {
		after := scan(r.text, m.end)
		_, minutes, ok := r.pick(after, r.entry(after), minuteWord)
		switch {
		case ok:
			c.minute, upTo = m.n, minutes
			s := scan(r.text, minutes)
			after = scan(r.text, s.end)
			if _, seconds, ok := r.pick(after, r.entry(after), secondWord); ok && s.kind == number && s.digits <= 2 && s.n < 60 {
				c.second, c.seconds, upTo = s.n, true, seconds
			}
		case m.digits == 2 && (m.start == upTo || r.day != 0 && r.year != 0):
			c.minute, upTo = m.n, m.end
		}
	}
	return r.setClock(c, upTo)
}

// setClock takes the time that has been read, in the part of the day that came before it.
func (r *reader) setClock(c clock, upTo int) bool {
	if !c.valid() {
		return false
	}
	if r.part >= 0 {
		r.parted = true
		if !c.twelve(r.part, r.mode) {
			return false
		}
	}
	r.time = c
	return r.accept(upTo)
}

// clock reads 10:04, 10:04:05 and 10:04:05.25.
func (r *reader) clock(h, colon token) bool {
	m := scan(r.text, colon.end)
	if h.digits > 2 || m.kind != number || m.digits != 2 {
		return false
	}
	c := clock{known: true, hour: h.n, minute: m.n}
	upTo := m.end
	next := scan(r.text, upTo)
	if s := scan(r.text, next.end); (next.text == ":" || next.text == "：") && s.kind == number && s.digits == 2 {
		c.second, c.seconds = s.n, true
		upTo = s.end
		point := scan(r.text, upTo)
		if f := scan(r.text, point.end); point.text == "." && f.kind == number && f.digits <= 9 && f.start == point.end && point.start == upTo {
			c.nano = f.n
			for range 9 - f.digits {
				c.nano *= 10
			}
			upTo = f.end
		}
	}
	return r.setClock(c, upTo)
}

// dotted reads 10.04 where it must be a time: after "klo" or a whole day, or before "Uhr", "WIB" or "pm".
func (r *reader) dotted(h, point token) bool {
	m := scan(r.text, point.end)
	if r.time.known || r.mode == mention || h.digits > 2 || h.n > 23 || m.kind != number || m.digits != 2 || m.n > 59 || m.start != point.end {
		return false
	}
	if !r.awaitTime && (r.day == 0 || r.year == 0) {
		after := scan(r.text, m.end)
		all := r.entry(after)
		_, _, hour := r.pick(after, all, hourWord)
		_, _, zone := r.pick(after, all, zoneName)
		_, _, part := r.pick(after, all, dayPart)
		if !hour && !zone && !part {
			return false
		}
	}
	upTo := m.end
	next := scan(r.text, upTo)
	if s := scan(r.text, next.end); next.text == "." && s.kind == number && s.digits != 2 && s.start == next.end {
		return false // 10.11.2024
	}
	c := clock{known: true, hour: h.n, minute: m.n}
	if s := scan(r.text, next.end); next.text == "." && next.start == upTo && s.kind == number && s.digits == 2 && s.start == next.end && s.n < 60 {
		c.second, c.seconds = s.n, true
		upTo = s.end
	}
	return r.setClock(c, upTo)
}

// numeric reads 06.11.2024, 11/26/2024, 2024. 11. 6. and 2024-11-06. used says that there are three numbers.
func (r *reader) numeric(a, sep token) (used, ok bool) {
	switch sep.text {
	case ".", "/", "-", "．", "／", "‑", "–":
	default:
		return false, false
	}
	b := scan(r.text, sep.end)
	sep2 := scan(r.text, b.end)
	c := scan(r.text, sep2.end)
	if b.kind != number || b.digits > 2 || sep2.text != sep.text || c.kind != number {
		return false, false
	}
	if after := scan(r.text, c.end); after.start == c.end && r.mode != whole {
		if following := scan(r.text, after.end); after.kind == mark && following.kind == number && following.start == after.end && after.text == sep.text {
			return true, false // four numbers: an address or a version
		}
	}
	var year, month, day int
	switch {
	case a.digits == 4 && c.digits <= 2:
		year, month, day = a.n, b.n, c.n
	case a.digits <= 2 && c.digits == 4:
		year = c.n
		month, day = r.order(year, a.n, b.n, sep.text)
	case a.digits == 2 && b.digits == 2 && c.digits == 2 && r.lang != 0 && r.yearFirst():
		year, month, day = r.century(a.n), b.n, c.n
	case a.digits == 2 && b.digits == 2 && c.digits == 2 && r.lang != 0:
		year = r.century(c.n)
		month, day = r.order(year, a.n, b.n, sep.text)
	}
	if year < 1 || month < 1 || month > 12 || day < 1 || day > 31 {
		return true, false
	}
	r.year, r.month, r.day = year, month, day
	return true, r.accept(c.end)
}

// yearFirst reports whether the context's language puts years before months.
func (r *reader) yearFirst() bool {
	base, _, _ := strings.Cut(r.tag, "-")
	switch base {
	case "zh", "yue", "ja", "ko", "hu", "lt", "eu", "fa", "mn":
		return true
	}
	return false
}

// order tells day and month apart by what is possible, by the separator (with dots the day comes first), by what does not
// lie after the capture, and by the language: only the English of the United States and the Philippines puts the month
// first. English that does not say whose it is leaves it open: the day is 0.
func (r *reader) order(year, a, b int, sep string) (month, day int) {
	dayFirst := false
	base, region, _ := strings.Cut(r.tag, "-")
	switch {
	case b > 12 && a <= 12:
	case sep == "." || a > 12 || a == b:
		dayFirst = true
	case r.later(year, a, b) && !r.later(year, b, a):
		dayFirst = true
	case r.later(year, b, a) && !r.later(year, a, b):
	case r.lang == 0:
		return 0, 0
	case !strings.EqualFold(base, "en"):
		dayFirst = true
	case strings.EqualFold(region, "US") || strings.EqualFold(region, "PH"):
	case region == "" || strings.EqualFold(region, "CA"):
		return 0, 0
	default:
		dayFirst = true
	}
	if dayFirst {
		return b, a
	}
	return a, b
}

// later reports whether a day lies after the capture or the publication, by more than the zones differ.
func (r *reader) later(year, month, day int) bool {
	bound := r.captured
	if !r.published.IsZero() {
		bound = r.published
	}
	return !bound.IsZero() && time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).After(bound.Add(24*time.Hour))
}

// offset reads the digits of +0430, +04:30, +04 at t.
func (r *reader) offset(t token, west bool) bool {
	hours, minutes, upTo := t.n, 0, t.end
	colon := scan(r.text, t.end)
	m := scan(r.text, colon.end)
	switch {
	case t.digits == 4:
		hours, minutes = t.n/100, t.n%100
	case t.digits <= 2 && colon.text == ":" && colon.start == t.end && m.kind == number && m.digits == 2:
		minutes, upTo = m.n, m.end
	case t.digits != 2:
		return false
	}
	seconds := hours*3600 + minutes*60
	if west {
		seconds = -seconds
	}
	if minutes > 59 || !validOffset(seconds) || west && r.mode != whole && minutes != 0 && minutes != 30 { // 10:04-10:45 are two times
		return false
	}
	r.time.zone, r.time.offset = true, seconds
	return r.accept(upTo)
}

// zoneSuffix reads what GMT and UTC may have after them: +4:30, +7, +0430.
func (r *reader) zoneSuffix(base int) {
	sign := scan(r.text, r.pos)
	if base != 0 || sign.text != "+" && sign.text != "-" && sign.text != "−" {
		return
	}
	t := scan(r.text, sign.end)
	if t.kind != number || t.start != sign.end || t.digits == 1 && t.n > 9 {
		return
	}
	if colon := scan(r.text, t.end); t.digits == 1 && colon.text != ":" {
		t.n, t.digits = t.n*100, 4
	}
	r.offset(t, sign.text != "+")
}

// date is what the parts say. ok is false where they are no date: none at all, a month too many, a day that no year has.
func (r *reader) date() (d article.Date, ok bool) {
	if !r.time.valid() {
		return d, false
	}
	d = article.Date{Precision: r.time.precision(), ZoneKnown: r.time.zone}
	var days int
	switch {
	case r.month == 0 && r.day == 0 && r.year == 0 && r.weekday >= 0 && !r.time.known && r.mode != mention:
		if r.published.IsZero() || r.weekdayShort && r.mode != whole {
			return d, false
		}
		back := (int(r.published.Weekday()) - r.weekday + 7) % 7
		d.Time = r.published.AddDate(0, 0, -back)
		return d, true
	case r.month == 0:
		return d, false
	case r.year == 0:
		if r.day == 0 || r.doubtful || r.mode != whole && r.stopped.kind == number && r.dayFirst && r.dayAhead() {
			return d, false
		}
		if days, ok = r.nearest(); !ok {
			return d, false
		}
	case !r.settleCalendar():
		return d, false
	case r.day == 0:
		if r.time.known || r.calendar != gregorian || r.mode == mention || r.weekday >= 0 {
			return d, false
		}
		d.Precision = article.Month
		d.Time = time.Date(r.year, time.Month(r.month), 1, 0, 0, 0, 0, time.UTC)
		return d, r.month <= 12
	default:
		if days, ok = r.calendar.day(r.year, r.month, r.day); !ok {
			return d, false
		}
		days = r.byWeekday(days)
	}
	t := dateOf(days)
	d.Time = r.time.on(t.Year(), t.Month(), t.Day())
	return d, true
}

// dayAhead reports whether the number after "3 November" is the real day: 3 November 6, 2024.
func (r *reader) dayAhead() bool {
	t := r.stopped
	if t.digits > 2 {
		return false
	}
	next := scan(r.text, t.end)
	if next.text == "," {
		next = scan(r.text, next.end)
	}
	return next.kind == number && next.digits == 4
}

// settleCalendar chooses the calendar of a year that is not the Gregorian one's, and reports whether it has one.
func (r *reader) settleCalendar() bool {
	if r.era && r.eraBase == 0 || r.year >= 1600 && r.calendar == gregorian {
		if r.year >= 2400 && r.year < 2700 && r.thai() {
			r.year -= 543
		}
		limits := years[gregorian]
		return r.mode == whole || r.year >= limits.first && r.year <= limits.last
	}
	if r.calendar != gregorian {
		return true
	}
	if r.named {
		return r.mode == whole
	}
	c, ok := calendarOf(r.lex, r.lang, r.year, r.persianDigits)
	r.calendar = c
	return ok
}

// calendarOf is the calendar of a year such as 1403 in a text: the solar one in Persian, Dari and Pashto, the lunar one in
// Arabic and Urdu. Where the language is not known, Persian digits stand for Persian.
func calendarOf(l *lexicon, lang languages, year int, persianDigits bool) (calendar, bool) {
	switch {
	case year < 1200 || year > 1550 || lang == 0 && !persianDigits:
		return gregorian, false
	case lang == 0, lang == l.set("fa"), lang == l.set("ps"):
		return jalali, true
	case lang == l.set("ar"), lang == l.set("ur"):
		return hijri, true
	}
	return gregorian, false
}

// byWeekday moves a lunar date by a day where only that makes it the weekday it is said to be: countries see the moon on
// different days.
func (r *reader) byWeekday(days int) int {
	if r.calendar != hijri || r.weekday < 0 {
		return days
	}
	for _, by := range []int{0, -1, 1} {
		if int(dateOf(days+by).Weekday()) == r.weekday {
			return days + by
		}
	}
	return days
}

// yearsAway is how far from the publication a day without a year may be: a writer who means one further away says so.
const yearsAway = 6

// nearest finds the year of a day without one: the nearest to publication in which the calendar has it and the weekday fits.
func (r *reader) nearest() (best int, ok bool) {
	if r.published.IsZero() {
		return 0, false
	}
	published := int(r.published.Unix() / secondsPerDay)
	base := r.calendar.yearOf(r.published.Year())
	try := func(year int) {
		days, valid := r.calendar.day(year, r.month, r.day)
		if !valid {
			return
		}
		if days = r.byWeekday(days); r.weekday >= 0 && int(dateOf(days).Weekday()) != r.weekday {
			return
		}
		if !ok || distance(days, published) < distance(best, published) {
			best, ok = days, true
		}
	}
	for away := range yearsAway + 1 { // the past first: at the same distance it wins
		try(base - away)
		try(base + away)
	}
	return best, ok
}

func distance(a, b int) int { return max(a-b, b-a) }
