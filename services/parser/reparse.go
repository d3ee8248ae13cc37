package parser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/services/parser/capture"
	"dateline/services/parser/publication"
	"dateline/services/parser/rules"
)

// Reparse is `dateline reparse`: it makes the articles of kept pages and publications anew, as this version with these rules
// does, compares them with the record, and sends those that differ down the pipeline, as revisions.
type Reparse struct {
	Source string `help:"Only pages of this host, and publications of this publisher." placeholder:"HOST"`
	DryRun bool   `help:"Only tell what would change."`
	Report string `help:"Write a line of JSON for each article that changes, with the old and the new value of each field." placeholder:"FILE" type:"path"`
	Rules  string `name:"parser-rules" help:"Directory of rules for publishers." placeholder:"DIR" env:"DATELINE_PARSER_RULES"`
}

// Latest is the latest revision of an article in the record.
type Latest struct {
	Seq       uint64 // zero where there is none
	Origin    string // the journey that brought it
	Received  time.Time
	Removed   bool // by its source, its publisher or whoever runs Dateline
	Article   json.RawMessage
	TakenDown bool // there is only a tombstone
}

// Lookup asks the record for the latest revision of an article.
type Lookup func(ctx context.Context, id string) (Latest, error)

// reparsed is a run of Reparse.
type reparsed struct {
	cmd    *Reparse
	rules  *rules.Set
	lookup Lookup
	send   func(context.Context, ...queue.Message) ([]queue.Ack, error)
	report *json.Encoder // nil for none
	tally  tally
	batch  []queue.Message
	bytes  int
}

// What is published at a time.
const (
	sendMessages = 200
	sendBytes    = 4 << 20
)

// Run goes through what is kept, and prints what became of it and which fields change. kept is in the order of time; of a page
// that was captured again since, the record has a later state, and stays as it is. Running it once more changes nothing more.
func (c *Reparse) Run(ctx context.Context, kept iter.Seq2[*queue.Delivery, error], lookup Lookup, q *queue.Queue, out, report io.Writer) error {
	r := &reparsed{cmd: c, lookup: lookup, send: q.Publish, tally: newTally()}
	if report != nil {
		r.report = json.NewEncoder(report)
		r.report.SetEscapeHTML(false)
	}
	if c.Rules != "" {
		var err error
		if r.rules, err = rules.Load(c.Rules); err != nil {
			return fmt.Errorf("--parser-rules: %w", err)
		}
	}
	var failed error
	for d, err := range kept {
		if err == nil {
			err = r.one(ctx, d)
		}
		if err == nil && (len(r.batch) >= sendMessages || r.bytes >= sendBytes) {
			err = r.flush(ctx)
		}
		if failed = err; failed != nil {
			break
		}
	}
	if failed == nil {
		failed = r.flush(ctx)
	}
	return errors.Join(r.tally.print(out, c.DryRun), failed)
}

// flush sends what is to be sent.
func (r *reparsed) flush(ctx context.Context) error {
	if len(r.batch) == 0 || r.cmd.DryRun {
		r.batch, r.bytes = nil, 0
		return nil
	}
	acks, err := r.send(ctx, r.batch...)
	if err != nil {
		return err
	}
	for _, ack := range acks {
		if !ack.Duplicate {
			r.tally.sent++
		}
	}
	r.batch, r.bytes = nil, 0
	return nil
}

// one makes the article of a page or publication anew. Its error is none of the page's.
func (r *reparsed) one(ctx context.Context, d *queue.Delivery) error {
	r.tally.read++
	a, at, err := r.parse(ctx, d)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, errWithdrawal) {
		r.tally.read--
		return nil
	}
	if a == nil || a.ID == "" {
		r.tally.became(noArticle)
		return nil
	}
	if r.cmd.Source != "" && queue.IsPublication(d) && a.Source != r.cmd.Source && queue.PublisherOf(d.Subject) != r.cmd.Source {
		r.tally.read--
		return nil
	}
	latest, lerr := r.lookup(ctx, a.ID)
	if lerr != nil {
		return lerr
	}
	switch {
	case latest.TakenDown || latest.Removed:
		r.tally.became(removed)
		return nil
	case latest.Seq == 0 && err != nil:
		r.tally.became(noArticle)
		return nil
	case latest.Seq == 0:
		return r.changed(d, a, latest, addedArticle, nil)
	}
	old, oerr := article.Decode(latest.Article)
	if oerr != nil {
		return fmt.Errorf("record of %s: %w", a.ID, oerr)
	}
	switch {
	case at.before(old, latest), a.URL != "" && old.URL != "" && a.URL != old.URL: // a merged article is as its own address has it
		r.tally.became(superseded)
		return nil
	case err != nil:
		r.tally.became(lostArticle)
		return r.tell(a, latest, lostArticle, nil)
	}
	fields, ferr := compare(latest.Article, a)
	if ferr != nil {
		return fmt.Errorf("record of %s: %w", a.ID, ferr)
	}
	if len(fields) == 0 {
		r.tally.became(unchanged)
		return nil
	}
	return r.changed(d, a, latest, changedArticle, fields)
}

// errWithdrawal is that a publication is no article, but withdraws one.
var errWithdrawal = errors.New("a withdrawal")

// keptAt is when something was captured, or published.
type keptAt struct{ captured, published time.Time }

// before reports whether the record has something later. Captures are compared by their own time, which an import keeps.
func (k keptAt) before(old *article.Article, latest Latest) bool {
	if !k.captured.IsZero() && old.Capture != nil && !old.Capture.Time.IsZero() {
		return k.captured.Before(old.Capture.Time)
	}
	return k.published.Before(latest.Received)
}

func (r *reparsed) parse(ctx context.Context, d *queue.Delivery) (*article.Article, keptAt, error) {
	if queue.IsPublication(d) {
		a, withdrawal, err := publication.Read(ctx, publication.Publication{Publisher: queue.PublisherOf(d.Subject), Header: d.Header, Body: d.Body, Stored: d.Stored})
		if withdrawal != nil {
			return nil, keptAt{}, errWithdrawal
		}
		return a, keptAt{published: d.Stored}, err
	}
	p, err := article.DecodePage(d.Header, d.Body)
	if err != nil {
		return nil, keptAt{}, err
	}
	at := keptAt{captured: p.Captured, published: d.Stored}
	if hops := article.Hops(d.Header); len(hops) > 0 {
		at.published = hops[0].Time
	}
	a, _, err := capture.Article(ctx, p, r.rules, nil)
	return a, at, err
}

// changed tells of an article and has it sent.
func (r *reparsed) changed(d *queue.Delivery, a *article.Article, latest Latest, what became, fields []Change) error {
	m, err := articleMessage(d, a, nil)
	if err != nil { // it is too large
		r.tally.became(noArticle)
		return nil //nolint:nilerr // as the parser, which makes a dead letter of it
	}
	m.ID = article.ReparseOrigin(d.Origin(), m.Body)
	hops := append(hopsOf(d), article.Hop{Stage: string(article.StageParser), Time: time.Now().UTC(), Outcome: outcomeReparsed, Detail: "of " + d.Origin()})
	m.Header[article.HeaderOrigin], m.Header[article.HeaderHops] = []string{m.ID}, []string{article.FormatHops(hops)}
	if latest.Seq != 0 {
		m.Header[article.HeaderReplaces] = []string{latest.Origin}
	}
	r.batch, r.bytes = append(r.batch, m), r.bytes+len(m.Body)
	r.tally.became(what)
	for _, f := range fields {
		r.tally.field(a.ID, f)
	}
	return r.tell(a, latest, what, fields)
}

// tell writes a line of the report.
func (r *reparsed) tell(a *article.Article, latest Latest, what became, fields []Change) error {
	if r.report == nil {
		return nil
	}
	if err := r.report.Encode(struct {
		ID     string   `json:"id"`
		URL    string   `json:"url,omitempty"`
		Source string   `json:"source"`
		Became became   `json:"outcome"`
		Seq    uint64   `json:"seq,omitempty"` // of the revision that was compared
		Fields []Change `json:"fields,omitempty"`
	}{a.ID, a.URL, a.Source, what, latest.Seq, fields}); err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	return nil
}
