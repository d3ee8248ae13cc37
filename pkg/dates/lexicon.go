package dates

import (
	"math/bits"
	"strings"
	"sync"
)

// language is what is known of how a language writes dates: data, in files by family. Cells are parted by "|", the forms
// in a cell by ","; a form may have several words, between which a text may have a full stop, an apostrophe or a hyphen
// ("a m" is also a.m.). A form that ends in "." is an abbreviation. Case and accents do not count (see fold).
type language struct {
	codes     string // BCP 47, the base languages that share this entry, parted by spaces
	months    string // January first, with every inflection that dates are written in
	weekdays  string // Monday first
	parts     string // words for before and after noon: "am|pm"
	ordinals  string // what follows the number of a day or year without a space of its own: 6th, 1er
	fillers   string // other words inside dates: 6 de noviembre
	clock     string // words that announce a time: at 10:04
	hours     string // words after a time or its hours: 10 Uhr, 10h04
	monthNo   string // words before a month's number: tháng 11
	days      string // "today|yesterday|the day before"
	before    string // what begins "2 hours ago": vor 2 Stunden
	after     string // what ends it
	units     string // "second|minute|hour|day|week|month|year"
	numbers   string // "one|two|three ...", for "an hour ago"
	on        string // what makes a weekday alone a day: on Wednesday
	ahead     string // what after it makes it one to come: Wednesday next
	capital   bool   // names of months have capitals
	yearFirst bool   // 24.11.06 is the year 24's
	solar     bool   // 1403 is a year of the solar Hijri calendar
	lunar     bool   // 1446 is one of the lunar
}

// family is one file's languages.
var families = [][]language{germanic, romance, slavic, european, turkic, indic, semitic, iranian, eastAsian, southEastAsian}

// calendars other than the Gregorian, and the months that a language names in them.
var foreignMonths = []struct {
	codes    string
	calendar calendar
	months   string
}{
	{"fa ps", jalali, iranianMonths},
	{"fa ps", jalali, afghanMonths},
	{"ps", jalali, pashtoMonths},
	{"ar", hijri, arabicHijriMonths},
	{"fa ur ps", hijri, persianHijriMonths},
	{"en id ms tr", hijri, latinHijriMonths},
	{"am", ethiopic, ethiopicMonths},
}

// class is what a word means in a date.
type class uint8

const (
	monthName class = iota
	weekdayName
	dayPart     // value: 0 before noon, 12 after it; plus loosePart where 14:04 may follow
	ordinal     // after a number
	filler      // says nothing
	clockWord   // a time follows
	hourWord    // after the hours
	minuteWord  // after the minutes
	secondWord  // after the seconds
	yearWord    // after a year's number: 年
	monthWord   // after a month's number: 月
	dayWord     // after a day's number: 日
	monthPrefix // before a month's number: tháng
	eraBefore   // before a year; value: what to add to it
	eraAfter    // after a year; value: its calendar
	zoneName    // value: minutes east of UTC
	relativeDay // value: days ago
	agoBefore
	agoAfter
	unitName // value: a unit; plus times for a dual
	numberWord
)

const loosePart = 100

// languages is a set of languages: bit i is the i-th of all. The empty set is of words that belong to none.
type languages uint64

// meaning is one thing that a word, or a phrase that begins with it, can say.
type meaning struct {
	class    class
	short    bool // an abbreviation
	calendar calendar
	value    int
	langs    languages
	rest     []string // the words after the first, folded
}

// entry is all that a word, or phrases that begin with it, can say.
type entry struct {
	classes  classes
	langs    languages
	meanings []meaning
}

// classes is a set of them.
type classes uint32

func (c class) set() classes { return 1 << c }

type lexicon struct {
	words map[string]*entry // by first word, folded
	index map[string]int    // of a language in a set
	all   []language        // by that index
}

// lex is built when it is first needed: some programs with this package never read a written date.
var lex = sync.OnceValue(func() *lexicon {
	l := &lexicon{words: map[string]*entry{}, index: map[string]int{}}
	for _, family := range families {
		for _, lang := range family {
			set := languages(1) << len(l.all)
			for code := range strings.FieldsSeq(lang.codes) {
				l.index[code] = len(l.all)
			}
			l.all = append(l.all, lang)
			l.addLanguage(&lang, set)
		}
	}
	if len(l.all) > 64 {
		panic("dates: more languages than a set holds")
	}
	for _, f := range foreignMonths {
		var set languages
		for code := range strings.FieldsSeq(f.codes) {
			set |= l.set(code)
		}
		l.addCells(f.months, meaning{class: monthName, calendar: f.calendar, langs: set}, 1)
	}
	for _, w := range append(everywhere, signs...) {
		l.addCell(w.forms, meaning{class: w.class, value: w.value, calendar: w.calendar})
	}
	return l
})

func (l *lexicon) addLanguage(lang *language, set languages) {
	l.addCells(lang.months, meaning{class: monthName, langs: set}, 1)
	i := 0
	for cell := range strings.SplitSeq(lang.weekdays, "|") {
		i++
		l.addCell(cell, meaning{class: weekdayName, value: i % 7, langs: set})
	}
	for i, cell := range strings.Split(lang.parts, "|") {
		loose := 0
		if !strings.Contains(cell, "a m") && !strings.Contains(cell, "p m") {
			loose = loosePart
		}
		l.addCell(cell, meaning{class: dayPart, value: loose + 12*i, langs: set})
	}
	for _, c := range []struct {
		forms string
		class class
	}{
		{lang.ordinals, ordinal},
		{lang.fillers, filler},
		{lang.clock, clockWord},
		{lang.hours, hourWord},
		{lang.monthNo, monthPrefix},
		{lang.before, agoBefore},
		{lang.after, agoAfter},
	} {
		l.addCell(c.forms, meaning{class: c.class, langs: set})
	}
	l.addCells(lang.days, meaning{class: relativeDay, langs: set}, 0)
	l.addCells(lang.units, meaning{class: unitName, langs: set}, 0)
	l.addCells(lang.numbers, meaning{class: numberWord, langs: set}, 1)
}

// addCells adds cells whose meanings count from a value on.
func (l *lexicon) addCells(cells string, m meaning, from int) {
	m.value = from
	for cell := range strings.SplitSeq(cells, "|") {
		l.addCell(cell, m)
		m.value++
	}
}

func (l *lexicon) addCell(cell string, m meaning) {
	for form := range strings.SplitSeq(cell, ",") {
		l.add(strings.TrimSpace(form), m)
	}
}

func (l *lexicon) add(form string, m meaning) {
	form, m.short = strings.CutSuffix(form, ".")
	var words []string
	for pos := 0; ; {
		t := scan(form, pos)
		if t.kind == end {
			break
		}
		pos = t.end
		if t.kind != mark || len(form) == len(t.text) {
			words = append(words, string(fold(nil, t.text)))
		}
	}
	if len(words) == 0 {
		return
	}
	if m.class == unitName {
		m.value = withTimes(m.value, 1)
		if strings.HasPrefix(form, "2") { // a dual
			m.value, words = withTimes(m.value, 2), words[1:]
		}
	}
	m.rest = words[1:]
	e := l.words[words[0]]
	if e == nil {
		e = &entry{}
		l.words[words[0]] = e
	}
	e.classes |= m.class.set()
	e.langs |= m.langs
	for i := range e.meanings {
		if k := &e.meanings[i]; k.class == m.class && k.value == m.value && k.calendar == m.calendar && strings.Join(k.rest, " ") == strings.Join(m.rest, " ") {
			if m.langs != 0 && k.langs != 0 {
				k.langs |= m.langs
			}
			k.short = k.short && m.short
			return
		}
	}
	e.meanings = append(e.meanings, m)
}

// set is the set of one language, given by any BCP 47 tag of it; it is empty for a language that is not known.
func (l *lexicon) set(tag string) languages {
	base, _ := subtags(tag)
	var buf [8]byte
	if len(base) > len(buf) {
		return 0
	}
	i, ok := l.index[string(fold(buf[:0], base))]
	if !ok {
		return 0
	}
	return 1 << i
}

// language is the one in a set of one.
func (l *lexicon) language(set languages) *language {
	if bits.OnesCount64(uint64(set)) != 1 {
		return nil
	}
	return &l.all[bits.TrailingZeros64(uint64(set))]
}

var unknown entry

// entry returns what a word can mean; it is never nil.
func (l *lexicon) entry(w string) *entry {
	var buf [2*maxFolded + 8]byte
	if e := l.words[string(fold(buf[:0], w))]; e != nil {
		return e
	}
	return &unknown
}

// anyWord is a word that no language owns.
type anyWord struct {
	class    class
	forms    string
	value    int
	calendar calendar
}

// everywhere holds what belongs to no language, or to every one.
var everywhere = []anyWord{
	{zoneName, "z,ut,utc,gmt,wet", 0, 0},
	{zoneName, "est", -5 * 60, 0},
	{zoneName, "edt", -4 * 60, 0},
	{zoneName, "cst", -6 * 60, 0},
	{zoneName, "cdt", -5 * 60, 0},
	{zoneName, "mst", -7 * 60, 0},
	{zoneName, "mdt", -6 * 60, 0},
	{zoneName, "pst", -8 * 60, 0},
	{zoneName, "pdt", -7 * 60, 0},
	{zoneName, "akst", -9 * 60, 0},
	{zoneName, "akdt", -8 * 60, 0},
	{zoneName, "hst", -10 * 60, 0},
	{zoneName, "brt", -3 * 60, 0},
	{zoneName, "cet,mez,wat", 60, 0},
	{zoneName, "cest,mesz,eet,oez,cat,sast", 120, 0},
	{zoneName, "eest,oesz,msk,мск,trt,eat", 180, 0},
	{zoneName, "irst", 210, 0},
	{zoneName, "aft", 270, 0},
	{zoneName, "pkt,uzt", 300, 0},
	{zoneName, "npt", 345, 0},
	{zoneName, "wib,ict", 7 * 60, 0},
	{zoneName, "wita,hkt,sgt,myt,pht,awst", 8 * 60, 0},
	{zoneName, "wit,jst,kst", 9 * 60, 0},
	{zoneName, "acst", 9*60 + 30, 0},
	{zoneName, "aest", 10 * 60, 0},
	{zoneName, "acdt", 10*60 + 30, 0},
	{zoneName, "aedt", 11 * 60, 0},
	{zoneName, "nzst", 12 * 60, 0},
	{zoneName, "nzdt", 13 * 60, 0},
	{ordinal, "º,ª,°", 0, 0},
	{clockWord, "t", 0, 0},
	{hourWord, "h", 0, 0},
}
