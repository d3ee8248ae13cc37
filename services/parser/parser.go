// Package parser is the service that makes articles of pages (RAW) and publications (EXT).
//
//	RAW  raw.>  --> [ extract     ] --+
//	                                  +--> derive --> ARTICLES articles.<lang>.<source>.<id>
//	EXT  ext.*  --> [ publication ] --+
//	                                  +--> RECEIPTS (rejections), DLQ (what gave no article)
//
// Of a page that is gone, and of what its publisher withdraws, a removal goes the way of the article.
package parser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"dateline/pkg/admin"
	"dateline/pkg/article"
	"dateline/pkg/queue"
	"dateline/services/parser/capture"
	"dateline/services/parser/derive"
	"dateline/services/parser/extract"
	"dateline/services/parser/language"
	"dateline/services/parser/publication"
	"dateline/services/parser/rules"

	"golang.org/x/sync/errgroup"
)

// Config is the parser's.
type Config struct {
	Workers int    `name:"parser-workers" help:"Pages, and publications, that the parser works on at the same time; 0 is one a CPU." default:"0" env:"DATELINE_PARSER_WORKERS"`
	Batch   int    `name:"parser-batch" help:"Most pages or publications that a worker takes at a time; their articles are published together." default:"250" env:"DATELINE_PARSER_BATCH"`
	Rules   string `name:"parser-rules" help:"Directory of rules for publishers whose pages the parser gets wrong; read again when it changes." placeholder:"DIR" env:"DATELINE_PARSER_RULES"`
	Copy    bool   `kong:"-"` // for benchmarks: a publication's body becomes one paragraph, unread, so that the rest can be measured
}

// The most that the flags take.
const (
	maxWorkers = 1024
	maxBatch   = 1000
)

// Validate names what is wrong.
func (c *Config) Validate() error {
	if c.Workers < 0 || c.Workers > maxWorkers {
		return fmt.Errorf("--parser-workers %d: not from 0 to %d", c.Workers, maxWorkers)
	}
	if c.Batch < 1 || c.Batch > maxBatch {
		return fmt.Errorf("--parser-batch %d: not from 1 to %d", c.Batch, maxBatch)
	}
	return nil
}

// Run parses until ctx ends, and finishes what is in hand.
func Run(ctx context.Context, cfg Config, q *queue.Queue, adm *admin.Server) error {
	watched, err := rules.Watch(cfg.Rules)
	if err != nil {
		return fmt.Errorf("--parser-rules: %w", err)
	}
	s := &service{cfg: cfg, rules: watched, metrics: newMetrics(adm.Registry)}
	workers := cfg.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { watched.Run(ctx, s.rulesChanged); return nil })
	for _, sub := range []queue.Subscription{
		{Consumer: queue.ParserRaw, Handle: s.each(s.page)},
		{Consumer: queue.ParserExt, Handle: s.each(s.publication)},
	} {
		sub.Workers, sub.Batch = workers, cfg.Batch
		g.Go(func() error { return q.Consume(ctx, sub) })
	}
	return g.Wait()
}

type service struct {
	cfg     Config
	rules   *rules.Watched
	metrics *metrics
}

// rulesChanged tells of rules that were read again.
func (s *service) rulesChanged(n int, err error) {
	if err != nil {
		s.metrics.reloads.WithLabelValues(reloadFailed).Inc()
		slog.Error("rules are broken, those before stay in force", "service", "parser", "error", err)
		return
	}
	s.metrics.reloads.WithLabelValues(reloadDone).Inc()
	slog.Info("rules are read again", "service", "parser", "rules", n)
}

// each makes a handler of batches from one of deliveries.
func (s *service) each(handle func(context.Context, *queue.Delivery) queue.Outcome) queue.Handler {
	return func(ctx context.Context, batch []*queue.Delivery) []queue.Outcome {
		out := make([]queue.Outcome, len(batch))
		for i, d := range batch {
			began := time.Now()
			out[i] = handle(ctx, d)
			s.metrics.seconds.Observe(time.Since(began).Seconds())
			s.metrics.bytes.Add(float64(len(d.Body)))
		}
		return out
	}
}

// page handles a capture.
func (s *service) page(ctx context.Context, d *queue.Delivery) queue.Outcome {
	p, err := article.DecodePage(d.Header, d.Body)
	if err != nil {
		return s.failed(reasonUnreadable, err)
	}
	if p.Gone() {
		r, err := capture.Removal(p)
		if err != nil {
			return s.failed(capture.InvalidURL, err)
		}
		return s.removed(d, r, nil)
	}
	a, decoded, err := capture.Article(ctx, p, s.rules.Set(), nil)
	if decoded.Source != "" {
		s.metrics.charsets.WithLabelValues(string(decoded.Source)).Inc()
		s.metrics.replaced.Add(float64(decoded.Replaced))
	}
	if err != nil {
		if ctx.Err() != nil { // the service stops: the page is not to blame
			return queue.Retry(err, 0)
		}
		reason := extract.BrokenHTML
		var why *extract.Error
		if errors.As(err, &why) {
			reason = why.Reason
		}
		return s.failed(reason, err)
	}
	m, err := articleMessage(d, a, nil)
	if err != nil {
		return s.failed(extract.TooLarge, fmt.Errorf("page %s: %w", p.URL, err))
	}
	s.metrics.articles.WithLabelValues(outcomeParsed).Inc()
	return queue.Done(m)
}

func (s *service) failed(r extract.Reason, err error) queue.Outcome {
	s.metrics.articles.WithLabelValues(outcomeFailed).Inc()
	s.metrics.failures.WithLabelValues(string(r)).Inc()
	return queue.Dead(string(r), err)
}

// publication handles what a publisher sent.
func (s *service) publication(ctx context.Context, d *queue.Delivery) queue.Outcome {
	p := publication.Publication{Publisher: queue.PublisherOf(d.Subject), Header: d.Header, Body: d.Body, Stored: d.Stored}
	read := publication.Read
	if s.cfg.Copy {
		read = copied
	}
	to := receiptFor(d, p.Publisher)
	a, withdrawn, err := read(ctx, p)
	switch {
	case err != nil && ctx.Err() != nil:
		return queue.Retry(err, 0)
	case err != nil:
		return s.rejected(d, to, err)
	case withdrawn != nil:
		return s.removed(d, withdrawn, to)
	}
	m, err := articleMessage(d, a, to)
	if err != nil {
		return s.rejected(d, to, article.FieldErrors{{Field: "body", Message: err.Error()}})
	}
	s.metrics.articles.WithLabelValues(outcomeParsed).Inc()
	return queue.Done(m)
}

// copied makes an article without looking at the body.
func copied(_ context.Context, p publication.Publication) (*article.Article, *article.Removal, error) {
	text := string(bytes.ToValidUTF8(p.Body, []byte("\ufffd")))
	a := &article.Article{
		SchemaVersion: article.SchemaVersion, Source: p.Publisher, Body: []article.Block{{Type: article.Paragraph, Text: text}}, Text: text,
		BodyState: article.BodyFull, DisplayTitle: article.DisplayTitle{Text: derive.Title(text), Derived: true},
		Headline:    article.HeaderValue(p.Header, article.HeaderHeadline), // by which copies of a text are several articles
		Publication: &article.Publication{Publisher: p.Publisher, ID: article.HeaderValue(p.Header, article.HeaderID)},
	}
	a.ID = article.IDOfContent(p.Publisher, article.Digest(p.Body))
	if a.Publication.ID != "" {
		a.ID = article.IDOfPublication(p.Publisher, a.Publication.ID)
	}
	a.Fingerprint = article.Fingerprint(a)
	return a, nil, nil
}

// removed passes on that an article is gone, or withdrawn.
func (s *service) removed(d *queue.Delivery, r *article.Removal, to *article.ReceiptFor) queue.Outcome {
	body, err := json.Marshal(r)
	if err != nil { // a Removal holds nothing that JSON cannot
		panic(err)
	}
	s.metrics.articles.WithLabelValues(outcomeRemoved).Inc()
	return queue.Done(queue.Message{
		Subject: queue.ArticleSubject(language.Base(""), r.Source, r.ID), ID: d.Origin(), Type: article.TypeRemoval,
		Header: header(d, outcomeRemoved, to), Body: body,
	})
}

// receiptFor says who waits for a receipt, under the publisher's own message id where that can be part of a subject.
func receiptFor(d *queue.Delivery, publisher string) *article.ReceiptFor {
	r := &article.ReceiptFor{Publisher: publisher, PublicationID: d.ID, Sequence: d.Sequence, Origin: d.Origin()}
	if !tokenSafe(r.PublicationID) {
		r.PublicationID = r.Origin
	}
	return r
}

// tokenSafe reports whether s has 1 to 128 of A-Z, a-z, 0-9, - and _.
func tokenSafe(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// rejected tells the publisher what is wrong.
func (s *service) rejected(d *queue.Delivery, to *article.ReceiptFor, err error) queue.Outcome {
	s.metrics.articles.WithLabelValues(outcomeRejected).Inc()
	s.metrics.failures.WithLabelValues(reasonRejected).Inc()
	receipt := article.Receipt{ReceiptFor: *to, Outcome: article.Rejected, Time: time.Now().UTC()}
	var fields article.FieldErrors
	if errors.As(err, &fields) {
		receipt.Errors = fields
	}
	body, jerr := json.Marshal(receipt)
	if jerr != nil { // a receipt holds nothing that JSON cannot
		panic(jerr)
	}
	return queue.Dead(reasonRejected, err, queue.Message{
		Subject: queue.ReceiptSubject(to.Publisher, to.PublicationID), ID: to.Origin + "-rejected", Type: article.TypeReceipt,
		Header: queue.Header{article.HeaderContentType: {"application/json"}, article.HeaderOrigin: {to.Origin}}, Body: body,
	})
}

// hopsOf is the way so far. What a publisher says of it is not believed.
func hopsOf(d *queue.Delivery) []article.Hop {
	if queue.IsPublication(d) {
		return []article.Hop{{Stage: "queue", Time: d.Stored, Outcome: "published"}}
	}
	return article.Hops(d.Header)
}

// headerRoom is what an article's message needs beside its body, hops and all.
const headerRoom = 32 << 10

// articleMessage is the article on its way to the indexer. It fails when the article is too large for a message.
func articleMessage(d *queue.Delivery, a *article.Article, to *article.ReceiptFor) (queue.Message, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(a); err != nil {
		return queue.Message{}, fmt.Errorf("article %s: %w", a.ID, err)
	}
	if body.Len() > queue.MaxMessage-headerRoom {
		return queue.Message{}, fmt.Errorf("makes an article of %d bytes, more than the %d that a message may have", body.Len(), queue.MaxMessage-headerRoom)
	}
	return queue.Message{
		Subject: queue.ArticleSubject(language.Base(a.InLanguage), a.Source, a.ID), ID: d.Origin(), Type: article.TypeArticle,
		Header: header(d, outcomeParsed, to), Body: body.Bytes(),
	}, nil
}

// header tells of the journey that a delivery is of, to the indexer; to is who waits for a receipt, nil for nobody.
func header(d *queue.Delivery, outcome string, to *article.ReceiptFor) queue.Header {
	h := queue.Header{article.HeaderContentType: {"application/json"}, article.HeaderOrigin: {d.Origin()}}
	if to != nil {
		v, err := json.Marshal(to)
		if err != nil { // a ReceiptFor holds nothing that JSON cannot
			panic(err)
		}
		h[article.HeaderReceiptFor] = []string{string(v)}
	}
	hops := append(hopsOf(d), article.Hop{Stage: string(article.StageParser), Time: time.Now().UTC(), Outcome: outcome})
	h[article.HeaderHops] = []string{article.FormatHops(hops)}
	return h
}
