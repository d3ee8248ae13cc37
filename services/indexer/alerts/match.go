package alerts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dateline/pkg/article"
	"dateline/services/indexer/search"
	"dateline/services/indexer/search/bleve"
	"dateline/services/indexer/store"
)

// What one batch takes in at most.
const (
	batchChanges = 1000
	batchBytes   = 16 << 20
)

// gather is how long changes are left to come together before they are matched: running every query costs the same for one
// article as for a few hundred.
const gather = 500 * time.Millisecond

// Waits after an error.
const (
	minBackoff = 100 * time.Millisecond
	maxBackoff = 10 * time.Second
)

// saved are the queries as they are matched.
type saved struct {
	loaded  bool
	version uint64
	queries []matcher
}

type matcher struct {
	name  string
	since uint64
	query *search.Query
}

// match keeps the saved queries up with the change feed until ctx ends. Errors are tried again; Check shows them.
func (a *Alerts) match(ctx context.Context) {
	var s saved
	for backoff := minBackoff; ctx.Err() == nil; {
		err := a.matchNext(ctx, &s)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil || errors.Is(err, store.ErrQueriesChanged): // which are read anew
			a.note(nil)
			backoff = minBackoff
			continue
		}
		a.note(err)
		a.metrics.errors.Inc()
		a.log.Error("saved queries are not matched, trying on", "error", err, "after", backoff)
		sleep(ctx, backoff)
		backoff = min(2*backoff, maxBackoff)
	}
}

// sleep waits, or for ctx to end.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// matchNext waits for changes, and matches a batch of them.
func (a *Alerts) matchNext(ctx context.Context, s *saved) error {
	cursor, err := a.store.Alerted()
	if err != nil {
		return err
	}
	if a.store.LastSeq() <= cursor {
		if err := a.store.Wait(ctx, cursor); err != nil {
			return err
		}
		sleep(ctx, a.gather)
	}
	if err := a.load(s); err != nil {
		return err
	}
	if len(s.queries) == 0 {
		return a.skip(ctx, s.version)
	}
	read, err := a.store.ChangesWithRecords(ctx, cursor, batchChanges, batchBytes)
	if err != nil {
		return err
	}
	read = untilRepeated(read)
	if len(read) == 0 {
		return nil
	}
	m := store.Matches{Version: s.version, UpTo: read[len(read)-1].Seq}
	var records []*store.Record
	byRecord := make(map[*store.Record]article.Event, len(read))
	for i := range read {
		c := &read[i]
		switch c.Outcome {
		case article.OutcomeMerged, article.OutcomeRemoved:
			m.Left = append(m.Left, c.Event)
		default:
			if c.Record == nil || c.Record.Hidden() { // taken down since
				continue
			}
			records = append(records, c.Record)
			byRecord[c.Record] = c.Event
		}
	}
	if m.Found, err = s.find(ctx, records, byRecord); err != nil {
		return err
	}
	alerts, err := a.store.RecordMatches(ctx, m)
	if err != nil {
		return err
	}
	for name, n := range alerts {
		a.metrics.matched.Add(float64(n))
		a.mail.arrived(name)
	}
	if len(alerts) > 0 {
		a.wakeNATS()
	}
	return nil
}

// skip passes over all changes there are, where nothing is to be matched against them.
func (a *Alerts) skip(ctx context.Context, version uint64) error {
	_, err := a.store.RecordMatches(ctx, store.Matches{Version: version, UpTo: a.store.LastSeq()})
	return err
}

// untilRepeated cuts a batch before the second change of an article: each revision is to be matched on its own.
func untilRepeated(changes []store.Change) []store.Change {
	seen := make(map[string]bool, len(changes))
	for i := range changes {
		if id := changes[i].ArticleID; seen[id] {
			return changes[:i]
		} else {
			seen[id] = true
		}
	}
	return changes
}

// load reads the saved queries where they have changed.
func (a *Alerts) load(s *saved) error {
	version, err := a.store.QueriesVersion()
	if err != nil {
		return err
	}
	if s.loaded && s.version == version {
		return nil
	}
	queries, version, err := a.store.Queries()
	if err != nil {
		return err
	}
	*s = saved{loaded: true, version: version}
	for _, q := range queries {
		parsed, err := ParseQuery(q.Search)
		if err != nil { // it was valid when it was saved: another version of Dateline
			a.log.Error("saved query cannot be read; it matches nothing", "query", q.Name, "error", err)
			continue
		}
		s.queries = append(s.queries, matcher{q.Name, q.Since, parsed})
	}
	return nil
}

// find runs each query on some records.
func (s *saved) find(ctx context.Context, records []*store.Record, events map[*store.Record]article.Event) (_ map[string][]article.Event, err error) {
	if len(records) == 0 {
		return nil, nil
	}
	b, err := bleve.NewBatch(records)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	found := map[string][]article.Event{}
	for _, q := range s.queries {
		if q.since >= records[len(records)-1].Seq {
			continue
		}
		matches, err := b.Match(ctx, q.query)
		if broad(err) {
			matches, err = matchApart(ctx, q.query, records)
		}
		if err != nil {
			return nil, fmt.Errorf("saved query %s: %w", q.name, err)
		}
		for _, r := range matches {
			found[q.name] = append(found[q.name], events[r])
		}
	}
	for _, events := range found {
		slices.SortFunc(events, func(a, b article.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	}
	return found, nil
}

// broad reports whether an error only tells that too many words of a batch begin as the query says.
func broad(err error) bool { return errors.As(err, new(*search.ParamError)) }

// matchApart matches the halves of a batch, which have fewer words, and if need be theirs. What is too broad for one article
// does not match it.
func matchApart(ctx context.Context, q *search.Query, records []*store.Record) (all []*store.Record, err error) {
	if len(records) < 2 {
		return nil, nil
	}
	for _, half := range [][]*store.Record{records[:len(records)/2], records[len(records)/2:]} {
		b, err := bleve.NewBatch(half)
		if err != nil {
			return nil, err
		}
		matches, err := b.Match(ctx, q)
		if broad(err) {
			matches, err = matchApart(ctx, q, half)
		}
		if err = errors.Join(err, b.Close()); err != nil {
			return nil, err
		}
		all = append(all, matches...)
	}
	return all, nil
}
