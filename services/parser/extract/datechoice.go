package extract

import (
	"slices"
	"time"

	"dateline/pkg/article"

	"golang.org/x/net/html"
)

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
	d.anew()
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
	d.changed(a)
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

// changed takes the last change for the publication where nothing better than a stray date is known, and marks it so: the
// article is no younger, and to leave it out of what is sorted by date would hide it. What may be the clock of whom made the
// page is not taken: a loose meta element, or a change at the time of the capture.
func (d *dating) changed(a *article.Article) {
	const making = 10 * time.Minute
	if len(d.published) > 0 && (d.published[0].rank != rankLast || d.published[0].node == nil) {
		return
	}
	for i := range d.modified {
		e := &d.modified[i]
		date := e.date
		latest := date.Time
		if fineness(date) < 3 {
			latest = latest.AddDate(0, 0, 1)
		}
		if e.rank == rankLoose || fineness(date) < 2 || date.Future || !d.captured.IsZero() && latest.After(d.captured.Add(-making)) {
			continue
		}
		date.From = article.FromModified
		a.DatePublished, a.Provenance["date_published"] = &date, article.FromModified
		if d.w.explain != nil {
			d.w.note("date_published", evidence{e.value, article.FromModified, e.detail}, true, "")
		}
		return
	}
}

// voices are the kinds of evidence that are independent of each other, by rank.
var voices = [...]int{rankData: 1, rankMeta: 2, rankItem: 3, rankPage: 1, rankShown: 3, rankURL: 4, rankNear: 3, rankLoose: 2, rankLast: 0}

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
		if e := d.published[i]; e.rank <= rankNear && !e.date.Future && votes(e.date) > 1 {
			d.prefer(i)
			return
		}
	}
}

// prefer brings a date for the publication to the front.
func (d *dating) prefer(i int) {
	e := d.published[i]
	copy(d.published[1:i+1], d.published[:i])
	d.published[0] = e
}

// anew prefers the day that an article was published anew on: the page shows it by the headline as its date, without a word
// of a change, and nowhere the one that its data gives for the publication, while for the last change they give the same day.
func (d *dating) anew() {
	if len(d.modified) == 0 || len(d.published) < 2 {
		return
	}
	shown := -1
	for i := range d.published {
		e := &d.published[i]
		same := near24(e.date, d.published[0].date)
		switch {
		case e.rank == rankURL && same:
			return
		case e.node == nil || e.date.Future || e.rank > rankNear || !showsDay(e.node):
		case same:
			return
		case shown < 0 && !updated(e.value) && slices.ContainsFunc(d.modified, func(m dateEvidence) bool { return (m.node == nil || !showsDay(m.node)) && near24(m.date, e.date) }):
			shown = i
		}
	}
	if shown > 0 {
		d.prefer(shown)
	}
}

// showsDay reports whether readers see the day in a node, and not a clock or "yesterday" alone.
func showsDay(n *html.Node) bool {
	s := n.Data
	if n.Type == html.ElementNode {
		s = spaced(n, longDate)
	}
	return looksDated(s)
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
