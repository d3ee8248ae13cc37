package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"dateline/pkg/article"

	"go.etcd.io/bbolt"
)

// Violation is a row that is not as the others say it has to be.
type Violation struct {
	Where string `json:"where"`         // the bucket, or another part of the whole
	Key   string `json:"key,omitempty"` // of the row: a sequence number, or bytes in hex, with a name before them where there is one
	What  string `json:"what"`
}

func (v Violation) String() string {
	if v.Key == "" {
		return v.Where + ": " + v.What
	}
	return v.Where + " " + v.Key + ": " + v.What
}

// CheckFile proves that the file is whole as bbolt sees it: every page is reached once or free, and every key is in its order.
// It reports each violation. Nothing may be written meanwhile, as bbolt looks at its free pages, too.
func (s *Store) CheckFile(ctx context.Context, report func(Violation)) error {
	err := s.view(func(tx *bbolt.Tx) error {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		for err := range tx.Check() { // to its end: its sender waits for that
			report(Violation{Where: "file", What: err.Error()})
		}
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("check the record's file: %w", err)
	}
	return nil
}

// Check proves that all that the record holds agrees: each change with its record, each record with the
// rows by which it is found, groups with their members, journeys with theirs, tombstones with what is not there. It reports
// each violation, and how many rows of how many it has seen. Its error is that it could not go on.
//
// It sees the record at one moment, and may run beside everything else; as long as it runs, the file keeps what is replaced.
func (s *Store) Check(ctx context.Context, report func(Violation), progress func(done, total uint64)) error {
	err := s.view(func(tx *bbolt.Tx) error {
		return newCheck(ctx, tx, report, progress).buckets()
	})
	if err != nil {
		return fmt.Errorf("check the record: %w", err)
	}
	return nil
}

// check is one Check.
type check struct {
	tx       *bbolt.Tx
	ctx      context.Context
	report   func(Violation)
	progress func(done, total uint64)

	last        uint64 // change
	done, total uint64
	bucket      string // that is looked at
}

// progressRows is after how many rows progress is told.
const progressRows = 1000

func newCheck(ctx context.Context, tx *bbolt.Tx, report func(Violation), progress func(done, total uint64)) *check {
	return &check{tx: tx, ctx: ctx, report: report, progress: progress}
}

func (c *check) buckets() error {
	checks := c.looks()
	names := slices.Sorted(maps.Keys(checks))
	for _, name := range names {
		b := c.tx.Bucket([]byte(name))
		if b == nil {
			c.report(Violation{Where: name, What: "the bucket is missing"})
			return nil // the others look into it
		}
		if err := survive(func() error { c.total += uint64(b.Stats().KeyN); return nil }); err != nil {
			c.report(Violation{Where: name, What: err.Error()})
		}
	}
	c.last = c.tx.Bucket(bucketRecords).Sequence()
	for _, name := range names {
		c.bucket = name
		err := survive(func() error { return c.rows(checks[name]) })
		if errors.Is(err, errDamaged) {
			c.report(Violation{Where: name, What: "cannot be read to its end: " + err.Error()})
		} else if err != nil {
			return err
		}
	}
	c.bucket = string(bucketMeta)
	if err := survive(c.counts); err != nil {
		c.report(Violation{Where: c.bucket, What: "cannot be compared: " + err.Error()})
	}
	c.progress(c.total, c.total)
	return nil
}

// looks is what looks at the rows of each bucket.
func (c *check) looks() map[string]func(k, v []byte) {
	return map[string]func(k, v []byte){
		string(bucketChanges): c.change, string(bucketRecords): c.record, string(bucketIDs): c.id, string(bucketVersions): c.version,
		string(bucketListing): c.listed, string(bucketJourneys): c.journey, string(bucketByArticle): c.byArticle, string(bucketByURL): c.byURL,
		string(bucketByTime): c.byTime, string(bucketCheckpoints): c.checkpoint, string(bucketCopies): c.copy, string(bucketGroups): c.group,
		string(bucketMembers): c.member, string(bucketShingles): c.shingle, string(bucketApart): c.apart, string(bucketTombstones): c.tombstone,
		string(bucketHolds): c.hold, string(bucketAudit): c.audited,
		string(bucketAddresses): c.address, string(bucketMerges): c.merge, string(bucketMergesOf): c.mergeOf, string(bucketByHand): c.untold,
	}
}

// rows looks at each row of a bucket.
func (c *check) rows(look func(k, v []byte)) error {
	cursor := c.b(c.bucket).Cursor()
	for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
		if c.done%progressRows == 0 {
			if err := c.ctx.Err(); err != nil {
				return err
			}
			c.progress(c.done, c.total)
		}
		c.done++
		look(k, v)
	}
	return nil
}

func (c *check) b(name string) *bbolt.Bucket { return c.tx.Bucket([]byte(name)) }

func (c *check) get(bucket, k []byte) []byte { return c.tx.Bucket(bucket).Get(k) }

// live is the article that an id leads to, nil where there is none.
func (c *check) live(id []byte) []byte {
	return live(c.tx.Bucket(bucketIDs), c.tx.Bucket(bucketAddresses), id)
}

// has reports whether a row is there, of which the value may be empty.
func (c *check) has(bucket, k []byte) bool {
	at, _ := c.tx.Bucket(bucket).Cursor().Seek(k)
	return bytes.Equal(at, k)
}

func (c *check) wrong(k []byte, what string, args ...any) {
	c.report(Violation{Where: c.bucket, Key: showKey(k), What: fmt.Sprintf(what, args...)})
}

// showKey is a key as a person can read it.
func showKey(k []byte) string {
	if len(k) == 8 {
		return fmt.Sprint(number(k))
	}
	if i := bytes.IndexByte(k, 0); len(k) >= 9 && i == len(k)-9 {
		return fmt.Sprintf("%q %d", k[:i], number(k[i+1:]))
	}
	return hex.EncodeToString(k)
}

// event reads the change with a number; ok is false where there is none that can be read.
func (c *check) event(seq uint64) (e article.Event, ok bool) {
	v := c.get(bucketChanges, key(seq))
	return e, v != nil && json.Unmarshal(v, &e) == nil
}

// of reports whether a change is of an article.
func (c *check) of(seq uint64, id []byte) bool {
	e, ok := c.event(seq)
	return ok && e.ArticleID == hex.EncodeToString(id)
}

func (c *check) change(k, v []byte) {
	seq := number(k)
	var e article.Event
	if err := json.Unmarshal(v, &e); err != nil {
		c.wrong(k, "cannot be read: %v", err)
		return
	}
	if len(k) != 8 || e.Seq != seq {
		c.wrong(k, "says that it is change %d", e.Seq)
	}
	if seq > 1 && c.get(bucketChanges, key(seq-1)) == nil {
		c.wrong(k, "change %d before it is missing", seq-1)
	}
	if seq > c.last {
		c.wrong(k, "comes after the last change, %d", c.last)
	}
	if e.Previous >= seq {
		c.wrong(k, "follows on change %d", e.Previous)
	} else if e.Previous != 0 {
		if before, ok := c.event(e.Previous); !ok || before.ArticleID != e.ArticleID {
			c.wrong(k, "follows on change %d, which is none of article %s", e.Previous, e.ArticleID)
		}
	}
	id, err := idKey(e.ArticleID)
	if err != nil {
		c.wrong(k, "%v", err)
		return
	}
	if c.get(bucketRecords, k) == nil && e.Outcome != article.OutcomeMerged && e.Reason != article.Takedown && c.get(bucketTombstones, id) == nil {
		c.wrong(k, "has no record, and the article %s was neither merged nor taken down", e.ArticleID)
	}
}

func (c *check) record(k, v []byte) {
	e, ok := c.event(number(k))
	if !ok {
		c.wrong(k, "has no change")
		return
	}
	r, err := unpackRecord(number(k), v)
	if err != nil {
		c.wrong(k, "cannot be read: %v", err)
		return
	}
	if r.Seq != number(k) {
		c.wrong(k, "says that it is record %d", r.Seq)
	}
	if e.Previous != 0 && e.Previous != r.Previous {
		c.wrong(k, "follows on %d, its change on %d", r.Previous, e.Previous)
	}
	a, err := r.Decode()
	if err != nil {
		c.wrong(k, "cannot be read: %v", err)
		return
	}
	id, err := idKey(e.ArticleID)
	if err != nil {
		return // told of with its change
	}
	if a.ID != e.ArticleID {
		c.wrong(k, "is of article %s, its change of %s", a.ID, e.ArticleID)
	}
	if c.live(id) == nil {
		c.wrong(k, "the article %s is not known by its id", e.ArticleID)
	}
	if c.get(bucketTombstones, id) != nil {
		c.wrong(k, "the article %s was taken down", e.ArticleID)
	}
	if fingerprint, err := idKey(a.Fingerprint); err != nil || c.get(bucketVersions, slices.Concat(id, fingerprint)) == nil {
		c.wrong(k, "its version %s is not known", a.Fingerprint)
	}
}

func (c *check) id(k, v []byte) {
	seq := number(v)
	e, ok := c.event(seq)
	if !ok || e.ArticleID != hex.EncodeToString(k) || c.get(bucketRecords, key(seq)) == nil {
		c.wrong(k, "leads to %d, which is no record of the article", seq)
		return
	}
	if c.get(bucketTombstones, k) != nil {
		c.wrong(k, "the article was taken down")
	}
	for _, source := range []string{"", e.Source} {
		if row := prefixed(source, seq); e.Reason != article.Withdrawn && !bytes.Equal(c.get(bucketListing, row), k) {
			c.wrong(k, "its latest revision, %d, is missing in the list of %q", seq, source)
		}
	}
}

func (c *check) version(k, v []byte) {
	if len(k) != 32 {
		c.wrong(k, "is no id and fingerprint")
		return
	}
	seq := number(v)
	if id := k[:16]; c.live(id) == nil || !c.of(seq, id) {
		c.wrong(k, "leads to %d, which is no change of the article", seq)
		return
	}
	r, err := readRecord(c.tx, seq)
	if err != nil {
		return // told of with the change
	}
	if a, err := r.Decode(); err == nil && a.Fingerprint != hex.EncodeToString(k[16:]) {
		c.wrong(k, "leads to %d, which is version %s", seq, a.Fingerprint)
	}
}

func (c *check) listed(k, id []byte) {
	if len(k) < 9 || len(id) != 16 {
		c.wrong(k, "is no source and number")
		return
	}
	if seq := number(k[len(k)-8:]); number(c.get(bucketIDs, id)) != seq {
		c.wrong(k, "is not the latest revision of article %x", id)
	}
}

func (c *check) journey(k, v []byte) {
	var j Journey
	if err := json.Unmarshal(v, &j); err != nil {
		c.wrong(k, "cannot be read: %v", err)
		return
	}
	if j.Origin != hex.EncodeToString(k) {
		c.wrong(k, "says that it is journey %s", j.Origin)
	}
	at := timeKey(j.Time)
	if timed := c.get(bucketMeta, metaTimed); bytes.Equal(timed, timedAll) && !c.has(bucketByTime, slices.Concat(at, k)) {
		c.wrong(k, "is not found by its time")
	}
	for _, url := range j.urlKeys(urlKey) {
		if !c.has(bucketByURL, slices.Concat(url, at, k)) {
			c.wrong(k, "is not found by its address")
		}
	}
	if j.ArticleID == "" {
		return
	}
	id, err := idKey(j.ArticleID)
	if err != nil {
		c.wrong(k, "%v", err)
		return
	}
	if !c.has(bucketByArticle, slices.Concat(id, at, k)) {
		c.wrong(k, "is not found by its article")
	}
	if j.Seq != 0 && !c.of(j.Seq, id) {
		c.wrong(k, "brought %d, which is no change of article %s", j.Seq, j.ArticleID)
	}
	if j.URL != "" && c.get(bucketTombstones, id) != nil {
		c.wrong(k, "tells the address of article %s, which was taken down", j.ArticleID)
	}
}

func (c *check) address(k, v []byte) {
	if c.live(v) == nil && buriedAt(c.tx.Bucket(bucketIDs), c.tx.Bucket(bucketAddresses), c.tx.Bucket(bucketTombstones), v) == nil {
		c.wrong(k, "leads to %x, and from there to no article", v)
	}
}

func (c *check) merge(k, v []byte) {
	var m Merge
	if err := json.Unmarshal(v, &m); err != nil {
		c.wrong(k, "cannot be read: %v", err)
		return
	}
	if m.Number != number(k) {
		c.wrong(k, "says that it is merge %d", m.Number)
	}
	for _, id := range []string{m.From, m.Into} {
		if of, err := idKey(id); err != nil || !c.has(bucketMergesOf, append(of, k...)) {
			c.wrong(k, "is not found by article %s", id)
		}
	}
}

func (c *check) mergeOf(k, _ []byte) {
	if len(k) != 24 || c.get(bucketMerges, k[16:]) == nil {
		c.wrong(k, "leads to no merge")
	}
}

func (c *check) untold(k, _ []byte) {
	if c.get(bucketChanges, k) == nil {
		c.wrong(k, "is no change")
	}
}

// found looks at a row by which a journey is found: a prefix, the time and the origin.
func (c *check) found(k []byte, prefix int, fits func(j *Journey) bool) {
	if len(k) != prefix+8+16 {
		c.wrong(k, "is %d bytes long", len(k))
		return
	}
	j, err := readJourney(c.tx.Bucket(bucketJourneys), k[prefix+8:])
	switch {
	case err != nil: // told of with the journey
	case j == nil:
		c.wrong(k, "leads to journey %x, which is not there", k[prefix+8:])
	case !bytes.Equal(timeKey(j.Time), k[prefix:prefix+8]) || !fits(j):
		c.wrong(k, "is none of journey %s", j.Origin)
	}
}

func (c *check) byArticle(k, _ []byte) {
	c.found(k, 16, func(j *Journey) bool { return j.ArticleID == hex.EncodeToString(k[:16]) })
}

func (c *check) byURL(k, _ []byte) {
	c.found(k, 16, func(j *Journey) bool {
		return slices.ContainsFunc(j.urlKeys(urlKey), func(url []byte) bool { return bytes.Equal(url, k[:16]) })
	})
}

func (c *check) byTime(k, _ []byte) { c.found(k, 0, func(*Journey) bool { return true }) }

func (c *check) checkpoint(k, v []byte) {
	switch {
	case len(k) < 10 || len(v) != 8:
		c.wrong(k, "is no projection's number and time")
	case number(k[len(k)-8:]) > c.last:
		c.wrong(k, "is beyond the last change, %d", c.last)
	}
}

func (c *check) copy(k, v []byte) {
	one, err := unpackCopy(number(k), v)
	if err != nil {
		c.wrong(k, "cannot be read: %v", err)
		return
	}
	grouped := number(c.get(bucketMeta, metaGrouped))
	switch {
	case one.seq > grouped:
		c.wrong(k, "is beyond the last change that is grouped, %d", grouped)
	case grouped == c.last && number(c.get(bucketIDs, one.id[:])) != one.seq:
		c.wrong(k, "is not the latest revision of article %s", one.articleID())
	}
	if c.get(bucketGroups, key(one.group)) == nil {
		c.wrong(k, "is in group %d, which is not there", one.group)
	}
	if !c.has(bucketMembers, memberKey(one.group, one.seq)) {
		c.wrong(k, "is no member of its group, %d", one.group)
	}
	if c.get(bucketApart, one.id[:]) != nil {
		c.wrong(k, "the article %s was taken out of its group by hand", one.articleID())
	}
}

func (c *check) group(k, _ []byte) {
	g, err := groupAt(c.tx.Bucket(bucketGroups), number(k))
	if err != nil {
		c.wrong(k, "cannot be read: %v", err)
		return
	}
	if n := c.members(k); n != g.members {
		c.wrong(k, "counts %d members and has %d", g.members, n)
	}
	for _, seq := range []uint64{g.first, g.best} {
		if !c.has(bucketMembers, memberKey(g.number, seq)) {
			c.wrong(k, "stands for %d, which is no member", seq)
		}
	}
}

// members counts those of a group.
func (c *check) members(group []byte) (n uint64) {
	cursor := c.tx.Bucket(bucketMembers).Cursor()
	for k, _ := cursor.Seek(group); bytes.HasPrefix(k, group); k, _ = cursor.Next() {
		n++
	}
	return n
}

func (c *check) member(k, v []byte) {
	if len(k) != 16 || len(v) != 2 {
		c.wrong(k, "is no group and number")
		return
	}
	one, err := copyAt(c.tx.Bucket(bucketCopies), number(k[8:]))
	if err == nil && (one == nil || one.group != number(k[:8])) { // else it is told of with the copy
		c.wrong(k, "%d is no copy of group %d", number(k[8:]), number(k[:8]))
	}
}

func (c *check) shingle(k, _ []byte) {
	if len(k) != 6+8 {
		c.wrong(k, "is no key and number")
		return
	}
	seq := number(k[6:])
	one, err := copyAt(c.tx.Bucket(bucketCopies), seq)
	if err != nil {
		return // told of with the copy
	}
	if one == nil {
		c.wrong(k, "leads to %d, which is no copy", seq)
		return
	}
	if g, err := groupAt(c.tx.Bucket(bucketGroups), one.group); err == nil && g.first != seq {
		c.wrong(k, "leads to %d, for which %d stands", seq, g.first)
	}
}

func (c *check) apart(k, _ []byte) {
	if c.live(k) == nil {
		c.wrong(k, "the article is not in the record")
	}
}

func (c *check) tombstone(k, v []byte) {
	var t Tombstone
	if err := json.Unmarshal(v, &t); err != nil {
		c.wrong(k, "cannot be read: %v", err)
		return
	}
	if t.ArticleID != hex.EncodeToString(k) {
		c.wrong(k, "says that it is of article %s", t.ArticleID)
	}
	if e, ok := c.event(t.Seq); !ok || e.ArticleID != t.ArticleID || e.Reason != article.Takedown {
		c.wrong(k, "change %d does not tell of the takedown", t.Seq)
	}
	if c.get(bucketIDs, k) != nil {
		c.wrong(k, "the article is still known by its id")
	}
	if at, _ := c.tx.Bucket(bucketVersions).Cursor().Seek(k); bytes.HasPrefix(at, k) {
		c.wrong(k, "a version of the article is still known")
	}
}

func (c *check) hold(k, _ []byte) {
	if h, err := holdOf(c.tx, k); err != nil {
		c.wrong(k, "cannot be read: %v", err)
	} else if h.ArticleID != hex.EncodeToString(k) {
		c.wrong(k, "says that it is of article %s", h.ArticleID)
	}
	if c.live(k) == nil {
		c.wrong(k, "the article is not in the record")
	}
}

func (c *check) audited(k, v []byte) {
	var a Audited
	if err := json.Unmarshal(v, &a); err != nil {
		c.wrong(k, "cannot be read: %v", err)
		return
	}
	if a.Number != number(k) || a.Time.After(time.Now().Add(time.Hour)) {
		c.wrong(k, "says that it is line %d of %s", a.Number, a.Time.Format(time.RFC3339))
	}
	if n := number(k); n > 1 && c.get(bucketAudit, key(n-1)) == nil {
		c.wrong(k, "line %d before it is missing", n-1)
	}
}

// counts compares what is counted with what there is.
func (c *check) counts() error {
	var plural, within, listed uint64
	all := c.tx.Bucket(bucketListing).Cursor()
	for k, _ := all.Seek([]byte{0}); hasPrefix(k, ""); k, _ = all.Next() {
		listed++
	}
	groups := c.tx.Bucket(bucketGroups).Cursor()
	for k, _ := groups.First(); k != nil; k, _ = groups.Next() {
		if n := c.members(k); n > 1 {
			plural++
			within += n
		}
	}
	for _, n := range []struct {
		name   []byte
		actual uint64
	}{
		{metaArticles, listed}, {metaPlural, plural}, {metaMembers, within},
	} {
		if counted := number(c.get(bucketMeta, n.name)); counted != n.actual {
			c.report(Violation{Where: c.bucket, Key: string(n.name), What: fmt.Sprintf("counts %d, there are %d", counted, n.actual)})
		}
	}
	if k, _ := c.tx.Bucket(bucketChanges).Cursor().Last(); number(k) != c.last {
		c.report(Violation{Where: string(bucketChanges), What: fmt.Sprintf("the last is %d, and should be %d", number(k), c.last)})
	}
	if k, _ := c.tx.Bucket(bucketAudit).Cursor().Last(); number(k) != c.tx.Bucket(bucketAudit).Sequence() {
		c.report(Violation{Where: string(bucketAudit), What: fmt.Sprintf("the last line is %d, and should be %d", number(k), c.tx.Bucket(bucketAudit).Sequence())})
	}
	if len(c.get(bucketMeta, metaID)) == 0 {
		c.report(Violation{Where: c.bucket, Key: string(metaID), What: "is missing"})
	}
	return nil
}
