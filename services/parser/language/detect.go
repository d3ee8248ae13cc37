package language

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// script is a writing system, or what of it counts as one here.
type script int

const (
	noScript script = iota
	latin
	cyrillic
	arabic
	devanagari
	han
	kana
	hangul
	others
)

// alone are the blocks of letters that one language has nearly to itself, by their first and last character (Unicode 16).
var alone = []struct {
	from, to rune
	tag      string
}{
	{0x0370, 0x03ff, "el"},
	{0x1f00, 0x1fff, "el"},
	{0x0530, 0x058f, "hy"},
	{0x0590, 0x05ff, "he"},
	{0x0780, 0x07bf, "dv"},
	{0x0980, 0x09ff, "bn"},
	{0x0a00, 0x0a7f, "pa"},
	{0x0a80, 0x0aff, "gu"},
	{0x0b00, 0x0b7f, "or"},
	{0x0b80, 0x0bff, "ta"},
	{0x0c00, 0x0c7f, "te"},
	{0x0c80, 0x0cff, "kn"},
	{0x0d00, 0x0d7f, "ml"},
	{0x0d80, 0x0dff, "si"},
	{0x0e00, 0x0e7f, "th"},
	{0x0e80, 0x0eff, "lo"},
	{0x0f00, 0x0fff, "bo"},
	{0x1000, 0x109f, "my"},
	{0x10a0, 0x10ff, "ka"},
	{0x1c90, 0x1cbf, "ka"},
	{0x1200, 0x137f, "am"},
	{0x1780, 0x17ff, "km"},
	{0x1800, 0x18af, "mn"},
}

func scriptOf(r rune) (s script, tag string) {
	switch {
	case r < 0x250 || r >= 0x1e00 && r < 0x1f00:
		return latin, ""
	case r >= 0x400 && r < 0x530:
		return cyrillic, ""
	case r >= 0x600 && r < 0x700 || r >= 0x750 && r < 0x780 || r >= 0xfb50 && r < 0xfe00 || r >= 0xfe70 && r < 0xff00:
		return arabic, ""
	case r >= 0x900 && r < 0x980:
		return devanagari, ""
	case r >= 0x3040 && r < 0x3100:
		return kana, ""
	case r >= 0xac00 && r < 0xd7b0 || r >= 0x1100 && r < 0x1200:
		return hangul, ""
	case r >= 0x3400 && r < 0xa000 || r >= 0xf900 && r < 0xfb00 || r >= 0x20000 && r < 0x32000:
		return han, ""
	}
	for _, a := range alone {
		if r >= a.from && r <= a.to {
			return others, a.tag
		}
	}
	return noScript, ""
}

// letters are those that tell the languages of a script apart, each with how much one of it speaks for a language. Small
// letters only.
var letters = map[rune][]vote{}

// vote is how much something speaks for a language, by its place in tags.
type vote struct {
	tag    int
	weight float32
}

var (
	tags    []string // the languages of words
	scripts []script // by tag
	lexicon = func() map[string][]vote {
		m := map[string][]vote{}
		at := map[string]int{}
		for tag, list := range words {
			at[tag] = len(tags)
			tags = append(tags, tag)
			first, _ := utf8.DecodeRuneInString(list)
			s, _ := scriptOf(first)
			scripts = append(scripts, s)
			for w := range strings.FieldsSeq(list) {
				w = normal(w)
				if v := m[w]; len(v) == 0 || v[len(v)-1].tag != at[tag] {
					m[w] = append(v, vote{at[tag], 1})
				}
			}
		}
		for w, votes := range m { // a word of many languages says little for each
			for i := range votes {
				votes[i].weight = 1 / float32(len(votes))
			}
			m[w] = votes
		}
		for _, l := range []struct {
			tag     string
			letters string
			weight  float32
		}{
			{"de", "ß", 1},
			{"fr", "œ", .5},
			{"es", "ñ¿¡", .7},
			{"pt", "ãõ", .7},
			{"pl", "łżźćśąę", .5},
			{"cs", "řěů", .8},
			{"sk", "ľĺŕô", .5},
			{"hu", "őű", 1},
			{"ro", "ășțţ", .6},
			{"tr", "ğış", .4},
			{"az", "ə", 1.5},
			{"is", "þð", 1},
			{"da", "æø", .2},
			{"no", "æø", .2},
			{"nn", "æø", .2},
			{"lv", "āēīūļņģķ", .4},
			{"lt", "ėųūį", .6},
			{"et", "õ", .3},
			{"mt", "ħġż", .8},
			{"vi", "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹơưđ", .5},
			{"ca", "·", 1},
			{"eo", "ĉĝĥĵŝŭ", 1},
			{"tk", "ňýäž", .2},
			{"ku", "îûê", .2},
			{"cy", "ŵŷ", 1},
			{"sq", "ë", .3},
			{"ru", "ыэё", .25},
			{"uk", "їєґ", 1},
			{"be", "ў", 1.5},
			{"bg", "ъ", .15},
			{"mk", "ѓќѕ", 1},
			{"sr-Cyrl", "ђћ", 1},
			{"kk", "әғқұһ", .7},
			{"ky", "ңөү", .2},
			{"tg", "ҷӣӯҳ", 1},
			{"mn", "өү", .25},
			{"fa", "گچپژ", .25},
			{"ps", "ټډړږښځڅېۍڼ", 1},
			{"ur", "ٹڈڑںےہھ", .7},
			{"ckb", "ەێۆڵڕڤ", .5},
			{"ug", "ۇېىۋ", .3},
			{"sd", "ڪڳڻٿڀڄ", 1},
			{"ar", "ةىإأؤئ", .25},
		} {
			for _, r := range l.letters {
				letters[r] = append(letters[r], vote{at[l.tag], l.weight})
			}
		}
		return m
	}()
)

// normal brings Arabic letters that look alike, and are typed for each other, to one form.
func normal(w string) string {
	if w == "" || w[0] < 0xd8 || w[0] > 0xdb {
		return w
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case 'ي', 'ى':
			return 'ی'
		case 'ك':
			return 'ک'
		case '\u200c':
			return -1
		}
		return r
	}, w)
}

// maxTags is room for the tags.
const maxTags = 80

// enough is how much evidence, in words, makes a verdict as sure as it gets.
const enough = 6

// Detect returns the language of a text as a BCP 47 tag, and from 0 to 1 how sure that is: "zh-Hans" and "zh-Hant" with their
// script, Dari as "fa-AF", others as a language alone. Of a text without letters, or in no language that it knows, the tag is
// "". It looks at the first 4 kB.
func Detect(text string) (tag string, confidence float64) {
	if len(text) > sample {
		cut := sample
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	var d detector
	d.read(text)
	return d.verdict()
}

// detector counts what speaks for what.
type detector struct {
	counts  [others + 1]int
	alone   map[string]int
	votes   [maxTags]float32 // by tag
	word    []byte
	hans    int // characters written in simplified Chinese only
	hant    int // and in traditional only
	dari    int
	letters int
}

func (d *detector) read(text string) {
	for _, r := range text {
		l := unicode.ToLower(r)
		if l < utf8.RuneSelf && (l < 'a' || l > 'z') && l != '\'' || l >= utf8.RuneSelf && !unicode.IsLetter(l) && !unicode.IsMark(l) && l != '\u200c' {
			d.vote(l)
			d.endWord()
			continue
		}
		if l != '\'' && l != '\u200c' {
			s, tag := scriptOf(l)
			d.counts[s]++
			d.letters++
			if tag != "" {
				if d.alone == nil {
					d.alone = map[string]int{}
				}
				d.alone[tag]++
			}
			if s == han {
				d.chinese(l)
			}
			d.vote(l)
		}
		if len(d.word) < 64 {
			d.word = utf8.AppendRune(d.word, l)
		}
	}
	d.endWord()
}

func (d *detector) vote(r rune) {
	if r < utf8.RuneSelf {
		return
	}
	for _, v := range letters[r] {
		d.votes[v.tag] += v.weight * .5
	}
}

func (d *detector) endWord() {
	if len(d.word) == 0 {
		return
	}
	w := d.word
	d.word = d.word[:0]
	votes, ok := lexicon[string(w)]
	if !ok && w[0] >= 0xd8 && w[0] <= 0xdb {
		n := normal(string(w))
		votes = lexicon[n]
		if dariWords[n] {
			d.dari++
		}
	}
	for _, v := range votes {
		d.votes[v.tag] += v.weight
	}
}

// The commonest characters that simplified and traditional Chinese write differently.
const (
	simplified  = "这们为国会来时对说发过还经学现进种实点业动两长问开关报员电机无应战记见东车门马鱼书习买卖头乐云亚产从众优价专义仅该协议将签备济总统军权规区团压县"
	traditional = "這們為國會來時對說發過還經學現進種實點業動兩長問開關報員電機無應戰記見東車門馬魚書習買賣頭樂雲亞產從眾優價專義僅該協議將簽備濟總統軍權規區團壓縣"
)

var chineseOnly = func() map[rune]bool { // true for simplified
	m := map[rune]bool{}
	for _, r := range simplified {
		m[r] = true
	}
	for _, r := range traditional {
		m[r] = false
	}
	return m
}()

func (d *detector) chinese(r rune) {
	if s, ok := chineseOnly[r]; ok {
		if s {
			d.hans++
		} else {
			d.hant++
		}
	}
}

// dariWords are those that Persian has in Afghanistan: its months, and words of its administration.
var dariWords = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq("حمل ثور جوزا سرطان اسد سنبله میزان عقرب قوس جدی دلو حوت پوهنتون پوهنځی ولسوالی ولسوال ولسی جرگه شاروالی شاروال سارنوالی سارنوال قوماندان قوماندانی څارنوالی ولایات ولایت والی طیاره موتر لیسه شفاخانه معینیت") {
		m[normal(w)] = true
	}
	return m
}()

func (d *detector) verdict() (string, float64) {
	if d.letters == 0 {
		return "", 0
	}
	most, share := noScript, 0
	for s := latin; s <= others; s++ {
		if d.counts[s] > share {
			most, share = s, d.counts[s]
		}
	}
	sureness := float64(share) / float64(d.letters)
	switch most {
	case noScript:
		return "", 0
	case others:
		best := ""
		for tag, n := range d.alone {
			if n > d.alone[best] || n == d.alone[best] && tag < best {
				best = tag
			}
		}
		return best, sureness
	case kana:
		return "ja", sureness
	case hangul:
		return "ko", sureness
	case han:
		switch {
		case d.counts[kana]*20 > share: // Japanese mixes the two
			return "ja", min(1, float64(share+d.counts[kana])/float64(d.letters))
		case d.hans > 2*d.hant:
			return "zh-Hans", sureness
		case d.hant > 2*d.hans:
			return "zh-Hant", sureness
		}
		return "zh", sureness
	}
	best, next := -1, -1
	for t := range tags {
		if scripts[t] != most || d.votes[t] == 0 {
			continue
		}
		switch {
		case best < 0 || d.votes[t] > d.votes[best] || d.votes[t] == d.votes[best] && tags[t] < tags[best]:
			best, next = t, best
		case next < 0 || d.votes[t] > d.votes[next]:
			next = t
		}
	}
	if best < 0 {
		return "", 0
	}
	lead := 1.0
	if next >= 0 {
		lead = float64(d.votes[best]-d.votes[next]) / float64(d.votes[best])
	}
	confidence := sureness * min(1, float64(d.votes[best])/enough) * min(1, .4+1.5*lead)
	tag := tags[best]
	switch {
	case tag == "sr-Cyrl":
		tag = "sr"
	case tag == "fa" && d.dari >= 2:
		return "fa-AF", min(confidence, .7) // words alone are no proof
	}
	return tag, confidence
}
