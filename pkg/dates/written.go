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
	monthEnd      int  // of its name
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
	base      string    // the first subtag of the context's language
	region    string    // the last one, if there are more
	captured  time.Time
	published time.Time // midnight UTC of its day; zero where not known
}

func (c Context) lookups() context {
	l := lex()
	x := context{lex: l, lang: l.set(c.Lang), captured: c.Captured}
	x.base, x.region = subtags(c.Lang)
	if p := c.Published; p != nil && p.Precision != article.Year && p.Precision != article.Month {
		y, m, d := p.Time.Date()
		x.published = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return x
}

// subtags are the first and the last piece of a BCP 47 tag, also where it is written with "_".
func subtags(tag string) (base, region string) {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		return tag[:i], tag[strings.LastIndexAny(tag, "-_")+1:]
	}
	return tag, ""
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
		if t.text == "+" || r.mode == mention && !r.within(t, next) {
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
		if (r.month != 0) != (r.day != 0) && (r.named || r.day != 0) {
			r.doubtful = true
		}
	case "'", "’", "‘", "٫":
	case "–":
		if r.mode == mention && !r.within(t, next) {
			return false
		}
	case "—", "|", "/", ")", "）", "·", "•", "।", "・":
		if r.mode == mention {
			return false
		}
	default:
		return false
	}
	return r.pass(t.end)
}

// within reports whether no blank stands around a mark: 6-Nov-24, July 10–12.
func (r *reader) within(t, next token) bool { return t.start == r.pos && next.start == t.end }

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

func (r *reader) word(t token) bool {
	all := r.entry(t)
	if m, upTo, ok := r.pick(t, all, monthName); ok && r.named && r.monthEnd == r.end && r.month == m.value && r.calendar == m.calendar { // أيار/مايو
		return r.accept(upTo)
	} else if ok && r.month == 0 && r.fits(t, m) {
		if day, dayUpTo, ok := r.pick(t, all, weekdayName); ok && r.weekday < 0 && r.monthAhead(dayUpTo) {
			r.setWeekday(day)
			return r.accept(dayUpTo)
		}
		r.calendar, r.month, r.monthEnd, r.named, r.dayFirst = m.calendar, m.value, upTo, true, r.day != 0
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

func (r *reader) setWeekday(m meaning) {
	r.weekday, r.weekdayShort = m.value, m.short
	r.narrow(m)
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
		if m := scan(r.text, next.end); m.kind == number && m.start == next.end {
			return r.mode != mention && !r.time.known && r.clock(t, next)
		}
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
	case t.digits <= 2 && r.named && r.day != 0 && r.year == 0 && t.n <= 31 && r.ranged(t): // July 10–12, 2024
		return r.pass(t.end)
	default:
		return false
	}
	return r.accept(t.end)
}

// ranged reports whether a number ends a range of days.
func (r *reader) ranged(t token) bool {
	before := r.text[:t.start]
	return strings.HasSuffix(before, "-") || strings.HasSuffix(before, "–")
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
	return r.mode == whole || r.thai() || r.dayFirst && strings.HasSuffix(before, "-") || strings.HasSuffix(before, "'") || strings.HasSuffix(before, "’")
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
