package search

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/store"
)

// Hit is an article that was found.
type Hit struct {
	Record  *store.Record
	Article *article.Article
	Score   float64 // zero where the order is by date
	Snippet string  // HTML: text escaped, hits in <mark>
	Group   uint64  // of near-duplicates, zero where the article has none
	Copies  uint64  // articles of that group, this one among them

	// Where the query asked for places.
	Order  []byte // by date: the greatest is the first, and of the same the least id
	Behind string // cursor of a page that begins behind this hit
}

// Result is a page of hits.
type Result struct {
	Total  uint64 // articles over all pages, with copies that are collapsed
	Hits   []Hit
	Facets map[Facet]FacetCounts // over the same
	Next   string                // cursor of the next page, empty on the last one; a page before it may have fewer hits than its limit
}

// Match is an article that was found, and its place among the others.
type Match struct {
	ID    string
	Seq   uint64   // of the revision that was indexed
	Score float64  // zero where the order is by date
	After [][]byte // by date: its OrderOf, and its id; a page can begin behind them
}

// Search answers a query that ParseQuery made. Errors that the query is to blame for are *ParamError.
func (x *Index) Search(ctx context.Context, q *Query) (*Result, error) {
	begin := time.Now()
	r, err := x.assemble(ctx, q)
	outcome := "ok"
	if pe := (*ParamError)(nil); errors.As(err, &pe) {
		outcome = "invalid"
	} else if err != nil {
		outcome = "error"
		err = fmt.Errorf("search %q: %w", q.Text, err)
	}
	x.metrics.searches.WithLabelValues(outcome).Observe(time.Since(begin).Seconds())
	return r, err
}

// maxLooked is how many matches are looked at for one page. There are more than it shows where many are collapsed.
const maxLooked = 10_000

// assemble makes a page. It passes over what was on pages before, over what was taken down and, where near-duplicates are
// collapsed, over copies of what was shown.
//
// By relevance each page is looked for from the top. By date it begins behind the last match that was looked at, and so
// may end early, for the next page to go on.
func (x *Index) assemble(ctx context.Context, q *Query) (*Result, error) {
	a := assembly{
		query: q, index: x, result: &Result{Hits: make([]Hit, 0, q.Limit)}, marks: seek(q.Tree, q.Lang),
		next: page{Query: q.id, After: q.page.After, Seen: slices.Clone(q.page.Seen), Groups: slices.Clone(q.page.Groups)},
		seen: keys(q.page.Seen), told: keys(q.page.Groups),
	}
	more, looked := true, 0
	for n := q.Limit + len(a.seen); more && a.room() > 0 && looked < maxLooked; n = min(2*n, maxLooked) {
		first := looked == 0
		found, err := x.backend.Find(ctx, q, Ask{Best: n, After: a.next.After, Facets: first && len(q.Facets) > 0})
		if err != nil {
			return nil, err
		}
		if first {
			a.result.Total, a.result.Facets = found.Total, found.Facets
		}
		matches := found.Matches
		looked += len(matches)
		more = len(matches) == n
		for len(matches) > 0 && a.room() > 0 {
			some := matches[:min(len(matches), a.room())]
			if err := a.add(ctx, some); err != nil {
				return nil, err
			}
			if q.Sort == ByDate {
				a.next.After = some[len(some)-1].After
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
	query  *Query
	index  *Index
	result *Result
	marks  sought
	next   page
	seen   map[string]bool // articles
	told   map[string]bool // groups of near-duplicates, of which one article was shown
}

// room is how many hits the page still takes.
func (a *assembly) room() int { return a.query.Limit - len(a.result.Hits) }

// add adds those of some matches that are to be shown. There is room for all of them.
func (a *assembly) add(ctx context.Context, matches []Match) error {
	ids, fresh := make([]string, 0, len(matches)), make([]Match, 0, len(matches))
	for _, m := range matches {
		if !a.seen[seenKey(m.ID)] {
			ids, fresh = append(ids, m.ID), append(fresh, m)
		}
	}
	groups, err := a.index.store.Memberships(ids...)
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
	records, err := a.index.backend.Records(ctx, fresh)
	if err != nil {
		return err
	}
	for i, r := range records {
		if r == nil || a.query.Collapse && a.told[groupKey(groups[i])] {
			continue
		}
		hit, err := newHit(r, fresh[i].Score, groups[i], a.marks)
		if err != nil {
			return err
		}
		if a.query.Sort == ByRelevance {
			a.next.Seen = append(a.next.Seen, seenKey(fresh[i].ID)...)
			a.seen[seenKey(fresh[i].ID)] = true
		}
		if key := groupKey(groups[i]); a.query.Collapse && key != "" {
			a.next.Groups = append(a.next.Groups, key...)
			a.told[key] = true
		}
		if a.query.Places {
			if err := a.place(&hit, fresh[i]); err != nil {
				return err
			}
		}
		a.result.Hits = append(a.result.Hits, hit)
	}
	return nil
}

// place notes where the next page would begin if the hit were the last one, and nothing where a cursor cannot hold that.
func (a *assembly) place(hit *Hit, m Match) (err error) {
	behind := a.next
	if a.query.Sort == ByDate {
		behind.After, hit.Order = m.After, m.After[0]
	}
	if behind.fits() {
		hit.Behind, err = behind.encode()
	}
	return err
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
	text, body := Text(a)
	return Hit{Record: r, Article: a, Score: score, Snippet: snippet(text, body, marks.find(text, a.InLanguage)), Group: group.Group, Copies: group.Members}, nil
}
