package extract

import (
	"slices"
	"strings"
	"unicode/utf8"

	"dateline/pkg/article"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// marked reads the elements that are marked as dates.
func (d *dating) marked() {
	at, around := d.f.headlineAt()
	for i := range d.f.dates {
		m := &d.f.dates[i]
		in := m.place &^ around
		if byHeadline(m.at, at) {
			in &^= hints | inItem
			if m.at > at {
				in &^= inComments // of a thread, whose first entry is what the page is about
			}
		}
		if in&elsewhere != 0 || m.kind == markClass && m.node.DataAtom == atom.A {
			continue
		}
		value, detail := dateText(m)
		if value == "" {
			continue
		}
		e := evidence{value, article.FromHTML, detail}
		if m.words&wordUpdated != 0 && m.words&wordDate == 0 || m.kind != markItem && saysUpdated(m.node) {
			if !d.both(e, m.node, in&inFooter == 0 && near(m.at, at)) {
				d.read(&d.modified, rankShown, e, m.node)
			}
			continue
		}
		rank := rankFar
		switch {
		case m.kind == markItem:
			rank = rankItem
		case hasAttr(m.node, "pubdate") && near(m.at, at):
			rank = rankItem
		case in&inFooter == 0 && (in&inAside == 0 || m.kind == markElement && at >= 0) && near(m.at, at):
			rank = rankShown
			if m.kind == markClass && m.words&(wordDate|wordUpdated) == 0 { // data-date: of what is not said
				rank = rankAbove
			}
		}
		d.read(&d.published, rank, e, m.node)
	}
}

// near reports whether a place in the text is by the headline: in the lines above it or before the article has gone on for
// long.
func near(m, headline int) bool { return headline < 0 || m >= headline-400 && m <= headline+1200 }

// dateText is what an element marked as a date says: its attribute, or its text.
func dateText(m *mark) (value, detail string) {
	for _, key := range [...]string{"datetime", "content", "data-datetime", "data-date", "data-timestamp", "title"} {
		if v := attr(m.node, key); v != "" && (key != "title" || looksDated(v) && m.node.DataAtom != atom.A) {
			return v, m.node.Data + " " + key
		}
	}
	if s := spaced(m.node, longDate+1); s != "" && len(s) <= longDate {
		return s, describe(m.node)
	}
	return "", ""
}

// longDate is the most bytes of text that a marked date has.
const longDate = 160

// spaced is the text of an element with a space between the elements in it.
func spaced(n *html.Node, most int) string { return strings.ReplaceAll(parted(n, most), " | ", " ") }

func hasAttr(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// updatedWords begin words that say that a date is that of a change.
var updatedWords = []string{
	"updat", "modif", "aktualis", "geändert", "zuletzt", "last change", "last edit", "letzte", "edited", "bearbeitet", "actuali", "actualiz", "mis à jour", "mise à jour", "maj ", "aggiorn", "atualiz", "bijgewerkt", "gewijzigd",
	"oppdater", "opdater", "uppdater", "päivitetty", "aktualizov", "zaktualizow", "güncelle", "обновл", "оновл", "изменен", "به\u200cروز", "بروزرسانی", "ویرایش", "تحديث", "更新", "수정", "frissít", "ενημερώ", "actualitz", "revised",
}

// saysUpdated reports whether the words of an element, or those right before it, say that it gives the date of a change.
func saysUpdated(n *html.Node) bool {
	if n.Type == html.ElementNode {
		if t := n.FirstChild; t != nil && t.Type == html.TextNode && updated(t.Data) {
			return true
		}
	}
	for range 2 {
		for prev := n.PrevSibling; prev != nil; prev = prev.PrevSibling {
			s := prev.Data
			if prev.Type == html.ElementNode {
				if prev.DataAtom == atom.Time || len(prev.Attr) > 20 {
					return false
				}
				s = spaced(prev, 60)
			}
			if s = strings.TrimSpace(s); s != "" && prev.Type != html.CommentNode {
				return updated(s) && !looksDated(s)
			}
		}
		if n = n.Parent; n == nil || n.FirstChild == nil {
			return false
		}
	}
	return false
}

func updated(s string) bool {
	if len(s) > 80 {
		s = s[len(s)-80:]
	}
	return changeAt(strings.ToLower(s)) >= 0
}

// changeAt is where in a text in lower case the first word of a change stands, -1 where none does.
func changeAt(s string) int {
	for _, w := range updatedWords {
		if i := strings.Index(s, w); i >= 0 {
			return i
		}
	}
	return -1
}

// both reads a text that gives the publication and then the change: "5 November 2024, updated: 6 November 2024".
func (d *dating) both(e evidence, n *html.Node, shown bool) bool {
	s := strings.ToLower(e.value)
	at := changeAt(s)
	if at < 0 || len(s) > lineText {
		return false
	}
	if len(s) == len(e.value) { // as it is in nearly all scripts: zones are told by their capitals
		s = e.value
	}
	first, ok := d.context.Find(s[:at])
	change, changed := d.context.Find(s[at:])
	if !ok || !changed || fineness(first) < 2 || fineness(change) < 2 {
		return false
	}
	rank := rankFar
	if shown {
		rank = rankShown
	}
	d.put(&d.published, first, rank, e, n)
	d.put(&d.modified, change, rankShown, e, n)
	return true
}

// written reads the dates that stand in short texts without a mark: those that are nearly all of their text ("Ann Weaver,
// May 3, 2020") or have a label ("Published: ..."), for others are what the article speaks of.
func (d *dating) written(settled bool) {
	const most = 100 // texts that are read
	at, around := d.f.headlineAt()
	read := 0
	for i := range d.f.dated {
		m := &d.f.dated[i]
		if settled && (at < 0 || !near(m.at, at)) {
			continue
		}
		in := m.place &^ around
		if byHeadline(m.at, at) {
			if in &^= hints; opensWithDate(m.node.Data) { // not a picture's caption
				in &^= inFigure
			}
		}
		if in&elsewhere != 0 {
			continue
		}
		if read++; read > most {
			return
		}
		if len(m.node.Data) > lineText && !near(m.at, at) {
			continue
		}
		s := strings.Join(strings.Fields(m.node.Data[:min(len(m.node.Data), 10*lineText)]), " ")
		if len(s) > lineText {
			d.dateline(m.node)
			continue
		}
		if strings.ContainsAny(s, "©") || strings.Contains(s, "opyright") || strings.Contains(s, "(c)") {
			continue
		}
		found, ok := d.context.Find(s)
		if !ok || found.Precision == article.Year || found.Precision == article.Month {
			continue
		}
		e := evidence{s, article.FromText, "text"}
		label := labels(s) || labels(before(m.node))
		if updated(s) || saysUpdated(m.node) {
			if d.both(e, m.node, in&inFooter == 0 && near(m.at, at)) {
				continue
			}
			if label || in&inFooter != 0 || 4*len(found.Raw) > len(s) {
				d.put(&d.modified, found, rankFar, e, m.node)
			}
			continue
		}
		shown := in&(inFooter|inAside) == 0 && near(m.at, at)
		rank := rankNear
		if m.at < at-120 {
			rank = rankAbove
		}
		switch {
		case label && shown:
			d.put(&d.published, found, rankShown, e, m.node)
		case label:
			d.put(&d.published, found, rankFar, e, m.node)
		case shown && strings.Index(s, found.Raw) <= opened: // it opens the text
			d.put(&d.published, found, rank, e, m.node)
		case isByline(s, found.Raw):
			rank := rankFar
			if shown {
				rank = rankShown
			}
			d.put(&d.published, found, rank, e, m.node)
		case 2*len(found.Raw) < len(s) && utf8.RuneCountInString(s)-utf8.RuneCountInString(found.Raw) > 40:
			d.reject(&d.published, e, "the text speaks of it")
		case shown:
			d.put(&d.published, found, rank, e, m.node)
		case 2*len(found.Raw) > len(s):
			d.put(&d.published, found, rankLast, e, m.node)
		}
	}
}

// dateline reads the date that a paragraph opens with, alone or after a place, set off from the text: "Alder, (5.11.2024).
// The bridge", "5 November 2024 – The bridge".
func (d *dating) dateline(n *html.Node) {
	const place = 30 // bytes
	s := strings.ToValidUTF8(firstWords(n.Data), "")
	found, ok := d.context.Find(s)
	at := strings.Index(s, found.Raw)
	if !ok || at < 0 || at > place || fineness(found) < 2 {
		return
	}
	before, after := strings.TrimRight(s[:at], " "), strings.TrimLeft(s[at+len(found.Raw):], " ")
	e := evidence{s, article.FromText, "opening of a paragraph"}
	if strings.HasSuffix(before, "(") && strings.HasPrefix(after, ")") || strings.HasPrefix(after, "–") || strings.HasPrefix(after, "—") || strings.HasPrefix(after, "- ") || strings.HasPrefix(after, "|") {
		d.put(&d.published, found, rankNear, e, n)
	} else {
		d.reject(&d.published, e, "the text speaks of it")
	}
}

// isByline reports whether a short text names an author beside its date: "Von Ann Weaver am 3.5.2020", "3 May 2020 by Ann".
func isByline(s, date string) bool {
	at := strings.Index(s, date)
	if len(s) >= 100 || at < 0 {
		return false
	}
	const apart = 16 // bytes between the date and the word
	return startsByline(s) || hasBy(s[max(at-apart, 0):at]) || hasBy(s[at+len(date):min(len(s), at+len(date)+apart)])
}

// opened is how many bytes a place may take before the date at the beginning of a text.
const opened = 20

func opensWithDate(s string) bool {
	s = strings.TrimSpace(s)
	return s != "" && s[0] >= '0' && s[0] <= '9' && looksDated(s[:min(len(s), 24)])
}

// before is the text right before a node, in its line.
func before(n *html.Node) string {
	for range 2 {
		for prev := n.PrevSibling; prev != nil; prev = prev.PrevSibling {
			text := prev.Data
			if prev.Type == html.ElementNode {
				text = spaced(prev, 40)
			}
			if text = strings.TrimSpace(text); text != "" && prev.Type != html.CommentNode {
				return text
			}
		}
		if n = n.Parent; n == nil {
			break
		}
	}
	return ""
}

// publishedWords begin the labels of dates of publication.
var publishedWords = []string{
	"publish", "posted", "erstellt", "veröffentlicht", "publiziert", "stand:", "stand ", "datum", "date:", "publié", "publicado", "pubblicat", "fecha", "data:", "gepubliceerd", "geplaatst", "publicerad", "publisert", "udgivet",
	"julkaistu", "opublikowan", "publikováno", "zveřejněno", "yayın", "tarih", "опубликован", "дата", "تاریخ", "تاريخ", "نشر", "发布", "發布", "公開", "入力", "등록", "released", "written on", "geschrieben am", "created", "online seit", "ausgabe vom",
	"eingestellt", "δημοσιεύ", "megjelen", "data publ", "gespeichert", "erschien", "parution", "uhr von",
}

// labels reports whether a text says that its date is that of a publication.
func labels(s string) bool {
	if s == "" || len(s) > 120 {
		return false
	}
	s = strings.ToLower(s)
	for _, w := range publishedWords {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
