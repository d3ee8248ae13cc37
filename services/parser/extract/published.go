package extract

import (
	"slices"
	"strings"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/dates"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// ahead is how far after the capture a date may lie: clocks and zones differ by no more.
const ahead = 24 * time.Hour

// oldest is the year before which the date of an article is not believed: what is read as such is something else.
const oldest = 1990

// dateEvidence is one date that a page gives.
type dateEvidence struct {
	evidence
	date article.Date
	rank int // 0 is trusted the most
}

// dating collects the evidence for the dates of a page.
type dating struct {
	f         *facts
	w         *weigher
	captured  time.Time
	context   dates.Context
	published []dateEvidence
	modified  []dateEvidence
}

// The ranks of evidence for the publication.
const (
	rankData  = iota // the article's JSON-LD
	rankMeta         // OpenGraph, meta elements
	rankItem         // microdata
	rankPage         // JSON-LD of the page around
	rankShown        // a time element or marked date by the headline
	rankLoose        // meta elements that may say when the page was made
	rankURL          // the day in the URL
	rankNear         // a date in the text by the headline
	rankFeed         // the feed
	rankWork         // JSON-LD of a video and the like
	rankFar          // a marked date, or a labelled one, anywhere
	rankLast         // any date in the text that is none of the rest
)

// dates chooses when the article was published and modified.
func (f *facts) dating(w *weigher, a *article.Article, p Page) {
	d := &dating{f: f, w: w, captured: p.Captured, context: dates.Context{Captured: p.Captured}}
	if a.Language != nil {
		d.context.Lang = a.Language.Declared
	}
	const data, og, meta = article.FromJSONLD, article.FromOpenGraph, article.FromMeta
	ld := f.ldArticle
	d.add(rankData, evidence{ld.Published, data, "datePublished"})
	d.update(evidence{ld.Modified, data, "dateModified"})
	for i, name := range publishedMetas {
		from, rank := meta, rankMeta
		if i >= loose {
			rank = rankLoose
		}
		if strings.HasPrefix(name, "article:") || strings.HasPrefix(name, "og:") {
			from = og
		}
		if v := f.meta(name); v != "" {
			d.add(rank, evidence{v, from, name})
		}
	}
	for _, name := range modifiedMetas {
		from := meta
		if strings.HasPrefix(name, "article:") || strings.HasPrefix(name, "og:") {
			from = og
		}
		if v := f.meta(name); v != "" {
			d.update(evidence{v, from, name})
		}
	}
	for _, page := range f.ld.Pages {
		d.add(rankPage, evidence{page.Published, data, "datePublished of the page"})
		d.update(evidence{page.Modified, data, "dateModified of the page"})
	}
	if ld.Published == "" {
		d.add(rankPage, evidence{ld.Created, data, "dateCreated"})
	}
	d.marked()
	if day, ok := dates.FromURL(p.URL); ok {
		d.put(&d.published, day, rankURL, evidence{day.Raw, article.FromHTML, "URL"})
	}
	if p.Item != nil && p.Item.Published != nil {
		d.add(rankFeed, evidence{p.Item.Published.Format(time.RFC3339), article.FromFeed, "date of the feed's item"})
	}
	for _, work := range f.ld.Works {
		d.add(rankWork, evidence{work.Published, data, "datePublished of a work"})
		d.add(rankWork, evidence{work.Created, data, "dateCreated of a work"})
	}
	if !d.settled() {
		d.written()
	}
	if len(d.published) == 0 {
		d.scripted()
	}
	d.choose(a)
}

// publishedMetas and modifiedMetas are the names of meta elements for dates, in the order of trust. From loose on they do
// not say of what the date is.
var (
	loose = slices.Index(publishedMetas, "dcterms.date")

	publishedMetas = []string{
		"article:published_time", "og:article:published_time", "og:published_time", "article:published", "article:published:time", "http://ogp.me/ns/article#published_time", "datepublished", "parsely-pub-date",
		"sailthru.date", "dcterms.created", "dc.date.issued", "dcterms.issued", "dc.date.created", "citation_publication_date", "citation_online_date", "prism.publicationdate", "publishdate", "publish-date",
		"publish_date", "publishdate", "publisheddate", "published_time", "published_at", "publication_date", "pubdate", "pub_date", "article.published", "article_date_original", "article:publicationdate",
		"cxenseparse:recs:publishtime", "cxenseparse:publishtime", "cxenseparse:recs:published_time", "shareaholic:article_published_time", "bt:pubdate", "displaydate", "originalpublicationdate", "rnews:datepublished",
		"og:pubdate", "release_date", "og:release_date", "dcterms.date", "dc.date", "dc:date", "date", "dc.date.available", "date.created", "creation_date", "datecreated", "uploaddate", "vr:published-time",
	}
	modifiedMetas = []string{
		"article:modified_time", "og:article:modified_time", "og:updated_time", "article:modified", "datemodified", "dcterms.modified", "dc.date.modified", "last-modified", "lastmod", "revision_date", "article.updated",
		"article_date_updated", "last_updated_date", "bt:moddate", "date.modified", "cxenseparse:modified_time",
	}
)

// add notes a date for the publication where one can be read.
func (d *dating) add(rank int, e evidence) { d.read(&d.published, rank, e) }

func (d *dating) update(e evidence) { d.read(&d.modified, rankData, e) }

func (d *dating) read(into *[]dateEvidence, rank int, e evidence) {
	if e.value == "" {
		return
	}
	date, err := d.context.Parse(strings.TrimSpace(e.value))
	if err != nil {
		found, ok := article.Date{}, false
		if len(e.value) < 120 {
			found, ok = d.context.Find(e.value)
		}
		if !ok {
			d.reject(into, e, "cannot be read")
			return
		}
		date = found
	}
	d.put(into, date, rank, e)
}

func (d *dating) reject(into *[]dateEvidence, e evidence, why string) {
	if d.w.explain == nil {
		return
	}
	field := "date_published"
	if into == &d.modified {
		field = "date_modified"
	}
	d.w.note(field, e, false, why)
}

// maxEvidence bounds the dates that are weighed.
const maxEvidence = 60

func (d *dating) put(into *[]dateEvidence, date article.Date, rank int, e evidence) {
	switch {
	case date.Time.Year() < oldest:
		d.reject(into, e, "too long ago")
		return
	case date.Precision == article.Year && rank != rankData:
		d.reject(into, e, "a year only")
		return
	}
	if date.From = e.from; date.Raw == "" {
		date.Raw = strings.TrimSpace(e.value)
	}
	date.Future = !d.captured.IsZero() && date.Time.After(d.captured.Add(ahead))
	if len(*into) < maxEvidence {
		*into = append(*into, dateEvidence{e, date, rank})
	}
}

// settled reports whether the publication is known so well that texts need not be searched.
func (d *dating) settled() bool {
	return slices.ContainsFunc(d.published, func(e dateEvidence) bool {
		return e.rank <= rankLoose && !e.date.Future && e.date.Precision != article.Year && e.date.Precision != article.Month
	})
}

// marked reads the elements that are marked as dates.
func (d *dating) marked() {
	at, around := d.f.headlineAt()
	for i := range d.f.dates {
		m := &d.f.dates[i]
		in := m.place &^ around
		if byHeadline(m.at, at) {
			in &^= hints | inItem
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
			d.update(e)
			continue
		}
		rank := rankFar
		switch {
		case m.kind == markItem:
			rank = rankItem
		case hasAttr(m.node, "pubdate"):
			rank = rankItem
		case in&(inFooter|inAside) == 0 && near(m.at, at):
			rank = rankShown
		}
		d.read(&d.published, rank, e)
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
	const long = 160
	if s := spaced(m.node, long+1); s != "" && len(s) <= long {
		return s, describe(m.node)
	}
	return "", ""
}

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
	s = strings.ToLower(s)
	for _, w := range updatedWords {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// written reads the dates that stand in short texts without a mark: those that are nearly all of their text ("Ann Weaver,
// May 3, 2020") or have a label ("Published: ..."), for others are what the article speaks of.
func (d *dating) written() {
	const most = 100 // texts that are read
	at, around := d.f.headlineAt()
	read := 0
	for i := range d.f.dated {
		m := &d.f.dated[i]
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
		s := strings.TrimSpace(m.node.Data)
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
			if label || in&inFooter != 0 || 3*len(found.Raw) > len(s) {
				d.put(&d.modified, found, rankFar, e)
			}
			continue
		}
		shown := in&(inFooter|inAside) == 0 && near(m.at, at)
		switch {
		case label && shown:
			d.put(&d.published, found, rankShown, e)
		case label:
			d.put(&d.published, found, rankFar, e)
		case shown && strings.Index(s, found.Raw) <= dateline: // it opens the text
			d.put(&d.published, found, rankNear, e)
		case len(s) < 100 && hasBy(s):
			rank := rankFar
			if shown {
				rank = rankShown
			}
			d.put(&d.published, found, rank, e)
		case 2*len(found.Raw) < len(s) && len(s)-len(found.Raw) > 40:
			d.reject(&d.published, e, "the text speaks of it")
		case shown:
			d.put(&d.published, found, rankNear, e)
		case 2*len(found.Raw) > len(s):
			d.put(&d.published, found, rankLast, e)
		}
	}
}

// dateline is how many bytes a place may take before the date at the beginning of a text.
const dateline = 20

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

// scripted looks in the data that scripts bring along, for pages that give no other date.
func (d *dating) scripted() {
	const most = 1 << 20 // bytes looked at
	left := most
	for _, script := range d.f.scripts {
		script = script[:min(len(script), left)]
		left -= len(script)
		for _, key := range [...]string{`datePublished`, `publishedAt`, `published_at`, `publishedDate`, `publishDate`, `publicationDate`, `firstPublished`} {
			_, after, ok := strings.Cut(script, key)
			if !ok {
				continue
			}
			after = strings.TrimLeft(after[:min(len(after), 60)], "\\\"': ")
			value := after[:max(strings.IndexAny(after, "\\\"',}"), 0)]
			if date, err := dates.Parse(value); err == nil {
				d.put(&d.published, date, rankLast, evidence{value, article.FromHTML, "script " + key})
				return
			}
		}
	}
}

// choose sets the dates: of those for the publication the most trusted; of others that name the same day, the one that is
// told most precisely.
func (d *dating) choose(a *article.Article) {
	order := func(x, y dateEvidence) int {
		if x.date.Future != y.date.Future {
			if x.date.Future {
				return 1
			}
			return -1
		}
		return x.rank - y.rank
	}
	slices.SortStableFunc(d.published, order)
	d.vote()
	if best := pick(d.published); best != nil {
		best.localize(d.published)
		a.DatePublished = &best.date
		a.Provenance["date_published"] = best.from
	}
	for _, e := range d.published {
		if len(a.DateCandidates) == article.MaxDateCandidates {
			break
		}
		if !slices.ContainsFunc(a.DateCandidates, func(c article.Date) bool { return c.Time.Equal(e.date.Time) && c.Precision == e.date.Precision }) {
			a.DateCandidates = append(a.DateCandidates, e.date)
		}
	}
	slices.SortStableFunc(d.modified, order)
	if best := pick(d.modified); best != nil {
		a.DateModified = &best.date
		a.Provenance["date_modified"] = best.from
	}
	if d.w.explain != nil {
		for _, e := range d.published {
			d.w.note("date_published", e.evidence, a.DatePublished != nil && e.date == *a.DatePublished, "after better evidence")
		}
		for _, e := range d.modified {
			d.w.note("date_modified", e.evidence, a.DateModified != nil && e.date == *a.DateModified, "after better evidence")
		}
	}
}

// voices are the kinds of evidence that are independent of each other, by rank.
var voices = [...]int{rankData: 1, rankMeta: 2, rankItem: 3, rankPage: 1, rankShown: 3, rankURL: 4, rankLast: 0}

// vote brings a date to the front that two independent kinds of evidence name, where the first stands alone.
func (d *dating) vote() {
	votes := func(of article.Date) (n int) {
		var heard [8]bool
		for i := range d.published {
			e := &d.published[i]
			if v := voices[e.rank]; v > 0 && !heard[v] && !e.date.Future && near24(e.date, of) {
				heard[v] = true
				n++
			}
		}
		return n
	}
	if len(d.published) < 3 || votes(d.published[0].date) > 1 {
		return
	}
	for i := 1; i < len(d.published); i++ {
		if e := d.published[i]; e.rank <= rankShown && !e.date.Future && votes(e.date) > 1 {
			copy(d.published[1:i+1], d.published[:i])
			d.published[0] = e
			return
		}
	}
}

// near24 reports whether two dates are of the same day, wherever on Earth they were written.
func near24(x, y article.Date) bool {
	if fineness(x) < 2 || fineness(y) < 2 {
		return false
	}
	if sameDay(x, y) {
		return true
	}
	between := x.Time.Sub(y.Time).Abs()
	return between < 14*time.Hour || (fineness(x) == 2 || fineness(y) == 2) && between < 24*time.Hour
}

// localize tells an instant that is given in UTC in the page's own time, where the page gives that too: with an offset; as
// the clock that it shows by its headline; or as a day that begins at the instant. It stays the same instant, but its day
// is the one that readers saw.
func (e *dateEvidence) localize(all []dateEvidence) {
	const quarter = 15 * time.Minute // zones differ by quarters of an hour
	if _, offset := e.date.Time.Zone(); fineness(e.date) < 4 || offset != 0 {
		return
	}
	instant := e.date.Time.Truncate(time.Minute)
	for i := range all {
		other := all[i].date
		if other.Future || all[i].rank >= rankFeed {
			continue
		}
		var ahead time.Duration
		switch at := other.Time.Truncate(time.Minute); fineness(other) {
		case 4:
			if _, offset := other.Time.Zone(); at.Equal(instant) {
				ahead = time.Duration(offset) * time.Second
			}
		case 3:
			ahead = at.Sub(instant)
		case 2:
			if other.Precision == article.Day && instant.Minute() == 0 && instant.Hour() >= 12 {
				ahead = at.Sub(instant)
			}
		}
		if ahead != 0 && ahead%quarter == 0 && ahead >= -12*time.Hour && ahead <= 14*time.Hour {
			e.date.Time = e.date.Time.In(time.FixedZone("", int(ahead/time.Second)))
			return
		}
	}
}

// pick is the first date, or one of the same day that is told more precisely.
func pick(all []dateEvidence) *dateEvidence {
	if len(all) == 0 {
		return nil
	}
	best := &all[0]
	for i := range all[1:] {
		e := &all[1+i]
		if e.date.Future == best.date.Future && fineness(e.date) > fineness(best.date) && sameDay(e.date, best.date) {
			best = e
		}
	}
	return best
}

// fineness is how precisely a date is told.
func fineness(d article.Date) int {
	switch {
	case d.Precision == article.Year:
		return 0
	case d.Precision == article.Month:
		return 1
	case d.Precision == article.Day:
		return 2
	case !d.ZoneKnown:
		return 3
	}
	return 4
}

// sameDay reports whether two dates name the same day, as far as the coarser one tells.
func sameDay(fine, coarse article.Date) bool {
	fy, fm, fd := fine.Time.Date()
	y, m, day := coarse.Time.Date()
	switch coarse.Precision {
	case article.Year:
		return fy == y
	case article.Month:
		return fy == y && fm == m
	}
	return fy == y && fm == m && fd == day
}
