package extract

import (
	"strings"
	"unicode/utf8"
)

// words are what the words in classes and ids say, a bit each.
type words uint32

const (
	wordAuthor words = 1 << iota
	wordDate
	wordUpdated
	wordHeadline
	wordComments
	wordRelated
	wordFooter
	wordNav
	wordLogo
	wordBio
	wordPhoto
	wordAside
	wordNow
	wordKicker
	wordNot    // takes the meaning from the next
	wordPrefix // "title" after it is the article's
	wordTitle
)

// vocabulary is what single words mean, in the languages in which pages name their classes.
var vocabulary = map[string]words{}

// lengths are those of the words in vocabulary by first byte, a bit each: most words of classes need no look-up.
var lengths [256]uint32

func init() {
	for w, list := range map[words]string{
		wordAuthor: `author authors byline bylines writer writers autor autoren autorin autores auteur auteurs autore autori verfasser verfasserin journalist journalists reporter reporters
			contributor contributors creator postauthor articleauthor authorname bylinename postedby writtenby redakteur forfatter forfattare skribent kirjoittaja yazar muhabir szerzo
			penulis redactor redacteur firma firmas authorinfo authorbox`,
		wordDate: `date dates datum fecha time timestamp datetime published publish publication pubdate postdate postdatum posted dateline articledate entrydate publishdate publishingdate
			datepublished releasedate newsdate createdate created datepost datecreated tarih dato pvm zeit veroeffentlicht veröffentlicht datumuhrzeit publikation publié kdate pubtime datazione dtpublished`,
		wordUpdated:  `updated modified update lastmod lastmodified datemodified aktualisiert changed lastupdated lastupdate maj`,
		wordHeadline: `headline entrytitle articletitle posttitle pagetitle articleheadline storyheadline`,
		wordComments: `comment comments commentlist respond disqus replies kommentar kommentare comentarios commentaires commenti reactions reacties fbcomments commenter`,
		wordRelated: `related relateds recommended recommendation recommendations popular trending mostread latest teaser teasers widget carousel slider ticker promo newsletter recirc similar
			readmore morenews mehr weitere nextpost prevpost pager pagination recent outbrain taboola verwandte relacionadas relacionados relacionadas prevnext`,
		wordFooter: `footer copyright colophon impressum imprint fuss fusszeile`,
		wordNav:    `nav menu navigation navbar breadcrumb breadcrumbs topbar`,
		wordLogo:   `logo brand masthead sitename sitetitle siteheader blogtitle blogname`,
		wordBio:    `bio biography aboutauthor vita`,
		wordPhoto:  `caption photo photos image foto bild picture`,
		wordNow:    `current now today heute clock uhr`,
		wordKicker: `kicker catchline overline eyebrow dachzeile spitzmarke topline`,
		wordNot:    `no has with without is not ohne mit hide`,
		wordPrefix: `entry article post story news content artikel page`,
		wordTitle:  `title`,
		wordAside:  `sidebar aside rail marginalspalte`,
	} {
		for word := range strings.FieldsSeq(list) {
			vocabulary[word] |= w
			lengths[word[0]|0x20] |= 1 << len(word)
		}
	}
}

// places are those that the words name.
func (w words) places() place {
	if w&^(wordAuthor|wordDate|wordUpdated|wordHeadline|wordLogo|wordKicker) == 0 {
		return 0
	}
	var in place
	for _, p := range [...]struct {
		word words
		in   place
	}{{wordComments, inComments}, {wordRelated, inRelated}, {wordFooter, inFooter}, {wordNav, inNav}, {wordBio, inBio}, {wordPhoto, inFigure}, {wordAside, inAside}, {wordNow, inNow}} {
		if w&p.word != 0 {
			in |= p.in
		}
	}
	return in
}

// wordsOf reads a class or id attribute: its words are parted by anything but letters, and by capitals: entry-date, pubDate.
// A word after one that negates ("no-sidebar") says nothing; "title" says something only after some ("entry-title").
func wordsOf(s string) words {
	var found, last words
	start, capitals := -1, false
	for i := 0; i <= len(s); i++ {
		letter, capital := false, false
		if i < len(s) {
			c := s[i]
			capital = c >= 'A' && c <= 'Z'
			letter = c >= 'a' && c <= 'z' || capital || c >= utf8.RuneSelf
		}
		if letter && start >= 0 && !(capital && s[i-1] >= 'a' && s[i-1] <= 'z') {
			capitals = capitals || capital
			continue
		}
		if start >= 0 {
			w := meaning(s[start:i], capitals)
			switch {
			case last&wordNot != 0:
				w &= wordNot
			case w&wordTitle != 0 && last&wordPrefix != 0:
				w |= wordHeadline
			}
			found |= w
			last = w
		}
		start, capitals = -1, false
		switch {
		case letter:
			start, capitals = i, capital
		case i < len(s) && s[i] == ' ':
			last = 0
		}
	}
	return found &^ (wordNot | wordPrefix | wordTitle)
}

// meaning looks one word up.
func meaning(w string, capitals bool) words {
	if len(w) >= 32 || lengths[w[0]|0x20]&(1<<len(w)) == 0 {
		return 0
	}
	if !capitals {
		return vocabulary[w]
	}
	var buf [32]byte
	for i := range len(w) {
		if buf[i] = w[i]; w[i] >= 'A' && w[i] <= 'Z' {
			buf[i] |= 0x20
		}
	}
	return vocabulary[string(buf[:len(w)])]
}

// looksDated reports whether a text has what dates have: four digits in a row, or digits parted like 6.11.24.
func looksDated(s string) bool {
	run, seps := 0, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			run++
		case (c == 0xdb || c == 0xd9) && i+1 < len(s) && (s[i+1] >= 0xb0 && s[i+1] <= 0xb9 || c == 0xd9 && s[i+1] >= 0xa0 && s[i+1] <= 0xa9): // Persian and Arabic digits
			run++
			i++
		default:
			if run == 4 || run == 8 {
				return true
			}
			if run > 0 && run <= 2 && (c == '.' || c == '/' || c == '-') {
				if seps++; seps == 2 {
					return true
				}
			} else if c != ' ' {
				seps = 0
			}
			run = 0
		}
	}
	return run == 4 || run == 8
}

// opener is how a word opens a byline.
type opener uint8

const (
	always   opener = iota + 1
	asLabel         // before a colon, or alone in its element
	beforeBy        // likewise, and with "by" among the next words
)

// opening are the words that open bylines.
var opening = map[string]opener{}

func init() {
	for how, list := range map[opener]string{
		always: `by von por par door autorin/autor autor/in autor/autorin`,
		asLabel: `autor author authors autorin autoren autores auteur auteurs autore autori verfasser verfasserin автор Автор авторы Авторы Текст текст نویسنده گزارشگر کاتب الكاتب بقلم 작성자 글 作者 文 记者
			記者 撰文 執筆 words di av af`,
		beforeBy: `ein eine text texto texte testo story article artikel beitrag gastbeitrag an a published veröffentlicht publié publicado pubblicato verfasst written posted escrito report
			erstellt geschrieben gepostet eingestellt gespeichert submitted`,
	} {
		for w := range strings.FieldsSeq(list) {
			opening[w] = how
		}
	}
}

// by are the words for "by".
var by = map[string]bool{"by": true, "von": true, "vom": true, "por": true, "par": true, "di": true, "da": true, "de": true, "door": true, "av": true, "af": true}

// hasBy reports whether a text has "by" between other words.
func hasBy(s string) bool {
	for _, w := range [...]string{" by ", " von ", " par ", " por ", " By ", " door "} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// startsByline reports whether a text begins with "by" in one of the languages of the pages, or with an author's label.
func startsByline(s string) bool {
	i := 0
	for i < len(s) && s[i] <= ' ' {
		i++
	}
	s = s[i:]
	if len(s) == 0 {
		return false
	}
	if c := s[0] | 0x20; s[0] < utf8.RuneSelf && strings.IndexByte("abdegpstvw", c) < 0 {
		return false
	}
	var buf [32]byte
	end := 0
	for ; end < len(s) && end < len(buf) && s[end] > ' ' && s[end] != ':' && !strings.HasPrefix(s[end:], "：") && !strings.HasPrefix(s[end:], "\u00a0"); end++ {
		buf[end] = s[end]
		if c := s[end]; c >= 'A' && c <= 'Z' {
			buf[end] |= 0x20
		}
	}
	colon := end < len(s) && s[end] > ' ' && !strings.HasPrefix(s[end:], "\u00a0")
	switch opening[string(buf[:end])] {
	case always:
		return true
	case asLabel:
		return colon || strings.TrimSpace(s[end:]) == ""
	case beforeBy:
		if colon {
			return true
		}
		rest := s[end:]
		for range 3 {
			rest = strings.TrimLeft(rest, " \t\r\n")
			end := strings.IndexAny(rest, " \t\n")
			if end < 0 {
				end = len(rest)
			}
			if by[strings.TrimSuffix(rest[:end], ":")] {
				return true
			}
			rest = rest[end:]
		}
	}
	return false
}
