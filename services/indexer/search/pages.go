package search

import (
	"context"
	"encoding/binary"
	"slices"

	"dateline/services/indexer/store"
)

// match is an article that was found, and its place among the others.
type match struct {
	id    string
	seq   uint64   // of the revision that was indexed
	score float64  // zero where the order is by date
	after [][]byte // by date, what a page begins behind
}

// ranking is an order of articles that pages are made of.
type ranking interface {
	// top returns the first n matches of a query, by date those behind a place, and how many there are in all.
	top(ctx context.Context, q *Query, after [][]byte, n int) (matches []match, total uint64, err error)
	// read returns the records of matches, nil for those that were taken down after they were indexed.
	read(ctx context.Context, matches []match) ([]*store.Record, error)
	// groups tells the places of articles among their near-duplicates.
	groups(ids []string) ([]store.Membership, error)
}

// maxLooked is how many matches are looked at for one page. There are more than it shows where many are collapsed.
const maxLooked = 10_000

// assemble makes a page. It passes over what was on pages before, over what was taken down and, where near-duplicates are
// collapsed, over copies of what was shown.
//
// By relevance each page is looked for from the top. By date it begins behind the last match that was looked at, and so
// may end early, for the next page to go on.
func assemble(ctx context.Context, r ranking, q *Query) (*Result, error) {
	a := assembly{
		query: q, ranking: r, result: &Result{Hits: make([]Hit, 0, q.Limit)}, marks: seek(q.tree, q.Lang),
		next: page{Query: q.id, After: q.page.After, Seen: slices.Clone(q.page.Seen), Groups: slices.Clone(q.page.Groups)},
		seen: keys(q.page.Seen), told: keys(q.page.Groups),
	}
	more, looked := true, 0
	for n := q.Limit + len(a.seen); more && a.room() > 0 && looked < maxLooked; n = min(2*n, maxLooked) {
		matches, total, err := r.top(ctx, q, a.next.After, n)
		if err != nil {
			return nil, err
		}
		if looked == 0 {
			a.result.Total = total
		}
		looked += len(matches)
		more = len(matches) == n
		for len(matches) > 0 && a.room() > 0 {
			some := matches[:min(len(matches), a.room())]
			if err := a.add(ctx, some); err != nil {
				return nil, err
			}
			if q.Sort == ByDate {
				a.next.After = some[len(some)-1].after
			}
			matches = matches[len(some):]
		}
	}
	// By relevance, a page that many thousands of copies leave short is the last: there is no place to go on from.
	if a.room() > 0 && (!more || q.Sort == ByRelevance) || !a.next.fits() {
		return a.result, nil
	}
	var err error
	a.result.Next, err = a.next.encode()
	return a.result, err
}

// assembly is a page that is being made.
type assembly struct {
	query   *Query
	ranking ranking
	result  *Result
	marks   sought
	next    page
	seen    map[string]bool // articles
	told    map[string]bool // groups of near-duplicates, of which one article was shown
}

// room is how many hits the page still takes.
func (a *assembly) room() int { return a.query.Limit - len(a.result.Hits) }

// add adds those of some matches that are to be shown. There is room for all of them.
func (a *assembly) add(ctx context.Context, matches []match) error {
	ids, fresh := make([]string, 0, len(matches)), make([]match, 0, len(matches))
	for _, m := range matches {
		if !a.seen[seenKey(m.id)] {
			ids, fresh = append(ids, m.id), append(fresh, m)
		}
	}
	groups, err := a.ranking.groups(ids)
	if err != nil {
		return err
	}
	if a.query.Collapse {
		n := 0
		for i, g := range groups {
			if !a.told[groupKey(g)] {
				groups[n], fresh[n] = g, fresh[i]
				n++
			}
		}
		groups, fresh = groups[:n], fresh[:n]
	}
	records, err := a.ranking.read(ctx, fresh)
	if err != nil {
		return err
	}
	for i, r := range records {
		if r == nil || a.query.Collapse && a.told[groupKey(groups[i])] {
			continue
		}
		hit, err := newHit(r, fresh[i].score, groups[i], a.marks)
		if err != nil {
			return err
		}
		a.result.Hits = append(a.result.Hits, hit)
		if a.query.Sort == ByRelevance {
			a.next.Seen = append(a.next.Seen, seenKey(fresh[i].id)...)
			a.seen[seenKey(fresh[i].id)] = true
		}
		if key := groupKey(groups[i]); a.query.Collapse && key != "" {
			a.next.Groups = append(a.next.Groups, key...)
			a.told[key] = true
		}
	}
	return nil
}

// groupKey is how a group stands in a cursor, empty for an article that has no copies.
func groupKey(m store.Membership) string {
	if m.Group == 0 {
		return ""
	}
	return string(binary.BigEndian.AppendUint64(nil, m.Group)[8-seenBytes:])
}

// newHit is a record as a search shows it. It is the revision that was indexed; a newer one may be in the record already.
func newHit(r *store.Record, score float64, group store.Membership, marks sought) (Hit, error) {
	a, err := r.Decode()
	if err != nil {
		return Hit{}, err
	}
	text, body := searchText(a)
	return Hit{Record: r, Article: a, Score: score, Snippet: snippet(text, body, marks.find(text, a.InLanguage)), Group: group.Group, Copies: group.Members}, nil
}
