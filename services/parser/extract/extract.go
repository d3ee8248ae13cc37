// Package extract turns the HTML of one page into an article.
//
// It parses once and asks every question of that one tree. It knows nothing of queues or stores. The text of the page is
// found by package content; everything else by one walk of this package.
package extract

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"dateline/pkg/article"
	"dateline/pkg/charset"
	"dateline/services/parser/content"
	"dateline/services/parser/rules"

	"golang.org/x/net/html"
)

// Page is one capture of one URL, or HTML that a publisher sent.
type Page struct {
	URL         string    // absolute, after redirects; "" where the publisher gave none
	ContentType string    // as the server gave it
	Body        []byte    // after content decoding, at most article.MaxPage bytes
	Captured    time.Time // dates more than a day after it are not believed
	Truncated   bool      // the body broke off
	Item        *article.FeedItem
	Given       bool             // its publisher sent it: it is an article, however little like one it looks
	Rule        *rules.Rule      // of the publisher; may be nil
	Explain     *Explanation     // filled in where it is not nil; costs time
	Decoded     *charset.Decoded // told how the page was encoded where it is not nil, without the text
}

// Reason says, in one of few words, why a page gave no article. It is a label of metrics and a subject token.
type Reason string

// The reasons.
const (
	NotHTML     Reason = "not_html"
	EmptyBody   Reason = "empty_body"
	BadEncoding Reason = "bad_encoding"
	TooLarge    Reason = "too_large"
	TooDeep     Reason = "too_deep"
	BrokenHTML  Reason = "broken_html"
	NoText      Reason = "no_article_text"
	Challenge   Reason = "bot_challenge"
	Consent     Reason = "consent_wall"
	Timeout     Reason = "timeout"
	Panic       Reason = "panic"
)

// Reasons are all there are.
var Reasons = []Reason{NotHTML, EmptyBody, BadEncoding, TooLarge, TooDeep, BrokenHTML, NoText, Challenge, Consent, Timeout, Panic}

// Error is why a page gave no article.
type Error struct {
	Reason Reason
	Err    error // the cause in detail; may be nil
}

func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Reason)
	}
	return fmt.Sprintf("%s: %v", e.Reason, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

func fail(r Reason, format string, args ...any) *Error { return &Error{r, fmt.Errorf(format, args...)} }

// Budget is the time that a page may take.
const Budget = 5 * time.Second

var errBudget = errors.New("the page's time is up")

// Article reports what a page says. Of a's fields it leaves identity (ID, Source, Publication, Capture) and what follows from
// the others (package derive) to the caller; Language holds what the page declares. A field that the page does not give is
// zero: nothing is guessed from the clock.
//
// When the page holds no article the error is an *Error, and the article carries what was found nevertheless, or is nil. A
// page that takes longer than Budget, or ctx, is abandoned: the limits on elements (see limits.go) see to it that its work
// ends by itself soon after.
func Article(ctx context.Context, p Page) (*article.Article, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, Budget, errBudget)
	defer cancel()
	type result struct {
		a       *article.Article
		explain Explanation
		decoded charset.Decoded
		err     error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if v := recover(); v != nil {
				r.a, r.err = nil, fail(Panic, "%v at %s", v, debug.Stack())
			}
			done <- r
		}()
		p := p // what it points to is the caller's again when the time is up
		if p.Explain != nil {
			p.Explain = &r.explain
		}
		p.Decoded = &r.decoded
		r.a, r.err = read(ctx, p)
	}()
	select {
	case r := <-done:
		if p.Explain != nil {
			*p.Explain = r.explain
		}
		if p.Decoded != nil {
			*p.Decoded = r.decoded
		}
		return r.a, r.err
	case <-ctx.Done():
		return nil, &Error{Timeout, context.Cause(ctx)}
	}
}

func read(ctx context.Context, p Page) (*article.Article, error) {
	doc, facts, err := prepare(ctx, p)
	if err != nil {
		return nil, err
	}
	a := facts.article(p)
	if ctx.Err() != nil {
		return a, &Error{Timeout, context.Cause(ctx)}
	}
	found := content.Find(doc, facts.hints(a))
	body := found.Body
	if body == nil && p.Given {
		body = content.Whole(doc)
	}
	facts.chooseBody(ctx, a, body, p.Explain)
	if p.Rule != nil {
		p.obey(doc, a)
	}
	attribute(a, p.Explain)
	state := facts.setState(a, p, found)
	if p.Explain != nil {
		p.Explain.State = state
		for _, e := range found.Explain() {
			p.Explain.Blocks = append(p.Explain.Blocks, BlockEvidence(e))
		}
	}
	switch a.BodyState {
	case article.BodyEmpty:
		return a, &Error{Reason: NoText}
	case article.BodyChallenge:
		return a, fail(Challenge, "%s", state[0])
	case article.BodyConsent:
		return a, fail(Consent, "%s", state[0])
	}
	return a, nil
}

// obey puts what the publisher's rule finds over everything else.
func (p *Page) obey(doc *html.Node, a *article.Article) {
	lang := ""
	if a.Language != nil {
		lang = a.Language.Declared
	}
	set := p.Rule.Set(doc, p.URL, lang, p.Captured, a)
	if n := p.Rule.Body(doc); n != nil {
		if body := content.Whole(n); len(body) > 0 {
			a.Body, a.Provenance["body"] = body, article.FromRule
			set["body"] = p.Rule.Name()
		}
	}
	if p.Explain == nil {
		return
	}
	for _, field := range slices.Sorted(maps.Keys(set)) {
		for i := range p.Explain.Fields {
			if f := &p.Explain.Fields[i]; f.Field == field && f.Won {
				f.Won, f.Why = false, "a rule gives it"
			}
		}
		p.Explain.Fields = append(p.Explain.Fields, FieldEvidence{Field: field, From: article.FromRule, Detail: set[field], Won: true})
	}
}

func prepare(ctx context.Context, p Page) (*html.Node, *facts, error) {
	text, err := decode(p.Body, p.ContentType)
	if p.Decoded != nil {
		*p.Decoded = text
		p.Decoded.Text = ""
	}
	if err != nil {
		return nil, nil, err
	}
	parts := setApart(text.Text)
	doc, err := parse(ctx, parts.pieces)
	if err != nil {
		return nil, nil, err
	}
	if p.Rule != nil {
		p.Rule.Prune(doc)
	}
	f := survey(doc, &parts)
	if f.text > maxText {
		return nil, nil, fail(TooLarge, "%d bytes of text, more than %d", f.text, maxText)
	}
	return doc, f, nil
}

// Prepare is how Article begins: a page's tree, and what its metadata say to hold the text against. Package learn needs no more.
func Prepare(ctx context.Context, p Page) (*html.Node, content.Hints, error) {
	doc, f, err := prepare(ctx, p)
	if err != nil {
		return nil, content.Hints{}, err
	}
	return doc, f.hints(f.article(p)), nil
}
